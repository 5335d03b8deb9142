//! Lists of changes and in pages, for clients of the EU's gateway.

use gdhcn_server::config::Profile;
use serde_json::Value;

use crate::network::{Gate, Holder, Network, now};
use crate::wire::Ask;

async fn start(network: &Network) -> Gate {
    let mut config = network.config();
    config.profile = Profile::Eu;
    network.start_with(config).await
}

async fn list(gate: &Gate, peer: &Holder, path: &str, since: Option<&str>) -> Vec<Value> {
    let mut ask = Ask::new("GET", path);
    if let Some(since) = since {
        ask = ask.header("If-Modified-Since", since);
    }
    let answer = gate.ask(peer, ask).await;
    assert_eq!(answer.status, 200, "{path} {since:?}: {}", String::from_utf8_lossy(&answer.body));
    answer.json().as_array().unwrap().clone()
}

#[tokio::test]
async fn pages_are_parts_of_the_whole() {
    let network = Network::onboarded().await;
    let peer = &network.a.tls;
    let gate = start(&network).await;
    for _ in 0..25 {
        let message = network.a.message(network.a.dsc().der());
        assert_eq!(gate.upload(peer, message).await.status, 201);
    }
    for path in ["/trustList", "/trustList/DSC", "/trustList/DSC/XA"] {
        let whole = list(&gate, peer, path, None).await;
        for size in [10, 20] {
            let mut pages = Vec::new();
            for page in 0.. {
                let path = format!("{path}?page={page}&pagesize={size}");
                let part = list(&gate, peer, &path, None).await;
                if part.is_empty() {
                    break;
                }
                assert!(part.len() <= size);
                pages.extend(part);
            }
            assert_eq!(pages, whole, "{path}");
        }
        assert_eq!(list(&gate, peer, &format!("{path}?page=0"), None).await, whole);
        assert_eq!(list(&gate, peer, &format!("{path}?pagesize=7"), None).await, whole[..7]);
    }
    for query in ["pagesize=0", "pagesize=-1", "page=x"] {
        let ask = Ask::new("GET", &format!("/trustList?{query}"));
        let answer = gate.ask(peer, ask).await;
        assert_eq!((answer.status, answer.json()["code"].as_str().unwrap()), (400, "0x001"));
    }
}

/// G5: what was withdrawn can be uploaded again.
#[tokio::test]
async fn g5_a_certificate_comes_goes_and_comes_again() {
    let network = Network::onboarded().await;
    let peer = &network.a.tls;
    let gate = start(&network).await;
    let dsc = network.a.dsc();
    let message = network.a.message(dsc.der());
    let before = now().checked_sub(jiff::SignedDuration::from_hours(24)).unwrap();
    let iso = before.to_string();
    let http = before.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    for round in 0..2 {
        assert_eq!(gate.upload(peer, message.clone()).await.status, 201);
        let live = list(&gate, peer, "/trustList/DSC", Some(&iso)).await;
        assert_eq!(live.len(), 1);
        assert!(live[0]["signature"].is_string());
        assert_eq!(list(&gate, peer, "/trustList/DSC", Some(&http)).await, live);
        assert_eq!(gate.delete(peer, message.clone()).await.status, 204, "{round}");
        let gone = list(&gate, peer, "/trustList/DSC", Some(&iso)).await;
        assert_eq!(gone.len(), 1);
        assert!(gone[0]["signature"].is_null());
        assert_eq!(gone[0]["thumbprint"], live[0]["thumbprint"]);
        assert!(list(&gate, peer, "/trustList/DSC", None).await.is_empty());
    }
    let later = now().checked_add(jiff::SignedDuration::from_hours(1)).unwrap().to_string();
    assert!(list(&gate, peer, "/trustList", Some(&later)).await.is_empty());
    let ask = Ask::new("GET", "/trustList").header("If-Modified-Since", "yesterday");
    assert_eq!(gate.ask(peer, ask).await.status, 400);
}

#[tokio::test]
async fn the_other_profile_knows_neither_pages_nor_moments() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let whole = list(&gate, &network.a.tls, "/trustList", None).await;
    let path = "/trustList?page=5&pagesize=1";
    let list = list(&gate, &network.a.tls, path, Some("2100-01-01T00:00:00Z")).await;
    assert_eq!(list, whole);
}

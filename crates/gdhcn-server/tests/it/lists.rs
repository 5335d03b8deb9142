//! `GET /trustList*` and `GET /countrylist`.

use std::collections::BTreeSet;

use gdhcn_client::wire::TrustListItem;
use gdhcn_codes::Participant;
use gdhcn_store::trusted_party::PartyType;
use gdhcn_trust::profile::Role;

use crate::network::{Country, Gate, Holder, Network, days_ago};
use crate::wire::Ask;

fn prints(holders: &[&Holder]) -> BTreeSet<String> {
    holders.iter().map(|holder| holder.certificate.thumbprint().to_string()).collect()
}

async fn listed(gate: &Gate, peer: &Holder, path: &str) -> BTreeSet<String> {
    let list = gate.thumbprints(peer, path).await;
    let set: BTreeSet<_> = list.iter().cloned().collect();
    assert_eq!(set.len(), list.len(), "{path} lists something twice");
    set
}

#[tokio::test]
async fn selects_by_type_and_country() {
    let network = Network::onboarded().await;
    let (a, b) = (&network.a, &network.b);
    let deca = Holder::new(Role::Sca, Some(a.code), days_ago(1), 100);
    let store = network.store().await;
    network.onboard(&store, &deca, PartyType::Deca).await;
    store.close().await;
    let gate = network.start().await;
    let (desc, dsc) = (a.dsc(), a.dsc());
    assert_eq!(gate.upload(&a.tls, a.message(desc.der())).await.status, 201);
    network.database.by_hand("UPDATE signer_information SET certificate_type = 'DESC'");
    gate.running.refresh().await.unwrap();
    assert_eq!(gate.upload(&a.tls, a.message(dsc.der())).await.status, 201);
    let desc = BTreeSet::from([desc.thumbprint().to_string()]);
    let dsc = BTreeSet::from([dsc.thumbprint().to_string()]);

    let onboarded = prints(&[&a.tls, &a.upload, &a.sca, &b.tls, &b.upload, &b.sca]);
    let everything: BTreeSet<_> = onboarded.union(&dsc).cloned().collect();
    for (path, expected) in [
        ("/trustList", everything),
        ("/trustList/AUTHENTICATION", prints(&[&a.tls, &b.tls])),
        ("/trustList/UPLOAD", prints(&[&a.upload, &b.upload])),
        ("/trustList/CSCA", prints(&[&a.sca, &b.sca])),
        ("/trustList/DECA", prints(&[&deca])),
        ("/trustList/DSC", dsc.clone()),
        ("/trustList/DESC", desc.clone()),
        ("/trustList/DESC/xa", desc.clone()),
        ("/trustList/DESC/XB", BTreeSet::new()),
        ("/trustList/TRUSTANCHOR", BTreeSet::new()),
        ("/trustList/dsc", dsc.clone()),
        ("/trustList/Csca", prints(&[&a.sca, &b.sca])),
        ("/trustList/CSCA/XA", prints(&[&a.sca])),
        ("/trustList/CSCA/xb", prints(&[&b.sca])),
        ("/trustList/DSC/XA", dsc.clone()),
        ("/trustList/DSC/XB", BTreeSet::new()),
        ("/trustList/UPLOAD/ZZ", BTreeSet::new()),
        ("/trustList/UPLOAD/%E2%82%ACU", BTreeSet::new()),
    ] {
        assert_eq!(listed(&gate, &b.tls, path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn the_body_is_that_of_the_reference_to_the_byte() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let answer = gate.ask(&network.a.tls, Ask::new("GET", "/trustList")).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let items: Vec<TrustListItem> = serde_json::from_slice(&answer.body).unwrap();
    let again: Vec<String> = items
        .iter()
        .map(|item| {
            format!(
                "{{\"kid\":\"{}\",\"timestamp\":\"2026-05-22T12:00:00Z\",\"country\":\"{}\",\
                 \"certificateType\":\"{}\",\"thumbprint\":\"{}\",\"signature\":\"{}\",\
                 \"rawData\":\"{}\"}}",
                item.kid,
                item.country,
                item.certificate_type,
                item.thumbprint,
                item.signature,
                item.raw_data
            )
        })
        .collect();
    assert_eq!(String::from_utf8(answer.body).unwrap(), format!("[{}]", again.join(",")));
    let kids: Vec<_> = items.iter().map(|item| item.kid.clone()).collect();
    let mut sorted = kids.clone();
    sorted.sort();
    assert_eq!(kids, sorted);
}

#[tokio::test]
async fn stays_sorted_over_uploads_and_withdrawals() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let signers: Vec<_> = (0..8).map(|_| network.a.dsc()).collect();
    for dsc in &signers {
        assert_eq!(gate.upload(&network.a.tls, network.a.message(dsc.der())).await.status, 201);
    }
    for dsc in &signers[..3] {
        assert_eq!(gate.delete(&network.a.tls, network.a.message(dsc.der())).await.status, 204);
    }
    let answer = gate.ask(&network.a.tls, Ask::new("GET", "/trustList/DSC")).await;
    let items: Vec<TrustListItem> = serde_json::from_slice(&answer.body).unwrap();
    let mut expected: Vec<_> = signers[3..].iter().map(|dsc| dsc.kid().to_base64()).collect();
    expected.sort();
    assert_eq!(items.into_iter().map(|item| item.kid).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn refuses_unknown_types_and_countries_of_another_length() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    for path in [
        "/trustList/XYZ",
        "/trustList/AUTHENTICATION_FEDERATION",
        "/trustList/XYZ/XA",
        "/trustList/DSC/X",
        "/trustList/DSC/XAX",
        "/trustList/DSC/%E2%82%AC",
        "/trustList/%FF",
        "/trustList/DSC/%FF%FF",
    ] {
        gate.ask(&network.a.tls, Ask::new("GET", path)).await.is_problem(400, "0x001");
    }
}

#[tokio::test]
async fn a_known_entity_tag_gets_304_until_the_content_changes() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let peer = &network.b.tls;
    for path in ["/trustList", "/trustList/DSC", "/trustList/DSC/XA", "/countrylist"] {
        let first = gate.ask(peer, Ask::new("GET", path)).await;
        let tag = first.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        let known = Ask::new("GET", path).header("If-None-Match", &tag);
        let answer = gate.ask(peer, known).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{path}");
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
        let unknown = Ask::new("GET", path).header("If-None-Match", "\"other\"");
        assert_eq!(gate.ask(peer, unknown).await.body, first.body);
    }
    let tag_of = async |path| {
        let answer = gate.ask(peer, Ask::new("GET", path)).await;
        answer.header("etag").unwrap().to_owned()
    };
    let paths = ["/trustList", "/trustList/DSC", "/trustList/DSC/XA"];
    let same = ["/trustList/UPLOAD", "/trustList/DSC/XB", "/countrylist"];
    let mut before = Vec::new();
    for path in paths.iter().chain(&same) {
        before.push(tag_of(path).await);
    }
    let text = network.a.message(network.a.dsc().der());
    assert_eq!(gate.upload(&network.a.tls, text).await.status, 201);
    for (path, old) in paths.iter().zip(&before) {
        let ask = Ask::new("GET", path).header("If-None-Match", old);
        assert_eq!(gate.ask(peer, ask).await.status, 200, "{path}");
    }
    for (path, old) in same.iter().zip(&before[3..]) {
        let ask = Ask::new("GET", path).header("If-None-Match", old);
        assert_eq!(gate.ask(peer, ask).await.status, 304, "{path}");
    }
}

#[tokio::test]
async fn an_empty_list_is_an_empty_array() {
    let network = Network::empty();
    let store = network.store().await;
    network.onboard(&store, &network.a.tls, PartyType::Authentication).await;
    store.close().await;
    let gate = network.start().await;
    for path in ["/trustList/DSC", "/trustList/CSCA", "/trustList/CSCA/XA"] {
        let answer = gate.ask(&network.a.tls, Ask::new("GET", path)).await;
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"[]".as_slice()), "{path}");
    }
    let answer = gate.ask(&network.a.tls, Ask::new("GET", "/countrylist")).await;
    assert_eq!(answer.body, b"[\"XA\"]");
}

/// Rows that the trust anchor does not vouch for are neither served nor believed, and counted.
#[tokio::test]
async fn g1_rows_that_fail_the_trust_anchor_check_are_not_served_and_spoil_nothing() {
    let network = Network::onboarded().await;
    let codes = ["XC", "XD", "XE", "XF", "XG"];
    let others: Vec<_> = codes.iter().map(|code| Country::new(code)).collect();
    let store = network.store().await;
    let stranger = Holder::new(Role::TrustAnchor, Participant::from_alpha2("XX"), days_ago(9), 99);
    let sca = |number: usize| &others[number].sca;
    // By another anchor, over another certificate, with another thumbprint, cut off, empty.
    network
        .insert(&store, sca(0), |row| {
            row.signature = crate::network::message(sca(0).certificate.der(), &stranger);
        })
        .await;
    network.insert(&store, sca(1), |row| row.raw_data = "QUJD".into()).await;
    network.insert(&store, sca(2), |row| row.thumbprint = row.thumbprint.to_uppercase()).await;
    network.insert(&store, sca(3), |row| row.signature.truncate(100)).await;
    network.insert(&store, sca(4), |row| row.signature.clear()).await;
    // And a row of another gateway, whose anchor is not known here.
    network
        .insert(&store, &others[0].upload, |row| row.source_gateway_id = Some("other".into()))
        .await;
    store.close().await;
    let mut config = network.config();
    config.management_listen = Some("127.0.0.1:0".parse().unwrap());
    let gate = network.start_with(config).await;
    assert_eq!(gate.thumbprints(&network.a.tls, "/trustList").await.len(), 6);
    let countries = gate.ask(&network.a.tls, Ask::new("GET", "/countrylist")).await;
    assert_eq!(countries.body, b"[\"XA\",\"XB\"]");

    let management = gate.running.management_address().unwrap();
    let health = Ask::new("GET", "/health").send(management, None, None).await.unwrap().json();
    assert_eq!(health["status"], "UP");
    assert_eq!(health["trustedParties"], 6);
    assert_eq!(health["refusedRows"], 6);
}

#[tokio::test]
async fn lists_hold_the_default_domain_only() {
    let network = Network::onboarded().await;
    let store = network.store().await;
    let other = Country::new("XC");
    network
        .insert(&store, &other.sca, |row| {
            row.certificate_type = PartyType::Csca;
            row.domain = Some("ICVP".into());
        })
        .await;
    network
        .insert(&store, &other.upload, |row| {
            row.certificate_type = PartyType::Upload;
            row.domain = None;
        })
        .await;
    store.close().await;
    let gate = network.start().await;
    for path in ["/trustList/CSCA/XC", "/trustList/UPLOAD/XC"] {
        assert_eq!(gate.thumbprints(&network.a.tls, path).await.len(), 0, "{path}");
    }
    let countries = gate.ask(&network.a.tls, Ask::new("GET", "/countrylist")).await;
    assert_eq!(countries.body, b"[\"XA\",\"XB\",\"XC\"]");
}

#[tokio::test]
async fn head_tells_the_same_without_the_body() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let full = gate.ask(&network.a.tls, Ask::new("GET", "/trustList")).await;
    let identity = network.a.tls.identity();
    let mut stream =
        crate::wire::connect(gate.address, gate.server.as_deref(), Some(&identity)).await.unwrap();
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    stream.write_all(&Ask::new("HEAD", "/trustList").bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(
        text.to_lowercase().contains(&format!("content-length: {}", full.body.len())),
        "{text}"
    );
    assert!(text.ends_with("\r\n\r\n"));
}

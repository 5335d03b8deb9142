//! `/revocation-list`: roles, checks in their order with their codes, and following the changes.

use gdhcn_revocation::Batch;
use gdhcn_store::SignedText;
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_trust::profile::Role;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::network::{Gate, Holder, Network, days_ago, message, now};
use crate::wire::{Answer, Ask};

const HASH: &str = "KaBXv0wZrJ3vSbHQFpMEtQ==";

pub(crate) fn batch() -> Value {
    json!({
        "country": "XA",
        "expires": "2027-01-01T00:00:00Z",
        "kid": "UNKNOWN_KID",
        "hashType": "SIGNATURE",
        "entries": vec![json!({"hash": HASH}); 500]
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut batch = batch();
    batch[member] = value;
    batch
}

fn seconds(seconds: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

async fn put(gate: &Gate, network: &Network, batch: &Value) -> Answer {
    let text = network.a.message(batch.to_string().as_bytes());
    gate.ask(&network.a.tls, Ask::new("POST", "/revocation-list").cms_text(text)).await
}

async fn list(gate: &Gate, peer: &Holder, since: &str) -> Answer {
    gate.ask(peer, Ask::new("GET", "/revocation-list").header("If-Modified-Since", since)).await
}

fn ids(answer: &Answer) -> Vec<String> {
    let page = answer.json();
    let batches = page["batches"].as_array().unwrap();
    batches.iter().map(|batch| batch["batchId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_batch_is_served_as_it_was_uploaded() {
    let (network, config) = Network::revoking().await;
    let gate = network.start_with(config.clone()).await;
    let (mut uploaded, mut messages) = (Vec::new(), Vec::new());
    for hash_type in ["SIGNATURE", "UCI", "COUNTRYCODEUCI"] {
        let text = with("hashType", json!(hash_type)).to_string();
        let message = network.a.message(text.as_bytes());
        let ask = Ask::new("POST", "/revocation-list").cms_text(message.clone());
        let answer = gate.ask(&network.a.tls, ask).await;
        assert_eq!((answer.status, answer.body.len()), (201, 0));
        // Clients use the header as it is, without quotes.
        uploaded.push(answer.header("etag").unwrap().to_owned());
        messages.push(message);
    }
    let path = format!("/revocation-list/{}", uploaded[1]);
    let answer = gate.ask(&network.b.tls, Ask::new("GET", &path)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, messages[1].as_bytes());
    assert_eq!(answer.header("content-type"), Some("application/cms-text"));
    let tag = format!("\"{}\"", uploaded[1]);
    assert_eq!(answer.header("etag"), Some(tag.as_str()));
    let as_cms = Ask::new("GET", &path).header("Accept", "application/cms");
    let as_cms = gate.ask(&network.b.tls, as_cms).await;
    assert_eq!(as_cms.header("content-type"), Some("application/cms"));
    let known = Ask::new("GET", &path).header("If-None-Match", &tag);
    assert_eq!(gate.ask(&network.b.tls, known).await.status, 304);

    // Their second is not over.
    assert_eq!(list(&gate, &network.b.tls, "2021-06-01T00:00:00Z").await.status, 204);
    gate.running.shutdown().await;
    let gate = network.start_at(config, seconds(1)).await;
    let answer = list(&gate, &network.b.tls, "2021-06-01T00:00:00Z").await;
    let page = answer.json();
    assert_eq!(page["more"], false);
    assert_eq!(
        page["batches"][0],
        json!({
            "batchId": ids(&answer)[0],
            "country": "XA",
            "date": "2026-06-01T12:00:00Z",
            "deleted": false
        })
    );
    let mut listed = ids(&answer);
    listed.sort();
    uploaded.sort();
    assert_eq!(listed, uploaded);
    assert_eq!(list(&gate, &network.b.tls, "2026-06-01T12:00:00Z").await.status, 204);
}

#[tokio::test]
async fn each_check_of_an_upload_has_its_code() {
    let (network, config) = Network::revoking().await;
    let gate = network.start_with(config).await;
    let ask = async |body: String| {
        gate.ask(&network.a.tls, Ask::new("POST", "/revocation-list").cms(body)).await
    };
    ask("rubbish!".to_owned()).await.is_problem(400, "0x402");
    let stranger = Holder::new(Role::Upload, Some(network.a.code), days_ago(30), 365);
    for signer in [&stranger, &network.b.upload, &network.a.tls] {
        let answer = ask(message(batch().to_string().as_bytes(), signer)).await;
        answer.is_problem(403, "0x000");
        assert_eq!(answer.text("sendValue"), signer.certificate.subject().to_string());
    }
    let text = network.a.message(batch().to_string().as_bytes());
    let foreign = Ask::new("POST", "/revocation-list").cms(text);
    gate.ask(&network.b.tls, foreign).await.is_problem(403, "0x000");
    for (words, batch) in [
        ("JSON Could not be parsed", with("hashType", json!("CERT"))),
        ("JSON Could not be parsed", with("entries", json!([HASH]))),
        ("JSON Could not be parsed", with("entries", json!([null]))),
        ("JSON Could not be parsed", json!("foobar123")),
        ("Invalid Dates", with("expires", json!("2026-06-01T12:00:00Z"))),
        ("Batch has invalid values.", with("expires", Value::Null)),
        ("Batch has invalid values.", with("hashType", Value::Null)),
        ("Batch has invalid values.", with("entries", Value::Null)),
        ("Batch has invalid values.", with("entries", json!(vec![json!({"hash": HASH}); 1001]))),
        ("Batch has invalid values.", with("kid", json!("0123456789012"))),
        ("Batch has invalid values.", with("entries", json!([{"hash": format!("{HASH}=")}]))),
        (
            "Batch has invalid values.",
            with("entries", json!([{"hash": "not Base64, 24 letters!!"}])),
        ),
        ("Batch has invalid values.", with("country", json!("XAA"))),
    ] {
        let answer = put(&gate, &network, &batch).await;
        answer.is_problem(400, "0x000");
        assert_eq!(answer.text("problem"), words, "{}", answer.json());
    }
    put(&gate, &network, &with("country", json!("XB"))).await.is_problem(403, "0x000");
    let details = put(&gate, &network, &json!({"entries": [{"hash": "x"}]})).await.text("details");
    for member in ["country", "expires", "hashType", "Batch Entry 0: hash"] {
        assert!(details.contains(member), "{details}");
    }
    assert_eq!(put(&gate, &network, &batch()).await.status, 201);
}

#[tokio::test]
async fn requests_for_the_list_have_their_codes() {
    let (network, config) = Network::revoking().await;
    let gate = network.start_with(config).await;
    let peer = &network.a.tls;
    gate.ask(peer, Ask::new("GET", "/revocation-list")).await.is_problem(400, "0x001");
    list(&gate, peer, "yesterday").await.is_problem(400, "0x001");
    list(&gate, peer, "2026-06-01T12:00:01Z").await.is_problem(400, "");
    assert_eq!(list(&gate, peer, "2026-06-01T14:00:00+02:00").await.status, 204);
    for id in ["x", "5E45F5F0-A7DD-4B0E-9FD3-1C1B0E5A1B2C"] {
        let path = format!("/revocation-list/{id}");
        gate.ask(peer, Ask::new("GET", &path)).await.is_problem(400, "0x001");
    }
    let path = "/revocation-list/5e45f5f0-a7dd-4b0e-9fd3-1c1b0e5a1b2c";
    gate.ask(peer, Ask::new("GET", path)).await.is_problem(404, "0x000");
}

#[tokio::test]
async fn both_paths_withdraw_and_each_check_has_its_code() {
    let (network, config) = Network::revoking().await;
    let gate = network.start_with(config.clone()).await;
    let mut gone = Vec::new();
    for (method, path) in [("DELETE", "/revocation-list"), ("POST", "/revocation-list/delete")] {
        let ask = async |peer: &Holder, body: String| {
            gate.ask(peer, Ask::new(method, path).cms_text(body)).await
        };
        let answer = put(&gate, &network, &batch()).await;
        let id = answer.header("etag").unwrap().to_owned();
        let request = json!({"batchId": id}).to_string();
        let (a, b) = (&network.a, &network.b);
        ask(&a.tls, "rubbish!".into()).await.is_problem(400, "0x402");
        let mut broken = a.message(request.as_bytes()).into_bytes();
        // Within the signature's bytes, of which the text's last quantum is a part.
        let at = broken.len() - 8;
        broken[at] = if broken[at] == b'A' { b'B' } else { b'A' };
        let broken = String::from_utf8(broken).unwrap();
        ask(&a.tls, broken).await.is_problem(400, "0x260");
        ask(&a.tls, message(request.as_bytes(), &b.upload)).await.is_problem(403, "0x000");
        for text in ["{", "[]", r#"{"batchId":"x"}"#] {
            ask(&a.tls, a.message(text.as_bytes())).await.is_problem(400, "0x000");
        }
        for text in ["{}", r#"{"batchId":"5e45f5f0-a7dd-4b0e-9fd3-1c1b0e5a1b2c"}"#] {
            ask(&a.tls, a.message(text.as_bytes())).await.is_problem(404, "0x000");
        }
        ask(&b.tls, b.message(request.as_bytes())).await.is_problem(403, "0x000");
        let one = format!("/revocation-list/{id}");
        assert_eq!(gate.ask(&b.tls, Ask::new("GET", &one)).await.status, 200);

        let answer = ask(&a.tls, a.message(request.as_bytes())).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        ask(&a.tls, a.message(request.as_bytes())).await.is_problem(410, "0x000");
        gate.ask(&b.tls, Ask::new("GET", &one)).await.is_problem(410, "0x000");
        gone.push(id);
    }
    gate.running.shutdown().await;
    let gate = network.start_at(config, seconds(1)).await;
    let answer = list(&gate, &network.b.tls, "2026-05-31T00:00:00Z").await;
    let mut listed = ids(&answer);
    listed.sort();
    gone.sort();
    assert_eq!(listed, gone);
    assert_eq!(answer.json()["batches"][0]["deleted"], true);
}

/// D-10: the trail names the client certificate and not its country.
#[tokio::test]
async fn the_trail_tells_of_batches() {
    let (network, config) = Network::revoking().await;
    let gate = network.start_with(config).await;
    let id = put(&gate, &network, &batch()).await.header("etag").unwrap().to_owned();
    put(&gate, &network, &with("country", json!("XB"))).await.is_problem(403, "0x000");
    let events = gate.running.store().audit_events(None, 100).await.unwrap();
    let events: Vec<_> = events
        .into_iter()
        .map(|recorded| recorded.event)
        .filter(|event| event.event != "ONBOARDED")
        .collect();
    let description = format!("Uploaded Revocation Batch ({id})");
    assert_eq!((events[0].event.as_str(), &events[0].description), ("CREATED", &description));
    assert_eq!(
        (events[1].event.as_str(), events[1].code.as_deref()),
        ("BAD_REQUEST", Some("0x000"))
    );
    let tls = network.a.tls.certificate.thumbprint().to_string();
    assert!(events.iter().all(|event| event.authentication_fingerprint.as_ref() == Some(&tls)));
}

#[tokio::test]
async fn each_route_asks_for_its_role() {
    let network = Network::onboarded().await;
    let mut config = network.config();
    config.revocation.uploads = true;
    let gate = network.start_with(config).await;
    let id = "5e45f5f0-a7dd-4b0e-9fd3-1c1b0e5a1b2c";
    for (method, path) in [
        ("GET", "/revocation-list"),
        ("GET", &format!("/revocation-list/{id}")),
        ("POST", "/revocation-list"),
        ("DELETE", "/revocation-list"),
        ("POST", "/revocation-list/delete"),
    ] {
        let answer = gate.ask(&network.a.tls, Ask::new(method, path).cms_text("x")).await;
        answer.is_problem(403, "0x403");
        let stranger = Holder::new(Role::Tls, Some(network.a.code), days_ago(30), 365);
        let answer = gate.ask(&stranger, Ask::new(method, path).cms_text("x")).await;
        answer.is_problem(401, "0x402");
    }
}

#[tokio::test]
async fn routes_that_are_switched_off_do_not_exist() {
    let (network, mut config) = Network::revoking().await;
    let id = "5e45f5f0-a7dd-4b0e-9fd3-1c1b0e5a1b2c";
    let one = format!("/revocation-list/{id}");
    let changes = [
        ("POST", "/revocation-list"),
        ("DELETE", "/revocation-list"),
        ("POST", "/revocation-list/delete"),
        ("GET", &one),
    ];
    assert!(!network.config().revocation.uploads, "off by default");
    let gate = network.start().await;
    assert_eq!(list(&gate, &network.a.tls, "2021-06-01T00:00:00Z").await.status, 204);
    for (method, path) in changes {
        let answer = gate.ask(&network.a.tls, Ask::new(method, path).cms_text("x")).await;
        assert_eq!(answer.status, 404, "{method} {path}");
    }
    gate.running.shutdown().await;
    config.revocation.enabled = false;
    let gate = network.start_with(config).await;
    assert_eq!(list(&gate, &network.a.tls, "2021-06-01T00:00:00Z").await.status, 404);
    for (method, path) in changes {
        let answer = gate.ask(&network.a.tls, Ask::new(method, path).cms_text("x")).await;
        assert_eq!(answer.status, 404, "{method} {path}");
    }
}

/// D-09: the stock client asks again with the last date, in whole seconds, until it gets 204. It
/// must see each batch, also when a page is full in the middle of a second.
#[tokio::test]
async fn the_stock_client_sees_each_batch_once_and_ends() {
    let (network, config) = Network::revoking().await;
    let store = network.store().await;
    let text = batch().to_string();
    let parsed = Batch::accept(text.as_bytes(), "XA", now(), &Batch::LIMITS).unwrap();
    let event = AuditEvent {
        occurred_at: now(),
        request_id: "by hand".into(),
        country: None,
        uploader_fingerprint: None,
        authentication_fingerprint: None,
        event: "CREATED".into(),
        description: "by hand".into(),
        code: None,
        payload_sha256: None,
    };
    let message = SignedText { content: vec![], cms: "cms".into(), detached: String::new() };
    for number in 0..1003 {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let at = seconds(if number < 998 {
            0
        } else if number < 1002 {
            1
        } else {
            2
        });
        store.insert_revocation_batch(&id, &parsed, &message, at, &event).await.unwrap();
    }
    store.close().await;
    let gate = network.start_at(config, seconds(3)).await;
    let (mut since, mut pages, mut seen) = ("2021-06-01T00:00:00Z".to_owned(), Vec::new(), 0);
    loop {
        let answer = list(&gate, &network.b.tls, &since).await;
        if answer.status == 204 {
            break;
        }
        assert_eq!(answer.status, 200);
        let page = answer.json();
        let batches = page["batches"].as_array().unwrap();
        seen += batches.len();
        since = batches.last().unwrap()["date"].as_str().unwrap().to_owned();
        pages.push((batches.len(), page["more"].as_bool().unwrap()));
        assert!(pages.len() < 5, "the client does not end: {pages:?}");
    }
    // The page ends with the second of its thousandth batch.
    assert_eq!(pages, [(1002, true), (1, false)]);
    assert_eq!(seen, 1003);
}

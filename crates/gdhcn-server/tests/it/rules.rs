//! `/rules`: every check in its order with its code, and what a download holds.

use gdhcn_trust::profile::Role;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::network::{Gate, Holder, Network, days_ago, message, now};
use crate::wire::{Answer, Ask};

fn hours(hours: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_hours(hours)).unwrap()
}

fn text(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A rule of country XA that may be uploaded at the gateway's present.
pub(crate) fn rule() -> Value {
    json!({
        "Identifier": "GR-XA-0001",
        "Type": "Acceptance",
        "Country": "XA",
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "0.7.5",
        "CertificateType": "General",
        "Description": [{"lang": "en", "desc": "A description of the rule."}],
        "ValidFrom": text(hours(50)),
        "ValidTo": text(hours(500)),
        "AffectedFields": ["v.0"],
        "Logic": {"var": "payload.v.0"}
    })
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut rule = rule();
    for (member, value) in changes {
        rule[*member] = value.clone();
    }
    rule
}

async fn put(gate: &Gate, network: &Network, rule: &Value) -> Answer {
    let text = network.a.message(rule.to_string().as_bytes());
    gate.ask(&network.a.tls, Ask::new("POST", "/rules").cms_text(text)).await
}

async fn versions(gate: &Gate, network: &Network, id: &str) -> Vec<String> {
    let answer = gate.ask(&network.b.tls, Ask::new("GET", "/rules/XA")).await;
    assert_eq!(answer.status, 200);
    let list = answer.json();
    let versions = list[id].as_array().map(Vec::as_slice).unwrap_or_default();
    versions.iter().map(|version| version["version"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_rule_is_served_as_it_was_uploaded() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let empty = gate.ask(&network.b.tls, Ask::new("GET", "/rules/XA")).await;
    assert_eq!((empty.status, empty.body.as_slice()), (200, b"{}".as_slice()));

    let message = network.a.message(rule().to_string().as_bytes());
    let answer = gate.ask(&network.a.tls, Ask::new("POST", "/rules").cms(message.clone())).await;
    assert_eq!((answer.status, answer.body.len()), (201, 0));
    let invalidation = with(&[
        ("Identifier", json!("IR-XA-0001")),
        ("Type", json!("Invalidation")),
        ("ValidFrom", json!(text(hours(0)))),
        ("Region", json!("BW")),
    ]);
    assert_eq!(put(&gate, &network, &invalidation).await.status, 201);

    let answer = gate.ask(&network.b.tls, Ask::new("GET", "/rules/XA")).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let list = answer.json();
    assert_eq!(list.as_object().unwrap().len(), 2);
    assert_eq!(
        list["GR-XA-0001"],
        json!([{
            "version": "1.0.0",
            "validFrom": text(hours(50)),
            "validTo": text(hours(500)),
            "cms": message
        }])
    );
    let tag = answer.header("etag").unwrap().to_owned();
    let again = Ask::new("GET", "/rules/XA").header("If-None-Match", &tag);
    assert_eq!(gate.ask(&network.b.tls, again).await.status, 304);
    let other = gate.ask(&network.b.tls, Ask::new("GET", "/rules/xa")).await;
    assert_eq!(other.body, b"{}", "the case of a code counts");
    gate.ask(&network.b.tls, Ask::new("GET", "/rules/XAA")).await.is_problem(400, "0x001");
}

#[tokio::test]
async fn each_check_has_its_code() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let ask = async |peer: &Holder, body: String| {
        gate.ask(peer, Ask::new("POST", "/rules").cms_text(body)).await
    };
    let good = rule().to_string();
    // 1, 2: the message.
    ask(&network.a.tls, "rubbish!".to_owned()).await.is_problem(400, "0x402");
    ask(&network.a.tls, good.clone()).await.is_problem(400, "0x402");
    let mut der = base64(&network.a.message(good.as_bytes()));
    let last = der.len() - 1;
    der[last] ^= 1;
    ask(&network.a.tls, encode(&der)).await.is_problem(400, "0x260");
    // 3: the signer.
    let stranger = Holder::new(Role::Upload, Some(network.a.code), days_ago(30), 365);
    for signer in [&stranger, &network.b.upload, &network.a.tls, &network.a.sca] {
        let answer = ask(&network.a.tls, message(good.as_bytes(), signer)).await;
        answer.is_problem(400, "0x230");
        assert_eq!(answer.text("sendValue"), signer.certificate.subject().to_string());
    }
    ask(&network.b.tls, network.a.message(good.as_bytes())).await.is_problem(400, "0x230");
    // 4: JSON and schema.
    for text in [format!("{good}foobar123"), format!("{good}{good}"), String::new()] {
        let answer = ask(&network.a.tls, network.a.message(text.as_bytes())).await;
        answer.is_problem(400, "0x200");
    }
    let description = |text: &str, lang: &str| json!([{"lang": lang, "desc": text}]);
    let long = "A description of the rule.";
    let unlike_versions = (json!("10"), json!("1.3"));
    let cases = [
        ("0x200", with(&[("Country", json!("XX-"))])),
        ("0x200", with(&[("Description", description("", "en"))])),
        ("0x200", with(&[("Description", description("too short", "en"))])),
        ("0x200", with(&[("Description", description(long, "de"))])),
        ("0x200", with(&[("Description", description(long, "en-"))])),
        ("0x200", with(&[("Version", unlike_versions.0.clone())])),
        ("0x200", with(&[("Version", unlike_versions.1)])),
        ("0x200", with(&[("SchemaVersion", unlike_versions.0)])),
        ("0x200", with(&[("More", json!(1))])),
        // 5, 6: identifier, type of certificate and kind.
        ("0x250", with(&[("CertificateType", json!("Test"))])),
        ("0x250", with(&[("Identifier", json!("VR-XA-0001"))])),
        ("0x250", with(&[("Type", json!("Invalidation"))])),
        ("0x250", with(&[("Identifier", json!("IR-XA-0001"))])),
        // 7, 8: the country.
        ("0x210", with(&[("Country", json!("XB"))])),
        ("0x210", with(&[("Identifier", json!("GR-XB-0001"))])),
        // 10: the instants.
        ("0x240", with(&[("ValidTo", json!(text(hours(49))))])),
        ("0x240", with(&[("ValidFrom", json!(text(hours(14 * 24 + 1))))])),
        ("0x240", with(&[("ValidFrom", json!(text(hours(47))))])),
        ("0x240", with(&[("ValidTo", json!(text(hours(50 + 71))))])),
        (
            "0x240",
            with(&[
                ("Identifier", json!("IR-XA-0001")),
                ("Type", json!("Invalidation")),
                ("ValidFrom", json!(text(hours(-1)))),
            ]),
        ),
    ];
    for (code, rule) in cases {
        let status = if code == "0x210" { 403 } else { 400 };
        put(&gate, &network, &rule).await.is_problem(status, code);
    }
    // 9: the version.
    assert_eq!(put(&gate, &network, &rule()).await.status, 201);
    for version in ["1.0.0", "0.9.0"] {
        let answer = put(&gate, &network, &with(&[("Version", json!(version))])).await;
        answer.is_problem(400, "0x220");
    }
    let earlier = now().checked_add(SignedDuration::from_secs(50 * 3600 - 1)).unwrap();
    let earlier = [("Version", json!("1.0.1")), ("ValidFrom", json!(text(earlier)))];
    put(&gate, &network, &with(&earlier)).await.is_problem(400, "0x240");
    assert_eq!(versions(&gate, &network, "GR-XA-0001").await, ["1.0.0"]);

    let media = Ask::new("POST", "/rules").header("Content-Type", "text/plain").body("x");
    assert_eq!(gate.ask(&network.a.tls, media).await.status, 415);
    assert_eq!(gate.ask(&network.a.tls, Ask::new("PUT", "/rules")).await.status, 405);
    ask(&stranger, network.a.message(good.as_bytes())).await.is_problem(401, "0x402");
}

fn base64(text: &str) -> Vec<u8> {
    use ::base64::Engine as _;
    ::base64::prelude::BASE64_STANDARD.decode(text).unwrap()
}

fn encode(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::prelude::BASE64_STANDARD.encode(bytes)
}

/// G4: the version in force and every announced one, at each instant.
#[tokio::test]
async fn g4_a_download_holds_the_valid_and_the_announced_versions() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    for (version, from) in [("1.0.0", 50), ("1.0.1", 60), ("1.1.0", 60), ("2.0.0", 70)] {
        let changes = [("Version", json!(version)), ("ValidFrom", json!(text(hours(from))))];
        assert_eq!(put(&gate, &network, &with(&changes)).await.status, 201);
    }
    gate.running.shutdown().await;
    for (at, listed) in [
        (hours(0), vec!["2.0.0", "1.1.0", "1.0.1", "1.0.0"]),
        (hours(50), vec!["2.0.0", "1.1.0", "1.0.1", "1.0.0"]),
        (hours(59), vec!["2.0.0", "1.1.0", "1.0.1", "1.0.0"]),
        (hours(60), vec!["2.0.0", "1.1.0"]),
        (hours(70), vec!["2.0.0"]),
        (hours(800), vec!["2.0.0"]),
    ] {
        let gate = network.start_at(network.config(), at).await;
        assert_eq!(versions(&gate, &network, "GR-XA-0001").await, listed, "{at}");
        gate.running.shutdown().await;
    }
}

#[tokio::test]
async fn both_paths_withdraw_and_each_check_has_its_code() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let ask = async |method: &str, path: &str, peer: &Holder, body: String| {
        gate.ask(peer, Ask::new(method, path).cms_text(body)).await
    };
    for (method, path) in [("DELETE", "/rules"), ("POST", "/rules/delete")] {
        let (peer, own) = (&network.a.tls, &network.a);
        assert_eq!(put(&gate, &network, &rule()).await.status, 201);
        let id = own.message(b"GR-XA-0001");
        ask(method, path, peer, "rubbish!".into()).await.is_problem(400, "0x402");
        let foreign = message(b"GR-XA-0001", &network.b.upload);
        ask(method, path, peer, foreign).await.is_problem(400, "0x230");
        ask(method, path, &network.b.tls, id.clone()).await.is_problem(400, "0x230");
        for text in ["GR-XA", "GR-XAA-0001", "\"GR-XA-0001\"x-y", ""] {
            let answer = ask(method, path, peer, own.message(text.as_bytes())).await;
            answer.is_problem(400, "0x250");
        }
        let other = own.message(b"GR-XB-0001");
        ask(method, path, peer, other).await.is_problem(403, "0x210");
        // No trimming: an identifier with a line end is another one.
        for text in ["GR-XA-0002", "GR-XA-0001\n"] {
            let answer = ask(method, path, peer, own.message(text.as_bytes())).await;
            answer.is_problem(404, "0x270");
        }
        assert_eq!(versions(&gate, &network, "GR-XA-0001").await, ["1.0.0"]);
        let answer = ask(method, path, peer, id).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        assert_eq!(versions(&gate, &network, "GR-XA-0001").await, [""; 0]);
    }
}

/// D-30: refused rules are in the trail too, with who asked.
#[tokio::test]
async fn the_trail_tells_of_rules() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    assert_eq!(put(&gate, &network, &rule()).await.status, 201);
    put(&gate, &network, &rule()).await.is_problem(400, "0x220");
    let id = network.a.message(b"GR-XA-0001");
    gate.ask(&network.a.tls, Ask::new("DELETE", "/rules").cms_text(id)).await;
    let events = gate.running.store().audit_events(None, 100).await.unwrap();
    let events: Vec<_> = events
        .into_iter()
        .map(|recorded| recorded.event)
        .filter(|event| event.event != "ONBOARDED")
        .collect();
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.event.as_str(), event.description.as_str(), event.code.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("CREATED", "Created Validation Rule with ID GR-XA-0001 (1.0.0)", None),
            (
                "BAD_REQUEST",
                "Upload of a Validation Rule triggered BAD_REQUEST: version 1.0.0 is not above the \
                 stored version 1.0.0",
                Some("0x220"),
            ),
            ("DELETED", "Deleted Validation Rule with ID GR-XA-0001", None),
        ]
    );
    let hash = gdhcn_crypto::sha256(rule().to_string().as_bytes());
    for event in &events {
        let tls = network.a.tls.certificate.thumbprint().to_string();
        let upload = network.a.upload.certificate.thumbprint().to_string();
        assert_eq!(event.authentication_fingerprint, Some(tls));
        assert_eq!(event.uploader_fingerprint, Some(upload));
    }
    let payload: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(events[0].payload_sha256, Some(payload));
}

gdhcn_testkit::on_both_databases! {
async fn a_nul_is_answered_alike_by_both_databases(database: &TestDatabase) {
    let network = Network::onboarded_on(database.another()).await;
    let gate = network.start().await;
    for (path, status) in [
        ("/valuesets/%00", 400),
        ("/rules/%00%00", 400),
        ("/trust/reference/%00", 400),
        ("/trustList/DSC/%00%00", 200),
        ("/trustList/certificate?country=%00&domain=%00", 200),
        ("/trustList/references?country=%00", 200),
        ("/trustList/issuers?country=%00", 200),
    ] {
        let answer = gate.ask(&network.a.tls, Ask::new("GET", path)).await;
        assert_eq!(answer.status, status, "{path}");
    }
    let message = network.a.message(b"a-XA-\0");
    let ask = Ask::new("DELETE", "/rules").cms_text(message);
    gate.ask(&network.a.tls, ask).await.is_problem(400, "0x200");
    gate.running.shutdown().await;
}
}

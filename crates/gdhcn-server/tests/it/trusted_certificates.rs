//! `/trustedCertificate` and `GET /trustList/certificate`.

use std::collections::BTreeSet;

use gdhcn_crypto::Signer as _;
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::trusted_party::PartyType;
use gdhcn_trust::profile::Role;
use serde_json::{Value, json};

use crate::network::{Country, Gate, Holder, Network, days_ago, issue, key, subject};
use crate::wire::{Answer, Ask};

async fn upload(gate: &Gate, peer: &Holder, body: Value) -> Answer {
    gate.ask(peer, Ask::new("POST", "/trustedCertificate").json(body.to_string())).await
}

async fn listed(gate: &Gate, peer: &Holder, query: &str) -> Vec<Value> {
    let answer = gate.ask(peer, Ask::new("GET", &format!("/trustList/certificate{query}"))).await;
    assert_eq!(answer.status, 200, "{query}");
    answer.json().as_array().unwrap().clone()
}

fn kids(list: &[Value]) -> BTreeSet<&str> {
    list.iter().map(|entry| entry["kid"].as_str().unwrap()).collect()
}

fn kid(certificate: &Certificate) -> String {
    certificate.kid().to_base64()
}

#[tokio::test]
async fn group_domain_kid_and_properties_are_kept_and_found() {
    let network = Network::onboarded().await;
    let (a, b) = (&network.a, &network.b);
    let gate = network.start().await;
    let [plain, custom, other, pilgrim] = [a.dsc(), a.dsc(), a.dsc(), a.dsc()];
    for (certificate, members) in [
        (&plain, json!({})),
        (
            &custom,
            json!({"kid": "a custom kid", "group": "CUSTOM", "properties": {"purpose": "x"}}),
        ),
        (&other, json!({"kid": kid(&other), "group": "SIGN", "domain": "DCC"})),
        (&pilgrim, json!({"domain": "IPS-PILGRIMAGE", "properties": null})),
    ] {
        let mut body = members.clone();
        body["cms"] = a.message(certificate.der()).into();
        let answer = upload(&gate, &a.tls, body).await;
        assert_eq!(answer.status, 201, "{members}: {}", String::from_utf8_lossy(&answer.body));
    }
    let all = listed(&gate, &b.tls, "").await;
    assert_eq!(all.len(), 6 + 4);
    let find = |kid: &str| all.iter().find(|entry| entry["kid"] == kid).unwrap().clone();
    let entry = find("a custom kid");
    assert_eq!(
        entry.as_object().unwrap().keys().collect::<Vec<_>>(),
        [
            "uuid",
            "domain",
            "version",
            "certificate",
            "signature",
            "kid",
            "group",
            "country",
            "properties"
        ]
    );
    assert_eq!((&entry["group"], &entry["domain"]), (&json!("CUSTOM"), &json!("DCC")));
    assert_eq!((&entry["version"], &entry["country"]), (&json!(1), &json!("XA")));
    assert_eq!(entry["properties"], json!({"purpose": "x"}));
    assert_eq!(find(&kid(&plain))["properties"], Value::Null);

    let (plain, other, pilgrim) = (kid(&plain), kid(&other), kid(&pilgrim));
    for (query, expected) in [
        ("?group=DSC", vec![plain.as_str(), &pilgrim]),
        ("?group=DSC&domain=DCC", vec![plain.as_str()]),
        ("?domain=IPS-PILGRIMAGE", vec![pilgrim.as_str()]),
        ("?group=SIGN,CUSTOM", vec![other.as_str(), "a custom kid"]),
        ("?group=SIGN&group=CUSTOM&withFederation=true", vec![other.as_str(), "a custom kid"]),
        ("?group=SIGN&country=XB", vec![]),
        ("?group=sign", vec![]),
        ("?group=UNKNOWN", vec![]),
    ] {
        let list = listed(&gate, &b.tls, query).await;
        assert_eq!(kids(&list), BTreeSet::from_iter(expected), "{query}");
    }
    // The lists that name no group hold document signers of the default domain only.
    let old = gate.ask(&b.tls, Ask::new("GET", "/trustList/DSC")).await.json();
    assert_eq!(kids(old.as_array().unwrap()), BTreeSet::from([plain.as_str()]));

    // The complete message is stored here, and every one of the two forms withdraws.
    let message = a.message(custom.der());
    let answer =
        gate.ask(&a.tls, Ask::new("POST", "/trustedCertificate/delete").cms(message)).await;
    assert_eq!(answer.status, 204);
    assert!(!kids(&listed(&gate, &b.tls, "").await).contains("a custom kid"));
}

#[tokio::test]
async fn every_refusal_has_its_code() {
    let network = Network::onboarded().await;
    let (a, b) = (&network.a, &network.b);
    let gate = network.start().await;
    let dsc = a.dsc();
    let cms = a.message(dsc.der());
    let stored = a.dsc();
    let body = json!({"cms": a.message(stored.der()), "kid": "taken"});
    assert_eq!(upload(&gate, &a.tls, body).await.status, 201);
    for (body, status, code, words) in [
        (json!({}), 400, "n/a", "cms"),
        (json!({"cms": 1}), 400, "n/a", "expected a string"),
        (json!({"cms": "%%%"}), 400, "n/a", ""),
        (json!({"cms": "AAAA"}), 400, "n/a", ""),
        (json!({"cms": cms, "group": "AUTHENTICATION"}), 400, "n/a", "AUTHENTICATION"),
        (json!({"cms": cms, "domain": "NOWHERE"}), 400, "n/a", "NOWHERE"),
        (json!({"cms": cms, "properties": {"colour": "red"}}), 400, "n/a", "colour"),
        (json!({"cms": cms, "kid": "x".repeat(21)}), 400, "n/a", "kid"),
        (
            json!({"cms": cms, "properties": {"purpose": "x".repeat(2000)}}),
            400,
            "n/a",
            "properties",
        ),
        (json!({"cms": cms, "kid": "taken"}), 400, "0x004", "kid"),
        (json!({"cms": cms, "kid": kid(&stored), "group": "DESC"}), 400, "0x004", "authority"),
        (json!({"cms": b.message(dsc.der())}), 400, "0x004", "upload certificate"),
        (json!({"cms": a.message(b.dsc().der()), "group": "SIGN"}), 400, "0x004", "country"),
        (json!({"cms": a.message(stored.der())}), 409, "0x002", "stored"),
    ] {
        let answer = upload(&gate, &a.tls, body.clone()).await;
        let problem = answer.json();
        assert_eq!((answer.status, problem["code"].as_str().unwrap()), (status, code), "{problem}");
        assert!(String::from_utf8_lossy(&answer.body).contains(words), "{words}: {problem}");
    }
    let answer = gate.ask(&a.tls, Ask::new("POST", "/trustedCertificate").json("{")).await;
    assert_eq!(answer.status, 400);
    let answer = gate.ask(&a.tls, Ask::new("POST", "/trustedCertificate").cms(cms)).await;
    assert_eq!(answer.status, 415);
    let failed = ("UPLOAD_FAILED".to_owned(), Some("n/a".to_owned()));
    let trail = gate.trail().await;
    assert_eq!(trail.iter().filter(|entry| **entry == failed).count(), 3, "{trail:?}");
}

#[tokio::test]
async fn a_desc_is_issued_by_the_second_authority() {
    let network = Network::onboarded().await;
    let a = &network.a;
    let deca = Holder::new(Role::Sca, Some(a.code), days_ago(1), 100);
    let store = network.store().await;
    network.onboard(&store, &deca, PartyType::Deca).await;
    store.close().await;
    let gate = network.start().await;
    let desc = issue(subject(&["XA"]), key().public_key(), &deca);
    let body = |group| json!({"cms": a.message(desc.der()), "group": group});
    assert_eq!(upload(&gate, &a.tls, body("DSC")).await.json()["code"], "0x004");
    assert_eq!(upload(&gate, &a.tls, body("DESC")).await.status, 201);
    assert_eq!(gate.thumbprints(&a.tls, "/trustList/DESC").await.len(), 1);
}

#[tokio::test]
async fn rows_of_other_gateways_are_listed_only_when_asked_for() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    let upload = gate.upload(&network.a.tls, network.a.message(dsc.der())).await;
    assert_eq!(upload.status, 201);
    network.database.by_hand("UPDATE signer_information SET source_gateway_id = 'other'");
    gate.running.refresh().await.unwrap();
    let peer = &network.b.tls;
    assert!(listed(&gate, peer, "?group=DSC").await.is_empty());
    let list = listed(&gate, peer, "?group=DSC&withFederation=true").await;
    assert_eq!(list[0]["sourceGateway"], "other");
    assert!(gate.thumbprints(peer, "/trustList/DSC").await.is_empty());
}

/// G17: one participant has one certificate of a kid; two may share one where the operator says so,
/// and status always names it.
#[tokio::test]
async fn g17_two_participants_share_a_kid_by_configuration_and_status_names_it() {
    let network = Network::onboarded().await;
    let (a, b) = (&network.a, &network.b);
    let of = |country: &Country| json!({"cms": country.message(country.dsc().der()), "kid": "one for two"});
    let mut config = network.config();
    config.management_listen = Some("127.0.0.1:0".parse().unwrap());
    let gate = network.start_with(config.clone()).await;
    assert_eq!(upload(&gate, &a.tls, of(a)).await.status, 201);
    assert_eq!(upload(&gate, &b.tls, of(b)).await.status, 400, "without a word");
    assert_eq!(status(&gate).await["kidCollisions"], json!([]));
    drop(gate);

    config.trusted_certificates.shared_kids = true;
    let gate = network.start_with(config).await;
    assert_eq!(upload(&gate, &a.tls, of(a)).await.status, 400, "one participant never has two");
    assert_eq!(upload(&gate, &b.tls, of(b)).await.status, 201);
    let listed = listed(&gate, &a.tls, "?group=DSC").await;
    assert_eq!(listed.iter().filter(|entry| entry["kid"] == "one for two").count(), 2);
    let collisions = &status(&gate).await["kidCollisions"];
    let countries: BTreeSet<_> = collisions[0]["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|holder| holder["country"].as_str().unwrap())
        .collect();
    assert_eq!(
        (&collisions[0]["kid"], countries),
        (&json!("one for two"), BTreeSet::from(["XA", "XB"]))
    );
}

async fn status(gate: &Gate) -> Value {
    let operator = gate.running.management_address().unwrap();
    Ask::new("GET", "/status").send(operator, None, None).await.unwrap().json()
}

//! `/valuesets` and `/trustList/issuers`: what the operator and the trust anchor give.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_envelope::cms::{self, Form};
use gdhcn_rules::value_set::ValueSet;
use gdhcn_server::config::Profile;
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::trusted_issuer::NewTrustedIssuer;
use gdhcn_testkit::corpus;

use crate::network::{Network, days_ago, now};
use crate::wire::Ask;

fn event() -> AuditEvent {
    AuditEvent {
        occurred_at: now(),
        request_id: "operator".into(),
        country: None,
        uploader_fingerprint: None,
        authentication_fingerprint: None,
        event: "CREATED".into(),
        description: "by an operator".into(),
        code: None,
        payload_sha256: None,
    }
}

#[tokio::test]
async fn value_sets_are_served_byte_for_byte() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let empty = gate.ask(&network.a.tls, Ask::new("GET", "/valuesets")).await;
    assert_eq!((empty.status, empty.body.as_slice()), (200, b"[]".as_slice()));
    let Some(corpus) = corpus("tng-valuesets") else { return };
    let mut texts = Vec::new();
    for file in std::fs::read_dir(corpus.join("knowledgeLibrary")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let set = ValueSet::from_json(text, &ValueSet::LIMITS).unwrap();
        gate.running.store().put_value_set(&set, None, &event()).await.unwrap();
        texts.push(set);
    }
    let ids = gate.ask(&network.a.tls, Ask::new("GET", "/valuesets")).await.json();
    assert_eq!(
        ids,
        serde_json::json!([
            "country-2-codes",
            "covid-19-lab-result",
            "covid-19-lab-test-manufacturer-and-name",
            "covid-19-lab-test-type",
            "disease-agent-targeted",
            "sct-vaccines-covid-19",
            "vaccines-covid-19-auth-holders",
            "vaccines-covid-19-encoding-instructions",
            "vaccines-covid-19-names"
        ])
    );
    for set in texts {
        let path = format!("/valuesets/{}", set.id());
        let answer = gate.ask(&network.b.tls, Ask::new("GET", &path)).await;
        assert_eq!((answer.status, answer.body.as_slice()), (200, set.text().as_bytes()));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let tag = answer.header("etag").unwrap().to_owned();
        let again = Ask::new("GET", &path).header("If-None-Match", &tag);
        assert_eq!(gate.ask(&network.b.tls, again).await.status, 304);
    }
    gate.ask(&network.a.tls, Ask::new("GET", "/valuesets/none")).await.is_problem(404, "0x100");
    let stranger = crate::network::Country::new("XC").tls;
    gate.ask(&stranger, Ask::new("GET", "/valuesets")).await.is_problem(401, "0x402");
}

#[tokio::test]
async fn issuers_are_served_where_the_trust_anchor_has_signed() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let path = "/trustList/issuers";
    let list = async |query: &str| {
        let answer = gate.ask(&network.b.tls, Ask::new("GET", &format!("{path}{query}"))).await;
        assert_eq!(answer.status, 200);
        let list = answer.json();
        let names = list.as_array().unwrap().iter();
        names.map(|issuer| issuer["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("").await, [""; 0]);
    let signed = |text: &str| {
        let (anchor, key) = (&network.anchor.certificate, &network.anchor.key);
        let message = cms::sign(text.as_bytes(), anchor, key, days_ago(1), Form::Detached);
        BASE64_STANDARD.encode(message.unwrap())
    };
    let row = |country: &str, name: &str, domain: &str, text: &str| NewTrustedIssuer {
        created_at: now(),
        country: country.into(),
        url: "https://issuer.example/keys".into(),
        name: name.into(),
        url_type: "HTTP".into(),
        thumbprint: None,
        ssl_public_key: None,
        key_storage_type: Some("JWKS".into()),
        signature: signed(text),
        domain: Some(domain.into()),
    };
    let url = "https://issuer.example/keys";
    for (country, name, domain, text) in [
        ("XA", "one", "DCC", format!("XA;one;{url};HTTP")),
        ("XB", "two", "PH4H", format!("XB;two;{url};HTTP")),
        ("XA", "eu form", "DCC", format!("XA;eu form;{url};HTTP;")),
        ("XA", "forged", "DCC", format!("XA;other;{url};HTTP")),
    ] {
        let (issuer, store) = (row(country, name, domain, &text), gate.running.store());
        store.insert_trusted_issuer(&issuer, &text, &event()).await.unwrap();
    }
    assert_eq!(list("").await, ["one", "two"]);
    assert_eq!(list("?country=XA").await, ["one"]);
    assert_eq!(list("?country=XA,XB").await, ["one", "two"]);
    assert_eq!(list("?country=XA&country=XB&domain=PH4H").await, ["two"]);
    assert_eq!(list("?country=FR").await, [""; 0]);
    let answer = gate.ask(&network.b.tls, Ask::new("GET", path)).await;
    let issuer = &answer.json()[0];
    assert_eq!(issuer["url"], url);
    assert_eq!(issuer["type"], "HTTP");
    assert_eq!(issuer["timestamp"], "2026-06-01T12:00:00Z");
    assert!(issuer["thumbprint"].is_null() && issuer["uuid"].is_string());

    // D-20: what was signed for the EU's gateway counts where that one is imitated.
    gate.running.shutdown().await;
    let mut config = network.config();
    config.profile = Profile::Eu;
    let gate = network.start_with(config).await;
    let list = gate.ask(&network.b.tls, Ask::new("GET", path)).await.json();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|issuer| &issuer["name"]).collect();
    assert_eq!(names, ["one", "two", "eu form"]);
}

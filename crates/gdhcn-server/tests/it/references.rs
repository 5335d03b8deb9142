//! `/trust/reference` and `/trustList/references`: upload, replacement, withdrawal, filters.

use serde_json::{Value, json};

use crate::network::{Country, Gate, Holder, Network, message};
use crate::wire::{Answer, Ask};

pub(crate) fn reference(country: &str) -> Value {
    json!({
        "url": "https://fhir.example/vs",
        "country": country,
        "type": "FHIR",
        "service": "ValueSet",
        "thumbprint": "ab".repeat(32),
        "name": "A service",
        "sslPublicKey": "key",
        "contentType": "application/json",
        "signatureType": "NONE",
        "referenceVersion": "1.0"
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut reference = reference("XA");
    reference[member] = value;
    reference
}

async fn put(gate: &Gate, country: &Country, document: &Value) -> Answer {
    let text = country.message(document.to_string().as_bytes());
    gate.ask(&country.tls, Ask::new("POST", "/trust/reference").cms_text(text)).await
}

async fn list(gate: &Gate, peer: &Holder, query: &str) -> Vec<Value> {
    let path = format!("/trustList/references{query}");
    let answer = gate.ask(peer, Ask::new("GET", &path)).await;
    assert_eq!(answer.status, 200);
    answer.json().as_array().unwrap().clone()
}

#[tokio::test]
async fn a_reference_is_stored_listed_and_served_with_its_message() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    assert_eq!(list(&gate, &network.b.tls, "").await, [json!(null); 0]);
    let text = network.a.message(reference("XA").to_string().as_bytes());
    // The client library of the reference has a path of its own.
    let ask = Ask::new("POST", "/trust/references").cms(text.clone());
    let answer = gate.ask(&network.a.tls, ask).await;
    assert_eq!((answer.status, answer.body.len()), (201, 0));
    let listed = list(&gate, &network.b.tls, "").await;
    let uuid = listed[0]["uuid"].as_str().unwrap().to_owned();
    let mut expected = reference("XA");
    expected["uuid"] = json!(uuid);
    expected["domain"] = json!("DDCC");
    expected["version"] = json!(1);
    expected["cms"] = json!(text);
    assert_eq!(listed, [expected.clone()]);
    let path = format!("/trust/reference/{uuid}");
    assert_eq!(gate.ask(&network.b.tls, Ask::new("GET", &path)).await.json(), expected);

    // D-04
    let none = "/trust/reference/5e45f5f0-a7dd-4b0e-9fd3-1c1b0e5a1b2c";
    gate.ask(&network.b.tls, Ask::new("GET", none)).await.is_problem(404, "0x000");
    gate.ask(&network.b.tls, Ask::new("GET", "/trust/reference/X")).await.is_problem(400, "0x001");
}

#[tokio::test]
async fn each_check_has_its_code() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let ask = async |body: String| {
        gate.ask(&network.a.tls, Ask::new("POST", "/trust/reference").cms_text(body)).await
    };
    ask("rubbish!".to_owned()).await.is_problem(400, "0x402");
    let text = reference("XA").to_string();
    let answer = ask(message(text.as_bytes(), &network.b.upload)).await;
    answer.is_problem(403, "0x000");
    let subject = network.b.upload.certificate.subject().to_string();
    assert_eq!(answer.text("sendValue"), subject);
    let answer = ask(network.a.message(format!("{text}x").as_bytes())).await;
    answer.is_problem(400, "0x000");
    put(&gate, &network.a, &with("country", json!("XB"))).await.is_problem(403, "0x000");
    for (member, value) in [
        ("country", Value::Null),
        ("type", json!("PDF")),
        ("signatureType", Value::Null),
        ("url", json!("x".repeat(101))),
        ("name", json!("")),
        ("service", json!("a\0b")),
        ("domain", json!("x".repeat(33))),
    ] {
        let answer = put(&gate, &network.a, &with(member, value)).await;
        answer.is_problem(400, "0x000");
        assert!(answer.text("details").contains(member), "{}", answer.json());
    }
    let none = with("uuid", json!("5e45f5f0-a7dd-4b0e-9fd3-1c1b0e5a1b2c"));
    put(&gate, &network.a, &none).await.is_problem(404, "0x000");
    let short = with("uuid", json!("5e45f5f0-a7dd-4b0e-9fd3-1c1b0e5a1b2c-and-more"));
    put(&gate, &network.a, &short).await.is_problem(404, "0x000");
    assert_eq!(list(&gate, &network.a.tls, "").await.len(), 0);
}

/// D-08: the owner alone replaces and withdraws a reference.
#[tokio::test]
async fn nobody_takes_over_a_reference() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    assert_eq!(put(&gate, &network.a, &reference("XA")).await.status, 201);
    let uuid = list(&gate, &network.a.tls, "").await[0]["uuid"].clone();
    let mut taken = reference("XB");
    taken["uuid"] = uuid.clone();
    put(&gate, &network.b, &taken).await.is_problem(403, "0x000");
    let mut own = with("name", json!("A new name"));
    own["uuid"] = uuid.clone();
    assert_eq!(put(&gate, &network.a, &own).await.status, 201);
    let listed = list(&gate, &network.b.tls, "").await;
    assert_eq!((listed.len(), &listed[0]["name"]), (1, &json!("A new name")));
    assert_eq!((&listed[0]["country"], &listed[0]["uuid"]), (&json!("XA"), &uuid));

    let delete = async |country: &Country, text: &str| {
        let body = country.message(text.as_bytes());
        gate.ask(&country.tls, Ask::new("DELETE", "/trust/reference").cms_text(body)).await
    };
    let request = json!({"uuid": uuid}).to_string();
    delete(&network.b, &request).await.is_problem(403, "0x000");
    delete(&network.a, "{").await.is_problem(400, "0x000");
    delete(&network.a, "{}").await.is_problem(404, "0x000");
    let answer = delete(&network.a, &request).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    delete(&network.a, &request).await.is_problem(404, "0x000");
    // D-26, D-30: all of it is in the trail.
    let told: Vec<_> = gate.trail().await.into_iter().map(|(event, _)| event).collect();
    let refused = "BAD_REQUEST";
    assert_eq!(
        told,
        ["CREATED", refused, "UPDATED", refused, refused, refused, "DELETED", refused]
    );
}

/// D-07: clients that were built around the mistake get their answers where that is switched on.
#[tokio::test]
async fn swapped_filters_count_where_they_are_switched_on() {
    let network = Network::onboarded().await;
    let mut config = network.config();
    config.compatibility.swapped_reference_query = true;
    let gate = network.start_with(config).await;
    for (owner, code) in [(&network.a, "XA"), (&network.b, "XB")] {
        assert_eq!(put(&gate, owner, &reference(code)).await.status, 201);
    }
    for (query, countries) in [
        ("?country=XA", vec!["XA"]),
        ("?domain=XA", vec!["XA"]),
        ("?domain=XA&country=DDCC", vec!["XA"]),
        ("?domain=XA&country=PH4H", vec![]),
        ("?domain=XA,XB", vec!["XA", "XB"]),
        ("?domain=FR", vec![]),
    ] {
        let listed = list(&gate, &network.a.tls, query).await;
        let found: Vec<_> = listed.iter().map(|item| item["country"].as_str().unwrap()).collect();
        assert_eq!(found, countries, "{query}");
    }
}

/// D-07: country and domain are not mixed up.
#[tokio::test]
async fn the_list_is_filtered_by_each_parameter() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let mut first = with("domain", json!("PH4H"));
    first["name"] = json!("first");
    assert_eq!(put(&gate, &network.a, &first).await.status, 201);
    let mut second = reference("XB");
    for (member, value) in [("name", "second"), ("type", "DCC"), ("signatureType", "JWS")] {
        second[member] = json!(value);
    }
    assert_eq!(put(&gate, &network.b, &second).await.status, 201);
    for (query, names) in [
        ("", vec!["first", "second"]),
        ("?country=XA", vec!["first"]),
        ("?country=XA,XB", vec!["first", "second"]),
        ("?domain=PH4H", vec!["first"]),
        ("?domain=DDCC&country=XB", vec!["second"]),
        ("?domain=XA", vec![]),
        ("?referenceType=DCC", vec!["second"]),
        ("?signatureType=NONE", vec!["first"]),
        ("?signatureType=CMS", vec![]),
    ] {
        let listed = list(&gate, &network.a.tls, query).await;
        let found: Vec<_> = listed.iter().map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{query}");
    }
    network.database.by_hand("UPDATE trusted_reference SET source_gateway_id = 'other'");
    assert_eq!(list(&gate, &network.a.tls, "").await.len(), 0);
    assert_eq!(list(&gate, &network.a.tls, "?withFederation=true").await.len(), 2);
}

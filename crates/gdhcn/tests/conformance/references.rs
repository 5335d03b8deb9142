//! `/trust/reference` and `GET /trustList/references` (3.7; 13.2, D-04, D-07, D-08, D-26).

use serde_json::{Value, json};

use crate::cases;
use crate::client::Answer;
use crate::pki::{DETACHED, encode, unique};
use crate::world::World;

const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";

pub(crate) fn reference(country: &str) -> Value {
    json!({
        "url": "https://fhir.example/ValueSet",
        "country": country,
        "type": "FHIR",
        "service": "ValueSet",
        "thumbprint": "ab".repeat(32),
        "name": format!("reference {} {}", unique(), std::process::id()),
        "sslPublicKey": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
        "contentType": "application/fhir+json",
        "signatureType": "JWS",
        "referenceVersion": "1.0",
    })
}

#[track_caller]
fn send(world: &World, participant: &str, method: &str, document: &str) -> Answer {
    let signer = format!("{participant}/UP");
    let message = world.material.message(document.as_bytes(), &signer, &[]);
    let ask = world.ask(&format!("{participant}/TLS"), method, "/trust/reference");
    ask.cms_text(message).send()
}

#[track_caller]
fn put(world: &World, document: &Value) -> Answer {
    send(world, "XXA", "POST", &document.to_string())
}

/// The listed reference of a name.
#[track_caller]
fn find(world: &World, query: &str, document: &Value) -> Option<Value> {
    let list = world.get(&format!("/trustList/references{query}")).items();
    list.into_iter().find(|item| item["name"] == document["name"])
}

#[track_caller]
fn delete(world: &World, uuid: &Value) {
    send(world, "XXA", "DELETE", &json!({"uuid": uuid}).to_string()).done(204);
}

cases! { both:
    fn a_reference_is_stored_listed_and_served_with_its_message(world) {
        // D-29: both paths, both media types.
        for (path, media_type) in [("/trust/reference", "application/cms-text"), ("/trust/references", "application/cms")] {
            let document = reference("XA");
            let message = world.material.message(document.to_string().as_bytes(), "XXA/UP", &[]);
            let ask = world.ask("XXA/TLS", "POST", path).body(media_type, message.clone());
            ask.send().done(201);
            let found = find(world, "", &document).unwrap();
            for (member, value) in document.as_object().unwrap() {
                assert_eq!(found[member], *value, "{member}");
            }
            assert_eq!((&found["domain"], &found["version"]), (&json!("DDCC"), &json!(1)));
            assert_eq!(found["cms"], message, "D-26");
            assert!(found.get("sourceGateway").is_none());
            let uuid = found["uuid"].as_str().unwrap();
            let one = world.ask("XXB/TLS", "GET", &format!("/trust/reference/{uuid}")).send();
            assert_eq!(one.is(200).json(), found);
            delete(world, &found["uuid"]);
            world.get(&format!("/trust/reference/{uuid}")).refused(404, "0x000", "");
        }
    }

    fn each_parameter_filters_what_it_names(world) {
        let mut document = reference("XA");
        document["domain"] = json!("PH4H");
        put(world, &document).done(201);
        let uuid = find(world, "", &document).unwrap()["uuid"].clone();
        for (query, listed) in [
            ("?country=XA", true),
            ("?country=XB", false),
            ("?domain=PH4H", true),
            ("?domain=DDCC", false),
            // D-07: not swapped.
            ("?domain=XA", false),
            ("?country=PH4H", false),
            ("?referenceType=FHIR", true),
            ("?referenceType=DCC", false),
            ("?signatureType=JWS", true),
            ("?signatureType=CMS,NONE", false),
            ("?country=XA&domain=PH4H&referenceType=FHIR&signatureType=JWS&withFederation=true", true),
        ] {
            assert_eq!(find(world, query, &document).is_some(), listed, "{query}");
        }
        delete(world, &uuid);
    }

    fn each_check_has_its_code(world) {
        let material = &world.material;
        let document = reference("XA");
        let text = document.to_string();
        for method in ["POST", "DELETE"] {
            let ask = |message: &str| {
                world.ask("XXA/TLS", method, "/trust/reference").cms_text(message).send()
            };
            for message in ["not base64!".to_owned(), encode(b"x"), material.message(text.as_bytes(), "XXA/UP", &[DETACHED])] {
                ask(&message).refused(400, "0x402", "");
            }
            let mut broken = material.sign(text.as_bytes(), "XXA/UP", &[]);
            let last = broken.len() - 1;
            broken[last] ^= 1;
            ask(&encode(&broken)).refused(400, "0x260", "");
            let report = ask(&material.message(text.as_bytes(), "XXB/UP", &[]));
            let report = report.refused(403, "0x000", "Upload Certificate").json();
            assert!(report["sendValue"].as_str().unwrap().contains("C=XB"), "{report}");
            for text in ["", "{", "[]", "{} {}"] {
                send(world, "XXA", method, text).refused(400, "0x000", "");
            }
        }
        let with = |member: &str, value: Value| {
            let mut changed = document.clone();
            changed[member] = value;
            changed
        };
        put(world, &with("country", json!("XB"))).refused(403, "0x000", "country");
        for (member, value) in [
            ("country", Value::Null),
            ("url", json!("")),
            ("url", json!("x".repeat(101))),
            ("type", json!("PDF")),
            ("service", json!("x".repeat(1025))),
            ("thumbprint", json!("x".repeat(65))),
            ("name", Value::Null),
            ("name", json!("x".repeat(513))),
            ("sslPublicKey", json!("x".repeat(2049))),
            ("contentType", json!("")),
            ("signatureType", json!("PGP")),
            ("referenceVersion", Value::Null),
            ("domain", json!("x".repeat(33))),
        ] {
            put(world, &with(member, value)).refused(400, "0x000", member);
        }
        put(world, &with("uuid", json!(NOWHERE))).refused(404, "0x000", "");
        send(world, "XXA", "DELETE", &json!({"uuid": NOWHERE}).to_string()).refused(404, "0x000", "");
        assert!(find(world, "", &document).is_none());
        world.get(&format!("/trust/reference/{NOWHERE}")).refused(404, "0x000", "");
        for uuid in ["x", "AAAAAAAA-0000-4000-8000-000000000000"] {
            world.get(&format!("/trust/reference/{uuid}")).refused(400, "0x001", "");
        }
    }

    /// D-08.
    fn nobody_takes_over_a_reference(world) {
        let document = reference("XA");
        put(world, &document).done(201);
        let uuid = find(world, "", &document).unwrap()["uuid"].clone();
        let mut taken = reference("XB");
        taken["uuid"] = uuid.clone();
        send(world, "XXB", "POST", &taken.to_string()).refused(403, "0x000", "");
        send(world, "XXB", "DELETE", &json!({"uuid": uuid}).to_string()).refused(403, "0x000", "");
        assert!(find(world, "", &document).is_some());
        let mut renewed = reference("XA");
        renewed["uuid"] = uuid.clone();
        put(world, &renewed).done(201);
        assert_eq!(find(world, "", &renewed).unwrap()["uuid"], uuid);
        assert!(find(world, "", &document).is_none());
        delete(world, &uuid);
    }
}

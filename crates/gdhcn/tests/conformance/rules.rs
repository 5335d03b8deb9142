//! `/rules` (3.10, 10.1 to 10.3; 13.2).

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cases;
use crate::client::Answer;
use crate::messages::with_content_of;
use crate::pki::{DETACHED, encode};
use crate::world::World;

/// An identifier that no other test of this run has; it is freed first.
pub(crate) fn fresh(world: &World, prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id() % 90 * 100;
    let number = begin + NEXT.fetch_add(1, Ordering::Relaxed) % 1000;
    let id = format!("{prefix}-XA-{number:04}");
    delete(world, &id);
    id
}

/// An acceptance rule that is valid from in 50 hours on.
pub(crate) fn rule(id: &str) -> Value {
    let kind = match &id[..2] {
        "TR" => "Test",
        "VR" => "Vaccination",
        "RR" => "Recovery",
        _ => "General",
    };
    json!({
        "Identifier": id,
        "Type": if id.starts_with("IR") { "Invalidation" } else { "Acceptance" },
        "Country": "XA",
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "1.0.0",
        "CertificateType": kind,
        "Description": [{"lang": "en", "desc": "A rule of twenty characters and more"}],
        "ValidFrom": hours(50),
        "ValidTo": hours(500),
        "AffectedFields": ["dt", "nm"],
        "Logic": {"and": [{"var": "payload"}]},
    })
}

fn with(id: &str, changes: &[(&str, Value)]) -> Value {
    let mut rule = rule(id);
    for (member, value) in changes {
        rule[*member] = value.clone();
    }
    rule
}

fn seconds(seconds: i64) -> Value {
    let at = Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).unwrap();
    json!(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn hours(hours: i64) -> Value {
    seconds(hours * 3600)
}

#[track_caller]
fn post(world: &World, text: &str) -> Answer {
    let message = world.material.message(text.as_bytes(), "XXA/UP", &[]);
    world.ask("XXA/TLS", "POST", "/rules").cms_text(message).send()
}

#[track_caller]
pub(crate) fn put(world: &World, rule: &Value) -> Answer {
    post(world, &rule.to_string())
}

#[track_caller]
pub(crate) fn delete(world: &World, id: &str) -> Answer {
    let message = world.material.message(id.as_bytes(), "XXA/UP", &[]);
    world.ask("XXA/TLS", "DELETE", "/rules").cms_text(message).send()
}

/// The versions of a rule as they are listed: newest first.
#[track_caller]
fn versions(world: &World, id: &str) -> Vec<String> {
    let list = world.get("/rules/XA").is(200).json();
    let items = list.get(id).and_then(Value::as_array).cloned().unwrap_or_default();
    items.iter().map(|item| item["version"].as_str().unwrap().to_owned()).collect()
}

cases! { both:
    fn acceptance_and_invalidation_are_stored_and_served_as_they_came(world) {
        for (prefix, media_type) in [
            ("GR", "application/cms-text"),
            ("VR", "application/cms"),
            ("TR", "application/cms-text"),
            ("RR", "application/cms-text"),
            ("IR", "application/cms"),
        ] {
            let id = fresh(world, prefix);
            let mut document = rule(&id);
            document["Region"] = json!("ABC");
            if prefix == "IR" {
                document["ValidFrom"] = seconds(30);
            }
            let text = document.to_string();
            let message = world.material.message(text.as_bytes(), "XXA/UP", &["-stream"]);
            let ask = world.ask("XXA/TLS", "POST", "/rules").body(media_type, message.clone());
            ask.send().done(201);
            let list = world.ask("XXB/TLS", "GET", "/rules/XA").send().is(200).json();
            let expected = json!([{
                "version": "1.0.0",
                "validFrom": document["ValidFrom"],
                "validTo": document["ValidTo"],
                "cms": message,
            }]);
            assert_eq!(list[&id], expected);
            delete(world, &id).done(204);
            assert_eq!(versions(world, &id), [""; 0]);
        }
    }

    fn every_listed_country_has_rules_maybe_none(world) {
        for country in world.get("/countrylist").items() {
            let path = format!("/rules/{}", country.as_str().unwrap());
            assert!(world.get(&path).is(200).json().is_object());
        }
        assert_eq!(world.get("/rules/XX").is(200).json(), json!({}));
        assert_eq!(world.get("/rules/xa").is(200).json(), json!({}), "case counts");
        world.get("/rules/XAA").is(400);
    }

    /// 10.2, 1 to 3.
    fn the_message_is_checked_first(world) {
        let id = fresh(world, "GR");
        let text = rule(&id).to_string();
        let material = &world.material;
        let ask = |message: &str| {
            world.ask("XXA/TLS", "POST", "/rules").cms_text(message).send()
        };
        for message in ["not base64!".to_owned(), encode(text.as_bytes()), material.message(text.as_bytes(), "XXA/UP", &[DETACHED])] {
            ask(&message).refused(400, "0x402", "");
        }
        let mut broken = material.sign(text.as_bytes(), "XXA/UP", &[]);
        let last = broken.len() - 1;
        broken[last] ^= 1;
        ask(&encode(&broken)).refused(400, "0x260", "");
        for signer in ["XXB/UP", "XXC/UP", "XXA/TLS", "XXA/SCA"] {
            ask(&material.message(text.as_bytes(), signer, &[])).refused(400, "0x230", "");
        }
        let message = material.message(text.as_bytes(), "XXA/UP", &[]);
        let other = world.ask("XXB/TLS", "POST", "/rules").cms_text(message).send();
        other.refused(400, "0x230", "");
        assert_eq!(versions(world, &id), [""; 0]);
    }

    /// G16: OpenSSL without `-binary` signs a text with other line ends.
    fn g16_a_signature_over_changed_line_ends_is_told_the_option(world) {
        let material = &world.material;
        let text = serde_json::to_string_pretty(&rule(&fresh(world, "GR"))).unwrap();
        let paths = ["XXA/UP.pem", "XXA/UP.key"].map(|name| material.path(name));
        let [signer, key] = paths.each_ref().map(|path| path.to_str().unwrap());
        let sign = ["cms", "-sign", "-outform", "DER", "-md", "sha256"];
        let by = ["-signer", signer, "-inkey", key];
        let detached = material.openssl(&[&sign[..], &by].concat(), text.as_bytes());
        let attached = material.sign(text.as_bytes(), "XXA/UP", &[]);
        let message = encode(&with_content_of(&detached, &attached));
        let answer = world.ask("XXA/TLS", "POST", "/rules").cms_text(message).send();
        answer.refused(400, "0x260", "-binary");
    }

    /// 10.2, 4 and 10.1.
    fn check_4_the_document(world) {
        let id = fresh(world, "GR");
        let good = rule(&id).to_string();
        for text in [format!("{good}foobar123"), format!("{good}{good}"), String::new(), "[]".into(), format!("\u{feff}{good}")] {
            post(world, &text).refused(400, "0x200", "");
        }
        let description = |text: &str, lang: &str| json!([{"lang": lang, "desc": text}]);
        let long = "A description that is long enough";
        let mut without = rule(&id);
        without.as_object_mut().unwrap().remove("Engine");
        put(world, &without).refused(400, "0x200", "Engine");
        for (member, value) in [
            ("Country", json!("XX-")),
            ("Description", json!([])),
            ("Description", description("", "en")),
            ("Description", description("nineteen characters", "en")),
            ("Description", description(long, "de")),
            ("Description", description(long, "en-")),
            ("Version", json!("10")),
            ("Version", json!("1.3")),
            ("SchemaVersion", json!("10")),
            ("EngineVersion", json!("1")),
            ("Identifier", json!("GR-XA-1")),
            ("Type", json!("Refusal")),
            ("CertificateType", json!("Other")),
            ("ValidFrom", json!("2031-01-01T00:00:00.5Z")),
            ("ValidTo", json!("tomorrow")),
            ("AffectedFields", json!([])),
            ("Logic", json!({})),
            ("Region", json!("toolong")),
            ("More", json!(1)),
        ] {
            put(world, &with(&id, &[(member, value)])).refused(400, "0x200", "");
        }
        assert_eq!(versions(world, &id), [""; 0]);
    }

    /// 10.2, 5 to 8.
    fn checks_5_to_8_the_identifier_and_the_country(world) {
        let id = fresh(world, "GR");
        for (prefix, kind) in [("GR", "Test"), ("TR", "Vaccination"), ("VR", "Recovery"), ("RR", "General")] {
            let id = id.replace("GR", prefix);
            let rule = with(&id, &[("CertificateType", json!(kind))]);
            put(world, &rule).refused(400, "0x250", "");
        }
        put(world, &with(&id, &[("Type", json!("Invalidation"))])).refused(400, "0x250", "");
        let other = id.replace("GR", "IR");
        put(world, &with(&other, &[("Type", json!("Acceptance"))])).refused(400, "0x250", "");
        put(world, &with(&id, &[("Country", json!("XB"))])).refused(403, "0x210", "");
        let foreign = id.replace("XA", "XB");
        put(world, &with(&id, &[("Identifier", json!(foreign))])).refused(403, "0x210", "");
    }

    /// 10.2, 10.
    fn check_10_the_instants(world) {
        let id = fresh(world, "GR");
        for (member, value) in [
            ("ValidTo", hours(49)),
            ("ValidTo", hours(50 + 71)),
            ("ValidFrom", hours(14 * 24 + 1)),
            ("ValidFrom", hours(47)),
        ] {
            put(world, &with(&id, &[(member, value)])).refused(400, "0x240", "");
        }
        let past = with(&id.replace("GR", "IR"), &[("ValidFrom", seconds(-5))]);
        put(world, &past).refused(400, "0x240", "");
        // Exactly 72 hours are allowed.
        let from = Timestamp::now().checked_add(SignedDuration::from_hours(50)).unwrap();
        let text = |at: Timestamp| json!(at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string());
        let to = from.checked_add(SignedDuration::from_hours(72)).unwrap();
        let shortest = with(&id, &[("ValidFrom", text(from)), ("ValidTo", text(to))]);
        put(world, &shortest).done(201);
        delete(world, &id).done(204);
    }

    fn both_routes_withdraw_and_each_check_has_its_code(world) {
        let material = &world.material;
        for (method, path) in [("DELETE", "/rules"), ("POST", "/rules/delete")] {
            let id = fresh(world, "GR");
            put(world, &rule(&id)).done(201);
            let ask = |who: &str, message: &str| {
                world.ask(who, method, path).cms_text(message).send()
            };
            let signed = |text: &str| material.message(text.as_bytes(), "XXA/UP", &[]);
            ask("XXA/TLS", "not base64!").refused(400, "0x402", "");
            let mut broken = material.sign(id.as_bytes(), "XXA/UP", &[]);
            let last = broken.len() - 1;
            broken[last] ^= 1;
            ask("XXA/TLS", &encode(&broken)).refused(400, "0x260", "");
            ask("XXA/TLS", &material.message(id.as_bytes(), "XXB/UP", &[])).refused(400, "0x230", "");
            ask("XXB/TLS", &signed(&id)).refused(400, "0x230", "");
            for text in ["", "GR-XA", "GR-XAA-0001", "GR-XA-0001-1", "{\"id\":1}"] {
                ask("XXA/TLS", &signed(text)).refused(400, "0x250", "");
            }
            ask("XXA/TLS", &signed(&id.replace("XA", "XB"))).refused(403, "0x210", "");
            let of_b = material.message(id.as_bytes(), "XXB/UP", &[]);
            ask("XXB/TLS", &of_b).refused(403, "0x210", "");
            // A line end makes it another identifier.
            ask("XXA/TLS", &signed(&format!("{id}\n"))).refused(404, "0x270", "");
            ask("XXA/TLS", &signed("GR-XA-XXXX")).refused(404, "0x270", "");
            assert_eq!(versions(world, &id), ["1.0.0"]);
            let message = signed(&id);
            world.ask("XXA/TLS", method, path).cms(message.clone()).send().done(204);
            assert_eq!(versions(world, &id), [""; 0]);
            ask("XXA/TLS", &message).refused(404, "0x270", "");
        }
    }
}

// They wait for rules to become valid.
cases! { who:
    /// 10.2, 9 and 10f; 13.2 "update of rules".
    fn a_new_version_is_listed_beside_the_old_one_until_it_is_valid(world) {
        let id = fresh(world, "IR");
        let of = |version: &str, from: Value| {
            with(&id, &[("Version", json!(version)), ("ValidFrom", from)])
        };
        let first = seconds(6);
        put(world, &of("1.0.0", first)).done(201);
        for version in ["1.0.0", "0.9.0"] {
            put(world, &of(version, seconds(10))).refused(400, "0x220", "");
        }
        put(world, &of("1.3", seconds(10))).refused(400, "0x200", "");
        let second = seconds(9);
        put(world, &of("1.0.1", second.clone())).done(201);
        assert_eq!(versions(world, &id), ["1.0.1", "1.0.0"]);
        let earlier = second.as_str().unwrap().parse::<Timestamp>().unwrap();
        let earlier = earlier.checked_sub(SignedDuration::from_secs(1)).unwrap();
        let earlier = json!(earlier.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        put(world, &of("1.0.2", earlier)).refused(400, "0x240", "");
        // Version numbers compare as numbers; the same beginning is allowed.
        put(world, &of("1.0.10", second)).done(201);
        put(world, &of("1.0.9", seconds(10))).refused(400, "0x220", "");
        assert_eq!(versions(world, &id), ["1.0.10", "1.0.1", "1.0.0"]);
        let until = Timestamp::now().checked_add(SignedDuration::from_secs(40)).unwrap();
        while versions(world, &id).len() > 1 && Timestamp::now() < until {
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        assert_eq!(versions(world, &id), ["1.0.10"], "the one in force alone");
        delete(world, &id).done(204);
        // Numbers begin anew after a deletion.
        put(world, &of("0.1.0", seconds(10))).done(201);
        delete(world, &id).done(204);
    }

    /// G4: a version stays listed while it is valid and others are announced.
    fn g4_a_download_holds_the_valid_and_the_announced_versions(world) {
        let id = fresh(world, "IR");
        let of = |version: &str, from: i64| {
            with(&id, &[("Version", json!(version)), ("ValidFrom", seconds(from))])
        };
        put(world, &of("1.0.0", 4)).done(201);
        put(world, &of("1.1.0", 3600)).done(201);
        put(world, &of("1.2.0", 7200)).done(201);
        for _ in 0..25 {
            assert_eq!(versions(world, &id), ["1.2.0", "1.1.0", "1.0.0"]);
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        delete(world, &id).done(204);
    }
}

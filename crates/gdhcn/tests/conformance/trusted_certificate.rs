//! `/trustedCertificate` and `GET /trustList/certificate` (3.4.2, 3.6; 13.2, 13.3).

use serde_json::{Value, json};

use crate::cases;
use crate::client::Answer;
use crate::pki::{Certificate, DETACHED, encode, unique};
use crate::world::World;

/// Uploads a certificate of participant A with these members beside the message.
#[track_caller]
fn upload(world: &World, certificate: &Certificate, members: &Value) -> Answer {
    let mut body = members.clone();
    body["cms"] = world.material.message(&certificate.der, "XXA/UP", &[]).into();
    post(world, &body)
}

#[track_caller]
fn post(world: &World, body: &Value) -> Answer {
    world.ask("XXA/TLS", "POST", "/trustedCertificate").json(body).send()
}

#[track_caller]
fn entry(world: &World, query: &str, certificate: &Certificate) -> Option<Value> {
    world.find(&format!("/trustList/certificate{query}"), certificate)
}

/// A kid that no other test has chosen.
fn custom_kid() -> String {
    format!("own-{}-{}", unique(), std::process::id())
}

#[track_caller]
fn remove(world: &World, certificate: &Certificate) {
    let message = world.material.message(&certificate.der, "XXA/UP", &[]);
    world.ask("XXA/TLS", "DELETE", "/trustedCertificate").cms(message).send().done(204);
}

cases! { both:
    fn an_upload_without_words_is_a_document_signer_of_dcc(world) {
        // D-03: absent, null and empty properties.
        for members in [json!({}), json!({"properties": null}), json!({"properties": {}, "x": 1})] {
            let certificate = world.dsc("XXA");
            upload(world, &certificate, &members).done(201);
            let found = entry(world, "", &certificate).unwrap();
            assert_eq!((&found["group"], &found["domain"]), (&json!("DSC"), &json!("DCC")));
            assert_eq!(found["kid"], certificate.kid());
            assert_eq!(found["properties"], Value::Null);
            assert!(found["uuid"].is_string() && found["version"] == 1, "{found}");
            assert!(found.get("sourceGateway").is_none());
            assert!(world.find("/trustList/DSC/XA", &certificate).is_some());
            remove(world, &certificate);
            assert!(entry(world, "", &certificate).is_none());
        }
    }

    fn group_domain_kid_and_properties_are_kept_and_found(world) {
        let certificate = world.dsc("XXA");
        let kid = custom_kid();
        let properties = json!({"purpose": "a test", "displayName": "Ein Test"});
        let members = json!({
            "kid": kid, "group": "DSC", "domain": "IPS-PILGRIMAGE", "properties": properties,
        });
        upload(world, &certificate, &members).done(201);
        for (query, listed) in [
            ("", true),
            ("?group=DSC", true),
            ("?domain=IPS-PILGRIMAGE", true),
            ("?group=DSC&domain=IPS-PILGRIMAGE&country=XA", true),
            ("?group=CSCA,DSC&withFederation=true", true),
            ("?group=CSCA&group=DSC", true),
            ("?group=dsc", false),
            ("?group=DESC", false),
            ("?group=UNKNOWN", false),
            ("?domain=DCC", false),
            ("?country=XB", false),
        ] {
            let found = entry(world, query, &certificate);
            assert_eq!(found.is_some(), listed, "{query}");
            if let Some(found) = found {
                assert_eq!((&found["kid"], &found["properties"]), (&json!(kid), &properties));
            }
        }
        // Other domains are not in the lists that name none.
        assert!(world.find("/trustList", &certificate).is_none());
        assert!(world.find("/trustList/DSC/XA", &certificate).is_none());
        remove(world, &certificate);
    }

    /// D-01: each group stays what it is; 13.2 "(wip) groups SIGN/AUTH/CUSTOM do not appear".
    fn other_groups_are_no_document_signers(world) {
        for group in ["SIGN", "AUTH", "CUSTOM"] {
            let certificate = world.dsc("XXA");
            upload(world, &certificate, &json!({"group": group})).done(201);
            assert_eq!(entry(world, "", &certificate).unwrap()["group"], group);
            assert!(entry(world, "?group=DSC", &certificate).is_none());
            assert!(world.find("/trustList", &certificate).is_none());
            remove(world, &certificate);
        }
    }

    /// 13.2: keys of DCC for the payload of another domain.
    fn every_allowed_domain_is_found_by_its_name(world) {
        for domain in ["DCC", "DICVP", "PH4H", "IPS-PILGRIMAGE"] {
            let certificate = world.dsc("XXA");
            upload(world, &certificate, &json!({"domain": domain})).done(201);
            assert!(entry(world, &format!("?domain={domain}"), &certificate).is_some());
            let in_old = world.find("/trustList/DSC/XA", &certificate).is_some();
            assert_eq!(in_old, domain == "DCC");
            remove(world, &certificate);
        }
    }

    /// 13.3 "DESC/DECA".
    fn a_desc_is_issued_by_the_second_authority(world) {
        if !world.has("XXA/DECA") {
            return;
        }
        let desc = world.material.dsc("XXA/DECA", "/C=XA/CN=DESC");
        upload(world, &desc, &json!({})).refused(400, "0x004", "authorit");
        upload(world, &desc, &json!({"group": "DESC"})).done(201);
        assert_eq!(entry(world, "?group=DESC", &desc).unwrap()["group"], "DESC");
        assert!(world.find("/trustList/DESC/XA", &desc).is_some());
        assert!(world.find("/trustList", &desc).is_none());
        remove(world, &desc);
        upload(world, &world.dsc("XXA"), &json!({"group": "DESC"})).refused(400, "0x004", "");
        // D-18: the country counts for every group.
        let foreign = world.material.dsc("XXA/DECA", "/C=XB/CN=DESC");
        upload(world, &foreign, &json!({"group": "DESC"})).refused(400, "0x004", "country");
    }

    /// 5.4: the complete message is served as it was sent.
    fn the_message_is_served_unchanged(world) {
        let certificate = world.dsc("XXA");
        let message = encode(&world.material.sign(&certificate.der, "XXA/UP", &["-stream"]));
        post(world, &json!({"cms": message, "properties": {}})).done(201);
        let found = entry(world, "", &certificate).unwrap();
        assert_eq!(found["signature"], message);
        remove(world, &certificate);
    }

    fn each_check_has_its_code(world) {
        let material = &world.material;
        let certificate = world.dsc("XXA");
        let cms = material.message(&certificate.der, "XXA/UP", &[]);
        let mut broken = material.sign(&certificate.der, "XXA/UP", &[]);
        let last = broken.len() - 1;
        broken[last] ^= 1;
        let stored = world.dsc("XXA");
        let kid = custom_kid();
        upload(world, &stored, &json!({"kid": kid})).done(201);
        let long = "x".repeat(2001);
        for (body, status, code, word) in [
            // The message.
            (json!({}), 400, "n/a", "cms"),
            (json!({"cms": null}), 400, "n/a", "cms"),
            (json!({"cms": 7}), 400, "n/a", ""),
            (json!([]), 400, "n/a", ""),
            (json!({"cms": "not base64!"}), 400, "n/a", "base64"),
            (json!({"cms": encode(b"no message")}), 400, "n/a", ""),
            (json!({"cms": material.message(&certificate.der, "XXA/UP", &[DETACHED])}), 400, "n/a", "body"),
            (json!({"cms": material.message(b"x", "XXA/UP", &[])}), 400, "n/a", "X509"),
            (json!({"cms": encode(&broken)}), 400, "n/a", "signature"),
            // 9, 10.
            (json!({"cms": material.message(&certificate.der, "XXB/UP", &[])}), 400, "0x004", "upload"),
            (json!({"cms": material.message(&world.dsc("XXB").der, "XXA/UP", &[])}), 400, "0x004", "country"),
            (json!({"cms": material.message(&world.dsc("XXB").der, "XXA/UP", &[]), "group": "SIGN"}), 400, "0x004", "country"),
            // 11, 12, 13.
            (json!({"cms": cms, "group": "AUTHENTICATION"}), 400, "n/a", "AUTHENTICATION"),
            (json!({"cms": cms, "group": "UPLOAD"}), 400, "n/a", "UPLOAD"),
            (json!({"cms": cms, "group": "dsc"}), 400, "n/a", "dsc"),
            (json!({"cms": cms, "domain": "NOWHERE"}), 400, "n/a", "NOWHERE"),
            (json!({"cms": cms, "domain": "x".repeat(33)}), 400, "n/a", ""),
            (json!({"cms": cms, "properties": {"colour": "red"}}), 400, "n/a", "colour"),
            (json!({"cms": cms, "properties": {"purpose": 1}}), 400, "n/a", ""),
            (json!({"cms": cms, "properties": {"purpose": long}}), 400, "n/a", "properties"),
            (json!({"cms": cms, "kid": "123456789012345678901"}), 400, "n/a", "kid"),
            // 16, 17.
            (json!({"cms": material.message(&stored.der, "XXA/UP", &[])}), 409, "0x002", ""),
            (json!({"cms": cms, "kid": kid}), 400, "0x004", "kid"),
            (json!({"cms": cms, "kid": material.certificate("XXA/SCA").kid()}), 400, "0x004", "kid"),
        ] {
            post(world, &body).refused(status, code, word);
        }
        let text = world.ask("XXA/TLS", "POST", "/trustedCertificate");
        text.body("application/json", "{").send().refused(400, "n/a", "");
        assert!(entry(world, "", &certificate).is_none());
        remove(world, &stored);
        // The first and the last length that fit.
        for kid in ["k".to_owned(), format!("{:020}", unique())] {
            let certificate = world.dsc("XXA");
            upload(world, &certificate, &json!({"kid": kid})).done(201);
            remove(world, &certificate);
        }
    }
}

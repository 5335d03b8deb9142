//! Sentences of the operator's needs (G) that a client can see.

use serde_json::Value;

use crate::cases;
use crate::pki::decode;
use crate::world::World;

/// The participants' holders that may have signed an entry of a group.
fn signers(world: &World, group: &str, country: &str) -> Vec<std::path::PathBuf> {
    let anchored = ["CSCA", "UPLOAD", "AUTHENTICATION", "DECA", "TRUSTANCHOR"].contains(&group);
    let participant = format!("XX{}", &country[1..]);
    let uploaders = ["UP", "UP2", "UPRSA", "UPOLD", "UPENDING"];
    let names = match anchored {
        true => vec!["ta".to_owned()],
        false => uploaders.map(|name| format!("{participant}/{name}")).to_vec(),
    };
    let files = names.into_iter().map(|name| world.material.path(&name).with_extension("pem"));
    files.filter(|file| file.exists()).collect()
}

/// OpenSSL verifies each entry of a list with the certificate of who must have signed it.
#[track_caller]
fn verify_all(world: &World, path: &str, [raw, group]: [&str; 2]) -> usize {
    let entries = world.get(path).items();
    for entry in &entries {
        let part = |name: &str| entry[name].as_str().unwrap();
        let (signature, content) = (decode(part("signature")), decode(part(raw)));
        let signers = signers(world, part(group), part("country"));
        let one =
            |signer: &std::path::PathBuf| world.material.verifies(&signature, &content, signer);
        assert!(signers.iter().any(one), "{path}: {entry}");
    }
    entries.len()
}

/// The entries of the log in which a thumbprint stands as the key, as the log's files tell them.
fn actions(world: &World, thumbprint: &str) -> Vec<String> {
    let checkpoint = world.get("/log/checkpoint").is(200).text();
    let size: u64 = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    let mut actions = Vec::new();
    for tile in 0..size.div_ceil(256) {
        let width = (size - tile * 256).min(256);
        let partial = if width < 256 { format!(".p/{width}") } else { String::new() };
        let path = format!("/log/tile/entries/{tile:03}");
        let part = world.get(&format!("{path}{partial}"));
        // The tile may have become full meanwhile; its parts are then gone.
        let part = if part.status == 404 { world.get(&path) } else { part };
        let mut bytes = part.is(200).body;
        while !bytes.is_empty() {
            let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
            let entry: Value = serde_json::from_slice(&bytes[2..2 + length]).unwrap();
            if entry["key"] == thumbprint {
                actions.push(entry["action"].as_str().unwrap().to_owned());
            }
            bytes.drain(..2 + length);
        }
    }
    actions
}

cases! { both:
    fn g2_openssl_verifies_each_entry_served_with_its_uploaders_certificate(world) {
        if world.own.is_none() {
            return;
        }
        let detached = world.dsc("XXA");
        world.store(&detached);
        let complete = world.dsc("XXA");
        let cms = world.material.message(&complete.der, "XXA/UP", &["-stream"]);
        let body = serde_json::json!({"cms": cms});
        world.ask("XXA/TLS", "POST", "/trustedCertificate").json(&body).send().done(201);
        assert!(verify_all(world, "/trustList", ["rawData", "certificateType"]) >= 5);
        assert!(verify_all(world, "/trustList/certificate", ["certificate", "group"]) >= 5);
        world.remove(&detached);
        world.remove(&complete);
    }

    fn g5_upload_delete_and_upload_again_are_three_entries_of_the_log(world) {
        if world.own.is_none() {
            return;
        }
        let certificate = world.dsc("XXA");
        world.store(&certificate);
        world.remove(&certificate);
        world.store(&certificate);
        assert_eq!(actions(world, &certificate.thumbprint()), ["stored", "deleted", "stored"]);
        assert!(world.find("/trustList", &certificate).is_some());
        world.remove(&certificate);
    }

    fn g8_self_signed_client_certificates_work_with_and_without_key_cert_sign(world) {
        if !world.has("XXA/TLS2") {
            return;
        }
        for (holder, with) in [("XXA/TLS", false), ("XXA/TLS2", true)] {
            let der = world.material.certificate(holder).der;
            let words = world.material.openssl(&["x509", "-inform", "DER", "-noout", "-text"], &der);
            let words = String::from_utf8_lossy(&words).into_owned();
            assert_eq!(words.contains("Certificate Sign"), with, "{words}");
            world.ask(holder, "GET", "/countrylist").send().is(200);
        }
    }

    fn g17_another_certificate_under_a_kid_in_use_is_refused(world) {
        let (first, second) = (world.dsc("XXA"), world.dsc("XXA"));
        world.store(&first);
        let cms = world.material.message(&second.der, "XXA/UP", &[]);
        let body = serde_json::json!({"cms": cms, "kid": first.kid()});
        let ask = world.ask("XXA/TLS", "POST", "/trustedCertificate").json(&body);
        ask.send().refused(400, "0x004", "kid");
        // Another participant's too, where the configuration does not say otherwise.
        let third = world.dsc("XXB");
        let cms = world.material.message(&third.der, "XXB/UP", &[]);
        let body = serde_json::json!({"cms": cms, "kid": first.kid()});
        let ask = world.ask("XXB/TLS", "POST", "/trustedCertificate").json(&body);
        ask.send().refused(400, "0x004", "kid");
        world.remove(&first);
    }
}

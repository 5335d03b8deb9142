//! A gateway whose database fails: each path has its code for it, and tells nothing of the cause
//! (3.3).

use serde_json::json;

use crate::rules;
use crate::world::{Database, Profile, World};

const TABLES: [&str; 5] =
    ["signer_information", "validation_rule", "revocation_batch", "trusted_reference", "value_set"];

fn faults(database: Database) {
    if std::env::var_os("GDHCN_CONFORMANCE").is_some() {
        return;
    }
    let Some(world) = World::start(Profile::Eu, database, &[]) else { return };
    let certificate = world.dsc("XXA");
    let signed = |text: &[u8]| world.material.message(text, "XXA/UP", &[]);
    let (upload, rule) =
        (signed(&certificate.der), signed(rules::rule("GR-XA-0001").to_string().as_bytes()));
    let batch = json!({
        "country": "XA", "expires": "2048-01-01T00:00:00Z", "kid": "UNKNOWN_KID", "hashType": "UCI",
        "entries": [{"hash": "MDEyMzQ1Njc4OWFiY2RlZg=="}],
    });
    let reference = json!({
        "url": "https://x.example", "country": "XA", "type": "FHIR", "service": "s",
        "thumbprint": "t", "name": "n", "sslPublicKey": "k", "contentType": "c",
        "signatureType": "NONE", "referenceVersion": "1",
    });
    let own = world.own.as_ref().unwrap();
    for table in TABLES {
        own.by_hand(&format!("ALTER TABLE {table} RENAME TO {table}_away"));
    }
    let ask = |method: &str, path: &str| world.ask("XXA/TLS", method, path);
    let exchange = |kind: &str, message: &str| {
        ask("POST", "/cms-migration").json(&json!({"entityId": 1, "type": kind, "cms": message}))
    };
    for (ask, code) in [
        (ask("POST", "/signerCertificate").cms(upload.clone()), "0x003"),
        (ask("POST", "/trustedCertificate").json(&json!({"cms": upload})), "n/a"),
        (ask("DELETE", "/signerCertificate").cms(upload.clone()), "0x006"),
        (ask("POST", "/rules").cms_text(rule.clone()), "0x299"),
        (ask("DELETE", "/rules").cms_text(signed(b"GR-XA-0001")), "0x299"),
        (ask("POST", "/revocation-list").cms_text(signed(batch.to_string().as_bytes())), "0x000"),
        (
            ask("POST", "/trust/reference").cms_text(signed(reference.to_string().as_bytes())),
            "0x000",
        ),
        (ask("GET", "/rules/XA"), "0x008"),
        (ask("GET", "/valuesets/x"), "0x008"),
        (ask("GET", "/trustList/references"), "0x008"),
        (exchange("DSC", &upload), "0x011"),
        (exchange("VALIDATION_RULE", &rule), "0x008"),
    ] {
        let told = ask.send().refused(500, code, "X-Request-Id").text();
        assert!(!TABLES.iter().any(|table| told.contains(table)), "{told}");
    }
    // What is in memory is still served; and what was refused has left nothing.
    world.get("/trustList").is(200);
    for table in TABLES {
        own.by_hand(&format!("ALTER TABLE {table}_away RENAME TO {table}"));
    }
    world.store(&certificate);
    world.audit();
}

#[test]
fn a_failing_database_has_its_codes_on_sqlite() {
    faults(Database::Sqlite);
}

#[test]
fn a_failing_database_has_its_codes_on_postgresql() {
    faults(Database::Postgresql);
}

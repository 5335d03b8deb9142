//! Other gateways at the operator's desk.

use gdhcn_envelope::pem;
use gdhcn_trust::profile::Role;
use serde_json::{Value, json};

use crate::onboarding::{SIGN, with_gateway, with_operators};
use crate::program::{Place, Run};
use crate::trust_anchor::certificate;

const CLIENTS: &str =
    "[federation]\nclients = { to-b = { certificate = 'server.pem', key = 'server.key' } }\n";

fn federation(place: &Place, command: &str, options: &[&str]) -> Run {
    let begin = ["gateway", "federation", command, "--config", "gateway.toml"];
    place.run(&[&begin[..], options].concat())
}

/// A gateway's configuration beside the certificates of another one, which nobody serves.
fn with_peer() -> Place {
    let place = with_gateway(CLIENTS);
    for (name, role) in [("b-anchor.pem", Role::TrustAnchor), ("b-server.pem", Role::Tls)] {
        place.write(name, pem::encode("CERTIFICATE", certificate(role).0.der()));
    }
    place
}

const PEER: [&str; 10] = [
    "--id",
    "b",
    "--endpoint",
    "https://127.0.0.1:1",
    "--client",
    "to-b",
    "--trust-anchor",
    "b-anchor.pem",
    "--server",
    "b-server.pem",
];

fn list(place: &Place, code: i32) -> Value {
    let run = federation(place, "list", &["--json"]);
    assert_eq!(run.code, code, "{}", run.stderr);
    run.json()
}

#[test]
fn a_peer_is_signed_listed_pulled_from_and_taken_away() {
    let place = with_peer();
    let absent = federation(&place, "list", &[]).fault(66);
    assert!(absent.stderr.contains("there is no database"), "{}", absent.stderr);
    let add = |options: &[&str]| federation(&place, "add", &[&PEER[..], options].concat());
    let shown = add(&["--dry-run"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    for word in ["TRUSTANCHOR", "AUTHENTICATION_FEDERATION", "DdccDownloader_V1", "APPEND"] {
        assert!(shown.stdout.contains(word), "{word}: {}", shown.stdout);
    }
    assert_eq!(list(&place, 0), json!([]));
    // Without a word of how it is signed, without a yes, and with what cannot be signed.
    assert_eq!(add(&[]).code, 64);
    assert_eq!(add(&SIGN[..4]).code, 64);
    let ambiguous = [&PEER[2..], &["--id", "b;c"], &SIGN[..]].concat();
    let refused = federation(&place, "add", &ambiguous);
    assert_eq!(refused.code, 64);
    assert!(refused.stderr.contains("gateway_id"), "{}", refused.stderr);
    assert_eq!(federation(&place, "add", &[&PEER[..6], &SIGN[..]].concat()).code, 64);
    assert_eq!(list(&place, 0), json!([]));

    add(&[&SIGN[..], &["--interval", "600"]].concat()).done(0);
    let listed = list(&place, 0);
    assert_eq!((&listed[0]["gateway"], &listed[0]["intervalSeconds"]), (&json!("b"), &json!(600)));
    assert_eq!((&listed[0]["failures"], &listed[0]["lastPull"]), (&json!(0), &Value::Null));

    // Nobody is there, and what comes of it is told where people look.
    let pull = federation(&place, "pull", &["b", "--json"]);
    assert_eq!(pull.code, 1, "{}", pull.stderr);
    assert!(pull.json()["failed"].as_str().unwrap().contains("/trustList/certificate"));
    let listed = list(&place, 0);
    assert_eq!(listed[0]["failures"], 1);
    for _ in 0..2 {
        assert_eq!(federation(&place, "pull", &["b"]).code, 1);
    }
    assert_eq!(list(&place, 1)[0]["needsALook"], true);
    let status = place.run(&["gateway", "status", "--config", "gateway.toml"]);
    assert_eq!(status.code, 1);
    assert!(status.stdout.contains("3 failures in a row"), "{}", status.stdout);

    assert_eq!(federation(&place, "pull", &["nobody"]).code, 66);
    assert_eq!(federation(&place, "pull", &["b", "--allow-loss", "XAB"]).code, 64);
    assert_eq!(federation(&place, "pull", &["b", "--override"]).code, 64, "by nobody");
    let overriding = ["b", "--override", "--operator", "Ada", "--yes"];
    let refused = federation(&place, "pull", &overriding);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("APPEND"), "{}", refused.stderr);

    assert_eq!(federation(&place, "remove", &["b"]).code, 64, "nobody is there to say yes");
    federation(&place, "remove", &["b", "--yes"]).done(0);
    assert_eq!(federation(&place, "remove", &["b", "--yes"]).code, 66);
    assert_eq!(list(&place, 0), json!([]));
    let rows = place.shell("sqlite3 database/gateway.sqlite3 'SELECT COUNT(*) FROM trusted_party'");
    assert_eq!(rows.stdout.trim(), "0", "its anchor and server went with it");
}

#[test]
fn one_operator_alone_adds_no_peer_where_two_are_asked() {
    let place = with_operators();
    let refused = federation(&place, "add", &[&PEER[..], &SIGN[..]].concat()).fault(64);
    assert!(refused.stderr.contains("asks for 2 operators"), "{}", refused.stderr);
    assert_eq!(list(&place, 0), json!([]));
}

#[test]
fn a_peer_is_signed_where_the_anchor_is_offline() {
    let place = with_peer();
    let export = [&PEER[..], &["--export", "peer-request.json"]].concat();
    federation(&place, "add", &export).done(0);
    assert_eq!(list(&place, 0), json!([]));
    let key = ["--key", "ta.key", "--certificate", "ta.pem", "--passphrase-file", "secret"];
    let sign = [&["trust-anchor", "sign", "peer-request.json", "--yes"][..], &key].concat();
    place.run(&sign).done(0);
    // Changed on its way back.
    let response = place.text("peer-response.json");
    place.write("changed.json", response.replace("https://127.0.0.1:1", "https://127.0.0.1:2"));
    let refused = federation(&place, "add", &["--import", "changed.json", "--yes"]);
    assert_eq!(refused.code, 66, "{}", refused.stdout);
    place.write("changed.json", response.replace("AUTHENTICATION_FEDERATION", "TRUSTANCHOR"));
    assert_eq!(federation(&place, "add", &["--import", "changed.json", "--yes"]).code, 66);
    assert_eq!(list(&place, 0), json!([]));
    federation(&place, "add", &["--import", "peer-response.json", "--yes"]).done(0);
    assert_eq!(list(&place, 0)[0]["endpoint"], "https://127.0.0.1:1");
    // What was signed is one text that OpenSSL takes.
    let sql = "SELECT signature FROM federation_gateway";
    let row =
        place.shell(&format!("sqlite3 database/gateway.sqlite3 '{sql}' | base64 -d > message"));
    assert_eq!(row.code, 0);
    place.write("content", "b;https://127.0.0.1:1;to-b;null;DdccDownloader_V1;FEDERATION;APPEND");
    let verified = place.shell(
        "openssl cms -verify -noverify -binary -inform DER -in message -content content -out out",
    );
    assert_eq!(verified.code, 0, "{}", verified.stderr);
}

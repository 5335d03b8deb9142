//! Other gateways at the operator's desk.

use gdhcn_envelope::pem;
use gdhcn_trust::profile::Role;
use serde_json::{Value, json};

use crate::onboarding::{SIGN, approve, with_gateway, with_operators};
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
    write_peer(&place);
    place
}

fn write_peer(place: &Place) {
    for (name, role) in [("b-anchor.pem", Role::TrustAnchor), ("b-server.pem", Role::Tls)] {
        place.write(name, pem::encode("CERTIFICATE", certificate(role).0.der()));
    }
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
    assert_eq!(federation(&place, "remove", &["b", "--dry-run"]).code, 0);
    assert_eq!(list(&place, 1)[0]["gateway"], "b", "it is only shown");
    federation(&place, "remove", &["b", "--yes"]).done(0);
    assert_eq!(federation(&place, "remove", &["b", "--yes"]).code, 66);
    assert_eq!(federation(&place, "remove", &["b", "--dry-run"]).code, 66);
    assert_eq!(list(&place, 0), json!([]));
    let rows = place.shell("sqlite3 database/gateway.sqlite3 'SELECT COUNT(*) FROM trusted_party'");
    assert_eq!(rows.stdout.trim(), "0", "its anchor and server went with it");
}

#[test]
fn two_different_operators_must_approve_a_peer_too() {
    let place = with_operators();
    write_peer(&place);
    let add = [&PEER[..], &SIGN[..]].concat();
    let nobody = federation(&place, "add", &add);
    assert_eq!(nobody.code, 64, "{}", nobody.stderr);
    let ada = ["--operator", "Ada", "--operator-key", "ada.key"];
    let Run { code, stdout: waiting, .. } = federation(&place, "add", &[&add[..], &ada].concat());
    assert_eq!(code, 0);
    assert!(waiting.contains("1 of 2 approvals"), "{waiting}");
    assert_eq!(list(&place, 0), json!([]), "nothing is pulled before");
    let requests = ["gateway", "requests", "--config", "gateway.toml", "--json"];
    let waiting: Value = serde_json::from_str(&place.run(&requests).done(0).stdout).unwrap();
    assert_eq!(waiting[0]["participant"], "b");
    assert_eq!(waiting[0]["approvedBy"], json!(["Ada"]));

    assert_eq!(approve(&place, "Ada", "ada.key").code, 66, "one operator has one word");
    let shown = approve(&place, "Bea", "bea.key").done(0).stdout;
    assert!(shown.contains("https://127.0.0.1:1"), "{shown}");
    assert_eq!(list(&place, 0)[0]["gateway"], "b");
    let overriding = ["b", "--override", "--yes", "--operator", "Ada"];
    let named = federation(&place, "pull", &overriding);
    assert_eq!(named.code, 64, "a name is not enough: {}", named.stderr);
    let with =
        |key| federation(&place, "pull", &[&overriding[..], &["--operator-key", key]].concat());
    let other = with("bea.key");
    assert_eq!(other.code, 66);
    assert!(other.stderr.contains("is not the key of Ada"), "{}", other.stderr);
    let refused = with("ada.key");
    assert!(refused.stderr.contains("APPEND"), "the key is Ada's: {}", refused.stderr);
    let trail = place.shell(
        "sqlite3 database/gateway.sqlite3 \"SELECT description FROM audit_event WHERE event = 'PEER_ADDED'\"",
    );
    assert!(trail.stdout.contains("approved by Ada, Bea"), "{}", trail.stdout);
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
    let import = ["--import", "peer-response.json", "--yes"];
    federation(&place, "add", &import).done(0);
    assert_eq!(list(&place, 0)[0]["endpoint"], "https://127.0.0.1:1");
    assert_eq!(list(&place, 0)[0]["intervalSeconds"], 3600);
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

    // What the anchor signed once does not bring back who was taken away since.
    federation(&place, "remove", &["b", "--yes"]).done(0);
    let again = federation(&place, "add", &import);
    assert_eq!(again.code, 66, "{}", again.stdout);
    assert!(again.stderr.contains("carried out before"), "{}", again.stderr);
    assert_eq!(list(&place, 0), json!([]));
}

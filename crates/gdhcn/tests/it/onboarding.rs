//! Onboarding over a real gateway: each place of the anchor's key, approvals, dry runs, off-boarding.

use std::process::Stdio;

use gdhcn_crypto::{Curve, KeyKind, Signer, SoftwareKey};
use gdhcn_envelope::pem;
use gdhcn_testkit::{Softhsm, openssl, softhsm};
use gdhcn_trust::profile::Role;

use crate::participant_lint::with_folder;
use crate::program::{Place, Run};
use crate::trust_anchor::certificate;

/// A participant's folder beside a gateway's configuration and an anchor in an encrypted file.
pub(crate) fn with_gateway(more: &str) -> Place {
    let place = with_folder();
    place.write("secret", "correct horse\n");
    let init = ["trust-anchor", "init", "--country", "CH", "--organization", "Operator"];
    let files = ["--key", "ta.key", "--certificate", "ta.pem", "--passphrase-file", "secret"];
    place.run(&[&init[..], &files].concat()).done(0);
    let (server, key) = certificate(Role::Tls);
    place.write("server.pem", pem::encode("CERTIFICATE", server.der()));
    place.write("server.key", key.to_pem().as_bytes());
    configure(&place, more);
    place
}

fn configure(place: &Place, more: &str) {
    place.write(
        "gateway.toml",
        format!(
            "listen = '127.0.0.1:0'\ndatabase = 'database'\ntrust_anchors = ['ta.pem']\n\
             [tls]\ncertificate = 'server.pem'\nkey = 'server.key'\n{more}"
        ),
    );
}

const ONBOARD: [&str; 5] = ["gateway", "onboard", "--config", "gateway.toml", "XXA"];
pub(crate) const SIGN: [&str; 5] =
    ["--sign-with", "ta.key", "--passphrase-file", "secret", "--yes"];

pub(crate) fn onboard(place: &Place, options: &[&str]) -> Run {
    place.run(&[&ONBOARD[..], options].concat())
}

/// What is in the database: the trusted parties, as SQLite's own shell sees them.
fn rows(place: &Place) -> Vec<String> {
    let sql =
        "SELECT certificate_type || ' ' || country || ' ' || domain FROM trusted_party ORDER BY 1";
    let run = place.shell(&format!("sqlite3 database/gateway.sqlite3 \"{sql}\""));
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stdout.lines().map(str::to_owned).collect()
}

const ALL: [&str; 3] = ["AUTHENTICATION XA DCC", "CSCA XA DCC", "UPLOAD XA DCC"];

#[test]
fn a_folder_is_onboarded_with_an_encrypted_key_and_a_second_time_changes_nothing() {
    let place = with_gateway("");
    let dry = onboard(&place, &["--dry-run"]);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert_eq!(dry.stdout.matches("added").count(), 3, "{}", dry.stdout);
    assert_eq!(rows(&place), [""; 0], "a dry run changes nothing");
    // Without a word of how, and without a yes, nothing happens either.
    assert_eq!(onboard(&place, &[]).code, 64);
    assert_eq!(onboard(&place, &SIGN[..4]).code, 64);
    assert_eq!(rows(&place), [""; 0]);

    onboard(&place, &SIGN).done(0);
    assert_eq!(rows(&place), ALL);
    let again = onboard(&place, &SIGN).done(0).stdout;
    assert!(again.contains("nothing to change"), "{again}");
    // What is handed in is looked at although nothing is left to do.
    place.write("garbage", "garbage");
    assert_eq!(onboard(&place, &["--import", "garbage", "--yes"]).code, 66);
    assert_eq!(onboard(&place, &["--import", "none", "--yes"]).code, 66);
    assert_eq!(again.matches("already there").count(), 3, "{again}");

    // The stored signature is one that OpenSSL takes, over the stored certificate.
    let openssl = openssl();
    let sql = "SELECT signature, raw_data FROM trusted_party WHERE certificate_type = 'CSCA'";
    let row = place.shell(&format!("sqlite3 -separator ' ' database/gateway.sqlite3 \"{sql}\""));
    let (signature, raw) = row.stdout.trim().split_once(' ').unwrap();
    for (name, text) in [("message", signature), ("content", raw)] {
        use base64::Engine as _;
        openssl.write(name, base64::prelude::BASE64_STANDARD.decode(text).unwrap());
    }
    openssl.run("cms -verify -noverify -binary -inform DER -in message -content content -out out");
}

/// Acceptance sentence of K2 at the gateway.
#[test]
fn k2_a_folder_with_a_private_key_is_refused_whatever_is_accepted() {
    let place = with_gateway("");
    let (_, key) = certificate(Role::Upload);
    place.write("XXA/onboarding/DCC/UP/UP.key", key.to_pem().as_bytes());
    let refused = onboard(&place, &[&SIGN[..], &["--accept", "L001"]].concat());
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("private key"), "{}", refused.stderr);
    assert_eq!(rows(&place), [""; 0]);
}

#[test]
fn a_folder_with_errors_is_refused_until_the_operator_accepts_the_rule() {
    let place = with_gateway("");
    // The TLS certificate's CA is another.
    let other = certificate(Role::Tls).0;
    place.write("XXA/onboarding/DCC/TLS/CA.pem", pem::encode("CERTIFICATE", other.der()));
    let refused = onboard(&place, &SIGN);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("L003"), "{}", refused.stderr);
    onboard(&place, &[&SIGN[..], &["--accept", "L003"]].concat()).done(0);
    assert_eq!(rows(&place), ALL);
}

#[test]
fn the_anchor_stays_offline_by_export_and_import() {
    let place = with_gateway("");
    onboard(&place, &["--export", "request.json"]).done(0);
    assert_eq!(rows(&place), [""; 0]);
    let sign =
        ["trust-anchor", "sign", "request.json", "--certificate", "ta.pem", "--key", "ta.key"];
    let options = ["--passphrase-file", "secret", "--yes", "--out", "response.json"];
    place.run(&[&sign[..], &options].concat()).done(0);

    // The folder has changed since: what is shown is not what was signed.
    let before = place.read("XXA/onboarding/DCC/UP/UP.pem");
    let other = certificate(Role::Upload).0;
    place.write("XXA/onboarding/DCC/UP/UP.pem", pem::encode("CERTIFICATE", other.der()));
    let import = ["--import", "response.json", "--yes"];
    let refused = onboard(&place, &import);
    assert_eq!(refused.code, 66, "{}", refused.stderr);
    assert!(refused.stderr.contains("export again"), "{}", refused.stderr);
    assert_eq!(rows(&place), [""; 0]);
    place.write("XXA/onboarding/DCC/UP/UP.pem", before);

    // A response whose use was changed on the way.
    let text = place.text("response.json");
    place.write("changed.json", text.replacen("\"SCA\"", "\"UP\"", 1));
    assert_eq!(onboard(&place, &["--import", "changed.json", "--yes"]).code, 66);
    // A request of another gateway.
    let toml = place.text("gateway.toml");
    place.write("gateway.toml", toml.replace("127.0.0.1:0", "127.0.0.2:0"));
    let refused = onboard(&place, &import);
    assert_eq!(refused.code, 66);
    assert!(refused.stderr.contains("\"127.0.0.1:0\""), "{}", refused.stderr);
    place.write("gateway.toml", toml);
    onboard(&place, &import).done(0);
    assert_eq!(rows(&place), ALL);

    // What the anchor signed once does not bring back who was taken away since.
    let offboard = ["gateway", "offboard", "--config", "gateway.toml", "XXA", "--yes"];
    place.run(&offboard).done(0);
    let refused = onboard(&place, &import);
    assert_eq!(refused.code, 66);
    assert!(refused.stderr.contains("carried out before"), "{}", refused.stderr);
    assert_eq!(rows(&place), [""; 0]);
    onboard(&place, &SIGN).done(0);
    assert_eq!(rows(&place), ALL);
}

#[test]
fn a_key_in_a_token_onboards() {
    let place = with_gateway("");
    let token = softhsm();
    place.write("pin", Softhsm::PIN);
    let address = format!(
        "pkcs11:object=ta?module-path={}&pin-source={}",
        Softhsm::module().display(),
        place.path("pin").display()
    );
    let run = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env("SOFTHSM2_CONF", token.config()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
    };
    std::fs::remove_file(place.path("ta.pem")).unwrap();
    let init = ["trust-anchor", "init", "--country", "CH", "--organization", "Operator"];
    run(&[&init[..], &["--key", &address, "--certificate", "ta.pem"]].concat());
    run(&[&ONBOARD[..], &["--sign-with", &address, "--yes"]].concat());
    assert_eq!(rows(&place), ALL);
}

#[test]
fn results_of_a_repository_are_taken_as_they_are() {
    let place = with_gateway("");
    let none = onboard(&place, &["--signed-results", "--yes"]);
    assert_eq!(none.code, 66, "{}", none.stderr);
    for name in ["SCA/SCA.pem", "UP/UP.pem", "TLS/TLS.pem"] {
        let file = format!("XXA/onboarding/DCC/{name}");
        let sign = ["trust-anchor", "sign", &file, "--certificate", "ta.pem", "--key", "ta.key"];
        place.run(&[&sign[..], &["--passphrase-file", "secret", "--yes"]].concat()).done(0);
    }
    onboard(&place, &["--signed-results", "--yes"]).done(0);
    assert_eq!(rows(&place), ALL);
}

#[test]
fn everything_is_signed_anew_for_the_next_trust_anchor() {
    let place = with_gateway("");
    let issuer = serde_json::json!({
        "name": "Ministry of Health", "url": "did:web:health.example", "urlType": "DID",
        "hash": "0f".repeat(32), "sslPublicKeys": [], "country": "XA",
    });
    place.write("XXA/onboarding/DCC/ISSUER/Trusted_Issuer.json", issuer.to_string());
    onboard(&place, &SIGN).done(0);
    let init = ["trust-anchor", "init", "--country", "CH", "--organization", "Next"];
    let files = ["--key", "next.key", "--certificate", "next.pem", "--passphrase-file", "secret"];
    place.run(&[&init[..], &files].concat()).done(0);
    let anchors = |list: &str| {
        let toml = place.text("gateway.toml");
        let line = toml.lines().find(|line| line.starts_with("trust_anchors")).unwrap().to_owned();
        place.write("gateway.toml", toml.replace(&line, &format!("trust_anchors = [{list}]")));
    };
    let next = ["--sign-with", "next.key", "--passphrase-file", "secret", "--yes"];
    // Both count for a while, so that nothing is missing at any time.
    anchors("'ta.pem', 'next.pem'");
    let same = onboard(&place, &next).done(0).stdout;
    assert!(same.contains("nothing to change"), "{same}");
    let anew = onboard(&place, &[&next[..], &["--sign-anew"]].concat()).done(0).stdout;
    assert_eq!(anew.matches("replaced").count(), 4, "{anew}");
    anchors("'next.pem'");
    let same = onboard(&place, &next).done(0).stdout;
    assert!(same.contains("nothing to change"), "{same}");
    assert_eq!(rows(&place), ALL);
    // Without the detour: what no anchor vouches for is not there already.
    anchors("'ta.pem'");
    let back = onboard(&place, &SIGN).done(0).stdout;
    assert_eq!(back.matches("replaced").count(), 4, "{back}");
}

#[test]
fn a_certificate_in_two_domains_is_onboarded_once_and_that_is_said() {
    let place = with_gateway("");
    place.write("XXA/onboarding/PH4H/SCA/SCA.pem", place.read("XXA/onboarding/DCC/SCA/SCA.pem"));
    let said = onboard(&place, &SIGN).done(0).stdout;
    assert!(said.contains("not onboarded") && said.contains("as SCA in DCC"), "{said}");
    assert_eq!(rows(&place), ALL);
}

/// Two operators with their keys, and the lines of the configuration.
pub(crate) fn with_operators() -> Place {
    let rules = "[onboarding]\napprovals = 2\noperators = [{ name = 'Ada', key = 'ada.pub' }, \
                 { name = 'Bea', key = 'bea.pub' }, { name = 'Cid', key = 'cid.pub' }]\n";
    let place = with_gateway(rules);
    for name in ["ada", "bea", "cid"] {
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        place.write(&format!("{name}.key"), key.to_pem().as_bytes());
        let public = pem::encode("PUBLIC KEY", &key.public_key().to_spki_der());
        place.write(&format!("{name}.pub"), public);
    }
    place
}

pub(crate) fn approve(place: &Place, name: &str, key: &str) -> Run {
    let request = place.shell(
        "sqlite3 database/gateway.sqlite3 \"SELECT id FROM onboarding_request WHERE state = 'PENDING'\"",
    );
    let id = request.stdout.trim().to_owned();
    let approve = ["gateway", "approve", "--config", "gateway.toml", &id, "--yes"];
    place.run(&[&approve[..], &["--operator", name, "--operator-key", key]].concat())
}

#[test]
fn two_different_operators_must_approve_before_anything_is_trusted() {
    let place = with_operators();
    let ada = [&SIGN[..], &["--operator", "Ada", "--operator-key", "ada.key"]].concat();
    let nobody = onboard(&place, &SIGN);
    assert_eq!(nobody.code, 64, "{}", nobody.stderr);
    let waiting = onboard(&place, &ada).done(0).stdout;
    assert!(waiting.contains("1 of 2 approvals") && waiting.contains("Bea or Cid"), "{waiting}");
    assert_eq!(rows(&place), [""; 0], "nothing is trusted before");

    // The same operator twice, somebody else's key, a stranger.
    assert_eq!(approve(&place, "Ada", "ada.key").code, 66);
    assert_eq!(approve(&place, "Bea", "ada.key").code, 66);
    assert_eq!(approve(&place, "Eve", "ada.key").code, 64);
    assert_eq!(rows(&place), [""; 0]);
    let list = place.run(&["gateway", "requests", "--config", "gateway.toml", "--json"]).done(0);
    let list: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!(list[0]["approvedBy"], serde_json::json!(["Ada"]));
    assert_eq!((&list[0]["needed"], &list[0]["participant"]), (&2.into(), &"XXA".into()));

    approve(&place, "Bea", "bea.key").done(0);
    assert_eq!(rows(&place), ALL);
    // Who it was is in the trail.
    let trail = place.shell(
        "sqlite3 database/gateway.sqlite3 \"SELECT description FROM audit_event WHERE event = 'ONBOARDED'\"",
    );
    assert_eq!(trail.stdout.matches("approved by Ada, Bea").count(), 3, "{}", trail.stdout);
    let none = place.run(&["gateway", "requests", "--config", "gateway.toml"]).done(0).stdout;
    assert!(none.contains("no request waits"), "{none}");

    // Killed between the last approval and what it allows: whoever says it again goes on.
    let killed = "sqlite3 database/gateway.sqlite3 \"DELETE FROM trusted_party; \
                  UPDATE onboarding_request SET state = 'PENDING'\"";
    assert_eq!(place.shell(killed).code, 0);
    approve(&place, "Bea", "bea.key").done(0);
    assert_eq!(rows(&place), ALL);
}

#[test]
fn a_withdrawn_request_waits_anew_with_the_same_signatures() {
    let place = with_operators();
    onboard(&place, &["--export", "request.json"]).done(0);
    let sign =
        ["trust-anchor", "sign", "request.json", "--certificate", "ta.pem", "--key", "ta.key"];
    place.run(&[&sign[..], &["--passphrase-file", "secret", "--yes"]].concat()).done(0);
    let import = ["--import", "response.json", "--yes", "--operator", "Ada"];
    let import = [&import[..], &["--operator-key", "ada.key"]].concat();
    onboard(&place, &import).done(0);
    assert_eq!(onboard(&place, &import).code, 66, "it waits");
    let id = place.shell("sqlite3 database/gateway.sqlite3 'SELECT id FROM onboarding_request'");
    let requests = ["gateway", "requests", "--config", "gateway.toml", "--withdraw"];
    place.run(&[&requests[..], &[id.stdout.trim()]].concat()).done(0);
    onboard(&place, &import).done(0);
    approve(&place, "Bea", "bea.key").done(0);
    assert_eq!(rows(&place), ALL);
}

#[test]
fn a_request_that_was_changed_in_the_database_does_not_hold() {
    let place = with_operators();
    let ada = [&SIGN[..], &["--operator", "Ada", "--operator-key", "ada.key"]].concat();
    onboard(&place, &ada).done(0);
    // Another use for the upload certificate.
    let change = "sqlite3 database/gateway.sqlite3 \"UPDATE onboarding_request SET content = \
                  replace(content, '\\\"UP\\\"', '\\\"SCA\\\"')\"";
    assert_eq!(place.shell(change).code, 0);
    let refused = approve(&place, "Bea", "bea.key");
    assert_eq!(refused.code, 66, "{}", refused.stderr);
    assert_eq!(rows(&place), [""; 0]);
    // An approval that nobody signed does not count.
    let forge = "sqlite3 database/gateway.sqlite3 \"INSERT INTO onboarding_approval SELECT id, 'Cid', 0, \
                 'AAAA' FROM onboarding_request\"";
    assert_eq!(place.shell(forge).code, 0);
    let list = place.run(&["gateway", "requests", "--config", "gateway.toml", "--json"]).done(0);
    let list: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
    assert!(!list[0]["approvedBy"].as_array().unwrap().contains(&"Cid".into()));
}

#[test]
fn offboarding_shows_what_goes_and_takes_it_away() {
    let place = with_gateway("");
    onboard(&place, &SIGN).done(0);
    let offboard = ["gateway", "offboard", "--config", "gateway.toml", "XXA"];
    let dry = place.run(&[&offboard[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, 0);
    assert!(dry.stdout.contains("CSCA") && dry.stdout.contains("UPLOAD"), "{}", dry.stdout);
    assert_eq!(rows(&place), ALL);
    let tls = pem::certificates(&place.read("XXA/onboarding/DCC/TLS/TLS.pem")).remove(0).unwrap();
    let fingerprint = tls.thumbprint().to_string();
    let one = ["--certificate", &fingerprint, "--yes"];
    place.run(&[&offboard[..], &one].concat()).done(0);
    assert_eq!(rows(&place), ALL[1..]);
    assert_eq!(place.run(&[&offboard[..], &one].concat()).code, 66, "it is gone");
    place.run(&[&offboard[..], &["--yes"]].concat()).done(0);
    assert_eq!(rows(&place), [""; 0]);
    assert_eq!(place.run(&[&offboard[..], &["--yes"]].concat()).code, 66);
}

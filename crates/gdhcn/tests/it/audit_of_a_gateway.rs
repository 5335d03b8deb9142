//! `gdhcn gateway audit` over a gateway that runs, whose operator then changes the database by
//! hand.

use std::process::Command;

use crate::program::{Place, Run};
use crate::service::Service;

/// The demo's gateway, as XXB audits it.
struct Audited {
    place: Place,
    service: Service,
    address: String,
}

impl Audited {
    fn start() -> Self {
        let place = Place::with_demo();
        let arguments = ["gateway", "serve", "--config", "demo/operator/gateway.toml"];
        let service = Service::start(&place, &arguments);
        let address = service.word_after("gateway up at ");
        Self { place, service, address }
    }

    fn audit(&self, more: &[&str]) -> Run {
        let log = format!("{}/log", self.address);
        let asked = ["gateway", "audit", "--log", &log, "--key", "demo/operator/log.key.pub"];
        let gateway = ["--gateway", &self.address, "--gateway-ca", "demo/operator/gateway.pem"];
        let anchor = ["--trust-anchor", "demo/operator/trust-anchor.pem"];
        let client = ["--client-cert", "demo/xxb/tls.pem", "--client-key", "demo/xxb/tls.key"];
        self.place.run(&[&asked, &gateway[..], &anchor, &client, more].concat())
    }

    fn by_hand(&self, statement: &str) {
        self.selected(statement);
    }

    /// A participant uploads its document signer.
    fn upload(&self, whose: &str) {
        self.send(
            whose,
            "openssl x509 -in dsc.pem -outform DER",
            "application/cms",
            "signerCertificate",
        );
    }

    /// A participant signs what a command writes and sends it, with OpenSSL and curl.
    fn send(&self, whose: &str, command: &str, media_type: &str, path: &str) {
        let run = self.place.shell(&format!(
            "cd demo/{whose} && {command} | openssl cms -sign -nodetach -binary -outform DER \
             -signer upload.pem -inkey upload.key | base64 -w0 | curl -sS --fail-with-body \
             --cert tls.pem --key tls.key --cacert ../operator/gateway.pem \
             -H 'Content-Type: {media_type}' --data-binary @- {}/{path}",
            self.address
        ));
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    }

    /// What SQLite's own shell answers.
    fn selected(&self, statement: &str) -> String {
        let database = self.place.path("demo/operator/database/gateway.sqlite3");
        let done = Command::new("sqlite3").arg(database).arg(statement).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// What the audit finds after this change, when the gateway has noticed it.
    fn found(&self, statement: &str) -> String {
        self.audit(&["--state", "kept.json"]).done(0);
        self.by_hand(statement);
        // A running gateway looks for changes by others each second.
        for _ in 0..100 {
            let run = self.audit(&["--state", "kept.json"]);
            if run.code != 0 {
                return run.done(1).stdout;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("the audit finds nothing after {statement}");
    }
}

#[test]
fn a_gateway_that_was_let_alone_holds() {
    let audited = Audited::start();
    let run = audited.audit(&[]).done(0);
    assert!(run.stdout.contains("HOLDS"), "{}", run.stdout);
    assert!(run.stdout.contains("differences: 0"), "{}", run.stdout);
    assert_eq!(audited.service.interrupt(), 0);
}

/// Log and list are not downloaded in one moment.
#[test]
fn a_change_that_the_list_shows_a_moment_later_is_no_difference() {
    let audited = Audited::start();
    let offboard =
        ["gateway", "offboard", "--config", "demo/operator/gateway.toml", "XXA", "--yes"];
    audited.place.run(&offboard).done(0);
    let run = audited.audit(&[]).done(0);
    assert!(run.stdout.contains("differences: 0"), "{}", run.stdout);
}

/// Who is off-boarded cannot withdraw what it uploaded.
#[test]
fn off_boarding_takes_the_uploaded_certificates_too_where_that_is_asked_for() {
    let audited = Audited::start();
    let rows = |country: &str| {
        let sql = format!("SELECT COUNT(*) FROM signer_information WHERE country = '{country}'");
        audited.selected(&sql)
    };
    let offboard = |more: &[&str]| {
        let begin = ["gateway", "offboard", "--config", "demo/operator/gateway.toml", "XXA"];
        audited.place.run(&[&begin[..], more].concat())
    };
    audited.upload("xxa");
    let shown = offboard(&["--dry-run"]).stdout;
    assert!(shown.contains("--signers takes it away too"), "{shown}");
    // One alone, by its fingerprint.
    let one = audited.selected("SELECT thumbprint FROM signer_information WHERE country = 'XA'");
    offboard(&["--certificate", &one, "--yes"]).done(0);
    assert_eq!((rows("XA").as_str(), offboard(&["--certificate", &one, "--yes"]).code), ("0", 66));
    audited.upload("xxa");
    audited.upload("xxb");
    offboard(&["--signers", "--yes"]).done(0);
    assert_eq!((rows("XA").as_str(), rows("XB").as_str()), ("0", "1"));
    let run = audited.audit(&[]).done(0);
    assert!(run.stdout.contains("HOLDS"), "{}", run.stdout);
}

#[test]
fn a_row_that_was_changed_without_an_entry_is_named() {
    let audited = Audited::start();
    let sql = "UPDATE trusted_party SET domain = 'DDCC'
                WHERE country = 'XA' AND certificate_type = 'CSCA'";
    let found = audited.found(sql);
    assert!(found.contains("is served with the domain \"DDCC\""), "{found}");
}

#[test]
fn a_row_that_was_taken_away_without_an_entry_is_named() {
    let audited = Audited::start();
    let found = audited.found("DELETE FROM trusted_party WHERE certificate_type = 'UPLOAD'");
    assert_eq!(found.matches("and is not served").count(), 2, "{found}");
}

#[test]
fn issuers_and_references_are_compared_too() {
    let audited = Audited::start();
    let add = ["gateway", "issuer", "add", "--config", "demo/operator/gateway.toml", "--yes"];
    let what = ["--country", "XA", "--name", "Keys", "--url", "https://keys.example/jwks"];
    let sign = ["--sign-with", "demo/operator/trust-anchor.key"];
    audited.place.run(&[&add[..], &what, &sign].concat()).done(0);
    let reference = serde_json::json!({
        "url": "https://fhir.example/vs", "country": "XB", "type": "FHIR", "service": "ValueSet",
        "thumbprint": "ab".repeat(32), "name": "A service", "sslPublicKey": "key",
        "contentType": "application/json", "signatureType": "NONE", "referenceVersion": "1.0"
    });
    audited.place.write("demo/xxb/reference.json", reference.to_string());
    audited.send("xxb", "cat reference.json", "application/cms-text", "trust/reference");
    let run = audited.audit(&[]).done(0);
    assert!(run.stdout.contains("1 issuers, 1 references of"), "{}", run.stdout);

    let found = audited.found("DELETE FROM trusted_issuer");
    assert!(found.contains("trusted_issuer") && found.contains("and is not served"), "{found}");
    audited.by_hand("UPDATE trusted_reference SET country = 'XA'");
    let found = audited.audit(&[]).done(1).stdout;
    assert!(found.contains("is served with the country \"XA\""), "{found}");
}

#[test]
fn an_entry_that_was_rewritten_is_caught() {
    let audited = Audited::start();
    let sql = "UPDATE log_entry SET entry = replace(entry, 'onboarded', 'federated')
                WHERE idx = 0";
    audited.by_hand(sql);
    let found = audited.audit(&[]).done(1).stdout;
    assert!(found.contains("DOES NOT HOLD"), "{found}");
}

/// The last entry is dropped, with the hashes that tell of it: the tree is whole again, and only
/// who has seen it before knows that there was more.
#[test]
fn an_entry_that_was_dropped_is_caught_by_who_has_seen_it() {
    let audited = Audited::start();
    let last = "(SELECT max(idx) FROM log_entry)";
    let found = audited.found(&format!("DELETE FROM log_entry WHERE idx = {last}"));
    assert!(found.contains("DOES NOT HOLD"), "{found}");
}

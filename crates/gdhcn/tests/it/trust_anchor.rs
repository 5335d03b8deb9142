//! The trust anchor's key in each of its places, and what it signs, as OpenSSL sees it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_codes::{Domain, KeyUsage, Participant};
use gdhcn_crypto::{Curve, KeyKind, Signer, SoftwareKey};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;
use gdhcn_testkit::{Softhsm, openssl, softhsm};
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::onboarding_request::{OnboardingRequest, RequestItem};
use gdhcn_trust::profile::Role;
use jiff::Timestamp;

use crate::program::Place;

const CERTIFICATE: [&str; 2] = ["--certificate", "ta.pem"];
const INIT: [&str; 6] =
    ["trust-anchor", "init", "--country", "CH", "--organization", "Test operator"];

#[allow(clippy::disallowed_methods, reason = "the program reads the clock too")]
fn now() -> Timestamp {
    Timestamp::now()
}

pub(crate) fn certificate(role: Role) -> (Certificate, SoftwareKey) {
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let owner = Participant::parse("XXA").ok();
    let request = Request::new(role, owner, "Ministry", key.public_key(), [7; 16], now());
    (request.self_signed(&key).unwrap(), key)
}

fn request() -> OnboardingRequest {
    let items = [(Role::Sca, KeyUsage::Sca), (Role::Upload, KeyUsage::Up)]
        .into_iter()
        .map(|(role, usage)| RequestItem::Certificate {
            usage,
            domain: Domain::dcc(),
            certificate: certificate(role).0,
            roles: Vec::new(),
        })
        .collect();
    let xxa = Participant::parse("XXA").unwrap();
    OnboardingRequest::new("test gateway".to_owned(), now(), xxa, items).unwrap()
}

/// A place with an anchor whose encrypted key opens by the file `secret`.
fn with_anchor() -> Place {
    let place = Place::new();
    place.write("secret", "correct horse\n");
    let files = ["--key", "ta.key", "--passphrase-file", "secret"];
    place.run(&[&INIT[..], &files, &CERTIFICATE].concat()).done(0);
    place
}

/// Whether OpenSSL takes the detached message over the content by exactly this certificate.
fn openssl_verifies(signature: &str, content: &[u8], anchor: &str) -> bool {
    let openssl = openssl();
    openssl.write("message", STANDARD.decode(signature).unwrap());
    openssl.write("content", content);
    openssl.write("anchor.pem", anchor);
    let verify = "cms -verify -binary -inform DER -in message -content content -CAfile anchor.pem \
                  -purpose any -certfile anchor.pem -out out";
    openssl.try_run(verify).status.success()
}

fn check_response(place: &Place, request: &OnboardingRequest, response: &str) {
    let response: serde_json::Value = serde_json::from_str(&place.text(response)).unwrap();
    let anchor = place.text("ta.pem");
    let items = response["items"].as_array().unwrap();
    assert_eq!(items.len(), request.items().len());
    for (item, signed) in request.items().iter().zip(items) {
        let signature = signed["signature"].as_str().unwrap();
        assert!(openssl_verifies(signature, item.content(), &anchor));
        assert!(!openssl_verifies(signature, b"another", &anchor));
    }
    let confirmation = response["confirmation"].as_str().unwrap();
    assert!(openssl_verifies(confirmation, request.canonical().as_bytes(), &anchor));
}

#[test]
fn an_encrypted_key_file_is_made_shown_and_signs_a_request() {
    let place = with_anchor();
    assert!(place.text("ta.key").starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    let key = ["--key", "ta.key", "--passphrase-file", "secret"];
    let show = [&["trust-anchor", "show"][..], &CERTIFICATE, &key].concat();
    let shown = place.run(&show).done(0).stdout;
    assert!(shown.contains("The key is the certificate's."), "{shown}");
    // The fingerprint as OpenSSL has it, in groups of four.
    let der = pem::certificates(place.text("ta.pem").as_bytes()).remove(0).unwrap();
    let digits = shown.replace(' ', "");
    assert!(digits.contains(&der.thumbprint().to_string()), "{shown}");

    let request = request();
    place.write("request.json", request.to_json());
    let sign = [&["trust-anchor", "sign", "request.json"][..], &CERTIFICATE, &key].concat();
    // A dry run and a run that nobody says yes to sign nothing.
    let dry = place.run(&[&sign[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    for item in request.items() {
        assert!(dry.stdout.replace(' ', "").contains(&item.sha256().to_string()));
    }
    let unasked = place.run(&sign);
    assert_eq!(unasked.code, 64, "{}", unasked.stderr);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    assert!(!place.path("response.json").exists());

    place.run(&[&sign[..], &["--yes"]].concat()).done(0);
    check_response(&place, &request, "response.json");
    // What is there is not written over.
    let again = place.run(&[&sign[..], &["--yes"]].concat());
    assert_eq!(again.code, 64);
}

#[test]
fn secrets_come_from_files_and_wrong_ones_are_told() {
    let place = with_anchor();
    place.write("wrong", "battery staple\n");
    place.write("short", "seven77\n");
    let show = |file: &str| {
        let key = ["--key", "ta.key", "--passphrase-file", file];
        place.run(&[&["trust-anchor", "show"][..], &CERTIFICATE, &key].concat())
    };
    let wrong = show("wrong");
    assert_eq!(wrong.code, 66);
    assert!(wrong.stderr.contains("passphrase does not open"), "{}", wrong.stderr);
    let missing =
        place.run(&[&["trust-anchor", "show", "--key", "ta.key"][..], &CERTIFICATE].concat());
    assert_eq!(missing.code, 64);
    assert!(missing.stderr.contains("--passphrase-file"), "{}", missing.stderr);
    let weak = ["--key", "b.key", "--passphrase-file", "short", "--certificate", "b.pem"];
    assert_eq!(place.run(&[&INIT[..], &weak].concat()).code, 64);
    assert!(!place.path("b.key").exists() && !place.path("b.pem").exists());
    // Neither key nor certificate is written over.
    let over = ["--key", "ta.key", "--passphrase-file", "secret", "--certificate", "c.pem"];
    assert_eq!(place.run(&[&INIT[..], &over].concat()).code, 64);
    let over = ["--key", "c.key", "--passphrase-file", "secret", "--certificate", "ta.pem"];
    assert_eq!(place.run(&[&INIT[..], &over].concat()).code, 64);
    assert!(!place.path("c.key").exists());
    let pin = place.run(&[&INIT[..], &["--key", "pkcs11:object=a?pin-value=1234"]].concat());
    assert_eq!(pin.code, 64);
    assert!(pin.stderr.contains("pin-source"), "{}", pin.stderr);
}

#[test]
fn a_key_of_another_certificate_signs_nothing() {
    let place = with_anchor();
    let (_, other) = certificate(Role::TrustAnchor);
    place.write("other.key", other.to_pem().as_bytes());
    let key = ["--key", "other.key"];
    let show = place.run(&[&["trust-anchor", "show"][..], &CERTIFICATE, &key].concat());
    assert_eq!(show.code, 1, "{}", show.stderr);
    place.write("request.json", request().to_json());
    let sign = ["trust-anchor", "sign", "request.json", "--yes"];
    let refused = place.run(&[&sign[..], &CERTIFICATE, &key].concat());
    assert_eq!(refused.code, 66, "{}", refused.stderr);
    assert!(!place.path("response.json").exists());
}

#[test]
fn a_key_in_a_token_signs_a_request_and_certificates() {
    let (place, token) = (Place::new(), softhsm());
    place.write("pin", Softhsm::PIN);
    let address = format!(
        "pkcs11:token={};object=trust-anchor?module-path={}",
        Softhsm::TOKEN.replace(' ', "%20"),
        Softhsm::module().display()
    );
    let key = ["--key", &address, "--passphrase-file", "pin"];
    let run = |arguments: &[&str]| {
        let output = place
            .command(arguments)
            .env("SOFTHSM2_CONF", token.config())
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), said)
    };
    assert_eq!(run(&[&INIT[..], &CERTIFICATE, &key].concat()), (0, String::new()));
    let request = request();
    place.write("request.json", request.to_json());
    let sign = ["trust-anchor", "sign", "request.json", "--yes", "--out", "answer.json"];
    assert_eq!(run(&[&sign[..], &CERTIFICATE, &key].concat()), (0, String::new()));
    check_response(&place, &request, "answer.json");

    // The network's own form of a result, beside the certificate.
    let (upload, _) = certificate(Role::Upload);
    place.write("UP/UP.pem", pem::encode("CERTIFICATE", upload.der()));
    let sign = ["trust-anchor", "sign", "UP/UP.pem", "--yes"];
    assert_eq!(run(&[&sign[..], &CERTIFICATE, &key].concat()), (0, String::new()));
    let result: serde_json::Value =
        serde_json::from_str(&place.text("UP/signed/TNG_TA.signed.UP.json")).unwrap();
    assert_eq!(result["country"], "XA");
    assert_eq!(result["certificateThumbprint"], upload.thumbprint().to_string());
    let signature = result["trustAnchorSignature"].as_str().unwrap();
    assert!(openssl_verifies(signature, upload.der(), &place.text("ta.pem")));

    place.write("pin", "999999");
    let (code, said) = run(&[&["trust-anchor", "show"][..], &CERTIFICATE, &key].concat());
    assert!(code == 66 && said.contains("PIN"), "{code} {said}");
}

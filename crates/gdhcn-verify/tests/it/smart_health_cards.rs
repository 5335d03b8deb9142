//! SMART Health Cards: published ones with their expected results, and our own with one flaw each.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gdhcn_credential::HealthDocument;
use gdhcn_credential::shc::{self, files, numeric};
use gdhcn_crypto::{
    Backend, Curve, DigestAlgorithm, KeyKind, PublicKey, SignatureScheme, Signer, SoftwareKey,
};
use gdhcn_envelope::{inflate, jws};
use gdhcn_scan::read_picture;
use gdhcn_testkit::corpus;
use gdhcn_trust::{TrustStore, TrustStoreBuilder, jwk_thumbprint};
use gdhcn_verify::{CheckId, Outcome, PolicyName, Status, Verdict};
use serde_json::{Value, json};

use crate::forge::{judge, judge_at, noon};

pub(crate) const ISSUER: &str = "https://issuer.example/shc";

/// An issuer with its key.
pub(crate) struct Issuer {
    key: SoftwareKey,
    kid: String,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let kid = jwk_thumbprint(key.public_key());
        Self { key, kid }
    }

    pub(crate) fn jwks(&self) -> Value {
        let PublicKey::Ec(key) = self.key.public_key() else { panic!("an EC key") };
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "keys": [{ "kty": "EC", "kid": self.kid, "use": "sig", "alg": "ES256",
            "crv": "P-256", "x": number(key.x()), "y": number(key.y()) }] })
    }

    fn trust(&self) -> TrustStore {
        trust(&[(ISSUER, self.jwks())])
    }

    fn header(&self) -> Value {
        json!({ "zip": "DEF", "alg": "ES256", "kid": self.kid })
    }

    fn sign(&self, header: &Value, payload: &[u8]) -> String {
        let input = jws::signing_input(&header.to_string(), payload);
        let scheme = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
        jws::compact(&input, &self.key.sign(scheme, input.as_bytes()).unwrap())
    }

    pub(crate) fn card(&self, payload: &Value) -> String {
        self.sign(&self.header(), &inflate::deflate_raw(payload.to_string().as_bytes()))
    }
}

fn trust(issuers: &[(&str, Value)]) -> TrustStore {
    let mut builder = TrustStoreBuilder::new(Backend::default());
    for (issuer, jwks) in issuers {
        builder.add_named_keys("jwks.json", issuer, jwks.to_string().as_bytes());
    }
    builder.build()
}

pub(crate) fn payload() -> Value {
    let immunization = |date: &str| {
        json!({ "resource": { "resourceType": "Immunization", "status": "completed",
            "vaccineCode": { "coding": [{ "system": "http://hl7.org/fhir/sid/cvx", "code": "208" }] },
            "patient": { "reference": "resource:0" }, "occurrenceDateTime": date,
            "lotNumber": "B7", "performer": [{ "actor": { "display": "Clinic" } }] } })
    };
    json!({
        "iss": ISSUER,
        "nbf": noon().as_second() - 1000,
        "vc": {
            "type": [shc::HEALTH_CARD, "https://smarthealth.cards#immunization"],
            "credentialSubject": { "fhirVersion": "4.0.1", "fhirBundle": {
                "resourceType": "Bundle", "type": "collection", "entry": [
                    { "resource": { "resourceType": "Patient", "birthDate": "1990-04-12",
                        "name": [{ "family": "Núñez", "given": ["Amara", "Z."] }] } },
                    immunization("2021-05-01"), immunization("2021-06-01"),
                ] } },
        },
    })
}

fn with(path: &str, value: Value) -> Value {
    let mut payload = payload();
    *payload.pointer_mut(path).unwrap() = value;
    payload
}

fn found(verdict: &Verdict, id: CheckId) -> (Status, &'static str) {
    let check = verdict.check(id).unwrap_or_else(|| panic!("{id} was not come to"));
    (check.status, check.reason.code())
}

fn decided(verdict: &Verdict) -> (Outcome, CheckId, &'static str) {
    let check = verdict.deciding().expect("a check decided");
    (verdict.outcome, check.id, check.reason.code())
}

#[test]
fn a_sound_card_is_accepted_as_code_file_and_bare_signature() {
    let issuer = Issuer::new();
    let card = issuer.card(&payload());
    let code = numeric::write(&card).unwrap();
    let file = json!({ "verifiableCredential": [card] }).to_string();
    for text in [card, code, file] {
        for policy in [PolicyName::Lenient, PolicyName::Border] {
            let verdict = judge_at(&text, &issuer.trust(), policy, noon());
            assert_eq!(verdict.outcome, Outcome::Accepted, "{:?}", verdict.deciding());
            let [HealthDocument::Card(card)] = verdict.authentic().unwrap() else { panic!() };
            assert_eq!(card.person().name, "Amara Z. Núñez");
            assert_eq!(card.credential.statements.len(), 2);
        }
    }
}

#[test]
fn each_flaw_fails_its_own_check() {
    use Outcome::{Accepted, CannotTell, NotAccepted};
    let issuer = Issuer::new();
    let trust = issuer.trust();
    let of = |payload: Value| issuer.card(&payload);
    let header = |name: &str, value: Value| {
        let mut header = issuer.header();
        header[name] = value;
        issuer.sign(&header, &inflate::deflate_raw(payload().to_string().as_bytes()))
    };
    let soon = noon().as_second() + 60;
    let bundle = "/vc/credentialSubject/fhirBundle/entry";
    for (what, text, outcome, id, code) in [
        (
            "not yet",
            of(with("/nbf", soon.into())),
            NotAccepted,
            CheckId::NotBefore,
            "NOT_YET_VALID",
        ),
        (
            "milliseconds",
            of(with("/nbf", (noon().as_millisecond()).into())),
            NotAccepted,
            CheckId::NotBefore,
            "CWT",
        ),
        ("no text", of(with("/nbf", "soon".into())), NotAccepted, CheckId::NotBefore, "CWT"),
        (
            "other issuer",
            of(with("/iss", "https://other.example".into())),
            CannotTell,
            CheckId::KeyKnown,
            "KEY_NOT_FOUND",
        ),
        ("no bundle", of(with("/vc", json!({}))), NotAccepted, CheckId::Container, "PAYLOAD"),
        ("nobody", of(with(bundle, json!([]))), NotAccepted, CheckId::Schema, "SCHEMA"),
        ("other alg", header("alg", "HS256".into()), NotAccepted, CheckId::Algorithm, "ALG"),
        ("no alg", header("alg", "none".into()), NotAccepted, CheckId::Algorithm, "ALG"),
        ("other kid", header("kid", "x".into()), CannotTell, CheckId::KeyKnown, "KEY_NOT_FOUND"),
        ("other zip", header("zip", "GZ".into()), NotAccepted, CheckId::Container, "COMPRESSION"),
        ("crit", header("crit", json!(["x"])), NotAccepted, CheckId::Container, "SIGNING_FORMAT"),
        (
            "bad deflate",
            issuer.sign(&issuer.header(), b"\xff\xff"),
            NotAccepted,
            CheckId::Container,
            "COMPRESSION",
        ),
        (
            "twice",
            issuer.sign(&issuer.header(), &inflate::deflate_raw(b"{\"iss\":1,\"iss\":2}")),
            NotAccepted,
            CheckId::Container,
            "PAYLOAD",
        ),
        ("a chunk", "shc:/1/2/5676".to_owned(), CannotTell, CheckId::Container, "CHUNK_MISSING"),
        ("odd digits", "shc:/567".to_owned(), NotAccepted, CheckId::Container, "ENCODING"),
    ] {
        let verdict = judge(&text, &trust);
        assert_ne!(outcome, Accepted);
        assert_eq!(decided(&verdict), (outcome, id, code), "{what}");
    }
    // At the very second of its end it is over (RFC 7519, 4.1.4).
    for (end, outcome) in [(1, Accepted), (0, NotAccepted), (-1, NotAccepted)] {
        let mut payload = payload();
        payload["exp"] = (noon().as_second() + end).into();
        assert_eq!(judge(&of(payload), &trust).outcome, outcome, "{end}");
    }
}

#[test]
fn a_signature_of_another_form_or_key_does_not_hold() {
    let issuer = Issuer::new();
    let card = issuer.card(&payload());
    let (input, signature) = card.rsplit_once('.').unwrap();
    let der = issuer
        .key
        .sign(SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256), input.as_bytes())
        .unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[10] ^= 1;
    for signature in [der, flipped, Vec::new(), vec![0; 64]] {
        let verdict = judge(&jws::compact(input, &signature), &issuer.trust());
        assert_eq!(decided(&verdict), (Outcome::NotAccepted, CheckId::Signature, "SIGNATURE"));
        assert!(verdict.authentic().is_none());
    }
    // The same kid, published by somebody else for the same address.
    let other = Issuer::new();
    let mut jwks = other.jwks();
    jwks["keys"][0]["kid"] = issuer.kid.as_str().into();
    let verdict = judge(&card, &trust(&[(ISSUER, jwks)]));
    assert_eq!(decided(&verdict), (Outcome::NotAccepted, CheckId::Signature, "SIGNATURE"));
}

#[test]
fn a_key_that_is_not_named_by_its_thumbprint_is_a_flaw_and_no_more() {
    let mut issuer = Issuer::new();
    issuer.kid = "key-1".to_owned();
    let card = issuer.card(&payload());
    let border = judge(&card, &issuer.trust());
    assert_eq!(border.outcome, Outcome::Accepted);
    assert_eq!(found(&border, CheckId::KeyKnown), (Status::Warn, "KID_NO_THUMBPRINT"));
    let strict = judge_at(&card, &issuer.trust(), PolicyName::Strict, noon());
    assert_eq!(strict.outcome, Outcome::NotAccepted);
}

#[test]
fn what_was_not_done_is_no_vaccination() {
    let issuer = Issuer::new();
    let entry = "/vc/credentialSubject/fhirBundle/entry/2/resource/status";
    let verdict = judge(&issuer.card(&with(entry, "not-done".into())), &issuer.trust());
    let [HealthDocument::Card(card)] = verdict.authentic().unwrap() else { panic!() };
    assert_eq!(card.credential.statements.len(), 1);
    assert_eq!(found(&verdict, CheckId::Schema), (Status::Warn, "SCHEMA"));
}

#[test]
fn a_dose_in_the_future_is_not_accepted() {
    let issuer = Issuer::new();
    let entry = "/vc/credentialSubject/fhirBundle/entry/2/resource/occurrenceDateTime";
    let verdict = judge(&issuer.card(&with(entry, "2027-01-01".into())), &issuer.trust());
    let expected = (Outcome::NotAccepted, CheckId::EventDates, "EVENT_IN_FUTURE");
    assert_eq!(decided(&verdict), expected);
}

/// A text of the corpus as something to judge: the card itself, put together where it is chunks.
fn expected_cards(name: &str, text: &str, expected: &Value) -> Vec<(String, Value)> {
    match expected["cards"].as_array() {
        Some(cards) => {
            let limits = gdhcn_credential::Limits::default();
            let texts = files::cards(text, &limits).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(texts.len(), cards.len(), "{name}");
            texts.into_iter().zip(cards.iter().cloned()).collect()
        }
        None => vec![(text.to_owned(), expected.clone())],
    }
}

/// Where we read on and note it, while the independent reader stops: scanners drop the slash.
const TOLERATED: &str = "wrong_qr_header";

#[test]
fn every_published_card_is_judged_as_an_independent_reader_does() {
    let Some(cards) = corpus("smart-health-cards") else { return };
    let jwks: Value = serde_json::from_slice(
        &fs::read(cards.join("generate-examples/issuer/.well-known/jwks.json")).unwrap(),
    )
    .unwrap();
    let (mut met, mut exceptions) = (0, Vec::new());
    for name in ["health-cards-dev-tools", "gdhcn-validator", "khealthcertificate"] {
        let Some(folder) = corpus(name) else { continue };
        let expected: Value =
            serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
        for (path, expected) in expected.as_object().unwrap() {
            let is_card = expected["format"] == "SHC" || path.starts_with("testdata/test-");
            if !is_card || path.contains("Senegal") {
                continue;
            }
            let bytes = fs::read(folder.join(path)).unwrap();
            let text = match std::str::from_utf8(&bytes) {
                Ok(text) => text.to_owned(),
                Err(_) => {
                    read_picture(&bytes, &gdhcn_scan::Limits::default()).unwrap()[0].text.clone()
                }
            };
            for (text, expected) in expected_cards(path, &text, expected) {
                // The keys count for whoever the card names: only the signature is in question.
                let issuer = expected["iss"].as_str().unwrap_or("https://nobody.example");
                let verdict =
                    judge_at(&text, &trust(&[(issuer, jwks.clone())]), PolicyName::Border, noon());
                if path.contains(TOLERATED) {
                    assert_eq!(found(&verdict, CheckId::Container).0, Status::Warn);
                    exceptions.push(path.clone());
                } else {
                    assert!(fits(&verdict, &expected), "{path}: {:?}", verdict.checks);
                    met += 1;
                }
            }
        }
    }
    println!("smart health cards: {met} met, {} exceptions: {exceptions:?}", exceptions.len());
    assert_eq!((met, exceptions.len()), (57, 1), "the corpora have changed");
}

fn fits(verdict: &Verdict, expected: &Value) -> bool {
    let container = verdict.check(CheckId::Container).map(|check| check.status);
    if let Some(error) = expected["error"].as_str() {
        return container == Some(Status::Fail)
            && (verdict.outcome == Outcome::CannotTell) == error.contains("chunks present");
    }
    if expected.get("payload_error").is_some() {
        return container == Some(Status::Fail) && verdict.outcome == Outcome::NotAccepted;
    }
    let signature = verdict.check(CheckId::Signature).map(|check| check.status);
    let as_expected = match expected["signature_valid"].as_bool() {
        Some(true) => signature == Some(Status::Pass),
        Some(false) => signature == Some(Status::Fail),
        None => signature == Some(Status::NotDone),
    };
    let kid = verdict.envelope.as_ref().and_then(|envelope| envelope.key_name.clone());
    as_expected && kid.as_deref() == expected["header"]["kid"].as_str()
}

#[test]
fn a_card_of_a_listed_issuer_verifies_with_the_directory() {
    let (Some(samples), Some(directory)) = (corpus("gdhcn-validator"), corpus("vci-directory"))
    else {
        return;
    };
    let text = fs::read_to_string(
        samples.join("test-resources/src/main/resources/SHCSenegalContents.txt"),
    )
    .unwrap();
    let mut builder = TrustStoreBuilder::new(Backend::default());
    let snapshot = fs::read(directory.join("logs/vci_snapshot.json")).unwrap();
    builder.add_issuer_directory("vci", &snapshot, None);
    let verdict = judge(&text, &builder.build());
    assert_eq!(found(&verdict, CheckId::Signature).0, Status::Pass, "{:?}", verdict.deciding());
    assert!(verdict.authentic().is_some());
}

#[test]
fn the_seventeen_chunks_of_a_published_card_make_it_up() {
    let Some(folder) = corpus("health-cards-dev-tools") else { return };
    let mut chunks = numeric::Chunks::default();
    for number in (0..17).rev() {
        let name =
            format!("test-example-00-f-qr-code-numeric-value-{number}-qr_chunk_too_small.txt");
        let text = fs::read_to_string(folder.join("testdata").join(name)).unwrap();
        let numeric::Scanned::Part(chunk) = numeric::read(&text).unwrap() else { panic!() };
        assert_eq!(chunks.jws(), None);
        chunks.add(chunk).unwrap();
    }
    let jws = chunks.jws().unwrap();
    assert!(jws.starts_with("eyJ"), "{jws}");
    let verdict = judge(&jws, &trust(&[]));
    assert_eq!(verdict.outcome, Outcome::CannotTell);
    assert_eq!(found(&verdict, CheckId::Container).0, Status::Pass);
}

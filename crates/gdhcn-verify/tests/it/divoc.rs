//! DIVOC certificates: published ones with their expected results, and our own with one flaw each.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gdhcn_credential::HealthDocument;
use gdhcn_credential::divoc::{self, Certificate};
use gdhcn_crypto::{
    Backend, DigestAlgorithm, KeyKind, RsaSize, SignatureScheme, Signer, SoftwareKey,
};
use gdhcn_envelope::pem;
use gdhcn_testkit::corpus;
use gdhcn_trust::{TrustStore, TrustStoreBuilder};
use gdhcn_verify::{CheckId, Outcome, PolicyName, Status, Verdict};
use serde_json::{Value, json};

use crate::forge::{judge, judge_at, noon};

pub(crate) const METHOD: &str = "did:example:issuer";
const V2: &str = "https://cowin.gov.in/credentials/vaccination/v2";

pub(crate) fn document() -> Value {
    json!({
        "@context": ["https://www.w3.org/2018/credentials/v1", V2],
        "type": ["VerifiableCredential", "ProofOfVaccinationCredential"],
        "issuer": "https://issuer.example/",
        "issuanceDate": "2026-10-02T08:00:00.000Z",
        "nonTransferable": "true",
        "credentialSubject": {
            "type": "Person", "id": "did:Passport:A1234567", "refId": "1", "name": "Amara Okonkwo",
            "gender": "Female", "dob": "1990-04-12", "nationality": "XXA",
            "address": { "streetAddress": "", "city": "Springfield", "postalCode": 176207 },
        },
        "evidence": [{
            "id": "https://issuer.example/vaccine/1", "type": ["Vaccination"],
            "certificateId": "92047670169", "batch": "B7", "vaccine": "COVISHIELD",
            "manufacturer": "Maker", "date": "2026-10-01T08:00:00Z", "effectiveStart": "2026-10-01",
            "dose": 1, "totalDoses": 2, "icd11Code": "XM97T2",
            "verifier": { "name": "A nurse" },
            "facility": { "name": "Clinic", "address": { "addressCountry": "XA", "city": "" } },
        }],
    })
}

pub(crate) fn key(kind: KeyKind) -> SoftwareKey {
    SoftwareKey::generate(kind).unwrap()
}

fn trust(key: &SoftwareKey) -> TrustStore {
    let mut builder = TrustStoreBuilder::new(Backend::default());
    let pem = pem::encode("PUBLIC KEY", &key.public_key().to_spki_der());
    builder.add_named_keys("issuer.pem", METHOD, pem.as_bytes());
    builder.build()
}

/// The document with a proof by this key.
pub(crate) fn signed(key: &SoftwareKey, kind: KeyKind, mut document: Value) -> Value {
    let (proof, algorithm, scheme) = match kind {
        KeyKind::Ed25519 => ("Ed25519Signature2018", "EdDSA", SignatureScheme::Ed25519),
        _ => ("RsaSignature2018", "PS256", SignatureScheme::pss(DigestAlgorithm::Sha256)),
    };
    let header = json!({ "alg": algorithm, "b64": false, "crit": ["b64"] }).to_string();
    let header = URL_SAFE_NO_PAD.encode(header);
    document["proof"] = json!({
        "type": proof, "created": "2026-10-02T08:00:00Z", "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod", "jws": format!("{header}..AA"),
    });
    let limits = gdhcn_credential::Limits::default();
    let read = Certificate::read(&document.to_string(), &limits).unwrap();
    let signature = key.sign(scheme, &read.to_be_signed).unwrap();
    let signature = URL_SAFE_NO_PAD.encode(signature);
    document["proof"]["jws"] = format!("{header}..{signature}").into();
    document
}

fn decided(verdict: &Verdict) -> (Outcome, CheckId, &'static str) {
    let check = verdict.deciding().expect("a check decided");
    (verdict.outcome, check.id, check.reason.code())
}

fn status(verdict: &Verdict, id: CheckId) -> Status {
    verdict.check(id).unwrap_or_else(|| panic!("{id} was not come to")).status
}

#[test]
fn a_sound_certificate_is_accepted_with_both_kinds_of_key() {
    for kind in [KeyKind::Ed25519, KeyKind::Rsa(RsaSize::Bits2048)] {
        let key = key(kind);
        let text = signed(&key, kind, document()).to_string();
        let verdict = judge(&text, &trust(&key));
        assert_eq!(verdict.outcome, Outcome::Accepted, "{:?}", verdict.deciding());
        let [HealthDocument::Divoc(read)] = verdict.authentic().unwrap() else { panic!() };
        assert_eq!(read.credential.person.name, "Amara Okonkwo");
        assert_eq!(read.credential.person.document_number.as_deref(), Some("A1234567"));
        assert_eq!(read.credential.statements.len(), 1);
        assert_eq!(read.unsigned, [] as [String; 0]);
    }
}

#[test]
fn every_changed_value_breaks_the_proof() {
    let key = key(KeyKind::Ed25519);
    let sound = signed(&key, KeyKind::Ed25519, document());
    let trust = trust(&key);
    for path in [
        "/issuer",
        "/issuanceDate",
        "/nonTransferable",
        "/credentialSubject/name",
        "/credentialSubject/id",
        "/credentialSubject/dob",
        "/credentialSubject/address/postalCode",
        "/evidence/0/batch",
        "/evidence/0/dose",
        "/evidence/0/facility/address/addressCountry",
        "/evidence/0/verifier/name",
        "/proof/created",
    ] {
        let mut changed = sound.clone();
        let value = changed.pointer_mut(path).unwrap();
        *value = match &*value {
            Value::String(_) if path == "/issuer" => "https://other.example/".into(),
            Value::String(text) if text.starts_with("20") => "2026-10-01T07:00:00Z".into(),
            Value::String(text) => format!("{text}x").into(),
            _ => 9.into(),
        };
        let verdict = judge(&changed.to_string(), &trust);
        let expected = (Outcome::NotAccepted, CheckId::Signature, "SIGNATURE");
        assert_eq!(decided(&verdict), expected, "{path}");
        assert!(verdict.authentic().is_none());
    }
}

#[test]
fn order_and_form_of_the_text_are_not_signed_and_do_not_matter() {
    let key = key(KeyKind::Ed25519);
    let sound = signed(&key, KeyKind::Ed25519, document());
    let mut turned = serde_json::Map::new();
    for (name, value) in sound.as_object().unwrap().iter().rev() {
        turned.insert(name.clone(), value.clone());
    }
    let pretty = serde_json::to_string_pretty(&Value::Object(turned)).unwrap();
    assert_eq!(judge(&pretty, &trust(&key)).outcome, Outcome::Accepted);
}

/// The same names can stand in the document without being signed.
#[test]
fn only_what_is_signed_is_shown() {
    let key = key(KeyKind::Ed25519);
    let sound = signed(&key, KeyKind::Ed25519, document());
    let trust = trust(&key);

    let mut added = sound.clone();
    added["name"] = "Somebody Else".into();
    added["credentialSubject"]["batch"] = "X".into();
    let verdict = judge(&added.to_string(), &trust);
    assert_eq!(verdict.outcome, Outcome::Accepted);
    assert_eq!(status(&verdict, CheckId::Claims), Status::Warn);
    let [HealthDocument::Divoc(read)] = verdict.authentic().unwrap() else { panic!() };
    assert_eq!(read.unsigned, ["name", "credentialSubject/batch"]);
    assert_eq!(read.credential.person.name, "Amara Okonkwo");
    let strict = judge_at(&added.to_string(), &trust, PolicyName::Strict, noon());
    assert_eq!(strict.outcome, Outcome::NotAccepted);

    // The signed name moved under its full IRI, and another put in the place of nobody's term.
    let mut moved = sound.clone();
    let subject = moved["credentialSubject"].as_object_mut().unwrap();
    let name = subject.remove("name").unwrap();
    subject.insert("https://schema.org/name".into(), name);
    subject.insert("Name".into(), "Somebody Else".into());
    let verdict = judge(&moved.to_string(), &trust);
    assert_eq!(status(&verdict, CheckId::Signature), Status::Pass, "the statements are the same");
    assert_eq!(decided(&verdict), (Outcome::NotAccepted, CheckId::Schema, "SCHEMA"));
    assert!(!format!("{:?}", verdict.content()).contains("Somebody Else"));
}

#[test]
fn foreign_contexts_and_forms_are_refused() {
    let key = key(KeyKind::Ed25519);
    let sound = signed(&key, KeyKind::Ed25519, document());
    let trust = trust(&key);
    let with = |path: &str, value: Value| {
        let mut changed = sound.clone();
        *changed.pointer_mut(path).unwrap() = value;
        changed.to_string()
    };
    let jws = |header: Value, signature: &str| {
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        with("/proof/jws", format!("{header}..{signature}").into())
    };
    let alias = "https://www.pedulilindungi.id/credentials/vaccination/v2";
    for (what, text, id, code) in [
        (
            "unknown",
            with("/@context/1", "https://evil.example/v1".into()),
            CheckId::Container,
            "SIGNING_FORMAT",
        ),
        (
            "own",
            with("/@context/1", json!({ "name": "https://x.example/" })),
            CheckId::Container,
            "SIGNING_FORMAT",
        ),
        ("none", with("/@context", Value::Null), CheckId::Container, "SIGNING_FORMAT"),
        ("attached", with("/proof/jws", "e30.e30.AA".into()), CheckId::Container, "SIGNING_FORMAT"),
        ("encoded", jws(json!({ "alg": "EdDSA" }), "AA"), CheckId::Container, "SIGNING_FORMAT"),
        (
            "other alg",
            jws(json!({ "alg": "HS256", "b64": false, "crit": ["b64"] }), "AA"),
            CheckId::Algorithm,
            "ALG",
        ),
        (
            "other critical",
            jws(json!({ "alg": "EdDSA", "b64": false, "crit": ["b64", "x"] }), "AA"),
            CheckId::Container,
            "SIGNING_FORMAT",
        ),
        ("other type", with("/proof/type", "Other".into()), CheckId::Algorithm, "ALG"),
        ("alias", with("/@context/1", alias.into()), CheckId::Signature, "SIGNATURE"),
    ] {
        let verdict = judge(&text, &trust);
        if what == "alias" {
            // It stands for the same context, so the statements and the proof are the same.
            assert_eq!(verdict.outcome, Outcome::Accepted);
            continue;
        }
        assert_eq!(decided(&verdict), (Outcome::NotAccepted, id, code), "{what}");
    }
    let unknown = with("/proof/verificationMethod", "did:other".into());
    let verdict = judge(&unknown, &trust);
    assert_eq!(decided(&verdict), (Outcome::CannotTell, CheckId::KeyKnown, "KEY_NOT_FOUND"));
}

#[test]
fn published_certificates_have_the_digests_of_an_independent_reader() {
    let mut met = 0;
    for name in ["gdhcn-validator", "khealthcertificate"] {
        let Some(folder) = corpus(name) else { continue };
        let expected: Value =
            serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
        let key = corpus("ddcc-trust").unwrap().join("production-keys/india/india.pem");
        let mut builder = TrustStoreBuilder::new(Backend::default());
        builder.add_named_keys("india", "did:india", &fs::read(key).unwrap());
        let trust = builder.build();
        for (path, expected) in expected.as_object().unwrap() {
            if expected["format"] != "DIVOC" {
                continue;
            }
            let bytes = fs::read(folder.join(path)).unwrap();
            let text =
                divoc::text_of_archive(&bytes).unwrap_or_else(|| String::from_utf8(bytes).unwrap());
            let limits = gdhcn_credential::Limits::default();
            let Some(document) = expected["nquads_document_sha256"].as_str() else {
                // Its context is not published with the sample.
                println!("divoc: {path} cannot be judged: {}", expected["note"]);
                continue;
            };
            let read = Certificate::read(&text, &limits).unwrap_or_else(|e| panic!("{path}: {e}"));
            let options = expected["nquads_proof_options_sha256"].as_str().unwrap();
            assert_eq!(hex::encode(read.proof.document_digest), document, "{path}");
            assert_eq!(hex::encode(read.proof.options_digest), options, "{path}");
            let verdict = judge(&text, &trust);
            let wanted = match expected["signature_valid"].as_bool() {
                Some(true) => Status::Pass,
                Some(false) => Status::Fail,
                None => continue,
            };
            assert_eq!(status(&verdict, CheckId::Signature), wanted, "{path}");
            met += 1;
        }
    }
    println!("divoc: {met} met");
    assert!(met == 3 || corpus("gdhcn-validator").is_none(), "the corpora have changed: {met}");
}

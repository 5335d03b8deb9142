//! ICAO VDS-NC seals: published ones with their expected results, and our own with one flaw each.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gdhcn_credential::HealthDocument;
use gdhcn_credential::vds_nc::Seal;
use gdhcn_crypto::{
    Backend, Curve, DigestAlgorithm, KeyKind, SignatureScheme, Signer, SoftwareKey, sha256,
};
use gdhcn_envelope::x509::CertificateTemplate;
use gdhcn_testkit::corpus;
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::profile::Role;
use gdhcn_trust::{TrustStore, TrustStoreBuilder};
use gdhcn_verify::{CheckId, Outcome, PolicyName, Status, Verdict};
use serde_json::{Value, json};

use crate::forge::{Country, judge, judge_at, noon};

pub(crate) fn data() -> Value {
    json!({
        "hdr": { "t": "icao.vacc", "v": 1, "is": "XXA" },
        "msg": {
            "uvci": "U32870",
            "pid": { "n": "Okonkwo Amara", "dob": "1990-04-12", "i": "A1234567", "sex": "F" },
            "ve": [{ "des": "XM0GQ8", "nam": "Comirnaty", "dis": "RA01", "vd": [
                { "dvc": "2021-03-03", "seq": 1, "ctr": "AUS", "adm": "Clinic", "lot": "300" },
            ] }],
        },
    })
}

/// A seal of this data; `spoil` may change it after signing.
pub(crate) fn seal(country: &Country, data: &Value, spoil: impl FnOnce(&mut Value)) -> String {
    let canonical = Seal::read(
        &json!({ "data": data, "sig": { "alg": "ES256", "cer": "AA", "sigvl": "AA" } }).to_string(),
        &gdhcn_credential::Limits::default(),
    )
    .unwrap()
    .to_be_signed;
    let scheme = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
    let signature = country.key.sign(scheme, canonical.as_bytes()).unwrap();
    let mut seal = json!({
        "data": data,
        "sig": {
            "alg": "ES256",
            "cer": URL_SAFE_NO_PAD.encode(country.dsc.der()),
            "sigvl": URL_SAFE_NO_PAD.encode(signature),
        },
    });
    spoil(&mut seal);
    seal.to_string()
}

fn trust(files: &[&[u8]]) -> TrustStore {
    let mut builder = TrustStoreBuilder::new(Backend::default());
    for file in files {
        builder.add_certificates("given", file);
    }
    builder.build()
}

fn decided(verdict: &Verdict) -> (Outcome, CheckId, &'static str) {
    let check = verdict.deciding().expect("a check decided");
    (verdict.outcome, check.id, check.reason.code())
}

fn status(verdict: &Verdict, id: CheckId) -> Status {
    verdict.check(id).unwrap_or_else(|| panic!("{id} was not come to")).status
}

#[test]
fn a_seal_counts_by_its_authority_or_by_its_certificate_given() {
    let country = Country::new("XXA");
    let text = seal(&country, &data(), |_| {});
    for files in [vec![country.sca.der()], vec![country.dsc.der()]] {
        let verdict = judge(&text, &trust(&files));
        assert_eq!(verdict.outcome, Outcome::Accepted, "{:?}", verdict.deciding());
        let [HealthDocument::Seal(seal)] = verdict.authentic().unwrap() else { panic!() };
        assert_eq!(seal.credential.person.name, "Okonkwo Amara");
    }
    // A document signer of the network does not say that it may sign seals.
    let strict = judge_at(&text, &trust(&[country.sca.der()]), PolicyName::Strict, noon());
    assert_eq!(decided(&strict), (Outcome::NotAccepted, CheckId::KeyUsage, "KEY_USAGE"));
}

#[test]
fn the_certificate_inside_proves_nothing_by_itself() {
    let country = Country::new("XXA");
    let text = seal(&country, &data(), |_| {});
    let other = Country::new("XXB");
    let verdict = judge(&text, &trust(&[other.sca.der()]));
    assert_eq!(decided(&verdict), (Outcome::CannotTell, CheckId::KeyKnown, "KEY_NOT_FOUND"));
    assert!(verdict.authentic().is_none());
    // Another generation of the authority, of the same name: its certificate says so by the key
    // identifier, and nothing can be told.
    let namesake = Country::new("XXA");
    let verdict = judge(&text, &trust(&[namesake.sca.der()]));
    assert_eq!(decided(&verdict), (Outcome::CannotTell, CheckId::KeyKnown, "KEY_NOT_FOUND"));
    assert!(verdict.authentic().is_none());
    // One that names the very key of the authority and is not signed by it was made up.
    let mut forged = Country::new("XXA");
    let key = forged.key.public_key();
    let stranger = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let mut template = CertificateTemplate::new(
        country.dsc.subject().clone(),
        [7; 16],
        country.dsc.not_before(),
        country.dsc.not_after(),
    );
    template.authority_key_id = country.sca.extensions().subject_key_id.clone();
    let scheme = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
    forged.dsc = template.sign(key, country.sca.subject(), &stranger, scheme).unwrap();
    let verdict = judge(&seal(&forged, &data(), |_| {}), &trust(&[country.sca.der()]));
    assert_eq!(decided(&verdict), (Outcome::NotAccepted, CheckId::Chain, "CHAIN"));
    assert_eq!(judge(&text, &trust(&[])).outcome, Outcome::CannotTell);
}

#[test]
fn each_flaw_fails_its_own_check() {
    use Outcome::NotAccepted;
    let country = Country::new("XXA");
    let trust = trust(&[country.sca.der()]);
    let with = |path: &str, value: Value| {
        let path = path.to_owned();
        seal(&country, &data(), move |seal| *seal.pointer_mut(&path).unwrap() = value)
    };
    let der = {
        let sound: Value = serde_json::from_str(&seal(&country, &data(), |_| {})).unwrap();
        let limits = gdhcn_credential::Limits::default();
        let canonical = Seal::read(&sound.to_string(), &limits).unwrap().to_be_signed;
        let scheme = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
        URL_SAFE_NO_PAD.encode(country.key.sign(scheme, canonical.as_bytes()).unwrap())
    };
    let authority = URL_SAFE_NO_PAD.encode(country.sca.der());
    for (what, text, id, code) in [
        ("name", with("/data/msg/pid/n", "Doe".into()), CheckId::Signature, "SIGNATURE"),
        ("number form", with("/data/hdr/v", json!(1.5)), CheckId::Signature, "SIGNATURE"),
        ("DER", with("/sig/sigvl", der.into()), CheckId::Signature, "SIGNATURE"),
        ("no signature", with("/sig/sigvl", "".into()), CheckId::Signature, "SIGNATURE"),
        ("none", with("/sig/alg", "none".into()), CheckId::Algorithm, "ALG"),
        ("other digest", with("/sig/alg", "ES384".into()), CheckId::Signature, "SIGNATURE"),
        ("no certificate", with("/sig/cer", "AAAA".into()), CheckId::Container, "CERTIFICATE"),
        ("not base64", with("/sig/cer", "*".into()), CheckId::Container, "ENCODING"),
        ("the authority's", with("/sig/cer", authority.into()), CheckId::Signature, "SIGNATURE"),
    ] {
        let verdict = judge(&text, &trust);
        assert_eq!(decided(&verdict), (NotAccepted, id, code), "{what}");
        assert!(verdict.authentic().is_none(), "{what}");
    }
    let twice = seal(&country, &data(), |_| {}).replacen("\"sex\"", "\"n\":\"x\",\"sex\"", 1);
    let verdict = judge(&twice, &trust);
    assert_eq!(decided(&verdict), (NotAccepted, CheckId::Container, "PAYLOAD"));
}

#[test]
fn the_form_of_a_text_does_not_matter_only_its_meaning_does() {
    let country = Country::new("XXA");
    let trust = trust(&[country.sca.der()]);
    let text = seal(&country, &data(), |_| {});
    let spaced = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&text).unwrap());
    assert_eq!(judge(&spaced.unwrap(), &trust).outcome, Outcome::Accepted);
    let escaped = text.replace("Okonkwo", "\\u004fkonkwo");
    assert_ne!(escaped, text);
    assert_eq!(judge(&escaped, &trust).outcome, Outcome::Accepted);
}

#[test]
fn what_a_kind_of_seal_must_name_is_asked_for() {
    let country = Country::new("XXA");
    let trust = trust(&[country.sca.der()]);
    let mut anonymous = data();
    anonymous["msg"]["pid"] = json!({ "n": "Okonkwo Amara" });
    let verdict = judge(&seal(&country, &anonymous, |_| {}), &trust);
    assert_eq!(status(&verdict, CheckId::Schema), Status::Warn);
    let mut empty = data();
    empty["msg"]["ve"] = json!([]);
    let verdict = judge(&seal(&country, &empty, |_| {}), &trust);
    assert_eq!(decided(&verdict), (Outcome::NotAccepted, CheckId::Schema, "SCHEMA"));
    let mut to_come = data();
    to_come["msg"]["ve"][0]["vd"][0]["dvc"] = "2027-03-03".into();
    let verdict = judge(&seal(&country, &to_come, |_| {}), &trust);
    let expected = (Outcome::NotAccepted, CheckId::EventDates, "EVENT_IN_FUTURE");
    assert_eq!(decided(&verdict), expected);
}

/// The texts of the corpora with what an independent reader finds in each.
fn published(folder: &Path) -> Vec<(String, String, Value)> {
    let expected: Value =
        serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let mut found = Vec::new();
    for (path, expected) in expected.as_object().unwrap() {
        let (file, index) = path.split_once('#').unwrap_or((path, ""));
        let list = expected.as_array().cloned().unwrap_or_else(|| vec![expected.clone()]);
        for (position, expected) in list.into_iter().enumerate() {
            if expected["format"] != "VDS-NC" {
                continue;
            }
            let text = fs::read_to_string(folder.join(file)).unwrap();
            // Some files hold several seals in an array.
            let text = if text.starts_with('[') {
                let all: Vec<Value> = serde_json::from_str(&text).unwrap();
                all[index.parse().unwrap_or(position)].to_string()
            } else {
                text
            };
            found.push((path.clone(), text, expected));
        }
    }
    found
}

#[test]
fn every_published_seal_is_judged_as_an_independent_reader_does() {
    let Some(root) = corpus("vds-nc") else { return };
    let authority = fs::read(root.join("australian-passport-office/aus-csca.der")).unwrap();
    let japan = fs::read(root.join("australian-passport-office/jpn-csca.der")).unwrap();
    let store = trust(&[&authority, &japan]);
    let at = "2022-01-01T00:00:00Z".parse().unwrap();
    let (mut met, mut chains) = (0, 0);
    for name in ["vds-nc", "khealthcertificate", "gdhcn-validator"] {
        let Some(folder) = corpus(name) else { continue };
        for (path, text, expected) in published(&folder) {
            let limits = gdhcn_credential::Limits::default();
            let seal = Seal::read(&text, &limits).unwrap_or_else(|e| panic!("{path}: {e}"));
            let digest = hex::encode(sha256(seal.to_be_signed.as_bytes()));
            assert_eq!(digest, expected["canonical_sha256"].as_str().unwrap(), "{path}");
            let verdict = judge_at(&text, &store, PolicyName::Border, at);
            let wanted =
                if expected["signature_valid"] == true { Status::Pass } else { Status::Fail };
            assert_eq!(status(&verdict, CheckId::Signature), wanted, "{path}");
            let has_chain = !expected["chain"].as_array().unwrap().is_empty()
                || expected["note"].as_str().is_some_and(|note| note.contains("jpn-csca"));
            let known = status(&verdict, CheckId::KeyKnown);
            assert_eq!(known == Status::Pass, has_chain, "{path}: {:?}", verdict.deciding());
            let outcome = match (wanted, has_chain) {
                (Status::Fail, _) => Outcome::NotAccepted,
                (_, true) => Outcome::Accepted,
                (_, false) => Outcome::CannotTell,
            };
            assert_eq!(verdict.outcome, outcome, "{path}: {:?}", verdict.deciding());
            met += 1;
            chains += usize::from(has_chain);
        }
    }
    println!("vds-nc seals: {met} met, {chains} of them with a chain");
    assert_eq!(met, 7, "the corpora have changed");
}

/// No state's authority can certify signers of another one.
#[test]
fn a_signer_that_another_states_authority_certified_is_refused() {
    let mut country = Country::new("XXB");
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    // XXA's authority signs with its own key a certificate for XXB.
    let authority = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let request = |role, owner: &str, key| {
        Request::new(
            role,
            gdhcn_codes::Participant::parse(owner).ok(),
            "Test",
            key,
            [8; 16],
            noon(),
        )
    };
    let sca = request(Role::Sca, "XXA", authority.public_key()).self_signed(&authority).unwrap();
    country.dsc = request(Role::Dsc, "XXB", key.public_key()).issued_by(&sca, &authority).unwrap();
    country.key = key;
    let mut data = data();
    data["hdr"]["is"] = "XXB".into();
    let verdict = judge(&seal(&country, &data, |_| {}), &trust(&[sca.der()]));
    assert_eq!(decided(&verdict), (Outcome::NotAccepted, CheckId::Issuer, "ISSUER"));
}

/// A document signer of a trust list is for HC1 codes: as a seal's signer it is not known.
#[test]
fn a_listed_document_signer_does_not_vouch_for_a_seal() {
    let country = Country::new("XXA");
    let list = json!({
        "id": "did:web:h:l",
        "verificationMethod": [{
            "id": format!("did:web:h:XXA:DSC#{}", country.dsc.kid()),
            "publicKeyJwk": {
                "kty": "EC", "crv": "UNKNOWN CURVE",
                "x5c": [base64::engine::general_purpose::STANDARD.encode(country.dsc.der())],
            },
        }],
    });
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.add_did_document("list", list.to_string().as_bytes());
    let store = builder.build();
    assert_eq!(store.keys().len(), 1);
    let verdict = judge(&seal(&country, &data(), |_| {}), &store);
    assert_eq!(decided(&verdict), (Outcome::CannotTell, CheckId::KeyKnown, "KEY_NOT_FOUND"));
}

//! WHO documents, links and card-like codes of all formats: published samples, and what becomes of
//! them as FHIR and as DDCC core data sets.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gdhcn_credential::ddcc::core_data_set;
use gdhcn_credential::{HealthDocument, SubclaimKey, fhir, from_json};
use gdhcn_crypto::Backend;
use gdhcn_testkit::corpus;
use gdhcn_trust::{TrustStore, TrustStoreBuilder};
use gdhcn_verify::{CheckId, Content, Outcome, PolicyName, Status, Verdict};
use serde_json::{Value, json};

use crate::forge::{Code, Country, judge, judge_at, noon};

fn decided(verdict: &Verdict) -> (Outcome, CheckId, &'static str) {
    let check = verdict.deciding().expect("a check decided");
    (verdict.outcome, check.id, check.reason.code())
}

fn found(verdict: &Verdict, id: CheckId) -> (Status, &'static str) {
    let check = verdict.check(id).unwrap();
    (check.status, check.reason.code())
}

fn with(country: &Country, key: SubclaimKey, document: &Value) -> String {
    let document = from_json(document).into_owned();
    Code { key, document, ..Code::dcc() }.text(country)
}

fn vaccination_status() -> Value {
    json!({
        "name": "Amara Okonkwo", "birthDate": "1990-04-12", "sex": { "code": "female" },
        "identifier": "A1234567",
        "certificate": { "issuer": { "display": "Ministry" }, "hcid": "H1", "version": "RC2" },
        "vaccination": {
            "vaccine": { "system": "http://id.who.int/icd11/mms", "code": "XM0GQ8" },
            "brand": { "system": "http://id.who.int/icd11/mms", "code": "XM8NQ0" },
            "maholder": { "code": "ORG-100030215" }, "lot": "B7", "date": "2026-10-01",
            "dose": 2, "total_doses": 3, "country": { "code": "XXA" }, "centre": "Clinic",
        },
    })
}

#[test]
fn a_ddcc_is_read_in_the_forms_of_the_model_and_of_the_field() {
    let country = Country::new("XXA");
    let text = with(&country, SubclaimKey::DDCC_VACCINATION, &vaccination_status());
    let verdict = judge(&text, &country.trust());
    assert_eq!(verdict.outcome, Outcome::Accepted, "{:?}", verdict.deciding());
    let [HealthDocument::Ddcc(ddcc)] = verdict.authentic().unwrap() else { panic!() };
    assert_eq!((ddcc.problems.len(), ddcc.is_flat), (0, false));
    assert_eq!(ddcc.credential.identifier.as_deref(), Some("H1"));
    let sets = core_data_set(&ddcc.credential);
    assert_eq!(sets[0]["vaccination"]["totalDoses"], 3);
    assert_eq!(sets[0]["certificate"]["issuer"]["display"], "Ministry");

    let mut bare = vaccination_status();
    bare.as_object_mut().unwrap().remove("vaccination");
    let text = with(&country, SubclaimKey::DDCC_VACCINATION, &bare);
    let verdict = judge(&text, &country.trust());
    assert_eq!(decided(&verdict), (Outcome::NotAccepted, CheckId::Schema, "SCHEMA"));
}

#[test]
fn who_documents_of_the_first_layout_are_read_and_never_accepted() {
    let Some(folder) = corpus("gdhcn-validator") else { return };
    let key = fs::read(corpus("ddcc-trust").unwrap().join("dist/prod/s/ml/e/did.json")).unwrap();
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.add_did_document("ddcc-trust", &key);
    let trust = builder.build();
    for (name, outcome) in [
        ("WHOQR1", Outcome::CannotTell),
        ("WHOQR2", Outcome::CannotTell),
        ("WHOSingaporePCR", Outcome::NotAccepted),
    ] {
        let path = format!("test-resources/src/main/resources/{name}Contents.txt");
        let text = fs::read_to_string(folder.join(path)).unwrap();
        for policy in [PolicyName::Border, PolicyName::Strict] {
            let verdict = judge_at(&text, &trust, policy, noon());
            assert_ne!(verdict.outcome, Outcome::Accepted, "{name}");
            assert_eq!(found(&verdict, CheckId::Claims).1, "LEGACY_LAYOUT", "{name}");
        }
        let lenient = judge_at(&text, &trust, PolicyName::Lenient, noon());
        let (Content::Authentic(documents) | Content::Unproven(documents)) = lenient.content()
        else {
            panic!("{name}: {:?}", lenient.deciding())
        };
        let [HealthDocument::Ddcc(ddcc)] = documents.as_slice() else { panic!("{name}") };
        assert!(ddcc.is_flat && !ddcc.credential.person.name.is_empty());
        assert_eq!(ddcc.credential.statements.len(), 1);
        println!("{name}: lenient {}, else at best {outcome}", lenient.outcome);
    }
}

/// WHO's lists of the development environment, of which the samples' key is a part.
fn dev_trust() -> Option<TrustStore> {
    let list = corpus("tng-cdn")?.join("dev/v2/trustlist/did.json");
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.add_did_document("dev", &fs::read(list).unwrap());
    Some(builder.build())
}

#[test]
fn the_published_icvp_is_genuine_and_its_issuer_does_not_own_the_key() {
    let (Some(folder), Some(trust)) = (corpus("lacpass"), dev_trust()) else { return };
    let text = fs::read_to_string(folder.join("icvp.txt")).unwrap();
    let at = "2026-08-25T00:00:00Z".parse().unwrap();
    let verdict = judge_at(&text, &trust, PolicyName::Border, at);
    assert_eq!(found(&verdict, CheckId::Signature).0, Status::Pass);
    assert_eq!(found(&verdict, CheckId::Issuer), (Status::Warn, "ISSUER"));
    assert_eq!(found(&verdict, CheckId::Domain), (Status::Warn, "DOMAIN"));
    assert_eq!(found(&verdict, CheckId::EventDates).0, Status::Pass);
    let document = &verdict.authentic().unwrap()[0];
    let bundle = fhir::bundle(document, Some(noon()), b"seed").unwrap();
    let types: Vec<_> = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["resource"]["resourceType"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["Composition", "Patient", "Immunization"]);
    let immunization = &bundle["entry"][2]["resource"];
    assert_eq!(immunization["lotNumber"], "123123123");
    assert_eq!(immunization["occurrenceDateTime"], "2017-12-11");
    assert!(immunization["vaccineCode"]["coding"][0]["code"] == "YellowFever");
}

fn link(scheme: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut payload = json!({
        "url": "https://host.example/m", "key": "A".repeat(43), "flag": "P",
        "exp": noon().as_second() + 100,
    });
    change(&mut payload);
    format!("{scheme}{}", URL_SAFE_NO_PAD.encode(payload.to_string()))
}

// V1: what a link's code proves, offline, and that it is not opened.
#[test]
fn a_signed_link_is_accepted_as_far_as_it_goes() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let judged =
        |text: String| judge(&with(&country, SubclaimKey::HEALTH_LINK, &text.into()), &trust);
    let sound = judged(link("vhlink:/", |_| {}));
    assert_eq!(sound.outcome, Outcome::Accepted, "{:?}", sound.deciding());
    let said = sound.check(CheckId::Link).unwrap().reason.to_string();
    assert_eq!(said, "sound, not opened; its holder has the passcode");

    let past = |payload: &mut Value| payload["exp"] = (noon().as_second() - 1).into();
    let expired = (Outcome::NotAccepted, CheckId::Link, "EXPIRED");
    assert_eq!(decided(&judged(link("vhlink:/", past))), expired);
    let hint = judged(link("shlink:/", past));
    assert_eq!((hint.outcome, found(&hint, CheckId::Link).0), (Outcome::Accepted, Status::Warn));

    let later = judged(link("shlink:/", |payload| payload["v"] = 2.into()));
    assert_eq!(decided(&later), (Outcome::CannotTell, CheckId::Link, "UNSUPPORTED_VERSION"));
    let plain = judged(link("vhlink:/", |payload| payload["url"] = "http://host.example".into()));
    assert_eq!(decided(&plain), (Outcome::NotAccepted, CheckId::Link, "LINK"));
    let key = judged(link("vhlink:/", |payload| payload["key"] = "A".repeat(44).into()));
    assert_eq!(decided(&key), (Outcome::NotAccepted, CheckId::Link, "LINK"));
    let garbage = judged("vhlink:/*".to_owned());
    assert_eq!(decided(&garbage), (Outcome::NotAccepted, CheckId::Link, "LINK"));
    let text = judged("hello".to_owned());
    assert_eq!(decided(&text), (Outcome::NotAccepted, CheckId::Content, "HCERT_MISSING"));
}

#[test]
fn a_bare_link_proves_nothing() {
    let trust = Country::new("XXA").trust();
    for text in [link("shlink:/", |_| {}), link("https://viewer.example/#shlink:/", |_| {})] {
        let verdict = judge(&text, &trust);
        let expected = (Outcome::CannotTell, CheckId::Signature, "UNSIGNED_LINK");
        assert_eq!(decided(&verdict), expected);
        assert!(verdict.authentic().is_none());
    }
}

#[test]
fn the_published_signed_link_names_its_faults() {
    let (Some(folder), Some(trust)) = (corpus("lacpass"), dev_trust()) else { return };
    let text = fs::read_to_string(folder.join("vhl.txt")).unwrap();
    let at = "2025-10-01T00:00:00Z".parse().unwrap();
    let verdict = judge_at(&text, &trust, PolicyName::Border, at);
    assert_eq!(verdict.outcome, Outcome::NotAccepted);
    // It counts milliseconds, and its kid is a text.
    assert_eq!(found(&verdict, CheckId::IssuedAt), (Status::Fail, "CWT"));
    assert_ne!(found(&verdict, CheckId::Link).0, Status::Pass);
}

/// R4: a document has a timestamp, a protocol a dose number, a section a text.
#[test]
fn an_icvp_becomes_a_patient_summary_that_r4_takes() {
    let country = Country::new("XXA");
    let verdict = judge(&Code::icvp("2026-10-01").text(&country), &country.trust());
    let document = &verdict.authentic().unwrap()[0];
    for (issued_at, timestamp) in
        [(Some(noon()), "2026-11-25T12:00:00Z"), (None, "2026-10-01T00:00:00Z")]
    {
        let bundle = fhir::bundle(document, issued_at, b"seed").unwrap();
        assert_eq!(
            (&bundle["type"], &bundle["timestamp"]),
            (&"document".into(), &timestamp.into())
        );
        let composition = &bundle["entry"][0]["resource"];
        assert!(timestamp.starts_with(&composition["date"].as_str().unwrap()[..10]));
        let narrative = composition["section"][0]["text"]["div"].as_str().unwrap();
        assert!(narrative.contains(">No information<"));
        let immunization = &bundle["entry"].as_array().unwrap().last().unwrap()["resource"];
        assert_eq!(immunization["protocolApplied"][0]["doseNumberString"], "unknown");
    }
}

#[test]
fn a_dcc_becomes_a_fhir_bundle_that_is_the_same_every_time() {
    let country = Country::new("XXA");
    let verdict = judge(&Code::dcc().text(&country), &country.trust());
    let document = &verdict.authentic().unwrap()[0];
    let bundle = fhir::bundle(document, Some(noon()), b"the signed bytes").unwrap();
    assert_eq!(bundle, fhir::bundle(document, Some(noon()), b"the signed bytes").unwrap());
    assert_ne!(bundle, fhir::bundle(document, Some(noon()), b"others").unwrap());
    let entries = bundle["entry"].as_array().unwrap();
    let resource = |kind: &str| {
        entries
            .iter()
            .map(|entry| &entry["resource"])
            .find(|one| one["resourceType"] == kind)
            .unwrap()
    };
    assert_eq!(resource("Patient")["birthDate"], "1990-04-12");
    let immunization = resource("Immunization");
    assert_eq!(immunization["status"], "completed");
    assert_eq!(immunization["protocolApplied"][0]["doseNumberPositiveInt"], 2);
    assert_eq!(immunization["vaccineCode"]["coding"][0]["code"], "1119349007");
    // What R4 demands.
    let composition = resource("Composition");
    assert_eq!(composition["date"], noon().to_string());
    assert!(composition["author"][0]["reference"].is_string());
    for entry in entries {
        assert_eq!(entry["request"]["method"], "POST", "bdl-3");
        assert_eq!(entry["request"]["url"], entry["resource"]["resourceType"]);
    }
    // Every reference is to an entry of the bundle.
    let names: Vec<_> = entries.iter().map(|entry| entry["fullUrl"].as_str().unwrap()).collect();
    let text = bundle.to_string();
    for part in text.split("\"reference\":\"").skip(1) {
        let reference = part.split('"').next().unwrap();
        assert!(names.contains(&reference), "{reference}");
    }
    let sets = core_data_set(&document.credential().unwrap());
    assert_eq!(sets[0]["vaccination"]["brand"]["code"], "XM8NQ0", "{sets:?}");
    assert_eq!(sets[0]["vaccination"]["dose"], 2);
    assert!(sets[0]["vaccination"].get("lot").is_none(), "a DCC names no batch");
}

//! Samples of the field: what an independent checker read in them, we read too.

use std::path::{Path, PathBuf};

use gdhcn_credential::icvp::Generation;
use gdhcn_credential::{
    Cwt, CwtWarning, HealthDocument, Limits, SubclaimKey, TextKind, TimeClaim, TimeFault, detect,
    hcert, to_json,
};
use gdhcn_envelope::cbor;
use gdhcn_envelope::cose::{CoseSign1, HeaderSide};
use serde_json::Value as Json;

/// The text of a sample: a text file, or the QR text inside a request of WHO's web validator.
fn text(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    match serde_json::from_str::<Json>(&text) {
        Ok(Json::Object(members)) if path.extension().is_some_and(|e| e == "json") => {
            let is_code = |value: &&Json| value.as_str().is_some_and(|t| t.starts_with("HC1:"));
            members.values().find(is_code).and_then(Json::as_str).unwrap_or_default().to_owned()
        }
        _ => text,
    }
}

fn claims(path: &Path) -> Cwt {
    let code = hcert::open(&text(path), &Limits::default()).unwrap();
    Cwt::parse(code.cose.payload(), &Limits::default()).unwrap()
}

#[test]
fn every_sample_of_the_field_opens_to_the_known_headers_and_claims() {
    let mut opened = 0;
    for (corpus, count) in [("gdhcn-validator", 8), ("lacpass", 2), ("khealthcertificate", 5)] {
        let Some(root) = gdhcn_testkit::corpus(corpus) else { return };
        let expected = std::fs::read(root.join("expected.json")).unwrap();
        let expected: serde_json::Map<String, Json> = serde_json::from_slice(&expected).unwrap();
        let codes = expected.iter().filter(|(_, sample)| sample["format"] == "HC1");
        let before = opened;
        for (name, sample) in codes {
            let code = hcert::open(&text(&root.join(name)), &Limits::default()).unwrap();
            let side = match sample["kid_in"].as_str() {
                Some("protected") => HeaderSide::Protected,
                _ => HeaderSide::Unprotected,
            };
            assert_eq!(code.cose.kid_side(), Some(side), "{name}");
            let kid = code.cose.kid().unwrap();
            if code.cose.kid_is_text() {
                assert_eq!(Some(kid.as_bytes()), sample["kid"].as_str().map(str::as_bytes));
            } else {
                assert_eq!(Some(kid.to_base64().as_str()), sample["kid"].as_str(), "{name}");
            }
            assert_eq!(code.cose.alg(), sample["alg"].as_i64(), "{name}");
            assert_eq!(
                Some(code.cose.signature().len() as u64),
                sample["signature_bytes"].as_u64(),
                "{name}"
            );
            let payload = cbor::decode(code.cose.payload(), &cbor::Limits::default()).unwrap();
            let ours = to_json(&payload);
            let differs = difference(&ours, &sample["claims"], "");
            assert_eq!(differs, None, "{name}");
            opened += 1;
        }
        assert_eq!(opened - before, count, "{corpus}");
    }
}

/// The first place where two documents differ; undefined is written in several ways.
fn difference(ours: &Json, theirs: &Json, path: &str) -> Option<String> {
    match (ours, theirs) {
        (Json::Object(a), Json::Object(b)) => {
            let missing = b.keys().find(|key| !a.contains_key(*key));
            if let Some(key) = missing {
                return Some(format!("{path}/{key}: missing"));
            }
            a.iter().find_map(|(key, value)| {
                difference(value, b.get(key).unwrap_or(&Json::Null), &format!("{path}/{key}"))
            })
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).find_map(|(a, b)| difference(a, b, &format!("{path}/")))
        }
        (Json::Null, Json::String(word)) if word == "CBOR undefined" => None,
        _ if ours == theirs => None,
        _ => Some(format!("{path}: {ours} is not {theirs}")),
    }
}

fn sample(corpus: &str, name: &str) -> Option<PathBuf> {
    gdhcn_testkit::corpus(corpus).map(|root| root.join(name))
}

#[test]
fn vaccination_certificates_of_the_pilots_are_read_by_generation() {
    const RESOURCES: &str = "test-resources/src/main/resources";
    for (corpus, file, generation, holder, day) in [
        ("lacpass", "icvp.txt".to_owned(), Generation::Second, "Aulo Agerio", "2017-12-11"),
        (
            "gdhcn-validator",
            format!("{RESOURCES}/DVCTestQR.txt"),
            Generation::First,
            "Aulo Agerio",
            "1904-08-23",
        ),
        (
            "gdhcn-validator",
            format!("{RESOURCES}/DVCTest3QR.txt"),
            Generation::First,
            "Albani Olivieri",
            "2023-07-04",
        ),
    ] {
        let Some(path) = sample(corpus, &file) else { return };
        let claims = claims(&path);
        assert_eq!(claims.expires_at, TimeClaim::Absent, "{file}");
        let [subclaim] = claims.subclaims.as_slice() else { panic!("{file}: one document") };
        let HealthDocument::Icvp(certificate) = &subclaim.document else { panic!("{file}") };
        assert_eq!(certificate.generation, generation, "{file}");
        assert_eq!(certificate.person().name, holder, "{file}");
        assert_eq!(certificate.dose().unwrap().day().unwrap().to_string(), day, "{file}");
        assert!(!certificate.problems.iter().any(|problem| problem.is_structural()), "{file}");
    }
    let Some(path) = sample("lacpass", "icvp.txt") else { return };
    let HealthDocument::Icvp(certificate) = &claims(&path).subclaims[0].document else { panic!() };
    let dose = certificate.dose().unwrap();
    assert!(dose.icvp_product().is_some());
    assert_eq!(dose.first_valid_day().unwrap().to_string(), "2017-12-21");
}

#[test]
fn the_health_link_of_the_pilot_is_recognised_with_its_faults() {
    let Some(path) = sample("lacpass", "vhl.txt") else { return };
    assert!(hcert::open(&text(&path), &Limits::default()).unwrap().cose.kid_is_text());
    let claims = claims(&path);
    assert_eq!(claims.issued_at, TimeClaim::Unreadable { why: TimeFault::Milliseconds });
    let HealthDocument::Link(link) = &claims.subclaims[0].document else { panic!("a link") };
    assert!(link.text.starts_with("shlink://"));
}

#[test]
fn an_expiry_that_is_not_a_number_is_called_so() {
    let file = "test-resources/src/main/resources/EUUruguayContents.txt";
    let Some(path) = sample("gdhcn-validator", file) else { return };
    let claims = claims(&path);
    assert_eq!(claims.expires_at, TimeClaim::Unreadable { why: TimeFault::NotFinite });
}

#[test]
fn the_first_layout_of_who_is_named_as_such() {
    let file = "test-resources/src/main/resources/WHOQR2Contents.txt";
    let Some(path) = sample("gdhcn-validator", file) else { return };
    let claims = claims(&path);
    assert_eq!(claims.warnings, [CwtWarning::LegacyLayout]);
    let keys: Vec<_> = claims.subclaims.iter().map(|one| one.key).collect();
    assert_eq!(keys, [SubclaimKey::DDCC_VACCINATION]);
}

#[test]
fn the_bare_message_of_april_2021_is_read() {
    let Some(path) = sample("hcert-testdata", "testdata/test1.bin") else { return };
    let cose = CoseSign1::parse(&std::fs::read(path).unwrap(), &cbor::Limits::default()).unwrap();
    let claims = Cwt::parse(cose.payload(), &Limits::default()).unwrap();
    assert!(matches!(claims.subclaims[0].document, HealthDocument::Dcc(_)));
}

#[test]
fn texts_of_other_formats_are_told_apart() {
    const RESOURCES: &str = "test-resources/src/main/resources";
    for (file, kind) in [
        ("DIVOCQR1Contents.txt", TextKind::Divoc),
        ("SHCQR1Contents.txt", TextKind::SmartHealthCard),
        ("SHCSenegalContents.txt", TextKind::SmartHealthCard),
        ("ICAOAUQR1Contents.txt", TextKind::VdsNc),
        ("EUUruguayContents.txt", TextKind::Hcert),
        ("WHOQR1Contents.txt", TextKind::Hcert),
    ] {
        let Some(path) = sample("gdhcn-validator", &format!("{RESOURCES}/{file}")) else { return };
        assert_eq!(detect(&text(&path)), kind, "{file}");
    }
}

//! What failed people in the field, for the command line: B for the officer, A for the auditor.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{AS_XXB, Place};

const PERSON: [&str; 5] = ["Okonkwo", "Amara", "1990-04-12", "URN:UVCI", "HC1:"];

/// All files below a folder with their content.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let content = fs::read(&path).unwrap();
            found.push((path, content));
        }
    }
    found.sort();
    found
}

/// B24: a report of a fault names codes, keys and ages, and nothing of a person.
#[test]
fn b24_a_fault_can_be_reported_without_naming_a_person() {
    let place = Place::with_demo();
    for (name, code, exit) in [
        ("dcc", None, 0),
        ("dcc-expired", Some("EXPIRED"), 1),
        ("dcc-changed", Some("SIGNATURE"), 1),
        ("dcc-unknown-key", Some("KEY_NOT_FOUND"), 2),
    ] {
        place.write("Amara Okonkwo.txt", place.read(&format!("demo/xxa/{name}.txt")));
        let run = place.verify_as_xxb(&["Amara Okonkwo.txt", "--report"]).done(exit);
        for secret in PERSON {
            assert!(!run.stdout.contains(secret), "{name}: {secret} stands in {}", run.stdout);
        }
        let report = run.json();
        assert_eq!(report["codes"][0]["code"].as_str(), code, "{report}");
        assert_eq!(report["codes"][0]["checks"].as_array().unwrap().len(), 25, "{report}");
        assert!(report["codes"][0]["key"].is_string(), "{report}");
        assert!(report["program"].as_str().unwrap().starts_with("gdhcn "), "{report}");
        assert!(report["sources"][0]["dated"].is_string(), "{report}");
    }
}

/// A2 and B26: verifying leaves nothing behind, wherever one looks.
#[test]
fn a2_verifying_stores_nothing() {
    let place = Place::with_demo();
    let before = files(&place.path("."));
    for arguments in [
        &["demo/xxa/dcc.png"][..],
        &["demo/xxa/dcc-changed.txt", "--json"],
        &["demo/xxa", "--csv"],
        &["demo/xxa/icvp.png", "--fhir"],
        &["demo/xxa/dcc.txt", "--language", "ar"],
    ] {
        place.run(&[&["verify"], arguments, &AS_XXB].concat());
    }
    place.run(&["decode", "demo/xxa/dcc.png"]).done(0);
    assert!(files(&place.path(".")) == before, "a file came, went or changed");
}

/// A4: the identifier, by which a person could be followed, is not shown.
#[test]
fn a4_the_identifier_is_not_on_the_screen() {
    let place = Place::with_demo();
    for more in [&[][..], &["--language", "fr"]] {
        let told = place.verify_as_xxb(&[&["demo/xxa/dcc.txt"], more].concat()).done(0).stdout;
        assert!(told.contains("Okonkwo") && !told.contains("UVCI:01"), "{told}");
    }
}

/// A8: a genuine certificate may be somebody else's; whoever accepts one is told to look.
#[test]
fn a8_an_accepted_certificate_asks_for_the_persons_document() {
    let place = Place::with_demo();
    for (language, words) in [("en", "passport"), ("es", "pasaporte"), ("fr", "passeport")] {
        let told = place.verify_as_xxb(&["demo/xxa/dcc.txt", "--language", language]).done(0);
        assert!(told.stdout.contains(words), "{}", told.stdout);
    }
    let told = place.verify_as_xxb(&["demo/xxa/dcc.txt"]).done(0).stdout;
    assert!(told.contains("identity document"), "{told}");
}

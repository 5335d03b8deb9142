use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gdhcn_codes::value_set::{self, ValueSetId};
use gdhcn_codes::{Domain, KeyUsage, Participant, ParticipantKind, icvp_product};
use gdhcn_testkit::corpus;
use serde_json::Value;

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap()
}

#[test]
fn every_code_of_the_eu_value_sets_has_a_display_name() {
    let Some(folder) = corpus("eu-dcc-valuesets") else { return };
    let mut checked = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let published = json(&path);
        let Some(set) = published["valueSetId"].as_str().and_then(ValueSetId::from_id) else {
            continue;
        };
        let values = published["valueSetValues"].as_object().unwrap();
        for (code, value) in values {
            let ours = value_set::find(set, code).unwrap_or_else(|| panic!("{set}: {code}"));
            assert_eq!(ours.active, value["active"].as_bool().unwrap(), "{code}");
            let display = value["display"].as_str().unwrap().trim_end_matches(" (deprecated)");
            assert!(ours.display.eq_ignore_ascii_case(display), "{code}: {display}");
            checked += 1;
        }
        assert_eq!(value_set::entries(set).len(), values.len(), "{set}");
    }
    assert_eq!(checked, 84, "1 disease, 9 kinds, 39 products, 31 holders, 2 tests, 2 results");
}

#[test]
fn every_country_of_the_eu_value_set_is_known() {
    let Some(folder) = corpus("eu-dcc-valuesets") else { return };
    let published = json(&folder.join("country-2-codes.json"));
    let codes = published["valueSetValues"].as_object().unwrap();
    for code in codes.keys() {
        assert!(Participant::parse(code).is_ok(), "{code}");
    }
    // The value set is ISO 3166-1 and Kosovo, no more.
    assert_eq!(codes.len(), 250);
    let ours = Participant::all().filter(|known| {
        matches!(known.kind(), ParticipantKind::Country | ParticipantKind::UserAssigned)
    });
    let missing: Vec<_> = ours.filter(|known| !codes.contains_key(known.alpha2())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_participant_folder_of_the_network_is_known() {
    let Some(root) = corpus("tng-participants") else { return };
    let mut folders = BTreeSet::new();
    for environment in ["dev", "uat", "prod"] {
        for entry in fs::read_dir(root.join(environment)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.insert(entry.file_name().into_string().unwrap());
            }
        }
    }
    assert_eq!(folders.len(), 76, "the corpus has changed");
    for folder in &folders {
        let participant = Participant::parse(folder).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(participant.alpha3(), folder, "folders are named by the alpha-3 code");
    }
    println!("{} participant folders known", folders.len());
}

#[test]
fn every_code_of_the_published_trust_lists_is_known() {
    let Some(root) = corpus("tng-cdn") else { return };
    let mut entries = 0;
    for environment in ["prod", "uat", "dev", "dev-2025-11-12"] {
        let list = json(&root.join(environment).join("v2/trustlist/did.json"));
        for method in list["verificationMethod"].as_array().unwrap() {
            if method.is_string() {
                continue;
            }
            // The lists of 2025 held plain strings.
            let code = |member: &str| {
                let value = &method[member];
                value.as_str().or(value["code"].as_str()).unwrap().to_owned()
            };
            assert!(Participant::parse(&code("participant")).is_ok(), "{}", code("participant"));
            assert!(code("domain").parse::<Domain>().is_ok(), "{}", code("domain"));
            let usage = KeyUsage::from_list_code(&code("keyusage"));
            assert!(usage.is_some_and(|known| known.list_code().is_some()), "{}", code("keyusage"));
            entries += 1;
        }
    }
    assert_eq!(entries, 501 + 181 + 255 + 187, "the corpus has changed");
    println!("{entries} trust list entries known");
}

#[test]
fn the_icvp_products_are_those_of_the_prequalification_list() {
    let Some(root) = corpus("smart-icvp") else { return };
    let text = fs::read_to_string(root.join("data/prequalified_vaccines.csv")).unwrap();
    let mut published: Vec<Vec<String>> = csv_rows(text.trim_start_matches('\u{feff}'))
        .into_iter()
        .filter(|row| row[1].contains("Yellow Fever") || row[1].contains("Polio"))
        .map(|row| {
            let (day, rest) = row[0].split_once('/').unwrap();
            let (month, year) = rest.split_once('/').unwrap();
            // The type code is the name without anything but letters and digits.
            let kind = row[1].chars().filter(char::is_ascii_alphanumeric).collect();
            let maker =
                if row[5].contains("Chumakov") { "Chumakov".into() } else { row[5].clone() };
            let date = format!("{year}-{month}-{day}");
            vec![date, kind, row[2].clone(), row[3].clone(), row[4].clone(), maker]
        })
        .collect();
    let mut ours: Vec<Vec<String>> = icvp_product::all()
        .iter()
        .map(|product| {
            let maker = product.manufacturer;
            vec![
                product.prequalified.into(),
                product.vaccine_type.code().into(),
                product.commercial_name.unwrap_or("n/a").into(),
                product.presentation.into(),
                product.doses.to_string(),
                if maker.contains("Chumakov") { "Chumakov" } else { maker }.into(),
            ]
        })
        .collect();
    published.sort();
    ours.sort();
    assert_eq!(published.len(), 60);
    for (published, ours) in published.iter().zip(&ours) {
        assert_eq!(published, ours);
    }
}

/// Quoted and unquoted fields; no field of the list holds a line break.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for line in text.lines().skip(1) {
        let (mut row, mut field, mut quoted) = (Vec::new(), String::new(), false);
        for character in line.chars() {
            match character {
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut field)),
                _ => field.push(character),
            }
        }
        row.push(field);
        rows.push(row);
    }
    rows
}

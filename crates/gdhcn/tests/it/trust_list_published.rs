//! `gdhcn trust list` on the lists that WHO publishes: every entry loads or is refused by name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gdhcn_testkit::corpus;
use serde_json::Value;

use crate::program::Place;

/// The lists of `tng-cdn`, and how many entries each has.
const LISTS: [(&str, usize); 6] = [
    ("prod/v2/trustlist/did.json", 501),
    ("prod/trustlist/did.json", 438),
    ("uat/v2/trustlist/did.json", 181),
    ("dev/v2/trustlist/did.json", 255),
    ("dev/trustlist/did.json", 373),
    ("dev-2025-11-12/v2/trustlist/did.json", 187),
];
/// A day on which the lists were the newest.
const AT: &str = "2026-08-23";

#[test]
fn every_entry_of_every_published_list_is_there_or_refused_by_name() {
    let Some(root) = corpus("tng-cdn") else { return };
    let place = Place::new();
    for (name, count) in LISTS {
        let json = listed(&place, &root.join(name));
        let (entries, refused) = (list(&json, "entries"), list(&json, "refused"));
        println!("{name}: {} entries, {} refused", entries.len(), refused.len());
        assert_eq!(entries.len() + refused.len(), count, "{name}: an entry was dropped");
        for entry in refused {
            for member in ["id", "reason"] {
                assert!(entry[member].as_str().is_some_and(|text| !text.is_empty()), "{entry}");
            }
            println!("  {}: {}", entry["id"], entry["reason"]);
        }
        // Not only the number: each identifier of the list is there.
        let told: BTreeSet<_> =
            entries.iter().chain(refused).map(|entry| entry["id"].as_str().unwrap()).collect();
        for id in identifiers(&root.join(name)) {
            assert!(told.contains(id.as_str()), "{name}: {id} was dropped");
        }
    }
}

#[test]
fn the_productive_list_loads_in_full_with_its_proof() {
    let Some(root) = corpus("tng-cdn") else { return };
    let json = listed(&Place::new(), &root.join(LISTS[0].0));
    assert_eq!((list(&json, "entries").len(), list(&json, "refused").len()), (501, 0));
    let count = |member: &str, value: &str| {
        list(&json, "entries").iter().filter(|entry| entry[member] == value).count()
    };
    assert_eq!(["DSC", "SCA", "DECA"].map(|usage| count("usage", usage)), [438, 61, 2]);
    assert_eq!(count("domain", "DCC"), 501);
    let participants: BTreeSet<_> =
        list(&json, "entries").iter().map(|entry| entry["participant"].as_str()).collect();
    assert_eq!(participants.len(), 36);
    let proof = json["sources"][0]["proof"].as_str().unwrap();
    assert!(proof.contains("proof verifies"), "{proof}");
}

#[test]
fn a_published_list_with_one_letter_changed_is_not_relied_on() {
    let Some(root) = corpus("tng-cdn") else { return };
    let place = Place::new();
    let text = fs::read_to_string(root.join(LISTS[0].0)).unwrap();
    let changed = text.replacen("#DSC", "#DESC", 1);
    assert_ne!(text, changed);
    place.write("did.json", changed);
    let run = place.run(&["trust", "list", "did.json", "--json", "--at", AT]);
    // A broken proof refuses the list.
    if run.code == 0 {
        let json = run.json();
        assert_eq!(list(&json, "entries").len(), 0, "{}", json["sources"]);
    } else {
        run.fault(66);
    }
}

#[test]
fn a_person_sees_every_entry_of_a_published_list_too() {
    let Some(root) = corpus("tng-cdn") else { return };
    let path = root.join(LISTS[2].0);
    let told =
        Place::new().run(&["trust", "list", path.to_str().unwrap(), "--at", AT]).done(0).stdout;
    assert!(told.contains("180 keys, 1 entries refused"), "{}", &told[..400]);
    let (keys, refused) = told.split_once("\nrefused\n").unwrap();
    assert_eq!(
        keys.lines().filter(|line| line.contains(" EC P-") || line.contains(" RSA ")).count(),
        180
    );
    assert_eq!(refused.lines().count(), 1);
}

fn listed(place: &Place, path: &Path) -> Value {
    place.run(&["trust", "list", path.to_str().unwrap(), "--json", "--at", AT]).done(0).json()
}

/// What the list itself calls its entries; a reference is a string.
fn identifiers(path: &Path) -> Vec<String> {
    let document: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    document["verificationMethod"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry.as_str().or_else(|| entry["id"].as_str()).unwrap().to_owned())
        .collect()
}

#[track_caller]
fn list<'a>(json: &'a Value, member: &str) -> &'a Vec<Value> {
    json[member].as_array().unwrap_or_else(|| panic!("no {member}: {json}"))
}

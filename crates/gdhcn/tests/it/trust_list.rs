//! `gdhcn trust list` on sources of our own.

use std::collections::BTreeMap;

use gdhcn_testkit::openssl;
use serde_json::Value;

use crate::forge::{Country, GOOD};
use crate::program::{Place, assert_snapshot};

/// A folder with everything that people put into such folders.
fn mixed_folder() -> Place {
    let place = Place::new();
    let good = Country::new("XXA");
    place.write("keys/good.pem", good.dsc_pem());
    place.write("keys/sca.der", good.sca.der());
    place.write(
        "keys/expired.pem",
        Country::made_at("XXB", "Ministry", "2020-01-01T00:00:00Z").dsc_pem(),
    );
    let openssl = openssl();
    openssl.run(
        "req -x509 -newkey rsa:1024 -nodes -keyout weak.key -subj /C=XC/CN=weak -days 3650 \
         -out weak.pem",
    );
    place.write("keys/weak.pem", openssl.read("weak.pem"));
    place.write("keys/private.pem", openssl.read("weak.key"));
    place.write("keys/garbage.der", [0x9f; 300]);
    place.write("keys/letter.txt", "Dear officer, trust me.");
    place.write("keys/cut.pem", &good.dsc_pem()[..200]);
    place.write("keys/empty.crt", "");
    place
}

#[test]
fn usable_entries_are_listed_and_every_other_file_is_refused_by_name() {
    let place = mixed_folder();
    let json = place.run(&["trust", "list", "keys", "--json", "--at", GOOD]).done(0).json();
    let entries: BTreeMap<_, _> = list(&json, "entries")
        .iter()
        .map(|entry| {
            let member = |name: &str| entry[name].as_str().unwrap().to_owned();
            (member("id"), (member("participant"), member("usage"), member("validity")))
        })
        .collect();
    let entry = |name: &str| {
        let (_, found) = entries.iter().find(|(id, _)| id.contains(name)).unwrap();
        (found.0.as_str(), found.1.as_str(), found.2.as_str())
    };
    assert_eq!(entry("good.pem"), ("XXA", "DSC", "valid"));
    assert_eq!(entry("sca.der"), ("XXA", "SCA", "valid"));
    assert_eq!(entry("expired.pem"), ("XXB", "DSC", "expired"));
    assert_eq!(entries.len(), 3, "{entries:#?}");

    let refused: BTreeMap<_, _> = list(&json, "refused")
        .iter()
        .map(|entry| (entry["id"].as_str().unwrap(), entry["reason"].as_str().unwrap()))
        .collect();
    let names: Vec<_> = refused.keys().map(|name| name.rsplit('/').next().unwrap()).collect();
    assert_eq!(
        names,
        ["cut.pem", "empty.crt", "garbage.der", "letter.txt", "private.pem", "weak.pem"],
        "{refused:#?}"
    );
    assert!(refused["keys/weak.pem"].contains("1024"), "{}", refused["keys/weak.pem"]);
    assert!(refused.values().all(|reason| !reason.is_empty()));
    assert_eq!(json["sources"][0]["keys"], 3);
    assert_eq!(json["sources"][0]["refused"], 6);
}

#[test]
fn a_private_key_among_the_certificates_is_called_one_and_not_shown() {
    let place = mixed_folder();
    let json = place.run(&["trust", "list", "keys", "--json"]).done(0).json();
    let refusal = list(&json, "refused")
        .iter()
        .find(|entry| entry["id"] == "keys/private.pem")
        .unwrap_or_else(|| panic!("{json}"));
    let reason = refusal["reason"].as_str().unwrap();
    assert!(reason.contains("PRIVATE KEY") || reason.contains("private key"), "{reason}");
    let secret = place.text("keys/private.pem");
    let line = secret.lines().nth(1).unwrap();
    assert!(!json.to_string().contains(line));
}

#[test]
fn what_a_person_sees_of_a_folder() {
    let place = mixed_folder();
    let told = place.run(&["trust", "list", "keys", "--at", GOOD]).done(0).stdout;
    // Keys are ordered by kid, which differs from run to run.
    let mut lines: Vec<_> = told.lines().collect();
    lines.sort_unstable();
    assert_snapshot("trust_list_folder", &lines.join("\n"));
}

#[test]
fn what_a_person_sees_of_a_gateways_list() {
    let place = Place::with_demo();
    let call = [
        "trust",
        "list",
        "demo/xxb/trust-list-1.json",
        "--trust-anchor",
        "demo/operator/trust-anchor.pem",
    ];
    let told = place.run(&call).done(0).stdout;
    // The gateway orders its entries by what differs from run to run.
    let mut lines: Vec<_> = told.lines().collect();
    lines.sort_unstable();
    assert_snapshot("trust_list_gateway", &lines.join("\n"));
}

#[test]
fn entries_for_programs_have_their_promised_members() {
    let place = Place::with_demo();
    let json = place.run(&["trust", "list", "demo/xxa/dsc.pem", "--json"]).done(0).json();
    let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["at", "sources", "entries", "refused"]);
    let [entry] = list(&json, "entries").as_slice() else { panic!("{json}") };
    let members: Vec<_> = entry.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        [
            "id",
            "kid",
            "kid_hex",
            "participant",
            "domain",
            "usage",
            "key",
            "may_sign",
            "subject",
            "thumbprint",
            "not_before",
            "not_after",
            "validity",
            "chain",
        ]
    );
    let thumbprint = entry["thumbprint"].as_str().unwrap();
    assert_eq!(entry["kid_hex"], thumbprint[..16]);
    assert_eq!(entry["may_sign"], "vaccination");
}

#[test]
fn a_source_in_which_nothing_can_be_made_out_is_a_fault() {
    let place = Place::new();
    place.write("garbage.pem", "garbage");
    let run = place.run(&["trust", "list", "garbage.pem"]).fault(66);
    assert!(run.stderr.contains("garbage.pem: no certificate"), "{}", run.stderr);
    place.write("folder/garbage.pem", "garbage");
    place.run(&["trust", "list", "folder"]).fault(66);
}

#[test]
fn a_source_whose_only_certificate_is_refused_could_be_read() {
    let place = Place::new();
    place.write("weak.pem", mixed_folder().read("keys/weak.pem"));
    let json = place.run(&["trust", "list", "weak.pem", "--json"]).done(0).json();
    assert_eq!((list(&json, "entries").len(), list(&json, "refused").len()), (0, 1));
}

#[track_caller]
fn list<'a>(json: &'a Value, member: &str) -> &'a Vec<Value> {
    json[member].as_array().unwrap_or_else(|| panic!("no {member}: {json}"))
}

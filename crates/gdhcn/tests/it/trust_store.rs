//! The local trust store: filled from files, carried to other machines, and asked by `verify`.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gdhcn_crypto::{PublicKey, sha256};
use gdhcn_envelope::pem;
use serde_json::Value;

use crate::forge::{Country, GOOD};
use crate::program::{Place, Run};
use crate::trust_lists::Publisher;

/// A folder with a country's certificates and a code that it signed.
fn place() -> Place {
    let place = Place::new();
    let country = Country::new("XXA");
    place.write("keys/sca.pem", country.sca_pem());
    place.write("keys/dsc.pem", country.dsc_pem());
    place.write("code.txt", country.certificate_for("Muster"));
    place
}

fn outcome(run: &Run) -> String {
    run.decided().0
}

const VERIFY: [&str; 5] = ["verify", "code.txt", "--json", "--at", GOOD];

/// D1, B17: whoever has filled the store once verifies without naming a source.
#[test]
fn verify_asks_the_store_when_no_source_is_named() {
    let place = place();
    assert_eq!(outcome(&place.run(&VERIFY)), "cannot tell");
    place.run(&["trust", "import", "keys"]).done(0);
    assert!(place.path(".local/share/gdhcn/trust/store.trust").is_file());
    assert_eq!(outcome(&place.run(&VERIFY)), "accepted");
    // A source that is named stands alone, unless the store is named too.
    place.write("other.pem", Country::new("XXB").dsc_pem());
    let alone = place.run(&[&VERIFY[..], &["--trust", "other.pem"]].concat());
    assert_eq!(outcome(&alone), "cannot tell");
    let store = ".local/share/gdhcn/trust";
    let both = place.run(&[&VERIFY[..], &["--trust", "other.pem", "--store", store]].concat());
    assert_eq!(outcome(&both), "accepted");
    let none = place.run(&[&VERIFY[..], &["--store", "elsewhere"]].concat());
    assert!(none.fault(66).stderr.contains("no trust store here"));
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_the_key_of_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    place.run(&["trust", "import", "keys", "--store", "st"]).done(0);
    let mode = fs::metadata(place.path("st/store.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// B17: a store is carried to a machine without a network.
#[test]
fn a_store_is_carried_to_another_machine_by_its_publishers_key() {
    let place = place();
    place.run(&["trust", "import", "keys", "--store", "one"]).done(0);
    let told = place.run(&["trust", "export", "usb.trust", "--store", "one"]).done(0).stdout;
    let thumbprint = told.split_whitespace().last().unwrap();
    assert_eq!(thumbprint.len(), 64, "{told}");
    let import = |more: &[&str]| {
        place.run(&[&["trust", "import", "usb.trust", "--store", "two"], more].concat())
    };
    let refused = import(&[]).done(66).stdout;
    assert!(refused.contains(thumbprint) && refused.contains("nobody named"), "{refused}");
    import(&["--publisher", "usb.trust.pub"]).done(0);
    let json = place.run(&["trust", "list", "--store", "two", "--json"]).done(0).json();
    assert_eq!(json["sources"][0]["publisher"], thumbprint);
    assert_eq!(outcome(&place.run(&[&VERIFY[..], &["--store", "two"]].concat())), "accepted");

    // A9: the same and older ones are refused, the next is taken without naming the key again.
    let again = import(&[]).done(66).stdout;
    assert!(again.contains("stores do not go back"), "{again}");
    place.run(&["trust", "import", "keys/dsc.pem", "--store", "one"]).done(0);
    place.run(&["trust", "export", "usb.trust", "--store", "one"]).done(0);
    import(&[]).done(0);
    let parts = place.run(&["trust", "list", "--store", "two", "--json"]).done(0).json();
    assert_eq!(parts["sources"].as_array().unwrap().len(), 2);
    import(&["--publisher", thumbprint]).done(66);
}

/// A9: withdrawn keys do not come back.
#[test]
fn an_older_copy_of_the_store_that_was_put_back_is_refused() {
    let place = place();
    place.run(&["trust", "import", "keys", "--store", "st"]).done(0);
    let old = place.read("st/store.trust");
    place.run(&["trust", "import", "keys/dsc.pem", "--store", "st"]).done(0);
    let new = place.read("st/store.trust");
    place.write("st/store.trust", &old);
    let refused = place.run(&["trust", "list", "--store", "st"]).fault(66).stderr;
    assert!(refused.contains("older copy"), "{refused}");
    // The number goes on from the highest, so that the same number never means two stores.
    let run = place.run(&["trust", "import", "keys", "--store", "st", "--json"]);
    assert_eq!((run.code, &run.json()["number"]), (0, &Value::from(3)));
    assert!(run.stderr.contains("put aside as st/store.trust.bad"), "{}", run.stderr);
    assert_eq!(place.read("st/store.trust.bad"), old);
    place.write("st/store.trust", &new);
    place.run(&["trust", "list", "--store", "st"]).fault(66);
}

#[test]
fn a_store_that_was_changed_by_anybody_else_is_refused() {
    let place = place();
    place.run(&["trust", "import", "keys", "--store", "st"]).done(0);
    let good = place.read("st/store.trust");
    for at in [0, 20, good.len() / 2, good.len() - 1] {
        let mut changed = good.clone();
        changed[at] ^= 1;
        place.write("st/store.trust", changed);
        place.run(&["trust", "verify", "--store", "st"]).fault(66);
    }
    place.write("st/store.trust", &good[..good.len() / 2]);
    place.run(&["trust", "list", "--store", "st"]).fault(66);
    place.write("st/store.trust", good);
    place.run(&["trust", "verify", "--store", "st"]).done(0);
}

#[test]
fn a_list_counts_only_with_a_key_that_was_named_and_never_goes_back() {
    let place = place();
    let (publisher, signer) = (Publisher::new(), Country::new("XXA").dsc);
    let did = "did:web:lists.example:trustlist";
    let list = |created| publisher.list(did, created, &[&signer]);
    place.write("key.pem", publisher.key_pem());
    place.write("list.json", list("2026-05-02T00:00:00Z"));
    place.write("older.json", list("2026-05-01T00:00:00Z"));
    let import = |file: &str, more: &[&str]| {
        place.run(&[&["trust", "import", file, "--store", "st"], more].concat())
    };
    let unnamed = import("list.json", &[]).done(66).stdout;
    assert!(unnamed.contains("nobody named the key of its proof"), "{unnamed}");
    import("list.json", &["--list-key", "key.pem"]).done(0);
    place.write("stranger.pem", Publisher::new().key_pem());
    let forged = import("list.json", &["--list-key", "stranger.pem"]).done(66).stdout;
    assert!(forged.contains("proof is broken"), "{forged}");
    // The key was named once, that is enough.
    let older = import("older.json", &[]).done(66).stdout;
    assert!(older.contains("lists do not go back"), "{older}");

    let verify =
        |file: &str, more: &[&str]| place.run(&[&["trust", "verify", file], more].concat());
    verify("list.json", &["--list-key", "key.pem"]).done(0);
    verify("list.json", &[]).done(2);
    verify("list.json", &["--list-key", "stranger.pem"]).done(1);
}

/// A9: neither a list nor another machine's store brings back what a newer list has withdrawn.
#[test]
fn an_older_list_in_another_store_does_not_take_the_place_of_a_newer_one() {
    let place = place();
    let publisher = Publisher::new();
    let [one, two] = ["XXA", "XXB"].map(|code| Country::new(code).dsc);
    let did = "did:web:lists.example:trustlist";
    place.write("key.pem", publisher.key_pem());
    place.write("old.json", publisher.list(did, "2026-05-01T00:00:00Z", &[&one, &two]));
    place.write("new.json", publisher.list(did, "2026-05-02T00:00:00Z", &[&one]));
    place.write("newest.json", publisher.list(did, "2026-05-03T00:00:00Z", &[&one, &two]));
    let import = |file: &str, store: &str| {
        place.run(&["trust", "import", file, "--store", store, "--list-key", "key.pem"]).done(0)
    };
    let carry = || {
        place.run(&["trust", "export", "usb.trust", "--store", "hq"]).done(0);
        let by = ["--store", "post", "--publisher", "usb.trust.pub"];
        place.run(&[&["trust", "import", "usb.trust"], &by[..]].concat()).done(0).stdout
    };
    let keys = || {
        let json = place.run(&["trust", "list", "--store", "post", "--json"]).done(0).json();
        json["entries"].as_array().unwrap().len()
    };
    import("new.json", "post");
    import("old.json", "hq");
    assert!(carry().starts_with("unchanged"));
    assert_eq!(keys(), 1);
    import("newest.json", "hq");
    assert!(carry().starts_with("taken"));
    assert_eq!(keys(), 2);
}

#[test]
fn a_part_can_be_taken_out_again() {
    let place = place();
    place.run(&["trust", "import", "keys", "keys/dsc.pem", "--store", "st"]).done(0);
    place.run(&["trust", "remove", "nothing", "--store", "st"]).fault(66);
    place.run(&["trust", "remove", "keys", "--store", "st"]).done(0);
    let json = place.run(&["trust", "list", "--store", "st", "--json"]).done(0).json();
    assert_eq!(json["sources"].as_array().unwrap().len(), 1);
    assert_eq!(json["entries"].as_array().unwrap().len(), 1);
}

/// The defect of reference implementations: an empty download takes all keys away.
#[test]
fn a_list_that_is_suddenly_empty_takes_nothing_away() {
    let place = place();
    let (publisher, signer) = (Publisher::new(), Country::new("XXA").dsc);
    let did = "did:web:lists.example:trustlist";
    place.write("key.pem", publisher.key_pem());
    place.write("list.json", publisher.list(did, "2026-05-01T00:00:00Z", &[&signer]));
    place.write("empty.json", publisher.list(did, "2026-05-02T00:00:00Z", &[]));
    let import = |file: &str| {
        place.run(&["trust", "import", file, "--store", "st", "--list-key", "key.pem"])
    };
    import("list.json").done(0);
    let refused = import("empty.json").done(66).stdout;
    assert!(refused.contains("gives no key any more"), "{refused}");
    place.run(&["trust", "remove", did, "--store", "st"]).done(0);
    import("empty.json").done(0);
}

/// V8, V9: the keys of one issuer by its address.
#[test]
fn keys_given_with_a_name_are_found_by_it() {
    let place = place();
    let dsc = Country::new("XXA").dsc;
    let PublicKey::Ec(key) = dsc.public_key().unwrap() else { panic!("a key on a curve") };
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (x, y) = (text(key.x()), text(key.y()));
    let members = format!(r#""crv":"P-256","kty":"EC","x":"{x}","y":"{y}""#);
    let kid = text(&sha256(format!("{{{members}}}").as_bytes()));
    let rsa = r#"{"kty":"RSA","kid":"rsa","n":"AQAB","e":"AQAB"}"#;
    place.write("jwks.json", format!(r#"{{"keys":[{{{members},"kid":"{kid}"}},{rsa}]}}"#));
    place.write("india.pem", pem::encode("PUBLIC KEY", &dsc.public_key().unwrap().to_spki_der()));
    let issuer = "https://cards.example/issuer";
    let source = format!("{issuer}=jwks.json");
    let shown = place.run(&["trust", "show", issuer, "--trust", &source, "--json"]).done(0).json();
    assert_eq!(shown["keys"].as_array().unwrap().len(), 1);
    assert_eq!((&shown["keys"][0]["name"], &shown["keys"][0]["id"]), (&issuer.into(), &kid.into()));
    let listed = place.run(&["trust", "list", &source, "--json"]).done(0).json();
    assert_eq!(listed["refused"][0]["id"], "rsa");
    place.run(&["trust", "show", "did:india", "--trust", "did:india=india.pem"]).done(0);
    place.run(&["trust", "show", "did:nobody", "--trust", "did:india=india.pem"]).done(1);
    // Without a name nobody would find them.
    let unnamed = place.run(&["trust", "list", "jwks.json"]).fault(64).stderr;
    assert!(unnamed.contains("NAME=jwks.json"), "{unnamed}");
    place.run(&["trust", "import", &source, "--store", "st"]).done(0);
    place.run(&["trust", "show", issuer, "--store", "st"]).done(0);
}

#[test]
fn a_difference_names_the_keys_that_came_and_went() {
    let place = place();
    place.write("other.pem", Country::new("XXB").dsc_pem());
    let same = place.run(&["trust", "diff", "keys", "keys"]).done(0).stdout;
    assert_eq!(same, "0 keys came, 0 went\n");
    let json = place.run(&["trust", "diff", "keys", "other.pem", "--json"]).done(1).json();
    let participants = |member: &str| -> Vec<&str> {
        let facts = json[member].as_array().unwrap();
        facts.iter().map(|fact| fact["participant"].as_str().unwrap()).collect()
    };
    assert_eq!(participants("added"), ["XXB"]);
    assert_eq!(participants("removed"), ["XXA", "XXA"]);
    place.run(&["trust", "import", "keys", "--store", "st"]).done(0);
    place.run(&["trust", "diff", "keys", "--store", "st"]).done(0);
}

#[test]
fn a_list_of_references_is_read_from_a_copy_of_its_host() {
    let place = Place::new();
    let (publisher, signer) = (Publisher::new(), Country::new("XXA").dsc);
    let (root, leaf) = ("did:web:lists.example:ref", "did:web:lists.example:all:trustlist");
    let at = "2026-05-02T00:00:00Z";
    let absent = "\"did:web:lists.example:absent\"".to_owned();
    place.write("key.pem", publisher.key_pem());
    let references = publisher.document(root, at, &[format!("\"{leaf}\""), absent]);
    place.write("copy/ref/did.json", &references);
    place.write("copy/all/trustlist/did.json", publisher.list(leaf, at, &[&signer]));
    let list = |file: &str| {
        place.run(&["trust", "list", file, "--list-key", "key.pem", "--json"]).done(0).json()
    };
    let json = list("copy/ref/did.json");
    assert_eq!(json["entries"].as_array().unwrap().len(), 1, "{json}");
    assert_eq!(json["refused"][0]["id"], "did:web:lists.example:absent");
    place.write("alone.json", references);
    let json = list("alone.json");
    assert_eq!(json["entries"].as_array().unwrap().len(), 0);
    assert_eq!(json["refused"].as_array().unwrap().len(), 2);
}

/// A gateway's list names neither a gateway nor a day; its anchor and its file do.
#[test]
fn a_saved_gateway_list_has_an_anchor_and_an_age() {
    let place = Place::with_demo();
    let anchor = ["--trust-anchor", "demo/operator/trust-anchor.pem"];
    let with = |arguments: &[&str]| place.run(&[arguments, &anchor[..]].concat());
    for (name, number, year) in [("a/old.json", 1, 2025), ("b/new.json", 2, 2026)] {
        place.write(name, place.read(&format!("demo/xxb/trust-list-{number}.json")));
        let day = format!("{year}-11-01");
        place.shell(&format!("touch -d {day} {name}")).done(0);
    }
    let verify = |list: &str| with(&["verify", "demo/xxa/dcc.txt", "--json", "--trust", list]);
    assert_eq!(verify("a/old.json").done(2).decided().1, "TRUST_TOO_OLD");

    let import = |list: &str| with(&["trust", "import", list, "--store", "st"]);
    import("a/old.json").done(0);
    import("b/new.json").done(0);
    let sources = || {
        let json = place.run(&["trust", "list", "--store", "st", "--json"]).done(0).json();
        json["sources"].as_array().unwrap().len()
    };
    assert_eq!(sources(), 1, "the newer one has taken the place of the older one");
    assert!(import("a/old.json").done(66).stdout.contains("lists do not go back"));
    // The key that was withdrawn in between stays so.
    place.run(&["verify", "demo/xxa/dcc.txt", "--store", "st"]).done(2);

    // What the anchor does not vouch for is no list of its gateway.
    let foreign = ["--trust-anchor", "demo/xxa/sca.pem"];
    let foreign = |arguments: &[&str]| place.run(&[arguments, &foreign[..]].concat());
    foreign(&["trust", "verify", "b/new.json"]).done(1);
    foreign(&["trust", "import", "b/new.json", "--store", "st"]).done(66);
    place.write("none.json", "[]");
    with(&["trust", "verify", "none.json"]).done(2);
    place.write("nothing.json", "");
    assert!(with(&["trust", "list", "nothing.json"]).fault(66).stderr.contains("is empty"));
}

#[test]
fn files_of_one_name_in_two_folders_are_two_parts() {
    let place = place();
    place.write("a/dsc.pem", place.read("keys/dsc.pem"));
    place.write("b/dsc.pem", Country::new("XXB").dsc_pem());
    for folder in ["a", "b"] {
        let program = crate::program::GDHCN;
        let line = format!("cd {folder} && {program} trust import dsc.pem --store ../st");
        place.shell(&line).done(0);
    }
    let json = place.run(&["trust", "list", "--store", "st", "--json"]).done(0).json();
    assert_eq!(json["entries"].as_array().unwrap().len(), 2, "{json}");
    place.run(&["trust", "remove", "a/dsc.pem", "--store", "st"]).done(0);
}

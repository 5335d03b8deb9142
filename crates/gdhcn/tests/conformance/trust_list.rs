//! `GET /trustList` and its kin, `GET /countrylist` (3.4, 3.8; 13.2).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cases;
use crate::world::World;

fn members<'v>(list: &'v [Value], member: &str) -> BTreeSet<&'v str> {
    list.iter().map(|item| item[member].as_str().unwrap()).collect()
}

#[track_caller]
fn is_sorted_by_kid(list: &[Value]) {
    let kids: Vec<_> = list.iter().map(|item| item["kid"].as_str().unwrap()).collect();
    assert!(kids.is_sorted(), "{kids:?}");
}

#[track_caller]
fn list(world: &World, path: &str) -> Vec<Value> {
    let list = world.get(path).items();
    is_sorted_by_kid(&list);
    list
}

cases! { both:
    fn an_upload_is_listed_for_everybody_until_it_is_deleted(world) {
        let certificate = world.dsc("XXA");
        world.store(&certificate);
        let raw = certificate.base64();
        for who in ["XXA/TLS", "XXB/TLS"] {
            for path in ["/trustList", "/trustList/DSC", "/trustList/DSC/XA"] {
                let items = world.ask(who, "GET", path).send().items();
                is_sorted_by_kid(&items);
                assert!(items.iter().any(|item| item["rawData"] == raw), "{who} {path}");
            }
        }
        assert!(world.find("/trustList/DSC/XB", &certificate).is_none());
        world.remove(&certificate);
        assert!(world.find("/trustList", &certificate).is_none());
    }

    fn an_entry_has_the_members_of_the_specification(world) {
        let certificate = world.dsc("XXA");
        world.store(&certificate);
        let entry = world.find("/trustList", &certificate).unwrap();
        let names: Vec<_> = entry.as_object().unwrap().keys().map(String::as_str).collect();
        let mut wanted = ["kid", "timestamp", "country", "certificateType", "thumbprint", "signature", "rawData"];
        assert_eq!(BTreeSet::from_iter(names), BTreeSet::from_iter(wanted), "none is null or more");
        wanted.sort_unstable();
        assert_eq!(entry["thumbprint"], certificate.thumbprint());
        assert_eq!(entry["kid"], certificate.kid());
        let instant = entry["timestamp"].as_str().unwrap();
        assert_eq!(instant.parse::<jiff::Timestamp>().unwrap().subsec_nanosecond(), 0);
        assert!(!instant.contains('.') && instant.len() >= 20, "{instant}");
        world.remove(&certificate);
    }

    fn a_type_holds_that_type_only_whatever_its_case(world) {
        let certificate = world.dsc("XXA");
        world.store(&certificate);
        for (path, group) in [
            ("/trustList/CSCA", "CSCA"),
            ("/trustList/csca", "CSCA"),
            ("/trustList/UPLOAD", "UPLOAD"),
            ("/trustList/Authentication", "AUTHENTICATION"),
            ("/trustList/DSC", "DSC"),
            ("/trustList/dSc", "DSC"),
        ] {
            let list = list(world, path);
            assert_eq!(members(&list, "certificateType"), BTreeSet::from([group]), "{path}");
        }
        let all = list(world, "/trustList");
        let groups = BTreeSet::from(["AUTHENTICATION", "CSCA", "DSC", "UPLOAD"]);
        assert_eq!(members(&all, "certificateType"), groups);
        world.get("/trustList/TRUSTANCHOR").items();
        world.get("/trustList/NOTHING").refused(400, "0x001", "");
        world.get("/trustList/DSC,CSCA").refused(400, "0x001", "");
        world.remove(&certificate);
    }

    fn a_country_holds_that_country_only_whatever_its_case(world) {
        for (path, country) in [("/trustList/CSCA/XA", "XA"), ("/trustList/UPLOAD/xb", "XB")] {
            let list = list(world, path);
            assert_eq!(members(&list, "country"), BTreeSet::from([country]), "{path}");
        }
        assert_eq!(list(world, "/trustList/CSCA/XC"), [Value::Null; 0]);
        for country in ["X", "XAA", "XXXX", "%C3%84XX"] {
            world.get(&format!("/trustList/CSCA/{country}")).refused(400, "0x001", "");
        }
        world.get("/trustList/NOTHING/XA").refused(400, "0x001", "");
    }

    /// D-05.
    fn the_second_authorities_and_their_signers_have_lists(world) {
        if world.has("XXA/DECA") {
            let deca = world.material.certificate("XXA/DECA");
            assert!(world.find("/trustList/DECA", &deca).is_some());
            assert!(world.find("/trustList/DECA/XA", &deca).is_some());
            assert!(world.find("/trustList", &deca).is_none());
        }
        world.get("/trustList/DESC").items();
        world.get("/trustList/DESC/XA").items();
    }

    /// 1.7, 3: the trust anchor's signature holds for OpenSSL.
    fn onboarded_certificates_carry_the_trust_anchors_signature(world) {
        let anchor = world.material.path("ta.pem");
        if !anchor.exists() {
            return eprintln!("not asked: the material has no ta.pem");
        }
        for group in ["CSCA", "UPLOAD", "AUTHENTICATION", "DECA"] {
            for entry in list(world, &format!("/trustList/{group}/XA")) {
                let part = |name: &str| crate::pki::decode(entry[name].as_str().unwrap());
                let (signature, raw) = (part("signature"), part("rawData"));
                assert!(world.material.verifies(&signature, &raw, &anchor), "{entry}");
            }
        }
    }

    /// 13.4: a strong tag, 304 while nothing changes.
    fn a_known_tag_is_answered_with_304_until_something_changes(world) {
        // Of a country whose lists nobody changes meanwhile.
        let path = "/trustList/CSCA/XB";
        let answer = world.get(path).is(200);
        let tag = answer.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        let again = world.ask("XXB/TLS", "GET", path).header("If-None-Match", &tag).send();
        assert_eq!(again.done(304).header("etag"), Some(tag.as_str()));
        let other = world.ask("XXB/TLS", "GET", path).header("If-None-Match", "\"other\"").send();
        assert_eq!(other.is(200).body, answer.body);
        let all = world.get("/trustList/DSC").header("etag").unwrap().to_owned();
        let certificate = world.dsc("XXA");
        world.store(&certificate);
        world.ask("XXA/TLS", "GET", "/trustList/DSC").header("If-None-Match", &all).send().is(200);
        world.remove(&certificate);
    }

    fn head_tells_the_length_without_the_list(world) {
        let answer = world.get("/trustList/CSCA/XB");
        let head = world.ask("XXA/TLS", "HEAD", "/trustList/CSCA/XB").send().done(200);
        assert_eq!(head.header("content-length"), Some(answer.body.len().to_string().as_str()));
    }

    fn the_country_list_has_everybody_who_is_onboarded_and_nobody_else(world) {
        let list = world.get("/countrylist").items();
        let codes: Vec<_> = list.iter().map(|code| code.as_str().unwrap()).collect();
        assert!(codes.contains(&"XA") && codes.contains(&"XB"), "{codes:?}");
        assert!(!codes.contains(&"XC"), "{codes:?}");
        assert_eq!(BTreeSet::from_iter(&codes).len(), codes.len(), "each once");
        let other = world.ask("XXB/TLS", "GET", "/countrylist").send();
        assert_eq!(other.items().len(), codes.len());
    }

    fn security_headers_are_there(world) {
        let answer = world.get("/countrylist");
        for (name, value) in [
            ("cache-control", "no-cache, no-store, max-age=0, must-revalidate"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
    }
}

//! What clients of the EU's gateway ask for: changes since an instant, and pages (3.4.4; 13.2 "EU
//! delta").

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cases;
use crate::world::{Database, Profile, World};

const PATHS: [&str; 3] = ["/trustList", "/trustList/DSC", "/trustList/DSC/XA"];

#[track_caller]
fn since(world: &World, path: &str, instant: &str) -> Vec<Value> {
    world.ask("XXB/TLS", "GET", path).header("If-Modified-Since", instant).send().items()
}

cases! { eu:
    fn g5_an_upload_comes_goes_and_comes_again(world) {
        let certificate = world.dsc("XXA");
        let yesterday = Timestamp::now().checked_sub(SignedDuration::from_hours(24)).unwrap();
        let iso = yesterday.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        // The public suite calls it a known bug that this date is not read.
        let rfc = yesterday.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let raw = certificate.base64();
        for _ in 0..2 {
            world.store(&certificate);
            for path in PATHS {
                for instant in [&iso, &rfc] {
                    let list = since(world, path, instant);
                    let found: Vec<_> = list.iter().filter(|item| item["rawData"] == raw).collect();
                    assert_eq!(found.len(), 1, "{path}");
                    assert!(found[0]["signature"].is_string());
                }
            }
            world.remove(&certificate);
            for path in PATHS {
                let list = since(world, path, &iso);
                let found: Vec<_> = list.iter().filter(|item| item["rawData"] == raw).collect();
                assert_eq!(found.len(), 1, "{path}");
                assert_eq!(found[0].get("signature"), Some(&Value::Null));
                assert_eq!(found[0]["kid"], certificate.kid());
                assert!(world.find(path, &certificate).is_none());
            }
        }
        // 13.4: a soft-deleted row cannot be deleted again.
        let message = world.material.message(&certificate.der, "XXA/UP", &[]);
        let again = world.ask("XXA/TLS", "DELETE", "/signerCertificate").cms(message).send();
        again.refused(404, "0x005", "");
    }

    fn an_instant_that_is_none_is_refused(world) {
        for instant in ["yesterday", "2021-06-01"] {
            let ask = world.ask("XXA/TLS", "GET", "/trustList").header("If-Modified-Since", instant);
            ask.send().is(400);
        }
        let later = Timestamp::now().checked_add(SignedDuration::from_hours(1)).unwrap();
        let later = later.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        assert_eq!(since(world, "/trustList", &later), [Value::Null; 0]);
    }

    fn numbers_of_pages_are_checked(world) {
        for query in ["pagesize=0", "pagesize=-1", "page=-1", "page=x"] {
            world.get(&format!("/trustList?{query}")).refused(400, "0x001", "");
        }
        assert_eq!(world.get("/trustList?page=1000&pagesize=100").items(), [Value::Null; 0]);
    }
}

cases! { who:
    fn the_other_profile_knows_neither_pages_nor_instants(world) {
        let list = world.get("/trustList/CSCA/XB").items();
        assert_eq!(world.get("/trustList/CSCA/XB?page=5&pagesize=1").items(), list);
        assert_eq!(since(world, "/trustList/CSCA/XB", "2100-01-01T00:00:00Z"), list);
    }
}

/// A gateway that nobody else asks: pages of a list that changes between them are not the list.
fn pages(database: Database) {
    if std::env::var_os("GDHCN_CONFORMANCE").is_some() {
        return;
    }
    let Some(world) = World::start(Profile::Eu, database, &[]) else { return };
    let empty = json!([]);
    for path in
        ["/trustList/DSC", "/trustList/certificate?group=DSC", "/trustList/issuers", "/valuesets"]
    {
        assert_eq!(world.get(path).is(200).json(), empty, "{path} of an empty database");
    }
    assert_eq!(world.get("/trustList/references").is(200).json(), empty);
    assert_eq!(world.get("/rules/XA").is(200).json(), json!({}));
    let revocation = world.ask("XXA/TLS", "GET", "/revocation-list");
    revocation.header("If-Modified-Since", "2021-06-01T00:00:00Z").send().done(204);

    for _ in 0..25 {
        world.store(&world.dsc("XXA"));
    }
    for path in PATHS {
        let whole = world.get(path).items();
        assert!(whole.len() >= 25, "longer than a page");
        for size in [10, 20, 50, 80] {
            let mut all = Vec::new();
            for page in 0.. {
                let part = world.get(&format!("{path}?page={page}&pagesize={size}")).items();
                if part.is_empty() {
                    break;
                }
                assert!(part.len() <= size);
                all.extend(part);
            }
            assert_eq!(all, whole, "{path} by {size}");
        }
        assert_eq!(world.get(&format!("{path}?page=0")).items(), whole, "pages of 100");
        assert_eq!(world.get(&format!("{path}?pagesize=7")).items(), whole[..7], "page 0");
    }
}

#[test]
fn pages_are_parts_of_the_whole_on_sqlite() {
    pages(Database::Sqlite);
}

#[test]
fn pages_are_parts_of_the_whole_on_postgresql() {
    pages(Database::Postgresql);
}

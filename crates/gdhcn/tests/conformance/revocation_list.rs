//! `/revocation-list` (3.11, 9; 13.2).

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cases;
use crate::client::Answer;
use crate::pki::{DETACHED, encode};
use crate::world::World;

const HASH: &str = "MDEyMzQ1Njc4OWFiY2RlZg==";
const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";

fn days(days: i64) -> Value {
    let at = Timestamp::now().checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    json!(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn batch() -> Value {
    json!({
        "country": "XA",
        "expires": days(30),
        "kid": "UNKNOWN_KID",
        "hashType": "SIGNATURE",
        "entries": [{"hash": HASH}],
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut batch = batch();
    batch[member] = value;
    batch
}

#[track_caller]
fn post(world: &World, text: &str) -> Answer {
    let message = world.material.message(text.as_bytes(), "XXA/UP", &[]);
    world.ask("XXA/TLS", "POST", "/revocation-list").cms_text(message).send()
}

/// Uploads a batch and gives the identifier, as clients take it: the header as it is.
#[track_caller]
fn store(world: &World, batch: &Value) -> String {
    let answer = post(world, &batch.to_string()).done(201);
    let id = answer.header("etag").unwrap().to_owned();
    assert_eq!((id.len(), id.matches('-').count()), (36, 4), "{id}");
    id
}

#[track_caller]
fn delete(world: &World, id: &str) {
    let message =
        world.material.message(json!({"batchId": id}).to_string().as_bytes(), "XXA/UP", &[]);
    world.ask("XXA/TLS", "DELETE", "/revocation-list").cms_text(message).send().done(204);
}

fn list(world: &World, since: &str) -> Answer {
    world.ask("XXB/TLS", "GET", "/revocation-list").header("If-Modified-Since", since).send()
}

/// The item of a batch, which may be listed only when its second is over (13.4).
#[track_caller]
fn item(world: &World, since: &str, id: &str, deleted: bool) -> Value {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = list(world, since);
        if answer.status == 200 {
            let page = answer.json();
            let batches = page["batches"].as_array().unwrap();
            let is = |item: &&Value| item["batchId"] == id && item["deleted"] == deleted;
            if let Some(item) = batches.iter().find(is) {
                return item.clone();
            }
        }
        assert!(Instant::now() < until, "{id} is not listed");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn ago(hours: i64) -> String {
    let at = Timestamp::now().checked_sub(SignedDuration::from_hours(hours)).unwrap();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

cases! { both:
    fn a_batch_is_served_as_it_was_uploaded(world) {
        let entries = json!(vec![json!({"hash": HASH}); 500]);
        for (hash_type, lifetime) in [("SIGNATURE", 2), ("UCI", 30), ("COUNTRYCODEUCI", 365)] {
            let mut batch = with("hashType", json!(hash_type));
            batch["entries"] = entries.clone();
            batch["expires"] = days(lifetime);
            let text = batch.to_string();
            let message = world.material.message(text.as_bytes(), "XXA/UP", &["-stream"]);
            let ask = world.ask("XXA/TLS", "POST", "/revocation-list").cms(message.clone());
            let id = ask.send().done(201).header("etag").unwrap().to_owned();
            let path = format!("/revocation-list/{id}");
            let one = world.ask("XXB/TLS", "GET", &path).send().is(200);
            assert_eq!(one.text(), message);
            assert_eq!(one.header("content-type"), Some("application/cms-text"));
            let tag = one.header("etag").unwrap().to_owned();
            assert_eq!(tag, format!("\"{id}\""));
            let again = world.ask("XXB/TLS", "GET", &path).header("If-None-Match", &tag);
            again.send().done(304);
            let other = world.ask("XXB/TLS", "GET", &path).header("Accept", "application/cms");
            assert_eq!(other.send().is(200).header("content-type"), Some("application/cms"));
            let item = item(world, &ago(24), &id, false);
            assert_eq!(item["country"], "XA");
            assert!(item["date"].as_str().unwrap() > ago(1).as_str(), "{item}");
            delete(world, &id);
            world.ask("XXB/TLS", "GET", &path).send().refused(410, "0x000", "");
        }
    }

    fn the_list_holds_what_changed_since_and_ends(world) {
        let id = store(world, &batch());
        let listed = item(world, &ago(7 * 24), &id, false);
        let date = listed["date"].as_str().unwrap().to_owned();
        assert!(!date.contains('.'), "whole seconds: {date}");
        for since in [ago(24), ago(7 * 24), "2021-06-01T00:00:00Z".to_owned(), "2021-06-01T02:00:00+02:00".to_owned()] {
            let page = list(world, &since).is(200).json();
            let dates: Vec<_> = page["batches"].as_array().unwrap().iter()
                .map(|item| item["date"].as_str().unwrap().parse::<Timestamp>().unwrap()).collect();
            assert!(dates.is_sorted());
            let since: Timestamp = since.parse().unwrap();
            assert!(dates.iter().all(|date| *date > since), "{since}: {dates:?}");
            assert!(page["more"].is_boolean());
        }
        // D-09: who asks for what came after its date does not get it again.
        let answer = list(world, &date);
        if answer.status == 200 {
            let page = answer.json();
            assert!(page["batches"].as_array().unwrap().iter().all(|item| item["batchId"] != *id));
        } else {
            answer.done(204);
        }
        delete(world, &id);
        assert_eq!(item(world, &ago(24), &id, true)["country"], "XA");
    }

    fn requests_for_the_list_have_their_codes(world) {
        world.ask("XXA/TLS", "GET", "/revocation-list").send().refused(400, "0x001", "");
        list(world, "yesterday").refused(400, "0x001", "");
        list(world, "Tue, 01 Jun 2021 00:00:00 GMT").is(400);
        let future = days(1);
        list(world, future.as_str().unwrap()).refused(400, "", "future");
        for id in ["x", &NOWHERE.to_uppercase().replace('0', "A"), &NOWHERE[1..]] {
            world.get(&format!("/revocation-list/{id}")).refused(400, "0x001", "");
        }
        world.get(&format!("/revocation-list/{NOWHERE}")).refused(404, "0x000", "");
    }

    /// 9.2.
    fn each_check_of_an_upload_has_its_code(world) {
        let material = &world.material;
        let text = batch().to_string();
        let ask = |message: &str| {
            world.ask("XXA/TLS", "POST", "/revocation-list").cms_text(message).send()
        };
        for message in ["not base64!".to_owned(), encode(b"x"), material.message(text.as_bytes(), "XXA/UP", &[DETACHED])] {
            ask(&message).refused(400, "0x402", "");
        }
        let mut broken = material.sign(text.as_bytes(), "XXA/UP", &[]);
        let last = broken.len() - 1;
        broken[last] ^= 1;
        ask(&encode(&broken)).refused(400, "0x260", "");
        for signer in ["XXB/UP", "XXC/UP", "XXA/TLS"] {
            let answer = ask(&material.message(text.as_bytes(), signer, &[]));
            let report = answer.refused(403, "0x000", "Invalid Upload Certificate").json();
            assert!(report["sendValue"].as_str().unwrap().contains("CN="), "{report}");
        }
        let message = material.message(text.as_bytes(), "XXA/UP", &[]);
        let other = world.ask("XXB/TLS", "POST", "/revocation-list").cms_text(message).send();
        other.refused(403, "0x000", "");
        for text in [format!("{text}x"), format!("{text}{text}"), String::new(), "[]".into()] {
            post(world, &text).refused(400, "0x000", "parsed");
        }
        let hash = |hash: &str| json!([{"hash": hash}]);
        for (member, value) in [
            // EU, and D-21.
            ("expires", days(-1)),
            ("expires", Value::Null),
            // D-14.
            ("hashType", Value::Null),
            ("entries", Value::Null),
            ("hashType", json!("CERT")),
            ("entries", json!([])),
            ("entries", json!([HASH])),
            ("entries", json!(vec![json!({"hash": HASH}); 1001])),
            ("entries", hash(&HASH[1..])),
            ("entries", hash("MDEyMzQ1Njc4OWFiY2RlZgA==")),
            ("entries", hash("not base64 but 24 long!!")),
            ("entries", hash("MDEyMzQ1Njc4OWFiY2RlZmc=")),
            ("kid", json!("1234567890123")),
            ("kid", json!("1234567890")),
            ("country", json!("XAA")),
            ("country", Value::Null),
        ] {
            post(world, &with(member, value).to_string()).refused(400, "0x000", "");
        }
        post(world, &with("country", json!("XB")).to_string()).refused(403, "0x000", "country");
    }

    /// 9.4.
    fn both_routes_withdraw_and_each_check_has_its_code(world) {
        let material = &world.material;
        for (method, path) in [("DELETE", "/revocation-list"), ("POST", "/revocation-list/delete")] {
            let id = store(world, &batch());
            let request = json!({"batchId": id}).to_string();
            let ask = |who: &str, signer: &str, text: &str| {
                let message = material.message(text.as_bytes(), signer, &[]);
                world.ask(who, method, path).cms_text(message).send()
            };
            let raw = world.ask("XXA/TLS", method, path).cms_text("not base64!");
            raw.send().refused(400, "0x402", "");
            let mut broken = material.sign(request.as_bytes(), "XXA/UP", &[]);
            let last = broken.len() - 1;
            broken[last] ^= 1;
            let raw = world.ask("XXA/TLS", method, path).cms_text(encode(&broken));
            raw.send().refused(400, "0x260", "");
            ask("XXA/TLS", "XXB/UP", &request).refused(403, "0x000", "");
            for text in ["", "{", "[]", "{\"batchId\":\"x\"}", &format!("{request}x")] {
                ask("XXA/TLS", "XXA/UP", text).refused(400, "0x000", "");
            }
            for text in ["{}".to_owned(), json!({"batchId": NOWHERE}).to_string()] {
                ask("XXA/TLS", "XXA/UP", &text).refused(404, "0x000", "");
            }
            ask("XXB/TLS", "XXB/UP", &request).refused(403, "0x000", "");
            world.get(&format!("/revocation-list/{id}")).is(200);
            ask("XXA/TLS", "XXA/UP", &request).done(204);
            ask("XXA/TLS", "XXA/UP", &request).refused(410, "0x000", "deleted");
            world.get(&format!("/revocation-list/{id}")).refused(410, "0x000", "");
            item(world, &ago(24), &id, true);
        }
    }

    /// 13.2: "missing role on each revocation route (403)".
    fn each_route_asks_for_its_role(world) {
        if !world.has("XXA/TLS2") {
            return;
        }
        let one = format!("/revocation-list/{NOWHERE}");
        for (method, path) in [
            ("GET", "/revocation-list"),
            ("GET", &one),
            ("POST", "/revocation-list"),
            ("DELETE", "/revocation-list"),
            ("POST", "/revocation-list/delete"),
        ] {
            world.ask("XXA/TLS2", method, path).send().refused(403, "0x403", "");
        }
    }
}

cases! { who:
    /// 13.2: "> 1000 batches: `more`, exactly 1000, ascending, next page not empty and without the
    /// last item", read as the stock client reads.
    fn the_stock_client_gets_each_batch_once_and_ends(world) {
        let Some(own) = &world.own else { return };
        // Of two years ago, so that nothing else is among them.
        let begin = 1_700_000_000_000_i64;
        let rows: Vec<_> = (0..1200_i64).map(|number| {
            let (changed, expires) = (begin + number / 2 * 1000, begin + 1_000_000_000_000);
            format!("('00000000-0000-4000-8000-{number:012}','XB',{changed},{expires},true,'UCI')")
        }).collect();
        own.by_hand(&format!(
            "INSERT INTO revocation_batch (batch_id, country, changed_at, expires_at, deleted, hash_type)
             VALUES {}", rows.join(",")
        ));
        let mut since = "2021-06-01T00:00:00Z".to_owned();
        let mut seen = Vec::new();
        let mut pages = 0;
        loop {
            let answer = list(world, &since);
            if answer.status == 204 || seen.len() >= 1200 {
                break;
            }
            let page = answer.is(200).json();
            let batches = page["batches"].as_array().unwrap();
            if pages == 0 {
                assert_eq!((page["more"].as_bool(), batches.len()), (Some(true), 1000));
            }
            pages += 1;
            seen.extend(batches.iter().map(|item| item["batchId"].as_str().unwrap().to_owned()));
            let last = batches.last().unwrap()["date"].as_str().unwrap();
            since = last.parse::<Timestamp>().unwrap().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        }
        let seeded = |id: &&String| id.starts_with("00000000-0000-4000-8000");
        let mut found: Vec<_> = seen.iter().filter(seeded).collect();
        found.sort();
        let count = found.len();
        found.dedup();
        assert_eq!((count, found.len()), (1200, 1200));
        own.by_hand("DELETE FROM revocation_batch WHERE batch_id LIKE '00000000-0000-4000-8000%'");
    }
}

//! `/cms-migration`: other signatures after a change of the upload certificate (3.12; 13.2).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cases;
use crate::client::Answer;
use crate::pki::{DETACHED, decode, encode};
use crate::rules;
use crate::world::{Database, Profile, World};

/// Every stored message of a participant.
#[track_caller]
fn stored(world: &World, participant: &str) -> Vec<Value> {
    world.ask(&format!("{participant}/TLS"), "GET", "/cms-migration").send().items()
}

/// What is stored of participant A with this content.
#[track_caller]
fn find(world: &World, kind: &str, content: &[u8]) -> Option<Value> {
    let is = |item: &Value| item["type"] == kind && contains(&decode(text(item)), content);
    stored(world, "XXA").into_iter().find(is)
}

fn text(item: &Value) -> &str {
    item["cms"].as_str().unwrap()
}

fn contains(message: &[u8], content: &[u8]) -> bool {
    message.windows(content.len()).any(|window| window == content)
}

#[track_caller]
fn post(world: &World, participant: &str, number: &Value, kind: &str, message: &str) -> Answer {
    let body = json!({"entityId": number, "type": kind, "cms": message});
    let who = format!("{participant}/TLS");
    world.ask(&who, "POST", "/cms-migration").json(&body).send()
}

/// A revocation batch.
fn batch(world: &World) -> String {
    let expires = Timestamp::now().checked_add(SignedDuration::from_hours(99)).unwrap();
    json!({
        "country": "XA",
        "expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "kid": "UNKNOWN_KID",
        "hashType": "UCI",
        "entries": [{"hash": encode(&crate::pki::sha256(world.url.as_bytes())[..16])}],
    })
    .to_string()
}

/// Everything that must not be accepted in the place of a stored message, with the codes of its
/// kind: missing, another country's, another content.
#[track_caller]
fn refuses(world: &World, item: &Value, content: &[u8], other: &[u8], codes: [&str; 3]) {
    let material = &world.material;
    let (number, kind) = (&item["entityId"], item["type"].as_str().unwrap());
    let good = material.sign(content, "XXA/UP2", &[]);
    let ask = |message: &str| post(world, "XXA", number, kind, message);
    ask("not base64!").refused(400, "0x402", "");
    ask(&material.message(content, "XXA/UP2", &[DETACHED])).refused(400, "0x402", "");
    let mut broken = good.clone();
    let last = broken.len() - 1;
    broken[last] ^= 1;
    ask(&encode(&broken)).refused(400, "0x260", "");
    let nowhere = json!(7_777_777_777_777_u64);
    let good = encode(&good);
    post(world, "XXA", &nowhere, kind, &good).refused(409, codes[0], "");
    ask(&material.message(content, "XXB/UP", &[])).refused(400, "0x004", "upload");
    let of_b = material.message(content, "XXB/UP", &[]);
    post(world, "XXB", number, kind, &of_b).refused(400, codes[1], "");
    ask(&material.message(other, "XXA/UP2", &[])).refused(400, codes[2], "");
    let after = find(world, kind, content).unwrap();
    assert_eq!(after, *item, "nothing of it has changed anything");
}

cases! { eu:
    fn a_document_signer_is_signed_anew(world) {
        if !world.has("XXA/UP2") {
            return;
        }
        let certificate = world.dsc("XXA");
        world.store(&certificate);
        let item = find(world, "DSC", &certificate.der).expect("listed");
        assert_eq!(item.as_object().unwrap().len(), 3, "{item}");
        assert!(item["entityId"].as_u64().unwrap() < 1 << 53, "a number for every JSON reader");
        // What is listed is a message that OpenSSL takes, the certificate in it.
        let up = world.material.path("XXA/UP.pem");
        let message = decode(text(&item));
        assert!(world.material.verifies(&message, &certificate.der, &up));
        let other = world.dsc("XXA");
        refuses(world, &item, &certificate.der, &other.der, ["0x010", "0x004", "0x004"]);

        let before = world.find("/trustList/DSC", &certificate).unwrap();
        let message = world.material.message(&certificate.der, "XXA/UP2", &[]);
        post(world, "XXA", &item["entityId"], "DSC", &message).done(204);
        let after = world.find("/trustList/DSC", &certificate).expect("still listed");
        assert_ne!(after["signature"], before["signature"]);
        for member in ["kid", "timestamp", "thumbprint", "country", "certificateType"] {
            assert_eq!(after[member], before[member], "{member}");
        }
        let signature = decode(after["signature"].as_str().unwrap());
        let up2 = world.material.path("XXA/UP2.pem");
        assert!(world.material.verifies(&signature, &certificate.der, &up2));
        assert!(!world.material.verifies(&signature, &certificate.der, &up));
        let listed = find(world, "DSC", &certificate.der).unwrap();
        assert_eq!(listed["entityId"], item["entityId"]);
        assert_ne!(listed["cms"], item["cms"]);
        world.remove(&certificate);
        assert!(find(world, "DSC", &certificate.der).is_none());
        post(world, "XXA", &item["entityId"], "DSC", &message).refused(409, "0x010", "");
    }

    fn a_complete_message_stays_complete(world) {
        if !world.has("XXA/UP2") {
            return;
        }
        let certificate = world.dsc("XXA");
        let message = world.material.message(&certificate.der, "XXA/UP", &[]);
        let body = json!({"cms": message, "domain": "PH4H", "properties": {}});
        world.ask("XXA/TLS", "POST", "/trustedCertificate").json(&body).send().done(201);
        let item = find(world, "DSC", &certificate.der).unwrap();
        assert_eq!(text(&item), message);
        let message = world.material.message(&certificate.der, "XXA/UP2", &["-stream"]);
        post(world, "XXA", &item["entityId"], "DSC", &message).done(204);
        let entry = world.find("/trustList/certificate", &certificate).unwrap();
        assert_eq!((&entry["signature"], &entry["domain"]), (&json!(message), &json!("PH4H")));
        world.remove(&certificate);
    }

    fn a_rule_is_signed_anew(world) {
        if !world.has("XXA/UP2") {
            return;
        }
        let id = rules::fresh(world, "GR");
        let rule = rules::rule(&id);
        let content = rule.to_string();
        rules::put(world, &rule).done(201);
        let before = world.get("/rules/XA").is(200).json()[&id].clone();
        let item = find(world, "VALIDATION_RULE", content.as_bytes()).expect("listed");
        assert_eq!(item["cms"], before[0]["cms"]);
        let other = content.replace("twenty", "thirty");
        let codes = ["0x030", "0x031", "0x032"];
        refuses(world, &item, content.as_bytes(), other.as_bytes(), codes);
        let message = world.material.message(content.as_bytes(), "XXA/UP2", &[]);
        post(world, "XXA", &item["entityId"], "VALIDATION_RULE", &message).done(204);
        let after = world.get("/rules/XA").is(200).json()[&id].clone();
        let mut expected = before;
        expected[0]["cms"] = json!(message);
        assert_eq!(after, expected);
        rules::delete(world, &id).done(204);
        let gone = post(world, "XXA", &item["entityId"], "VALIDATION_RULE", &message);
        gone.refused(409, "0x030", "");
    }

    fn a_revocation_batch_is_signed_anew(world) {
        if !world.has("XXA/UP2") {
            return;
        }
        let expires = Timestamp::now().checked_add(SignedDuration::from_hours(99)).unwrap();
        let content = json!({
            "country": "XA",
            "expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "kid": "UNKNOWN_KID",
            "hashType": "UCI",
            "entries": [{"hash": encode(&crate::pki::sha256(world.url.as_bytes())[..16])}],
        }).to_string();
        let message = world.material.message(content.as_bytes(), "XXA/UP", &[]);
        let answer = world.ask("XXA/TLS", "POST", "/revocation-list").cms_text(message).send();
        let id = answer.done(201).header("etag").unwrap().to_owned();
        let item = find(world, "REVOCATION_LIST", content.as_bytes()).expect("listed");
        let other = content.replace("UCI", "SIGNATURE");
        let codes = ["0x020", "0x021", "0x022"];
        refuses(world, &item, content.as_bytes(), other.as_bytes(), codes);
        let message = world.material.message(content.as_bytes(), "XXA/UP2", &[]);
        post(world, "XXA", &item["entityId"], "REVOCATION_LIST", &message).done(204);
        let path = format!("/revocation-list/{id}");
        assert_eq!(world.get(&path).is(200).text(), message);
        let request = json!({"batchId": id}).to_string();
        let withdrawal = world.material.message(request.as_bytes(), "XXA/UP2", &[]);
        let ask = world.ask("XXA/TLS", "DELETE", "/revocation-list").cms_text(withdrawal);
        ask.send().done(204);
        assert!(find(world, "REVOCATION_LIST", content.as_bytes()).is_none());
        let gone = post(world, "XXA", &item["entityId"], "REVOCATION_LIST", &message);
        gone.refused(409, "0x020", "");
    }

    fn a_participant_sees_only_its_own(world) {
        let certificate = world.dsc("XXA");
        world.store(&certificate);
        let own = |item: &Value| contains(&decode(text(item)), &certificate.der);
        assert!(stored(world, "XXA").iter().any(own));
        assert!(!stored(world, "XXB").iter().any(own));
        for body in [json!([]), json!({"cms": "AA"}), json!({"cms": "AA", "entityId": 1, "type": "DID"}), json!({"cms": "AA", "entityId": -1, "type": "DSC"})] {
            let ask = world.ask("XXA/TLS", "POST", "/cms-migration").json(&body);
            ask.send().refused(400, "0x001", "");
        }
        world.remove(&certificate);
    }
}

/// After an exchange of each kind the log still proves what is served.
fn the_log_holds(database: Database) {
    if std::env::var_os("GDHCN_CONFORMANCE").is_some() {
        return;
    }
    let Some(world) = World::start(Profile::Eu, database, &[]) else { return };
    world.store(&world.dsc("XXA"));
    rules::put(&world, &rules::rule("GR-XA-0001")).done(201);
    let batch = batch(&world);
    let message = world.material.message(batch.as_bytes(), "XXA/UP", &[]);
    world.ask("XXA/TLS", "POST", "/revocation-list").cms_text(message).send().done(201);
    world.audit();
    for item in stored(&world, "XXA") {
        let kind = item["type"].as_str().unwrap();
        let file = world.own.as_ref().unwrap().path("message.der");
        std::fs::write(&file, decode(text(&item))).unwrap();
        let verify = ["cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in"];
        let content =
            world.material.openssl(&[&verify[..], &[file.to_str().unwrap()]].concat(), b"");
        let message = world.material.message(&content, "XXA/UP2", &[]);
        post(&world, "XXA", &item["entityId"], kind, &message).done(204);
        world.audit();
    }
}

#[test]
fn the_log_holds_after_exchanges_on_sqlite() {
    the_log_holds(Database::Sqlite);
}

#[test]
fn the_log_holds_after_exchanges_on_postgresql() {
    the_log_holds(Database::Postgresql);
}

cases! { who:
    fn the_other_profile_has_no_such_path(world) {
        world.get("/cms-migration").is(404);
    }
}

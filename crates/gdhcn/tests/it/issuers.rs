//! Issuers and value sets at the operator's desk.

use serde_json::{Value, json};

use crate::onboarding::{SIGN, onboard, with_gateway};
use crate::program::{Place, Run};

const CONFIG: [&str; 2] = ["--config", "gateway.toml"];

fn gateway(place: &Place, command: &[&str], options: &[&str]) -> Run {
    place.run(&[&["gateway"], command, &CONFIG, options].concat())
}

fn add(place: &Place, url: &str, options: &[&str]) -> Run {
    let what = ["--country", "XA", "--name", "Ministry of Health", "--url", url];
    gateway(place, &["issuer", "add"], &[&what[..], options].concat())
}

fn issuers(place: &Place) -> Value {
    let run = gateway(place, &["issuer", "list"], &["--json"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    run.json()
}

const URL: &str = "https://keys.example/jwks";

#[test]
fn an_issuer_is_signed_listed_replaced_and_taken_away() {
    let place = with_gateway("");
    assert_eq!(add(&place, URL, &["--dry-run"]).code, 0);
    assert_eq!(issuers(&place), json!([]));
    // Without a word of how it is signed, and with a text that could be read in two ways.
    assert_eq!(add(&place, URL, &[]).code, 64);
    assert_eq!(add(&place, "https://keys.example/a;b", &SIGN).code, 64);
    assert_eq!(add(&place, "did:web:keys.example", &SIGN).code, 64, "a DID needs a hash");
    for url in ["ftp://keys.example", "http://keys.example", "keys.example"] {
        let refused = add(&place, url, &["--export", "request.json"]).wrong_usage();
        assert!(refused.stderr.contains("https://"), "{}", refused.stderr);
    }
    assert_eq!(add(&place, URL, &[&SIGN[..], &["--type", "did"]].concat()).code, 64);

    add(&place, URL, &[&SIGN[..], &["--key-storage-type", "JWKS"]].concat()).done(0);
    let listed = issuers(&place);
    let issuer = &listed[0];
    assert_eq!((&issuer["url"], &issuer["type"]), (&json!(URL), &json!("HTTP")));
    assert_eq!((&issuer["domain"], &issuer["keyStorageType"]), (&json!("DCC"), &json!("JWKS")));
    assert_eq!((&issuer["thumbprint"], &issuer["fault"]), (&Value::Null, &Value::Null));

    // At the same place it takes the place of the former one, in another domain it does not.
    add(&place, URL, &[&SIGN[..], &["--type", "http"]].concat()).done(0);
    add(&place, URL, &[&SIGN[..], &["--domain", "DDCC"]].concat()).done(0);
    let listed = issuers(&place);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_ne!(listed[0]["uuid"], issuer["uuid"]);

    let uuid = listed[0]["uuid"].as_str().unwrap();
    let remove = gateway(&place, &["issuer", "remove"], &[&uuid[..8], "--yes"]);
    remove.done(0);
    assert_eq!(gateway(&place, &["issuer", "remove"], &[uuid, "--yes"]).code, 66);
    assert_eq!(issuers(&place)[0]["domain"], "DDCC");

    // A row that nobody signed is told, and the command says so by its end.
    let change = "sqlite3 database/gateway.sqlite3 \"UPDATE trusted_issuer SET url = 'https://x'\"";
    assert_eq!(place.shell(change).code, 0);
    let told = gateway(&place, &["issuer", "list"], &[]);
    assert_eq!(told.code, 1);
    assert!(told.stdout.contains("not served"), "{}", told.stdout);
}

#[test]
fn an_issuer_is_signed_away_from_the_gateway() {
    let place = with_gateway("");
    let hash = "0f".repeat(32);
    let url = "did:web:health.example";
    let hashed = ["--hash", &hash];
    add(&place, url, &[&hashed[..], &["--export", "request.json"]].concat()).done(0);
    let sign =
        ["trust-anchor", "sign", "request.json", "--certificate", "ta.pem", "--key", "ta.key"];
    let options = ["--passphrase-file", "secret", "--yes", "--out", "response.json"];
    let shown = place.run(&[&sign[..], &options].concat());
    assert!(shown.stdout.contains("XA;Ministry of Health;did:web:health.example;DID"));
    let import = ["--import", "response.json", "--yes"];
    let other = "1f".repeat(32);
    let changed = add(&place, url, &[&["--hash", &other][..], &import].concat());
    assert_eq!(changed.code, 66, "{}", changed.stderr);
    add(&place, url, &[&hashed[..], &import].concat()).done(0);
    let issuer = &issuers(&place)[0];
    assert_eq!((&issuer["thumbprint"], &issuer["type"]), (&json!(hash), &json!("DID")));
    assert_eq!(issuer["keyStorageType"], "DIDDocument");
}

#[test]
fn issuers_of_a_folder_are_onboarded_with_it_and_go_with_the_participant() {
    let place = with_gateway("");
    let issuer = json!({
        "name": "Ministry of Health", "url": "did:web:health.example", "urlType": "DID",
        "hash": "0f".repeat(32), "sslPublicKeys": ["AAAA", "BBBB"], "country": "XA",
    });
    let file = "XXA/onboarding/DDCC/ISSUER/Trusted_Issuer.json";
    place.write(file, issuer.to_string());
    let run = onboard(&place, &SIGN);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let listed = issuers(&place);
    assert_eq!((&listed[0]["domain"], &listed[0]["fault"]), (&json!("DDCC"), &Value::Null));
    let again = onboard(&place, &SIGN);
    assert!(again.stdout.contains("nothing to change"), "{}", again.stdout);

    let mut changed = issuer;
    changed["hash"] = json!("1f".repeat(32));
    place.write(file, changed.to_string());
    let replaced = onboard(&place, &SIGN);
    assert!(replaced.stdout.contains("replaced"), "{}", replaced.stdout);
    assert_eq!(issuers(&place)[0]["thumbprint"], "1f".repeat(32));
    assert_eq!(issuers(&place).as_array().unwrap().len(), 1);

    let offboard = ["gateway", "offboard", "--config", "gateway.toml", "XXA", "--yes"];
    place.run(&offboard).done(0);
    assert_eq!(issuers(&place), json!([]));
}

#[test]
fn results_in_the_folder_vouch_for_its_issuer() {
    let place = with_gateway("");
    for name in ["SCA/SCA.pem", "UP/UP.pem", "TLS/TLS.pem"] {
        let file = format!("XXA/onboarding/DCC/{name}");
        let sign = ["trust-anchor", "sign", &file, "--certificate", "ta.pem", "--key", "ta.key"];
        place.run(&[&sign[..], &["--passphrase-file", "secret", "--yes"]].concat()).done(0);
    }
    let mut issuer = json!({
        "name": "Ministry of Health", "url": "did:web:health.example", "urlType": "DID",
        "hash": "0f".repeat(32), "sslPublicKeys": [], "country": "XA",
    });
    place.write("XXA/onboarding/DCC/ISSUER/Trusted_Issuer.json", issuer.to_string());
    let results = ["--signed-results", "--yes"];
    assert_eq!(onboard(&place, &results).code, 66, "nobody signed the issuer");
    // The text is signed with its content inside, as the network's own tool does, by OpenSSL.
    place.write("text", "XA;Ministry of Health;did:web:health.example;DID");
    let signed = place.shell(
        "openssl cms -sign -binary -nodetach -nosmimecap -outform DER -in text -signer ta.pem \
         -inkey ta.key -passin file:secret | base64 -w0",
    );
    assert_eq!(signed.code, 0, "{}", signed.stderr);
    issuer["signature"] = json!(signed.stdout.trim());
    let result = "XXA/onboarding/DCC/ISSUER/signed/TNG_TA.signed.Trusted_Issuer.json";
    place.write(result, issuer.to_string());
    onboard(&place, &results).done(0);
    let listed = issuers(&place);
    assert_eq!((&listed[0]["domain"], &listed[0]["fault"]), (&json!("DCC"), &Value::Null));
}

#[test]
fn a_published_list_of_antigen_tests_is_merged_into_its_value_set() {
    let place = with_gateway("");
    let set = json!({
        "valueSetId": "covid-19-lab-test-manufacturer-and-name", "valueSetDate": "2021-01-01",
        "valueSetValues": { "1": { "display": "A former test" } }
    });
    place.write("set.json", set.to_string());
    gateway(&place, &["value-set", "import"], &["set.json"]).done(0);
    let device = |common: bool| {
        let listing = json!({ "list_date": "2021-05-10 18:11:00 CET", "in_common_list": common });
        json!({
            "extracted_on": "2021-06-30 20:00:00 CEST",
            "deviceList": [{ "id_device": "2", "commercial_name": "A test",
                "manufacturer": { "name": "A maker" }, "hsc_list_history": [listing] }]
        })
    };
    place.write("devices.json", device(true).to_string());
    let merge = || gateway(&place, &["value-set", "antigen-tests"], &["devices.json"]);
    let codes =
        || gateway(&place, &["value-set", "list"], &["--json"]).done(0).json()[0]["codes"].clone();
    assert!(merge().done(0).stdout.contains("stored"));
    assert_eq!(codes(), 2);
    assert!(merge().done(0).stdout.contains("nothing is new"));
    place.write("devices.json", device(false).to_string());
    assert!(merge().done(0).stdout.contains("stored"));
    place.write("devices.json", "<html>");
    let refused = merge().fault(66);
    assert!(refused.stderr.contains("devices.json"), "{}", refused.stderr);
    assert_eq!(codes(), 2);
}

#[test]
fn value_sets_are_imported_listed_and_taken_away() {
    let place = with_gateway("");
    let set = |id: &str, codes: &str| {
        format!(r#"{{"valueSetId":"{id}","valueSetDate":"2021-04-27","valueSetValues":{codes}}}"#)
    };
    place.write("one.json", set("one", r#"{"a":{},"b":{}}"#));
    place.write("two.json", set("two", "{}"));
    place.write("bad.json", set("bad id", "{}"));
    let import = |files: &[&str]| gateway(&place, &["value-set", "import"], files);
    let list = || gateway(&place, &["value-set", "list"], &["--json"]).done(0).json();
    let refused = import(&["one.json", "bad.json"]);
    assert_eq!(refused.code, 66);
    assert!(refused.stderr.contains("bad.json"), "{}", refused.stderr);
    // All or nothing is stored: not even a database was made.
    gateway(&place, &["value-set", "list"], &["--json"]).fault(66);
    assert_eq!(import(&["one.json", "--dry-run"]).code, 0);
    gateway(&place, &["value-set", "list"], &["--json"]).fault(66);
    import(&["one.json", "two.json"]).done(0);
    assert_eq!((&list()[0]["id"], &list()[0]["codes"]), (&json!("one"), &json!(2)));
    place.write("one.json", set("one", "{}"));
    import(&["one.json"]).done(0);
    assert_eq!((&list()[0]["codes"], list().as_array().unwrap().len()), (&json!(0), 2));

    let remove = |id: &str| gateway(&place, &["value-set", "remove"], &[id, "--yes"]);
    assert_eq!(gateway(&place, &["value-set", "remove"], &["one", "--dry-run"]).code, 0);
    remove("one").done(0);
    assert_eq!(remove("one").code, 66);
    assert_eq!(gateway(&place, &["value-set", "remove"], &["one", "--dry-run"]).code, 66);
    assert_eq!(list()[0]["id"], "two");
    let trail = place.shell(
        "sqlite3 database/gateway.sqlite3 \"SELECT count(*) FROM audit_event WHERE event LIKE \
         'VALUE_SET%'\"",
    );
    assert_eq!(trail.stdout.trim(), "4");
}

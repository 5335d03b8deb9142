//! `gdhcn trust sync` from a server on this machine.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use gdhcn_store::Store;
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::signer_information::{NewSignerInformation, SignerType};
use jiff::Timestamp;
use serde_json::Value;

use crate::forge::Country;
use crate::program::{Place, Run};
use crate::service::Service;
use crate::trust_lists::Publisher;

/// OpenSSL's own web server: it hands out the files of a folder over HTTPS.
pub(crate) struct Host {
    child: Child,
    did: String,
    port: String,
}

impl Host {
    pub(crate) fn new(place: &Place) -> Self {
        place.write("www/empty", "");
        let openssl = |arguments: &str| {
            let mut command = Command::new("openssl");
            command.args(arguments.split_whitespace()).current_dir(place.path("www"));
            command
        };
        let made = openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
             -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
             -days 30 -keyout server.key -out server.pem",
        );
        assert!({ made }.output().unwrap().status.success());
        let mut child = openssl("s_server -accept 0 -cert server.pem -key server.key -WWW")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("ACCEPT ")?.rsplit(':').next().map(str::to_owned))
            .unwrap();
        Self { child, did: format!("did:web:localhost%3A{port}"), port }
    }

    /// The address of a file or folder in `www`.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("https://localhost:{}/{path}", self.port)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_list_is_fetched_and_kept_up_to_date_by_one_command() {
    let place = Place::new();
    let mut host = Host::new(&place);
    let (publisher, [one, two]) = (Publisher::new(), ["XXA", "XXB"].map(Country::new));
    let did = format!("{}:v2:trustlist", host.did);
    let publish = |created: &str, signers: &[&gdhcn_envelope::x509::Certificate]| {
        place.write("www/v2/trustlist/did.json", publisher.list(&did, created, signers));
    };
    place.write("key.pem", publisher.key_pem());
    publish("2026-05-01T00:00:00Z", &[&one.dsc]);
    let sync = |more: &[&str]| {
        let common = ["trust", "sync", "--store", "st", "--gateway-ca", "www/server.pem"];
        place.run(&[&common[..], more].concat())
    };

    let unnamed = sync(&["--from", &did]).done(66).stdout;
    assert!(unnamed.contains("nobody named the key of its proof"), "{unnamed}");
    assert!(!place.path("st/store.trust").exists());
    let json = sync(&["--from", &did, "--list-key", "key.pem", "--json"]).done(0).json();
    assert_eq!((json["number"].as_u64(), json["parts"][0]["keys"].as_u64()), (Some(1), Some(1)));

    // Without arguments: every part anew, with the key that was named once.
    publish("2026-05-02T00:00:00Z", &[&one.dsc, &two.dsc]);
    let json = sync(&["--json"]).done(0).json();
    assert_eq!((json["number"].as_u64(), json["parts"][0]["keys"].as_u64()), (Some(2), Some(2)));
    let listed = place.run(&["trust", "list", "--store", "st", "--json"]).done(0).json();
    assert_eq!(listed["sources"][0]["name"], did.as_str());
    assert!(listed["sources"][0]["fetched"].is_string());

    // What is refused or cannot be reached leaves the store as it was.
    publish("2026-04-30T00:00:00Z", &[&one.dsc]);
    assert!(sync(&[]).done(66).stdout.contains("lists do not go back"));
    place.write("www/v2/trustlist/did.json", "<html>");
    assert!(sync(&[]).done(66).stdout.contains("not JSON"));
    host.child.kill().unwrap();
    host.child.wait().unwrap();
    assert!(sync(&[]).done(66).stdout.contains("cannot connect"));
    let json = place.run(&["trust", "verify", "--store", "st", "--json"]).done(0).json();
    assert_eq!(
        (json["store"]["number"].as_u64(), json["parts"][0]["keys"].as_u64()),
        (Some(2), Some(2))
    );
}

#[test]
fn a_key_can_be_named_by_its_thumbprint() {
    let place = Place::new();
    let host = Host::new(&place);
    let publisher = Publisher::called(&format!("{}:key", host.did));
    let did = format!("{}:trustlist", host.did);
    let signer = Country::new("XXA").dsc;
    let list = publisher.list(&did, "2026-05-01T00:00:00Z", &[&signer]);
    place.write("www/trustlist/did.json", &list);
    place.write("www/key/did.json", publisher.key_document());
    place.write("list.json", list);
    let sync = |thumbprint: &str| {
        let list_key = ["--from", &did, "--list-key", thumbprint];
        let common = ["trust", "sync", "--store", "st", "--gateway-ca", "www/server.pem"];
        place.run(&[&common[..], &list_key].concat())
    };
    let other = Publisher::new().thumbprint();
    assert!(sync(&other).done(66).stdout.contains("no key with the thumbprint"));
    sync(&publisher.thumbprint()).done(0);
    // Without a network the key itself is needed; here in the document that names it.
    let import = |key: &str| {
        place.run(&["trust", "import", "list.json", "--store", "other", "--list-key", key])
    };
    assert!(import(&publisher.thumbprint()).done(66).stdout.contains("as a file"));
    import("www/key/did.json").done(0);
}

#[test]
fn a_list_of_references_is_fetched_with_what_it_refers_to() {
    let place = Place::new();
    let host = Host::new(&place);
    let (publisher, country) = (Publisher::new(), Country::new("XXA"));
    let (root, leaf) = (format!("{}:ref", host.did), format!("{}:all:trustlist", host.did));
    let at = "2026-05-02T00:00:00Z";
    place.write("key.pem", publisher.key_pem());
    let references = [format!("\"{leaf}\""), "\"did:web:other.example:list\"".to_owned()];
    place.write("www/ref/did.json", publisher.document(&root, at, &references));
    place.write("www/all/trustlist/did.json", publisher.list(&leaf, at, &[&country.dsc]));
    let run = place.run(&[
        "trust",
        "sync",
        "--store",
        "st",
        "--gateway-ca",
        "www/server.pem",
        "--from",
        &root,
        "--list-key",
        "key.pem",
        "--json",
    ]);
    let json = run.done(0).json();
    let part = &json["parts"][0];
    assert_eq!(
        (part["keys"].as_u64(), &part["refused"][0]["id"]),
        (Some(1), &"did:web:other.example:list".into())
    );
}

/// A9, 4.4 of the list's own readers: what was withdrawn is gone, and an empty answer empties nothing.
#[test]
fn a_gateways_list_is_fetched_with_a_client_certificate() {
    let place = Place::new();
    let service = Service::start(&place, &["demo", "--folder", "demo", "--serve"]);
    let address = service.word_after("The gateway stays up at ");
    let access = [
        "--client-cert",
        "demo/xxb/tls.pem",
        "--client-key",
        "demo/xxb/tls.key",
        "--gateway-ca",
        "demo/operator/gateway.pem",
        "--trust-anchor",
        "demo/operator/trust-anchor.pem",
    ];
    let sync = |more: &[&str]| {
        place.run(&[&["trust", "sync", "--store", "st", "--json"], &access[..], more].concat())
    };
    let json = sync(&["--from", &address]).done(0).json();
    assert!(json["parts"][0]["keys"].as_u64().unwrap() > 0, "{json}");
    // The gateway knows the list by its ETag.
    let again = sync(&[]).done(0).json();
    assert_eq!(
        (&again["parts"][0]["state"], again["number"].as_u64()),
        (&"unchanged".into(), Some(2))
    );
    let run = place.run(&["trust", "sync", "--store", "st"]).done(66);
    assert!(run.stdout.contains("--trust-anchor"), "{}", run.stdout);
    // Another anchor is not believed because the list has not changed since.
    let mut other = access;
    other[7] = "demo/xxa/sca.pem";
    let run = place.run(&[&["trust", "sync", "--store", "st"], &other[..]].concat()).done(66);
    assert!(run.stdout.contains("vouched for by the trust anchor"), "{}", run.stdout);
    place.run(&["trust", "verify", "--store", "st"]).done(0);
}

/// D4: after "unchanged" a change is seen again, also one back to what was there before.
#[test]
fn d4_a_list_is_followed_through_unchanged_changed_and_changed_back() {
    let place = Place::new();
    let service = Service::start(&place, &["demo", "--folder", "demo", "--serve"]);
    let address = service.word_after("The gateway stays up at ");
    let sync = || {
        let access = "--client-cert demo/xxb/tls.pem --client-key demo/xxb/tls.key \
                      --gateway-ca demo/operator/gateway.pem \
                      --trust-anchor demo/operator/trust-anchor.pem --store st --json";
        let arguments: Vec<&str> = access.split_whitespace().collect();
        let from = ["trust", "sync", "--from", &address];
        place.run(&[&from[..], &arguments].concat()).done(0).json()["parts"][0].clone()
    };
    let state = |part: &Value| part["state"].as_str().unwrap().to_owned();
    let keys = |part: &Value| part["keys"].as_u64();
    let first = sync();
    assert_eq!((state(&first), state(&sync())), ("taken".to_owned(), "unchanged".to_owned()));
    let list: Value = serde_json::from_slice(&place.read("demo/xxb/trust-list-1.json")).unwrap();
    let withdrawn = list.as_array().unwrap().iter();
    let withdrawn = withdrawn.clone().find(|one| one["certificateType"] == "DSC").unwrap();
    for (more, change) in [(1, true), (0, false)] {
        change_signer(&place, withdrawn, change);
        // The gateway notices within a second.
        let mut part = sync();
        for _ in 0..100 {
            if state(&part) == "taken" {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
            part = sync();
        }
        assert_eq!(keys(&part), keys(&first).map(|keys| keys + more), "{part}");
        assert_eq!(state(&sync()), "unchanged");
    }
}

/// G6: a gateway lists signers still, and the authorities and upload certificates of nobody. That
/// takes no key away, and is told.
#[test]
fn g6_a_list_without_authorities_takes_no_key_away() {
    let place = Place::new();
    let service = Service::start(&place, &["demo", "--folder", "demo", "--serve"]);
    let address = service.word_after("The gateway stays up at ");
    let access = "--client-cert demo/xxb/tls.pem --client-key demo/xxb/tls.key \
                  --gateway-ca demo/operator/gateway.pem \
                  --trust-anchor demo/operator/trust-anchor.pem --store st";
    let access: Vec<&str> = access.split_whitespace().collect();
    let sync = || place.run(&[&["trust", "sync", "--from", &address], &access[..]].concat());
    let list: Value = serde_json::from_slice(&place.read("demo/xxb/trust-list-1.json")).unwrap();
    let signer = list.as_array().unwrap().iter().find(|one| one["certificateType"] == "DSC");
    let mut signer = signer.unwrap().clone();
    change_signer(&place, &signer, true);
    // The gateway notices within a second.
    let sync_until = |is: &dyn Fn(&Run) -> bool| {
        let mut looks = 0;
        loop {
            let run = sync();
            if is(&run) || looks > 100 {
                return run;
            }
            looks += 1;
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    };
    let kept = || {
        let list = place.run(&["trust", "list", "--store", "st", "--json"]).done(0).json();
        list["entries"].as_array().unwrap().clone()
    };
    let has_signer = || kept().iter().any(|entry| entry["usage"] == "DSC");
    sync_until(&|_| has_signer()).done(0);
    let before = kept();
    assert!(has_signer(), "{before:?}");
    let sql = "DELETE FROM trusted_party WHERE certificate_type IN ('CSCA', 'UPLOAD')";
    let database = "demo/operator/database/gateway.sqlite3";
    assert_eq!(place.shell(&format!("sqlite3 {database} \"{sql}\"")).code, 0);
    // Past the program nothing tells of a change: another one does, of a row that does not hold.
    signer["thumbprint"] = "00".repeat(32).into();
    signer["kid"] = "other".into();
    change_signer(&place, &signer, true);
    let told = sync_until(&|run| !run.stdout.contains("unchanged"));
    assert_eq!(told.code, 66, "{told:?}");
    assert!(told.stdout.contains("and the one at hand"), "{told:?}");
    assert_eq!(kept(), before);
}

/// Puts a signer of a list into the database of the demo's gateway, or takes it out.
fn change_signer(place: &Place, entry: &Value, put: bool) {
    let text = |member: &str| entry[member].as_str().unwrap().to_owned();
    let event = AuditEvent {
        occurred_at: Timestamp::UNIX_EPOCH,
        request_id: "by hand".to_owned(),
        country: Some(text("country")),
        uploader_fingerprint: None,
        authentication_fingerprint: None,
        event: "TEST".to_owned(),
        description: "by hand".to_owned(),
        code: None,
        payload_sha256: None,
    };
    let row = NewSignerInformation {
        created_at: Timestamp::UNIX_EPOCH,
        country: text("country"),
        thumbprint: text("thumbprint"),
        raw_data: text("rawData"),
        signature: text("signature"),
        certificate_type: SignerType::Dsc,
        kid: text("kid"),
        domain: Some("DCC".to_owned()),
        properties: None,
        source_gateway_id: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(place.path("demo/operator/database").as_path()).await.unwrap();
        if put {
            store.insert_signer_information(row, &event).await.unwrap();
        } else {
            let (thumbprint, country) = (text("thumbprint"), text("country"));
            store.delete_signer_information(&thumbprint, &country, "cms", &event).await.unwrap();
        }
        store.close().await;
    });
}

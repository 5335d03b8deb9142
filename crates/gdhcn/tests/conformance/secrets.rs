//! What a gateway and its operator's commands write down: nothing secret, and of participants what
//! `docs/privacy.md` says.

use std::path::Path;
use std::process::Command;

use gdhcn_testkit::{Softhsm, softhsm};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::kill::Running;
use crate::pki::{DETACHED, P256, decode, encode, sha256, unique};
use crate::world::{Database, Own, Profile, World};

const PASSPHRASE: &str = "Passphrase-of-the-anchor-7Kq";
const PASSWORD: &str = "Password-of-the-database-9Wz";
const SUBJECT: &str = "Nobody logs this name";
const HEADER: &str = "Nobody-logs-this-header-value";
const QUERY: &str = "Nobody-logs-this-query";

/// Whether a text stands there and is not a part of a longer word.
fn says(text: &str, word: &str) -> bool {
    let ends = |character: Option<char>| !character.is_some_and(|one| one.is_ascii_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        ends(text[..at].chars().next_back()) && ends(text[at + word.len()..].chars().next())
    })
}

/// The lines of a private key in PEM but for its first, which all keys of a kind share.
fn key_lines(key: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(key).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("-----")).skip(1);
    lines.filter(|line| line.len() > 20).map(str::to_owned).collect()
}

/// An operator's command; gives everything that it writes.
fn operate(own: &Own, token: &Softhsm, arguments: &[&str]) -> String {
    let mut command = own.command(arguments);
    let output =
        command.env("SOFTHSM2_CONF", token.config()).env("RUST_LOG", "debug").output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{:?}: {said}", &arguments[..2]);
    said
}

/// Onboarding with an encrypted key, and an issuer with a key in a token.
fn commands(world: &World, own: &Own) -> String {
    let material = &world.material;
    let place = |name: &str| material.path(name).to_str().unwrap().to_owned();
    let file = |name: &str, text: &str| {
        std::fs::write(own.path(name), text).unwrap();
        own.path(name).to_str().unwrap().to_owned()
    };
    let passphrase = file("passphrase", PASSPHRASE);
    let encrypted = own.path("anchor.key").to_str().unwrap().to_owned();
    let encrypt =
        ["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", &place("ta.key"), "-out", &encrypted];
    material.openssl(&[&encrypt[..], &["-passout", &format!("file:{passphrase}")]].concat(), b"");
    for (use_, name) in [("TLS", "TLS"), ("UP", "UP"), ("SCA", "SCA")] {
        let folder = own.path(&format!("XXC/onboarding/DCC/{use_}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(place(&format!("XXC/{name}.pem")), folder.join(format!("{name}.pem")))
            .unwrap();
    }
    let token = softhsm();
    token.import(&std::fs::read_to_string(place("ta.key")).unwrap(), "ta", "01");
    let pin = file("pin", Softhsm::PIN);
    let address =
        format!("pkcs11:object=ta?module-path={}&pin-source={pin}", Softhsm::module().display());

    let config = ["--config", "gate/gateway.toml"];
    let rules: Vec<_> = (1..100).map(|number| format!("L{number:03}")).collect();
    let mut onboard = vec!["gateway", "onboard", "XXC", "--yes", "--sign-with", &encrypted];
    onboard.extend(["--passphrase-file", &passphrase]);
    for rule in &rules {
        onboard.extend(["--accept", rule]);
    }
    onboard.extend(config);
    let issuer = ["gateway", "issuer", "add", "--country", "XC", "--name", "Issuer", "--url"];
    let with = ["https://issuer.example/secrets", "--sign-with", &address, "--yes"];
    let status = ["gateway", "status", "--json", "--bundle", "bundle.json"];
    let mut said = operate(own, &token, &onboard);
    said += &operate(own, &token, &[&issuer[..], &with, &config].concat());
    // It tells of certificates that end, with another exit code.
    let output = own.command(&[&status[..], &config].concat()).output().unwrap();
    said += &String::from_utf8_lossy(&[output.stdout, output.stderr].concat());
    said + &own.text("bundle.json")
}

/// What clients send, good and bad; gives what of it nobody may write down.
fn traffic(world: &World) -> Vec<String> {
    let material = &world.material;
    let mut sent = Vec::new();
    let signer = material.dsc("XXA/SCA", &format!("/C=XA/O=Test/CN={SUBJECT}"));
    let message = material.message(&signer.der, "XXA/UP", &[]);
    let post = |holder: &str, path: &str| {
        let ask = world.ask(holder, "POST", path).header("X-Request-Reason", HEADER);
        ask.header("Cookie", &format!("session={HEADER}"))
    };
    post("XXA/TLS", "/signerCertificate").cms(message.clone()).send().done(201);
    // A second time; by another country; by a stranger; changed; detached; no message at all.
    let refused = [
        ("XXA/TLS", message.clone(), 409),
        ("XXB/TLS", message.clone(), 400),
        ("XXC/TLS2", message.clone(), 401),
        ("XXA/TLS", material.message(&signer.der, "XXA/UP", &[DETACHED]), 400),
        ("XXA/TLS", format!("{SUBJECT} is no Base64"), 400),
        ("XXA/TLS", encode(SUBJECT.as_bytes()), 400),
    ];
    for (holder, body, status) in refused {
        let at = body.len() / 2;
        sent.push(body[at..].chars().take(40).collect());
        post(holder, "/signerCertificate").cms(body).send().is(status);
    }
    // Where a subject is the reason of the refusal.
    let foreign = material.dsc("XXB/SCA", &format!("/C=XB/O=Test/CN={SUBJECT}"));
    for (path, signed_by) in [("/signerCertificate", "XXA/UP"), ("/signerCertificate", "XXB/UP")] {
        let message = material.message(&foreign.der, signed_by, &[]);
        post("XXA/TLS", path).cms(message).send().is(400);
    }
    let expires = Timestamp::now().checked_add(SignedDuration::from_hours(99)).unwrap();
    for (country, status) in [("XA", 201), ("XB", 403), ("Nowhere at all", 400)] {
        let hash = &sha256(&unique().to_be_bytes())[..16];
        sent.extend([encode(hash), hex::encode(hash)]);
        let batch = json!({
            "country": country, "expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "kid": "UNKNOWN_KID", "hashType": "UCI", "entries": [{"hash": encode(hash)}],
        });
        let message = material.message(batch.to_string().as_bytes(), "XXA/UP", &[]);
        sent.push(message[600..640].to_owned());
        post("XXA/TLS", "/revocation-list").cms_text(message).send().is(status);
    }
    let rule = crate::rules::rule("GR-XA-9999").to_string();
    for (text, status) in [(rule.clone(), 201), (rule.replace("XA", "XB"), 403)] {
        let message = material.message(text.as_bytes(), "XXA/UP", &[]);
        post("XXA/TLS", "/rules").cms_text(message).send().is(status);
    }
    world.get(&format!("/trustList/certificate?country={QUERY}")).is(200);
    world.get(&format!("/rules/{QUERY}")).is(400);
    let removal = material.message(&signer.der, "XXA/UP", &[]);
    world.ask("XXA/TLS", "DELETE", "/signerCertificate").cms(removal).send().done(204);
    sent
}

fn nothing_secret_is_written(database: Database) {
    if std::env::var_os("GDHCN_CONFORMANCE").is_some() {
        return;
    }
    let changes = [("#log_level = \"info\"", "log_level = \"debug\"")];
    let Some(mut world) = World::prepared(Profile::Who, database, &changes) else { return };
    // A stranger with a name of its own.
    let stranger = format!("/C=XC/O=Test/CN={SUBJECT}");
    if !world.material.has("XXC/TLS2") {
        world.material.self_signed("XXC/TLS2", P256, &stranger, &[]);
    }
    let own = world.own.as_ref().unwrap();
    if database == Database::Postgresql {
        // The server asks for none, and takes any.
        let config = own.text("gate/gateway.toml");
        assert!(config.contains("//gdhcn@"), "{config}");
        let config = config.replace("//gdhcn@", &format!("//gdhcn:{PASSWORD}@"));
        std::fs::write(own.path("gate/gateway.toml"), config).unwrap();
    }
    let (child, url) = own.serve();
    let running = Running(child);
    world.url = url;
    let own = world.own.as_ref().unwrap();
    let management = own.wait_for("health and metrics at ");
    let sent = traffic(&world);
    let said_by_commands = commands(&world, own);
    let scrape =
        Command::new("curl").args(["-s", &format!("{management}/metrics")]).output().unwrap();
    let metrics = String::from_utf8(scrape.stdout).unwrap();
    assert!(metrics.contains("gdhcn_"), "{management}: {metrics}");
    drop(running);
    let log = own.text("stdout") + &own.text("stderr");
    let trail = own.by_hand("SELECT * FROM audit_event");

    // They do say what happened.
    assert!(log.contains("DEBUG") || log.contains("\"level\":\"debug\""), "{log}");
    let client = world.material.certificate("XXA/TLS").thumbprint();
    for word in ["status=409", "/signerCertificate", &client] {
        assert!(log.contains(word), "{word}: {log}");
    }
    assert!(trail.contains("XA") && trail.lines().count() > 5, "{trail}");

    let keys = ["ta", "server", "XXA/UP", "XXA/TLS", "XXC/UP"];
    let keys = keys.map(|name| world.material.path(name).with_extension("key"));
    let mut secrets: Vec<_> = keys.iter().flat_map(|key| key_lines(key)).collect();
    secrets.extend(key_lines(&own.path("gate/log.key")));
    assert!(secrets.len() >= 10, "{}", secrets.len());
    secrets.extend([PASSPHRASE, PASSWORD, Softhsm::PIN, "PRIVATE KEY", HEADER].map(str::to_owned));
    secrets.extend(sent);
    let places =
        [("log", &log), ("trail", &trail), ("metrics", &metrics), ("commands", &said_by_commands)];
    for (place, text) in places {
        for secret in &secrets {
            assert!(!says(text, secret), "{secret:?} is in the {place}: {text}");
        }
    }
    // Who is asked for reads subjects: the operator at the desk. Nobody writes them down.
    for (place, text) in &places[..3] {
        for word in [SUBJECT, QUERY, "CN=", "O=Test"] {
            assert!(!text.contains(word), "{word:?} is in the {place}: {text}");
        }
    }
    // That this finds something: a key's lines are lines of its bytes.
    assert!(says(&format!("key={} end", secrets[0]), &secrets[0]));
    assert!(decode(&secrets[0]).len() > 10);
}

#[test]
fn nothing_secret_is_written_on_sqlite() {
    nothing_secret_is_written(Database::Sqlite);
}

#[test]
fn nothing_secret_is_written_on_postgresql() {
    nothing_secret_is_written(Database::Postgresql);
}

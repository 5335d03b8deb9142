//! Identity from the headers of a proxy (2.1 to 2.3; 13.2 "authentication").

use std::sync::OnceLock;

use crate::client::Answer;
use crate::pki::{decode, encode, sha256};
use crate::world::{Database, Profile, World};

const THUMBPRINT: &str = "X-SSL-Client-SHA256";
const DN: &str = "X-SSL-Client-DN";
const PEM: &str = "X-SSL-Client-Cert";

/// A gateway that believes the headers of whoever connects from this machine.
fn behind_a_proxy() -> Option<&'static World> {
    static WORLD: OnceLock<Option<World>> = OnceLock::new();
    let start = || {
        if std::env::var_os("GDHCN_CONFORMANCE").is_some() {
            return None;
        }
        let changes = [(
            "#enabled = false\n#allowed_addresses = []",
            "enabled = true\nallowed_addresses = [\"127.0.0.1\"]",
        )];
        World::start(Profile::Who, Database::Sqlite, &changes)
    };
    WORLD.get_or_init(start).as_ref()
}

/// Asks with the proxy's own certificate, which nobody has onboarded, and these headers.
#[track_caller]
fn ask(world: &World, headers: &[(&str, &str)]) -> Answer {
    let mut ask = world.ask("XXC/TLS", "GET", "/countrylist");
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    ask.send()
}

/// Percent-encodes everything but letters and digits.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn pem(world: &World, holder: &str) -> String {
    let file = world.material.path(holder).with_extension("pem");
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn every_form_of_the_headers_is_taken() {
    let Some(world) = behind_a_proxy() else { return };
    let hash = sha256(&world.material.certificate("XXA/TLS").der);
    let (hex, base64) = (hex::encode(&hash), encode(&hash));
    assert_eq!(decode(&base64), hash);
    let dn = "CN=TLS XXA,O=Test,C=XA";
    for (thumbprint, dn) in [
        (hex.as_str(), dn),
        (&base64, dn),
        (&escaped(&base64), dn),
        (&hex, "C%3DXA%2CO%3DTest%2CCN%3DTLS+XXA"),
        // Malformed parts around a valid one, and the first of two counts.
        (&hex, ",asdf,C=XA,=x"),
        (&hex, "c = XA ,O"),
        (&hex, "C=XA,C=XB"),
    ] {
        ask(world, &[(THUMBPRINT, thumbprint), (DN, dn)]).is(200);
    }
    let certificate = escaped(&pem(world, "XXA/TLS"));
    ask(world, &[(PEM, &certificate)]).is(200);
    // Half of a pair is no pair.
    ask(world, &[(PEM, &certificate), (DN, dn)]).is(200);
    ask(world, &[(PEM, &certificate), (THUMBPRINT, &hex)]).is(200);
}

#[test]
fn what_is_missing_or_unknown_has_its_code() {
    let Some(world) = behind_a_proxy() else { return };
    let hex = world.material.certificate("XXA/TLS").thumbprint();
    let unknown = world.material.certificate("XXC/TLS").thumbprint();
    let dn = "CN=TLS XXA,O=Test,C=XA";
    ask(world, &[]).refused(401, "0x400", "");
    ask(world, &[(THUMBPRINT, &hex)]).refused(401, "0x400", "");
    ask(world, &[(DN, dn)]).refused(401, "0x400", "");
    ask(world, &[(DN, dn), (THUMBPRINT, "no hash")]).refused(401, "0x400", "");
    let report = ask(world, &[(DN, "CN=TLS,O=Test"), (THUMBPRINT, &hex)]).refused(400, "0x401", "");
    assert_eq!(report.json()["sendValue"], "CN=TLS,O=Test");
    ask(world, &[(DN, dn), (THUMBPRINT, &unknown)]).refused(401, "0x402", "");
    for country in ["XB", "xa", "XAA"] {
        let dn = format!("C={country}");
        ask(world, &[(DN, &dn), (THUMBPRINT, &hex)]).refused(401, "0x402", "");
    }
    let certificate = escaped(&pem(world, "XXC/TLS"));
    ask(world, &[(PEM, &certificate)]).refused(401, "0x402", "");
    let nowhere = escaped(&pem(world, "XXC/NOWHERE"));
    ask(world, &[(PEM, &nowhere)]).refused(400, "0x401", "");
    ask(world, &[(PEM, "rubbish")]).refused(401, "0x400", "");
    let upload = world.material.certificate("XXA/UP").thumbprint();
    ask(world, &[(DN, dn), (THUMBPRINT, &upload)]).refused(401, "0x402", "");
}

#[test]
fn a_role_that_is_missing_is_missed_behind_a_proxy_too() {
    let Some(world) = behind_a_proxy() else { return };
    let certificate = escaped(&pem(world, "XXA/TLS2"));
    let ask = world.ask("XXC/TLS", "GET", "/revocation-list").header(PEM, &certificate);
    ask.send().refused(403, "0x403", "");
}

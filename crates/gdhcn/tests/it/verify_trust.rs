//! Whose keys count: every kind of `--trust`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gdhcn_client::gateway::{
    ClientIdentity, Gateway, GatewayOptions, ProxyChoice, ServerTrust, Upload,
};
use gdhcn_crypto::{PublicKey, SoftwareKey};
use gdhcn_envelope::x509::Certificate;
use gdhcn_envelope::{cms, pem};
use serde_json::json;

use crate::forge::{Country, GOOD};
use crate::program::Place;
use crate::service::Service;

/// A code of XXA, checked at a moment at which it is good.
const CALL: [&str; 4] = ["verify", "code.txt", "--at", GOOD];

fn place_with(country: &Country) -> Place {
    let place = Place::new();
    place.write("code.txt", country.certificate_for("Núñez"));
    place
}

#[test]
fn certificates_come_as_pem_der_bundle_or_folder() {
    let (country, other) = (Country::new("XXA"), Country::new("XXB"));
    let place = place_with(&country);
    place.write("dsc.pem", country.dsc_pem());
    place.write("dsc.der", country.dsc.der());
    place.write("bundle.pem", other.dsc_pem() + &country.sca_pem() + &country.dsc_pem());
    place.write("keys/a.pem", other.dsc_pem());
    place.write("keys/b.der", country.dsc.der());
    place.write("keys/readme.md", "not a certificate");
    for source in ["dsc.pem", "dsc.der", "bundle.pem", "keys", "keys/"] {
        let run = place.run(&[CALL.as_slice(), &["--trust", source]].concat());
        assert!(run.done(0).stdout.starts_with("ACCEPTED"), "{source}");
    }
}

#[test]
fn several_sources_add_up_in_any_order() {
    let (country, other) = (Country::new("XXA"), Country::new("XXB"));
    let place = place_with(&country);
    place.write("a.pem", country.dsc_pem());
    place.write("b.pem", other.dsc_pem());
    for (sources, code) in [
        (["--trust", "a.pem", "--trust", "b.pem"].as_slice(), 0),
        (&["--trust", "b.pem", "--trust", "a.pem"], 0),
        (&["--trust", "b.pem"], 2),
        (&[], 2),
    ] {
        place.run(&[CALL.as_slice(), sources].concat()).done(code);
    }
}

#[test]
fn an_sca_does_not_vouch_for_a_code_whose_signer_is_not_at_hand() {
    let country = Country::new("XXA");
    let place = place_with(&country);
    place.write("sca.pem", country.sca_pem());
    place.run(&[CALL.as_slice(), &["--trust", "sca.pem"]].concat()).done(2);
}

#[test]
fn a_did_list_in_the_published_form_is_a_source() {
    let country = Country::new("XXA");
    let place = place_with(&country);
    let id = "did:web:example.org:v2:trustlist:DCC:XXA:DSC";
    let Ok(PublicKey::Ec(point)) = country.dsc.public_key() else { panic!("a key on a curve") };
    let document = json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"],
        "id": "did:web:example.org:v2:trustlist",
        "controller": "did:web:example.org:v2:trustlist",
        "verificationMethod": [{
            "id": format!("{id}#{}", country.dsc.kid()),
            "type": "JsonWebKey2020",
            "controller": id,
            "publicKeyJwk": {
                "kty": "EC",
                "kid": country.dsc.kid().to_string(),
                "x5c": [STANDARD.encode(country.dsc.der())],
                "crv": "P-256",
                "x": URL_SAFE_NO_PAD.encode(point.x()),
                "y": URL_SAFE_NO_PAD.encode(point.y()),
            },
            "domain": { "code": "#DCC" },
            "participant": { "code": "#XXA" },
            "keyusage": { "code": "#DSC" },
        }],
    });
    place.write("did.json", document.to_string());
    let listed = place.run(&["trust", "list", "did.json", "--json"]).done(0).json();
    assert_eq!(listed["entries"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["entries"][0]["participant"], "XXA");
    // It has no proof: its entries count as any file of the caller's, and that is noted.
    let run = place.run(&[CALL.as_slice(), &["--trust", "did.json", "--json"]].concat()).done(0);
    let json = run.json();
    let proof = json["results"][0]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["id"] == "list-proof")
        .unwrap();
    assert_ne!(proof["status"], "pass", "{proof}");
}

#[test]
fn a_gateways_list_needs_the_trust_anchor_and_the_right_one() {
    let place = Place::with_demo();
    let call = ["verify", "demo/xxa/dcc.png", "--trust", "demo/xxb/trust-list-1.json"];
    let with = |anchor| [call.as_slice(), &["--trust-anchor", anchor]].concat();
    let run = place.run(&call).fault(64);
    assert!(run.stderr.contains("--trust-anchor"), "{}", run.stderr);
    place.run(&with("demo/operator/trust-anchor.pem")).done(0);
    // Another certificate as the anchor: no signature in the list leads to it.
    place.run(&with("demo/xxb/sca.pem")).done(2);
    place.run(&with("absent.pem")).fault(66);
    place.run(&with("demo/operator/trust-anchor.key")).fault(66);
    place.write("ta.der", der(&place, "demo/operator/trust-anchor.pem").der());
    place.run(&with("ta.der")).done(0);
}

#[test]
fn a_gateways_list_in_which_an_entry_was_exchanged_does_not_carry_it() {
    let place = Place::with_demo();
    let forger = STANDARD.encode(der(&place, "demo/xxa/forger/dsc.pem").der());
    let mut list: serde_json::Value =
        serde_json::from_slice(&place.read("demo/xxb/trust-list-1.json")).unwrap();
    let signer = list
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .find(|entry| entry["certificateType"] == "DSC")
        .unwrap();
    signer["rawData"] = forger.clone().into();
    signer["kid"] = der(&place, "demo/xxa/forger/dsc.pem").kid().to_string().into();
    place.write("forged.json", list.to_string());
    let anchor = ["--trust", "forged.json", "--trust-anchor", "demo/operator/trust-anchor.pem"];
    for code in ["demo/xxa/dcc-unknown-key.png", "demo/xxa/dcc.png"] {
        let run = place.run(&[&["verify", code], anchor.as_slice()].concat());
        assert!(matches!(run.code, 1 | 2), "{code}: {}", run.stdout);
    }
    let call = ["trust", "list", "forged.json", "--json", anchor[2], anchor[3]];
    let json = place.run(&call).done(0).json();
    let held = json["entries"].to_string().contains("\"DSC\"");
    let refused = !json["refused"].as_array().unwrap().is_empty();
    let broken = json["entries"].to_string().contains("broken");
    assert!(!held || broken || refused, "the forged entry counts: {json}");
}

#[test]
fn a_running_gateway_is_a_source_and_follows_a_withdrawal() {
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
    ];
    let anchor = ["--trust-anchor", "demo/operator/trust-anchor.pem"];
    let call = ["verify", "demo/xxa/dcc.png", "--trust", &address];
    let complete = [call.as_slice(), &access, &anchor].concat();
    // The demo ends with the key withdrawn.
    place.run(&complete).done(2);
    upload_signer_of_xxa(&place, &address);
    assert!(place.run(&complete).done(0).stdout.starts_with("ACCEPTED"));

    // What is missing is wrong usage; a server that is not the one named is not believed.
    let run = place.run(&[call.as_slice(), &access].concat()).fault(64);
    assert!(run.stderr.contains("--trust-anchor"), "{}", run.stderr);
    let run = place.run(&[call.as_slice(), &anchor].concat()).fault(64);
    assert!(run.stderr.contains("--client-cert"), "{}", run.stderr);
    let mistrusting: Vec<_> = complete
        .iter()
        .map(|argument| match *argument {
            "demo/operator/gateway.pem" => "demo/xxb/sca.pem",
            other => other,
        })
        .collect();
    place.run(&mistrusting).fault(66);
    assert_eq!(service.interrupt(), 0);
    place.run(&complete).fault(66);
}

/// Uploads XXA's DSC once more, as XXA would.
fn upload_signer_of_xxa(place: &Place, address: &str) {
    let key = SoftwareKey::from_pem(&place.text("demo/xxa/upload.key")).unwrap();
    let [signer, upload] =
        ["dsc", "upload"].map(|name| der(place, &format!("demo/xxa/{name}.pem")));
    let at = upload.not_before();
    let message = cms::sign(signer.der(), &upload, &key, at, cms::Form::Attached).unwrap();
    let identity =
        ClientIdentity::from_pem(&place.read("demo/xxa/tls.pem"), &place.read("demo/xxa/tls.key"))
            .unwrap();
    let server = ServerTrust::from_pem(&place.read("demo/operator/gateway.pem")).unwrap();
    let mut options = GatewayOptions::new(address, identity, server);
    options.proxy = ProxyChoice::Direct;
    let gateway = Gateway::new(options).unwrap();
    let answer = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(gateway.upload_signer_certificate(&STANDARD.encode(message)))
        .unwrap();
    assert!(matches!(answer, Upload::Created), "{answer:?}");
}

#[test]
fn sources_that_cannot_be_read_end_with_66_and_are_named() {
    let country = Country::new("XXA");
    let place = place_with(&country);
    place.write("garbage.bin", [0x9f; 500]);
    place.write("letter.txt", "Dear officer, trust me.");
    place.write("empty.pem", "");
    place.write("object.json", "{}");
    place.write("half.json", "{\"id\": ");
    place.write("cut.pem", &country.dsc_pem()[..300]);
    std::fs::create_dir(place.path("empty-folder")).unwrap();
    for source in [
        "absent.pem",
        "garbage.bin",
        "letter.txt",
        "empty.pem",
        "object.json",
        "half.json",
        "cut.pem",
        "empty-folder",
    ] {
        for call in
            [[CALL.as_slice(), &["--trust", source]].concat(), vec!["trust", "list", source]]
        {
            let run = place.run(&call).fault(66);
            assert!(run.stderr.contains(source), "{source}: {}", run.stderr);
        }
    }
    // One good source does not make up for one that cannot be read.
    place.write("dsc.pem", country.dsc_pem());
    place
        .run(&[CALL.as_slice(), &["--trust", "dsc.pem", "--trust", "absent.pem"]].concat())
        .fault(66);
}

#[test]
fn a_gateway_is_not_spoken_to_without_tls() {
    let country = Country::new("XXA");
    let place = place_with(&country);
    let run = place.run(&[CALL.as_slice(), &["--trust", "http://127.0.0.1:1"]].concat()).fault(64);
    assert!(run.stderr.contains("https://"), "{}", run.stderr);
}

fn der(place: &Place, name: &str) -> Certificate {
    pem::certificates(&place.read(name)).remove(0).unwrap()
}

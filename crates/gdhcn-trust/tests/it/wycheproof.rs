//! The Wycheproof vectors for JSON Web Signatures by keys on a curve, which cards are signed with.

use std::fs;

use gdhcn_crypto::{DigestAlgorithm, SignatureScheme};
use gdhcn_envelope::jws::CompactJws;
use gdhcn_testkit::corpus;
use gdhcn_trust::TrustStoreBuilder;
use serde_json::{Value, json};

use crate::network::BACKEND;

/// Valid and invalid vectors with ES256, or with a key that is not for signatures.
const EXPECTED: [usize; 2] = [2, 39];

#[test]
fn every_signature_by_a_key_on_a_curve_has_its_result() {
    let Some(folder) = corpus("wycheproof") else { return };
    let file = fs::read(folder.join("testvectors_v1/json_web_signature_test.json")).unwrap();
    let file: Value = serde_json::from_slice(&file).unwrap();
    let mut counts = [0; 2];
    for group in file["testGroups"].as_array().unwrap() {
        let key = group.get("public").unwrap_or(&group["private"]);
        if key["crv"] != "P-256" {
            continue;
        }
        for test in group["tests"].as_array().unwrap() {
            let jws = test["jws"].as_str().unwrap_or_default();
            let valid = test["result"] == "valid";
            assert_eq!(holds(key, jws), valid, "{}: {}", test["tcId"], test["comment"]);
            counts[usize::from(!valid)] += 1;
        }
    }
    println!("wycheproof json_web_signature, P-256: valid and invalid as stated: {counts:?}");
    assert_eq!(counts, EXPECTED, "the vectors have changed");
}

fn holds(key: &Value, jws: &str) -> bool {
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_named_keys("jwks", "issuer", json!({ "keys": [key] }).to_string().as_bytes());
    let store = builder.build();
    let Ok(jws) = CompactJws::parse(jws) else { return false };
    let scheme = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
    jws.algorithm == "ES256"
        && store.called("issuer").any(|key| {
            let verifier = key.verifier().unwrap();
            verifier.verify(scheme, jws.to_be_signed(), jws.signature()).is_ok()
        })
}

//! The Wycheproof vectors: every file is run on both back ends, or named as other work.

use std::fs;
use std::path::Path;

use gdhcn_crypto::{DigestAlgorithm, PublicKey, SignatureScheme};
use gdhcn_testkit::corpus;
use serde_json::Value;

use crate::{BACKENDS, accepts};

/// What a file's groups are checked as.
#[derive(Clone, Copy)]
enum As {
    EcdsaDer,
    EcdsaFixed,
    Ed25519,
    RsaPkcs1,
    RsaPss,
}

/// The files run here, with how many vectors in them are valid, invalid and either.
const FILES: [(&str, As, [usize; 3]); 16] = [
    ("ecdsa_secp256r1_sha256_p1363", As::EcdsaFixed, [173, 89, 0]),
    ("ecdsa_secp256r1_sha256", As::EcdsaDer, [174, 310, 0]),
    ("ecdsa_secp256r1_sha512_p1363", As::EcdsaFixed, [242, 90, 0]),
    ("ecdsa_secp384r1_sha256", As::EcdsaDer, [162, 310, 0]),
    ("ecdsa_secp384r1_sha384", As::EcdsaDer, [194, 310, 0]),
    ("ecdsa_secp521r1_sha512_p1363", As::EcdsaFixed, [231, 87, 0]),
    ("ed25519", As::Ed25519, [88, 63, 0]),
    // Groups with SHA-1, SHA-224, SHA-3 or two digests are left out, here and in `rsa_pss_misc`: no
    // format of the network has them.
    ("rsa_pkcs1_2048_sig_gen", As::RsaPkcs1, [24, 0, 3]),
    ("rsa_pss_2048_sha256_mgf1_0", As::RsaPss, [61, 42, 0]),
    ("rsa_pss_2048_sha256_mgf1_32_params", As::RsaPss, [63, 45, 0]),
    ("rsa_pss_2048_sha256_mgf1_32", As::RsaPss, [63, 45, 0]),
    ("rsa_pss_4096_sha256_mgf1_32", As::RsaPss, [63, 45, 0]),
    ("rsa_pss_misc", As::RsaPss, [18, 0, 0]),
    ("rsa_signature_2048_sha256", As::RsaPkcs1, [9, 249, 1]),
    ("rsa_signature_4096_sha256", As::RsaPkcs1, [7, 250, 1]),
    ("rsa_signature_8192_sha256", As::RsaPkcs1, [7, 250, 1]),
];

/// The files that are not signatures of this crate, and where they belong.
const OTHERS: [(&str, &str); 9] = [
    ("aes_gcm", "encryption, which the retrieval of health links needs"),
    ("ecdh_secp256r1", "key agreement, which nothing uses yet"),
    ("hkdf_sha256", "key derivation, which nothing uses yet"),
    ("hmac_sha256", "shared secrets, which nothing uses yet"),
    ("json_web_encryption", "encryption, which the retrieval of health links needs"),
    ("json_web_key", "sets of RSA keys and secrets; the cards that use JWKs have P-256 keys alone"),
    ("json_web_signature", "those by P-256 keys, as cards have them, are run in gdhcn-trust"),
    ("rsa_oaep_2048_sha256_mgf1sha256", "encryption, which nothing uses yet"),
    ("rsa_pss_2048_sha256_mgf1sha1_20", "MGF1 with SHA-1, which no format of the network has"),
];

#[test]
fn every_vector_has_its_result_on_both_back_ends() {
    let Some(folder) = corpus("wycheproof") else { return };
    let folder = folder.join("testvectors_v1");
    for (name, kind, expected) in FILES {
        let found = run(&folder, name, kind);
        println!("wycheproof {name}: valid, invalid, either as stated: {found:?}");
        assert_eq!(found, expected, "{name}: the vectors that are run have changed");
    }
}

#[test]
fn every_file_is_run_or_named_as_other_work() {
    let Some(folder) = corpus("wycheproof") else { return };
    let mut present: Vec<_> = fs::read_dir(folder.join("testvectors_v1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.trim_end_matches("_test.json").to_owned())
        .collect();
    let mut named: Vec<_> = FILES.iter().map(|file| file.0).collect();
    named.extend(OTHERS.iter().map(|file| file.0));
    present.sort();
    named.sort_unstable();
    assert_eq!(present, named);
}

/// Runs a file, and counts its valid, invalid and acceptable vectors.
fn run(folder: &Path, name: &str, kind: As) -> [usize; 3] {
    let file = fs::read(folder.join(format!("{name}_test.json"))).unwrap();
    let file: Value = serde_json::from_slice(&file).unwrap();
    let mut counts = [0; 3];
    for group in file["testGroups"].as_array().unwrap() {
        let Some(scheme) = scheme(group, kind) else { continue };
        let key = PublicKey::from_spki_der(&public_key(group))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for test in group["tests"].as_array().unwrap() {
            let (message, signature) = (bytes(&test["msg"]), bytes(&test["sig"]));
            let [first, second] =
                BACKENDS.map(|backend| accepts(backend, &key, scheme, &message, &signature));
            let case = format!("{name} {}: {}", test["tcId"], test["comment"]);
            assert_eq!(first, second, "{case}: the back ends differ");
            let counted = match test["result"].as_str().unwrap() {
                "valid" => {
                    assert!(first, "{case}");
                    0
                }
                "invalid" => {
                    assert!(!first, "{case}");
                    1
                }
                _ => 2,
            };
            counts[counted] += 1;
        }
    }
    counts
}

/// The scheme of a group, where it is one of ours.
fn scheme(group: &Value, kind: As) -> Option<SignatureScheme> {
    if let As::Ed25519 = kind {
        return Some(SignatureScheme::Ed25519);
    }
    let digest = match group["sha"].as_str().unwrap() {
        "SHA-256" => DigestAlgorithm::Sha256,
        "SHA-384" => DigestAlgorithm::Sha384,
        "SHA-512" => DigestAlgorithm::Sha512,
        _ => return None,
    };
    Some(match kind {
        As::EcdsaDer => SignatureScheme::EcdsaDer(digest),
        As::EcdsaFixed => SignatureScheme::EcdsaFixed(digest),
        As::RsaPkcs1 => SignatureScheme::RsaPkcs1(digest),
        As::RsaPss if group["mgfSha"] != group["sha"] => return None,
        As::RsaPss => {
            let salt_len = group["sLen"].as_u64().unwrap().try_into().unwrap();
            SignatureScheme::RsaPss { digest, salt_len }
        }
        As::Ed25519 => return None,
    })
}

fn public_key(group: &Value) -> Vec<u8> {
    let der = &group["publicKeyDer"];
    if der.is_string() { bytes(der) } else { bytes(&group["keyDer"]) }
}

fn bytes(text: &Value) -> Vec<u8> {
    hex::decode(text.as_str().unwrap()).unwrap()
}

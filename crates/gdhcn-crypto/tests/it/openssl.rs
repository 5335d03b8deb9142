//! Signatures of the OpenSSL program: whole, they hold on both back ends; with any byte changed,
//! cut short or lengthened, on neither, and the back ends never differ.

use gdhcn_crypto::DigestAlgorithm::{self, Sha256, Sha384, Sha512};
use gdhcn_crypto::{PublicKey, SignatureScheme};
use gdhcn_testkit::openssl;

use crate::{BACKENDS, accepts};

const MESSAGE: &[u8] = b"what an officer reads";

/// How OpenSSL makes the key, what it is told when it signs, and what we call the result.
fn kinds() -> Vec<(&'static str, String, SignatureScheme)> {
    let mut kinds = Vec::new();
    let digests = [("sha256", Sha256), ("sha384", Sha384), ("sha512", Sha512)];
    for curve in [
        "EC -pkeyopt ec_paramgen_curve:P-256",
        "EC -pkeyopt ec_paramgen_curve:P-384",
        "EC -pkeyopt ec_paramgen_curve:P-521",
    ] {
        for (name, digest) in digests {
            let sign = format!("-rawin -digest {name}");
            kinds.push((curve, sign, SignatureScheme::EcdsaDer(digest)));
        }
    }
    let rsa = "RSA -pkeyopt rsa_keygen_bits:2048";
    for (name, digest) in digests {
        let pkcs1 = format!("-rawin -digest {name}");
        let pss = |salt: usize| {
            format!("{pkcs1} -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:{salt}")
        };
        kinds.push((rsa, pss(20), SignatureScheme::RsaPss { digest, salt_len: 20 }));
        kinds.push((rsa, pss(length(digest)), SignatureScheme::pss(digest)));
        kinds.push((rsa, pkcs1, SignatureScheme::RsaPkcs1(digest)));
    }
    kinds.push(("ED25519", "-rawin".to_owned(), SignatureScheme::Ed25519));
    kinds
}

fn length(digest: DigestAlgorithm) -> usize {
    digest.digest(b"").len()
}

#[test]
fn both_back_ends_judge_openssls_signatures_alike() {
    let tool = openssl();
    tool.write("message", MESSAGE);
    let (mut whole, mut spoiled) = (0, 0);
    for (key, sign, scheme) in kinds() {
        tool.run(&format!("genpkey -quiet -algorithm {key} -out key.pem"));
        tool.run("pkey -in key.pem -pubout -outform DER -out key.der");
        tool.run(&format!("pkeyutl -sign -inkey key.pem -in message {sign} -out signature"));
        let key = PublicKey::from_spki_der(&tool.read("key.der")).unwrap();
        let signature = tool.read("signature");
        for backend in BACKENDS {
            assert!(accepts(backend, &key, scheme, MESSAGE, &signature), "{scheme}, {backend:?}");
            assert!(!accepts(backend, &key, scheme, b"something else", &signature), "{scheme}");
        }
        whole += 1;
        for signature in spoilt(&signature) {
            for backend in BACKENDS {
                assert!(
                    !accepts(backend, &key, scheme, MESSAGE, &signature),
                    "{scheme}, {backend:?}: {}",
                    hex::encode(&signature)
                );
            }
            spoiled += 1;
        }
    }
    println!(
        "OpenSSL: {whole} signatures hold on both back ends, {spoiled} spoiled ones on neither"
    );
}

fn spoilt(signature: &[u8]) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..signature.len())
        .map(|at| {
            let mut spoiled = signature.to_vec();
            spoiled[at] ^= 1 << (at % 8);
            spoiled
        })
        .collect();
    all.push(Vec::new());
    all.push(signature[..signature.len() - 1].to_vec());
    all.push(signature[1..].to_vec());
    all.push([signature, &[0]].concat());
    all.push([&[0], signature].concat());
    all.push(vec![0; signature.len()]);
    all.push(vec![0xff; signature.len()]);
    all
}

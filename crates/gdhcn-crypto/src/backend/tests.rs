//! Both back ends give the same answers.

use super::Backend;
use super::software_key::{KeyKind, RsaSize, SoftwareKey};
use crate::{Curve, DigestAlgorithm, SignError, SignatureScheme, Signer, VerifyError};

const BACKENDS: [Backend; 2] = [Backend::AwsLc, Backend::RustCrypto];
const MESSAGE: &[u8] = b"a message";

fn schemes(kind: KeyKind) -> Vec<SignatureScheme> {
    match kind {
        KeyKind::Ec(curve) => vec![
            SignatureScheme::EcdsaFixed(curve.usual_digest()),
            SignatureScheme::EcdsaDer(curve.usual_digest()),
        ],
        KeyKind::Rsa(_) => {
            [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512]
                .into_iter()
                .flat_map(|digest| {
                    [SignatureScheme::RsaPkcs1(digest), SignatureScheme::pss(digest)]
                })
                .collect()
        }
        KeyKind::Ed25519 => vec![SignatureScheme::Ed25519],
    }
}

#[test]
fn both_back_ends_accept_what_a_software_key_signs_and_nothing_else() {
    let kinds = [
        KeyKind::Ec(Curve::P256),
        KeyKind::Ec(Curve::P384),
        KeyKind::Ec(Curve::P521),
        KeyKind::Rsa(RsaSize::Bits2048),
        KeyKind::Ed25519,
    ];
    for kind in kinds {
        let key = SoftwareKey::generate(kind).unwrap();
        for scheme in schemes(kind) {
            let signature = key.sign(scheme, MESSAGE).unwrap();
            for backend in BACKENDS {
                let verifier = backend.verifier(key.public_key()).unwrap();
                let case = format!("{kind}, {scheme}, {backend:?}");
                assert_eq!(verifier.verify(scheme, MESSAGE, &signature), Ok(()), "{case}");
                assert_eq!(
                    verifier.verify(scheme, b"another message", &signature),
                    Err(VerifyError::BadSignature),
                    "{case}"
                );
                for length in [0, 1, signature.len() - 1] {
                    assert!(verifier.verify(scheme, MESSAGE, &signature[..length]).is_err());
                }
                let longer = [&signature[..], &[0]].concat();
                assert!(verifier.verify(scheme, MESSAGE, &longer).is_err(), "{case}");
            }
        }
    }
}

#[test]
fn a_scheme_of_another_kind_of_key_is_named_as_such() {
    let ec = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let scheme = SignatureScheme::pss(DigestAlgorithm::Sha256);
    for backend in BACKENDS {
        let verifier = backend.verifier(ec.public_key()).unwrap();
        assert_eq!(
            verifier.verify(scheme, MESSAGE, &[0; 256]),
            Err(VerifyError::KeyMismatch { key: "EC P-256".into(), scheme })
        );
    }
    assert!(matches!(ec.sign(scheme, MESSAGE), Err(SignError::KeyMismatch { .. })));
}

#[test]
fn a_raw_signature_of_the_wrong_length_is_malformed_and_not_merely_wrong() {
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let scheme = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
    let der = key.sign(SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256), MESSAGE).unwrap();
    for backend in BACKENDS {
        let verifier = backend.verifier(key.public_key()).unwrap();
        assert_eq!(
            verifier.verify(scheme, MESSAGE, &der),
            Err(VerifyError::MalformedSignature { found: der.len(), scheme }),
            "{backend:?}"
        );
    }
}

#[test]
fn a_key_survives_pem_and_does_not_show_itself() {
    for kind in [KeyKind::Ec(Curve::P256), KeyKind::Rsa(RsaSize::Bits2048), KeyKind::Ed25519] {
        let key = SoftwareKey::generate(kind).unwrap();
        let pem = key.to_pem();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let again = SoftwareKey::from_pem(&pem).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        assert_eq!(format!("{key:?}"), format!("SoftwareKey({kind})"));
    }
}

#[test]
fn other_pem_blocks_are_refused_with_what_to_do() {
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let other = key.to_pem().replace("PRIVATE KEY", "EC PRIVATE KEY");
    assert!(SoftwareKey::from_pem(&other).unwrap_err().to_string().contains("openssl pkcs8"));
    assert!(SoftwareKey::from_pem("").is_err());
    assert!(SoftwareKey::from_pkcs8_der(&[0x30, 0x00]).is_err());
}

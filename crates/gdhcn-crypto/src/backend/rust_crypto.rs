use rsa::pkcs1v15;
use rsa::pss;
use rsa::signature::hazmat::PrehashVerifier;
use sha2::{Sha256, Sha384, Sha512};

use crate::ecdsa_signature::{MalformedSignature, der_to_fixed};
use crate::{Curve, DigestAlgorithm, KeyError, PublicKey, SignatureScheme, Verifier, VerifyError};

/// A public key ready for RustCrypto.
#[derive(Debug)]
pub(crate) struct RustCryptoVerifier {
    public_key: PublicKey,
    prepared: Prepared,
}

#[derive(Debug)]
enum Prepared {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
    Rsa(Box<rsa::PublicKey>),
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
}

impl RustCryptoVerifier {
    pub(crate) fn new(key: &PublicKey) -> Result<Self, KeyError> {
        let refused = KeyError::Malformed { what: "RustCrypto refuses the key" };
        let prepared = match key {
            PublicKey::Ec(ec) => match ec.curve() {
                Curve::P256 => {
                    p256::ecdsa::VerifyingKey::from_sec1_bytes(ec.sec1()).map(Prepared::P256)
                }
                Curve::P384 => {
                    p384::ecdsa::VerifyingKey::from_sec1_bytes(ec.sec1()).map(Prepared::P384)
                }
                Curve::P521 => {
                    p521::ecdsa::VerifyingKey::from_sec1_bytes(ec.sec1()).map(Prepared::P521)
                }
            }
            .map_err(|_| refused)?,
            PublicKey::Rsa(rsa) => {
                let modulus = rsa::BoxedUint::from_be_slice_vartime(rsa.modulus());
                let exponent = rsa::BoxedUint::from_be_slice_vartime(rsa.exponent());
                let key = rsa::PublicKey::new_with_size_limits(modulus, exponent, 2048..=8192)
                    .map_err(|_| refused)?;
                Prepared::Rsa(Box::new(key))
            }
            PublicKey::Ed25519(key) => Prepared::Ed25519(Box::new(
                ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes()).map_err(|_| refused)?,
            )),
        };
        Ok(Self { public_key: key.clone(), prepared })
    }

    fn verify_ecdsa(&self, prehash: &[u8], fixed: &[u8]) -> Result<bool, MalformedSignature> {
        macro_rules! check {
            ($module:ident, $key:expr) => {{
                let signature =
                    $module::ecdsa::Signature::from_slice(fixed).map_err(|_| MalformedSignature)?;
                Ok($key.verify_prehash(prehash, &signature).is_ok())
            }};
        }
        match &self.prepared {
            Prepared::P256(key) => check!(p256, key),
            Prepared::P384(key) => check!(p384, key),
            Prepared::P521(key) => check!(p521, key),
            Prepared::Rsa(_) | Prepared::Ed25519(_) => Err(MalformedSignature),
        }
    }
}

impl Verifier for RustCryptoVerifier {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn verify(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let malformed = || VerifyError::MalformedSignature { found: signature.len(), scheme };
        let holds = match (&self.prepared, scheme, &self.public_key) {
            (_, SignatureScheme::EcdsaFixed(digest), PublicKey::Ec(_)) => {
                self.verify_ecdsa(&digest.digest(message), signature).map_err(|_| malformed())?
            }
            (_, SignatureScheme::EcdsaDer(digest), PublicKey::Ec(key)) => {
                let fixed = der_to_fixed(key.curve(), signature).map_err(|_| malformed())?;
                self.verify_ecdsa(&digest.digest(message), &fixed).map_err(|_| malformed())?
            }
            (Prepared::Rsa(key), SignatureScheme::RsaPkcs1(digest), _) => {
                let signature =
                    pkcs1v15::Signature::try_from(signature).map_err(|_| malformed())?;
                let prehash = digest.digest(message);
                let key = (**key).clone();
                match digest {
                    DigestAlgorithm::Sha256 => pkcs1v15::VerifyingKey::<Sha256>::new(key)
                        .verify_prehash(&prehash, &signature),
                    DigestAlgorithm::Sha384 => pkcs1v15::VerifyingKey::<Sha384>::new(key)
                        .verify_prehash(&prehash, &signature),
                    DigestAlgorithm::Sha512 => pkcs1v15::VerifyingKey::<Sha512>::new(key)
                        .verify_prehash(&prehash, &signature),
                }
                .is_ok()
            }
            (Prepared::Rsa(key), SignatureScheme::RsaPss { digest, salt_len }, _) => {
                let signature = pss::Signature::try_from(signature).map_err(|_| malformed())?;
                let prehash = digest.digest(message);
                let key = (**key).clone();
                match digest {
                    DigestAlgorithm::Sha256 => {
                        pss::VerifyingKey::<Sha256>::new_with_salt_len(key, salt_len)
                            .verify_prehash(&prehash, &signature)
                    }
                    DigestAlgorithm::Sha384 => {
                        pss::VerifyingKey::<Sha384>::new_with_salt_len(key, salt_len)
                            .verify_prehash(&prehash, &signature)
                    }
                    DigestAlgorithm::Sha512 => {
                        pss::VerifyingKey::<Sha512>::new_with_salt_len(key, salt_len)
                            .verify_prehash(&prehash, &signature)
                    }
                }
                .is_ok()
            }
            (Prepared::Ed25519(key), SignatureScheme::Ed25519, _) => {
                let signature =
                    ed25519_dalek::Signature::from_slice(signature).map_err(|_| malformed())?;
                key.verify_strict(message, &signature).is_ok()
            }
            (_, _, key) => {
                return Err(VerifyError::KeyMismatch { key: key.to_string(), scheme });
            }
        };
        if holds { Ok(()) } else { Err(VerifyError::BadSignature) }
    }
}

use std::sync::{Arc, OnceLock};

use aws_lc_rs::signature::{self as aws, ParsedPublicKey, VerificationAlgorithm};

use super::rust_crypto::RustCryptoVerifier;
use crate::ecdsa_signature::fixed_to_der;
use crate::{
    Curve, DigestAlgorithm, KeyError, PublicKey, SignatureScheme, Verifier, VerifyError, spki,
};

/// A public key ready for AWS-LC.
///
/// The parsed form belongs to one algorithm, so the usual one is made at once and the others on
/// first use.
#[derive(Debug)]
pub(crate) struct AwsLcVerifier {
    public_key: PublicKey,
    encoded: Vec<u8>,
    usual: (SignatureScheme, ParsedPublicKey),
    fallback: OnceLock<Option<Arc<RustCryptoVerifier>>>,
}

impl AwsLcVerifier {
    pub(crate) fn new(key: &PublicKey) -> Result<Self, KeyError> {
        let refused = KeyError::Malformed { what: "AWS-LC refuses the key" };
        let encoded = match key {
            PublicKey::Ec(key) => key.sec1().to_vec(),
            PublicKey::Rsa(key) => spki::rsa_public_key_der(key).map_err(|_| refused.clone())?,
            PublicKey::Ed25519(key) => key.as_bytes().to_vec(),
        };
        // The scheme of HC1 signatures, where every microsecond counts.
        let scheme = match key {
            PublicKey::Ec(key) if key.curve() == Curve::P256 => {
                SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256)
            }
            PublicKey::Rsa(_) => SignatureScheme::pss(DigestAlgorithm::Sha256),
            other => other.default_scheme(),
        };
        let parsed = algorithm(key, scheme)
            .and_then(|algorithm| ParsedPublicKey::new(algorithm, &encoded).ok())
            .ok_or(refused)?;
        Ok(Self {
            public_key: key.clone(),
            encoded,
            usual: (scheme, parsed),
            fallback: OnceLock::new(),
        })
    }

    fn fallback(&self) -> Option<&RustCryptoVerifier> {
        self.fallback
            .get_or_init(|| RustCryptoVerifier::new(&self.public_key).ok().map(Arc::new))
            .as_deref()
    }
}

impl Verifier for AwsLcVerifier {
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
        if let (SignatureScheme::EcdsaFixed(_), PublicKey::Ec(key)) = (scheme, &self.public_key)
            && signature.len() != 2 * key.curve().field_len()
        {
            return Err(malformed());
        }
        let (usual, parsed) = &self.usual;
        if *usual == scheme {
            return parsed.verify_sig(message, signature).map_err(|_| VerifyError::BadSignature);
        }
        if let Some(algorithm) = algorithm(&self.public_key, scheme) {
            return ParsedPublicKey::new(algorithm, &self.encoded)
                .map_err(|_| unsupported(&self.public_key, scheme))?
                .verify_sig(message, signature)
                .map_err(|_| VerifyError::BadSignature);
        }
        match (scheme, &self.public_key) {
            // AWS-LC knows the raw form for the usual digest of a curve only.
            (SignatureScheme::EcdsaFixed(digest), PublicKey::Ec(key)) => {
                let der = fixed_to_der(key.curve(), signature).map_err(|_| malformed())?;
                self.verify(SignatureScheme::EcdsaDer(digest), message, &der)
            }
            (SignatureScheme::RsaPss { .. }, PublicKey::Rsa(_)) => self
                .fallback()
                .ok_or_else(|| unsupported(&self.public_key, scheme))?
                .verify(scheme, message, signature),
            (_, key) => Err(VerifyError::KeyMismatch { key: key.to_string(), scheme }),
        }
    }
}

fn unsupported(key: &PublicKey, scheme: SignatureScheme) -> VerifyError {
    VerifyError::Unsupported { key: key.to_string(), scheme }
}

fn algorithm(
    key: &PublicKey,
    scheme: SignatureScheme,
) -> Option<&'static dyn VerificationAlgorithm> {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    match (key, scheme) {
        (PublicKey::Ec(key), SignatureScheme::EcdsaFixed(digest)) => match (key.curve(), digest) {
            (Curve::P256, Sha256) => Some(&aws::ECDSA_P256_SHA256_FIXED),
            (Curve::P384, Sha384) => Some(&aws::ECDSA_P384_SHA384_FIXED),
            (Curve::P521, Sha512) => Some(&aws::ECDSA_P521_SHA512_FIXED),
            _ => None,
        },
        (PublicKey::Ec(key), SignatureScheme::EcdsaDer(digest)) => {
            Some(match (key.curve(), digest) {
                (Curve::P256, Sha256) => &aws::ECDSA_P256_SHA256_ASN1,
                (Curve::P256, Sha384) => &aws::ECDSA_P256_SHA384_ASN1,
                (Curve::P256, Sha512) => &aws::ECDSA_P256_SHA512_ASN1,
                (Curve::P384, Sha256) => &aws::ECDSA_P384_SHA256_ASN1,
                (Curve::P384, Sha384) => &aws::ECDSA_P384_SHA384_ASN1,
                (Curve::P384, Sha512) => &aws::ECDSA_P384_SHA512_ASN1,
                (Curve::P521, Sha256) => &aws::ECDSA_P521_SHA256_ASN1,
                (Curve::P521, Sha384) => &aws::ECDSA_P521_SHA384_ASN1,
                (Curve::P521, Sha512) => &aws::ECDSA_P521_SHA512_ASN1,
            })
        }
        (PublicKey::Rsa(_), SignatureScheme::RsaPkcs1(digest)) => Some(match digest {
            Sha256 => &aws::RSA_PKCS1_2048_8192_SHA256,
            Sha384 => &aws::RSA_PKCS1_2048_8192_SHA384,
            Sha512 => &aws::RSA_PKCS1_2048_8192_SHA512,
        }),
        (PublicKey::Rsa(_), SignatureScheme::RsaPss { digest, salt_len })
            if salt_len == digest.output_len() =>
        {
            Some(match digest {
                Sha256 => &aws::RSA_PSS_2048_8192_SHA256,
                Sha384 => &aws::RSA_PSS_2048_8192_SHA384,
                Sha512 => &aws::RSA_PSS_2048_8192_SHA512,
            })
        }
        (PublicKey::Ed25519(_), SignatureScheme::Ed25519) => Some(&aws::ED25519),
        _ => None,
    }
}

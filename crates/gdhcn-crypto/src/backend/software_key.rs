use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as aws, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use const_oid::ObjectIdentifier;
use der::Decode;
use pem_rfc7468::LineEnding;
use zeroize::Zeroizing;

use crate::ecdsa_signature::fixed_to_der;
use crate::{
    Curve, DigestAlgorithm, KeyError, PublicKey, SignError, SignatureScheme, Signer, spki,
};

const PEM_LABEL: &str = "PRIVATE KEY";

/// What kind of key to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A key on a named curve.
    Ec(Curve),
    /// An RSA key.
    Rsa(RsaSize),
    /// An Ed25519 key.
    Ed25519,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ec(curve) => write!(f, "EC {curve}"),
            Self::Rsa(size) => write!(f, "RSA {}", size.bits()),
            Self::Ed25519 => f.write_str("Ed25519"),
        }
    }
}

/// Lengths of an RSA modulus that can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaSize {
    /// 2048 bits: the least that is allowed for a document signer.
    Bits2048,
    /// 3072 bits: the least that is allowed for any other role.
    Bits3072,
    /// 4096 bits.
    Bits4096,
}

impl RsaSize {
    /// Length of the modulus in bits.
    pub const fn bits(self) -> usize {
        match self {
            Self::Bits2048 => 2048,
            Self::Bits3072 => 3072,
            Self::Bits4096 => 4096,
        }
    }
}

/// A private key in memory (PKCS#8, RFC 5958), wiped when dropped.
pub struct SoftwareKey {
    public_key: PublicKey,
    pkcs8: Zeroizing<Vec<u8>>,
    pair: Pair,
}

enum Pair {
    Ec(Curve, EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

impl SoftwareKey {
    /// Makes a new key from the operating system's randomness.
    ///
    /// # Errors
    ///
    /// When the library fails to.
    pub fn generate(kind: KeyKind) -> Result<Self, SignError> {
        let failed = || SignError::Generation { kind: kind.to_string() };
        let pkcs8 = match kind {
            KeyKind::Ec(curve) => EcdsaKeyPair::generate(signing_algorithm(curve))
                .and_then(|pair| pair.to_pkcs8v1())
                .map(|document| document.as_ref().to_vec()),
            KeyKind::Rsa(size) => {
                let size = match size {
                    RsaSize::Bits2048 => KeySize::Rsa2048,
                    RsaSize::Bits3072 => KeySize::Rsa3072,
                    RsaSize::Bits4096 => KeySize::Rsa4096,
                };
                RsaKeyPair::generate(size)
                    .and_then(|pair| pair.as_der())
                    .map(|document| document.as_ref().to_vec())
            }
            KeyKind::Ed25519 => Ed25519KeyPair::generate()
                .and_then(|pair| pair.to_pkcs8v1())
                .map(|document| document.as_ref().to_vec()),
        };
        let pkcs8 = Zeroizing::new(pkcs8.map_err(|_| failed())?);
        Self::from_pkcs8_der(&pkcs8).map_err(|_| failed())
    }

    /// Reads an unencrypted PKCS#8 `PrivateKeyInfo`.
    ///
    /// # Errors
    ///
    /// When the bytes are no such key, or a key that this crate does not use.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed {
            what: "not a PKCS#8 private key of a supported kind (convert with `openssl pkcs8 -topk8`)",
        };
        let pair = match algorithm_of(der).ok_or(malformed.clone())? {
            KeyAlgorithm::Ec(curve) => {
                let pair = EcdsaKeyPair::from_pkcs8(signing_algorithm(curve), der)
                    .map_err(|_| malformed.clone())?;
                Pair::Ec(curve, pair)
            }
            KeyAlgorithm::Rsa => {
                Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(der).map_err(|_| malformed.clone())?))
            }
            KeyAlgorithm::Ed25519 => {
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8(der).map_err(|_| malformed.clone())?)
            }
        };
        let public_key = match &pair {
            Pair::Ec(curve, pair) => PublicKey::ec_from_sec1(*curve, pair.public_key().as_ref())?,
            Pair::Rsa(pair) => {
                let key = spki::RsaPublicKeyDer::from_der(pair.public_key().as_ref())
                    .map_err(|_| malformed)?;
                PublicKey::rsa_from_components(key.modulus.as_bytes(), key.exponent.as_bytes())?
            }
            Pair::Ed25519(pair) => PublicKey::ed25519_from_bytes(pair.public_key().as_ref())?,
        };
        Ok(Self { public_key, pkcs8: Zeroizing::new(der.to_vec()), pair })
    }

    /// Reads a PEM block `PRIVATE KEY` (RFC 7468, 10).
    ///
    /// # Errors
    ///
    /// As [`Self::from_pkcs8_der`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, der) = pem_rfc7468::decode_vec(text.trim().as_bytes())
            .map_err(|_| KeyError::Malformed { what: "not one PEM block" })?;
        let der = Zeroizing::new(der);
        if label != PEM_LABEL {
            return Err(KeyError::Malformed {
                what: "the PEM block is not labelled PRIVATE KEY (convert with `openssl pkcs8 -topk8 -nocrypt`)",
            });
        }
        Self::from_pkcs8_der(&der)
    }

    /// The key as PKCS#8.
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        self.pkcs8.clone()
    }

    /// The key as a PEM block `PRIVATE KEY`.
    pub fn to_pem(&self) -> Zeroizing<String> {
        // A key is far below the length at which PEM encoding can fail.
        let pem = pem_rfc7468::encode_string(PEM_LABEL, LineEnding::LF, &self.pkcs8);
        Zeroizing::new(pem.unwrap_or_default())
    }
}

impl fmt::Debug for SoftwareKey {
    /// Says the public half only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareKey({})", self.public_key)
    }
}

impl Signer for SoftwareKey {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let random = SystemRandom::new();
        let key = || self.public_key.to_string();
        match (&self.pair, scheme) {
            (Pair::Ec(curve, pair), SignatureScheme::EcdsaFixed(digest)) => {
                sign_fixed(*curve, pair, digest, message)
                    .ok_or(SignError::Unsupported { key: key(), scheme })?
            }
            (Pair::Ec(curve, pair), SignatureScheme::EcdsaDer(digest)) => {
                let fixed = sign_fixed(*curve, pair, digest, message)
                    .ok_or(SignError::Unsupported { key: key(), scheme })??;
                fixed_to_der(*curve, &fixed).map_err(|_| SignError::Refused)
            }
            (Pair::Rsa(pair), SignatureScheme::RsaPkcs1(digest)) => {
                let padding = match digest {
                    DigestAlgorithm::Sha256 => &aws::RSA_PKCS1_SHA256,
                    DigestAlgorithm::Sha384 => &aws::RSA_PKCS1_SHA384,
                    DigestAlgorithm::Sha512 => &aws::RSA_PKCS1_SHA512,
                };
                sign_rsa(pair, padding, &random, message)
            }
            (Pair::Rsa(pair), SignatureScheme::RsaPss { digest, salt_len })
                if salt_len == digest.output_len() =>
            {
                let padding = match digest {
                    DigestAlgorithm::Sha256 => &aws::RSA_PSS_SHA256,
                    DigestAlgorithm::Sha384 => &aws::RSA_PSS_SHA384,
                    DigestAlgorithm::Sha512 => &aws::RSA_PSS_SHA512,
                };
                sign_rsa(pair, padding, &random, message)
            }
            (Pair::Rsa(_), SignatureScheme::RsaPss { .. }) => {
                Err(SignError::Unsupported { key: key(), scheme })
            }
            (Pair::Ed25519(pair), SignatureScheme::Ed25519) => {
                Ok(pair.sign(message).as_ref().to_vec())
            }
            _ => Err(SignError::KeyMismatch { key: key(), scheme }),
        }
    }
}

/// AWS-LC binds a key pair to the usual digest of its curve, so another digest gives `None`.
fn sign_fixed(
    curve: Curve,
    pair: &EcdsaKeyPair,
    digest: DigestAlgorithm,
    message: &[u8],
) -> Option<Result<Vec<u8>, SignError>> {
    if digest != curve.usual_digest() {
        return None;
    }
    let signed = pair.sign(&SystemRandom::new(), message);
    Some(signed.map(|signature| signature.as_ref().to_vec()).map_err(|_| SignError::Refused))
}

fn sign_rsa(
    pair: &RsaKeyPair,
    padding: &'static dyn aws::RsaEncoding,
    random: &SystemRandom,
    message: &[u8],
) -> Result<Vec<u8>, SignError> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(padding, random, message, &mut signature).map_err(|_| SignError::Refused)?;
    Ok(signature)
}

fn signing_algorithm(curve: Curve) -> &'static aws::EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &aws::ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &aws::ECDSA_P384_SHA384_FIXED_SIGNING,
        Curve::P521 => &aws::ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}

enum KeyAlgorithm {
    Ec(Curve),
    Rsa,
    Ed25519,
}

/// Reads only the algorithm of a `PrivateKeyInfo`; the library reads the rest.
fn algorithm_of(pkcs8: &[u8]) -> Option<KeyAlgorithm> {
    use der::{Header, Reader, SliceReader};
    let mut reader = SliceReader::new(pkcs8).ok()?;
    Header::decode(&mut reader).ok()?;
    u8::decode(&mut reader).ok()?;
    let algorithm = ::spki::AlgorithmIdentifierRef::decode(&mut reader).ok()?;
    if reader.is_finished() {
        return None;
    }
    match algorithm.oid {
        spki::EC_PUBLIC_KEY => {
            let curve = algorithm.parameters?.decode_as::<ObjectIdentifier>().ok()?;
            Some(KeyAlgorithm::Ec(spki::curve_of(&curve)?))
        }
        spki::RSA_ENCRYPTION => Some(KeyAlgorithm::Rsa),
        spki::ED25519 => Some(KeyAlgorithm::Ed25519),
        _ => None,
    }
}

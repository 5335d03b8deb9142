use std::fmt;

use crate::DigestAlgorithm;

/// A signature algorithm with all its parameters, but without a key.
///
/// The curve of an ECDSA signature is that of the key: COSE (RFC 9053, 2.1) and CMS both allow
/// any curve with any hash, and the field makes use of it.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureScheme {
    /// ECDSA with the signature as DER `SEQUENCE { r, s }` (X.509, CMS; RFC 3279, 2.2.3).
    EcdsaDer(DigestAlgorithm),
    /// ECDSA with the signature as `r || s`, each as long as the field (COSE, JOSE; RFC 9053, 2.1).
    EcdsaFixed(DigestAlgorithm),
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2).
    RsaPkcs1(DigestAlgorithm),
    /// RSASSA-PSS (RFC 8017, 8.1) with MGF1 over the same digest.
    RsaPss {
        /// Digest of the message and of MGF1.
        digest: DigestAlgorithm,
        /// Length of the salt in bytes.
        salt_len: usize,
    },
    /// Ed25519 (RFC 8032, 5.1).
    Ed25519,
}

impl SignatureScheme {
    /// PSS as COSE and JOSE want it: a salt as long as the digest (RFC 8230, 2).
    pub const fn pss(digest: DigestAlgorithm) -> Self {
        Self::RsaPss { digest, salt_len: digest.output_len() }
    }
}

impl fmt::Display for SignatureScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EcdsaDer(digest) | Self::EcdsaFixed(digest) => write!(f, "ECDSA with {digest}"),
            Self::RsaPkcs1(digest) => write!(f, "RSA PKCS#1 v1.5 with {digest}"),
            Self::RsaPss { digest, salt_len } => {
                write!(f, "RSA-PSS with {digest}, salt of {salt_len} bytes")
            }
            Self::Ed25519 => f.write_str("Ed25519"),
        }
    }
}

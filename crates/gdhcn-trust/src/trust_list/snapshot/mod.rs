//! A trust store as one signed file: for the local store of a verifier, and to carry to machines
//! without a network.
//!
//! The file is a CBOR sequence (RFC 8742) of two items. The first is a COSE_Sign1 (RFC 9052) by
//! ES256 or EdDSA over the *manifest*; the second, the *body*, is what the manifest's digest is
//! over.
//!
//! ```text
//! manifest = { 1: "gdhcn-trust-store-1", 2: number, 3: made, 4: time floor or null,
//!              5: SHA-256 of the body, 6: SubjectPublicKeyInfo of the signer }
//! body     = [ owners, domains, sources, issuers, list keys, authorities, keys, refused ]
//! ```
//!
//! Times are seconds since 1970. The number grows with every file that a key signs; whoever holds
//! a file refuses one with a lower number. Keys stand in the order of their kids, and their
//! certificates are not taken apart when a file is read but when a key is used, so that a store of
//! 50 000 keys is ready in well under 100 ms. Reasons of refusal are kept as texts.

mod read;
mod write;

use gdhcn_crypto::{KeyError, PublicKey, SignError, SignatureScheme, Thumbprint, VerifyError};
use gdhcn_envelope::cbor::CborError;
use gdhcn_envelope::cose::CoseError;
use jiff::Timestamp;

use super::TrustStore;
use crate::did::PinnedKey;

pub use write::write;

/// A snapshot that was read and whose signature holds.
#[derive(Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its number.
    pub number: u64,
    /// When it was made, by the clock of the one who made it.
    pub made: Timestamp,
    /// The key that signed it; see [`key_thumbprint`].
    pub signer: Thumbprint,
    /// The keys that its maker pinned for DID lists.
    pub list_keys: Vec<PinnedKey>,
    /// The store.
    pub store: TrustStore,
}

/// What a snapshot is made of.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'c> {
    /// The number: higher than that of every snapshot that the key has signed.
    pub number: u64,
    /// The present.
    pub made: Timestamp,
    /// The keys pinned for DID lists.
    pub list_keys: &'c [PinnedKey],
    /// The store.
    pub store: &'c TrustStore,
}

/// Bounds on a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest file in bytes.
    pub max_len: usize,
    /// Most CBOR items; a key has thirteen.
    pub items: usize,
}

impl Default for Limits {
    /// 512 MiB, 13 million items: a million keys.
    fn default() -> Self {
        Self { max_len: 512 << 20, items: 13_000_000 }
    }
}

/// The name of a signing key: SHA-256 over its `SubjectPublicKeyInfo`.
pub fn key_thumbprint(key: &PublicKey) -> Thumbprint {
    Thumbprint::of(&key.to_spki_der())
}

const TYPE: &str = "gdhcn-trust-store-1";
const ES256: i64 = -7;
const EDDSA: i64 = -8;

/// The algorithm of a signing key: its COSE number and its scheme.
fn algorithm(key: &PublicKey) -> Result<(i64, SignatureScheme), SnapshotError> {
    use gdhcn_crypto::{Curve, DigestAlgorithm};
    match key {
        PublicKey::Ec(ec) if ec.curve() == Curve::P256 => {
            Ok((ES256, SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256)))
        }
        PublicKey::Ed25519(_) => Ok((EDDSA, SignatureScheme::Ed25519)),
        other => Err(SnapshotError::SignerKind { found: other.to_string() }),
    }
}

/// Why a file is no snapshot that counts, or none was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The file is longer than [`Limits::max_len`].
    #[error("the file of {found} bytes is too long for a trust store; {limit} are allowed")]
    TooLong {
        /// Length of the file.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The bytes are not the CBOR that is called for.
    #[error("not a trust store: {0}")]
    Cbor(#[from] CborError),
    /// The first item is no COSE_Sign1.
    #[error("not a trust store: {0}")]
    Cose(#[from] CoseError),
    /// A value is not what stands in its place.
    #[error("not a trust store: byte {at} is not {wanted}")]
    Value {
        /// Offset in the item that is read.
        at: usize,
        /// What belongs there.
        wanted: &'static str,
    },
    /// The signer's key cannot be used.
    #[error("the key that signed the trust store cannot be used: {0}")]
    Key(#[from] KeyError),
    /// The signer is none of those who count.
    #[error(
        "the trust store is signed by the key {signer}, which nobody named; ask its publisher, \
         and name it if it is theirs"
    )]
    UnknownSigner {
        /// SHA-256 over the key's `SubjectPublicKeyInfo`.
        signer: Thumbprint,
    },
    /// The signature does not hold.
    #[error("the trust store's signature does not hold: {0}")]
    Signature(#[from] VerifyError),
    /// The body is not the one that was signed.
    #[error("the trust store was changed or cut off after it was signed")]
    Digest,
    /// Only P-256 and Ed25519 keys sign snapshots.
    #[error("a trust store is signed with a P-256 or Ed25519 key; this one is {found}")]
    SignerKind {
        /// The key.
        found: String,
    },
    /// The key did not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}

use std::fmt;

use gdhcn_crypto::Thumbprint;
use gdhcn_envelope::linked_data::{Coverage, DocumentError, ProofError};
use gdhcn_envelope::x509::CertificateError;
use jiff::Timestamp;

use super::GatewayRefusal;
use crate::did::{EntryError, Provenance};

/// Where keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// The name that the caller gave it: a path, a URL.
    pub name: String,
    /// What it is.
    pub kind: SourceKind,
    /// When the list was made, as far as its proof says so.
    pub created: Option<Timestamp>,
    /// Who vouches for the list as a whole.
    pub proof: ProofStatus,
    /// Number of keys that came from it.
    pub keys: usize,
    /// Number of entries that gave none.
    pub refused: usize,
}

/// The kinds of sources.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceKind {
    /// A DID document with this `id`; empty when it could not be read.
    DidDocument {
        /// The DID of the list.
        id: String,
    },
    /// Certificates that the caller trusts as they are.
    Certificates,
    /// A gateway's trust list.
    GatewayList,
}

/// Who vouches for a list as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofStatus {
    /// The list's proof verifies with a pinned key.
    Verified {
        /// The DID of the key.
        method: String,
        /// How the key is known.
        provenance: Provenance,
        /// Whether domain, participant and key usage are signed too.
        coverage: Coverage,
    },
    /// The list has a proof by a key that nobody pinned for it, so it was not checked.
    Unpinned {
        /// The DID of the key.
        method: String,
    },
    /// The proof does not stand. None of the list's entries is used.
    Broken {
        /// Why.
        reason: ProofError,
    },
    /// The list has no proof.
    NoProof,
    /// The caller vouches: certificates in a file or a folder.
    GivenByCaller,
    /// Each entry has signatures of its own, which were checked up to these trust anchors.
    EntryByEntry {
        /// The accepted trust anchors.
        anchors: Vec<Thumbprint>,
    },
}

impl fmt::Display for ProofStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified { provenance, coverage, .. } => {
                write!(f, "the list's proof verifies with a key {provenance}")?;
                match coverage {
                    Coverage::Everything => Ok(()),
                    Coverage::KeysOnly => {
                        f.write_str("; domain, participant and key usage are not signed")
                    }
                }
            }
            Self::Unpinned { method } => {
                write!(f, "the list's proof is by a key that is not pinned for it ({method})")
            }
            Self::Broken { reason } => write!(f, "the list's proof is broken: {reason}"),
            Self::NoProof => f.write_str("the list has no proof"),
            Self::GivenByCaller => f.write_str("given by the caller"),
            Self::EntryByEntry { .. } => {
                f.write_str("each entry is signed, up to the gateway's trust anchor")
            }
        }
    }
}

/// An entry of a source that gives no key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedEntry {
    /// Index in [`TrustStore::sources`](super::TrustStore::sources).
    pub source: usize,
    /// The entry's name in it: a DID URL, a file, a kid.
    pub name: String,
    /// Why.
    pub reason: Refusal,
}

/// Why an entry gives no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The whole document cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The proof of the list is broken, so nothing in it counts.
    #[error("the list's proof is broken: {0}")]
    BrokenProof(ProofError),
    /// The entry of a DID document.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The certificate of a file.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The key of a file's certificate.
    #[error("the certificate's key cannot be used: {0}")]
    Key(gdhcn_crypto::KeyError),
    /// The entry of a gateway's list.
    #[error(transparent)]
    Gateway(#[from] GatewayRefusal),
    /// There are more entries than the limit allows.
    #[error("the source has more than {limit} entries; this one and all after it are left out")]
    TooMany {
        /// The limit.
        limit: usize,
    },
}

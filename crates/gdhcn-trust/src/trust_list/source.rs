use std::fmt;

use gdhcn_crypto::{KeyError, Thumbprint, VerifyError};
use gdhcn_envelope::cms::CmsError;
use gdhcn_envelope::linked_data::{Coverage, DocumentError, ProofError};
use gdhcn_envelope::x509::CertificateError;
use jiff::Timestamp;

use super::GatewayRefusal;
use crate::did::web::WebError;
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
    /// When it was fetched from where it is published, by the clock of the machine that did.
    pub fetched: Option<Timestamp>,
    /// The ETag (RFC 9110, 8.8.3) under which it was fetched, to ask for changes only.
    pub etag: Option<String>,
    /// Whose snapshot it came in, if it was imported with one.
    pub relayed: Option<Relay>,
    /// Who vouches for the list as a whole.
    pub proof: ProofStatus,
    /// Number of keys that came from it.
    pub keys: usize,
    /// Number of entries that gave none.
    pub refused: usize,
}

impl Source {
    /// The day by which the source's age counts: when its list was made, or else when it was
    /// fetched.
    pub fn dated(&self) -> Option<Timestamp> {
        self.created.or(self.fetched)
    }

    /// The age in whole days at a moment, 0 for one dated later; `None` without a date.
    pub fn age_in_days(&self, at: Timestamp) -> Option<i64> {
        self.dated().map(|dated| whole_days(dated, at))
    }

    /// How long ago it was fetched, in whole days, which is the reader's own knowledge whatever
    /// date the list bears.
    pub fn fetched_days_ago(&self, at: Timestamp) -> Option<i64> {
        self.fetched.map(|fetched| whole_days(fetched, at))
    }

    /// Whether it is the DID document with this `id`.
    pub fn is_did_document(&self, did: &str) -> bool {
        matches!(&self.kind, SourceKind::DidDocument { id } if id == did)
    }
}

fn whole_days(since: Timestamp, at: Timestamp) -> i64 {
    (at.duration_since(since).as_hours() / 24).max(0)
}

/// The snapshot that a source was imported with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Relay {
    /// SHA-256 over the `SubjectPublicKeyInfo` of the key that signed it.
    pub publisher: Thumbprint,
    /// Its number.
    pub number: u64,
    /// When it was made.
    pub made: Timestamp,
}

impl Relay {
    /// The snapshot with this number.
    pub const fn new(publisher: Thumbprint, number: u64, made: Timestamp) -> Self {
        Self { publisher, number, made }
    }
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
    /// A directory of SMART Health Card issuers with their keys.
    IssuerDirectory,
    /// A list of SMART Health Card issuers with their names, without keys.
    IssuerNames,
    /// A master list of ICAO.
    MasterList,
    /// Keys of a document's issuer that the caller trusts as they are.
    NamedKeys {
        /// What documents call the issuer.
        name: String,
    },
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
        reason: ProofFault,
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
                f.write_str("each entry that counts is signed, up to the gateway's trust anchor")
            }
        }
    }
}

/// Why the proof of a list does not stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofFault {
    /// The proof of a DID document.
    #[error(transparent)]
    LinkedData(#[from] ProofError),
    /// The message that a master list is.
    #[error(transparent)]
    Message(#[from] CmsError),
    /// The signature beside a file.
    #[error("the signature beside it does not hold: {0}")]
    Detached(#[from] VerifyError),
    /// The certificate for the signature beside a file cannot be used.
    #[error("the key to check it with cannot be used: {0}")]
    Key(#[from] KeyError),
    /// As it was recorded in a snapshot.
    #[error("{0}")]
    Recorded(String),
    /// The signer's certificate is not for signing master lists (ICAO Doc 9303-12).
    #[error("its signer ({signer}) is not for signing master lists")]
    SignerPurpose {
        /// The subject of the certificate.
        signer: String,
    },
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
    BrokenProof(ProofFault),
    /// The reference names no document on the web.
    #[error(transparent)]
    Place(#[from] WebError),
    /// The reference leads to another host, which may belong to another environment.
    #[error("the reference leads to another host, which nobody allowed for this list")]
    OtherHost,
    /// The reference leads back to the list.
    #[error("the reference leads back to the list itself")]
    ToItself,
    /// The document that a reference names was not given, or does not exist.
    #[error("the document is not at hand; without keys of its own it need not exist")]
    NotAtHand,
    /// Under the reference stands another document.
    #[error("the document there calls itself {found:?}")]
    OtherDocument {
        /// The `id` of the document.
        found: String,
    },
    /// The document's proof says less than that of the list that refers to it.
    #[error("the document is less trustworthy than the list that refers to it: {0}")]
    WeakerProof(String),
    /// The entry of a DID document.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The certificate of a file.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The key of a file's certificate.
    #[error("the certificate's key cannot be used: {0}")]
    Key(KeyError),
    /// The file is no set of JWKs (RFC 7517, 5).
    #[error("the file is no JWK set: {what}")]
    JwkSet {
        /// What is wrong.
        what: String,
    },
    /// The file is no directory of issuers.
    #[error("the file is no directory of issuers: {what}")]
    Directory {
        /// What is wrong.
        what: String,
    },
    /// SMART Health Cards are signed with P-256 alone.
    #[error("SMART Health Cards are signed with P-256 keys; this one is {found}")]
    NotForCards {
        /// The key.
        found: String,
    },
    /// SMART Health Cards name a key by its thumbprint (RFC 7638).
    #[error("the kid is not the key's thumbprint, which is {computed}")]
    KidIsNoThumbprint {
        /// The thumbprint.
        computed: String,
    },
    /// The file is no master list.
    #[error("not a master list: {0}")]
    MasterList(CmsError),
    /// The entry of a gateway's list.
    #[error(transparent)]
    Gateway(#[from] GatewayRefusal),
    /// As it was recorded: in a snapshot, or by whoever read the answer of a server.
    #[error("{0}")]
    Recorded(String),
    /// There are more entries than the limit allows.
    #[error("the source has more than {limit} entries; this one and all after it are left out")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// The documents that a list refers to are larger than the limit allows.
    #[error(
        "the documents that the list refers to have more than {limit} bytes together; this one and \
         all after it are left out"
    )]
    TooMuch {
        /// The limit.
        limit: usize,
    },
}

use std::collections::BTreeMap;

use gdhcn_crypto::{Backend, KeyError, PublicKey, Signer};
use gdhcn_envelope::linked_data::{
    self, AlgorithmName, DocumentError, Limits, Proof, ProofError, ProofOptions, SignatureForm,
    SigningError, without_proof,
};
use jiff::{SignedDuration, Timestamp};

use super::document::{DID_CONTEXTS, Document, WriteError};
use super::jwk::{Form, Jwk, Padding};

/// How a list's proofs are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofStyle {
    /// The DID under which the key is published.
    pub verification_method: String,
    /// How the signature is written.
    pub form: SignatureForm,
    /// How the header calls the algorithm.
    pub algorithm: AlgorithmName,
    /// Whether each proof has a nonce of its own; otherwise an empty one.
    pub nonce: bool,
}

impl ProofStyle {
    /// As RFC 7518 has it.
    pub const fn standard(verification_method: String) -> Self {
        Self {
            verification_method,
            form: SignatureForm::Fixed,
            algorithm: AlgorithmName::Es256,
            nonce: true,
        }
    }

    /// As the reference's publisher of this version of lists has it.
    pub const fn reference(version: u8, verification_method: String) -> Self {
        match version {
            1 => Self {
                verification_method,
                form: SignatureForm::Fixed,
                algorithm: AlgorithmName::Ec,
                nonce: false,
            },
            _ => Self {
                verification_method,
                form: SignatureForm::Der,
                algorithm: AlgorithmName::Es256,
                nonce: true,
            },
        }
    }
}

/// Reads what stands under a path of the web root at present.
pub type Previous<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

/// When a run takes place, and from what age a proof is made anew though nothing changed.
#[derive(Clone, Copy, Debug)]
pub struct Fresh {
    /// The start of the run: `created` of every proof that it makes.
    pub now: Timestamp,
    /// The age.
    pub max_age: SignedDuration,
}

/// All files of the lists, signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// Every file by its path under the web root.
    pub files: BTreeMap<String, Vec<u8>>,
    /// How many files are kept as they stood there.
    pub kept: KeptFor,
}

/// What was kept and what was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptFor {
    /// Content as before, proof fresh enough: the same bytes.
    pub unchanged: usize,
    /// Content as before, proof made anew for its age.
    pub refreshed: usize,
    /// New or other content.
    pub changed: usize,
}

impl KeptFor {
    /// Whether nothing has to be written.
    pub const fn is_up_to_date(&self) -> bool {
        self.refreshed == 0 && self.changed == 0
    }
}

impl Publication {
    /// Signs documents. One whose content is what stands there already keeps its file byte for
    /// byte, as long as its proof is by this key and fresh. Every proof is verified before it is
    /// handed out.
    ///
    /// `style` says how the proofs of a version are written; `nonce` gives 32 random letters and
    /// digits.
    ///
    /// # Errors
    ///
    /// See [`PublishError`].
    pub fn make(
        documents: &[Document],
        style: impl Fn(u8) -> ProofStyle,
        signer: &dyn Signer,
        fresh: Fresh,
        previous: Previous<'_>,
        nonce: &mut dyn FnMut() -> String,
        backend: Backend,
    ) -> Result<Self, PublishError> {
        let verifier = backend.verifier(signer.public_key()).map_err(PublishError::Key)?;
        let limits = Limits::default();
        let mut publication = Self::default();
        for document in documents {
            let style = style(document.version);
            let before = previous(&document.path)
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .filter(|text| without_proof(text).as_deref() == Some(&document.text));
            let valid = |text: &str| -> Result<Timestamp, ProofError> {
                let parsed = linked_data::Document::parse(text.as_bytes(), &limits)
                    .map_err(|_| ProofError::BadSignature)?;
                let proof = Proof::of(&parsed)?.ok_or(ProofError::BadSignature)?;
                proof.verify(verifier.as_ref())?;
                if proof.verification_method() == style.verification_method {
                    Ok(proof.created())
                } else {
                    Err(ProofError::BadSignature)
                }
            };
            if let Some(before) = before {
                let oldest = fresh.now.checked_sub(fresh.max_age).unwrap_or(Timestamp::MIN);
                if valid(&before).is_ok_and(|made| oldest < made && made <= fresh.now) {
                    publication.kept.unchanged += 1;
                    publication.files.insert(document.path.clone(), before.into_bytes());
                    continue;
                }
                publication.kept.refreshed += 1;
            } else {
                publication.kept.changed += 1;
            }
            let nonce = if style.nonce { nonce() } else { String::new() };
            let options = ProofOptions {
                created: fresh.now,
                nonce: &nonce,
                verification_method: &style.verification_method,
                form: style.form,
                algorithm: style.algorithm,
            };
            let id = || document.id.clone();
            let signed = linked_data::sign(&document.text, &options, &limits, signer)
                .map_err(|error| PublishError::Signing { id: id(), error })?;
            valid(&signed).map_err(|error| PublishError::Check { id: id(), error })?;
            publication.files.insert(document.path.clone(), signed.into_bytes());
        }
        Ok(publication)
    }
}

/// The document that publishes the signing key, at the DID that proofs name. It has no proof: it
/// is as trustworthy as its place.
///
/// # Errors
///
/// When the DID is no `did:web`, or the key is no EC key.
pub fn signing_key_document(did: &str, key: &PublicKey) -> Result<Document, WriteError> {
    use super::document::{KeyMethod, Method};
    let jwk = Jwk::of_key(key, Form::Standard, Padding::Never)
        .map_err(|error| WriteError::Key { kid: did.to_owned(), error })?;
    let method = KeyMethod {
        id: did.to_owned(),
        r#type: "JsonWebKey2020",
        controller: did.to_owned(),
        jwk: &jwk,
        facts: None,
    };
    let methods = [Method::Key(Box::new(method))];
    Document::write(1, &DID_CONTEXTS, did.to_owned(), did, &methods)
}

/// Why lists were not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The signing key cannot be used.
    #[error("the signing key: {0}")]
    Key(KeyError),
    /// A document was not signed.
    #[error("{id}: {error}")]
    Signing {
        /// The document.
        id: String,
        /// The reason.
        error: SigningError,
    },
    /// A proof that was just made does not verify.
    #[error("{id}: the new proof does not verify: {error}")]
    Check {
        /// The document.
        id: String,
        /// The reason.
        error: ProofError,
    },
    /// What stands there cannot be read.
    #[error("the present list cannot be read: {0}")]
    Present(#[from] DocumentError),
    /// The list would lose so much that somebody should look first.
    #[error(
        "{whose} would fall from {before} to {after} entries; look why, and publish with --force \
         if that is right"
    )]
    Shrinks {
        /// The list, or a participant's part of it.
        whose: String,
        /// Entries that are listed now.
        before: usize,
        /// Entries that would be.
        after: usize,
    },
}

/// A loss of fewer entries is no accident worth stopping for.
const NOTICEABLE: usize = 10;

impl Publication {
    /// Refuses a list that lost more than a tenth of its entries, or of a participant more than
    /// half, and at least ten; and one that lost all. A database that comes back half empty must
    /// not empty the world's lists.
    ///
    /// # Errors
    ///
    /// [`PublishError::Shrinks`], [`PublishError::Present`].
    pub fn check_shrinking(present: &[u8], next: &[u8]) -> Result<(), PublishError> {
        let (present, next) = (count(present)?, count(next)?);
        let sum = |counts: &BTreeMap<String, usize>| counts.values().sum::<usize>();
        let whole = ("the list".to_owned(), sum(&present), sum(&next), 10);
        let parts = present.iter().map(|(code, before)| {
            (format!("the part of {code}"), *before, next.get(code).copied().unwrap_or(0), 2)
        });
        for (whose, before, after, fraction) in std::iter::once(whole).chain(parts) {
            let lost = before.saturating_sub(after);
            let all = fraction == 10 && before > 0 && after == 0;
            if all || lost >= NOTICEABLE && lost > before / fraction {
                return Err(PublishError::Shrinks { whose, before, after });
            }
        }
        Ok(())
    }
}

/// Entries by participant.
fn count(text: &[u8]) -> Result<BTreeMap<String, usize>, DocumentError> {
    let document = linked_data::Document::parse(text, &Limits::default())?;
    let mut counts = BTreeMap::new();
    for entry in crate::did::read(&document).into_iter().filter_map(|(_, entry)| entry.ok()) {
        *counts.entry(entry.participant_code).or_insert(0) += 1;
    }
    Ok(counts)
}

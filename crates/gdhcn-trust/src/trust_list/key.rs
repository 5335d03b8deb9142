use std::fmt;
use std::sync::{Arc, OnceLock};

use gdhcn_codes::{DocumentPurposes, Domain, KeyUsage, Participant};
use gdhcn_crypto::{Backend, KeyError, Kid, PublicKey, Thumbprint, Verifier};
use gdhcn_envelope::x509::{Certificate, Validity};
use jiff::Timestamp;

use super::authorities::Authorities;
use super::material::Material;
use crate::path::{self, Authority, PathError};
use crate::purpose::{SignerMisfit, may_sign_data};

/// A key of a [`TrustStore`](super::TrustStore) with what its source says about it.
///
/// Key, certificate, verifier and chain are made when first asked for: most keys of a list are
/// never used.
#[non_exhaustive]
pub struct TrustedKey {
    /// The name of the entry in its source: a DID URL, a file, a kid.
    pub id: String,
    /// What documents call the key's owner, where that is not the kid: the issuer's address in
    /// SMART Health Cards, the verification method in DIVOC. See
    /// [`TrustStore::called`](super::TrustStore::called).
    pub name: Option<String>,
    /// The key identifier that signed documents name it by.
    pub kid: Kid,
    /// The kid as the source writes it; `None` when it was computed from the certificate.
    pub kid_text: Option<String>,
    /// Whose key it is, when the code is known.
    pub participant: Option<Participant>,
    /// The participant's code as the source has it; empty when it gives none.
    pub participant_code: String,
    /// The trust domain, when the source gives one.
    pub domain: Option<Domain>,
    /// What the key is for.
    pub usage: KeyUsage,
    /// What its certificate lets it sign.
    pub purposes: DocumentPurposes,
    /// Index in [`TrustStore::sources`](super::TrustStore::sources).
    pub source: usize,
    pub(super) material: Material,
    pub(super) given_by_caller: bool,
    pub(super) backend: Backend,
    pub(super) authorities: Option<Arc<Authorities>>,
    pub(super) verifier: OnceLock<Result<Arc<dyn Verifier>, KeyError>>,
    pub(super) chain: OnceLock<(Chain, Option<usize>)>,
}

impl TrustedKey {
    /// The key.
    ///
    /// # Errors
    ///
    /// Only for a key of a [snapshot](crate::snapshot) that somebody wrote who did not check it:
    /// the sources give no unusable keys.
    pub fn public_key(&self) -> Result<&PublicKey, &KeyError> {
        self.material.public_key()
    }

    /// Its certificate.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.material.certificate()
    }

    /// The key made ready for checking signatures.
    ///
    /// # Errors
    ///
    /// When the back end refuses the key.
    pub fn verifier(&self) -> Result<&Arc<dyn Verifier>, &KeyError> {
        let make = || self.backend.verifier(self.public_key().map_err(Clone::clone)?);
        self.verifier.get_or_init(make).as_ref()
    }

    /// Which authority issued the key's certificate.
    pub fn chain(&self) -> &Chain {
        &self.path().0
    }

    /// The certificate of the authority that [`Self::chain`] found.
    pub fn issuer(&self) -> Option<&Certificate> {
        let found = self.path().1?;
        self.known_authorities().get(found).map(Authority::certificate)
    }

    /// Whether the key may sign health documents: the usage DSC, or a certificate that the caller
    /// gave and that is allowed digital signatures, whatever else it may do.
    pub fn signs_documents(&self) -> bool {
        self.usage == KeyUsage::Dsc
            || self.given_by_caller && self.certificate().is_none_or(may_sign_data)
    }

    /// First and last instant of the certificate's validity; `None` without certificate.
    pub fn validity(&self) -> Option<(Timestamp, Timestamp)> {
        self.certificate().map(|one| (one.not_before(), one.not_after()))
    }

    /// Where `at` lies relative to the certificate's validity; `None` without certificate.
    pub fn validity_at(&self, at: Timestamp) -> Option<Validity> {
        self.certificate().map(|certificate| certificate.validity_at(at))
    }

    /// What is said of the key, for another store in which its source has another index.
    pub(super) fn to_draft(&self, source: usize) -> Draft {
        Draft {
            source,
            id: self.id.clone(),
            name: self.name.clone(),
            kid: self.kid.clone(),
            kid_text: self.kid_text.clone(),
            participant: self.participant,
            participant_code: self.participant_code.clone(),
            domain: self.domain.clone(),
            usage: self.usage,
            purposes: self.purposes,
            material: self.material.copied(),
            given_by_caller: self.given_by_caller,
        }
    }

    /// Why its certificate is none for signing documents. Nothing for a key without one, and for
    /// one that the caller handed over: that is trusted as it is.
    pub fn misfit(&self) -> Option<SignerMisfit> {
        self.certificate().filter(|_| !self.given_by_caller).and_then(SignerMisfit::of)
    }

    fn path(&self) -> &(Chain, Option<usize>) {
        self.chain.get_or_init(|| match self.find_issuer() {
            Ok(None) => (Chain::SelfIsSca, None),
            Ok(Some((found, thumbprint))) => (Chain::VerifiedBy(thumbprint), Some(found)),
            Err(reason) if reason.is_undecided() => (Chain::NotDone { reason }, None),
            Err(reason) => (Chain::Broken { reason }, None),
        })
    }

    fn known_authorities(&self) -> &[Authority] {
        self.authorities.as_deref().map(Authorities::get).unwrap_or_default()
    }

    fn find_issuer(&self) -> Result<Option<(usize, Thumbprint)>, PathError> {
        if self.usage.is_authority() {
            return Ok(None);
        }
        let certificate = self.certificate().ok_or(PathError::NoCertificate)?;
        let known = self.known_authorities();
        let fitting = known.iter().filter(|authority| authority.may_issue(self.usage));
        let issuer = path::find_issuer(certificate, fitting)?;
        let found = known.iter().position(|one| std::ptr::eq(one, issuer));
        Ok(found.map(|found| (found, issuer.certificate().thumbprint())))
    }
}

/// What a source says about a key, before the store gives it its place.
pub(super) struct Draft {
    pub(super) source: usize,
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) kid: Kid,
    pub(super) kid_text: Option<String>,
    pub(super) participant: Option<Participant>,
    pub(super) participant_code: String,
    pub(super) domain: Option<Domain>,
    pub(super) usage: KeyUsage,
    pub(super) purposes: DocumentPurposes,
    pub(super) material: Material,
    pub(super) given_by_caller: bool,
}

impl Draft {
    pub(super) fn into_key(self, backend: Backend) -> TrustedKey {
        TrustedKey {
            id: self.id,
            name: self.name,
            kid: self.kid,
            kid_text: self.kid_text,
            participant: self.participant,
            participant_code: self.participant_code,
            domain: self.domain,
            usage: self.usage,
            purposes: self.purposes,
            source: self.source,
            material: self.material,
            given_by_caller: self.given_by_caller,
            backend,
            authorities: None,
            verifier: OnceLock::new(),
            chain: OnceLock::new(),
        }
    }
}

impl fmt::Debug for TrustedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustedKey({}, {} {}, {})", self.id, self.participant_code, self.usage, self.kid)
    }
}

/// What is known about who issued a key's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chain {
    /// An authority of the same participant signed it.
    VerifiedBy(Thumbprint),
    /// The key is an authority itself: it is trusted because its source says so.
    SelfIsSca,
    /// It could not be found out.
    NotDone {
        /// Why.
        reason: PathError,
    },
    /// The authority that should have signed did not.
    Broken {
        /// Why.
        reason: PathError,
    },
}

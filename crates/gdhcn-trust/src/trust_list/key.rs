use std::fmt;
use std::sync::{Arc, OnceLock};

use gdhcn_codes::{Domain, KeyUsage, Participant};
use gdhcn_crypto::{Backend, KeyError, Kid, PublicKey, Thumbprint, Verifier};
use gdhcn_envelope::x509::{Certificate, KeyUsageBits, Validity};
use jiff::Timestamp;

use crate::path::{self, Authority, PathError};
use crate::purpose::DocumentPurposes;

/// A key of a [`TrustStore`](super::TrustStore) with what its source says about it.
///
/// The verifier and the chain are made when first asked for: most keys of a list are never used.
#[non_exhaustive]
pub struct TrustedKey {
    /// The name of the entry in its source: a DID URL, a file, a kid.
    pub id: String,
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
    /// The key.
    pub public_key: PublicKey,
    /// Its certificate.
    pub certificate: Option<Certificate>,
    /// What its certificate lets it sign.
    pub purposes: DocumentPurposes,
    /// Index in [`TrustStore::sources`](super::TrustStore::sources).
    pub source: usize,
    pub(super) given_by_caller: bool,
    pub(super) backend: Backend,
    pub(super) authorities: Arc<[Arc<Authority>]>,
    pub(super) verifier: OnceLock<Result<Arc<dyn Verifier>, KeyError>>,
    pub(super) chain: OnceLock<(Chain, Option<usize>)>,
}

impl TrustedKey {
    /// The key made ready for checking signatures.
    ///
    /// # Errors
    ///
    /// When the back end refuses the key.
    pub fn verifier(&self) -> Result<&Arc<dyn Verifier>, &KeyError> {
        self.verifier.get_or_init(|| self.backend.verifier(&self.public_key)).as_ref()
    }

    /// Which authority issued the key's certificate.
    pub fn chain(&self) -> &Chain {
        &self.path().0
    }

    /// The certificate of the authority that [`Self::chain`] found.
    pub fn issuer(&self) -> Option<&Certificate> {
        let found = self.path().1?;
        self.authorities.get(found).map(|authority| authority.certificate())
    }

    /// Whether the key may sign health documents: the usage DSC, or a certificate that the caller
    /// gave and that is allowed digital signatures, whatever else it may do.
    pub fn signs_documents(&self) -> bool {
        self.usage == KeyUsage::Dsc || self.given_by_caller && self.may_sign_data()
    }

    /// First and last instant of the certificate's validity; `None` without certificate.
    pub fn validity(&self) -> Option<(Timestamp, Timestamp)> {
        self.certificate.as_ref().map(|one| (one.not_before(), one.not_after()))
    }

    /// Where `at` lies relative to the certificate's validity; `None` without certificate.
    pub fn validity_at(&self, at: Timestamp) -> Option<Validity> {
        self.certificate.as_ref().map(|certificate| certificate.validity_at(at))
    }

    fn may_sign_data(&self) -> bool {
        let usage = self.certificate.as_ref().and_then(|one| one.extensions().key_usage);
        usage.is_none_or(|usage| usage.contains(KeyUsageBits::DIGITAL_SIGNATURE))
    }

    fn path(&self) -> &(Chain, Option<usize>) {
        self.chain.get_or_init(|| match self.find_issuer() {
            Ok(None) => (Chain::SelfIsSca, None),
            Ok(Some((found, thumbprint))) => (Chain::VerifiedBy(thumbprint), Some(found)),
            Err(reason) if reason.is_undecided() => (Chain::NotDone { reason }, None),
            Err(reason) => (Chain::Broken { reason }, None),
        })
    }

    fn find_issuer(&self) -> Result<Option<(usize, Thumbprint)>, PathError> {
        if self.usage.is_authority() {
            return Ok(None);
        }
        let certificate = self.certificate.as_ref().ok_or(PathError::NoCertificate)?;
        let fitting = self
            .authorities
            .iter()
            .map(Arc::as_ref)
            .filter(|authority| authority.may_issue(self.usage));
        let issuer = path::find_issuer(certificate, fitting)?;
        let found = self.authorities.iter().position(|one| std::ptr::eq(one.as_ref(), issuer));
        Ok(found.map(|found| (found, issuer.certificate().thumbprint())))
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

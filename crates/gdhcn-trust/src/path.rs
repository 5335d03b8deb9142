//! From a document signer to the signing authority that issued it.
//!
//! The network's paths have one step: an authority (SCA, DECA) is trusted because it is onboarded,
//! whatever is written in it, and everything above it is ignored. So a path is an authority of the
//! same participant whose name is the issuer's and whose key made the signature. Several may have
//! the name; one of them must have signed.

use std::sync::{Arc, OnceLock};

use gdhcn_codes::KeyUsage;
use gdhcn_crypto::{Backend, KeyError, Verifier, VerifyError};
use gdhcn_envelope::x509::{Certificate, CertificateError};

/// A signing authority of one participant, with its key made ready at first use.
///
/// It has no trust domain: gateways take a document signer of any domain under each of the
/// participant's authorities.
#[derive(Debug)]
pub struct Authority {
    certificate: Certificate,
    usage: KeyUsage,
    standing: Standing,
    backend: Backend,
    verifier: OnceLock<Result<Arc<dyn Verifier>, KeyError>>,
}

/// How an authority is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is onboarded, listed or given as an authority.
    Authority,
    /// It only stands behind a document signer in the `x5c` of a version 1 list. These lists have
    /// no entries for authorities and often place one that did not sign.
    Companion,
}

impl Authority {
    /// An authority; `usage` is [`KeyUsage::Sca`] or [`KeyUsage::Deca`].
    pub fn new(
        certificate: Certificate,
        usage: KeyUsage,
        standing: Standing,
        backend: Backend,
    ) -> Self {
        Self { certificate, usage, standing, backend, verifier: OnceLock::new() }
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// SCA or DECA.
    pub fn usage(&self) -> KeyUsage {
        self.usage
    }

    /// How the authority is known.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Whether it may issue certificates of this usage: an SCA those of DSCs, a DECA of DESCs.
    pub fn may_issue(&self, usage: KeyUsage) -> bool {
        matches!(
            (self.usage, usage),
            (KeyUsage::Sca, KeyUsage::Dsc) | (KeyUsage::Deca, KeyUsage::Desc)
        )
    }

    fn verifier(&self) -> Result<&dyn Verifier, KeyError> {
        self.verifier
            .get_or_init(|| {
                let key = self.certificate.public_key().map_err(Clone::clone)?;
                self.backend.verifier(key)
            })
            .as_deref()
            .map_err(Clone::clone)
    }
}

/// Finds the authority that issued `certificate`.
///
/// Names are compared as RFC 5280, 7.1 has it; the signature may be of any scheme that the network
/// uses. Validity is not looked at: see [`validity_is_nested`].
///
/// # Errors
///
/// See [`PathError`].
pub fn find_issuer<'a>(
    certificate: &Certificate,
    authorities: impl IntoIterator<Item = &'a Authority>,
) -> Result<&'a Authority, PathError> {
    let mut known = 0_usize;
    let mut failure = None;
    for authority in authorities {
        known += 1;
        if authority.certificate.subject() != certificate.issuer() {
            continue;
        }
        let outcome = authority
            .verifier()
            .map_err(PathError::AuthorityKey)
            .and_then(|key| Ok(certificate.verify_signature(key)?));
        match outcome {
            Ok(()) => return Ok(authority),
            // "Cannot be checked" says less than "not signed", and keeps the door open.
            Err(error) if error.is_undecided() => failure = Some(error),
            // Another key under the same name, an older generation for instance.
            Err(_) if names_another_key(certificate, &authority.certificate) => {}
            Err(_) if authority.standing == Standing::Companion => {}
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(match failure {
        Some(error) => error,
        None if known == 0 => PathError::NoAuthority,
        None => PathError::UnknownIssuer { issuer: certificate.issuer().to_string() },
    })
}

/// Whether this authority, whose key is `verifier`, issued the certificate.
///
/// # Errors
///
/// [`PathError::UnknownIssuer`] when the certificate names another key of that authority,
/// [`PathError::Unsupported`] when nothing can be shown, [`PathError::NotSigned`] otherwise.
pub fn issued_by(
    certificate: &Certificate,
    authority: &Certificate,
    verifier: &dyn Verifier,
) -> Result<(), PathError> {
    match certificate.verify_signature(verifier).map_err(PathError::from) {
        Err(PathError::NotSigned(_)) if names_another_key(certificate, authority) => {
            Err(PathError::UnknownIssuer { issuer: certificate.issuer().to_string() })
        }
        other => other,
    }
}

fn names_another_key(certificate: &Certificate, authority: &Certificate) -> bool {
    let wanted = certificate.extensions().authority_key_id.as_deref();
    let found = authority.extensions().subject_key_id.as_deref();
    matches!((wanted, found), (Some(wanted), Some(found)) if wanted != found)
}

/// Whether a certificate lies inside its issuer's validity (the shell model of the network's
/// governance).
pub fn validity_is_nested(certificate: &Certificate, issuer: &Certificate) -> bool {
    issuer.not_before() <= certificate.not_before() && certificate.not_after() <= issuer.not_after()
}

/// Why no authority was found that issued a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// There is no certificate to look for an issuer of.
    #[error("the key comes without a certificate")]
    NoCertificate,
    /// No authority of the participant is at hand.
    #[error("no signing authority of the participant is known")]
    NoAuthority,
    /// Authorities are at hand, but none is the issuer.
    #[error("none of the participant's known signing authorities is the issuer ({issuer})")]
    UnknownIssuer {
        /// The issuer's name.
        issuer: String,
    },
    /// The signature's algorithm is too weak or not known, so nothing is shown.
    #[error("the issuer's signature cannot be checked: {0}")]
    Unsupported(CertificateError),
    /// The authority's key cannot be used.
    #[error("the signing authority's key cannot be used: {0}")]
    AuthorityKey(KeyError),
    /// An authority has the issuer's name, but its key did not sign.
    #[error("the signing authority of that name did not sign this certificate: {0}")]
    NotSigned(CertificateError),
}

impl PathError {
    /// Whether this leaves open who issued the certificate. Otherwise it names an authority that
    /// did not.
    pub const fn is_undecided(&self) -> bool {
        !matches!(self, Self::NotSigned(_))
    }
}

impl From<CertificateError> for PathError {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::Algorithm(_)
            | CertificateError::Signature(VerifyError::Unsupported { .. }) => {
                Self::Unsupported(error)
            }
            other => Self::NotSigned(other),
        }
    }
}

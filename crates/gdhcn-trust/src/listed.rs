//! Entries of gateways' lists: what everybody checks who downloads one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_codes::{Domain, KeyUsage};
use gdhcn_crypto::{Backend, KeyError, Thumbprint};
use gdhcn_envelope::cms::{CmsError, Content, SignedMessage};
use gdhcn_envelope::x509::{Certificate, CertificateError};

use crate::participant::OnboardingError;
use crate::path::{self, Authority, PathError, Standing};

/// A foreign text cut to what fits a message.
pub(crate) fn brief(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Reads the domain of an entry, where it gives one.
pub(crate) fn domain(text: Option<&str>) -> Result<Option<Domain>, GatewayRefusal> {
    text.map(|text| text.parse().map_err(|_| GatewayRefusal::Domain { found: brief(text) }))
        .transpose()
}

/// Reads the certificate of an entry and compares it with the thumbprint, where there is one.
pub(crate) fn certificate(
    raw_data: &str,
    thumbprint: Option<&str>,
) -> Result<Certificate, GatewayRefusal> {
    let der = STANDARD.decode(raw_data).map_err(|_| GatewayRefusal::Base64)?;
    let certificate = Certificate::from_der(&der)?;
    let computed = certificate.thumbprint();
    match thumbprint {
        Some(stated) if stated != computed.to_string() => {
            Err(GatewayRefusal::Thumbprint { computed, stated: brief(stated) })
        }
        _ => Ok(certificate),
    }
}

/// The onboarded certificates of a list, each with its country: what uploads stand on.
#[derive(Default)]
pub(crate) struct Onboarded {
    authorities: Vec<(String, Authority)>,
    uploaders: Vec<(String, Certificate)>,
}

impl Onboarded {
    /// Adds a certificate that the trust anchor vouches for.
    pub(crate) fn add(
        &mut self,
        country: &str,
        usage: KeyUsage,
        certificate: &Certificate,
        backend: Backend,
    ) {
        let country = country.to_owned();
        match usage {
            KeyUsage::Sca | KeyUsage::Deca => {
                let standing = Standing::Authority;
                let authority = Authority::new(certificate.clone(), usage, standing, backend);
                self.authorities.push((country, authority));
            }
            KeyUsage::Up => self.uploaders.push((country, certificate.clone())),
            _ => {}
        }
    }

    /// Checks an upload: issued by an authority of the country (by signature), and signed by an
    /// upload certificate of the country.
    ///
    /// The reference's clients only log an upload signature that fails, if the certificate in it
    /// is right; here it refuses the entry.
    pub(crate) fn check(
        &self,
        country: &str,
        usage: KeyUsage,
        certificate: &Certificate,
        signature: &str,
        backend: Backend,
    ) -> Result<(), GatewayRefusal> {
        let fitting = self
            .authorities
            .iter()
            .filter(|(of, authority)| of == country && authority.may_issue(usage));
        path::find_issuer(certificate, fitting.map(|(_, authority)| authority))?;
        let content = Content::Detached(certificate.der());
        let message = SignedMessage::from_base64(signature.as_bytes(), content)
            .map_err(GatewayRefusal::UploadMessage)?;
        message.verify(backend).map_err(GatewayRefusal::UploadSignature)?;
        let signer = message.signer_certificate();
        if self.uploaders.iter().any(|(of, uploader)| of == country && uploader == signer) {
            return Ok(());
        }
        let country = brief(country);
        Err(GatewayRefusal::Uploader { signer: signer.thumbprint(), country })
    }
}

/// Why an entry of a gateway's list does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayRefusal {
    /// It comes from another gateway, and trust is not handed on.
    #[error("the gateway has it from the gateway {source_gateway:?}; ask that one")]
    SecondHand {
        /// That gateway.
        source_gateway: String,
    },
    /// The group is none whose keys count.
    #[error("certificates of the group {found:?} are not used")]
    Group {
        /// The group.
        found: String,
    },
    /// The domain is no token.
    #[error("{found:?} is no trust domain")]
    Domain {
        /// The domain.
        found: String,
    },
    /// The certificate is no base64.
    #[error("the certificate is not base64")]
    Base64,
    /// The certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate's key cannot be used.
    #[error("the certificate's key cannot be used: {0}")]
    Key(KeyError),
    /// The thumbprint is another certificate's.
    #[error("the certificate has the thumbprint {computed}, the list says {stated:?}")]
    Thumbprint {
        /// SHA-256 of the certificate.
        computed: Thumbprint,
        /// What the list says.
        stated: String,
    },
    /// The certificate is another country's: the anchor's signature does not cover the list's.
    #[error("listed under {listed:?}, but the certificate's subject has the country {found:?}")]
    Country {
        /// The country in the list.
        listed: String,
        /// All values of `C` in the subject.
        found: Vec<String>,
    },
    /// The trust anchor does not vouch for the certificate.
    #[error("not vouched for by the trust anchor: {0}")]
    Anchor(#[from] OnboardingError),
    /// No onboarded authority of the participant issued the certificate.
    #[error("not issued by an onboarded authority of the participant: {0}")]
    Issuer(#[from] PathError),
    /// The upload message cannot be read.
    #[error("the upload signature cannot be read: {0}")]
    UploadMessage(CmsError),
    /// The upload message does not verify.
    #[error("the upload signature does not hold: {0}")]
    UploadSignature(CmsError),
    /// The upload message is by a key that is not onboarded for the participant.
    #[error("uploaded with the certificate {signer}, which is not onboarded for {country}")]
    Uploader {
        /// The signer's certificate.
        signer: Thumbprint,
        /// The participant.
        country: String,
    },
}

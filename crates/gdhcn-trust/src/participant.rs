//! Who is onboarded with which certificate: the trust anchor's signature over a certificate.
//!
//! The operator of a gateway signs every onboarded certificate (SCA, upload, TLS, DECA) with an
//! offline key, the trust anchor (TA): a CMS message over the certificate's DER bytes. Whoever
//! reads the row of a database, a trust list or a file of the onboarding repository checks it by
//! [`TrustedParty::check`].

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_crypto::{Backend, Signer, Thumbprint};
use gdhcn_envelope::cms::{self, CmsError, Content, SignedMessage};
use gdhcn_envelope::x509::{Certificate, CertificateError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A row of the gateway's table of trusted parties, which is also a file `TNG_TA.signed.*.json` of
/// the onboarding repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustedParty {
    /// Base64 of the TA's CMS message over the certificate, detached or with the content in it.
    pub trust_anchor_signature: String,
    /// Base64 of the certificate's DER bytes.
    pub certificate_raw_data: String,
    /// SHA-256 of the certificate, 64 lower-case hexadecimal digits.
    pub certificate_thumbprint: String,
    /// The participant's alpha-2 code.
    pub country: String,
}

impl TrustedParty {
    /// Signs a certificate with the trust anchor: the message is detached and in DER.
    ///
    /// # Errors
    ///
    /// When the certificate's subject has not exactly one country, the key is not the anchor's, or
    /// it does not sign.
    pub fn onboard(
        certificate: &Certificate,
        anchor: &Certificate,
        signer: &dyn Signer,
        signing_time: Timestamp,
    ) -> Result<Self, OnboardingError> {
        let country = certificate.subject().country().ok_or(OnboardingError::Country)?;
        let message =
            cms::sign(certificate.der(), anchor, signer, signing_time, cms::Form::Detached)
                .map_err(OnboardingError::Signing)?;
        Ok(Self {
            trust_anchor_signature: STANDARD.encode(message),
            certificate_raw_data: STANDARD.encode(certificate.der()),
            certificate_thumbprint: certificate.thumbprint().to_string(),
            country: country.to_owned(),
        })
    }

    /// Checks the row, in the order in which the reference gateway does, on every reading.
    ///
    /// `anchors` are the certificates that may have signed: the gateway's own trust anchor, or for
    /// a federated row those that were onboarded for its source. Neither the anchor nor the
    /// certificate needs to be valid today.
    ///
    /// # Errors
    ///
    /// The first step that fails.
    pub fn check(
        &self,
        anchors: &[Certificate],
        backend: Backend,
    ) -> Result<OnboardedCertificate, OnboardingError> {
        if self.trust_anchor_signature.is_empty() || self.certificate_raw_data.is_empty() {
            return Err(OnboardingError::Empty);
        }
        let der = STANDARD
            .decode(&self.certificate_raw_data)
            .map_err(|_| OnboardingError::CertificateBase64)?;
        let certificate = Certificate::from_der(&der)?;
        let computed = certificate.thumbprint();
        if computed.to_string() != self.certificate_thumbprint {
            return Err(OnboardingError::Thumbprint {
                computed,
                stored: self.certificate_thumbprint.chars().take(80).collect(),
            });
        }
        let anchor = anchor_of(certificate.der(), &self.trust_anchor_signature, anchors, backend)?;
        Ok(OnboardedCertificate { certificate, anchor })
    }
}

/// A certificate that a trust anchor vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnboardedCertificate {
    certificate: Certificate,
    anchor: Thumbprint,
}

impl OnboardedCertificate {
    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The trust anchor that signed.
    pub fn anchor(&self) -> Thumbprint {
        self.anchor
    }
}

/// Checks that `signature` (base64 CMS) is over `content` and by one of `anchors`; says by which.
///
/// # Errors
///
/// See [`OnboardingError`].
pub fn anchor_of(
    content: &[u8],
    signature: &str,
    anchors: &[Certificate],
    backend: Backend,
) -> Result<Thumbprint, OnboardingError> {
    if anchors.is_empty() {
        return Err(OnboardingError::NoAnchor);
    }
    let message = SignedMessage::from_base64(signature.as_bytes(), Content::Detached(content))
        .map_err(OnboardingError::Message)?;
    message.verify(backend).map_err(OnboardingError::Signature)?;
    let signer = message.signer_certificate();
    // The whole certificate: not only key or subject.
    if !anchors.contains(signer) {
        return Err(OnboardingError::OtherSigner { signer: signer.thumbprint() });
    }
    Ok(signer.thumbprint())
}

/// Why a certificate does not count as onboarded, or could not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OnboardingError {
    /// The signature or the certificate is missing.
    #[error("the row has no signature or no certificate")]
    Empty,
    /// The certificate is no base64.
    #[error("the certificate is not base64")]
    CertificateBase64,
    /// The certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The thumbprint is another certificate's, or not in lower-case hexadecimal digits.
    #[error("the certificate has the thumbprint {computed}, the row says {stored:?}")]
    Thumbprint {
        /// SHA-256 of the certificate.
        computed: Thumbprint,
        /// What the row says.
        stored: String,
    },
    /// No trust anchor may vouch for this row.
    #[error("no trust anchor is accepted for this row")]
    NoAnchor,
    /// The trust anchor's message cannot be read.
    #[error("the trust anchor's signature cannot be read: {0}")]
    Message(CmsError),
    /// The trust anchor's message does not verify.
    #[error("the trust anchor's signature does not hold: {0}")]
    Signature(CmsError),
    /// The message verifies, but is by someone else.
    #[error("signed by the certificate {signer}, which is no accepted trust anchor")]
    OtherSigner {
        /// The signer's certificate.
        signer: Thumbprint,
    },
    /// The subject of the certificate to onboard has not exactly one country.
    #[error("the certificate's subject does not have exactly one country (C)")]
    Country,
    /// The trust anchor did not sign.
    #[error("the trust anchor did not sign: {0}")]
    Signing(CmsError),
}

//! Why a certificate message is not accepted.

use std::fmt;

use gdhcn_envelope::cms::{CmsError, Step};
use gdhcn_envelope::x509::{Certificate, CertificateError};
use gdhcn_store::StoreError;
use gdhcn_trust::upload::UploadRefusal;

/// The step at which a message fails, in the order in which the reference gateway checks.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// It is no CMS message with one certificate and one signer.
    #[error(transparent)]
    Message(CmsError),
    /// Its content is no certificate.
    #[error("the content is no certificate: {0}")]
    Payload(CertificateError),
    /// Its content begins as a certificate and has another length than that has.
    #[error(
        "the content begins as a certificate of {declared} bytes and has {found}: it was changed \
         before it was signed (openssl cms -sign does so without -binary)"
    )]
    PayloadAltered {
        /// Length as the certificate's first bytes tell it.
        declared: usize,
        /// Length of the content.
        found: usize,
    },
    /// Its signature does not hold.
    #[error(transparent)]
    Signature(CmsError),
    /// The signer, the certificate or its issuer do not fit the participant.
    #[error(transparent)]
    Check(#[from] UploadRefusal),
    /// The certificate is in BER: others could not read it, and its thumbprint would be
    /// ambiguous.
    #[error("the certificate is not in DER: {0}")]
    Encoding(CertificateError),
    /// The body is no JSON of the wanted shape.
    #[error("the body is no upload of a trusted certificate: {0}")]
    Json(String),
    /// The body has no message.
    #[error("the member cms is missing")]
    NoMessage,
    /// The stored certificate is another country's.
    #[error("the certificate belongs to another country")]
    ForeignRow,
    /// A value holds a NUL character, which PostgreSQL does not store.
    #[error("{part} holds a NUL character")]
    Nul {
        /// What holds it.
        part: &'static str,
    },
    /// The certificate or its signature is longer than the database takes.
    #[error("{part} has {length} bytes in Base64, the limit is {limit}")]
    TooLong {
        /// What is too long.
        part: &'static str,
        /// Its length.
        length: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The database failed.
    #[error("the database failed: {0}")]
    Store(StoreError),
    /// The reading was interrupted: the program ends, or has a defect.
    #[error("the reading of the message was interrupted: {0}")]
    Interrupted(tokio::task::JoinError),
}

impl Refusal {
    /// The reference's words for a message that cannot be read.
    pub(crate) fn words(step: Step) -> &'static str {
        match step {
            Step::Base64 => "Invalid Base64 CMS Message",
            Step::Body => "CMS Message needs to have binary data as body.",
            Step::SignerCertificate => "CMS Message needs to contain exactly one X509 certificate",
            Step::SignerInfo => "CMS Message needs to have exactly 1 signer information.",
            _ => "Could not parse CMS Message",
        }
    }
}

/// What of the upload a problem report repeats: subject, serial number and thumbprint, and never
/// the message itself (deviation D-31).
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    /// The certificate, where one could be read.
    pub(crate) certificate: Option<Certificate>,
    /// The caller's country.
    pub(crate) country: String,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        if let Some(certificate) = &self.certificate {
            write!(
                f,
                "subject: {}, serial: {}, thumbprint: {}",
                certificate.subject(),
                hex::encode(certificate.serial()),
                certificate.thumbprint()
            )?;
        }
        write!(f, "}} country:{{{}}}", self.country)
    }
}

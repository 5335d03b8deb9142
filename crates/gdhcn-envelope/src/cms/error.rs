use gdhcn_crypto::{KeyError, SignError, VerifyError};
use jiff::Timestamp;

use crate::algorithm::AlgorithmError;
use crate::cms::ber::BerError;
use crate::x509::CertificateError;

/// The step of reading and verifying at which a message fails, in the order of the steps.
///
/// A gateway answers with one code for each.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Step {
    /// The text is not base64.
    Base64,
    /// The bytes are no SignedData.
    SignedData,
    /// The content is absent or is not plain data.
    Body,
    /// There is not exactly one readable certificate.
    SignerCertificate,
    /// There is not exactly one SignerInfo.
    SignerInfo,
    /// The message was read, but its signature does not hold.
    Verification,
    /// A message could not be made.
    Signing,
}

/// Why a message cannot be read, does not verify, or was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CmsError {
    /// The message is longer than [`Limits::max_len`](crate::cms::Limits::max_len).
    #[error("the message of {found} bytes is too long; {limit} are allowed")]
    TooLong {
        /// Length of the message.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A character that base64 (standard alphabet) does not have, or surplus padding.
    #[error("not base64 at character {at}: {hint}")]
    InvalidBase64 {
        /// Position in the text, from 0.
        at: usize,
        /// What the text looks like.
        hint: &'static str,
    },
    /// The bytes are no BER.
    #[error("not a CMS message: {0}")]
    Ber(#[from] BerError),
    /// The bytes are BER, but no SignedData (RFC 5652, 5.1).
    #[error("not a CMS SignedData message (byte {at}): {what}")]
    InvalidCms {
        /// Position in the message, from 0.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The content is of another type than id-data.
    #[error("the content of the message is of type {oid}, not plain data")]
    ContentNotData {
        /// The type in dotted form.
        oid: String,
    },
    /// The message carries no content, and none was given beside it.
    #[error("the message carries no content; send the attached form (openssl cms -nodetach)")]
    NoContent,
    /// The message does not carry exactly one certificate.
    #[error("the message carries {found} certificates; it must carry the signer's and no other")]
    SignerCertificateCount {
        /// Number of certificates.
        found: usize,
    },
    /// The certificate cannot be read.
    #[error("the signer's certificate cannot be read: {0}")]
    SignerCertificate(CertificateError),
    /// The message does not have exactly one signer.
    #[error("the message has {found} signers; it must have one")]
    SignerInfoCount {
        /// Number of SignerInfos.
        found: usize,
    },
    /// A signed attribute is missing, doubled, not single-valued or in the wrong place.
    #[error("the attribute {name} {what}")]
    Attribute {
        /// The attribute, such as `messageDigest`.
        name: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// The signing time is not within the validity of the signer's certificate.
    #[error(
        "signed at {signing_time}, but the signer's certificate is valid from {not_before} to \
         {not_after}"
    )]
    SigningTimeOutsideValidity {
        /// The signing time attribute.
        signing_time: Timestamp,
        /// Start of validity.
        not_before: Timestamp,
        /// End of validity.
        not_after: Timestamp,
    },
    /// The digest or signature algorithm is not taken.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// The content-type attribute is not the type of the content.
    #[error("the signed content type is not that of the content")]
    ContentTypeMismatch,
    /// The protected algorithms (RFC 6211) are not those of the signer.
    #[error("the signed {which} is not the one in use (cmsAlgorithmProtection)")]
    AlgorithmProtectionMismatch {
        /// `digestAlgorithm` or `signatureAlgorithm`.
        which: &'static str,
    },
    /// The signature covers another content.
    #[error("the signature covers another content")]
    MessageDigestMismatch,
    /// The content is known by its SHA-256 only, which this signature is not over.
    #[error("whether the signature holds cannot be told from the SHA-256 of the content alone")]
    HashNotEnough,
    /// The signature covers the content after its line ends were made CRLF.
    #[error(
        "the signature covers the content with CRLF line ends; sign again with \"openssl cms \
         -sign -binary\""
    )]
    SignedAfterLineEndConversion,
    /// The key in the signer's certificate cannot be used.
    #[error("the key of the signer's certificate cannot be used: {0}")]
    SignerKey(#[from] KeyError),
    /// The signature was not made by the key in the signer's certificate.
    #[error("the signature does not verify with the signer's certificate: {0}")]
    BadSignature(#[from] VerifyError),
    /// The instant has no form in CMS.
    #[error("a message cannot say the signing time {at}")]
    SigningTime {
        /// The instant.
        at: Timestamp,
    },
    /// The key to sign with is not that of the certificate.
    #[error("the signing key does not belong to the certificate")]
    KeyOfAnotherCertificate,
    /// The key did not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl CmsError {
    /// The step that failed.
    pub fn step(&self) -> Step {
        match self {
            Self::InvalidBase64 { .. } => Step::Base64,
            Self::TooLong { .. } | Self::Ber(_) | Self::InvalidCms { .. } => Step::SignedData,
            Self::ContentNotData { .. } | Self::NoContent => Step::Body,
            Self::SignerCertificateCount { .. } | Self::SignerCertificate(_) => {
                Step::SignerCertificate
            }
            Self::SignerInfoCount { .. } => Step::SignerInfo,
            Self::Attribute { .. }
            | Self::SigningTimeOutsideValidity { .. }
            | Self::Algorithm(_)
            | Self::ContentTypeMismatch
            | Self::AlgorithmProtectionMismatch { .. }
            | Self::MessageDigestMismatch
            | Self::HashNotEnough
            | Self::SignedAfterLineEndConversion
            | Self::SignerKey(_)
            | Self::BadSignature(_) => Step::Verification,
            Self::SigningTime { .. } | Self::KeyOfAnotherCertificate | Self::Sign(_) => {
                Step::Signing
            }
        }
    }
}

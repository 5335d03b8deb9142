use gdhcn_codes::Participant;
use gdhcn_credential::Problem;
use gdhcn_credential::dcc::StatementKind;
use gdhcn_crypto::{KeyError, SignError, SignatureScheme, VerifyError};
use jiff::Timestamp;
use jiff::civil::Date;

use super::listed;

/// Why a document may not be signed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The document is of a kind that is not issued here.
    #[error("only EU DCC and ICVP are issued here")]
    Kind,
    /// The document holds more than the form that is written can carry.
    #[error("the document has {what}, which the form that is issued cannot carry")]
    NotWritable {
        /// What would be lost.
        what: &'static str,
    },
    /// A field that carries the sense of the statement is blank.
    #[error("the field {field:?} is blank")]
    Blank {
        /// The field's name on the wire.
        field: &'static str,
    },
    /// The date of the event cannot be read as a day.
    #[error("the date of the event is no day of the form YYYY-MM-DD")]
    EventUnreadable,
    /// The key of the certificate cannot be used.
    #[error("the key of the document signer certificate cannot be used: {0}")]
    Key(KeyError),
    /// The key of the certificate is of a kind that HCERT does not know.
    #[error("the document signer's key is {found}; HCERT knows EC P-256 and RSA only")]
    KeyKind {
        /// The key.
        found: String,
    },
    /// The certificate is not that of a document signer.
    #[error("the certificate is not that of a document signer: {why}")]
    NotADocumentSigner {
        /// What speaks against it.
        why: &'static str,
    },
    /// The certificate belongs to another participant, or to none that is known.
    #[error("the document signer certificate is of {found:?}, but the issuer is {issuer}")]
    ForeignSigner {
        /// Who is to issue.
        issuer: Participant,
        /// The country in the certificate's subject.
        found: Option<String>,
    },
    /// The certificate's extended key usage names other kinds of statement.
    #[error("the document signer certificate is not for {statement} certificates")]
    KeyUsage {
        /// What is to be signed.
        statement: StatementKind,
    },
    /// The document runs out before it is issued.
    #[error("it would expire ({expires_at}) before it is issued ({issued_at})")]
    ExpiresBeforeIssued {
        /// Claim `iat`.
        issued_at: Timestamp,
        /// Claim `exp`.
        expires_at: Timestamp,
    },
    /// The document is issued before the certificate is valid.
    #[error("it would be issued ({issued_at}) before its signer is valid ({not_before})")]
    BeforeSigner {
        /// Claim `iat`.
        issued_at: Timestamp,
        /// The certificate's notBefore.
        not_before: Timestamp,
    },
    /// The document outlives the certificate.
    #[error("it would outlive its signer ({expires_at}, later than {not_after})")]
    OutlivesSigner {
        /// Claim `exp`.
        expires_at: Timestamp,
        /// The certificate's notAfter.
        not_after: Timestamp,
    },
    /// The document runs out before its first valid day.
    #[error("it would expire ({expires_at}) before its first valid day ({first_valid_day})")]
    NeverValid {
        /// The first valid day.
        first_valid_day: Date,
        /// Claim `exp`.
        expires_at: Timestamp,
    },
    /// The vaccination, test or recovery lies after the issuing.
    #[error("the event ({event}) lies after the day of issue ({issued_on})")]
    EventInFuture {
        /// The day of the event.
        event: Date,
        /// The day of issue.
        issued_on: Date,
    },
    /// An ICVP dated before the amended annex 6 came into force.
    #[error("such certificates exist since {in_force} only (International Health Regulations)")]
    BeforeInForce {
        /// The first day.
        in_force: Date,
    },
    /// The document deviates from its schema.
    #[error("the document is not sound: {}", listed(.0))]
    Schema(Vec<Problem>),
    /// The product is not one for which an ICVP exists.
    #[error("{code:?} is no product on WHO's list of prequalified vaccines")]
    UnknownProduct {
        /// The code.
        code: String,
    },
}

impl Refusal {
    /// What to do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Kind => "give a Dcc or an Icvp",
            Self::NotWritable { .. } => "issue one certificate for each statement",
            Self::Blank { .. } | Self::EventUnreadable => "fill in what is known",
            Self::Key(_) | Self::KeyKind { .. } => {
                "make a document signer with a key on P-256 (or RSA of 2048 bits or more) and have \
                 the SCA certify it"
            }
            Self::NotADocumentSigner { .. } => {
                "name a certificate that the SCA issued for signing documents"
            }
            Self::ForeignSigner { .. } => {
                "name a document signer of the issuing participant, or correct the issuer"
            }
            Self::KeyUsage { .. } => {
                "use a document signer for this kind of statement, or one without restriction"
            }
            Self::ExpiresBeforeIssued { .. } | Self::NeverValid { .. } => {
                "choose a later time of expiry"
            }
            Self::BeforeSigner { .. } => {
                "check the clock; or use the document signer that was valid then"
            }
            Self::OutlivesSigner { .. } => {
                "choose an earlier time of expiry, or a document signer that lives longer"
            }
            Self::EventInFuture { .. } => "correct the date of the event, or check the clock",
            Self::BeforeInForce { .. } => "check the time of issue",
            Self::Schema(_) => "correct the fields that are named",
            Self::UnknownProduct { .. } => {
                "take the product's code from the value set ICVPProductIds"
            }
        }
    }
}

/// Why a certificate was not issued.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The document may not be signed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The key at hand is not that of the certificate.
    #[error("the key is not the one in the document signer certificate; name the key that is")]
    ForeignKey,
    /// The key store failed.
    #[error("signing failed: {0}")]
    Sign(#[from] SignError),
    /// The signature has not the form of its algorithm.
    #[error(
        "a signature of {length} bytes is not of the form {scheme}; for ECDSA give r and s of \
         32 bytes each, without DER"
    )]
    SignatureForm {
        /// Its length.
        length: usize,
        /// The algorithm.
        scheme: SignatureScheme,
    },
    /// The signature does not verify with the certificate's key.
    #[error("the signature does not verify with the document signer's key: {0}")]
    Signature(VerifyError),
    /// The text does not fit a QR code.
    #[error(
        "the code would be {length} characters long; a QR code at error correction level Q holds {limit}. Shorten names"
    )]
    TooLong {
        /// Its length.
        length: usize,
        /// The greatest length.
        limit: usize,
    },
}

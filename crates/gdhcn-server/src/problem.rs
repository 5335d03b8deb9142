//! The problem report: the only place that knows HTTP statuses and the gateway's codes.
//!
//! Inside, errors are typed. Here each becomes a status, a code and words.
//! What nobody has mapped becomes an opaque 500: its cause goes to the log, never to the peer.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use gdhcn_client::wire::{CmsPackageType, ProblemReport};
use gdhcn_revocation::BatchError;
use gdhcn_rules::upload::UploadRefusal as RuleRefusal;
use gdhcn_store::StoreError;
use gdhcn_trust::reference::ReferenceError;
use gdhcn_trust::upload::UploadRefusal;
use http::header::{CONNECTION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use tracing::error;

use crate::gateway::authentication::AuthenticationRefusal;
use crate::gateway::message::MessageRefusal;
use crate::gateway::migration::MigrationRefusal;
use crate::gateway::refusal::{Refusal, Sent};
use crate::gateway::revocation_list::BadRequest;
use crate::gateway::text_message::{self, Resource, TextRefusal, TextWish};
use crate::gateway::trust_list::BadSelection;

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    report: ProblemReport,
    /// Whether the connection ends with this answer.
    closes: bool,
    /// Seconds until it is worth to ask again.
    retry_after: Option<u64>,
}

/// The code of an answered problem, left on the response for the log.
#[derive(Debug, Clone)]
pub(crate) struct AnsweredCode(pub(crate) String);

/// What was wanted of a certificate message: the codes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `POST /signerCertificate`
    Upload,
    /// `POST /trustedCertificate`
    TrustedUpload,
    /// `DELETE /signerCertificate`, `POST /signerCertificate/delete`
    Delete,
}

/// Details of an answer whose cause is no business of the peer.
const CAUSE_IS_LOGGED: &str =
    "The log of the service tells the cause; name the X-Request-Id of this answer to its operator";

const OTHER_CHANGES: &str = "Other changes hold the database; nothing was changed";

impl Problem {
    fn new(status: StatusCode, code: &str, problem: &str) -> Self {
        Self {
            status,
            report: ProblemReport {
                code: code.to_owned(),
                problem: problem.to_owned(),
                ..ProblemReport::default()
            },
            closes: false,
            retry_after: None,
        }
    }

    fn sent(mut self, value: impl Into<String>) -> Self {
        self.report.send_value = value.into();
        self
    }

    fn details(mut self, details: impl ToString) -> Self {
        self.report.details = details.to_string();
        self
    }

    /// The code of the report.
    pub(crate) fn code(&self) -> &str {
        &self.report.code
    }

    /// Whether the cause is a fault of the service and not of the request.
    pub(crate) fn is_own_fault(&self) -> bool {
        self.status.is_server_error()
    }

    /// No route has this path. The reference has no code for it.
    pub(crate) fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "n/a", "There is nothing at this path")
    }

    /// The path is known, the method is not (the reference: 403 `0x403`).
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "n/a", "The path does not take this method")
    }

    /// The request took longer than its time.
    pub(crate) fn request_timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "n/a", "The request was not complete in time")
    }

    /// The client certificate, or `who` else it is, asked too often (none of the reference's
    /// answers).
    pub(crate) fn too_many_requests(who: &str, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "n/a", "Too many requests")
            .details(format!("This {who} may ask again in {seconds} s; nothing was changed"));
        problem.retry_after = Some(seconds);
        problem
    }

    /// Others keep the service busy (none of the reference's answers).
    pub(crate) fn busy(details: &str) -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "n/a", "The service is busy")
            .details(details);
        problem.retry_after = Some(10);
        problem
    }

    /// Whether it is worth to ask again a little later.
    pub(crate) fn is_passing(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    /// The request's content cannot be read; `details` says where and why.
    pub(crate) fn bad_request(details: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "n/a", "The request cannot be read").details(details)
    }

    /// Something that nobody has foreseen.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "0x008", "Internal Server Error")
            .details(CAUSE_IS_LOGGED)
    }

    /// A parameter of the path or the query has another form.
    pub(crate) fn invalid_parameter(details: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "0x001", "Validation Error").details(details)
    }

    /// No value set has this identifier.
    pub(crate) fn no_value_set() -> Self {
        Self::new(StatusCode::NOT_FOUND, "0x100", "Valueset not found")
            .details("GET /valuesets lists the identifiers that there are")
    }

    /// No reference has this identifier (the reference gateway: 400, deviation D-04).
    pub(crate) fn no_reference() -> Self {
        Self::new(StatusCode::NOT_FOUND, "0x000", "Trusted Reference does not exist")
    }

    /// A text message that was not accepted.
    pub(crate) fn of_text_refusal(refusal: &TextRefusal, wish: TextWish) -> Self {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;
        const UNREADABLE: &str = "JSON Could not be parsed";
        let is_rule = wish.resource == Resource::Rule;
        let (status, code, words) = match refusal {
            TextRefusal::Message(error) => (BAD, "0x402", Refusal::words(error.step())),
            TextRefusal::Signature(_) => {
                (BAD, "0x260", "The signature of the CMS message does not hold")
            }
            TextRefusal::Uploader { .. } | TextRefusal::UploaderOutside(_) if is_rule => {
                (BAD, "0x230", "Invalid Upload Certificate")
            }
            TextRefusal::Uploader { .. } | TextRefusal::UploaderOutside(_) => {
                (FORBIDDEN, "0x000", "Invalid Upload Certificate")
            }
            TextRefusal::Rule(_) => (BAD, "0x200", "Invalid JSON"),
            TextRefusal::RuleId => (BAD, "0x250", "Invalid Rule ID"),
            TextRefusal::RuleUpload(refusal) => match refusal {
                RuleRefusal::Country { .. } => (FORBIDDEN, "0x210", "Invalid Country sent"),
                RuleRefusal::Version { .. } => (BAD, "0x220", "Invalid Version"),
                RuleRefusal::Instants(_) => (BAD, "0x240", "Invalid Timestamp(s)"),
                _ => (BAD, "0x250", "Invalid Rule ID"),
            },
            TextRefusal::Batch(BatchError::Expired { .. }) => (BAD, "0x000", "Invalid Dates"),
            TextRefusal::Batch(BatchError::Values(_))
            | TextRefusal::Reference(ReferenceError::Values(_)) => {
                (BAD, "0x000", invalid_values(wish))
            }
            TextRefusal::Batch(BatchError::Country { .. })
            | TextRefusal::Reference(ReferenceError::Country { .. }) => {
                (FORBIDDEN, "0x000", "Invalid Country sent")
            }
            TextRefusal::Batch(_) | TextRefusal::Reference(_) => (BAD, "0x000", UNREADABLE),
            TextRefusal::Missing if is_rule => {
                (StatusCode::NOT_FOUND, "0x270", "Validation Rule does not exist")
            }
            TextRefusal::Missing => (
                StatusCode::NOT_FOUND,
                "0x000",
                match wish.resource {
                    Resource::Reference => "Trusted Reference does not exist",
                    _ => "Batch does not exist",
                },
            ),
            TextRefusal::Foreign { .. } => {
                (FORBIDDEN, if is_rule { "0x210" } else { "0x000" }, "Invalid Country")
            }
            TextRefusal::Gone => (StatusCode::GONE, "0x000", "Batch is already deleted."),
            TextRefusal::TooLong { .. } | TextRefusal::Nul => {
                (BAD, if is_rule { "0x200" } else { "0x000" }, "The message cannot be stored")
            }
            TextRefusal::Store(StoreError::Busy) => return Self::busy(OTHER_CHANGES),
            // The cause is for the log; what the peer may know is that it was not his fault.
            TextRefusal::Store(_) | TextRefusal::Interrupted(_) => {
                let code = if is_rule { "0x299" } else { "0x000" };
                return Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, "Unexpected Error")
                    .details(CAUSE_IS_LOGGED);
            }
        };
        let problem = Self::new(status, code, words).details(refusal);
        match refusal {
            TextRefusal::Uploader { subject, .. } => problem.sent(subject),
            _ => problem,
        }
    }

    /// A message that does not take the place of a stored one.
    pub(crate) fn of_migration_refusal(
        refusal: &MigrationRefusal,
        kind: CmsPackageType,
        sent: &Sent,
    ) -> Self {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        const OWN_FAULT: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
        let is_own = match refusal {
            MigrationRefusal::Store(StoreError::Busy)
            | MigrationRefusal::Certificate(Refusal::Store(StoreError::Busy))
            | MigrationRefusal::Text(TextRefusal::Store(StoreError::Busy)) => {
                return Self::busy(OTHER_CHANGES);
            }
            MigrationRefusal::Store(_) => true,
            MigrationRefusal::Certificate(refusal) => {
                matches!(refusal, Refusal::Store(_) | Refusal::Interrupted(_))
            }
            MigrationRefusal::Text(refusal) => {
                matches!(refusal, TextRefusal::Store(_) | TextRefusal::Interrupted(_))
            }
            _ => false,
        };
        if is_own {
            let code = if kind == CmsPackageType::Dsc { "0x011" } else { "0x008" };
            return Self::new(OWN_FAULT, code, "Update of the message failed")
                .details(CAUSE_IS_LOGGED);
        }
        let by_kind = |dsc, batch, rule| match kind {
            CmsPackageType::Dsc => dsc,
            CmsPackageType::RevocationList => batch,
            CmsPackageType::ValidationRule => rule,
        };
        let (status, code, words) = match refusal {
            MigrationRefusal::Json(error) => return Self::invalid_parameter(error),
            MigrationRefusal::Certificate(Refusal::Signature(_))
            | MigrationRefusal::Text(TextRefusal::Signature(_)) => {
                (BAD, "0x260", "The signature of the CMS message does not hold")
            }
            MigrationRefusal::Certificate(refusal) => {
                return Self::of_refusal(refusal, Operation::Upload, sent);
            }
            MigrationRefusal::Text(TextRefusal::Message(error)) => {
                (BAD, "0x402", Refusal::words(error.step()))
            }
            MigrationRefusal::Text(_) => (BAD, "0x004", "Invalid Upload Certificate"),
            MigrationRefusal::Missing { .. } => (
                StatusCode::CONFLICT,
                by_kind("0x010", "0x020", "0x030"),
                "What is to be updated does not exist",
            ),
            MigrationRefusal::Foreign { .. } => {
                (BAD, by_kind("0x004", "0x021", "0x031"), "Invalid country")
            }
            _ => (BAD, by_kind("0x004", "0x022", "0x032"), "The payload has changed"),
        };
        Self::new(status, code, words).sent(sent.to_string()).details(refusal)
    }

    /// A certificate message that was not accepted.
    pub(crate) fn of_refusal(refusal: &Refusal, operation: Operation, sent: &Sent) -> Self {
        const POSSIBLE_REASONS: &str = "Possible reasons: wrong format, no CMS, not the correct \
                                        signing algorithm, missing attributes, invalid signature, \
                                        certificate not signed by a known CA";
        let other_check = || {
            let code = match operation {
                Operation::Upload | Operation::TrustedUpload => "0x004",
                Operation::Delete => "0x007",
            };
            Self::new(StatusCode::BAD_REQUEST, code, POSSIBLE_REASONS)
        };
        // What is wrong with the message itself has no code of its own there.
        let own_code = |code| if operation == Operation::TrustedUpload { "n/a" } else { code };
        let problem = match refusal {
            Refusal::Json(_) | Refusal::NoMessage => {
                Self::new(StatusCode::BAD_REQUEST, "n/a", "The body cannot be read")
            }
            Refusal::Check(UploadRefusal::PropertyNotAllowed { .. }) => {
                Self::new(StatusCode::BAD_REQUEST, "n/a", "Property not allowed")
            }
            Refusal::TooLong { .. } | Refusal::Nul { .. }
                if operation == Operation::TrustedUpload =>
            {
                Self::new(StatusCode::BAD_REQUEST, "n/a", "A value cannot be stored")
            }
            Refusal::Message(error) => {
                Self::new(StatusCode::BAD_REQUEST, own_code("0x402"), Refusal::words(error.step()))
            }
            Refusal::Payload(_) | Refusal::PayloadAltered { .. } => Self::new(
                StatusCode::BAD_REQUEST,
                own_code("0x402"),
                "CMS Message payload needs to be a DER encoded X509 certificate",
            ),
            Refusal::Signature(_) => Self::new(
                StatusCode::BAD_REQUEST,
                own_code("0x009"),
                "The signature of the CMS message does not hold",
            ),
            Refusal::Check(UploadRefusal::AlreadyStored { .. }) => Self::new(
                StatusCode::CONFLICT,
                "0x002",
                "You can not upload an existing certificate.",
            ),
            Refusal::Check(UploadRefusal::NotStored { .. }) => Self::new(
                StatusCode::NOT_FOUND,
                "0x005",
                "The certificate does not exist in the database.",
            ),
            Refusal::Check(_)
            | Refusal::Encoding(_)
            | Refusal::ForeignRow
            | Refusal::TooLong { .. }
            | Refusal::Nul { .. } => other_check(),
            Refusal::Store(StoreError::Busy) => return Self::busy(OTHER_CHANGES),
            // The cause is for the log; what the peer may know is that it was not his fault.
            Refusal::Store(_) | Refusal::Interrupted(_) => {
                return match operation {
                    Operation::Upload | Operation::TrustedUpload => Self::new(
                        StatusCode::INTERNAL_SERVER_ERROR,
                        own_code("0x003"),
                        "Upload of signer certificate failed",
                    ),
                    Operation::Delete => Self::new(
                        StatusCode::INTERNAL_SERVER_ERROR,
                        "0x006",
                        "Delete of signer certificate failed",
                    ),
                }
                .sent(sent.to_string())
                .details(CAUSE_IS_LOGGED);
            }
        };
        problem.sent(sent.to_string()).details(refusal)
    }
}

impl From<AuthenticationRefusal> for Problem {
    fn from(refusal: AuthenticationRefusal) -> Self {
        const NOT_AUTHORIZED: &str = "Client is not authorized to access the service";
        let mut problem = match &refusal {
            AuthenticationRefusal::NoIdentity => Self::new(
                StatusCode::UNAUTHORIZED,
                "0x400",
                "No authentication information available",
            ),
            AuthenticationRefusal::NoCountry { subject } => Self::new(
                StatusCode::BAD_REQUEST,
                "0x401",
                "Client Certificate must contain country property",
            )
            .sent(subject),
            AuthenticationRefusal::NotOnboarded => {
                Self::new(StatusCode::UNAUTHORIZED, "0x402", NOT_AUTHORIZED).details(&refusal)
            }
            AuthenticationRefusal::OutsideValidity(_) => Self::new(
                StatusCode::FORBIDDEN,
                "0x403",
                "Client is not authorized to access the endpoint",
            )
            .details(&refusal),
            AuthenticationRefusal::RoleMissing { .. } => {
                return Self::new(
                    StatusCode::FORBIDDEN,
                    "0x403",
                    "Client is not authorized to access the endpoint",
                )
                .details(&refusal);
            }
        };
        // Strangers do not keep a place among the connections.
        problem.closes = true;
        problem
    }
}

impl From<MessageRefusal> for Problem {
    fn from(refusal: MessageRefusal) -> Self {
        match &refusal {
            MessageRefusal::MediaType { .. } => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "n/a",
                "The path does not take this media type",
            ),
            MessageRefusal::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "n/a", "The request is too large")
            }
            MessageRefusal::Incomplete => {
                Self::new(StatusCode::BAD_REQUEST, "n/a", "The request ends too early")
            }
        }
        .details(refusal)
    }
}

impl From<BadSelection> for Problem {
    fn from(selection: BadSelection) -> Self {
        Self::invalid_parameter(selection)
    }
}

impl From<BadRequest> for Problem {
    fn from(refusal: BadRequest) -> Self {
        match refusal {
            BadRequest::Since | BadRequest::BatchId => return Self::invalid_parameter(refusal),
            BadRequest::Future => Self::new(StatusCode::BAD_REQUEST, "", "Invalid Date"),
            BadRequest::Missing => {
                Self::new(StatusCode::NOT_FOUND, "0x000", "Batch does not exist")
            }
            BadRequest::Deleted => Self::new(StatusCode::GONE, "0x000", "Batch is deleted."),
        }
        .details(refusal)
    }
}

/// A download that the database does not give. What a change cannot store has words of its own.
impl From<StoreError> for Problem {
    fn from(cause: StoreError) -> Self {
        if let StoreError::Nul { .. } = cause {
            return Self::invalid_parameter("a parameter holds a NUL character");
        }
        error!(%cause, "the database could not be read");
        match cause {
            StoreError::Busy => Self::busy(OTHER_CHANGES),
            _ => Self::internal(),
        }
    }
}

fn invalid_values(wish: TextWish) -> &'static str {
    match (wish.resource, wish.operation) {
        (_, text_message::Operation::Withdraw) => "Delete Request has invalid values.",
        (Resource::Reference, _) => "Trusted Reference has invalid values.",
        _ => "Batch has invalid values.",
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let code = AnsweredCode(self.report.code.clone());
        let mut response = (self.status, Json(self.report)).into_response();
        response.extensions_mut().insert(code);
        if self.closes {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

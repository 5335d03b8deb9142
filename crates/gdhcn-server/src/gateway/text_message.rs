//! Messages whose content is a text: rules, revocation batches, references, and the withdrawal of
//! each.

use std::sync::Arc;

use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use gdhcn_client::wire;
use gdhcn_crypto::{Backend, sha256};
use gdhcn_envelope::cms::{self};
use gdhcn_envelope::cms::{CmsError, Content, OpenedMessage};
use gdhcn_envelope::x509::Certificate;
use gdhcn_revocation::BatchError;
use gdhcn_rules::RuleError;
use gdhcn_rules::upload::UploadRefusal;
use gdhcn_store::{SignedText, StoreError};
use gdhcn_trust::reference::ReferenceError;
use http::Request;

use super::act::{self, Act, Refused, Wish};
use super::authentication::Authenticated;
use super::{Gateway, references, revocation_list, rules};
use crate::problem::Problem;

/// What a text message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextWish {
    /// What it is about.
    pub(crate) resource: Resource,
    /// Whether it is to be stored or withdrawn.
    pub(crate) operation: Operation,
}

/// What a text message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    /// A business rule.
    Rule,
    /// A revocation batch.
    Batch,
    /// A trusted reference.
    Reference,
}

/// What is to be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Store it.
    Store,
    /// Withdraw it.
    Withdraw,
}

/// A text that an upload certificate of the caller has signed.
pub(crate) struct TextMessage {
    /// The content; what is no UTF-8 in it is replaced, as the reference does.
    pub(crate) text: String,
    /// The message as it came.
    pub(crate) signed: SignedText,
}

/// The step at which a message fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TextRefusal {
    /// It is no CMS message with one certificate and one signer.
    #[error(transparent)]
    Message(CmsError),
    /// Its signature does not hold.
    #[error(transparent)]
    Signature(CmsError),
    /// It is not signed with an onboarded upload certificate of the caller.
    #[error("the message is signed by {subject}, which is no upload certificate of {country}")]
    Uploader {
        /// Subject of the signer's certificate.
        subject: String,
        /// The caller's country.
        country: String,
    },
    /// Its signer's certificate is not valid at present, and that is asked for.
    #[error(transparent)]
    UploaderOutside(gdhcn_trust::upload::UploadRefusal),
    /// The text is no rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The rule does not fit.
    #[error(transparent)]
    RuleUpload(#[from] UploadRefusal),
    /// The text is no identifier of a rule.
    #[error("an identifier has three parts with hyphens between, the second a country's code")]
    RuleId,
    /// The text is no batch, or names none.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The text is no reference, or names none.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// What is named is not stored.
    #[error("nothing is stored under this identifier")]
    Missing,
    /// What is named is another country's.
    #[error("it belongs to {country}")]
    Foreign {
        /// The owner.
        country: String,
    },
    /// What is named is withdrawn already.
    #[error("it is deleted already")]
    Gone,
    /// A value holds a character that PostgreSQL does not store.
    #[error("a value holds a NUL character")]
    Nul,
    /// The message is longer than the database takes.
    #[error("the message has {length} bytes in Base64, the limit is {limit}")]
    TooLong {
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

impl From<StoreError> for TextRefusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Rule(refusal) => Self::RuleUpload(refusal),
            StoreError::NotFound => Self::Missing,
            StoreError::Foreign { country } => Self::Foreign { country },
            StoreError::Gone => Self::Gone,
            StoreError::Nul { .. } => Self::Nul,
            StoreError::TooLong { length, limit, .. } => Self::TooLong { length, limit },
            error => Self::Store(error),
        }
    }
}

/// Acts on a text message and gives the identifier of what was stored or withdrawn.
pub(crate) async fn perform(
    gateway: Arc<Gateway>,
    peer: Authenticated,
    resource: Resource,
    operation: Operation,
    request: Request<Body>,
) -> Result<String, Problem> {
    act::perform(gateway, peer, TextWish { resource, operation }, request).await
}

impl Wish for TextWish {
    type Done = String;
    type Refusal = TextRefusal;

    const MEDIA_TYPES: &'static [&'static str] = &[wire::CMS_TEXT, wire::CMS];

    async fn carry_out(&mut self, act: &mut Act, body: Bytes) -> Result<String, TextRefusal> {
        let message = read(act, body).await?;
        let outcome = match (self.resource, self.operation) {
            (Resource::Rule, Operation::Store) => rules::store(act, &message).await,
            (Resource::Rule, Operation::Withdraw) => rules::withdraw(act, &message).await,
            (Resource::Batch, Operation::Store) => revocation_list::store(act, &message).await,
            (Resource::Batch, Operation::Withdraw) => {
                revocation_list::withdraw(act, &message).await
            }
            (Resource::Reference, Operation::Store) => references::store(act, &message).await,
            (Resource::Reference, Operation::Withdraw) => references::withdraw(act, &message).await,
        };
        outcome.map_err(|refusal| match refusal {
            TextRefusal::Store(StoreError::NoUploader { .. }) => unknown_uploader(act),
            other => other,
        })
    }

    fn refused(&self, _act: &Act, refusal: &TextRefusal) -> Refused {
        let problem = Problem::of_text_refusal(refusal, *self);
        let event = match (problem.is_own_fault(), self.operation) {
            (false, _) => "BAD_REQUEST",
            (true, Operation::Store) => "UPLOAD_FAILED",
            (true, Operation::Withdraw) => "DELETE_FAILED",
        };
        let operation = match self.operation {
            Operation::Store => "Upload",
            Operation::Withdraw => "Deletion",
        };
        let resource = match self.resource {
            Resource::Rule => "Validation Rule",
            Resource::Batch => "Revocation Batch",
            Resource::Reference => "Trusted Reference",
        };
        Refused {
            problem,
            event,
            description: format!("{operation} of a {resource} triggered {event}"),
        }
    }
}

/// The signer is no upload certificate of the caller, or was off-boarded since the content was
/// looked at.
pub(super) fn unknown_uploader(act: &Act) -> TextRefusal {
    let subject = act.signer.as_ref().map(|signer| signer.subject().to_string());
    let country = act.peer.country.clone();
    TextRefusal::Uploader { subject: subject.unwrap_or_default(), country }
}

/// Reads the message on a thread for such work, and asks whose it is.
async fn read(act: &mut Act, body: Bytes) -> Result<TextMessage, TextRefusal> {
    open_signed(act, body).await?.of_uploader()
}

/// A message whose signature holds, and whose it is.
pub(super) struct Signed {
    message: TextMessage,
    /// Why it does not count, where the signer is none of the caller's upload certificates, or not
    /// valid.
    stranger: Option<TextRefusal>,
}

impl Signed {
    /// The message, if an upload certificate of the caller has signed it.
    pub(super) fn of_uploader(self) -> Result<TextMessage, TextRefusal> {
        match self.stranger {
            None => Ok(self.message),
            Some(refusal) => Err(refusal),
        }
    }
}

/// Reads the message on a thread for such work. Whose it may be is for the caller to ask in time.
pub(super) async fn open_signed(act: &mut Act, body: Bytes) -> Result<Signed, TextRefusal> {
    let opened = tokio::task::spawn_blocking(move || open(&body));
    let Opened { content_sha256, signer, outcome } =
        opened.await.map_err(TextRefusal::Interrupted)??;
    act.payload_sha256 = content_sha256;
    let known = act.gateway.trust.current().uploaders(&act.peer.country).contains(&signer);
    act.signer = Some(signer);
    let outside = act.check_validity().map_err(TextRefusal::UploaderOutside).err();
    let stranger = if known { outside } else { Some(unknown_uploader(act)) };
    let message = outcome.map_err(TextRefusal::Signature)?;
    Ok(Signed { message, stranger })
}

/// A message that could be read, and whether its signature holds.
struct Opened {
    content_sha256: String,
    signer: Certificate,
    outcome: Result<TextMessage, CmsError>,
}

fn open(body: &[u8]) -> Result<Opened, TextRefusal> {
    let limits = cms::Limits::default();
    let message = OpenedMessage::from_base64(body, Content::Embedded, &limits)
        .and_then(OpenedMessage::into_signed)
        .map_err(TextRefusal::Message)?;
    let outcome = message.verify(Backend::default()).map(|()| TextMessage {
        text: String::from_utf8_lossy(message.content()).into_owned(),
        signed: SignedText {
            content: message.content().to_vec(),
            cms: message.cleaned_base64().into_owned(),
            detached: BASE64_STANDARD.encode(message.to_detached_der()),
        },
    });
    Ok(Opened {
        content_sha256: hex::encode(sha256(message.content())),
        signer: message.signer_certificate().clone(),
        outcome,
    })
}

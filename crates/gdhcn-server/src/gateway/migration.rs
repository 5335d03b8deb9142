//! `GET` and `POST /cms-migration`: a participant signs anew, with another upload key, what it has
//! stored. Only in the profile of the EU.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use gdhcn_client::wire::{CmsMigrationItem, CmsPackageType};
use gdhcn_envelope::cms::{self, Content, SignedMessage};
use gdhcn_store::StoreError;
use gdhcn_store::migration::{StoredKind, StoredMessage, StoredThing};
use gdhcn_trust::upload::{Allowed, Upload};
use http::{HeaderMap, Request, StatusCode};
use tracing::warn;

use super::Gateway;
use super::act::{self, Act, Refused, Wish};
use super::authentication::Authenticated;
use super::refusal::Refusal;
use super::representation::Representation;
use super::signer_certificate::{self, CertificateWish};
use super::text_message::{self, TextRefusal};
use crate::problem::{Operation, Problem};

/// Why a message is not exchanged, in the order of the checks.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MigrationRefusal {
    /// The body is none of the wanted shape.
    #[error("the body is no exchange of a message: {0}")]
    Json(String),
    /// The certificate message cannot be read, does not hold, or is not accepted.
    #[error(transparent)]
    Certificate(#[from] Refusal),
    /// The text message cannot be read, does not hold, or is not accepted.
    #[error(transparent)]
    Text(#[from] TextRefusal),
    /// Nothing is stored under the number.
    #[error("nothing is stored under the number {number}, or it has changed meanwhile")]
    Missing {
        /// The number.
        number: u64,
    },
    /// It is another country's.
    #[error("it belongs to {country}")]
    Foreign {
        /// The owner.
        country: String,
    },
    /// The message is about something else than what is stored.
    #[error("the message holds another content than the stored one: only the signer may change")]
    Changed,
    /// The database failed.
    #[error("the database failed: {0}")]
    Store(StoreError),
}

/// Every own message of the participant, with its content.
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let stored = gateway.trust.store().stored_messages(&peer.country).await?;
    let items = tokio::task::spawn_blocking(move || stored.into_iter().filter_map(item).collect());
    let items: Vec<CmsMigrationItem> = items.await.map_err(|_| Problem::internal())?;
    Representation::of_json(&items).map(|list| list.answer(&headers))
}

/// Puts the message in the place of the stored one: 204.
pub(crate) async fn exchange(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    request: Request<Body>,
) -> Result<StatusCode, Problem> {
    let certificate = CertificateWish::new(Operation::Upload, &peer);
    let wish = Exchange { kind: CmsPackageType::Dsc, certificate };
    act::perform(gateway, peer, wish, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn item(stored: StoredMessage) -> Option<CmsMigrationItem> {
    let (kind, cms) = match &stored.about {
        StoredThing::Certificate { thumbprint, raw_data, .. } => {
            let cms = attached(&stored.cms, raw_data);
            if cms.is_none() {
                warn!(thumbprint, "a stored signature cannot be read and is not listed");
            }
            (CmsPackageType::Dsc, cms?)
        }
        StoredThing::Batch { .. } => (CmsPackageType::RevocationList, stored.cms),
        StoredThing::Rule { .. } => (CmsPackageType::ValidationRule, stored.cms),
    };
    Some(CmsMigrationItem { cms, entity_id: stored.number, kind })
}

/// The message around the certificate.
fn attached(signature: &str, raw_data: &str) -> Option<String> {
    if is_attached(signature) {
        return Some(signature.to_owned());
    }
    let certificate = BASE64_STANDARD.decode(raw_data).ok()?;
    let content = Content::Detached(&certificate);
    let message = SignedMessage::from_base64(signature.as_bytes(), content).ok()?;
    Some(BASE64_STANDARD.encode(message.to_attached_der().ok()?))
}

/// Whether the content is in the message.
fn is_attached(signature: &str) -> bool {
    let limits = cms::Limits::default();
    cms::OpenedMessage::from_base64(signature.as_bytes(), Content::Embedded, &limits).is_ok()
}

struct Exchange {
    kind: CmsPackageType,
    certificate: CertificateWish,
}

impl Wish for Exchange {
    type Done = ();
    type Refusal = MigrationRefusal;

    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];

    async fn carry_out(&mut self, act: &mut Act, body: Bytes) -> Result<(), MigrationRefusal> {
        let wanted: CmsMigrationItem = serde_json::from_slice(&body)
            .map_err(|error| MigrationRefusal::Json(error.to_string()))?;
        self.kind = wanted.kind;
        match wanted.kind {
            CmsPackageType::Dsc => self.certificate(act, wanted).await,
            CmsPackageType::RevocationList => text(act, wanted, StoredKind::Batch).await,
            CmsPackageType::ValidationRule => text(act, wanted, StoredKind::Rule).await,
        }
    }

    fn refused(&self, _act: &Act, refusal: &MigrationRefusal) -> Refused {
        let problem = Problem::of_migration_refusal(refusal, self.kind, self.certificate.sent());
        let event = if problem.is_own_fault() { "UPLOAD_FAILED" } else { "BAD_REQUEST" };
        Refused { problem, event, description: format!("Migration triggered {event}") }
    }
}

impl Exchange {
    async fn certificate(
        &mut self,
        act: &mut Act,
        wanted: CmsMigrationItem,
    ) -> Result<(), MigrationRefusal> {
        let verified = self.certificate.read(act, wanted.cms.clone().into()).await?;
        if let Some(error) = verified.encoding {
            return Err(Refusal::Encoding(error).into());
        }
        let stored = stored(act, StoredKind::Certificate, wanted.entity_id).await?;
        let StoredThing::Certificate { thumbprint, group, .. } = &stored.about else {
            return Err(MigrationRefusal::Missing { number: wanted.entity_id });
        };
        let snapshot = act.gateway.trust.current();
        let upload = Upload {
            group: Some(group.as_str()),
            ..signer_certificate::asked(&act.peer, &verified)
        };
        let registry = signer_certificate::registry(&act.peer, &snapshot);
        let backend = gdhcn_crypto::Backend::default();
        upload.check(&registry, &Allowed::default(), backend).map_err(Refusal::Check)?;
        act.check_validity().map_err(Refusal::Check)?;
        if stored.country != act.peer.country {
            return Err(MigrationRefusal::Foreign { country: stored.country });
        }
        if verified.certificate.thumbprint().to_string() != *thumbprint {
            return Err(MigrationRefusal::Changed);
        }
        // Each stays in the form in which it was uploaded.
        let signature = if is_attached(&stored.cms) {
            signer_certificate::without_white_space(&wanted.cms)
        } else {
            BASE64_STANDARD.encode(verified.message.to_detached_der())
        };
        let event = act.accepted("UPDATED", format!("Updated Signer Certificate ({thumbprint})"));
        let country = &act.peer.country;
        let change = act.store().exchange_signature(thumbprint, country, &signature, &event).await;
        let change = change.map_err(|error| match error {
            StoreError::NoUploader { .. } => {
                signer_certificate::unknown_uploader(act, &verified).into()
            }
            other => of_store(other, wanted.entity_id),
        })?;
        act.gateway.trust.replaced(&change).await;
        Ok(())
    }
}

async fn text(
    act: &mut Act,
    wanted: CmsMigrationItem,
    kind: StoredKind,
) -> Result<(), MigrationRefusal> {
    let number = wanted.entity_id;
    let read = text_message::open_signed(act, wanted.cms.into()).await?;
    let old = stored(act, kind, number).await?;
    let new = read.of_uploader()?.signed;
    if old.country != act.peer.country {
        return Err(MigrationRefusal::Foreign { country: old.country });
    }
    let before = SignedMessage::from_base64(old.cms.as_bytes(), Content::Embedded);
    if before.map_err(TextRefusal::Message)?.content() != new.content {
        return Err(MigrationRefusal::Changed);
    }
    let what = match &old.about {
        StoredThing::Rule { rule_id, version } => {
            format!("Updated Validation Rule with ID {rule_id} ({version})")
        }
        StoredThing::Batch { batch_id } => format!("Updated Revocation Batch ({batch_id})"),
        StoredThing::Certificate { .. } => return Err(MigrationRefusal::Missing { number }),
    };
    let event = act.accepted("UPDATED", what);
    let exchanged = act.store().exchange_text(&old, &new, act.now(), &event).await;
    exchanged.map_err(|error| match error {
        StoreError::NoUploader { .. } => text_message::unknown_uploader(act).into(),
        other => of_store(other, number),
    })
}

async fn stored(
    act: &Act,
    kind: StoredKind,
    number: u64,
) -> Result<StoredMessage, MigrationRefusal> {
    let found = act.store().stored_message(kind, number, &act.peer.country).await;
    found.map_err(MigrationRefusal::Store)?.ok_or(MigrationRefusal::Missing { number })
}

fn of_store(error: StoreError, number: u64) -> MigrationRefusal {
    match error {
        StoreError::NotFound => MigrationRefusal::Missing { number },
        StoreError::Foreign { country } => MigrationRefusal::Foreign { country },
        error => match signer_certificate::of_store(error) {
            Refusal::Store(error) => MigrationRefusal::Store(error),
            refusal => refusal.into(),
        },
    }
}

//! `GET`, `POST` and `DELETE /revocation-list`, `GET /revocation-list/{batchId}`,
//! `POST /revocation-list/delete`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use gdhcn_client::wire::{self, RevocationListItem, RevocationListPage};
use gdhcn_revocation::{Batch, batch};
use gdhcn_store::trusted_party::Role;
use http::header::{ACCEPT, ETAG, IF_MODIFIED_SINCE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use jiff::Timestamp;
use uuid::Uuid;

use super::Gateway;
use super::act::Act;
use super::authentication::Authenticated;
use super::representation::Representation;
use super::text_message::{self, Operation, Resource, TextMessage, TextRefusal};
use super::trust_list::BadSelection;
use crate::problem::Problem;

/// Why a request for the list, or for a batch, is not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRequest {
    /// The header is missing, twice there, or no instant.
    #[error("If-Modified-Since must be an instant such as 2021-06-01T00:00:00Z")]
    Since,
    /// The header names an instant that has not come.
    #[error("If-Modified-Since must not be in the future")]
    Future,
    /// The identifier is no UUID.
    #[error("the identifier of a batch is a UUID in lower-case digits")]
    BatchId,
    /// There is no such batch.
    #[error("no batch has this identifier")]
    Missing,
    /// The batch was deleted.
    #[error("the batch is deleted")]
    Deleted,
}

/// Batches that have changed since the instant of `If-Modified-Since`; 204 when there are none.
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    peer.require(Role::RevocationListReader)?;
    let since = since(&headers).ok_or(BadRequest::Since)?;
    let now = gateway.clock.now();
    if since > now {
        return Err(BadRequest::Future.into());
    }
    let list = gateway.trust.store().revocation_list(since, now).await?;
    if list.batches.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let item = |batch: gdhcn_store::revocation_batch::ListedBatch| RevocationListItem {
        batch_id: batch.batch_id,
        country: batch.country,
        date: batch.changed,
        deleted: batch.deleted,
    };
    let batches = list.batches.into_iter().map(item).collect();
    let page = Representation::of_json(&RevocationListPage { more: list.more, batches })?;
    Ok(page.answer(&headers))
}

fn since(headers: &HeaderMap) -> Option<Timestamp> {
    let mut values = headers.get_all(IF_MODIFIED_SINCE).iter();
    let value = values.next()?.to_str().ok()?.parse().ok()?;
    values.next().is_none().then_some(value)
}

/// The message of a batch as it was uploaded.
pub(crate) async fn one(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    peer.require(Role::RevocationListReader)?;
    let Path(id) = path.map_err(|_| BadSelection::Unreadable)?;
    if !batch::is_batch_id(&id) {
        return Err(BadRequest::BatchId.into());
    }
    let batch = gateway.trust.store().revocation_batch(&id).await?.ok_or(BadRequest::Missing)?;
    let cms = batch.cms.ok_or(BadRequest::Deleted)?;
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = match accepted.contains(wire::CMS) && !accepted.contains(wire::CMS_TEXT) {
        true => wire::CMS,
        false => wire::CMS_TEXT,
    };
    Ok(Representation::named(cms, media_type, &id).answer(&headers))
}

/// Stores a batch: 201 with its identifier as a bare `ETag`, which clients use as it is.
pub(crate) async fn upload(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    request: Request<Body>,
) -> Result<Response, Problem> {
    peer.require(Role::RevocationUploader)?;
    let id =
        text_message::perform(gateway, peer, Resource::Batch, Operation::Store, request).await?;
    let mut response = StatusCode::CREATED.into_response();
    if let Ok(tag) = HeaderValue::try_from(id) {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

/// Withdraws a batch: 204.
pub(crate) async fn delete(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    request: Request<Body>,
) -> Result<StatusCode, Problem> {
    peer.require(Role::RevocationDeleter)?;
    text_message::perform(gateway, peer, Resource::Batch, Operation::Withdraw, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn store(act: &Act, message: &TextMessage) -> Result<String, TextRefusal> {
    let now = act.now();
    let text = message.text.as_bytes();
    let batch = Batch::accept(text, &act.peer.country, now, &Batch::LIMITS)?;
    let id = Uuid::new_v4().to_string();
    let event = act.accepted("CREATED", format!("Uploaded Revocation Batch ({id})"));
    act.store().insert_revocation_batch(&id, &batch, &message.signed, now, &event).await?;
    Ok(id)
}

pub(super) async fn withdraw(act: &Act, message: &TextMessage) -> Result<String, TextRefusal> {
    let id = batch::withdrawal(message.text.as_bytes(), &Batch::LIMITS)?;
    let id = id.ok_or(TextRefusal::Missing)?;
    let event = act.accepted("DELETED", format!("Deleted Revocation Batch ({id})"));
    act.store()
        .delete_revocation_batch(&id, &act.peer.country, &message.signed, act.now(), &event)
        .await?;
    Ok(id)
}

//! `POST` and `DELETE /trust/reference`, `GET /trust/reference/{uuid}`, `GET /trustList/references`.
//!
//! The client library of the reference posts to `/trust/references`, so both paths are there.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use gdhcn_client::wire::TrustedReferenceItem;
use gdhcn_revocation::batch::is_batch_id as is_uuid;
use gdhcn_store::trusted_reference::TrustedReference as Row;
use gdhcn_trust::reference::TrustedReference;
use http::{HeaderMap, Request, StatusCode};
use uuid::Uuid;

use super::Gateway;
use super::act::Act;
use super::authentication::Authenticated;
use super::list_query::ListQuery;
use super::representation::Representation;
use super::text_message::{self, Operation, Resource, TextMessage, TextRefusal};
use super::trust_list::BadSelection;
use crate::problem::Problem;

/// The references that the query asks for.
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    query: ListQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let rows = gateway.trust.store().trusted_references().await?;
    let snapshot = gateway.trust.current();
    let swapped = gateway.followed.load().compatibility.swapped_reference_query;
    let chosen = rows.into_iter().filter(|row| {
        let (country, domain) = (Some(row.country.as_str()), row.domain.as_deref());
        let by_names = query.admits("country", country) && query.admits("domain", domain);
        let by_mistake = || query.admits("domain", country) && query.admits("country", domain);
        (by_names || (swapped && by_mistake()))
            && query.admits("referenceType", Some(&row.reference_type))
            && query.admits("signatureType", Some(&row.signature_type))
            && (row.source_gateway_id.is_none() || query.with_federation())
            && snapshot.passes_on(row.source_gateway_id.as_deref())
    });
    let items: Vec<_> = chosen.map(item).collect();
    Representation::of_json(&items).map(|list| list.answer(&headers))
}

/// One reference.
pub(crate) async fn one(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(uuid) = path.map_err(|_| BadSelection::Unreadable)?;
    if !is_uuid(&uuid) {
        let wanted = "the identifier of a reference is a UUID in lower-case digits";
        return Err(Problem::invalid_parameter(wanted));
    }
    let row = gateway.trust.store().trusted_reference(&uuid).await?;
    let snapshot = gateway.trust.current();
    let row = row.filter(|row| snapshot.passes_on(row.source_gateway_id.as_deref()));
    let item = item(row.ok_or_else(Problem::no_reference)?);
    Representation::of_json(&item).map(|one| one.answer(&headers))
}

/// Stores a reference, or puts it in the place of the one that it names: 201.
pub(crate) async fn upload(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    request: Request<Body>,
) -> Result<StatusCode, Problem> {
    text_message::perform(gateway, peer, Resource::Reference, Operation::Store, request).await?;
    Ok(StatusCode::CREATED)
}

/// Withdraws a reference: 204.
pub(crate) async fn delete(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    request: Request<Body>,
) -> Result<StatusCode, Problem> {
    text_message::perform(gateway, peer, Resource::Reference, Operation::Withdraw, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn store(act: &Act, message: &TextMessage) -> Result<String, TextRefusal> {
    let text = message.text.as_bytes();
    let reference = TrustedReference::accept(text, &act.peer.country, &TrustedReference::LIMITS)?;
    let (event, verb, uuid) = match &reference.uuid {
        Some(uuid) if is_uuid(uuid) => ("UPDATED", "Updated", uuid.clone()),
        Some(_) => return Err(TextRefusal::Missing),
        None => ("CREATED", "Created", Uuid::new_v4().to_string()),
    };
    let event = act.accepted(event, format!("{verb} Trusted Reference ({uuid})"));
    act.store().put_trusted_reference(&uuid, &reference, &message.signed, &event).await?;
    Ok(uuid)
}

pub(super) async fn withdraw(act: &Act, message: &TextMessage) -> Result<String, TextRefusal> {
    let text = message.text.as_bytes();
    let uuid = TrustedReference::withdrawal(text, &TrustedReference::LIMITS)?;
    let uuid = uuid.filter(|uuid| is_uuid(uuid)).ok_or(TextRefusal::Missing)?;
    let event = act.accepted("DELETED", format!("Deleted Trusted Reference ({uuid})"));
    act.store().delete_trusted_reference(&uuid, &act.peer.country, &message.signed, &event).await?;
    Ok(uuid)
}

fn item(row: Row) -> TrustedReferenceItem {
    TrustedReferenceItem {
        url: row.url,
        country: row.country,
        r#type: row.reference_type,
        service: row.service,
        thumbprint: row.thumbprint,
        name: row.name,
        ssl_public_key: row.ssl_public_key,
        content_type: row.content_type,
        signature_type: row.signature_type,
        reference_version: row.reference_version,
        uuid: Some(row.uuid),
        domain: row.domain,
        version: Some(row.version),
        source_gateway: row.source_gateway_id,
        cms: row.cms,
    }
}

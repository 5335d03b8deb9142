//! `GET /valuesets`, `/valuesets/{id}`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;

use super::Gateway;
use super::authentication::Authenticated;
use super::representation::Representation;
use super::trust_list::BadSelection;
use crate::problem::Problem;

/// The identifiers of all sets.
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ids = gateway.trust.store().value_set_ids().await?;
    Representation::of_json(&ids).map(|list| list.answer(&headers))
}

/// The text of a set, byte for byte as the operator gave it.
pub(crate) async fn one(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(id) = path.map_err(|_| BadSelection::Unreadable)?;
    let set = gateway.trust.store().value_set(&id).await?.ok_or_else(Problem::no_value_set)?;
    Ok(Representation::new(set).answer(&headers))
}

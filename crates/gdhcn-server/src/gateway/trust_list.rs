//! `GET /trustList`, `/trustList/{type}`, `/trustList/{type}/{country}`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use gdhcn_client::wire::{CertificateType, UnknownCertificateType};
use http::HeaderMap;

use super::Gateway;
use super::authentication::Authenticated;
use super::snapshot::Selection;
use crate::problem::Problem;

/// Why a path selects no list.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadSelection {
    /// The type is none of the list's.
    #[error(transparent)]
    Type(#[from] UnknownCertificateType),
    /// The country has another length than two characters.
    #[error("the country has {found} characters, a code has two")]
    CountryLength {
        /// How many characters it has.
        found: usize,
    },
    /// The path is not UTF-8.
    #[error("the path cannot be read")]
    Unreadable,
}

/// The certificates of types UPLOAD, AUTHENTICATION, CSCA and DSC.
pub(crate) async fn all(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(&gateway, Selection::Everything, &headers).await
}

/// The certificates of one type.
pub(crate) async fn by_type(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(wanted) = path.map_err(|_| BadSelection::Unreadable)?;
    let wanted: CertificateType = wanted.parse().map_err(BadSelection::Type)?;
    answer(&gateway, Selection::Of(wanted, None), &headers).await
}

/// The certificates of one type and one country; the country's case does not matter.
pub(crate) async fn by_country(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path((wanted, country)) = path.map_err(|_| BadSelection::Unreadable)?;
    let wanted: CertificateType = wanted.parse().map_err(BadSelection::Type)?;
    let found = country.chars().count();
    if found != 2 {
        return Err(BadSelection::CountryLength { found }.into());
    }
    answer(&gateway, Selection::Of(wanted, Some(country.to_uppercase())), &headers).await
}

/// A list that is not put together yet is so on a thread for such work: it may be long, and those
/// who ask meanwhile wait there too.
async fn answer(
    gateway: &Gateway,
    selection: Selection,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = gateway.trust.current();
    if let Some(ready) = snapshot.ready(&selection) {
        return Ok(ready.answer(headers));
    }
    let made = tokio::task::spawn_blocking(move || snapshot.list(&selection).clone());
    Ok(made.await.map_err(|_| Problem::internal())?.answer(headers))
}

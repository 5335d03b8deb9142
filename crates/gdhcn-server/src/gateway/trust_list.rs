//! `GET /trustList`, `/trustList/{type}`, `/trustList/{type}/{country}` and
//! `/trustList/certificate`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use gdhcn_client::wire::{CertificateType, UnknownCertificateType};
use http::HeaderMap;

use super::Gateway;
use super::authentication::Authenticated;
use super::delta::{self, BadDelta};
use super::list::{Filter, Selection};
use super::list_query::ListQuery;
use crate::config::Profile;
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
    /// What changed cannot be told from what was asked for.
    #[error(transparent)]
    Delta(#[from] BadDelta),
    /// The path is not UTF-8.
    #[error("the path cannot be read")]
    Unreadable,
}

/// The certificates of types UPLOAD, AUTHENTICATION, CSCA and DSC.
pub(crate) async fn all(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    query: ListQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(&gateway, Selection::Everything, &query, &headers).await
}

/// The certificates of one type.
pub(crate) async fn by_type(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    path: Result<Path<String>, PathRejection>,
    query: ListQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(wanted) = path.map_err(|_| BadSelection::Unreadable)?;
    let wanted: CertificateType = wanted.parse().map_err(BadSelection::Type)?;
    answer(&gateway, Selection::Of(wanted, None), &query, &headers).await
}

/// The certificates of one type and one country; the country's case does not matter.
pub(crate) async fn by_country(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    path: Result<Path<(String, String)>, PathRejection>,
    query: ListQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path((wanted, country)) = path.map_err(|_| BadSelection::Unreadable)?;
    let wanted: CertificateType = wanted.parse().map_err(BadSelection::Type)?;
    let found = country.chars().count();
    if found != 2 {
        return Err(BadSelection::CountryLength { found }.into());
    }
    let selection = Selection::Of(wanted, Some(country.to_uppercase()));
    answer(&gateway, selection, &query, &headers).await
}

/// Certificates of every group by parameters: `group`, `country`, `domain`, `withFederation`.
pub(crate) async fn certificates(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    query: ListQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    whole(&gateway, Selection::Certificates(Filter::of(&query)), &headers).await
}

/// For clients of the EU's gateway also what changed, and page by page.
async fn answer(
    gateway: &Gateway,
    selection: Selection,
    query: &ListQuery,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    if gateway.profile == Profile::Eu {
        let wish = delta::Wish::read(query, headers).map_err(BadSelection::Delta)?;
        if let Some(wish) = wish {
            return Ok(wish.list(gateway, &selection).await?.answer(headers));
        }
    }
    whole(gateway, selection, headers).await
}

/// A list that is not put together yet is so on a thread for such work: it may be long.
async fn whole(
    gateway: &Gateway,
    selection: Selection,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = gateway.trust.current();
    if let Some(ready) = snapshot.ready(&selection) {
        return Ok(ready.answer(headers));
    }
    let made = tokio::task::spawn_blocking(move || snapshot.list(&selection));
    Ok(made.await.map_err(|_| Problem::internal())?.answer(headers))
}

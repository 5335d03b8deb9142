//! `GET /trustList`, `/trustList/{type}`, `/trustList/{type}/{country}`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use gdhcn_client::wire::{CertificateType, UnknownCertificateType};
use http::HeaderMap;

use super::Gateway;
use super::authentication::Authenticated;
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
) -> Response {
    gateway.trust.current().everything().answer(&headers)
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
    Ok(gateway.trust.current().of_type(wanted).answer(&headers))
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
    let country = country.to_uppercase();
    Ok(gateway.trust.current().of_country(wanted, &country).answer(&headers))
}

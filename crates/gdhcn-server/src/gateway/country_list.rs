//! `GET /countrylist`: the participants.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use super::Gateway;
use super::authentication::Authenticated;

/// The two-letter codes of all participants with an own onboarded certificate whose trust anchor
/// signature holds (deviation D-27), sorted.
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    _peer: Authenticated,
    headers: HeaderMap,
) -> Response {
    gateway.trust.current().countries().answer(&headers)
}

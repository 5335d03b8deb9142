//! The health answer, on a listener of its own without TLS.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Serialize;

use super::Gateway;

/// Whether the gateway serves, and what.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    status: &'static str,
    revision: i64,
    trusted_parties: usize,
    signers: usize,
    refused_rows: usize,
}

/// `GET /health`.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    Router::new().route("/health", get(health)).with_state(gateway)
}

/// 503 when the database has not been readable for a while: what is served then may hold
/// withdrawn signers, and no upload succeeds.
async fn health(State(gateway): State<Arc<Gateway>>) -> (StatusCode, Json<Health>) {
    let snapshot = gateway.trust.current();
    let (code, status) = if gateway.trust.is_outdated() {
        (StatusCode::SERVICE_UNAVAILABLE, "DOWN")
    } else {
        (StatusCode::OK, "UP")
    };
    let health = Health {
        status,
        revision: snapshot.revision(),
        trusted_parties: snapshot.trusted_parties(),
        signers: snapshot.signers(),
        refused_rows: snapshot.refused().len(),
    };
    (code, Json(health))
}

//! What the service trusts, and since when.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde_json::json;

use super::Verifier;

/// `GET /v1/trust`: each source with what it holds and its age.
pub(super) async fn sources(State(verifier): State<Arc<Verifier>>) -> Response {
    let trust = verifier.trust.load();
    let sources: Vec<_> = trust
        .sources()
        .iter()
        .map(|source| {
            json!({
                "name": source.name,
                "created": source.created.map(|at| at.to_string()),
                "proof": source.proof.to_string(),
                "keys": source.keys,
                "refused": source.refused,
            })
        })
        .collect();
    super::json(&json!({
        "at": verifier.clock.now().to_string(),
        "policy": verifier.policy.name.as_str(),
        "greatestAgeDays": verifier.policy.last_age_days,
        "sources": sources,
    }))
}

/// `GET /ready`: 204 when there is a key to verify with, else 503.
pub(super) async fn ready(State(verifier): State<Arc<Verifier>>) -> Response {
    if verifier.trust.load().keys().is_empty() {
        (StatusCode::SERVICE_UNAVAILABLE, "no key is loaded\n").into_response()
    } else {
        StatusCode::NO_CONTENT.into_response()
    }
}

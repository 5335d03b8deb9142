//! What the service trusts, and since when.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use gdhcn_trust::TrustedKey;
use http::StatusCode;
use serde_json::json;

use super::Verifier;

/// `GET /v1/trust`: each source with what it holds and its age.
pub(super) async fn sources(State(verifier): State<Arc<Verifier>>) -> Response {
    let trust = verifier.trust.load();
    let now = verifier.clock.now();
    let sources: Vec<_> = trust
        .sources()
        .iter()
        .map(|source| {
            let days = source.age_in_days(now);
            json!({
                "name": source.name,
                "created": source.created.map(|at| at.to_string()),
                "fetched": source.fetched.map(|at| at.to_string()),
                "ageDays": days,
                "state": match days {
                    None => "undated",
                    Some(days) if days > i64::from(verifier.policy.last_age_days) => "too old",
                    Some(days) if days > i64::from(verifier.policy.fresh_days()) => "aging",
                    Some(_) => "fresh",
                },
                "proof": source.proof.to_string(),
                "keys": source.keys,
                "refused": source.refused,
            })
        })
        .collect();
    super::json(&json!({
        "at": now.to_string(),
        "policy": verifier.policy.name.as_str(),
        "greatestAgeDays": verifier.policy.last_age_days,
        "sources": sources,
    }))
}

/// `GET /ready`: 204 when there is a key to verify with that is not too old to count, else 503.
pub(super) async fn ready(State(verifier): State<Arc<Verifier>>) -> Response {
    let trust = verifier.trust.load();
    let now = verifier.clock.now();
    let counts = |key: &&TrustedKey| {
        let days = trust.source_of(key).and_then(|source| source.age_in_days(now));
        days.is_none_or(|days| days <= i64::from(verifier.policy.last_age_days))
    };
    let signers = || trust.keys().iter().filter(|key| key.signs_documents());
    let problem = if signers().find(counts).is_some() {
        return StatusCode::NO_CONTENT.into_response();
    } else if signers().next().is_some() {
        "all trust data is too old\n"
    } else {
        "no key that signs documents is loaded\n"
    };
    (StatusCode::SERVICE_UNAVAILABLE, problem).into_response()
}

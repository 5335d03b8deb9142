//! The operator's interface, on a listener of its own without TLS and without authentication.
//!
//! | path | the reference's path | answer |
//! | --- | --- | --- |
//! | `/health` | `/actuator/health` | 200, or 503 when what is served may be outdated or no change can be stored |
//! | `/live` | `/actuator/health/liveness` | 200 while the program answers at all |
//! | `/ready` | `/actuator/health/readiness` | as `/health` |
//! | `/metrics` | `/actuator/prometheus` | metrics in the text format of Prometheus; always 200 |
//! | – | `/actuator/metrics` | names of the metrics |
//! | `/info` | `/actuator/info` | name and version |
//! | `/status` | – | participants, certificates by expiry, doubled kids, rows not served, jobs |
//! | `/proxy-check` | – | what each named proxy sent, and what is missing |
//! | `/log/checkpoint`, `/log/tile/...` | – | the transparency log, where it is configured |
//! | `/openapi.json` | – | the participants' interface for programs |

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use serde_json::{Value, json};

use super::Gateway;
use super::{log, openapi};
use crate::metrics::name;

/// Whether the gateway serves, and what.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    status: &'static str,
    /// Why it is down.
    faults: Vec<String>,
    revision: i64,
    trusted_parties: usize,
    signers: usize,
    refused_rows: usize,
}

/// All routes.
pub(super) fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/live", get(live))
        .route("/ready", get(health))
        .route("/metrics", get(metrics))
        .route("/info", get(info))
        .route("/status", get(status))
        .route("/proxy-check", get(proxy_check))
        .route("/openapi.json", get(openapi::document))
        .route("/log/checkpoint", get(log::checkpoint))
        .route("/log/tile/{*path}", get(log::tile))
        .route("/actuator/health", get(health))
        .route("/actuator/health/liveness", get(live))
        .route("/actuator/health/readiness", get(health))
        .route("/actuator/prometheus", get(metrics))
        .route("/actuator/metrics", get(metric_names))
        .route("/actuator/info", get(info))
        .with_state(gateway)
}

/// 503 when the database has not been readable for a while or takes no changes: what is served then
/// may hold withdrawn signers, or no upload succeeds.
async fn health(State(gateway): State<Arc<Gateway>>) -> (StatusCode, Json<Health>) {
    let snapshot = gateway.trust.current();
    let faults = gateway.down();
    let (code, status) = if faults.is_empty() {
        (StatusCode::OK, "UP")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "DOWN")
    };
    let health = Health {
        status,
        faults,
        revision: snapshot.revision(),
        trusted_parties: snapshot.trusted_parties(),
        signers: snapshot.signers(),
        refused_rows: snapshot.refused().len(),
    };
    (code, Json(health))
}

async fn live() -> Json<Value> {
    Json(json!({ "status": "UP" }))
}

async fn metrics(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], gateway.measure())
}

async fn metric_names() -> Json<Value> {
    let names: Vec<_> = name::ALL.iter().map(|metric| metric.name).collect();
    Json(json!({ "names": names }))
}

async fn info() -> Json<Value> {
    Json(json!({ "build": { "name": "gdhcn", "version": env!("CARGO_PKG_VERSION") } }))
}

async fn status(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    Json(gateway.status())
}

async fn proxy_check(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    Json(gateway.proxy_check.report())
}

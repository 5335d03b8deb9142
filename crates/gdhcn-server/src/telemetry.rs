//! One log line for each request, and what every answer carries.
//!
//! The lines hold thumbprints, countries, codes and durations. Subjects, bodies and header values
//! are never logged: names and addresses of people stand in them.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Request};
use tokio::time::timeout;
use tracing::info;
use uuid::Uuid;

use crate::config::Limits;
use crate::problem::{AnsweredCode, Problem};

/// What is known of a running request.
#[derive(Debug)]
pub(crate) struct RequestRecord {
    id: String,
    thumbprint: OnceLock<String>,
}

impl RequestRecord {
    fn new() -> Self {
        Self { id: Uuid::now_v7().to_string(), thumbprint: OnceLock::new() }
    }

    /// Names the request in the log, in the audit trail and in the answer.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Notes the client certificate.
    pub(crate) fn set_thumbprint(&self, thumbprint: &str) {
        let _ = self.thumbprint.set(thumbprint.to_owned());
    }
}

/// Headers of the reference on every answer.
const HEADERS: [(HeaderName, &str); 6] = [
    (http::header::CACHE_CONTROL, "no-cache, no-store, max-age=0, must-revalidate"),
    (http::header::PRAGMA, "no-cache"),
    (http::header::EXPIRES, "0"),
    (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (http::header::X_FRAME_OPTIONS, "DENY"),
    (http::header::X_XSS_PROTECTION, "0"),
];

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, bounds its time, logs it and completes its answer.
pub(crate) async fn observe(
    State(limits): State<Arc<Limits>>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let started = Instant::now();
    let record = Arc::new(RequestRecord::new());
    request.extensions_mut().insert(Arc::clone(&record));
    let method = request.method().clone();
    // The path as the router knows it: what a peer puts into a path may be anything.
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());

    let mut response = match timeout(limits.request(), next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::request_timeout().into_response(),
    };

    let code = response.extensions().get::<AnsweredCode>().map(|code| code.0.clone());
    info!(
        request = record.id(),
        %method,
        path,
        status = response.status().as_u16(),
        code,
        thumbprint = record.thumbprint.get(),
        milliseconds = started.elapsed().as_millis(),
        "answered"
    );
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(record.id()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

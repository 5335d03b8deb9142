//! One log line for each request, and what every answer carries.
//!
//! The lines hold thumbprints, countries, codes and durations. Subjects, bodies and header values
//! are never logged: names and addresses of people stand in them.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use arc_swap::ArcSwap;
use axum::body::Body;
use axum::extract::{MatchedPath, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue, Request};
use jiff::Timestamp;
use tokio::time::timeout;
use tracing::info;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::Limits;
use crate::expiry::Warning;
use crate::gateway::Contacts;
use crate::metrics::{Answered, Metrics, RequestKind};
use crate::problem::{AnsweredCode, Problem};

/// What is known of a running request.
#[derive(Debug)]
pub(crate) struct RequestRecord {
    id: String,
    thumbprint: OnceLock<String>,
    participant: OnceLock<Participant>,
}

/// Who has shown to be a participant.
#[derive(Debug)]
struct Participant {
    country: String,
    /// End of the client certificate.
    not_after: Timestamp,
}

/// What the observation of requests needs.
#[derive(Debug, Clone)]
pub(crate) struct Observer {
    /// Bounds on a request's time.
    pub(crate) limits: Arc<ArcSwap<Limits>>,
    /// Where requests are counted, where they are.
    pub(crate) metrics: Option<Arc<Metrics>>,
    /// Where it is gathered when participants came, where it is.
    pub(crate) contacts: Option<Arc<Contacts>>,
    /// The present time.
    pub(crate) clock: Clock,
}

impl RequestRecord {
    fn new() -> Self {
        Self {
            id: Uuid::now_v7().to_string(),
            thumbprint: OnceLock::new(),
            participant: OnceLock::new(),
        }
    }

    /// Names the request in the log, in the audit trail and in the answer.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Notes the client certificate.
    pub(crate) fn set_thumbprint(&self, thumbprint: &str) {
        let _ = self.thumbprint.set(thumbprint.to_owned());
    }

    /// Notes the participant, and until when its client certificate is valid.
    pub(crate) fn set_participant(&self, country: &str, not_after: Timestamp) {
        let _ = self.participant.set(Participant { country: country.to_owned(), not_after });
    }
}

/// Headers of the reference on every answer that does not say itself for how long it may be kept.
const NOT_TO_BE_KEPT: [(HeaderName, &str); 3] = [
    (CACHE_CONTROL, "no-cache, no-store, max-age=0, must-revalidate"),
    (http::header::PRAGMA, "no-cache"),
    (http::header::EXPIRES, "0"),
];

/// Headers of the reference on every answer.
const HEADERS: [(HeaderName, &str); 3] = [
    (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (http::header::X_FRAME_OPTIONS, "DENY"),
    (http::header::X_XSS_PROTECTION, "0"),
];

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Warns a participant of the end of the client certificate it uses.
const CERTIFICATE_EXPIRES: HeaderName = HeaderName::from_static("x-certificate-expires");

/// Names the request, bounds its time, logs it and completes its answer.
pub(crate) async fn observe(
    State(observer): State<Observer>,
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

    let limit = observer.limits.load().request();
    let mut response = match timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::request_timeout().into_response(),
    };

    let code = response.extensions().get::<AnsweredCode>().map(|code| code.0.clone());
    let participant = record.participant.get();
    if let Some(metrics) = &observer.metrics {
        metrics.answered(Answered {
            route: &path,
            method: &method,
            status: response.status(),
            participant: participant.map(|participant| participant.country.as_str()),
            code: code.as_deref(),
            duration: started.elapsed(),
        });
    }
    if let (Some(contacts), Some(participant), Some(thumbprint)) =
        (&observer.contacts, participant, record.thumbprint.get())
        && response.status().as_u16() < 400
    {
        let kind = RequestKind::of(&method);
        contacts.saw(thumbprint, &participant.country, kind, observer.clock.now());
    }
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
    let keeping: &[_] = if headers.contains_key(CACHE_CONTROL) { &[] } else { &NOT_TO_BE_KEPT };
    for (name, value) in keeping.iter().cloned().chain(HEADERS) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let warning = participant
        .and_then(|participant| Warning::at(participant.not_after, observer.clock.now()));
    if let Some(value) = warning.and_then(|warning| HeaderValue::try_from(warning.to_string()).ok())
    {
        headers.insert(CERTIFICATE_EXPIRES, value);
    }
    if let Ok(id) = HeaderValue::from_str(record.id()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

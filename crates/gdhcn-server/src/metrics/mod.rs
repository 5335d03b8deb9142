//! What is counted and measured, in the text format of Prometheus.
//!
//! A [`Metrics`] belongs to one gateway; there is no recorder of the process. What happens is
//! counted when it happens. What *is* (certificates, revisions, ages) is written anew for each
//! scrape, so a series ends with the thing that it measures. Labels are bounded: participants,
//! routes, codes; never a key identifier, an address or a person.

mod board;
pub(crate) mod name;

use std::time::Duration;

use jiff::Timestamp;
use metrics::Gauge;

pub(crate) use self::board::Board;
use crate::jobs::Job;

/// The counters of one gateway.
#[derive(Debug)]
pub struct Metrics {
    board: Board,
    open: Gauge,
}

/// A request that was answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered<'a> {
    /// The route's pattern, `unknown` where no route matched.
    pub(crate) route: &'a str,
    /// The request's method.
    pub(crate) method: &'a http::Method,
    /// Status of the answer.
    pub(crate) status: http::StatusCode,
    /// The participant, once it was known.
    pub(crate) participant: Option<&'a str>,
    /// Code of the problem report.
    pub(crate) code: Option<&'a str>,
    /// From the complete headers of the request to those of the answer.
    pub(crate) duration: Duration,
}

/// Why a connection is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusedConnection {
    /// Too many connections of one address that name nobody.
    Strangers,
    /// Too many connections with one client certificate.
    Certificate,
    /// Too many handshakes of one address in a short time.
    Handshakes,
}

/// Why a handshake came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailedHandshake {
    /// TLS itself: no client certificate, no common version, a broken signature.
    Tls,
    /// It took too long.
    Timeout,
    /// The client certificate cannot be read.
    Certificate,
}

/// What can be loaded anew while the gateway serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reload {
    /// The new files are in use.
    Applied,
    /// The new files are broken; the old ones stay in use.
    Refused,
}

/// Whether a request only reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    /// GET and HEAD.
    Read,
    /// Everything else.
    Write,
}

impl RequestKind {
    /// The kind of a method.
    pub(crate) fn of(method: &http::Method) -> Self {
        if method.is_safe() { Self::Read } else { Self::Write }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// An open connection, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

impl RefusedConnection {
    const ALL: [Self; 3] = [Self::Strangers, Self::Certificate, Self::Handshakes];

    fn label(self) -> &'static str {
        match self {
            Self::Strangers => "strangers",
            Self::Certificate => "certificate",
            Self::Handshakes => "handshake_rate",
        }
    }
}

impl FailedHandshake {
    const ALL: [Self; 3] = [Self::Tls, Self::Timeout, Self::Certificate];

    fn label(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Certificate => "certificate",
        }
    }
}

impl Reload {
    fn label(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Refused => "refused",
        }
    }
}

impl Metrics {
    /// Counters at zero, of a gateway that starts now.
    pub(crate) fn new(now: Timestamp) -> Self {
        let board = Board::new();
        let open = board.gauge(name::CONNECTIONS_OPEN, &[]);
        open.set(0);
        // An alert cannot tell a counter that is not there from one that stands still.
        for reason in RefusedConnection::ALL {
            board.counter(name::CONNECTIONS_REFUSED, &[("reason", reason.label())]).absolute(0);
        }
        for reason in FailedHandshake::ALL {
            board.counter(name::HANDSHAKES_FAILED, &[("reason", reason.label())]).absolute(0);
        }
        for kind in [RequestKind::Read, RequestKind::Write] {
            board.counter(name::REQUESTS_LIMITED, &[("kind", kind.label())]).absolute(0);
        }
        for outcome in [Reload::Applied, Reload::Refused] {
            board.counter(name::RELOADS, &[("outcome", outcome.label())]).absolute(0);
        }
        board.gauge(name::RELOAD_SUCCESSFUL, &[]).set(1);
        board.gauge(name::PROCESS_START, &[]).set(seconds(now));
        board.gauge(name::BUILD, &[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        Self { board, open }
    }

    /// A request was answered.
    pub(crate) fn answered(&self, answered: Answered<'_>) {
        let route = ("route", answered.route);
        let participant = ("participant", answered.participant.unwrap_or("none"));
        let method = ("method", method_label(answered.method));
        let status = ("status", answered.status.as_str());
        self.board.counter(name::REQUESTS, &[route, method, status, participant]).increment(1);
        self.board
            .histogram(name::REQUEST_DURATION, &[route])
            .record(answered.duration.as_secs_f64());
        let is_write = RequestKind::of(answered.method) == RequestKind::Write;
        if answered.participant.is_some() && is_write && answered.status.as_u16() >= 400 {
            let code = ("code", answered.code.unwrap_or("none"));
            self.board.counter(name::UPLOADS_REFUSED, &[route, code, participant]).increment(1);
        }
    }

    /// A connection was taken; it counts until the value is dropped.
    pub(crate) fn opened(&self) -> OpenConnection {
        self.open.increment(1);
        OpenConnection(self.open.clone())
    }

    /// A connection was not taken.
    pub(crate) fn refused(&self, reason: RefusedConnection) {
        self.board.counter(name::CONNECTIONS_REFUSED, &[("reason", reason.label())]).increment(1);
    }

    /// A handshake came to nothing.
    pub(crate) fn handshake_failed(&self, reason: FailedHandshake) {
        self.board.counter(name::HANDSHAKES_FAILED, &[("reason", reason.label())]).increment(1);
    }

    /// A participant asked too often.
    pub(crate) fn limited(&self, kind: RequestKind) {
        self.board.counter(name::REQUESTS_LIMITED, &[("kind", kind.label())]).increment(1);
    }

    /// A row was found that is not served; told once for each row.
    pub(crate) fn unreadable(&self, table: &str, fault: &str) {
        self.board
            .counter(name::ROWS_UNREADABLE_FOUND, &[("table", table), ("fault", fault)])
            .increment(1);
    }

    /// Certificates or configuration were loaded anew, or could not be.
    pub(crate) fn reloaded(&self, outcome: Reload, now: Timestamp) {
        self.board.counter(name::RELOADS, &[("outcome", outcome.label())]).increment(1);
        self.board.gauge(name::RELOAD_SUCCESSFUL, &[]).set(f64::from(outcome == Reload::Applied));
        if outcome == Reload::Applied {
            self.board.gauge(name::RELOADED, &[]).set(seconds(now));
        }
    }

    /// This process has run a job to its end.
    pub(crate) fn job_ended(&self, job: Job, succeeded: bool) {
        let ended = if succeeded { "success" } else { "failure" };
        for outcome in ["success", "failure"] {
            let labels = [("task", job.as_str()), ("outcome", outcome)];
            self.board.counter(name::JOB_RUNS, &labels).increment(u64::from(outcome == ended));
        }
    }

    /// Everything as text, and `state` as it is now.
    pub(crate) fn render(&self, state: impl FnOnce(&Board)) -> String {
        let now = Board::new();
        state(&now);
        self.board.render() + &now.render()
    }

    /// Bounds the memory of what was measured since the last scrape.
    pub(crate) fn upkeep(&self) {
        self.board.upkeep();
    }
}

/// Seconds since 1970, as Prometheus counts time.
pub(crate) fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

/// A peer may put any word in the place of a method.
fn method_label(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use http::{Method, StatusCode};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn answered(method: &Method, status: StatusCode) -> Answered<'_> {
        Answered {
            route: "/trustList",
            method,
            status,
            participant: Some("XA"),
            code: None,
            duration: Duration::from_millis(3),
        }
    }

    #[test]
    fn counts_requests_by_route_status_and_participant() {
        let metrics = Metrics::new(at(0));
        metrics.answered(answered(&Method::GET, StatusCode::OK));
        metrics.answered(answered(&Method::GET, StatusCode::NOT_MODIFIED));
        metrics.answered(Answered {
            code: Some("0x004"),
            ..answered(&Method::POST, StatusCode::BAD_REQUEST)
        });
        let strange: Method = "MADE-UP".parse().unwrap();
        metrics.answered(Answered {
            participant: None,
            ..answered(&strange, StatusCode::UNAUTHORIZED)
        });
        let text = metrics.render(|_| {});
        for line in [
            "gdhcn_requests_total{route=\"/trustList\",method=\"GET\",status=\"200\",participant=\"XA\"} 1",
            "gdhcn_requests_total{route=\"/trustList\",method=\"other\",status=\"401\",participant=\"none\"} 1",
            "gdhcn_uploads_refused_total{route=\"/trustList\",code=\"0x004\",participant=\"XA\"} 1",
            "gdhcn_request_duration_seconds_count{route=\"/trustList\"} 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn an_open_connection_counts_until_it_is_dropped() {
        let metrics = Metrics::new(at(0));
        let first = metrics.opened();
        let second = metrics.opened();
        drop(first);
        assert!(metrics.render(|_| {}).contains("\ngdhcn_connections_open 1\n"));
        drop(second);
        assert!(metrics.render(|_| {}).contains("\ngdhcn_connections_open 0\n"));
    }

    #[test]
    fn a_job_shows_its_runs() {
        let metrics = Metrics::new(at(0));
        metrics.job_ended(Job::Publication, true);
        metrics.job_ended(Job::Publication, false);
        metrics.job_ended(Job::TombstoneCleanUp, true);
        let text = metrics.render(|_| {});
        for line in [
            "gdhcn_job_runs_total{task=\"publication\",outcome=\"success\"} 1",
            "gdhcn_job_runs_total{task=\"publication\",outcome=\"failure\"} 1",
            "gdhcn_job_runs_total{task=\"tombstone-clean-up\",outcome=\"failure\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn what_is_measured_at_a_scrape_ends_with_its_thing() {
        let metrics = Metrics::new(at(0));
        let with = metrics.render(|board| {
            board.gauge(name::CERTIFICATES, &[("participant", "XA"), ("group", "DSC")]).set(3);
        });
        assert!(with.contains("gdhcn_certificates{participant=\"XA\",group=\"DSC\"} 3"), "{with}");
        assert!(!metrics.render(|_| {}).contains("gdhcn_certificates{"));
    }
}

//! Names, kinds and meanings: the whole list.

/// What a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// One name with what it means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) help: &'static str,
}

macro_rules! metrics {
    ($($constant:ident = $kind:ident $name:literal $help:literal;)*) => {
        $(pub(crate) const $constant: &str = $name;)*
        /// Every metric of a gateway.
        pub(crate) const ALL: &[Metric] =
            &[$(Metric { name: $name, kind: Kind::$kind, help: $help },)*];
    };
}

metrics! {
    BUILD = Gauge "gdhcn_build_info" "Always 1; the label tells the version.";
    PROCESS_START = Gauge "gdhcn_start_timestamp_seconds" "When the gateway started.";
    REQUESTS = Counter "gdhcn_requests_total" "Answered requests of the participants' interface.";
    REQUEST_DURATION = Histogram "gdhcn_request_duration_seconds"
        "From a request's complete headers to those of its answer.";
    REQUESTS_LIMITED = Counter "gdhcn_requests_limited_total"
        "Requests refused with 429 because one certificate asked too often.";
    UPLOADS_REFUSED = Counter "gdhcn_uploads_refused_total"
        "Uploads and deletions of known participants that were refused, by code.";
    LAST_DOWNLOAD = Gauge "gdhcn_participant_last_download_timestamp_seconds"
        "When a participant last got what it asked for, from whichever process.";
    CONNECTIONS_OPEN = Gauge "gdhcn_connections_open"
        "Open connections of the participants' interface.";
    CONNECTIONS_REFUSED = Counter "gdhcn_connections_refused_total"
        "Connections closed because a limit was reached.";
    HANDSHAKES_FAILED = Counter "gdhcn_handshakes_failed_total" "TLS handshakes without success.";
    CERTIFICATES = Gauge "gdhcn_certificates"
        "Certificates that are served, by participant and group.";
    CERTIFICATES_VALID = Gauge "gdhcn_certificates_valid"
        "Certificates that are served and valid now, by participant and group.";
    NEXT_EXPIRY = Gauge "gdhcn_certificate_not_after_timestamp_seconds"
        "The earliest end among the certificates that are valid now.";
    VALID_UNTIL = Gauge "gdhcn_participant_valid_until_timestamp_seconds"
        "The latest end among all certificates: from then on the participant has none.";
    ANCHOR_NOT_AFTER = Gauge "gdhcn_trust_anchor_not_after_timestamp_seconds"
        "The latest end among the configured trust anchors.";
    SERVER_NOT_AFTER = Gauge "gdhcn_server_certificate_not_after_timestamp_seconds"
        "When the gateway's own TLS certificate ends.";
    ROWS_UNREADABLE = Gauge "gdhcn_rows_unreadable"
        "Rows of the database that are not served, by what is wrong with them.";
    ROWS_UNREADABLE_FOUND = Counter "gdhcn_rows_unreadable_total"
        "Rows found that cannot be served, each counted once, by what is wrong with them.";
    SNAPSHOT_REVISION = Gauge "gdhcn_snapshot_revision"
        "Number of the last change that is served.";
    SNAPSHOT_CONFIRMED = Gauge "gdhcn_snapshot_confirmed_timestamp_seconds"
        "When the database was last seen to hold what is served.";
    DATABASE_UP = Gauge "gdhcn_database_up" "Whether the database could be read and written of late.";
    RELOADS = Counter "gdhcn_reloads_total"
        "Attempts to load certificates and configuration anew.";
    RELOAD_SUCCESSFUL = Gauge "gdhcn_reload_last_successful"
        "0 while the files on disk are refused and older ones are in use.";
    RELOADED = Gauge "gdhcn_reload_last_success_timestamp_seconds"
        "When certificates or configuration were last loaded anew.";
    JOB_RUNS = Counter "gdhcn_job_runs_total" "Runs of scheduled jobs that ended in this process.";
    JOB_LAST_SUCCESS = Gauge "gdhcn_job_last_success_timestamp_seconds"
        "When a job last ended well, in whichever process.";
    JOB_FAILURES = Gauge "gdhcn_job_failures"
        "Failed runs of a job since the last one that ended well, in whichever process.";
    FEDERATION_LAST_SUCCESS = Gauge "gdhcn_federation_last_success_timestamp_seconds"
        "When the data of another gateway was last taken over.";
    FEDERATION_FAILURES = Gauge "gdhcn_federation_failures"
        "Pulls from another gateway that failed since the last one that did not.";
    FEDERATION_MARKED = Gauge "gdhcn_federation_marked"
        "1 while the last pull from another gateway took over less than everything.";
    LOG_ENTRIES = Gauge "gdhcn_log_entries" "Entries of the transparency log.";
}

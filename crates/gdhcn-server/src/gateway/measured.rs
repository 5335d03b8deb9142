//! What the metrics say of the gateway's state, read at each scrape.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::Overview;
use jiff::{SignedDuration, Timestamp};

use super::Gateway;
use super::snapshot::TrustSnapshot;
use crate::metrics::{Board, name, seconds};

/// What is kept between two scrapes.
#[derive(Debug)]
pub(super) struct Measured {
    /// Rows that were counted as unreadable: table, primary key, fault.
    told: Mutex<HashSet<(&'static str, String, &'static str)>>,
    /// The gateway's own TLS certificate.
    server: ArcSwap<Option<Certificate>>,
}

impl Measured {
    pub(super) fn new(server: Option<Certificate>) -> Self {
        Self { told: Mutex::default(), server: ArcSwap::from_pointee(server) }
    }

    pub(super) fn replace_server(&self, server: Option<Certificate>) {
        self.server.store(server.into());
    }

    pub(super) fn server(&self) -> Arc<Option<Certificate>> {
        self.server.load_full()
    }
}

impl Gateway {
    /// All metrics as text.
    pub(super) fn measure(&self) -> String {
        let snapshot = self.trust.current();
        self.tell_unreadable(&snapshot);
        let now = self.clock.now();
        self.metrics.render(|board| {
            certificates(board, &snapshot, now);
            own_affairs(board, &self.observed.borrow());
            self.last_downloads(board, &snapshot);
            for row in snapshot.refused() {
                let labels = [("table", row.table), ("fault", row.fault.label())];
                board.gauge(name::ROWS_UNREADABLE, &labels).increment(1);
            }
            if snapshot.refused().is_empty() {
                board.gauge(name::ROWS_UNREADABLE, &[("table", "any"), ("fault", "none")]).set(0);
            }
            #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53 changes")]
            board.gauge(name::SNAPSHOT_REVISION, &[]).set(snapshot.revision() as f64);
            let age = SignedDuration::try_from(self.trust.age()).unwrap_or_default();
            let confirmed = now.saturating_sub(age).unwrap_or(now);
            board.gauge(name::SNAPSHOT_CONFIRMED, &[]).set(seconds(confirmed));
            board.gauge(name::DATABASE_UP, &[]).set(f64::from(self.down().is_empty()));
            let anchor = self.trust.anchors().iter().map(|anchor| anchor.not_after()).max();
            let server = self.measured.server();
            for (name, end) in [
                (name::ANCHOR_NOT_AFTER, anchor),
                (name::SERVER_NOT_AFTER, server.as_ref().as_ref().map(Certificate::not_after)),
            ] {
                if let Some(end) = end {
                    board.gauge(name, &[]).set(seconds(end));
                }
            }
        })
    }

    /// Of those who still take part, by the database and by this process, which is ahead of it.
    fn last_downloads(&self, board: &Board, snapshot: &TrustSnapshot) {
        let mut last = BTreeMap::<String, Timestamp>::new();
        let written = self.observed.borrow().contacts.clone();
        for contact in written.into_iter().chain(self.contacts.all()) {
            if let (Some(at), Some(_)) =
                (contact.downloaded_at, snapshot.authentication(&contact.thumbprint))
            {
                let known = last.entry(contact.country).or_insert(at);
                *known = at.max(*known);
            }
        }
        for (country, at) in last {
            board.gauge(name::LAST_DOWNLOAD, &[("participant", &country)]).set(seconds(at));
        }
    }

    fn tell_unreadable(&self, snapshot: &TrustSnapshot) {
        let mut told = self.measured.told.lock().unwrap_or_else(PoisonError::into_inner);
        for row in snapshot.refused() {
            let fault = row.fault.label();
            if told.insert((row.table, row.id.clone(), fault)) {
                self.metrics.unreadable(row.table, fault);
            }
        }
    }
}

fn own_affairs(board: &Board, observed: &Overview) {
    for job in &observed.jobs {
        let labels = [("task", job.name.as_str())];
        board.gauge(name::JOB_FAILURES, &labels).set(f64::from(job.failures));
        if let Some(at) = job.last_succeeded_at {
            board.gauge(name::JOB_LAST_SUCCESS, &labels).set(seconds(at));
        }
    }
    // A peer that is switched off is not watched.
    for peer in observed.peers.iter().filter(|peer| peer.configured.interval_seconds.is_some()) {
        let labels = [("gateway", peer.id())];
        if let Some(at) = peer.last_successful_download {
            board.gauge(name::FEDERATION_LAST_SUCCESS, &labels).set(seconds(at));
        }
        board.gauge(name::FEDERATION_FAILURES, &labels).set(f64::from(peer.retry_count));
        let marked = peer.retry_count == 0 && peer.status_message.is_some();
        board.gauge(name::FEDERATION_MARKED, &labels).set(f64::from(marked));
    }
    #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53 entries")]
    board.gauge(name::LOG_ENTRIES, &[]).set(observed.log_entries as f64);
}

fn certificates(board: &Board, snapshot: &TrustSnapshot, now: Timestamp) {
    for ((country, group), state) in snapshot.groups(now) {
        let labels = [("participant", country), ("group", group)];
        #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^53 certificates")]
        for (name, value) in
            [(name::CERTIFICATES, state.all), (name::CERTIFICATES_VALID, state.valid)]
        {
            board.gauge(name, &labels).set(value as f64);
        }
        for (name, end) in
            [(name::NEXT_EXPIRY, state.next_end), (name::VALID_UNTIL, state.last_end)]
        {
            if let Some(end) = end {
                board.gauge(name, &labels).set(seconds(end));
            }
        }
    }
}

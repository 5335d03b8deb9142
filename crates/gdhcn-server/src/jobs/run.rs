use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gdhcn_store::job::Lease;
use gdhcn_store::{Store, StoreError};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::warn;

use crate::gateway::Gateway;

/// One run of a job, as the job sees it. Clones are the same run.
///
/// A change of the database names the [`lease`](Self::lease) and is refused once that is lost.
/// Before anything that outlasts it elsewhere, a job asks whether it still [goes on](Self::goes_on).
#[derive(Debug, Clone)]
pub(crate) struct Run {
    gateway: Arc<Gateway>,
    lease: Lease,
    holding: Arc<Holding>,
    asked: Asked,
    said: Arc<Mutex<Vec<String>>>,
}

/// Who wants a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The gateway that serves, in whose log people look.
    ByItself,
    /// A person, who looks at what is told.
    ByHand {
        /// With a word for what is not done without one.
        forced: bool,
    },
}

/// How long the lease is sure to be held.
#[derive(Debug)]
struct Holding {
    /// By this process's own clock, and never later than by the database's.
    until: Mutex<Instant>,
    over: watch::Sender<bool>,
}

impl Run {
    /// A run whose lease lasts until `until` at least.
    pub(super) fn new(gateway: Arc<Gateway>, lease: Lease, until: Instant, asked: Asked) -> Self {
        let holding = Holding { until: Mutex::new(until), over: watch::Sender::new(false) };
        Self { gateway, lease, holding: Arc::new(holding), asked, said: Arc::default() }
    }

    /// Says something to the person who asked for the run.
    pub(crate) fn say(&self, line: String) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// What was said, in its order.
    pub(super) fn said(&self) -> Vec<String> {
        std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a person asks for what is not done without their word.
    pub(crate) fn is_forced(&self) -> bool {
        self.asked == Asked::ByHand { forced: true }
    }

    /// Whether a person looks at what it tells, and not at the log of the gateway that serves.
    pub(crate) fn is_by_hand(&self) -> bool {
        self.asked != Asked::ByItself
    }

    /// The gateway that the job belongs to.
    pub(crate) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Its database.
    pub(crate) fn store(&self) -> &Store {
        self.gateway.store()
    }

    /// What every change of the database names.
    pub(crate) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The present instant by the gateway's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.gateway.clock.now()
    }

    /// Whether the lease is still held and the gateway does not stop.
    pub(crate) fn goes_on(&self) -> bool {
        !*self.holding.over.borrow() && Instant::now() < self.until()
    }

    fn until(&self) -> Instant {
        *self.holding.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves when the run must end: the lease is lost, or the gateway stops. What takes long
    /// (a download) waits for this beside its own end.
    pub(crate) async fn over(&self) {
        let _ = self.holding.over.subscribe().wait_for(|over| *over).await;
    }

    /// Tells the job to end.
    pub(super) fn end(&self) {
        self.holding.over.send_replace(true);
    }

    /// Renews the lease time and again. Ends when it is lost.
    pub(super) async fn keep(&self, duration: Duration) {
        loop {
            sleep(duration / 3).await;
            let since = Instant::now();
            let renewed = timeout_at(self.until(), self.store().renew_lease(&self.lease, duration));
            // A database that does not answer must not keep a run going beyond its lease.
            let Ok(renewed) = renewed.await else {
                warn!(job = self.lease.job(), "a lease was not renewed in time");
                return;
            };
            match renewed {
                Ok(()) => {
                    let mut until =
                        self.holding.until.lock().unwrap_or_else(PoisonError::into_inner);
                    *until = since + duration;
                }
                Err(StoreError::LeaseLost { .. }) => return,
                // It may come back in time.
                Err(error) => {
                    warn!(job = self.lease.job(), %error, "a lease cannot be renewed");
                    if !self.goes_on() {
                        return;
                    }
                }
            }
        }
    }
}

//! What keeps the gateway from its work, in words for its operator: readiness and status go by it.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gdhcn_store::StoreError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::{error, info};

use super::Gateway;
use crate::listen::stopped;

/// How often the database file is looked at, and a database tried that takes no changes.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often something is written where nobody complains.
const PROVE_EVERY: Duration = Duration::from_secs(10);
/// So long a failure counts at the least: what is written to prove that it is over is smaller than
/// what failed, and may fit where that did not.
const COUNTS_FOR: Duration = Duration::from_secs(5);

/// The troubles of a gateway that serves.
#[derive(Debug, Default)]
pub(crate) struct Troubles {
    writes: Mutex<Option<Failure>>,
    reload: Mutex<Option<String>>,
}

#[derive(Debug)]
struct Failure {
    cause: String,
    noticed: Instant,
}

impl Troubles {
    /// A change could not be stored.
    pub(crate) fn writes_failed(&self, cause: &impl Display) {
        let cause = cause.to_string();
        let mut present = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        if present.is_none() {
            error!(cause, "changes cannot be stored; requests for data are answered");
        }
        *present = Some(Failure { cause, noticed: Instant::now() });
    }

    fn writes_succeeded(&self) {
        let mut present = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        if present.take_if(|failure| failure.noticed.elapsed() >= COUNTS_FOR).is_some() {
            info!("changes can be stored again");
        }
    }

    /// Why changes cannot be stored.
    fn failing_writes(&self) -> Option<String> {
        let present = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        present.as_ref().map(|failure| failure.cause.clone())
    }

    /// New files were refused for this cause, or none is any more.
    pub(super) fn reload_refused(&self, cause: Option<String>) {
        *self.reload.lock().unwrap_or_else(PoisonError::into_inner) = cause;
    }

    fn refused_reload(&self) -> Option<String> {
        self.reload.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Gateway {
    /// Finds out whether the database takes changes, until told to stop.
    pub(super) async fn watch_writes(&self, mut stop: watch::Receiver<bool>) {
        let mut proved = Instant::now();
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = sleep(LOOK_EVERY) => {}
            }
            if let Err(error) = self.store().check_file() {
                self.troubles.writes_failed(&error);
            } else if proved.elapsed() >= PROVE_EVERY || self.troubles.failing_writes().is_some() {
                proved = Instant::now();
                self.prove_writable().await;
            }
        }
    }

    async fn prove_writable(&self) {
        match self.store().prove_writable().await {
            Ok(()) => self.troubles.writes_succeeded(),
            // Others write: that is no trouble of this process.
            Err(StoreError::Busy) => {}
            Err(error) => self.troubles.writes_failed(&error),
        }
    }

    /// Finds out at the start whether the database takes changes.
    ///
    /// # Errors
    ///
    /// When it never will as things are. On a full disk there is still something to serve.
    pub(super) async fn must_be_writable(&self) -> Result<(), StoreError> {
        match self.store().prove_writable().await {
            Err(error @ (StoreError::ReadOnly { .. } | StoreError::Replaced(_))) => Err(error),
            Ok(()) | Err(StoreError::Busy) => Ok(()),
            Err(error) => {
                self.troubles.writes_failed(&error);
                Ok(())
            }
        }
    }

    /// What makes it unfit to be asked: what is served may hold withdrawn signers, or no upload
    /// succeeds. Empty where all is well.
    pub(super) fn down(&self) -> Vec<String> {
        let outdated = self.trust.is_outdated().then(|| {
            let cause = self.trust.failure().unwrap_or_else(|| "it does not answer".to_owned());
            format!("the database has not been read for a while: {cause}")
        });
        let writes = self.troubles.failing_writes();
        let writes = writes.map(|cause| format!("changes cannot be stored: {cause}"));
        outdated.into_iter().chain(writes).collect()
    }

    /// All that its operator should put right.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = self.down();
        if let (Some(cause), false) = (self.trust.failure(), self.trust.is_outdated()) {
            faults.push(format!("the database cannot be read: {cause}"));
        }
        if let Some(cause) = self.troubles.refused_reload() {
            faults.push(format!("changed files are refused, the former ones stay in use: {cause}"));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_failure_counts_for_a_while_and_then_until_a_change_is_stored() {
        let troubles = Troubles::default();
        assert_eq!(troubles.failing_writes(), None);
        troubles.writes_failed(&"the disk is full");
        troubles.writes_succeeded();
        assert_eq!(troubles.failing_writes().as_deref(), Some("the disk is full"));
        tokio::time::advance(COUNTS_FOR).await;
        assert!(troubles.failing_writes().is_some());
        troubles.writes_succeeded();
        assert_eq!(troubles.failing_writes(), None);
    }
}

//! The gateway's own affairs as the database tells them, read anew every moment: what jobs, status
//! and metrics go by, in every process on the database alike.

use std::sync::Arc;
use std::time::Duration;

use gdhcn_store::StoreError;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::debug;

use super::Gateway;
use crate::listen::stopped;

/// How often the database is read.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Gateway {
    /// Looks until told to stop.
    pub(crate) async fn observe(&self, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = sleep(LOOK_EVERY) => {}
            }
            // The follower of the content says aloud when the database cannot be read.
            if let Err(error) = self.look().await {
                debug!(%error, "the gateway's affairs cannot be read");
            }
        }
    }

    /// Looks now.
    pub(super) async fn look(&self) -> Result<(), StoreError> {
        let overview = self.store().overview().await?;
        self.observed.send_replace(Arc::new(overview));
        Ok(())
    }
}

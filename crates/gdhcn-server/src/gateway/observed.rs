//! The gateway's own affairs as the database tells them, read anew every moment: what jobs, status
//! and metrics go by, in every process on the database alike.

use std::sync::Arc;
use std::time::Duration;

use gdhcn_store::StoreError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::{debug, warn};

use super::Gateway;
use super::contacts::WRITE_EVERY;
use crate::listen::stopped;

/// How often the database is read.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Gateway {
    /// Looks until told to stop.
    pub(crate) async fn observe(&self, mut stop: watch::Receiver<bool>) {
        let mut written = Instant::now();
        loop {
            let is_over = tokio::select! {
                () = stopped(&mut stop) => true,
                () = sleep(LOOK_EVERY) => false,
            };
            if is_over || written.elapsed() >= WRITE_EVERY {
                written = Instant::now();
                if let Err(error) = self.contacts.write(self.store()).await {
                    warn!(%error, "who came when is not written down");
                }
            }
            if is_over {
                return;
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

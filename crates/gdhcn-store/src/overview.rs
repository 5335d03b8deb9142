//! What a database says of its gateway beside the content, read at one moment.

use crate::error::StoreError;
use crate::federation_gateway::{self, FederationGateway};
use crate::job::{self, JobState};
use crate::log;
use crate::store::Store;

/// The gateway's own affairs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// Every job that was ever run, by name.
    pub jobs: Vec<JobState>,
    /// Gateways that are pulled from, in the order of their making.
    pub peers: Vec<FederationGateway>,
    /// Entries of the transparency log.
    pub log_entries: u64,
}

impl Store {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn overview(&self) -> Result<Overview, StoreError> {
        let mut reading = self.read().await?;
        Ok(Overview {
            jobs: job::read_all(&mut reading).await?,
            peers: federation_gateway::read_all(&mut reading).await?.0,
            log_entries: log::size(&mut reading).await?,
        })
    }
}

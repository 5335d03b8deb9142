//! What a database says of its gateway beside the content, read at one moment.

use jiff::Timestamp;

use crate::contact::{self, Contact};
use crate::database::{Transaction, values};
use crate::error::StoreError;
use crate::federation_gateway::{self, FederationGateway};
use crate::job::{self, JobState};
use crate::log;
use crate::onboarding::RequestState;
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
    /// When each client certificate last came.
    pub contacts: Vec<Contact>,
    /// Onboarding requests that wait for operators, oldest first.
    pub pending_requests: Vec<PendingRequest>,
}

/// An onboarding request that waits for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingRequest {
    /// Its identifier.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Alpha-3 code of the participant.
    pub participant: String,
    /// How many approvals it has; whether they hold is not judged.
    pub approvals: u32,
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
            contacts: contact::read_all(&mut reading).await?,
            pending_requests: pending(&mut reading).await?,
        })
    }
}

async fn pending(transaction: &mut Transaction) -> Result<Vec<PendingRequest>, sqlx::Error> {
    let rows = transaction
        .rows(
            "SELECT id, created_at, participant,
                    (SELECT COUNT(*) FROM onboarding_approval WHERE request_id = id) AS approvals
               FROM onboarding_request WHERE state = $1 ORDER BY created_at, id",
            values![RequestState::Pending.as_str()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(PendingRequest {
                id: row.get("id")?,
                created_at: row.instant("created_at")?,
                participant: row.get("participant")?,
                approvals: u32::try_from(row.get::<i64>("approvals")?).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

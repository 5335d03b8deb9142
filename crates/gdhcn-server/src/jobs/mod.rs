//! What a gateway does without being asked.
//!
//! Of the processes on one database, whichever takes a job's lease runs it ([`scheduler`]). A job
//! is a line of the table in [`table`]: a name, an interval and what to do with a [`Run`]. It is
//! safe to be killed at any moment: it leaves the old state or the new one, and changes nothing
//! once its lease is lost. Each run ends with a [`JobOutcome`], which status and metrics tell.

pub mod federation;
pub mod publication;

mod clean_up;
mod expiry_warning;
mod run;
mod schedule;
mod scheduler;

use std::str::FromStr;

use jiff::Timestamp;

use self::publication::PublicationError;
pub(crate) use self::run::{Asked, Run};
pub use self::scheduler::RunJobError;
pub(crate) use self::scheduler::{ScheduledJob, Scheduler};
use crate::config::GatewayConfig;

/// The names of the jobs: in the table of leases, in status and in metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Job {
    /// Pulling from other gateways.
    Federation,
    /// Writing the DID trust lists.
    Publication,
    /// Marking revocation batches that have ended, and removing those that ended long ago.
    RevocationCleanUp,
    /// Removing the marks of withdrawn signer certificates.
    TombstoneCleanUp,
    /// Warning of certificates that end soon.
    ExpiryWarning,
}

impl Job {
    /// Every job.
    pub const ALL: [Self; 5] = [
        Self::Federation,
        Self::Publication,
        Self::RevocationCleanUp,
        Self::TombstoneCleanUp,
        Self::ExpiryWarning,
    ];

    /// The name, for example `federation`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Federation => "federation",
            Self::Publication => "publication",
            Self::RevocationCleanUp => "revocation-clean-up",
            Self::TombstoneCleanUp => "tombstone-clean-up",
            Self::ExpiryWarning => "expiry-warning",
        }
    }
}

/// A text that names no job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no job has this name; the jobs are {}", Job::ALL.map(Job::as_str).join(", "))]
pub struct UnknownJob;

impl FromStr for Job {
    type Err = UnknownJob;

    fn from_str(text: &str) -> Result<Self, UnknownJob> {
        Self::ALL.into_iter().find(|job| job.as_str() == text).ok_or(UnknownJob)
    }
}

/// How one run of a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobReport {
    /// Which job.
    pub job: Job,
    /// When the run began, by the gateway's clock.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What came of it.
    pub outcome: JobOutcome,
    /// One line for each thing that a person who asked is told of, and that the log of a gateway
    /// that serves has otherwise.
    pub details: Vec<String>,
}

/// What came of a run. The texts are for people; they hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    /// Everything is as it should be.
    Done {
        /// What was done.
        message: String,
    },
    /// Done, but something needs a person's look.
    Marked {
        /// What needs it.
        message: String,
    },
    /// It was not done, or not all of it.
    Failed {
        /// Why.
        message: String,
    },
    /// The gateway stopped, or another process took the job over, before the end.
    Interrupted,
}

impl JobOutcome {
    /// The text, where there is one.
    pub fn message(&self) -> &str {
        match self {
            Self::Done { message } | Self::Marked { message } | Self::Failed { message } => message,
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether the job did what it should.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Marked { .. })
    }
}

impl<Error: std::error::Error> From<Result<String, Error>> for JobOutcome {
    fn from(result: Result<String, Error>) -> Self {
        match result {
            Ok(message) => Self::Done { message },
            Err(error) => Self::Failed { message: error.to_string() },
        }
    }
}

/// The jobs of a gateway that is configured like this.
///
/// # Errors
///
/// When the key that signs DID lists cannot be used.
pub(crate) fn table(config: &GatewayConfig) -> Result<Vec<ScheduledJob>, PublicationError> {
    let mut jobs = vec![
        federation::job(config),
        clean_up::tombstones(&config.jobs),
        expiry_warning::job(&config.jobs),
    ];
    if config.revocation.enabled {
        jobs.push(clean_up::revocation(&config.jobs));
    }
    if let Some(did) = &config.did {
        jobs.push(publication::job(did, config.profile)?);
    }
    Ok(jobs)
}

//! What a gateway does without being asked.
//!
//! A job is safe to be killed at any moment: it leaves the old state or the new one. Each run
//! ends with a [`JobReport`], from which status and metrics are made.

pub mod publication;
mod schedule;

pub use schedule::{Jitter, retry_after};

use jiff::Timestamp;

/// The names of the jobs: in the table of leases, in status and in metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Job {
    /// Pulling from other gateways.
    Federation,
    /// Writing the DID trust lists.
    Publication,
    /// Removing revocation batches that ended long ago.
    RevocationCleanUp,
    /// Removing the marks of withdrawn signer certificates.
    TombstoneCleanUp,
    /// Warning of certificates that end soon.
    ExpiryWarning,
    /// Fetching value sets.
    ValueSetRefresh,
}

impl Job {
    /// Every job.
    pub const ALL: [Self; 6] = [
        Self::Federation,
        Self::Publication,
        Self::RevocationCleanUp,
        Self::TombstoneCleanUp,
        Self::ExpiryWarning,
        Self::ValueSetRefresh,
    ];

    /// The name, for example `federation`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Federation => "federation",
            Self::Publication => "publication",
            Self::RevocationCleanUp => "revocation-clean-up",
            Self::TombstoneCleanUp => "tombstone-clean-up",
            Self::ExpiryWarning => "expiry-warning",
            Self::ValueSetRefresh => "value-set-refresh",
        }
    }
}

/// How one run of a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobReport {
    /// Which job.
    pub job: Job,
    /// What it was about where there are several, for example a peer's identity.
    pub subject: Option<String>,
    /// When the run began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What came of it.
    pub outcome: JobOutcome,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    /// Everything is as it should be.
    Done {
        /// What was done, for people.
        message: String,
    },
    /// Done, but something needs a person's look.
    Marked {
        /// What needs it.
        message: String,
    },
    /// Nothing was changed.
    Failed {
        /// Why.
        message: String,
    },
}

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Contradiction;

/// The section `[jobs]`: what the gateway does by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobsConfig {
    /// Whether this process runs jobs. Of several processes on one database one should.
    pub enabled: bool,
    /// So long a process that was killed holds up the job that it ran.
    pub lease_seconds: u64,
    /// Seconds between two looks for other gateways that are to be pulled from. How often each is,
    /// stands with it.
    pub federation_seconds: u64,
    /// Seconds between two looks for revocation batches that have ended.
    pub revocation_clean_up_seconds: u64,
    /// For how many days deleted batches stay listed.
    pub deleted_batch_days: u16,
    /// Seconds between two looks for withdrawn certificates that can be forgotten.
    pub tombstone_clean_up_seconds: u64,
    /// For how many days withdrawn certificates stay in lists of changes.
    pub tombstone_days: u16,
    /// Seconds between two looks for certificates that end soon.
    pub expiry_warning_seconds: u64,
}

impl Default for JobsConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            lease_seconds: 30,
            federation_seconds: 60,
            revocation_clean_up_seconds: 600,
            deleted_batch_days: 14,
            tombstone_clean_up_seconds: 3600,
            tombstone_days: 14,
            expiry_warning_seconds: 3600,
        }
    }
}

impl JobsConfig {
    pub(super) fn contradiction(&self) -> Option<Contradiction> {
        let at = |key, why| Some(Contradiction { section: Some("jobs"), key, why });
        if self.lease_seconds < 3 {
            return at(
                "lease_seconds",
                "`jobs.lease_seconds` is below 3: leases could not be kept",
            );
        }
        for (key, seconds) in [
            ("federation_seconds", self.federation_seconds),
            ("revocation_clean_up_seconds", self.revocation_clean_up_seconds),
            ("tombstone_clean_up_seconds", self.tombstone_clean_up_seconds),
            ("expiry_warning_seconds", self.expiry_warning_seconds),
        ] {
            if seconds == 0 {
                return at(key, "an interval under `jobs` is 0: the job would never end");
            }
        }
        None
    }

    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }
}

/// The instant so many days before `now`.
pub(crate) fn days_before(now: Timestamp, days: u16) -> Timestamp {
    now.saturating_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

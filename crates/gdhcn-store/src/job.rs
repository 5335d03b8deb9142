//! Leases: of the processes on one database, one runs a job.
//!
//! A lease ends by the database's clock, which all processes share, unless it is renewed. Each has
//! a holder's text of its own, so that a holder whose lease was taken over is told from the new
//! one even within one process. Changes follow one another, so a change that looks for its lease
//! in its own transaction ([`check`]) is made by the holder or not at all.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::database::{Row, Transaction, values};
use crate::error::StoreError;
use crate::limit;
use crate::store::Store;

/// The right to run a job for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    job: String,
    holder: String,
}

impl Lease {
    /// Name of the job.
    pub fn job(&self) -> &str {
        &self.job
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEnd {
    /// It did what it should; the text tells people what.
    Succeeded(String),
    /// It did, but something needs a person's look; the text tells what.
    Marked(String),
    /// It did not; the text tells why.
    Failed(String),
    /// It was stopped before its end. Such a run does not count: the next one is due at once.
    Interrupted,
}

/// What is known of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobState {
    /// Name of the job.
    pub name: String,
    /// The process that runs it and a mark of the run; none between runs. A process that was
    /// killed stays here after `lease_until`, until another one takes the job over.
    pub holder: Option<String>,
    /// When the holder's lease ends unless it is renewed.
    pub lease_until: Option<Timestamp>,
    /// When the last run began.
    pub last_started_at: Option<Timestamp>,
    /// When a run last ended well.
    pub last_succeeded_at: Option<Timestamp>,
    /// When a run last failed.
    pub last_failed_at: Option<Timestamp>,
    /// Failed runs since the last one that ended well.
    pub failures: u32,
    /// Whether the last run that ended well left something that needs a person's look.
    pub marked: bool,
    /// What the last run that ended said.
    pub message: Option<String>,
}

impl JobState {
    /// When a run last ended, well or not.
    pub fn last_ended_at(&self) -> Option<Timestamp> {
        self.last_succeeded_at.max(self.last_failed_at)
    }

    /// Whether `wait` has not passed yet at `now` since a run last ended. An end in the future
    /// counts for nothing: the clock was set back since.
    pub fn is_resting(&self, wait: Duration, now: Timestamp) -> bool {
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        let ends = [self.last_succeeded_at, self.last_failed_at].into_iter().flatten();
        ends.map(|ended| now.duration_since(ended))
            .any(|rested| !rested.is_negative() && rested < wait)
    }

    /// Whether a process runs it at `now`.
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.holder.is_some()
            && self.lease_until.is_some_and(|until| until > now)
            && self.last_started_at.is_none_or(|started| started <= now)
    }
}

impl Store {
    /// Takes the job's lease for `duration`, if nobody holds it and at least `due_after` has
    /// passed since a run last ended. `process` tells people who runs it.
    ///
    /// What began or ended in the future was written before the database's clock was set back. It
    /// holds nothing up: the job would stand still until then.
    ///
    /// # Errors
    ///
    /// When the database cannot be read or written.
    pub async fn take_lease(
        &self,
        job: &str,
        process: &str,
        duration: Duration,
        due_after: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let lease = Lease { job: job.to_owned(), holder: format!("{process} {}", Uuid::new_v4()) };
        let mut writing = self.begin_change().await?;
        let now = writing.now().await?;
        let taken = writing
            .execute(
                "INSERT INTO job (name, holder, lease_until, last_started_at, failures)
                 VALUES ($1, $2, $3, $4, 0)
                 ON CONFLICT (name) DO UPDATE
                    SET holder = $2, lease_until = $3, last_started_at = $4
                  WHERE (job.holder IS NULL OR job.lease_until <= $4 OR job.last_started_at > $4)
                    AND COALESCE(job.last_succeeded_at, 0) NOT BETWEEN $5 + 1 AND $4
                    AND COALESCE(job.last_failed_at, 0) NOT BETWEEN $5 + 1 AND $4",
                values![
                    &lease.job,
                    &lease.holder,
                    now.saturating_add(milliseconds(duration)),
                    now,
                    now.saturating_sub(milliseconds(due_after)),
                ],
            )
            .await?;
        writing.commit_unrecorded().await?;
        Ok((taken > 0).then_some(lease))
    }

    /// Lets a lease end `duration` from now.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when it has ended; otherwise when the database cannot be written.
    pub async fn renew_lease(&self, lease: &Lease, duration: Duration) -> Result<(), StoreError> {
        let mut writing = self.begin_change().await?;
        check(&mut writing, lease).await?;
        let until = writing.now().await?.saturating_add(milliseconds(duration));
        writing
            .execute("UPDATE job SET lease_until = $2 WHERE name = $1", values![&lease.job, until])
            .await?;
        writing.commit_unrecorded().await
    }

    /// Whether a lease still lasts. A change of the database looks itself; this is for work
    /// outside of it.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when it has ended; otherwise when the database cannot be read.
    pub async fn check_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        check(&mut self.read().await?, lease).await
    }

    /// Gives a lease back and records how the run ended.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when another process has taken it over, which alone records
    /// something then; otherwise when the database cannot be written.
    pub async fn release_lease(&self, lease: Lease, end: &RunEnd) -> Result<(), StoreError> {
        let mut writing = self.begin_change().await?;
        let now = writing.now().await?;
        let released = match end {
            RunEnd::Succeeded(message) | RunEnd::Marked(message) => {
                let marked = matches!(end, RunEnd::Marked(_));
                writing
                    .execute(
                        "UPDATE job SET holder = NULL, last_succeeded_at = $3, failures = 0,
                                message = $4, marked = $5
                          WHERE name = $1 AND holder = $2",
                        values![&lease.job, &lease.holder, now, &limit::status(message), marked],
                    )
                    .await?
            }
            RunEnd::Failed(message) => {
                writing
                    .execute(
                        "UPDATE job SET holder = NULL, last_failed_at = $3,
                                failures = failures + 1, message = $4
                          WHERE name = $1 AND holder = $2",
                        values![&lease.job, &lease.holder, now, &limit::status(message)],
                    )
                    .await?
            }
            RunEnd::Interrupted => {
                writing
                    .execute(
                        "UPDATE job SET holder = NULL WHERE name = $1 AND holder = $2",
                        values![&lease.job, &lease.holder],
                    )
                    .await?
            }
        };
        if released == 0 {
            return Err(lost(&lease));
        }
        writing.commit_unrecorded().await
    }
}

/// Every job that was ever run, by name.
pub(crate) async fn read_all(transaction: &mut Transaction) -> Result<Vec<JobState>, sqlx::Error> {
    let rows = transaction
        .rows(
            "SELECT name, holder, lease_until, last_started_at, last_succeeded_at, last_failed_at,
                    failures, marked, message
               FROM job ORDER BY name",
            &[],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// Refuses what the holder of an ended lease would do inside this transaction.
pub(crate) async fn check(transaction: &mut Transaction, lease: &Lease) -> Result<(), StoreError> {
    let now = transaction.now().await?;
    let held = transaction
        .integer(
            "SELECT COUNT(*) FROM job WHERE name = $1 AND holder = $2 AND lease_until > $3",
            values![&lease.job, &lease.holder, now],
        )
        .await?;
    if held == 0 {
        return Err(lost(lease));
    }
    Ok(())
}

fn lost(lease: &Lease) -> StoreError {
    StoreError::LeaseLost { job: lease.job.clone() }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn from_row(row: &Row) -> Result<JobState, sqlx::Error> {
    let holder: Option<String> = row.get("holder")?;
    let lease_until = match holder {
        Some(_) => Some(row.instant("lease_until")?),
        None => None,
    };
    Ok(JobState {
        name: row.get("name")?,
        holder,
        lease_until,
        last_started_at: row.instant_if_any("last_started_at")?,
        last_succeeded_at: row.instant_if_any("last_succeeded_at")?,
        last_failed_at: row.instant_if_any("last_failed_at")?,
        failures: u32::try_from(row.get::<i64>("failures")?).unwrap_or(u32::MAX),
        marked: row.get("marked")?,
        message: row.get("message")?,
    })
}

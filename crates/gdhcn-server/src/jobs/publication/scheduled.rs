//! The job: what the tables hold, published when it has changed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::did::publish::SkipReason;
use jiff::{SignedDuration, Timestamp};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{DidConfig, Input, Occasion, PublicationError, PublicationReport, Publisher};
use crate::config::Profile;
use crate::gateway::TrustError;
use crate::jobs::{Job, JobOutcome, Run, ScheduledJob};

/// The content is looked at as a whole at least so often, though it has not changed: proofs age,
/// certificates end, and somebody may have touched what was published.
const WHOLE_LOOK: SignedDuration = SignedDuration::from_mins(15);
/// So many of the certificates that are left out are named.
const NAMED: usize = 3;

/// What was published last by this process, and what came of it.
#[derive(Debug)]
struct Last {
    revision: i64,
    anchors: Arc<Box<[Certificate]>>,
    at: Timestamp,
    outcome: JobOutcome,
}

/// Why a run published nothing.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Publication(#[from] PublicationError),
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// The job of a gateway that publishes like this. Reads the key.
pub(crate) fn job(config: &DidConfig, profile: Profile) -> Result<ScheduledJob, PublicationError> {
    let interval = Duration::from_secs(config.interval_seconds);
    let publisher = Arc::new(Publisher::load(config.clone())?);
    let last = Arc::new(Mutex::new(None));
    Ok(ScheduledJob::new(Job::Publication, interval, move |run| {
        let (publisher, last) = (Arc::clone(&publisher), Arc::clone(&last));
        async move {
            match publish(run, publisher, profile, &last).await {
                Ok(outcome) => outcome,
                Err(error) => JobOutcome::Failed { message: error.to_string() },
            }
        }
    }))
}

async fn publish(
    run: Run,
    publisher: Arc<Publisher>,
    profile: Profile,
    last: &Mutex<Option<Last>>,
) -> Result<JobOutcome, RunError> {
    let (now, anchors) = (run.now(), run.gateway().anchors());
    let revision = run.store().revision().await.map_err(TrustError::from)?;
    if !run.is_forced() {
        let last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |last: &&Last| {
            last.revision == revision
                && Arc::ptr_eq(&last.anchors, &anchors)
                && now.duration_since(last.at).abs() < WHOLE_LOOK
        };
        if let Some(last) = last.as_ref().filter(same) {
            return Ok(last.outcome.clone());
        }
    }
    let content = run.store().trust_content().await.map_err(TrustError::from)?;
    let issuers = run.store().trusted_issuers().await.map_err(TrustError::from)?;
    let trusted = Arc::clone(&anchors);
    let published = spawn_blocking(move || {
        let federated = publisher.config.include_federated;
        let mut input = Input::of_tables(&content, &trusted, federated);
        input.add_issuers(&issuers, &trusted, profile);
        let mut nonce = || Uuid::new_v4().simple().to_string();
        let goes_on = || run.goes_on();
        let (force, goes_on) = (run.is_forced(), &goes_on);
        publisher.run(&input, Occasion { now, force, goes_on, nonce: &mut nonce })
    });
    let outcome = tell(&published.await.map_err(TrustError::from)??);
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    *last = Some(Last { revision, anchors, at: now, outcome: outcome.clone() });
    Ok(outcome)
}

fn tell(report: &PublicationReport) -> JobOutcome {
    let documents = report.documents;
    let mut message = match report.written {
        true => format!(
            "{} keys; documents: {} new or changed, {} proofs made anew, {} removed",
            report.keys, documents.changed, documents.refreshed, report.removed
        ),
        false => format!("{} keys; nothing has changed", report.keys),
    };
    if let Some(did) = &report.key_elsewhere {
        message.push_str("; the key's document is not among them, publish it as ");
        message.push_str(did);
    }
    let of_use = |reason: &SkipReason| !matches!(reason, SkipReason::Usage | SkipReason::Expired);
    let left_out: Vec<_> =
        report.skipped.iter().filter(|skipped| of_use(&skipped.reason)).collect();
    if left_out.is_empty() {
        return JobOutcome::Done { message };
    }
    message.push_str(&format!("; not listed: {}", left_out.len()));
    for skipped in left_out.iter().take(NAMED) {
        message.push_str(&format!(", {} {} ({})", skipped.country, skipped.kid, skipped.reason));
    }
    JobOutcome::Marked { message }
}

//! Forgetting what has ended.

use std::time::Duration;

use gdhcn_store::StoreError;
use gdhcn_store::revocation_batch::LISTED;

use super::{Job, Run, ScheduledJob};
use crate::config::{JobsConfig, days_before};

/// Marks revocation batches that have ended as deleted, and removes those deleted long ago.
pub(super) fn revocation(config: &JobsConfig) -> ScheduledJob {
    let interval = Duration::from_secs(config.revocation_clean_up_seconds);
    let days = config.deleted_batch_days;
    ScheduledJob::new(Job::RevocationCleanUp, interval, move |run: Run| async move {
        let (store, now) = (run.store(), run.now());
        let mut ended = 0;
        // So many in one change; other changes come between.
        loop {
            let marked = store.expire_revocation_batches(run.lease(), now).await?;
            ended += marked;
            if marked < LISTED {
                break;
            }
        }
        let before = days_before(now, days);
        let removed = store.purge_revocation_batches(run.lease(), before, now).await?;
        Ok::<_, StoreError>(format!("{ended} batches have ended, {removed} were removed"))
    })
}

/// Forgets certificates that were withdrawn long ago.
pub(super) fn tombstones(config: &JobsConfig) -> ScheduledJob {
    let interval = Duration::from_secs(config.tombstone_clean_up_seconds);
    let days = config.tombstone_days;
    ScheduledJob::new(Job::TombstoneCleanUp, interval, move |run: Run| async move {
        let before = days_before(run.now(), days);
        let forgotten = run.store().forget_tombstones(run.lease(), before).await?;
        Ok::<_, StoreError>(format!("{forgotten} withdrawn certificates forgotten"))
    })
}

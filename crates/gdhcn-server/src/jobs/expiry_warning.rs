//! One line of the log for each certificate that ends, at each step before its end.

use std::collections::BTreeMap;
use std::time::Duration;

use gdhcn_store::StoreError;
use tracing::{info, warn};

use super::{Job, Run, ScheduledJob};
use crate::config::JobsConfig;
use crate::gateway::Expiring;

/// The step after the last one: it has ended.
const ENDED: i64 = 0;

pub(super) fn job(config: &JobsConfig) -> ScheduledJob {
    let interval = Duration::from_secs(config.expiry_warning_seconds);
    ScheduledJob::new(Job::ExpiryWarning, interval, move |run: Run| async move {
        let told = run.store().told_warnings().await?;
        let mut present = BTreeMap::new();
        let mut new = 0;
        // Uploaded certificates are their participant's own business, and many.
        let status = run.gateway().status();
        for expiring in status.expiring.iter().filter(|one| !one.is_uploaded()) {
            let step = if expiring.days < 0 { ENDED } else { expiring.warning };
            if told.get(&expiring.thumbprint) != Some(&step) {
                tell(expiring, step);
                new += 1;
            }
            present.insert(expiring.thumbprint.clone(), step);
        }
        // What a person was shown is still to stand in the log of the gateway that serves.
        // After the lines: a run that is killed in between says them again.
        if present != told && !run.is_by_hand() {
            run.store().tell_warnings(run.lease(), &present).await?;
        }
        Ok::<_, StoreError>(match present.len() {
            0 => "no certificate ends soon".to_owned(),
            all => format!("{all} certificates end soon, {new} of them told just now"),
        })
    })
}

fn tell(expiring: &Expiring, step: i64) {
    let Expiring { country, group, thumbprint, not_after, days, .. } = expiring;
    let participant = country.as_deref();
    if expiring.has_successor {
        info!(participant, group, thumbprint, %not_after, days, step, "a replaced certificate ends");
    } else if step == ENDED {
        warn!(participant, group, thumbprint, %not_after, days, "a certificate has ended");
    } else {
        warn!(participant, group, thumbprint, %not_after, days, step, "a certificate ends soon");
    }
}

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
                if run.is_by_hand() {
                    run.say(in_words(expiring));
                } else {
                    tell(expiring, step);
                }
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
            0 => "no certificate ends soon or has ended unreplaced".to_owned(),
            all => format!("certificates that end soon or have ended: {all}, told just now: {new}"),
        })
    })
}

fn in_words(expiring: &Expiring) -> String {
    let Expiring { country, group, thumbprint, not_after, days, .. } = expiring;
    let whose = country.as_deref().unwrap_or("this gateway's");
    let when = match days {
        0.. => format!("ends in {days} days, {not_after}"),
        _ => format!("has ended, {not_after}"),
    };
    let replaced = if expiring.has_successor { ", and has a successor" } else { "" };
    format!("{whose} {group} {thumbprint} {when}{replaced}")
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

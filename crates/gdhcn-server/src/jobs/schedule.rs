use std::time::Duration;

use gdhcn_store::job::JobState;
use jiff::Timestamp;

/// A part of one, from 0 to 1: what spreads the retries of many gateways over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Jitter(f64);

impl Jitter {
    /// Sixteen random bits as a part of one.
    pub(crate) fn of(random: u16) -> Self {
        Self(f64::from(random) / f64::from(u16::MAX))
    }
}

/// The longest wait between two tries: a peer that is back is noticed on the same day.
const LONGEST: Duration = Duration::from_hours(6);
/// The first wait after a failure, where the interval is longer.
const FIRST: Duration = Duration::from_secs(60);

/// How long to wait after a run that leaves `failures` failed runs in a row behind it: the
/// interval after a success; after failures one minute, doubled each time up to six hours, but
/// never longer than the interval where that is longer than a minute. Up to a quarter is taken off
/// by `jitter`, so that peers of one server do not come back all at once.
pub(crate) fn retry_after(interval: Duration, failures: u32, jitter: Jitter) -> Duration {
    if failures == 0 {
        return interval;
    }
    let doubled = FIRST.saturating_mul(1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX));
    let wait = doubled.min(LONGEST).min(interval.max(FIRST));
    wait.mul_f64(1.0 - jitter.0 / 4.0)
}

/// Whether a job seems due at `now`: nobody runs it, and `wait` has passed since a run last ended.
pub(super) fn is_due(state: Option<&JobState>, wait: Duration, now: Timestamp) -> bool {
    state.is_none_or(|state| !state.is_running(now) && !state.is_resting(wait, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_due_when_nobody_runs_it_and_it_has_rested() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let wait = Duration::from_secs(60);
        let mut state = JobState {
            name: "publication".into(),
            holder: None,
            lease_until: None,
            last_started_at: Some(at(90)),
            last_succeeded_at: Some(at(100)),
            last_failed_at: Some(at(50)),
            failures: 0,
            marked: false,
            message: None,
        };
        assert!(is_due(None, wait, at(0)));
        assert!(!is_due(Some(&state), wait, at(159)));
        assert!(is_due(Some(&state), wait, at(160)));
        state.last_failed_at = Some(at(110));
        assert!(!is_due(Some(&state), wait, at(160)));
        state.holder = Some("a process".into());
        state.lease_until = Some(at(300));
        assert!(!is_due(Some(&state), wait, at(299)));
        assert!(is_due(Some(&state), wait, at(300)), "the process was killed");
        state.lease_until = Some(at(9000));
        assert!(!is_due(Some(&state), wait, at(200)) && is_due(Some(&state), wait, at(80)));
        state.holder = None;
        state.last_succeeded_at = Some(at(9000));
        assert!(!is_due(Some(&state), wait, at(160)), "the failure was just now");
        assert!(is_due(Some(&state), wait, at(170)), "the clock was set back");
    }

    const NONE: Jitter = Jitter(0.0);

    #[test]
    fn waits_double_up_to_a_bound_and_never_beyond_the_interval() {
        let hours = |hours| Duration::from_hours(hours);
        let waits: Vec<u64> =
            (0..=10).map(|failures| retry_after(hours(24), failures, NONE).as_secs()).collect();
        assert_eq!(waits, [86400, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600]);
        assert_eq!(retry_after(hours(24), u32::MAX, NONE), hours(6));
        assert_eq!(retry_after(Duration::from_secs(300), 9, NONE), Duration::from_secs(300));
        // A short interval is no reason to hammer a peer that is down.
        assert_eq!(retry_after(Duration::from_secs(5), 1, NONE), Duration::from_secs(60));
    }

    #[test]
    fn jitter_takes_off_a_quarter_at_the_most() {
        let wait = |random| retry_after(Duration::from_hours(24), 2, Jitter::of(random));
        assert_eq!(wait(0), Duration::from_secs(120));
        assert_eq!(wait(u16::MAX), Duration::from_secs(90));
        assert!(wait(1 << 15) < wait(1));
    }
}

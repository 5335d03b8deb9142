//! The end of certificates, told in steps early enough to act.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

/// Days before the end at which a warning grows louder.
pub const STEPS: [i64; 5] = [60, 30, 14, 7, 1];

/// A certificate ends soon, or has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// The end.
    pub not_after: Timestamp,
    /// Whole days until then, rounded down; negative when it is over.
    pub days: i64,
    /// The step of [`STEPS`] that was reached.
    pub step: i64,
}

impl Warning {
    /// The warning at `now`, if the end is near enough for one.
    pub fn at(not_after: Timestamp, now: Timestamp) -> Option<Self> {
        let left = not_after.duration_since(now);
        let step =
            STEPS.into_iter().rev().find(|days| left <= SignedDuration::from_hours(24 * days))?;
        Some(Self { not_after, days: left.as_secs().div_euclid(86_400), step })
    }
}

/// The value of the header `X-Certificate-Expires`.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; days={}; warning={}", self.not_after, self.days, self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g10_warns_at_60_30_14_7_and_1_days() {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let day = 86_400;
        for (seconds, expected) in [
            (61 * day, None),
            (60 * day + 1, None),
            (60 * day, Some((60, 60))),
            (31 * day, Some((31, 60))),
            (30 * day, Some((30, 30))),
            (14 * day, Some((14, 14))),
            (8 * day - 1, Some((7, 14))),
            (7 * day, Some((7, 7))),
            (day, Some((1, 1))),
            (day - 1, Some((0, 1))),
            (-1, Some((-1, 1))),
        ] {
            let warning = Warning::at(now + SignedDuration::from_secs(seconds), now);
            assert_eq!(warning.map(|w| (w.days, w.step)), expected, "{seconds}");
        }
        let warning = Warning::at(now + SignedDuration::from_secs(14 * day), now).unwrap();
        assert_eq!(warning.to_string(), "2026-06-15T12:00:00Z; days=14; warning=14");
    }
}

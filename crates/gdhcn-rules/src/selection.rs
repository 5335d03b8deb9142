//! Which stored versions of a rule a download holds.

use jiff::Timestamp;

/// Position of the first version to list, of a rule whose versions begin at `valid_from`, in the
/// order in which they were stored. That one and all later ones are listed.
///
/// The first is the newest that has begun: it has taken the place of the versions before it. All
/// versions are listed while none has begun. A version does not vanish by ending: only a version
/// that begins, or a withdrawal, takes one off the list.
///
/// This is the reference gateway's rule in short. It gives each version that is valid or will be,
/// since a version never begins before the one that was stored before it
/// ([`upload::check`](crate::upload::check)).
pub fn first_listed(valid_from: &[Timestamp], now: Timestamp) -> usize {
    valid_from.iter().rposition(|from| *from <= now).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn lists_the_valid_version_and_the_announced_ones() {
        let versions = [at(10), at(20), at(20), at(30)];
        for (now, first) in [(9, 0), (10, 0), (19, 0), (20, 2), (29, 2), (30, 3), (99, 3)] {
            assert_eq!(first_listed(&versions, at(now)), first, "{now}");
        }
        assert_eq!(first_listed(&[], at(0)), 0);
    }

    /// The steps of the reference gateway, one by one.
    fn as_the_reference(valid_from: &[Timestamp], now: Timestamp) -> Vec<usize> {
        let all = 0..valid_from.len();
        let Some(latest) = valid_from.last() else { return Vec::new() };
        if now > *latest {
            return vec![valid_from.len() - 1];
        }
        match all.clone().rev().find(|id| valid_from[*id] <= now) {
            Some(active) => all.filter(|id| *id >= active).collect(),
            None => all.filter(|id| valid_from[*id] >= now).collect(),
        }
    }

    proptest! {
        /// Users' case G4: "at any instant the download contains each version that is valid or
        /// will be".
        #[test]
        fn g4_each_version_that_is_valid_or_will_be_is_listed_at_any_instant(
            steps in prop::collection::vec(0_i64..50, 0..12),
            now in -10_i64..400,
        ) {
            let valid_from: Vec<_> = steps
                .iter()
                .scan(0, |begin, step| { *begin += step; Some(at(*begin)) })
                .collect();
            let now = at(now);
            let first = first_listed(&valid_from, now);
            let in_force = valid_from.iter().rposition(|from| *from <= now);
            for (version, from) in valid_from.iter().enumerate() {
                let wanted = *from > now || Some(version) == in_force;
                prop_assert_eq!(version >= first, wanted, "version {} at {}", version, now);
            }
        }

        /// Whatever order an imported database has.
        #[test]
        fn gives_what_the_reference_gives(
            begins in prop::collection::vec(0_i64..20, 0..12),
            now in -2_i64..22,
        ) {
            let valid_from: Vec<_> = begins.iter().map(|second| at(*second)).collect();
            let listed: Vec<_> = (first_listed(&valid_from, at(now))..valid_from.len()).collect();
            prop_assert_eq!(listed, as_the_reference(&valid_from, at(now)));
        }
    }
}

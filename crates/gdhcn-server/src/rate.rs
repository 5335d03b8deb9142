//! How often one peer may do something.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::config::Limits;
use crate::metrics::RequestKind;

/// So many in a minute for each key. A peer may use them at once; they come back evenly.
#[derive(Debug)]
pub(crate) struct Rate<Key: Hash + Eq + Clone>(DefaultKeyedRateLimiter<Key>);

impl<Key: Hash + Eq + Clone> Rate<Key> {
    /// `count` a minute; the configuration refuses 0.
    pub(crate) fn per_minute(count: u32) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN));
        Self(DefaultKeyedRateLimiter::keyed(quota))
    }

    /// Takes one of the key's; without any left says how long to wait.
    pub(crate) fn take(&self, key: &Key) -> Result<(), Duration> {
        self.0.check_key(key).map_err(|until| until.wait_time_from(self.0.clock().now()))
    }

    /// Forgets the keys that have all of theirs: an attacker chooses addresses.
    pub(crate) fn forget_idle(&self) {
        self.0.retain_recent();
    }
}

/// What one client certificate may ask, by the thumbprints of onboarded certificates only, and
/// what one address may read of the log.
#[derive(Debug)]
pub(crate) struct RequestRates {
    reads: ArcSwap<Rate<String>>,
    writes: ArcSwap<Rate<String>>,
    log: ArcSwap<Rate<IpAddr>>,
}

impl RequestRates {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            reads: ArcSwap::from_pointee(Rate::per_minute(limits.reads_per_minute)),
            writes: ArcSwap::from_pointee(Rate::per_minute(limits.writes_per_minute)),
            log: ArcSwap::from_pointee(Rate::per_minute(limits.log_reads_per_minute)),
        }
    }

    /// Puts other limits into effect; everybody begins anew.
    pub(crate) fn replace(&self, limits: &Limits) {
        self.reads.store(Arc::new(Rate::per_minute(limits.reads_per_minute)));
        self.writes.store(Arc::new(Rate::per_minute(limits.writes_per_minute)));
        self.log.store(Arc::new(Rate::per_minute(limits.log_reads_per_minute)));
    }

    /// Takes one look at the log; without any left says how long to wait.
    pub(crate) fn take_log(&self, network: IpAddr) -> Result<(), Duration> {
        self.log.load().take(&network)
    }

    /// Forgets the addresses that have all of theirs.
    pub(crate) fn forget_idle(&self) {
        self.log.load().forget_idle();
    }

    /// Takes one request; without any left says how long to wait.
    pub(crate) fn take(&self, kind: RequestKind, thumbprint: &String) -> Result<(), Duration> {
        match kind {
            RequestKind::Read => self.reads.load().take(thumbprint),
            RequestKind::Write => self.writes.load().take(thumbprint),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_and_is_told_how_long_to_wait() {
        let rate = Rate::per_minute(2);
        assert_eq!((rate.take(&"a"), rate.take(&"a")), (Ok(()), Ok(())));
        let wait = rate.take(&"a").unwrap_err();
        assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
        assert_eq!(rate.take(&"b"), Ok(()));
    }

    #[test]
    fn keys_that_have_all_of_theirs_are_forgotten() {
        // One comes back every 60 microseconds.
        let rate = Rate::per_minute(1_000_000);
        rate.take(&"a").unwrap();
        std::thread::sleep(Duration::from_millis(5));
        rate.forget_idle();
        assert!(rate.0.is_empty());
    }

    #[test]
    fn reads_and_writes_are_counted_apart() {
        let mut limits = Limits { reads_per_minute: 1, writes_per_minute: 1, ..Limits::default() };
        let rates = RequestRates::new(&limits);
        let me = "thumbprint".to_owned();
        assert_eq!(rates.take(RequestKind::Write, &me), Ok(()));
        assert_eq!(rates.take(RequestKind::Read, &me), Ok(()));
        assert!(rates.take(RequestKind::Write, &me).is_err());
        limits.writes_per_minute = 2;
        rates.replace(&limits);
        assert_eq!(rates.take(RequestKind::Write, &me), Ok(()));
    }
}

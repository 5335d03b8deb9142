use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts how many places each key holds, up to a limit per key.
#[derive(Debug)]
pub(crate) struct Tally<Key: Eq + Hash + Clone> {
    limit: AtomicUsize,
    counts: Mutex<HashMap<Key, usize>>,
}

/// A place of one key, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place<Key: Eq + Hash + Clone> {
    key: Key,
    tally: Arc<Tally<Key>>,
}

impl<Key: Eq + Hash + Clone> Tally<Key> {
    /// A tally with this many places for each key.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: AtomicUsize::new(limit), counts: Mutex::new(HashMap::new()) }
    }

    /// Puts another limit into effect. Places that are held stay held.
    pub(crate) fn replace_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// A place, unless the key holds all of its places.
    pub(crate) fn enter(self: &Arc<Self>, key: Key) -> Option<Place<Key>> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key.clone()).or_default();
        if *count >= self.limit.load(Ordering::Relaxed) {
            return None;
        }
        *count += 1;
        Some(Place { key, tally: Arc::clone(self) })
    }
}

impl<Key: Eq + Hash + Clone> Drop for Place<Key> {
    fn drop(&mut self) {
        let mut counts = self.tally.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            // Keys are never kept longer than their places: an attacker chooses them.
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gets_its_places_back_and_leaves_nothing_behind() {
        let tally = Arc::new(Tally::new(2));
        let first = tally.enter("a").unwrap();
        let second = tally.enter("a").unwrap();
        assert!(tally.enter("a").is_none());
        let other = tally.enter("b").unwrap();
        drop(first);
        let third = tally.enter("a").unwrap();
        drop((second, third, other));
        assert!(tally.counts.lock().unwrap().is_empty());
    }
}

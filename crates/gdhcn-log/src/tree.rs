//! The tree as an appender keeps it, and where its hashes are stored.
//!
//! Each hash of a complete subtree is stored once, in the order of becoming known: a leaf, then
//! the subtrees that it completes, from below. No stored hash ever changes.

use crate::TreeHash;

/// Number of hashes that a tree of `size` leaves has stored.
///
/// A leaf adds itself and one hash for each subtree that it completes.
pub const fn stored_count(size: u64) -> u64 {
    // The sum of size >> k over all k.
    2 * size - size.count_ones() as u64
}

/// The place of a stored hash: that of the `index`-th complete subtree of 2^`level` leaves.
pub const fn stored_index(level: u8, index: u64) -> u64 {
    // It is stored when its last leaf comes, after the subtrees below.
    let last_leaf = ((index + 1) << level) - 1;
    stored_count(last_leaf) + level as u64
}

/// The right edge of a tree: the roots of its largest complete subtrees, from the left.
///
/// It is all that is needed to add leaves and to know the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    hashes: Vec<TreeHash>,
}

impl Frontier {
    /// Where the hashes of the frontier of a tree of `size` leaves are stored, from the left.
    pub fn stored_at(size: u64) -> Vec<u64> {
        (0..u64::BITS as u8)
            .rev()
            .filter(|level| size >> level & 1 == 1)
            .map(|level| stored_index(level, (size >> level) - 1))
            .collect()
    }

    /// The frontier of a tree of `size` leaves from its hashes, from the left.
    ///
    /// # Errors
    ///
    /// When their number is not that of the size.
    pub fn new(size: u64, hashes: Vec<TreeHash>) -> Result<Self, FrontierError> {
        let expected = size.count_ones() as usize;
        if hashes.len() != expected {
            return Err(FrontierError { size, expected, found: hashes.len() });
        }
        Ok(Self { size, hashes })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, from the left.
    pub fn hashes(&self) -> &[TreeHash] {
        &self.hashes
    }

    /// Adds a leaf. Gives the hashes to store for it, the first at [`stored_count`] of the size
    /// before.
    pub fn push(&mut self, leaf: TreeHash) -> Vec<TreeHash> {
        let mut stored = vec![leaf];
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            // There is one for each one in the size.
            let Some(left) = self.hashes.pop() else { break };
            hash = TreeHash::of_node(left, hash);
            stored.push(hash);
        }
        self.hashes.push(hash);
        self.size += 1;
        stored
    }

    /// The root of the tree.
    pub fn root(&self) -> TreeHash {
        let from_the_right = self.hashes.iter().rev().copied();
        from_the_right
            .reduce(|right, left| TreeHash::of_node(left, right))
            .unwrap_or_else(TreeHash::of_nothing)
    }
}

/// Hashes that are not the frontier of a tree of the size given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tree of {size} leaves has {expected} hashes at its right edge, not {found}")]
pub struct FrontierError {
    size: u64,
    expected: usize,
    found: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962, 2.1, word by word.
    fn root_by_definition(leaves: &[Vec<u8>]) -> TreeHash {
        match leaves {
            [] => TreeHash::of_nothing(),
            [leaf] => TreeHash::of_leaf(leaf),
            leaves => {
                let half = leaves.len().next_power_of_two() / 2;
                let (left, right) = leaves.split_at(half);
                TreeHash::of_node(root_by_definition(left), root_by_definition(right))
            }
        }
    }

    fn leaves(count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|number| number.to_string().into_bytes()).collect()
    }

    #[test]
    fn the_root_is_that_of_the_definition_at_every_size() {
        let leaves = leaves(300);
        let mut frontier = Frontier::default();
        for size in 0..leaves.len() {
            assert_eq!(frontier.root(), root_by_definition(&leaves[..size]), "{size} leaves");
            frontier.push(TreeHash::of_leaf(&leaves[size]));
        }
    }

    #[test]
    fn every_complete_subtree_is_stored_at_its_place_and_only_once() {
        let leaves = leaves(300);
        let mut frontier = Frontier::default();
        let mut stored = Vec::new();
        for leaf in &leaves {
            assert_eq!(stored_count(frontier.size()), stored.len() as u64);
            stored.extend(frontier.push(TreeHash::of_leaf(leaf)));
        }
        let mut seen = 0;
        for level in 0..9 {
            for (index, subtree) in leaves.chunks_exact(1 << level).enumerate() {
                let place = stored_index(level, index as u64) as usize;
                assert_eq!(stored[place], root_by_definition(subtree), "{level}, {index}");
                seen += 1;
            }
        }
        assert_eq!(seen, stored.len());
    }

    #[test]
    fn the_frontier_is_found_among_the_stored_hashes() {
        let mut frontier = Frontier::default();
        let mut stored = Vec::new();
        for leaf in leaves(300) {
            stored.extend(frontier.push(TreeHash::of_leaf(&leaf)));
            let size = frontier.size();
            let hashes = Frontier::stored_at(size).iter().map(|at| stored[*at as usize]).collect();
            assert_eq!(Frontier::new(size, hashes), Ok(frontier.clone()));
        }
        assert!(Frontier::new(5, Vec::new()).is_err());
    }

    #[test]
    fn no_size_that_a_database_can_hold_overflows() {
        let most = i64::MAX as u64 / 2;
        assert_eq!(stored_count(most), 2 * most - 62);
        assert!(Frontier::stored_at(most).iter().all(|at| *at < 2 * most));
    }
}

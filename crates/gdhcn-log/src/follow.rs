use crate::bundle::{BundleError, read_bundle};
use crate::{Checkpoint, Frontier, Tile, TileKind, TreeHash};

/// Follows a log from one size to a later one.
///
/// Given are, in turn, the entries that came and the hashes that the log publishes for them; at
/// the end the root must be that of the log's checkpoint. As the follower starts from the right
/// edge of the tree that it has seen before, this also shows that nothing of that tree has
/// changed.
#[derive(Clone, Debug)]
pub struct Follower {
    frontier: Frontier,
}

impl Follower {
    /// Goes on from a tree that was seen before, or from [`Frontier::default`] for all of it.
    pub fn new(frontier: Frontier) -> Self {
        Self { frontier }
    }

    /// The right edge of the tree as far as it was followed.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The bundle and the tile to give to [`Self::take`] next on the way to a tree of `size`
    /// leaves; `None` at the end of it.
    pub fn next(&self, size: u64) -> Option<(Tile, Tile)> {
        if self.frontier.size() >= size {
            return None;
        }
        let index = self.frontier.size() / u64::from(Tile::FULL);
        let of = |kind| Tile::in_tree(kind, index, size);
        of(TileKind::Entries).zip(of(TileKind::Hashes { level: 0 }))
    }

    /// Takes what [`Self::next`] named. Gives the new entries with their numbers.
    ///
    /// # Errors
    ///
    /// When the bundle or the tile is not what its path says, or an entry is not the one that the
    /// tile has the hash of.
    pub fn take<'b>(
        &mut self,
        entries: &Tile,
        bundle: &'b [u8],
        tile: &[u8],
    ) -> Result<Vec<(u64, &'b [u8])>, FollowError> {
        let bundled = read_bundle(bundle, entries.width())
            .map_err(|error| FollowError::Bundle { path: entries.to_string(), error })?;
        let (hashes, rest) = tile.as_chunks::<{ TreeHash::LEN }>();
        if hashes.len() != bundled.len() || !rest.is_empty() {
            return Err(FollowError::Tile {
                index: entries.index(),
                found: tile.len(),
                expected: bundled.len() * TreeHash::LEN,
            });
        }
        let mut new = Vec::new();
        for (number, (entry, hash)) in (entries.first()..).zip(bundled.into_iter().zip(hashes)) {
            let leaf = TreeHash::of_leaf(entry);
            if leaf != TreeHash::from(*hash) {
                return Err(FollowError::Entry { number });
            }
            if number == self.frontier.size() {
                self.frontier.push(leaf);
                new.push((number, entry));
            }
        }
        Ok(new)
    }

    /// Checks that what was followed is the tree of this checkpoint.
    ///
    /// # Errors
    ///
    /// [`FollowError::Shrunk`] when the log has become smaller, [`FollowError::Root`] when it is
    /// another tree.
    pub fn arrive(&self, checkpoint: &Checkpoint) -> Result<(), FollowError> {
        let size = self.frontier.size();
        if checkpoint.size < size {
            return Err(FollowError::Shrunk { seen: size, now: checkpoint.size });
        }
        let root = self.frontier.root();
        if checkpoint.size == size && checkpoint.root == root {
            return Ok(());
        }
        Err(FollowError::Root { size: checkpoint.size, signed: checkpoint.root, computed: root })
    }
}

/// Why a log is not what its checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// The bundle is none, or of another number of entries.
    #[error("{path}: {error}")]
    Bundle {
        /// The path of the bundle.
        path: String,
        /// What is wrong.
        error: BundleError,
    },
    /// The tile has another number of hashes than the bundle has entries.
    #[error("the tile of hashes {index} has {found} bytes where {expected} belong")]
    Tile {
        /// Its index.
        index: u64,
        /// Its length in bytes.
        found: usize,
        /// The length that it must have.
        expected: usize,
    },
    /// An entry is not the one that the tree was made of.
    #[error("entry {number} is not the one whose hash stands in the tree: it was rewritten")]
    Entry {
        /// The number of the entry.
        number: u64,
    },
    /// The log has fewer entries than were seen.
    #[error("the log has {now} entries where {seen} were seen before: it was rolled back")]
    Shrunk {
        /// How many entries were seen.
        seen: u64,
        /// How many the log has now.
        now: u64,
    },
    /// The tree is another one than the log signed.
    #[error(
        "the {size} entries make the root {computed}, the log signed {signed}: entries were \
         dropped, changed or put in another order"
    )]
    Root {
        /// The size that the log signed.
        size: u64,
        /// The root that the log signed.
        signed: TreeHash,
        /// The root of the entries.
        computed: TreeHash,
    },
}

//! The published crate for C2SP tlog-tiles says the same as ours.

use std::cell::RefCell;

use gdhcn_log::{Checkpoint, Frontier, Tile, TileKind, TreeHash, stored_count, stored_index};
use proptest::prelude::*;
use tlog_tiles::{Error, Hash, HashReader};

struct Stored(RefCell<Vec<Hash>>);

impl HashReader for Stored {
    fn read_hashes(&self, places: &[u64]) -> Result<Vec<Hash>, Error> {
        let stored = self.0.borrow();
        Ok(places.iter().map(|place| stored[usize::try_from(*place).unwrap()]).collect())
    }
}

fn entries(count: u64) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(|number| format!("entry {number}").into_bytes())
}

fn ours(count: u64) -> (Frontier, Vec<TreeHash>) {
    let mut frontier = Frontier::default();
    let stored = entries(count).flat_map(|entry| frontier.push(TreeHash::of_leaf(&entry)));
    let stored = stored.collect();
    (frontier, stored)
}

#[test]
fn it_stores_the_same_hashes_at_the_same_places_and_makes_the_same_root() {
    let theirs = Stored(RefCell::default());
    for (number, entry) in (0..).zip(entries(600)) {
        let new = tlog_tiles::stored_hashes(number, &entry, &theirs).unwrap();
        theirs.0.borrow_mut().extend(new);
    }
    let (frontier, stored) = ours(600);
    assert!(stored.iter().map(TreeHash::as_bytes).eq(theirs.0.borrow().iter().map(|h| &h.0)));
    let root = tlog_tiles::tree_hash(600, &theirs).unwrap();
    assert_eq!(frontier.root().as_bytes(), &root.0);
}

#[test]
fn every_tile_of_a_log_has_the_same_bytes() {
    const SIZE: u64 = 70_000;
    let (_, stored) = ours(SIZE);
    let theirs = Stored(RefCell::new(stored.iter().map(|hash| Hash(*hash.as_bytes())).collect()));
    let mut seen = 0;
    for level in 0..4 {
        for index in 0.. {
            let Some(tile) = Tile::in_tree(TileKind::Hashes { level }, index, SIZE) else { break };
            let their = tlog_tiles::Tile::from_path(&their_path(&tile)).unwrap();
            let places = tile.stored_in(SIZE).unwrap();
            let bytes: Vec<u8> =
                places.iter().flat_map(|at| *stored[*at as usize].as_bytes()).collect();
            assert_eq!(their.read_data(&theirs).unwrap(), bytes, "{tile}");
            seen += 1;
        }
    }
    assert_eq!(seen, 273 + 1 + 1 + 1 + 1);
}

/// The crate writes the height of tiles first, as Go's checksum database does.
fn their_path(tile: &Tile) -> String {
    tile.to_string().replace("tile/entries/", "tile/data/").replacen("tile/", "tile/8/", 1)
}

#[test]
fn it_reads_our_checkpoints() {
    let (frontier, _) = ours(11);
    let checkpoint = Checkpoint::of("gateway.example/log", &frontier);
    let theirs = tlog_tiles::Checkpoint::from_bytes(checkpoint.to_text().as_bytes()).unwrap();
    assert_eq!(theirs.size(), 11);
    assert_eq!(&theirs.hash().0, checkpoint.root.as_bytes());
}

proptest! {
    #[test]
    fn places_are_the_same_far_beyond_what_can_be_tried(
        level in 0u8..40,
        index in 0u64..1 << 20,
        size in 0u64..1 << 60,
    ) {
        prop_assert_eq!(stored_index(level, index), tlog_tiles::stored_hash_index(level, index));
        prop_assert_eq!(stored_count(size), tlog_tiles::stored_hash_count(size));
    }

    #[test]
    fn paths_are_the_same_and_can_be_read_again(
        level in 0u8..8,
        index in 0u64..1 << 40,
        width in 1u64..=256,
    ) {
        let size = ((index << 8) + width).checked_shl(8 * u32::from(level)).unwrap_or(0);
        prop_assume!(size >> (8 * level) == (index << 8) + width);
        for kind in [TileKind::Hashes { level }, TileKind::Entries] {
            let size = if kind == TileKind::Entries { (index << 8) + width } else { size };
            let tile = Tile::in_tree(kind, index, size).unwrap();
            prop_assert_eq!(tile.to_string().parse(), Ok(tile));
            let theirs = tlog_tiles::Tile::from_path(&their_path(&tile)).unwrap();
            prop_assert_eq!(theirs.level_index(), index);
            prop_assert_eq!(u64::from(theirs.width()), width);
        }
    }
}

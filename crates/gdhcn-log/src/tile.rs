use std::fmt;
use std::str::FromStr;

use crate::bundle::length_of_entries;
use crate::hash::TreeHash;
use crate::tree::stored_index;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TileKind {
    /// Hashes of subtrees of 256^level leaves.
    Hashes {
        /// 0 for the hashes of the leaves.
        level: u8,
    },
    /// The entries themselves.
    Entries,
}

/// A resource of the log (C2SP tlog-tiles): up to 256 hashes of one level of the tree, or up to
/// 256 entries.
///
/// Its text is the path below the log's address, such as `tile/0/x001/x234/067` or
/// `tile/entries/000.p/5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// A text that is no path of a tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile, which is like tile/0/x001/067 or tile/entries/000.p/5")]
pub struct TileError;

impl Tile {
    /// Hashes or entries in a full tile.
    pub const FULL: u16 = 256;
    /// Beyond it the first leaf's index would outgrow the counters.
    const MAX_INDEX: u64 = 1 << 48;
    const MAX_LEVEL: u8 = 63;

    /// The `index`-th tile of its kind in a tree of `size` leaves, as wide as it is there; `None`
    /// where the tree has none.
    pub fn in_tree(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let first = index.checked_mul(u64::from(Self::FULL))?;
        let width = hashes_of(kind, size).checked_sub(first)?.min(u64::from(Self::FULL));
        (width > 0).then_some(Self { kind, index, width: u16::try_from(width).ok()? })
    }

    /// What it holds.
    pub fn kind(&self) -> TileKind {
        self.kind
    }

    /// Its place among the tiles of its kind.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it holds all that a tile can, and so never changes its path.
    pub fn is_full(&self) -> bool {
        self.width == Self::FULL
    }

    /// For a partial tile the full one that takes its place when the log has grown; servers may
    /// then forget the partial one.
    pub fn filled(&self) -> Option<Self> {
        (!self.is_full()).then_some(Self { width: Self::FULL, ..*self })
    }

    /// The part of the full tile's bytes that this partial one is. Bytes that are too short are
    /// given as they are: whoever reads them notices.
    pub fn cut<'b>(&self, full: &'b [u8]) -> &'b [u8] {
        let width = usize::from(self.width);
        let len = match self.kind {
            TileKind::Hashes { .. } => Some(width * TreeHash::LEN),
            TileKind::Entries => length_of_entries(full, width),
        };
        len.and_then(|len| full.get(..len)).unwrap_or(full)
    }

    /// The index of its first hash or entry in its level.
    pub fn first(&self) -> u64 {
        self.index * u64::from(Self::FULL)
    }

    /// Whether a tree of `size` leaves has it.
    pub fn is_in_tree(&self, size: u64) -> bool {
        self.first() + u64::from(self.width) <= hashes_of(self.kind, size)
    }

    /// Where its hashes are stored, in their order, when a tree of `size` leaves has it; nothing for
    /// entries.
    pub fn stored_in(&self, size: u64) -> Option<Vec<u64>> {
        let places = self.first()..self.first() + u64::from(self.width);
        self.is_in_tree(size).then(|| match self.kind {
            TileKind::Entries => Vec::new(),
            TileKind::Hashes { level } => {
                places.map(|index| stored_index(8 * level, index)).collect()
            }
        })
    }
}

/// How many hashes of this kind's level, or entries, a tree of `size` leaves has.
fn hashes_of(kind: TileKind, size: u64) -> u64 {
    match kind {
        TileKind::Entries => size,
        TileKind::Hashes { level } => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Entries => f.write_str("tile/entries/")?,
            TileKind::Hashes { level } => write!(f, "tile/{level}/")?,
        }
        let digits = self.index.to_string();
        let groups = digits.len().div_ceil(3);
        let padded = format!("{digits:0>width$}", width = 3 * groups);
        for group in 0..groups {
            let text = padded.get(3 * group..3 * group + 3).unwrap_or_default();
            if group + 1 == groups {
                f.write_str(text)?;
            } else {
                write!(f, "x{text}/")?;
            }
        }
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for Tile {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        let (kind, rest) =
            path.strip_prefix("tile/").and_then(|p| p.split_once('/')).ok_or(TileError)?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => {
                let level = level.parse().ok().filter(|level| *level <= Self::MAX_LEVEL);
                TileKind::Hashes { level: level.ok_or(TileError)? }
            }
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => {
                let width = width.parse().ok().filter(|width| (1..Self::FULL).contains(width));
                (number, width.ok_or(TileError)?)
            }
            None => (rest, Self::FULL),
        };
        let mut index: u64 = 0;
        for group in number.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            let value: u64 = digits.parse().map_err(|_| TileError)?;
            index = index * 1000 + value;
            if index > Self::MAX_INDEX {
                return Err(TileError);
            }
        }
        let tile = Self { kind, index, width };
        // There is one path for each tile; the rules of its form are those of the writing.
        if tile.to_string() == path { Ok(tile) } else { Err(TileError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(level: u8, index: u64, size: u64) -> Option<String> {
        Tile::in_tree(TileKind::Hashes { level }, index, size).map(|tile| tile.to_string())
    }

    // The examples of C2SP tlog-tiles.
    #[test]
    fn a_partial_tile_is_the_beginning_of_the_full_one() {
        let partial: Tile = "tile/entries/000.p/2".parse().unwrap();
        let full = partial.filled().unwrap();
        assert_eq!((full.to_string().as_str(), full.filled()), ("tile/entries/000", None));
        let bundle = b"\0\x03one\0\0\0\x05three";
        assert_eq!(partial.cut(bundle), b"\0\x03one\0\0");
        assert_eq!(partial.cut(b"\0\x03one\0\x01"), b"\0\x03one\0\x01");
        let hashes: Tile = "tile/0/000.p/2".parse().unwrap();
        assert_eq!(hashes.cut(&[7; 96]), [7; 64]);
    }

    #[test]
    fn names_the_tiles_of_the_published_examples() {
        let big = 1_234_068 * 256;
        assert_eq!(hashes(0, 1_234_067, big).unwrap(), "tile/0/x001/x234/067");
        assert_eq!(hashes(0, 272, 70_000).unwrap(), "tile/0/272");
        assert_eq!(hashes(0, 273, 70_000).unwrap(), "tile/0/273.p/112");
        assert_eq!(hashes(0, 274, 70_000), None);
        assert_eq!(hashes(1, 0, 70_000).unwrap(), "tile/1/000");
        assert_eq!(hashes(1, 1, 70_000).unwrap(), "tile/1/001.p/17");
        assert_eq!(hashes(2, 0, 70_000).unwrap(), "tile/2/000.p/1");
        assert_eq!(hashes(3, 0, 70_000), None);
        assert_eq!(hashes(0, 0, 256).unwrap(), "tile/0/000");
        assert_eq!(hashes(1, 0, 256).unwrap(), "tile/1/000.p/1");
        let entries = Tile::in_tree(TileKind::Entries, 0, 5).unwrap();
        assert_eq!(entries.to_string(), "tile/entries/000.p/5");
    }

    #[test]
    fn a_tile_is_in_every_tree_that_is_large_enough() {
        let tile: Tile = "tile/1/000.p/2".parse().unwrap();
        assert!(!tile.is_in_tree(511));
        assert!(tile.is_in_tree(512));
        assert!(tile.is_in_tree(100_000));
        let no_such_level: Tile = "tile/63/000.p/1".parse().unwrap();
        assert!(!no_such_level.is_in_tree(u64::MAX));
    }

    #[test]
    fn refuses_every_other_path() {
        for path in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/00",
            "tile/0/x000/000",
            "tile/0/001/002",
            "tile/0/x001",
            "tile/00/000",
            "tile/64/000",
            "tile/+1/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/1/2",
            "tile/0/+01",
            "tile/0/000/",
            "tile/data/000",
            "tile/0/x999/x999/x999/x999/x999/x999/999",
            "/tile/0/000",
            "tile/0/0001",
            "tile/0/x001/../000",
        ] {
            assert_eq!(path.parse::<Tile>(), Err(TileError), "{path}");
        }
    }
}

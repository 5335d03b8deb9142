use crate::Tile;

/// Longest entry in bytes: its length is written in 16 bits.
pub const MAX_ENTRY_LEN: usize = u16::MAX as usize;
/// Longest bundle in bytes.
pub const MAX_BUNDLE_LEN: usize = Tile::FULL as usize * (2 + MAX_ENTRY_LEN);

/// Why bytes are no bundle of entries, or entries fit in none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// An entry is longer than its length can say.
    #[error("an entry of {found} bytes is too long; {MAX_ENTRY_LEN} are allowed")]
    TooLong {
        /// Length of the entry in bytes.
        found: usize,
    },
    /// The bytes end inside an entry.
    #[error("the bundle is cut off at entry {entry} of it")]
    CutOff {
        /// Which entry of the bundle, from 0.
        entry: usize,
    },
    /// There are more or fewer entries than the path says.
    #[error("the bundle holds {found} entries where its path says {expected}")]
    Count {
        /// How many the path says.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

/// Joins entries to a bundle (C2SP tlog-tiles): each with its length in 16 bits, big-endian.
///
/// # Errors
///
/// When an entry is too long.
pub fn write_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, BundleError> {
    let mut bundle = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length =
            u16::try_from(entry.len()).map_err(|_| BundleError::TooLong { found: entry.len() })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// Takes a bundle of `width` entries apart.
///
/// # Errors
///
/// When the bytes are not exactly so many entries.
pub fn read_bundle(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    let expected = usize::from(width);
    let mut entries = Vec::with_capacity(expected);
    let mut rest = bundle;
    while !rest.is_empty() {
        let cut_off = BundleError::CutOff { entry: entries.len() };
        let (length, behind) = rest.split_first_chunk().ok_or(cut_off.clone())?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, behind) = behind.split_at_checked(length).ok_or(cut_off)?;
        if entries.len() < expected {
            entries.push(entry);
        } else {
            return Err(BundleError::Count { expected, found: expected + 1 });
        }
        rest = behind;
    }
    if entries.len() == expected {
        Ok(entries)
    } else {
        Err(BundleError::Count { expected, found: entries.len() })
    }
}

/// How many bytes of a bundle its first `count` entries take, where it has so many.
pub(crate) fn length_of_entries(bundle: &[u8], count: usize) -> Option<usize> {
    let mut rest = bundle;
    for _ in 0..count {
        let (length, behind) = rest.split_first_chunk()?;
        rest = behind.get(usize::from(u16::from_be_bytes(*length))..)?;
    }
    Some(bundle.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_gives_its_entries_back() {
        let entries: [&[u8]; 3] = [b"one", b"", b"three"];
        let bundle = write_bundle(&entries).unwrap();
        assert_eq!(bundle, b"\0\x03one\0\0\0\x05three");
        assert_eq!(read_bundle(&bundle, 3).unwrap(), entries);
    }

    #[test]
    fn refuses_bundles_that_are_not_what_their_path_says() {
        assert_eq!(read_bundle(b"\0", 1), Err(BundleError::CutOff { entry: 0 }));
        assert_eq!(read_bundle(b"\0\x01a\0\x02b", 2), Err(BundleError::CutOff { entry: 1 }));
        assert_eq!(read_bundle(b"\0\0", 2), Err(BundleError::Count { expected: 2, found: 1 }));
        assert_eq!(read_bundle(b"\0\0\0\0", 1), Err(BundleError::Count { expected: 1, found: 2 }));
        let long = vec![0; MAX_ENTRY_LEN + 1];
        assert_eq!(write_bundle(&[&long]), Err(BundleError::TooLong { found: 65536 }));
        assert!(write_bundle(&[&long[1..]]).unwrap().len() <= MAX_BUNDLE_LEN);
    }
}

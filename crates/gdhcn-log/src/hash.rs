use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_crypto::sha256;

/// A hash of the Merkle tree of RFC 6962, 2.1: SHA-256 of a leaf or of two such hashes.
///
/// Written in base64, as checkpoints do.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TreeHash([u8; 32]);

impl TreeHash {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// The root of the tree without leaves.
    pub fn of_nothing() -> Self {
        Self(sha256(b""))
    }

    /// The hash of a leaf.
    pub fn of_leaf(entry: &[u8]) -> Self {
        let mut input = Vec::with_capacity(1 + entry.len());
        input.push(0);
        input.extend_from_slice(entry);
        Self(sha256(&input))
    }

    /// The hash of the node above two others.
    pub fn of_node(left: Self, right: Self) -> Self {
        let mut input = [1; 1 + 2 * Self::LEN];
        let (_, hashes) = input.split_at_mut(1);
        let (first, second) = hashes.split_at_mut(Self::LEN);
        first.copy_from_slice(&left.0);
        second.copy_from_slice(&right.0);
        Self(sha256(&input))
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl From<[u8; 32]> for TreeHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for TreeHash {
    type Error = std::array::TryFromSliceError;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self)
    }
}

impl fmt::Display for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TreeHash({self})")
    }
}

/// A text that is no hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is base64 of 32 bytes")]
pub struct HashTextError;

impl FromStr for TreeHash {
    type Err = HashTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = STANDARD.decode(text).map_err(|_| HashTextError)?;
        Self::try_from(bytes.as_slice()).map_err(|_| HashTextError)
    }
}

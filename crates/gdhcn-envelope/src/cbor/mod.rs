//! Bounded CBOR (RFC 8949): from hostile bytes to a tree, and from a tree to deterministic bytes.
//!
//! [`decode`] reads one item, [`Reader`] one after the other. The tree borrows from the input and
//! keeps what matters to a verifier: the order of map entries, tags, whether a key stands twice.
//! Indefinite lengths are accepted, since issuers in the field write them. What is read is bounded
//! by [`Limits`]; every fault names its byte offset.
//!
//! [`Value::to_vec`] writes the core deterministic encoding (RFC 8949, 4.2.1).

mod encode;
mod error;
mod notation;
mod reader;
mod value;

pub use encode::{bytes_head, write_head};
pub use error::{CborError, Fault};
pub use reader::{Reader, decode};
pub use value::{Map, Value};

/// How much CBOR is read before giving up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of arrays, maps and tags.
    pub depth: usize,
    /// Data items altogether, keys and tags counted.
    pub items: usize,
    /// Length of one byte or text string in bytes.
    pub string: usize,
}

impl Default for Limits {
    /// Depth 32, 10 000 items, strings of 64 KiB: ten times what any health certificate needs.
    fn default() -> Self {
        Self { depth: 32, items: 10_000, string: 64 * 1024 }
    }
}

#[cfg(test)]
mod tests;

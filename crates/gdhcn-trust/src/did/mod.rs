//! DID documents as the network publishes its trust lists in them.
//!
//! [`read()`] reads the keys of a list with the quirks of both published versions; [`pinned`] holds
//! the keys by which WHO's lists are signed, each with how it is known. References to other
//! documents are never followed here: every environment's lists point at the test environment.

mod entry;
mod jwk;
pub mod pinned;

pub use entry::{Entry, EntryError, EntryFact, read};
pub use jwk::JwkError;
pub use pinned::{PinnedKey, Provenance};

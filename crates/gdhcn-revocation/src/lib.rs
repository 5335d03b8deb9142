//! Revocation of certificates.
//!
//! [`batch`] is what participants upload to a gateway: signed lists of up to 1000 hashes of
//! certificates that they have called back. Nothing here reads a clock, a file or a network.

pub mod batch;

pub use batch::{Batch, BatchError, HashType};

//! What the crate makes, read by others.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

mod hcert;
mod qr;

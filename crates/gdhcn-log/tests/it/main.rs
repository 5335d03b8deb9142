//! The log against a second implementation, and replays over a small network.
#![allow(missing_docs)]
// Outside `#[test]` functions clippy does not know that this is a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod follow;
mod network;
mod note;
mod replay;
mod second_opinion;

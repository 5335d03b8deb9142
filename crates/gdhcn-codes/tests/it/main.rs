//! The tables against the published corpora.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

mod corpora;

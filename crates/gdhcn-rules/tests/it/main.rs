//! Published rules and value sets.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod corpora;

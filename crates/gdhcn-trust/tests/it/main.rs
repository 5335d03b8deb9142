//! Whose keys count: own test network first, then the published corpora.
#![allow(missing_docs)]
// Outside `#[test]` functions clippy does not know that this is a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod ceremony;
mod gateway_list;
mod network;
mod onboarding;
mod path;
mod published_lists;
mod published_participants;
mod store;
mod upload;

//! Whose keys count: own test network first, then the published corpora.
#![allow(missing_docs)]
// Outside `#[test]` functions clippy does not know that this is a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod ceremony;
mod federation;
mod gateway_list;
mod issuers;
mod lint;
mod lint_folder;
mod master_list;
mod named_keys;
mod network;
mod onboarding;
mod onboarding_request;
mod participant_folder;
mod path;
mod published_again;
mod published_lists;
mod published_participants;
mod published_proofs;
mod publishing;
mod references;
mod snapshot;
mod store;
mod trusted_issuer;
mod upload;
mod wycheproof;

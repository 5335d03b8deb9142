//! The store over a real database file.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod backup;
mod documents;
mod federated;
mod job;
mod store;

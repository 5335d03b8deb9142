//! The client against a small TLS server of its own, which shows and demands certificates as the
//! test says and answers with canned text.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod connections;
mod did_web;
mod pki;
mod server;

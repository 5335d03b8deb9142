//! Test support: published corpora, foreign tools, fixtures. A dev-dependency only.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing)]

mod corpora;
mod database;
mod foreign;
mod programs;
mod softhsm;

pub use corpora::{corpus, fixture_dir, workspace_root};
pub use database::TestDatabase;
pub use foreign::{Openssl, openssl};
pub use programs::optional_program;
pub use softhsm::{Softhsm, softhsm};

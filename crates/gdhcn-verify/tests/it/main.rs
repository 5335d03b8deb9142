//! Integration tests of `gdhcn-verify`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod acceptance;
mod dgc_testdata;
mod divoc;
mod flaws;
mod forge;
mod samples;
mod seals;
mod smart_health_cards;
mod together;

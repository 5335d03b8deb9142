//! Behaviour of the crate as a whole, on published corpora and on generated input.

// Helpers of tests may fail as loudly as tests.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod dcc_schema;
mod dgc_cases;
mod generated;
mod samples;

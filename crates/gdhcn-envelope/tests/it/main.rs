//! Containers of other makers are opened, and ours are opened by other makers' programs.

// Helpers of tests may fail as loudly as tests.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod canonicalization;
mod cms;
mod hc1_layers;
mod published;
mod x509;

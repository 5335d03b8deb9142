//! The gateway through its sockets: real TLS, real client certificates.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail"
)]

mod authentication;
mod backup;
mod chart;
mod connections;
mod dashboard;
mod deletion;
mod delta;
mod federation;
mod import;
mod jobs;
mod lists;
mod metrics;
mod mutations;
mod network;
mod proxies;
mod publication;
mod references;
mod reload;
mod revocation;
mod rules;
mod running;
mod several_processes;
mod transparency;
mod trusted_certificates;
mod upload;
mod value_sets;
mod wire;

//! Persistence of the gateway.
//!
//! A [`Store`] is one database: SQLite inside a folder that the caller names, or a PostgreSQL
//! database that several processes share. It holds the certificate tables of the gateway
//! (onboarded certificates in [`trusted_party`], uploaded ones in [`signer_information`]), what
//! participants exchange beside them ([`validation_rule`], [`revocation_batch`], [`value_set`],
//! [`trusted_reference`], [`trusted_issuer`]), what is pulled from other gateways ([`federation_gateway`],
//! [`federated`]) and the audit trail in [`audit_event`]; changes of the
//! onboarded certificates that wait for operators are in [`onboarding`]. Of the processes on one
//! database, [`job`] lets one run each of the gateway's own jobs; [`contact`] tells when participants last came.
//!
//! How data flows: changes follow one another, each in one transaction that holds the rows, the
//! [`AuditEvent`](audit_event::AuditEvent) that tells who made it, and the next number of the
//! content's revision. [`Store::trust_content`] reads the certificate tables at one revision;
//! a server keeps what it made of them and reads again only when [`Store::revision`] has moved by
//! another hand than its own.
//!
//! This crate stores text as it is given and judges none of it: whether a row's signatures hold
//! is for the reader to check on every read. It does refuse values longer than their columns
//! (see [`limit`]), and a second certificate with a thumbprint or key identifier in use.
//!
//! Statements are written once, in the dialect that both databases share (`database.rs`).

pub mod audit_event;
pub mod contact;
pub mod federated;
pub mod federation_gateway;
pub mod job;
pub mod limit;
pub mod migration;
pub mod onboarding;
pub mod revocation_batch;
pub mod signer_information;
pub mod takeover;
pub mod tombstone;
pub mod trusted_issuer;
pub mod trusted_party;
pub mod trusted_reference;
pub mod validation_rule;
pub mod value_set;

mod backup;
mod changes;
mod database;
mod error;
mod expiry_warning;
mod fitness;
mod location;
mod log;
mod overview;
mod schema;
mod signed_text;
mod store;

pub use backup::Unsealed;
pub use changes::Changes;
pub use error::{Conflict, StoreError, UnreadableRow};
pub use location::{Location, PostgresUrl};
pub use overview::{Overview, PendingRequest};
pub use signed_text::SignedText;
pub use store::{Change, KidScope, Store, TrustContent};

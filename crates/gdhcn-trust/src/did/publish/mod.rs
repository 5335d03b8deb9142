//! Writing trust lists as DID documents, in the form in which the network publishes them.
//!
//! The steps: [`select()`] takes a gateway's certificates and leaves the keys that may be listed,
//! each with its verified issuers; [`Tree`] makes the documents of both published versions
//! from them; [`Publication::make`] signs what has changed and keeps the rest byte for byte.
//!
//! Written are RFC 7518 integers, true curve names and `ES256`. [`Form::Reference`] writes what the
//! reference's publishers write, to the byte, for consumers that depend on it.

mod document;
mod jwk;
mod publication;
mod select;
mod tree;

pub use document::{Document, WriteError};
pub use jwk::Form;
pub use publication::{
    Fresh, KeptFor, Previous, ProofStyle, Publication, PublishError, signing_key_document,
};
pub use select::{
    Candidate, CodeMap, Expired, InvalidListCode, ListCode, ListedKey, Selection, SkipReason,
    Skipped, select,
};
pub use tree::{CodedMembers, Environment, ListedIssuer, Tree, Version1, Version2};

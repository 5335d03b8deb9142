//! All sources of trust together: DID lists, certificates given by the caller, gateways' lists.
//!
//! A [`TrustStoreBuilder`] reads the sources, a [`TrustStore`] is the immutable result: whoever
//! refreshes it builds a new one and swaps. Every entry of every source is in it, as a key or by
//! its name with the reason why it is none.

mod builder;
mod gateway;
mod key;
mod source;

use std::collections::HashMap;
use std::ops::Range;

use gdhcn_codes::Participant;
use gdhcn_crypto::Kid;
use gdhcn_envelope::{linked_data, pem};

pub use builder::TrustStoreBuilder;
pub use gateway::{GatewayItem, GatewayRefusal};
pub use key::{Chain, TrustedKey};
pub use source::{ProofStatus, Refusal, RefusedEntry, Source, SourceKind};

/// Bounds on what a store is built from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bounds on a DID document.
    pub document: linked_data::Limits,
    /// Bounds on a file of certificates.
    pub file: pem::Limits,
    /// Bounds on the number of things.
    pub count: Counts,
}

/// Bounds on the number of things in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Files in one folder of certificates.
    pub files: usize,
    /// Entries of one gateway list.
    pub gateway_items: usize,
}

impl Default for Counts {
    /// 10 000 files, 50 000 entries.
    fn default() -> Self {
        Self { files: 10_000, gateway_items: 50_000 }
    }
}

/// The keys that count, as one snapshot. Nothing in it changes, so that many threads may share it.
///
/// Expired keys are kept: whether a key's time matters is a question of policy.
#[derive(Debug)]
pub struct TrustStore {
    /// Ascending by kid; keys of one kid in the order of their sources.
    keys: Vec<TrustedKey>,
    by_kid: HashMap<Kid, Range<usize>>,
    sources: Vec<Source>,
    refused: Vec<RefusedEntry>,
}

impl TrustStore {
    /// The keys under this kid that may sign health documents. A kid is a hint and no proof: all
    /// of them are to be tried.
    pub fn candidates(&self, kid: &Kid) -> impl Iterator<Item = &TrustedKey> {
        self.named(kid).iter().filter(|key| key.signs_documents())
    }

    /// All keys under this kid, authorities too.
    pub fn named(&self, kid: &Kid) -> &[TrustedKey] {
        self.by_kid.get(kid).and_then(|range| self.keys.get(range.clone())).unwrap_or_default()
    }

    /// All keys, ascending by kid.
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// The signing authorities (SCA) of a participant.
    pub fn authorities(&self, participant: Participant) -> impl Iterator<Item = &TrustedKey> {
        self.keys
            .iter()
            .filter(move |key| key.usage.is_authority() && key.participant == Some(participant))
    }

    /// The entries that give no key, each with its reason.
    pub fn refused(&self) -> &[RefusedEntry] {
        &self.refused
    }

    /// The sources in the order in which they were added.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The source of a key of this store.
    pub fn source_of(&self, key: &TrustedKey) -> Option<&Source> {
        self.sources.get(key.source)
    }
}

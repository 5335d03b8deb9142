//! All sources of trust together: DID lists, gateways' lists, directories of card issuers, ICAO
//! master lists, certificates and keys given by the caller.
//!
//! A [`TrustStoreBuilder`] reads the sources, a [`TrustStore`] is the immutable result: whoever
//! refreshes it builds a new one and swaps. Every entry of every source is in it, as a key or by
//! its name with the reason why it is none.

mod authorities;
mod builder;
mod did_documents;
mod gateway;
mod issuers;
mod key;
mod master_list;
mod material;
mod named_keys;
pub mod snapshot;
mod source;

use std::collections::HashMap;
use std::sync::Arc;

use gdhcn_codes::Participant;
use gdhcn_crypto::Kid;
use gdhcn_envelope::{cms, json, linked_data, pem};

use jiff::Timestamp;

use crate::kid_text;
use authorities::{Authorities, Owner};

pub use crate::listed::GatewayRefusal;
pub use builder::TrustStoreBuilder;
pub use gateway::GatewayItem;
pub use issuers::Issuer;
use issuers::Issuers;
pub use key::{Chain, TrustedKey};
pub use source::{ProofFault, ProofStatus, Refusal, RefusedEntry, Relay, Source, SourceKind};

/// Bounds on what a store is built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bounds on a DID document.
    pub document: linked_data::Limits,
    /// Bounds on a file of certificates.
    pub file: pem::Limits,
    /// Bounds on a file of JWKs.
    pub jwks: json::Limits,
    /// Bounds on a directory of issuers.
    pub directory: json::Limits,
    /// Bounds on a master list.
    pub master_list: cms::Limits,
    /// Bounds on the number of things.
    pub count: Counts,
}

impl Default for Limits {
    /// The defaults of the readers, and 32 MiB with a million values for a directory of issuers.
    fn default() -> Self {
        Self {
            document: linked_data::Limits::default(),
            file: pem::Limits::default(),
            jwks: json::Limits::default(),
            directory: json::Limits { bytes: 32 << 20, depth: 12, values: 1_000_000, members: 64 },
            master_list: cms::Limits::default(),
            count: Counts::default(),
        }
    }
}

/// Bounds on the number of things in a store, and on what is read to make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Files in one folder of certificates.
    pub files: usize,
    /// Entries of one gateway list.
    pub gateway_items: usize,
    /// Documents that one DID list refers to, directly and indirectly.
    pub documents: usize,
    /// Bytes of all those documents together.
    pub document_bytes: usize,
}

impl Default for Counts {
    /// 10 000 files, 50 000 entries, 5 000 documents with 32 MiB together.
    fn default() -> Self {
        Self { files: 10_000, gateway_items: 50_000, documents: 5_000, document_bytes: 32 << 20 }
    }
}

/// The keys that count, as one snapshot. Nothing in it changes, so that many threads may share it.
///
/// Expired keys are kept: whether a key's time matters is a question of policy.
#[derive(Debug)]
pub struct TrustStore {
    /// Ascending by kid; keys of one kid in the order of their sources.
    keys: Vec<TrustedKey>,
    by_name: HashMap<String, Vec<usize>>,
    authority_keys: HashMap<Participant, Vec<usize>>,
    authorities: HashMap<Owner, Arc<Authorities>>,
    issuers: Issuers,
    sources: Vec<Source>,
    refused: Vec<RefusedEntry>,
    floor: Option<Timestamp>,
}

impl TrustStore {
    /// The keys under this kid that may sign HC1 codes. A kid is a hint and no proof: all of them
    /// are to be tried.
    ///
    /// Keys that are known by the name of their issuer ([`TrustedKey::name`]) are for the formats
    /// that call them so, and for no other: a pharmacy's card key signs no country's certificate.
    pub fn candidates(&self, kid: &Kid) -> impl Iterator<Item = &TrustedKey> {
        self.named(kid).iter().filter(|key| key.name.is_none() && key.signs_documents())
    }

    /// All keys under this kid, authorities too.
    pub fn named(&self, kid: &Kid) -> &[TrustedKey] {
        let start = self.keys.partition_point(|key| key.kid < *kid);
        let from = self.keys.get(start..).unwrap_or_default();
        let count = from.iter().take_while(|key| key.kid == *kid).count();
        from.get(..count).unwrap_or_default()
    }

    /// The keys whose owner documents call by this very name: the issuer's address of a SMART
    /// Health Card (many keys, told apart by their kid), the verification method of a DIVOC
    /// certificate, or the DID URL of an entry. Only keys that may sign health documents.
    ///
    /// An issuer that has moved signs with the keys of its new address too: see [`Issuer`].
    pub fn called(&self, name: &str) -> impl Iterator<Item = &TrustedKey> {
        let mut found = self.named_by(name);
        let moved = self.issuers.get(name).and_then(|issuer| issuer.canonical.as_deref());
        if let Some(moved) = moved.filter(|moved| *moved != name) {
            found.extend(self.named_by(moved));
        }
        found.into_iter().filter(|key| key.signs_documents())
    }

    fn named_by(&self, name: &str) -> Vec<&TrustedKey> {
        let own = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let own = own.iter().filter_map(|index| self.keys.get(*index));
        let kid = name.rsplit_once('#').map(|(_, fragment)| kid_text::parse(fragment));
        let by_id = kid.map(|kid| self.named(&kid)).unwrap_or_default();
        own.chain(by_id.iter().filter(|key| key.name.is_none() && key.id == name)).collect()
    }

    /// What the directories say about the issuer with this address.
    pub fn issuer(&self, address: &str) -> Option<&Issuer> {
        self.issuers.get(address)
    }

    /// The known issuer whose address is most probably meant: one of the two addresses begins
    /// with the other. For messages; no key is taken from it.
    pub fn similar_issuer(&self, address: &str) -> Option<&str> {
        self.issuers.similar(address)
    }

    /// All keys, ascending by kid.
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// The signing authorities (SCA) of a participant.
    pub fn authorities(&self, participant: Participant) -> impl Iterator<Item = &TrustedKey> {
        let indexes = self.authority_keys.get(&participant).map(Vec::as_slice).unwrap_or_default();
        indexes.iter().filter_map(|index| self.keys.get(*index))
    }

    /// A source of `before` with keys that sign documents that has here neither such keys nor
    /// authorities any more, and how many it had.
    ///
    /// A publisher that lost its data, or its authorities' certificates, looks so; one that
    /// withdrew its last signer still has authorities. A caller that keeps trust data does not put
    /// this store in the place of that one without a person's word.
    pub fn emptied_since<'s>(&self, before: &'s TrustStore) -> Option<(&'s Source, usize)> {
        before.sources.iter().enumerate().find_map(|(index, old)| {
            let new = self.sources.iter().position(|new| new.name == old.name)?;
            let lost =
                before.keys.iter().filter(|key| key.source == index && key.signs_documents());
            let lost = lost.count();
            let here = self.keys.iter().filter(|key| key.source == new);
            let mut useful = here.filter(|key| key.signs_documents() || key.usage.is_authority());
            (lost > 0 && useful.next().is_none()).then_some((old, lost))
        })
    }

    /// No clock can be right that is before this instant: a list or snapshot that is at hand was
    /// signed then.
    pub fn time_floor(&self) -> Option<Timestamp> {
        let verified = |source: &&Source| matches!(source.proof, ProofStatus::Verified { .. });
        let newest = self.sources.iter().filter(verified).filter_map(|source| source.created).max();
        newest.max(self.floor)
    }

    /// The entries that give no key, each with its reason.
    pub fn refused(&self) -> &[RefusedEntry] {
        &self.refused
    }

    /// The sources in the order in which they were added.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The same store with other names for its sources.
    #[must_use]
    pub fn renamed(mut self, name: impl Fn(&Source) -> String) -> Self {
        for source in &mut self.sources {
            source.name = name(source);
        }
        self
    }

    /// The source of a key of this store.
    pub fn source_of(&self, key: &TrustedKey) -> Option<&Source> {
        self.sources.get(key.source)
    }
}

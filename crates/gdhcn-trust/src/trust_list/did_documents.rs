//! DID documents as sources: one list, or a list of references with what it refers to.

use std::collections::{HashMap, HashSet, VecDeque};

use gdhcn_codes::{DocumentPurposes, Domain, KeyUsage};
use gdhcn_crypto::{Kid, PublicKey};
use gdhcn_envelope::linked_data::{Document, DocumentError, Method, Proof, ProofError};
use jiff::Timestamp;

use super::authorities::Owner;
use super::key::Draft;
use super::material::Material;
use super::{ProofStatus, Refusal, SourceKind, TrustStoreBuilder};
use crate::did::web::Location;
use crate::did::{self, Entry};
use crate::kid_text::percent_decoded;
use crate::path::Standing;
use crate::purpose::document_purposes;

/// The documents that a list refers to, up to a size of all of them together: a host could make
/// reading them as costly as it likes.
struct Documents<'a> {
    of: &'a mut dyn FnMut(&str) -> Option<Vec<u8>>,
    read: usize,
    limit: usize,
}

impl Documents<'_> {
    fn get(&mut self, did: &str) -> Result<Vec<u8>, Refusal> {
        let text = (self.of)(did).ok_or(Refusal::NotAtHand)?;
        self.read = self.read.saturating_add(text.len());
        if self.read > self.limit {
            return Err(Refusal::TooMuch { limit: self.limit });
        }
        Ok(text)
    }
}

impl TrustStoreBuilder {
    /// Adds a DID document: a trust list of version 1 or 2.
    ///
    /// A list whose proof is broken gives no key. References are refused by name; see
    /// [`Self::add_did_documents`].
    pub fn add_did_document(&mut self, name: &str, text: &[u8]) {
        let Some((source, list)) = self.begin_list(name, text) else { return };
        self.add_entries(source, list.entries);
        for reference in list.references {
            self.refuse(source, reference, did::EntryError::Reference.into());
        }
    }

    /// Adds a DID document and the documents that it refers to, directly and indirectly.
    ///
    /// `documents` gives the document of a DID (without fragment), or nothing where it is not at
    /// hand: published lists refer to participants that have none. Each document has a proof of
    /// its own, which must be as good as that of the list. References to another host are not
    /// followed: all of WHO's lists, the productive one too, refer to the test environment.
    /// A key that stands in several of the documents is taken once. The age of the source is that
    /// of its oldest document.
    pub fn add_did_documents(
        &mut self,
        name: &str,
        text: &[u8],
        documents: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
    ) {
        let Some((source, list)) = self.begin_list(name, text) else { return };
        let home = Location::of(&list.id).ok();
        let mut known: HashSet<Fingerprint> = list.entries.iter().map(Fingerprint::of).collect();
        let mut entries = list.entries;
        // What came of each reference: nothing when it was followed.
        let mut seen = HashMap::from([(list.id, Some(Refusal::ToItself))]);
        let mut waiting = VecDeque::from(list.references);
        let limit = self.limits.count.documents;
        let mut documents =
            Documents { of: documents, read: 0, limit: self.limits.count.document_bytes };
        while let Some(reference) = waiting.pop_front() {
            if let Some(before) = seen.get(&reference) {
                if let Some(refusal) = before.clone() {
                    self.refuse(source, reference, refusal);
                }
                continue;
            }
            if seen.len() > limit {
                self.refuse(source, reference, Refusal::TooMany { limit });
                break;
            }
            let followed = self.follow(source, home.as_ref(), &reference, &mut documents);
            let refusal = match followed {
                Ok(found) => {
                    let new = found.entries.into_iter();
                    entries.extend(new.filter(|entry| known.insert(Fingerprint::of(entry))));
                    waiting.extend(found.references);
                    None
                }
                Err(full @ Refusal::TooMuch { .. }) => {
                    self.refuse(source, reference, full);
                    break;
                }
                Err(refusal) => {
                    self.refuse(source, reference.clone(), refusal.clone());
                    Some(refusal)
                }
            };
            seen.insert(reference, refusal);
        }
        self.add_entries(source, entries);
    }

    /// Reads what a reference names: a whole document, or one entry of it.
    fn follow(
        &mut self,
        source: usize,
        home: Option<&Location>,
        reference: &str,
        documents: &mut Documents<'_>,
    ) -> Result<List, Refusal> {
        let (did, fragment) = reference
            .split_once('#')
            .map_or((reference, None), |(did, fragment)| (did, Some(fragment)));
        if home.map(Location::authority) != Some(Location::of(did)?.authority()) {
            return Err(Refusal::OtherHost);
        }
        let text = documents.get(did)?;
        let mut list = self.read_referred(source, did, &text)?;
        if fragment.is_some() {
            let wanted = percent_decoded(reference);
            list.entries.retain(|entry| percent_decoded(&entry.id) == wanted);
            list.references.clear();
        }
        Ok(list)
    }

    /// Opens a source for a list; what cannot be used of it is refused here.
    fn begin_list(&mut self, name: &str, text: &[u8]) -> Option<(usize, List)> {
        let source = self.begin(name, SourceKind::DidDocument { id: String::new() });
        let mut list = match self.read_list(text) {
            Ok(list) => list,
            Err(error) => {
                self.refuse(source, name.to_owned(), error.into());
                return None;
            }
        };
        if let Some(entry) = self.sources.get_mut(source) {
            entry.kind = SourceKind::DidDocument { id: list.id.clone() };
            entry.proof = list.proof.clone();
            entry.created = list.created;
        }
        if let ProofStatus::Broken { reason } = &list.proof {
            let entries = list.entries.into_iter().map(|entry| entry.id);
            let refused = list.refused.into_iter().map(|(name, _)| name);
            for name in entries.chain(refused).chain(list.references) {
                self.refuse(source, name, Refusal::BrokenProof(reason.clone()));
            }
            return None;
        }
        for (name, refusal) in list.refused.drain(..) {
            self.refuse(source, name, refusal);
        }
        Some((source, list))
    }

    /// Reads a document that a list of `source` refers to, and holds it to the list's standard.
    fn read_referred(&mut self, source: usize, did: &str, text: &[u8]) -> Result<List, Refusal> {
        let mut list = self.read_list(text)?;
        if list.id != did {
            return Err(Refusal::OtherDocument { found: list.id.chars().take(200).collect() });
        }
        if let ProofStatus::Broken { reason } = list.proof {
            return Err(Refusal::BrokenProof(reason));
        }
        let Some(entry) = self.sources.get_mut(source) else { return Ok(list) };
        let verified = |proof: &ProofStatus| matches!(proof, ProofStatus::Verified { .. });
        if verified(&entry.proof) && !verified(&list.proof) {
            return Err(Refusal::WeakerProof(list.proof.to_string()));
        }
        entry.created = entry.created.min(list.created.or(entry.created));
        for (name, refusal) in list.refused.drain(..) {
            self.refuse(source, name, refusal);
        }
        Ok(list)
    }

    fn read_list(&self, text: &[u8]) -> Result<List, DocumentError> {
        let document = Document::parse(text, &self.limits.document)?;
        let (proof, created) = self.judge(&document);
        let mut list = List {
            id: document.id().to_owned(),
            proof,
            created,
            entries: Vec::new(),
            references: Vec::new(),
            refused: Vec::new(),
        };
        for (method, (name, entry)) in document.methods().iter().zip(did::read(&document)) {
            match (method, entry) {
                (Method::Reference(_), _) => list.references.push(name),
                (_, Ok(entry)) => list.entries.push(entry),
                (_, Err(error)) => list.refused.push((name, error.into())),
            }
        }
        Ok(list)
    }

    /// Checks a list's proof, as far as a pinned key allows.
    fn judge(&self, document: &Document<'_>) -> (ProofStatus, Option<Timestamp>) {
        let Some(proof) = document.proof() else { return (ProofStatus::NoProof, None) };
        let method = proof.text("verificationMethod").unwrap_or_default();
        let created = proof.text("created").and_then(|created| created.parse().ok());
        let mut keys = self
            .pinned
            .iter()
            .filter(|key| key.method == method && document.id().starts_with(&key.lists))
            .peekable();
        if keys.peek().is_none() {
            return (ProofStatus::Unpinned { method: method.to_owned() }, created);
        }
        let proof = match Proof::of(document) {
            Ok(Some(proof)) => proof,
            Ok(None) => return (ProofStatus::NoProof, None),
            Err(reason) => return (ProofStatus::Broken { reason: reason.into() }, created),
        };
        let mut reason = ProofError::BadSignature;
        for pinned in keys {
            let outcome = match self.backend.verifier(&pinned.key) {
                Ok(verifier) => proof.verify(verifier.as_ref()),
                Err(_) => Err(ProofError::Key { found: pinned.key.to_string() }),
            };
            match outcome {
                Ok(()) => {
                    let status = ProofStatus::Verified {
                        method: method.to_owned(),
                        provenance: pinned.provenance,
                        coverage: proof.coverage(),
                    };
                    return (status, created);
                }
                Err(error) => reason = error,
            }
        }
        (ProofStatus::Broken { reason: reason.into() }, created)
    }

    fn add_entries(&mut self, source: usize, entries: Vec<Entry>) {
        // Version 1 lists hold no authorities; there the certificates behind the leaves stand in.
        let lists_authorities = entries.iter().any(|entry| entry.usage.is_authority());
        for entry in entries {
            self.add_entry(source, entry, lists_authorities);
        }
    }

    fn add_entry(&mut self, source: usize, entry: Entry, lists_authorities: bool) {
        let owner = Owner::new(entry.participant, &entry.participant_code);
        if entry.usage.is_authority() {
            if let Some(certificate) = &entry.certificate {
                self.add_authority(source, owner, certificate, entry.usage, Standing::Authority);
            }
        } else if !lists_authorities {
            let usage = match entry.usage {
                KeyUsage::Desc => KeyUsage::Deca,
                _ => KeyUsage::Sca,
            };
            for certificate in &entry.issuers {
                self.add_authority(source, owner.clone(), certificate, usage, Standing::Companion);
            }
        }
        let purposes =
            entry.certificate.as_ref().map_or(DocumentPurposes::UNRESTRICTED, document_purposes);
        self.add(Draft {
            source,
            id: entry.id,
            name: entry.name,
            kid: entry.kid,
            kid_text: Some(entry.kid_text),
            participant: entry.participant,
            participant_code: entry.participant_code,
            domain: entry.domain,
            usage: entry.usage,
            purposes,
            material: Material::new(entry.public_key, entry.certificate),
            given_by_caller: false,
        });
    }
}

/// A DID document taken apart.
struct List {
    id: String,
    proof: ProofStatus,
    created: Option<Timestamp>,
    entries: Vec<Entry>,
    references: Vec<String>,
    refused: Vec<(String, Refusal)>,
}

/// What makes two entries the same key: the same key has another id in each document.
#[derive(PartialEq, Eq, Hash)]
struct Fingerprint {
    kid: Kid,
    key: PublicKey,
    usage: KeyUsage,
    participant: String,
    domain: Option<Domain>,
}

impl Fingerprint {
    fn of(entry: &Entry) -> Self {
        Self {
            kid: entry.kid.clone(),
            key: entry.public_key.clone(),
            usage: entry.usage,
            participant: entry.participant_code.to_ascii_uppercase(),
            domain: entry.domain.clone(),
        }
    }
}

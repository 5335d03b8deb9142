use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use gdhcn_codes::{KeyUsage, Participant};
use gdhcn_crypto::{Backend, Kid};
use gdhcn_envelope::linked_data::{Document, Proof, ProofError};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;

use super::gateway;
use super::{
    GatewayItem, Limits, ProofStatus, Refusal, RefusedEntry, Source, SourceKind, TrustStore,
    TrustedKey,
};
use crate::did::{self, Entry, PinnedKey, Provenance, pinned};
use crate::kid_text;
use crate::path::{Authority, Standing};
use crate::purpose::DocumentPurposes;

/// Reads sources and puts a [`TrustStore`] together.
///
/// Adding a source never fails: what cannot be read stands in [`TrustStore::refused`], so that one
/// bad file does not take the others away and none goes unseen.
#[derive(Debug)]
pub struct TrustStoreBuilder {
    backend: Backend,
    limits: Limits,
    pinned: Vec<PinnedKey>,
    keys: Vec<TrustedKey>,
    sources: Vec<Source>,
    refused: Vec<RefusedEntry>,
    authorities: HashMap<Owner, Vec<Arc<Authority>>>,
}

impl TrustStoreBuilder {
    /// A builder that knows the keys of WHO's lists and has no source yet.
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            limits: Limits::default(),
            // The points are constants of this crate, so there is nothing to refuse.
            pinned: pinned::who_keys().unwrap_or_default(),
            keys: Vec::new(),
            sources: Vec::new(),
            refused: Vec::new(),
            authorities: HashMap::new(),
        }
    }

    /// Sets other bounds on the sources that are added from now on.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Pins a key for the lists whose proof names `key.method`, in place of any built-in key of
    /// that name.
    pub fn pin(&mut self, key: PinnedKey) {
        self.pinned
            .retain(|known| known.method != key.method || known.provenance == Provenance::Caller);
        self.pinned.push(key);
    }

    /// Adds a DID document: a trust list of version 1 or 2, embedded or of references.
    ///
    /// A list whose proof is broken gives no key. References are not followed.
    pub fn add_did_document(&mut self, name: &str, text: &[u8]) {
        let source = self.begin(name, SourceKind::DidDocument { id: String::new() });
        let document = match Document::parse(text, &self.limits.document) {
            Ok(document) => document,
            Err(error) => return self.refuse(source, name.to_owned(), error.into()),
        };
        let (proof, created) = self.judge(&document);
        let broken = match &proof {
            ProofStatus::Broken { reason } => Some(reason.clone()),
            _ => None,
        };
        if let Some(entry) = self.sources.get_mut(source) {
            entry.kind = SourceKind::DidDocument { id: document.id().to_owned() };
            entry.proof = proof;
            entry.created = created;
        }
        let mut entries = Vec::new();
        for (name, entry) in did::read(&document) {
            match (entry, &broken) {
                (_, Some(reason)) => {
                    self.refuse(source, name, Refusal::BrokenProof(reason.clone()));
                }
                (Ok(entry), None) => entries.push(entry),
                (Err(error), None) => self.refuse(source, name, error.into()),
            }
        }
        // Version 1 lists hold no authorities; there the certificates behind the leaves stand in.
        let lists_authorities = entries.iter().any(|entry| entry.usage.is_authority());
        for entry in entries {
            self.add_entry(source, entry, lists_authorities);
        }
    }

    /// Adds the certificates of one PEM or DER file, trusted as they are.
    pub fn add_certificates(&mut self, name: &str, file: &[u8]) {
        self.add_certificate_files(name, [(name, file)]);
    }

    /// Adds a folder of PEM and DER files, given as names and contents, trusted as they are.
    ///
    /// A certificate with `cA TRUE` is an authority; all others are document signers. Whose they
    /// are, the country of the subject says.
    pub fn add_certificate_files<'f>(
        &mut self,
        name: &str,
        files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
    ) {
        let source = self.begin(name, SourceKind::Certificates);
        let limit = self.limits.count.files;
        for (index, (file, content)) in files.into_iter().enumerate() {
            if index == limit {
                self.refuse(source, file.to_owned(), Refusal::TooMany { limit });
                break;
            }
            let certificates = pem::certificates_within(content, &self.limits.file);
            let several = certificates.len() > 1;
            for (index, certificate) in certificates.into_iter().enumerate() {
                let id = if several { format!("{file} #{}", index + 1) } else { file.to_owned() };
                match certificate {
                    Ok(certificate) => self.add_given(source, id, certificate),
                    Err(error) => self.refuse(source, id, error.into()),
                }
            }
        }
    }

    /// Adds a gateway's trust list, each entry of which must be signed up to one of `anchors`.
    ///
    /// The upload and authority certificates must be in the list: document signers are checked
    /// with them.
    pub fn add_gateway_list(&mut self, name: &str, items: &[GatewayItem], anchors: &[Certificate]) {
        let source = self.begin(name, SourceKind::GatewayList);
        if let Some(entry) = self.sources.get_mut(source) {
            let anchors = anchors.iter().map(Certificate::thumbprint).collect();
            entry.proof = ProofStatus::EntryByEntry { anchors };
        }
        let limit = self.limits.count.gateway_items;
        if let Some(item) = items.get(limit) {
            self.refuse(source, item.kid.clone(), Refusal::TooMany { limit });
        }
        let items = items.get(..limit).unwrap_or(items);
        for (item, result) in items.iter().zip(gateway::check(items, anchors, self.backend)) {
            match result {
                Ok(checked) => self.add_checked(source, checked),
                Err(refusal) => {
                    let name = format!("{} {} {}", item.country, item.group, item.kid);
                    self.refuse(source, name, refusal.into());
                }
            }
        }
    }

    /// The store.
    pub fn build(mut self) -> TrustStore {
        let authorities: HashMap<Owner, Arc<[Arc<Authority>]>> =
            self.authorities.into_iter().map(|(owner, list)| (owner, list.into())).collect();
        self.keys.sort_by(|one, other| one.kid.cmp(&other.kid));
        let mut by_kid: HashMap<Kid, Range<usize>> = HashMap::with_capacity(self.keys.len());
        for (index, key) in self.keys.iter_mut().enumerate() {
            let owner = Owner::new(key.participant, &key.participant_code);
            if let Some(authorities) = authorities.get(&owner) {
                key.authorities = Arc::clone(authorities);
            }
            by_kid.entry(key.kid.clone()).or_insert(index..index).end = index + 1;
            if let Some(source) = self.sources.get_mut(key.source) {
                source.keys += 1;
            }
        }
        for refused in &self.refused {
            if let Some(source) = self.sources.get_mut(refused.source) {
                source.refused += 1;
            }
        }
        TrustStore { keys: self.keys, by_kid, sources: self.sources, refused: self.refused }
    }

    fn begin(&mut self, name: &str, kind: SourceKind) -> usize {
        let proof = match kind {
            SourceKind::Certificates => ProofStatus::GivenByCaller,
            _ => ProofStatus::NoProof,
        };
        self.sources.push(Source {
            name: name.to_owned(),
            kind,
            created: None,
            proof,
            keys: 0,
            refused: 0,
        });
        self.sources.len() - 1
    }

    fn refuse(&mut self, source: usize, name: String, reason: Refusal) {
        self.refused.push(RefusedEntry { source, name, reason });
    }

    /// Checks a list's proof, as far as a pinned key allows.
    fn judge(&self, document: &Document<'_>) -> (ProofStatus, Option<jiff::Timestamp>) {
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
            Err(reason) => return (ProofStatus::Broken { reason }, created),
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
        (ProofStatus::Broken { reason }, created)
    }

    fn add_entry(&mut self, source: usize, entry: Entry, lists_authorities: bool) {
        let owner = Owner::new(entry.participant, &entry.participant_code);
        if entry.usage.is_authority() {
            if let Some(certificate) = &entry.certificate {
                self.add_authority(owner, certificate, entry.usage, Standing::Authority);
            }
        } else if !lists_authorities {
            let usage = match entry.usage {
                KeyUsage::Desc => KeyUsage::Deca,
                _ => KeyUsage::Sca,
            };
            for certificate in &entry.issuers {
                self.add_authority(owner.clone(), certificate, usage, Standing::Companion);
            }
        }
        self.keys.push(TrustedKey {
            id: entry.id,
            kid: entry.kid,
            kid_text: Some(entry.kid_text),
            participant: entry.participant,
            participant_code: entry.participant_code,
            domain: entry.domain,
            usage: entry.usage,
            purposes: purposes(entry.certificate.as_ref()),
            public_key: entry.public_key,
            certificate: entry.certificate,
            source,
            given_by_caller: false,
            backend: self.backend,
            authorities: Arc::default(),
            verifier: OnceLock::new(),
            chain: OnceLock::new(),
        });
    }

    fn add_given(&mut self, source: usize, id: String, certificate: Certificate) {
        let public_key = match certificate.public_key() {
            Ok(key) => key.clone(),
            Err(error) => {
                let error = error.clone();
                return self.refuse(source, id, Refusal::Key(error));
            }
        };
        let participant_code = certificate.subject().country().unwrap_or_default().to_owned();
        let participant = Participant::parse(&participant_code).ok();
        let is_authority = certificate.extensions().basic_constraints.is_some_and(|one| one.ca);
        let usage = if is_authority { KeyUsage::Sca } else { KeyUsage::Dsc };
        if is_authority {
            let owner = Owner::new(participant, &participant_code);
            self.add_authority(owner, &certificate, usage, Standing::Authority);
        }
        self.keys.push(TrustedKey {
            id,
            kid: certificate.kid(),
            kid_text: None,
            participant,
            participant_code,
            domain: None,
            usage,
            public_key,
            purposes: DocumentPurposes::of(&certificate),
            certificate: Some(certificate),
            source,
            given_by_caller: true,
            backend: self.backend,
            authorities: Arc::default(),
            verifier: OnceLock::new(),
            chain: OnceLock::new(),
        });
    }

    fn add_checked(&mut self, source: usize, checked: gateway::CheckedItem<'_>) {
        let gateway::CheckedItem { item, usage, domain, participant, certificate } = checked;
        // Its key was found usable when the entry was read.
        let Ok(public_key) = certificate.public_key().cloned() else { return };
        let owner = Owner::new(participant, &item.country);
        if usage.is_authority() {
            self.add_authority(owner, &certificate, usage, Standing::Authority);
        }
        self.keys.push(TrustedKey {
            id: format!("{} {} {}", item.country, item.group, item.kid),
            kid: kid_text::parse(&item.kid),
            kid_text: Some(item.kid.clone()),
            participant,
            participant_code: item.country.clone(),
            domain,
            usage,
            public_key,
            purposes: DocumentPurposes::of(&certificate),
            certificate: Some(certificate),
            source,
            given_by_caller: false,
            backend: self.backend,
            authorities: Arc::default(),
            verifier: OnceLock::new(),
            chain: OnceLock::new(),
        });
    }

    fn add_authority(
        &mut self,
        owner: Owner,
        certificate: &Certificate,
        usage: KeyUsage,
        standing: Standing,
    ) {
        let list = self.authorities.entry(owner).or_default();
        let known = list.iter().any(|one| {
            one.certificate() == certificate && one.usage() == usage && one.standing() == standing
        });
        if !known {
            let authority = Authority::new(certificate.clone(), usage, standing, self.backend);
            list.push(Arc::new(authority));
        }
    }
}

fn purposes(certificate: Option<&Certificate>) -> DocumentPurposes {
    certificate.map_or(DocumentPurposes::UNRESTRICTED, DocumentPurposes::of)
}

/// Whose authorities are meant: a participant, or an unknown code as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Owner {
    Participant(Participant),
    Code(String),
}

impl Owner {
    fn new(participant: Option<Participant>, code: &str) -> Self {
        participant.map_or_else(|| Self::Code(code.to_ascii_uppercase()), Self::Participant)
    }
}

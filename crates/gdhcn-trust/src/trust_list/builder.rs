use std::collections::HashMap;
use std::sync::Arc;

use gdhcn_codes::{KeyUsage, Participant};
use gdhcn_crypto::Backend;
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;
use jiff::Timestamp;

use super::authorities::{Authorities, Held, Listed, Owner};
use super::gateway;
use super::issuers::Issuers;
use super::key::Draft;
use super::material::Material;
use super::{
    GatewayItem, Limits, ProofStatus, Refusal, RefusedEntry, Relay, Source, SourceKind, TrustStore,
    TrustedKey,
};
use crate::did::{PinnedKey, Provenance, pinned};
use crate::kid_text;
use crate::path::Standing;
use crate::purpose::document_purposes;

/// Reads sources and puts a [`TrustStore`] together.
///
/// Adding a source never fails: what cannot be read stands in [`TrustStore::refused`], so that one
/// bad file does not take the others away and none goes unseen.
#[derive(Debug)]
pub struct TrustStoreBuilder {
    pub(super) backend: Backend,
    pub(super) limits: Limits,
    pub(super) pinned: Vec<PinnedKey>,
    fetched: Option<Timestamp>,
    etag: Option<String>,
    pub(super) floor: Option<Timestamp>,
    pub(super) keys: Vec<TrustedKey>,
    pub(super) sources: Vec<Source>,
    pub(super) refused: Vec<RefusedEntry>,
    pub(super) authorities: HashMap<Owner, Vec<Listed>>,
    pub(super) issuers: Issuers,
}

impl TrustStoreBuilder {
    /// A builder that knows the keys of WHO's lists and has no source yet.
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            limits: Limits::default(),
            // The points are constants of this crate, so there is nothing to refuse.
            pinned: pinned::who_keys().unwrap_or_default(),
            fetched: None,
            etag: None,
            floor: None,
            keys: Vec::new(),
            sources: Vec::new(),
            refused: Vec::new(),
            authorities: HashMap::new(),
            issuers: Issuers::default(),
        }
    }

    /// Sets other bounds on the sources that are added from now on.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Says when the sources that are added from now on were fetched from where they are
    /// published, and the ETag (RFC 9110, 8.8.3) that came with them; `None` for files of unknown
    /// age.
    pub fn fetched_at(&mut self, at: Option<Timestamp>, etag: Option<String>) {
        self.fetched = at;
        self.etag = etag;
    }

    /// Pins a key for the lists whose proof names `key.method`, in place of any built-in key of
    /// that name.
    pub fn pin(&mut self, key: PinnedKey) {
        self.pinned
            .retain(|known| known.method != key.method || known.provenance == Provenance::Caller);
        self.pinned.push(key);
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
                    Ok(certificate) => self.add_given(source, id, None, certificate),
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

    /// Takes over the sources of another store that are `wanted`, with all that came from them.
    /// `relay` says whose snapshot they were imported with.
    pub fn keep(
        &mut self,
        store: &TrustStore,
        relay: Option<Relay>,
        mut wanted: impl FnMut(&Source) -> bool,
    ) {
        self.floor = self.floor.max(store.time_floor());
        let mut places = vec![None; store.sources.len()];
        for (place, source) in places.iter_mut().zip(&store.sources) {
            if wanted(source) {
                *place = Some(self.sources.len());
                let relayed = relay.or(source.relayed);
                self.sources.push(Source { keys: 0, refused: 0, relayed, ..source.clone() });
            }
        }
        let place = |source: usize| places.get(source).copied().flatten();
        for key in &store.keys {
            if let Some(source) = place(key.source) {
                self.keys.push(key.to_draft(source).into_key(self.backend));
            }
        }
        for refused in &store.refused {
            if let Some(source) = place(refused.source) {
                self.refused.push(RefusedEntry { source, ..refused.clone() });
            }
        }
        for (owner, authorities) in &store.authorities {
            for listed in authorities.listed() {
                if let Some(source) = place(listed.source) {
                    let listed = Listed { source, ..listed.clone() };
                    self.authorities.entry(owner.clone()).or_default().push(listed);
                }
            }
        }
        for (source, issuer) in store.issuers.listed() {
            if let Some(source) = place(*source) {
                self.issuers.add(source, issuer.clone());
            }
        }
    }

    /// Records that the source of this name was asked for again and had not changed.
    pub fn seen_unchanged(&mut self, name: &str, at: Timestamp) {
        for source in self.sources.iter_mut().filter(|source| source.name == name) {
            source.fetched = Some(at);
        }
    }

    /// Adds to the refused entries of the source that was added last one that never came so far as
    /// to be read here.
    pub fn refuse_last(&mut self, name: String, reason: String) {
        if let Some(source) = self.sources.len().checked_sub(1) {
            self.refuse(source, name, Refusal::Recorded(reason));
        }
    }

    /// The store.
    pub fn build(mut self) -> TrustStore {
        if !self.keys.is_sorted_by(|one, other| one.kid <= other.kid) {
            self.keys.sort_by(|one, other| one.kid.cmp(&other.kid));
        }
        let backend = self.backend;
        let authorities: HashMap<Owner, Arc<Authorities>> = self
            .authorities
            .into_iter()
            .map(|(owner, list)| (owner, Arc::new(Authorities::new(list, backend))))
            .collect();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        let mut authority_keys: HashMap<Participant, Vec<usize>> = HashMap::new();
        for (index, key) in self.keys.iter_mut().enumerate() {
            let owner = Owner::new(key.participant, &key.participant_code);
            key.authorities = authorities.get(&owner).cloned();
            if let Some(participant) = key.participant.filter(|_| key.usage.is_authority()) {
                authority_keys.entry(participant).or_default().push(index);
            }
            if let Some(name) = &key.name {
                by_name.entry(name.clone()).or_default().push(index);
            }
            if let Some(source) = self.sources.get_mut(key.source) {
                source.keys += 1;
            }
        }
        for refused in &self.refused {
            if let Some(source) = self.sources.get_mut(refused.source) {
                source.refused += 1;
            }
        }
        TrustStore {
            keys: self.keys,
            by_name,
            authority_keys,
            authorities,
            issuers: self.issuers,
            sources: self.sources,
            refused: self.refused,
            floor: self.floor,
        }
    }

    pub(super) fn begin(&mut self, name: &str, kind: SourceKind) -> usize {
        let proof = match kind {
            SourceKind::Certificates | SourceKind::NamedKeys { .. } => ProofStatus::GivenByCaller,
            _ => ProofStatus::NoProof,
        };
        self.sources.push(Source {
            name: name.to_owned(),
            kind,
            created: None,
            fetched: self.fetched,
            etag: self.etag.clone(),
            relayed: None,
            proof,
            keys: 0,
            refused: 0,
        });
        self.sources.len() - 1
    }

    pub(super) fn refuse(&mut self, source: usize, name: String, reason: Refusal) {
        self.refused.push(RefusedEntry { source, name, reason });
    }

    /// A certificate that the caller trusts as it is. A `name` makes it a signer, whatever else it
    /// may do.
    pub(super) fn add_given(
        &mut self,
        source: usize,
        id: String,
        name: Option<&str>,
        certificate: Certificate,
    ) {
        let is_ca = certificate.extensions().basic_constraints.is_some_and(|one| one.ca);
        let is_authority = name.is_none() && is_ca;
        // States hand out the authorities of passports, whose curves are spelled out.
        let certificate = if is_ca { certificate.with_explicit_curve() } else { certificate };
        let public_key = match certificate.public_key() {
            Ok(key) => key.clone(),
            Err(error) => {
                let error = error.clone();
                return self.refuse(source, id, Refusal::Key(error));
            }
        };
        let participant_code = certificate.subject().country().unwrap_or_default().to_owned();
        let participant = Participant::parse(&participant_code).ok();
        let usage = if is_authority { KeyUsage::Sca } else { KeyUsage::Dsc };
        if is_authority {
            let owner = Owner::new(participant, &participant_code);
            self.add_authority(source, owner, &certificate, usage, Standing::Authority);
        }
        self.add(Draft {
            source,
            id,
            name: name.map(str::to_owned),
            kid: certificate.kid(),
            kid_text: None,
            participant,
            participant_code,
            domain: None,
            usage,
            purposes: document_purposes(&certificate),
            material: Material::new(public_key, Some(certificate)),
            given_by_caller: true,
        });
    }

    fn add_checked(&mut self, source: usize, checked: gateway::CheckedItem<'_>) {
        let gateway::CheckedItem { item, usage, domain, participant, certificate } = checked;
        // Its key was found usable when the entry was read.
        let Ok(public_key) = certificate.public_key().cloned() else { return };
        let owner = Owner::new(participant, &item.country);
        if usage.is_authority() {
            self.add_authority(source, owner, &certificate, usage, Standing::Authority);
        }
        self.add(Draft {
            source,
            id: format!("{} {} {}", item.country, item.group, item.kid),
            name: None,
            kid: kid_text::parse(&item.kid),
            kid_text: Some(item.kid.clone()),
            participant,
            participant_code: item.country.clone(),
            domain,
            usage,
            purposes: document_purposes(&certificate),
            material: Material::new(public_key, Some(certificate)),
            given_by_caller: false,
        });
    }

    pub(super) fn add(&mut self, draft: Draft) {
        self.keys.push(draft.into_key(self.backend));
    }

    pub(super) fn add_authority(
        &mut self,
        source: usize,
        owner: Owner,
        certificate: &Certificate,
        usage: KeyUsage,
        standing: Standing,
    ) {
        let list = self.authorities.entry(owner).or_default();
        let known = list.iter().any(|one| {
            one.source == source
                && one.usage == usage
                && one.standing == standing
                && one.certificate.der() == certificate.der()
        });
        if !known {
            let certificate = Held::Read(certificate.clone());
            list.push(Listed { source, certificate, usage, standing });
        }
    }
}

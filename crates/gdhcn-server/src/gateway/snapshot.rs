//! What the gateway answers from: the checked content of the certificate tables, ready made.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::TrustContent;
use gdhcn_store::federation_gateway::FederationGateway;
use gdhcn_store::signer_information::SignerInformation;
use gdhcn_store::trusted_party::{PartyType, Role, TrustedParty};
use gdhcn_trust::federation::DownloadTarget;
use jiff::Timestamp;

use super::list::{Entry, List, Selection};
use super::onboarded::{self, RowFault};
use super::representation::Representation;

/// So many lists are kept ready; peers choose their parameters.
const READY_LISTS: usize = 512;

/// The content of both tables at one revision. Immutable: a change makes the next one, which
/// shares everything that stayed.
#[derive(Debug)]
pub(crate) struct TrustSnapshot {
    revision: i64,
    parties: Arc<Parties>,
    /// What lists may hold, sorted by kid.
    entries: Vec<Arc<Entry>>,
    /// Lists are put together when first asked for: a participant that uploads hundreds of
    /// certificates in a row does not cost as many lists.
    lists: RwLock<HashMap<Selection, Representation>>,
}

/// The onboarded certificates whose trust anchor signature holds.
#[derive(Debug)]
struct Parties {
    /// By thumbprint.
    authentication: HashMap<String, Onboarded>,
    /// The others that decisions need, by use and country.
    by_country: HashMap<(PartyType, String), Vec<Certificate>>,
    countries: Representation,
    /// The trust anchors of peers, by the peers' identities.
    peer_anchors: HashMap<String, Vec<Certificate>>,
    /// Peers whose content is for this gateway alone.
    withheld: BTreeSet<String>,
    refused: Vec<RefusedRow>,
    valid: usize,
}

/// An onboarded client certificate.
#[derive(Debug)]
pub(crate) struct Onboarded {
    /// Two-letter code of the participant.
    pub(crate) country: String,
    /// The certificate.
    pub(crate) certificate: Certificate,
    /// What it may do beyond the common routes.
    pub(crate) roles: Vec<Role>,
}

/// A row that is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefusedRow {
    /// Its table.
    pub(crate) table: &'static str,
    /// Primary key.
    pub(crate) id: String,
    /// SHA-256 of the certificate as it is stored, where that can be read.
    pub(crate) thumbprint: String,
    /// What is wrong with it.
    pub(crate) fault: RowFault,
}

/// The uploaded certificates of a snapshot to be, made row by row so that the rows need not be in
/// memory together.
#[derive(Debug, Default)]
pub(crate) struct Signers(Vec<(Arc<Entry>, Option<RefusedRow>)>);

/// The certificates of one participant and group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct GroupState {
    /// How many there are.
    pub(crate) all: usize,
    /// How many are valid.
    pub(crate) valid: usize,
    /// The earliest end among the valid ones.
    pub(crate) next_end: Option<Timestamp>,
    /// The latest end among all.
    pub(crate) last_end: Option<Timestamp>,
}

impl Signers {
    /// Makes the entry of an uploaded certificate.
    pub(crate) fn add(&mut self, row: &SignerInformation) {
        let entry = Entry::of_signer(row);
        let fault = entry.facts.validity.is_none().then(|| RefusedRow {
            table: "signer_information",
            id: row.id.clone(),
            thumbprint: row.thumbprint.clone(),
            fault: RowFault::Certificate,
        });
        self.0.push((entry, fault));
    }
}

impl TrustSnapshot {
    /// Checks every row and makes the snapshot. Takes time: about 0.1 ms for an onboarded row.
    pub(crate) fn build(content: TrustContent, anchors: &[Certificate]) -> Self {
        let mut signers = Signers::default();
        content.signer_information.iter().for_each(|row| signers.add(row));
        Self::build_with(content, signers, anchors)
    }

    /// The same, of uploaded certificates that are entries already.
    pub(crate) fn build_with(
        content: TrustContent,
        signers: Signers,
        anchors: &[Certificate],
    ) -> Self {
        let mut entries = Vec::new();
        let mut refused: Vec<_> = content
            .unreadable
            .into_iter()
            .map(|row| RefusedRow {
                table: row.table,
                id: row.id,
                thumbprint: String::new(),
                fault: RowFault::Column(row.column),
            })
            .collect();
        let mut parties = Parties {
            authentication: HashMap::new(),
            by_country: HashMap::new(),
            countries: Representation::new("[]"),
            peer_anchors: HashMap::new(),
            withheld: withheld(&content.federation_gateways, anchors),
            refused: Vec::new(),
            valid: 0,
        };
        let mut countries = BTreeSet::new();
        for (row, outcome) in onboarded::check_all(&content.trusted_parties, anchors) {
            match outcome {
                Ok(certificate) => {
                    if parties.passes_on(row.source_gateway_id.as_deref()) {
                        entries.push(Entry::of_party(row));
                    }
                    if row.source_gateway_id.is_none() {
                        countries.insert(row.country.clone());
                        parties.add(row, certificate);
                    } else {
                        parties.valid += 1;
                    }
                }
                Err(fault) => refused.push(RefusedRow {
                    table: "trusted_party",
                    id: row.id.clone(),
                    thumbprint: row.thumbprint.clone(),
                    fault,
                }),
            }
        }
        for (entry, fault) in signers.0 {
            if parties.passes_on(entry.source_gateway.as_deref()) {
                entries.push(entry);
                refused.extend(fault);
            }
        }
        entries.sort_by(|a, b| a.key().cmp(&b.key()));
        parties.refused = refused;
        parties.countries = Representation::new(serde_json::to_vec(&countries).unwrap_or_default());
        Self::put_together(content.revision, Arc::new(parties), entries)
    }

    fn put_together(revision: i64, parties: Arc<Parties>, entries: Vec<Arc<Entry>>) -> Self {
        Self { revision, parties, entries, lists: RwLock::default() }
    }

    /// The next snapshot, with an uploaded certificate more.
    pub(crate) fn with(&self, row: &SignerInformation, revision: i64) -> Self {
        let mut entries = self.entries.clone();
        let entry = Entry::of_signer(row);
        let place = entries.partition_point(|other| other.key() < entry.key());
        entries.insert(place, entry);
        Self::put_together(revision, Arc::clone(&self.parties), entries)
    }

    /// The next snapshot, without an uploaded certificate.
    pub(crate) fn without(&self, row: &SignerInformation, revision: i64) -> Self {
        let mut entries = self.entries.clone();
        entries.retain(|entry| {
            !(entry.uploaded
                && entry.source_gateway.is_none()
                && entry.thumbprint == row.thumbprint)
        });
        Self::put_together(revision, Arc::clone(&self.parties), entries)
    }

    /// The number of the last change that is in it.
    pub(crate) fn revision(&self) -> i64 {
        self.revision
    }

    /// The onboarded client certificate with this thumbprint.
    pub(crate) fn authentication(&self, thumbprint: &str) -> Option<&Onboarded> {
        self.parties.authentication.get(thumbprint)
    }

    /// The upload certificates of a country.
    pub(crate) fn uploaders(&self, country: &str) -> &[Certificate] {
        self.of(PartyType::Upload, country)
    }

    /// The signing authorities of a country.
    pub(crate) fn scas(&self, country: &str) -> &[Certificate] {
        self.of(PartyType::Csca, country)
    }

    /// The authorities of the second pair of a country.
    pub(crate) fn decas(&self, country: &str) -> &[Certificate] {
        self.of(PartyType::Deca, country)
    }

    fn of(&self, wanted: PartyType, country: &str) -> &[Certificate] {
        let found = self.parties.by_country.get(&(wanted, country.to_owned()));
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// The trust anchors that vouch for what came from a peer.
    pub(crate) fn anchors_of(&self, gateway_id: &str) -> &[Certificate] {
        self.parties.peer_anchors.get(gateway_id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether rows from there may be in lists at all.
    pub(crate) fn passes_on(&self, source_gateway: Option<&str>) -> bool {
        self.parties.passes_on(source_gateway)
    }

    /// The participants' codes.
    pub(crate) fn countries(&self) -> &Representation {
        &self.parties.countries
    }

    /// A list that is put together already.
    pub(crate) fn ready(&self, selection: &Selection) -> Option<Representation> {
        self.lists.read().unwrap_or_else(PoisonError::into_inner).get(selection).cloned()
    }

    /// A list; put together when first asked for, which takes time.
    pub(crate) fn list(&self, selection: &Selection) -> Representation {
        if let Some(ready) = self.ready(selection) {
            return ready;
        }
        let chosen = self.entries.iter().filter(|entry| selection.holds(entry)).map(Arc::clone);
        let list = Representation::of_list(List::new(chosen, selection.form()));
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        if lists.len() < READY_LISTS {
            lists.insert(selection.clone(), list.clone());
        }
        list
    }

    /// The entries of a list, sorted by kid.
    pub(crate) fn entries(&self, selection: &Selection) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter().filter(|entry| selection.holds(entry))
    }

    /// The own entries of every domain, sorted by kid.
    pub(super) fn own_entries(&self) -> impl Iterator<Item = &Entry> {
        self.all_entries().filter(|entry| entry.source_gateway.is_none())
    }

    /// All certificates, those of other gateways too.
    pub(super) fn all_entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().map(Arc::as_ref)
    }

    /// The own certificates by participant and group.
    pub(crate) fn groups(&self, now: Timestamp) -> BTreeMap<(&str, &'static str), GroupState> {
        let mut groups = BTreeMap::<_, GroupState>::new();
        for entry in self.own_entries() {
            let group = groups.entry((entry.country.as_str(), entry.group)).or_default();
            group.all += 1;
            let Some((begin, end)) = entry.facts.validity else { continue };
            group.last_end = group.last_end.max(Some(end));
            if begin <= now && now <= end {
                group.valid += 1;
                group.next_end = Some(group.next_end.map_or(end, |next| next.min(end)));
            }
        }
        groups
    }

    /// Onboarded certificates that are served.
    pub(crate) fn trusted_parties(&self) -> usize {
        self.parties.valid
    }

    /// Uploaded certificates that lists hold.
    pub(crate) fn signers(&self) -> usize {
        self.entries.iter().filter(|entry| entry.uploaded).count()
    }

    /// Rows that are not served, each with what is wrong.
    pub(crate) fn refused(&self) -> &[RefusedRow] {
        &self.parties.refused
    }
}

/// The peers that our trust anchor has not said may be passed on.
fn withheld(peers: &[FederationGateway], anchors: &[Certificate]) -> BTreeSet<String> {
    let passed_on = |peer: &&FederationGateway| {
        let FederationGateway { configured, .. } = peer;
        configured.peer.target == DownloadTarget::Federation
            && configured.peer.check(&configured.signature, anchors, Backend::default()).is_ok()
    };
    peers.iter().filter(|peer| !passed_on(peer)).map(|peer| peer.id().to_owned()).collect()
}

impl Parties {
    fn passes_on(&self, source_gateway: Option<&str>) -> bool {
        source_gateway.is_none_or(|source| !self.withheld.contains(source))
    }

    fn add(&mut self, row: &TrustedParty, certificate: Certificate) {
        self.valid += 1;
        match row.certificate_type {
            PartyType::Authentication => {
                let onboarded = Onboarded {
                    country: row.country.clone(),
                    certificate,
                    roles: row.roles.clone(),
                };
                self.authentication.insert(row.thumbprint.clone(), onboarded);
            }
            decisive @ (PartyType::Upload | PartyType::Csca | PartyType::Deca) => {
                self.by_country
                    .entry((decisive, row.country.clone()))
                    .or_default()
                    .push(certificate);
            }
            PartyType::TrustAnchor => {
                if let Some(gateway) = &row.assigned_gateway {
                    self.peer_anchors.entry(gateway.clone()).or_default().push(certificate);
                }
            }
            // Counted and listed, but no decision of the gateway looks at them.
            _ => {}
        }
    }
}

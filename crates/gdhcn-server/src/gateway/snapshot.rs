//! What the gateway answers from: the checked content of the certificate tables, ready made.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_client::wire::{CertificateType, TrustListItem};
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::TrustContent;
use gdhcn_store::signer_information::{SignerInformation, SignerType};
use gdhcn_store::trusted_party::{PartyType, TrustedParty};
use jiff::Timestamp;

use super::onboarded::{self, RowFault};
use super::representation::Representation;

/// The domain of the lists that name none.
pub(crate) const DEFAULT_DOMAIN: &str = "DCC";

/// The content of both tables at one revision. Immutable: a change makes the next one, which
/// shares everything that stayed.
#[derive(Debug)]
pub(crate) struct TrustSnapshot {
    revision: i64,
    parties: Arc<Parties>,
    /// What lists may hold, sorted by kid.
    entries: Vec<Arc<Entry>>,
    /// Lists are put together when first asked for: a participant that uploads hundreds of
    /// certificates in a row does not cost as many full lists.
    lists: HashMap<(CertificateType, Option<String>), OnceLock<Representation>>,
    everything: OnceLock<Representation>,
    empty: Representation,
}

/// The onboarded certificates whose trust anchor signature holds.
#[derive(Debug)]
struct Parties {
    /// By thumbprint.
    authentication: HashMap<String, Onboarded>,
    /// The others that decisions need, by use and country.
    by_country: HashMap<(PartyType, String), Vec<Certificate>>,
    countries: Representation,
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

/// Which entries a list holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The types UPLOAD, AUTHENTICATION, CSCA and DSC.
    Everything,
    /// One type, and one country where given.
    Of(CertificateType, Option<String>),
}

/// One certificate of the lists, as JSON.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) kid: String,
    pub(super) country: String,
    pub(super) thumbprint: String,
    pub(super) certificate_type: CertificateType,
    /// Begin and end of the certificate, where it can be read.
    pub(super) validity: Option<(Timestamp, Timestamp)>,
    json: String,
}

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

impl TrustSnapshot {
    /// Checks every row and makes the snapshot. Takes time: about 0.1 ms for an onboarded row.
    pub(crate) fn build(content: TrustContent, anchors: &[Certificate]) -> Self {
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
            refused: Vec::new(),
            valid: 0,
        };
        let mut countries = BTreeSet::new();
        for row in content.trusted_parties {
            match onboarded::check(&row, anchors) {
                Ok(certificate) => {
                    countries.insert(row.country.clone());
                    entries.extend(Entry::of_party(&row));
                    parties.add(row, certificate);
                }
                Err(fault) => refused.push(RefusedRow {
                    table: "trusted_party",
                    id: row.id,
                    thumbprint: row.thumbprint,
                    fault,
                }),
            }
        }
        for row in &content.signer_information {
            let Some(entry) = Entry::of_signer(row) else { continue };
            if entry.validity.is_none() {
                refused.push(RefusedRow {
                    table: "signer_information",
                    id: row.id.clone(),
                    thumbprint: row.thumbprint.clone(),
                    fault: RowFault::Certificate,
                });
            }
            entries.push(entry);
        }
        entries.sort_by(|a, b| a.key().cmp(&b.key()));
        parties.refused = refused;
        parties.countries = Representation::new(serde_json::to_vec(&countries).unwrap_or_default());
        Self::put_together(content.revision, Arc::new(parties), entries)
    }

    fn put_together(revision: i64, parties: Arc<Parties>, entries: Vec<Arc<Entry>>) -> Self {
        let mut lists = HashMap::new();
        for entry in &entries {
            lists.entry((entry.certificate_type, None)).or_default();
            lists.entry((entry.certificate_type, Some(entry.country.clone()))).or_default();
        }
        Self {
            revision,
            parties,
            entries,
            lists,
            everything: OnceLock::new(),
            empty: Representation::new("[]"),
        }
    }

    /// The next snapshot, with an uploaded certificate more.
    pub(crate) fn with(&self, row: &SignerInformation, revision: i64) -> Self {
        let mut entries = self.entries.clone();
        if let Some(entry) = Entry::of_signer(row) {
            let place = entries.partition_point(|other| other.key() < entry.key());
            entries.insert(place, entry);
        }
        Self::put_together(revision, Arc::clone(&self.parties), entries)
    }

    /// The next snapshot, without an uploaded certificate.
    pub(crate) fn without(&self, row: &SignerInformation, revision: i64) -> Self {
        let mut entries = self.entries.clone();
        entries.retain(|entry| {
            !(entry.thumbprint == row.thumbprint && entry.certificate_type.is_uploaded())
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

    /// The participants' codes.
    pub(crate) fn countries(&self) -> &Representation {
        &self.parties.countries
    }

    /// A list that is put together already.
    pub(crate) fn ready(&self, selection: &Selection) -> Option<&Representation> {
        self.place_of(selection).map_or(Some(&self.empty), OnceLock::get)
    }

    /// A list; put together when first asked for, which takes time.
    pub(crate) fn list(&self, selection: &Selection) -> &Representation {
        let Some(place) = self.place_of(selection) else { return &self.empty };
        place.get_or_init(|| {
            let chosen = self.entries.iter().filter(|entry| selection.holds(entry));
            let chosen: Vec<&str> = chosen.map(|entry| entry.json.as_str()).collect();
            Representation::new(format!("[{}]", chosen.join(",")))
        })
    }

    /// `None` for a list without entries.
    fn place_of(&self, selection: &Selection) -> Option<&OnceLock<Representation>> {
        match selection {
            Selection::Everything => Some(&self.everything),
            Selection::Of(of, country) => self.lists.get(&(*of, country.clone())),
        }
    }

    /// All entries, sorted by kid.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().map(Arc::as_ref)
    }

    /// The certificates by participant and group.
    pub(crate) fn groups(&self, now: Timestamp) -> BTreeMap<(&str, CertificateType), GroupState> {
        let mut groups = BTreeMap::<_, GroupState>::new();
        for entry in &self.entries {
            let group = groups.entry((entry.country.as_str(), entry.certificate_type)).or_default();
            group.all += 1;
            let Some((begin, end)) = entry.validity else { continue };
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
        self.entries.iter().filter(|entry| entry.certificate_type.is_uploaded()).count()
    }

    /// Rows that are not served, each with what is wrong.
    pub(crate) fn refused(&self) -> &[RefusedRow] {
        &self.parties.refused
    }
}

impl Selection {
    fn holds(&self, entry: &Entry) -> bool {
        match self {
            Self::Everything => matches!(
                entry.certificate_type,
                CertificateType::Upload
                    | CertificateType::Authentication
                    | CertificateType::Csca
                    | CertificateType::Dsc
            ),
            Self::Of(of, None) => entry.certificate_type == *of,
            Self::Of(of, Some(country)) => {
                entry.certificate_type == *of && entry.country == *country
            }
        }
    }
}

impl Parties {
    fn add(&mut self, row: TrustedParty, certificate: Certificate) {
        self.valid += 1;
        match row.certificate_type {
            PartyType::Authentication => {
                let onboarded = Onboarded { country: row.country, certificate };
                self.authentication.insert(row.thumbprint, onboarded);
            }
            decisive @ (PartyType::Upload | PartyType::Csca | PartyType::Deca) => {
                self.by_country.entry((decisive, row.country)).or_default().push(certificate);
            }
            // Counted and listed, but no decision of the gateway looks at them.
            _ => {}
        }
    }
}

impl Entry {
    fn key(&self) -> (&str, &str) {
        // Kids are unique among own rows; the thumbprint makes the order certain anyway.
        (&self.kid, &self.thumbprint)
    }

    fn of_party(row: &TrustedParty) -> Option<Arc<Self>> {
        let certificate_type = match row.certificate_type {
            PartyType::Authentication => CertificateType::Authentication,
            PartyType::Upload => CertificateType::Upload,
            PartyType::Csca => CertificateType::Csca,
            PartyType::Deca => CertificateType::Deca,
            PartyType::TrustAnchor => CertificateType::TrustAnchor,
            _ => return None,
        };
        Self::listed(row.domain.as_deref(), row.source_gateway_id.as_deref())?;
        Self::new(TrustListItem {
            kid: row.kid.clone(),
            timestamp: row.created_at,
            country: row.country.clone(),
            certificate_type,
            thumbprint: row.thumbprint.clone(),
            signature: row.signature.clone(),
            raw_data: row.raw_data.clone(),
        })
    }

    fn of_signer(row: &SignerInformation) -> Option<Arc<Self>> {
        let certificate_type = match row.certificate_type {
            SignerType::Dsc => CertificateType::Dsc,
            SignerType::Desc => CertificateType::Desc,
            _ => return None,
        };
        Self::listed(row.domain.as_deref(), row.source_gateway_id.as_deref())?;
        Self::new(TrustListItem {
            kid: row.kid.clone(),
            timestamp: row.created_at,
            country: row.country.clone(),
            certificate_type,
            thumbprint: row.thumbprint.clone(),
            signature: row.signature.clone(),
            raw_data: row.raw_data.clone(),
        })
    }

    /// Lists without parameters hold own rows of the default domain, by country too (deviation D-06).
    fn listed(domain: Option<&str>, source_gateway: Option<&str>) -> Option<()> {
        (domain == Some(DEFAULT_DOMAIN) && source_gateway.is_none()).then_some(())
    }

    fn new(item: TrustListItem) -> Option<Arc<Self>> {
        let json = serde_json::to_string(&item).ok()?;
        let certificate = BASE64_STANDARD.decode(&item.raw_data).ok();
        let certificate = certificate.and_then(|der| Certificate::from_der(&der).ok());
        let validity = certificate.map(|found| (found.not_before(), found.not_after()));
        Some(Arc::new(Self {
            kid: item.kid,
            country: item.country,
            thumbprint: item.thumbprint,
            certificate_type: item.certificate_type,
            validity,
            json,
        }))
    }
}

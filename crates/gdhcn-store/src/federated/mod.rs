//! What came from a peer: swapped as a whole, in one transaction with what tells of it.

mod compare;
mod others;
mod present;

use std::collections::BTreeSet;

use gdhcn_log::Kind;
use uuid::Uuid;

use self::compare::{Difference, compare};
use self::present::Present;
use crate::audit_event::AuditEvent;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::federation_gateway;
use crate::job::{self, Lease};
use crate::limit;
use crate::log;
use crate::signed_text::SignedText;
use crate::signer_information::{self, NewSignerInformation};
use crate::store::Store;
use crate::trusted_issuer::{self, NewTrustedIssuer};
use crate::trusted_party::{self, NewTrustedParty, PartyType};
use crate::trusted_reference::{self, TrustedReference};

/// A row as it is at a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled<New> {
    /// What it says. Where it comes from is set on storing.
    pub new: New,
    /// The identifier of the row at the peer; one is made where it gives none, and then kept.
    pub uuid: Option<String>,
    /// The row's version at the peer.
    pub version: i64,
}

/// An issuer that a peer's anchor vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledIssuer {
    /// What the peer lists.
    pub issuer: NewTrustedIssuer,
    /// The text that its anchor signed.
    pub signed: String,
}

/// A reference of a peer's participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledReference {
    /// Where the service is.
    pub url: String,
    /// Two-letter code of the participant.
    pub country: String,
    /// What is found there, such as `FHIR`.
    pub reference_type: String,
    /// The service.
    pub service: String,
    /// Of the service's certificate.
    pub thumbprint: Option<String>,
    /// Name for people.
    pub name: String,
    /// Of the service.
    pub ssl_public_key: Option<String>,
    /// What is served.
    pub content_type: String,
    /// How what is served is signed.
    pub signature_type: String,
    /// Version that the participant gave.
    pub reference_version: String,
    /// Trust domain.
    pub domain: Option<String>,
    /// The participant's message, where the peer serves it and it holds.
    pub message: Option<SignedText>,
}

/// What a peer lists, checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FederatedContent {
    /// Onboarded certificates.
    pub parties: Vec<Pulled<NewTrustedParty>>,
    /// Uploaded certificates.
    pub signers: Vec<Pulled<NewSignerInformation>>,
    /// Issuers; none: those that came before stay.
    pub issuers: Option<Vec<Pulled<PulledIssuer>>>,
    /// References; none: those that came before stay.
    pub references: Option<Vec<Pulled<PulledReference>>>,
    /// Participants of which everything stays as it is.
    pub held: BTreeSet<String>,
    /// SHA-256 of the trust anchors that it was checked by, lower-case hexadecimal.
    pub anchors: BTreeSet<String>,
    /// What becomes of everything that did not come from this peer.
    pub others: Others,
}

/// What becomes of content that did not come from the peer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Others {
    /// It stays.
    #[default]
    Stay,
    /// It goes, own client certificates and the federation itself excepted, at this operator's
    /// word.
    Go {
        /// Who said so.
        operator: String,
    },
}

/// What a swap changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swapped {
    /// Rows that came.
    pub added: usize,
    /// Rows that went; one that is different now counts in both.
    pub removed: usize,
    /// Rows that are as they were.
    pub kept: usize,
}

impl Swapped {
    /// Whether everything is as it was.
    pub fn is_nothing(self) -> bool {
        self.added == 0 && self.removed == 0
    }

    fn count<New, Row>(&mut self, difference: &Difference<'_, New, Row>) {
        self.added += difference.new.len();
        self.removed += difference.gone.len();
        self.kept += difference.kept.len();
    }
}

impl Store {
    /// Puts what a peer lists in the place of what came from it before, and records the success
    /// with `message`. Rows that are the same stay untouched; when all are, nothing is recorded
    /// but the success. A certificate may be an own row and a peer's at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when the run took too long, [`StoreError::NoPeer`],
    /// [`StoreError::AnchorsChanged`] when it was checked by an anchor that is not the peer's any
    /// more, a conflict when the content names something twice. Nothing is changed then.
    pub async fn replace_federated(
        &self,
        lease: &Lease,
        gateway_id: &str,
        content: FederatedContent,
        message: Option<&str>,
        event: &AuditEvent,
    ) -> Result<Swapped, StoreError> {
        let mut writing = self.begin_change().await?;
        job::check(&mut writing, lease).await?;
        federation_gateway::succeeded(&mut writing, gateway_id, message, event.occurred_at).await?;
        let swapped = swap(&mut writing, gateway_id, content, event).await?;
        if swapped.is_nothing() {
            writing.commit_unrecorded().await?;
            return Ok(swapped);
        }
        let counts = format!(": {} added, {} removed", swapped.added, swapped.removed);
        let mut event = event.clone();
        let room = limit::DESCRIPTION.saturating_sub(counts.len());
        event.description.truncate(event.description.floor_char_boundary(room));
        event.description += &counts;
        event.check()?;
        writing.commit(&event).await?;
        Ok(swapped)
    }
}

/// Removes everything that came from a peer.
pub(crate) async fn clear(
    transaction: &mut Transaction,
    gateway_id: &str,
    event: &AuditEvent,
) -> Result<(), StoreError> {
    let nothing = FederatedContent {
        issuers: Some(Vec::new()),
        references: Some(Vec::new()),
        ..FederatedContent::default()
    };
    swap(transaction, gateway_id, nothing, event).await?;
    Ok(())
}

async fn swap(
    transaction: &mut Transaction,
    gateway_id: &str,
    content: FederatedContent,
    event: &AuditEvent,
) -> Result<Swapped, StoreError> {
    let FederatedContent { parties, signers, issuers, references, held, anchors, others } = content;
    let (present, rest) = Present::read(transaction).await?.split(gateway_id);
    let is_there = |anchor: &String| {
        rest.parties.iter().any(|row| {
            row.certificate_type == PartyType::TrustAnchor
                && row.assigned_gateway.as_deref() == Some(gateway_id)
                && row.source_gateway_id.is_none()
                && row.thumbprint == *anchor
        })
    };
    if !anchors.iter().all(is_there) {
        return Err(StoreError::AnchorsChanged);
    }
    let mut swapped = Swapped::default();
    if let Others::Go { operator } = &others {
        swapped.removed += others::clear(transaction, &rest, operator, event).await?;
    }

    let parties = compare(fitting(parties), &present.parties, &held)?;
    let signers = compare(fitting(signers), &present.signers, &held)?;
    let mut issuers = compare_or_leave(issuers.map(fitting), &present.issuers, &held)?;
    let references = references.map(fitting);
    let mut references = compare_or_leave(references, &present.references, &held)?;
    // The log names issuers and references by what the peer says of itself.
    give_names(&mut issuers.new, issuers.kept.iter().filter_map(|row| row.uuid.clone()));
    give_names(&mut references.new, references.kept.iter().map(|row| row.uuid.clone()));
    swapped.count(&parties);
    swapped.count(&signers);
    swapped.count(&issuers);
    swapped.count(&references);

    let source = Some(gateway_id);
    let gone = |kind, key: &str, country: &str| log::of_loss(kind, key, country, source, event, "");
    let mut entries = Vec::new();
    for row in references.gone {
        trusted_reference::erase(transaction, &row.id).await?;
        entries.push(gone(Kind::TrustedReference, &row.uuid, &row.country));
    }
    for row in issuers.gone {
        trusted_issuer::erase(transaction, &row.id).await?;
        let uuid = row.uuid.as_deref().unwrap_or_default();
        entries.push(gone(Kind::TrustedIssuer, uuid, &row.issuer.country));
    }
    for row in signers.gone {
        signer_information::erase(transaction, &row.id).await?;
        entries.push(gone(Kind::SignerInformation, &row.thumbprint, &row.country));
    }
    for row in parties.gone {
        trusted_party::erase(transaction, &row.id).await?;
        entries.push(gone(Kind::TrustedParty, &row.thumbprint, &row.country));
    }
    // What signs comes before what it signed: so the log can be followed.
    let source = Some(gateway_id.to_owned());
    for one in parties.new {
        let new = NewTrustedParty {
            created_at: event.occurred_at,
            source_gateway_id: source.clone(),
            assigned_gateway: None,
            roles: Vec::new(),
            ..one.new
        };
        new.check()?;
        let row = new.into_row(one.uuid, one.version);
        trusted_party::write(transaction, &row).await?;
        entries.push(log::of_party(&row, Some(&event.request_id)));
    }
    for one in signers.new {
        let new = NewSignerInformation {
            created_at: event.occurred_at,
            source_gateway_id: source.clone(),
            ..one.new
        };
        new.check()?;
        let row = new.into_row(one.uuid, one.version);
        signer_information::write(transaction, &row).await?;
        entries.push(log::of_signer(&row, Some(&event.request_id)));
    }
    for one in issuers.new {
        let new = NewTrustedIssuer { created_at: event.occurred_at, ..one.new.issuer };
        new.check()?;
        let row = new.into_row(one.uuid, one.version, source.clone());
        trusted_issuer::write(transaction, &row).await?;
        entries.push(log::of_federated_issuer(&row, &one.new.signed, event));
    }
    for one in references.new {
        one.new.check()?;
        let message = one.new.message.clone();
        let row = TrustedReference {
            created_at: event.occurred_at,
            source_gateway_id: source.clone(),
            ..one.new.into_row(one.uuid, one.version)
        };
        trusted_reference::write(transaction, &row).await?;
        entries.push(log::of_federated_reference(&row, message.as_ref(), event));
    }
    log::append_all(transaction, &entries).await?;
    Ok(swapped)
}

fn compare_or_leave<'a, New, Row>(
    wanted: Option<Vec<Pulled<New>>>,
    present: &'a [Row],
    held: &BTreeSet<String>,
) -> Result<Difference<'a, New, Row>, StoreError>
where
    Row: compare::Comparable<New>,
{
    match wanted {
        Some(wanted) => compare(wanted, present, held),
        None => {
            Ok(Difference { new: Vec::new(), gone: Vec::new(), kept: present.iter().collect() })
        }
    }
}

/// Identifiers that no column takes are none: they are the peer's, and it may be careless.
fn fitting<New>(mut rows: Vec<Pulled<New>>) -> Vec<Pulled<New>> {
    for row in &mut rows {
        row.uuid.take_if(|uuid| limit::within("uuid", uuid, limit::UUID).is_err());
    }
    rows
}

/// Makes identifiers for those rows that come without one, or with one that is used already.
fn give_names<New>(rows: &mut [Pulled<New>], used: impl Iterator<Item = String>) {
    let mut used: BTreeSet<String> = used.collect();
    for row in rows {
        let given = row.uuid.take().filter(|uuid| !used.contains(uuid));
        let uuid = given.unwrap_or_else(|| Uuid::new_v4().to_string());
        used.insert(uuid.clone());
        row.uuid = Some(uuid);
    }
}

impl PulledReference {
    /// Whether every value fits its column.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLong`] and [`StoreError::Country`] name the first that does not.
    pub fn check(&self) -> Result<(), StoreError> {
        limit::country(&self.country)?;
        for (column, value, longest) in [
            ("trusted_reference.url", Some(&self.url), 1024),
            ("trusted_reference.reference_type", Some(&self.reference_type), 25),
            ("trusted_reference.service", Some(&self.service), 4096),
            ("trusted_reference.thumbprint", self.thumbprint.as_ref(), 256),
            ("trusted_reference.name", Some(&self.name), 2048),
            ("trusted_reference.ssl_public_key", self.ssl_public_key.as_ref(), 8192),
            ("trusted_reference.content_type", Some(&self.content_type), 2048),
            ("trusted_reference.signature_type", Some(&self.signature_type), 25),
            ("trusted_reference.reference_version", Some(&self.reference_version), 1024),
            ("trusted_reference.domain", self.domain.as_ref(), limit::DOMAIN),
        ] {
            limit::within(column, value.map(String::as_str).unwrap_or_default(), longest)?;
        }
        match &self.message {
            Some(message) => message.check("trusted_reference.cms", limit::REFERENCE),
            None => Ok(()),
        }
    }

    fn into_row(self, uuid: Option<String>, version: i64) -> TrustedReference {
        TrustedReference {
            id: Uuid::now_v7().to_string(),
            uuid: uuid.unwrap_or_else(|| Uuid::new_v4().to_string()),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            url: self.url,
            country: self.country,
            reference_type: self.reference_type,
            service: self.service,
            thumbprint: self.thumbprint,
            name: self.name,
            ssl_public_key: self.ssl_public_key,
            content_type: self.content_type,
            signature_type: self.signature_type,
            reference_version: self.reference_version,
            cms: self.message.map(|message| message.cms),
            domain: self.domain,
            source_gateway_id: None,
            version,
        }
    }
}

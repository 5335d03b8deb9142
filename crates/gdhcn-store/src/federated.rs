//! What came from a peer: swapped as a whole, in one transaction with what tells of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit_event::AuditEvent;
use crate::database::Transaction;
use crate::error::{Conflict, StoreError};
use crate::federation_gateway;
use crate::job::{self, Lease};
use crate::limit;
use crate::log;
use crate::signer_information::{self, NewSignerInformation, SignerInformation};
use crate::store::{Store, TrustContent};
use crate::trusted_party::{self, NewTrustedParty, PartyType, TrustedParty};

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

/// What a peer lists, checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FederatedContent {
    /// Onboarded certificates.
    pub parties: Vec<Pulled<NewTrustedParty>>,
    /// Uploaded certificates.
    pub signers: Vec<Pulled<NewSignerInformation>>,
    /// Participants of which everything stays as it is.
    pub held: BTreeSet<String>,
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
}

impl Store {
    /// Puts what a peer lists in the place of what came from it before, and records the success
    /// with `message`. Rows that are the same stay untouched; when all are, nothing is recorded
    /// but the success. A certificate may be an own row and a peer's at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when the run took too long, [`StoreError::NoPeer`], a conflict
    /// when the content names a certificate twice. Nothing is changed then.
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
    swap(transaction, gateway_id, FederatedContent::default(), event).await?;
    Ok(())
}

async fn swap(
    transaction: &mut Transaction,
    gateway_id: &str,
    content: FederatedContent,
    event: &AuditEvent,
) -> Result<Swapped, StoreError> {
    let mut present = TrustContent::default();
    trusted_party::read_all(transaction, &mut present).await?;
    signer_information::read_all(transaction, &mut present).await?;
    let mut swapped = Swapped::default();
    if let Others::Go { operator } = &content.others {
        swapped.removed += clear_others(transaction, gateway_id, &present, operator, event).await?;
    }
    let is_of_peer = |source: &Option<String>| source.as_deref() == Some(gateway_id);
    let held = |country: &str| content.held.contains(country);

    let (new_parties, gone_parties, kept) = compare(
        content.parties,
        present.trusted_parties.iter().filter(|row| is_of_peer(&row.source_gateway_id)),
        held,
        |row| (&row.thumbprint, &row.country),
        |one| &one.thumbprint,
        same_party,
    )?;
    swapped.kept += kept;
    let (new_signers, gone_signers, kept) = compare(
        content.signers,
        present.signer_information.iter().filter(|row| is_of_peer(&row.source_gateway_id)),
        held,
        |row| (&row.thumbprint, &row.country),
        |one| &one.thumbprint,
        same_signer,
    )?;
    swapped.kept += kept;
    swapped.added += new_parties.len() + new_signers.len();
    swapped.removed += gone_parties.len() + gone_signers.len();

    let mut entries = Vec::new();
    for row in gone_signers {
        signer_information::erase(transaction, &row.id).await?;
        entries.push(log::of_lost_signer(row, event.occurred_at));
    }
    for row in gone_parties {
        trusted_party::erase(transaction, &row.id).await?;
        entries.push(log::of_lost_party(row, event.occurred_at));
    }
    // What signs comes before what it signed: so the log can be followed.
    for one in new_parties {
        let new = NewTrustedParty {
            created_at: event.occurred_at,
            source_gateway_id: Some(gateway_id.to_owned()),
            assigned_gateway: None,
            roles: Vec::new(),
            ..one.new
        };
        new.check()?;
        let row = new.into_row(one.uuid, one.version);
        trusted_party::write(transaction, &row).await?;
        entries.push(log::of_party(&row, Some(&event.request_id)));
    }
    for one in new_signers {
        let new = NewSignerInformation {
            created_at: event.occurred_at,
            source_gateway_id: Some(gateway_id.to_owned()),
            ..one.new
        };
        new.check()?;
        let row = new.into_row(one.uuid, one.version);
        signer_information::write(transaction, &row).await?;
        entries.push(log::of_signer(&row, Some(&event.request_id)));
    }
    log::append_all(transaction, &entries).await?;
    Ok(swapped)
}

/// Removes what did not come from the peer: participants' own rows but for their client
/// certificates, and what came from other peers. Tells how many rows went.
async fn clear_others(
    transaction: &mut Transaction,
    gateway_id: &str,
    present: &TrustContent,
    operator: &str,
    event: &AuditEvent,
) -> Result<usize, StoreError> {
    let at = event.occurred_at;
    let mut entries = Vec::new();
    for row in &present.signer_information {
        match row.source_gateway_id.as_deref() {
            Some(source) if source == gateway_id => {}
            Some(_) => {
                signer_information::erase(transaction, &row.id).await?;
                entries.push(log::of_lost_signer(row, at));
            }
            None => {
                signer_information::bury(transaction, row, at).await?;
                entries.push(log::of_overridden_signer(row, at, operator));
            }
        }
    }
    for row in &present.trusted_parties {
        let stays = matches!(
            row.certificate_type,
            PartyType::Authentication
                | PartyType::TrustAnchor
                | PartyType::AuthenticationFederation
        );
        match row.source_gateway_id.as_deref() {
            Some(source) if source == gateway_id => {}
            None if stays => {}
            Some(_) => {
                trusted_party::erase(transaction, &row.id).await?;
                entries.push(log::of_lost_party(row, at));
            }
            None => {
                trusted_party::erase(transaction, &row.id).await?;
                entries.push(log::of_offboarding(row, at, operator));
            }
        }
    }
    log::append_all(transaction, &entries).await?;
    Ok(entries.len())
}

/// What is new, what is gone, and how many rows stay.
type Compared<'a, New, Row> = (Vec<Pulled<New>>, Vec<&'a Row>, usize);

/// Compares what a peer lists with what came from it before.
fn compare<'a, New, Row: 'a>(
    wanted: Vec<Pulled<New>>,
    present: impl Iterator<Item = &'a Row>,
    held: impl Fn(&str) -> bool,
    name_and_country: impl Fn(&'a Row) -> (&'a String, &'a String),
    name: impl Fn(&New) -> &String,
    same: impl Fn(&Pulled<New>, &Row) -> bool,
) -> Result<Compared<'a, New, Row>, StoreError> {
    let mut by_name = BTreeMap::new();
    for one in wanted {
        let name = name(&one.new).clone();
        if by_name.insert(name, one).is_some() {
            return Err(StoreError::Conflict(Conflict::Thumbprint));
        }
    }
    let (mut gone, mut kept) = (Vec::new(), 0);
    for row in present {
        let (name, country) = name_and_country(row);
        let stays = held(country) || by_name.get(name).is_some_and(|one| same(one, row));
        if stays {
            by_name.remove(name);
            kept += 1;
        } else {
            gone.push(row);
        }
    }
    Ok((by_name.into_values().collect(), gone, kept))
}

fn same_party(one: &Pulled<NewTrustedParty>, row: &TrustedParty) -> bool {
    let new = &one.new;
    new.raw_data == row.raw_data
        && new.signature == row.signature
        && new.certificate_type == row.certificate_type
        && new.country == row.country
        && new.kid == row.kid
        && new.domain == row.domain
        && one.version == row.version
        && (one.uuid.is_none() || one.uuid == row.uuid)
}

fn same_signer(one: &Pulled<NewSignerInformation>, row: &SignerInformation) -> bool {
    let new = &one.new;
    new.raw_data == row.raw_data
        && new.signature == row.signature
        && new.certificate_type == row.certificate_type
        && new.country == row.country
        && new.kid == row.kid
        && new.domain == row.domain
        && new.properties == row.properties
        && one.version == row.version
        && (one.uuid.is_none() || one.uuid == row.uuid)
}

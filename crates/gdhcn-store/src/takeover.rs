//! Taking over the content of another gateway: all its rows in one transaction.
//!
//! Identifiers, instants and versions that clients see stay as they were there.

mod insert;
mod presence;

use std::collections::HashSet;

use gdhcn_log::{Action, Entry, Frontier, Kind};
use jiff::Timestamp;

use crate::audit_event::AuditEvent;
use crate::backup::Scratch;
use crate::database::values;
use crate::error::StoreError;
use crate::federation_gateway::NewFederationGateway;
use crate::log;
use crate::signed_text::SignedText;
use crate::signer_information::SignerInformation;
use crate::store::{Store, Writing};
use crate::tombstone::Tombstone;
use crate::trusted_issuer::TrustedIssuer;
use crate::trusted_party::TrustedParty;
use crate::trusted_reference::TrustedReference;

/// What the event of a takeover is called in the audit trail.
const IMPORTED: &str = "IMPORTED";
/// Begins the names of old events in the audit trail.
pub const OLD_EVENT: &str = "imported-";

/// A row to take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// An onboarded certificate.
    Party(TrustedParty),
    /// An uploaded certificate.
    Signer(SignerInformation),
    /// A withdrawn one.
    Tombstone(Tombstone),
    /// A trusted issuer, with the text that the trust anchor signed.
    Issuer(TrustedIssuer, String),
    /// A trusted reference.
    Reference(TrustedReference),
    /// Another gateway that is pulled from.
    Gateway(NewFederationGateway),
    /// A version of a business rule.
    Rule(Rule),
    /// A value set.
    ValueSet(ValueSet),
    /// A revocation batch.
    Batch(Batch),
    /// An event of the old gateway's audit trail. It is there already when another has its
    /// `request_id`, which begins with [`OLD_EVENT`].
    Event(AuditEvent),
}

/// A version of a business rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Rule {
    /// Its number in the old gateway, above 0. It orders the versions of a rule: the highest one is
    /// the latest. Here they are numbered anew.
    pub number: i64,
    pub created_at: Timestamp,
    pub rule_id: String,
    pub version: String,
    pub country: String,
    pub rule_type: String,
    pub valid_from: Timestamp,
    pub valid_to: Timestamp,
    pub message: SignedText,
}

/// A value set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct ValueSet {
    pub id: String,
    pub json: String,
}

/// A revocation batch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Batch {
    pub batch_id: String,
    pub country: String,
    /// In whole seconds.
    pub changed_at: Timestamp,
    pub expires_at: Timestamp,
    pub hash_type: String,
    pub kid: Option<String>,
    /// The message as it was uploaded; none for a withdrawn batch.
    pub message: Option<SignedText>,
}

/// What came of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there now.
    New,
    /// It was there already.
    Present,
    /// A row that is there has the same value of this name, and says something else.
    Clash(&'static str),
    /// It was there and was taken away; nothing brings it back unasked.
    Removed,
}

/// What may be in the database before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nothing: two trust lists are not mixed.
    Nothing,
    /// Something, to which the rows are added.
    Something,
}

/// A takeover under way. It ends by [`commit`](Self::commit); without that nothing of it remains.
#[derive(Debug)]
pub struct Takeover {
    writing: Writing,
    frontier: Frontier,
    /// The event that will tell of it, so far without its words.
    event: AuditEvent,
    before: Before,
    /// What the log says was taken away.
    removed: HashSet<(Kind, String)>,
    /// The names of the old events that are in the trail.
    events: HashSet<String>,
    /// Declared last: it goes when the transaction has.
    _scratch: Option<Scratch>,
}

impl Store {
    /// Begins to take over rows, at the instant `now` and under this name of the request. Other
    /// changes wait until it has ended.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotEmpty`] when the database holds rows and should not.
    pub async fn begin_takeover(
        &self,
        before: Before,
        now: Timestamp,
        request_id: &str,
    ) -> Result<Takeover, StoreError> {
        let mut writing = self.begin_long_change().await?;
        if before == Before::Nothing {
            let tables: [&str; 9] = [
                "trusted_party",
                "signer_information",
                "signer_tombstone",
                "trusted_issuer",
                "trusted_reference",
                "federation_gateway",
                "validation_rule",
                "value_set",
                "revocation_batch",
            ];
            let found = writing.first_there(&tables.map(|table| (table, [].as_slice()))).await?;
            if let Some(table) = found.and_then(|place| tables.get(place)) {
                return Err(StoreError::NotEmpty { table: (*table).to_owned() });
            }
        }
        Ok(Takeover {
            frontier: log::frontier(&mut writing).await?,
            event: AuditEvent {
                occurred_at: now,
                request_id: request_id.to_owned(),
                country: None,
                uploader_fingerprint: None,
                authentication_fingerprint: None,
                event: IMPORTED.to_owned(),
                description: String::new(),
                code: None,
                payload_sha256: None,
            },
            before,
            removed: presence::removed(&mut writing).await?,
            events: presence::events(&mut writing).await?,
            writing,
            _scratch: None,
        })
    }

    /// When a dump with this SHA-256 (lower-case hexadecimal) was taken over, if it was.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn taken_over(&self, sha256: &str) -> Result<Option<Timestamp>, StoreError> {
        let row = self
            .read()
            .await?
            .row(
                "SELECT occurred_at FROM audit_event WHERE event = $1 AND payload_sha256 = $2
                  ORDER BY sequence LIMIT 1",
                values![IMPORTED, sha256],
            )
            .await?;
        Ok(row.map(|row| row.instant("occurred_at")).transpose()?)
    }
}

impl Takeover {
    /// Begins on an empty database that goes when the takeover is dropped: to see what would come
    /// of the rows.
    ///
    /// # Errors
    ///
    /// When there is no place for temporary files.
    pub async fn rehearsal(now: Timestamp) -> Result<Self, StoreError> {
        let scratch = Scratch::near(&std::env::temp_dir())?;
        let store = Store::open(scratch.0.as_path()).await?;
        let takeover = store.begin_takeover(Before::Nothing, now, "rehearsal").await?;
        Ok(Self { _scratch: Some(scratch), ..takeover })
    }

    /// Takes a row over, unless what is there speaks against it.
    ///
    /// # Errors
    ///
    /// When the database cannot be written. The takeover cannot go on then.
    pub async fn add(&mut self, row: &Taken) -> Result<Added, StoreError> {
        let found = self.presence(row).await?;
        if found == Added::New {
            self.insert(row).await?;
        }
        Ok(found)
    }

    /// Makes all of it last, together with the event that tells of it: how many rows of the dump
    /// with this SHA-256 came to what.
    ///
    /// # Errors
    ///
    /// When the database cannot be written; nothing of the takeover remains then.
    pub async fn commit(mut self, description: String, sha256: &str) -> Result<(), StoreError> {
        self.number_rules().await?;
        let payload_sha256 = Some(sha256.to_owned());
        let event = AuditEvent { description, payload_sha256, ..self.event };
        event.check()?;
        self.writing.commit(&event).await?;
        Ok(())
    }

    /// Adds an entry of the log in the name of this takeover.
    async fn log(&mut self, entry: Entry) -> Result<(), StoreError> {
        let entry = Entry {
            at: self.event.occurred_at,
            action: Action::Imported,
            request_id: Some(self.event.request_id.clone()),
            ..entry
        };
        log::append_behind(&mut self.writing, &mut self.frontier, &entry).await
    }
}

//! The transparency log: one entry for each accepted change, and the hashes of its tree.
//!
//! Entries and hashes are rows that are only ever added, in the transaction of the change that
//! they tell of. Changes follow one another, so the next place is certain.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_log::{
    Action, Attribute, Content, Entry, Frontier, Kind, TreeHash, properties_digest, stored_count,
};
use jiff::Timestamp;

use crate::audit_event::AuditEvent;
use crate::database::{Transaction, Value, undecodable, values};
use crate::error::StoreError;
use crate::signed_text::SignedText;
use crate::signer_information::SignerInformation;
use crate::store::Store;
use crate::trusted_issuer::TrustedIssuer;
use crate::trusted_party::TrustedParty;
use crate::trusted_reference::TrustedReference;

/// Most entries or hashes that are read at a time: those of one tile.
const AT_A_TIME: usize = 256;

impl Store {
    /// The right edge of the log's tree: its size and what its root is made of.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or hashes are missing.
    pub async fn log_frontier(&self) -> Result<Frontier, StoreError> {
        frontier(&mut self.read().await?).await
    }

    /// Up to 256 entries from the one with this index on, as many as there are.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn log_entries(&self, first: u64, count: u16) -> Result<Vec<Vec<u8>>, StoreError> {
        let count = usize::from(count).min(AT_A_TIME);
        let rows = self
            .read()
            .await?
            .rows(
                "SELECT entry FROM log_entry WHERE idx >= $1 ORDER BY idx LIMIT $2",
                values![place(first)?, i64::try_from(count).unwrap_or(i64::MAX)],
            )
            .await?;
        let entries: Result<_, sqlx::Error> = rows.iter().map(|row| row.at(0)).collect();
        Ok(entries?)
    }

    /// Hashes of the tree by their places.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or one is missing.
    pub async fn log_hashes(&self, places: &[u64]) -> Result<Vec<TreeHash>, StoreError> {
        let mut transaction = self.read().await?;
        hashes(&mut transaction, places).await
    }
}

/// Adds an entry inside the transaction of the change that it tells of.
pub(crate) async fn append(transaction: &mut Transaction, entry: &Entry) -> Result<(), StoreError> {
    append_all(transaction, std::slice::from_ref(entry)).await
}

/// Adds the entries of a change that has several.
pub(crate) async fn append_all(
    transaction: &mut Transaction,
    entries: &[Entry],
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut frontier = frontier(transaction).await?;
    for entry in entries {
        append_behind(transaction, &mut frontier, entry).await?;
    }
    Ok(())
}

/// Adds an entry behind the last one, for a change with more than are held at once.
pub(crate) async fn append_behind(
    transaction: &mut Transaction,
    frontier: &mut Frontier,
    entry: &Entry,
) -> Result<(), StoreError> {
    let bytes = entry.to_bytes()?;
    let size = frontier.size();
    transaction
        .execute(
            "INSERT INTO log_entry (idx, entry) VALUES ($1, $2)",
            values![place(size)?, bytes.as_slice()],
        )
        .await?;
    let first = stored_count(size);
    for (at, hash) in (first..).zip(frontier.push(TreeHash::of_leaf(&bytes))) {
        transaction
            .execute(
                "INSERT INTO log_hash (idx, hash) VALUES ($1, $2)",
                values![place(at)?, hash.as_bytes().as_slice()],
            )
            .await?;
    }
    Ok(())
}

/// What an onboarded certificate's coming looks like in the log.
pub(crate) fn of_party(row: &TrustedParty, request_id: Option<&str>) -> Entry {
    let action = match row.source_gateway_id {
        None => Action::Onboarded,
        Some(_) => Action::Federated,
    };
    let roles: Vec<_> = row.roles.iter().map(|role| role.as_str()).collect();
    let entry = Entry::new(row.created_at, action, Kind::TrustedParty, &row.thumbprint)
        .with(Attribute::Group, Some(row.certificate_type.as_str()))
        .with(Attribute::Domain, row.domain.as_deref())
        .with(Attribute::Kid, Some(row.kid.as_str()))
        .with(Attribute::Uuid, row.uuid.as_deref())
        .with(Attribute::AssignedGateway, row.assigned_gateway.as_deref())
        .with(Attribute::Roles, Some(roles.join(",")).filter(|roles| !roles.is_empty()));
    Entry {
        country: Some(row.country.clone()),
        source_gateway: row.source_gateway_id.clone(),
        content: Some(content(&row.raw_data)),
        signature: Some(row.signature.clone()),
        request_id: request_id.map(str::to_owned),
        ..entry
    }
}

/// What it looks like when the operator takes an onboarded certificate away.
pub(crate) fn of_offboarding(row: &TrustedParty, at: Timestamp, operator: &str) -> Entry {
    Entry {
        country: Some(row.country.clone()),
        operator: Some(operator.to_owned()),
        ..Entry::new(at, Action::Offboarded, Kind::TrustedParty, &row.thumbprint)
    }
}

/// What an uploaded certificate's coming looks like in the log.
pub(crate) fn of_signer(row: &SignerInformation, request_id: Option<&str>) -> Entry {
    let action = match row.source_gateway_id {
        None => Action::Stored,
        Some(_) => Action::Federated,
    };
    let properties = row.properties.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let entry = Entry::new(row.created_at, action, Kind::SignerInformation, &row.thumbprint)
        .with(Attribute::Group, Some(row.certificate_type.as_str()))
        .with(Attribute::Domain, row.domain.as_deref())
        .with(Attribute::Kid, Some(row.kid.as_str()))
        .with(Attribute::Uuid, row.uuid.as_deref())
        .with(Attribute::PropertiesSha256, properties.as_ref().map(properties_digest));
    Entry {
        country: Some(row.country.clone()),
        source_gateway: row.source_gateway_id.clone(),
        content: Some(content(&row.raw_data)),
        signature: Some(row.signature.clone()),
        request_id: request_id.map(str::to_owned),
        ..entry
    }
}

/// What its withdrawal looks like, with the message that asked for it.
pub(crate) fn of_withdrawal(
    row: &SignerInformation,
    at: Timestamp,
    message: &str,
    request_id: &str,
) -> Entry {
    Entry {
        country: Some(row.country.clone()),
        content: Some(content(&row.raw_data)),
        signature: Some(message.to_owned()),
        request_id: Some(request_id.to_owned()),
        ..Entry::new(at, Action::Deleted, Kind::SignerInformation, &row.thumbprint)
    }
}

/// What it looks like when a peer does not list something any more, or, for an own thing, when an
/// operator lets a peer's content take its place.
pub(crate) fn of_loss(
    kind: Kind,
    key: &str,
    country: &str,
    source_gateway: Option<&str>,
    event: &AuditEvent,
    operator: &str,
) -> Entry {
    let (action, operator) = match source_gateway {
        Some(_) => (Action::Deleted, None),
        None => (Action::Offboarded, Some(operator)),
    };
    Entry {
        country: Some(country.to_owned()),
        source_gateway: source_gateway.map(str::to_owned),
        ..of_own_act((action, kind), key, event, operator)
    }
}

/// What an issuer's coming from a peer looks like. `text` is what the peer's anchor signed.
pub(crate) fn of_federated_issuer(row: &TrustedIssuer, text: &str, event: &AuditEvent) -> Entry {
    let what = (Action::Federated, Kind::TrustedIssuer);
    let entry = of_own_act(what, row.uuid.as_deref().unwrap_or_default(), event, None)
        .with(Attribute::Domain, row.issuer.domain.as_deref());
    Entry {
        country: Some(row.issuer.country.clone()),
        source_gateway: row.source_gateway_id.clone(),
        content: Some(Content::of(text.as_bytes())),
        signature: Some(row.issuer.signature.clone()),
        ..entry
    }
}

/// What a reference's coming from a peer looks like, with the participant's message where the peer
/// serves it.
pub(crate) fn of_federated_reference(
    row: &TrustedReference,
    message: Option<&SignedText>,
    event: &AuditEvent,
) -> Entry {
    let what = (Action::Federated, Kind::TrustedReference);
    let entry = match message {
        Some(message) => of_text(what, &row.uuid, &row.country, message, event),
        None => of_own_act(what, &row.uuid, event, None),
    };
    Entry {
        country: Some(row.country.clone()),
        source_gateway: row.source_gateway_id.clone(),
        ..entry
    }
}

/// What a peer's coming, or a change of it, looks like in the log.
pub(crate) fn of_peer(
    gateway_id: &str,
    known: bool,
    text: &str,
    signature: &str,
    event: &AuditEvent,
) -> Entry {
    let action = if known { Action::Updated } else { Action::Onboarded };
    Entry {
        content: Some(Content::of(text.as_bytes())),
        signature: Some(signature.to_owned()),
        request_id: Some(event.request_id.clone()),
        ..Entry::new(event.occurred_at, action, Kind::FederationGateway, gateway_id)
    }
}

/// What a peer's removal looks like.
pub(crate) fn of_removed_peer(gateway_id: &str, event: &AuditEvent) -> Entry {
    Entry {
        operator: Some(event.description.clone()),
        request_id: Some(event.request_id.clone()),
        ..Entry::new(event.occurred_at, Action::Offboarded, Kind::FederationGateway, gateway_id)
    }
}

/// A text that a participant has signed, and what it did.
pub(crate) fn of_text(
    (action, kind): (Action, Kind),
    key: &str,
    country: &str,
    text: &SignedText,
    event: &AuditEvent,
) -> Entry {
    // Revoked hashes are for participants only, the log is for everybody.
    let content = match kind {
        Kind::RevocationBatch if !action.removes() => Content::hash_of(&text.content),
        _ => Content::of(&text.content),
    };
    Entry {
        country: Some(country.to_owned()),
        content: Some(content),
        signature: Some(text.detached.clone()),
        request_id: Some(event.request_id.clone()),
        ..Entry::new(event.occurred_at, action, kind, key)
    }
}

/// A change of the gateway or its operator, which nobody has signed.
pub(crate) fn of_own_act(
    (action, kind): (Action, Kind),
    key: &str,
    event: &AuditEvent,
    operator: Option<&str>,
) -> Entry {
    Entry {
        operator: operator.map(str::to_owned),
        request_id: Some(event.request_id.clone()),
        ..Entry::new(event.occurred_at, action, kind, key)
    }
}

/// The certificate's bytes. A text that is no Base64 stands for itself: auditors then see what is
/// wrong with the row.
fn content(raw_data: &str) -> Content {
    match BASE64_STANDARD.decode(raw_data) {
        Ok(der) => Content::of(&der),
        Err(_) => Content::of(raw_data.as_bytes()),
    }
}

/// How many entries there are.
pub(crate) async fn size(transaction: &mut Transaction) -> Result<u64, sqlx::Error> {
    let size = transaction.integer("SELECT COALESCE(MAX(idx) + 1, 0) FROM log_entry", &[]).await?;
    u64::try_from(size).map_err(|error| undecodable("idx", error))
}

pub(crate) async fn frontier(transaction: &mut Transaction) -> Result<Frontier, StoreError> {
    let size = size(transaction).await?;
    let hashes = hashes(transaction, &Frontier::stored_at(size)).await?;
    Frontier::new(size, hashes).map_err(|error| undecodable("hash", error).into())
}

async fn hashes(
    transaction: &mut Transaction,
    places: &[u64],
) -> Result<Vec<TreeHash>, StoreError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<_> = (1..=places.len()).map(|number| format!("${number}")).collect();
    let sql = format!("SELECT idx, hash FROM log_hash WHERE idx IN ({})", numbers.join(", "));
    let wanted: Vec<Value> =
        places.iter().map(|at| place(*at).map(Value::from)).collect::<Result<_, _>>()?;
    let mut found = BTreeMap::new();
    for row in transaction.rows_dynamic(sql, &wanted).await? {
        let (at, hash): (i64, Vec<u8>) = (row.at(0)?, row.at(1)?);
        found.insert(at, hash);
    }
    let hash = |at: u64| {
        let bytes = found.get(&place(at)?).and_then(|bytes| bytes.as_slice().try_into().ok());
        bytes
            .map(|bytes: [u8; TreeHash::LEN]| TreeHash::from(bytes))
            .ok_or(StoreError::LogDamaged { hash: at })
    };
    places.iter().map(|at| hash(*at)).collect()
}

fn place(index: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(index).map_err(|error| undecodable("idx", error))
}

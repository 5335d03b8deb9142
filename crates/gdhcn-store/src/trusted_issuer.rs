//! Trusted issuers: services outside the gateway that the trust anchor vouches for.

use gdhcn_log::{Action, Attribute, Content, Entry, Kind};
use jiff::Timestamp;
use uuid::Uuid;

use crate::audit_event::AuditEvent;
use crate::database::{Row, Transaction, values};
use crate::error::StoreError;
use crate::limit;
use crate::log;
use crate::store::Store;

/// An issuer to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTrustedIssuer {
    /// When the trust anchor's word came.
    pub created_at: Timestamp,
    /// Two-letter code.
    pub country: String,
    /// Where it is: an address or a decentralised identifier.
    pub url: String,
    /// Name for people.
    pub name: String,
    /// `HTTP` or `DID`.
    pub url_type: String,
    /// SHA-256 of what is found there, as the participant gave it; the trust anchor's signature does
    /// not cover it.
    pub thumbprint: Option<String>,
    /// Certificate of the server that hosts it; the trust anchor's signature does not cover it.
    pub ssl_public_key: Option<String>,
    /// How the issuer keeps its keys, such as `JWKS`; the signature does not cover it.
    pub key_storage_type: Option<String>,
    /// The trust anchor's detached CMS message, Base64.
    pub signature: String,
    /// Trust domain.
    pub domain: Option<String>,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// Primary key; never leaves the gateway.
    pub id: String,
    /// Public identifier; none for some rows from elsewhere.
    pub uuid: Option<String>,
    /// What was stored.
    pub issuer: NewTrustedIssuer,
    /// The gateway it was pulled from; none for own data.
    pub source_gateway_id: Option<String>,
    /// Version of the row.
    pub version: i64,
}

impl Store {
    /// Stores an issuer and gives its public identifier. `signed` is the text that the trust
    /// anchor signed; whether the signature holds is for the caller to know and for readers to
    /// check.
    ///
    /// # Errors
    ///
    /// When a value is longer than its column, or the database cannot be written.
    pub async fn insert_trusted_issuer(
        &self,
        new: &NewTrustedIssuer,
        signed: &str,
        event: &AuditEvent,
    ) -> Result<String, StoreError> {
        event.check()?;
        let mut writing = self.begin_change().await?;
        let uuid = insert(&mut writing, new, signed, event).await?;
        writing.commit(event).await?;
        Ok(uuid)
    }

    /// Removes an own issuer, by this operator's word.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] when no own issuer has this public identifier.
    pub async fn delete_trusted_issuer(
        &self,
        uuid: &str,
        operator: &str,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        event.check()?;
        let mut writing = self.begin_change().await?;
        remove(&mut writing, uuid, operator, event).await?;
        writing.commit(event).await?;
        Ok(())
    }

    /// All issuers in the order in which they were stored.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn trusted_issuers(&self) -> Result<Vec<TrustedIssuer>, StoreError> {
        read_all(&mut self.read().await?).await
    }
}

/// Reads the table in the order of its rows' making.
pub(crate) async fn read_all(
    transaction: &mut Transaction,
) -> Result<Vec<TrustedIssuer>, StoreError> {
    let rows = transaction
        .rows(
            "SELECT id, uuid, created_at, country, url, name, url_type, thumbprint, ssl_public_key,
                    key_storage_type, signature, domain, source_gateway_id, version
               FROM trusted_issuer ORDER BY id",
            &[],
        )
        .await?;
    let issuers: Result<_, sqlx::Error> = rows.iter().map(from_row).collect();
    Ok(issuers?)
}

/// Writes a row as it is, without a look at others and without an entry of the log.
pub(crate) async fn write(
    transaction: &mut Transaction,
    row: &TrustedIssuer,
) -> Result<(), StoreError> {
    let issuer = &row.issuer;
    transaction
        .execute(
            "INSERT INTO trusted_issuer (id, uuid, created_at, country, url, name, url_type,
                thumbprint, ssl_public_key, key_storage_type, signature, domain,
                source_gateway_id, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            values![
                &row.id,
                &row.uuid,
                issuer.created_at,
                &issuer.country,
                &issuer.url,
                &issuer.name,
                &issuer.url_type,
                &issuer.thumbprint,
                &issuer.ssl_public_key,
                &issuer.key_storage_type,
                &issuer.signature,
                &issuer.domain,
                &row.source_gateway_id,
                row.version,
            ],
        )
        .await?;
    Ok(())
}

/// Takes a row away, without a look at whose it is and without an entry of the log.
pub(crate) async fn erase(transaction: &mut Transaction, id: &str) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM trusted_issuer WHERE id = $1", values![id]).await?;
    Ok(())
}

impl NewTrustedIssuer {
    /// The row that this becomes.
    pub(crate) fn into_row(
        self,
        uuid: Option<String>,
        version: i64,
        source_gateway_id: Option<String>,
    ) -> TrustedIssuer {
        TrustedIssuer {
            id: Uuid::now_v7().to_string(),
            uuid: uuid.or_else(|| Some(Uuid::new_v4().to_string())),
            issuer: self,
            source_gateway_id,
            version,
        }
    }

    /// Whether every value fits its column.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLong`] and [`StoreError::Country`] name the first that does not.
    pub fn check(&self) -> Result<(), StoreError> {
        limit::country(&self.country)?;
        for (column, value, longest) in [
            ("trusted_issuer.url", Some(&self.url), 1024),
            ("trusted_issuer.name", Some(&self.name), 512),
            ("trusted_issuer.url_type", Some(&self.url_type), 25),
            ("trusted_issuer.thumbprint", self.thumbprint.as_ref(), limit::THUMBPRINT),
            ("trusted_issuer.ssl_public_key", self.ssl_public_key.as_ref(), 2048),
            ("trusted_issuer.key_storage_type", self.key_storage_type.as_ref(), 128),
            ("trusted_issuer.signature", Some(&self.signature), limit::SIGNATURE),
            ("trusted_issuer.domain", self.domain.as_ref(), limit::DOMAIN),
        ] {
            limit::within(column, value.map(String::as_str).unwrap_or_default(), longest)?;
        }
        Ok(())
    }
}

/// Inserts an own row inside the transaction of a change, with its entry of the log, and gives its
/// public identifier.
pub(crate) async fn insert(
    transaction: &mut Transaction,
    new: &NewTrustedIssuer,
    signed: &str,
    event: &AuditEvent,
) -> Result<String, StoreError> {
    new.check()?;
    let uuid = Uuid::new_v4().to_string();
    write(transaction, &new.clone().into_row(Some(uuid.clone()), 1, None)).await?;
    log::append(transaction, &entry(new, &uuid, signed, event)).await?;
    Ok(uuid)
}

/// What an issuer's coming looks like in the log; `signed` is what the trust anchor signed.
pub(crate) fn entry(
    issuer: &NewTrustedIssuer,
    uuid: &str,
    signed: &str,
    event: &AuditEvent,
) -> Entry {
    let what = (Action::Onboarded, Kind::TrustedIssuer);
    let entry = log::of_own_act(what, uuid, event, None);
    let entry = entry.with(Attribute::Domain, issuer.domain.as_deref());
    Entry {
        country: Some(issuer.country.clone()),
        content: Some(Content::of(signed.as_bytes())),
        signature: Some(issuer.signature.clone()),
        ..entry
    }
}

/// Takes an own row away inside the transaction of a change, with its entry of the log.
pub(crate) async fn remove(
    transaction: &mut Transaction,
    uuid: &str,
    operator: &str,
    event: &AuditEvent,
) -> Result<(), StoreError> {
    let row = transaction
        .row(
            "SELECT country FROM trusted_issuer WHERE uuid = $1 AND source_gateway_id IS NULL",
            values![uuid],
        )
        .await?
        .ok_or(StoreError::NotFound)?;
    transaction
        .execute(
            "DELETE FROM trusted_issuer WHERE uuid = $1 AND source_gateway_id IS NULL",
            values![uuid],
        )
        .await?;
    let what = (Action::Offboarded, Kind::TrustedIssuer);
    let entry = log::of_own_act(what, uuid, event, Some(operator));
    let entry = Entry { country: Some(row.get("country")?), ..entry };
    log::append(transaction, &entry).await
}

fn from_row(row: &Row) -> Result<TrustedIssuer, sqlx::Error> {
    Ok(TrustedIssuer {
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        issuer: NewTrustedIssuer {
            created_at: row.instant("created_at")?,
            country: row.get("country")?,
            url: row.get("url")?,
            name: row.get("name")?,
            url_type: row.get("url_type")?,
            thumbprint: row.get("thumbprint")?,
            ssl_public_key: row.get("ssl_public_key")?,
            key_storage_type: row.get("key_storage_type")?,
            signature: row.get("signature")?,
            domain: row.get("domain")?,
        },
        source_gateway_id: row.get("source_gateway_id")?,
        version: row.get("version")?,
    })
}

//! Trusted references: services that participants point to.

use gdhcn_log::{Action, Kind};
use gdhcn_trust::reference::TrustedReference as Document;
use jiff::Timestamp;
use uuid::Uuid;

use crate::audit_event::AuditEvent;
use crate::database::{Row, Transaction, values};
use crate::error::StoreError;
use crate::limit;
use crate::log;
use crate::signed_text::SignedText;
use crate::store::Store;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedReference {
    /// Primary key; never leaves the gateway.
    pub id: String,
    /// Public identifier.
    pub uuid: String,
    /// When it was first uploaded.
    pub created_at: Timestamp,
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
    /// The message as it was uploaded, Base64; none for a row from elsewhere.
    pub cms: Option<String>,
    /// Trust domain.
    pub domain: Option<String>,
    /// The gateway it was pulled from; none for own data.
    pub source_gateway_id: Option<String>,
    /// Version of the row.
    pub version: i64,
}

const SELECT: &str =
    "SELECT id, uuid, created_at, url, country, reference_type, service, thumbprint,
    name, ssl_public_key, content_type, signature_type, reference_version, cms, domain,
    source_gateway_id, version FROM trusted_reference";

impl Store {
    /// Stores a reference under a public identifier: that of the own reference whose place it
    /// takes, when it names one.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] when the reference to replace does not exist,
    /// [`StoreError::Foreign`] when it is another country's.
    pub async fn put_trusted_reference(
        &self,
        uuid: &str,
        reference: &Document,
        message: &SignedText,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        limit::country(&reference.country)?;
        limit::within("trusted_reference.uuid", uuid, limit::UUID)?;
        message.check("trusted_reference.cms", limit::REFERENCE)?;
        let mut writing = self.begin_upload(event).await?;
        let action = if reference.uuid.is_some() {
            writing.own_reference_of(uuid, &reference.country).await?;
            Action::Updated
        } else {
            writing
                .execute(
                    "INSERT INTO trusted_reference (id, uuid, created_at, url, country,
                        reference_type, service, name, content_type, signature_type,
                        reference_version, version)
                     VALUES ($1, $2, $3, '', $4, '', '', '', '', '', '', 1)",
                    values![
                        &Uuid::now_v7().to_string(),
                        uuid,
                        event.occurred_at,
                        &reference.country,
                    ],
                )
                .await?;
            Action::Stored
        };
        writing
            .execute(
                "UPDATE trusted_reference SET url = $2, reference_type = $3, service = $4,
                    thumbprint = $5, name = $6, ssl_public_key = $7, content_type = $8,
                    signature_type = $9, reference_version = $10, cms = $11, domain = $12
                  WHERE uuid = $1 AND source_gateway_id IS NULL",
                values![
                    uuid,
                    &reference.url,
                    reference.kind.as_str(),
                    &reference.service,
                    &reference.thumbprint,
                    &reference.name,
                    &reference.ssl_public_key,
                    &reference.content_type,
                    reference.signature_type.as_str(),
                    &reference.reference_version,
                    &message.cms,
                    &reference.domain,
                ],
            )
            .await?;
        let what = (action, Kind::TrustedReference);
        let entry = log::of_text(what, uuid, &reference.country, message, event);
        log::append(&mut writing, &entry).await?;
        writing.commit(event).await?;
        Ok(())
    }

    /// The reference with this public identifier, an own one before a pulled one.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn trusted_reference(
        &self,
        uuid: &str,
    ) -> Result<Option<TrustedReference>, StoreError> {
        let sql = format!("{SELECT} WHERE uuid = $1 ORDER BY COALESCE(source_gateway_id, '')");
        let rows = self.read().await?.rows_dynamic(sql, values![uuid]).await?;
        Ok(rows.first().map(from_row).transpose()?)
    }

    /// All references in the order in which they were first stored.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn trusted_references(&self) -> Result<Vec<TrustedReference>, StoreError> {
        read_all(&mut self.read().await?).await
    }

    /// Removes an own reference of `country`.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] and [`StoreError::Foreign`].
    pub async fn delete_trusted_reference(
        &self,
        uuid: &str,
        country: &str,
        message: &SignedText,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        message.check("trusted_reference.cms", limit::REFERENCE)?;
        let mut writing = self.begin_upload(event).await?;
        writing.own_reference_of(uuid, country).await?;
        writing
            .execute(
                "DELETE FROM trusted_reference WHERE uuid = $1 AND source_gateway_id IS NULL",
                values![uuid],
            )
            .await?;
        let what = (Action::Deleted, Kind::TrustedReference);
        log::append(&mut writing, &log::of_text(what, uuid, country, message, event)).await?;
        writing.commit(event).await?;
        Ok(())
    }
}

/// Reads the table in the order of its rows' making.
pub(crate) async fn read_all(
    transaction: &mut Transaction,
) -> Result<Vec<TrustedReference>, StoreError> {
    let sql = format!("{SELECT} ORDER BY created_at, id");
    let rows = transaction.rows_dynamic(sql, &[]).await?;
    let references: Result<_, sqlx::Error> = rows.iter().map(from_row).collect();
    Ok(references?)
}

/// Writes a row as it is, without a look at others and without an entry of the log.
pub(crate) async fn write(
    transaction: &mut Transaction,
    row: &TrustedReference,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO trusted_reference (id, uuid, created_at, url, country, reference_type,
                service, thumbprint, name, ssl_public_key, content_type, signature_type,
                reference_version, cms, domain, source_gateway_id, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            values![
                &row.id,
                &row.uuid,
                row.created_at,
                &row.url,
                &row.country,
                &row.reference_type,
                &row.service,
                &row.thumbprint,
                &row.name,
                &row.ssl_public_key,
                &row.content_type,
                &row.signature_type,
                &row.reference_version,
                &row.cms,
                &row.domain,
                &row.source_gateway_id,
                row.version,
            ],
        )
        .await?;
    Ok(())
}

/// Takes a row away, without a look at whose it is and without an entry of the log.
pub(crate) async fn erase(transaction: &mut Transaction, id: &str) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM trusted_reference WHERE id = $1", values![id]).await?;
    Ok(())
}

impl Transaction {
    /// Makes sure that an own reference exists and is this country's.
    async fn own_reference_of(&mut self, uuid: &str, country: &str) -> Result<(), StoreError> {
        let row = self
            .row(
                "SELECT country FROM trusted_reference
                  WHERE uuid = $1 AND source_gateway_id IS NULL",
                values![uuid],
            )
            .await?;
        let owner: String = row.ok_or(StoreError::NotFound)?.get("country")?;
        if owner == country { Ok(()) } else { Err(StoreError::Foreign { country: owner }) }
    }
}

fn from_row(row: &Row) -> Result<TrustedReference, sqlx::Error> {
    Ok(TrustedReference {
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        created_at: row.instant("created_at")?,
        url: row.get("url")?,
        country: row.get("country")?,
        reference_type: row.get("reference_type")?,
        service: row.get("service")?,
        thumbprint: row.get("thumbprint")?,
        name: row.get("name")?,
        ssl_public_key: row.get("ssl_public_key")?,
        content_type: row.get("content_type")?,
        signature_type: row.get("signature_type")?,
        reference_version: row.get("reference_version")?,
        cms: row.get("cms")?,
        domain: row.get("domain")?,
        source_gateway_id: row.get("source_gateway_id")?,
        version: row.get("version")?,
    })
}

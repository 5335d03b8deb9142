//! Uploaded certificates: what a participant's upload key has signed.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};
use uuid::Uuid;

use crate::audit_event::{self, AuditEvent};
use crate::error::{Conflict, StoreError, UnreadableRow, undecodable};
use crate::limit;
use crate::store::{Change, Store, TrustContent, kid_is_taken, new_revision};
use crate::trusted_party::UnknownName;

/// What an uploaded certificate is for: the certificate groups that participants add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SignerType {
    /// Document signer under a CSCA.
    Dsc,
    /// Signer of other things.
    Sign,
    /// Authentication key outside the gateway.
    Auth,
    /// Any other use.
    Custom,
    /// Signer under a DECA.
    Desc,
}

impl SignerType {
    /// Every type, in the order of declaration.
    pub const ALL: [Self; 5] = [Self::Dsc, Self::Sign, Self::Auth, Self::Custom, Self::Desc];

    /// The text in the table and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dsc => "DSC",
            Self::Sign => "SIGN",
            Self::Auth => "AUTH",
            Self::Custom => "CUSTOM",
            Self::Desc => "DESC",
        }
    }
}

impl FromStr for SignerType {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownName)
    }
}

impl fmt::Display for SignerType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An uploaded certificate to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSignerInformation {
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// Two-letter code of the authenticated participant.
    pub country: String,
    /// SHA-256 of the certificate in lower-case hexadecimal.
    pub thumbprint: String,
    /// The certificate, DER in base64.
    pub raw_data: String,
    /// The participant's CMS over the certificate, base64.
    pub signature: String,
    /// What the certificate is for.
    pub certificate_type: SignerType,
    /// Key identifier as lists show it: base64 of eight bytes, or a chosen text.
    pub kid: String,
    /// Trust domain, `DCC` where nothing else is said.
    pub domain: Option<String>,
}

/// A row of the table with the participant's uploaded certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerInformation {
    /// Primary key; never leaves the gateway.
    pub id: String,
    /// Public identifier of the row.
    pub uuid: Option<String>,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// Two-letter code of the participant.
    pub country: String,
    /// SHA-256 of the certificate.
    pub thumbprint: String,
    /// The certificate, DER in base64.
    pub raw_data: String,
    /// The participant's CMS, base64.
    pub signature: String,
    /// What the certificate is for.
    pub certificate_type: SignerType,
    /// Key identifier as lists show it.
    pub kid: String,
    /// Trust domain.
    pub domain: Option<String>,
    /// The gateway it was pulled from; none for own data.
    pub source_gateway_id: Option<String>,
    /// Version of the row.
    pub version: i64,
}

impl Store {
    /// Stores an uploaded certificate together with the event that tells who uploaded it.
    ///
    /// Of several concurrent uploads of one certificate exactly one gets through.
    ///
    /// # Errors
    ///
    /// [`Conflict::Thumbprint`] when the certificate was uploaded before, [`Conflict::Kid`] when
    /// another certificate of either table is listed under its key identifier.
    pub async fn insert_signer_information(
        &self,
        new: NewSignerInformation,
        event: &AuditEvent,
    ) -> Result<Change<SignerInformation>, StoreError> {
        limit::country(&new.country)?;
        limit::within("signer_information.thumbprint", &new.thumbprint, limit::THUMBPRINT)?;
        limit::within("signer_information.raw_data", &new.raw_data, limit::RAW_DATA)?;
        limit::within("signer_information.signature", &new.signature, limit::SIGNATURE)?;
        limit::within("signer_information.kid", &new.kid, limit::KID)?;
        limit::within(
            "signer_information.domain",
            new.domain.as_deref().unwrap_or_default(),
            limit::DOMAIN,
        )?;
        event.check()?;

        let mut transaction = self.begin_change().await?;
        let same: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM signer_information WHERE thumbprint = $1")
                .bind(&new.thumbprint)
                .fetch_one(&mut *transaction)
                .await?;
        if same > 0 {
            return Err(StoreError::Conflict(Conflict::Thumbprint));
        }
        if kid_is_taken(&mut transaction, &new.kid).await? {
            return Err(StoreError::Conflict(Conflict::Kid));
        }
        let row = SignerInformation {
            id: Uuid::now_v7().to_string(),
            uuid: Some(Uuid::new_v4().to_string()),
            created_at: new.created_at,
            country: new.country,
            thumbprint: new.thumbprint,
            raw_data: new.raw_data,
            signature: new.signature,
            certificate_type: new.certificate_type,
            kid: new.kid,
            domain: new.domain,
            source_gateway_id: None,
            version: 1,
        };
        sqlx::query(
            "INSERT INTO signer_information (id, uuid, created_at, country, thumbprint, raw_data,
                signature, certificate_type, kid, domain, source_gateway_id, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(&row.id)
        .bind(&row.uuid)
        .bind(row.created_at.as_millisecond())
        .bind(&row.country)
        .bind(&row.thumbprint)
        .bind(&row.raw_data)
        .bind(&row.signature)
        .bind(row.certificate_type.as_str())
        .bind(&row.kid)
        .bind(&row.domain)
        .bind(&row.source_gateway_id)
        .bind(row.version)
        .execute(&mut *transaction)
        .await?;
        audit_event::append(&mut transaction, event).await?;
        let revision = new_revision(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Change { row, revision })
    }

    /// Removes an own uploaded certificate of `country`, together with the event that tells who
    /// withdrew it. The stored country decides, not the one in the certificate's subject.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] when there is no own row with this thumbprint (a row pulled from
    /// another gateway is not ours to delete), [`StoreError::Foreign`] when it is another
    /// country's.
    pub async fn delete_signer_information(
        &self,
        thumbprint: &str,
        country: &str,
        event: &AuditEvent,
    ) -> Result<Change<SignerInformation>, StoreError> {
        event.check()?;
        let mut transaction = self.begin_change().await?;
        let row = sqlx::query(
            "SELECT id, uuid, created_at, country, thumbprint, raw_data, signature,
                    certificate_type, kid, domain, source_gateway_id, version
               FROM signer_information
              WHERE thumbprint = $1 AND source_gateway_id IS NULL",
        )
        .bind(thumbprint)
        .fetch_optional(&mut *transaction)
        .await?
        .ok_or(StoreError::NotFound)?;
        let row = from_row(&row).map_err(|_| StoreError::NotFound)?;
        if row.country != country {
            return Err(StoreError::Foreign { country: row.country });
        }
        sqlx::query("DELETE FROM signer_information WHERE id = $1")
            .bind(&row.id)
            .execute(&mut *transaction)
            .await?;
        audit_event::append(&mut transaction, event).await?;
        let revision = new_revision(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Change { row, revision })
    }
}

/// Reads the table in the order of its rows' making.
pub(crate) async fn read_all(
    transaction: &mut Transaction<'static, Sqlite>,
    content: &mut TrustContent,
) -> Result<(), StoreError> {
    let rows = sqlx::query(
        "SELECT id, uuid, created_at, country, thumbprint, raw_data, signature, certificate_type,
                kid, domain, source_gateway_id, version
           FROM signer_information ORDER BY id",
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in &rows {
        match from_row(row) {
            Ok(signer) => content.signer_information.push(signer),
            Err(error) => {
                let id = row.try_get("id").unwrap_or_default();
                content.unreadable.push(UnreadableRow::of("signer_information", id, error)?);
            }
        }
    }
    Ok(())
}

fn from_row(row: &SqliteRow) -> Result<SignerInformation, sqlx::Error> {
    Ok(SignerInformation {
        id: row.try_get("id")?,
        uuid: row.try_get("uuid")?,
        created_at: Timestamp::from_millisecond(row.try_get("created_at")?)
            .map_err(|error| undecodable("created_at", error))?,
        country: row.try_get("country")?,
        thumbprint: row.try_get("thumbprint")?,
        raw_data: row.try_get("raw_data")?,
        signature: row.try_get("signature")?,
        certificate_type: row
            .try_get::<&str, _>("certificate_type")?
            .parse()
            .map_err(|error: UnknownName| undecodable("certificate_type", error))?,
        kid: row.try_get("kid")?,
        domain: row.try_get("domain")?,
        source_gateway_id: row.try_get("source_gateway_id")?,
        version: row.try_get("version")?,
    })
}

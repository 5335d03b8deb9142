//! Uploaded certificates: what a participant's upload key has signed.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

use gdhcn_log::Kind;

use crate::audit_event::AuditEvent;
use crate::database::{Row, Transaction, values};
use crate::error::{StoreError, UnreadableRow};
use crate::limit;
use crate::log;
use crate::store::{Change, KidScope, Newcomer, Store, refuse_conflict};
use crate::tombstone::{self, Tombstone};
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
    /// What else the uploader says of it: a JSON object of texts.
    pub properties: Option<String>,
    /// The gateway it was pulled from; none for own data.
    pub source_gateway_id: Option<String>,
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
    /// What else the uploader says of it: a JSON object of texts, unchecked.
    pub properties: Option<String>,
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
        let mut writing = self.begin_upload(event).await?;
        let row = insert(&mut writing, new, self.kids, Some(&event.request_id)).await?;
        let revision = writing.commit(event).await?;
        Ok(Change { row, revision })
    }

    /// Removes an own uploaded certificate of `country`, together with the event that tells who
    /// withdrew it and, for the log, the message that asked for it (a detached CMS, Base64). The stored country decides, not the one in the certificate's subject.
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
        message: &str,
        event: &AuditEvent,
    ) -> Result<Change<SignerInformation>, StoreError> {
        limit::within("the message", message, limit::SIGNATURE)?;
        let mut writing = self.begin_upload(event).await?;
        let row = find_own(&mut writing, thumbprint).await?.ok_or(StoreError::NotFound)?;
        if row.country != country {
            return Err(StoreError::Foreign { country: row.country });
        }
        bury(&mut writing, &row, event.occurred_at).await?;
        let entry = log::of_withdrawal(&row, event.occurred_at, message, &event.request_id);
        log::append(&mut writing, &entry).await?;
        let revision = writing.commit(event).await?;
        Ok(Change { row, revision })
    }
}

impl NewSignerInformation {
    /// The row that this becomes.
    pub(crate) fn into_row(self, uuid: Option<String>, version: i64) -> SignerInformation {
        SignerInformation {
            id: Uuid::now_v7().to_string(),
            uuid: uuid.or_else(|| Some(Uuid::new_v4().to_string())),
            created_at: self.created_at,
            country: self.country,
            thumbprint: self.thumbprint,
            raw_data: self.raw_data,
            signature: self.signature,
            certificate_type: self.certificate_type,
            kid: self.kid,
            domain: self.domain,
            properties: self.properties,
            source_gateway_id: self.source_gateway_id,
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
            ("signer_information.thumbprint", Some(&self.thumbprint), limit::THUMBPRINT),
            ("signer_information.raw_data", Some(&self.raw_data), limit::RAW_DATA),
            ("signer_information.signature", Some(&self.signature), limit::SIGNATURE),
            ("signer_information.kid", Some(&self.kid), limit::KID),
            ("signer_information.domain", self.domain.as_ref(), limit::DOMAIN),
            ("signer_information.properties", self.properties.as_ref(), limit::PROPERTIES),
            ("signer_information.source_gateway_id", self.source_gateway_id.as_ref(), limit::UUID),
        ] {
            limit::within(column, value.map(String::as_str).unwrap_or_default(), longest)?;
        }
        Ok(())
    }
}

/// The own row of a certificate; none where its columns cannot be read either.
pub(crate) async fn find_own(
    transaction: &mut Transaction,
    thumbprint: &str,
) -> Result<Option<SignerInformation>, StoreError> {
    let row = transaction
        .row(
            "SELECT id, uuid, created_at, country, thumbprint, raw_data, signature,
                    certificate_type, kid, domain, properties, source_gateway_id, version
               FROM signer_information
              WHERE thumbprint = $1 AND source_gateway_id IS NULL",
            values![thumbprint],
        )
        .await?;
    Ok(row.and_then(|row| from_row(&row).ok()))
}

/// Inserts a row inside the transaction of a change, with its entry of the log.
pub(crate) async fn insert(
    transaction: &mut Transaction,
    new: NewSignerInformation,
    kids: KidScope,
    request_id: Option<&str>,
) -> Result<SignerInformation, StoreError> {
    new.check()?;
    let newcomer = Newcomer {
        table: "signer_information",
        thumbprint: &new.thumbprint,
        source_gateway_id: new.source_gateway_id.as_deref(),
        kid: &new.kid,
        country: &new.country,
    };
    refuse_conflict(transaction, newcomer, kids).await?;
    let row = new.into_row(None, 1);
    write(transaction, &row).await?;
    if row.source_gateway_id.is_none() {
        transaction
            .execute("DELETE FROM signer_tombstone WHERE thumbprint = $1", values![&row.thumbprint])
            .await?;
    }
    log::append(transaction, &log::of_signer(&row, request_id)).await?;
    Ok(row)
}

/// Writes a row as it is, without a look at others and without an entry of the log.
pub(crate) async fn write(
    transaction: &mut Transaction,
    row: &SignerInformation,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO signer_information (id, uuid, created_at, country, thumbprint, raw_data,
                signature, certificate_type, kid, domain, properties, source_gateway_id, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            values![
                &row.id,
                &row.uuid,
                row.created_at,
                &row.country,
                &row.thumbprint,
                &row.raw_data,
                &row.signature,
                row.certificate_type.as_str(),
                &row.kid,
                &row.domain,
                &row.properties,
                &row.source_gateway_id,
                row.version,
            ],
        )
        .await?;
    Ok(())
}

/// Takes an own row away at an operator's word, with its entry of the log.
pub(crate) async fn remove(
    transaction: &mut Transaction,
    thumbprint: &str,
    country: &str,
    event: &AuditEvent,
) -> Result<(), StoreError> {
    let row = find_own(transaction, thumbprint).await?.ok_or(StoreError::NotFound)?;
    if row.country != country {
        return Err(StoreError::Foreign { country: row.country });
    }
    bury(transaction, &row, event.occurred_at).await?;
    let operator = &event.description;
    let entry = log::of_loss(Kind::SignerInformation, thumbprint, country, None, event, operator);
    log::append(transaction, &entry).await
}

/// Takes an own row away and leaves its mark, without a look at whose it is and without an entry
/// of the log.
pub(crate) async fn bury(
    transaction: &mut Transaction,
    row: &SignerInformation,
    at: Timestamp,
) -> Result<(), StoreError> {
    erase(transaction, &row.id).await?;
    let tombstone = Tombstone {
        thumbprint: row.thumbprint.clone(),
        created_at: row.created_at,
        deleted_at: at,
        country: row.country.clone(),
        raw_data: row.raw_data.clone(),
        certificate_type: row.certificate_type,
        kid: row.kid.clone(),
        domain: row.domain.clone(),
    };
    tombstone::write(transaction, &tombstone).await
}

/// Takes a row away, leaving nothing.
pub(crate) async fn erase(transaction: &mut Transaction, id: &str) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM signer_information WHERE id = $1", values![id]).await?;
    Ok(())
}

/// Reads the table in the order of its rows' making.
pub(crate) async fn read_all(
    transaction: &mut Transaction,
    unreadable: &mut Vec<UnreadableRow>,
    mut signer: impl FnMut(SignerInformation),
) -> Result<(), StoreError> {
    let take = |row: Row| {
        match from_row(&row) {
            Ok(row) => signer(row),
            Err(error) => {
                let id = row.get("id").unwrap_or_default();
                unreadable.push(UnreadableRow::of("signer_information", id, error)?);
            }
        }
        Ok(())
    };
    transaction
        .each(
            "SELECT id, uuid, created_at, country, thumbprint, raw_data, signature,
                    certificate_type, kid, domain, properties, source_gateway_id, version
               FROM signer_information ORDER BY id",
            &[],
            take,
        )
        .await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<SignerInformation, sqlx::Error> {
    Ok(SignerInformation {
        id: row.get("id")?,
        uuid: row.get("uuid")?,
        created_at: row.instant("created_at")?,
        country: row.get("country")?,
        thumbprint: row.get("thumbprint")?,
        raw_data: row.get("raw_data")?,
        signature: row.get("signature")?,
        certificate_type: row.named("certificate_type")?,
        kid: row.get("kid")?,
        domain: row.get("domain")?,
        properties: row.get("properties")?,
        source_gateway_id: row.get("source_gateway_id")?,
        version: row.get("version")?,
    })
}

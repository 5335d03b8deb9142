//! Withdrawn certificates, kept for a while for those who ask what changed.

use jiff::Timestamp;

use crate::database::{Row, Transaction, values};
use crate::error::StoreError;
use crate::job::{self, Lease};
use crate::signer_information::SignerType;
use crate::store::Store;

/// An uploaded certificate that was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// SHA-256 of the certificate in lower-case hexadecimal.
    pub thumbprint: String,
    /// When it had been uploaded.
    pub created_at: Timestamp,
    /// When it was withdrawn.
    pub deleted_at: Timestamp,
    /// Two-letter code of the participant.
    pub country: String,
    /// The certificate, DER in base64.
    pub raw_data: String,
    /// What the certificate was for.
    pub certificate_type: SignerType,
    /// Key identifier as lists showed it.
    pub kid: String,
    /// Trust domain.
    pub domain: Option<String>,
}

impl Store {
    /// What was withdrawn at `since` or later and was not uploaded again.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn tombstones_since(&self, since: Timestamp) -> Result<Vec<Tombstone>, StoreError> {
        let rows = self
            .read()
            .await?
            .rows(
                "SELECT thumbprint, created_at, deleted_at, country, raw_data, certificate_type,
                        kid, domain
                   FROM signer_tombstone WHERE deleted_at >= $1 ORDER BY thumbprint",
                values![since],
            )
            .await?;
        Ok(rows.iter().map(from_row).collect::<Result<_, _>>()?)
    }

    /// Forgets what was withdrawn before `before`. Tells how many there were.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`]; otherwise when the database cannot be written.
    pub async fn forget_tombstones(
        &self,
        lease: &Lease,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut writing = self.begin_change().await?;
        job::check(&mut writing, lease).await?;
        let forgotten = writing
            .execute("DELETE FROM signer_tombstone WHERE deleted_at < $1", values![before])
            .await?;
        writing.commit_unrecorded().await?;
        Ok(forgotten)
    }
}

/// Writes a row as it is.
pub(crate) async fn write(
    transaction: &mut Transaction,
    row: &Tombstone,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO signer_tombstone (thumbprint, created_at, deleted_at, country,
                raw_data, certificate_type, kid, domain)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            values![
                &row.thumbprint,
                row.created_at,
                row.deleted_at,
                &row.country,
                &row.raw_data,
                row.certificate_type.as_str(),
                &row.kid,
                &row.domain,
            ],
        )
        .await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<Tombstone, sqlx::Error> {
    Ok(Tombstone {
        thumbprint: row.get("thumbprint")?,
        created_at: row.instant("created_at")?,
        deleted_at: row.instant("deleted_at")?,
        country: row.get("country")?,
        raw_data: row.get("raw_data")?,
        certificate_type: row.named("certificate_type")?,
        kid: row.get("kid")?,
        domain: row.get("domain")?,
    })
}

//! When participants last came.

use jiff::Timestamp;

use crate::database::{Transaction, values};
use crate::error::StoreError;
use crate::limit;
use crate::store::Store;

/// When a client certificate last got data, and last changed some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// SHA-256 of the certificate, lower-case hexadecimal.
    pub thumbprint: String,
    /// Two-letter code of the participant.
    pub country: String,
    /// The last download.
    pub downloaded_at: Option<Timestamp>,
    /// The last accepted upload or deletion.
    pub uploaded_at: Option<Timestamp>,
}

impl Store {
    /// Records contacts of the last while; those of the table that are later stay.
    ///
    /// # Errors
    ///
    /// When a value does not fit its column, or the database cannot be written.
    pub async fn record_contacts(&self, contacts: &[Contact]) -> Result<(), StoreError> {
        let mut writing = self.begin_change().await?;
        for contact in contacts {
            limit::country(&contact.country)?;
            limit::within(
                "participant_contact.thumbprint",
                &contact.thumbprint,
                limit::THUMBPRINT,
            )?;
            writing
                .execute(
                    "INSERT INTO participant_contact (thumbprint, country, downloaded_at,
                        uploaded_at)
                     VALUES ($1, $2, $3, $4)
                     ON CONFLICT (thumbprint) DO UPDATE
                        SET country = $2,
                            downloaded_at = CASE
                                WHEN $3 > COALESCE(participant_contact.downloaded_at, 0) THEN $3
                                ELSE participant_contact.downloaded_at END,
                            uploaded_at = CASE
                                WHEN $4 > COALESCE(participant_contact.uploaded_at, 0) THEN $4
                                ELSE participant_contact.uploaded_at END",
                    values![
                        &contact.thumbprint,
                        &contact.country,
                        contact.downloaded_at,
                        contact.uploaded_at,
                    ],
                )
                .await?;
        }
        writing.commit_unrecorded().await
    }
}

/// Every contact, by thumbprint.
pub(crate) async fn read_all(transaction: &mut Transaction) -> Result<Vec<Contact>, sqlx::Error> {
    let rows = transaction
        .rows(
            "SELECT thumbprint, country, downloaded_at, uploaded_at FROM participant_contact
              ORDER BY thumbprint",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Contact {
                thumbprint: row.get("thumbprint")?,
                country: row.get("country")?,
                downloaded_at: row.instant_if_any("downloaded_at")?,
                uploaded_at: row.instant_if_any("uploaded_at")?,
            })
        })
        .collect()
}

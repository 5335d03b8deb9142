//! The audit trail: who asked for which change, when, and what came of it.

use jiff::Timestamp;
use sqlx::{Row as _, Sqlite, Transaction};

use crate::error::StoreError;
use crate::limit;
use crate::store::Store;

/// One accepted or refused write.
///
/// The columns are those of the reference gateway's audit table, and beside them the request,
/// the answered code and the hash of what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The request, as the gateway's log names it.
    pub request_id: String,
    /// Country of the caller; none for an operator's own act.
    pub country: Option<String>,
    /// SHA-256 of the certificate that signed the message, lower-case hexadecimal.
    pub uploader_fingerprint: Option<String>,
    /// SHA-256 of the caller's client certificate, lower-case hexadecimal.
    pub authentication_fingerprint: Option<String>,
    /// What came of it, such as `SUCCESS` or `BAD_REQUEST`.
    pub event: String,
    /// The operation in words.
    pub description: String,
    /// Code of the problem report that was answered; none when it was accepted.
    pub code: Option<String>,
    /// SHA-256 of the payload, for a certificate its thumbprint.
    pub payload_sha256: Option<String>,
}

/// An event with its place in the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its place in the trail; give it to [`Store::audit_events`] to read on.
    pub sequence: i64,
    /// What was recorded.
    pub event: AuditEvent,
}

impl Store {
    /// Records a write that changed nothing.
    ///
    /// # Errors
    ///
    /// When a value is longer than its column, or the database cannot be written.
    pub async fn append_audit_event(&self, event: &AuditEvent) -> Result<(), StoreError> {
        event.check()?;
        let mut transaction = self.begin_change().await?;
        append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Up to `limit` events in the order of their recording, those behind `after` where given.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn audit_events(
        &self,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let rows = sqlx::query(
            "SELECT sequence, occurred_at, request_id, country, uploader_sha256_fingerprint,
                    authentication_sha256_fingerprint, event, description, code, payload_sha256
               FROM audit_event WHERE sequence > $1 ORDER BY sequence LIMIT $2",
        )
        .bind(after.unwrap_or(0))
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            events.push(RecordedEvent {
                sequence: row.try_get("sequence")?,
                event: AuditEvent {
                    occurred_at: Timestamp::from_millisecond(row.try_get("occurred_at")?)
                        .map_err(|error| sqlx::Error::Decode(error.into()))?,
                    request_id: row.try_get("request_id")?,
                    country: row.try_get("country")?,
                    uploader_fingerprint: row.try_get("uploader_sha256_fingerprint")?,
                    authentication_fingerprint: row.try_get("authentication_sha256_fingerprint")?,
                    event: row.try_get("event")?,
                    description: row.try_get("description")?,
                    code: row.try_get("code")?,
                    payload_sha256: row.try_get("payload_sha256")?,
                },
            });
        }
        Ok(events)
    }
}

impl AuditEvent {
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if let Some(country) = &self.country {
            limit::country(country)?;
        }
        for (column, value, longest) in [
            ("audit_event.request_id", Some(&self.request_id), limit::UUID),
            (
                "audit_event.uploader_sha256_fingerprint",
                self.uploader_fingerprint.as_ref(),
                limit::THUMBPRINT,
            ),
            (
                "audit_event.authentication_sha256_fingerprint",
                self.authentication_fingerprint.as_ref(),
                limit::THUMBPRINT,
            ),
            ("audit_event.event", Some(&self.event), limit::EVENT),
            ("audit_event.description", Some(&self.description), limit::DESCRIPTION),
            ("audit_event.code", self.code.as_ref(), limit::EVENT),
            ("audit_event.payload_sha256", self.payload_sha256.as_ref(), limit::THUMBPRINT),
        ] {
            limit::within(column, value.map(String::as_str).unwrap_or_default(), longest)?;
        }
        Ok(())
    }
}

/// Records an event inside the transaction of the change that it tells of.
pub(crate) async fn append(
    transaction: &mut Transaction<'static, Sqlite>,
    event: &AuditEvent,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit_event (sequence, occurred_at, request_id, country,
            uploader_sha256_fingerprint, authentication_sha256_fingerprint, event, description,
            code, payload_sha256)
         VALUES ((SELECT COALESCE(MAX(sequence), 0) + 1 FROM audit_event),
             $1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(event.occurred_at.as_millisecond())
    .bind(&event.request_id)
    .bind(&event.country)
    .bind(&event.uploader_fingerprint)
    .bind(&event.authentication_fingerprint)
    .bind(&event.event)
    .bind(&event.description)
    .bind(&event.code)
    .bind(&event.payload_sha256)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

//! The audit trail: who asked for which change, when, and what came of it.

use jiff::Timestamp;

use crate::database::{Transaction, Value, values};
use crate::error::StoreError;
use crate::limit;
use crate::store::Store;

const SELECT: &str = "SELECT sequence, occurred_at, request_id, country,
    uploader_sha256_fingerprint, authentication_sha256_fingerprint, event, description, code,
    payload_sha256 FROM audit_event";

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

/// Which events are asked for; without a condition all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Country of the caller.
    pub country: Option<String>,
    /// Not before this instant.
    pub since: Option<Timestamp>,
    /// What came of it, such as `BAD_REQUEST`.
    pub event: Option<String>,
}

impl Store {
    /// Records a write that changed nothing.
    ///
    /// # Errors
    ///
    /// When a value is longer than its column, or the database cannot be written.
    pub async fn append_audit_event(&self, event: &AuditEvent) -> Result<(), StoreError> {
        event.check()?;
        self.begin_change().await?.commit(event).await?;
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
        let select = format!("{SELECT} WHERE sequence > $1 ORDER BY sequence LIMIT $2");
        self.recorded(select, values![after.unwrap_or(0), i64::from(limit)]).await
    }

    /// The `limit` latest events that the filter asks for, in the order of their recording.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn latest_audit_events(
        &self,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut values = values![i64::from(limit)].to_vec();
        let mut conditions = Vec::new();
        for (condition, value) in [
            ("country =", filter.country.as_ref().map(Value::from)),
            ("occurred_at >=", filter.since.map(Value::from)),
            ("event =", filter.event.as_ref().map(Value::from)),
        ] {
            if let Some(value) = value {
                values.push(value);
                conditions.push(format!("{condition} ${}", values.len()));
            }
        }
        let which = match conditions[..] {
            [] => String::new(),
            _ => format!("WHERE {}", conditions.join(" AND ")),
        };
        let select = format!("{SELECT} {which} ORDER BY sequence DESC LIMIT $1");
        let mut events = self.recorded(select, &values).await?;
        events.reverse();
        Ok(events)
    }

    async fn recorded(
        &self,
        select: String,
        values: &[Value],
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let rows = self.read().await?.rows_dynamic(select, values).await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            events.push(RecordedEvent {
                sequence: row.get("sequence")?,
                event: AuditEvent {
                    occurred_at: row.instant("occurred_at")?,
                    request_id: row.get("request_id")?,
                    country: row.get("country")?,
                    uploader_fingerprint: row.get("uploader_sha256_fingerprint")?,
                    authentication_fingerprint: row.get("authentication_sha256_fingerprint")?,
                    event: row.get("event")?,
                    description: row.get("description")?,
                    code: row.get("code")?,
                    payload_sha256: row.get("payload_sha256")?,
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
    transaction: &mut Transaction,
    event: &AuditEvent,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO audit_event (sequence, occurred_at, request_id, country,
                uploader_sha256_fingerprint, authentication_sha256_fingerprint, event, description,
                code, payload_sha256)
             VALUES ((SELECT COALESCE(MAX(sequence), 0) + 1 FROM audit_event),
                 $1, $2, $3, $4, $5, $6, $7, $8, $9)",
            values![
                event.occurred_at,
                &event.request_id,
                &event.country,
                &event.uploader_fingerprint,
                &event.authentication_fingerprint,
                &event.event,
                &event.description,
                &event.code,
                &event.payload_sha256,
            ],
        )
        .await?;
    Ok(())
}

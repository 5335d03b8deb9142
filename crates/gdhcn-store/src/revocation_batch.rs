//! Revocation batches, and the list by which clients follow their changes.
//!
//! A client asks for what has changed after the second that it was last told, so a second must
//! not gain changes once it was told: changes carry whole seconds that never fall behind the
//! newest stored one, a second is listed only when it is over, and no answer ends within one.
//! Processes on several machines must therefore keep their clocks together.

use gdhcn_log::{Action, Attribute, Entry, Kind};
use gdhcn_revocation::Batch;
use jiff::Timestamp;

use crate::audit_event::AuditEvent;
use crate::database::{Row, Transaction, values};
use crate::error::StoreError;
use crate::job::{self, Lease};
use crate::limit;
use crate::log;
use crate::signed_text::SignedText;
use crate::store::Store;

/// So many changes are listed at once, and beyond that only those of the last second.
pub const LISTED: usize = 1000;

/// A batch as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationBatch {
    /// Identifier that the gateway gave it.
    pub batch_id: String,
    /// Two-letter code of the participant.
    pub country: String,
    /// When it was stored or deleted, in whole seconds.
    pub changed: Timestamp,
    /// The message as it was uploaded, Base64; none once it is deleted.
    pub cms: Option<String>,
}

/// A batch in the list of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedBatch {
    /// Identifier.
    pub batch_id: String,
    /// Two-letter code of the participant.
    pub country: String,
    /// When it was stored or deleted, in whole seconds.
    pub changed: Timestamp,
    /// Whether it is deleted.
    pub deleted: bool,
}

/// A part of the list of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchList {
    /// The changes, oldest first.
    pub batches: Vec<ListedBatch>,
    /// Whether there are later ones.
    pub more: bool,
}

impl Store {
    /// Stores a batch under the identifier that the caller has made for it.
    ///
    /// # Errors
    ///
    /// When the message is longer than its column, or the database cannot be written.
    pub async fn insert_revocation_batch(
        &self,
        batch_id: &str,
        batch: &Batch,
        message: &SignedText,
        now: Timestamp,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        limit::country(&batch.country)?;
        limit::within("revocation_batch.batch_id", batch_id, limit::UUID)?;
        message.check("revocation_batch.cms", limit::BATCH)?;
        limit::within(
            "revocation_batch.kid",
            batch.kid.as_deref().unwrap_or_default(),
            limit::THUMBPRINT,
        )?;
        let mut writing = self.begin_upload(event).await?;
        let changed = second_of_change(&mut writing, now).await?;
        writing
            .execute(
                "INSERT INTO revocation_batch (batch_id, country, changed_at, expires_at, deleted,
                    hash_type, kid, cms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                values![
                    batch_id,
                    &batch.country,
                    changed,
                    batch.expires,
                    false,
                    batch.hash_type.as_str(),
                    &batch.kid,
                    &message.cms,
                ],
            )
            .await?;
        let what = (Action::Stored, Kind::RevocationBatch);
        let entry = log::of_text(what, batch_id, &batch.country, message, event);
        let entry = entry.with(Attribute::Expires, Some(batch.expires.to_string()));
        log::append(&mut writing, &entry).await?;
        writing.commit(event).await?;
        Ok(())
    }

    /// The batch with this identifier, also when it is deleted.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn revocation_batch(
        &self,
        batch_id: &str,
    ) -> Result<Option<RevocationBatch>, StoreError> {
        let mut transaction = self.read().await?;
        Ok(find(&mut transaction, batch_id).await?)
    }

    /// The changes after `since`, in seconds that are over `now`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn revocation_list(
        &self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<BatchList, StoreError> {
        let present = whole_second(now);
        let mut transaction = self.read().await?;
        let select = "SELECT batch_id, country, changed_at, deleted FROM revocation_batch";
        let one_more = i64::try_from(LISTED + 1).unwrap_or(i64::MAX);
        let rows = transaction
            .rows_dynamic(
                format!(
                    "{select} WHERE changed_at > $1 AND changed_at < $2
                      ORDER BY changed_at, batch_id LIMIT $3"
                ),
                values![since, present, one_more],
            )
            .await?;
        let mut batches = rows.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
        if batches.len() <= LISTED {
            return Ok(BatchList { batches, more: false });
        }
        let Some(last) = batches.get(LISTED - 1).map(|batch| batch.changed) else {
            return Ok(BatchList { batches, more: false });
        };
        batches.retain(|batch| batch.changed < last);
        let rows = transaction
            .rows_dynamic(
                format!("{select} WHERE changed_at = $1 ORDER BY batch_id"),
                values![last],
            )
            .await?;
        for row in &rows {
            batches.push(listed(row)?);
        }
        let later = transaction
            .integer(
                "SELECT COUNT(*) FROM revocation_batch WHERE changed_at > $1 AND changed_at < $2",
                values![last, present],
            )
            .await?;
        Ok(BatchList { batches, more: later > 0 })
    }

    /// Marks a batch of `country` as deleted; its message is thrown away.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`], [`StoreError::Foreign`], and [`StoreError::Gone`] when it is
    /// deleted already.
    pub async fn delete_revocation_batch(
        &self,
        batch_id: &str,
        country: &str,
        message: &SignedText,
        now: Timestamp,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        message.check("revocation_batch.cms", limit::BATCH)?;
        let mut writing = self.begin_upload(event).await?;
        let batch = find(&mut writing, batch_id).await?.ok_or(StoreError::NotFound)?;
        if batch.country != country {
            return Err(StoreError::Foreign { country: batch.country });
        }
        if batch.cms.is_none() {
            return Err(StoreError::Gone);
        }
        let changed = second_of_change(&mut writing, now).await?;
        writing
            .execute(
                "UPDATE revocation_batch SET deleted = $1, cms = NULL, changed_at = $2
                  WHERE batch_id = $3",
                values![true, changed, batch_id],
            )
            .await?;
        let what = (Action::Deleted, Kind::RevocationBatch);
        log::append(&mut writing, &log::of_text(what, batch_id, country, message, event)).await?;
        writing.commit(event).await?;
        Ok(())
    }

    /// Marks batches as deleted that have ended before `now`, [`LISTED`] of them at the most, and
    /// tells how many: as long as there are as many, there may be more.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`]; otherwise when the database cannot be written.
    pub async fn expire_revocation_batches(
        &self,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut writing = self.begin_change().await?;
        job::check(&mut writing, lease).await?;
        let changed = second_of_change(&mut writing, now).await?;
        let rows = writing
            .rows(
                "SELECT batch_id, country FROM revocation_batch
                  WHERE deleted = $1 AND expires_at < $2 ORDER BY batch_id LIMIT $3",
                values![false, now, i64::try_from(LISTED).unwrap_or(i64::MAX)],
            )
            .await?;
        let count = rows.len();
        if count == 0 {
            return Ok(count);
        }
        let event = of_job(now, "EXPIRED", format!("{count} revocation batches have ended"));
        let mut entries = Vec::new();
        for row in &rows {
            let (batch_id, country): (String, String) = (row.get("batch_id")?, row.get("country")?);
            writing
                .execute(
                    "UPDATE revocation_batch SET deleted = $1, cms = NULL, changed_at = $2
                      WHERE batch_id = $3",
                    values![true, changed, &batch_id],
                )
                .await?;
            let what = (Action::Expired, Kind::RevocationBatch);
            let entry = log::of_own_act(what, &batch_id, &event, None);
            entries.push(Entry { country: Some(country), ..entry });
        }
        log::append_all(&mut writing, &entries).await?;
        writing.commit(&event).await?;
        Ok(count)
    }

    /// Removes the batches that were deleted before `before`, and tells how many.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`]; otherwise when the database cannot be written.
    pub async fn purge_revocation_batches(
        &self,
        lease: &Lease,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut writing = self.begin_change().await?;
        job::check(&mut writing, lease).await?;
        let count = writing
            .execute(
                "DELETE FROM revocation_batch WHERE deleted = $1 AND changed_at < $2",
                values![true, before],
            )
            .await?;
        if count > 0 {
            let what = format!("{count} deleted revocation batches were removed");
            writing.commit(&of_job(now, "PURGED", what)).await?;
        }
        Ok(count)
    }
}

/// A change of the gateway itself.
fn of_job(now: Timestamp, event: &str, description: String) -> AuditEvent {
    AuditEvent {
        occurred_at: now,
        request_id: "job".to_owned(),
        country: None,
        uploader_fingerprint: None,
        authentication_fingerprint: None,
        event: event.to_owned(),
        description,
        code: None,
        payload_sha256: None,
    }
}

/// The second of a change made `now`: never one before the newest stored one.
pub(crate) async fn second_of_change(
    transaction: &mut Transaction,
    now: Timestamp,
) -> Result<i64, sqlx::Error> {
    let newest = transaction
        .integer("SELECT COALESCE(MAX(changed_at), 0) FROM revocation_batch", &[])
        .await?;
    Ok(whole_second(now).max(newest))
}

/// Milliseconds of the second that an instant is in.
fn whole_second(instant: Timestamp) -> i64 {
    instant.as_millisecond().div_euclid(1000) * 1000
}

async fn find(
    transaction: &mut Transaction,
    batch_id: &str,
) -> Result<Option<RevocationBatch>, sqlx::Error> {
    let row = transaction
        .row(
            "SELECT batch_id, country, changed_at, deleted, cms FROM revocation_batch
              WHERE batch_id = $1",
            values![batch_id],
        )
        .await?;
    row.map(|row| {
        let ListedBatch { batch_id, country, changed, deleted } = listed(&row)?;
        let cms = row.get::<Option<String>>("cms")?.filter(|_| !deleted);
        Ok(RevocationBatch { batch_id, country, changed, cms })
    })
    .transpose()
}

fn listed(row: &Row) -> Result<ListedBatch, sqlx::Error> {
    Ok(ListedBatch {
        batch_id: row.get("batch_id")?,
        country: row.get("country")?,
        changed: row.instant("changed_at")?,
        deleted: row.get("deleted")?,
    })
}

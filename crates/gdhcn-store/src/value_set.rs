//! Value sets: documents that the operator gives, served byte for byte.

use gdhcn_log::{Action, Content, Entry, Kind};
use gdhcn_rules::value_set::ValueSet;

use crate::audit_event::AuditEvent;
use crate::database::values;
use crate::error::StoreError;
use crate::log;
use crate::store::Store;

impl Store {
    /// Identifiers of the stored sets, sorted.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn value_set_ids(&self) -> Result<Vec<String>, StoreError> {
        let rows = self.read().await?.rows("SELECT id FROM value_set ORDER BY id", &[]).await?;
        let ids: Result<_, sqlx::Error> = rows.iter().map(|row| row.get("id")).collect();
        Ok(ids?)
    }

    /// The text of a set.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn value_set(&self, id: &str) -> Result<Option<String>, StoreError> {
        let row =
            self.read().await?.row("SELECT json FROM value_set WHERE id = $1", values![id]).await?;
        Ok(row.map(|row| row.get("json")).transpose()?)
    }

    /// Stores a set, in place of the one with its identifier. `operator` is who gives it, none for
    /// a job.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub async fn put_value_set(
        &self,
        set: &ValueSet,
        operator: Option<&str>,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        event.check()?;
        let mut writing = self.begin_change().await?;
        let known = writing
            .integer("SELECT COUNT(*) FROM value_set WHERE id = $1", values![set.id()])
            .await?;
        writing
            .execute(
                "INSERT INTO value_set (id, changed_at, json) VALUES ($1, $2, $3)
                 ON CONFLICT (id) DO UPDATE SET changed_at = $2, json = $3",
                values![set.id(), event.occurred_at, set.text()],
            )
            .await?;
        let action = if known > 0 { Action::Updated } else { Action::Stored };
        let entry = log::of_own_act((action, Kind::ValueSet), set.id(), event, operator);
        let content = Some(Content::of(set.text().as_bytes()));
        log::append(&mut writing, &Entry { content, ..entry }).await?;
        writing.commit(event).await?;
        Ok(())
    }

    /// Removes a set, by this operator's word.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] when there is none with this identifier.
    pub async fn delete_value_set(
        &self,
        id: &str,
        operator: &str,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        event.check()?;
        let mut writing = self.begin_change().await?;
        let gone = writing.execute("DELETE FROM value_set WHERE id = $1", values![id]).await?;
        if gone == 0 {
            return Err(StoreError::NotFound);
        }
        let what = (Action::Deleted, Kind::ValueSet);
        log::append(&mut writing, &log::of_own_act(what, id, event, Some(operator))).await?;
        writing.commit(event).await?;
        Ok(())
    }
}

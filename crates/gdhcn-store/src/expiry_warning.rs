//! Which warnings of the ends of certificates were told, so that each is told once.

use std::collections::BTreeMap;

use crate::database::{Transaction, values};
use crate::error::StoreError;
use crate::job::{self, Lease};
use crate::limit;
use crate::store::Store;

impl Store {
    /// The step that was told last, in days before the end, by thumbprint.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn told_warnings(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        Ok(read(&mut self.read().await?).await?)
    }

    /// Records that just these were told.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`]; otherwise when the database cannot be written.
    pub async fn tell_warnings(
        &self,
        lease: &Lease,
        told: &BTreeMap<String, i64>,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin_change().await?;
        job::check(&mut writing, lease).await?;
        let former = read(&mut writing).await?;
        for thumbprint in former.keys().filter(|former| !told.contains_key(*former)) {
            writing
                .execute("DELETE FROM expiry_warning WHERE thumbprint = $1", values![thumbprint])
                .await?;
        }
        for (thumbprint, step) in told {
            if former.get(thumbprint) == Some(step) {
                continue;
            }
            limit::within("expiry_warning.thumbprint", thumbprint, limit::THUMBPRINT)?;
            writing
                .execute(
                    "INSERT INTO expiry_warning (thumbprint, step) VALUES ($1, $2)
                     ON CONFLICT (thumbprint) DO UPDATE SET step = $2",
                    values![thumbprint, *step],
                )
                .await?;
        }
        writing.commit_unrecorded().await
    }
}

async fn read(transaction: &mut Transaction) -> Result<BTreeMap<String, i64>, sqlx::Error> {
    let rows = transaction.rows("SELECT thumbprint, step FROM expiry_warning", &[]).await?;
    rows.iter().map(|row| Ok((row.get("thumbprint")?, row.get("step")?))).collect()
}

use std::future::pending;

use sqlx::postgres::PgListener;

use crate::database::Pool;
use crate::store::Store;

/// What the triggers of `schema.rs` call.
pub(crate) const CHANNEL: &str = "gdhcn_trust_change";

/// Tells when the tables that trust lists are made of were changed, by whichever process.
///
/// A help and no guarantee: a server of PostgreSQL tells it at once, and SQLite not at all. Ask
/// for [`Store::revision`] from time to time as well.
#[derive(Debug)]
pub struct Changes {
    pool: Pool,
    listener: Option<PgListener>,
}

impl Store {
    /// Begins to listen for changes.
    pub fn changes(&self) -> Changes {
        Changes { pool: self.pool().clone(), listener: None }
    }
}

impl Changes {
    /// Waits for a change; for ever where nobody tells of any. Dropping the future loses nothing.
    pub async fn next(&mut self) {
        let Pool::Postgres { readers, .. } = &self.pool else { return pending().await };
        let Some(listener) = &mut self.listener else {
            // What was changed before it listened is to be seen too.
            return match listen(readers).await {
                Ok(listener) => self.listener = Some(listener),
                Err(_) => pending().await,
            };
        };
        if listener.recv().await.is_err() {
            self.listener = None;
            pending().await
        }
    }
}

async fn listen(pool: &sqlx::PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

//! Bringing a database to this program's tables.

use sqlx::migrate::Migrator;

use crate::changes::CHANNEL;
use crate::database::{Pace, Pool, Transaction};
use crate::error::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The tables that trust lists are made of: their changes are counted. Of a peer those count that
/// the trust anchor signs, not how the last pull went.
const COUNTED: [(&str, &str); 5] = [
    ("trusted_party", "UPDATE"),
    ("signer_information", "UPDATE"),
    ("trusted_issuer", "UPDATE"),
    ("trusted_reference", "UPDATE"),
    ("federation_gateway", "UPDATE OF gateway_id, download_target, mode, signature"),
];

/// Makes what is missing. Several processes may do so at once.
pub(crate) async fn prepare(pool: &Pool) -> Result<(), StoreError> {
    match pool {
        Pool::Sqlite { writer, .. } => {
            // Of several processes that find one new file the first makes everything and the others
            // wait: the driver takes no lock of its own here.
            let mut change = writer.begin_with("BEGIN IMMEDIATE").await?;
            MIGRATIONS.run_direct(None, &mut *change, false).await?;
            change.commit().await?;
        }
        Pool::Postgres { writer, .. } => MIGRATIONS.run(writer).await?,
    }
    let mut transaction = pool.write(Pace::Steady).await?;
    if let Transaction::Postgres(_) = transaction {
        // Anew each time, so that a database of an earlier program gets what is new in it.
        let function = format!(
            "CREATE OR REPLACE FUNCTION count_trust_change() RETURNS trigger
             LANGUAGE plpgsql AS $$ BEGIN
                UPDATE trust_revision SET value = value + 1 WHERE id = 1;
                NOTIFY {CHANNEL};
                RETURN NULL;
             END $$"
        );
        transaction.execute_dynamic(function, &[]).await?;
    }
    for (table, update) in COUNTED {
        count_changes(&mut transaction, table, update).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Makes the triggers that count the changes of a table, whoever makes them.
async fn count_changes(
    transaction: &mut Transaction,
    table: &str,
    update: &str,
) -> Result<(), StoreError> {
    match transaction {
        Transaction::Sqlite(_) => {
            for (name, change) in [("insert", "INSERT"), ("update", update), ("delete", "DELETE")] {
                let name = format!("{table}_{name}_counted");
                let trigger = format!(
                    "CREATE TRIGGER IF NOT EXISTS {name} AFTER {change} ON {table} BEGIN
                        UPDATE trust_revision SET value = value + 1 WHERE id = 1;
                     END"
                );
                transaction.execute_dynamic(trigger, &[]).await?;
            }
        }
        Transaction::Postgres(_) => {
            let name = format!("{table}_counted");
            let present = transaction
                .rows(
                    "SELECT 1 FROM pg_trigger WHERE tgname = $1 AND tgrelid = to_regclass($2)",
                    crate::database::values![&name, table],
                )
                .await?;
            // Making it anew would hold up everybody who reads the table.
            if present.is_empty() {
                let trigger = format!(
                    "CREATE TRIGGER {name} AFTER INSERT OR {update} OR DELETE ON {table}
                     FOR EACH ROW EXECUTE FUNCTION count_trust_change()"
                );
                transaction.execute_dynamic(trigger, &[]).await?;
            }
        }
    }
    Ok(())
}

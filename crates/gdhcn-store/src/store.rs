use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::error::{StoreError, UnreadableRow};
use crate::signer_information::{self, SignerInformation};
use crate::trusted_party::{self, TrustedParty};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The database of one gateway: SQLite with a write-ahead log, one writer, several readers.
///
/// Clones share the connections.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    file: PathBuf,
}

/// A change that is stored, and the number it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<Row> {
    /// The row as it is (or, for a deletion, was) in the table.
    pub row: Row,
    /// The content's revision after the change; the one before is this minus one.
    pub revision: i64,
}

/// Both certificate tables at one revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustContent {
    /// Number of the last change.
    pub revision: i64,
    /// Onboarded certificates, in the order in which they came.
    pub trusted_parties: Vec<TrustedParty>,
    /// Uploaded certificates, in the order in which they came.
    pub signer_information: Vec<SignerInformation>,
    /// Rows left out because a column holds something unknown.
    pub unreadable: Vec<UnreadableRow>,
}

impl Store {
    /// Name of the database file inside its folder.
    pub const FILE_NAME: &str = "gateway.sqlite3";

    /// Opens the database in `folder`; makes folder and tables that are missing.
    ///
    /// # Errors
    ///
    /// When the folder or file cannot be used, or was written by a newer program.
    pub async fn open(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let folder = folder.as_ref();
        create_folder(folder)
            .map_err(|source| StoreError::Folder { path: folder.to_owned(), source })?;
        let file = folder.join(Self::FILE_NAME);
        // An accepted upload is answered only when it would outlast a power cut: FULL costs one
        // more sync for each change, and changes are rare.
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10));
        let open = |source| StoreError::Open { path: file.clone(), source };
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(open)?;
        MIGRATIONS.run(&writer).await?;
        count_changes(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(open)?;
        Ok(Self { writer, readers, file })
    }

    /// The database file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Number of the last change of the certificate tables, by whichever process.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        let value = sqlx::query_scalar("SELECT value FROM trust_revision WHERE id = 1")
            .fetch_one(&self.readers)
            .await?;
        Ok(value)
    }

    /// Reads both certificate tables as they were at one moment.
    ///
    /// # Errors
    ///
    /// When the database cannot be read. Rows with unknown values are no error: they are named in
    /// [`TrustContent::unreadable`].
    pub async fn trust_content(&self) -> Result<TrustContent, StoreError> {
        let mut transaction = self.readers.begin().await?;
        let mut content = TrustContent {
            revision: sqlx::query_scalar("SELECT value FROM trust_revision WHERE id = 1")
                .fetch_one(&mut *transaction)
                .await?,
            ..TrustContent::default()
        };
        trusted_party::read_all(&mut transaction, &mut content).await?;
        signer_information::read_all(&mut transaction, &mut content).await?;
        transaction.commit().await?;
        Ok(content)
    }

    /// Writes the whole content as it is at one moment to a new database file, while others work.
    ///
    /// This is the way to look at the file: a process that opens the file itself and closes it
    /// again loses the locks that its connections hold (POSIX), and other processes then take the
    /// log away below it.
    ///
    /// # Errors
    ///
    /// When `file` exists already, or cannot be written.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let file = file.to_string_lossy().into_owned();
        sqlx::query("VACUUM INTO $1").bind(file).execute(&self.writer).await?;
        Ok(())
    }

    /// Waits for running queries and closes the connections.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Begins the transaction of a change.
    pub(crate) async fn begin_change(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        // IMMEDIATE: a transaction that reads first and writes later could find its reading
        // outdated by another process and fail.
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }
}

/// Makes the triggers that count changes of the certificate tables, whoever makes them.
async fn count_changes(writer: &SqlitePool) -> Result<(), StoreError> {
    for table in ["trusted_party", "signer_information"] {
        for change in ["INSERT", "UPDATE", "DELETE"] {
            let name = format!("{table}_{}_counted", change.to_ascii_lowercase());
            let trigger = format!(
                "CREATE TRIGGER IF NOT EXISTS {name} AFTER {change} ON {table} BEGIN
                    UPDATE trust_revision SET value = value + 1 WHERE id = 1;
                 END"
            );
            sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(writer).await?;
        }
    }
    Ok(())
}

/// The revision after the change of one row in this transaction.
pub(crate) async fn new_revision(
    transaction: &mut Transaction<'static, Sqlite>,
) -> Result<i64, StoreError> {
    let value = sqlx::query_scalar("SELECT value FROM trust_revision WHERE id = 1")
        .fetch_one(&mut **transaction)
        .await?;
    Ok(value)
}

/// Whether a certificate of either table, own rows only, is listed under this key identifier.
pub(crate) async fn kid_is_taken(
    transaction: &mut Transaction<'static, Sqlite>,
    kid: &str,
) -> Result<bool, StoreError> {
    let taken: i64 = sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM trusted_party WHERE kid = $1 AND source_gateway_id IS NULL)
              + (SELECT COUNT(*) FROM signer_information
                  WHERE kid = $1 AND source_gateway_id IS NULL)",
    )
    .bind(kid)
    .fetch_one(&mut **transaction)
    .await?;
    Ok(taken > 0)
}

fn create_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::audit_event::{self, AuditEvent};
use crate::backup::{self, Part};
use crate::database::{PATIENCE, Pace, Pool, Transaction, values};
use crate::error::{Conflict, StoreError, UnreadableRow};
use crate::federation_gateway::{self, FederationGateway};
use crate::fitness::{OpenedFile, is_at_rest};
use crate::location::{Location, PostgresUrl};
use crate::schema;
use crate::signer_information::{self, SignerInformation};
use crate::trusted_party::{self, PartyType, TrustedParty};

/// Connections for reading to a PostgreSQL server for each process: what most requests read is in
/// memory.
const POSTGRES_READERS: u32 = 7;

/// The database of one gateway: SQLite in a folder, or PostgreSQL, which several processes share.
///
/// Clones share the connections.
#[derive(Debug, Clone)]
pub struct Store {
    pool: Pool,
    location: Location,
    pub(crate) kids: KidScope,
    /// The database file as it was found, of SQLite.
    opened: Option<OpenedFile>,
}

/// Among whose own certificates a key identifier is given once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KidScope {
    /// Among all.
    #[default]
    Network,
    /// Among those of one participant.
    Participant,
}

/// A change that is stored, and the number it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<Row> {
    /// The row as it is (or, for a deletion, was) in the table.
    pub row: Row,
    /// The content's revision after the change; the one before is this minus one.
    pub revision: i64,
}

/// The certificate tables at one revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustContent {
    /// Number of the last change.
    pub revision: i64,
    /// Onboarded certificates, in the order in which they came.
    pub trusted_parties: Vec<TrustedParty>,
    /// Uploaded certificates, in the order in which they came.
    pub signer_information: Vec<SignerInformation>,
    /// Peers, in the order of their making. How pulls from them went may be older than the rest.
    pub federation_gateways: Vec<FederationGateway>,
    /// Rows left out because a column holds something unknown.
    pub unreadable: Vec<UnreadableRow>,
}

impl Store {
    /// Name of the database file inside its folder.
    pub const FILE_NAME: &str = "gateway.sqlite3";

    /// Opens the database; makes a folder and tables that are missing.
    ///
    /// # Errors
    ///
    /// When the folder, file or server cannot be used, or the tables were written by a newer
    /// program.
    pub async fn open(location: impl Into<Location>) -> Result<Self, StoreError> {
        let location = location.into();
        let pool = match &location {
            Location::Folder(folder) => open_folder(folder).await?,
            Location::Postgres(url) => open_postgres(url).await?,
        };
        schema::prepare(&pool).await?;
        let opened = file_of(&location).map(OpenedFile::of);
        Ok(Self { pool, location, kids: KidScope::default(), opened })
    }

    /// The same database with another rule for key identifiers.
    #[must_use]
    pub fn with_kids(self, kids: KidScope) -> Self {
        Self { kids, ..self }
    }

    /// Makes sure that the database file is still the one that was opened: what is written to a
    /// deleted file is lost.
    ///
    /// # Errors
    ///
    /// [`StoreError::Replaced`].
    pub fn check_file(&self) -> Result<(), StoreError> {
        self.opened.as_ref().map_or(Ok(()), OpenedFile::check)
    }

    /// Where the database is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The database file, of SQLite.
    pub fn file(&self) -> Option<PathBuf> {
        file_of(&self.location)
    }

    /// Number of the last change of the tables that trust lists are made of, by whichever process.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        Ok(revision(&mut self.read().await?).await?)
    }

    /// Reads the certificate tables as they were at one moment.
    ///
    /// # Errors
    ///
    /// When the database cannot be read. Rows with unknown values are no error: they are named in
    /// [`TrustContent::unreadable`].
    pub async fn trust_content(&self) -> Result<TrustContent, StoreError> {
        let mut signers = Vec::new();
        let content = self.trust_content_with(|signer| signers.push(signer)).await?;
        Ok(TrustContent { signer_information: signers, ..content })
    }

    /// The same, with each uploaded certificate handed to `signer` as it is read, in their order,
    /// for those who keep something else of it: there may be many.
    ///
    /// # Errors
    ///
    /// As [`trust_content`](Self::trust_content).
    pub async fn trust_content_with(
        &self,
        signer: impl FnMut(SignerInformation),
    ) -> Result<TrustContent, StoreError> {
        let mut transaction = self.read().await?;
        let mut content =
            TrustContent { revision: revision(&mut transaction).await?, ..TrustContent::default() };
        trusted_party::read_all(&mut transaction, &mut content).await?;
        signer_information::read_all(&mut transaction, &mut content.unreadable, signer).await?;
        let (peers, unreadable) = federation_gateway::read_all(&mut transaction).await?;
        content.federation_gateways = peers;
        content.unreadable.extend(unreadable);
        Ok(content)
    }

    /// Writes the whole content of an SQLite database as it is at one moment to a new file, while
    /// others work.
    ///
    /// This is the way to look at the file: a process that opens the file itself and closes it
    /// again loses the locks that its connections hold (POSIX), and other processes then take the
    /// log away below it.
    ///
    /// # Errors
    ///
    /// When `file` exists already, or cannot be written, or the database is no file.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        self.write_copy(file, |_| Ok(())).await
    }

    /// The same with the digest of a backup.
    pub(crate) async fn write_sealed(&self, file: &Path) -> Result<(), StoreError> {
        self.write_copy(file, backup::seal).await
    }

    async fn write_copy(
        &self,
        file: &Path,
        end: impl FnOnce(&Path) -> std::io::Result<()>,
    ) -> Result<(), StoreError> {
        let Pool::Sqlite { writer, .. } = &self.pool else { return Err(StoreError::NoFile) };
        let failed = |source| StoreError::Folder { path: file.to_owned(), source };
        let part = Part::begin(file).map_err(failed)?;
        let path = part.path().to_string_lossy().into_owned();
        sqlx::query("VACUUM INTO $1").bind(path).execute(writer).await?;
        end(part.path()).and_then(|()| part.finish()).map_err(failed)
    }

    /// Waits for running queries and closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Begins a look at the content as it is at one moment.
    pub(crate) async fn read(&self) -> Result<Transaction, StoreError> {
        self.check_file()?;
        Ok(self.pool.read().await?)
    }

    /// Begins a change. No other one runs beside it.
    pub(crate) async fn begin_change(&self) -> Result<Writing, StoreError> {
        self.check_file()?;
        Ok(Writing { transaction: self.pool.write(Pace::Steady).await? })
    }

    /// The same for a change that reads from elsewhere while it goes on, and may rest.
    pub(crate) async fn begin_long_change(&self) -> Result<Writing, StoreError> {
        self.check_file()?;
        Ok(Writing { transaction: self.pool.write(Pace::OfItsSource).await? })
    }

    /// Begins the change that a participant's message asks for. Whoever accepted the message looked
    /// at the content of a moment before: its signer may have been off-boarded since, and what it
    /// signed would have no place in the log. An event without signer is of a change that nobody
    /// signed.
    pub(crate) async fn begin_upload(&self, event: &AuditEvent) -> Result<Writing, StoreError> {
        event.check()?;
        let mut writing = self.begin_change().await?;
        if let Some(signer) = &event.uploader_fingerprint {
            let known = writing
                .integer(
                    "SELECT COUNT(*) FROM trusted_party
                      WHERE thumbprint = $1 AND certificate_type = $2 AND country = $3
                        AND source_gateway_id IS NULL",
                    values![signer, PartyType::Upload.as_str(), event.country.as_deref()],
                )
                .await?;
            if known == 0 {
                return Err(StoreError::NoUploader { signer: signer.clone() });
            }
        }
        Ok(writing)
    }
}

/// A change under way. It ends by [`commit`](Self::commit); without that nothing of it remains.
#[derive(Debug)]
pub(crate) struct Writing {
    transaction: Transaction,
}

impl Writing {
    /// Makes the change last, together with the event that tells of it. Gives the revision that
    /// the content has then.
    pub(crate) async fn commit(mut self, event: &AuditEvent) -> Result<i64, StoreError> {
        audit_event::append(&mut self.transaction, event).await?;
        let revision = revision(&mut self.transaction).await?;
        self.transaction.commit().await?;
        Ok(revision)
    }

    /// Makes a change last without an event: what the gateway keeps for itself, and a restored
    /// trail, which stays as it was.
    pub(crate) async fn commit_unrecorded(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

impl Deref for Writing {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        &self.transaction
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut Transaction {
        &mut self.transaction
    }
}

async fn revision(transaction: &mut Transaction) -> Result<i64, sqlx::Error> {
    transaction.integer("SELECT value FROM trust_revision WHERE id = 1", &[]).await
}

/// A certificate before it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Newcomer<'a> {
    pub(crate) table: &'static str,
    pub(crate) thumbprint: &'a str,
    pub(crate) source_gateway_id: Option<&'a str>,
    pub(crate) kid: &'a str,
    pub(crate) country: &'a str,
}

/// Refuses a certificate that its table has from this source already, and an own one under a key
/// identifier that an own one of either table is listed under.
pub(crate) async fn refuse_conflict(
    transaction: &mut Transaction,
    newcomer: Newcomer<'_>,
    kids: KidScope,
) -> Result<(), StoreError> {
    let Newcomer { table, thumbprint, source_gateway_id, kid, country } = newcomer;
    let sql = format!(
        "SELECT 1 FROM {table}
          WHERE thumbprint = $1 AND COALESCE(source_gateway_id, '') = COALESCE($2, '')"
    );
    let same = transaction.rows_dynamic(sql, values![thumbprint, source_gateway_id]).await?;
    if !same.is_empty() {
        return Err(StoreError::Conflict(Conflict::Thumbprint));
    }
    if source_gateway_id.is_some() {
        return Ok(());
    }
    let taken = transaction
        .integer(
            "SELECT (SELECT COUNT(*) FROM trusted_party
                      WHERE kid = $1 AND source_gateway_id IS NULL AND ($2 OR country = $3))
                  + (SELECT COUNT(*) FROM signer_information
                      WHERE kid = $1 AND source_gateway_id IS NULL AND ($2 OR country = $3))",
            values![kid, kids == KidScope::Network, country],
        )
        .await?;
    if taken > 0 {
        return Err(StoreError::Conflict(Conflict::Kid));
    }
    Ok(())
}

fn file_of(location: &Location) -> Option<PathBuf> {
    match location {
        Location::Folder(folder) => Some(folder.join(Store::FILE_NAME)),
        Location::Postgres(_) => None,
    }
}

/// How often a new file that another process sets up is tried again, and after which time.
const TRIES: u8 = 100;
const BETWEEN_TRIES: std::time::Duration = std::time::Duration::from_millis(50);

/// SQLITE_BUSY with its kinds.
fn is_locked(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|said| said.code()?.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

async fn open_folder(folder: &Path) -> Result<Pool, StoreError> {
    create_folder(folder)
        .map_err(|source| StoreError::Folder { path: folder.to_owned(), source })?;
    let file = folder.join(Store::FILE_NAME);
    // An accepted upload is answered only when it would outlast a power cut: FULL costs one
    // more sync for each change, and changes are rare.
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE);
    let open = |cause| StoreError::Open { database: file.display().to_string(), cause };
    let mut tries = 0;
    let writer = loop {
        let opened = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .after_release(|connection, _| Box::pin(is_at_rest(connection)))
            .connect_with(options.clone())
            .await;
        match opened {
            // Where several processes find one new file, SQLite lets but one of them set its journal
            // mode, and the others do not wait for that.
            Err(error) if is_locked(&error) && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            opened => break opened.map_err(open)?,
        }
    };
    // The file may be new: readers come to it when it holds something.
    let readers = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(PATIENCE)
        .after_release(|connection, _| Box::pin(is_at_rest(connection)))
        .connect_lazy_with(options.pragma("query_only", "ON"));
    Ok(Pool::Sqlite { writer, readers })
}

async fn open_postgres(url: &PostgresUrl) -> Result<Pool, StoreError> {
    let refused = |cause| StoreError::Open { database: url.to_string(), cause };
    let options: PgConnectOptions = url.secret().parse().map_err(refused)?;
    let server = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let open = |cause| match cause {
        // A server that refuses is asked again until the patience has ended: it may be starting.
        sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => StoreError::NoServer { server },
        cause => refused(cause),
    };
    let options = options.application_name("gdhcn");
    let pool =
        |connections| PgPoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE);
    let writer = pool(1).connect_with(options.clone()).await.map_err(open)?;
    let readers = pool(POSTGRES_READERS).connect_lazy_with(options);
    Ok(Pool::Postgres { writer, readers })
}

pub(crate) fn create_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use gdhcn_testkit::{TestDatabase, on_both_databases};
    use tokio::task::JoinSet;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    async fn opened(database: &TestDatabase) -> Store {
        Store::open(Location::from(database.location())).await.unwrap()
    }

    on_both_databases! {
    async fn changes_that_wait_hold_no_reader_up_and_give_up_in_time(database: &TestDatabase) {
        let (other, store) = (opened(database).await, opened(database).await);
        let held = other.begin_long_change().await.unwrap();
        let (began, mut waiting) = (Instant::now(), JoinSet::new());
        for number in 0..16 {
            let store = store.clone();
            waiting.spawn(async move {
                store.take_lease(&number.to_string(), "test", HOUR, HOUR).await.map(|_| ())
            });
        }
        while began.elapsed() < Duration::from_secs(8) {
            let asked = Instant::now();
            store.revision().await.unwrap();
            assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        for refused in waiting.join_all().await {
            assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
        }
        drop(held);
        assert!(store.take_lease("after", "test", HOUR, HOUR).await.unwrap().is_some());
        assert_eq!(store.overview().await.unwrap().jobs.len(), 1, "nobody wrote later");
    }
    }

    #[tokio::test]
    async fn a_process_that_is_cut_off_holds_others_up_for_seconds() {
        let Some(database) = TestDatabase::postgres() else { return };
        let (cut_off, store) = (opened(&database).await, opened(&database).await);
        let mut held = cut_off.begin_change().await.unwrap();
        held.execute("INSERT INTO job (name, lease_until, failures) VALUES ('half', 0, 0)", &[])
            .await
            .unwrap();
        assert!(store.take_lease("next", "test", HOUR, HOUR).await.unwrap().is_some());
        held.commit_unrecorded().await.unwrap_err();
        let jobs = store.overview().await.unwrap().jobs;
        assert_eq!(jobs.iter().map(|job| job.name.as_str()).collect::<Vec<_>>(), ["next"]);
    }
}

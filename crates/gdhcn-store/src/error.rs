use std::fmt;
use std::path::PathBuf;

use crate::database::{HoldsNul, PATIENCE};

/// Why the store refused or could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder of the database cannot be made or used.
    #[error("the database folder {path} cannot be used: {source}")]
    Folder {
        /// The folder as it was named.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The database could not be opened.
    #[error("the database {database} cannot be opened: {}", said(cause))]
    Open {
        /// The database, without a password.
        database: String,
        /// What the driver said.
        cause: sqlx::Error,
    },
    /// Nobody answers where the database should be.
    #[error(
        "the database server at {server} does not answer; is it running, and may this machine reach \
         it there?"
    )]
    NoServer {
        /// Host and port, or the folder of the socket.
        server: String,
    },
    /// The database must not be written by whoever runs the program.
    #[error("the database {database} cannot be written{cause}")]
    ReadOnly {
        /// The file, or the server without a password.
        database: String,
        /// Whose it is and what to do, where that can be told.
        cause: String,
    },
    /// The database file was deleted or another one put in its place while it was in use.
    #[error(
        "the database file {0} is not the one that was opened: it was deleted or replaced, and no \
         change is stored any more; end the program, put the file back or restore a backup, and \
         start again"
    )]
    Replaced(PathBuf),
    /// The tables could not be brought to this program's version.
    #[error("the database cannot be migrated: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    /// A text holds a character that PostgreSQL cannot store.
    #[error("{column} holds a NUL character, which no database must hold; leave it out")]
    Nul {
        /// The column.
        column: &'static str,
    },
    /// The tables are those of a later version of the program.
    #[error(
        "the database was brought to a newer version (migration {migration}) than this program \
         knows; start the newer program"
    )]
    Newer {
        /// Number of the migration.
        migration: i64,
    },
    /// Only SQLite keeps its content in a file.
    #[error("the database is on a server and has no file to copy")]
    NoFile,
    /// The file to write exists already.
    #[error("{0} exists already; name a new file")]
    FileExists(PathBuf),
    /// A backup is restored, and another gateway taken over, into an empty database only.
    #[error("the database is not empty: there are rows in {table}; name a new one")]
    NotEmpty {
        /// The first table with rows.
        table: String,
    },
    /// A backup has no digest at its end.
    #[error(
        "{0} does not end with its digest: it is no backup, was cut short, or is of an earlier \
         program; --unverified restores it all the same if SQLite finds no fault in it"
    )]
    Unsealed(PathBuf),
    /// A backup is not what was written.
    #[error(
        "{0} is damaged: its bytes are not those that were written; take another backup \
         (--unverified restores what is left if SQLite finds no fault in it)"
    )]
    Damaged(PathBuf),
    /// A file holds no database of a gateway that can be read.
    #[error("{file} cannot be restored: {why}")]
    NoBackup {
        /// The file as it was named.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A value is longer than its column.
    #[error("{column} has {length} bytes, the limit is {limit}")]
    TooLong {
        /// Table and column.
        column: &'static str,
        /// Length of the refused value in bytes.
        length: usize,
        /// The column's limit in bytes.
        limit: usize,
    },
    /// The country is not a code of two ASCII capital letters.
    #[error("the country {0:?} is not a two-letter code")]
    Country(String),
    /// The row would collide with another one.
    #[error("{0}")]
    Conflict(Conflict),
    /// There is no own row under this identifier.
    #[error("nothing is stored under this identifier")]
    NotFound,
    /// No request of that name waits for approvals.
    #[error("no such onboarding request waits for approvals")]
    NoRequest,
    /// The request, or the operator's approval of it, is there already.
    #[error("{0}")]
    Exists(&'static str),
    /// Who signed the message is not among the participant's upload certificates any more.
    #[error("the message is signed by {signer}, which is no upload certificate of the participant")]
    NoUploader {
        /// SHA-256 of the signer's certificate, lower-case hexadecimal.
        signer: String,
    },
    /// The trust anchors by which a peer's content was judged are not all assigned to it any more.
    #[error("the trust anchors of the peer were changed while it was pulled from")]
    AnchorsChanged,
    /// What is to be deleted is deleted already.
    #[error("it is deleted already")]
    Gone,
    /// A business rule does not fit what is stored.
    #[error(transparent)]
    Rule(#[from] gdhcn_rules::upload::UploadRefusal),
    /// The row belongs to another country than the one that asked.
    #[error("it belongs to {country}")]
    Foreign {
        /// The country of the row.
        country: String,
    },
    /// The run of a job took longer than its lease, or another process took the job over.
    #[error("the lease of the job {job} is lost: another process may run it now")]
    LeaseLost {
        /// Name of the job.
        job: String,
    },
    /// No peer has that identity.
    #[error("no peer gateway {gateway_id:?} is configured")]
    NoPeer {
        /// The identity.
        gateway_id: String,
    },
    /// The trust anchor could not sign the peer's configuration.
    #[error(transparent)]
    Peer(Box<gdhcn_trust::federation::PeerError>),
    /// A certificate that is to be a peer's is none of its anchors or servers.
    #[error("a certificate for the peer {gateway_id:?} is not assigned to it as anchor or server")]
    NotAssigned {
        /// The identity of the peer.
        gateway_id: String,
    },
    /// What is to be logged does not fit the log.
    #[error("the transparency log does not take it: {0}")]
    Log(#[from] gdhcn_log::EntryError),
    /// The log's rows are not all there.
    #[error("the transparency log is damaged: hash {hash} of its tree is missing")]
    LogDamaged {
        /// Its place.
        hash: u64,
    },
    /// The database did not get to it in time. Nothing is changed.
    #[error(
        "the database is busy with the changes of others, or cannot be reached, for {} s; nothing \
         was changed, try again",
        PATIENCE.as_secs()
    )]
    Busy,
    /// Any other failure of the database.
    #[error("database: {}", said(.0))]
    Database(sqlx::Error),
}

/// What went wrong, without the place in PostgreSQL's own source that its driver adds.
fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(said) => said.message().to_owned(),
        other => other.to_string(),
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Encode(cause) = &error
            && cause.is::<HoldsNul>()
        {
            return Self::Nul { column: "a value" };
        }
        let is_busy = match &error {
            sqlx::Error::PoolTimedOut => true,
            // SQLITE_BUSY, and PostgreSQL's lock_not_available.
            sqlx::Error::Database(said) => matches!(said.code().as_deref(), Some("5" | "55P03")),
            _ => false,
        };
        if is_busy { Self::Busy } else { Self::Database(error) }
    }
}

/// Which uniqueness a new row would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conflict {
    /// The same certificate is stored already.
    Thumbprint,
    /// Another certificate is listed under the same key identifier.
    Kid,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thumbprint => f.write_str("the certificate is stored already"),
            Self::Kid => f.write_str("the key identifier is taken by another certificate"),
        }
    }
}

/// A row that holds a value this program does not know, left out of the result it came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableRow {
    /// Table of the row.
    pub table: &'static str,
    /// Primary key of the row; empty when that is what cannot be read.
    pub id: String,
    /// The first column that could not be read.
    pub column: String,
}

impl UnreadableRow {
    /// The row whose column failed; any other failure is the database's.
    pub(crate) fn of(
        table: &'static str,
        id: String,
        error: sqlx::Error,
    ) -> Result<Self, sqlx::Error> {
        match error {
            sqlx::Error::ColumnDecode { index, .. } => {
                Ok(Self { table, id, column: index.trim_matches('"').to_owned() })
            }
            other => Err(other),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(migration) => Self::Newer { migration },
            error => Self::Migrate(error),
        }
    }
}

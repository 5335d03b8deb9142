//! Whether the database is still the one that was opened, and can be written.

use std::path::{Path, PathBuf};

use sqlx::SqliteConnection;
use sqlx::{Connection as _, Error};

use crate::database::{Transaction, values};
use crate::error::StoreError;
use crate::store::Store;

/// A file as the system tells it from others, whatever its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenedFile {
    path: PathBuf,
    /// Device and number on it; none on a system without such numbers.
    place: Option<(u64, u64)>,
}

impl OpenedFile {
    pub(crate) fn of(path: PathBuf) -> Self {
        Self { place: place(&path), path }
    }

    /// Whether its name still leads to it. What is written to a file without a name is lost with
    /// the process.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.place {
            Some(_) if place(&self.path) != self.place => {
                Err(StoreError::Replaced(self.path.clone()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(unix)]
fn place(file: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    // Never opened: closing would end the locks of this process on it.
    std::fs::metadata(file).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn place(_file: &Path) -> Option<(u64, u64)> {
    None
}

impl Store {
    /// Writes something of no consequence, to learn before anything depends on it whether the
    /// database can be written.
    ///
    /// # Errors
    ///
    /// [`StoreError::ReadOnly`] when this account or connection must not write;
    /// [`StoreError::Replaced`] when the file is not the one that was opened; otherwise what
    /// keeps a change from being stored at this moment, as a full disk.
    pub async fn prove_writable(&self) -> Result<(), StoreError> {
        self.try_to_write().await.map_err(|error| match error {
            StoreError::Database(source) if forbids_writing(&source) => StoreError::ReadOnly {
                database: self.place_of_database(),
                cause: self.file().and_then(|file| owners(&file)).unwrap_or_default(),
            },
            other => other,
        })
    }

    async fn try_to_write(&self) -> Result<(), StoreError> {
        let mut writing = self.begin_change().await?;
        match &*writing {
            // SQLite writes nothing where a row stays as it is. This number is for applications,
            // and means nothing here.
            Transaction::Sqlite(_) => {
                let number = writing.integer("PRAGMA user_version", &[]).await?;
                let next = i32::try_from(number).unwrap_or(0).wrapping_add(1);
                let set = format!("PRAGMA user_version = {next}");
                writing.execute_dynamic(set, &[]).await?;
            }
            Transaction::Postgres(_) => {
                let set = "UPDATE trust_revision SET value = value WHERE id = $1";
                writing.execute(set, values![1_i64]).await?;
            }
        }
        writing.commit_unrecorded().await
    }

    fn place_of_database(&self) -> String {
        self.file().map_or_else(|| self.location().to_string(), |file| file.display().to_string())
    }
}

/// Closes a connection whose change did not end: SQLite undoes one by itself when the disk is full,
/// and the driver, whose own undoing then fails, counts it as open for ever.
pub(crate) async fn is_at_rest(connection: &mut SqliteConnection) -> Result<bool, Error> {
    // What a dropped change began is done first.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// SQLITE_READONLY with its kinds, and PostgreSQL's read_only_sql_transaction.
fn forbids_writing(error: &Error) -> bool {
    let Error::Database(said) = error else { return false };
    said.code().is_some_and(|code| {
        code == "25006" || code.parse::<i32>().is_ok_and(|code| code & 0xff == 8)
    })
}

/// Whose the files are and who asks, where that may be the cause.
#[cfg(unix)]
fn owners(file: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let own = std::fs::metadata("/proc/self").ok()?.uid();
    let folder = file.parent()?;
    let beside = |ending: &str| PathBuf::from(format!("{}{ending}", file.display()));
    for found in [file.to_owned(), beside("-wal"), beside("-shm"), folder.to_owned()] {
        let Ok(metadata) = std::fs::metadata(&found) else { continue };
        let (owner, mode) = (metadata.uid(), metadata.mode());
        let (found, folder) = (found.display(), folder.display());
        if owner != own {
            return Some(format!(
                "; {found} belongs to {} and this program runs as {}: give the folder {folder} and \
                 what is in it to that account (chown -R)",
                account(owner),
                account(own),
            ));
        }
        if mode & 0o200 == 0 {
            return Some(format!(
                "; the mode of {found} forbids it to its owner, {}: chmod -R u+rwX {folder}",
                account(own)
            ));
        }
    }
    None
}

#[cfg(not(unix))]
fn owners(_file: &Path) -> Option<String> {
    None
}

/// The account's name, where the machine's own list has it.
#[cfg(unix)]
fn account(number: u32) -> String {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("the account {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn opened() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn changes_are_stored_again_when_a_full_disk_has_space_again() {
        let (_folder, store) = opened().await;
        let mut writing = store.begin_change().await.unwrap();
        // What SQLite does with this limit is what it does on a full disk. It ends with the
        // connection.
        writing.execute("PRAGMA max_page_count = 1", &[]).await.unwrap();
        let fill = "INSERT INTO job (name, lease_until, failures, message) VALUES ($1, 0, 0, $2)";
        let message = "x".repeat(100_000);
        let error = writing.execute(fill, values!["full", message.as_str()]).await.unwrap_err();
        assert!(error.to_string().contains("full"), "{error}");
        drop(writing);
        for _ in 0..3 {
            store.prove_writable().await.unwrap();
        }
        let mut writing = store.begin_change().await.unwrap();
        writing.execute(fill, values!["space", message.as_str()]).await.unwrap();
        writing.commit_unrecorded().await.unwrap();
    }

    #[tokio::test]
    async fn a_database_that_is_taken_away_takes_no_more_changes() {
        let (folder, store) = opened().await;
        store.prove_writable().await.unwrap();
        let moved = folder.path().join("moved");
        std::fs::rename(store.file().unwrap(), &moved).unwrap();
        for result in [store.prove_writable().await, store.revision().await.map(|_| ())] {
            let error = result.unwrap_err();
            assert!(matches!(error, StoreError::Replaced(_)), "{error}");
        }
        // Another one under the name is another one.
        std::fs::copy(&moved, store.file().unwrap()).unwrap();
        store.prove_writable().await.unwrap_err();
        std::fs::rename(&moved, store.file().unwrap()).unwrap();
        store.prove_writable().await.unwrap();
    }

    #[tokio::test]
    async fn a_database_that_must_not_be_written_is_told() {
        let (_folder, store) = opened().await;
        let mut writing = store.begin_change().await.unwrap();
        writing.execute("PRAGMA query_only = ON", &[]).await.unwrap();
        writing.commit_unrecorded().await.unwrap();
        let error = store.prove_writable().await.unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
        assert!(error.to_string().contains(Store::FILE_NAME), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn accounts_have_names() {
        assert_eq!(account(0), "root");
        assert_eq!(account(4_000_000_000), "the account 4000000000");
    }
}

//! The digest at the end of a backup: SQLite itself notices hardly any changed byte, and takes an empty
//! file for an empty database.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::path::Path;

use gdhcn_crypto::RunningSha256;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Row as _};

use crate::error::StoreError;

/// Stands before the digest, which is in hexadecimal with the end of a line after it. SQLite does not
/// look beyond its last page.
const MARK: &[u8] = b"\ngdhcn backup, SHA-256 of all bytes before this line: ";
/// Length of what stands after the database.
const LENGTH: u64 = MARK.len() as u64 + 64 + 1;
/// What every SQLite database begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// What is made of a backup whose digest is missing or does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsealed {
    /// It is refused.
    Refused,
    /// It is taken if SQLite finds no fault in it.
    Accepted,
}

/// Puts the digest at the end of a database file that nobody has open.
pub(crate) fn seal(file: &Path) -> io::Result<()> {
    let digest = copy(&mut File::open(file)?, &mut io::sink())?;
    let mut end = File::options().append(true).open(file)?;
    end.write_all(MARK)?;
    writeln!(end, "{digest}")
}

/// Copies the database of a backup to `copy`, if it is whole.
pub(super) fn unseal(file: &Path, target: &Path, unsealed: Unsealed) -> Result<(), StoreError> {
    let unreadable = |source| StoreError::Folder { path: file.to_owned(), source };
    let mut backup = File::open(file).map_err(unreadable)?;
    let (length, wanted) = read_seal(&mut backup).map_err(unreadable)?;
    let unwritable = |source| StoreError::Folder { path: target.to_owned(), source };
    let mut made = File::create_new(target).map_err(unwritable)?;
    // What cannot be read and what cannot be written are told apart by nobody here.
    let found = copy(&mut backup.take(length), &mut made).map_err(unreadable)?;
    match (wanted, unsealed) {
        (_, Unsealed::Accepted) => Ok(()),
        (None, Unsealed::Refused) => Err(StoreError::Unsealed(file.to_owned())),
        (Some(wanted), Unsealed::Refused) if wanted != found => {
            Err(StoreError::Damaged(file.to_owned()))
        }
        (Some(_), Unsealed::Refused) => Ok(()),
    }
}

/// The length of the database, and the digest after it.
fn read_seal(backup: &mut File) -> io::Result<(u64, Option<String>)> {
    let length = backup.metadata()?.len();
    let mut found = None;
    if let Some(before) = length.checked_sub(LENGTH) {
        backup.seek(SeekFrom::Start(before))?;
        let mut seal = Vec::new();
        backup.take(LENGTH).read_to_end(&mut seal)?;
        if let Some(digest) = seal.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(b"\n")) {
            found = Some((before, String::from_utf8_lossy(digest).into_owned()));
        }
    }
    backup.seek(SeekFrom::Start(0))?;
    Ok(match found {
        Some((before, digest)) => (before, Some(digest)),
        None => (length, None),
    })
}

/// Copies all bytes and gives their digest.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<String> {
    let mut digest = RunningSha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut piece)?;
        let Some(piece) = piece.get(..read).filter(|piece| !piece.is_empty()) else { break };
        digest.update(piece);
        to.write_all(piece)?;
    }
    let bytes = digest.finish();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Why a file is no gateway's database, or a damaged one.
pub(super) async fn fault(database: &Path) -> Option<String> {
    let begin = File::open(database).and_then(|file| {
        let mut begin = Vec::new();
        file.take(SQLITE.len() as u64).read_to_end(&mut begin)?;
        Ok(begin)
    });
    match begin {
        Ok(begin) if begin == SQLITE => {}
        Ok(_) => return Some("it is no database of SQLite".to_owned()),
        Err(error) => return Some(error.to_string()),
    }
    match examine(database).await {
        Ok(fault) => fault,
        Err(sqlx::Error::Database(said)) => Some(said.message().to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

async fn examine(database: &Path) -> Result<Option<String>, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(database).create_if_missing(false);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let said: String =
        sqlx::query("PRAGMA integrity_check(1)").fetch_one(&mut connection).await?.try_get(0)?;
    let known: i64 =
        sqlx::query("SELECT COUNT(*) FROM sqlite_master WHERE name = 'trust_revision'")
            .fetch_one(&mut connection)
            .await?
            .try_get(0)?;
    connection.close().await?;
    Ok(match (said.as_str(), known) {
        ("ok", 1) => None,
        ("ok", _) => Some("it has not the tables of a gateway".to_owned()),
        _ => Some(format!("SQLite finds it damaged: {}", said.replace('\n', "; "))),
    })
}

//! Backups: one file for both kinds of database.
//!
//! A backup is an SQLite database with the tables of a gateway. It is made while others work, as the
//! content is at one moment, and can be restored into an empty database of either kind, also by a
//! later program: the copy is brought to that program's tables first. At its end stands a digest of
//! all that is before.

mod seal;

use std::path::{Path, PathBuf};

use uuid::Uuid;

pub use self::seal::Unsealed;
pub(crate) use self::seal::seal;
use crate::database::{Row, Transaction, Value};
use crate::error::StoreError;
use crate::location::Location;
use crate::store::{Store, Writing, create_folder};

/// Rows that are copied at a time.
const PORTION: usize = 500;
/// The table whose value is set last: triggers count while the others are filled.
const COUNTER: &str = "trust_revision";

/// One table, as the backup's schema tells it.
#[derive(Debug)]
struct Table {
    name: String,
    columns: Vec<(String, Kind)>,
    /// Tables that its rows refer to.
    needs: Vec<String>,
    key: Vec<String>,
}

/// How a column is read and written.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Boolean,
    Bytes,
}

impl Store {
    /// Writes the whole content as it is at one moment into a new file, while others work. The file
    /// is there when it is whole, and readable by its owner only. Until then it is `.part` beside its
    /// place; one that an interrupted backup left is written over.
    ///
    /// # Errors
    ///
    /// When `file` exists already or cannot be written, or the database cannot be read.
    pub async fn back_up(&self, file: &Path) -> Result<(), StoreError> {
        if file.exists() {
            return Err(StoreError::FileExists(file.to_owned()));
        }
        if let Location::Folder(_) = self.location() {
            return self.write_sealed(file).await;
        }
        let scratch = Scratch::near(folder_of(file))?;
        let copy = Self::open(scratch.0.as_path()).await?;
        copy_content(self, &copy).await?;
        let written = copy.write_sealed(file).await;
        copy.close().await;
        written
    }

    /// Fills this database, which must be empty, with the content of a backup.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotEmpty`] when something is stored already; [`StoreError::Unsealed`],
    /// [`StoreError::Damaged`] and [`StoreError::NoBackup`] when the file is not, or not surely,
    /// what was written; otherwise when it cannot be read, or was written by a newer program.
    /// Nothing is stored then.
    pub async fn restore(&self, file: &Path, unsealed: Unsealed) -> Result<(), StoreError> {
        // On a copy, because the tables are brought to this program's version.
        let scratch = Scratch::near(match self.location() {
            Location::Folder(folder) => folder,
            Location::Postgres(_) => folder_of(file),
        })?;
        let copied = scratch.0.join(Self::FILE_NAME);
        seal::unseal(file, &copied, unsealed)?;
        let no_backup = |why| StoreError::NoBackup { file: file.to_owned(), why };
        if let Some(why) = seal::fault(&copied).await {
            return Err(no_backup(why));
        }
        let backup = Self::open(scratch.0.as_path()).await.map_err(|error| match error {
            StoreError::Open { .. } | StoreError::Migrate(_) => no_backup(error.to_string()),
            other => other,
        })?;
        let done = copy_content(&backup, self).await;
        backup.close().await;
        done
    }
}

/// The folder that a file is in.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file that stands in its place only when it is whole.
pub(crate) struct Part<'f> {
    file: &'f Path,
    part: PathBuf,
}

impl<'f> Part<'f> {
    /// Begins with an empty file beside the place, for its owner only.
    pub(crate) fn begin(file: &'f Path) -> std::io::Result<Self> {
        if file.exists() {
            return Err(std::io::ErrorKind::AlreadyExists.into());
        }
        let mut part = file.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&part)?;
        Ok(Self { file, part })
    }

    /// Where to write.
    pub(crate) fn path(&self) -> &Path {
        &self.part
    }

    /// Puts what was written into its place, so that it outlasts a power cut.
    pub(crate) fn finish(self) -> std::io::Result<()> {
        std::fs::File::open(&self.part)?.sync_all()?;
        std::fs::rename(&self.part, self.file)?;
        // Only so the name lasts too; not every system opens folders.
        #[cfg(unix)]
        std::fs::File::open(folder_of(self.file))?.sync_all()?;
        Ok(())
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        // It is in its place, or of no use.
        let _ = std::fs::remove_file(&self.part);
    }
}

/// A folder that goes when dropped.
#[derive(Debug)]
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    /// In this folder, or where nothing can be written there, in the one for temporary files
    /// (`TMPDIR`): a service's may be missing or small.
    pub(crate) fn near(folder: &Path) -> Result<Self, StoreError> {
        let name = format!(".gdhcn-{}", Uuid::new_v4());
        let path = folder.join(&name);
        if folder.is_dir() && create_folder(&path).is_ok() {
            return Ok(Self(path));
        }
        let path = std::env::temp_dir().join(&name);
        match create_folder(&path) {
            Ok(()) => Ok(Self(path)),
            Err(source) => Err(StoreError::Folder { path, source }),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind takes place only.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Copies every row. One of the two is SQLite, whose schema tells the tables.
async fn copy_content(from: &Store, to: &Store) -> Result<(), StoreError> {
    let mut source = from.read().await?;
    let mut target = to.begin_long_change().await?;
    let tables = match (&source, &*target) {
        (Transaction::Sqlite(_), _) => tables(&mut source).await?,
        _ => tables(&mut target).await?,
    };
    for table in &tables {
        if table.name != COUNTER && !is_empty(&mut target, &table.name).await? {
            return Err(StoreError::NotEmpty { table: table.name.clone() });
        }
    }
    for table in &tables {
        if table.name != COUNTER {
            copy_table(&mut source, &mut target, table).await?;
        }
    }
    if let Some(counter) = tables.iter().find(|table| table.name == COUNTER) {
        target.execute_dynamic(format!("DELETE FROM \"{COUNTER}\""), &[]).await?;
        copy_table(&mut source, &mut target, counter).await?;
    }
    target.commit_unrecorded().await
}

async fn is_empty(transaction: &mut Transaction, table: &str) -> Result<bool, StoreError> {
    let rows = transaction.rows_dynamic(format!("SELECT 1 FROM \"{table}\" LIMIT 1"), &[]).await?;
    Ok(rows.is_empty())
}

async fn copy_table(
    source: &mut Transaction,
    target: &mut Writing,
    table: &Table,
) -> Result<(), StoreError> {
    let names: Vec<_> = table.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let names = names.join(", ");
    let places: Vec<_> = (1..=table.columns.len()).map(|place| format!("${place}")).collect();
    let insert = format!("INSERT INTO \"{}\" ({names}) VALUES ({})", table.name, places.join(", "));
    let key: Vec<_> = table.key.iter().map(|name| format!("\"{name}\"")).collect();
    for portion in 0.. {
        let select = format!(
            "SELECT {names} FROM \"{}\" ORDER BY {} LIMIT {PORTION} OFFSET {}",
            table.name,
            key.join(", "),
            portion * PORTION
        );
        let rows = source.rows_dynamic(select, &[]).await?;
        for row in &rows {
            target.execute_dynamic(insert.clone(), &values(row, &table.columns)?).await?;
        }
        if rows.len() < PORTION {
            break;
        }
    }
    Ok(())
}

fn values(row: &Row, columns: &[(String, Kind)]) -> Result<Vec<Value>, sqlx::Error> {
    let mut values = Vec::with_capacity(columns.len());
    for (place, (_, kind)) in columns.iter().enumerate() {
        values.push(match kind {
            Kind::Text => Value::Text(row.at(place)?),
            Kind::Integer => Value::Integer(row.at(place)?),
            Kind::Boolean => Value::Boolean(row.at(place)?),
            Kind::Bytes => Value::Bytes(row.at(place)?),
        });
    }
    Ok(values)
}

/// The tables of an SQLite database, those that others refer to first.
async fn tables(sqlite: &mut Transaction) -> Result<Vec<Table>, StoreError> {
    let found = sqlite
        .rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                AND name NOT LIKE '_sqlx_%' ORDER BY name",
            &[],
        )
        .await?;
    let mut waiting = Vec::new();
    for row in &found {
        waiting.push(table(sqlite, row.at(0)?).await?);
    }
    let mut ordered: Vec<Table> = Vec::new();
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|table: &Table| {
            table.needs.iter().all(|needed| {
                *needed == table.name || ordered.iter().any(|done| done.name == *needed)
            })
        });
        if ready.is_empty() {
            // A circle of references, which no migration makes.
            ordered.extend(rest);
            break;
        }
        ordered.extend(ready);
        waiting = rest;
    }
    Ok(ordered)
}

async fn table(sqlite: &mut Transaction, name: String) -> Result<Table, StoreError> {
    let mut columns = Vec::new();
    let mut key: Vec<(i64, String)> = Vec::new();
    for row in &sqlite.rows_dynamic(format!("PRAGMA table_info(\"{name}\")"), &[]).await? {
        let column: String = row.get("name")?;
        let declared: String = row.get("type")?;
        let kind = match declared.as_str() {
            "BIGINT" => Kind::Integer,
            "BOOLEAN" => Kind::Boolean,
            "BYTEA" => Kind::Bytes,
            _ => Kind::Text,
        };
        let place: i64 = row.get("pk")?;
        if place > 0 {
            key.push((place, column.clone()));
        }
        columns.push((column, kind));
    }
    key.sort();
    let mut needs = Vec::new();
    for row in &sqlite.rows_dynamic(format!("PRAGMA foreign_key_list(\"{name}\")"), &[]).await? {
        needs.push(row.get("table")?);
    }
    let key = key.into_iter().map(|(_, column)| column).collect();
    Ok(Table { name, columns, needs, key })
}

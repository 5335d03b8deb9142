use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where the gateway's database is: a folder for SQLite, or the URL of a PostgreSQL database.
///
/// As a text it is either a path or begins with `postgresql://` or `postgres://`. A password may
/// stand in the URL, but belongs into the file that `PGPASSFILE` names or into `PGPASSWORD`;
/// neither [`fmt::Debug`] nor [`fmt::Display`] shows one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Location {
    /// A folder of its own with the file [`Store::FILE_NAME`](crate::Store::FILE_NAME).
    Folder(PathBuf),
    /// A database on a PostgreSQL server, version 13 or later.
    Postgres(PostgresUrl),
}

/// The URL of a PostgreSQL database, as libpq writes it.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

impl PostgresUrl {
    /// The whole text, password included.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("postgresql", &self.0));
        // Parameters may hold a password too.
        let rest = rest.split('?').next().unwrap_or_default();
        match rest.rsplit_once('@') {
            None => write!(f, "{scheme}://{rest}"),
            Some((user, place)) => {
                let user = user.split(':').next().unwrap_or_default();
                write!(f, "{scheme}://{user}@{place}")
            }
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

impl From<String> for Location {
    fn from(text: String) -> Self {
        if text.starts_with("postgresql://") || text.starts_with("postgres://") {
            Self::Postgres(PostgresUrl(text))
        } else {
            Self::Folder(text.into())
        }
    }
}

impl From<Location> for String {
    fn from(location: Location) -> Self {
        match location {
            Location::Folder(folder) => folder.to_string_lossy().into_owned(),
            Location::Postgres(url) => url.0,
        }
    }
}

impl From<PathBuf> for Location {
    fn from(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }
}

impl From<&Path> for Location {
    fn from(folder: &Path) -> Self {
        Self::Folder(folder.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgresql://gateway:s3cr:t@db.example/tng", "postgresql://gateway@db.example/tng"),
            ("postgres://db.example/tng?password=s3cr", "postgres://db.example/tng"),
            ("postgresql:///tng?host=/run/postgresql", "postgresql:///tng"),
            ("postgresql://a@b:s3cr@db.example/tng", "postgresql://a@b@db.example/tng"),
        ] {
            let location = Location::from(url.to_owned());
            assert_eq!(location.to_string(), shown);
            assert!(!format!("{location:?}").contains("s3cr"), "{location:?}");
            assert_eq!(String::from(location), url);
        }
    }

    #[test]
    fn everything_else_is_a_folder() {
        assert_eq!(Location::from("data".to_owned()), Location::Folder("data".into()));
    }
}

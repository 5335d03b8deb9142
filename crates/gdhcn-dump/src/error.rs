use crate::row::Table;

/// Why a dump cannot be read on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// The source failed.
    #[error("the dump cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The file is no text of SQL statements.
    #[error("this is {what}; {advice}")]
    NotText {
        /// What the file is.
        what: &'static str,
        /// How to get a text from it.
        advice: &'static str,
    },
    /// The dump ends inside something.
    #[error("the dump ends inside {what}, which began in line {line}: it is cut off")]
    CutOff {
        /// Where the unfinished part began.
        line: u64,
        /// What it is.
        what: &'static str,
    },
    /// A statement about a wanted table is of no form that the dump programs write.
    #[error("line {line}: {what}; only what pg_dump, mysqldump and mariadb-dump write can be read")]
    Statement {
        /// Its line.
        line: u64,
        /// What was found.
        what: &'static str,
    },
    /// A backslash in a text means different things, and nothing told whose dump this is.
    #[error(
        "line {line}: nothing so far tells whether PostgreSQL or MySQL wrote this dump, and a \
         backslash means different things in them; name the dialect"
    )]
    Dialect {
        /// The line of the backslash.
        line: u64,
    },
    /// Rows without column names, of a table whose definition is not in the dump.
    #[error(
        "line {line}: the rows of {table} name no columns and the dump does not define the table; \
         dump with the table definitions, or with --column-inserts (PostgreSQL) or \
         --complete-insert (MySQL)"
    )]
    Columns {
        /// Where the rows begin.
        line: u64,
        /// The table.
        table: String,
    },
    /// The texts are in a character set that is not UTF-8.
    #[error(
        "line {line}: the dump is in {name}; dump again with --encoding=UTF8 (PostgreSQL) or \
         --default-character-set=utf8mb4 (MySQL)"
    )]
    Encoding {
        /// Where it is said.
        line: u64,
        /// The character set.
        name: String,
    },
    /// The same table stands in two schemas or databases, or twice.
    #[error(
        "line {line}: the table {table} is in this dump more than once; dump the one schema \
         (pg_dump --schema) or database that the gateway uses"
    )]
    TableTwice {
        /// Where it comes again.
        line: u64,
        /// The table.
        table: String,
    },
    /// More than the limits allow of what has to be remembered.
    #[error("line {line}: {what} exceeds the limit of {limit}")]
    Limit {
        /// Where.
        line: u64,
        /// What is too large.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

/// Why one row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowFault {
    /// A value is longer than the limit.
    #[error("column {column} is longer than {limit} bytes")]
    TooLong {
        /// The column's name.
        column: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The row has more or fewer values than the table has columns.
    #[error("it has {found} values for {expected} columns")]
    Count {
        /// Columns of the table.
        expected: usize,
        /// Values of the row.
        found: usize,
    },
    /// A value is written in a form that is no literal.
    #[error("column {column} is no literal value")]
    NoLiteral {
        /// The column's name.
        column: String,
    },
    /// An escape or digits that cannot be read.
    #[error("column {column} has a malformed literal")]
    Malformed {
        /// The column's name.
        column: String,
    },
}

/// What is wrong with one value, before its column is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueFault {
    TooLong(usize),
    NoLiteral,
    Malformed,
}

impl ValueFault {
    pub(crate) fn of(self, table: &Table, place: usize) -> RowFault {
        let column = match table.columns.get(place) {
            Some(name) => name.clone(),
            None => format!("number {}", place + 1),
        };
        match self {
            Self::TooLong(limit) => RowFault::TooLong { column, limit },
            Self::NoLiteral => RowFault::NoLiteral { column },
            Self::Malformed => RowFault::Malformed { column },
        }
    }
}

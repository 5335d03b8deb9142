//! The text of a database dump, read as rows by table and column name.
//!
//! [`Reader`] takes what `pg_dump` (plain format, with `COPY` or with `--inserts`) and `mysqldump`
//! or `mariadb-dump` write, and yields the tables that the caller wants, row by row. No database
//! is asked, and nothing of the text is executed: statements that hold no rows are passed over.
//!
//! A dump is foreign input of any size. The reader holds one row at a time, each value and each
//! row is bounded by [`Limits`], and a row that cannot be read is yielded as [`UnreadableRow`]
//! with the reason, so that none is lost without a word. What ends the reading is only what makes
//! the rest unreadable too: see [`DumpError`].
//!
//! ```
//! use gdhcn_dump::{Item, Limits, Reader};
//!
//! let dump = "COPY public.valueset (id, json) FROM stdin;\ncountry-2-codes\t{}\n\\.\n";
//! let mut rows = Vec::new();
//! for item in Reader::new(dump.as_bytes(), Limits::default(), |table| table == "valueset") {
//!     if let Item::Row(row) = item? {
//!         rows.push(row.text("id").map(ToOwned::to_owned));
//!     }
//! }
//! assert_eq!(rows, [Some("country-2-codes".to_owned())]);
//! # Ok::<(), gdhcn_dump::DumpError>(())
//! ```

mod copy;
mod error;
mod input;
mod lexer;
mod limits;
mod literal;

mod reader;
mod row;

pub use error::{DumpError, RowFault};
pub use limits::Limits;
pub use reader::{Dialect, Reader};
pub use row::{Item, Row, Table, UnreadableRow, Value};

//! Dumps in all their forms, and hostile ones.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod forms;
mod hostile;
mod round_trip;
mod writing;

use gdhcn_dump::{DumpError, Item, Limits, Reader, Row, UnreadableRow};

/// Every row of the tables that begin with `t`.
fn read(dump: &str) -> Result<(Vec<Row>, Vec<UnreadableRow>), DumpError> {
    read_within(dump.as_bytes(), Limits::default())
}

fn read_within(dump: &[u8], limits: Limits) -> Result<(Vec<Row>, Vec<UnreadableRow>), DumpError> {
    let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
    for item in Reader::new(dump, limits, |table| table.starts_with('t')) {
        match item? {
            Item::Table(_) => {}
            Item::Row(row) => rows.push(row),
            Item::Unreadable(row) => unreadable.push(row),
        }
    }
    Ok((rows, unreadable))
}

fn texts(rows: &[Row], column: &str) -> Vec<Option<String>> {
    rows.iter().map(|row| row.text(column).map(ToOwned::to_owned)).collect()
}

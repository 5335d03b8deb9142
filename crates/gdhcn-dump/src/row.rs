use std::sync::Arc;

use crate::error::RowFault;

/// A table as the dump describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name without schema or database, ASCII letters in lower case.
    pub name: String,
    /// The names of its columns in the order of the rows' values, ASCII letters in lower case.
    pub columns: Vec<String>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// The bytes of a text, the digits of a number, a truth value as it is written (`true`, `t`).
    /// Bit and hexadecimal literals are the bytes that they stand for: `b'1'` is one byte of
    /// value 1.
    Bytes(Vec<u8>),
}

/// A row of a wanted table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its table.
    pub table: Arc<Table>,
    /// The line of the dump in which it begins.
    pub line: u64,
    /// As many values as the table has columns.
    pub values: Vec<Value>,
}

/// A row that is there and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableRow {
    /// Its table.
    pub table: Arc<Table>,
    /// The line of the dump in which it begins.
    pub line: u64,
    /// The value of its column `id`, where that could be read.
    pub id: Option<String>,
    /// What is wrong with it.
    pub fault: RowFault,
}

/// What a dump holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A wanted table, when it is first met.
    Table(Arc<Table>),
    /// A row of a wanted table.
    Row(Row),
    /// A row of a wanted table that cannot be read.
    Unreadable(UnreadableRow),
}

impl Table {
    /// Whether it has a column of this name.
    pub fn has(&self, column: &str) -> bool {
        self.place(column).is_some()
    }

    pub(crate) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }
}

impl Row {
    /// The value of a column; `None` when the table has no such column.
    pub fn value(&self, column: &str) -> Option<&Value> {
        self.values.get(self.table.place(column)?)
    }

    /// The text of a column; `None` when there is none, it is NULL, or no UTF-8.
    pub fn text(&self, column: &str) -> Option<&str> {
        self.value(column)?.text()
    }
}

impl Value {
    /// The value as text; `None` for NULL and for what is no UTF-8.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        }
    }
}

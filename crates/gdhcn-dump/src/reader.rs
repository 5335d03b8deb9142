//! From statements to rows.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use crate::error::DumpError;
use crate::input::Input;
use crate::lexer::Lexer;
use crate::limits::Limits;
use crate::literal::Outcome;
use crate::row::{Item, Row, Table, UnreadableRow};

/// Whose dump it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL: `pg_dump` in plain format.
    PostgreSql,
    /// MySQL and MariaDB: `mysqldump`, `mariadb-dump`.
    MySql,
}

/// Reads a dump; an iterator over what is in it. Ends behind the first error.
pub struct Reader<R, W> {
    lexer: Lexer<R>,
    limits: Limits,
    wants: W,
    tables: BTreeMap<String, Known>,
    state: State,
}

/// What was met of a wanted table.
struct Known {
    /// Its schema or database.
    place: (String, String),
    /// Its columns in the order of a definition.
    table: Option<Arc<Table>>,
}

enum State {
    /// Before the first statement.
    Beginning,
    Between,
    /// In the rows of an `INSERT`.
    Tuples(Arc<Table>),
    /// In the data of a `COPY`.
    Copied(Arc<Table>),
    Ended,
}

impl<R: Read, W: Fn(&str) -> bool> Reader<R, W> {
    /// Reads the tables for which `wants` says so. The dialect is found out from the dump.
    pub fn new(source: R, limits: Limits, wants: W) -> Self {
        let lexer = Lexer::new(Input::new(source), None);
        Self { lexer, limits, wants, tables: BTreeMap::new(), state: State::Beginning }
    }

    /// Takes the dump as one of this dialect, for dumps without comments that would tell.
    pub fn of_dialect(mut self, dialect: Dialect) -> Self {
        self.lexer.dialect = Some(dialect);
        self
    }

    /// Whose dump it is, as far as was seen.
    pub fn dialect(&self) -> Option<Dialect> {
        self.lexer.dialect
    }

    /// Whether the comment was met that the dump programs write last. Without it, and behind the
    /// end, the dump may be cut off between two statements.
    pub fn is_complete(&self) -> bool {
        self.lexer.complete
    }

    fn step(&mut self) -> Result<Option<Item>, DumpError> {
        loop {
            match &self.state {
                State::Beginning => {
                    check_is_text(&mut self.lexer.input)?;
                    self.state = State::Between;
                }
                State::Between => {
                    if let Some(item) = self.statement()? {
                        return Ok(Some(item));
                    }
                }
                State::Tuples(table) => {
                    let table = Arc::clone(table);
                    if let Some(item) = self.next_tuple(&table)? {
                        return Ok(Some(item));
                    }
                }
                State::Copied(table) => {
                    let table = Arc::clone(table);
                    let line = self.lexer.input.line();
                    match self.lexer.copied(&table, &self.limits)? {
                        Some(outcome) => return Ok(Some(item(table, line, outcome))),
                        None => self.state = State::Between,
                    }
                }
                State::Ended => return Ok(None),
            }
        }
    }

    fn next_tuple(&mut self, table: &Arc<Table>) -> Result<Option<Item>, DumpError> {
        self.lexer.spaces()?;
        self.lexer.input.next_if(b',')?;
        self.lexer.spaces()?;
        let line = self.lexer.input.line();
        if !self.lexer.input.next_if(b'(')? {
            self.lexer.rest_of_statement()?;
            self.state = State::Between;
            return Ok(None);
        }
        let outcome = self.lexer.tuple(table, &self.limits)?;
        Ok(Some(item(Arc::clone(table), line, outcome)))
    }

    fn statement(&mut self) -> Result<Option<Item>, DumpError> {
        self.lexer.between_statements()?;
        let line = self.lexer.input.line();
        if self.lexer.input.peek()?.is_none() {
            self.state = State::Ended;
            return Ok(None);
        }
        match self.lexer.word()?.as_str() {
            "create" => self.create(line),
            "insert" | "replace" => self.insert(line),
            "copy" => self.copy(line),
            "use" => {
                self.lexer.spaces()?;
                (self.lexer.database, _) = self.lexer.name()?;
                self.pass()
            }
            "set" => {
                let text = self.lexer.rest_of_statement()?;
                self.lexer.setting(&text, line)?;
                Ok(None)
            }
            "delimiter" => {
                let text = self.lexer.line()?;
                self.lexer.set_delimiter(&text);
                Ok(None)
            }
            _ => self.pass(),
        }
    }

    fn pass(&mut self) -> Result<Option<Item>, DumpError> {
        self.lexer.rest_of_statement()?;
        Ok(None)
    }

    /// `CREATE [UNLOGGED …] TABLE [IF NOT EXISTS] name (columns and constraints)`.
    fn create(&mut self, line: u64) -> Result<Option<Item>, DumpError> {
        loop {
            self.lexer.spaces()?;
            match self.lexer.word()?.as_str() {
                "table" => break,
                "unlogged" | "global" | "local" => {}
                _ => return self.pass(),
            }
        }
        self.lexer.spaces()?;
        let (mut schema, mut name) = self.lexer.qualified_name()?;
        if name == "if" {
            for _ in ["not", "exists"] {
                self.lexer.spaces()?;
                self.lexer.word()?;
            }
            self.lexer.spaces()?;
            (schema, name) = self.lexer.qualified_name()?;
        }
        self.lexer.spaces()?;
        if !(self.wants)(&name) || !self.lexer.input.next_if(b'(')? {
            return self.pass();
        }
        let columns = self.defined_columns(line)?;
        self.lexer.rest_of_statement()?;
        let table = Arc::new(Table { name, columns });
        let is_new = self.meet(line, schema, &table, true)?;
        Ok(is_new.then_some(Item::Table(table)))
    }

    fn defined_columns(&mut self, line: u64) -> Result<Vec<String>, DumpError> {
        let mut columns = Vec::new();
        loop {
            self.lexer.spaces()?;
            let (name, quoted) = self.lexer.name()?;
            if quoted || !is_constraint(&name) {
                self.push_column(&mut columns, name, line)?;
            }
            self.lexer.skip_to_end_of_value()?;
            match self.lexer.input.next()? {
                Some(b',') => {}
                Some(_) => return Ok(columns),
                None => return Err(DumpError::CutOff { line, what: "the definition of a table" }),
            }
        }
    }

    /// `INSERT [IGNORE] INTO name [(columns)] [OVERRIDING …] VALUES rows`.
    fn insert(&mut self, line: u64) -> Result<Option<Item>, DumpError> {
        loop {
            self.lexer.spaces()?;
            match self.lexer.word()?.as_str() {
                "into" => break,
                "ignore" | "delayed" | "low_priority" | "high_priority" => {}
                _ => return self.pass(),
            }
        }
        self.lexer.spaces()?;
        let (schema, name) = self.lexer.qualified_name()?;
        if !(self.wants)(&name) {
            return self.pass();
        }
        let named = self.named_columns(line)?;
        loop {
            self.lexer.spaces()?;
            match self.lexer.word()?.as_str() {
                "values" => break,
                "overriding" | "system" | "user" | "value" => {}
                _ => return Err(DumpError::Statement { line, what: "INSERT without VALUES" }),
            }
        }
        let (table, is_new) = self.table_of_rows(line, schema, name, named)?;
        self.state = State::Tuples(Arc::clone(&table));
        Ok(is_new.then_some(Item::Table(table)))
    }

    /// `COPY name (columns) FROM stdin;` and the data behind it.
    fn copy(&mut self, line: u64) -> Result<Option<Item>, DumpError> {
        self.lexer.dialect.get_or_insert(Dialect::PostgreSql);
        self.lexer.spaces()?;
        let (schema, name) = self.lexer.qualified_name()?;
        let named = self.named_columns(line)?;
        let rest = self.lexer.rest_of_statement()?.to_ascii_lowercase();
        let words: Vec<_> = rest.split_ascii_whitespace().collect();
        if words != ["from", "stdin"] {
            let what = "COPY of another form than `FROM stdin;`";
            return Err(DumpError::Statement { line, what });
        }
        // The data begin in the next line.
        self.lexer.line()?;
        self.lexer.input.next()?;
        if !(self.wants)(&name) {
            self.lexer.skip_copied()?;
            return Ok(None);
        }
        let (table, is_new) = self.table_of_rows(line, schema, name, named)?;
        self.state = State::Copied(Arc::clone(&table));
        Ok(is_new.then_some(Item::Table(table)))
    }

    /// The list of columns in parentheses, if there is one.
    fn named_columns(&mut self, line: u64) -> Result<Option<Vec<String>>, DumpError> {
        self.lexer.spaces()?;
        if !self.lexer.input.next_if(b'(')? {
            return Ok(None);
        }
        let mut columns = Vec::new();
        loop {
            self.lexer.spaces()?;
            let (name, _) = self.lexer.name()?;
            self.push_column(&mut columns, name, line)?;
            self.lexer.spaces()?;
            match self.lexer.input.next()? {
                Some(b',') => {}
                Some(b')') => return Ok(Some(columns)),
                Some(_) => return Err(DumpError::Statement { line, what: "no list of columns" }),
                None => return Err(DumpError::CutOff { line, what: "a list of columns" }),
            }
        }
    }

    fn push_column(
        &self,
        columns: &mut Vec<String>,
        name: String,
        line: u64,
    ) -> Result<(), DumpError> {
        let limit = self.limits.columns;
        if columns.len() >= limit {
            return Err(DumpError::Limit { line, what: "the number of columns", limit });
        }
        columns.push(name);
        Ok(())
    }

    /// The table that rows are of, and whether it is met for the first time.
    fn table_of_rows(
        &mut self,
        line: u64,
        schema: String,
        name: String,
        named: Option<Vec<String>>,
    ) -> Result<(Arc<Table>, bool), DumpError> {
        let table = match named {
            Some(columns) => Arc::new(Table { name, columns }),
            None => match self.tables.get(&name).and_then(|known| known.table.as_ref()) {
                Some(table) => Arc::clone(table),
                None => return Err(DumpError::Columns { line, table: name }),
            },
        };
        let is_new = self.meet(line, schema, &table, false)?;
        Ok((table, is_new))
    }

    /// Remembers a table. Rows of two tables of one name would be mixed up.
    fn meet(
        &mut self,
        line: u64,
        schema: String,
        table: &Arc<Table>,
        defined: bool,
    ) -> Result<bool, DumpError> {
        let place = (self.lexer.database.clone(), schema);
        if let Some(known) = self.tables.get(&table.name) {
            if known.place != place || defined {
                return Err(DumpError::TableTwice { line, table: table.name.clone() });
            }
            return Ok(false);
        }
        let limit = self.limits.tables;
        if self.tables.len() >= limit {
            return Err(DumpError::Limit { line, what: "the number of tables", limit });
        }
        let known = Known { place, table: defined.then(|| Arc::clone(table)) };
        self.tables.insert(table.name.clone(), known);
        Ok(true)
    }
}

impl<R: Read, W: Fn(&str) -> bool> Iterator for Reader<R, W> {
    type Item = Result<Item, DumpError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            self.state = State::Ended;
        }
        step.transpose()
    }
}

fn item(table: Arc<Table>, line: u64, outcome: Outcome) -> Item {
    match outcome {
        Ok(values) => Item::Row(Row { table, line, values }),
        Err((id, fault)) => Item::Unreadable(UnreadableRow { table, line, id, fault }),
    }
}

fn is_constraint(word: &str) -> bool {
    [
        "constraint",
        "primary",
        "key",
        "unique",
        "index",
        "fulltext",
        "spatial",
        "foreign",
        "check",
        "exclude",
        "like",
    ]
    .contains(&word)
}

/// Refuses the other formats in which databases are saved, and passes over a byte order mark.
fn check_is_text<R: Read>(input: &mut Input<R>) -> Result<(), DumpError> {
    let beginning = input.beginning(5)?;
    let known: [(&[u8], &str, &str); 6] = [
        (b"PGDMP", "PostgreSQL's custom format", "turn it into text: pg_restore --file=dump.sql"),
        (&[0x1f, 0x8b], "compressed with gzip", "unpack it first: gunzip"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd", "unpack it first: unzstd"),
        (b"PK\x03\x04", "a ZIP archive", "unpack it first: unzip"),
        (
            &[0xff, 0xfe],
            "UTF-16",
            "let the dump program write the file itself (--file, --result-file)",
        ),
        (
            &[0xfe, 0xff],
            "UTF-16",
            "let the dump program write the file itself (--file, --result-file)",
        ),
    ];
    for (mark, what, advice) in known {
        if beginning.starts_with(mark) {
            return Err(DumpError::NotText { what, advice });
        }
    }
    if beginning.starts_with(b"\xef\xbb\xbf") {
        for _ in 0..3 {
            input.next()?;
        }
    }
    Ok(())
}

use std::io::Read;

use gdhcn_dump::{Dialect, DumpError, Item, Limits, Reader, RowFault};

use crate::{read, read_within, texts};

#[test]
fn other_formats_are_named_with_the_way_to_a_text() {
    for (bytes, word) in [
        (&b"PGDMP\x01\x0e"[..], "pg_restore"),
        (b"\x1f\x8b\x08\x00", "gunzip"),
        (b"\x28\xb5\x2f\xfd", "unzstd"),
        (b"PK\x03\x04", "unzip"),
        (b"\xff\xfe-\x00", "--result-file"),
    ] {
        let error = read_within(bytes, Limits::default()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_cut_dump_is_noticed_where_it_is_cut() {
    for (dump, what) in [
        ("COPY t (a) FROM stdin;\n1\n", "the data of a table"),
        ("COPY t (a) FROM stdin;\n1", "the data of a table"),
        ("COPY t (a) FROM stdin;\n1\\", "the data of a table"),
        ("COPY o (a) FROM stdin;\n1\n", "the data of a table"),
        ("/*!1*/;INSERT INTO t (a) VALUES (1", "a row"),
        ("/*!1*/;INSERT INTO t (a) VALUES ('1", "a text"),
        ("/*!1*/;INSERT INTO `t", "a name"),
        ("CREATE TABLE t (a int, ", "the definition of a table"),
        ("/* abc", "a comment"),
        ("SELECT $x$ abc $y$", "a function body"),
        ("INSERT INTO t (a, b", "a list of columns"),
    ] {
        match read(dump) {
            Err(DumpError::CutOff { what: found, line: 1..=3 }) => {
                assert_eq!(found, what, "{dump}")
            }
            other => panic!("{dump}: {other:?}"),
        }
    }
    let mut reader = Reader::new(&b"SELECT 1;\n"[..], Limits::default(), |_| true);
    assert!(reader.next().is_none() && !reader.is_complete());
}

#[test]
fn a_backslash_is_not_guessed() {
    let dump = "INSERT INTO t (a) VALUES ('x\\\\y');";
    assert!(matches!(read(dump), Err(DumpError::Dialect { line: 1 })));
    for (dialect, value) in [(Dialect::PostgreSql, "x\\\\y"), (Dialect::MySql, "x\\y")] {
        let reader = Reader::new(dump.as_bytes(), Limits::default(), |_| true).of_dialect(dialect);
        let rows: Vec<_> = reader
            .filter_map(|item| match item.unwrap() {
                Item::Row(row) => Some(row),
                _ => None,
            })
            .collect();
        assert_eq!(texts(&rows, "a"), [Some(value.to_owned())]);
    }
    let old = format!("SET standard_conforming_strings = off;{dump}");
    assert_eq!(texts(&read(&old).unwrap().0, "a"), [Some("x\\y".to_owned())]);
}

#[test]
fn other_character_sets_are_refused() {
    for dump in ["SET client_encoding = 'LATIN1';", "/*!40101 SET NAMES latin1 */;"] {
        let error = read(dump).unwrap_err();
        assert!(matches!(error, DumpError::Encoding { line: 1, .. }), "{error}");
    }
}

#[test]
fn rows_of_two_tables_of_one_name_are_not_mixed() {
    for dump in [
        "CREATE TABLE a.t (x int); CREATE TABLE b.t (x int);",
        "COPY a.t (x) FROM stdin;\n\\.\nCOPY b.t (x) FROM stdin;\n\\.\n",
        "USE `a`; CREATE TABLE `t` (x int); USE `b`; INSERT INTO `t` (x) VALUES (1);",
        "CREATE TABLE t (x int); CREATE TABLE t (x int);",
        "\\connect a\nCREATE TABLE t (x int);\n\\connect b\nCREATE TABLE t (x int);",
    ] {
        assert!(matches!(read(dump), Err(DumpError::TableTwice { .. })), "{dump}");
    }
}

#[test]
fn rows_without_names_for_their_values_are_refused() {
    let error = read("INSERT INTO t VALUES (1);").unwrap_err();
    assert!(matches!(error, DumpError::Columns { line: 1, .. }), "{error}");
    let error = read("INSERT INTO t (a) SELECT 1;").unwrap_err();
    assert!(matches!(error, DumpError::Statement { line: 1, .. }), "{error}");
    let error = read("COPY t (a) FROM stdin WITH (FORMAT csv);").unwrap_err();
    assert!(matches!(error, DumpError::Statement { line: 1, .. }), "{error}");
}

#[test]
fn a_row_that_cannot_be_read_costs_only_itself() {
    let mut limits = Limits::default();
    (limits.value, limits.row) = (8, 12);
    let long = "/*!1*/;INSERT INTO t (id,a,b) VALUES (1,'123456789',2),(2,'1234567','12345678'),
        (3,NOW(),f(',)',(1))),(4,x'4',0xg),(5,b'12',''),(6,1),(7,1,2,3),(),(8,'ok','');";
    let (rows, unreadable) = read_within(long.as_bytes(), limits).unwrap();
    assert_eq!(texts(&rows, "id"), [Some("8".to_owned())]);
    let column = |column: &str| column.to_owned();
    let faults: Vec<_> = unreadable.into_iter().map(|row| (row.id, row.fault)).collect();
    let id = |id: &str| Some(id.to_owned());
    assert_eq!(
        faults,
        [
            (id("1"), RowFault::TooLong { column: column("a"), limit: 8 }),
            (id("2"), RowFault::TooLong { column: column("b"), limit: 4 }),
            (id("3"), RowFault::NoLiteral { column: column("a") }),
            (id("4"), RowFault::Malformed { column: column("b") }),
            (id("5"), RowFault::Malformed { column: column("a") }),
            (id("6"), RowFault::Count { expected: 3, found: 2 }),
            (id("7"), RowFault::Count { expected: 3, found: 4 }),
            (None, RowFault::Count { expected: 3, found: 0 }),
        ]
    );
    let copied = b"COPY t (id, a) FROM stdin;\n1\t123456789\n2\n3\ta\tb\n4\tok\n\\.\n";
    let (rows, unreadable) = read_within(copied, limits).unwrap();
    assert_eq!(texts(&rows, "id"), [Some("4".to_owned())]);
    assert_eq!(unreadable.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn what_has_to_be_remembered_is_bounded() {
    let mut limits = Limits::default();
    (limits.columns, limits.tables) = (2, 1);
    for dump in [
        "CREATE TABLE t (a int, b int, c int);".to_owned(),
        "INSERT INTO t (a, b, c) VALUES (1, 2, 3);".to_owned(),
        "CREATE TABLE t1 (a int); CREATE TABLE t2 (a int);".to_owned(),
        format!("CREATE TABLE t{} (a int);", "x".repeat(300)),
    ] {
        let error = read_within(dump.as_bytes(), limits).unwrap_err();
        assert!(matches!(error, DumpError::Limit { line: 1, .. }), "{error}");
    }
}

/// Repeats a text without holding it.
struct Endless {
    text: &'static [u8],
    left: usize,
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = into.len().min(self.left);
        for byte in &mut into[..count] {
            *byte = self.text[self.at];
            self.at = (self.at + 1) % self.text.len();
        }
        self.left -= count;
        Ok(count)
    }
}

#[test]
fn a_value_of_any_length_is_passed_over_in_little_memory() {
    // 14 MiB, above the limit of a row.
    let head: &[u8] = b"/*!1*/;INSERT INTO t (id,a) VALUES (1,'";
    let body = Endless { text: b"it''s\\n", left: 7 * (2 << 20), at: 0 };
    let tail: &[u8] = b"'),(2,'x');";
    let dump = head.chain(body).chain(tail);
    let mut ids = Vec::new();
    for item in Reader::new(dump, Limits::default(), |_| true) {
        match item.unwrap() {
            Item::Unreadable(row) => ids.push(row.id),
            Item::Row(row) => ids.push(row.text("id").map(ToOwned::to_owned)),
            Item::Table(_) => {}
        }
    }
    assert_eq!(ids, [Some("1".to_owned()), Some("2".to_owned())]);
}

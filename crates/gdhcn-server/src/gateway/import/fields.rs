//! The columns of a dump's row as values of their kind.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use gdhcn_dump::{Row, Value};
use gdhcn_store::limit;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Why a row is not what its table says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FieldFault {
    #[error("the table has no column {0}")]
    NoColumn(&'static str),
    #[error("column {0} is NULL")]
    Null(&'static str),
    #[error("column {0} is not UTF-8")]
    NotText(&'static str),
    #[error("column {column} holds {found:?}, which is no {kind}")]
    Not { column: &'static str, kind: &'static str, found: String },
    #[error("column {column} has {length} bytes, the limit is {limit}")]
    TooLong { column: &'static str, length: usize, limit: usize },
}

/// A row with the zone that its clock times are in.
pub(crate) struct Fields<'a> {
    row: &'a Row,
    zone: &'a TimeZone,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(row: &'a Row, zone: &'a TimeZone) -> Self {
        Self { row, zone }
    }

    /// The text of a column that must have one, of at most `limit` bytes.
    pub(crate) fn text(&self, column: &'static str, limit: usize) -> Result<String, FieldFault> {
        if self.row.value(column).is_none() {
            return Err(FieldFault::NoColumn(column));
        }
        self.optional(column, limit)?.ok_or(FieldFault::Null(column))
    }

    /// The text of a column that may be NULL, or absent in an older generation.
    pub(crate) fn optional(
        &self,
        column: &'static str,
        limit: usize,
    ) -> Result<Option<String>, FieldFault> {
        match self.row.value(column) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let text = value.text().ok_or(FieldFault::NotText(column))?;
                // SQLite and PostgreSQL disagree about a NUL in a text.
                if text.contains('\0') {
                    return Err(FieldFault::NotText(column));
                }
                if text.len() > limit {
                    return Err(FieldFault::TooLong { column, length: text.len(), limit });
                }
                Ok(Some(text.to_owned()))
            }
        }
    }

    /// Whether the table has the column.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.row.table.has(column)
    }

    pub(crate) fn integer(&self, column: &'static str) -> Result<i64, FieldFault> {
        number(column, &self.text(column, 32)?)
    }

    /// A primary key: databases count from one.
    pub(crate) fn number(&self, column: &'static str) -> Result<i64, FieldFault> {
        let number = self.integer(column)?;
        if number < 1 {
            return Err(not(column, "number above 0", &number.to_string()));
        }
        Ok(number)
    }

    pub(crate) fn optional_integer(&self, column: &'static str) -> Result<Option<i64>, FieldFault> {
        self.optional(column, 32)?.map(|text| number(column, &text)).transpose()
    }

    pub(crate) fn instant(&self, column: &'static str) -> Result<Timestamp, FieldFault> {
        self.moment(column, &self.text(column, 64)?)
    }

    pub(crate) fn optional_instant(
        &self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, FieldFault> {
        self.optional(column, 64)?.map(|text| self.moment(column, &text)).transpose()
    }

    fn moment(&self, column: &'static str, text: &str) -> Result<Timestamp, FieldFault> {
        // PostgreSQL writes the offset of a column that has one.
        let at = text.parse().ok().or_else(|| self.zone.to_timestamp(civil(text)?).ok());
        at.ok_or_else(|| not(column, "instant", text))
    }

    /// Whether a column holds this instant. Old columns hold whole seconds, and the time of a
    /// clock, which an hour in autumn shows twice.
    pub(crate) fn holds(&self, column: &'static str, at: Timestamp) -> Result<bool, FieldFault> {
        let text = self.text(column, 64)?;
        let instant = self.moment(column, &text)?;
        let apart = match civil(&text) {
            Some(civil) if text.parse::<Timestamp>().is_err() => {
                civil.duration_since(self.zone.to_datetime(at))
            }
            _ => instant.duration_since(at),
        };
        Ok(apart.unsigned_abs() < Duration::from_secs(1))
    }

    /// A truth value in any of the forms that dumps have: `t`, `true`, `1`, a bit.
    pub(crate) fn flag(&self, column: &'static str) -> Result<bool, FieldFault> {
        match self.row.value(column) {
            None => Err(FieldFault::NoColumn(column)),
            Some(Value::Null) => Err(FieldFault::Null(column)),
            Some(Value::Bytes(bytes)) => match bytes.as_slice() {
                b"t" | b"true" | b"1" | b"\x01" => Ok(true),
                b"f" | b"false" | b"0" | b"\0" | b"" => Ok(false),
                other => Err(not(column, "truth value", &String::from_utf8_lossy(other))),
            },
        }
    }

    /// The name in a column as what it stands for.
    pub(crate) fn named<T>(
        &self,
        column: &'static str,
        known: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, FieldFault> {
        let text = self.text(column, 64)?;
        known(&text).ok_or_else(|| not(column, "known name", &text))
    }

    /// The name in a column that may be NULL.
    pub(crate) fn optional_named<T: FromStr>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, FieldFault> {
        match self.optional(column, 64)? {
            None => Ok(None),
            Some(_) => self.named(column, |text| text.parse().ok()).map(Some),
        }
    }

    /// What an uploader says of a certificate: a JSON object of texts.
    pub(crate) fn properties(&self) -> Result<Option<String>, FieldFault> {
        let text = self.optional("properties", limit::PROPERTIES)?;
        let is_map = |text: &String| serde_json::from_str::<BTreeMap<String, String>>(text).is_ok();
        match text {
            Some(text) if !is_map(&text) => Err(not("properties", "object of texts", &text)),
            other => Ok(other),
        }
    }

    /// Two capital letters.
    pub(crate) fn country(&self) -> Result<String, FieldFault> {
        let text = self.text("country", 16)?;
        if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Ok(text);
        }
        Err(not("country", "code of two capital letters", &text))
    }
}

/// A date and time without an offset.
fn civil(text: &str) -> Option<DateTime> {
    text.replacen(' ', "T", 1).parse().ok()
}

fn number(column: &'static str, text: &str) -> Result<i64, FieldFault> {
    text.parse().map_err(|_| not(column, "integer", text))
}

fn not(column: &'static str, kind: &'static str, found: &str) -> FieldFault {
    FieldFault::Not { column, kind, found: found.chars().take(60).collect() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gdhcn_dump::Table;

    use super::*;

    fn row(text: &[u8]) -> Row {
        let table = Table { name: "t".to_owned(), columns: vec!["a".to_owned(), "n".to_owned()] };
        let values = vec![Value::Bytes(text.to_vec()), Value::Null];
        Row { table: Arc::new(table), line: 1, values }
    }

    #[test]
    fn clock_times_are_read_in_the_zone_of_the_old_installation() {
        let brussels = TimeZone::fixed(jiff::tz::offset(2));
        for (text, utc, local) in [
            ("2021-05-05 12:54:49", "2021-05-05T12:54:49Z", "2021-05-05T10:54:49Z"),
            ("2021-05-05 12:54:49.5", "2021-05-05T12:54:49.5Z", "2021-05-05T10:54:49.5Z"),
            ("2021-05-05 12:54:49+00", "2021-05-05T12:54:49Z", "2021-05-05T12:54:49Z"),
        ] {
            let row = row(text.as_bytes());
            let at = |zone| Fields::new(&row, zone).instant("a").unwrap().to_string();
            assert_eq!((at(&TimeZone::UTC).as_str(), at(&brussels).as_str()), (utc, local));
        }
        let zero = row(b"0000-00-00 00:00:00");
        assert!(Fields::new(&zero, &TimeZone::UTC).instant("a").is_err());
        assert_eq!(Fields::new(&zero, &TimeZone::UTC).optional_instant("n"), Ok(None));
    }

    #[test]
    fn truth_values_come_in_many_forms() {
        for (bytes, value) in [
            (&b"t"[..], Some(true)),
            (b"true", Some(true)),
            (b"1", Some(true)),
            (b"\x01", Some(true)),
            (b"f", Some(false)),
            (b"false", Some(false)),
            (b"0", Some(false)),
            (b"\0", Some(false)),
            (b"2", None),
            (b"yes", None),
        ] {
            let row = row(bytes);
            assert_eq!(Fields::new(&row, &TimeZone::UTC).flag("a").ok(), value, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_not_there_too_long_or_no_text_is_named() {
        let (long, bytes) = (row(b"abc"), row(b"\xff"));
        let utc = TimeZone::UTC;
        let fields = Fields::new(&long, &utc);
        assert_eq!(fields.text("x", 9), Err(FieldFault::NoColumn("x")));
        assert_eq!(fields.text("n", 9), Err(FieldFault::Null("n")));
        assert_eq!(
            fields.text("a", 2),
            Err(FieldFault::TooLong { column: "a", length: 3, limit: 2 })
        );
        assert!(fields.integer("a").is_err() && fields.country().is_err());
        let fields = Fields::new(&bytes, &utc);
        assert_eq!(fields.text("a", 9), Err(FieldFault::NotText("a")));
    }
}

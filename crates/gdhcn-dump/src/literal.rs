//! The values of `INSERT` statements.

use std::io::Read;

use crate::error::{DumpError, RowFault, ValueFault};
use crate::input::Kept;
use crate::lexer::{Lexer, hex_digit};
use crate::limits::Limits;
use crate::reader::Dialect;
use crate::row::{Table, Value};

/// What was made of a row: its values, or its id and the reason.
pub(crate) type Outcome = Result<Vec<Value>, (Option<String>, RowFault)>;

/// Collects the values of a row as they come.
pub(crate) struct RowBuilder<'a> {
    table: &'a Table,
    limits: &'a Limits,
    values: Vec<Value>,
    found: usize,
    room: usize,
    fault: Option<RowFault>,
}

impl<'a> RowBuilder<'a> {
    pub(crate) fn new(table: &'a Table, limits: &'a Limits) -> Self {
        Self { table, limits, values: Vec::new(), found: 0, room: limits.row, fault: None }
    }

    /// How long the next value may be.
    pub(crate) fn budget(&self) -> usize {
        self.limits.value.min(self.room)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found == 0
    }

    pub(crate) fn add(&mut self, value: Result<Value, ValueFault>) {
        let value = match value {
            Ok(value) => value,
            Err(fault) => {
                self.fault.get_or_insert(fault.of(self.table, self.found));
                Value::Null
            }
        };
        if let Value::Bytes(bytes) = &value {
            self.room = self.room.saturating_sub(bytes.len());
        }
        self.found += 1;
        if self.values.len() < self.table.columns.len() {
            self.values.push(value);
        }
    }

    pub(crate) fn build(self) -> Outcome {
        let expected = self.table.columns.len();
        let fault = if self.found == expected {
            self.fault
        } else {
            Some(RowFault::Count { expected, found: self.found })
        };
        let Some(fault) = fault else { return Ok(self.values) };
        let id = self.table.place("id").and_then(|place| self.values.get(place));
        Err((id.and_then(Value::text).map(|id| id.chars().take(64).collect()), fault))
    }
}

impl<R: Read> Lexer<R> {
    /// The values of a row whose opening parenthesis is taken, up to and with the closing one.
    pub(crate) fn tuple(&mut self, table: &Table, limits: &Limits) -> Result<Outcome, DumpError> {
        let line = self.input.line();
        let mut row = RowBuilder::new(table, limits);
        self.spaces()?;
        if self.input.next_if(b')')? {
            return Ok(row.build());
        }
        loop {
            let mut value = self.value(row.budget())?;
            self.spaces()?;
            match self.input.peek()? {
                Some(b',' | b')') => {}
                // A cast says nothing that the column does not say.
                Some(b':') => self.skip_to_end_of_value()?,
                _ => {
                    value = value.and(Err(ValueFault::NoLiteral));
                    self.skip_to_end_of_value()?;
                }
            }
            row.add(value);
            match self.input.next()? {
                Some(b',') => self.spaces()?,
                Some(_) => return Ok(row.build()),
                None => return Err(DumpError::CutOff { line, what: "a row" }),
            }
        }
    }

    /// Passes over the rest of a value up to its `,` or `)`.
    pub(crate) fn skip_to_end_of_value(&mut self) -> Result<(), DumpError> {
        let mut depth = 0_u32;
        while let Some(byte) = self.input.peek()? {
            match byte {
                b',' | b')' if depth == 0 => break,
                b'(' => depth = depth.saturating_add(1),
                b')' => depth -= 1,
                b'\'' => {
                    self.input.next()?;
                    self.quoted(b'\'', false, &mut Kept::nothing())?;
                    continue;
                }
                b'"' | b'`' => {
                    self.input.next()?;
                    self.quoted_name(byte)?;
                    continue;
                }
                _ => {}
            }
            self.input.next()?;
        }
        Ok(())
    }

    fn value(&mut self, budget: usize) -> Result<Result<Value, ValueFault>, DumpError> {
        self.spaces()?;
        match self.input.peek()? {
            Some(b'\'') => self.text(b'\'', false, budget),
            Some(b'"') if self.dialect == Some(Dialect::MySql) => self.text(b'"', false, budget),
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => self.number(budget),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => self.worded(budget),
            _ => Ok(Err(ValueFault::NoLiteral)),
        }
    }

    fn text(
        &mut self,
        quote: u8,
        escaped: bool,
        budget: usize,
    ) -> Result<Result<Value, ValueFault>, DumpError> {
        self.input.next()?;
        let mut kept = Kept::new(budget);
        let well_formed = self.quoted(quote, escaped, &mut kept)?;
        Ok(match kept.whole() {
            None => Err(ValueFault::TooLong(budget)),
            Some(_) if !well_formed => Err(ValueFault::Malformed),
            Some(bytes) => Ok(Value::Bytes(bytes)),
        })
    }

    fn number(&mut self, budget: usize) -> Result<Result<Value, ValueFault>, DumpError> {
        let mut kept = Kept::new(budget);
        let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        self.input.run(|byte| !part(byte), &mut kept)?;
        let Some(bytes) = kept.whole() else { return Ok(Err(ValueFault::TooLong(budget))) };
        if let Some(digits) = bytes.strip_prefix(b"0x").or_else(|| bytes.strip_prefix(b"0X")) {
            return Ok(from_hex(digits));
        }
        let numeric = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let is_number = bytes.iter().all(numeric) && bytes.iter().any(u8::is_ascii_digit);
        Ok(if is_number { Ok(Value::Bytes(bytes)) } else { Err(ValueFault::NoLiteral) })
    }

    /// A value that begins with a word: NULL, a truth value, or a prefix and a text.
    fn worded(&mut self, budget: usize) -> Result<Result<Value, ValueFault>, DumpError> {
        let word = self.word()?;
        match word.as_str() {
            "null" => return Ok(Ok(Value::Null)),
            "true" | "false" => return Ok(Ok(Value::Bytes(word.into_bytes()))),
            _ => {}
        }
        if word.starts_with('_') {
            // MySQL's name of a character set. Bytes are bytes here; of the sets only those come
            // that the connection could not turn into UTF-8.
            self.spaces()?;
            return match self.input.peek()? {
                Some(b'\'') => self.text(b'\'', false, budget),
                Some(b'0') => self.number(budget),
                Some(b'b' | b'B' | b'x' | b'X') => {
                    let word = self.word()?;
                    self.prefixed(&word, budget)
                }
                _ => Ok(Err(ValueFault::NoLiteral)),
            };
        }
        self.prefixed(&word, budget)
    }

    fn prefixed(
        &mut self,
        prefix: &str,
        budget: usize,
    ) -> Result<Result<Value, ValueFault>, DumpError> {
        if self.input.peek()? != Some(b'\'') {
            return Ok(Err(ValueFault::NoLiteral));
        }
        let value = self.text(b'\'', prefix == "e", budget)?;
        Ok(match (prefix, value) {
            ("e" | "n", value) => value,
            ("b", Ok(Value::Bytes(digits))) => from_bits(&digits),
            ("x", Ok(Value::Bytes(digits))) => from_hex(&digits),
            (_, value) => value.and(Err(ValueFault::NoLiteral)),
        })
    }
}

fn from_hex(digits: &[u8]) -> Result<Value, ValueFault> {
    // An odd number of digits is read as if a zero stood before them.
    let (head, pairs) = digits.split_at(digits.len() % 2);
    let mut bytes = Vec::with_capacity(digits.len() / 2 + 1);
    for pair in head.chunks(1).chain(pairs.chunks(2)) {
        let mut byte = 0;
        for digit in pair {
            byte = byte * 16 + hex_digit(*digit).ok_or(ValueFault::Malformed)?;
        }
        bytes.push(byte);
    }
    Ok(Value::Bytes(bytes))
}

fn from_bits(digits: &[u8]) -> Result<Value, ValueFault> {
    let (head, octets) = digits.split_at(digits.len() % 8);
    let mut bytes = Vec::with_capacity(digits.len() / 8 + 1);
    let head = (!head.is_empty()).then_some(head);
    for octet in head.into_iter().chain(octets.chunks(8)) {
        let mut byte = 0_u8;
        for digit in octet {
            byte = match digit {
                b'0' => byte << 1,
                b'1' => byte << 1 | 1,
                _ => return Err(ValueFault::Malformed),
            };
        }
        bytes.push(byte);
    }
    Ok(Value::Bytes(bytes))
}

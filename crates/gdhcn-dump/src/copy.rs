//! The lines of PostgreSQL's `COPY … FROM stdin`.

use std::io::Read;

use crate::error::{DumpError, ValueFault};
use crate::input::Kept;
use crate::lexer::Lexer;
use crate::limits::Limits;
use crate::literal::{Outcome, RowBuilder};
use crate::row::{Table, Value};

impl<R: Read> Lexer<R> {
    /// The next line of the data; `None` for the line that ends them.
    pub(crate) fn copied(
        &mut self,
        table: &Table,
        limits: &Limits,
    ) -> Result<Option<Outcome>, DumpError> {
        let mut row = RowBuilder::new(table, limits);
        loop {
            let field = self.field(row.budget())?;
            if field.ends_data && row.is_empty() {
                return Ok(None);
            }
            row.add(field.value);
            if field.is_last {
                return Ok(Some(row.build()));
            }
        }
    }

    /// Passes over all lines of the data.
    pub(crate) fn skip_copied(&mut self) -> Result<(), DumpError> {
        let line = self.input.line();
        loop {
            let begins = self.line()?;
            if self.input.next()?.is_none() && begins.trim_end_matches('\r') != "\\." {
                return Err(DumpError::CutOff { line, what: "the data of a table" });
            }
            if begins.trim_end_matches('\r') == "\\." {
                return Ok(());
            }
        }
    }

    fn field(&mut self, budget: usize) -> Result<Field, DumpError> {
        let line = self.input.line();
        let mut kept = Kept::new(budget);
        // `\N` and `\.` mean what they mean only when nothing else is in the field.
        let (mut untouched, mut null, mut dot) = (true, false, false);
        let is_last = loop {
            self.input.run(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b'\\'), &mut kept)?;
            let Some(byte) = self.input.next()? else {
                if dot {
                    break true;
                }
                return Err(DumpError::CutOff { line, what: "the data of a table" });
            };
            match byte {
                b'\t' => break false,
                b'\n' => break true,
                // Written on Windows. A carriage return of a value is written as an escape.
                b'\r' if self.input.peek()? == Some(b'\n') => continue,
                b'\r' => kept.push(b'\r'),
                _ => {
                    let escaped = self.input.next()?;
                    let first = untouched && kept.bytes().is_empty();
                    match escaped {
                        None => {
                            return Err(DumpError::CutOff { line, what: "the data of a table" });
                        }
                        Some(byte @ (b'N' | b'.')) => {
                            null |= first && byte == b'N';
                            dot |= first && byte == b'.';
                            kept.push(byte);
                        }
                        Some(byte) => self.postgres_escape(byte, &mut kept)?,
                    }
                    untouched = false;
                }
            }
        };
        let only_one = kept.bytes().len() == 1;
        Ok(Field {
            ends_data: dot && only_one && is_last,
            is_last,
            value: if null && only_one {
                Ok(Value::Null)
            } else {
                kept.whole().map(Value::Bytes).ok_or(ValueFault::TooLong(budget))
            },
        })
    }
}

struct Field {
    value: Result<Value, ValueFault>,
    is_last: bool,
    ends_data: bool,
}

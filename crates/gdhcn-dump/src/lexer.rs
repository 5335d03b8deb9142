//! Blanks, comments, names and texts of both dialects, and passing over what is not wanted.

use std::io::Read;

use crate::error::DumpError;
use crate::input::{Input, Kept};
use crate::limits;
use crate::reader::Dialect;

pub(crate) struct Lexer<R> {
    pub(crate) input: Input<R>,
    /// Known from the beginning, or as soon as something tells.
    pub(crate) dialect: Option<Dialect>,
    /// Whether the line was seen that both programs write last.
    pub(crate) complete: bool,
    /// The database that later statements are about.
    pub(crate) database: String,
    /// PostgreSQL's old rule, by which a backslash escapes in ordinary texts too.
    old_strings: bool,
    /// What ends a statement.
    delimiter: Vec<u8>,
}

impl<R: Read> Lexer<R> {
    pub(crate) fn new(input: Input<R>, dialect: Option<Dialect>) -> Self {
        Self {
            input,
            dialect,
            complete: false,
            database: String::new(),
            old_strings: false,
            delimiter: b";".to_vec(),
        }
    }

    /// Passes over white space.
    pub(crate) fn spaces(&mut self) -> Result<(), DumpError> {
        self.input.run(|byte| !byte.is_ascii_whitespace(), &mut Kept::nothing())
    }

    /// Passes over all that stands between statements, and learns from it.
    pub(crate) fn between_statements(&mut self) -> Result<(), DumpError> {
        loop {
            self.spaces()?;
            match self.input.peek()? {
                Some(b'-') => {
                    self.input.next()?;
                    let comment = self.line()?;
                    self.learn_from_comment(&comment);
                }
                Some(b'#') => {
                    self.line()?;
                }
                Some(b'/') => {
                    self.input.next()?;
                    if self.input.next_if(b'*')? {
                        self.block_comment()?;
                    }
                }
                Some(b'\\') => {
                    let command = self.line()?;
                    if let Some(database) = command.strip_prefix("\\connect ") {
                        database.trim().clone_into(&mut self.database);
                    }
                }
                Some(b';') => {
                    self.input.next()?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// The rest of the line, of a long one its beginning.
    pub(crate) fn line(&mut self) -> Result<String, DumpError> {
        let mut kept = Kept::new(limits::SETTING);
        self.input.run(|byte| byte == b'\n', &mut kept)?;
        Ok(String::from_utf8_lossy(kept.bytes()).into_owned())
    }

    fn learn_from_comment(&mut self, comment: &str) {
        let comment = comment.trim_start_matches('-').trim();
        if comment.starts_with("PostgreSQL database") {
            self.dialect.get_or_insert(Dialect::PostgreSql);
            self.complete |= comment.ends_with("dump complete");
        } else if comment.starts_with("MySQL dump") || comment.starts_with("MariaDB dump") {
            self.dialect.get_or_insert(Dialect::MySql);
        } else if comment.starts_with("Dump completed") {
            self.complete = true;
        }
    }

    /// The inside of a comment whose opening is taken. MySQL carries out what stands in some.
    fn block_comment(&mut self) -> Result<(), DumpError> {
        let line = self.input.line();
        let mut kept = Kept::new(limits::SETTING);
        loop {
            self.input.run(|byte| byte == b'*', &mut kept)?;
            if self.input.next()?.is_none() {
                return Err(DumpError::CutOff { line, what: "a comment" });
            }
            if self.input.next_if(b'/')? {
                break;
            }
            kept.push(b'*');
        }
        let text = String::from_utf8_lossy(kept.bytes()).into_owned();
        if text.starts_with('!') || text.starts_with("M!") {
            self.dialect.get_or_insert(Dialect::MySql);
            self.setting(&text, line)?;
        }
        Ok(())
    }

    /// Notices the settings that say how texts are written.
    pub(crate) fn setting(&mut self, text: &str, line: u64) -> Result<(), DumpError> {
        let text = text.to_ascii_lowercase();
        let words: Vec<_> = text
            .split(|c: char| c.is_ascii_whitespace() || "='\";,".contains(c))
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            match *pair {
                ["names", name] => {
                    self.dialect.get_or_insert(Dialect::MySql);
                    if !["utf8", "utf8mb3", "utf8mb4", "ascii", "binary"].contains(&name) {
                        return Err(DumpError::Encoding { line, name: name.to_owned() });
                    }
                }
                ["client_encoding", name] => {
                    self.dialect.get_or_insert(Dialect::PostgreSql);
                    if !["utf8", "utf-8", "unicode", "sql_ascii"].contains(&name) {
                        return Err(DumpError::Encoding { line, name: name.to_owned() });
                    }
                }
                ["standard_conforming_strings", value] => {
                    self.dialect.get_or_insert(Dialect::PostgreSql);
                    self.old_strings = value == "off";
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn set_delimiter(&mut self, text: &str) {
        let text = text.trim().as_bytes();
        if !text.is_empty() && text.len() <= 16 {
            self.delimiter = text.to_vec();
        }
    }

    /// A word of letters, digits and `_`, in lower case; empty when none is there.
    pub(crate) fn word(&mut self) -> Result<String, DumpError> {
        let mut kept = Kept::new(limits::NAME);
        self.input.run(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_'), &mut kept)?;
        Ok(String::from_utf8_lossy(kept.bytes()).to_ascii_lowercase())
    }

    /// A name, quoted or not, with ASCII letters in lower case. The other half says whether it was
    /// quoted.
    pub(crate) fn name(&mut self) -> Result<(String, bool), DumpError> {
        let line = self.input.line();
        let mut kept = Kept::new(limits::NAME);
        let quote = self.input.peek()?.filter(|byte| matches!(byte, b'"' | b'`'));
        if let Some(quote) = quote {
            if quote == b'`' {
                self.dialect.get_or_insert(Dialect::MySql);
            }
            self.input.next()?;
            loop {
                self.input.run(|byte| byte == quote, &mut kept)?;
                if self.input.next()?.is_none() {
                    return Err(DumpError::CutOff { line, what: "a name" });
                }
                if !self.input.next_if(quote)? {
                    break;
                }
                kept.push(quote);
            }
        } else {
            let part = |byte: u8| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
            };
            self.input.run(|byte| !part(byte), &mut kept)?;
        }
        let Some(bytes) = kept.whole() else {
            return Err(DumpError::Limit { line, what: "a name", limit: limits::NAME });
        };
        let name = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        Ok((name, quote.is_some()))
    }

    /// A name with what stands before its dots: the schema or database.
    pub(crate) fn qualified_name(&mut self) -> Result<(String, String), DumpError> {
        let mut qualifier = String::new();
        let (mut name, _) = self.name()?;
        while self.input.next_if(b'.')? {
            qualifier = name;
            (name, _) = self.name()?;
        }
        Ok((qualifier, name))
    }

    /// Whether a backslash escapes in an ordinary text.
    fn escapes(&self) -> Result<bool, DumpError> {
        match self.dialect {
            Some(Dialect::MySql) => Ok(true),
            Some(Dialect::PostgreSql) => Ok(self.old_strings),
            None => Err(DumpError::Dialect { line: self.input.line() }),
        }
    }

    /// The inside of a text whose opening quote is taken, up to and with its closing one.
    /// `escaped` is for PostgreSQL's form `E'…'`. Says whether every escape could be read.
    pub(crate) fn quoted(
        &mut self,
        quote: u8,
        escaped: bool,
        kept: &mut Kept,
    ) -> Result<bool, DumpError> {
        let line = self.input.line();
        let mut well_formed = true;
        loop {
            self.input.run(|byte| byte == quote || byte == b'\\', kept)?;
            match self.input.next()? {
                None => return Err(DumpError::CutOff { line, what: "a text" }),
                Some(b'\\') => {
                    if escaped || self.escapes()? {
                        well_formed &= self.escape(escaped, kept)?;
                    } else {
                        kept.push(b'\\');
                    }
                }
                Some(_) => {
                    if !self.input.next_if(quote)? {
                        return Ok(well_formed);
                    }
                    kept.push(quote);
                }
            }
        }
    }

    /// What follows a backslash; at the end of the dump nothing, which [`Self::quoted`] notices.
    fn escape(&mut self, escaped: bool, kept: &mut Kept) -> Result<bool, DumpError> {
        let Some(byte) = self.input.next()? else { return Ok(true) };
        if self.dialect == Some(Dialect::MySql) && !escaped {
            match byte {
                b'0' => kept.push(0),
                b'b' => kept.push(8),
                b'n' => kept.push(b'\n'),
                b'r' => kept.push(b'\r'),
                b't' => kept.push(b'\t'),
                b'Z' => kept.push(26),
                // These keep their backslash, for patterns.
                b'%' | b'_' => kept.extend(&[b'\\', byte]),
                other => kept.push(other),
            }
            return Ok(true);
        }
        match byte {
            b'u' => self.code_point(4, kept),
            b'U' => self.code_point(8, kept),
            other => {
                self.postgres_escape(other, kept)?;
                Ok(true)
            }
        }
    }

    /// The escapes that PostgreSQL's texts share with its `COPY` format.
    pub(crate) fn postgres_escape(&mut self, byte: u8, kept: &mut Kept) -> Result<(), DumpError> {
        match byte {
            b'b' => kept.push(8),
            b'f' => kept.push(12),
            b'n' => kept.push(b'\n'),
            b'r' => kept.push(b'\r'),
            b't' => kept.push(b'\t'),
            b'v' => kept.push(11),
            b'0'..=b'7' => {
                let mut value = byte - b'0';
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.input.peek()? else { break };
                    self.input.next()?;
                    value = value.wrapping_mul(8).wrapping_add(digit - b'0');
                }
                kept.push(value);
            }
            b'x' => {
                let mut value = None;
                for _ in 0..2 {
                    let Some(digit) = self.input.peek()?.and_then(hex_digit) else { break };
                    self.input.next()?;
                    value = Some(value.unwrap_or(0) * 16 + digit);
                }
                kept.push(value.unwrap_or(b'x'));
            }
            other => kept.push(other),
        }
        Ok(())
    }

    fn code_point(&mut self, digits: u32, kept: &mut Kept) -> Result<bool, DumpError> {
        let mut value = 0_u32;
        for _ in 0..digits {
            let Some(digit) = self.input.peek()?.and_then(hex_digit) else { return Ok(false) };
            self.input.next()?;
            value = value.wrapping_mul(16) + u32::from(digit);
        }
        let Some(character) = char::from_u32(value) else { return Ok(false) };
        kept.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(true)
    }

    /// Passes over the rest of a statement and its delimiter; gives its beginning back.
    pub(crate) fn rest_of_statement(&mut self) -> Result<String, DumpError> {
        let mut kept = Kept::new(limits::SETTING);
        let line = self.input.line();
        let (mut before, mut previous) = (b' ', b' ');
        while let Some(byte) = self.input.next()? {
            // PostgreSQL's `E'…'`; the letter may also end a longer word.
            let escaped = matches!(previous, b'E' | b'e') && !before.is_ascii_alphanumeric();
            (before, previous) = (previous, byte);
            match byte {
                b'\'' | b'"' | b'`' => {
                    let mut text = Kept::new(limits::SETTING);
                    if byte == b'\'' {
                        self.quoted(byte, escaped, &mut text)?;
                    } else {
                        self.quoted_name(byte)?;
                    }
                    kept.push(byte);
                    kept.extend(text.bytes());
                    kept.push(byte);
                }
                b'-' if self.input.peek()? == Some(b'-') => {
                    self.line()?;
                }
                b'/' if self.input.next_if(b'*')? => self.block_comment()?,
                b'$' if self.dialect != Some(Dialect::MySql) => self.dollar_quoted(line)?,
                _ if self.delimiter.first() == Some(&byte) && self.ends_here()? => break,
                _ => kept.push(byte),
            }
        }
        // Behind the last statement the delimiter may be missing.
        Ok(String::from_utf8_lossy(kept.bytes()).into_owned())
    }

    fn ends_here(&mut self) -> Result<bool, DumpError> {
        for index in 1..self.delimiter.len() {
            let wanted = self.delimiter.get(index).copied().unwrap_or_default();
            if !self.input.next_if(wanted)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(crate) fn quoted_name(&mut self, quote: u8) -> Result<(), DumpError> {
        let line = self.input.line();
        let is_text = quote == b'"' && self.dialect == Some(Dialect::MySql);
        if is_text {
            return self.quoted(quote, false, &mut Kept::nothing()).map(|_| ());
        }
        self.input.run(|byte| byte == quote, &mut Kept::nothing())?;
        match self.input.next()? {
            Some(_) => Ok(()),
            None => Err(DumpError::CutOff { line, what: "a name" }),
        }
    }

    /// The body behind `$`, if this is the opening `$tag$` of one.
    fn dollar_quoted(&mut self, line: u64) -> Result<(), DumpError> {
        let tag = self.word()?.into_bytes();
        if !self.input.next_if(b'$')? {
            return Ok(());
        }
        loop {
            self.input.run(|byte| byte == b'$', &mut Kept::nothing())?;
            if self.input.next()?.is_none() {
                return Err(DumpError::CutOff { line, what: "a function body" });
            }
            // The `$` that ends a wrong tag may begin the right one, so it stays.
            if self.word()?.into_bytes() == tag && self.input.next_if(b'$')? {
                return Ok(());
            }
        }
    }
}

pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

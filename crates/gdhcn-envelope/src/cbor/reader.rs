use std::borrow::Cow;
use std::collections::HashSet;

use minicbor::Decoder;
use minicbor::data::Type;

use super::{CborError, Fault, Limits, Map, Value};

/// Up to this many entries, keys are compared pairwise; beyond, their encodings are hashed.
const PAIRWISE: usize = 24;
/// Capacity that a length in the input may claim before its items have been seen.
const TRUSTED_CAPACITY: usize = 64;

/// Major types (RFC 8949, 3.1).
const UNSIGNED: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const TAG: u8 = 6;
/// Additional information of an item whose argument is the next byte.
const ONE_BYTE: u8 = 24;
/// Additional information of an item of indefinite length.
const INDEFINITE: u8 = 31;

/// Reads exactly one item.
///
/// # Errors
///
/// When the bytes are no CBOR, pass a limit, or go on after the item.
pub fn decode<'b>(input: &'b [u8], limits: &Limits) -> Result<Value<'b>, CborError> {
    let mut reader = Reader::new(input, limits);
    let value = reader.value()?;
    reader.finish()?;
    Ok(value)
}

/// Reads items one after the other.
#[derive(Debug)]
pub struct Reader<'b> {
    decoder: Decoder<'b>,
    limits: Limits,
    depth: usize,
    items: usize,
}

impl<'b> Reader<'b> {
    /// A reader at the first byte of `input`. The limits hold for all its items together.
    pub fn new(input: &'b [u8], limits: &Limits) -> Self {
        Self { decoder: Decoder::new(input), limits: *limits, depth: 0, items: 0 }
    }

    /// The offset of the next item.
    pub fn position(&self) -> usize {
        self.decoder.position()
    }

    /// The bytes of the input from `start` up to the next item.
    pub fn since(&self, start: usize) -> &'b [u8] {
        self.decoder.input().get(start..self.position()).unwrap_or_default()
    }

    /// How many bytes have not been read.
    pub fn remaining(&self) -> usize {
        self.decoder.input().len().saturating_sub(self.position())
    }

    /// Makes sure that nothing follows.
    ///
    /// # Errors
    ///
    /// When bytes are left.
    pub fn finish(&self) -> Result<(), CborError> {
        match self.remaining() {
            0 => Ok(()),
            count => Err(self.fault_at(self.position(), Fault::TrailingBytes(count))),
        }
    }

    /// The first byte of the next item, not consumed.
    pub fn peek(&self) -> Option<u8> {
        self.decoder.input().get(self.position()).copied()
    }

    /// The tag that stands next, if one does.
    ///
    /// # Errors
    ///
    /// When the input ends inside the tag.
    pub fn tag(&mut self) -> Result<Option<u64>, CborError> {
        if self.peek().is_none_or(|byte| byte >> 5 != TAG) {
            return Ok(None);
        }
        let start = self.position();
        self.count(start)?;
        self.decoder.tag().map(|tag| Some(tag.as_u64())).map_err(|error| self.fault(start, &error))
    }

    /// The number of elements of the array that begins next; it must be of definite length.
    ///
    /// # Errors
    ///
    /// When no such array begins here.
    pub fn array_head(&mut self) -> Result<u64, CborError> {
        let start = self.position();
        self.count(start)?;
        match self.decoder.array() {
            Ok(Some(length)) => Ok(length),
            Ok(None) => Err(self.fault_at(start, Fault::Expected("an array of definite length"))),
            Err(error) => Err(self.unexpected(start, &error, "an array")),
        }
    }

    /// The byte string that stands next; it must be of definite length.
    ///
    /// # Errors
    ///
    /// When no such string stands here or when it passes the limit.
    pub fn bytes(&mut self) -> Result<&'b [u8], CborError> {
        let start = self.position();
        self.count(start)?;
        let bytes = self
            .decoder
            .bytes()
            .map_err(|error| self.unexpected(start, &error, "a byte string of definite length"))?;
        self.check_length(start, bytes.len())?;
        Ok(bytes)
    }

    /// The next item, whatever it is.
    ///
    /// # Errors
    ///
    /// When the bytes are no CBOR or pass a limit.
    pub fn value(&mut self) -> Result<Value<'b>, CborError> {
        let start = self.position();
        self.count(start)?;
        if let Some(short) = self.short(start) {
            return Ok(short);
        }
        let kind = self.decoder.datatype().map_err(|error| self.fault(start, &error))?;
        let value = match kind {
            Type::String => self.decoder.str().map(|text| Value::Text(Cow::Borrowed(text))),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => self.decoder.u64().map(Value::Unsigned),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
                self.decoder.int().map(|n| integer(i128::from(n)))
            }
            Type::Bytes => self.decoder.bytes().map(|bytes| Value::Bytes(Cow::Borrowed(bytes))),
            Type::Bool => self.decoder.bool().map(Value::Bool),
            Type::Null => self.decoder.null().map(|()| Value::Null),
            Type::Undefined => self.decoder.undefined().map(|()| Value::Undefined),
            Type::F16 | Type::F32 | Type::F64 => self.decoder.f64().map(Value::Float),
            Type::Simple => self.decoder.simple().map(Value::Simple),
            Type::Array | Type::ArrayIndef => return self.nested(start, Self::array),
            Type::Map | Type::MapIndef => return self.nested(start, Self::entries),
            Type::Tag => return self.nested(start, Self::tagged),
            Type::BytesIndef => return self.chunked_bytes(start),
            Type::StringIndef => return self.chunked_text(start),
            Type::Break => return Err(self.fault_at(start, Fault::UnexpectedBreak)),
            Type::Unknown(_) => return Err(self.fault_at(start, Fault::Malformed)),
        }
        .map_err(|error| self.fault(start, &error))?;
        match &value {
            Value::Text(text) => self.check_length(start, text.len())?,
            Value::Bytes(bytes) => self.check_length(start, bytes.len())?,
            // Two-byte simple values begin at 32 (RFC 8949, 3.3).
            Value::Simple(simple) if *simple < 32 && self.position() - start > 1 => {
                return Err(self.fault_at(start, Fault::Malformed));
            }
            _ => {}
        }
        Ok(value)
    }

    /// A short text or number: most of what a certificate holds. Whatever is wrong with it is left to
    /// the longer way, which says what.
    fn short(&mut self, start: usize) -> Option<Value<'b>> {
        let (&head, rest) = self.decoder.input().get(start..)?.split_first()?;
        let (length, rest) = match head & 0x1f {
            low @ 0..24 => (low, rest),
            ONE_BYTE => rest.split_first().map(|(length, rest)| (*length, rest))?,
            _ => return None,
        };
        match head >> 5 {
            UNSIGNED if head < ONE_BYTE => {
                self.decoder.set_position(start + 1);
                Some(Value::Unsigned(head.into()))
            }
            TEXT if self.check_length(start, length.into()).is_ok() => {
                let text = std::str::from_utf8(rest.get(..length.into())?).ok()?;
                let head_length = if head & 0x1f == ONE_BYTE { 2 } else { 1 };
                self.decoder.set_position(start + head_length + text.len());
                Some(Value::Text(Cow::Borrowed(text)))
            }
            _ => None,
        }
    }

    fn nested(
        &mut self,
        start: usize,
        read: impl FnOnce(&mut Self, usize) -> Result<Value<'b>, CborError>,
    ) -> Result<Value<'b>, CborError> {
        if self.depth >= self.limits.depth {
            return Err(self.fault_at(start, Fault::TooDeep(self.limits.depth)));
        }
        self.depth += 1;
        let value = read(self, start)?;
        self.depth -= 1;
        Ok(value)
    }

    fn array(&mut self, start: usize) -> Result<Value<'b>, CborError> {
        let length = self.decoder.array().map_err(|error| self.fault(start, &error))?;
        let mut elements = Vec::with_capacity(self.capacity(start, length, 1)?);
        while self.more(length, elements.len())? {
            elements.push(self.value()?);
        }
        Ok(Value::Array(elements))
    }

    fn entries(&mut self, start: usize) -> Result<Value<'b>, CborError> {
        let length = self.decoder.map().map_err(|error| self.fault(start, &error))?;
        let mut entries = Vec::with_capacity(self.capacity(start, length, 2)?);
        let mut duplicate = None;
        let mut seen = HashSet::new();
        while self.more(length, entries.len())? {
            let offset = self.position();
            let key = self.value()?;
            if duplicate.is_none() && is_known(&key, &entries, &mut seen) {
                duplicate = Some(offset);
            }
            entries.push((key, self.value()?));
        }
        Ok(Value::Map(Map::new(entries, duplicate)))
    }

    fn tagged(&mut self, start: usize) -> Result<Value<'b>, CborError> {
        let tag = self.decoder.tag().map_err(|error| self.fault(start, &error))?;
        Ok(Value::Tag(tag.as_u64(), Box::new(self.value()?)))
    }

    fn chunked_bytes(&mut self, start: usize) -> Result<Value<'b>, CborError> {
        let mut whole = Vec::new();
        self.chunks(start, BYTES, |reader| {
            let chunk = reader.decoder.bytes()?;
            whole.extend_from_slice(chunk);
            Ok(chunk.len())
        })?;
        Ok(Value::Bytes(Cow::Owned(whole)))
    }

    fn chunked_text(&mut self, start: usize) -> Result<Value<'b>, CborError> {
        let mut whole = String::new();
        self.chunks(start, TEXT, |reader| {
            let chunk = reader.decoder.str()?;
            whole.push_str(chunk);
            Ok(chunk.len())
        })?;
        Ok(Value::Text(Cow::Owned(whole)))
    }

    fn chunks(
        &mut self,
        start: usize,
        major: u8,
        mut next: impl FnMut(&mut Self) -> Result<usize, minicbor::decode::Error>,
    ) -> Result<(), CborError> {
        self.decoder.set_position(start + 1);
        let mut length = 0_usize;
        while self.more(None, 0)? {
            let offset = self.position();
            self.count(offset)?;
            if self.peek().is_none_or(|byte| byte >> 5 != major || byte & 0x1f == INDEFINITE) {
                return Err(self.fault_at(offset, Fault::ForeignChunk));
            }
            length += next(self).map_err(|error| self.fault(offset, &error))?;
            self.check_length(start, length)?;
        }
        Ok(())
    }

    /// Whether another element follows; consumes the break code that says no.
    fn more(&mut self, length: Option<u64>, read: usize) -> Result<bool, CborError> {
        if let Some(length) = length {
            return Ok((read as u64) < length);
        }
        match self.peek() {
            None => Err(self.fault_at(self.position(), Fault::Truncated)),
            Some(0xff) => {
                self.decoder.set_position(self.position() + 1);
                Ok(false)
            }
            Some(_) => Ok(true),
        }
    }

    fn capacity(
        &self,
        start: usize,
        length: Option<u64>,
        items_each: u64,
    ) -> Result<usize, CborError> {
        let Some(length) = length else { return Ok(8) };
        // Each item takes a byte at least, so a length beyond the input is a lie.
        if length.saturating_mul(items_each) > self.remaining() as u64 {
            return Err(self.fault_at(start, Fault::Truncated));
        }
        Ok(usize::try_from(length).unwrap_or(TRUSTED_CAPACITY).min(TRUSTED_CAPACITY))
    }

    fn count(&mut self, offset: usize) -> Result<(), CborError> {
        self.items += 1;
        if self.items > self.limits.items {
            return Err(self.fault_at(offset, Fault::TooManyItems(self.limits.items)));
        }
        Ok(())
    }

    fn check_length(&self, start: usize, length: usize) -> Result<(), CborError> {
        if length > self.limits.string {
            return Err(self.fault_at(start, Fault::StringTooLong(self.limits.string)));
        }
        Ok(())
    }

    const fn fault_at(&self, offset: usize, fault: Fault) -> CborError {
        CborError { offset, fault }
    }

    fn fault(&self, offset: usize, error: &minicbor::decode::Error) -> CborError {
        let fault = if error.is_end_of_input() {
            Fault::Truncated
        } else if self.is_text_at(offset) {
            Fault::InvalidUtf8
        } else {
            Fault::Malformed
        };
        self.fault_at(offset, fault)
    }

    fn unexpected(
        &self,
        offset: usize,
        error: &minicbor::decode::Error,
        what: &'static str,
    ) -> CborError {
        let fault = if error.is_end_of_input() { Fault::Truncated } else { Fault::Expected(what) };
        self.fault_at(offset, fault)
    }

    /// Whether a text string of definite length with a sound head begins at `offset`.
    fn is_text_at(&self, offset: usize) -> bool {
        matches!(self.decoder.input().get(offset), Some(0x60..=0x7b))
    }
}

fn integer(n: i128) -> Value<'static> {
    u64::try_from(n).map_or_else(
        |_| Value::Negative(u64::try_from(-1 - n).unwrap_or(u64::MAX)),
        Value::Unsigned,
    )
}

/// Whether `key` is among the keys of `entries`. Maps of hostile size must not cost quadratic time.
fn is_known<'b>(
    key: &Value<'b>,
    entries: &[(Value<'b>, Value<'b>)],
    seen: &mut HashSet<Vec<u8>>,
) -> bool {
    if entries.len() < PAIRWISE {
        return entries.iter().any(|(other, _)| other == key);
    }
    if seen.is_empty() {
        seen.extend(entries.iter().map(|(other, _)| other.to_vec()));
    }
    !seen.insert(key.to_vec())
}

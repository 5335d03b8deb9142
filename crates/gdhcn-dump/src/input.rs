use std::io::{ErrorKind, Read};

use crate::error::DumpError;

const BUFFER: usize = 64 << 10;

/// The bytes of the dump with one byte of foresight, and the number of the present line.
pub(crate) struct Input<R> {
    source: R,
    buffer: Vec<u8>,
    at: usize,
    line: u64,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, buffer: Vec::new(), at: 0, line: 1 }
    }

    /// The present line, counted from one.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The next byte, left where it is; `None` at the end.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, DumpError> {
        if self.at == self.buffer.len() {
            self.fill()?;
        }
        Ok(self.buffer.get(self.at).copied())
    }

    /// The next byte; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<u8>, DumpError> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.at += 1;
            self.line += u64::from(byte == b'\n');
        }
        Ok(byte)
    }

    /// Takes the next byte if it is this one.
    pub(crate) fn next_if(&mut self, wanted: u8) -> Result<bool, DumpError> {
        let is_it = self.peek()? == Some(wanted);
        if is_it {
            self.next()?;
        }
        Ok(is_it)
    }

    /// Takes bytes up to the first that `stops`, or up to the end.
    pub(crate) fn run(
        &mut self,
        stops: impl Fn(u8) -> bool,
        kept: &mut Kept,
    ) -> Result<(), DumpError> {
        while self.peek()?.is_some_and(|byte| !stops(byte)) {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let count = rest.iter().position(|byte| stops(*byte)).unwrap_or(rest.len());
            let taken = rest.get(..count).unwrap_or_default();
            self.line += taken.iter().filter(|byte| **byte == b'\n').count() as u64;
            kept.extend(taken);
            self.at += count;
        }
        Ok(())
    }

    /// What the file begins with, at most `count` bytes of it.
    pub(crate) fn beginning(&mut self, count: usize) -> Result<&[u8], DumpError> {
        while self.buffer.len() < count && self.more()? > 0 {}
        Ok(self.buffer.get(..count.min(self.buffer.len())).unwrap_or_default())
    }

    fn fill(&mut self) -> Result<(), DumpError> {
        self.buffer.clear();
        self.at = 0;
        self.more()?;
        Ok(())
    }

    fn more(&mut self) -> Result<usize, DumpError> {
        let before = self.buffer.len();
        self.buffer.resize(before + BUFFER, 0);
        let free = self.buffer.get_mut(before..).unwrap_or_default();
        let read = loop {
            match self.source.read(free) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.buffer.truncate(before + *read.as_ref().unwrap_or(&0));
        Ok(read?)
    }
}

/// Bytes that are kept up to a limit; what comes after it is counted out, not stored.
pub(crate) struct Kept {
    bytes: Vec<u8>,
    limit: usize,
    whole: bool,
}

impl Kept {
    pub(crate) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit, whole: true }
    }

    /// Keeps nothing.
    pub(crate) fn nothing() -> Self {
        Self::new(0)
    }

    pub(crate) fn push(&mut self, byte: u8) {
        self.extend(&[byte]);
    }

    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        let room = self.limit - self.bytes.len();
        self.whole &= bytes.len() <= room;
        self.bytes.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
    }

    /// All that came, if it was within the limit.
    pub(crate) fn whole(self) -> Option<Vec<u8>> {
        self.whole.then_some(self.bytes)
    }

    /// The part within the limit.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_gives_single_bytes_is_read_alike() {
        struct Slow<'a>(&'a [u8]);
        impl Read for Slow<'_> {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                let one = into.len().min(1);
                self.0.read(&mut into[..one])
            }
        }
        let mut input = Input::new(Slow(b"ab\ncd;e"));
        assert_eq!(input.beginning(3).unwrap(), b"ab\n");
        let mut kept = Kept::new(16);
        input.run(|byte| byte == b';', &mut kept).unwrap();
        assert_eq!(kept.bytes(), b"ab\ncd");
        assert_eq!((input.line(), input.next().unwrap()), (2, Some(b';')));
        assert!(!input.next_if(b'x').unwrap() && input.next_if(b'e').unwrap());
        assert_eq!(input.next().unwrap(), None);
    }

    #[test]
    fn what_is_kept_ends_at_the_limit() {
        let mut kept = Kept::new(3);
        kept.extend(b"ab");
        kept.push(b'c');
        assert_eq!(kept.bytes(), b"abc");
        kept.push(b'd');
        assert_eq!((kept.bytes().len(), kept.whole()), (3, None));
    }
}

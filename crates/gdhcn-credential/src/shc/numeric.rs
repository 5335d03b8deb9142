//! The text of a SMART Health Card's code: pairs of digits, perhaps one of several chunks.

use std::collections::BTreeMap;

use super::CardError;

/// The most chunks of one card that are put together.
const MOST_CHUNKS: u16 = 64;
/// Each character of the signature is written as its code point minus this, in two digits.
const OFFSET: u8 = b'-';
/// The greatest pair: the letter z.
const GREATEST: u8 = b'z' - OFFSET;

/// What one code holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// A whole card.
    Whole {
        /// The signature in compact form.
        jws: String,
        /// Whether it is written as chunk one of one, which the specification forbids.
        chunk_of_one: bool,
    },
    /// A chunk of a card that was too long for one code. Chunks are deprecated and still met.
    Part(Chunk),
}

/// A chunk of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Which one, from 1.
    pub index: u16,
    /// How many there are.
    pub count: u16,
    text: String,
}

/// Whether this is meant as the code of a card: `shc:/`, also without `:` or `/`, in any case.
pub fn is_card(text: &str) -> bool {
    digits(text.trim_ascii()).is_some()
}

/// What follows the scheme, if it begins with a digit.
fn digits(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_at_checked(3)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let is_card = scheme.eq_ignore_ascii_case("shc")
        && rest.len() < text.len() - 3
        && rest.starts_with(|first: char| first.is_ascii_digit());
    is_card.then_some(rest)
}

/// Reads the text of one code.
///
/// # Errors
///
/// When the text is no code of a card, a digit pair stands for no character of a signature, or
/// the numbers of a chunk make no sense.
pub fn read(text: &str) -> Result<Scanned, CardError> {
    let text = text.trim_ascii();
    let start = text.len() - digits(text).ok_or(CardError::Prefix)?.len();
    let rest = text.get(start..).unwrap_or_default();
    let Some((numbers, digits)) = rest.rsplit_once('/') else {
        return Ok(Scanned::Whole { jws: characters(rest, start)?, chunk_of_one: false });
    };
    let (index, count) = numbers.split_once('/').ok_or(CardError::ChunkNumber)?;
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<u16>().ok()).flatten().ok_or(CardError::ChunkNumber)
    };
    let (index, count) = (number(index)?, number(count)?);
    if index == 0 || index > count {
        return Err(CardError::ChunkNumber);
    }
    if count > MOST_CHUNKS {
        return Err(CardError::TooManyChunks { count, limit: MOST_CHUNKS });
    }
    let jws = characters(digits, text.len() - digits.len())?;
    if count == 1 {
        return Ok(Scanned::Whole { jws, chunk_of_one: true });
    }
    Ok(Scanned::Part(Chunk { index, count, text: jws }))
}

/// The characters that pairs of digits stand for; `offset` is where the digits begin in the text.
fn characters(digits: &str, offset: usize) -> Result<String, CardError> {
    let mut jws = String::with_capacity(digits.len() / 2);
    for (index, pair) in digits.as_bytes().chunks(2).enumerate() {
        let at = offset + 2 * index;
        let (&[tens, ones], true) = (pair, pair.iter().all(u8::is_ascii_digit)) else {
            return Err(CardError::Digits { at });
        };
        let value = (tens - b'0') * 10 + (ones - b'0');
        if value > GREATEST {
            return Err(CardError::Pair { at, value });
        }
        jws.push(char::from(value + OFFSET));
    }
    Ok(jws)
}

/// The text of a code that holds this signature: what [`read`] reads.
pub fn write(jws: &str) -> Option<String> {
    let mut text = String::from(super::PREFIX);
    for byte in jws.bytes() {
        let value = byte.checked_sub(OFFSET).filter(|value| *value <= GREATEST)?;
        text.push(char::from(b'0' + value / 10));
        text.push(char::from(b'0' + value % 10));
    }
    Some(text)
}

/// Collects the chunks of one card, in any order.
#[derive(Clone, Debug, Default)]
pub struct Chunks {
    count: Option<u16>,
    parts: BTreeMap<u16, String>,
}

impl Chunks {
    /// Adds a chunk; one that was there already changes nothing.
    ///
    /// # Errors
    ///
    /// When it belongs to another card: another number of chunks, or other content in its place.
    pub fn add(&mut self, chunk: Chunk) -> Result<(), CardError> {
        let known = self.parts.get(&chunk.index);
        let other_content = known.is_some_and(|known| *known != chunk.text);
        if other_content || self.count.is_some_and(|count| count != chunk.count) {
            return Err(CardError::OtherCard);
        }
        self.count = Some(chunk.count);
        self.parts.insert(chunk.index, chunk.text);
        Ok(())
    }

    /// How many chunks are here, and how many there are; `None` before the first.
    pub fn progress(&self) -> Option<(usize, usize)> {
        Some((self.parts.len(), usize::from(self.count?)))
    }

    /// The signature, once every chunk is here.
    pub fn jws(&self) -> Option<String> {
        let (have, of) = self.progress()?;
        (have == of).then(|| self.parts.values().map(String::as_str).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunk(index: u16, count: u16, text: &str) -> Chunk {
        Chunk { index, count, text: text.to_owned() }
    }

    #[test]
    fn tolerates_what_scanners_make_of_the_scheme() {
        for text in ["shc:/5676", "SHC:/5676", "shc/5676", "shc:5676", " shc:/5676\r\n"] {
            let whole = Scanned::Whole { jws: "ey".to_owned(), chunk_of_one: false };
            assert_eq!(read(text), Ok(whole), "{text}");
            assert!(is_card(text));
        }
        for text in ["shc", "shc5676", "shc:/", "shcx:/56", "shc:/a", "HC1:", ""] {
            assert!(!is_card(text), "{text}");
            assert_eq!(read(text), Err(CardError::Prefix), "{text}");
        }
    }

    #[test]
    fn the_place_of_a_wrong_pair_is_named() {
        for (text, error) in [
            ("shc:/567", CardError::Digits { at: 7 }),
            ("shc:/56é", CardError::Digits { at: 7 }),
            ("shc:/5678", CardError::Pair { at: 7, value: 78 }),
            ("shc:/1/2/5699", CardError::Pair { at: 11, value: 99 }),
            ("shc:/2/56", CardError::ChunkNumber),
            ("shc:/0/2/56", CardError::ChunkNumber),
            ("shc:/3/2/56", CardError::ChunkNumber),
            ("shc:/1/+2/56", CardError::ChunkNumber),
            ("shc:/1/2/3/56", CardError::ChunkNumber),
            ("shc:/1/65/56", CardError::TooManyChunks { count: 65, limit: 64 }),
            ("shc:/1/65536/56", CardError::ChunkNumber),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }

    #[test]
    fn chunks_come_in_any_order_and_twice() {
        let mut chunks = Chunks::default();
        assert_eq!(chunks.progress(), None);
        for one in [chunk(3, 3, "c"), chunk(1, 3, "a"), chunk(3, 3, "c")] {
            chunks.add(one).unwrap();
        }
        assert_eq!((chunks.progress(), chunks.jws()), (Some((2, 3)), None));
        assert_eq!(chunks.add(chunk(2, 4, "b")), Err(CardError::OtherCard));
        assert_eq!(chunks.add(chunk(1, 3, "x")), Err(CardError::OtherCard));
        chunks.add(chunk(2, 3, "b")).unwrap();
        assert_eq!(chunks.jws().as_deref(), Some("abc"));
    }

    #[test]
    fn a_chunk_of_one_is_a_whole_card_and_noted() {
        let whole = Scanned::Whole { jws: "ey".to_owned(), chunk_of_one: true };
        assert_eq!(read("shc:/1/1/5676"), Ok(whole));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(jws in "[A-Za-z0-9._-]{0,300}") {
            let text = write(&jws).unwrap();
            let read = read(&text);
            if jws.is_empty() {
                prop_assert_eq!(read, Err(CardError::Prefix));
            } else {
                prop_assert_eq!(read, Ok(Scanned::Whole { jws, chunk_of_one: false }));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "(shc:/)?[0-9/]{0,40}.{0,6}") {
            let _ = read(&text);
        }
    }
}

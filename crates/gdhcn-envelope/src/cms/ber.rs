//! Basic encoding rules (X.690, 8), as much of them as CMS messages need.
//!
//! [`to_der`] writes definite, shortest lengths and joins octet strings that came in pieces. It
//! changes nothing else: no order, no value. DER comes out as it went in, byte for byte.

use crate::cms::Limits;
use crate::x509::encode;

/// Rewrites one BER element with definite lengths.
///
/// The result is DER in what concerns lengths and octet strings. Sets stay in their order and
/// other values as they are, so that what was signed in DER is found unchanged.
///
/// # Errors
///
/// When the bytes are no single BER element within the [`Limits`].
pub fn to_der(ber: &[u8], limits: &Limits) -> Result<Vec<u8>, BerError> {
    Element::read_one(ber, limits)?.to_der()
}

/// Why bytes are not BER that is taken here. Positions are bytes from the start of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BerError {
    /// The bytes are longer than [`Limits::max_len`].
    #[error("{found} bytes are too long; {limit} are allowed")]
    TooLong {
        /// Length of the input.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// Elements are nested deeper than [`Limits::max_depth`].
    #[error("byte {at}: elements are nested deeper than {limit} levels")]
    TooDeep {
        /// Position of the element.
        at: usize,
        /// The limit.
        limit: usize,
    },
    /// The bytes end inside an element.
    #[error("byte {at}: the element is cut off")]
    CutOff {
        /// Position of the element.
        at: usize,
    },
    /// Other bytes follow the element.
    #[error("the element ends at byte {at}, but {surplus} bytes follow")]
    TrailingBytes {
        /// End of the element.
        at: usize,
        /// Number of bytes after it.
        surplus: usize,
    },
    /// The tag number is 31 or more, which CMS does not use.
    #[error("byte {at}: tag numbers above 30 do not occur in CMS")]
    HighTag {
        /// Position of the element.
        at: usize,
    },
    /// The length is longer than four bytes, reserved, or indefinite on a primitive element.
    #[error("byte {at}: the length is not valid")]
    Length {
        /// Position of the element.
        at: usize,
    },
    /// An end-of-contents mark without an indefinite length before it.
    #[error("byte {at}: end-of-contents where there is nothing to end")]
    StrayEnd {
        /// Position of the mark.
        at: usize,
    },
    /// A string in pieces that is no octet string, or whose pieces are none.
    #[error("byte {at}: a string in pieces is taken as OCTET STRING only")]
    Pieces {
        /// Position of the element.
        at: usize,
    },
}

/// One element as received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    /// The identifier octet.
    pub(crate) tag: u8,
    /// All bytes: identifier, length, content and the end mark, if there is one.
    pub(crate) raw: &'a [u8],
    /// Position in the message.
    pub(crate) at: usize,
    content: &'a [u8],
    content_at: usize,
    depth: usize,
    max_depth: usize,
}

/// The elements that stand one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<'a> {
    rest: &'a [u8],
    at: usize,
    depth: usize,
    max_depth: usize,
}

const CONSTRUCTED: u8 = 0x20;
const CONSTRUCTED_OCTET_STRING: u8 = encode::OCTET_STRING | CONSTRUCTED;
const END_OF_CONTENTS: [u8; 2] = [0, 0];

impl<'a> Element<'a> {
    /// The one element that `ber` is.
    pub(crate) fn read_one(ber: &'a [u8], limits: &Limits) -> Result<Self, BerError> {
        if ber.len() > limits.max_len {
            return Err(BerError::TooLong { found: ber.len(), limit: limits.max_len });
        }
        let mut elements = Elements { rest: ber, at: 0, depth: 0, max_depth: limits.max_depth };
        let element = elements.next()?.ok_or(BerError::CutOff { at: 0 })?;
        if elements.rest.is_empty() {
            Ok(element)
        } else {
            Err(BerError::TrailingBytes { at: elements.at, surplus: elements.rest.len() })
        }
    }

    /// The content octets of a primitive element.
    pub(crate) fn primitive(&self) -> Option<&'a [u8]> {
        (self.tag & CONSTRUCTED == 0).then_some(self.content)
    }

    /// The elements inside a constructed element; none inside a primitive one.
    pub(crate) fn children(&self) -> Elements<'a> {
        let rest = if self.tag & CONSTRUCTED == 0 { &[] } else { self.content };
        Elements { rest, at: self.content_at, depth: self.depth + 1, max_depth: self.max_depth }
    }

    /// The octets of an OCTET STRING, joined when they came in pieces.
    pub(crate) fn octets(&self) -> Result<Vec<u8>, BerError> {
        let mut octets = Vec::with_capacity(self.content.len());
        self.join_octets(&mut octets)?;
        Ok(octets)
    }

    fn join_octets(&self, out: &mut Vec<u8>) -> Result<(), BerError> {
        match self.tag {
            encode::OCTET_STRING => out.extend_from_slice(self.content),
            CONSTRUCTED_OCTET_STRING => {
                let mut pieces = self.children();
                while let Some(piece) = pieces.next()? {
                    piece.join_octets(out)?;
                }
            }
            _ => return Err(BerError::Pieces { at: self.at }),
        }
        Ok(())
    }

    /// The element with definite lengths; see [`to_der`].
    pub(crate) fn to_der(self) -> Result<Vec<u8>, BerError> {
        let mut out = Vec::with_capacity(self.raw.len());
        self.write(&mut out)?;
        Ok(out)
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), BerError> {
        match self.tag {
            CONSTRUCTED_OCTET_STRING => {
                let octets = self.octets()?;
                encode::header(out, encode::OCTET_STRING, octets.len());
                out.extend_from_slice(&octets);
            }
            // Other universal strings, and bit strings, in pieces: nobody writes them.
            0x23 | 0x2c | 0x32..=0x3e => return Err(BerError::Pieces { at: self.at }),
            tag if tag & CONSTRUCTED == 0 => {
                encode::header(out, tag, self.content.len());
                out.extend_from_slice(self.content);
            }
            tag => {
                let mut inner = Vec::with_capacity(self.content.len());
                let mut children = self.children();
                while let Some(child) = children.next()? {
                    child.write(&mut inner)?;
                }
                encode::header(out, tag, inner.len());
                out.extend_from_slice(&inner);
            }
        }
        Ok(())
    }
}

impl<'a> Elements<'a> {
    /// The next element.
    pub(crate) fn next(&mut self) -> Result<Option<Element<'a>>, BerError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        if self.depth >= self.max_depth {
            return Err(BerError::TooDeep { at: self.at, limit: self.max_depth });
        }
        let at = self.at;
        let (tag, length, header_len) = header(self.rest, at)?;
        let cut_off = BerError::CutOff { at };
        let after_header = self.rest.get(header_len..).ok_or(cut_off.clone())?;
        let (content, total) = match length {
            Some(length) => {
                let content = after_header.get(..length).ok_or(cut_off.clone())?;
                (content, header_len + length)
            }
            None => {
                let content = self.indefinite(after_header, at + header_len)?;
                (content, header_len + content.len() + END_OF_CONTENTS.len())
            }
        };
        let (raw, rest) = self.rest.split_at_checked(total).ok_or(cut_off)?;
        let element = Element {
            tag,
            raw,
            at,
            content,
            content_at: at + header_len,
            depth: self.depth,
            max_depth: self.max_depth,
        };
        self.rest = rest;
        self.at += total;
        Ok(Some(element))
    }

    /// The content of an element of indefinite length that starts here, without its end mark.
    fn indefinite(&self, bytes: &'a [u8], at: usize) -> Result<&'a [u8], BerError> {
        let mut inner =
            Elements { rest: bytes, at, depth: self.depth + 1, max_depth: self.max_depth };
        while !inner.rest.starts_with(&END_OF_CONTENTS) {
            if inner.next()?.is_none() {
                return Err(BerError::CutOff { at });
            }
        }
        bytes.get(..inner.at - at).ok_or(BerError::CutOff { at })
    }
}

/// Identifier, length (`None` when indefinite) and the number of bytes of both.
fn header(bytes: &[u8], at: usize) -> Result<(u8, Option<usize>, usize), BerError> {
    let (tag, first) = match *bytes {
        [0, ..] => return Err(BerError::StrayEnd { at }),
        [tag, ..] if tag & 0x1f == 0x1f => return Err(BerError::HighTag { at }),
        [tag, first, ..] => (tag, first),
        _ => return Err(BerError::CutOff { at }),
    };
    match first {
        ..0x80 => Ok((tag, Some(usize::from(first)), 2)),
        0x80 if tag & CONSTRUCTED == 0 => Err(BerError::Length { at }),
        0x80 => Ok((tag, None, 2)),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let octets = bytes.get(2..2 + count).ok_or(BerError::CutOff { at })?;
            let length = octets.iter().fold(0u32, |length, byte| length << 8 | u32::from(*byte));
            Ok((tag, Some(length as usize), 2 + count))
        }
        _ => Err(BerError::Length { at }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn der(ber: &[u8]) -> Result<Vec<u8>, BerError> {
        to_der(ber, &Limits::default())
    }

    #[test]
    fn writes_indefinite_and_long_lengths_shortest() {
        assert_eq!(der(&[0x30, 0x80, 2, 1, 5, 0, 0]), Ok(vec![0x30, 3, 2, 1, 5]));
        assert_eq!(der(&[0x30, 0x83, 0, 0, 4, 2, 0x81, 1, 5]), Ok(vec![0x30, 3, 2, 1, 5]));
    }

    #[test]
    fn joins_octet_strings_at_every_level() {
        let pieces = [0x24, 0x80, 4, 1, 1, 0x24, 4, 4, 0, 4, 0, 0x24, 0x80, 4, 1, 2, 0, 0, 0, 0];
        assert_eq!(der(&pieces), Ok(vec![4, 2, 1, 2]));
    }

    #[test]
    fn refuses_what_is_no_single_element() {
        for (ber, error) in [
            (&[][..], BerError::CutOff { at: 0 }),
            (&[0x30], BerError::CutOff { at: 0 }),
            (&[0x30, 3, 2, 1], BerError::CutOff { at: 0 }),
            (&[0x30, 2, 2, 1], BerError::CutOff { at: 2 }),
            (&[0x30, 3, 2, 2, 5], BerError::CutOff { at: 2 }),
            (&[0x30, 0x80, 2, 1, 5], BerError::CutOff { at: 2 }),
            (&[0x30, 0, 9], BerError::TrailingBytes { at: 2, surplus: 1 }),
            (&[0x3f, 0x81, 1, 0], BerError::HighTag { at: 0 }),
            (&[0x30, 3, 0x5f, 1, 0], BerError::HighTag { at: 2 }),
            (&[4, 0x80, 0, 0], BerError::Length { at: 0 }),
            (&[4, 0x85, 0, 0, 0, 0, 0], BerError::Length { at: 0 }),
            (&[4, 0xff], BerError::Length { at: 0 }),
            (&[0x30, 2, 0, 0], BerError::StrayEnd { at: 2 }),
            (&[0x24, 3, 2, 1, 5], BerError::Pieces { at: 2 }),
            (&[0x2c, 3, 4, 1, 5], BerError::Pieces { at: 0 }),
            (&[0x23, 4, 3, 2, 0, 5], BerError::Pieces { at: 0 }),
        ] {
            assert_eq!(der(ber), Err(error), "{ber:02x?}");
        }
    }

    #[test]
    fn stops_at_its_limits() {
        let limits = Limits { max_len: 4, max_depth: 3, ..Limits::default() };
        assert_eq!(
            to_der(&[4, 3, 0, 0, 0], &limits),
            Err(BerError::TooLong { found: 5, limit: 4 })
        );
        let limits = Limits { max_depth: 3, ..Limits::default() };
        assert_eq!(
            to_der(&[0x30, 4, 0x30, 2, 0x30, 0], &limits),
            Ok(vec![0x30, 4, 0x30, 2, 0x30, 0])
        );
        let deep = BerError::TooDeep { at: 6, limit: 3 };
        assert_eq!(to_der(&[0x30, 6, 0x30, 4, 0x30, 2, 0x30, 0], &limits), Err(deep.clone()));
        let open = [0x30, 0x80].repeat(100_000);
        assert_eq!(to_der(&open, &limits), Err(deep));
    }

    /// A tree of elements, to be written in any way that BER allows.
    #[derive(Clone, Debug)]
    enum Tree {
        Leaf(u8, Vec<u8>),
        Node(u8, Vec<Tree>),
    }

    fn tree() -> impl Strategy<Value = Tree> {
        let tags = prop::sample::select(vec![1u8, 2, 4, 5, 6, 0x0c, 0x17, 0x80, 0x87]);
        let leaf = (tags, prop::collection::vec(any::<u8>(), 0..200))
            .prop_map(|(tag, content)| Tree::Leaf(tag, content));
        leaf.prop_recursive(6, 60, 6, |inner| {
            let tags = prop::sample::select(vec![0x30u8, 0x31, 0xa0, 0xa3]);
            (tags, prop::collection::vec(inner, 0..6))
                .prop_map(|(tag, children)| Tree::Node(tag, children))
        })
    }

    fn write_der(tree: &Tree) -> Vec<u8> {
        match tree {
            Tree::Leaf(tag, content) => encode::tlv(*tag, content),
            Tree::Node(tag, children) => {
                encode::tlv(*tag, &children.iter().flat_map(write_der).collect::<Vec<_>>())
            }
        }
    }

    /// Writes with lengths and pieces as the bits of `choices` say.
    fn write_ber(tree: &Tree, choices: &mut u64) -> Vec<u8> {
        let mut choose = |options: u64| {
            let choice = *choices % options;
            *choices = choices.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17) ^ 0x9e37;
            choice
        };
        let choice = choose(3);
        let (tag, content) = match tree {
            Tree::Leaf(4, content) if choose(2) == 0 => {
                let pieces = content.chunks(1 + choose(40) as usize);
                let pieces = pieces.flat_map(|piece| encode::tlv(4, piece)).collect::<Vec<_>>();
                (0x24, pieces)
            }
            Tree::Leaf(tag, content) => (*tag, content.clone()),
            Tree::Node(tag, children) => {
                (*tag, children.iter().flat_map(|child| write_ber(child, choices)).collect())
            }
        };
        match choice {
            0 if tag & CONSTRUCTED != 0 => {
                [&[tag, 0x80], content.as_slice(), &END_OF_CONTENTS].concat()
            }
            1 => {
                let length = u32::try_from(content.len()).unwrap().to_be_bytes();
                [&[tag, 0x84], &length[..], &content].concat()
            }
            _ => encode::tlv(tag, &content),
        }
    }

    proptest! {
        #[test]
        fn leaves_der_as_it_is(tree in tree()) {
            let written = write_der(&tree);
            prop_assert_eq!(der(&written), Ok(written));
        }

        #[test]
        fn makes_the_same_der_of_every_ber(tree in tree(), mut choices in any::<u64>()) {
            prop_assert_eq!(der(&write_ber(&tree, &mut choices)), Ok(write_der(&tree)));
        }

        #[test]
        fn takes_any_bytes_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(once) = der(&bytes) {
                prop_assert_eq!(der(&once), Ok(once.clone()));
            }
        }
    }
}

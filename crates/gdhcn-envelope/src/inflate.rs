//! Compressed streams, zlib (RFC 1950) and bare deflate (RFC 1951): opened with a hard limit on the
//! output, and made.
//!
//! The compressed layer is the first that an attacker can make grow: a kilobyte may unpack to a
//! megabyte. [`zlib`] and [`raw`] therefore stop at the caller's limit, whatever the stream claims.
//! zlib-rs does the work natively, miniz_oxide in WebAssembly. Both open the same streams to the same
//! contents; of a damaged one that also ends early or is too long, they may name another fault.

/// Compression level for issuing; the reference implementation uses it too.
const LEVEL: u8 = 9;
/// First guess of the output's length in relation to the input's: CBOR in Base45 hardly shrinks.
const GUESS: usize = 3;

/// An opened stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inflated {
    /// The content.
    pub bytes: Vec<u8>,
    /// How many bytes follow the end of the stream.
    pub trailing: usize,
}

/// Why a stream does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InflateError {
    /// The two header bytes of RFC 1950, 2.2 are missing or wrong.
    #[error("not compressed: the data does not begin with a zlib header")]
    NotZlib,
    /// The stream needs a preset dictionary, which no health certificate has.
    #[error("the zlib header asks for a preset dictionary")]
    Dictionary,
    /// The compressed data breaks the rules of RFC 1951.
    #[error("the compressed data is damaged near byte {at}")]
    Corrupt {
        /// How many bytes had been consumed, roughly.
        at: usize,
    },
    /// The Adler-32 checksum does not fit the content.
    #[error("the checksum does not fit the content")]
    Checksum,
    /// The data ends before the stream does.
    #[error("the compressed data ends after {at} bytes, before the stream does")]
    Truncated {
        /// Length of the input.
        at: usize,
    },
    /// The content is longer than the caller allows.
    #[error("unpacks to more than {limit} bytes")]
    TooLong {
        /// The caller's limit.
        limit: usize,
    },
}

impl InflateError {
    /// The offset in the compressed data, where one is known.
    pub const fn offset(self) -> Option<usize> {
        match self {
            Self::NotZlib | Self::Dictionary => Some(0),
            Self::Corrupt { at } | Self::Truncated { at } => Some(at),
            Self::Checksum | Self::TooLong { .. } => None,
        }
    }
}

/// Opens a zlib stream of at most `max_output` bytes of content.
///
/// # Errors
///
/// When the bytes are no whole zlib stream or the content passes the limit.
pub fn zlib(input: &[u8], max_output: usize) -> Result<Inflated, InflateError> {
    check_header(input)?;
    open(input, max_output, Wrapping::Zlib)
}

/// Opens a bare deflate stream of at most `max_output` bytes of content, as JSON Web Signatures
/// with `zip` and ZIP files hold it. It has no header and no checksum.
///
/// # Errors
///
/// When the bytes are no whole deflate stream or the content passes the limit.
pub fn raw(input: &[u8], max_output: usize) -> Result<Inflated, InflateError> {
    open(input, max_output, Wrapping::None)
}

/// What stands around the deflate data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrapping {
    Zlib,
    None,
}

fn open(input: &[u8], max_output: usize, wrapping: Wrapping) -> Result<Inflated, InflateError> {
    #[cfg(not(target_arch = "wasm32"))]
    return with_zlib_rs(input, max_output, wrapping);
    #[cfg(target_arch = "wasm32")]
    return with_miniz(input, max_output, wrapping);
}

/// Makes a bare deflate stream at the highest usual level.
pub fn deflate_raw(content: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(content, LEVEL)
}

/// Makes a zlib stream at the highest usual level (header `78 DA`).
pub fn deflate(content: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(content, LEVEL)
}

fn check_header(input: &[u8]) -> Result<(), InflateError> {
    let &[cmf, flags, ..] = input else { return Err(InflateError::NotZlib) };
    let is_deflate = cmf & 0x0f == 8 && cmf >> 4 <= 7;
    if !is_deflate || !u16::from_be_bytes([cmf, flags]).is_multiple_of(31) {
        return Err(InflateError::NotZlib);
    }
    if flags & 0x20 != 0 {
        return Err(InflateError::Dictionary);
    }
    Ok(())
}

/// The output's first length: one byte above the limit tells "just fits" from "too long".
fn first_length(input: &[u8], max_output: usize) -> usize {
    input.len().saturating_mul(GUESS).max(256).min(max_output.saturating_add(1))
}

/// The output's next length, when `length` was filled.
fn next_length(length: usize, max_output: usize) -> usize {
    length.saturating_mul(2).min(max_output.saturating_add(1))
}

fn finish(mut bytes: Vec<u8>, written: usize, trailing: usize) -> Inflated {
    bytes.truncate(written);
    Inflated { bytes, trailing }
}

#[cfg(not(target_arch = "wasm32"))]
fn with_zlib_rs(
    input: &[u8],
    max_output: usize,
    wrapping: Wrapping,
) -> Result<Inflated, InflateError> {
    use zlib_rs::{Inflate, InflateFlush, Status};

    const WINDOW_BITS: u8 = 15;
    let mut state = Inflate::new(wrapping == Wrapping::Zlib, WINDOW_BITS);
    let mut bytes = vec![0; first_length(input, max_output)];
    let (mut read, mut written) = (0, 0);
    loop {
        let source = input.get(read..).unwrap_or_default();
        let target = bytes.get_mut(written..).unwrap_or_default();
        let status = state.decompress(source, target, InflateFlush::NoFlush);
        read = usize::try_from(state.total_in()).unwrap_or(usize::MAX);
        written = usize::try_from(state.total_out()).unwrap_or(usize::MAX);
        if written > max_output {
            return Err(InflateError::TooLong { limit: max_output });
        }
        match status {
            Ok(Status::StreamEnd) => {
                return Ok(finish(bytes, written, input.len().saturating_sub(read)));
            }
            Ok(_) if written == bytes.len() => {
                bytes.resize(next_length(bytes.len(), max_output), 0);
            }
            Ok(_) => return Err(InflateError::Truncated { at: input.len() }),
            Err(_) if state.error_message() == Some("incorrect data check") => {
                return Err(InflateError::Checksum);
            }
            Err(_) => return Err(InflateError::Corrupt { at: read }),
        }
    }
}

#[cfg(any(target_arch = "wasm32", test))]
fn with_miniz(
    input: &[u8],
    max_output: usize,
    wrapping: Wrapping,
) -> Result<Inflated, InflateError> {
    use miniz_oxide::inflate::TINFLStatus as Status;
    use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF
        | match wrapping {
            Wrapping::Zlib => {
                inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
                    | inflate_flags::TINFL_FLAG_COMPUTE_ADLER32
            }
            Wrapping::None => 0,
        };
    let mut state = Box::<DecompressorOxide>::default();
    let mut bytes = vec![0; first_length(input, max_output)];
    let (mut read, mut written) = (0, 0);
    loop {
        let source = input.get(read..).unwrap_or_default();
        let (status, consumed, produced) =
            decompress(&mut state, source, &mut bytes, written, flags);
        read += consumed;
        written += produced;
        // Whatever else is wrong: the input may end, or break a rule, right where the limit is passed.
        if written > max_output {
            return Err(InflateError::TooLong { limit: max_output });
        }
        match status {
            Status::Done => {
                return Ok(finish(bytes, written, input.len().saturating_sub(read)));
            }
            Status::HasMoreOutput => bytes.resize(next_length(bytes.len(), max_output), 0),
            Status::NeedsMoreInput | Status::FailedCannotMakeProgress => {
                return Err(InflateError::Truncated { at: input.len() });
            }
            Status::Adler32Mismatch => return Err(InflateError::Checksum),
            _ => return Err(InflateError::Corrupt { at: read }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Both libraries; they may see a fault at another offset, but not another fault but for
    /// [`a_blocks_lengths_break_a_rule`].
    fn both(input: &[u8], limit: usize) -> Result<Inflated, InflateError> {
        check_header(input)?;
        both_wrapped(input, limit, Wrapping::Zlib)
    }

    fn both_wrapped(
        input: &[u8],
        limit: usize,
        wrapping: Wrapping,
    ) -> Result<Inflated, InflateError> {
        let plain = |result| match result {
            Err(InflateError::Corrupt { .. }) => Err(InflateError::Corrupt { at: 0 }),
            other => other,
        };
        let first = plain(with_zlib_rs(input, limit, wrapping));
        let second = plain(with_miniz(input, limit, wrapping));
        if first != second {
            assert!(first.is_err() && second.is_err(), "{first:?}, {second:?} of {input:02x?}");
            assert!(
                a_blocks_lengths_break_a_rule(input, wrapping),
                "{first:?}, {second:?} of {input:02x?}"
            );
        }
        first
    }

    /// The one difference between the libraries, in streams that neither opens: what a dynamic block
    /// says of the lengths of its code words (RFC 1951, 3.2.7) breaks one of two rules.
    ///
    /// Its code needs a word for the end of the block. zlib-rs refuses a code without, but not before
    /// it has read all lengths, even if there is no code word to read them by; miniz_oxide refuses the
    /// latter at once, and a code without an end when the input or the limit ends.
    ///
    /// And the first length cannot be "repeat the previous one". miniz_oxide refuses that at once,
    /// zlib-rs when it has the two bits that say how often.
    ///
    /// What zlib-rs says is the same whatever follows the input, once enough does.
    fn a_blocks_lengths_break_a_rule(input: &[u8], wrapping: Wrapping) -> bool {
        const MOST_LENGTHS: usize = 288 + 32;
        [0, 0x55, 0x9c, 0xff].iter().all(|fill| {
            let longer = [input, &[*fill; MOST_LENGTHS / 8]].concat();
            let mut state = zlib_rs::Inflate::new(wrapping == Wrapping::Zlib, 15);
            let mut bytes = vec![0; 1 << 20];
            state.decompress(&longer, &mut bytes, zlib_rs::InflateFlush::NoFlush).is_err()
                && matches!(
                    state.error_message(),
                    Some("invalid code -- missing end-of-block" | "invalid bit length repeat")
                )
        })
    }

    #[test]
    fn the_libraries_differ_in_what_they_say_of_a_blocks_lengths() {
        use InflateError::{Corrupt, Truncated};
        let plain = |answer| match answer {
            Err(Corrupt { .. }) => Corrupt { at: 0 },
            other => other.unwrap_err(),
        };
        let said = |stream: &[u8]| {
            both_wrapped(stream, 9, Wrapping::None).unwrap_err();
            [with_zlib_rs, with_miniz].map(|open| plain(open(stream, 9, Wrapping::None)))
        };
        // No code word for lengths. There are 257 of literals and one of distances.
        let mut stream = vec![0x04, 0, 0, 0];
        let truncated = |stream: &Vec<u8>| Truncated { at: stream.len() };
        assert_eq!(said(&stream), [truncated(&stream), Corrupt { at: 0 }]);
        stream.resize((29 + 258_usize).div_ceil(8), 0);
        assert_eq!(said(&stream), [Corrupt { at: 0 }; 2]);

        // Words for zero and "repeat"; the latter is the first, and ends with the fifth byte but for
        // one bit.
        let mut stream = vec![0x04, 0x60, 0x02, 0x04, 0x40];
        assert_eq!(said(&stream), [truncated(&stream), Corrupt { at: 0 }]);
        stream.push(0);
        assert_eq!(said(&stream), [Corrupt { at: 0 }; 2]);

        // Words for zero and one. The literals 0 and 1 have words of one bit; nothing else has any.
        let mut stream = vec![0x04, 0xc0, 0x01, 0x04, 0x00, 0x00, 0x00, 0x00, 0x90, 0x01];
        stream.resize((71 + 258_usize).div_ceil(8), 0);
        assert_eq!(said(&stream), [Corrupt { at: 0 }, truncated(&stream)]);
        stream.push(0);
        assert_eq!(said(&stream), [Corrupt { at: 0 }, InflateError::TooLong { limit: 9 }]);
    }

    #[test]
    fn a_stream_that_ends_where_the_limit_is_passed_is_too_long() {
        let content: Vec<u8> = (0..=255).cycle().take(600).collect();
        let (stream, limit) = (deflate(&content), 300);
        let answers: Vec<_> = (2..=stream.len()).map(|end| both(&stream[..end], limit)).collect();
        let too_long = Err(InflateError::TooLong { limit });
        let first = answers.iter().position(|answer| *answer == too_long).unwrap();
        assert!(answers[first..].iter().all(|answer| *answer == too_long));
        assert!(answers.len() > first + 4);
        assert!(matches!(answers[first - 1], Err(InflateError::Truncated { .. })));
    }

    #[test]
    fn bytes_after_the_stream_are_counted_and_ignored() {
        let mut stream = deflate(b"health certificate");
        assert_eq!(stream[..2], [0x78, 0xda]);
        stream.extend([0; 5]);
        let inflated = both(&stream, 100).unwrap();
        assert_eq!(inflated.bytes, b"health certificate");
        assert_eq!(inflated.trailing, 5);
    }

    #[test]
    fn a_bare_stream_opens_without_a_header() {
        let mut stream = deflate_raw(b"health card");
        stream.extend([0; 3]);
        let inflated = both_wrapped(&stream, 11, Wrapping::None).unwrap();
        assert_eq!((&*inflated.bytes, inflated.trailing), (&b"health card"[..], 3));
        let limit = 10;
        assert_eq!(
            both_wrapped(&stream, limit, Wrapping::None),
            Err(InflateError::TooLong { limit })
        );
        assert!(both_wrapped(&stream[..4], 100, Wrapping::None).is_err());
        assert!(both_wrapped(b"", 100, Wrapping::None).is_err());
        assert!(both_wrapped(&deflate(b"health card"), 100, Wrapping::None).is_err());
    }

    #[test]
    fn the_limit_is_exact_and_holds_against_bombs() {
        for length in [0, 1, 255, 256, 257, 1000, 100_000] {
            let stream = deflate(&vec![7; length]);
            assert_eq!(both(&stream, length).unwrap().bytes.len(), length);
            if length > 0 {
                let limit = length - 1;
                assert_eq!(both(&stream, limit), Err(InflateError::TooLong { limit }));
            }
        }
        let bomb = deflate(&vec![0; 50_000_000]);
        assert!(bomb.len() < 60_000);
        assert_eq!(both(&bomb, 65_536), Err(InflateError::TooLong { limit: 65_536 }));
    }

    #[test]
    fn each_fault_is_told_apart() {
        let stream = deflate(b"health certificate");
        assert_eq!(zlib(&[], 9), Err(InflateError::NotZlib));
        assert_eq!(zlib(&[0x78], 9), Err(InflateError::NotZlib));
        assert_eq!(zlib(&[0xd2, 0x84, 0x43], 9), Err(InflateError::NotZlib));
        assert_eq!(zlib(&[0x78, 0xdb, 0], 9), Err(InflateError::NotZlib));
        assert_eq!(zlib(&[0x78, 0xbb, 0], 9), Err(InflateError::Dictionary));
        let last = stream.len() - 1;
        let mut wrong = stream.clone();
        wrong[last] ^= 1;
        assert_eq!(both(&wrong, 100), Err(InflateError::Checksum));
        for cut in 2..stream.len() {
            assert_eq!(both(&stream[..cut], 100), Err(InflateError::Truncated { at: cut }));
        }
        assert!(matches!(both(&[0x78, 0xda, 0xff, 0xff], 9), Err(InflateError::Corrupt { .. })));
    }

    proptest! {
        #[test]
        fn both_libraries_agree_on_streams_with_flaws(
            content in prop::collection::vec(0..4_u8, 0..300),
            flaw in any::<prop::sample::Index>(),
            mask in any::<u8>(),
        ) {
            let mut stream = deflate(&content);
            if mask == 0 {
                prop_assert_eq!(both(&stream, 300).unwrap().bytes, content);
            } else {
                *flaw.get_mut(&mut stream) ^= mask;
                let _ = both(&stream, 300);
            }
        }
    }
}

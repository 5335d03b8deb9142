//! zlib streams (RFC 1950): opened with a hard limit on the output, and made.
//!
//! The compressed layer is the first that an attacker can make grow: a kilobyte may unpack to a
//! megabyte. [`zlib`] therefore stops at the caller's limit, whatever the stream claims.
//! zlib-rs does the work natively, miniz_oxide in WebAssembly; both give the same answers.

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
    #[cfg(not(target_arch = "wasm32"))]
    return with_zlib_rs(input, max_output);
    #[cfg(target_arch = "wasm32")]
    return with_miniz(input, max_output);
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
fn next_length(length: usize, max_output: usize) -> Result<usize, InflateError> {
    if length > max_output {
        return Err(InflateError::TooLong { limit: max_output });
    }
    Ok(length.saturating_mul(2).min(max_output.saturating_add(1)))
}

fn finish(
    mut bytes: Vec<u8>,
    written: usize,
    trailing: usize,
    limit: usize,
) -> Result<Inflated, InflateError> {
    if written > limit {
        return Err(InflateError::TooLong { limit });
    }
    bytes.truncate(written);
    Ok(Inflated { bytes, trailing })
}

#[cfg(not(target_arch = "wasm32"))]
fn with_zlib_rs(input: &[u8], max_output: usize) -> Result<Inflated, InflateError> {
    use zlib_rs::{Inflate, InflateFlush, Status};

    const WINDOW_BITS: u8 = 15;
    let mut state = Inflate::new(true, WINDOW_BITS);
    let mut bytes = vec![0; first_length(input, max_output)];
    let (mut read, mut written) = (0, 0);
    loop {
        let source = input.get(read..).unwrap_or_default();
        let target = bytes.get_mut(written..).unwrap_or_default();
        let status = state.decompress(source, target, InflateFlush::NoFlush);
        read = usize::try_from(state.total_in()).unwrap_or(usize::MAX);
        written = usize::try_from(state.total_out()).unwrap_or(usize::MAX);
        match status {
            Ok(Status::StreamEnd) => {
                return finish(bytes, written, input.len().saturating_sub(read), max_output);
            }
            Ok(_) if written == bytes.len() => {
                bytes.resize(next_length(bytes.len(), max_output)?, 0);
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
fn with_miniz(input: &[u8], max_output: usize) -> Result<Inflated, InflateError> {
    use miniz_oxide::inflate::TINFLStatus as Status;
    use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

    const FLAGS: u32 = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
        | inflate_flags::TINFL_FLAG_COMPUTE_ADLER32
        | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = Box::<DecompressorOxide>::default();
    let mut bytes = vec![0; first_length(input, max_output)];
    let (mut read, mut written) = (0, 0);
    loop {
        let source = input.get(read..).unwrap_or_default();
        let (status, consumed, produced) =
            decompress(&mut state, source, &mut bytes, written, FLAGS);
        read += consumed;
        written += produced;
        match status {
            Status::Done => {
                return finish(bytes, written, input.len().saturating_sub(read), max_output);
            }
            Status::HasMoreOutput => bytes.resize(next_length(bytes.len(), max_output)?, 0),
            Status::NeedsMoreInput | Status::FailedCannotMakeProgress => {
                return Err(InflateError::Truncated { at: input.len() });
            }
            Status::Adler32Mismatch => return Err(InflateError::Checksum),
            _ => return Err(InflateError::Corrupt { at: read }),
        }
    }
}

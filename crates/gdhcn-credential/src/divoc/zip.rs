//! The one file of a DIVOC archive (ZIP; PKWARE APPNOTE 6.3, sections 4.3 to 4.5).
//!
//! A general archive reader would be more than is needed and more to attack: this one finds one
//! entry by its name in the central directory and unpacks it within bounds.

use gdhcn_envelope::inflate::{self, InflateError};

/// The file with the certificate.
const NAME: &[u8] = b"certificate.json";
/// Entries of the directory that are looked at.
const MOST_ENTRIES: usize = 16;

const END: [u8; 4] = *b"PK\x05\x06";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Why an archive does not give its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZipError {
    /// There is no directory at the end.
    #[error("not a ZIP archive, or cut off")]
    NoDirectory,
    /// A header is damaged or points outside.
    #[error("the ZIP archive is damaged")]
    Damaged,
    /// The directory holds no such file.
    #[error("the ZIP archive has no file certificate.json")]
    NoCertificate,
    /// The file is compressed in a way that is not known, or encrypted.
    #[error("certificate.json is packed in a way that is not supported")]
    Method,
    /// The file does not unpack.
    #[error("certificate.json: {0}")]
    Inflate(#[from] InflateError),
    /// The file is longer than the limit.
    #[error("certificate.json is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
}

/// The content of `certificate.json`, of at most `limit` bytes.
pub(super) fn certificate(archive: &[u8], limit: usize) -> Result<Vec<u8>, ZipError> {
    // The end record has 22 bytes and perhaps a comment behind it.
    let tail = archive.len().saturating_sub(22 + usize::from(u16::MAX));
    let tail_bytes = archive.get(tail..).unwrap_or_default();
    let end = tail_bytes.windows(4).rposition(|four| four == END).ok_or(ZipError::NoDirectory)?;
    let end = archive.get(tail + end..).filter(|end| end.len() >= 22);
    let end = end.ok_or(ZipError::NoDirectory)?;
    let mut at = number32(end, 16).ok_or(ZipError::NoDirectory)?;
    for _ in 0..MOST_ENTRIES {
        let header = archive.get(at..).ok_or(ZipError::Damaged)?;
        if !header.starts_with(&CENTRAL) {
            break;
        }
        let length = |at| number16(header, at).map(usize::from).ok_or(ZipError::Damaged);
        let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
        if header.get(46..46 + name) == Some(NAME) {
            return entry(archive, header, limit);
        }
        at = at.saturating_add(46 + name + extra + comment);
    }
    Err(ZipError::NoCertificate)
}

fn entry(archive: &[u8], header: &[u8], limit: usize) -> Result<Vec<u8>, ZipError> {
    let flags = number16(header, 8).ok_or(ZipError::Damaged)?;
    let method = number16(header, 10).ok_or(ZipError::Damaged)?;
    let packed = number32(header, 20).ok_or(ZipError::Damaged)?;
    let offset = number32(header, 42).ok_or(ZipError::Damaged)?;
    if flags & 1 != 0 || !matches!(method, STORED | DEFLATED) {
        return Err(ZipError::Method);
    }
    let local = archive.get(offset..).ok_or(ZipError::Damaged)?;
    if !local.starts_with(&LOCAL) {
        return Err(ZipError::Damaged);
    }
    let length = |at| number16(local, at).map(usize::from).ok_or(ZipError::Damaged);
    let start = 30 + length(26)? + length(28)?;
    let data = local.get(start..start.saturating_add(packed)).ok_or(ZipError::Damaged)?;
    match method {
        STORED if data.len() > limit => Err(ZipError::TooLong { limit }),
        STORED => Ok(data.to_vec()),
        _ => Ok(inflate::raw(data, limit)?.bytes),
    }
}

fn number16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn number32(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)?;
    usize::try_from(number).ok()
}

/// An archive with this one file.
#[cfg(test)]
pub(super) fn archive(name: &[u8], content: &[u8], deflate: bool) -> Vec<u8> {
    let data = if deflate { inflate::deflate_raw(content) } else { content.to_vec() };
    let method: u16 = if deflate { DEFLATED } else { STORED };
    let common = |out: &mut Vec<u8>| {
        out.extend([20, 0, 0, 0]);
        out.extend(method.to_le_bytes());
        out.extend([0; 8]);
        out.extend((data.len() as u32).to_le_bytes());
        out.extend((content.len() as u32).to_le_bytes());
        out.extend((name.len() as u16).to_le_bytes());
        out.extend([0; 2]);
    };
    let mut out = LOCAL.to_vec();
    common(&mut out);
    out.extend(name);
    out.extend(&data);
    let directory = out.len();
    out.extend(CENTRAL);
    out.extend([20, 0]);
    common(&mut out);
    out.extend([0; 14]);
    out.extend(name);
    let size = out.len() - directory;
    out.extend(END);
    out.extend([0; 4]);
    out.extend([1, 0, 1, 0]);
    out.extend((size as u32).to_le_bytes());
    out.extend((directory as u32).to_le_bytes());
    out.extend([0; 2]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_is_found_stored_and_deflated() {
        for deflate in [false, true] {
            let archive = archive(NAME, b"{\"a\":1}", deflate);
            assert_eq!(certificate(&archive, 100).unwrap(), b"{\"a\":1}");
            assert!(certificate(&archive, 3).is_err());
        }
    }

    #[test]
    fn what_is_no_archive_or_another_is_named() {
        assert_eq!(certificate(b"", 9), Err(ZipError::NoDirectory));
        assert_eq!(certificate(b"PK\x05\x06", 9), Err(ZipError::NoDirectory));
        let other = archive(b"other.json", b"{}", false);
        assert_eq!(certificate(&other, 9), Err(ZipError::NoCertificate));
        let sound = archive(NAME, b"{\"a\":1}", true);
        for end in 0..sound.len() {
            assert!(certificate(&sound[..end], 100).is_err());
        }
        for at in 0..sound.len() {
            let mut spoiled = sound.clone();
            spoiled[at] = 0xff;
            let _ = certificate(&spoiled, 100);
        }
    }
}

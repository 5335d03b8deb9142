//! Certificates in files: PEM bundles (RFC 7468) as people and tools write them, or one DER.
//!
//! Reading is tolerant: text before, between and after the blocks, CRLF, blanks at line ends,
//! lines of any length and a byte order mark are taken. Each block has its own result, so that
//! one bad block does not hide the others.

use std::iter::Peekable;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::x509::{self, Certificate, CertificateError};

/// Bounds on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest file in bytes.
    pub max_len: usize,
    /// Most blocks in one file.
    pub max_blocks: usize,
    /// Bounds on each certificate.
    pub certificate: x509::Limits,
}

impl Default for Limits {
    /// 16 MiB, 10 000 blocks, certificates of 64 KiB.
    fn default() -> Self {
        Self { max_len: 16 << 20, max_blocks: 10_000, certificate: x509::Limits::default() }
    }
}

/// One block of a PEM file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The label, such as `CERTIFICATE`.
    pub label: String,
    /// The decoded content.
    pub der: Vec<u8>,
    /// Line of the header, from 1.
    pub line: usize,
}

/// All certificates of a PEM bundle, or the one certificate of a DER file, within the default
/// [`Limits`].
///
/// Blocks with another label and unreadable blocks are errors in their place. An input with
/// nothing in it gives one [`CertificateError::NoneFound`].
pub fn certificates(input: &[u8]) -> Vec<Result<Certificate, CertificateError>> {
    certificates_within(input, &Limits::default())
}

/// Like [`certificates`], with other bounds.
pub fn certificates_within(
    input: &[u8],
    limits: &Limits,
) -> Vec<Result<Certificate, CertificateError>> {
    // A DER certificate begins with a SEQUENCE that is longer than its short form can say. In
    // text, 0x30 would be the digit 0 and no letter follows that is above 0x7f.
    if let [0x30, length, ..] = input
        && *length >= 0x80
    {
        return vec![Certificate::from_der_within(input, &limits.certificate)];
    }
    let found = blocks(input, limits);
    if found.is_empty() {
        return vec![Err(CertificateError::NoneFound)];
    }
    found
        .into_iter()
        .map(|block| {
            let block = block?;
            if LABELS.contains(&block.label.as_str()) {
                Certificate::from_der_within(&block.der, &limits.certificate)
            } else {
                Err(CertificateError::OtherLabel { line: block.line, label: block.label })
            }
        })
        .collect()
}

/// All PEM blocks of a file, whatever their label.
pub fn blocks(input: &[u8], limits: &Limits) -> Vec<Result<Block, CertificateError>> {
    if input.len() > limits.max_len {
        let (found, limit) = (input.len(), limits.max_len);
        return vec![Err(CertificateError::TooLong { found, limit })];
    }
    let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let mut found = Vec::new();
    let mut lines =
        input.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let Some(label) = boundary(line, b"-----BEGIN ") else { continue };
        if found.len() == limits.max_blocks {
            found.push(Err(CertificateError::TooManyBlocks { limit: limits.max_blocks }));
            break;
        }
        let line = index + 1;
        let what = match body(&mut lines, &label) {
            Ok(body) => match STANDARD.decode(body) {
                Ok(der) => {
                    found.push(Ok(Block { label, der, line }));
                    continue;
                }
                Err(_) => "its content is not base64",
            },
            Err(what) => what,
        };
        found.push(Err(CertificateError::Pem { line, what }));
    }
    found
}

/// Writes one PEM block: lines of 64 characters, each ended by LF (RFC 7468, 2).
pub fn encode(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for (index, character) in body.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    if !body.is_empty() {
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// The labels under which certificates are found; the second is of old (RFC 7468, 5.1).
const LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];

/// The label in a line such as `-----BEGIN CERTIFICATE-----`.
fn boundary(line: &[u8], start: &[u8]) -> Option<String> {
    let label = line.strip_prefix(start)?.strip_suffix(b"-----")?;
    (label.len() <= 64).then(|| String::from_utf8_lossy(label).into_owned())
}

/// The lines of a block up to its end, joined.
fn body<'a>(
    lines: &mut Peekable<impl Iterator<Item = (usize, &'a [u8])>>,
    label: &str,
) -> Result<Vec<u8>, &'static str> {
    let mut body = Vec::new();
    // The header of the next block stays where it is, to be read as such.
    while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with(b"-----BEGIN ")) {
        if line.starts_with(b"-----") {
            return match boundary(line, b"-----END ") {
                Some(end) if end == label => Ok(body),
                Some(_) => Err("it ends under another label"),
                None => Err("there is a line of dashes in it"),
            };
        }
        body.extend(line.iter().copied().filter(|byte| !byte.is_ascii_whitespace()));
    }
    Err("it does not end")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(input: &[u8]) -> Vec<String> {
        blocks(input, &Limits::default())
            .into_iter()
            .map(|block| match block {
                Ok(block) => format!("{} {}", block.label, block.der.len()),
                Err(error) => error.to_string(),
            })
            .collect()
    }

    #[test]
    fn reads_what_it_writes() {
        for len in [0, 1, 47, 48, 49, 500] {
            let der = vec![0x5a; len];
            let text = encode("CERTIFICATE", &der);
            assert!(text.lines().all(|line| line.len() <= 64), "{text}");
            let found = blocks(text.as_bytes(), &Limits::default());
            let block = Block { label: "CERTIFICATE".into(), der, line: 1 };
            assert_eq!(found, [Ok(block)]);
        }
    }

    #[test]
    fn takes_byte_order_marks_crlf_blanks_long_lines_and_text_around() {
        let body = STANDARD.encode(vec![7; 200]);
        let text = format!(
            "\u{feff}subject=CN = x\r\n-----BEGIN CERTIFICATE-----\r\n{body} \r\n\r\n\
             -----END CERTIFICATE-----\r\nin between\r\n-----BEGIN A B-----\r\nAAAA\r\n\
             -----END A B-----"
        );
        assert_eq!(labels(text.as_bytes()), ["CERTIFICATE 200", "A B 3"]);
        let glued = format!("\u{feff}{}", encode("CERTIFICATE", &[1]));
        assert_eq!(labels(glued.as_bytes()), ["CERTIFICATE 1"]);
    }

    #[test]
    fn gives_each_bad_block_its_own_error() {
        let text = "-----BEGIN A-----\nAAAA\n-----BEGIN B-----\nAAAA\n-----END C-----\n\
                    -----BEGIN D-----\n****\n-----END D-----\n\
                    -----BEGIN E-----\nAAAA\n-----END E-----\n-----BEGIN F-----\nAAAA";
        let found = labels(text.as_bytes());
        assert_eq!(
            found,
            [
                "line 1: the PEM block cannot be read: it does not end",
                "line 3: the PEM block cannot be read: it ends under another label",
                "line 6: the PEM block cannot be read: its content is not base64",
                "E 3",
                "line 12: the PEM block cannot be read: it does not end",
            ]
        );
    }

    #[test]
    fn says_when_there_is_no_certificate() {
        assert_eq!(certificates(b"placeholder"), [Err(CertificateError::NoneFound)]);
        assert_eq!(certificates(b""), [Err(CertificateError::NoneFound)]);
        let key = encode("PRIVATE KEY", &[0x30, 0]);
        let label = "PRIVATE KEY".into();
        assert_eq!(
            certificates(key.as_bytes()),
            [Err(CertificateError::OtherLabel { line: 1, label })]
        );
        let empty = encode("CERTIFICATE", &[]);
        assert!(matches!(
            certificates(empty.as_bytes())[..],
            [Err(CertificateError::Malformed { .. })]
        ));
    }

    #[test]
    fn stops_at_its_limits() {
        let block = encode("CERTIFICATE", &[0x30, 0]);
        let three = block.repeat(3);
        let limits = Limits { max_blocks: 2, ..Limits::default() };
        let found = certificates_within(three.as_bytes(), &limits);
        assert_eq!(found.len(), 3);
        assert_eq!(found[2], Err(CertificateError::TooManyBlocks { limit: 2 }));
        let limits = Limits { max_len: three.len() - 1, ..Limits::default() };
        assert_eq!(
            certificates_within(three.as_bytes(), &limits),
            [Err(CertificateError::TooLong { found: three.len(), limit: three.len() - 1 })]
        );
        let limits = Limits { certificate: x509::Limits { max_len: 1 }, ..Limits::default() };
        assert_eq!(
            certificates_within(block.as_bytes(), &limits),
            [Err(CertificateError::TooLong { found: 2, limit: 1 })]
        );
    }
}

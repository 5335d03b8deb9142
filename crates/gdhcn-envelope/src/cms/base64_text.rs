use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::cms::CmsError;

/// A base64 text and the bytes that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base64Text {
    /// The decoded bytes.
    pub bytes: Vec<u8>,
    /// The text without line breaks and blanks, which every client of the network can read.
    pub cleaned: String,
}

/// Decodes base64 as the network's gateways do, and a little more.
///
/// Taken are the standard alphabet with or without padding, non-zero unused bits, and CR, LF,
/// space and tab anywhere. Refused are the URL-safe alphabet, surplus padding, data after the
/// padding, raw DER and PEM. The empty text gives no bytes.
///
/// # Errors
///
/// [`CmsError::InvalidBase64`] with the position of the first wrong character.
pub fn decode_base64(text: &[u8]) -> Result<Base64Text, CmsError> {
    let cleaned: Cow<'_, [u8]> = if text.iter().any(is_blank) {
        text.iter().copied().filter(|byte| !is_blank(byte)).collect()
    } else {
        text.into()
    };
    let engine = GeneralPurpose::new(&STANDARD, TOLERANT);
    match engine.decode(&*cleaned) {
        Ok(bytes) => {
            Ok(Base64Text { bytes, cleaned: String::from_utf8_lossy(&cleaned).into_owned() })
        }
        Err(_) => Err(CmsError::InvalidBase64 { at: first_wrong(text), hint: hint(text) }),
    }
}

const TOLERANT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b' ' | b'\t')
}

/// The first character that is not of the alphabet, or else the end, where the padding is wrong.
fn first_wrong(text: &[u8]) -> usize {
    let mut padded = false;
    text.iter()
        .position(|byte| {
            let alphabet = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
            let wrong = if padded { *byte != b'=' } else { !alphabet && *byte != b'=' };
            padded |= *byte == b'=';
            wrong && !is_blank(byte)
        })
        .unwrap_or(text.len())
}

fn hint(text: &[u8]) -> &'static str {
    if text.starts_with(b"-----BEGIN") {
        "this is PEM; send the base64 between its first and last line"
    } else if text.first() == Some(&0x30) && text.iter().any(|byte| !byte.is_ascii()) {
        "this is DER; send it in base64"
    } else if text.iter().any(|byte| matches!(byte, b'-' | b'_')) {
        "this may be the URL-safe alphabet; use the standard one (+ and /)"
    } else {
        "use the standard alphabet, one line, padded with ="
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Option<Vec<u8>> {
        decode_base64(text.as_bytes()).ok().map(|text| text.bytes)
    }

    #[test]
    fn takes_missing_padding_unused_bits_and_blanks() {
        for text in ["QUI=", "QUI", "QUJ=", "QU\r\nI=", " Q U\tI=\n", "QUI=\r\n", "QUI\n="] {
            assert_eq!(bytes(text).as_deref(), Some(&b"AB"[..]), "{text:?}");
        }
        assert_eq!(bytes(""), Some(vec![]));
        assert_eq!(bytes("QR=="), Some(b"A".to_vec()));
    }

    #[test]
    fn cleans_blanks_only() {
        assert_eq!(decode_base64(b"QU\r\nI\n").unwrap().cleaned, "QUI");
        assert_eq!(decode_base64(b"QUI=").unwrap().cleaned, "QUI=");
    }

    #[test]
    fn refuses_other_alphabets_surplus_padding_and_data_after_it() {
        for (text, at) in [
            ("QU-_", 2),
            ("QUJD=", 5),
            ("QUI==", 5),
            ("QQ===", 5),
            ("QUI=QUI=", 4),
            ("Q", 1),
            ("QUI\u{c}=", 3),
            ("=", 1),
        ] {
            match decode_base64(text.as_bytes()) {
                Err(CmsError::InvalidBase64 { at: found, .. }) => assert_eq!(found, at, "{text:?}"),
                other => panic!("{text:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn says_what_the_text_looks_like() {
        for (text, word) in [
            (&b"-----BEGIN CMS-----\nQUI=\n-----END CMS-----\n"[..], "PEM"),
            (&[0x30, 0x82, 1, 0], "DER"),
            (b"QU-_", "URL-safe"),
        ] {
            let error = decode_base64(text).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}

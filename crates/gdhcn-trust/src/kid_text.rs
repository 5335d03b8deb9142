//! The ways in which key identifiers are written.
//!
//! Lists and people write a kid as standard base64, as base64url, with padding or without,
//! percent-encoded in the fragment of a DID, or as a plain name (the United Kingdom used ASCII
//! names). One reader takes them all; one printer shows two forms side by side.

use std::borrow::Cow;
use std::fmt;

use gdhcn_crypto::Kid;

/// Reads a kid in any form that occurs in published lists.
///
/// A leading `#` is dropped, percent-encoding is taken off once, base64 of exactly 8 bytes gives
/// these bytes, and any other text is a name and gives its own bytes.
pub fn parse(text: &str) -> Kid {
    let text = text.strip_prefix('#').unwrap_or(text);
    Kid::from_list_text(&percent_decoded(text))
}

/// A kid as people compare it: base64 as the lists have it, then hexadecimal.
#[derive(Clone, Copy, Debug)]
pub struct BothForms<'a>(pub &'a Kid);

impl fmt::Display for BothForms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0.to_base64(), self.0.to_hex())
    }
}

/// Takes percent-encoding (RFC 3986, 2.1) off once. A text that is not well-formed stays as it is,
/// and `+` stays `+`: this is no form data.
pub fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.first_chunk::<2>().filter(|_| *first == b'%');
        let decoded = digits.and_then(|[high, low]| {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            u8::try_from(16 * digit(*high)? + digit(*low)?).ok()
        });
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 8] = [0xfb, 0xac, 0x36, 0xaf, 0x64, 0x5f, 0x3b, 0xff];

    #[test]
    fn every_written_form_of_a_kid_gives_the_same_bytes() {
        for text in [
            "+6w2r2RfO/8=",
            "-6w2r2RfO_8=",
            "+6w2r2RfO/8",
            "-6w2r2RfO_8",
            "#+6w2r2RfO/8=",
            "%2B6w2r2RfO%2F8%3D",
            "#%2b6w2r2RfO%2f8%3d",
        ] {
            assert_eq!(parse(text).as_bytes(), BYTES, "{text}");
        }
    }

    #[test]
    fn a_name_is_its_own_kid() {
        for name in ["ABCDEFGH", "Key7PHE", "11", "100%", "%zz", "%C3%A9"] {
            let expected = if name == "%C3%A9" { "é" } else { name };
            assert_eq!(parse(name).as_bytes(), expected.as_bytes(), "{name}");
        }
    }

    #[test]
    fn both_forms_stand_side_by_side() {
        assert_eq!(
            BothForms(&Kid::from(&BYTES[..])).to_string(),
            "+6w2r2RfO/8= (fbac36af645f3bff)"
        );
    }

    // A deterministic walk over many kids: every alphabet's special characters come up.
    #[test]
    fn any_kid_survives_every_form() {
        let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let kid = Kid::from(&state.to_be_bytes()[..]);
            let standard = kid.to_base64();
            let url = standard.replace('+', "-").replace('/', "_");
            let encoded = standard.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            for form in [&standard, &url, &encoded, standard.trim_end_matches('=')] {
                assert_eq!(parse(form), kid, "{form}");
            }
        }
    }
}

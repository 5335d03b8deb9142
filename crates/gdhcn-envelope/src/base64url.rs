//! base64url (RFC 4648, 5) as it occurs in the field.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const TOLERANT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Decodes base64url with or without padding and, as some write it, in the standard alphabet;
/// `None` for anything else.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, TOLERANT);
    const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, TOLERANT);
    URL.decode(text).or_else(|_| PLAIN.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn every_form_of_the_field_gives_the_same_bytes() {
        for text in ["-_8", "-_8=", "+/8", "+/8="] {
            assert_eq!(decode(text), Some(vec![0xfb, 0xff]), "{text}");
        }
        for text in ["-/8", "-_9", "*", "-_8=="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}

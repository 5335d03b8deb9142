use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::sha256;

/// Length of a kid that is computed from a certificate.
const COMPUTED_LEN: usize = 8;

const TOLERANT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const TOLERANT_STANDARD: GeneralPurpose = GeneralPurpose::new(&STANDARD, TOLERANT);
const TOLERANT_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, TOLERANT);

/// SHA-256 over the DER bytes of a certificate: its name in the gateway's tables and on the wire.
///
/// Written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// The thumbprint of the certificate with these DER bytes.
    pub fn of(der: &[u8]) -> Self {
        Self(sha256(der))
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The kid that this certificate has by default: the first 8 bytes (HCERT specification, A.1).
    pub fn kid(&self) -> Kid {
        Kid(self.0.iter().take(COMPUTED_LEN).copied().collect())
    }
}

impl From<[u8; 32]> for Thumbprint {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

/// A text that is no thumbprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a thumbprint is 64 hexadecimal digits (SHA-256 of the certificate), not {0:?}")]
pub struct ThumbprintError(String);

impl FromStr for Thumbprint {
    type Err = ThumbprintError;

    /// Reads 64 hexadecimal digits of either case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| ThumbprintError(text.chars().take(80).collect()))?;
        Ok(Self(bytes))
    }
}

/// A key identifier: the bytes by which a signed document names the key that signed it.
///
/// By default the first 8 bytes of the certificate's [`Thumbprint`] (HCERT specification, A.1),
/// but the field also knows other lengths and free texts, so any bytes are allowed. It is a hint
/// for the look-up and no proof: two certificates may share one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kid(Box<[u8]>);

impl Kid {
    /// The computed kid of the certificate with these DER bytes.
    pub fn of_certificate(der: &[u8]) -> Self {
        Thumbprint::of(der).kid()
    }

    /// Reads the text that trust lists and gateways use.
    ///
    /// Base64 of exactly 8 bytes (standard or URL-safe alphabet, padded or not) gives these bytes;
    /// every other text is a custom kid and gives its UTF-8 bytes.
    pub fn from_list_text(text: &str) -> Self {
        [&TOLERANT_STANDARD, &TOLERANT_URL]
            .iter()
            .find_map(|engine| engine.decode(text).ok().filter(|bytes| bytes.len() == COMPUTED_LEN))
            .map_or_else(|| Self::from(text.as_bytes()), Self::from)
    }

    /// The bytes as they stand in the document.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Standard base64 with padding, as trust lists write it.
    pub fn to_base64(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(&self.0)
    }

    /// Lower-case hexadecimal.
    pub fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }
}

impl From<&[u8]> for Kid {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<Vec<u8>> for Kid {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl std::borrow::Borrow<[u8]> for Kid {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_base64_form_of_the_published_lists() {
        // bytes fb ff fe 00 01 02 03 04 need both "+" and "/" in the standard alphabet
        let bytes: &[u8] = &[0xfb, 0xff, 0xfe, 0, 1, 2, 3, 4];
        for text in ["+//+AAECAwQ=", "+//+AAECAwQ", "-__-AAECAwQ=", "-__-AAECAwQ"] {
            assert_eq!(Kid::from_list_text(text).as_bytes(), bytes, "{text}");
        }
        assert_eq!(Kid::from(bytes).to_base64(), "+//+AAECAwQ=");
    }

    #[test]
    fn takes_a_custom_kid_as_its_text() {
        assert_eq!(Kid::from_list_text("ABCDEFGH").as_bytes(), b"ABCDEFGH");
        assert_eq!(Kid::from_list_text("").as_bytes(), b"");
    }

    #[test]
    fn reads_a_thumbprint_of_either_case_and_nothing_else() {
        let thumbprint = Thumbprint::of(b"abc");
        let text = thumbprint.to_string();
        assert_eq!(text.parse(), Ok(thumbprint));
        assert_eq!(text.to_uppercase().parse(), Ok(thumbprint));
        assert!(text[2..].parse::<Thumbprint>().is_err());
        assert!(format!("{text}00").parse::<Thumbprint>().is_err());
        assert_eq!(thumbprint.kid().as_bytes(), &thumbprint.as_bytes()[..8]);
    }
}

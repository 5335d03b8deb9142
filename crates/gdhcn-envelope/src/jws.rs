//! JSON Web Signatures in the compact serialization (RFC 7515, 7.1).
//!
//! Reading keeps the received text: the signature is over it. Which algorithm and key are right is
//! for the format that uses the signature to say.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::json::{self, JsonError, Object, Value};

/// Bounds on a header: no known header parameter of the network's formats nests deeper.
const HEADER_LIMITS: json::Limits =
    json::Limits { bytes: 8 << 10, depth: 4, values: 64, members: 32 };

/// A signature in compact form, read and not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactJws<'a> {
    /// `alg`: the signature algorithm (RFC 7518, 3.1).
    pub algorithm: String,
    /// `kid`
    pub kid: Option<String>,
    /// `zip`: how the payload is compressed.
    pub zip: Option<String>,
    signing_input: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Why a text is no compact JWS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// There are not three parts.
    #[error("{found} parts separated by dots, where a signature has three")]
    Parts {
        /// How many there are.
        found: usize,
    },
    /// A part is not base64url without padding.
    #[error("the {part} is not base64url")]
    Base64 {
        /// `header`, `payload` or `signature`.
        part: &'static str,
    },
    /// The header is not JSON.
    #[error("the header: {0}")]
    Header(#[from] JsonError),
    /// The header is no object, or a parameter is of the wrong type.
    #[error("the header's {parameter:?} is missing or no string")]
    Parameter {
        /// The name of the parameter.
        parameter: &'static str,
    },
    /// The header names something that must be understood and is not (RFC 7515, 4.1.11).
    #[error("the header has critical parameters that are not understood")]
    Critical,
}

impl<'a> CompactJws<'a> {
    /// Reads a signature.
    ///
    /// # Errors
    ///
    /// When the text has not the form `header.payload.signature`, the header is no JSON object
    /// with `alg`, or it holds `crit`.
    pub fn parse(text: &'a str) -> Result<Self, JwsError> {
        let found = text.split('.').count();
        let (Some((signing_input, signature)), 3) = (text.rsplit_once('.'), found) else {
            return Err(JwsError::Parts { found });
        };
        let (header, payload) = signing_input.split_once('.').unwrap_or_default();
        let header = decode(header, "header")?;
        let header = json::parse(&header, &HEADER_LIMITS)?;
        let header = header.as_object().ok_or(JwsError::Parameter { parameter: "alg" })?;
        if header.get("crit").is_some() {
            return Err(JwsError::Critical);
        }
        Ok(Self {
            algorithm: parameter(header, "alg")?.ok_or(JwsError::Parameter { parameter: "alg" })?,
            kid: parameter(header, "kid")?,
            zip: parameter(header, "zip")?,
            signing_input,
            payload: decode(payload, "payload")?,
            signature: decode(signature, "signature")?,
        })
    }

    /// The bytes that are signed (RFC 7515, 5.1).
    pub const fn to_be_signed(&self) -> &'a [u8] {
        self.signing_input.as_bytes()
    }

    /// The payload, still compressed if `zip` says so.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// What is to be signed for this header (JSON) and payload; the signature in base64url, after a
/// dot, completes it.
pub fn signing_input(header: &str, payload: &[u8]) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}

/// The compact form of a signing input with its signature.
pub fn compact(signing_input: &str, signature: &[u8]) -> String {
    format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn decode(text: &str, part: &'static str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JwsError::Base64 { part })
}

fn parameter(header: &Object<'_>, name: &'static str) -> Result<Option<String>, JwsError> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.clone().into_owned())),
        Some(_) => Err(JwsError::Parameter { parameter: name }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_is_read_again() {
        let input = signing_input(r#"{"zip":"DEF","alg":"ES256","kid":"k"}"#, b"payload");
        let text = compact(&input, &[1, 2, 3]);
        let jws = CompactJws::parse(&text).unwrap();
        assert_eq!((jws.algorithm.as_str(), jws.kid.as_deref()), ("ES256", Some("k")));
        assert_eq!(jws.zip.as_deref(), Some("DEF"));
        assert_eq!((jws.payload(), jws.signature()), (&b"payload"[..], &[1, 2, 3][..]));
        assert_eq!(jws.to_be_signed(), input.as_bytes());
    }

    #[test]
    fn each_fault_is_named() {
        let with_header = |header: &str| compact(&signing_input(header, b""), b"");
        for (text, error) in [
            (String::new(), "1 parts separated by dots, where a signature has three"),
            ("a.b.c.d".to_owned(), "4 parts separated by dots, where a signature has three"),
            ("*.e30.".to_owned(), "the header is not base64url"),
            (
                with_header("{}").replacen("..", ".=.", 1),
                "the header's \"alg\" is missing or no string",
            ),
            (with_header("[]"), "the header's \"alg\" is missing or no string"),
            (with_header(r#"{"alg":7}"#), "the header's \"alg\" is missing or no string"),
            (
                with_header(r#"{"alg":"ES256","kid":7}"#),
                "the header's \"kid\" is missing or no string",
            ),
            (
                with_header(r#"{"alg":"ES256","crit":["exp"]}"#),
                "the header has critical parameters that are not understood",
            ),
            (format!("{}*", with_header(r#"{"alg":"ES256"}"#)), "the signature is not base64url"),
            (
                with_header(r#"{"alg":"ES256"}"#).replacen("..", ".=.", 1),
                "the payload is not base64url",
            ),
        ] {
            assert_eq!(CompactJws::parse(&text).expect_err(&text).to_string(), error, "{text}");
        }
        let twice = with_header(r#"{"alg":"ES256","alg":"none"}"#);
        assert!(matches!(CompactJws::parse(&twice), Err(JwsError::Header(_))));
        let long = with_header(&format!(r#"{{"alg":"{}"}}"#, "x".repeat(9000)));
        assert!(matches!(CompactJws::parse(&long), Err(JwsError::Header(_))));
    }
}

//! COSE_Sign1 (RFC 9052, 4.2) as health certificates use it.
//!
//! [`CoseSign1::parse`] keeps the protected header and the payload as received, because the
//! signature is over those bytes. What it accepts is what genuine issuers send:
//!
//! | question | answer |
//! | --- | --- |
//! | tags outside | 18, none, 61 then 18, or 61 alone (CWT, RFC 8392, 6); no other |
//! | protected header | byte string holding a map, or an empty byte string for no header |
//! | unprotected header | a map, or an empty byte string |
//! | kid and alg | the protected one counts, even if wrong; else the unprotected one |
//! | kid as text | read as its UTF-8 bytes, and noted |
//! | `crit` | a fault unless it names only `alg`, `kid` and itself |
//! | a label twice in one header, bytes after the item, strings in chunks | faults |
//!
//! To make one, [`protected_header`] and [`sig_structure`] give the bytes to sign, wherever the
//! key lives, and [`encode`] puts the parts together.

mod header;

pub use header::{HeaderSide, Label};

use gdhcn_crypto::Kid;

use crate::cbor::{CborError, Limits, Reader, Value, bytes_head, write_head};
use header::Header;

/// ECDSA with SHA-256 (RFC 9053, 2.1), the primary algorithm of HCERT.
pub const ES256: i64 = -7;
/// RSASSA-PSS with SHA-256 (RFC 8230, 2), the secondary algorithm of HCERT.
pub const PS256: i64 = -37;

/// CBOR tag of a COSE_Sign1 (RFC 9052, 2).
const TAG_SIGN1: u64 = 18;
/// CBOR tag of a CWT (RFC 8392, 6).
const TAG_CWT: u64 = 61;

/// A parsed COSE_Sign1 whose signature has *not* been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CoseSign1 {
    tagging: Tagging,
    protected: Vec<u8>,
    unprotected: Vec<u8>,
    algorithm: Option<(i64, HeaderSide)>,
    kid: Option<(Kid, HeaderSide)>,
    kid_is_text: bool,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// The tags that stand before the array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagging {
    /// None.
    Untagged,
    /// 18: COSE_Sign1, as HCERT prescribes.
    Sign1,
    /// 61: CWT, without 18.
    Cwt,
    /// 61, then 18.
    CwtSign1,
}

impl CoseSign1 {
    /// Reads a COSE_Sign1, and nothing after it.
    ///
    /// # Errors
    ///
    /// When the bytes are no COSE_Sign1 by the table of this [module](self).
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, CoseError> {
        let mut reader = Reader::new(bytes, limits);
        let tagging = read_tags(&mut reader)?;
        let start = reader.position();
        let length = reader.array_head()?;
        if length != 4 {
            return Err(CoseError::NotFourParts { at: start, found: length });
        }

        let protected = reader.bytes()?;
        let protected_start = reader.position() - protected.len();
        let protected_header = Header::protected(protected, protected_start, limits)?;

        let unprotected_start = reader.position();
        let unprotected = match reader.value()? {
            Value::Map(map) => Header::read(&map, HeaderSide::Unprotected, unprotected_start)?,
            Value::Bytes(bytes) if bytes.is_empty() => Header::default(),
            _ => {
                return Err(CoseError::NotAHeader {
                    at: unprotected_start,
                    side: HeaderSide::Unprotected,
                });
            }
        };
        let unprotected_bytes = reader.since(unprotected_start);

        if reader.peek() == Some(0xf6) {
            return Err(CoseError::Detached { at: reader.position() });
        }
        let payload = reader.bytes()?;
        let signature = reader.bytes()?;
        reader.finish()?;

        let (kid, kid_is_text) = match (protected_header.kid, unprotected.kid) {
            (Some((kid, text)), _) => (Some((kid, HeaderSide::Protected)), text),
            (None, Some((kid, text))) => (Some((kid, HeaderSide::Unprotected)), text),
            (None, None) => (None, false),
        };
        let algorithm = match (protected_header.algorithm, unprotected.algorithm) {
            (Some(algorithm), _) => Some((algorithm, HeaderSide::Protected)),
            (None, other) => other.map(|algorithm| (algorithm, HeaderSide::Unprotected)),
        };
        Ok(Self {
            tagging,
            protected: protected.to_vec(),
            unprotected: unprotected_bytes.to_vec(),
            algorithm,
            kid,
            kid_is_text,
            payload: payload.to_vec(),
            signature: signature.to_vec(),
        })
    }

    /// The tags that stood before it.
    pub const fn tagging(&self) -> Tagging {
        self.tagging
    }

    /// The content of the protected header's byte string, as received.
    pub fn protected(&self) -> &[u8] {
        &self.protected
    }

    /// The unprotected header as received, for display only: nobody signed it.
    pub fn unprotected(&self) -> &[u8] {
        &self.unprotected
    }

    /// The algorithm (label 1), such as [`ES256`].
    pub fn alg(&self) -> Option<i64> {
        self.algorithm.map(|(algorithm, _)| algorithm)
    }

    /// In which header the algorithm stands.
    pub fn alg_side(&self) -> Option<HeaderSide> {
        self.algorithm.map(|(_, side)| side)
    }

    /// The key identifier (label 4).
    pub fn kid(&self) -> Option<&Kid> {
        self.kid.as_ref().map(|(kid, _)| kid)
    }

    /// In which header the key identifier stands.
    pub fn kid_side(&self) -> Option<HeaderSide> {
        self.kid.as_ref().map(|(_, side)| *side)
    }

    /// Whether the key identifier was a text string where a byte string belongs.
    pub const fn kid_is_text(&self) -> bool {
        self.kid_is_text
    }

    /// What is signed: for a health certificate, the CWT claims.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The bytes under the signature: the `Sig_structure` (RFC 9052, 4.4).
    pub fn to_be_signed(&self) -> Vec<u8> {
        sig_structure(&self.protected, &self.payload)
    }
}

/// The protected header that HCERT prescribes: `{1: alg, 4: kid}`.
pub fn protected_header(algorithm: i64, kid: &Kid) -> Vec<u8> {
    Value::map([
        (Value::Unsigned(1), Value::from(algorithm)),
        (Value::Unsigned(4), Value::from(kid.as_bytes())),
    ])
    .to_vec()
}

/// The `Sig_structure` of a COSE_Sign1 (RFC 9052, 4.4), without external data.
pub fn sig_structure(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    const CONTEXT: &[u8] = b"\x6aSignature1";
    let mut out = Vec::with_capacity(CONTEXT.len() + protected.len() + payload.len() + 12);
    write_head(&mut out, 4, 4);
    out.extend_from_slice(CONTEXT);
    write_bytes(&mut out, protected);
    write_bytes(&mut out, &[]);
    write_bytes(&mut out, payload);
    out
}

/// A COSE_Sign1 as HCERT prescribes: tag 18, empty unprotected header.
pub fn encode(protected: &[u8], payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(protected.len() + payload.len() + signature.len() + 16);
    write_head(&mut out, 6, TAG_SIGN1);
    write_head(&mut out, 4, 4);
    write_bytes(&mut out, protected);
    write_head(&mut out, 5, 0);
    write_bytes(&mut out, payload);
    write_bytes(&mut out, signature);
    out
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    bytes_head(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn read_tags(reader: &mut Reader<'_>) -> Result<Tagging, CoseError> {
    let mut at = reader.position();
    let mut tag = reader.tag()?;
    let mut inside_cwt = false;
    if tag == Some(TAG_CWT) {
        inside_cwt = true;
        at = reader.position();
        tag = reader.tag()?;
    }
    match (tag, inside_cwt) {
        (None, false) => Ok(Tagging::Untagged),
        (None, true) => Ok(Tagging::Cwt),
        (Some(TAG_SIGN1), false) => Ok(Tagging::Sign1),
        (Some(TAG_SIGN1), true) => Ok(Tagging::CwtSign1),
        (Some(tag), _) => Err(CoseError::UnexpectedTag { at, tag }),
    }
}

/// Why bytes are no COSE_Sign1. Offsets are from the start of the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoseError {
    /// The bytes are not the CBOR called for.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// A tag that does not belong before a COSE_Sign1.
    #[error("CBOR tag {tag} at byte {at}, where only 18 (COSE_Sign1) or 61 (CWT) may stand")]
    UnexpectedTag {
        /// Offset of the tag.
        at: usize,
        /// The tag.
        tag: u64,
    },
    /// The array has not the four parts of a COSE_Sign1.
    #[error("an array of {found} parts at byte {at}, where a COSE_Sign1 has 4")]
    NotFourParts {
        /// Offset of the array.
        at: usize,
        /// How many parts it has.
        found: u64,
    },
    /// A header is neither a map nor empty.
    #[error("the {side} header at byte {at} is not a map")]
    NotAHeader {
        /// Offset of the header.
        at: usize,
        /// Which header.
        side: HeaderSide,
    },
    /// A label stands twice in one header.
    #[error("a label stands twice in the {side} header, at byte {at}")]
    DuplicateLabel {
        /// Offset of the second.
        at: usize,
        /// Which header.
        side: HeaderSide,
    },
    /// A header parameter has a value of the wrong kind.
    #[error("the {label} in the {side} header at byte {at} has a value of the wrong kind")]
    WrongKind {
        /// Offset of the header.
        at: usize,
        /// Which header.
        side: HeaderSide,
        /// Which parameter.
        label: Label,
    },
    /// The header names parameters that must be understood, and we do not know them all.
    #[error("the {side} header at byte {at} calls parameters critical that are not known here")]
    Critical {
        /// Offset of the header.
        at: usize,
        /// Which header.
        side: HeaderSide,
    },
    /// The payload is to be found elsewhere.
    #[error("the payload at byte {at} is absent (detached), so there is nothing to verify")]
    Detached {
        /// Where the payload should be.
        at: usize,
    },
}

impl CoseError {
    /// Where the fault lies.
    pub const fn offset(self) -> usize {
        match self {
            Self::Cbor(error) => error.offset,
            Self::UnexpectedTag { at, .. }
            | Self::NotFourParts { at, .. }
            | Self::NotAHeader { at, .. }
            | Self::DuplicateLabel { at, .. }
            | Self::WrongKind { at, .. }
            | Self::Critical { at, .. }
            | Self::Detached { at } => at,
        }
    }
}

#[cfg(test)]
mod tests;

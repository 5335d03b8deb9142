use std::fmt;

use gdhcn_crypto::Kid;

use super::CoseError;
use crate::cbor::{CborError, Limits, Map, Value, decode};

/// One of the two headers of a COSE message (RFC 9052, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderSide {
    /// Under the signature.
    Protected,
    /// Not under the signature.
    Unprotected,
}

impl fmt::Display for HeaderSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Protected => "protected",
            Self::Unprotected => "unprotected",
        })
    }
}

/// The header parameters that are looked at (RFC 9052, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// 1: `alg`
    Algorithm,
    /// 2: `crit`
    Critical,
    /// 4: `kid`
    Kid,
}

impl Label {
    const ALL: [Self; 3] = [Self::Algorithm, Self::Critical, Self::Kid];

    const fn number(self) -> i64 {
        match self {
            Self::Algorithm => 1,
            Self::Critical => 2,
            Self::Kid => 4,
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "algorithm (label 1)",
            Self::Critical => "list of critical labels (label 2)",
            Self::Kid => "key identifier (label 4)",
        })
    }
}

/// What a header says about the signature.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) algorithm: Option<i64>,
    /// The kid, and whether it was written as text.
    pub(super) kid: Option<(Kid, bool)>,
}

impl Header {
    /// Reads the content of the protected header's byte string, which begins at offset `start`.
    pub(super) fn protected(
        bytes: &[u8],
        start: usize,
        limits: &Limits,
    ) -> Result<Self, CoseError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let value = decode(bytes, limits).map_err(|CborError { offset, fault }| {
            CoseError::Cbor(CborError { offset: start + offset, fault })
        })?;
        let Value::Map(map) = value else {
            return Err(CoseError::NotAHeader { at: start, side: HeaderSide::Protected });
        };
        let at = map.duplicate().map(|at| start + at);
        Self::of_map(&map, HeaderSide::Protected, start, at)
    }

    /// Reads a header map, which begins at offset `at`.
    pub(super) fn read(map: &Map<'_>, side: HeaderSide, at: usize) -> Result<Self, CoseError> {
        Self::of_map(map, side, at, map.duplicate())
    }

    fn of_map(
        map: &Map<'_>,
        side: HeaderSide,
        at: usize,
        duplicate: Option<usize>,
    ) -> Result<Self, CoseError> {
        if let Some(at) = duplicate {
            return Err(CoseError::DuplicateLabel { at, side });
        }
        let wrong = |label| CoseError::WrongKind { at, side, label };
        if let Some(critical) = map.get_int(Label::Critical.number()) {
            let labels = critical.as_array().ok_or(wrong(Label::Critical))?;
            let is_known = |label: &Value<'_>| {
                Label::ALL.iter().any(|known| label.as_i64() == Some(known.number()))
            };
            if labels.is_empty() || !labels.iter().all(is_known) {
                return Err(CoseError::Critical { at, side });
            }
        }
        let algorithm = map
            .get_int(Label::Algorithm.number())
            .map(|value| match value {
                // A name (RFC 9052, 3.1) or a number beyond all that are assigned: an algorithm
                // that nobody here knows, which is for the format to refuse.
                Value::Text(_) => Ok(i64::MAX),
                Value::Unsigned(_) | Value::Negative(_) => Ok(value.as_i64().unwrap_or(i64::MAX)),
                _ => Err(wrong(Label::Algorithm)),
            })
            .transpose()?;
        let kid = match map.get_int(Label::Kid.number()) {
            None => None,
            Some(Value::Bytes(bytes)) => Some((Kid::from(&**bytes), false)),
            Some(Value::Text(text)) => Some((Kid::from(text.as_bytes()), true)),
            Some(_) => return Err(wrong(Label::Kid)),
        };
        Ok(Self { algorithm, kid })
    }
}

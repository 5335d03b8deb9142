use std::collections::BTreeSet;

use gdhcn_envelope::cbor::{CborError, Map, Reader, Value, decode};
use jiff::Timestamp;

use crate::time_claim::Form;
use crate::{Ddcc, HealthDocument, Limits, SubclaimKey, TimeClaim, ddcc};

/// Claim keys (RFC 8392, 4; HCERT specification, 3.3).
const ISSUER: i64 = 1;
const EXPIRES_AT: i64 = 4;
const NOT_BEFORE: i64 = 5;
const ISSUED_AT: i64 = 6;
const HCERT: i64 = -260;

/// The signed claims of an HC1 code (HCERT specification 1.1.1, 3.3; CWT, RFC 8392).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Cwt {
    /// `iss` (1): by HCERT the two-letter code of the issuing participant. A claim, not a proof.
    pub issuer: Option<String>,
    /// `iat` (6)
    pub issued_at: TimeClaim,
    /// `exp` (4)
    pub expires_at: TimeClaim,
    /// `nbf` (5), which an ICVP may use for the first day of validity.
    pub not_before: TimeClaim,
    /// The health documents in `hcert` (-260), in their order. Empty if there is no such claim.
    pub subclaims: Vec<Subclaim>,
    /// Oddities that do not stop reading.
    pub warnings: Vec<CwtWarning>,
}

/// A health document and the key under which it stands in `hcert`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Subclaim {
    /// The key.
    pub key: SubclaimKey,
    /// The document.
    pub document: HealthDocument,
}

impl Cwt {
    /// Reads the payload of the COSE_Sign1.
    ///
    /// # Errors
    ///
    /// When it is no CBOR map of claims, or a claim or subclaim stands in it twice.
    pub fn parse(payload: &[u8], limits: &Limits) -> Result<Self, CwtError> {
        let mut reader = Reader::new(payload, &limits.cbor);
        let claims = unwrapped(reader.value()?, limits)?;
        let Value::Map(claims) = claims else { return Err(CwtError::NotAMap) };
        let mut warnings = Vec::new();
        if reader.remaining() > 0 {
            warnings.push(CwtWarning::TrailingBytes(reader.remaining()));
        }
        if let Some(at) = claims.duplicate() {
            return Err(CwtError::DuplicateClaim { at });
        }
        let keys = Keys::of(&claims);
        if keys == Keys::Text {
            warnings.push(CwtWarning::TextKeys);
        }
        let issuer = match keys.find(&claims, ISSUER) {
            None => None,
            Some(Value::Text(issuer)) => Some(issuer.clone().into_owned()),
            Some(_) => {
                warnings.push(CwtWarning::IssuerNotText);
                None
            }
        };
        let mut time = |key, name| {
            let (claim, form) = TimeClaim::read(keys.find(&claims, key));
            if form == Form::Text && claim.at().is_some() {
                warnings.push(CwtWarning::TimeAsText(name));
            }
            claim
        };
        let issued_at = time(ISSUED_AT, "iat");
        let expires_at = time(EXPIRES_AT, "exp");
        let not_before = time(NOT_BEFORE, "nbf");
        let subclaims = match keys.find(&claims, HCERT) {
            Some(hcert) => {
                let (subclaims, has_text_keys) = subclaims(hcert, limits)?;
                if has_text_keys && keys == Keys::Integer {
                    warnings.push(CwtWarning::TextKeys);
                }
                subclaims
            }
            None => {
                let flat = Ddcc::read_flat(&claims);
                if flat.is_some() {
                    warnings.push(CwtWarning::LegacyLayout);
                }
                let key = |ddcc: &Ddcc| match ddcc.kind {
                    ddcc::Kind::VaccinationStatus => SubclaimKey::DDCC_VACCINATION,
                    ddcc::Kind::TestResult => SubclaimKey::DDCC_TEST,
                };
                let subclaim = |ddcc: Ddcc| Subclaim {
                    key: key(&ddcc),
                    document: HealthDocument::Ddcc(Box::new(ddcc)),
                };
                flat.map(subclaim).into_iter().collect()
            }
        };
        Ok(Self { issuer, issued_at, expires_at, not_before, subclaims, warnings })
    }
}

/// How the keys of the claims are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// As integers, as they should be.
    Integer,
    /// All as texts of digits; a pilot of 2025 did so.
    Text,
}

impl Keys {
    fn of(claims: &Map<'_>) -> Self {
        let has_integer = claims.entries().iter().any(|(key, _)| key.as_i64().is_some());
        if !has_integer && claims.get("-260").is_some() { Self::Text } else { Self::Integer }
    }

    fn find<'m, 'b>(self, claims: &'m Map<'b>, key: i64) -> Option<&'m Value<'b>> {
        match self {
            Self::Integer => claims.get_int(key),
            Self::Text => claims.get(&key.to_string()),
        }
    }
}

/// The subclaims, and whether a key of theirs is written as text.
fn subclaims(hcert: &Value<'_>, limits: &Limits) -> Result<(Vec<Subclaim>, bool), CwtError> {
    if let Value::Bytes(bytes) = hcert {
        // Not wrapped twice: `nested` refuses it.
        return subclaims(&nested(bytes, limits)?, limits);
    }
    let Value::Map(map) = hcert else { return Err(CwtError::HcertNotAMap) };
    if map.duplicate().is_some() {
        return Err(CwtError::DuplicateSubclaim);
    }
    let read = |(key, value): &(Value<'_>, Value<'_>)| subclaim(key, value, limits);
    let subclaims = map.entries().iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // The same number may be written as integer and as text.
    let mut seen = BTreeSet::new();
    if subclaims.len() > 1 && !subclaims.iter().all(|subclaim| seen.insert(subclaim.key)) {
        return Err(CwtError::DuplicateSubclaim);
    }
    let has_text_keys = map.entries().iter().any(|(key, _)| key.as_text().is_some());
    Ok((subclaims, has_text_keys))
}

fn subclaim(key: &Value<'_>, value: &Value<'_>, limits: &Limits) -> Result<Subclaim, CwtError> {
    let canonical =
        |text: &str| text.parse().ok().filter(|number: &i64| number.to_string() == text);
    let number = key.as_i64().or_else(|| canonical(key.as_text()?));
    let key = SubclaimKey(number.ok_or(CwtError::SubclaimKey)?);
    let document = match value {
        Value::Bytes(bytes) => HealthDocument::read(key, &nested(bytes, limits)?),
        value => HealthDocument::read(key, value),
    };
    Ok(Subclaim { key, document })
}

/// The CBOR inside a byte string, which some issuers put around a part.
fn nested<'b>(bytes: &'b [u8], limits: &Limits) -> Result<Value<'b>, CwtError> {
    match decode(bytes, &limits.cbor)? {
        // One wrapping is tolerated; a chain of them would only serve to escape the depth limit.
        Value::Bytes(_) => Err(CwtError::NotAMap),
        value => Ok(value),
    }
}

fn unwrapped<'b>(value: Value<'b>, limits: &Limits) -> Result<Value<'b>, CwtError> {
    match value {
        Value::Bytes(bytes) => nested(&bytes, limits).map(Value::into_owned),
        other => Ok(other),
    }
}

/// The claims to be signed.
#[derive(Clone, Debug, PartialEq)]
pub struct CwtClaims<'a> {
    /// `iss`: the two-letter code of the issuing participant.
    pub issuer: &'a str,
    /// `iat`
    pub issued_at: Timestamp,
    /// `exp`
    pub expires_at: Timestamp,
    /// `nbf`, if it is to be written.
    pub not_before: Option<Timestamp>,
    /// The key of the health document.
    pub key: SubclaimKey,
    /// The health document.
    pub document: Value<'a>,
}

impl CwtClaims<'_> {
    /// The payload of the COSE_Sign1: deterministic CBOR, times as whole seconds.
    pub fn to_vec(&self) -> Vec<u8> {
        let hcert = Value::map([(Value::from(self.key.0), self.document.clone())]);
        let mut claims = vec![
            (Value::from(ISSUER), Value::from(self.issuer)),
            (Value::from(EXPIRES_AT), Value::from(self.expires_at.as_second())),
            (Value::from(ISSUED_AT), Value::from(self.issued_at.as_second())),
            (Value::from(HCERT), hcert),
        ];
        if let Some(not_before) = self.not_before {
            claims.push((Value::from(NOT_BEFORE), Value::from(not_before.as_second())));
        }
        Value::map(claims).to_vec()
    }
}

/// Something odd about the claims that does not stop reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CwtWarning {
    /// Bytes follow the map of claims.
    #[error("{0} bytes follow the claims")]
    TrailingBytes(usize),
    /// Keys of claims or subclaims are texts of digits in place of integers.
    #[error("keys are written as texts instead of integers")]
    TextKeys,
    /// `iss` is not a text.
    #[error("the claim iss is not a text")]
    IssuerNotText,
    /// A time claim is written as text.
    #[error("the claim {0} is written as text instead of a number")]
    TimeAsText(&'static str),
    /// The first WHO layout of 2021: the document itself in place of claims, without any times.
    #[error("a WHO document of the first layout, which carries neither issuer nor times")]
    LegacyLayout,
}

/// Why the claims cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CwtError {
    /// The payload is no CBOR.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// The payload is CBOR, but no map.
    #[error("the payload is not a map of claims")]
    NotAMap,
    /// A claim stands twice.
    #[error("a claim stands twice, at byte {at} of the payload")]
    DuplicateClaim {
        /// Offset of the second.
        at: usize,
    },
    /// The claim `hcert` is no map.
    #[error("the claim hcert (-260) is not a map")]
    HcertNotAMap,
    /// A subclaim stands twice.
    #[error("a health document stands twice in the claim hcert (-260)")]
    DuplicateSubclaim,
    /// The key of a subclaim is no integer.
    #[error("a key in the claim hcert (-260) is not an integer")]
    SubclaimKey,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TimeFault;

    fn parse(claims: &[(i64, Value<'_>)]) -> Result<Cwt, CwtError> {
        let claims = claims.iter().map(|(key, value)| (Value::from(*key), value.clone()));
        Cwt::parse(&Value::map(claims).to_vec(), &Limits::default())
    }

    fn hcert(key: i64) -> Value<'static> {
        Value::map([(Value::from(key), Value::map([]))])
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let claims = CwtClaims {
            issuer: "XA",
            issued_at: at(1_700_000_000),
            expires_at: at(1_800_000_000),
            not_before: Some(at(1_750_000_000)),
            key: SubclaimKey(-9),
            document: Value::from("anything"),
        };
        let cwt = Cwt::parse(&claims.to_vec(), &Limits::default()).unwrap();
        assert_eq!(cwt.issuer.as_deref(), Some("XA"));
        assert_eq!(cwt.issued_at, TimeClaim::At(claims.issued_at));
        assert_eq!(cwt.expires_at, TimeClaim::At(claims.expires_at));
        assert_eq!(cwt.not_before, TimeClaim::At(at(1_750_000_000)));
        assert_eq!(cwt.warnings, []);
        let HealthDocument::Unsupported(document) = &cwt.subclaims[0].document else {
            panic!("key -9 is not supported")
        };
        assert_eq!(document.content, Value::from("anything"));
    }

    #[test]
    fn each_subclaim_is_read_by_its_key() {
        let kind = |key| match &parse(&[(HCERT, hcert(key))]).unwrap().subclaims[0].document {
            HealthDocument::Dcc(_) => "dcc",
            HealthDocument::Icvp(_) => "icvp",
            HealthDocument::Link(_) => "link",
            _ => "unsupported",
        };
        assert_eq!(
            [1, -6, 5, 3, 4, 2, -1].map(kind),
            [
                "dcc",
                "icvp",
                "unsupported",
                "unsupported",
                "unsupported",
                "unsupported",
                "unsupported"
            ]
        );
        let link = Value::map([(Value::Unsigned(5), Value::from("shlink:/e30"))]);
        let cwt = parse(&[(HCERT, link)]).unwrap();
        assert!(matches!(&cwt.subclaims[0].document, HealthDocument::Link(_)));
    }

    #[test]
    fn parts_wrapped_once_in_a_byte_string_are_read() {
        let dcc = Value::from(Value::map([]).to_vec());
        let wrapped = Value::from(Value::map([(Value::Unsigned(1), dcc)]).to_vec());
        let cwt = parse(&[(HCERT, wrapped.clone())]).unwrap();
        assert!(matches!(&cwt.subclaims[0].document, HealthDocument::Dcc(_)));
        let twice = Value::from(wrapped.to_vec());
        assert_eq!(parse(&[(HCERT, twice)]), Err(CwtError::NotAMap));
    }

    #[test]
    fn a_claim_or_subclaim_that_stands_twice_is_refused() {
        let twice = [(ISSUED_AT, Value::Unsigned(1)), (ISSUED_AT, Value::Unsigned(2))];
        assert_eq!(parse(&twice), Err(CwtError::DuplicateClaim { at: 3 }));
        let twice = Value::map([
            (Value::Unsigned(1), Value::map([])),
            (Value::Unsigned(1), Value::map([])),
        ]);
        assert_eq!(parse(&[(HCERT, twice)]), Err(CwtError::DuplicateSubclaim));
    }

    #[test]
    fn keys_written_as_text_are_read_with_a_warning() {
        let hcert = Value::map([(Value::from("5"), Value::from("shlink:/e30"))]);
        let claims = [(Value::from("-260"), hcert), (Value::from("6"), Value::Unsigned(7))];
        let cwt = Cwt::parse(&Value::map(claims).to_vec(), &Limits::default()).unwrap();
        assert_eq!(cwt.warnings, [CwtWarning::TextKeys]);
        assert_eq!(cwt.issued_at, TimeClaim::At(Timestamp::from_second(7).unwrap()));
        assert_eq!(cwt.subclaims[0].key, SubclaimKey::HEALTH_LINK);
        let both = Value::map([(Value::from("1"), Value::Null), (Value::Unsigned(1), Value::Null)]);
        assert_eq!(parse(&[(HCERT, both)]), Err(CwtError::DuplicateSubclaim));
    }

    #[test]
    fn oddities_are_warnings_and_faults_are_errors() {
        let odd = parse(&[(ISSUER, Value::Unsigned(7)), (ISSUED_AT, Value::from("1700000000"))]);
        let odd = odd.unwrap();
        assert_eq!(odd.warnings, [CwtWarning::IssuerNotText, CwtWarning::TimeAsText("iat")]);
        assert_eq!(odd.subclaims, []);
        let nan = parse(&[(EXPIRES_AT, Value::Float(f64::NAN))]).unwrap();
        assert_eq!(nan.expires_at, TimeClaim::Unreadable { why: TimeFault::NotFinite });

        let limits = Limits::default();
        let trailing = Cwt::parse(&[0xa0, 0, 0], &limits).unwrap();
        assert_eq!(trailing.warnings, [CwtWarning::TrailingBytes(2)]);
        assert_eq!(Cwt::parse(&[0x80], &limits), Err(CwtError::NotAMap));
        assert!(matches!(Cwt::parse(&[0xff], &limits), Err(CwtError::Cbor(_))));
        assert_eq!(parse(&[(HCERT, Value::Array(vec![]))]), Err(CwtError::HcertNotAMap));
        let no_number = Value::map([(Value::from("dcc"), Value::Null)]);
        assert_eq!(parse(&[(HCERT, no_number)]), Err(CwtError::SubclaimKey));
        let legacy = ["name", "vaccine"].map(|member| (Value::from(member), Value::from("x")));
        let legacy = Cwt::parse(&Value::map(legacy).to_vec(), &limits).unwrap();
        assert_eq!(legacy.warnings, [CwtWarning::LegacyLayout]);
        assert_eq!(legacy.subclaims[0].key, SubclaimKey::DDCC_VACCINATION);
    }
}

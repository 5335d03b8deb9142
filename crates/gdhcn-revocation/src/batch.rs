//! A batch of revoked certificates, and the request to withdraw one.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use gdhcn_envelope::json::{self, JsonError, Limits, Object, Value};
use gdhcn_envelope::violation::Violations;
use jiff::Timestamp;

/// Most hashes of one batch.
pub const ENTRIES: usize = 1000;

/// The first 16 bytes of a SHA-256.
pub type Hash = [u8; 16];

/// Base64 of a hash has four bits that mean nothing, and clients do not agree that they are zero.
const HASH_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// A batch as a participant signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Batch {
    /// `country`: the two characters of the sender.
    pub country: String,
    /// `expires`: when the batch may be thrown away.
    pub expires: Timestamp,
    /// `kid` of the signer of the revoked certificates, 11 or 12 characters; `UNKNOWN_KID` is
    /// used where it is not known.
    pub kid: Option<String>,
    /// `hashType`: what the hashes are of.
    pub hash_type: HashType,
    /// `entries`: the hashes. An entry without a hash counts, and is `None`.
    pub entries: Vec<Option<Hash>>,
}

/// What of a certificate is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HashType {
    /// The signature; of ECDSA its first half.
    Signature,
    /// The identifier of the certificate.
    Uci,
    /// The country and the identifier of the certificate.
    CountryCodeUci,
}

impl HashType {
    const ALL: [Self; 3] = [Self::Signature, Self::Uci, Self::CountryCodeUci];

    /// The text in batches.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "SIGNATURE",
            Self::Uci => "UCI",
            Self::CountryCodeUci => "COUNTRYCODEUCI",
        }
    }

    /// The type with this text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

impl fmt::Display for HashType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Batch {
    /// Bounds on the JSON of a batch: a thousand entries with much beside them.
    pub const LIMITS: Limits = Limits { bytes: 1 << 20, depth: 16, values: 20_000, members: 100 };

    /// Judges what a participant of `country` has sent: the JSON, the end, the values and the
    /// country, in the order of the reference gateway. The first failing step decides; of the
    /// values all violations are named.
    ///
    /// # Errors
    ///
    /// See [`BatchError`].
    pub fn accept(
        text: &[u8],
        country: &str,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<Self, BatchError> {
        let document = json::parse(text, limits)?;
        let batch = Unchecked::read(&document)?;
        if let Some(expires) = batch.expires.filter(|expires| *expires <= now) {
            return Err(BatchError::Expired { expires });
        }
        let batch = batch.check()?;
        if batch.country != country {
            return Err(BatchError::Country { found: batch.country, country: country.to_owned() });
        }
        Ok(batch)
    }

    /// Reads a batch that was accepted once, whosever it is and whether or not it has ended.
    ///
    /// # Errors
    ///
    /// See [`BatchError`]: the JSON, the form or the values.
    pub fn read(text: &[u8], limits: &Limits) -> Result<Self, BatchError> {
        Unchecked::read(&json::parse(text, limits)?)?.check()
    }
}

/// The members in their JSON types, and nothing more known of them.
struct Unchecked<'d> {
    country: Option<&'d str>,
    expires: Option<Timestamp>,
    kid: Option<&'d str>,
    hash_type: Option<HashType>,
    entries: Option<&'d [Value<'d>]>,
}

impl<'d> Unchecked<'d> {
    fn read(document: &'d Value<'d>) -> Result<Self, BatchError> {
        let object = document.as_object().ok_or(BatchError::NotAnObject)?;
        Ok(Self {
            country: text(object, "country")?,
            expires: of_text(object, "expires", INSTANT, |text| text.parse().ok())?,
            kid: text(object, "kid")?,
            hash_type: of_text(object, "hashType", HASH_TYPES, HashType::from_text)?,
            entries: present(object, "entries")
                .map(|value| value.as_list().ok_or(wrong("entries", "a list")))
                .transpose()?,
        })
    }

    fn check(self) -> Result<Batch, BatchError> {
        let mut violations = Violations::default();
        let country = self.country.filter(|country| country.chars().count() == 2);
        let country = violations.need(country, "country", "must have two characters");
        let expires = violations.need(self.expires, "expires", INSTANT);
        if self.kid.is_some_and(|kid| !(11..=12).contains(&kid.chars().count())) {
            violations.add("kid", "must have 11 or 12 characters");
        }
        let hash_type = violations.need(self.hash_type, "hashType", HASH_TYPES);
        let items = self.entries.filter(|items| (1..=ENTRIES).contains(&items.len()));
        let items = violations.need(items, "entries", "must have 1 to 1000 items");
        let entries = entries(items.unwrap_or_default(), &mut violations)?;
        let (Some(country), Some(expires), Some(hash_type), true) =
            (country, expires, hash_type, violations.is_empty())
        else {
            return Err(BatchError::Values(violations));
        };
        Ok(Batch {
            country: country.to_owned(),
            expires,
            kid: self.kid.map(str::to_owned),
            hash_type,
            entries,
        })
    }
}

const INSTANT: &str = "must be an instant with offset, such as 2021-11-01T00:00:00Z";
const HASH_TYPES: &str = "must be SIGNATURE, UCI or COUNTRYCODEUCI";

fn entries(
    items: &[Value<'_>],
    violations: &mut Violations,
) -> Result<Vec<Option<Hash>>, BatchError> {
    let mut entries = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let Some(entry) = item.as_object() else {
            return Err(wrong("entries", "each item must be an object with a hash"));
        };
        let text = text(entry, "hash")?;
        let hash = text.and_then(hash);
        if text.is_some() && hash.is_none() {
            let member = format!("Batch Entry {at}: hash");
            violations.add(member, "must be 16 bytes in Base64, 24 characters");
        }
        entries.push(hash);
    }
    Ok(entries)
}

fn hash(text: &str) -> Option<Hash> {
    HASH_BASE64.decode(text).ok()?.try_into().ok()
}

/// A member that is there and not null.
fn present<'d>(object: &'d Object<'d>, member: &str) -> Option<&'d Value<'d>> {
    object.get(member).filter(|value| !matches!(value, Value::Null))
}

fn text<'d>(object: &'d Object<'d>, member: &'static str) -> Result<Option<&'d str>, BatchError> {
    present(object, member)
        .map(|value| value.as_text().ok_or(wrong(member, "must be a text")))
        .transpose()
}

fn of_text<T>(
    object: &Object<'_>,
    member: &'static str,
    wanted: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, BatchError> {
    text(object, member)?.map(|text| read(text).ok_or(wrong(member, wanted))).transpose()
}

fn wrong(member: &'static str, wanted: &'static str) -> BatchError {
    BatchError::Form { member, wanted }
}

/// Why a batch, or a request to withdraw one, is not accepted; in the order of the steps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// It is not one JSON document within the limits.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The document is a list or a plain value.
    #[error("the message must hold a JSON object")]
    NotAnObject,
    /// A member has another form than the one that is known.
    #[error("{member}: {wanted}")]
    Form {
        /// The member.
        member: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// The batch has ended already.
    #[error("the batch ended at {expires}")]
    Expired {
        /// The end.
        expires: Timestamp,
    },
    /// Members break constraints.
    #[error("{0}")]
    Values(Violations),
    /// The batch is another country's.
    #[error("the batch is of {found:?}, the client is of {country}")]
    Country {
        /// The country in the batch.
        found: String,
        /// The participant.
        country: String,
    },
}

/// Reads the request to withdraw a batch: `{"batchId":"…"}`. A request without an identifier is
/// one for a batch that does not exist.
///
/// # Errors
///
/// [`BatchError::Values`] when the identifier is no UUID in lower-case digits; the form's errors
/// as of a batch.
pub fn withdrawal(message: &[u8], limits: &Limits) -> Result<Option<String>, BatchError> {
    let document = json::parse(message, limits)?;
    let object = document.as_object().ok_or(BatchError::NotAnObject)?;
    let identifier = text(object, "batchId")?;
    if identifier.is_none_or(is_batch_id) {
        return Ok(identifier.map(str::to_owned));
    }
    let mut violations = Violations::default();
    violations.add("batchId", "must be a UUID in lower-case digits");
    Err(BatchError::Values(violations))
}

/// Whether a text has the form of a batch's identifier: a UUID in lower-case digits.
pub fn is_batch_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const HASH: &str = "KaBXv0wZrJ3vSbHQFpMEtQ==";

    fn valid() -> Json {
        json!({
            "country": "DE",
            "expires": "2021-11-01T00:00:00Z",
            "kid": "UNKNOWN_KID",
            "hashType": "SIGNATURE",
            "entries": [{"hash": HASH}, {"hash": HASH, "note": 1}],
            "unknown": {"member": []}
        })
    }

    fn with(member: &str, value: Json) -> Json {
        let mut document = valid();
        document[member] = value;
        document
    }

    fn accept(document: &Json) -> Result<Batch, BatchError> {
        let now = "2021-10-01T00:00:00Z".parse().unwrap();
        Batch::accept(document.to_string().as_bytes(), "DE", now, &Batch::LIMITS)
    }

    fn named(document: &Json) -> Vec<String> {
        match accept(document) {
            Err(BatchError::Values(violations)) => {
                violations.iter().map(|violation| violation.member.clone()).collect()
            }
            other => panic!("{document}: {other:?}"),
        }
    }

    #[test]
    fn reads_a_batch() {
        let batch = accept(&valid()).unwrap();
        assert_eq!(batch.hash_type, HashType::Signature);
        assert_eq!(batch.kid.as_deref(), Some("UNKNOWN_KID"));
        assert_eq!(batch.entries.len(), 2);
        assert_eq!(batch.entries[0].unwrap()[..2], [0x29, 0xa0]);
        for hash_type in HashType::ALL {
            let batch = accept(&with("hashType", json!(hash_type.as_str()))).unwrap();
            assert_eq!(batch.hash_type, hash_type);
        }
    }

    #[test]
    fn an_ended_batch_of_anybody_can_be_read_again() {
        let ended = with("expires", json!("2001-01-01T00:00:00Z"));
        let read = |document: &Json| Batch::read(document.to_string().as_bytes(), &Batch::LIMITS);
        assert_eq!(read(&ended).unwrap().expires.to_string(), "2001-01-01T00:00:00Z");
        assert!(matches!(read(&with("kid", json!("short"))), Err(BatchError::Values(_))));
    }

    #[test]
    fn takes_what_the_reference_takes() {
        assert_eq!(accept(&with("kid", Json::Null)).unwrap().kid, None);
        assert_eq!(accept(&with("kid", json!("OX2p6xdGeis="))).unwrap().kid.unwrap().len(), 12);
        for entry in [json!({}), json!({"hash": null})] {
            assert_eq!(accept(&with("entries", json!([entry]))).unwrap().entries, [None]);
        }
        // Bits that mean nothing are not zero.
        let odd = json!([{"hash": "KaBXv0wZrJ3vSbHQFpMEtR=="}]);
        assert!(accept(&with("entries", odd)).unwrap().entries[0].is_some());
        let many = Json::from(vec![json!({"hash": HASH}); ENTRIES]);
        assert_eq!(accept(&with("entries", many)).unwrap().entries.len(), ENTRIES);
        accept(&with("expires", json!("2021-10-01T02:00:01+02:00"))).unwrap();
    }

    #[test]
    fn every_constraint_can_be_broken() {
        for (member, value) in [
            ("country", json!("D")),
            ("country", json!("DEU")),
            ("country", Json::Null),
            ("expires", Json::Null),
            ("kid", json!("0123456789")),
            ("kid", json!("0123456789012")),
            ("hashType", Json::Null),
            ("entries", Json::Null),
            ("entries", json!([])),
            ("entries", Json::from(vec![json!({"hash": HASH}); ENTRIES + 1])),
        ] {
            assert_eq!(named(&with(member, value)), [member]);
        }
        for hash in [
            format!("{HASH}="),
            "AAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            "AAAAAAAAAAAAAAAAAAAAAAA=".to_owned(),
            "not Base64, 24 letters!!".to_owned(),
            String::new(),
        ] {
            let document = with("entries", json!([{"hash": HASH}, {"hash": hash}]));
            assert_eq!(named(&document), ["Batch Entry 1: hash"], "{hash}");
        }
    }

    #[test]
    fn names_all_violations_but_not_all_of_a_flood() {
        let document = json!({"kid": "short", "entries": [{"hash": "x"}, {"hash": "y"}]});
        assert_eq!(
            named(&document),
            ["country", "expires", "kid", "hashType", "Batch Entry 0: hash", "Batch Entry 1: hash"]
        );
        let flood = Json::from(vec![json!({"hash": "x"}); ENTRIES]);
        assert_eq!(named(&with("entries", flood)).len(), Violations::NAMED);
    }

    #[test]
    fn what_is_of_another_form_cannot_be_read() {
        for document in [
            json!([]),
            with("hashType", json!("CERT")),
            with("expires", json!("2021-11-01")),
            with("expires", json!("2021-11-01T00:00:00")),
            with("country", json!(1)),
            with("entries", json!({})),
            // The short form of entries, which one test tool knows.
            with("entries", json!([HASH])),
            with("entries", json!([null])),
        ] {
            let refused = accept(&document).unwrap_err();
            assert!(
                matches!(refused, BatchError::NotAnObject | BatchError::Form { .. }),
                "{document}: {refused}"
            );
        }
        let now = Timestamp::UNIX_EPOCH;
        let text = valid().to_string();
        for text in [format!("{text}x"), format!("{text}{text}"), String::new()] {
            let refused = Batch::accept(text.as_bytes(), "DE", now, &Batch::LIMITS).unwrap_err();
            assert!(matches!(refused, BatchError::Json(_)), "{text}: {refused}");
        }
    }

    #[test]
    fn the_end_comes_before_the_values_and_the_country_last() {
        let mut document = with("expires", json!("2021-10-01T00:00:00Z"));
        document["country"] = Json::Null;
        assert!(matches!(accept(&document), Err(BatchError::Expired { .. })));
        let mut document = with("country", json!("FR"));
        assert!(matches!(accept(&document), Err(BatchError::Country { .. })));
        document["kid"] = json!("short");
        assert_eq!(named(&document), ["kid"]);
    }

    #[test]
    fn a_withdrawal_names_a_batch_or_none() {
        let id = "5e45f5f0-a7dd-4b0e-9fd3-1c1b0e5a1b2c";
        let read = |document: Json| withdrawal(document.to_string().as_bytes(), &Batch::LIMITS);
        assert_eq!(read(json!({"batchId": id})).unwrap().as_deref(), Some(id));
        assert_eq!(read(json!({})).unwrap(), None);
        assert_eq!(read(json!({"batchId": null})).unwrap(), None);
        for wrong in [id.to_uppercase(), "x".to_owned(), id.replace('-', "a"), format!("{id}0")] {
            assert!(matches!(read(json!({"batchId": wrong})), Err(BatchError::Values(_))));
        }
        assert!(matches!(read(json!({"batchId": 1})), Err(BatchError::Form { .. })));
        assert!(matches!(withdrawal(b"{", &Batch::LIMITS), Err(BatchError::Json(_))));
    }
}

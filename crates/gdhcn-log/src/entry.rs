use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_crypto::sha256;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::MAX_ENTRY_LEN;
use crate::subject::is_about;

/// The version of the format; another one is another type.
const VERSION: u8 = 1;
const MAX_ATTRIBUTES: usize = 32;
const MAX_TEXT_LEN: usize = 2048;
/// Payloads up to this length stand in the log; of longer ones their hash does.
const MAX_PAYLOAD_LEN: usize = 20 << 10;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A participant's upload was accepted.
    Stored,
    /// The trust anchor's signature was accepted.
    Onboarded,
    /// Something took the place of what had the same key.
    Updated,
    /// Taken over from another database.
    Imported,
    /// Pulled from another gateway.
    Federated,
    /// A participant withdrew it, or a peer no longer has it.
    Deleted,
    /// The operator took it away.
    Offboarded,
    /// Its time was over.
    Expired,
}

impl Action {
    /// Every action, in the order of declaration.
    pub const ALL: [Self; 8] = [
        Self::Stored,
        Self::Onboarded,
        Self::Updated,
        Self::Imported,
        Self::Federated,
        Self::Deleted,
        Self::Offboarded,
        Self::Expired,
    ];

    /// Whether something is gone after it.
    pub const fn removes(self) -> bool {
        matches!(self, Self::Deleted | Self::Offboarded | Self::Expired)
    }
}

/// What it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An onboarded certificate; its key is the thumbprint.
    TrustedParty,
    /// An uploaded certificate; its key is the thumbprint.
    SignerInformation,
    /// An issuer; its key is the uuid.
    TrustedIssuer,
    /// A reference; its key is the uuid.
    TrustedReference,
    /// A version of a business rule; its key is made by [`rule_key`].
    ValidationRule,
    /// A value set; its key is the identifier.
    ValueSet,
    /// A batch of revoked certificates; its key is the batch's identifier.
    RevocationBatch,
    /// The configuration of a peer; its key is the gateway's identifier.
    FederationGateway,
}

impl Kind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 8] = [
        Self::TrustedParty,
        Self::SignerInformation,
        Self::TrustedIssuer,
        Self::TrustedReference,
        Self::ValidationRule,
        Self::ValueSet,
        Self::RevocationBatch,
        Self::FederationGateway,
    ];

    /// Whether the payload is a certificate and the key its thumbprint.
    pub const fn is_certificate(self) -> bool {
        matches!(self, Self::TrustedParty | Self::SignerInformation)
    }
}

/// The name as it stands in the entry.
macro_rules! display_as_json {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.serialize(f)
            }
        }
    };
}

display_as_json!(Action);
display_as_json!(Kind);

/// Names of the attributes that lists show or that proofs need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// The certificate group, such as `DSC`.
    Group,
    /// The trust domain; absent where the row has none.
    Domain,
    /// The kid as lists show it.
    Kid,
    /// The public identifier of the row.
    Uuid,
    /// Hash of the properties of an uploaded certificate, see [`properties_digest`].
    PropertiesSha256,
    /// For a trust anchor of another gateway, which one.
    AssignedGateway,
    /// The roles of a client certificate, joined with commas.
    Roles,
    /// Until when a revocation batch counts.
    Expires,
}

impl Attribute {
    /// The name in the entry.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Domain => "domain",
            Self::Kid => "kid",
            Self::Uuid => "uuid",
            Self::PropertiesSha256 => "properties_sha256",
            Self::AssignedGateway => "assigned_gateway",
            Self::Roles => "roles",
            Self::Expires => "expires",
        }
    }
}

/// What was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The bytes.
    Whole(Vec<u8>),
    /// Their SHA-256, where they are too long for an entry or not for everybody.
    Digest([u8; 32]),
}

impl Content {
    /// The bytes, or their hash when they are longer than 20 KiB.
    pub fn of(payload: &[u8]) -> Self {
        if payload.len() <= MAX_PAYLOAD_LEN {
            Self::Whole(payload.to_vec())
        } else {
            Self::hash_of(payload)
        }
    }

    /// The hash of bytes that are not for everybody.
    pub fn hash_of(payload: &[u8]) -> Self {
        Self::Digest(sha256(payload))
    }

    /// SHA-256 of the bytes.
    pub fn sha256(&self) -> [u8; 32] {
        match self {
            Self::Whole(payload) => sha256(payload),
            Self::Digest(digest) => *digest,
        }
    }
}

/// One accepted change, as it stands in the log.
///
/// Its bytes are a JSON object with the members in a fixed order and nothing absent written; there
/// is one text for each entry. `docs/transparency-log.md` tells the members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When the gateway accepted it.
    pub at: Timestamp,
    /// What was done.
    pub action: Action,
    /// What it was done to.
    pub kind: Kind,
    /// Names the thing among those of its kind and source.
    pub key: String,
    /// The participant.
    pub country: Option<String>,
    /// What lists show beside the payload.
    pub attributes: BTreeMap<String, String>,
    /// The gateway it comes from; none for own data.
    pub source_gateway: Option<String>,
    /// What was signed.
    pub content: Option<Content>,
    /// Base64 of the CMS message over the payload, as lists show it: by the participant's upload
    /// certificate, or by the trust anchor.
    pub signature: Option<String>,
    /// The request, as the gateway's log names it.
    pub request_id: Option<String>,
    /// Who did it, when it was the operator's act.
    pub operator: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    v: u8,
    at: String,
    action: Action,
    kind: Kind,
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_gateway: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
}

impl Entry {
    /// An entry with nothing but what every one has.
    pub fn new(at: Timestamp, action: Action, kind: Kind, key: impl Into<String>) -> Self {
        Self {
            at,
            action,
            kind,
            key: key.into(),
            country: None,
            attributes: BTreeMap::new(),
            source_gateway: None,
            content: None,
            signature: None,
            request_id: None,
            operator: None,
        }
    }

    /// The entry with this attribute, if there is a value for it.
    #[must_use]
    pub fn with(mut self, attribute: Attribute, value: Option<impl Into<String>>) -> Self {
        if let Some(value) = value {
            self.attributes.insert(attribute.name().to_owned(), value.into());
        }
        self
    }

    /// The value of an attribute.
    pub fn attribute(&self, attribute: Attribute) -> Option<&str> {
        self.attributes.get(attribute.name()).map(String::as_str)
    }

    /// The bytes of the entry.
    ///
    /// # Errors
    ///
    /// When a value is longer than the log takes, or the payload names another thing than the key.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EntryError> {
        self.check()?;
        let (payload, payload_sha256) = match &self.content {
            Some(Content::Whole(payload)) => (Some(STANDARD.encode(payload)), None),
            Some(Content::Digest(digest)) => (None, Some(hex::encode(digest))),
            None => (None, None),
        };
        let wire = Wire {
            v: VERSION,
            at: self.at.to_string(),
            action: self.action,
            kind: self.kind,
            key: self.key.clone(),
            country: self.country.clone(),
            attributes: self.attributes.clone(),
            source_gateway: self.source_gateway.clone(),
            payload,
            payload_sha256,
            signature: self.signature.clone(),
            request_id: self.request_id.clone(),
            operator: self.operator.clone(),
        };
        if let Some(Content::Whole(payload)) = &self.content
            && !is_about(self, payload)
        {
            return Err(EntryError::AboutAnother);
        }
        let bytes = serde_json::to_vec(&wire)
            .map_err(|error| EntryError::Syntax { what: error.to_string() })?;
        if bytes.len() > MAX_ENTRY_LEN {
            return Err(EntryError::TooLong { what: "the entry", found: bytes.len() });
        }
        Ok(bytes)
    }

    /// Reads an entry.
    ///
    /// # Errors
    ///
    /// When the bytes are not an entry of this version, written in the one way that is allowed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_ENTRY_LEN {
            return Err(EntryError::TooLong { what: "the entry", found: bytes.len() });
        }
        let wire: Wire = serde_json::from_slice(bytes)
            .map_err(|error| EntryError::Syntax { what: error.to_string() })?;
        if wire.v != VERSION {
            return Err(EntryError::Version { found: wire.v });
        }
        let content = match (wire.payload, wire.payload_sha256) {
            (Some(payload), None) => Some(Content::Whole(
                STANDARD.decode(payload).map_err(|_| EntryError::Value { member: "payload" })?,
            )),
            (None, Some(digest)) => {
                let mut bytes = [0; 32];
                hex::decode_to_slice(digest, &mut bytes)
                    .map_err(|_| EntryError::Value { member: "payload_sha256" })?;
                Some(Content::Digest(bytes))
            }
            (None, None) => None,
            (Some(_), Some(_)) => return Err(EntryError::Value { member: "payload_sha256" }),
        };
        let entry = Self {
            at: wire.at.parse().map_err(|_| EntryError::Value { member: "at" })?,
            action: wire.action,
            kind: wire.kind,
            key: wire.key,
            country: wire.country,
            attributes: wire.attributes,
            source_gateway: wire.source_gateway,
            content,
            signature: wire.signature,
            request_id: wire.request_id,
            operator: wire.operator,
        };
        // One text for each entry, so that nothing can hide in how it is written.
        if entry.to_bytes()? == bytes { Ok(entry) } else { Err(EntryError::NotCanonical) }
    }

    fn check(&self) -> Result<(), EntryError> {
        let texts = [
            ("the key", Some(&self.key)),
            ("the country", self.country.as_ref()),
            ("the source gateway", self.source_gateway.as_ref()),
            ("the request", self.request_id.as_ref()),
            ("the operator", self.operator.as_ref()),
        ];
        let texts = texts.into_iter().filter_map(|(what, text)| Some((what, text?)));
        let attributes = self.attributes.iter().flat_map(|(name, value)| {
            [("the name of an attribute", name), ("an attribute", value)]
        });
        for (what, text) in texts.chain(attributes) {
            if text.len() > MAX_TEXT_LEN {
                return Err(EntryError::TooLong { what, found: text.len() });
            }
        }
        if self.attributes.len() > MAX_ATTRIBUTES {
            return Err(EntryError::TooLong {
                what: "the list of attributes",
                found: self.attributes.len(),
            });
        }
        Ok(())
    }
}

/// The key of a version of a rule: identifier and version with a blank between.
pub fn rule_key(identifier: &str, version: &str) -> String {
    format!("{identifier} {version}")
}

/// The value of [`Attribute::PropertiesSha256`]: SHA-256 in hexadecimal of the properties as a JSON
/// object with its members in the order of their names.
///
/// The properties themselves are for the participants, the log is for everybody.
pub fn properties_digest(properties: &BTreeMap<String, String>) -> String {
    hex::encode(sha256(serde_json::to_string(properties).unwrap_or_default().as_bytes()))
}

/// Why bytes are no entry, or an entry cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// Something is longer than the log takes.
    #[error("{what} is too long for the log ({found})")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// Its length in bytes, or its number.
        found: usize,
    },
    /// The bytes are not the JSON object of an entry.
    #[error("not an entry: {what}")]
    Syntax {
        /// What is wrong, with the place.
        what: String,
    },
    /// The entry is of a version that this program does not know.
    #[error("an entry of version {found}; this program knows version {VERSION}")]
    Version {
        /// The version.
        found: u8,
    },
    /// A member's value has not its form.
    #[error("the entry's member {member:?} has a wrong value")]
    Value {
        /// The name of the member.
        member: &'static str,
    },
    /// What was signed names another thing than the entry.
    #[error("what was signed is not about what the entry names")]
    AboutAnother,
    /// The entry is written in another way than the one allowed.
    #[error("the entry is not written in its canonical form")]
    NotCanonical,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let mut entry = Entry::new(
            "2026-11-30T03:54:59.5Z".parse().unwrap(),
            Action::Stored,
            Kind::SignerInformation,
            "00ff",
        )
        .with(Attribute::Kid, Some("AP8="))
        .with(Attribute::Group, Some("DSC"))
        .with(Attribute::Domain, None::<String>);
        entry.country = Some("XA".to_owned());
        entry.content = Some(Content::of(b"certificate"));
        entry.signature = Some("MII=".to_owned());
        entry.request_id = Some("r1".to_owned());
        entry
    }

    #[test]
    fn is_written_in_one_way() {
        let text = r#"{"v":1,"at":"2026-11-30T03:54:59.5Z","action":"stored","kind":"signer_information","key":"00ff","country":"XA","attributes":{"group":"DSC","kid":"AP8="},"payload":"Y2VydGlmaWNhdGU=","signature":"MII=","request_id":"r1"}"#;
        assert_eq!(entry().to_bytes().unwrap(), text.as_bytes());
        assert_eq!(Entry::from_bytes(text.as_bytes()), Ok(entry()));
        for other in [
            text.replace(",\"kind\"", ", \"kind\""),
            text.replace("Z\",\"action", "+00:00\",\"action"),
            text.replace(r#""group":"DSC","kid":"AP8=""#, r#""kid":"AP8=","group":"DSC""#),
            text.replace("00ff", "\\u003000ff"),
        ] {
            assert_eq!(Entry::from_bytes(other.as_bytes()), Err(EntryError::NotCanonical));
        }
    }

    #[test]
    fn refuses_what_is_no_entry() {
        let text = String::from_utf8(entry().to_bytes().unwrap()).unwrap();
        for (other, error) in [
            (text.replace("\"v\":1", "\"v\":2"), "version 2"),
            (text.replace("\"v\":1,", ""), "missing field `v`"),
            (text.replace("\"v\":1", "\"v\":1,\"x\":0"), "unknown field `x`"),
            (text.replace("\"v\":1", "\"v\":1,\"v\":1"), "duplicate field `v`"),
            (text.replace("stored", "dropped"), "unknown variant `dropped`"),
            (text.replace("2026", "yes"), "\"at\""),
            (text.replace("Y2VydGlmaWNhdGU=", "%"), "\"payload\""),
            (
                text.replace("\"payload\":\"Y2VydGlmaWNhdGU=\"", "\"payload_sha256\":\"00\""),
                "\"payload_sha256\"",
            ),
            (text.replace("\"00ff\"", &format!("\"{}\"", "k".repeat(2049))), "the key is too long"),
            (format!("{text} "), "canonical"),
            (format!("{text}{text}"), "trailing"),
            (" ".repeat(70_000), "the entry is too long"),
        ] {
            let found = Entry::from_bytes(other.as_bytes()).expect_err(error).to_string();
            assert!(found.contains(error), "{found}: {error}");
        }
    }

    #[test]
    fn a_long_payload_is_told_by_its_hash() {
        let long = vec![7; MAX_PAYLOAD_LEN + 1];
        let mut entry = entry();
        entry.content = Some(Content::of(&long));
        assert_eq!(entry.content, Some(Content::Digest(sha256(&long))));
        let bytes = entry.to_bytes().unwrap();
        assert_eq!(Entry::from_bytes(&bytes), Ok(entry.clone()));
        entry.signature = Some("A".repeat(70_000));
        assert!(matches!(entry.to_bytes(), Err(EntryError::TooLong { .. })));
    }

    #[test]
    fn names_are_those_of_the_entry() {
        assert_eq!(Action::ALL.map(|action| action.to_string())[0], "stored");
        assert_eq!(Kind::SignerInformation.to_string(), "signer_information");
    }
}

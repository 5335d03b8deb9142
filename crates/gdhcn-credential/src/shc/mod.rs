//! SMART Health Cards: a FHIR bundle in a JSON Web Signature, as a QR code or a file (SMART Health
//! Cards Framework 1.4.0).
//!
//! [`numeric`] reads the digits of a code, [`files`] finds the cards of a file, [`Opened::read`]
//! opens one card down to its payload, and [`Card::read`] reads that. Nothing here verifies.

mod bundle;
pub mod files;
pub mod numeric;
mod split;

use gdhcn_envelope::inflate::{self, InflateError};
use gdhcn_envelope::json::{self, JsonError, Object, Value};
use gdhcn_envelope::jws::{CompactJws, JwsError};

pub use split::{Piece, split};

use crate::{Credential, Limits, Person, Problem, Rule, TimeClaim};

/// How the text of a code begins.
pub const PREFIX: &str = "shc:/";
/// The type that every card has.
pub const HEALTH_CARD: &str = "https://smarthealth.cards#health-card";
/// The longest signature that fits one code, in characters.
pub const LONGEST_FOR_ONE_CODE: usize = 1195;

/// A card opened down to its payload, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// `alg`: must be ES256.
    pub algorithm: String,
    /// `kid`: the thumbprint of the key (RFC 7638).
    pub kid: Option<String>,
    /// What is signed.
    pub to_be_signed: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// The payload, unpacked: JSON.
    pub payload: Vec<u8>,
    /// Deviations of the container that do not keep it from being read.
    pub oddities: Vec<Oddity>,
}

/// A deviation of the container from the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Oddity {
    /// The payload is not compressed.
    #[error("the payload is not compressed")]
    NotCompressed,
    /// Bytes follow the compressed payload.
    #[error("{count} bytes follow the compressed payload")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// The signature in one code is longer than one code may hold.
    #[error("the signature has {found} characters; one code may hold {LONGEST_FOR_ONE_CODE}")]
    TooLongForOneCode {
        /// Its length in characters.
        found: usize,
    },
    /// The scheme is not written as it should be.
    #[error("the code begins otherwise than with \"{PREFIX}\"")]
    Scheme,
    /// A card in one code is written as chunk one of one.
    #[error("a whole card is written as chunk 1 of 1")]
    ChunkOfOne,
}

/// Why a text is no card that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// It does not begin as a code of a card.
    #[error("the text does not begin with \"{PREFIX}\" and digits")]
    Prefix,
    /// Digits are missing, or something else stands among them.
    #[error("character {at}: two digits belong here")]
    Digits {
        /// Where, in bytes.
        at: usize,
    },
    /// A pair of digits stands for no character.
    #[error("character {at}: the pair {value} stands for no character")]
    Pair {
        /// Where, in bytes.
        at: usize,
        /// The pair.
        value: u8,
    },
    /// The numbers of a chunk make no sense.
    #[error("the numbers of the chunk make no sense; shc:/2/3/… is the second of three")]
    ChunkNumber,
    /// A card of more chunks than are put together.
    #[error("the card has {count} chunks; up to {limit} are put together")]
    TooManyChunks {
        /// How many it has.
        count: u16,
        /// The limit.
        limit: u16,
    },
    /// The chunk belongs to another card.
    #[error("the chunk belongs to another card")]
    OtherCard,
    /// The text is longer than the limit.
    #[error("the card is longer than {limit} characters")]
    TooLong {
        /// [`Limits::card`].
        limit: usize,
    },
    /// It is no signature in compact form.
    #[error("no JSON Web Signature: {0}")]
    Jws(#[from] JwsError),
    /// The payload is packed in a way that is not known.
    #[error("the payload is compressed by {found:?}; only \"DEF\" is known")]
    Zip {
        /// What the header says.
        found: String,
    },
    /// The payload does not unpack.
    #[error("the payload: {0}")]
    Inflate(#[from] InflateError),
    /// The payload is no JSON.
    #[error("the payload: {0}")]
    Payload(#[from] JsonError),
    /// The payload is no object with a credential.
    #[error("the payload has no {member}")]
    Missing {
        /// The member, as a path.
        member: &'static str,
    },
}

impl Opened {
    /// Opens a card given as code (`shc:/…`) or as a bare signature.
    ///
    /// # Errors
    ///
    /// [`CardError`] names the layer that does not open. A chunk is [`CardError::ChunkNumber`]
    /// here: collect it with [`numeric::Chunks`] first.
    pub fn read(text: &str, limits: &Limits) -> Result<Self, CardError> {
        let text = text.trim_ascii();
        // Two digits for a character, and room for the scheme.
        if text.len() > limits.card.saturating_mul(2).saturating_add(32) {
            return Err(CardError::TooLong { limit: limits.card });
        }
        let mut oddities = Vec::new();
        let jws = if numeric::is_card(text) {
            // In any case: scanners that write capitals only are common.
            if !text.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX)) {
                oddities.push(Oddity::Scheme);
            }
            match numeric::read(text)? {
                numeric::Scanned::Whole { jws, chunk_of_one } => {
                    if chunk_of_one {
                        oddities.push(Oddity::ChunkOfOne);
                    }
                    if jws.len() > LONGEST_FOR_ONE_CODE {
                        oddities.push(Oddity::TooLongForOneCode { found: jws.len() });
                    }
                    jws
                }
                numeric::Scanned::Part(_) => return Err(CardError::ChunkNumber),
            }
        } else {
            text.to_owned()
        };
        Self::of_jws(&jws, oddities, limits)
    }

    fn of_jws(jws: &str, mut oddities: Vec<Oddity>, limits: &Limits) -> Result<Self, CardError> {
        if jws.len() > limits.card {
            return Err(CardError::TooLong { limit: limits.card });
        }
        let jws = CompactJws::parse(jws)?;
        let payload = match jws.zip.as_deref() {
            Some("DEF") => {
                let inflated = inflate::raw(jws.payload(), limits.card_inflated)?;
                if inflated.trailing > 0 {
                    oddities.push(Oddity::Trailing { count: inflated.trailing });
                }
                inflated.bytes
            }
            None => {
                oddities.push(Oddity::NotCompressed);
                jws.payload().to_vec()
            }
            Some(other) => {
                return Err(CardError::Zip { found: other.chars().take(20).collect() });
            }
        };
        Ok(Self {
            to_be_signed: jws.to_be_signed().to_vec(),
            signature: jws.signature().to_vec(),
            algorithm: jws.algorithm,
            kid: jws.kid,
            payload,
            oddities,
        })
    }
}

/// The payload of a card.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// `iss`: the issuer's address.
    pub issuer: String,
    /// `nbf`: when it was issued.
    pub not_before: TimeClaim,
    /// `exp`
    pub expires_at: TimeClaim,
    /// `vc.type`
    pub types: Vec<String>,
    /// `vc.rid`: by which the issuer can revoke it.
    pub revocation_id: Option<String>,
    /// The FHIR bundle as it was signed.
    pub bundle: serde_json::Value,
    /// What the bundle states.
    pub credential: Credential,
    /// Deviations from the specification.
    pub problems: Vec<Problem>,
}

impl Card {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// When it is no JSON object with a FHIR bundle within the limits.
    pub fn read(payload: &[u8], limits: &Limits) -> Result<Self, CardError> {
        let payload = json::parse(payload, &limits.json)?;
        let payload = payload.as_object().ok_or(CardError::Missing { member: "object" })?;
        let vc = payload.object("vc").ok_or(CardError::Missing { member: "vc" })?;
        let subject = vc.object("credentialSubject");
        let bundle = subject.and_then(|subject| subject.get("fhirBundle"));
        let bundle =
            bundle.ok_or(CardError::Missing { member: "vc.credentialSubject.fhirBundle" })?;
        let bundle = bundle.to_json();
        let mut problems = Vec::new();
        let types = types(vc);
        if !types.iter().any(|one| one == HEALTH_CARD) {
            problems.push(Problem::new("vc/type", Rule::Missing));
        }
        let version = subject.and_then(|subject| subject.text("fhirVersion"));
        if !version.is_some_and(|version| version.starts_with("4.0.")) {
            problems.push(Problem::new(
                "vc/credentialSubject/fhirVersion",
                Rule::Form { form: "4.0.1" },
            ));
        }
        let issuer = payload.text("iss").unwrap_or_default().to_owned();
        let credential = bundle::read(&bundle, &issuer, &mut problems);
        Ok(Self {
            issuer,
            not_before: TimeClaim::of_json(payload.get("nbf")),
            expires_at: TimeClaim::of_json(payload.get("exp")),
            types,
            revocation_id: vc.text("rid").map(str::to_owned),
            bundle,
            credential,
            problems,
        })
    }

    /// Whose it is.
    pub fn person(&self) -> Person {
        self.credential.person.clone()
    }

    /// Whether the issuer's address has the prescribed form: `https` and no slash at its end.
    pub fn issuer_is_well_formed(&self) -> bool {
        self.issuer.starts_with("https://") && !self.issuer.ends_with('/')
    }
}

fn types(vc: &Object<'_>) -> Vec<String> {
    let types = vc.get("type").and_then(Value::as_list).unwrap_or_default();
    types.iter().filter_map(|one| one.as_text().map(str::to_owned)).collect()
}

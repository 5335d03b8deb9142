use std::collections::BTreeMap;
use std::fmt;

use gdhcn_crypto::{Backend, Thumbprint, sha256};
use gdhcn_envelope::cms::{self, CmsError, SignedMessage};
use gdhcn_envelope::x509::{Certificate, CertificateError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entry::{Action, Attribute, Content, Entry, EntryError, Kind};
use crate::subject;

const UPLOAD: &str = "UPLOAD";
const TRUSTANCHOR: &str = "TRUSTANCHOR";

/// What names a thing: things of different kinds or gateways may have the same key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ItemId {
    /// What it is.
    pub kind: Kind,
    /// Thumbprint, uuid or identifier, as the kind has it.
    pub key: String,
    /// The gateway it comes from; none for own data.
    pub source_gateway: Option<String>,
}

impl ItemId {
    fn of(entry: &Entry) -> Self {
        Self {
            kind: entry.kind,
            key: entry.key.clone(),
            source_gateway: entry.source_gateway.clone(),
        }
    }

    fn party(thumbprint: Thumbprint, source_gateway: Option<&str>) -> Self {
        Self {
            kind: Kind::TrustedParty,
            key: thumbprint.to_string(),
            source_gateway: source_gateway.map(str::to_owned),
        }
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.key)?;
        match &self.source_gateway {
            Some(source) => write!(f, " of the gateway {source}"),
            None => Ok(()),
        }
    }
}

/// A thing that is there after the entries so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The entry that put it there.
    pub entry: u64,
    /// The participant.
    pub country: Option<String>,
    /// What lists show beside the payload.
    pub attributes: BTreeMap<String, String>,
    /// SHA-256 of the signature's text, in hexadecimal.
    pub signature_sha256: Option<String>,
    /// For a certificate, until when it is valid, in seconds since 1970.
    pub valid_until: Option<i64>,
    /// Of another gateway, whether lists show what came from it. Its trust anchor's text says so.
    #[serde(default = "yes")]
    pub is_passed_on: bool,
}

fn yes() -> bool {
    true
}

impl Item {
    /// The value of an attribute.
    pub fn attribute(&self, attribute: Attribute) -> Option<&str> {
        self.attributes.get(attribute.name()).map(String::as_str)
    }
}

/// What a gateway must hold after the entries of its log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    #[serde(with = "as_list")]
    items: BTreeMap<ItemId, Item>,
    entries: u64,
    unproven: BTreeMap<Unproven, u64>,
}

impl State {
    /// Everything that is there.
    pub fn items(&self) -> impl Iterator<Item = (&ItemId, &Item)> {
        self.items.iter()
    }

    /// One thing.
    pub fn get(&self, id: &ItemId) -> Option<&Item> {
        self.items.get(id)
    }

    /// Number of entries that made it.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// How many of the entries stand on less than a signature, and on what.
    pub fn unproven(&self) -> &BTreeMap<Unproven, u64> {
        &self.unproven
    }

    /// Whether this certificate is there as an upload certificate of the participant.
    fn is_uploader(&self, signer: Thumbprint, entry: &Entry) -> bool {
        let id = ItemId::party(signer, entry.source_gateway.as_deref());
        self.items.get(&id).is_some_and(|item| {
            item.attribute(Attribute::Group) == Some(UPLOAD) && item.country == entry.country
        })
    }

    /// Whether this certificate is there as a trust anchor of the gateway.
    fn is_anchor_of(&self, signer: Thumbprint, gateway: &str) -> bool {
        self.items.get(&ItemId::party(signer, None)).is_some_and(|item| {
            item.attribute(Attribute::Group) == Some(TRUSTANCHOR)
                && item.attribute(Attribute::AssignedGateway) == Some(gateway)
        })
    }
}

/// JSON objects have texts for keys only.
mod as_list {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Item, ItemId};

    pub(super) fn serialize<S: Serializer>(
        items: &BTreeMap<ItemId, Item>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(items)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<ItemId, Item>, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

/// What an entry stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The signature of whoever may ask for it, or for an expiry the certificate's own end.
    Proven,
    /// Less than that.
    Unproven(Unproven),
}

/// On what an entry stands that no signature proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unproven {
    /// The word of an operator, who needs no signature for it.
    Operator,
    /// The word of a job of the gateway.
    Job,
    /// The word of another gateway, for what carries no signature there.
    Peer,
    /// It was taken over from a database, and its signer is not in the log.
    Imported,
    /// The signature holds, but no trust anchor was given to compare its signer with.
    AnchorNotGiven,
    /// The payload is not in the log, so it cannot be read, or not even the signature be checked.
    PayloadElsewhere,
}

/// Goes through the entries of a log in their order.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    state: State,
    anchors: Option<&'a [Certificate]>,
    backend: Backend,
}

impl<'a> Replay<'a> {
    /// Begins with what earlier entries made, or with [`State::default`].
    ///
    /// `anchors` are the certificates whose signature onboards. Without them such signatures are
    /// checked, but count as [`Unproven::AnchorNotGiven`].
    pub fn new(state: State, anchors: Option<&'a [Certificate]>, backend: Backend) -> Self {
        Self { state, anchors, backend }
    }

    /// What the entries have made.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes the next entry.
    ///
    /// # Errors
    ///
    /// When it cannot be read, does not follow from the entries before, or lacks the signature
    /// that it needs. The state is then as before.
    pub fn apply(&mut self, bytes: &[u8]) -> Result<Standing, Fault> {
        let entry = Entry::from_bytes(bytes)?;
        let id = ItemId::of(&entry);
        let present = self.state.items.get(&id);
        match (present, entry.action.removes() || entry.action == Action::Updated) {
            (None, true) => return Err(Fault::NotThere { id }),
            (Some(item), false) => return Err(Fault::AlreadyThere { id, entry: item.entry }),
            // Nobody changes what is another's, whoever has signed it.
            (Some(item), true) if item.country != entry.country => {
                return Err(Fault::Foreign { id, entry: item.entry });
            }
            _ => {}
        }
        let certificate = certificate(&entry)?;
        let standing = self.standing(&entry, present)?;
        let is_passed_on = match (&entry.kind, &entry.content) {
            (Kind::FederationGateway, Some(Content::Whole(text))) => subject::is_passed_on(text),
            _ => true,
        };
        if entry.action.removes() {
            self.state.items.remove(&id);
        } else {
            let item = Item {
                entry: self.state.entries,
                country: entry.country,
                attributes: entry.attributes,
                signature_sha256: entry.signature.as_deref().map(signature_digest),
                valid_until: certificate.map(|certificate| certificate.not_after().as_second()),
                is_passed_on,
            };
            self.state.items.insert(id, item);
        }
        if let Standing::Unproven(on) = standing {
            *self.state.unproven.entry(on).or_default() += 1;
        }
        self.state.entries += 1;
        Ok(standing)
    }

    fn standing(&self, entry: &Entry, present: Option<&Item>) -> Result<Standing, Fault> {
        let Some(signature) = &entry.signature else { return unsigned(entry, present) };
        let message = match &entry.content {
            Some(Content::Whole(payload)) => read(signature, payload)?,
            // With a hash in place of the certificate nobody could tell what was signed.
            Some(Content::Digest(_)) if !entry.kind.is_certificate() => read(signature, &[])?,
            Some(Content::Digest(_)) | None => return Err(Fault::NoContent),
        };
        let elsewhere = match &entry.content {
            // The signature may hold, but for what it was given nobody can read.
            Some(Content::Digest(hash)) => match message.verify_sha256(hash, self.backend) {
                Ok(()) | Err(CmsError::HashNotEnough) => true,
                Err(error) => return Err(Fault::Signature(error)),
            },
            _ => {
                message.verify(self.backend).map_err(Fault::Signature)?;
                false
            }
        };
        let signer = message.signer_certificate();
        let may = match (is_anchored(entry.kind), &entry.source_gateway, self.anchors) {
            (false, _, _) => self.state.is_uploader(signer.thumbprint(), entry),
            (true, Some(source), _) => self.state.is_anchor_of(signer.thumbprint(), source),
            (true, None, Some(anchors)) => anchors.contains(signer),
            (true, None, None) => return Ok(Standing::Unproven(Unproven::AnchorNotGiven)),
        };
        match (may, entry.action) {
            (true, _) if elsewhere => Ok(Standing::Unproven(Unproven::PayloadElsewhere)),
            (true, _) => Ok(Standing::Proven),
            // The trust anchor is the auditor's to know, also for what was taken over.
            (false, Action::Imported) if !is_anchored(entry.kind) => {
                Ok(Standing::Unproven(Unproven::Imported))
            }
            (false, _) if is_anchored(entry.kind) => {
                Err(Fault::NotTheAnchor { signer: signer.thumbprint() })
            }
            (false, _) => Err(Fault::NotTheParticipant {
                signer: signer.thumbprint(),
                country: entry.country.clone().unwrap_or_default(),
            }),
        }
    }
}

fn read(signature: &str, payload: &[u8]) -> Result<SignedMessage, Fault> {
    let content = cms::Content::Detached(payload);
    SignedMessage::from_base64(signature.as_bytes(), content).map_err(Fault::Signature)
}

/// SHA-256 of a signature's text in hexadecimal, by which signatures are compared.
pub(crate) fn signature_digest(signature: &str) -> String {
    hex::encode(sha256(signature.as_bytes()))
}

/// What the trust anchor signs; the rest is signed by participants.
const fn is_anchored(kind: Kind) -> bool {
    matches!(kind, Kind::TrustedParty | Kind::TrustedIssuer | Kind::FederationGateway)
}

/// The certificate that an entry tells of, whose thumbprint must be the key.
fn certificate(entry: &Entry) -> Result<Option<Certificate>, Fault> {
    let payload = match &entry.content {
        Some(Content::Whole(payload)) if entry.kind.is_certificate() => payload,
        Some(Content::Digest(_)) | None
            if entry.kind.is_certificate() && !entry.action.removes() =>
        {
            return Err(Fault::NoContent);
        }
        _ => return Ok(None),
    };
    let certificate = Certificate::from_der(payload)?;
    if certificate.thumbprint().to_string() == entry.key {
        Ok(Some(certificate))
    } else {
        Err(Fault::Thumbprint { computed: certificate.thumbprint() })
    }
}

fn unsigned(entry: &Entry, present: Option<&Item>) -> Result<Standing, Fault> {
    let on = match (entry.action, &entry.source_gateway, entry.kind) {
        (Action::Expired, _, _) => match present.and_then(|item| item.valid_until) {
            Some(until) if entry.at.as_second() >= until => return Ok(Standing::Proven),
            Some(until) => return Err(Fault::NotExpired { until }),
            // A batch's end is the gateway's word; nothing else ends by itself.
            None if entry.kind == Kind::RevocationBatch => Unproven::Job,
            None => return Err(Fault::NoSignature),
        },
        (Action::Deleted | Action::Offboarded, None, _) if entry.operator.is_some() => {
            Unproven::Operator
        }
        (Action::Deleted | Action::Offboarded, Some(_), _) => Unproven::Peer,
        (_, Some(_), Kind::TrustedReference) => Unproven::Peer,
        (Action::Imported, None, Kind::TrustedReference | Kind::ValueSet) => Unproven::Imported,
        (_, None, Kind::ValueSet) if entry.operator.is_some() => Unproven::Operator,
        (_, None, Kind::ValueSet) => Unproven::Job,
        _ => return Err(Fault::NoSignature),
    };
    Ok(Standing::Unproven(on))
}

/// Why an entry does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The entry cannot be read.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// It adds what is there already.
    #[error("it adds {id}, which is there since entry {entry}")]
    AlreadyThere {
        /// What it adds.
        id: ItemId,
        /// The entry that added it before.
        entry: u64,
    },
    /// It removes what is not there.
    #[error("it removes {id}, which is not there: an entry is missing before it")]
    NotThere {
        /// What it removes.
        id: ItemId,
    },
    /// It has no signature.
    #[error("it has no signature, and nothing else that it may stand on")]
    NoSignature,
    /// It has a signature, or is about a certificate, without what was signed.
    #[error("it does not hold what was signed")]
    NoContent,
    /// The certificate cannot be read.
    #[error("its certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// The certificate is another one than the key says.
    #[error("its certificate has the thumbprint {computed}, not that of its key")]
    Thumbprint {
        /// The thumbprint.
        computed: Thumbprint,
    },
    /// The signature cannot be read or does not hold.
    #[error("its signature does not hold: {0}")]
    Signature(CmsError),
    /// Signed by someone else than the trust anchor.
    #[error("it is signed with the certificate {signer}, which is no trust anchor for it")]
    NotTheAnchor {
        /// The signer's certificate.
        signer: Thumbprint,
    },
    /// Signed by someone else than the participant.
    #[error(
        "it is signed with the certificate {signer}, which at that point is no upload certificate \
         of {country}"
    )]
    NotTheParticipant {
        /// The signer's certificate.
        signer: Thumbprint,
        /// The participant.
        country: String,
    },
    /// It changes or removes what belongs to another participant.
    #[error("it changes {id}, which is another participant's since entry {entry}")]
    Foreign {
        /// What it changes.
        id: ItemId,
        /// The entry that put it there.
        entry: u64,
    },
    /// It lets something expire that is still valid.
    #[error("it lets something expire that is valid until {}", instant(*.until))]
    NotExpired {
        /// Until when it is valid, in seconds since 1970.
        until: i64,
    },
}

fn instant(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| second.to_string(), |time| time.to_string())
}

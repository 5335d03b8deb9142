//! What a trust anchor is asked to sign, and its answer: two files for an anchor that is offline.
//!
//! An [`OnboardingRequest`] lists certificates with the use and domain they are for, and texts of
//! DID issuers. Its [`digest`](OnboardingRequest::digest), over the canonical JSON of what is
//! decided, is what operators approve and what the anchor confirms beside each item: the use of a
//! certificate is bound by it, which the signature over the certificate alone does not say.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_codes::{Domain, KeyUsage, Participant};
use gdhcn_crypto::{Backend, Signer, Thumbprint};
use gdhcn_envelope::cms::{self, CmsError};
use gdhcn_envelope::x509::{Certificate, CertificateError};
use gdhcn_envelope::{jcs, json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::participant::{self, OnboardingError, TrustedParty};
use crate::participant_folder::{IssuerFault, IssuerFile};

/// Longest request or response in bytes.
const MAX_LEN: usize = 8 << 20;
/// Most items of one request.
const MAX_ITEMS: usize = 1_000;
/// Of the canonical form, which is no longer than the file.
const LIMITS: json::Limits =
    json::Limits { bytes: MAX_LEN, depth: 8, values: 100_000, members: 32 };
const REQUEST_FORMAT: &str = "gdhcn-onboarding-request";
const RESPONSE_FORMAT: &str = "gdhcn-onboarding-response";
const VERSION: u32 = 1;

/// What is to be signed for one participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnboardingRequest {
    gateway: String,
    created: Timestamp,
    participant: Participant,
    items: Vec<RequestItem>,
    /// Made once, so that what is approved and what is signed are the same bytes.
    canonical: String,
}

/// One thing to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestItem {
    /// A certificate.
    Certificate {
        /// What it is for.
        usage: KeyUsage,
        /// The domain it is for.
        domain: Domain,
        /// The certificate.
        certificate: Certificate,
        /// What a client certificate may do beyond the common routes, by the gateway's names.
        roles: Vec<String>,
    },
    /// A DID issuer.
    Issuer {
        /// The domain it is for.
        domain: Domain,
        /// The issuer, checked.
        issuer: IssuerFile,
        /// What is signed: `country;name;url;urlType`.
        text: String,
    },
}

impl RequestItem {
    /// A DID issuer, if its members are complete and unambiguous.
    ///
    /// # Errors
    ///
    /// See [`IssuerFault`].
    pub fn issuer(domain: Domain, issuer: IssuerFile) -> Result<Self, IssuerFault> {
        let text = issuer.signed_text()?;
        Ok(Self::Issuer { domain, issuer: IssuerFile { signature: None, ..issuer }, text })
    }

    /// The bytes that the anchor signs.
    pub fn content(&self) -> &[u8] {
        match self {
            Self::Certificate { certificate, .. } => certificate.der(),
            Self::Issuer { text, .. } => text.as_bytes(),
        }
    }

    /// SHA-256 of the signed bytes: of a certificate its thumbprint.
    pub fn sha256(&self) -> Thumbprint {
        Thumbprint::of(self.content())
    }

    /// The domain it is for.
    pub fn domain(&self) -> &Domain {
        match self {
            Self::Certificate { domain, .. } | Self::Issuer { domain, .. } => domain,
        }
    }

    /// The alpha-2 code in what is signed.
    pub fn country(&self) -> Option<&str> {
        match self {
            Self::Certificate { certificate, .. } => certificate.subject().country(),
            Self::Issuer { issuer, .. } => Some(&issuer.country),
        }
    }

    /// For people: `SCA`, `UP`, or `ISSUER`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Certificate { usage, .. } => usage.as_str(),
            Self::Issuer { .. } => "ISSUER",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    format: String,
    version: u32,
    gateway: String,
    created: String,
    participant: String,
    items: Vec<ItemFile>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemFile {
    r#use: String,
    domain: String,
    sha256: String,
    /// For people; compared on reading.
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<IssuerFile>,
}

impl OnboardingRequest {
    /// A request for these items.
    ///
    /// # Errors
    ///
    /// When there is nothing to sign, too much, something twice, or something of another
    /// participant.
    pub fn new(
        gateway: String,
        created: Timestamp,
        participant: Participant,
        items: Vec<RequestItem>,
    ) -> Result<Self, RequestError> {
        let created = Timestamp::from_millisecond(created.as_millisecond()).unwrap_or(created);
        let canonical = String::new();
        let mut request = Self { gateway, created, participant, items, canonical };
        request.check()?;
        let too_long = |_| RequestError::TooLong { limit: MAX_LEN };
        let text = serde_json::to_string(&request.file())
            .map_err(|error| RequestError::Json(error.to_string()))?;
        request.canonical =
            jcs::canonical(&json::parse(text.as_bytes(), &LIMITS).map_err(too_long)?);
        Ok(request)
    }

    /// Name of the gateway that asks.
    pub fn gateway(&self) -> &str {
        &self.gateway
    }

    /// When it was put together, in whole milliseconds: the same items asked for again are another
    /// request.
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// Whose it is.
    pub fn participant(&self) -> Participant {
        self.participant
    }

    /// What is to be signed, in a fixed order.
    pub fn items(&self) -> &[RequestItem] {
        &self.items
    }

    fn check(&self) -> Result<(), RequestError> {
        if self.items.is_empty() {
            return Err(RequestError::Empty);
        }
        if self.items.len() > MAX_ITEMS {
            return Err(RequestError::TooManyItems { limit: MAX_ITEMS });
        }
        let mut seen = BTreeSet::new();
        for item in &self.items {
            let sha256 = item.sha256();
            if !seen.insert(*sha256.as_bytes()) {
                return Err(RequestError::Twice { sha256 });
            }
            if item.country() != Some(self.participant.alpha2()) {
                return Err(RequestError::OtherCountry {
                    sha256,
                    found: item.country().unwrap_or_default().to_owned(),
                    participant: self.participant,
                });
            }
            if let RequestItem::Certificate { usage, roles, .. } = item {
                if matches!(usage, KeyUsage::Dsc | KeyUsage::Desc) {
                    return Err(RequestError::NotOnboarded { usage: *usage });
                }
                let name = |role: &String| {
                    let letter = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
                    (1..=40).contains(&role.len()) && role.bytes().all(letter)
                };
                if !roles.iter().all(name) || (*usage != KeyUsage::Tls && !roles.is_empty()) {
                    return Err(RequestError::Member { name: "roles" });
                }
            }
        }
        Ok(())
    }

    /// Reads a request file.
    ///
    /// # Errors
    ///
    /// See [`RequestError`]. Whatever is written for people must agree with what is signed.
    pub fn from_json(text: &[u8]) -> Result<Self, RequestError> {
        Self::from_file(read(text)?)
    }

    fn from_file(file: RequestFile) -> Result<Self, RequestError> {
        check_format(&file.format, file.version, REQUEST_FORMAT)?;
        let participant = Participant::from_alpha3(&file.participant)
            .ok_or(RequestError::Member { name: "participant" })?;
        let created = file.created.parse().map_err(|_| RequestError::Member { name: "created" })?;
        let items = file.items.into_iter().map(read_item).collect::<Result<Vec<_>, _>>()?;
        Self::new(file.gateway, created, participant, items)
    }

    /// Writes the request file: indented JSON.
    pub fn to_json(&self) -> String {
        // Texts and lists only: nothing that JSON cannot say.
        serde_json::to_string_pretty(&self.file()).unwrap_or_default()
    }

    fn file(&self) -> RequestFile {
        RequestFile {
            format: REQUEST_FORMAT.to_owned(),
            version: VERSION,
            gateway: self.gateway.clone(),
            created: self.created.to_string(),
            participant: self.participant.alpha3().to_owned(),
            items: self.items.iter().map(write_item).collect(),
        }
    }

    /// The canonical JSON (RFC 8785) of the request.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// SHA-256 of the canonical form: what operators approve and the anchor confirms.
    pub fn digest(&self) -> Thumbprint {
        Thumbprint::of(self.canonical().as_bytes())
    }

    /// Has the trust anchor sign every item, and the request as a whole.
    ///
    /// # Errors
    ///
    /// When the key is not the anchor's or does not sign.
    pub fn sign(
        &self,
        anchor: &Certificate,
        signer: &dyn Signer,
        signing_time: Timestamp,
    ) -> Result<OnboardingResponse, RequestError> {
        let sign = |content: &[u8]| {
            cms::sign(content, anchor, signer, signing_time, cms::Form::Detached)
                .map(|message| STANDARD.encode(message))
                .map_err(RequestError::Signing)
        };
        let mut signatures = Vec::new();
        for item in &self.items {
            let sha256 = item.sha256().to_string();
            signatures.push(ItemSignature { sha256, signature: sign(item.content())? });
        }
        Ok(OnboardingResponse {
            format: RESPONSE_FORMAT.to_owned(),
            version: VERSION,
            request: self.file(),
            anchor: anchor.thumbprint().to_string(),
            signed: signing_time.to_string(),
            confirmation: Some(sign(self.canonical().as_bytes())?),
            items: signatures,
        })
    }

    /// An answer of signatures that were made before: those of an onboarding repository.
    /// `signature_of` finds the signature over an item.
    ///
    /// # Errors
    ///
    /// When an item has none.
    pub fn answer_with(
        &self,
        anchor: Thumbprint,
        at: Timestamp,
        signature_of: impl Fn(&RequestItem) -> Option<String>,
    ) -> Result<OnboardingResponse, RequestError> {
        let mut items = Vec::new();
        for item in &self.items {
            let sha256 = item.sha256();
            let signature = signature_of(item).ok_or(RequestError::Unsigned { sha256 })?;
            items.push(ItemSignature { sha256: sha256.to_string(), signature });
        }
        Ok(OnboardingResponse {
            format: RESPONSE_FORMAT.to_owned(),
            version: VERSION,
            request: self.file(),
            anchor: anchor.to_string(),
            signed: at.to_string(),
            confirmation: None,
            items,
        })
    }
}

/// The trust anchor's answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnboardingResponse {
    format: String,
    version: u32,
    /// The whole request, so that the answer needs nothing beside it.
    request: RequestFile,
    /// Thumbprint of the anchor.
    pub anchor: String,
    /// When it was signed.
    pub signed: String,
    /// Base64 of the detached CMS message over the canonical request. Absent where the signatures
    /// come from an onboarding repository, whose anchor signs certificates only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
    /// The signature over each item.
    pub items: Vec<ItemSignature>,
}

/// The signature over one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemSignature {
    /// SHA-256 of what is signed.
    pub sha256: String,
    /// Base64 of the detached CMS message.
    pub signature: String,
}

/// A request whose every item a trust anchor signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// The request.
    pub request: OnboardingRequest,
    /// The signature over each item, in their order, base64.
    pub signatures: Vec<String>,
}

/// One certificate of a [`SignedRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedParty<'a> {
    /// What it is for.
    pub usage: KeyUsage,
    /// The domain it is for.
    pub domain: &'a Domain,
    /// What a client certificate may do.
    pub roles: &'a [String],
    /// The certificate with the anchor's signature.
    pub party: TrustedParty,
}

impl OnboardingResponse {
    /// Reads a response file.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn from_json(text: &[u8]) -> Result<Self, RequestError> {
        let response: Self = read(text)?;
        check_format(&response.format, response.version, RESPONSE_FORMAT)?;
        Ok(response)
    }

    /// Writes the response file: indented JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The request that it answers. Nothing is known yet of who signed it.
    ///
    /// # Errors
    ///
    /// See [`RequestError`].
    pub fn request(&self) -> Result<OnboardingRequest, RequestError> {
        OnboardingRequest::from_file(self.request.clone())
    }

    /// Checks every signature of the response.
    ///
    /// # Errors
    ///
    /// When an item has no signature, or one does not hold under one of `anchors`; also the one
    /// over the request as a whole, where there is one: whether it may be absent is the caller's
    /// to say.
    pub fn check(
        &self,
        anchors: &[Certificate],
        backend: Backend,
    ) -> Result<SignedRequest, RequestError> {
        let request = self.request()?;
        let digest = request.digest();
        if let Some(confirmation) = &self.confirmation {
            participant::anchor_of(request.canonical().as_bytes(), confirmation, anchors, backend)
                .map_err(|source| RequestError::Signature { sha256: digest, source })?;
        }
        let mut signatures = Vec::new();
        for item in &request.items {
            let sha256 = item.sha256();
            let text = sha256.to_string();
            let found = self.items.iter().find(|one| one.sha256 == text);
            let found = found.ok_or(RequestError::Unsigned { sha256 })?;
            participant::anchor_of(item.content(), &found.signature, anchors, backend)
                .map_err(|source| RequestError::Signature { sha256, source })?;
            signatures.push(found.signature.clone());
        }
        Ok(SignedRequest { request, signatures })
    }
}

impl SignedRequest {
    /// The certificates with what the anchor signed, in the form of the onboarding repositories.
    pub fn parties(&self) -> impl Iterator<Item = SignedParty<'_>> {
        self.request.items.iter().zip(&self.signatures).filter_map(|(item, signature)| {
            let RequestItem::Certificate { usage, domain, certificate, roles } = item else {
                return None;
            };
            let party = TrustedParty {
                trust_anchor_signature: signature.clone(),
                certificate_raw_data: STANDARD.encode(certificate.der()),
                certificate_thumbprint: certificate.thumbprint().to_string(),
                country: self.request.participant.alpha2().to_owned(),
            };
            Some(SignedParty { usage: *usage, domain, roles, party })
        })
    }

    /// The issuers with the anchor's signature in them.
    pub fn issuers(&self) -> impl Iterator<Item = (&Domain, IssuerFile)> {
        self.request.items.iter().zip(&self.signatures).filter_map(|(item, signature)| {
            let RequestItem::Issuer { domain, issuer, .. } = item else { return None };
            Some((domain, IssuerFile { signature: Some(signature.clone()), ..issuer.clone() }))
        })
    }
}

fn read<T: for<'a> Deserialize<'a>>(text: &[u8]) -> Result<T, RequestError> {
    if text.len() > MAX_LEN {
        return Err(RequestError::TooLong { limit: MAX_LEN });
    }
    serde_json::from_slice(text).map_err(|error| RequestError::Json(error.to_string()))
}

fn check_format(found: &str, version: u32, expected: &'static str) -> Result<(), RequestError> {
    if found == expected && version == VERSION {
        return Ok(());
    }
    Err(RequestError::Format { expected, found: found.chars().take(40).collect(), version })
}

fn write_item(item: &RequestItem) -> ItemFile {
    let (certificate, roles, issuer, name) = match item {
        RequestItem::Certificate { certificate, roles, .. } => (
            Some(STANDARD.encode(certificate.der())),
            roles.clone(),
            None,
            certificate.subject().to_string(),
        ),
        RequestItem::Issuer { issuer, text, .. } => {
            (None, Vec::new(), Some(issuer.clone()), text.clone())
        }
    };
    ItemFile {
        r#use: item.kind().to_owned(),
        domain: item.domain().as_str().to_owned(),
        sha256: item.sha256().to_string(),
        name,
        certificate,
        roles,
        issuer,
    }
}

fn read_item(file: ItemFile) -> Result<RequestItem, RequestError> {
    let member = |name| RequestError::Member { name };
    let domain: Domain = file.domain.parse().map_err(|_| member("domain"))?;
    let item = match (file.certificate, file.issuer) {
        (Some(certificate), None) => {
            let der = STANDARD.decode(certificate).map_err(|_| member("certificate"))?;
            let usage = KeyUsage::ALL.into_iter().find(|usage| usage.as_str() == file.r#use);
            RequestItem::Certificate {
                usage: usage.ok_or(member("use"))?,
                domain,
                certificate: Certificate::from_der(&der)?,
                roles: file.roles,
            }
        }
        (None, Some(issuer)) if file.r#use == "ISSUER" => RequestItem::issuer(domain, issuer)?,
        _ => return Err(member("certificate or issuer")),
    };
    // What people read must be what is signed.
    let written = write_item(&item);
    if written.sha256 != file.sha256 || written.name != file.name {
        return Err(RequestError::Disagrees { sha256: item.sha256() });
    }
    Ok(item)
}

/// Why a request or response is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The file is too long.
    #[error("the file is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The file is not the JSON of such a file.
    #[error("not a request or response: {0}")]
    Json(String),
    /// The file is of another kind or version.
    #[error("the file is {found:?} version {version}, {expected:?} version 1 is expected")]
    Format {
        /// What is read here.
        expected: &'static str,
        /// What the file says it is.
        found: String,
        /// Its version.
        version: u32,
    },
    /// A member has not its form.
    #[error("the member {name:?} cannot be read")]
    Member {
        /// Its name.
        name: &'static str,
    },
    /// There is nothing to sign.
    #[error("there is nothing to sign")]
    Empty,
    /// There are too many items.
    #[error("more than {limit} items")]
    TooManyItems {
        /// The limit.
        limit: usize,
    },
    /// The same thing stands twice: one certificate has one use.
    #[error("{sha256} stands twice; a certificate has one use in one domain")]
    Twice {
        /// SHA-256 of the item.
        sha256: Thumbprint,
    },
    /// An item is another participant's.
    #[error("{sha256} is of {found:?} and not of {participant}")]
    OtherCountry {
        /// SHA-256 of the item.
        sha256: Thumbprint,
        /// Its country.
        found: String,
        /// Whose request it is.
        participant: Participant,
    },
    /// A certificate of that use is uploaded by the participant, not onboarded.
    #[error("a {usage} is uploaded by the participant and not signed by the trust anchor")]
    NotOnboarded {
        /// The use.
        usage: KeyUsage,
    },
    /// The words for people are not those of what would be signed.
    #[error("what the file says about {sha256} is not what would be signed")]
    Disagrees {
        /// SHA-256 of what would be signed.
        sha256: Thumbprint,
    },
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// An issuer is incomplete or ambiguous.
    #[error("issuer: {0}")]
    Issuer(#[from] IssuerFault),
    /// The anchor did not sign.
    #[error("the trust anchor did not sign: {0}")]
    Signing(CmsError),
    /// An item has no signature in the response.
    #[error("the response has no signature over {sha256}")]
    Unsigned {
        /// SHA-256 of the item.
        sha256: Thumbprint,
    },
    /// A signature does not hold.
    #[error("the signature over {sha256}: {source}")]
    Signature {
        /// SHA-256 of what is signed.
        sha256: Thumbprint,
        /// Why it does not hold.
        source: OnboardingError,
    },
}

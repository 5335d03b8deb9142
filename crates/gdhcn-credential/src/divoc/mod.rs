//! DIVOC certificates: W3C verifiable credentials with a linked-data proof, in a ZIP archive in a
//! QR code (DIVOC, Digital Infrastructure for Vaccination Open Credentialing).
//!
//! The proof signs the statements that the document makes under its contexts, not its text. So
//! everything here is read from the *expanded* document ([`gdhcn_envelope::json_ld`]): a member that
//! no context defines is not signed and not read, and is named in [`Certificate::unsigned`].
//!
//! One weakness is the format's own: its contexts give several terms the same IRI (batch, vaccine
//! and manufacturer; dose and number of doses; the three dates), so a proof does not say which
//! value belongs to which of them.

mod contexts;
mod zip;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gdhcn_codes::icd11::Disease;
use gdhcn_crypto::sha256;
use gdhcn_envelope::base64url;
use gdhcn_envelope::json::{self, JsonError, Object, Value};
use gdhcn_envelope::json_ld::{ContextError, Expanded, JsonLdError, Node, expand};
use gdhcn_envelope::rdf::canonical::{self, CanonicalError};

use crate::statement::{Coding, Credential, Statement, Vaccination, system};
use crate::{DateText, Limits, Person, Problem, Rule, TimeClaim, TimeFault, parse_instant_loose};

pub use zip::ZipError;

/// Bounds on the header of the detached signature.
const HEADER_LIMITS: json::Limits = json::Limits { bytes: 1024, depth: 3, values: 16, members: 8 };
/// Members of a proof that are not signed themselves.
const SIGNATURE_MEMBERS: [&str; 3] = ["jws", "signatureValue", "proofValue"];

/// A DIVOC certificate, read and not verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// `issuer`
    pub issuer: String,
    /// `issuanceDate`
    pub issued_at: TimeClaim,
    /// `expirationDate`
    pub expires_at: TimeClaim,
    /// The proof.
    pub proof: Proof,
    /// What is signed (JWS with unencoded payload, RFC 7797): the header, a dot, the digests of
    /// the canonical proof options and of the canonical document.
    pub to_be_signed: Vec<u8>,
    /// What it states.
    pub credential: Credential,
    /// Members that no context defines, so that the proof does not cover them.
    pub unsigned: Vec<String>,
    /// Deviations from the form.
    pub problems: Vec<Problem>,
}

/// The proof of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// `type`: `RsaSignature2018` or `Ed25519Signature2018`.
    pub kind: String,
    /// `verificationMethod`: what names the key, such as `did:india`.
    pub verification_method: String,
    /// `alg` of the signature's header.
    pub algorithm: String,
    /// The signature.
    pub signature: Vec<u8>,
    /// SHA-256 of the canonical proof options.
    pub options_digest: [u8; 32],
    /// SHA-256 of the canonical document without its proof.
    pub document_digest: [u8; 32],
}

/// Why a text is no DIVOC certificate that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DivocError {
    /// The text is longer than the limit.
    #[error("the code is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// The text after `B64:` is no base64.
    #[error("the text after \"B64:\" is not base64")]
    Base64,
    /// The bytes of the archive were changed by a conversion to text.
    #[error(
        "the code's bytes were lost in a conversion to text; scan it with a reader that keeps bytes"
    )]
    NotBytes,
    /// The archive.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// The certificate is no JSON.
    #[error("certificate.json: {0}")]
    Json(#[from] JsonError),
    /// The document cannot be expanded.
    #[error(transparent)]
    JsonLd(#[from] JsonLdError),
    /// A context of our own cannot be read.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The statements cannot be brought into their canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// A member is missing or of another type.
    #[error("the certificate has no usable {member:?}")]
    Missing {
        /// The member, as a path.
        member: &'static str,
    },
    /// The signature has not the form of a detached JWS with unencoded payload.
    #[error("the proof's jws is {what}")]
    Jws {
        /// What is wrong.
        what: &'static str,
    },
}

impl Certificate {
    /// Reads a code (`B64:…`, or the bytes of a ZIP archive as Latin-1 characters) or the bare
    /// document.
    ///
    /// # Errors
    ///
    /// [`DivocError`] names the layer that does not open.
    pub fn read(text: &str, limits: &Limits) -> Result<Self, DivocError> {
        let json = document(text, limits)?;
        let document = json::parse(&json, &limits.json)?;
        Self::of_document(document.as_object().ok_or(DivocError::Missing { member: "object" })?)
    }

    fn of_document(document: &Object<'_>) -> Result<Self, DivocError> {
        let proof = document.object("proof").ok_or(DivocError::Missing { member: "proof" })?;
        let contexts = contexts::known()?;
        let expanded = expand(&document.without(&["proof"]), &contexts)?;
        let options = proof
            .without(&SIGNATURE_MEMBERS)
            .with("@context", Value::Text(contexts::SECURITY.into()));
        let options = expand(&options, &contexts)?;
        let limits = canonical::Limits::default();
        let digest = |expanded: &Expanded| {
            canonical::n_quads(&expanded.quads, &limits).map(|lines| sha256(lines.as_bytes()))
        };
        let proof = read_proof(proof, digest(&options)?, digest(&expanded)?)?;
        let (proof, to_be_signed) = proof;
        let mut problems = Vec::new();
        let root = &expanded.root;
        let credential = read_credential(root, &mut problems);
        Ok(Self {
            issuer: root.iri("issuer").unwrap_or_default().to_owned(),
            issued_at: time(root.text("issuanceDate")),
            expires_at: time(root.text("expirationDate")),
            proof,
            to_be_signed,
            credential,
            unsigned: expanded.unsigned,
            problems,
        })
    }
}

/// The JSON text inside a code; nothing of it is read.
///
/// # Errors
///
/// When the archive does not open.
pub fn document(text: &str, limits: &Limits) -> Result<Vec<u8>, DivocError> {
    if text.len() > limits.json.bytes {
        return Err(DivocError::TooLong { limit: limits.json.bytes });
    }
    let archive = if let Some(encoded) = text.strip_prefix("B64:") {
        STANDARD.decode(encoded.trim_ascii()).map_err(|_| DivocError::Base64)?
    } else if text.starts_with("PK") {
        let archive: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        archive.ok_or(DivocError::NotBytes)?
    } else {
        return Ok(text.as_bytes().to_vec());
    };
    Ok(zip::certificate(&archive, limits.divoc)?)
}

/// The proof, and the bytes that it signs.
fn read_proof(
    proof: &Object<'_>,
    options_digest: [u8; 32],
    document_digest: [u8; 32],
) -> Result<(Proof, Vec<u8>), DivocError> {
    let text = |name: &str, member| proof.text(name).ok_or(DivocError::Missing { member });
    let jws = text("jws", "proof.jws")?;
    let wrong = |what| DivocError::Jws { what };
    let (header, signature) = jws.split_once("..").ok_or(wrong("not detached"))?;
    let decode = |text: &str| base64url::decode(text).ok_or(wrong("not base64url"));
    let signature = decode(signature)?;
    let decoded = decode(header)?;
    let parsed = json::parse(&decoded, &HEADER_LIMITS).map_err(|_| wrong("without a header"))?;
    let parsed = parsed.as_object().ok_or(wrong("without a header"))?;
    let critical = parsed.get("crit").and_then(Value::as_list);
    let critical_is_b64 = matches!(critical, Some([only]) if only.as_text() == Some("b64"));
    if parsed.get("b64") != Some(&Value::Bool(false)) || !critical_is_b64 {
        return Err(wrong("not one with an unencoded payload (RFC 7797)"));
    }
    let algorithm = parsed.text("alg").ok_or(wrong("without an algorithm"))?.to_owned();
    let mut to_be_signed = header.as_bytes().to_vec();
    to_be_signed.push(b'.');
    to_be_signed.extend(options_digest);
    to_be_signed.extend(document_digest);
    let proof = Proof {
        kind: text("type", "proof.type")?.to_owned(),
        verification_method: text("verificationMethod", "proof.verificationMethod")?.to_owned(),
        algorithm,
        signature,
        options_digest,
        document_digest,
    };
    Ok((proof, to_be_signed))
}

fn time(text: Option<&str>) -> TimeClaim {
    match text {
        None => TimeClaim::Absent,
        Some(text) => parse_instant_loose(text)
            .map_or(TimeClaim::Unreadable { why: TimeFault::NotANumber }, TimeClaim::At),
    }
}

fn read_credential(root: &Node, problems: &mut Vec<Problem>) -> Credential {
    let subject = root.nodes("credentialSubject").next();
    let person = subject.map(person).unwrap_or_default();
    if person.name.is_empty() {
        problems.push(Problem::new("credentialSubject/name", Rule::NoName));
    }
    let mut statements = Vec::new();
    let mut identifier = None;
    for evidence in root.nodes("evidence") {
        if evidence.property("vaccine").is_some() {
            identifier = identifier.or_else(|| text(evidence, "certificateId"));
            statements.push(Statement::Vaccination(vaccination(evidence)));
        }
    }
    if statements.is_empty() {
        problems.push(Problem::new("evidence", Rule::NoStatement));
    }
    let first = root.nodes("evidence").next();
    let date = |term| DateText::from(first.and_then(|one| text(one, term)).unwrap_or_default());
    Credential {
        person,
        statements,
        identifier,
        issuer: root.iri("issuer").map(str::to_owned),
        valid_from: date("effectiveStart"),
        valid_until: date("effectiveUntil"),
        ..Credential::default()
    }
}

fn person(subject: &Node) -> Person {
    // Identity documents stand in the node's name: `did:Passport:A1234567`.
    let document = subject.id.as_deref().and_then(|id| id.strip_prefix("did:"));
    let (kind, number) = document.and_then(|id| id.split_once(':')).unwrap_or_default();
    let is_passport = kind.eq_ignore_ascii_case("passport");
    Person {
        name: text(subject, "name").unwrap_or_default(),
        birth_date: DateText::from(text(subject, "dob").unwrap_or_default()),
        sex: text(subject, "gender").or_else(|| text(subject, "sex")),
        nationality: text(subject, "nationality"),
        document_number: Some(number.to_owned()).filter(|number| !number.is_empty()),
        document_type: is_passport.then(|| "PPN".to_owned()),
        ..Person::default()
    }
}

fn vaccination(evidence: &Node) -> Vaccination {
    let facility = evidence.nodes("facility").next();
    let address = facility.and_then(|facility| facility.nodes("address").next());
    let verifier = evidence.nodes("verifier").next();
    let number = |term| evidence.text(term).and_then(|number| number.parse().ok());
    let vaccine = text(evidence, "icd11Code").map(|code| Coding::new(system::ICD11, code));
    Vaccination {
        disease: vaccine.as_ref().map(|_| {
            let covid = Disease::Covid19;
            Coding::new(system::ICD11, covid.code()).with_display(Some(covid.name()))
        }),
        vaccine,
        brand: text(evidence, "vaccine").map(Coding::text),
        manufacturer: text(evidence, "manufacturer").map(Coding::text),
        lot: text(evidence, "batch"),
        date: DateText::from(text(evidence, "date").unwrap_or_default()),
        dose: number("dose"),
        total_doses: number("totalDoses"),
        country: address
            .and_then(|address| text(address, "addressCountry"))
            .map(|code| Coding::new(system::COUNTRY, code)),
        centre: facility.and_then(|facility| text(facility, "name")),
        practitioner: verifier.and_then(|verifier| text(verifier, "name")),
        ..Vaccination::default()
    }
}

fn text(node: &Node, term: &str) -> Option<String> {
    node.text(term).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The text of a scanned code, which a reader gives as `text` and as `bytes`; that of an archive
/// keeps its bytes ([`text_of_archive`]).
pub fn text_of_code(text: String, bytes: &[u8]) -> String {
    text_of_archive(bytes).unwrap_or(text)
}

/// The text in which the bytes of an archive go through everything that takes texts: each byte as
/// the Latin-1 character of its value. `None` for what is no archive.
pub fn text_of_archive(bytes: &[u8]) -> Option<String> {
    bytes.starts_with(b"PK\x03\x04").then(|| bytes.iter().copied().map(char::from).collect())
}

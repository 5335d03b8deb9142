//! HC1 certificates, from a request to the text of the code.
//!
//! [`prepare`] checks whether the document may be signed at all and gives the bytes to sign;
//! the signature is made wherever the key lives; [`Prepared::finish`] checks it and packs the
//! code. [`issue`] does all three with a [`Signer`] at hand. What is written is exactly the form of
//! the HCERT specification 1.1.1: deterministic CBOR, texts in NFC, tag 18, protected header
//! `{1: alg, 4: kid}`.
//!
//! What a strict verifier would refuse by its form, its dates or its signer is refused here already:
//! at the counter and not at the border. Whether its codes are in today's value sets is left to the
//! caller: new products are issued before the sets know them.

mod admission;
mod error;

pub use error::{IssueError, Refusal};

use gdhcn_codes::Participant;
use gdhcn_credential::{CwtClaims, HealthDocument, Problem, SubclaimKey, hcert, normalized};
use gdhcn_crypto::{Backend, DigestAlgorithm, PublicKey, SignatureScheme, Signer, VerifyError};
use gdhcn_envelope::cose::{self, ES256, PS256};
use gdhcn_envelope::x509::Certificate;
use jiff::Timestamp;
use jiff::tz::Offset;

/// The longest text that a QR code with error correction Q holds (ISO/IEC 18004: version 40,
/// alphanumeric). Below that level print wears off too soon (HCERT specification, section 5).
const TEXT_MAX: usize = 2420;

/// What is to be signed, by whom, and for how long.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The document: an EU DCC, or an ICVP of the newest generation.
    pub document: HealthDocument,
    /// The participant that issues it, claim `iss`.
    pub issuer: Participant,
    /// When it is issued, claim `iat`; fractions of a second are cut off.
    pub issued_at: Timestamp,
    /// Until when the signature counts, claim `exp`; fractions of a second are cut off.
    pub expires_at: Timestamp,
    /// The document signer certificate (DSC) whose key will sign.
    pub certificate: &'a Certificate,
}

/// A document that may be signed, with the bytes to sign.
#[derive(Clone, Debug)]
pub struct Prepared {
    key: PublicKey,
    scheme: SignatureScheme,
    protected: Vec<u8>,
    payload: Vec<u8>,
    to_be_signed: Vec<u8>,
}

/// A signed certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issued {
    /// The text of the code, `HC1:…`.
    pub text: String,
    /// The COSE_Sign1 inside.
    pub cose: Vec<u8>,
}

/// Checks whether the document may be signed and gives the bytes to sign.
///
/// # Errors
///
/// The first reason against it.
pub fn prepare(request: &Request<'_>) -> Result<Prepared, Refusal> {
    let (key, scheme, algorithm) = signing_key(request.certificate)?;
    admission::check_completeness(&request.document)?;
    let (subclaim, document) = match &request.document {
        HealthDocument::Dcc(dcc) => (SubclaimKey::DCC, dcc.to_cbor()),
        HealthDocument::Icvp(icvp) => (SubclaimKey::ICVP, icvp.to_cbor()),
        _ => return Err(Refusal::Kind),
    };
    let document = normalized(document);
    // What counts is what will be read, so that is what is checked.
    let read = HealthDocument::read(subclaim, &document);
    admission::check(request, &read)?;
    let claims = CwtClaims {
        issuer: request.issuer.alpha2(),
        issued_at: request.issued_at,
        expires_at: request.expires_at,
        not_before: first_moment(&read),
        key: subclaim,
        document,
    };
    let payload = claims.to_vec();
    let protected = cose::protected_header(algorithm, &request.certificate.kid());
    let to_be_signed = cose::sig_structure(&protected, &payload);
    Ok(Prepared { key: key.clone(), scheme, protected, payload, to_be_signed })
}

/// Checks, signs and packs.
///
/// # Errors
///
/// When the document may not be signed, the key is not that of the certificate, or the key store
/// fails.
pub fn issue(request: &Request<'_>, signer: &dyn Signer) -> Result<Issued, IssueError> {
    let prepared = prepare(request)?;
    if *signer.public_key() != prepared.key {
        return Err(IssueError::ForeignKey);
    }
    let signature = signer.sign(prepared.scheme, &prepared.to_be_signed)?;
    prepared.finish(&signature)
}

impl Prepared {
    /// The bytes to sign: the `Sig_structure` (RFC 9052, 4.4), not hashed.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// How to sign them: ECDSA with the signature as `r || s`, or RSASSA-PSS, both with SHA-256.
    pub const fn scheme(&self) -> SignatureScheme {
        self.scheme
    }

    /// Packs the code. The signature is verified first, so no code leaves that nobody can verify.
    ///
    /// # Errors
    ///
    /// When the signature is not right, or the code would not fit a QR code.
    pub fn finish(self, signature: &[u8]) -> Result<Issued, IssueError> {
        Backend::default()
            .verifier(&self.key)
            .map_err(|error| IssueError::Refused(Refusal::Key(error)))?
            .verify(self.scheme, &self.to_be_signed, signature)
            .map_err(|error| match error {
                VerifyError::MalformedSignature { .. } => {
                    IssueError::SignatureForm { length: signature.len(), scheme: self.scheme }
                }
                other => IssueError::Signature(other),
            })?;
        let cose = cose::encode(&self.protected, &self.payload, signature);
        let text = hcert::close(&cose);
        if text.len() > TEXT_MAX {
            return Err(IssueError::TooLong { length: text.len(), limit: TEXT_MAX });
        }
        Ok(Issued { text, cose })
    }
}

/// The key of the DSC and the algorithm that HCERT prescribes for it.
fn signing_key(certificate: &Certificate) -> Result<(&PublicKey, SignatureScheme, i64), Refusal> {
    let key = certificate.public_key().map_err(|error| Refusal::Key(error.clone()))?;
    let digest = DigestAlgorithm::Sha256;
    match key {
        PublicKey::Ec(ec) if ec.curve() == gdhcn_crypto::Curve::P256 => {
            Ok((key, SignatureScheme::EcdsaFixed(digest), ES256))
        }
        PublicKey::Rsa(_) => Ok((key, SignatureScheme::pss(digest), PS256)),
        other => Err(Refusal::KeyKind { found: other.to_string() }),
    }
}

/// The claim `nbf`: an ICVP counts from its first valid day, midnight UTC.
fn first_moment(document: &HealthDocument) -> Option<Timestamp> {
    let HealthDocument::Icvp(icvp) = document else { return None };
    let day = icvp.dose()?.first_valid_day()?;
    Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
}

/// Problems as one text, for error messages.
fn listed(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gdhcn_crypto::{Curve, DigestAlgorithm, PublicKey, SignError, SignatureScheme, Signer};
use jiff::Timestamp;
use serde::Serialize;

use super::canonical::{self, UnsignedContent, Vocabulary};
use super::proof::{SignatureForm, signing_input};
use super::{Document, DocumentError, Limits};
use crate::json::{self, JsonError};

/// What a proof says besides its signature.
#[derive(Clone, Copy, Debug)]
pub struct ProofOptions<'a> {
    /// When the proof is made; written in whole seconds.
    pub created: Timestamp,
    /// A text that stands in no other proof, or nothing at all as in version 1 lists.
    pub nonce: &'a str,
    /// The DID under which the key is published.
    pub verification_method: &'a str,
    /// How the signature is written.
    pub form: SignatureForm,
    /// How the header calls the algorithm.
    pub algorithm: AlgorithmName,
}

/// The name in the header of a proof's JWS. The signature is the same under both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AlgorithmName {
    /// `ES256` (RFC 7518, 3.1).
    #[default]
    Es256,
    /// `EC`, which no registry knows and the publisher of version 1 lists writes.
    Ec,
}

impl AlgorithmName {
    const fn header(self) -> &'static str {
        match self {
            Self::Es256 => r#"{"b64":false,"crit":["b64"],"alg":"ES256"}"#,
            Self::Ec => r#"{"b64":false,"crit":["b64"],"alg":"EC"}"#,
        }
    }
}

/// The member `proof`, in the order of published lists.
#[derive(Serialize)]
struct ProofText<'a> {
    r#type: &'static str,
    created: String,
    nonce: &'a str,
    #[serde(rename = "proofPurpose")]
    proof_purpose: &'static str,
    #[serde(rename = "verificationMethod")]
    verification_method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    jws: Option<&'a str>,
}

/// Adds a `JsonWebSignature2020` proof to a trust list, as its last member. `document` is the
/// list's JSON without one; its other bytes stay as they are.
///
/// # Errors
///
/// When the document has a proof already or holds what a proof would not sign, or when the key is
/// not on P-256 or does not sign.
pub fn sign(
    document: &str,
    options: &ProofOptions<'_>,
    limits: &Limits,
    signer: &dyn Signer,
) -> Result<String, SigningError> {
    match signer.public_key() {
        PublicKey::Ec(key) if key.curve() == Curve::P256 => {}
        other => return Err(SigningError::Key { found: other.to_string() }),
    }
    let parsed = Document::parse(document.as_bytes(), limits)?;
    if parsed.proof().is_some() {
        return Err(SigningError::Signed);
    }
    let vocabulary = Vocabulary::of(&parsed)?;
    if options.algorithm == AlgorithmName::Ec && vocabulary != Vocabulary::Keys {
        return Err(SigningError::AlgorithmName);
    }
    let statements = canonical::document(&parsed, vocabulary)?;

    let mut text = ProofText {
        r#type: "JsonWebSignature2020",
        created: options.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        nonce: options.nonce,
        proof_purpose: "assertionMethod",
        verification_method: options.verification_method,
        jws: None,
    };
    let unsigned = written(&text)?;
    let read = json::parse(unsigned.as_bytes(), &json::Limits::default())?;
    let read = read.as_object().ok_or(SigningError::Document(DocumentError::NotAnObject))?;
    let header = URL_SAFE_NO_PAD.encode(options.algorithm.header());
    let message = signing_input(&header, &canonical::options(read)?, &statements);

    let scheme = match options.form {
        SignatureForm::Der => SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256),
        SignatureForm::Fixed => SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256),
    };
    let signature = signer.sign(scheme, &message)?;
    let jws = format!("{header}..{}", URL_SAFE_NO_PAD.encode(signature));
    text.jws = Some(&jws);
    let body = document.trim_end().strip_suffix('}');
    let body = body.ok_or(SigningError::Document(DocumentError::NotAnObject))?;
    Ok(format!("{body},\"proof\":{}}}", written(&text)?))
}

/// The document before its proof was added: the text up to the last member `proof`.
///
/// `None` when the text does not end with one, as [`sign`] writes it.
pub fn without_proof(document: &str) -> Option<String> {
    let (body, _) = document.rsplit_once(",\"proof\":{\"type\":\"JsonWebSignature2020\"")?;
    Some(format!("{body}}}"))
}

fn written(text: &ProofText<'_>) -> Result<String, SigningError> {
    serde_json::to_string(text).map_err(|error| SigningError::Writing { what: error.to_string() })
}

/// Why a list was not signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The document cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The proof's own members cannot be read.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The document or the proof holds what the proof would not sign.
    #[error(transparent)]
    Unsigned(#[from] UnsignedContent),
    /// The document has a proof.
    #[error("the document has a proof already")]
    Signed,
    /// `EC` is read in version 1 lists alone.
    #[error("the algorithm can be called \"EC\" in version 1 lists only; use ES256")]
    AlgorithmName,
    /// The key is not on P-256.
    #[error("lists are signed with a P-256 key, and not with one of type {found}")]
    Key {
        /// The kind of key.
        found: String,
    },
    /// The key did not sign.
    #[error(transparent)]
    Signer(#[from] SignError),
    /// The proof could not be written.
    #[error("the proof could not be written: {what}")]
    Writing {
        /// The reason.
        what: String,
    },
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use gdhcn_crypto::{Backend, KeyKind, SoftwareKey};

    use super::super::Proof;
    use super::*;

    const V1: &str = r#"{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/suites/jws-2020/v1"],"id":"did:web:x:trustlist","controller":"did:web:x:trustlist","verificationMethod":["did:web:y"]}"#;
    const V2: &str = r#"{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/suites/jws-2020/v1","https://smart.who.int/trust/tng-context/v1.jsonld"],"id":"did:web:x:v2:trustlist","controller":"did:web:x:v2:trustlist","verificationMethod":[]}"#;

    fn options(form: SignatureForm, algorithm: AlgorithmName) -> ProofOptions<'static> {
        ProofOptions {
            created: "2026-08-22T18:00:36.9Z".parse().unwrap(),
            nonce: "n\"1",
            verification_method: "did:web:x:signer",
            form,
            algorithm,
        }
    }

    fn key() -> SoftwareKey {
        SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap()
    }

    #[test]
    fn what_is_signed_verifies_in_every_form_and_can_be_taken_apart_again() {
        let key = key();
        let verifier = Backend::default().verifier(key.public_key()).unwrap();
        for (text, form, algorithm) in [
            (V1, SignatureForm::Fixed, AlgorithmName::Ec),
            (V1, SignatureForm::Fixed, AlgorithmName::Es256),
            (V2, SignatureForm::Der, AlgorithmName::Es256),
            (V2, SignatureForm::Fixed, AlgorithmName::Es256),
        ] {
            let options = options(form, algorithm);
            let signed = sign(text, &options, &Limits::default(), &key).unwrap();
            let document = Document::parse(signed.as_bytes(), &Limits::default()).unwrap();
            let proof = Proof::of(&document).unwrap().unwrap();
            assert_eq!(proof.verify(verifier.as_ref()), Ok(()));
            assert_eq!(proof.signature_form(), form);
            assert_eq!(proof.created().to_string(), "2026-08-22T18:00:36Z");
            assert_eq!(without_proof(&signed).as_deref(), Some(text));
        }
        assert_eq!(without_proof(V1), None);
    }

    #[test]
    fn nothing_is_signed_that_no_verifier_would_take() {
        let key = key();
        let es256 = options(SignatureForm::Fixed, AlgorithmName::Es256);
        let refusal = |text: &str, options| {
            sign(text, options, &Limits::default(), &key).unwrap_err().to_string()
        };
        let signed = sign(V1, &es256, &Limits::default(), &key).unwrap();
        assert_eq!(refusal(&signed, &es256), "the document has a proof already");
        let ec = options(SignatureForm::Fixed, AlgorithmName::Ec);
        assert!(refusal(V2, &ec).contains("version 1 lists only"));
        let surplus = V1.replace("\"id\":", "\"service\":[],\"id\":");
        assert!(refusal(&surplus, &es256).contains("service"));
        let foreign = V1.replace("/did/v1", "/did/v9");
        assert!(refusal(&foreign, &es256).contains("contexts"));
        let other = SoftwareKey::generate(KeyKind::Ec(Curve::P384)).unwrap();
        let error = sign(V1, &es256, &Limits::default(), &other).unwrap_err();
        assert_eq!(error, SigningError::Key { found: "EC P-384".to_owned() });
    }
}

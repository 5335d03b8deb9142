use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gdhcn_crypto::{
    Curve, DigestAlgorithm, PublicKey, SignatureScheme, Verifier, ecdsa_signature, sha256,
};
use jiff::Timestamp;

use super::Document;
use super::canonical::{self, UnsignedContent, Vocabulary};
use crate::json;

/// A `JsonWebSignature2020` proof of a trust list: what was signed, and the signature.
#[derive(Clone, Debug)]
pub struct Proof {
    created: Timestamp,
    verification_method: String,
    coverage: Coverage,
    form: SignatureForm,
    message: Vec<u8>,
    signature: Vec<u8>,
}

/// What of an entry the proof signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Every member of every entry.
    Everything,
    /// The keys, their names and their controllers. Domain, participant and key usage of the
    /// entries are **unsigned**: so with the lists of 2025.
    KeysOnly,
}

/// How the ECDSA signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureForm {
    /// DER `SEQUENCE { r, s }`, as version 2 lists have it, against RFC 7518, 3.4.
    Der,
    /// `r || s`, as RFC 7518, 3.4 wants it and version 1 lists have it.
    Fixed,
}

impl Proof {
    /// Makes ready the check of a document's proof: canonical form, digests, signature.
    ///
    /// `None` when the document has no proof.
    ///
    /// # Errors
    ///
    /// When the proof is of another kind, or the document holds what it does not sign.
    pub fn of(document: &Document<'_>) -> Result<Option<Self>, ProofError> {
        document.proof().map(|proof| Self::new(document, proof)).transpose()
    }

    fn new(document: &Document<'_>, proof: &json::Object<'_>) -> Result<Self, ProofError> {
        let vocabulary = Vocabulary::of(document)?;
        let options = canonical::options(proof)?;
        let statements = canonical::document(document, vocabulary)?;
        let created = canonical::text(proof, "proof", "created")?;
        let created = created
            .parse()
            .map_err(|_| ProofError::Created { found: created.chars().take(80).collect() })?;
        let (header, signature) =
            detached_jws(canonical::text(proof, "proof", "jws")?, vocabulary)?;

        let message = signing_input(header, &options, &statements);
        let form = match signature.len() {
            64 if ecdsa_signature::der_to_fixed(Curve::P256, &signature).is_err() => {
                SignatureForm::Fixed
            }
            _ => SignatureForm::Der,
        };
        Ok(Self {
            created,
            verification_method: canonical::text(proof, "proof", "verificationMethod")?.to_owned(),
            coverage: match vocabulary {
                Vocabulary::KeysAmongOthers => Coverage::KeysOnly,
                Vocabulary::Keys | Vocabulary::Network { .. } => Coverage::Everything,
            },
            form,
            message,
            signature,
        })
    }

    /// When the proof was made, as it says itself. The caller judges its age.
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// The DID of the key that is said to have signed.
    pub fn verification_method(&self) -> &str {
        &self.verification_method
    }

    /// What of the entries is signed.
    pub const fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// How the signature is written.
    pub const fn signature_form(&self) -> SignatureForm {
        self.form
    }

    /// The bytes that were signed: JWS header, dot, digest of the options, digest of the document.
    pub fn signed_bytes(&self) -> &[u8] {
        &self.message
    }

    /// Checks the signature with a P-256 key.
    ///
    /// # Errors
    ///
    /// [`ProofError::BadSignature`], or [`ProofError::Key`] when the key is of another kind.
    pub fn verify(&self, key: &dyn Verifier) -> Result<(), ProofError> {
        match key.public_key() {
            PublicKey::Ec(ec) if ec.curve() == Curve::P256 => {}
            other => return Err(ProofError::Key { found: other.to_string() }),
        }
        let scheme = match self.form {
            SignatureForm::Der => SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256),
            SignatureForm::Fixed => SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256),
        };
        key.verify(scheme, &self.message, &self.signature).map_err(|_| ProofError::BadSignature)
    }
}

/// What is signed: the header, a dot, the digest of the options and that of the document.
pub(super) fn signing_input(header: &str, options: &str, statements: &str) -> Vec<u8> {
    let mut message = Vec::with_capacity(header.len() + 1 + 2 * 32);
    message.extend_from_slice(header.as_bytes());
    message.push(b'.');
    message.extend_from_slice(&sha256(options.as_bytes()));
    message.extend_from_slice(&sha256(statements.as_bytes()));
    message
}

/// Splits `header..signature` (RFC 7797, 5.2) after a look into the header.
fn detached_jws(jws: &str, vocabulary: Vocabulary) -> Result<(&str, Vec<u8>), ProofError> {
    const LIMITS: json::Limits = json::Limits { bytes: 1024, depth: 2, values: 16, members: 8 };
    let malformed = |what| ProofError::Jws { what };
    let (header, signature) =
        jws.split_once("..").ok_or(malformed("it is not detached (header..signature)"))?;
    let decoded = URL_SAFE_NO_PAD.decode(header).map_err(|_| malformed("bad base64url header"))?;
    let fields = json::parse(&decoded, &LIMITS).map_err(|_| malformed("the header is no JSON"))?;
    let fields = fields.as_object().ok_or(malformed("the header is no JSON object"))?;
    let unencoded = fields.get("b64") == Some(&json::Value::Bool(false));
    let critical = fields.get("crit").and_then(json::Value::as_list);
    let critical =
        critical.is_some_and(|names| matches!(names, [name] if name.as_text() == Some("b64")));
    if !unencoded || !critical || fields.members().count() != 3 {
        return Err(malformed("the header is not {\"b64\":false,\"crit\":[\"b64\"],\"alg\":…}"));
    }
    match fields.text("alg") {
        Some("ES256") => {}
        // What the version 1 publisher writes; no registered name, so taken from it alone.
        Some("EC") if vocabulary == Vocabulary::Keys => {}
        other => {
            return Err(ProofError::Algorithm {
                found: other.unwrap_or_default().chars().take(40).collect(),
            });
        }
    }
    let signature =
        URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed("bad base64url signature"))?;
    Ok((header, signature))
}

/// Why a proof does not stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The document or the proof holds what the proof does not sign.
    #[error(transparent)]
    Unsigned(#[from] UnsignedContent),
    /// `created` is no instant.
    #[error("the proof's \"created\" is no RFC 3339 instant: {found:?}")]
    Created {
        /// The text.
        found: String,
    },
    /// `jws` is not a detached signature of the expected form (RFC 7797).
    #[error("the proof's \"jws\" cannot be read: {what}")]
    Jws {
        /// What is wrong.
        what: &'static str,
    },
    /// Another algorithm than ES256; `EC` is taken from version 1 lists only.
    #[error("the proof's signature algorithm is {found:?}; lists are signed with ES256")]
    Algorithm {
        /// The `alg` of the header.
        found: String,
    },
    /// The key that the caller gave is not on P-256.
    #[error("lists are signed with a P-256 key, and not with one of type {found}")]
    Key {
        /// The kind of key.
        found: String,
    },
    /// The signature is not by this key over this document.
    #[error("the proof was not made by this key over this document")]
    BadSignature,
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use gdhcn_crypto::{Backend, KeyKind, Signer, SoftwareKey};

    use super::super::Limits;
    use super::*;

    const HEADER: &str = r#"{"b64":false,"crit":["b64"],"alg":"ES256"}"#;
    const NETWORK: &str = ",\"https://smart.who.int/trust/tng-context/v1.jsonld\"";
    const OF_2025: &str =
        ",\"https://worldhealthorganization.github.io/smart-trust/tng-additional-context/v1\"";

    /// A list of one entry, signed by `key`.
    struct SignedList {
        third_context: &'static str,
        facts: &'static str,
        header: &'static str,
        fixed: bool,
    }

    impl Default for SignedList {
        fn default() -> Self {
            Self {
                third_context: NETWORK,
                facts: r##","domain":{"code":"#DCC"},"participant":{"code":"#XXA"},"keyusage":{"code":"#DSC"}"##,
                header: HEADER,
                fixed: false,
            }
        }
    }

    impl SignedList {
        fn text(&self, jws: &str) -> String {
            let Self { third_context, facts, .. } = self;
            format!(
                r#"{{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/suites/jws-2020/v1"{third_context}],"id":"did:web:x:l","controller":"did:web:x:l","verificationMethod":[{{"id":"did:web:x:l#k","type":"JsonWebKey2020","controller":"did:web:x:l","publicKeyJwk":{{"kty":"EC","kid":"k"}}{facts}}}],"proof":{{"type":"JsonWebSignature2020","created":"2026-08-22T18:00:36Z","nonce":"","proofPurpose":"assertionMethod","verificationMethod":"did:web:x:signer","jws":"{jws}"}}}}"#
            )
        }

        fn signed_by(&self, key: &SoftwareKey) -> String {
            let header = URL_SAFE_NO_PAD.encode(self.header);
            let unsigned = self.text(&format!("{header}..AAAA"));
            let proof = proof(&unsigned).unwrap();
            let scheme = if self.fixed {
                SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256)
            } else {
                SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256)
            };
            let signature = key.sign(scheme, proof.signed_bytes()).unwrap();
            self.text(&format!("{header}..{}", URL_SAFE_NO_PAD.encode(signature)))
        }
    }

    fn proof(text: &str) -> Result<Proof, ProofError> {
        let document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
        Proof::of(&document).map(|proof| proof.expect("the document has a proof"))
    }

    fn key() -> (SoftwareKey, std::sync::Arc<dyn Verifier>) {
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let verifier = Backend::default().verifier(key.public_key()).unwrap();
        (key, verifier)
    }

    #[test]
    fn verifies_both_signature_forms_and_says_what_is_covered() {
        let (key, verifier) = key();
        for (list, form, coverage) in [
            (SignedList::default(), SignatureForm::Der, Coverage::Everything),
            (
                SignedList { fixed: true, ..SignedList::default() },
                SignatureForm::Fixed,
                Coverage::Everything,
            ),
            (
                SignedList {
                    third_context: OF_2025,
                    facts: r#","domain":"DCC","participant":"XXA","keyusage":"DSC""#,
                    ..SignedList::default()
                },
                SignatureForm::Der,
                Coverage::KeysOnly,
            ),
            (
                SignedList {
                    third_context: "",
                    facts: "",
                    header: r#"{"b64":false,"crit":["b64"],"alg":"EC"}"#,
                    fixed: true,
                },
                SignatureForm::Fixed,
                Coverage::Everything,
            ),
        ] {
            let proof = proof(&list.signed_by(&key)).unwrap();
            assert_eq!((proof.signature_form(), proof.coverage()), (form, coverage));
            assert_eq!(proof.verify(verifier.as_ref()), Ok(()));
            assert_eq!(proof.verification_method(), "did:web:x:signer");
        }
    }

    #[test]
    fn every_change_of_signed_content_breaks_the_proof() {
        let (key, verifier) = key();
        let text = SignedList::default().signed_by(&key);
        for (from, to) in [
            ("#DCC", "#PH4H"),
            ("#XXA", "#XXB"),
            ("#DSC", "#CSCA"),
            ("\"kid\":\"k\"", "\"kid\":\"l\""),
            ("did:web:x:l#k", "did:web:x:l#l"),
            ("\"controller\":\"did:web:x:l\"", "\"controller\":\"did:web:x\""),
            ("\"id\":\"did:web:x:l\"", "\"id\":\"did:web:y:l\""),
            ("18:00:36", "18:00:37"),
            ("\"nonce\":\"\"", "\"nonce\":\"1\""),
            ("did:web:x:signer", "did:web:y:signer"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            assert_eq!(
                proof(&changed).unwrap().verify(verifier.as_ref()),
                Err(ProofError::BadSignature),
                "{from}"
            );
        }
        let (_, stranger) = self::key();
        assert_eq!(proof(&text).unwrap().verify(stranger.as_ref()), Err(ProofError::BadSignature));
    }

    #[test]
    fn refuses_proofs_of_another_kind() {
        let list = SignedList::default();
        let with = |header: &str| list.text(&format!("{}..AAAA", URL_SAFE_NO_PAD.encode(header)));
        let good = with(HEADER);
        let refusals: Vec<String> = [
            with(r#"{"b64":false,"crit":["b64"],"alg":"EC"}"#),
            with(r#"{"b64":true,"crit":["b64"],"alg":"ES256"}"#),
            with(r#"{"b64":false,"crit":["b64"],"alg":"ES256","kid":"x"}"#),
            list.text("AAAA.BBBB.CCCC"),
            good.replacen("JsonWebSignature2020", "Ed25519Signature2020", 1),
            good.replacen("assertionMethod", "authentication", 1),
            good.replacen("2026-08-22T18:00:36Z", "yesterday", 1),
            good.replacen("\"nonce\"", "\"expires\"", 1),
        ]
        .iter()
        .map(|text| proof(text).expect_err(text).to_string())
        .collect();
        assert_eq!(
            refusals,
            [
                "the proof's signature algorithm is \"EC\"; lists are signed with ES256",
                "the proof's \"jws\" cannot be read: the header is not {\"b64\":false,\"crit\":[\"b64\"],\"alg\":…}",
                "the proof's \"jws\" cannot be read: the header is not {\"b64\":false,\"crit\":[\"b64\"],\"alg\":…}",
                "the proof's \"jws\" cannot be read: it is not detached (header..signature)",
                "the member \"type\" of the proof is \"Ed25519Signature2020\", which trust lists do not use",
                "the member \"proofPurpose\" of the proof is \"authentication\", which trust lists do not use",
                "the proof's \"created\" is no RFC 3339 instant: \"yesterday\"",
                "the proof has a member \"expires\" that the proof does not sign",
            ]
        );
    }

    #[test]
    fn a_key_of_another_curve_is_named() {
        let (key, _) = key();
        let other = SoftwareKey::generate(KeyKind::Ec(Curve::P384)).unwrap();
        let other = Backend::default().verifier(other.public_key()).unwrap();
        let proof = proof(&SignedList::default().signed_by(&key)).unwrap();
        assert_eq!(
            proof.verify(other.as_ref()),
            Err(ProofError::Key { found: "EC P-384".to_owned() })
        );
    }

    // A published reference list of the DEV environment: its values are facts, written out here.
    #[test]
    fn reproduces_the_digests_of_a_published_list() {
        let text = r#"{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/suites/jws-2020/v1","https://smart.who.int/trust/tng-context/v1-DEV.jsonld"],"id":"did:web:tng-cdn-dev.who.int:v2:trustlist-ref:DCC:XCL:DSC","controller":"did:web:tng-cdn-dev.who.int:v2:trustlist-ref:DCC:XCL","verificationMethod":["did:web:tng-cdn-dev.who.int:v2:trustlist:DCC:XCL:DSC"],"proof":{"type":"JsonWebSignature2020","created":"2026-08-22T18:00:36Z","nonce":"IPp3YjGZ2VJWlT68i9UAjYvdfrn6PAsc","proofPurpose":"assertionMethod","verificationMethod":"did:web:raw.githubusercontent.com:WorldHealthOrganization:tng-participants-dev:main:WHO:signing:DID","jws":"eyJiNjQiOmZhbHNlLCJjcml0IjpbImI2NCJdLCJhbGciOiJFUzI1NiJ9..MEUCIQD0WmDJq-JQPW15c0psljRVJFoQAws0Cs662HImZ6CiUAIgIISQLBm1wimy2NG6fYFZsFv-9bjU5F9QI4DZ5tk-4sE"}}"#;
        let proof = proof(text).unwrap();
        let (digests, signed) =
            (&proof.signed_bytes()[proof.signed_bytes().len() - 64..], proof.signed_bytes());
        assert_eq!(
            hex::encode(&digests[..32]),
            "360446bd8d1d264cdcd9e97d3a2140e95c270347028fd08ae2c212129bb33642"
        );
        assert_eq!(
            hex::encode(&digests[32..]),
            "afe2f2eb1167873821119d8c62b0fb30f1d2e8dc9543423248de3b0992275615"
        );
        assert_eq!(
            hex::encode(sha256(signed)),
            "de9162bea75522dba30917300deff1f333953d2ae06141ac7491fed2b91d0bda"
        );
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let key = PublicKey::ec_from_coordinates(
            Curve::P256,
            &decode("mB9T6oJ57ZKlC1f150-34M3JkxN22Ld1BQVPqJfgH6k"),
            &decode("vW7GmCn5eNzbjdjI8PYWvanovWIIYoqv0ZE_lvuD2d8"),
        )
        .unwrap();
        for backend in [Backend::AwsLc, Backend::RustCrypto] {
            assert_eq!(proof.verify(backend.verifier(&key).unwrap().as_ref()), Ok(()));
        }
    }
}

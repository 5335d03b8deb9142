//! DID lists signed with a key of our own.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gdhcn_crypto::{
    Curve, DigestAlgorithm, KeyKind, PublicKey, SignatureScheme, Signer, SoftwareKey,
};
use gdhcn_envelope::linked_data::{Document, Limits, Proof};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;

/// Someone who publishes lists.
pub(crate) struct Publisher {
    key: SoftwareKey,
    method: String,
}

const HEADER: &str = r#"{"b64":false,"crit":["b64"],"alg":"ES256"}"#;

impl Publisher {
    pub(crate) fn new() -> Self {
        Self::called("did:web:lists.example:key")
    }

    /// A publisher whose key stands under this DID.
    pub(crate) fn called(method: &str) -> Self {
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        Self { key, method: method.to_owned() }
    }

    /// SHA-256 over the public key.
    pub(crate) fn thumbprint(&self) -> String {
        gdhcn_trust::snapshot::key_thumbprint(self.key.public_key()).to_string()
    }

    /// The DID document with the key.
    pub(crate) fn key_document(&self) -> String {
        let PublicKey::Ec(key) = self.key.public_key() else { panic!("a key on a curve") };
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (did, x, y) = (&self.method, text(key.x()), text(key.y()));
        format!(
            r#"{{"id":"{did}","verificationMethod":[{{"id":"{did}","type":"JsonWebKey2020","controller":"{did}","publicKeyJwk":{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}}}]}}"#
        )
    }

    pub(crate) fn key_pem(&self) -> String {
        pem::encode("PUBLIC KEY", &self.key.public_key().to_spki_der())
    }

    /// The list `did`, made at `created`, of these document signers.
    pub(crate) fn list(&self, did: &str, created: &str, signers: &[&Certificate]) -> String {
        let methods: Vec<String> = signers.iter().map(|signer| method(did, signer)).collect();
        self.document(did, created, &methods)
    }

    /// A document with these entries, written out.
    pub(crate) fn document(&self, did: &str, created: &str, methods: &[String]) -> String {
        let with = |signature: &[u8]| {
            let jws = format!(
                "{}..{}",
                URL_SAFE_NO_PAD.encode(HEADER),
                URL_SAFE_NO_PAD.encode(signature)
            );
            format!(
                r#"{{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/suites/jws-2020/v1"],"id":"{did}","controller":"{did}","verificationMethod":[{}],"proof":{{"type":"JsonWebSignature2020","created":"{created}","nonce":"n","proofPurpose":"assertionMethod","verificationMethod":"{}","jws":"{jws}"}}}}"#,
                methods.join(","),
                self.method
            )
        };
        let unsigned = with(&[1; 64]);
        let document = Document::parse(unsigned.as_bytes(), &Limits::default()).unwrap();
        let proof = Proof::of(&document).unwrap().unwrap();
        let scheme = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
        with(&self.key.sign(scheme, proof.signed_bytes()).unwrap())
    }
}

fn method(did: &str, signer: &Certificate) -> String {
    let PublicKey::Ec(key) = signer.public_key().unwrap() else { panic!("a key on a curve") };
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let owner = format!("{did}:xxa");
    format!(
        r#"{{"id":"{owner}#{}","type":"JsonWebKey2020","controller":"{owner}","publicKeyJwk":{{"kty":"EC","x5c":["{}"],"crv":"P-256","x":"{}","y":"{}"}}}}"#,
        signer.kid(),
        STANDARD.encode(signer.der()),
        text(key.x()),
        text(key.y())
    )
}

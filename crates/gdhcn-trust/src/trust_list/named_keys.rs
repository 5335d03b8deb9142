//! Keys that the caller gives together with the name by which documents call their owner.

use gdhcn_codes::{DocumentPurposes, KeyUsage, Participant};
use gdhcn_crypto::{Kid, PublicKey, sha256};
use gdhcn_envelope::json::{self, Value};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::{Certificate, CertificateError};

use super::key::Draft;
use super::material::Material;
use super::{Refusal, SourceKind, TrustStoreBuilder};
use crate::did::{Certificates, EntryError, JwkKey, read_jwk};
use crate::jwk;
use crate::purpose::document_purposes;

impl TrustStoreBuilder {
    /// Adds the keys of one issuer, trusted as they are: what documents call `name` is signed by
    /// one of them.
    ///
    /// `name` is the issuer's address for SMART Health Cards, the verification method for DIVOC.
    /// `file` holds PEM blocks (`PUBLIC KEY`, `CERTIFICATE`), a DER certificate, or a JWK set or a
    /// JWK (RFC 7517). A JWK's kid is the bytes of its text; without one it is the key's
    /// thumbprint (RFC 7638).
    pub fn add_named_keys(&mut self, source: &str, name: &str, file: &[u8]) {
        let index = self.begin(source, SourceKind::NamedKeys { name: name.to_owned() });
        match file.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{' | b'[') => self.add_jwk_set(index, source, name, file),
            Some(0x30) => {
                let certificate = Certificate::from_der_within(file, &self.limits.file.certificate);
                self.add_named_certificate(index, source.to_owned(), name, certificate);
            }
            _ => self.add_pem_keys(index, source, name, file),
        }
    }

    fn add_pem_keys(&mut self, index: usize, source: &str, name: &str, file: &[u8]) {
        let blocks = pem::blocks(file, &self.limits.file);
        if blocks.is_empty() {
            let reason = Refusal::Certificate(CertificateError::NoneFound);
            return self.refuse(index, source.to_owned(), reason);
        }
        let several = blocks.len() > 1;
        for (position, block) in blocks.into_iter().enumerate() {
            let id =
                if several { format!("{source} #{}", position + 1) } else { source.to_owned() };
            let block = match block {
                Ok(block) => block,
                Err(error) => {
                    self.refuse(index, id, error.into());
                    continue;
                }
            };
            match block.label.as_str() {
                "PUBLIC KEY" => match PublicKey::from_spki_der(&block.der) {
                    Ok(key) => {
                        let digest = sha256(&block.der);
                        let kid = Kid::from(digest.first_chunk::<8>().map_or(&[][..], |kid| kid));
                        self.add(named(index, id, name, kid, None, key, None));
                    }
                    Err(error) => self.refuse(index, id, Refusal::Key(error)),
                },
                "CERTIFICATE" | "X509 CERTIFICATE" => {
                    let limits = &self.limits.file.certificate;
                    let certificate = Certificate::from_der_within(&block.der, limits);
                    self.add_named_certificate(index, id, name, certificate);
                }
                _ => {
                    let reason =
                        CertificateError::OtherLabel { line: block.line, label: block.label };
                    self.refuse(index, id, reason.into());
                }
            }
        }
    }

    fn add_named_certificate(
        &mut self,
        index: usize,
        id: String,
        name: &str,
        certificate: Result<Certificate, CertificateError>,
    ) {
        match certificate {
            Ok(certificate) => self.add_given(index, id, Some(name), certificate),
            Err(error) => self.refuse(index, id, error.into()),
        }
    }

    fn add_jwk_set(&mut self, index: usize, source: &str, name: &str, file: &[u8]) {
        let keys = match json::parse(file, &self.limits.jwks) {
            Ok(document) => document,
            Err(error) => {
                let reason = Refusal::JwkSet { what: error.to_string() };
                return self.refuse(index, source.to_owned(), reason);
            }
        };
        let keys = match keys.as_object() {
            Some(set) => match set.get("keys") {
                Some(Value::List(keys)) => keys.as_slice(),
                _ => std::slice::from_ref(&keys),
            },
            None => keys.as_list().unwrap_or_default(),
        };
        if keys.is_empty() {
            let reason = Refusal::JwkSet { what: "it holds no key".to_owned() };
            return self.refuse(index, source.to_owned(), reason);
        }
        let mut certificates = Certificates::default();
        for (position, jwk) in keys.iter().enumerate() {
            let text = jwk.as_object().and_then(|jwk| jwk.text("kid"));
            let id = text.map_or_else(|| format!("{source} #{}", position + 1), str::to_owned);
            let Some(jwk) = jwk.as_object() else {
                self.refuse(index, id, EntryError::NotAnObject.into());
                continue;
            };
            match read_jwk(jwk, &mut certificates) {
                Ok(JwkKey { public_key, certificate, .. }) => {
                    let text = text.map_or_else(|| jwk::thumbprint(&public_key), ToOwned::to_owned);
                    let kid = Kid::from(text.as_bytes());
                    self.add(named(index, id, name, kid, Some(text), public_key, certificate));
                }
                Err(error) => self.refuse(index, id, error.into()),
            }
        }
    }
}

fn named(
    source: usize,
    id: String,
    name: &str,
    kid: Kid,
    kid_text: Option<String>,
    key: PublicKey,
    certificate: Option<Certificate>,
) -> Draft {
    let code = certificate.as_ref().and_then(|one| one.subject().country()).unwrap_or_default();
    Draft {
        source,
        id,
        name: Some(name.to_owned()),
        kid,
        kid_text,
        participant: Participant::parse(code).ok(),
        participant_code: code.to_owned(),
        domain: None,
        usage: KeyUsage::Dsc,
        purposes: certificate.as_ref().map_or(DocumentPurposes::UNRESTRICTED, document_purposes),
        material: Material::new(key, certificate),
        given_by_caller: true,
    }
}

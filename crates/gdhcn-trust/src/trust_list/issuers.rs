//! Directories of SMART Health Card issuers, in the form that the VCI directory publishes.

use std::collections::BTreeMap;
use std::ops::Bound;

use gdhcn_codes::{DocumentPurposes, KeyUsage};
use gdhcn_crypto::{Curve, DigestAlgorithm, Kid, PublicKey, SignatureScheme};
use gdhcn_envelope::json::{self, Object, Value};
use gdhcn_envelope::linked_data::Coverage;
use gdhcn_envelope::x509::Certificate;

use super::key::Draft;
use super::material::Material;
use super::{ProofFault, ProofStatus, Refusal, SourceKind, TrustStoreBuilder};
use crate::did::{Certificates, EntryError, JwkKey, Provenance, read_jwk};
use crate::jwk;

/// An issuer of SMART Health Cards, as directories have it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issuer {
    /// Its address, which its cards name (`iss`).
    pub address: String,
    /// Its name.
    pub name: Option<String>,
    /// The address to which it has moved (`canonical_iss`). Its cards may be signed with the keys
    /// of either.
    pub canonical: Option<String>,
}

/// The issuers of a store.
#[derive(Debug, Default)]
pub(super) struct Issuers {
    by_address: BTreeMap<String, Issuer>,
    /// What each source says, with its index.
    listed: Vec<(usize, Issuer)>,
}

impl Issuers {
    pub(super) fn get(&self, address: &str) -> Option<&Issuer> {
        self.by_address.get(address)
    }

    pub(super) fn listed(&self) -> &[(usize, Issuer)] {
        &self.listed
    }

    pub(super) fn add(&mut self, source: usize, issuer: Issuer) {
        self.listed.push((source, issuer.clone()));
        match self.by_address.get_mut(&issuer.address) {
            Some(known) => {
                known.name = issuer.name.or(known.name.take());
                known.canonical = issuer.canonical.or(known.canonical.take());
            }
            None => {
                self.by_address.insert(issuer.address.clone(), issuer);
            }
        }
    }

    pub(super) fn similar(&self, address: &str) -> Option<&str> {
        let stem = address.trim_end_matches('/');
        if stem.is_empty() {
            return None;
        }
        let longer =
            self.by_address.range::<str, _>((Bound::Included(stem), Bound::Unbounded)).next();
        // Of the addresses that `address` begins with, the longest stands last before it.
        let shorter = || {
            let mut before =
                self.by_address.range::<str, _>((Bound::Unbounded, Bound::Excluded(stem)));
            before.rfind(|(known, _)| stem.starts_with(known.trim_end_matches('/')))
        };
        longer
            .filter(|(known, _)| known.starts_with(stem))
            .or_else(shorter)
            .map(|(known, _)| known.as_str())
    }
}

impl TrustStoreBuilder {
    /// Adds a directory of issuers with their keys: `{"time", "issuerInfo": [{"issuer", "keys"}]}`.
    ///
    /// `signature` is the directory's detached signature (ECDSA in DER, with the digest of the
    /// key's curve) and the pinned certificate to check it with. Each key is judged by itself:
    /// one that is not P-256 or whose kid is not its thumbprint (RFC 7638) is refused by name, and
    /// the issuer's others stay.
    pub fn add_issuer_directory(
        &mut self,
        name: &str,
        file: &[u8],
        signature: Option<(&[u8], &Certificate)>,
    ) {
        let source = self.begin(name, SourceKind::IssuerDirectory);
        let proof = match signature {
            None => ProofStatus::NoProof,
            Some((signature, certificate)) => {
                match self.check_detached(file, signature, certificate) {
                    Ok(()) => ProofStatus::Verified {
                        method: certificate.subject().to_string(),
                        provenance: Provenance::Caller,
                        coverage: Coverage::Everything,
                    },
                    Err(reason) => ProofStatus::Broken { reason },
                }
            }
        };
        let root = json::parse(file, &self.limits.directory);
        let root = match &root {
            Ok(root) => root.as_object(),
            Err(error) => return self.refuse(source, name.to_owned(), directory(&error)),
        };
        let entries = root.and_then(|root| root.get("issuerInfo")).and_then(Value::as_list);
        let (Some(root), Some(entries)) = (root, entries) else {
            return self.refuse(source, name.to_owned(), directory(&"it has no issuerInfo"));
        };
        if let Some(entry) = self.sources.get_mut(source) {
            entry.created = root.text("time").and_then(|time| time.parse().ok());
            entry.proof = proof.clone();
        }
        if let ProofStatus::Broken { reason } = proof {
            return self.refuse(source, name.to_owned(), Refusal::BrokenProof(reason));
        }
        let mut certificates = Certificates::default();
        for (position, entry) in entries.iter().enumerate() {
            let unnamed = || format!("issuer {}", position + 1);
            let entry = entry.as_object();
            let issuer = entry.and_then(|entry| entry.object("issuer")).and_then(read_issuer);
            let keys = entry.and_then(|entry| entry.get("keys")).and_then(Value::as_list);
            let (Some(issuer), Some(keys)) = (issuer, keys) else {
                self.refuse(source, unnamed(), directory(&"the issuer has no address or no keys"));
                continue;
            };
            for (position, key) in keys.iter().enumerate() {
                let kid = key.as_object().and_then(|key| key.text("kid"));
                let kid = kid.map_or_else(|| format!("key {}", position + 1), str::to_owned);
                let id = format!("{}#{kid}", issuer.address);
                match read_key(key, &mut certificates) {
                    Ok(key) => self.add_card_key(source, id, &issuer.address, kid, key),
                    Err(refusal) => self.refuse(source, id, refusal),
                }
            }
            self.issuers.add(source, issuer);
        }
    }

    /// Adds a list of issuers without keys: `{"participating_issuers": [{"iss", "name",
    /// "canonical_iss"}]}`. It gives names, and says which issuer has moved where.
    pub fn add_issuer_names(&mut self, name: &str, file: &[u8]) {
        let source = self.begin(name, SourceKind::IssuerNames);
        let root = json::parse(file, &self.limits.directory);
        let entries = match &root {
            Ok(root) => root.as_object().and_then(|root| root.get("participating_issuers")),
            Err(error) => return self.refuse(source, name.to_owned(), directory(&error)),
        };
        let Some(entries) = entries.and_then(Value::as_list) else {
            let what = "it has no participating_issuers";
            return self.refuse(source, name.to_owned(), directory(&what));
        };
        for (position, entry) in entries.iter().enumerate() {
            match entry.as_object().and_then(read_issuer) {
                Some(issuer) => self.issuers.add(source, issuer),
                None => {
                    let name = format!("issuer {}", position + 1);
                    self.refuse(source, name, directory(&"the issuer has no address"));
                }
            }
        }
    }

    fn check_detached(
        &self,
        file: &[u8],
        signature: &[u8],
        certificate: &Certificate,
    ) -> Result<(), ProofFault> {
        let key = certificate.public_key().map_err(Clone::clone)?;
        let digest = match key {
            PublicKey::Ec(key) => key.curve().usual_digest(),
            _ => DigestAlgorithm::Sha256,
        };
        let verifier = self.backend.verifier(key)?;
        Ok(verifier.verify(SignatureScheme::EcdsaDer(digest), file, signature)?)
    }

    fn add_card_key(&mut self, source: usize, id: String, name: &str, kid: String, key: JwkKey) {
        self.add(Draft {
            source,
            id,
            name: Some(name.to_owned()),
            kid: Kid::from(kid.as_bytes()),
            kid_text: Some(kid),
            participant: None,
            participant_code: String::new(),
            domain: None,
            usage: KeyUsage::Dsc,
            purposes: DocumentPurposes::UNRESTRICTED,
            material: Material::new(key.public_key, key.certificate),
            given_by_caller: false,
        });
    }
}

fn directory(what: &dyn ToString) -> Refusal {
    Refusal::Directory { what: what.to_string() }
}

fn read_issuer(entry: &Object<'_>) -> Option<Issuer> {
    let text = |member| entry.text(member).map(str::to_owned);
    Some(Issuer { address: text("iss")?, name: text("name"), canonical: text("canonical_iss") })
}

fn read_key<'o>(
    entry: &'o Value<'_>,
    certificates: &mut Certificates<'o>,
) -> Result<JwkKey, Refusal> {
    let object = entry.as_object().ok_or(EntryError::NotAnObject)?;
    let key = read_jwk(object, certificates)?;
    if !matches!(&key.public_key, PublicKey::Ec(key) if key.curve() == Curve::P256) {
        return Err(Refusal::NotForCards { found: key.public_key.to_string() });
    }
    let computed = jwk::thumbprint(&key.public_key);
    if object.text("kid") != Some(&computed) {
        return Err(Refusal::KidIsNoThumbprint { computed });
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_differs_by_its_end_is_found_for_the_message() {
        let mut issuers = Issuers::default();
        for address in ["https://a.example/issuer", "https://b.example/x/", "https://c.example"] {
            let address = address.to_owned();
            issuers.add(0, Issuer { address, name: None, canonical: None });
        }
        for (asked, found) in [
            ("https://a.example/issuer/", Some("https://a.example/issuer")),
            ("https://a.example", Some("https://a.example/issuer")),
            ("https://a.example/issuer/v2", Some("https://a.example/issuer")),
            ("https://b.example/x", Some("https://b.example/x/")),
            ("https://d.example", None),
            ("", None),
        ] {
            assert_eq!(issuers.similar(asked), found, "{asked}");
        }
    }
}

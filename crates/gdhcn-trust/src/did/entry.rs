use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use gdhcn_codes::{Domain, KeyUsage, Participant};
use gdhcn_crypto::{KeyError, Kid, PublicKey};
use gdhcn_envelope::json::{Object, Value};
use gdhcn_envelope::linked_data::{Document, Method};
use gdhcn_envelope::x509::{Certificate, CertificateError};

use super::registry;
use crate::jwk::{self, JwkError};
use crate::kid_text;

/// One key of a trust list, read but not judged: its certificate may be expired.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The DID URL of the entry.
    pub id: String,
    /// What documents call the key's owner, where the list has that in place of a participant.
    pub name: Option<String>,
    /// The key identifier in the fragment of `id`.
    pub kid: Kid,
    /// The fragment as it stands there.
    pub kid_text: String,
    /// Whose key it is, when the code is known.
    pub participant: Option<Participant>,
    /// The participant's code as the list has it, without `#`; empty when it gives none.
    pub participant_code: String,
    /// The trust domain, when the list gives one.
    pub domain: Option<Domain>,
    /// What the key is for. Lists that do not say hold document signers only.
    pub usage: KeyUsage,
    /// The key.
    pub public_key: PublicKey,
    /// The key's certificate (`x5c`, first).
    pub certificate: Option<Certificate>,
    /// The certificates after it, in the order of the list. Version 1 lists often name another
    /// authority than the issuer, so the position proves nothing.
    pub issuers: Vec<Certificate>,
}

/// The longest `x5c` that is read. Published ones have up to two certificates.
const MAX_X5C: usize = 10;

/// Reads all entries of a list: each a key, or by its name the reason why it is none.
pub fn read(document: &Document<'_>) -> Vec<(String, Result<Entry, EntryError>)> {
    let mut certificates = Certificates::default();
    document
        .methods()
        .iter()
        .enumerate()
        .map(|(index, method)| {
            let unnamed = || format!("entry {}", index + 1);
            match method {
                Method::Reference(reference) => {
                    (reference.clone().into_owned(), Err(EntryError::Reference))
                }
                Method::Unreadable => (unnamed(), Err(EntryError::NotAnObject)),
                Method::Embedded(object) => {
                    let name = object.text("id").map_or_else(unnamed, str::to_owned);
                    (name, read_entry(object, &mut certificates))
                }
            }
        })
        .collect()
}

fn read_entry<'o>(
    object: &'o Object<'_>,
    certificates: &mut Certificates<'o>,
) -> Result<Entry, EntryError> {
    let id = object.text("id").ok_or(EntryError::Missing { member: "id" })?;
    let (did, kid_text) = id.split_once('#').ok_or(EntryError::NoFragment)?;
    let kid = kid_text::parse(kid_text);
    let jwk =
        object.object("publicKeyJwk").ok_or(EntryError::Missing { member: "publicKeyJwk" })?;
    if let Some(own) = jwk.text("kid")
        && kid_text::parse(own) != kid
    {
        return Err(EntryError::KidDiffers { jwk: own.to_owned() });
    }
    let facts = Facts::read(object, did)?;
    let JwkKey { public_key, certificate, issuers } = read_jwk(jwk, certificates)?;
    let registered = registry::Registered::read(did, kid_text, certificate.as_ref());
    Ok(Entry {
        id: id.to_owned(),
        name: registered.name,
        kid: registered.kid.unwrap_or(kid),
        kid_text: kid_text.to_owned(),
        participant: facts.participant.or(registered.participant),
        participant_code: match registered.participant {
            Some(participant) if facts.participant_code.is_empty() => {
                participant.alpha3().to_owned()
            }
            _ => facts.participant_code,
        },
        domain: facts.domain,
        usage: if registered.is_authority { KeyUsage::Sca } else { facts.usage },
        public_key,
        certificate,
        issuers,
    })
}

/// What a JWK with or without certificates gives.
pub(crate) struct JwkKey {
    pub(crate) public_key: PublicKey,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) issuers: Vec<Certificate>,
}

/// Reads a JWK and its `x5c`; the two must hold the same key.
pub(crate) fn read_jwk<'o>(
    jwk: &'o Object<'_>,
    certificates: &mut Certificates<'o>,
) -> Result<JwkKey, EntryError> {
    let mut chain = certificates.chain(jwk)?.into_iter();
    let certificate = chain.next();
    let certified = |certificate: &Certificate| {
        let key = certificate.public_key().cloned();
        key.map_err(|error| EntryError::CertificateKey(error.clone()))
    };
    let (public_key, certificate) = match (jwk::read(jwk)?, certificate) {
        (Some(key), Some(certificate)) => {
            // What the certificate may spell out in full, the JWK calls by its name.
            let certificate = certificate.with_explicit_curve();
            if certified(&certificate)? != key {
                return Err(EntryError::KeyDiffers);
            }
            (key, Some(certificate))
        }
        (None, Some(certificate)) => (certified(&certificate)?, Some(certificate)),
        (Some(key), None) => (key, None),
        (None, None) => return Err(EntryError::UnknownCurve),
    };
    Ok(JwkKey { public_key, certificate, issuers: chain.collect() })
}

/// What a list says about a key, in members of the entry or in the path of its DID.
struct Facts {
    participant: Option<Participant>,
    participant_code: String,
    domain: Option<Domain>,
    usage: KeyUsage,
}

impl Facts {
    fn read(object: &Object<'_>, did: &str) -> Result<Self, EntryError> {
        let path = Path::of(did);
        let differs = |fact, member: &str, path: &str| EntryError::FactDiffers {
            fact,
            member: member.to_owned(),
            path: path.to_owned(),
        };

        let member = coded(object, EntryFact::Participant)?;
        let code = match (member, path.participant) {
            (Some(member), Some(path)) if !member.eq_ignore_ascii_case(path) => {
                return Err(differs(EntryFact::Participant, member, path));
            }
            (member, path) => member.or(path).unwrap_or_default(),
        };
        let participant = if path.version_1 {
            Participant::from_v1_list_code(code)
        } else {
            Participant::parse(code).ok()
        };

        let member = coded(object, EntryFact::Domain)?;
        let domain = match (member, path.domain) {
            (Some(member), Some(path)) if !member.eq_ignore_ascii_case(path) => {
                return Err(differs(EntryFact::Domain, member, path));
            }
            (member, path) => member.or(path),
        };
        let domain = domain
            .map(|code| {
                code.parse::<Domain>().map_err(|_| EntryError::UnknownCode {
                    fact: EntryFact::Domain,
                    found: code.to_owned(),
                })
            })
            .transpose()?;

        let usage = |code: &str| {
            KeyUsage::from_list_code(code).filter(|usage| usage.list_code().is_some()).ok_or_else(
                || EntryError::UnknownCode { fact: EntryFact::KeyUsage, found: code.to_owned() },
            )
        };
        let member = coded(object, EntryFact::KeyUsage)?;
        let usage = match (member, path.usage) {
            (Some(member), Some(path)) if usage(member)? != usage(path)? => {
                return Err(differs(EntryFact::KeyUsage, member, path));
            }
            (Some(code), _) | (None, Some(code)) => usage(code)?,
            (None, None) => KeyUsage::Dsc,
        };
        Ok(Self { participant, participant_code: code.to_owned(), domain, usage })
    }
}

/// The code in a member that is either `"X"`, `"#X"` or `{"code":"#X"}`.
fn coded<'o>(object: &'o Object<'_>, fact: EntryFact) -> Result<Option<&'o str>, EntryError> {
    let code = match object.get(fact.member()) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Text(code)) => Some(code.as_ref()),
        Some(Value::Object(coded)) => coded.text("code"),
        Some(_) => None,
    };
    let code = code.ok_or(EntryError::Missing { member: fact.member() })?;
    Ok(Some(code.strip_prefix('#').unwrap_or(code)))
}

/// What the path of an entry's DID says; `-` says nothing.
#[derive(Default)]
struct Path<'a> {
    version_1: bool,
    domain: Option<&'a str>,
    participant: Option<&'a str>,
    usage: Option<&'a str>,
}

impl<'a> Path<'a> {
    fn of(did: &'a str) -> Self {
        let Some((_, path)) = did.split_once(":trustlist:") else { return Self::default() };
        let said = |segment: &'a str| (segment != "-").then_some(segment);
        match path.split(':').collect::<Vec<_>>().as_slice() {
            [participant] => {
                Self { version_1: true, participant: said(participant), ..Self::default() }
            }
            [domain, participant, usage] => Self {
                version_1: false,
                domain: said(domain),
                participant: said(participant),
                usage: said(usage),
            },
            _ => Self::default(),
        }
    }
}

/// Certificates by their base64 text: an authority stands beside each of its document signers.
#[derive(Default)]
pub(crate) struct Certificates<'o>(HashMap<&'o str, Certificate>);

impl<'o> Certificates<'o> {
    fn chain(&mut self, jwk: &'o Object<'_>) -> Result<Vec<Certificate>, EntryError> {
        let Some(member) = jwk.get("x5c") else { return Ok(Vec::new()) };
        let unreadable = EntryError::Missing { member: "x5c" };
        let texts = member.as_list().filter(|texts| texts.len() <= MAX_X5C).ok_or(unreadable)?;
        texts
            .iter()
            .enumerate()
            .map(|(position, text)| {
                let text = text.as_text().ok_or(EntryError::Missing { member: "x5c" })?;
                self.read(text).map_err(|error| match error {
                    Some(error) => EntryError::Certificate { position, error },
                    None => EntryError::CertificateBase64 { position },
                })
            })
            .collect()
    }

    fn read(&mut self, text: &'o str) -> Result<Certificate, Option<CertificateError>> {
        if let Some(certificate) = self.0.get(text) {
            return Ok(certificate.clone());
        }
        let der =
            STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).map_err(|_| None)?;
        let certificate = Certificate::from_der(&der).map_err(Some)?;
        self.0.insert(text, certificate.clone());
        Ok(certificate)
    }
}

/// A fact that a list states about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryFact {
    /// The trust domain.
    Domain,
    /// The participant.
    Participant,
    /// The key usage.
    KeyUsage,
}

impl EntryFact {
    const fn member(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Participant => "participant",
            Self::KeyUsage => "keyusage",
        }
    }
}

/// Why an entry of a list gives no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The entry is a DID: the keys stand in that document, which is not fetched.
    #[error("a reference to another document; give that document too")]
    Reference,
    /// The entry is neither a text nor an object.
    #[error("the entry is neither a reference nor a key")]
    NotAnObject,
    /// A member is absent or of another type.
    #[error("the entry has no usable {member:?}")]
    Missing {
        /// The member's name.
        member: &'static str,
    },
    /// The entry's `id` has no fragment, hence no key identifier.
    #[error("the entry's id has no #fragment and so names no kid")]
    NoFragment,
    /// The JWK names another kid than the entry's `id`.
    #[error("the JWK has the kid {jwk:?}, the entry's id another one")]
    KidDiffers {
        /// The kid in the JWK.
        jwk: String,
    },
    /// The path of the DID and the entry's member contradict each other.
    #[error("the entry says {member:?} for {}, the path of its id says {path:?}", .fact.member())]
    FactDiffers {
        /// Which fact.
        fact: EntryFact,
        /// What the member says.
        member: String,
        /// What the path says.
        path: String,
    },
    /// A code is none that a list may hold.
    #[error("{found:?} is no {} of a trust list", .fact.member())]
    UnknownCode {
        /// Which fact.
        fact: EntryFact,
        /// The code.
        found: String,
    },
    /// The JWK gives no key.
    #[error(transparent)]
    Jwk(#[from] JwkError),
    /// The JWK's curve is unknown and no certificate tells the key.
    #[error("the JWK's curve is unknown and there is no certificate to take the key from")]
    UnknownCurve,
    /// A certificate is no base64.
    #[error("certificate {position} of x5c is no base64")]
    CertificateBase64 {
        /// Position in `x5c`, from 0.
        position: usize,
    },
    /// A certificate cannot be read.
    #[error("certificate {position} of x5c: {error}")]
    Certificate {
        /// Position in `x5c`, from 0.
        position: usize,
        /// The reason.
        error: CertificateError,
    },
    /// The certificate's key cannot be used.
    #[error("the certificate's key: {0}")]
    CertificateKey(KeyError),
    /// JWK and certificate hold different keys.
    #[error("the JWK and the certificate hold different keys")]
    KeyDiffers,
}

#[cfg(test)]
mod tests {
    use gdhcn_envelope::linked_data::Limits;

    use super::*;

    // The base point of P-256 (FIPS 186-4, D.1.2.3) as a key that needs no certificate.
    const JWK: &str = r#"{"kty":"EC","crv":"P-256","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}"#;

    fn entries(items: &str) -> Vec<(String, Result<Entry, EntryError>)> {
        let text = format!(r#"{{"id":"did:web:x:v2:trustlist","verificationMethod":[{items}]}}"#);
        read(&Document::parse(text.as_bytes(), &Limits::default()).unwrap())
    }

    fn entry(path: &str, more: &str) -> Result<Entry, EntryError> {
        let item = format!(
            r#"{{"id":"did:web:x:v2:trustlist:{path}#%2B6w2r2RfO%2F8%3D","publicKeyJwk":{JWK}{more}}}"#
        );
        entries(&item).remove(0).1
    }

    #[test]
    fn facts_come_from_members_of_both_forms_or_from_the_path() {
        let objects = r##","domain":{"code":"#PH4H"},"participant":{"code":"#XXA"},"keyusage":{"code":"#CSCA"}"##;
        let texts = r#","domain":"PH4H","participant":"XXA","keyusage":"CSCA""#;
        for (path, more) in [
            ("PH4H:XXA:SCA", objects),
            ("PH4H:XXA:SCA", texts),
            ("PH4H:XXA:SCA", ""),
            ("-:-:SCA", objects),
            ("-:-:-", texts),
        ] {
            let entry = entry(path, more).unwrap();
            assert_eq!(entry.participant.unwrap().alpha2(), "XA");
            assert_eq!(entry.participant_code, "XXA");
            assert_eq!(entry.domain, Some(Domain::ph4h()));
            assert_eq!(entry.usage, KeyUsage::Sca);
            assert_eq!(entry.kid.to_base64(), "+6w2r2RfO/8=");
            assert_eq!(entry.kid_text, "%2B6w2r2RfO%2F8%3D");
        }
    }

    #[test]
    fn version_1_paths_name_the_participant_only() {
        let of = |code: &str| entry(code, "").unwrap();
        let france = of("fra");
        assert_eq!(france.participant.unwrap().alpha3(), "FRA");
        assert_eq!((france.domain, france.usage), (None, KeyUsage::Dsc));
        assert_eq!(of("iot").participant.unwrap().alpha3(), "IOM");
        let unknown = of("null");
        assert_eq!((unknown.participant, unknown.participant_code.as_str()), (None, "null"));
    }

    #[test]
    fn each_entry_is_read_or_refused_by_name() {
        let items = [
            r#""did:web:y""#.to_owned(),
            "7".to_owned(),
            "{}".to_owned(),
            r#"{"id":"did:web:x"}"#.to_owned(),
            r#"{"id":"did:web:x#k"}"#.to_owned(),
            format!(r#"{{"id":"did:web:x#k","publicKeyJwk":{JWK}}}"#),
            r#"{"id":"did:web:x#k","publicKeyJwk":{"kty":"EC","crv":"UNKNOWN CURVE"}}"#.to_owned(),
            r#"{"id":"did:web:x#k","publicKeyJwk":{"kid":"l"}}"#.to_owned(),
            r#"{"id":"did:web:x#k","publicKeyJwk":{"x5c":["*"]}}"#.to_owned(),
            r#"{"id":"did:web:x#k","publicKeyJwk":{"x5c":["MAA="]}}"#.to_owned(),
            r#"{"id":"did:web:x#k","publicKeyJwk":{"x5c":"MAA="}}"#.to_owned(),
            r#"{"id":"did:web:x#k","domain":7,"publicKeyJwk":{}}"#.to_owned(),
            r#"{"id":"did:web:x#k","keyusage":"UP","publicKeyJwk":{}}"#.to_owned(),
            r#"{"id":"did:web:x#k","domain":"a b","publicKeyJwk":{}}"#.to_owned(),
            r#"{"id":"did:web:x:trustlist:DCC:XXA:DSC#k","participant":"XXB","publicKeyJwk":{}}"#
                .to_owned(),
        ];
        let count = items.len();
        let report: Vec<String> = entries(&items.join(","))
            .into_iter()
            .map(|(name, entry)| {
                let outcome = entry.map_or_else(|error| error.to_string(), |_| "ok".to_owned());
                format!("{name}: {outcome}")
            })
            .collect();
        assert_eq!(report.len(), count);
        insta::assert_snapshot!(report.join("\n"));
    }
}

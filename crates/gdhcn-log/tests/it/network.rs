//! A trust anchor, participants, and the entries of what they do.

use gdhcn_codes::Participant;
use gdhcn_crypto::{Backend, Curve, KeyKind, Signer, SoftwareKey};
use gdhcn_envelope::cms;
use gdhcn_envelope::x509::Certificate;
use gdhcn_log::{Action, Attribute, Content, Entry, Kind};
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::profile::Role;
use jiff::Timestamp;

pub(crate) const BACKEND: Backend = Backend::AwsLc;

pub(crate) fn at() -> Timestamp {
    "2026-08-22T12:00:00Z".parse().unwrap()
}

/// A key with its certificate.
pub(crate) struct Holder {
    pub(crate) key: SoftwareKey,
    pub(crate) certificate: Certificate,
}

impl Holder {
    pub(crate) fn new(role: Role, owner: &str, serial: u8) -> Self {
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let certificate = request(role, owner, serial, &key).self_signed(&key).unwrap();
        Self { key, certificate }
    }

    /// A document signer's certificate under this authority.
    pub(crate) fn issue(&self, owner: &str, serial: u8) -> Certificate {
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let request = request(Role::Dsc, owner, serial, &key);
        request.issued_by(&self.certificate, &self.key).unwrap()
    }

    pub(crate) fn sign(&self, content: &[u8]) -> String {
        let form = cms::Form::Detached;
        base64(&cms::sign(content, &self.certificate, &self.key, at(), form).unwrap())
    }

    pub(crate) fn thumbprint(&self) -> String {
        self.certificate.thumbprint().to_string()
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn request<'a>(role: Role, owner: &str, serial: u8, key: &'a SoftwareKey) -> Request<'a> {
    let owner = Participant::parse(owner).unwrap();
    Request::new(role, Some(owner), "Ministry of Tests", key.public_key(), [serial; 16], at())
}

/// The entry of a change to a certificate, signed by `signer`.
pub(crate) fn entry(
    action: Action,
    kind: Kind,
    group: &str,
    country: &str,
    certificate: &Certificate,
    signer: &Holder,
) -> Entry {
    let mut entry = Entry::new(at(), action, kind, certificate.thumbprint().to_string())
        .with(Attribute::Group, Some(group))
        .with(Attribute::Domain, Some("DCC"))
        .with(Attribute::Kid, Some(certificate.kid().to_base64()));
    entry.country = Some(country.to_owned());
    entry.content = Some(Content::of(certificate.der()));
    entry.signature = Some(signer.sign(certificate.der()));
    entry
}

/// A gateway with one participant, XA, whose certificates are onboarded.
pub(crate) struct Network {
    pub(crate) anchor: Holder,
    pub(crate) sca: Holder,
    pub(crate) up: Holder,
    pub(crate) dsc: Certificate,
}

impl Network {
    pub(crate) fn new() -> Self {
        let sca = Holder::new(Role::Sca, "XA", 1);
        let dsc = sca.issue("XA", 4);
        Self {
            anchor: Holder::new(Role::TrustAnchor, "XX", 9),
            up: Holder::new(Role::Upload, "XA", 2),
            sca,
            dsc,
        }
    }

    pub(crate) fn onboard(&self, group: &str, holder: &Holder) -> Entry {
        let kind = Kind::TrustedParty;
        entry(Action::Onboarded, kind, group, "XA", &holder.certificate, &self.anchor)
    }

    pub(crate) fn upload(&self, action: Action) -> Entry {
        entry(action, Kind::SignerInformation, "DSC", "XA", &self.dsc, &self.up)
    }

    /// Onboarding of the participant, and its first upload.
    pub(crate) fn history(&self) -> Vec<Entry> {
        vec![
            self.onboard("CSCA", &self.sca),
            self.onboard("UPLOAD", &self.up),
            self.upload(Action::Stored),
        ]
    }
}

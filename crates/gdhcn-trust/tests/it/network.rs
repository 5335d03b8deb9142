//! A small network made by the ceremonies: a trust anchor and participants.

use gdhcn_codes::{KeyUsage, Participant};
use gdhcn_crypto::{Backend, Curve, KeyKind, Signer, SoftwareKey};
use gdhcn_envelope::cms;
use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::GatewayItem;
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::participant::TrustedParty;
use gdhcn_trust::profile::Role;
use jiff::Timestamp;

pub(crate) const BACKEND: Backend = Backend::AwsLc;

pub(crate) fn at() -> Timestamp {
    "2026-08-22T12:00:00Z".parse().unwrap()
}

/// A key with its certificate.
#[derive(Debug)]
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

    /// A document signer under this authority.
    pub(crate) fn issue(&self, owner: &str, serial: u8) -> Self {
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let certificate = request(Role::Dsc, owner, serial, &key)
            .issued_by(&self.certificate, &self.key)
            .unwrap();
        Self { key, certificate }
    }

    /// Signs the certificate as an upload message or as a trust anchor does.
    pub(crate) fn sign(&self, certificate: &Certificate) -> String {
        let message =
            cms::sign(certificate.der(), &self.certificate, &self.key, at(), cms::Form::Detached);
        base64(&message.unwrap())
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(crate) fn participant(code: &str) -> Participant {
    Participant::parse(code).unwrap()
}

pub(crate) fn request<'a>(
    role: Role,
    owner: &str,
    serial: u8,
    key: &'a SoftwareKey,
) -> Request<'a> {
    let owner = participant(owner);
    Request::new(role, Some(owner), "Ministry of Tests", key.public_key(), [serial; 16], at())
}

/// A participant with everything that onboarding asks for.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) code: &'static str,
    pub(crate) sca: Holder,
    pub(crate) up: Holder,
    pub(crate) tls: Holder,
    pub(crate) dsc: Holder,
}

impl Party {
    pub(crate) fn new(code: &'static str) -> Self {
        let sca = Holder::new(Role::Sca, code, 1);
        let dsc = sca.issue(code, 4);
        let (up, tls) = (Holder::new(Role::Upload, code, 2), Holder::new(Role::Tls, code, 3));
        Self { code, sca, up, tls, dsc }
    }

    /// The participant's part of a gateway's list.
    pub(crate) fn gateway_items(&self, anchor: &Holder) -> Vec<GatewayItem> {
        let onboarded = |usage, holder: &Holder| {
            item(self.code, usage, &holder.certificate, anchor.sign(&holder.certificate))
        };
        vec![
            item(
                self.code,
                KeyUsage::Dsc,
                &self.dsc.certificate,
                self.up.sign(&self.dsc.certificate),
            ),
            onboarded(KeyUsage::Sca, &self.sca),
            onboarded(KeyUsage::Up, &self.up),
            onboarded(KeyUsage::Tls, &self.tls),
        ]
    }
}

pub(crate) fn item(
    country: &str,
    usage: KeyUsage,
    certificate: &Certificate,
    signature: String,
) -> GatewayItem {
    GatewayItem {
        kid: certificate.kid().to_base64(),
        country: country.to_owned(),
        group: usage.gateway_group().to_owned(),
        domain: None,
        thumbprint: Some(certificate.thumbprint().to_string()),
        signature,
        raw_data: base64(certificate.der()),
    }
}

pub(crate) fn onboard(certificate: &Certificate, anchor: &Holder) -> TrustedParty {
    TrustedParty::onboard(certificate, &anchor.certificate, &anchor.key, at()).unwrap()
}

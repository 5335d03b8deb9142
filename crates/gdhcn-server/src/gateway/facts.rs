//! What is told of a listed certificate beside its bytes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_crypto::{Curve, KeyError, PublicKey};
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::signer_information::SignerType;
use jiff::Timestamp;

/// RSA keys of what the trust anchor signs have as many bits, by the guide's certificate governance.
const ONBOARDED_RSA: usize = 3000;

/// What is told of a certificate, where it can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Begin and end.
    pub(crate) validity: Option<(Timestamp, Timestamp)>,
    /// The key, where the guide asks for another: for P-256 of a document signer, for 3000 bits of RSA
    /// of an onboarded certificate. The gateway takes it all the same.
    pub(crate) unusual_key: Option<Box<str>>,
}

impl Facts {
    pub(crate) fn of(raw_data: &str, group: &str) -> Self {
        let der = BASE64_STANDARD.decode(raw_data).ok();
        let certificate = der.and_then(|der| Certificate::from_der(&der).ok());
        let Some(certificate) = certificate else { return Self::default() };
        Self {
            validity: Some((certificate.not_before(), certificate.not_after())),
            unusual_key: unusual(certificate.public_key(), group),
        }
    }
}

fn unusual(key: Result<&PublicKey, &KeyError>, group: &str) -> Option<Box<str>> {
    let signs_documents = matches!(group, "DSC" | "DESC");
    if !signs_documents && group.parse::<SignerType>().is_ok() {
        // What participants upload for uses of their own.
        return None;
    }
    let usual = match key {
        Ok(PublicKey::Ec(key)) => !signs_documents || key.curve() == Curve::P256,
        Ok(PublicKey::Rsa(key)) => !signs_documents && key.bits() >= ONBOARDED_RSA,
        Ok(_) | Err(_) => false,
    };
    let words = || match key {
        Ok(key) => key.to_string().into(),
        Err(error) => error.to_string().into(),
    };
    (!usual).then(words)
}

//! What the signatures in the dump prove.

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_crypto::Backend;
use gdhcn_envelope::cms::{self, Content, SignedMessage};
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::trusted_party::PartyType;
use gdhcn_trust::upload::{Allowed, Registry, Upload, UploadRefusal};

use super::reason::Reason;

/// A base64 column and its bytes.
pub(super) struct Decoded {
    /// The text without white space.
    pub(super) text: String,
    pub(super) bytes: Vec<u8>,
    /// Whether there was white space, which clients of the old gateway cannot read.
    pub(super) had_blanks: bool,
}

pub(super) fn decode(column: &'static str, text: &str) -> Result<Decoded, Reason> {
    let decoded =
        cms::decode_base64(text.as_bytes()).map_err(|source| Reason::Base64 { column, source })?;
    let had_blanks = decoded.cleaned.len() != text.len();
    Ok(Decoded { text: decoded.cleaned, bytes: decoded.bytes, had_blanks })
}

/// A certificate in its column, as clients expect it: with padding.
pub(super) fn certificate(raw_data: &str) -> Result<(Certificate, Decoded), Reason> {
    let mut decoded = decode("raw_data", raw_data)?;
    decoded.text = BASE64_STANDARD.encode(&decoded.bytes);
    Ok((Certificate::from_der(&decoded.bytes)?, decoded))
}

/// The onboarded certificates that uploads can be measured by.
#[derive(Debug, Default)]
pub(super) struct Parties {
    by_country: HashMap<(PartyType, String), Vec<Certificate>>,
}

impl Parties {
    pub(super) fn add(&mut self, what: PartyType, country: &str, certificate: Certificate) {
        self.by_country.entry((what, country.to_owned())).or_default().push(certificate);
    }

    fn of(&self, what: PartyType, country: &str) -> &[Certificate] {
        self.by_country.get(&(what, country.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is missing in the proof that the country uploaded this certificate.
    pub(super) fn unproven(
        &self,
        certificate: &Certificate,
        signer: &Certificate,
        country: &str,
        group: &str,
    ) -> Option<UploadRefusal> {
        let upload = Upload {
            certificate,
            signer,
            country,
            group: Some(group),
            domain: None,
            properties: &[],
        };
        let registry = Registry {
            uploaders: self.of(PartyType::Upload, country),
            scas: self.of(PartyType::Csca, country),
            decas: self.of(PartyType::Deca, country),
        };
        upload.check(&registry, &Allowed::default(), Backend::default()).err()
    }

    /// Whether this certificate signs uploads of the country.
    pub(super) fn uploads(&self, signer: &Certificate, country: &str) -> bool {
        self.of(PartyType::Upload, country).contains(signer)
    }
}

/// Reads a stored message and checks its signature.
pub(super) fn message(bytes: &[u8], content: Content<'_>) -> Result<SignedMessage, Reason> {
    let message = SignedMessage::from_ber(bytes, content).map_err(Reason::Message)?;
    message.verify(Backend::default()).map_err(Reason::Signature)?;
    Ok(message)
}

use const_oid::ObjectIdentifier;
use gdhcn_crypto::Backend;
use jiff::Timestamp;

use crate::cms::signed_data::SignedData;
use crate::cms::signer_info::SignerInfo;
use crate::cms::verification::{self, Known, Signed};
use crate::cms::{CmsError, Limits};
use crate::x509::Certificate;

/// A message with content of any type, one signer and, beside the signer's, other certificates:
/// the form of published lists, such as those of ICAO (Doc 9303-12).
///
/// It is parsed, NOT verified: that is [`SignedContent::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedContent {
    content_type: ObjectIdentifier,
    content: Vec<u8>,
    certificates: Vec<Certificate>,
    signer_info_der: Vec<u8>,
}

/// Certificates of one message that are looked at; real ones carry two.
const MAX_CERTIFICATES: usize = 16;

impl SignedContent {
    /// Reads a message in BER or DER.
    ///
    /// Curve parameters that are spelled out are taken in its certificates (see
    /// [`Certificate::with_explicit_curve`]); certificates that cannot be read are left out.
    ///
    /// # Errors
    ///
    /// When the bytes are no such message, or hold more than 16 certificates.
    pub fn from_ber(ber: &[u8], limits: &Limits) -> Result<Self, CmsError> {
        if ber.len() > limits.max_len {
            return Err(CmsError::TooLong { found: ber.len(), limit: limits.max_len });
        }
        let data = SignedData::read(ber, limits)?;
        let found = data.x509_certificates().count();
        if found > MAX_CERTIFICATES {
            return Err(CmsError::SignerCertificateCount { found });
        }
        let certificates = data
            .x509_certificates()
            .filter_map(|element| {
                Certificate::from_der_within(element.raw, &limits.certificate).ok()
            })
            .map(|certificate| certificate.with_explicit_curve())
            .collect();
        let [signer_info] = data.signer_infos[..] else {
            return Err(CmsError::SignerInfoCount { found: data.signer_infos.len() });
        };
        let signer_info_der = signer_info.to_der()?;
        let content = data.content.ok_or(CmsError::NoContent)?;
        Ok(Self { content_type: data.content_type, content, certificates, signer_info_der })
    }

    /// The type of the content (`eContentType`).
    pub fn content_type(&self) -> ObjectIdentifier {
        self.content_type
    }

    /// The content.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The certificates that came with it and can be read.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// When the signer says to have signed.
    pub fn signing_time(&self) -> Option<Timestamp> {
        let signer_info = SignerInfo::from_der(&self.signer_info_der).ok()?;
        verification::signing_time(&signer_info).ok().flatten()
    }

    /// Checks the signature over the content, and gives the certificate whose key made it.
    ///
    /// The checks are those of [`SignedMessage::verify`](crate::cms::SignedMessage::verify). Whose
    /// the certificate is remains to be asked.
    ///
    /// # Errors
    ///
    /// The errors of [`Step::Verification`](crate::cms::Step::Verification).
    pub fn verify(&self, backend: Backend) -> Result<&Certificate, CmsError> {
        let what = "the SignerInfo cannot be read";
        let signer_info = SignerInfo::from_der(&self.signer_info_der)
            .map_err(|_| CmsError::InvalidCms { at: 0, what })?;
        let mut first = None;
        for certificate in &self.certificates {
            let signed = Signed {
                content: Known::Bytes(&self.content),
                content_type: self.content_type,
                certificate,
                signer_info: &signer_info,
            };
            match verification::verify(&signed, backend) {
                Ok(()) => return Ok(certificate),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or(CmsError::SignerCertificateCount { found: 0 }))
    }
}

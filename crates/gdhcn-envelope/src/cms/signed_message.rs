use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use const_oid::ObjectIdentifier;
use der::asn1::{IntRef, SequenceRef};
use der::{Decode, Encode, Reader, SliceReader};
use gdhcn_crypto::Backend;
use spki::AlgorithmIdentifierRef;

use crate::algorithm;

use crate::cms::base64_text::decode_base64;
use crate::cms::signed_data::SignedData;
use crate::cms::signer_info::SignerInfo;
use crate::cms::verification::{self, Known, Signed};
use crate::cms::{CmsError, Limits, oid};
use crate::x509::Certificate;
use crate::x509::encode::{self, OCTET_STRING, SEQUENCE, SET};

/// Where the signed content is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// Inside the message.
    Embedded,
    /// Beside the message. What may be embedded is ignored.
    Detached(&'a [u8]),
}

/// A message that was opened as far as its content ([`Step::Body`](crate::cms::Step::Body)).
///
/// A gateway judges the content before the signer; [`OpenedMessage::into_signed`] goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedMessage {
    received: Vec<u8>,
    cleaned: Option<String>,
    content: Vec<u8>,
    content_type: ObjectIdentifier,
    limits: Limits,
}

impl OpenedMessage {
    /// Opens a base64 text; see [`decode_base64`] for what is taken.
    ///
    /// # Errors
    ///
    /// The errors of [`Step::Base64`](crate::cms::Step::Base64) to
    /// [`Step::Body`](crate::cms::Step::Body).
    pub fn from_base64(
        text: &[u8],
        content: Content<'_>,
        limits: &Limits,
    ) -> Result<Self, CmsError> {
        if text.len() > limits.max_len {
            return Err(CmsError::TooLong { found: text.len(), limit: limits.max_len });
        }
        let text = decode_base64(text)?;
        Self::open(text.bytes, Some(text.cleaned), content, limits)
    }

    /// Opens the bytes of a message in BER or DER.
    ///
    /// # Errors
    ///
    /// The errors of [`Step::SignedData`](crate::cms::Step::SignedData) and
    /// [`Step::Body`](crate::cms::Step::Body).
    pub fn from_ber(ber: &[u8], content: Content<'_>, limits: &Limits) -> Result<Self, CmsError> {
        if ber.len() > limits.max_len {
            return Err(CmsError::TooLong { found: ber.len(), limit: limits.max_len });
        }
        Self::open(ber.to_vec(), None, content, limits)
    }

    fn open(
        received: Vec<u8>,
        cleaned: Option<String>,
        content: Content<'_>,
        limits: &Limits,
    ) -> Result<Self, CmsError> {
        let signed_data = SignedData::read(&received, limits)?;
        let content_type = signed_data.content_type;
        let content = match content {
            Content::Detached(content) => content.to_vec(),
            Content::Embedded if content_type != oid::DATA => {
                return Err(CmsError::ContentNotData { oid: content_type.to_string() });
            }
            Content::Embedded => signed_data.content.ok_or(CmsError::NoContent)?,
        };
        Ok(Self { received, cleaned, content, content_type, limits: *limits })
    }

    /// The content. Nothing is known yet of who signed it.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Goes on to the certificate and the signer.
    ///
    /// # Errors
    ///
    /// When there is not exactly one certificate that can be read, or not exactly one signer.
    pub fn into_signed(self) -> Result<SignedMessage, CmsError> {
        let signed_data = SignedData::read(&self.received, &self.limits)?;
        let certificates = signed_data.x509_certificates().collect::<Vec<_>>();
        let [certificate] = certificates[..] else {
            return Err(CmsError::SignerCertificateCount { found: certificates.len() });
        };
        let certificate = Certificate::from_der_within(certificate.raw, &self.limits.certificate)
            .map_err(CmsError::SignerCertificate)?;
        let [signer_info] = signed_data.signer_infos[..] else {
            return Err(CmsError::SignerInfoCount { found: signed_data.signer_infos.len() });
        };
        let signer_info_der = signer_info.to_der()?;
        let what = "the SignerInfo cannot be read";
        let parsed = SignerInfo::from_der(&signer_info_der)
            .map_err(|_| CmsError::InvalidCms { at: signer_info.at, what })?;
        let digest_algorithm = parsed
            .digest_algorithm
            .to_der()
            .map_err(|_| CmsError::InvalidCms { at: signer_info.at, what })?;
        check_unsigned(&signed_data, &parsed, signer_info.at)?;
        let detached = repacked(&signed_data, &digest_algorithm, signer_info.raw, None)?;
        Ok(SignedMessage { certificate, signer_info_der, detached, opened: self })
    }
}

/// A message with its one certificate and its one signer.
///
/// It is parsed, NOT verified: that is [`SignedMessage::verify`]. The signer identifier inside is
/// not compared with the certificate, of which there is but one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedMessage {
    opened: OpenedMessage,
    certificate: Certificate,
    signer_info_der: Vec<u8>,
    detached: Vec<u8>,
}

impl SignedMessage {
    /// Reads a base64 text within the default [`Limits`]; see [`decode_base64`] for what is taken.
    ///
    /// # Errors
    ///
    /// See [`CmsError`]; the first failing [`Step`](crate::cms::Step) counts.
    pub fn from_base64(text: &[u8], content: Content<'_>) -> Result<Self, CmsError> {
        OpenedMessage::from_base64(text, content, &Limits::default())?.into_signed()
    }

    /// Reads the bytes of a message in BER or DER within the default [`Limits`].
    ///
    /// # Errors
    ///
    /// See [`CmsError`]; the first failing [`Step`](crate::cms::Step) counts.
    pub fn from_ber(ber: &[u8], content: Content<'_>) -> Result<Self, CmsError> {
        OpenedMessage::from_ber(ber, content, &Limits::default())?.into_signed()
    }

    /// The content: the one supplied, or else the one inside.
    pub fn content(&self) -> &[u8] {
        &self.opened.content
    }

    /// The one certificate, as received. It is for the caller to know whose it is.
    pub fn signer_certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Checks the signature over the content with the key of [`Self::signer_certificate`].
    ///
    /// The checks are those of RFC 5652, 5.4 and 5.6, RFC 6211, and one that the network's
    /// gateways make: a signing time must lie within the certificate's validity. The clock is not
    /// asked. No chain is built and no key usage looked at.
    ///
    /// # Errors
    ///
    /// The errors of [`Step::Verification`](crate::cms::Step::Verification).
    pub fn verify(&self, backend: Backend) -> Result<(), CmsError> {
        self.verify_over(Known::Bytes(&self.opened.content), backend)
    }

    /// As [`Self::verify`] where of the content nothing but its SHA-256 is at hand: the signature
    /// is over the signed attributes, and these hold that hash (RFC 5652, 5.4).
    ///
    /// # Errors
    ///
    /// As [`Self::verify`], and [`CmsError::HashNotEnough`] when the message was signed without
    /// attributes or with another digest algorithm.
    pub fn verify_sha256(&self, hash: &[u8; 32], backend: Backend) -> Result<(), CmsError> {
        self.verify_over(Known::Sha256(hash), backend)
    }

    fn verify_over(&self, content: Known<'_>, backend: Backend) -> Result<(), CmsError> {
        let what = "the SignerInfo cannot be read";
        let signer_info = SignerInfo::from_der(&self.signer_info_der)
            .map_err(|_| CmsError::InvalidCms { at: 0, what })?;
        let signed = Signed {
            content,
            content_type: self.opened.content_type,
            certificate: &self.certificate,
            signer_info: &signer_info,
        };
        verification::verify(&signed, backend)
    }

    /// The same message without its content, in DER.
    ///
    /// SignerInfo and certificate are copied byte for byte as received; the digest algorithms are
    /// that of the SignerInfo; revocation lists and other certificates are kept.
    pub fn to_detached_der(&self) -> Vec<u8> {
        self.detached.clone()
    }

    /// The same message with its content in it, in DER; the rest is as in
    /// [`Self::to_detached_der`].
    ///
    /// # Errors
    ///
    /// None that a message gives which could be read.
    pub fn to_attached_der(&self) -> Result<Vec<u8>, CmsError> {
        let signed_data = SignedData::read(&self.detached, &self.opened.limits)?;
        let what = "the SignerInfo cannot be read";
        let digest_algorithm = SignerInfo::from_der(&self.signer_info_der)
            .and_then(|signer_info| signer_info.digest_algorithm.to_der())
            .map_err(|_| CmsError::InvalidCms { at: 0, what })?;
        let content = Some(self.opened.content.as_slice());
        let signer_info = signed_data.signer_infos.first().map(|element| element.raw);
        repacked(&signed_data, &digest_algorithm, signer_info.unwrap_or_default(), content)
    }

    /// The bytes of the message as received.
    pub fn received(&self) -> &[u8] {
        &self.opened.received
    }

    /// The base64 text as received, without blanks and line breaks. For a message that came as
    /// bytes, their base64 with padding.
    pub fn cleaned_base64(&self) -> Cow<'_, str> {
        match &self.opened.cleaned {
            Some(text) => text.into(),
            None => STANDARD.encode(&self.opened.received).into(),
        }
    }
}

/// Checks the form of what no signature covers and nothing here depends on, so that as little as
/// possible can be changed on the way: versions, digest algorithms and the signer's identifier.
///
/// What the network's clients write passes: versions that do not go with the rest, no digest
/// algorithms or more than one (RFC 5652, 5.1), and an identifier of whatever content.
fn check_unsigned(
    signed_data: &SignedData<'_>,
    signer_info: &SignerInfo<'_>,
    at: usize,
) -> Result<(), CmsError> {
    let wrong = |at, what| Err(CmsError::InvalidCms { at, what });
    if !is_version(signed_data.version.raw) {
        return wrong(signed_data.version.at, "SignedData has no version of 0 to 5");
    }
    let mut has_digest = signed_data.digest_algorithms.is_empty();
    for element in &signed_data.digest_algorithms {
        let der = element.to_der()?;
        let Ok(algorithm) = AlgorithmIdentifierRef::from_der(&der) else {
            return wrong(element.at, "a digest algorithm is no AlgorithmIdentifier");
        };
        has_digest |= algorithm::equivalent(&algorithm, &signer_info.digest_algorithm);
    }
    if !has_digest {
        return wrong(at, "the signer's digest algorithm is not among those of SignedData");
    }
    if !is_version(signer_info.version) {
        return wrong(at, "the SignerInfo has no version of 0 to 5");
    }
    if !is_identifier(signer_info.identifier) {
        return wrong(
            at,
            "the signer is named neither by issuer and number nor by a key identifier",
        );
    }
    Ok(())
}

/// An INTEGER of 0 to 5, the versions that CMS and its predecessors have; some libraries write 0
/// where nobody says which.
fn is_version(element: &[u8]) -> bool {
    matches!(element, [0x02, 1, ..=5])
}

/// `SignerIdentifier` (RFC 5652, 5.3).
fn is_identifier(element: &[u8]) -> bool {
    let issuer_and_number = || {
        let sequence = <&SequenceRef>::from_der(element)?;
        let mut fields = SliceReader::new(sequence.as_bytes())?;
        <&SequenceRef>::decode(&mut fields)?;
        <IntRef<'_>>::decode(&mut fields)?;
        fields.finish()
    };
    matches!(element, [0x80 | 0xa0, _, _, ..]) || issuer_and_number().is_ok()
}

/// The message in DER, with this content or none.
fn repacked(
    signed_data: &SignedData<'_>,
    digest_algorithm: &[u8],
    signer_info: &[u8],
    content: Option<&[u8]>,
) -> Result<Vec<u8>, CmsError> {
    let mut certificates = Vec::new();
    for element in &signed_data.certificates {
        if element.tag == SEQUENCE {
            certificates.extend_from_slice(element.raw);
        } else {
            certificates.extend(element.to_der()?);
        }
    }
    let crls = match signed_data.crls {
        Some(element) => element.to_der()?,
        None => Vec::new(),
    };
    let content = match content {
        Some(content) => encode::tlv(0xa0, &encode::tlv(OCTET_STRING, content)),
        None => Vec::new(),
    };
    Ok(content_info(&[
        &signed_data.version.to_der()?,
        &encode::tlv(SET, digest_algorithm),
        &encode::nested(SEQUENCE, &[&encode::oid(signed_data.content_type), &content]),
        &encode::tlv(0xa0, &certificates),
        &crls,
        &encode::tlv(SET, signer_info),
    ]))
}

/// A `ContentInfo` around the fields of `SignedData`.
pub(crate) fn content_info(fields: &[&[u8]]) -> Vec<u8> {
    let signed_data = encode::nested(SEQUENCE, fields);
    let content = encode::tlv(0xa0, &signed_data);
    encode::nested(SEQUENCE, &[&encode::oid(oid::SIGNED_DATA), &content])
}

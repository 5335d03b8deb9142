use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use gdhcn_crypto::{Backend, DigestAlgorithm, VerifyError};
use jiff::Timestamp;
use spki::AlgorithmIdentifierRef;

use crate::algorithm;
use crate::cms::signer_info::{Attribute, SignerInfo, to_be_signed};
use crate::cms::{CmsError, oid};
use crate::x509::{Certificate, Validity, timestamp};

/// What is known of the signed content.
#[derive(Clone, Copy)]
pub(crate) enum Known<'a> {
    /// Its bytes.
    Bytes(&'a [u8]),
    /// SHA-256 of them only.
    Sha256(&'a [u8; 32]),
}

/// A signer with all that its signature is about.
pub(crate) struct Signed<'a> {
    pub(crate) content: Known<'a>,
    pub(crate) content_type: ObjectIdentifier,
    pub(crate) certificate: &'a Certificate,
    pub(crate) signer_info: &'a SignerInfo<'a>,
}

/// Verifies one signer; the order of the checks is that of the network's gateways.
pub(crate) fn verify(signed: &Signed<'_>, backend: Backend) -> Result<(), CmsError> {
    let info = signed.signer_info;
    check_signing_time(signed)?;
    let digest = algorithm::digest_algorithm(info.digest_algorithm)?;
    check_content_type(signed)?;
    check_algorithm_protection(info)?;
    check_message_digest(signed, digest)?;
    if signed_attributes(info).iter().any(|attribute| attribute.oid == oid::COUNTERSIGNATURE) {
        return Err(attribute_error("countersignature", "must not be signed"));
    }
    let scheme = algorithm::cms_signature_scheme(info.signature_algorithm, digest)?;
    let key = signed.certificate.public_key().map_err(Clone::clone)?;
    let verifier = backend.verifier(key)?;
    match &info.signed_attributes {
        Some(attributes) => {
            Ok(verifier.verify(scheme, &to_be_signed(attributes), info.signature)?)
        }
        None => {
            let Known::Bytes(content) = signed.content else {
                return Err(CmsError::HashNotEnough);
            };
            verifier.verify(scheme, content, info.signature).map_err(|error| {
                let converted = to_crlf(content);
                let holds =
                    |content: &[u8]| verifier.verify(scheme, content, info.signature).is_ok();
                if error == VerifyError::BadSignature && converted.is_some_and(|text| holds(&text))
                {
                    CmsError::SignedAfterLineEndConversion
                } else {
                    error.into()
                }
            })
        }
    }
}

fn check_signing_time(signed: &Signed<'_>) -> Result<(), CmsError> {
    let Some(signing_time) = signing_time(signed.signer_info)? else { return Ok(()) };
    if signed.certificate.validity_at(signing_time) == Validity::Valid {
        return Ok(());
    }
    Err(CmsError::SigningTimeOutsideValidity {
        signing_time,
        not_before: signed.certificate.not_before(),
        not_after: signed.certificate.not_after(),
    })
}

/// The signing time attribute.
pub(crate) fn signing_time(info: &SignerInfo<'_>) -> Result<Option<Timestamp>, CmsError> {
    const NAME: &str = "signingTime";
    let Some(value) = single(info, oid::SIGNING_TIME, NAME)? else { return Ok(None) };
    let time = x509_cert::time::Time::from_der(value)
        .map_err(|_| attribute_error(NAME, "is no UTCTime or GeneralizedTime"))?;
    Ok(Some(timestamp(time.to_unix_duration())))
}

fn check_content_type(signed: &Signed<'_>) -> Result<(), CmsError> {
    const NAME: &str = "contentType";
    match single(signed.signer_info, oid::CONTENT_TYPE, NAME)? {
        Some(value) => match ObjectIdentifier::from_der(value) {
            Ok(content_type) if content_type == signed.content_type => Ok(()),
            Ok(_) => Err(CmsError::ContentTypeMismatch),
            Err(_) => Err(attribute_error(NAME, "is no object identifier")),
        },
        None => required(signed.signer_info, NAME),
    }
}

fn check_message_digest(signed: &Signed<'_>, digest: DigestAlgorithm) -> Result<(), CmsError> {
    const NAME: &str = "messageDigest";
    let Some(value) = single(signed.signer_info, oid::MESSAGE_DIGEST, NAME)? else {
        return required(signed.signer_info, NAME);
    };
    let announced = <&OctetStringRef>::from_der(value)
        .map_err(|_| attribute_error(NAME, "is no OCTET STRING"))?
        .as_bytes();
    let content = match signed.content {
        Known::Bytes(content) => content,
        Known::Sha256(_) if digest != DigestAlgorithm::Sha256 => {
            return Err(CmsError::HashNotEnough);
        }
        Known::Sha256(hash) if announced == hash.as_slice() => return Ok(()),
        Known::Sha256(_) => return Err(CmsError::MessageDigestMismatch),
    };
    if announced == digest.digest(content) {
        return Ok(());
    }
    match to_crlf(content) {
        Some(text) if announced == digest.digest(&text) => {
            Err(CmsError::SignedAfterLineEndConversion)
        }
        _ => Err(CmsError::MessageDigestMismatch),
    }
}

/// `CMSAlgorithmProtection` (RFC 6211, 2).
fn check_algorithm_protection(info: &SignerInfo<'_>) -> Result<(), CmsError> {
    const NAME: &str = "cmsAlgorithmProtection";
    let Some(value) = single(info, oid::ALGORITHM_PROTECTION, NAME)? else { return Ok(()) };
    let wrong = || attribute_error(NAME, "is not digestAlgorithm and signatureAlgorithm");
    let (digest, signature) = algorithm_protection(value).map_err(|_| wrong())?;
    if !algorithm::equivalent(&digest, &info.digest_algorithm) {
        return Err(CmsError::AlgorithmProtectionMismatch { which: "digestAlgorithm" });
    }
    if !algorithm::equivalent(&signature, &info.signature_algorithm) {
        return Err(CmsError::AlgorithmProtectionMismatch { which: "signatureAlgorithm" });
    }
    Ok(())
}

type Protected<'a> = (AlgorithmIdentifierRef<'a>, AlgorithmIdentifierRef<'a>);

fn algorithm_protection(value: &[u8]) -> der::Result<Protected<'_>> {
    let any = AnyRef::from_der(value)?;
    any.tag().assert_eq(Tag::Sequence)?;
    let mut reader = SliceReader::new(any.value())?;
    let digest = reader.decode()?;
    let signature = reader
        .context_specific::<AlgorithmIdentifierRef<'_>>(der::TagNumber(1), der::TagMode::Implicit)?
        .ok_or_else(|| der::Error::from(Tag::Sequence.value_error()))?;
    reader.finish()?;
    Ok((digest, signature))
}

/// The one value of an attribute that may stand once among the signed attributes only.
fn single<'a>(
    info: &'a SignerInfo<'a>,
    attribute: ObjectIdentifier,
    name: &'static str,
) -> Result<Option<&'a [u8]>, CmsError> {
    if info.unsigned_attributes.iter().any(|unsigned| unsigned.oid == attribute) {
        return Err(attribute_error(name, "must not be an unsigned attribute"));
    }
    let mut found = signed_attributes(info).iter().filter(|signed| signed.oid == attribute);
    let Some(first) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(attribute_error(name, "stands more than once"));
    }
    match first.values[..] {
        [value] => Ok(Some(value)),
        _ => Err(attribute_error(name, "must have one value")),
    }
}

/// An attribute is mandatory as soon as there are signed attributes (RFC 5652, 5.3).
fn required(info: &SignerInfo<'_>, name: &'static str) -> Result<(), CmsError> {
    match info.signed_attributes {
        Some(_) => Err(attribute_error(name, "is missing from the signed attributes")),
        None => Ok(()),
    }
}

fn signed_attributes<'a>(info: &'a SignerInfo<'a>) -> &'a [Attribute<'a>] {
    info.signed_attributes.as_deref().unwrap_or_default()
}

fn attribute_error(name: &'static str, what: &'static str) -> CmsError {
    CmsError::Attribute { name, what }
}

/// The content with CRLF line ends, as `openssl cms -sign` without `-binary` hashes it; `None`
/// when that changes nothing.
fn to_crlf(content: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(content.len() + content.len() / 32);
    for (index, line) in content.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            text.extend_from_slice(b"\r\n");
        }
        let returns = line.iter().rev().take_while(|byte| **byte == b'\r').count();
        text.extend_from_slice(line.get(..line.len() - returns).unwrap_or_default());
    }
    (text != content).then_some(text)
}

#[cfg(test)]
mod tests;

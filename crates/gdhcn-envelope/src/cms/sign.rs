use gdhcn_crypto::{SignError, SignatureScheme, Signer};
use jiff::Timestamp;

use crate::algorithm::{encode_digest_algorithm, encode_signature_algorithm};
use crate::cms::signed_message::content_info;
use crate::cms::signer_info::SIGNED_ATTRIBUTES;
use crate::cms::{CmsError, oid};
use crate::x509::Certificate;
use crate::x509::encode::{self, OCTET_STRING, SEQUENCE, SET};

/// Whether a message carries its content.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Form {
    /// The content is inside, as gateways want uploads.
    Attached,
    /// The content travels beside the message, as in stored signatures.
    Detached,
}

/// Signs `content` and gives the message in DER.
///
/// The message is of version 1, names the signer by issuer and serial number, and carries the
/// certificate. Signed attributes are contentType, signingTime, messageDigest and
/// cmsAlgorithmProtection (RFC 6211). P-256 keys sign with SHA-256, P-384 and P-521 keys with the
/// digest of their curve, RSA keys with SHA-256 and PKCS#1 v1.5: the schemes that every client of
/// the network reads and every key store offers.
///
/// # Errors
///
/// When the key is not that of `certificate`, is of type Ed25519, or does not sign.
pub fn sign(
    content: &[u8],
    certificate: &Certificate,
    signer: &dyn Signer,
    signing_time: Timestamp,
    form: Form,
) -> Result<Vec<u8>, CmsError> {
    let key = signer.public_key();
    if certificate.public_key().map_err(Clone::clone)? != key {
        return Err(CmsError::KeyOfAnotherCertificate);
    }
    let scheme = key.default_scheme();
    let digest = match scheme {
        SignatureScheme::EcdsaDer(digest) | SignatureScheme::RsaPkcs1(digest) => digest,
        _ => return Err(SignError::Unsupported { key: key.to_string(), scheme }.into()),
    };
    let digest_algorithm = encode_digest_algorithm(digest);
    let signature_algorithm = encode_signature_algorithm(scheme)?;
    let time = encode::time(signing_time).ok_or(CmsError::SigningTime { at: signing_time })?;
    // IMPLICIT tags replace those of the SET and of the AlgorithmIdentifier.
    let mut protected_algorithm = signature_algorithm.clone();
    retag(&mut protected_algorithm, 0xa1);
    let mut attributes = encode::set_of(vec![
        attribute(oid::CONTENT_TYPE, &encode::oid(oid::DATA)),
        attribute(oid::SIGNING_TIME, &time),
        attribute(oid::MESSAGE_DIGEST, &encode::tlv(OCTET_STRING, &digest.digest(content))),
        attribute(
            oid::ALGORITHM_PROTECTION,
            &encode::nested(SEQUENCE, &[&digest_algorithm, &protected_algorithm]),
        ),
    ]);
    let signature = signer.sign(scheme, &attributes)?;
    retag(&mut attributes, SIGNED_ATTRIBUTES);
    let signer_id =
        encode::nested(SEQUENCE, &[certificate.issuer().der(), certificate.serial_element()]);
    let signer_info = encode::nested(
        SEQUENCE,
        &[
            &VERSION_1,
            &signer_id,
            &digest_algorithm,
            &attributes,
            &signature_algorithm,
            &encode::tlv(OCTET_STRING, &signature),
        ],
    );
    let attached = match form {
        Form::Attached => encode::tlv(0xa0, &encode::tlv(OCTET_STRING, content)),
        Form::Detached => Vec::new(),
    };
    Ok(content_info(&[
        &VERSION_1,
        &encode::tlv(SET, &digest_algorithm),
        &encode::nested(SEQUENCE, &[&encode::oid(oid::DATA), &attached]),
        &encode::tlv(0xa0, certificate.der()),
        &encode::tlv(SET, &signer_info),
    ]))
}

/// `INTEGER 1`.
const VERSION_1: [u8; 3] = [2, 1, 1];

fn attribute(oid: const_oid::ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    encode::nested(SEQUENCE, &[&encode::oid(oid), &encode::tlv(SET, value)])
}

fn retag(element: &mut [u8], tag: u8) {
    if let Some(first) = element.first_mut() {
        *first = tag;
    }
}

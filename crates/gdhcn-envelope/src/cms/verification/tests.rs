use gdhcn_crypto::{Curve, KeyKind, Signer, SoftwareKey};
use jiff::Timestamp;

use super::*;
use crate::algorithm::{AlgorithmError, encode_digest_algorithm, encode_signature_algorithm};
use crate::cms::signed_message::content_info;
use crate::cms::{Content, SignedMessage};
use crate::x509::encode::{self, OCTET_STRING, SEQUENCE, SET};
use crate::x509::{CertificateTemplate, NameBuilder};

const CONTENT: &[u8] = b"content";

/// A message to be spoiled before it is signed.
struct Message {
    /// Those of SignedData and SignerInfo.
    versions: [[u8; 3]; 2],
    /// Those that SignedData lists.
    digest_algorithms: Vec<Vec<u8>>,
    identifier: Vec<u8>,
    key: SoftwareKey,
    certificate: Certificate,
    digest_algorithm: Vec<u8>,
    signature_algorithm: Vec<u8>,
    /// Signed attributes in the order in which they are sent; none at all for `None`.
    signed: Option<Vec<Vec<u8>>>,
    unsigned: Vec<Vec<u8>>,
    /// Sign the attributes as they are sent instead of in the order of DER.
    sign_as_sent: bool,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn attribute(oid: ObjectIdentifier, values: &[&[u8]]) -> Vec<u8> {
    let values = encode::nested(SET, values);
    encode::nested(SEQUENCE, &[&encode::oid(oid), &values])
}

fn content_type() -> Vec<u8> {
    attribute(oid::CONTENT_TYPE, &[&encode::oid(oid::DATA)])
}

fn message_digest() -> Vec<u8> {
    let digest = DigestAlgorithm::Sha256.digest(CONTENT);
    attribute(oid::MESSAGE_DIGEST, &[&encode::tlv(OCTET_STRING, &digest)])
}

fn signing_time(text: &str) -> Vec<u8> {
    attribute(oid::SIGNING_TIME, &[&encode::time(at(text)).unwrap()])
}

fn protection(digest: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut signature = signature.to_vec();
    signature[0] = 0xa1;
    let value = encode::nested(SEQUENCE, &[digest, &signature]);
    attribute(oid::ALGORITHM_PROTECTION, &[&value])
}

/// The result of verifying a message after `spoil`.
fn verify(spoil: impl FnOnce(&mut Message)) -> Result<(), CmsError> {
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let name = NameBuilder::new().country("XA").common_name("UP").build().unwrap();
    let (from, to) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    let scheme = key.public_key().default_scheme();
    let certificate = CertificateTemplate::new(name.clone(), [1; 16], from, to)
        .sign(key.public_key(), &name, &key, scheme)
        .unwrap();
    let identifier = encode::nested(SEQUENCE, &[name.der(), certificate.serial_element()]);
    let mut message = Message {
        versions: [[2, 1, 1]; 2],
        digest_algorithms: Vec::new(),
        identifier,
        key,
        certificate,
        digest_algorithm: encode_digest_algorithm(DigestAlgorithm::Sha256),
        signature_algorithm: encode_signature_algorithm(scheme).unwrap(),
        signed: Some(vec![content_type(), message_digest()]),
        unsigned: Vec::new(),
        sign_as_sent: false,
    };
    spoil(&mut message);
    let to_be_signed = match &message.signed {
        Some(attributes) if message.sign_as_sent => encode::tlv(SET, &attributes.concat()),
        Some(attributes) => encode::set_of(attributes.clone()),
        None => CONTENT.to_vec(),
    };
    let signature = message.key.sign(scheme, &to_be_signed).unwrap();
    let optional = |tag, attributes: &[Vec<u8>]| encode::tlv(tag, &attributes.concat());
    let signed = message.signed.map(|signed| optional(0xa0, &signed)).unwrap_or_default();
    let unsigned =
        if message.unsigned.is_empty() { Vec::new() } else { optional(0xa1, &message.unsigned) };
    let signer_info = encode::nested(
        SEQUENCE,
        &[
            &message.versions[1],
            &message.identifier,
            &message.digest_algorithm,
            &signed,
            &message.signature_algorithm,
            &encode::tlv(OCTET_STRING, &signature),
            &unsigned,
        ],
    );
    let content = encode::tlv(0xa0, &encode::tlv(OCTET_STRING, CONTENT));
    let ber = content_info(&[
        &message.versions[0],
        &encode::tlv(SET, &message.digest_algorithms.concat()),
        &encode::nested(SEQUENCE, &[&encode::oid(oid::DATA), &content]),
        &encode::tlv(0xa0, message.certificate.der()),
        &encode::tlv(SET, &signer_info),
    ]);
    let message = SignedMessage::from_ber(&ber, Content::Embedded)?;
    let result = message.verify(Backend::default());
    // The hash of the content gives the same answer wherever it gives one.
    let hash = gdhcn_crypto::sha256(CONTENT);
    match message.verify_sha256(&hash, Backend::default()) {
        Err(CmsError::HashNotEnough) => {}
        by_hash => assert_eq!(by_hash, result),
    }
    result
}

fn with_signed(attributes: Vec<Vec<u8>>) -> Result<(), CmsError> {
    verify(|message| message.signed = Some(attributes))
}

fn what(result: Result<(), CmsError>) -> (&'static str, &'static str) {
    match result {
        Err(CmsError::Attribute { name, what }) => (name, what),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plain_message_verifies_with_and_without_attributes() {
    assert_eq!(verify(|_| ()), Ok(()));
    assert_eq!(verify(|message| message.signed = None), Ok(()));
}

#[test]
fn what_nobody_signs_has_a_form_and_says_nothing() {
    let not_cms = |result| match result {
        Err(CmsError::InvalidCms { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    for (which, name) in ["SignedData", "SignerInfo"].into_iter().enumerate() {
        for version in [0, 1, 3, 4, 5] {
            assert_eq!(verify(|message| message.versions[which][2] = version), Ok(()), "{name}");
        }
        for version in [[2, 1, 6], [2, 1, 0xff], [3, 1, 1], [2, 0, 0]] {
            let result = verify(|message| message.versions[which] = version);
            assert!(result.is_err(), "{name}: {version:?}");
        }
    }
    let of = encode_digest_algorithm;
    let sha256 = of(DigestAlgorithm::Sha256);
    let sha512 = of(DigestAlgorithm::Sha512);
    let sha_256 = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
    let without = encode::nested(SEQUENCE, &[&encode::oid(sha_256)]);
    let with_null = encode::nested(SEQUENCE, &[&encode::oid(sha_256), &encode::NULL]);
    for listed in [
        vec![],
        vec![sha256.clone()],
        vec![sha512.clone(), sha256.clone()],
        vec![without],
        vec![with_null],
    ] {
        assert_eq!(verify(|message| message.digest_algorithms = listed), Ok(()));
    }
    let what = not_cms(verify(|message| message.digest_algorithms = vec![sha512]));
    assert!(what.contains("is not among"), "{what}");
    let what = not_cms(verify(|message| message.digest_algorithms = vec![sha256, vec![5, 0]]));
    assert!(what.contains("no AlgorithmIdentifier"), "{what}");
    // It may name anything, in one of its two forms.
    let other = encode::nested(SEQUENCE, &[&[SEQUENCE, 0], &[2, 1, 9]]);
    for identifier in [other, vec![0x80, 3, 1, 2, 3]] {
        assert_eq!(verify(|message| message.identifier = identifier), Ok(()));
    }
    for identifier in [&[SEQUENCE, 0][..], &[0x80, 0], &[SEQUENCE, 2, SEQUENCE, 0], &[4, 1, 1]] {
        let what = not_cms(verify(|message| message.identifier = identifier.to_vec()));
        assert!(what.contains("neither by issuer"), "{what}");
    }
}

#[test]
fn attributes_may_come_in_any_order_but_are_signed_in_that_of_der() {
    for attributes in [[message_digest(), content_type()], [content_type(), message_digest()]] {
        assert_eq!(with_signed(attributes.to_vec()), Ok(()));
    }
    let sorted = {
        let mut attributes = [message_digest(), content_type()];
        attributes.sort();
        attributes.to_vec()
    };
    let reversed = sorted.iter().rev().cloned().collect::<Vec<_>>();
    let as_sent = |attributes: Vec<Vec<u8>>| {
        verify(|message| {
            message.signed = Some(attributes);
            message.sign_as_sent = true;
        })
    };
    assert_eq!(as_sent(sorted), Ok(()));
    assert!(matches!(as_sent(reversed), Err(CmsError::BadSignature(_))));
}

#[test]
fn mandatory_attributes_must_be_there_once_with_one_value() {
    assert_eq!(what(with_signed(vec![message_digest()])).0, "contentType");
    assert_eq!(what(with_signed(vec![content_type()])).0, "messageDigest");
    assert_eq!(what(with_signed(vec![])).0, "contentType");
    let twice = vec![content_type(), content_type(), message_digest()];
    assert_eq!(what(with_signed(twice)), ("contentType", "stands more than once"));
    let none = vec![content_type(), attribute(oid::MESSAGE_DIGEST, &[])];
    assert_eq!(what(with_signed(none)), ("messageDigest", "must have one value"));
    let data = encode::oid(oid::DATA);
    let two = vec![attribute(oid::CONTENT_TYPE, &[&data, &data]), message_digest()];
    assert_eq!(what(with_signed(two)), ("contentType", "must have one value"));
    let wrong = vec![attribute(oid::CONTENT_TYPE, &[&encode::NULL]), message_digest()];
    assert_eq!(what(with_signed(wrong)).0, "contentType");
    let wrong = vec![content_type(), attribute(oid::MESSAGE_DIGEST, &[&encode::NULL])];
    assert_eq!(what(with_signed(wrong)).0, "messageDigest");
}

#[test]
fn signed_attributes_must_not_stand_among_the_unsigned() {
    for attribute in [
        content_type(),
        message_digest(),
        signing_time("2026-06-01T00:00:00Z"),
        protection(&[SEQUENCE, 0], &[SEQUENCE, 0]),
    ] {
        let result = verify(|message| message.unsigned = vec![attribute]);
        assert_eq!(what(result).1, "must not be an unsigned attribute");
    }
}

#[test]
fn the_signing_time_must_lie_within_the_validity_of_the_certificate() {
    for (time, valid) in [
        ("2025-12-31T23:59:59Z", false),
        ("2026-01-01T00:00:00Z", true),
        ("2027-01-01T00:00:00Z", true),
        ("2027-01-01T00:00:01Z", false),
        ("2051-01-01T00:00:00Z", false),
    ] {
        let result = with_signed(vec![content_type(), message_digest(), signing_time(time)]);
        match result {
            Ok(()) => assert!(valid, "{time}"),
            Err(CmsError::SigningTimeOutsideValidity { signing_time, .. }) => {
                assert_eq!(signing_time, at(time));
                assert!(!valid, "{time}");
            }
            other => panic!("{time}: {other:?}"),
        }
    }
    let no_time = attribute(oid::SIGNING_TIME, &[&encode::NULL]);
    assert_eq!(what(with_signed(vec![content_type(), message_digest(), no_time])).0, "signingTime");
}

#[test]
fn protected_algorithms_must_be_those_in_use() {
    let digest = encode_digest_algorithm(DigestAlgorithm::Sha256);
    let without_null = encode::nested(SEQUENCE, &[&digest[2..digest.len() - 2]]);
    let other = encode_digest_algorithm(DigestAlgorithm::Sha384);
    let scheme = gdhcn_crypto::SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
    let signature = encode_signature_algorithm(scheme).unwrap();
    let check = |digest: &[u8], signature: &[u8]| {
        with_signed(vec![content_type(), message_digest(), protection(digest, signature)])
    };
    assert_eq!(check(&digest, &signature), Ok(()));
    assert_eq!(check(&without_null, &signature), Ok(()));
    assert_eq!(
        check(&other, &signature),
        Err(CmsError::AlgorithmProtectionMismatch { which: "digestAlgorithm" })
    );
    assert_eq!(
        check(&digest, &other),
        Err(CmsError::AlgorithmProtectionMismatch { which: "signatureAlgorithm" })
    );
    // macAlgorithm [2] where signatureAlgorithm [1] belongs
    let mut mac = signature.clone();
    mac[0] = 0xa2;
    let value = encode::nested(SEQUENCE, &[&digest, &mac]);
    let attribute = attribute(oid::ALGORITHM_PROTECTION, &[&value]);
    let result = with_signed(vec![content_type(), message_digest(), attribute]);
    assert_eq!(what(result).0, "cmsAlgorithmProtection");
}

#[test]
fn the_signed_type_and_digest_must_be_those_of_the_content() {
    let signed_data = attribute(oid::CONTENT_TYPE, &[&encode::oid(oid::SIGNED_DATA)]);
    assert_eq!(
        with_signed(vec![signed_data, message_digest()]),
        Err(CmsError::ContentTypeMismatch)
    );
    let digest = encode::tlv(OCTET_STRING, &DigestAlgorithm::Sha256.digest(b"other"));
    let other = attribute(oid::MESSAGE_DIGEST, &[&digest]);
    assert_eq!(with_signed(vec![content_type(), other]), Err(CmsError::MessageDigestMismatch));
}

#[test]
fn a_countersignature_must_not_be_signed() {
    let countersignature = attribute(oid::COUNTERSIGNATURE, &[&encode::NULL]);
    let result = with_signed(vec![content_type(), message_digest(), countersignature.clone()]);
    assert_eq!(what(result), ("countersignature", "must not be signed"));
    assert_eq!(verify(|message| message.unsigned = vec![countersignature]), Ok(()));
}

#[test]
fn the_digest_of_the_signature_must_be_the_one_announced() {
    let result = verify(|message| {
        message.digest_algorithm = encode_digest_algorithm(DigestAlgorithm::Sha512);
        message.signed = None;
    });
    assert!(matches!(result, Err(CmsError::Algorithm(AlgorithmError::DigestMismatch { .. }))));
    let result = verify(|message| {
        message.signature_algorithm = encode_signature_algorithm(
            gdhcn_crypto::SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha256),
        )
        .unwrap();
    });
    assert!(matches!(result, Err(CmsError::BadSignature(VerifyError::KeyMismatch { .. }))));
}

#[test]
fn line_ends_are_converted_only_where_it_changes_something() {
    assert_eq!(to_crlf(b"a\nb\n").as_deref(), Some(&b"a\r\nb\r\n"[..]));
    assert_eq!(to_crlf(b"a\r\nb"), None);
    assert_eq!(to_crlf(b"ab"), None);
    assert_eq!(to_crlf(b""), None);
    assert_eq!(to_crlf(b"a\r\r\n").as_deref(), Some(&b"a\r\n"[..]));
}

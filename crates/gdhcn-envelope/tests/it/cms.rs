//! Messages of OpenSSL, Bouncy Castle and the network's trust anchors are read and verified, and
//! those we write verify with OpenSSL.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader};
use gdhcn_crypto::{Backend, Curve, KeyError, KeyKind, RsaSize, Signer, SoftwareKey};
use gdhcn_envelope::algorithm::AlgorithmError;
use gdhcn_envelope::cms::{
    CmsError, Content, Form, Limits, OpenedMessage, SignedMessage, Step, sign,
};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::{self, Certificate, CertificateTemplate, NameBuilder};
use gdhcn_testkit::{Openssl, fixture_dir, openssl};
use jiff::Timestamp;
use proptest::prelude::*;

const BACKENDS: [Backend; 2] = [Backend::AwsLc, Backend::RustCrypto];

fn fixture(name: &str) -> Vec<u8> {
    let path = fixture_dir("gdhcn-envelope", "cms").join("bouncycastle").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(ber: &[u8]) -> Result<SignedMessage, CmsError> {
    SignedMessage::from_ber(ber, Content::Embedded)
}

fn verified(ber: &[u8], content: Content<'_>) -> Result<SignedMessage, CmsError> {
    let message = SignedMessage::from_ber(ber, content)?;
    for backend in BACKENDS {
        message.verify(backend)?;
    }
    Ok(message)
}

fn refused(ber: &[u8]) -> CmsError {
    verified(ber, Content::Embedded).unwrap_err()
}

/// A folder with a key `<name>.key` and a self-signed certificate `<name>.pem` for each kind.
fn with_keys(kinds: &[(&str, &str)]) -> Openssl {
    let openssl = openssl();
    for (name, kind) in kinds {
        openssl.run(&format!(
            "req -x509 -newkey {kind} -nodes -keyout {name}.key -out {name}.pem -days 30 -subj \
             /C=XA/CN={name}"
        ));
    }
    openssl
}

const EC: &str = "ec -pkeyopt ec_paramgen_curve:P-256";
const CONTENT: &[u8] = b"\x30\x03\x02\x01\x05 content with\nline ends\n\0\xff";

fn certificate(openssl: &Openssl, name: &str) -> Certificate {
    pem::certificates(&openssl.read(&format!("{name}.pem"))).remove(0).unwrap()
}

/// The rows of messages that the reference of the network was tried with.
const OPENSSL_ROWS: [(&str, &str, bool); 10] = [
    ("ec", "-nodetach", false),
    ("ec", "", true),
    ("ec", "-nodetach -noattr", false),
    ("ec", "-noattr", true),
    ("ec", "-nodetach -keyid", false),
    ("p384", "-nodetach -md sha384", false),
    ("rsa", "-nodetach", false),
    ("rsa", "-nodetach -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:32", false),
    ("rsa", "-nodetach -keyopt rsa_padding_mode:pss", false),
    ("ec", "-nodetach -stream -indef", false),
];

fn openssl_messages() -> Vec<(String, Vec<u8>, bool, Certificate)> {
    let openssl = with_keys(&[
        ("ec", EC),
        ("p384", "ec -pkeyopt ec_paramgen_curve:P-384"),
        ("rsa", "rsa:2048"),
    ]);
    openssl.write("content", CONTENT);
    OPENSSL_ROWS
        .iter()
        .map(|(name, options, detached)| {
            let message = openssl.run(&format!(
                "cms -sign -binary -in content -signer {name}.pem -inkey {name}.key -md sha256 \
                 -outform DER {options}"
            ));
            (format!("{name} {options}"), message, *detached, certificate(&openssl, name))
        })
        .collect()
}

fn place(detached: bool) -> Content<'static> {
    if detached { Content::Detached(CONTENT) } else { Content::Embedded }
}

#[test]
fn messages_of_openssl_verify() {
    for (row, message, detached, signer) in openssl_messages() {
        let message = verified(&message, place(detached)).unwrap_or_else(|e| panic!("{row}: {e}"));
        assert_eq!(message.content(), CONTENT, "{row}");
        assert_eq!(message.signer_certificate(), &signer, "{row}");
    }
    let streamed = &openssl_messages()[9];
    assert_eq!(streamed.1[..2], [0x30, 0x80], "the streamed row is of indefinite length");
}

/// Where a message in DER holds bytes that no signature covers and that may be something else: the
/// versions, the identifier of the signer (which is not compared), and, without attributes and with
/// the content outside, the type of the content.
fn not_signed(message: &[u8]) -> Vec<Range<usize>> {
    let span = |part: &[u8]| {
        let start = part.as_ptr() as usize - message.as_ptr() as usize;
        start..start + part.len()
    };
    let fields = signed_data_fields(message);
    let signer_infos = AnyRef::from_der(fields.last().unwrap()).unwrap().value();
    let signer_info = elements(AnyRef::from_der(signer_infos).unwrap().value());
    let value = |element: &[u8]| span(&element[2..]);
    let mut spans = vec![value(fields[0]), value(signer_info[0]), value(signer_info[1])];
    let attributes = signer_info.iter().any(|raw| raw[0] == 0xa0);
    let content_type = elements(AnyRef::from_der(fields[2]).unwrap().value());
    if !attributes && content_type.len() == 1 {
        spans.push(span(fields[2]));
    }
    spans
}

/// Flips every bit, or one bit of every byte where the key is RSA, which is slow to check. What
/// still verifies has the same content, and either the same certificate (the
/// bit is one that nobody signs and nobody reads) or another one with the same key: then the bit is
/// in the certificate, whose thumbprint the recipient compares with what was onboarded.
fn flip(row: &str, original: &[u8], content: Content<'_>) {
    let message = verified(original, content).unwrap_or_else(|error| panic!("{row}: {error}"));
    let certificate = message.signer_certificate();
    let start = find(original, certificate.der());
    let in_certificate = start..start + certificate.der().len();
    let spans = (original[1] != 0x80).then(|| not_signed(original));
    let (mut same, mut other) = (0, 0);
    for position in 0..original.len() {
        let bits = if row.starts_with("rsa") { position % 8..position % 8 + 1 } else { 0..8 };
        for bit in bits {
            let mut changed = original.to_vec();
            changed[position] ^= 1 << bit;
            let Ok(read) = SignedMessage::from_ber(&changed, content) else { continue };
            if read.verify(Backend::AwsLc).is_err() {
                continue;
            }
            let place = format!("{row}: bit {bit} of byte {position}");
            assert_eq!(read.content(), message.content(), "{place}");
            if in_certificate.contains(&position) {
                other += 1;
                assert_ne!(read.signer_certificate().thumbprint(), certificate.thumbprint());
                assert_eq!(
                    read.signer_certificate().public_key(),
                    certificate.public_key(),
                    "{place}"
                );
            } else {
                same += 1;
                assert_eq!(read.signer_certificate(), certificate, "{place}");
                if let Some(spans) = &spans {
                    assert!(spans.iter().any(|span| span.contains(&position)), "{place}");
                }
            }
        }
    }
    println!(
        "{row}: {} bytes; {same} flips outside of the signature, {other} make another certificate",
        original.len()
    );
}

fn find(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).unwrap()
}

#[test]
fn no_flipped_bit_changes_what_is_signed() {
    for (row, message, detached, _) in openssl_messages() {
        flip(&row, &message, place(detached));
    }
    for name in ["ecdsa-attached.ber", "rsa-pss-salt20.ber", "pieces.ber"] {
        flip(name, &fixture(name), Content::Embedded);
    }
}

#[test]
fn no_flipped_byte_of_the_detached_content_survives() {
    let message = fixture("ecdsa-detached.ber");
    let content = fixture("content.der");
    assert!(verified(&message, Content::Detached(&content)).is_ok());
    for position in 0..content.len() {
        let mut changed = content.clone();
        changed[position] ^= 0x01;
        assert_eq!(
            verified(&message, Content::Detached(&changed)).unwrap_err(),
            CmsError::MessageDigestMismatch
        );
    }
}

#[test]
fn messages_of_bouncy_castle_verify() {
    let content = fixture("content.der");
    for name in [
        "ecdsa-attached.ber",
        "ecdsa-p384-sha256.ber",
        "ecdsa-p384-sha512.ber",
        "rsa-attached.ber",
        "rsa-pss.ber",
        "rsa-pss-salt20.ber",
        "no-attributes.ber",
        "key-identifier.ber",
        "foreign-signer-id.ber",
        "expired-no-signing-time.ber",
        "pieces.ber",
        "extras.ber",
    ] {
        let ber = fixture(name);
        assert_eq!(ber[..2], [0x30, 0x80], "{name}");
        let message = verified(&ber, Content::Embedded).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(message.content(), content, "{name}");
        // What is supplied replaces what is inside.
        assert!(verified(&ber, Content::Detached(&content)).is_ok(), "{name}");
        assert!(verified(&ber, Content::Detached(b"other")).is_err(), "{name}");
        let text = STANDARD.encode(&ber);
        let message = SignedMessage::from_base64(text.as_bytes(), Content::Embedded).unwrap();
        assert_eq!(message.cleaned_base64(), text, "{name}");
        assert_eq!(message.received(), ber, "{name}");
    }
    let detached = verified(&fixture("ecdsa-detached.ber"), Content::Detached(&content)).unwrap();
    assert_eq!(detached.content(), content);
    // The Java builder signs with SHA-256 whatever the curve, certificates too.
    let message = verified(&fixture("ecdsa-p384-sha256.ber"), Content::Embedded).unwrap();
    let certificate = message.signer_certificate();
    for backend in BACKENDS {
        let verifier = backend.verifier(certificate.public_key().unwrap()).unwrap();
        assert_eq!(certificate.verify_signature(&*verifier), Ok(()));
    }
}

#[test]
fn each_step_has_its_own_refusal() {
    let ber = fixture("ecdsa-attached.ber");
    for (name, step) in [
        ("other-content-type.ber", Step::Body),
        ("ecdsa-detached.ber", Step::Body),
        ("no-certificate.ber", Step::SignerCertificate),
        ("two-certificates.ber", Step::SignerCertificate),
        ("no-signer.ber", Step::SignerInfo),
        ("two-signers.ber", Step::SignerInfo),
        ("sha1.ber", Step::Verification),
        ("expired.ber", Step::Verification),
        ("no-content-type.ber", Step::Verification),
        ("no-message-digest.ber", Step::Verification),
    ] {
        let error = refused(&fixture(name));
        assert_eq!(error.step(), step, "{name}: {error}");
        println!("{name}: {error}");
    }
    assert_eq!(refused(&fixture("ecdsa-detached.ber")), CmsError::NoContent);
    assert_eq!(
        refused(&fixture("other-content-type.ber")),
        CmsError::ContentNotData { oid: "1.2.3.4".into() }
    );
    assert_eq!(
        refused(&fixture("no-certificate.ber")),
        CmsError::SignerCertificateCount { found: 0 }
    );
    assert_eq!(
        refused(&fixture("two-certificates.ber")),
        CmsError::SignerCertificateCount { found: 2 }
    );
    assert_eq!(refused(&fixture("no-signer.ber")), CmsError::SignerInfoCount { found: 0 });
    assert_eq!(refused(&fixture("two-signers.ber")), CmsError::SignerInfoCount { found: 2 });
    assert!(matches!(
        refused(&fixture("sha1.ber")),
        CmsError::Algorithm(AlgorithmError::Weak { name: "SHA-1", .. })
    ));
    assert!(matches!(
        refused(&fixture("expired.ber")),
        CmsError::SigningTimeOutsideValidity { .. }
    ));
    let text = SignedMessage::from_base64(b"AAAA-", Content::Embedded).unwrap_err();
    assert_eq!(text.step(), Step::Base64);
    let empty = SignedMessage::from_base64(b"", Content::Embedded).unwrap_err();
    assert_eq!(empty.step(), Step::SignedData);
    let trailing = refused(&[&ber[..], &[0]].concat());
    assert_eq!(trailing.step(), Step::SignedData);
    assert_eq!(refused(&fixture("content.der")).step(), Step::SignedData);
}

#[test]
fn the_content_is_there_to_judge_before_the_signer() {
    let ber = fixture("two-certificates.ber");
    let opened = OpenedMessage::from_ber(&ber, Content::Embedded, &Limits::default()).unwrap();
    assert_eq!(opened.content(), fixture("content.der"));
    assert_eq!(opened.into_signed(), Err(CmsError::SignerCertificateCount { found: 2 }));
}

#[test]
fn a_supplied_content_is_taken_whatever_the_embedded_type() {
    // The type of what is supplied is data; the signed type is still compared with the embedded.
    let ber = fixture("other-content-type.ber");
    let content = fixture("content.der");
    assert!(verified(&ber, Content::Detached(&content)).is_ok());
}

#[test]
fn the_detached_form_keeps_signer_info_and_certificate_and_verifies_with_openssl() {
    let content = fixture("content.der");
    let openssl = openssl();
    openssl.write("content", &content);
    for name in [
        "ecdsa-attached.ber",
        "rsa-attached.ber",
        "rsa-pss.ber",
        "pieces.ber",
        "extras.ber",
        "no-attributes.ber",
        "key-identifier.ber",
    ] {
        let message = verified(&fixture(name), Content::Embedded).unwrap();
        let detached = message.to_detached_der();
        assert_eq!(refused(&detached), CmsError::NoContent, "{name}");
        let again = verified(&detached, Content::Detached(&content)).unwrap();
        assert_eq!(again.signer_certificate(), message.signer_certificate(), "{name}");
        assert_eq!(again.to_detached_der(), detached, "{name}: it is its own detached form");
        let fields = signed_data_fields(&detached);
        let signer_info = AnyRef::from_der(fields.last().unwrap()).unwrap().value();
        assert!(contains(&fixture(name), signer_info), "{name}: SignerInfo byte for byte");
        assert!(!contains(&detached, &content), "{name}");
        // version, digestAlgorithms, encapContentInfo, certificates, signerInfos
        if name == "extras.ber" {
            let [_, _, _, certificates, crls, _] = fields[..] else { panic!("{fields:x?}") };
            let kept = elements(AnyRef::from_der(certificates).unwrap().value());
            let attribute_certificate = kept.iter().find(|raw| raw[0] == 0xa2).unwrap();
            assert!(contains(&fixture(name), attribute_certificate));
            assert!(contains(&fixture(name), AnyRef::from_der(crls).unwrap().value()));
        } else {
            assert_eq!(fields.len(), 5, "{name}");
            // An independent parser takes it as strict DER.
            let info = cms::content_info::ContentInfo::from_der(&detached).unwrap();
            let data: cms::signed_data::SignedData = info.content.decode_as().unwrap();
            assert_eq!(data.digest_algorithms.len(), 1, "{name}");
            assert_eq!(data.certificates.unwrap().0.len(), 1, "{name}");
            assert_eq!(data.encap_content_info.econtent, None, "{name}");
        }

        openssl.write("signer.pem", pem::encode("CERTIFICATE", message.signer_certificate().der()));
        openssl.write("detached", &detached);
        // The made-up key identifier cannot be matched by OpenSSL.
        if name != "key-identifier.ber" {
            openssl.run(
                "cms -verify -binary -inform DER -in detached -content content -noverify \
                 -certfile signer.pem -out out",
            );
        }
    }
}

/// The fields of a SignedData in DER, each with tag and length.
fn signed_data_fields(message: &[u8]) -> Vec<&[u8]> {
    let inside = |bytes| AnyRef::from_der(bytes).unwrap().value();
    let mut content_info = SliceReader::new(inside(message)).unwrap();
    content_info.tlv_bytes().unwrap();
    let signed_data = inside(inside(content_info.tlv_bytes().unwrap()));
    elements(signed_data)
}

/// The elements that stand one after the other in DER.
fn elements(content: &[u8]) -> Vec<&[u8]> {
    let mut reader = SliceReader::new(content).unwrap();
    std::iter::from_fn(|| (!reader.is_finished()).then(|| reader.tlv_bytes().unwrap())).collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Rewrites DER with indefinite lengths at every level, but not within certificates, and octet
/// strings in pieces at the places where CMS has content.
fn indefinite_everywhere(der: &[u8], certificate: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for raw in elements(der) {
        let any = AnyRef::from_der(raw).unwrap();
        if raw == certificate || raw[0] & 0x20 == 0 {
            if raw[0] == 4 {
                out.extend([0x24, 0x80]);
                for piece in any.value().chunks(11) {
                    out.extend([4, piece.len() as u8]);
                    out.extend(piece);
                }
                out.extend([0, 0]);
            } else {
                out.extend(raw);
            }
        } else {
            out.extend([raw[0], 0x80]);
            out.extend(indefinite_everywhere(any.value(), certificate));
            out.extend([0, 0]);
        }
    }
    out
}

#[test]
fn indefinite_lengths_and_pieces_at_every_level_verify_alike() {
    let openssl = with_keys(&[("ec", EC)]);
    openssl.write("content", CONTENT);
    let signer = certificate(&openssl, "ec");
    let message = openssl.run(
        "cms -sign -binary -in content -signer ec.pem -inkey ec.key -md sha256 -outform DER \
         -nodetach",
    );
    let ber = indefinite_everywhere(&message, signer.der());
    assert!(ber.len() > message.len() + 50);
    let read = verified(&ber, Content::Embedded).unwrap();
    assert_eq!(read.content(), CONTENT);
    assert_eq!(read.signer_certificate(), &signer);
    assert!(verified(&read.to_detached_der(), Content::Detached(CONTENT)).is_ok());

    // The certificate itself must be DER: its bytes are its name.
    let ber = indefinite_everywhere(&message, &[]);
    assert!(matches!(refused(&ber), CmsError::SignerCertificate(_)));
}

#[test]
fn a_text_signed_without_binary_gets_just_that_hint() {
    let openssl = with_keys(&[("ec", EC)]);
    let text = b"{\n \"id\": 1\n}\n";
    openssl.write("content", text);
    for options in ["", "-noattr"] {
        let message = openssl.run(&format!(
            "cms -sign -in content -signer ec.pem -inkey ec.key -md sha256 -outform DER {options}"
        ));
        let error = verified(&message, Content::Detached(text)).unwrap_err();
        assert_eq!(error, CmsError::SignedAfterLineEndConversion, "{options}");
        assert!(error.to_string().contains("-binary"));
        let other = verified(&message, Content::Detached(b"{\n}\n")).unwrap_err();
        assert!(
            matches!(other, CmsError::MessageDigestMismatch | CmsError::BadSignature(_)),
            "{other}"
        );
    }
}

#[test]
fn line_breaks_and_blanks_in_base64_are_cleaned() {
    let ber = fixture("ecdsa-attached.ber");
    let text = STANDARD.encode(&ber);
    let lines =
        text.as_bytes().chunks(64).flat_map(|line| [line, b" \r\n\t"].concat()).collect::<Vec<_>>();
    let message = SignedMessage::from_base64(&lines, Content::Embedded).unwrap();
    assert_eq!(message.verify(Backend::AwsLc), Ok(()));
    assert_eq!(message.cleaned_base64(), text);
    let unpadded = text.trim_end_matches('=');
    let message = SignedMessage::from_base64(unpadded.as_bytes(), Content::Embedded).unwrap();
    assert_eq!(message.cleaned_base64(), unpadded);
    assert_eq!(SignedMessage::from_ber(&ber, Content::Embedded).unwrap().cleaned_base64(), text);
    for wrong in [ber.clone(), pem::encode("CMS", &ber).into_bytes(), format!("{text}=").into()] {
        let error = SignedMessage::from_base64(&wrong, Content::Embedded).unwrap_err();
        assert_eq!(error.step(), Step::Base64, "{error}");
    }
}

#[test]
fn messages_beyond_the_limits_are_refused() {
    let ber = fixture("ecdsa-attached.ber");
    let text = STANDARD.encode(&ber);
    let open = |limits: &Limits| OpenedMessage::from_ber(&ber, Content::Embedded, limits);
    let mut limits = Limits::default();
    limits.max_len = ber.len() - 1;
    assert!(matches!(open(&limits), Err(CmsError::TooLong { .. })));
    limits.max_len = text.len() - 1;
    assert!(matches!(
        OpenedMessage::from_base64(text.as_bytes(), Content::Embedded, &limits),
        Err(CmsError::TooLong { .. })
    ));
    let mut limits = Limits::default();
    limits.max_depth = 4;
    assert!(matches!(open(&limits), Err(CmsError::Ber(_))));
    let mut limits = Limits::default();
    limits.certificate.max_len = 100;
    assert!(matches!(
        open(&limits).unwrap().into_signed(),
        Err(CmsError::SignerCertificate(x509::CertificateError::TooLong { limit: 100, .. }))
    ));
}

#[test]
fn a_signer_whose_key_cannot_be_used_is_refused_when_verifying() {
    let openssl = with_keys(&[
        ("explicit", "ec -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit"),
        ("short", "rsa:1024"),
    ]);
    openssl.write("content", CONTENT);
    for (name, expected) in [
        ("explicit", KeyError::ExplicitCurveParameters),
        ("short", KeyError::RsaLength { bits: 1024 }),
    ] {
        let message = openssl.run(&format!(
            "cms -sign -binary -in content -signer {name}.pem -inkey {name}.key -md sha256 \
             -outform DER -nodetach"
        ));
        assert!(read(&message).is_ok(), "{name}");
        assert_eq!(refused(&message), CmsError::SignerKey(expected));
    }
}

fn own_certificate(key: &SoftwareKey) -> Certificate {
    let name = NameBuilder::new().country("XA").common_name("UP 2026").build().unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let from = at("2026-01-01T00:00:00Z");
    CertificateTemplate::new(name.clone(), [0x91; 16], from, at("2028-01-01T00:00:00Z"))
        .sign(key.public_key(), &name, key, key.public_key().default_scheme())
        .unwrap()
}

#[test]
fn openssl_verifies_what_we_sign() {
    let signing_time = "2026-06-01T12:00:00Z".parse().unwrap();
    let openssl = openssl();
    openssl.write("content", CONTENT);
    for kind in [
        KeyKind::Ec(Curve::P256),
        KeyKind::Ec(Curve::P384),
        KeyKind::Ec(Curve::P521),
        KeyKind::Rsa(RsaSize::Bits2048),
    ] {
        let key = SoftwareKey::generate(kind).unwrap();
        let certificate = own_certificate(&key);
        openssl.write("signer.pem", pem::encode("CERTIFICATE", certificate.der()));
        let attached = sign(CONTENT, &certificate, &key, signing_time, Form::Attached).unwrap();
        openssl.write("message", &attached);
        openssl.run("cms -verify -binary -inform DER -in message -noverify -out out");
        assert_eq!(openssl.read("out"), CONTENT);
        let read = verified(&attached, Content::Embedded).unwrap();
        assert_eq!(read.signer_certificate(), &certificate);

        let detached = sign(CONTENT, &certificate, &key, signing_time, Form::Detached).unwrap();
        openssl.write("message", &detached);
        openssl
            .run("cms -verify -binary -inform DER -in message -content content -noverify -out out");
        let read = verified(&detached, Content::Detached(CONTENT)).unwrap();
        assert_eq!(read.to_detached_der(), detached, "our detached form needs no change");
        let shown = openssl.run("cms -cmsout -print -inform DER -in message -noout");
        let shown = String::from_utf8(shown).unwrap();
        for attribute in ["contentType", "signingTime", "messageDigest", "1.2.840.113549.1.9.52"] {
            assert_eq!(
                shown.matches(&format!("({attribute})")).count()
                    + shown.matches(&format!("object: {attribute} ")).count(),
                1,
                "{shown}"
            );
        }
        // An independent parser reads it as strict DER and writes the same bytes.
        let info = cms::content_info::ContentInfo::from_der(&detached).unwrap();
        let data: cms::signed_data::SignedData = info.content.decode_as().unwrap();
        let again = der::asn1::Any::encode_from(&data).unwrap();
        assert_eq!(again, info.content);
    }
}

#[test]
fn refuses_to_sign_what_would_not_verify() {
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let other = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let time = "2026-06-01T12:00:00Z".parse().unwrap();
    let certificate = own_certificate(&key);
    let error = sign(CONTENT, &certificate, &other, time, Form::Attached).unwrap_err();
    assert_eq!(error, CmsError::KeyOfAnotherCertificate);
    assert_eq!(error.step(), Step::Signing);
    let ed25519 = SoftwareKey::generate(KeyKind::Ed25519).unwrap();
    let certificate = own_certificate(&ed25519);
    let error = sign(CONTENT, &certificate, &ed25519, time, Form::Attached).unwrap_err();
    assert!(matches!(error, CmsError::Sign(_)), "{error}");
}

proptest! {
    /// Hostile bytes near a real message: parsing ends, and what verifies has the same content.
    #[test]
    fn spoiled_messages_are_refused_or_unchanged(
        position in 0usize..1100,
        removed in 0usize..8,
        inserted in proptest::collection::vec(any::<u8>(), 0..8),
        indefinite in any::<bool>(),
    ) {
        let name = if indefinite { "ecdsa-attached.ber" } else { "pieces.ber" };
        let mut ber = fixture(name);
        ber.splice(position..position + removed, inserted);
        if let Ok(message) = verified(&ber, Content::Embedded) {
            prop_assert_eq!(message.content(), fixture("content.der"));
        }
    }

    #[test]
    fn any_bytes_are_taken_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = SignedMessage::from_ber(&bytes, Content::Embedded);
        let _ = SignedMessage::from_base64(&bytes, Content::Embedded);
        let _ = Certificate::from_der(&bytes);
        let _ = pem::certificates(&bytes);
    }
}

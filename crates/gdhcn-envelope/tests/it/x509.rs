//! Certificates of other makers are read, and those we write are read by others.

use gdhcn_crypto::{
    Backend, Curve, DigestAlgorithm, KeyError, KeyKind, RsaSize, SignatureScheme, Signer,
    SoftwareKey,
};
use gdhcn_envelope::algorithm::AlgorithmError;
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::{
    BasicConstraints, Certificate, CertificateError, CertificateTemplate, GeneralName,
    KeyUsageBits, Limits, Name, NameBuilder, PrivateKeyUsagePeriod, TemplateError, Validity, oid,
    subject_key_id,
};
use gdhcn_testkit::{Openssl, openssl};
use jiff::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn name(common_name: &str) -> Name {
    NameBuilder::new()
        .country("XA")
        .organization("Ministry")
        .common_name(common_name)
        .build()
        .unwrap()
}

fn key(kind: KeyKind) -> SoftwareKey {
    SoftwareKey::generate(kind).unwrap()
}

fn p256() -> SoftwareKey {
    key(KeyKind::Ec(Curve::P256))
}

fn template(common_name: &str, serial: u8) -> CertificateTemplate {
    CertificateTemplate::new(
        name(common_name),
        [serial; 16],
        at("2026-01-01T00:00:00Z"),
        at("2049-12-31T23:59:59Z"),
    )
}

fn self_signed(key: &SoftwareKey, common_name: &str, scheme: SignatureScheme) -> Certificate {
    let mut template = template(common_name, 1);
    template.basic_constraints = Some(BasicConstraints { ca: true, path_len: Some(0) });
    template.key_usage = Some(KeyUsageBits::KEY_CERT_SIGN | KeyUsageBits::CRL_SIGN);
    template.sign(key.public_key(), &template.subject, key, scheme).unwrap()
}

fn pem_of(certificate: &Certificate) -> String {
    pem::encode("CERTIFICATE", certificate.der())
}

/// The one certificate that the program made.
fn made(openssl: &Openssl, file: &str) -> Certificate {
    pem::certificates(&openssl.read(file)).remove(0).unwrap()
}

fn issued_by_itself(certificate: &Certificate) -> Result<(), CertificateError> {
    let verifier = Backend::default().verifier(certificate.public_key().unwrap()).unwrap();
    certificate.verify_signature(&*verifier)
}

#[test]
fn openssl_takes_our_certificates_of_every_algorithm() {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};

    let authorities = [
        (KeyKind::Ec(Curve::P256), SignatureScheme::EcdsaDer(Sha256)),
        (KeyKind::Ec(Curve::P384), SignatureScheme::EcdsaDer(Sha384)),
        (KeyKind::Ec(Curve::P521), SignatureScheme::EcdsaDer(Sha512)),
        (KeyKind::Rsa(RsaSize::Bits3072), SignatureScheme::RsaPkcs1(Sha256)),
        (KeyKind::Rsa(RsaSize::Bits2048), SignatureScheme::RsaPkcs1(Sha512)),
        (KeyKind::Rsa(RsaSize::Bits2048), SignatureScheme::pss(Sha256)),
        (KeyKind::Rsa(RsaSize::Bits2048), SignatureScheme::pss(Sha384)),
        (KeyKind::Ed25519, SignatureScheme::Ed25519),
    ];
    let subjects = [
        key(KeyKind::Ec(Curve::P256)),
        key(KeyKind::Ec(Curve::P384)),
        key(KeyKind::Ec(Curve::P521)),
        key(KeyKind::Rsa(RsaSize::Bits2048)),
    ];
    let openssl = openssl();
    for (kind, scheme) in authorities {
        let authority_key = key(kind);
        let authority = self_signed(&authority_key, "SCA", scheme);
        openssl.write("ca.pem", pem_of(&authority));
        for subject_key in &subjects {
            let mut template = template("DSC", 2);
            template.key_usage = Some(KeyUsageBits::DIGITAL_SIGNATURE);
            template.authority_key_id = authority.extensions().subject_key_id.clone();
            let signer = template
                .sign(subject_key.public_key(), authority.subject(), &authority_key, scheme)
                .unwrap();
            openssl.write("dsc.pem", pem_of(&signer));
            let shown = openssl.run("verify -x509_strict -CAfile ca.pem dsc.pem");
            assert_eq!(String::from_utf8(shown).unwrap().trim(), "dsc.pem: OK", "{scheme}");
            for backend in [Backend::AwsLc, Backend::RustCrypto] {
                let verifier = backend.verifier(authority.public_key().unwrap()).unwrap();
                assert_eq!(signer.verify_signature(&*verifier), Ok(()), "{scheme}");
                assert!(authority.verify_signature(&*verifier).is_ok());
            }
            assert_eq!(signer.public_key(), Ok(subject_key.public_key()));
            assert!(issued_by_itself(&signer).is_err());
        }
    }
}

#[test]
fn openssl_shows_every_extension_that_we_write() {
    let authority_key = p256();
    let authority =
        self_signed(&authority_key, "SCA", SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256));
    let subject_key = p256();
    let mut template = template("DSC", 0xfe);
    template.key_usage = Some(KeyUsageBits::DIGITAL_SIGNATURE);
    template.extended_key_usage =
        ["1.3.6.1.4.1.1847.2021.1.1", "1.3.6.1.4.1.1847.2021.1.2", "1.3.6.1.4.1.1847.2021.1.3"]
            .map(oid::ObjectIdentifier::new_unwrap)
            .into_iter()
            .chain([oid::SERVER_AUTH])
            .collect();
    template.authority_key_id = authority.extensions().subject_key_id.clone();
    template.private_key_usage_period = Some(PrivateKeyUsagePeriod {
        not_before: Some(at("2026-01-01T00:00:00Z")),
        not_after: Some(at("2026-07-02T00:00:00Z")),
    });
    template.subject_alt_names = vec![
        GeneralName::Dns("gateway.example".into()),
        GeneralName::Ip("127.0.0.1".parse().unwrap()),
        GeneralName::Ip("::1".parse().unwrap()),
    ];
    template.crl_uris = vec!["http://crl.example/a".into(), "http://crl.example/b".into()];
    let scheme = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
    let certificate = template
        .sign(subject_key.public_key(), authority.subject(), &authority_key, scheme)
        .unwrap();

    let openssl = openssl();
    openssl.write("dsc.pem", pem_of(&certificate));
    let text = String::from_utf8(openssl.run("x509 -in dsc.pem -noout -text")).unwrap();
    for words in [
        "Version: 3 (0x2)",
        "fe:fe:fe:fe:fe:fe:fe:fe:fe:fe:fe:fe:fe:fe:fe:fe",
        "Issuer: C = XA, O = Ministry, CN = SCA",
        "Not After : Dec 31 23:59:59 2049 GMT",
        "X509v3 Key Usage: critical\n                Digital Signature",
        "1.3.6.1.4.1.1847.2021.1.1, 1.3.6.1.4.1.1847.2021.1.2, 1.3.6.1.4.1.1847.2021.1.3",
        "TLS Web Server Authentication",
        "Not Before: Jan  1 00:00:00 2026 GMT, Not After: Jul  2 00:00:00 2026 GMT",
        "DNS:gateway.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
        "URI:http://crl.example/a",
        "URI:http://crl.example/b",
    ] {
        assert!(text.contains(words), "{words}:\n{text}");
    }

    let extensions = certificate.extensions();
    assert_eq!(extensions.key_usage, template.key_usage);
    assert_eq!(extensions.extended_key_usage.as_ref(), Some(&template.extended_key_usage));
    assert_eq!(extensions.subject_key_id, Some(subject_key_id(subject_key.public_key())));
    assert_eq!(extensions.authority_key_id, authority.extensions().subject_key_id);
    assert_eq!(extensions.private_key_usage_period, template.private_key_usage_period);
    assert_eq!(extensions.subject_alt_names, template.subject_alt_names);
    assert_eq!(extensions.crl_uris, template.crl_uris);
    assert_eq!(extensions.basic_constraints, None);
    assert_eq!(extensions.remarks, []);
    assert!(extensions.is_critical(oid::KEY_USAGE));
    assert!(!extensions.is_critical(oid::EXTENDED_KEY_USAGE));
    assert_eq!(certificate.serial(), [0xfe; 16]);
    assert_eq!(certificate.version(), 3);
    assert!(authority.is_self_issued() && !certificate.is_self_issued());
}

#[test]
fn refuses_to_write_what_no_certificate_may_say() {
    let signer = p256();
    let scheme = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
    let issuer = name("x");
    let sign = |template: &CertificateTemplate, scheme| {
        template.sign(signer.public_key(), &issuer, &signer, scheme).unwrap_err()
    };
    assert_eq!(sign(&template("x", 0), scheme), TemplateError::ZeroSerial);
    let mut backwards = template("x", 1);
    backwards.not_after = at("2025-12-31T23:59:59Z");
    assert!(matches!(sign(&backwards, scheme), TemplateError::EndsBeforeItBegins { .. }));
    let mut foreign = template("x", 1);
    foreign.subject_alt_names = vec![GeneralName::Dns("gesundheit.münchen.example".into())];
    assert!(matches!(sign(&foreign, scheme), TemplateError::NotAscii { .. }));
    let fixed = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
    assert!(matches!(sign(&template("x", 1), fixed), TemplateError::Algorithm(_)));
    let rsa = SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha256);
    assert!(matches!(sign(&template("x", 1), rsa), TemplateError::Sign(_)));
}

#[test]
fn no_flipped_bit_of_a_certificate_survives() {
    let signer = p256();
    let certificate =
        self_signed(&signer, "SCA", SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256));
    let verifier = Backend::default().verifier(signer.public_key()).unwrap();
    for position in 0..certificate.der().len() {
        for bit in 0..8 {
            let mut der = certificate.der().to_vec();
            der[position] ^= 1 << bit;
            if let Ok(changed) = Certificate::from_der(&der) {
                assert!(changed.verify_signature(&*verifier).is_err(), "bit {bit} of {position}");
                assert_ne!(changed.thumbprint(), certificate.thumbprint());
            }
        }
    }
}

#[test]
fn refuses_bytes_that_are_not_one_der_certificate() {
    let signer = p256();
    let scheme = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
    let certificate = self_signed(&signer, "SCA", scheme);
    let der = certificate.der();
    for len in 0..der.len() {
        assert!(Certificate::from_der(&der[..len]).is_err(), "{len} bytes");
    }
    let long = [der, &[0, 0]].concat();
    assert_eq!(
        Certificate::from_der(&long),
        Err(CertificateError::TrailingBytes { at: der.len(), surplus: 2 })
    );
    // The same certificate with a length in BER.
    let ber = [&[0x30, 0x83, 0], &der[2..]].concat();
    assert!(matches!(Certificate::from_der(&ber), Err(CertificateError::Malformed { .. })));
    let mut limits = Limits::default();
    limits.max_len = der.len() - 1;
    assert_eq!(
        Certificate::from_der_within(der, &limits),
        Err(CertificateError::TooLong { found: der.len(), limit: der.len() - 1 })
    );
}

#[test]
fn a_certificate_is_valid_from_its_first_to_its_last_second() {
    let certificate =
        self_signed(&p256(), "SCA", SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256));
    for (instant, validity) in [
        ("2025-12-31T23:59:59.999Z", Validity::NotYetValid),
        ("2026-01-01T00:00:00Z", Validity::Valid),
        ("2049-12-31T23:59:59.999Z", Validity::Valid),
        ("2050-01-01T00:00:00Z", Validity::Expired),
    ] {
        assert_eq!(certificate.validity_at(at(instant)), validity, "{instant}");
    }
}

#[test]
fn times_past_2049_and_without_end_are_written_and_read() {
    let signer = p256();
    let mut template = template("x", 1);
    template.not_after = at("2050-01-01T00:00:00Z");
    let scheme = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
    let certificate =
        template.sign(signer.public_key(), &template.subject, &signer, scheme).unwrap();
    assert_eq!(certificate.not_after(), template.not_after);
    let openssl = openssl();
    openssl.write("x.pem", pem_of(&certificate));
    let text = openssl.run("x509 -in x.pem -noout -enddate");
    assert_eq!(text, b"notAfter=Jan  1 00:00:00 2050 GMT\n");

    // RFC 5280, 4.1.2.5: no end is 31 December 9999, which is later than a Timestamp can say.
    let endless = replace(certificate.der(), b"20500101000000Z", b"99991231235959Z");
    let endless = Certificate::from_der(&endless).unwrap();
    assert_eq!(endless.not_after(), Timestamp::MAX);
    assert_eq!(endless.validity_at(at("2100-01-01T00:00:00Z")), Validity::Valid);
}

#[test]
fn the_received_bytes_count_and_not_a_re_encoding() {
    // A GeneralizedTime before 2050 is against RFC 5280, but it is what was signed.
    let openssl = openssl();
    openssl.run(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out x.pem \
         -days 30 -subj /C=XA/CN=x",
    );
    let key =
        SoftwareKey::from_pem(std::str::from_utf8(&openssl.read("key.pem")).unwrap()).unwrap();
    let original = made(&openssl, "x.pem");
    assert_eq!(issued_by_itself(&original), Ok(()));
    let utc = b"\x17\x0d";
    let position = original.tbs().windows(2).position(|pair| pair == utc).unwrap();
    let year = &original.tbs()[position + 2..position + 15];
    let general = [b"\x18\x0f20", year].concat();
    let tbs = replace(original.tbs(), &original.tbs()[position..position + 15], &general);
    let tbs = grow(&grow(&tbs, 0, 2), find(&tbs, &general) - 2, 2);
    let signature = key.sign(SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256), &tbs).unwrap();
    let algorithm = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let bits = [&[3, signature.len() as u8 + 1, 0], &signature[..]].concat();
    let body = [&tbs, &algorithm[..], &bits].concat();
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    let der = [&[0x30, 0x82], &length[..], &body].concat();
    let certificate = Certificate::from_der(&der).unwrap();
    assert_eq!(certificate.der(), der);
    assert_eq!(certificate.tbs(), tbs);
    assert_eq!(certificate.not_before(), original.not_before());
    assert_eq!(issued_by_itself(&certificate), Ok(()));
}

fn find(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).unwrap()
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let position = find(bytes, from);
    [&bytes[..position], to, &bytes[position + from.len()..]].concat()
}

/// Adds to the length octet of the element at `position`, which is in its short or 0x82 form.
fn grow(bytes: &[u8], position: usize, by: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let octet = match bytes[position + 1] {
        0..=0x7f => position + 1,
        0x81 => position + 2,
        _ => position + 3,
    };
    bytes[octet] = bytes[octet].checked_add(by).unwrap();
    bytes
}

#[test]
fn a_key_that_cannot_be_used_is_named_and_the_certificate_still_reads() {
    let openssl = openssl();
    let curve = |oid: &str| KeyError::UnsupportedCurve { oid: oid.into() };
    let cases = [
        (
            "ec -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
            KeyError::ExplicitCurveParameters,
        ),
        ("ec -pkeyopt ec_paramgen_curve:brainpoolP256r1", curve("1.3.36.3.3.2.8.1.1.7")),
        ("ec -pkeyopt ec_paramgen_curve:secp256k1", curve("1.3.132.0.10")),
        ("rsa:1024", KeyError::RsaLength { bits: 1024 }),
        ("ed448", KeyError::UnsupportedAlgorithm { oid: "1.3.101.113".into() }),
    ];
    for (kind, expected) in cases {
        openssl.run(&format!(
            "req -x509 -newkey {kind} -nodes -keyout key.pem -out x.pem -days 30 -subj /C=XA/CN=x"
        ));
        let certificate = made(&openssl, "x.pem");
        assert_eq!(certificate.public_key(), Err(&expected), "{kind}");
        assert_eq!(certificate.subject().country(), Some("XA"));
    }
}

#[test]
fn weak_signatures_are_named() {
    let openssl = openssl();
    for (digest, weak) in [("sha1", "ecdsa-with-SHA1"), ("sha224", "ecdsa-with-SHA224")] {
        openssl.run(&format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out \
             x.pem -days 30 -subj /C=XA/CN=x -{digest}"
        ));
        let certificate = made(&openssl, "x.pem");
        match certificate.signature_scheme() {
            Err(AlgorithmError::Weak { name, .. }) => assert_eq!(name, weak),
            other => panic!("{digest}: {other:?}"),
        }
        assert!(matches!(issued_by_itself(&certificate), Err(CertificateError::Algorithm(_))));
    }
}

#[test]
fn rsa_pss_certificates_of_openssl_verify_with_any_salt() {
    let openssl = openssl();
    for salt in ["digest", "max", "20"] {
        openssl.run(&format!(
            "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out x.pem -days 30 -subj \
             /C=XA/CN=x -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt}"
        ));
        let certificate = made(&openssl, "x.pem");
        assert_eq!(issued_by_itself(&certificate), Ok(()), "{salt}");
    }
}

#[test]
fn names_written_by_openssl_are_shown_as_java_shows_them() {
    let openssl = openssl();
    openssl.run(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out x.pem \
         -days 30 -multivalue-rdn -subj /C=XA/O=Health,Ministry/OU=a+CN=b/emailAddress=a@b.example",
    );
    let certificate = made(&openssl, "x.pem");
    assert_eq!(
        certificate.subject().to_string(),
        "EMAILADDRESS=a@b.example, CN=b + OU=a, O=\"Health,Ministry\", C=XA"
    );
}

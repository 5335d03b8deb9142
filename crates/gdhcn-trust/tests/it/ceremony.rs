use gdhcn_codes::StatementKind;
use gdhcn_crypto::{Curve, KeyKind, Signer, SoftwareKey};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::{Certificate, GeneralName, KeyUsageBits, oid};
use gdhcn_trust::ceremony::{CeremonyError, Request};
use gdhcn_trust::document_purposes;
use gdhcn_trust::profile::Role;

use crate::network::{BACKEND, Holder, at, request};

fn days(certificate: &Certificate) -> i64 {
    certificate.not_before().duration_until(certificate.not_after()).as_hours() / 24
}

#[test]
fn every_role_gets_a_certificate_of_its_profile() {
    for role in Role::ALL {
        let holder = match role {
            Role::Dsc => Holder::new(Role::Sca, "XXA", 1).issue("XXA", 0xff),
            _ => Holder::new(role, "XXA", 0xff),
        };
        let (certificate, profile) = (&holder.certificate, role.profile());
        let extensions = certificate.extensions();
        assert_eq!(certificate.version(), 3);
        assert_eq!(certificate.serial(), [&[0x7f][..], &[0xff; 15]].concat());
        assert_eq!(certificate.subject().country(), profile.names_country.then_some("XA"));
        assert_eq!(certificate.subject().common_name(), Some(format!("XXA {role} 2026").as_str()));
        assert_eq!(extensions.basic_constraints, profile.basic_constraints);
        assert_eq!(extensions.key_usage, Some(profile.key_usage));
        assert_eq!(extensions.extended_key_usage, profile.purpose.map(|purpose| vec![purpose]));
        assert_eq!(days(certificate), profile.days, "{role}");
        assert!(certificate.not_before() < at());
        assert_eq!(extensions.authority_key_id.is_some(), role == Role::Dsc);
        assert_eq!(extensions.subject_key_id.as_ref().map(Vec::len), Some(20));
        assert_eq!(
            extensions.private_key_usage_period.is_some(),
            matches!(role, Role::Sca | Role::Dsc)
        );
        assert_eq!(certificate.is_self_issued(), role != Role::Dsc);
    }
}

#[test]
fn a_document_signer_points_at_its_authority_and_names_its_purposes() {
    let sca = Holder::new(Role::Sca, "XXA", 1);
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let mut request = request(Role::Dsc, "XXA", 2, &key);
    request.purposes = &[StatementKind::Vaccination, StatementKind::Recovery];
    request.crl_uri = Some("http://pki.example/sca.crl");
    let dsc = request.issued_by(&sca.certificate, &sca.key).unwrap();
    assert_eq!(dsc.extensions().authority_key_id, sca.certificate.extensions().subject_key_id);
    assert_eq!(dsc.issuer(), sca.certificate.subject());
    let purposes = document_purposes(&dsc);
    assert_eq!(purposes.to_string(), "vaccination, recovery");
    assert!(!purposes.has_misprint() && !purposes.allows(StatementKind::Test));
    assert_eq!(dsc.extensions().crl_uris, ["http://pki.example/sca.crl"]);
    let verifier = BACKEND.verifier(sca.key.public_key()).unwrap();
    assert_eq!(dsc.verify_signature(verifier.as_ref()), Ok(()));
}

#[test]
fn a_gateway_server_carries_its_names_and_addresses() {
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let mut request =
        Request::new(Role::GatewayServer, None, "Operator", key.public_key(), [1; 16], at());
    request.dns_names = &["localhost"];
    let addresses = ["127.0.0.1".parse().unwrap()];
    request.addresses = &addresses;
    request.days = Some(30);
    let certificate = request.self_signed(&key).unwrap();
    assert_eq!(certificate.subject().to_string(), "CN=Gateway 2026, O=Operator");
    assert_eq!(
        certificate.extensions().subject_alt_names,
        [GeneralName::Dns("localhost".to_owned()), GeneralName::Ip(addresses[0])]
    );
    assert_eq!(
        certificate.extensions().extended_key_usage.as_deref(),
        Some(&[oid::SERVER_AUTH][..])
    );
    assert_eq!(days(&certificate), 30);
}

#[test]
fn a_ceremony_that_goes_wrong_says_why() {
    let (sca, other) = (Holder::new(Role::Sca, "XXA", 1), Holder::new(Role::Sca, "XXA", 2));
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let dsc = request(Role::Dsc, "XXA", 3, &key);
    let up = request(Role::Upload, "XXA", 3, &key);
    assert_eq!(dsc.self_signed(&key), Err(CeremonyError::NeedsIssuer { role: Role::Dsc }));
    assert_eq!(
        up.issued_by(&sca.certificate, &sca.key),
        Err(CeremonyError::SignsItself { role: Role::Upload })
    );
    assert_eq!(up.self_signed(&sca.key), Err(CeremonyError::OtherKey));
    assert_eq!(dsc.issued_by(&sca.certificate, &other.key), Err(CeremonyError::OtherKey));
    let mut ownerless = up.clone();
    ownerless.owner = None;
    assert_eq!(ownerless.self_signed(&key), Err(CeremonyError::NeedsOwner { role: Role::Upload }));
    let mut too_long = dsc.clone();
    too_long.days = Some(1_462);
    let error = too_long.issued_by(&sca.certificate, &sca.key).unwrap_err();
    assert!(matches!(error, CeremonyError::OutsideIssuer { .. }), "{error}");
    let mut nameless = up;
    nameless.common_name = Some("");
    assert!(matches!(nameless.self_signed(&key), Err(CeremonyError::Name(_))));
}

#[test]
fn openssl_accepts_the_path_and_reads_the_profile() {
    let sca = Holder::new(Role::Sca, "XXA", 1);
    let dsc = sca.issue("XXA", 2);
    let tls = Holder::new(Role::Tls, "XXA", 3);
    assert!(tls.certificate.extensions().key_usage.unwrap().contains(KeyUsageBits::KEY_CERT_SIGN));
    let openssl = gdhcn_testkit::openssl();
    for (name, holder) in [("sca", &sca), ("dsc", &dsc), ("tls", &tls)] {
        openssl.write(&format!("{name}.pem"), pem::encode("CERTIFICATE", holder.certificate.der()));
    }
    openssl.run("verify -x509_strict -attime 1787400000 -CAfile sca.pem dsc.pem");
    openssl.run("verify -attime 1787400000 -purpose sslclient -CAfile tls.pem tls.pem");
    let text = String::from_utf8(openssl.run("x509 -in sca.pem -noout -text")).unwrap();
    for line in [
        "X509v3 Basic Constraints: critical",
        "CA:TRUE, pathlen:0",
        "X509v3 Key Usage: critical",
        "Certificate Sign, CRL Sign",
        "Signature Algorithm: ecdsa-with-SHA256",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

//! Throw-away certificates.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, date_time_ymd,
};

/// A certificate and its key, both as PEM.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// An end-entity certificate that signs itself, as test networks use.
pub(crate) fn self_signed(name: &str) -> Pair {
    finish(parameters(name))
}

/// As [`self_signed`], but its period ended in 2001.
pub(crate) fn expired(name: &str) -> Pair {
    let mut parameters = parameters(name);
    parameters.not_before = date_time_ymd(2000, 1, 1);
    parameters.not_after = date_time_ymd(2001, 1, 1);
    finish(parameters)
}

/// A CA and an end-entity certificate that it issued.
pub(crate) fn issued_by(ca_name: &str, name: &str) -> (Pair, Pair) {
    let mut parameters_of_ca = parameters(ca_name);
    parameters_of_ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = KeyPair::generate().unwrap();
    let ca = parameters_of_ca.self_signed(&ca_key).unwrap();
    let issuer = Issuer::new(parameters_of_ca, &ca_key);
    let key = KeyPair::generate().unwrap();
    let issued = parameters(name).signed_by(&key, &issuer).unwrap();
    (
        Pair { certificate: ca.pem(), key: ca_key.serialize_pem() },
        Pair { certificate: issued.pem(), key: key.serialize_pem() },
    )
}

fn parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, "XA");
    subject.push(DnType::CommonName, name);
    parameters.distinguished_name = subject;
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    parameters
}

fn finish(parameters: CertificateParams) -> Pair {
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    Pair { certificate: certificate.pem(), key: key.serialize_pem() }
}

//! A participant's folder without a fault, and certificates with one.

use std::collections::BTreeMap;

use gdhcn_crypto::{Curve, KeyKind, PublicKey, SignatureScheme, Signer, SoftwareKey};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::{
    Certificate, CertificateTemplate, Name, NameBuilder, PrivateKeyUsagePeriod,
};
use gdhcn_testkit::openssl;
use gdhcn_trust::lint::{Context, Environment, Report, lint};
use gdhcn_trust::participant_folder::{File, Limits, ParticipantFolder};
use gdhcn_trust::profile::Role;
use jiff::{SignedDuration, Timestamp};

use crate::network::at;

pub(crate) fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

pub(crate) fn key() -> SoftwareKey {
    SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap()
}

pub(crate) fn name(common_name: &str) -> Name {
    NameBuilder::new()
        .country("XA")
        .organization("Ministry of Tests")
        .common_name(common_name)
        .build()
        .unwrap()
}

/// The sound certificate of a role, before it is signed.
pub(crate) fn template(role: Role, serial: u8) -> CertificateTemplate {
    let profile = role.profile();
    let begin = at() - SignedDuration::from_mins(5);
    let end = begin + days(profile.days);
    let subject = name(&format!("XXA {role} 2026"));
    let mut template = CertificateTemplate::new(subject, [serial; 16], begin, end);
    template.basic_constraints = profile.basic_constraints;
    template.key_usage = Some(profile.key_usage);
    template.extended_key_usage = profile.purpose.into_iter().collect();
    template.private_key_usage_period = profile.key_use_days.map(|count| PrivateKeyUsagePeriod {
        not_before: Some(begin),
        not_after: Some(begin + days(count)),
    });
    if role == Role::Dsc {
        template.crl_uris = vec!["http://crl.example/xxa.crl".to_owned()];
    }
    template
}

fn usual(key: &PublicKey) -> SignatureScheme {
    key.default_scheme()
}

/// The folder with what it is made of, to make variants.
pub(crate) struct Sound {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) sca: SoftwareKey,
    pub(crate) sca_certificate: Certificate,
    pub(crate) tls: SoftwareKey,
}

pub(crate) const UP: &str = "XXA/onboarding/DCC/UP/UP.pem";
pub(crate) const TLS: &str = "XXA/onboarding/DCC/TLS/TLS.pem";
pub(crate) const CA: &str = "XXA/onboarding/DCC/TLS/CA.pem";
pub(crate) const SCA: &str = "XXA/onboarding/DCC/SCA/SCA.pem";
pub(crate) const DSC: &str = "XXA/onboarding/DCC/DSC/DSC.pem";

impl Sound {
    pub(crate) fn new() -> Self {
        let (sca, tls, up) = (key(), key(), key());
        let sca_certificate = self_signed(&template(Role::Sca, 1), &sca);
        let mut sound = Self { files: BTreeMap::new(), sca, sca_certificate, tls };
        let tls = self_signed(&template(Role::Tls, 3), &sound.tls);
        sound.put(SCA, &sound.sca_certificate.clone());
        sound.put(UP, &self_signed(&template(Role::Upload, 2), &up));
        sound.put(TLS, &tls);
        sound.put(CA, &tls);
        sound.put_signer(|_| ());
        sound
    }

    pub(crate) fn put(&mut self, path: &str, certificate: &Certificate) {
        let text = pem::encode("CERTIFICATE", certificate.der());
        self.files.insert(path.to_owned(), text.into_bytes());
    }

    /// An upload certificate, changed before it is signed.
    pub(crate) fn put_upload(&mut self, change: impl FnOnce(&mut CertificateTemplate)) {
        let mut template = template(Role::Upload, 5);
        change(&mut template);
        self.put(UP, &self_signed(&template, &key()));
    }

    /// A TLS certificate that is its own CA.
    pub(crate) fn put_tls(&mut self, change: impl FnOnce(&mut CertificateTemplate)) {
        let mut template = template(Role::Tls, 6);
        change(&mut template);
        let certificate = self_signed(&template, &key());
        self.put(TLS, &certificate);
        self.put(CA, &certificate);
    }

    /// The SCA under the same key, so that its document signer stays.
    pub(crate) fn put_sca(&mut self, change: impl FnOnce(&mut CertificateTemplate)) {
        let mut template = template(Role::Sca, 7);
        change(&mut template);
        let certificate = self_signed(&template, &self.sca);
        self.put(SCA, &certificate);
    }

    /// A document signer.
    pub(crate) fn put_signer(&mut self, change: impl FnOnce(&mut CertificateTemplate)) {
        self.put_signer_with(&key(), change);
    }

    pub(crate) fn put_signer_with(
        &mut self,
        key: &SoftwareKey,
        change: impl FnOnce(&mut CertificateTemplate),
    ) {
        let mut template = template(Role::Dsc, 8);
        let sca = &self.sca_certificate;
        template.authority_key_id = sca.extensions().subject_key_id.clone();
        change(&mut template);
        let scheme = usual(self.sca.public_key());
        let certificate =
            template.sign(key.public_key(), sca.subject(), &self.sca, scheme).unwrap();
        self.put(DSC, &certificate);
    }

    pub(crate) fn text(&mut self, path: &str, text: &str) {
        self.files.insert(format!("XXA/onboarding/{path}"), text.as_bytes().to_vec());
    }

    pub(crate) fn folder(&self) -> ParticipantFolder {
        let files = self.files.iter().map(|(path, bytes)| File { path, bytes });
        ParticipantFolder::read(files, &Limits::default())
    }

    pub(crate) fn lint(&self, environment: Environment) -> Report {
        lint(&self.folder(), &Context::new(environment, at()))
    }
}

pub(crate) fn self_signed(template: &CertificateTemplate, key: &SoftwareKey) -> Certificate {
    template.sign(key.public_key(), &template.subject, key, usual(key.public_key())).unwrap()
}

/// A certificate that our own writer does not make, by OpenSSL: its key (`req -newkey`), subject,
/// digest, days and extensions. With a key in PEM, that one signs and is certified.
pub(crate) fn by_openssl(
    newkey: &str,
    existing: Option<&SoftwareKey>,
    subject: &str,
    digest: &str,
    days_long: i64,
    extensions: &[&str],
) -> Certificate {
    let openssl = openssl();
    let extensions = extensions.join("\n");
    openssl.write("index.txt", "");
    openssl.write("index.txt.attr", "unique_subject = no\n");
    openssl.write(
        "ca.conf",
        format!(
            "[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\nnew_certs_dir = .\n\
             rand_serial = yes\npolicy = p\nx509_extensions = e\n[p]\ncountryName = optional\n\
             organizationName = optional\ncommonName = optional\n[req]\n\
             distinguished_name = n\n[n]\n[e]\n{extensions}\n"
        ),
    );
    match existing {
        Some(key) => {
            openssl.write("key.pem", key.to_pem().as_bytes());
            openssl.run(&format!(
                "req -new -key key.pem -subj {subject} -out csr.pem -config ca.conf"
            ));
        }
        None => {
            openssl.run(&format!(
                "req -new -newkey {newkey} -nodes -keyout key.pem -subj {subject} -out csr.pem \
                 -config ca.conf"
            ));
        }
    }
    let begin = at() - SignedDuration::from_mins(5);
    let (begin, end) = (openssl_time(begin), openssl_time(begin + days(days_long)));
    openssl.run(&format!(
        "ca -batch -selfsign -notext -config ca.conf -keyfile key.pem -in csr.pem -out c.pem \
         -md {digest} -startdate {begin} -enddate {end}"
    ));
    let found = pem::certificates(&openssl.read("c.pem"));
    found.into_iter().next().unwrap().unwrap()
}

fn openssl_time(at: Timestamp) -> String {
    at.to_string().chars().filter(|c| c.is_ascii_digit()).take(14).collect::<String>() + "Z"
}

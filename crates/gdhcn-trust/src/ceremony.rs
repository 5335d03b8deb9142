//! Making the certificates of a participant or an operator, each by the profile of its role.
//!
//! Keys are made elsewhere and stay there: a ceremony gets the public key to certify and a signer.
//! Instant and serial number are arguments, so that a ceremony can be repeated and tested.

use std::net::IpAddr;

use gdhcn_codes::{Participant, StatementKind};
use gdhcn_crypto::{DigestAlgorithm, PublicKey, SignatureScheme, Signer};
use gdhcn_envelope::x509::oid::ObjectIdentifier;
use gdhcn_envelope::x509::{
    Certificate, CertificateTemplate, GeneralName, NameBuilder, NameError, PrivateKeyUsagePeriod,
    TemplateError,
};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::profile::{Issuer, Profile, Role};

/// What a ceremony needs to make one certificate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The role, which decides everything that is not said here.
    pub role: Role,
    /// The participant, or the operator of the trust anchor: `C` of the subject.
    pub owner: Option<Participant>,
    /// `O` of the subject.
    pub organization: &'a str,
    /// `CN` of the subject; without it `XXA SCA 2026`, from owner, role and year.
    pub common_name: Option<&'a str>,
    /// The key to certify.
    pub public_key: &'a PublicKey,
    /// 16 random bytes. The first bit is cleared, so that the number is positive in 16 bytes.
    pub serial: [u8; 16],
    /// When the ceremony takes place. The certificate begins a few minutes before.
    pub at: Timestamp,
    /// What a document signer may sign; empty: everything.
    pub purposes: &'a [StatementKind],
    /// DNS names of a server.
    pub dns_names: &'a [&'a str],
    /// Addresses of a server.
    pub addresses: &'a [IpAddr],
    /// Where a revocation list is served, if one is.
    pub crl_uri: Option<&'a str>,
    /// Another validity than the profile's, in days.
    pub days: Option<i64>,
}

impl<'a> Request<'a> {
    /// A request with nothing but what every role needs.
    pub fn new(
        role: Role,
        owner: Option<Participant>,
        organization: &'a str,
        public_key: &'a PublicKey,
        serial: [u8; 16],
        at: Timestamp,
    ) -> Self {
        Self {
            role,
            owner,
            organization,
            common_name: None,
            public_key,
            serial,
            at,
            purposes: &[],
            dns_names: &[],
            addresses: &[],
            crl_uri: None,
            days: None,
        }
    }

    /// Makes a certificate that its own key signs: every role but DSC.
    ///
    /// # Errors
    ///
    /// See [`CeremonyError`].
    pub fn self_signed(&self, signer: &dyn Signer) -> Result<Certificate, CeremonyError> {
        if self.role.profile().issued_by != Issuer::Itself {
            return Err(CeremonyError::NeedsIssuer { role: self.role });
        }
        if signer.public_key() != self.public_key {
            return Err(CeremonyError::OtherKey);
        }
        let template = self.template()?;
        Ok(template.sign(self.public_key, &template.subject, signer, scheme(signer))?)
    }

    /// Makes a document signer's certificate, signed by the participant's SCA.
    ///
    /// # Errors
    ///
    /// See [`CeremonyError`]; among them that the certificate would outlive the SCA.
    pub fn issued_by(
        &self,
        sca: &Certificate,
        signer: &dyn Signer,
    ) -> Result<Certificate, CeremonyError> {
        if self.role.profile().issued_by != Issuer::Sca {
            return Err(CeremonyError::SignsItself { role: self.role });
        }
        if sca.public_key() != Ok(signer.public_key()) {
            return Err(CeremonyError::OtherKey);
        }
        let mut template = self.template()?;
        if template.not_before < sca.not_before() || template.not_after > sca.not_after() {
            return Err(CeremonyError::OutsideIssuer {
                not_before: sca.not_before(),
                not_after: sca.not_after(),
            });
        }
        template.authority_key_id = sca.extensions().subject_key_id.clone();
        Ok(template.sign(self.public_key, sca.subject(), signer, scheme(signer))?)
    }

    fn template(&self) -> Result<CertificateTemplate, CeremonyError> {
        let profile = self.role.profile();
        let subject = self.subject(&profile)?;
        let not_before = whole_second(self.at)
            .checked_sub(Profile::BACKDATING)
            .map_err(|_| CeremonyError::Instant { at: self.at })?;
        let after = |days: i64| {
            not_before
                .checked_add(SignedDuration::from_hours(24 * days))
                .map_err(|_| CeremonyError::Instant { at: self.at })
        };
        // Sixteen octets whatever was drawn: neither a sign bit nor a leading zero.
        let mut serial = self.serial;
        let [first, ..] = &mut serial;
        *first = *first & 0x7f | 0x40;
        let not_after = after(self.days.unwrap_or(profile.days))?;
        let mut template = CertificateTemplate::new(subject, serial, not_before, not_after);
        template.basic_constraints = profile.basic_constraints;
        template.key_usage = Some(profile.key_usage);
        template.extended_key_usage =
            profile.purpose.into_iter().chain(self.purposes.iter().filter_map(usage)).collect();
        template.private_key_usage_period = match profile.key_use_days {
            Some(days) => Some(PrivateKeyUsagePeriod {
                not_before: Some(not_before),
                not_after: Some(after(days)?.min(not_after)),
            }),
            None => None,
        };
        template.subject_alt_names = self
            .dns_names
            .iter()
            .map(|name| GeneralName::Dns((*name).to_owned()))
            .chain(self.addresses.iter().copied().map(GeneralName::Ip))
            .collect();
        template.crl_uris = self.crl_uri.map(str::to_owned).into_iter().collect();
        Ok(template)
    }

    fn subject(&self, profile: &Profile) -> Result<gdhcn_envelope::x509::Name, CeremonyError> {
        let mut name = NameBuilder::new();
        if profile.names_country {
            let owner = self.owner.ok_or(CeremonyError::NeedsOwner { role: self.role })?;
            name = name.country(owner.alpha2());
        }
        let year = Offset::UTC.to_datetime(self.at).year();
        let common_name = self.common_name.map_or_else(
            || match self.owner {
                Some(owner) => format!("{} {} {year}", owner.alpha3(), self.role),
                None => format!("{} {year}", self.role),
            },
            str::to_owned,
        );
        Ok(name.organization(self.organization).common_name(&common_name).build()?)
    }
}

/// The governance asks for SHA-256, whatever the curve.
fn scheme(signer: &dyn Signer) -> SignatureScheme {
    match signer.public_key() {
        PublicKey::Ec(_) => SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256),
        other => other.default_scheme(),
    }
}

/// The registered extended key usage of a kind of statement.
fn usage(kind: &StatementKind) -> Option<ObjectIdentifier> {
    let [registered, _misprint] = kind.extended_key_usages();
    ObjectIdentifier::new(registered).ok()
}

/// X.509 has no fractions of a second.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Why a certificate was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
    /// A document signer's certificate must be signed by an SCA.
    #[error("a {role} certificate is signed by the participant's SCA, not by its own key")]
    NeedsIssuer {
        /// The role.
        role: Role,
    },
    /// The role's certificates sign themselves.
    #[error("a {role} certificate is signed by its own key, not by an SCA")]
    SignsItself {
        /// The role.
        role: Role,
    },
    /// The subject needs a country.
    #[error("a {role} certificate names the country of its owner; say whose it is")]
    NeedsOwner {
        /// The role.
        role: Role,
    },
    /// The signing key is not that of the issuer's certificate.
    #[error("the signing key is not the issuer's")]
    OtherKey,
    /// The certificate would begin before or end after its issuer.
    #[error(
        "the certificate would not lie inside its SCA's validity ({not_before} to {not_after})"
    )]
    OutsideIssuer {
        /// Start of the SCA's validity.
        not_before: Timestamp,
        /// End of the SCA's validity.
        not_after: Timestamp,
    },
    /// The validity leaves the range of instants.
    #[error("no validity can be counted from {at}")]
    Instant {
        /// The instant of the ceremony.
        at: Timestamp,
    },
    /// The subject cannot be written.
    #[error("the subject: {0}")]
    Name(#[from] NameError),
    /// The certificate cannot be written or signed.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

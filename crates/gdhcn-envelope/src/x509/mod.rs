//! X.509 certificates (RFC 5280), read as received and written new.
//!
//! [`Certificate`] keeps the bytes that came in: thumbprint, kid and signature are computed over
//! them and never over a re-encoding. Reading is lenient where real certificates are odd (an
//! explicit `cA FALSE`, an empty extended key usage, unknown critical extensions, a key that
//! cannot be used); each oddity is kept for the one who judges. [`CertificateTemplate`] writes
//! certificates in the profile of the network.

mod certificate;
pub(crate) mod encode;
mod extensions;
mod general_name;
mod key_usage;
mod name;
mod name_builder;
mod template;

pub(crate) use certificate::timestamp;
pub use certificate::{Certificate, CertificateError, Limits, Validity};
pub use extensions::{BasicConstraints, ExtensionRemark, Extensions, PrivateKeyUsagePeriod};
pub use general_name::GeneralName;
pub use key_usage::KeyUsageBits;
pub use name::{Name, NameAttribute, NameError};
pub use name_builder::NameBuilder;
pub use template::{CertificateTemplate, TemplateError, subject_key_id};

/// Object identifiers that certificates of the network carry.
pub mod oid {
    pub use const_oid::ObjectIdentifier;

    /// Attribute `CN`.
    pub const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
    /// Attribute `C`, an ISO 3166-1 alpha-2 code.
    pub const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
    /// Attribute `L`.
    pub const LOCALITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.7");
    /// Attribute `ST`.
    pub const STATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.8");
    /// Attribute `O`.
    pub const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
    /// Attribute `OU`.
    pub const ORGANIZATIONAL_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");

    /// The kinds of document that a key may sign (ICAO Doc 9303-12, 7.1.1.6).
    pub const DOCUMENT_TYPE_LIST: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("2.23.136.1.1.6.2");
    /// subjectKeyIdentifier (RFC 5280, 4.2.1.2).
    pub const SUBJECT_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
    /// keyUsage (RFC 5280, 4.2.1.3).
    pub const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
    /// privateKeyUsagePeriod (RFC 3280, 4.2.1.4).
    pub const PRIVATE_KEY_USAGE_PERIOD: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("2.5.29.16");
    /// subjectAltName (RFC 5280, 4.2.1.6).
    pub const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
    /// basicConstraints (RFC 5280, 4.2.1.9).
    pub const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
    /// cRLDistributionPoints (RFC 5280, 4.2.1.13).
    pub const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
    /// authorityKeyIdentifier (RFC 5280, 4.2.1.1).
    pub const AUTHORITY_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
    /// extKeyUsage (RFC 5280, 4.2.1.12).
    pub const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

    /// Purpose: TLS server.
    pub const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
    /// Purpose: TLS client.
    pub const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
}

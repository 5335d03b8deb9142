//! What the certificate of each role says: the values of the network's governance that pass every
//! check of the gateways and of the onboarding tests.

use std::fmt;

use gdhcn_envelope::x509::oid::{self, ObjectIdentifier};
use gdhcn_envelope::x509::{BasicConstraints, KeyUsageBits};
use jiff::SignedDuration;

/// A role that a certificate is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Trust anchor of a gateway: signs what is onboarded.
    TrustAnchor,
    /// Signing certificate authority of a participant: issues document signers.
    Sca,
    /// Document signer: signs health documents.
    Dsc,
    /// Upload certificate: signs what a participant sends to the gateway.
    Upload,
    /// Client certificate of a participant at the gateway.
    Tls,
    /// Server certificate of a gateway in a test network.
    GatewayServer,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] =
        [Self::TrustAnchor, Self::Sca, Self::Dsc, Self::Upload, Self::Tls, Self::GatewayServer];

    /// The short name, as it stands in common names and file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TrustAnchor => "TA",
            Self::Sca => "SCA",
            Self::Dsc => "DSC",
            Self::Upload => "UP",
            Self::Tls => "TLS",
            Self::GatewayServer => "Gateway",
        }
    }

    /// The profile of the role.
    pub fn profile(self) -> Profile {
        let authority = KeyUsageBits::KEY_CERT_SIGN | KeyUsageBits::CRL_SIGN;
        let signature = KeyUsageBits::DIGITAL_SIGNATURE;
        let end_entity = Profile {
            issued_by: Issuer::Itself,
            names_country: true,
            basic_constraints: None,
            key_usage: signature,
            purpose: None,
            days: 365,
            key_use_days: None,
        };
        match self {
            Self::TrustAnchor => Profile {
                basic_constraints: Some(BasicConstraints { ca: true, path_len: None }),
                key_usage: authority | signature,
                days: 3_650,
                ..end_entity
            },
            Self::Sca => Profile {
                basic_constraints: Some(BasicConstraints { ca: true, path_len: Some(0) }),
                key_usage: authority,
                days: 1_461,
                key_use_days: Some(365),
                ..end_entity
            },
            Self::Dsc => {
                Profile { issued_by: Issuer::Sca, days: 730, key_use_days: Some(183), ..end_entity }
            }
            Self::Upload => Profile { days: 730, ..end_entity },
            // keyCertSign lets OpenSSL take the certificate as its own issuer. CA:TRUE would make
            // rustls refuse it as an end entity.
            Self::Tls => Profile {
                key_usage: signature | KeyUsageBits::KEY_CERT_SIGN,
                purpose: Some(oid::CLIENT_AUTH),
                ..end_entity
            },
            Self::GatewayServer => {
                Profile { names_country: false, purpose: Some(oid::SERVER_AUTH), ..end_entity }
            }
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who signs a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// Its own key.
    Itself,
    /// The participant's SCA.
    Sca,
}

/// The values that certificates of one role have.
///
/// Common to all: X.509 version 3, a key on P-256, ECDSA with SHA-256, a random positive serial
/// number of 16 bytes, a subject key identifier after RFC 7093, 2, method 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// Who signs.
    pub issued_by: Issuer,
    /// Whether the subject has a `C`.
    pub names_country: bool,
    /// Critical when present.
    pub basic_constraints: Option<BasicConstraints>,
    /// Critical.
    pub key_usage: KeyUsageBits,
    /// The one extended key usage that the role always has. Document signers have those of
    /// [`DocumentPurposes`](gdhcn_codes::DocumentPurposes) instead.
    pub purpose: Option<ObjectIdentifier>,
    /// Validity in days.
    pub days: i64,
    /// How long the private key signs, in days (private key usage period).
    pub key_use_days: Option<i64>,
}

impl Profile {
    /// How far before the ceremony a certificate begins: clocks of the field differ.
    pub const BACKDATING: SignedDuration = SignedDuration::from_mins(5);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_all_profiles() {
        let rows: Vec<String> = Role::ALL
            .iter()
            .map(|role| {
                let profile = role.profile();
                let authority =
                    profile.basic_constraints.map_or("end entity".to_owned(), |basic| {
                        assert!(basic.ca);
                        basic.path_len.map_or("CA".to_owned(), |len| format!("CA, pathlen {len}"))
                    });
                let usage = profile.key_usage.names().collect::<Vec<_>>().join(" ");
                format!(
                    "{role:8}| {:?} | C {} | {authority} | {usage} | {} | {} days | key use {:?}",
                    profile.issued_by,
                    profile.names_country,
                    profile.purpose.map_or_else(|| "-".to_owned(), |oid| oid.to_string()),
                    profile.days,
                    profile.key_use_days,
                )
            })
            .collect();
        insta::assert_snapshot!(rows.join("\n"));
    }
}

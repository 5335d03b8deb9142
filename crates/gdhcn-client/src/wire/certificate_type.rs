use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The group of a certificate at a gateway, as the trust list and its paths name it.
///
/// Serialised in upper case; read without regard to case, because path segments are
/// (`/trustList/dsc`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CertificateType {
    /// A participant's TLS client certificate.
    Authentication,
    /// A participant's certificate for signing uploads.
    Upload,
    /// The country's signing authority (SCA), issuer of its DSCs.
    Csca,
    /// A document signer certificate, issued under a CSCA.
    Dsc,
    /// The trust anchor of another gateway.
    TrustAnchor,
    /// The domain certification authority, issuer of DESCs.
    Deca,
    /// A domain signer certificate, issued under a DECA.
    Desc,
}

impl CertificateType {
    /// Every type, in the order of the reference.
    pub const ALL: [Self; 7] = [
        Self::Authentication,
        Self::Upload,
        Self::Csca,
        Self::Dsc,
        Self::TrustAnchor,
        Self::Deca,
        Self::Desc,
    ];

    /// The name on the wire, for example `DSC`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "AUTHENTICATION",
            Self::Upload => "UPLOAD",
            Self::Csca => "CSCA",
            Self::Dsc => "DSC",
            Self::TrustAnchor => "TRUSTANCHOR",
            Self::Deca => "DECA",
            Self::Desc => "DESC",
        }
    }
}

impl fmt::Display for CertificateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no certificate type of the trust list.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{given}` is no certificate type of the trust list; known are AUTHENTICATION, UPLOAD, CSCA, \
     DSC, TRUSTANCHOR, DECA and DESC"
)]
pub struct UnknownCertificateType {
    /// The text as received, cut to 64 characters.
    pub given: String,
}

impl FromStr for CertificateType {
    type Err = UnknownCertificateType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownCertificateType { given: text.chars().take(64).collect() })
    }
}

impl Serialize for CertificateType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CertificateType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_the_round_trip_in_any_case() {
        for known in CertificateType::ALL {
            assert_eq!(known.as_str().parse(), Ok(known));
            assert_eq!(known.as_str().to_lowercase().parse(), Ok(known));
            let json = serde_json::to_string(&known).unwrap();
            assert_eq!(json, format!("\"{known}\""));
            assert_eq!(serde_json::from_str::<CertificateType>(&json).unwrap(), known);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_and_quoted_briefly() {
        let error = "x".repeat(500).parse::<CertificateType>().unwrap_err();
        assert_eq!(error.given.len(), 64);
        assert!("AUTHENTICATION_FEDERATION".parse::<CertificateType>().is_err());
        assert!("".parse::<CertificateType>().is_err());
    }
}

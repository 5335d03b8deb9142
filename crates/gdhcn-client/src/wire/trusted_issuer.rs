use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::timestamp;

/// One entry of `GET /trustList/issuers`: a publisher that the trust anchor vouches for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustedIssuerItem {
    /// Where its keys are: an address, or a DID.
    pub url: String,
    /// `HTTP` or `DID`.
    pub r#type: String,
    /// ISO 3166-1 alpha-2 code of the participant.
    pub country: String,
    /// SHA-256 of what stands there, as hexadecimal digits.
    pub thumbprint: Option<String>,
    /// Base64 of the certificate of the server there.
    pub ssl_public_key: Option<String>,
    /// How the keys are kept, for example `JWKS`.
    pub key_storage_type: Option<String>,
    /// Base64 of the trust anchor's detached CMS over `country;name;url;type`.
    pub signature: String,
    /// When the gateway created the row.
    #[serde(with = "timestamp")]
    pub timestamp: Timestamp,
    /// The publisher's name.
    pub name: String,
    /// The trust domain.
    pub domain: Option<String>,
    /// Identifier of the row.
    pub uuid: Option<String>,
    /// Version of the row. The reference's clients know it, its server does not send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The gateway that the issuer was pulled from; absent for own data. The reference's clients
    /// know it, its server does not send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_gateway: Option<String>,
}

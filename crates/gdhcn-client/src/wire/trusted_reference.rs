use serde::{Deserialize, Serialize};

/// A trusted reference: one entry of `GET /trustList/references`, and the answer of
/// `GET /trust/reference/{uuid}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustedReferenceItem {
    /// Where the service is.
    pub url: String,
    /// ISO 3166-1 alpha-2 code of the participant.
    pub country: String,
    /// `DCC` or `FHIR`.
    pub r#type: String,
    /// The service's kind or description.
    pub service: String,
    /// SHA-256 of the service's certificate.
    pub thumbprint: Option<String>,
    /// The service's name.
    pub name: String,
    /// The service's key, Base64.
    pub ssl_public_key: Option<String>,
    /// Media type of what it serves.
    pub content_type: String,
    /// How that is signed: `CMS`, `JWS` or `NONE`.
    pub signature_type: String,
    /// The reference's own version.
    pub reference_version: String,
    /// Identifier of the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// The trust domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Version of the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The gateway that the reference was pulled from; absent for own data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_gateway: Option<String>,
    /// The participant's CMS as uploaded, Base64: the one thing by which a reference can be
    /// checked. Gateways of other makes do not send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cms: Option<String>,
}

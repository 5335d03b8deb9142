use std::collections::BTreeMap;

use gdhcn_trust::federation::PeerItem;
use serde::{Deserialize, Serialize};

/// One entry of `GET /trustList/certificate`.
///
/// The answer is a JSON array of these, sorted by `kid` as strings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustedCertificateItem {
    /// The gateway that the entry was pulled from; absent for own data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_gateway: Option<String>,
    /// Identifier of the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// The trust domain, for example `DCC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Version of the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Base64 of the certificate's DER.
    pub certificate: String,
    /// Base64 of a CMS `SignedData` over the DER of the certificate.
    pub signature: String,
    /// Standard Base64 of the first 8 bytes of the certificate's SHA-256, or a chosen text.
    pub kid: String,
    /// The group of the certificate.
    pub group: String,
    /// ISO 3166-1 alpha-2 code of the participant, or a virtual code of the network.
    pub country: String,
    /// What else its uploader says of it; null for onboarded certificates.
    #[serde(default)]
    pub properties: Option<BTreeMap<String, String>>,
}

/// What `gdhcn_trust` checks before it is taken over. Nothing is left out.
impl From<TrustedCertificateItem> for PeerItem {
    fn from(item: TrustedCertificateItem) -> Self {
        Self {
            kid: item.kid,
            country: item.country,
            group: item.group,
            domain: item.domain,
            properties: item.properties,
            uuid: item.uuid,
            version: item.version,
            source_gateway: item.source_gateway,
            thumbprint: None,
            signature: item.signature,
            raw_data: item.certificate,
        }
    }
}

/// The body of `POST /trustedCertificate`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TrustedCertificateUpload {
    /// Base64 of a CMS `SignedData` with the certificate as content, signed by the participant's
    /// upload key.
    pub cms: Option<String>,
    /// A key identifier of the participant's choice, at most 20 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// `DSC` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The gateway's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// What else is to be said of the certificate.
    #[serde(default)]
    pub properties: Option<BTreeMap<String, String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_members_in_the_order_of_the_reference() {
        let item = TrustedCertificateItem {
            source_gateway: None,
            uuid: None,
            domain: Some("DCC".to_owned()),
            version: Some(1),
            certificate: "MIIF".to_owned(),
            signature: "MIAG".to_owned(),
            kid: "OX2p6xdGeis=".to_owned(),
            group: "CSCA".to_owned(),
            country: "NL".to_owned(),
            properties: None,
        };
        let json = serde_json::to_string(&item).unwrap();
        assert_eq!(
            json,
            r#"{"domain":"DCC","version":1,"certificate":"MIIF","signature":"MIAG","kid":"OX2p6xdGeis=","group":"CSCA","country":"NL","properties":null}"#
        );
        assert_eq!(serde_json::from_str::<TrustedCertificateItem>(&json).unwrap(), item);
    }
}

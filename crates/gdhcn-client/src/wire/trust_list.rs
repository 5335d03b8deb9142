use gdhcn_trust::GatewayItem;
use gdhcn_trust::federation::PeerItem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CertificateType, timestamp};

/// One entry of `GET /trustList` and its variants by type and by country.
///
/// The answer is a JSON array of these, sorted by `kid` as strings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustListItem {
    /// Standard Base64 of the first 8 bytes of the certificate's SHA-256, or a text of the
    /// participant's choice of at most 20 characters.
    pub kid: String,
    /// When the gateway created the row.
    #[serde(with = "timestamp")]
    pub timestamp: Timestamp,
    /// ISO 3166-1 alpha-2 code of the participant, or a virtual code of the network.
    pub country: String,
    /// The group of the certificate.
    pub certificate_type: CertificateType,
    /// SHA-256 of the certificate's DER, 64 lower-case hexadecimal digits.
    pub thumbprint: String,
    /// Base64 of a CMS `SignedData` over the DER of the certificate: by the trust anchor for
    /// onboarded certificates, by the participant's upload certificate for uploaded ones. The
    /// content is detached as a rule.
    pub signature: String,
    /// Base64 of the certificate's DER.
    pub raw_data: String,
}

/// What `gdhcn_trust` checks up to the trust anchor. These lists name no trust domain.
impl From<&TrustListItem> for GatewayItem {
    fn from(item: &TrustListItem) -> Self {
        Self {
            kid: item.kid.clone(),
            country: item.country.clone(),
            group: item.certificate_type.to_string(),
            domain: None,
            thumbprint: Some(item.thumbprint.clone()),
            signature: item.signature.clone(),
            raw_data: item.raw_data.clone(),
        }
    }
}

/// What a federating gateway takes over from one that has these lists only.
impl From<TrustListItem> for PeerItem {
    fn from(item: TrustListItem) -> Self {
        Self {
            kid: item.kid,
            country: item.country,
            group: item.certificate_type.to_string(),
            domain: None,
            properties: None,
            uuid: None,
            version: None,
            source_gateway: None,
            thumbprint: Some(item.thumbprint),
            signature: item.signature,
            raw_data: item.raw_data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> TrustListItem {
        TrustListItem {
            kid: "OX2p6xdGeis=".to_owned(),
            timestamp: "2021-05-05T12:54:49Z".parse().unwrap(),
            country: "NL".to_owned(),
            certificate_type: CertificateType::Authentication,
            thumbprint: "39".repeat(32),
            signature: "MIAGCSqGSIb3DQEH".to_owned(),
            raw_data: "MIIFrzCC".to_owned(),
        }
    }

    #[test]
    fn writes_the_members_in_the_order_of_the_reference() {
        let expected = format!(
            "{{\"kid\":\"OX2p6xdGeis=\",\"timestamp\":\"2021-05-05T12:54:49Z\",\"country\":\"NL\",\
             \"certificateType\":\"AUTHENTICATION\",\"thumbprint\":\"{}\",\
             \"signature\":\"MIAGCSqGSIb3DQEH\",\"rawData\":\"MIIFrzCC\"}}",
            "39".repeat(32)
        );
        assert_eq!(serde_json::to_string(&item()).unwrap(), expected);
    }

    #[test]
    fn reads_its_own_writing_and_ignores_unknown_members() {
        let mut json = serde_json::to_value(item()).unwrap();
        json["domain"] = "DCC".into();
        json["version"] = 1.into();
        assert_eq!(serde_json::from_value::<TrustListItem>(json).unwrap(), item());
    }

    #[test]
    fn names_a_missing_member() {
        let mut json = serde_json::to_value(item()).unwrap();
        json.as_object_mut().unwrap().remove("rawData");
        let error = serde_json::from_value::<TrustListItem>(json).unwrap_err();
        assert!(error.to_string().contains("rawData"), "{error}");
    }

    #[test]
    fn becomes_what_the_trust_store_takes() {
        let taken = GatewayItem::from(&item());
        assert_eq!(taken.group, "AUTHENTICATION");
        assert_eq!(taken.thumbprint.as_deref(), Some(item().thumbprint.as_str()));
        assert_eq!(taken.raw_data, item().raw_data);
    }
}

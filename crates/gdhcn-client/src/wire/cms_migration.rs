use serde::{Deserialize, Serialize};

/// A stored message of a participant: an item of `GET /cms-migration`, and the body of
/// `POST /cms-migration`, which puts another signature in its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CmsMigrationItem {
    /// Base64 of the CMS `SignedData` with its content.
    pub cms: String,
    /// The gateway's number for what is stored.
    pub entity_id: u64,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: CmsPackageType,
}

/// What a stored message is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CmsPackageType {
    /// An uploaded certificate.
    Dsc,
    /// A revocation batch.
    RevocationList,
    /// A version of a business rule.
    ValidationRule,
}

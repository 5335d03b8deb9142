use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::timestamp;

/// One version of a rule in the answer of `GET /rules/{country}`, which is an object of lists of
/// these under the rules' identifiers, the version that was uploaded last in the first place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidationRuleItem {
    /// The version.
    pub version: String,
    /// Its first instant.
    #[serde(with = "timestamp")]
    pub valid_from: Timestamp,
    /// Its last instant.
    #[serde(with = "timestamp")]
    pub valid_to: Timestamp,
    /// The participant's CMS as it was uploaded, Base64, with the rule in it.
    pub cms: String,
}

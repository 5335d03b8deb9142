use serde::{Deserialize, Serialize};

/// Mistakes of the gateways in use that clients may have been built around. All off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Compatibility {
    /// Whether `GET /trustList/references` also takes a country as `domain` and a domain as
    /// `country`, the only way in which the reference's filters work (deviation D-07).
    pub swapped_reference_query: bool,
}

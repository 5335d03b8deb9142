use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::timestamp;

/// The answer of `GET /revocation-list`: batches that have changed, oldest change first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RevocationListPage {
    /// Whether later changes are not in this answer.
    pub more: bool,
    /// The changes.
    pub batches: Vec<RevocationListItem>,
}

/// One change of a batch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevocationListItem {
    /// Identifier of the batch.
    pub batch_id: String,
    /// ISO 3166-1 alpha-2 code of the participant.
    pub country: String,
    /// When it was stored or deleted, in whole seconds.
    #[serde(with = "timestamp")]
    pub date: Timestamp,
    /// Whether it is deleted.
    pub deleted: bool,
}

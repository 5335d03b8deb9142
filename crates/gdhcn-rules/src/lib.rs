//! Business rules and value sets, as participants exchange them through a gateway.
//!
//! * [`Rule`]: one version of a rule, read from its JSON with every violation named;
//! * [`upload`]: what a gateway asks of a rule before it stores it, and of a withdrawal;
//! * [`selection`]: which stored versions of a rule a download holds;
//! * [`value_set`]: the documents that give codes their names, and the list of antigen tests that
//!   is made from a list of devices.
//!
//! Nothing here reads a clock, a file or a network. The logic of a rule is kept, not evaluated.

mod rule;
pub mod selection;
pub mod upload;
pub mod value_set;

pub use rule::{
    CertificateType, Description, Rule, RuleError, RuleId, RuleKind, RulePrefix, UNKNOWN_MEMBER,
    Version,
};

//! The gateway's JSON bodies, for both sides of the wire.
//!
//! Member names and their order are those of the reference gateway. Members that are not known
//! are ignored on reading, so a newer gateway does not break an older client.

mod certificate_type;
mod cms_migration;
mod problem_report;
mod revocation_list;
pub mod timestamp;
mod trust_list;
mod trusted_certificate;
mod trusted_issuer;
mod trusted_reference;
mod validation_rule;

pub use certificate_type::{CertificateType, UnknownCertificateType};
pub use cms_migration::{CmsMigrationItem, CmsPackageType};
pub use problem_report::ProblemReport;
pub use revocation_list::{RevocationListItem, RevocationListPage};
pub use trust_list::TrustListItem;
pub use trusted_certificate::{TrustedCertificateItem, TrustedCertificateUpload};
pub use trusted_issuer::TrustedIssuerItem;
pub use trusted_reference::TrustedReferenceItem;
pub use validation_rule::ValidationRuleItem;

/// Media type of an uploaded certificate message: the Base64 text of a CMS `SignedData`.
pub const CMS: &str = "application/cms";

/// Media type of an uploaded text message (rules, revocation batches), carried as [`CMS`] is.
pub const CMS_TEXT: &str = "application/cms-text";

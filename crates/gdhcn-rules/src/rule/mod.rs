//! A business rule as one typed value.

mod identifier;
mod read;
mod version;

use jiff::Timestamp;

pub use self::identifier::{RuleId, RulePrefix};
pub use self::read::{RuleError, UNKNOWN_MEMBER};
pub use self::version::Version;

/// One version of a business rule.
///
/// Every member has passed the constraints of the rule schema of the reference gateway (its file
/// `validation-rule.schema.json`); how the members fit together is for [`crate::upload`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// `Identifier`, the same for all versions of a rule.
    pub identifier: RuleId,
    /// `Type`.
    pub kind: RuleKind,
    /// `Country`: two capital letters.
    pub country: String,
    /// `Region`: up to five capitals and digits.
    pub region: Option<String>,
    /// `Version` of the rule.
    pub version: Version,
    /// `SchemaVersion`: that of the certificates the rule was written for.
    pub schema_version: Version,
    /// `Engine`, in practice `CERTLOGIC`.
    pub engine: String,
    /// `EngineVersion` that an evaluation needs.
    pub engine_version: Version,
    /// `CertificateType`: the certificates that the rule is for.
    pub certificate_type: CertificateType,
    /// `Description` for people, English among them.
    pub descriptions: Vec<Description>,
    /// `ValidFrom`.
    pub valid_from: Timestamp,
    /// `ValidTo`.
    pub valid_to: Timestamp,
    /// `AffectedFields`: the paths of the certificate's fields that the logic looks at.
    pub affected_fields: Vec<String>,
    /// `Logic`: the expression, not evaluated here.
    pub logic: serde_json::Value,
}

/// What a rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// Whether the country of arrival accepts a certificate.
    Acceptance,
    /// Whether the country of issuance has called certificates back.
    Invalidation,
}

impl RuleKind {
    const ALL: [Self; 2] = [Self::Acceptance, Self::Invalidation];

    /// The text in rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acceptance => "Acceptance",
            Self::Invalidation => "Invalidation",
        }
    }

    /// The kind with this text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The certificates that a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificateType {
    /// All.
    General,
    /// Tests.
    Test,
    /// Vaccinations.
    Vaccination,
    /// Recoveries.
    Recovery,
}

impl CertificateType {
    const ALL: [Self; 4] = [Self::General, Self::Test, Self::Vaccination, Self::Recovery];

    /// The text in rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Test => "Test",
            Self::Vaccination => "Vaccination",
            Self::Recovery => "Recovery",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

/// A description in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// `lang`: `en`, or with a region `en-gb`.
    pub language: String,
    /// `desc`: at least 20 characters.
    pub text: String,
}

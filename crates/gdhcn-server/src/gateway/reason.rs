//! Why a message was refused, as the audit trail keeps it.
//!
//! The sender reads the refusal's own words, which may repeat what was sent. The trail is kept for
//! years, and what was sent by mistake may be anything, a person's document too: here a reason names
//! what is wrong and where, and repeats of the message nothing but thumbprints, codes and lengths.

use gdhcn_envelope::json::JsonError;
use gdhcn_envelope::violation::Violations;
use gdhcn_revocation::BatchError;
use gdhcn_rules::{RuleError, UNKNOWN_MEMBER};
use gdhcn_trust::reference::ReferenceError;
use gdhcn_trust::upload::{Property, UploadRefusal};

use super::migration::MigrationRefusal;
use super::refusal::Refusal;
use super::text_message::TextRefusal;

/// What failed, for the log tells the cause.
const DATABASE: &str = "the database failed";
const INTERRUPTED: &str = "the reading of the message was interrupted";

/// A refusal that can be kept.
pub(crate) trait Reason {
    /// The reason in one line, without texts of the sender.
    fn reason(&self) -> String;
}

impl Reason for Refusal {
    fn reason(&self) -> String {
        match self {
            Self::Json(_) => "the body is no upload of a trusted certificate".to_owned(),
            Self::Check(UploadRefusal::CountryOfOrigin { found, country }) => {
                let found: Vec<_> = found.iter().map(|one| country_code(one)).collect();
                let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
                format!(
                    "the country in the certificate's subject is {found}, the client's {country}"
                )
            }
            Self::Check(UploadRefusal::PropertyNotAllowed { what, .. }) => {
                let what = match what {
                    Property::Group => "group",
                    Property::Domain => "domain",
                    Property::Name => "property",
                };
                format!("the {what} is none that this gateway allows")
            }
            Self::Store(_) => DATABASE.to_owned(),
            Self::Interrupted(_) => INTERRUPTED.to_owned(),
            other => other.to_string(),
        }
    }
}

impl Reason for TextRefusal {
    fn reason(&self) -> String {
        match self {
            Self::Uploader { country, .. } => {
                format!("the message is signed by what is no upload certificate of {country}")
            }
            Self::Rule(RuleError::Json(error))
            | Self::Batch(BatchError::Json(error))
            | Self::Reference(ReferenceError::Json(error)) => of_json(error),
            Self::Rule(RuleError::Schema(violations)) => of_violations(violations),
            Self::Batch(BatchError::Country { found, country })
            | Self::Reference(ReferenceError::Country { found, country }) => {
                format!(
                    "the country in the message is {}, the client's {country}",
                    country_code(found)
                )
            }
            Self::Store(_) => DATABASE.to_owned(),
            Self::Interrupted(_) => INTERRUPTED.to_owned(),
            other => other.to_string(),
        }
    }
}

impl Reason for MigrationRefusal {
    fn reason(&self) -> String {
        match self {
            Self::Json(_) => "the body is no exchange of a message".to_owned(),
            Self::Certificate(refusal) => refusal.reason(),
            Self::Text(refusal) => refusal.reason(),
            Self::Store(_) => DATABASE.to_owned(),
            other => other.to_string(),
        }
    }
}

fn of_json(error: &JsonError) -> String {
    match error {
        JsonError::Syntax { line, column, .. } => {
            format!("not JSON of the wanted form (line {line}, column {column})")
        }
        other => other.to_string(),
    }
}

fn of_violations(violations: &Violations) -> String {
    let said = violations.iter().map(|one| match one.wanted {
        UNKNOWN_MEMBER => "a member that no rule has".to_owned(),
        _ => one.to_string(),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// A code of two capitals; of anything else only that it is none.
fn country_code(text: &str) -> &str {
    let is_one = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_one { text } else { "no code of two capitals" }
}

#[cfg(test)]
mod tests {
    use gdhcn_envelope::json::Limits;
    use gdhcn_rules::Rule;

    use super::*;

    const PERSON: &str = "Zoe Mustermann";

    fn rule(text: &str) -> String {
        let limits: &Limits = &Rule::LIMITS;
        TextRefusal::from(Rule::from_json(text.as_bytes(), limits).unwrap_err()).reason()
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let foreign = |found: &str| {
            let found = vec![found.to_owned()];
            Refusal::from(UploadRefusal::CountryOfOrigin { found, country: "XA".to_owned() })
                .reason()
        };
        assert_eq!(
            foreign("XB"),
            "the country in the certificate's subject is XB, the client's XA"
        );
        let country = "XA".to_owned();
        let said = [
            foreign(PERSON),
            Refusal::Json(format!("unknown field `{PERSON}`")).reason(),
            Refusal::from(UploadRefusal::PropertyNotAllowed {
                what: Property::Domain,
                found: PERSON.to_owned(),
            })
            .reason(),
            TextRefusal::Uploader { subject: format!("CN={PERSON}"), country: country.clone() }
                .reason(),
            TextRefusal::from(BatchError::Country { found: PERSON.to_owned(), country }).reason(),
            rule(&format!("{{\"{PERSON}\": 1, \"{PERSON}\": 2}}")),
            rule(&format!("{{\"{PERSON}\": \"{PERSON}\", \"Identifier\": \"{PERSON}\"}}")),
            MigrationRefusal::Json(PERSON.to_owned()).reason(),
        ];
        for one in &said {
            assert!(!one.contains("Mustermann") && one.len() > 20, "{one}");
        }
        assert!(
            said[6].starts_with("a member that no rule has, Identifier: such as"),
            "{}",
            said[6]
        );
    }
}

//! Value sets: documents that say which codes a field may have and what they mean.

pub mod antigen_tests;

use gdhcn_envelope::json::{self, JsonError, Limits, Value};
use jiff::civil::Date;

/// A value set as an operator gives it to a gateway: its text is served byte for byte, since
/// clients may hash it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueSet {
    id: String,
    date: Date,
    codes: usize,
    text: String,
}

impl ValueSet {
    /// Bounds on a document: those of the reference gateway's column, and five times as many
    /// codes as the longest set has had.
    pub const LIMITS: Limits =
        Limits { bytes: 1_024_000, depth: 8, values: 100_000, members: 10_000 };

    /// Longest identifier in bytes.
    pub const ID_BYTES: usize = 100;

    /// Reads a document: `valueSetId`, `valueSetDate` and `valueSetValues`, an object of objects.
    ///
    /// # Errors
    ///
    /// [`ValueSetError`] names what is wrong.
    pub fn from_json(text: String, limits: &Limits) -> Result<Self, ValueSetError> {
        let document = json::parse(text.as_bytes(), limits)?;
        let missing = |member, wanted| ValueSetError::Member { member, wanted };
        let object = document.as_object().ok_or(ValueSetError::NotAnObject)?;
        let id = object
            .text("valueSetId")
            .filter(|id| is_id(id))
            .ok_or(missing("valueSetId", "1 to 100 letters, digits, hyphens and full stops"))?
            .to_owned();
        let date = object
            .text("valueSetDate")
            .and_then(|date| date.parse().ok())
            .ok_or(missing("valueSetDate", "a date such as 2021-04-27"))?;
        let values = object
            .object("valueSetValues")
            .filter(|values| values.members().all(|(_, value)| matches!(value, Value::Object(_))))
            .ok_or(missing("valueSetValues", "an object with an object for each code"))?;
        let codes = values.members().count();
        Ok(Self { id, date, codes, text })
    }

    /// `valueSetId`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `valueSetDate`.
    pub fn date(&self) -> Date {
        self.date
    }

    /// How many codes it has.
    pub fn codes(&self) -> usize {
        self.codes
    }

    /// The document as it came.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// An identifier is part of a path, so it has nothing in it that a path would have to escape.
fn is_id(text: &str) -> bool {
    (1..=ValueSet::ID_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// Why a text is no value set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueSetError {
    /// It is not one JSON document within the limits.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The document is a list or a plain value.
    #[error("a value set is a JSON object")]
    NotAnObject,
    /// A member is missing or has another form.
    #[error("{member}: {wanted}")]
    Member {
        /// The member.
        member: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ValueSet, ValueSetError> {
        ValueSet::from_json(text.to_owned(), &ValueSet::LIMITS)
    }

    #[test]
    fn reads_a_document_and_keeps_its_text() {
        let text = r#" {"valueSetId":"covid-19-lab-result","valueSetDate":"2021-04-27",
            "valueSetValues":{"260415000":{"display":"Not detected","lang":"en","active":true}}} "#;
        let set = read(text).unwrap();
        assert_eq!(set.id(), "covid-19-lab-result");
        assert_eq!(set.date().to_string(), "2021-04-27");
        assert_eq!(set.codes(), 1);
        assert_eq!(set.text(), text);
    }

    #[test]
    fn refuses_what_is_no_value_set() {
        for (text, said) in [
            ("[]", "a JSON object"),
            ("{}", "valueSetId"),
            (r#"{"valueSetId":"a/b"}"#, "valueSetId"),
            (r#"{"valueSetId":"a"}"#, "valueSetDate"),
            (r#"{"valueSetId":"a","valueSetDate":"27.4.2021"}"#, "valueSetDate"),
            (r#"{"valueSetId":"a","valueSetDate":"2021-04-27"}"#, "valueSetValues"),
            (
                r#"{"valueSetId":"a","valueSetDate":"2021-04-27","valueSetValues":{"b":1}}"#,
                "valueSetValues",
            ),
            (r#"{"valueSetId":"a","valueSetDate":"2021-04-27","valueSetValues":{}} x"#, "not JSON"),
        ] {
            let refused = read(text).unwrap_err().to_string();
            assert!(refused.contains(said), "{text}: {refused}");
        }
    }
}

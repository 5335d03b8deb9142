//! Reads the fields of a map and notes each deviation from the schema on the way.

use std::borrow::Cow;

use gdhcn_envelope::cbor::{Map, Value};

use crate::{DateText, Problem, Rule};

/// A map being read.
pub(crate) struct Fields<'m, 'b, 'p> {
    map: &'m Map<'b>,
    prefix: Cow<'static, str>,
    problems: &'p mut Vec<Problem>,
}

impl<'m, 'b, 'p> Fields<'m, 'b, 'p> {
    /// `prefix` is the path of the map, such as `v/0`.
    pub(crate) fn new(
        map: &'m Map<'b>,
        prefix: impl Into<Cow<'static, str>>,
        problems: &'p mut Vec<Problem>,
    ) -> Self {
        let prefix = prefix.into();
        if map.duplicate().is_some() {
            problems.push(Problem { path: prefix.clone().into_owned(), rule: Rule::DuplicateKey });
        }
        Self { map, prefix, problems }
    }

    /// The field without its tags, if there is one.
    pub(crate) fn value(&self, key: &str) -> Option<&'m Value<'b>> {
        let mut value = self.map.get(key)?;
        while let Value::Tag(_, inner) = value {
            value = inner;
        }
        Some(value)
    }

    /// Notes a deviation of the field; of the whole map for an empty key.
    pub(crate) fn note(&mut self, key: &str, rule: Rule) {
        let path = match (&*self.prefix, key) {
            (path, "") | ("", path) => path.to_owned(),
            (prefix, key) => format!("{prefix}/{key}"),
        };
        self.problems.push(Problem { path, rule });
    }

    /// A text that may be absent.
    pub(crate) fn optional(&mut self, key: &str, max: usize) -> Option<String> {
        match self.value(key)? {
            Value::Text(text) => {
                // Bytes first: no text has more characters than bytes.
                if text.len() > max && text.chars().count() > max {
                    self.note(key, Rule::TooLong { max });
                }
                Some(text.clone().into_owned())
            }
            nothing if nothing.is_nothing() => {
                self.note(key, Rule::Null);
                None
            }
            other => {
                self.note(key, Rule::Type { expected: "a text" });
                epoch_date(self.map.get(key)).or_else(|| other.as_i64().map(|n| n.to_string()))
            }
        }
    }

    /// A text that must be there; empty when it is not.
    pub(crate) fn required(&mut self, key: &str, max: usize) -> String {
        if self.map.get(key).is_none() {
            self.note(key, Rule::Missing);
            return String::new();
        }
        self.optional(key, max).unwrap_or_default()
    }

    /// A required text with a test of its form.
    pub(crate) fn formed(
        &mut self,
        key: &str,
        form: &'static str,
        is_sound: impl FnOnce(&str) -> bool,
    ) -> String {
        let text = self.required(key, usize::MAX);
        let is_text = matches!(self.value(key), Some(Value::Text(_)));
        if is_text && !is_sound(&text) {
            self.note(key, Rule::Form { form });
        }
        text
    }

    /// A required date, of which only the kind of value is checked.
    pub(crate) fn date(&mut self, key: &str) -> DateText {
        DateText::from(self.required(key, usize::MAX))
    }

    /// A required integer of at least 1 and at most `max`.
    pub(crate) fn positive(&mut self, key: &str, max: u32) -> Option<u32> {
        let Some(value) = self.value(key) else {
            self.note(key, Rule::Missing);
            return None;
        };
        let number = match value {
            // JSON schema takes 1.0 for an integer, and issuers write it.
            #[expect(clippy::cast_possible_truncation, reason = "saturates, then fails the range")]
            Value::Float(float) if float.fract() == 0.0 => Some(*float as i64),
            Value::Unsigned(_) | Value::Negative(_) => Some(value.as_i64().unwrap_or(i64::MAX)),
            _ => None,
        };
        let Some(number) = number else {
            self.note(key, Rule::Type { expected: "an integer" });
            return None;
        };
        let number = u32::try_from(number).ok();
        if number.is_none_or(|number| number == 0 || number > max) {
            self.note(key, Rule::Range { min: 1, max });
        }
        number
    }
}

/// The date of a number under tag 1, as text.
fn epoch_date(value: Option<&Value<'_>>) -> Option<String> {
    match value? {
        tagged @ Value::Tag(1, _) => {
            crate::TimeClaim::read(Some(tagged)).0.at().map(|at| at.to_string())
        }
        _ => None,
    }
}

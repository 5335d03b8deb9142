//! A bounded JSON tree (RFC 8259) that borrows its strings from the input.
//!
//! Two readers that disagree about a document are a gift to an attacker, so a member that stands
//! twice in one object is an error here and not a question of who wins.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction or exponent that fits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Value<'a>>),
    /// An object.
    Object(Object<'a>),
}

impl<'a> Value<'a> {
    /// The string, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if this is an array.
    pub fn as_list(&self) -> Option<&[Value<'a>]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value without a borrow, for those who keep it.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Integer(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Object(object) => object
                .members()
                .map(|(name, value)| (name.to_owned(), value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// The object, if this is one.
    pub fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// A JSON object: its members in their order, each name once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Object<'a> {
    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The member of this name, if it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_text)
    }

    /// The member of this name, if it is an object.
    pub fn object(&self, name: &str) -> Option<&Object<'a>> {
        self.get(name).and_then(Value::as_object)
    }

    /// Names and values in their order.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// The object without the members of these names.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let kept = self.0.iter().filter(|(name, _)| !names.contains(&name.as_ref()));
        Self(kept.cloned().collect())
    }

    /// The object with this member, in place of one of the same name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value<'a>) -> Self {
        self.take(name);
        self.0.push((Cow::Borrowed(name), value));
        self
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let at = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(at).1)
    }
}

/// Bounds on a JSON document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the text in bytes.
    pub bytes: usize,
    /// Nesting of objects and arrays.
    pub depth: usize,
    /// Values in the whole tree.
    pub values: usize,
    /// Members of one object.
    pub members: usize,
}

impl Default for Limits {
    /// 1 MiB, 32 levels, 20 000 values, 1000 members of one object.
    fn default() -> Self {
        Self { bytes: 1 << 20, depth: 32, values: 20_000, members: 1000 }
    }
}

/// Why a text is no JSON document within the limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// A limit was exceeded.
    #[error("the JSON has more than {limit} {what}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The text is not JSON (RFC 8259), or a member stands twice in one object.
    #[error("not JSON: {what}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong, with the place.
        what: String,
    },
}

/// Reads one JSON document with nothing but blanks around it.
///
/// # Errors
///
/// [`JsonError`] when a limit is exceeded, the text is not JSON in UTF-8, or an object holds a
/// member twice.
pub fn parse<'a>(text: &'a [u8], limits: &Limits) -> Result<Value<'a>, JsonError> {
    if text.len() > limits.bytes {
        return Err(JsonError::Limit { what: "bytes", limit: limits.bytes });
    }
    let budget = Budget { limits, values: Cell::new(0), exceeded: Cell::new(None) };
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    Seed { budget: &budget, depth: 0 }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| match budget.exceeded.get() {
            Some((what, limit)) => JsonError::Limit { what, limit },
            None => JsonError::Syntax {
                line: error.line(),
                column: error.column(),
                what: error.to_string(),
            },
        })
}

struct Budget<'l> {
    limits: &'l Limits,
    values: Cell<usize>,
    /// What was exceeded, and its limit.
    exceeded: Cell<Option<(&'static str, usize)>>,
}

impl Budget<'_> {
    fn exceed<E: serde::de::Error>(&self, what: &'static str, limit: usize) -> E {
        self.exceeded.set(Some((what, limit)));
        E::custom("a limit was exceeded")
    }
}

#[derive(Clone, Copy)]
struct Seed<'b> {
    budget: &'b Budget<'b>,
    depth: usize,
}

impl Seed<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let limit = self.budget.limits.depth;
        if self.depth >= limit {
            return Err(self.budget.exceed("levels of nesting", limit));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        let values = self.budget.values.get() + 1;
        let limit = self.budget.limits.values;
        if values > limit {
            return Err(self.budget.exceed("JSON values", limit));
        }
        self.budget.values.set(values);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        // Beyond i64 a JSON number is a float to most readers anyway.
        #[allow(clippy::cast_precision_loss)]
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value<'de>, A::Error> {
        let seed = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(seed)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value<'de>, A::Error> {
        let seed = self.deeper()?;
        let mut members: Vec<(Cow<'de, str>, Value<'de>)> = Vec::new();
        while let Some(Name(name)) = access.next_key()? {
            let limit = self.budget.limits.members;
            if members.len() >= limit {
                return Err(self.budget.exceed("members in one object", limit));
            }
            if members.iter().any(|(known, _)| *known == name) {
                let name: String = name.chars().take(40).collect();
                return Err(A::Error::custom(format_args!("the member {name:?} stands twice")));
            }
            members.push((name, access.next_value_seed(seed)?));
        }
        Ok(Value::Object(Object(members)))
    }
}

/// A member's name, borrowed where the input has no escapes in it.
struct Name<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { bytes: 60, depth: 3, values: 10, members: 4 };

    #[test]
    fn keeps_order_and_borrows_what_has_no_escapes() {
        let value = parse(br#"{"b":"x\ny","a":["z",1,-2,1.5,true,null]}"#, &LIMITS).unwrap();
        let object = value.as_object().unwrap();
        assert_eq!(object.members().map(|(name, _)| name).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(object.text("b"), Some("x\ny"));
        let Some(Value::List(items)) = object.get("a") else { panic!("a list") };
        assert!(matches!(items[0], Value::Text(Cow::Borrowed("z"))));
        assert_eq!(
            items[1..],
            [
                Value::Integer(1),
                Value::Integer(-2),
                Value::Float(1.5),
                Value::Bool(true),
                Value::Null
            ]
        );
    }

    #[test]
    fn refuses_a_member_that_stands_twice_also_when_one_is_escaped() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#] {
            let error = parse(text.as_bytes(), &LIMITS).expect_err(text);
            assert!(error.to_string().contains("\"a\" stands twice"), "{error}");
        }
    }

    #[test]
    fn every_limit_can_be_hit() {
        let long = format!("[{}]", " ".repeat(60));
        for (text, what) in [
            (long.as_str(), "60 bytes"),
            ("[[[[]]]]", "3 levels of nesting"),
            ("[1,2,3,4,5,6,7,8,9,10]", "10 JSON values"),
            (r#"{"a":1,"b":1,"c":1,"d":1,"e":1}"#, "4 members in one object"),
        ] {
            let error = parse(text.as_bytes(), &LIMITS).expect_err(what);
            assert_eq!(error.to_string(), format!("the JSON has more than {what}"));
        }
    }

    #[test]
    fn refuses_what_follows_the_document() {
        assert!(matches!(parse(b"{} {}", &LIMITS), Err(JsonError::Syntax { .. })));
        assert!(matches!(parse(b"\xff", &LIMITS), Err(JsonError::Syntax { .. })));
    }
}

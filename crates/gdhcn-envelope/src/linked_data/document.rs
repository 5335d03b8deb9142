use std::borrow::Cow;

use crate::json::{self, JsonError, Object, Value};

/// Bounds on a DID document. The largest published list has 1.5 MB and 501 entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the document in bytes.
    pub document_bytes: usize,
    /// Entries of `verificationMethod`.
    pub entries: usize,
    /// Nesting of objects and arrays.
    pub depth: usize,
    /// Members of one object.
    pub members: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { document_bytes: 32 << 20, entries: 20_000, depth: 12, members: 64 }
    }
}

/// JSON values that one entry may consist of on average.
const VALUES_PER_ENTRY: usize = 50;

/// A DID document (DID Core 1.0, 5), parsed but not verified.
///
/// Read as tolerantly as consumers of trust lists must: what is not understood is kept aside, so
/// that it can be reported, and makes the proof unverifiable, because it is not signed.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    id: Cow<'a, str>,
    controller: Option<Cow<'a, str>>,
    contexts: Vec<Cow<'a, str>>,
    methods: Vec<Method<'a>>,
    proof: Option<Object<'a>>,
    surplus: Vec<String>,
}

/// An entry of `verificationMethod`.
#[derive(Clone, Debug)]
pub enum Method<'a> {
    /// A DID URL: the key stands in another document.
    Reference(Cow<'a, str>),
    /// The key itself.
    Embedded(Object<'a>),
    /// Neither a string nor an object.
    Unreadable,
}

impl<'a> Document<'a> {
    /// Reads a DID document.
    ///
    /// # Errors
    ///
    /// When the text is not one JSON object within `limits`, or `id` or `verificationMethod` is
    /// missing.
    pub fn parse(text: &'a [u8], limits: &Limits) -> Result<Self, DocumentError> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let bounds = json::Limits {
            bytes: limits.document_bytes,
            depth: limits.depth,
            values: limits.entries.saturating_add(1).saturating_mul(VALUES_PER_ENTRY),
            members: limits.members,
        };
        let root = json::parse(text, &bounds)?;
        let Value::Object(root) = root else {
            return Err(DocumentError::NotAnObject);
        };
        Self::from_root(root, limits)
    }

    fn from_root(mut root: Object<'a>, limits: &Limits) -> Result<Self, DocumentError> {
        let mut surplus = Vec::new();
        let id = match root.take("id") {
            Some(Value::Text(id)) => id,
            Some(_) => return Err(DocumentError::MemberType { member: "id", wanted: "a string" }),
            None => return Err(DocumentError::Missing { member: "id" }),
        };
        let controller = match root.take("controller") {
            Some(Value::Text(controller)) => Some(controller),
            Some(_) => {
                surplus.push("controller (not one string)".to_owned());
                None
            }
            None => None,
        };
        let mut contexts = Vec::new();
        for context in match root.take("@context") {
            Some(Value::List(contexts)) => contexts,
            Some(context) => vec![context],
            None => Vec::new(),
        } {
            match context {
                Value::Text(context) => contexts.push(context),
                _ => surplus.push("@context (an item that is not a string)".to_owned()),
            }
        }
        let methods = match root.take("verificationMethod") {
            Some(Value::List(methods)) => methods,
            Some(_) => {
                return Err(DocumentError::MemberType {
                    member: "verificationMethod",
                    wanted: "an array",
                });
            }
            None => return Err(DocumentError::Missing { member: "verificationMethod" }),
        };
        if methods.len() > limits.entries {
            return Err(DocumentError::TooManyEntries { limit: limits.entries });
        }
        let methods = methods
            .into_iter()
            .map(|method| match method {
                Value::Text(reference) => Method::Reference(reference),
                Value::Object(object) => Method::Embedded(object),
                _ => Method::Unreadable,
            })
            .collect();
        let proof = match root.take("proof") {
            Some(Value::Object(proof)) => Some(proof),
            Some(_) => {
                return Err(DocumentError::MemberType { member: "proof", wanted: "an object" });
            }
            None => None,
        };
        surplus.extend(root.members().map(|(name, _)| name.to_owned()));
        Ok(Self { id, controller, contexts, methods, proof, surplus })
    }

    /// The DID of the document.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The DID that controls it.
    pub fn controller(&self) -> Option<&str> {
        self.controller.as_deref()
    }

    /// The context identifiers that are strings, in order.
    pub fn contexts(&self) -> impl Iterator<Item = &str> {
        self.contexts.iter().map(Cow::as_ref)
    }

    /// The entries in order.
    pub fn methods(&self) -> &[Method<'a>] {
        &self.methods
    }

    /// The `proof` member as received.
    pub fn proof(&self) -> Option<&Object<'a>> {
        self.proof.as_ref()
    }

    /// What the document holds beyond the members of a trust list.
    pub fn surplus(&self) -> &[String] {
        &self.surplus
    }
}

/// Why a text is no DID document that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The text is no JSON within the limits.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// There are more entries than allowed.
    #[error("the document has more than {limit} entries")]
    TooManyEntries {
        /// The limit.
        limit: usize,
    },
    /// The outermost value is not an object.
    #[error("the document is not a JSON object")]
    NotAnObject,
    /// A member that a DID list must have is absent.
    #[error("the document has no member {member:?}: it is no DID list")]
    Missing {
        /// The member's name.
        member: &'static str,
    },
    /// A member is of another type.
    #[error("the member {member:?} is not {wanted}")]
    MemberType {
        /// The member's name.
        member: &'static str,
        /// The type that was expected.
        wanted: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str, limits: &Limits) -> DocumentError {
        Document::parse(text.as_bytes(), limits).unwrap_err()
    }

    #[test]
    fn reads_references_objects_and_what_is_neither() {
        let text = r#"{"@context":["a",{"b":"c"}],"id":"did:web:x","service":[],
            "verificationMethod":["did:web:y",{"id":"did:web:x#1"},7]}"#;
        let document = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(document.id(), "did:web:x");
        assert_eq!(document.contexts().collect::<Vec<_>>(), ["a"]);
        assert!(matches!(
            document.methods(),
            [Method::Reference(_), Method::Embedded(_), Method::Unreadable]
        ));
        assert_eq!(document.surplus(), ["@context (an item that is not a string)", "service"]);
        assert!(document.proof().is_none());
    }

    #[test]
    fn accepts_a_byte_order_mark() {
        let text = "\u{feff}{\"id\":\"did:web:x\",\"verificationMethod\":[]}";
        assert!(Document::parse(text.as_bytes(), &Limits::default()).is_ok());
    }

    #[test]
    fn says_what_is_missing_or_of_another_type() {
        let limits = Limits::default();
        assert_eq!(error("[]", &limits), DocumentError::NotAnObject);
        assert_eq!(error("{}", &limits), DocumentError::Missing { member: "id" });
        assert_eq!(
            error(r#"{"id":"x","verificationMethod":{}}"#, &limits).to_string(),
            "the member \"verificationMethod\" is not an array"
        );
        let error = error("{\n\"id\": nul}", &limits).to_string();
        assert!(error.ends_with("line 2 column 10"), "{error}");
    }

    #[test]
    fn every_limit_can_be_hit() {
        let two = r#"{"id":"x","verificationMethod":["a","b"]}"#;
        let limits = Limits::default();
        for (limits, what) in [
            (Limits { document_bytes: 10, ..limits }, "more than 10 bytes"),
            (Limits { entries: 1, ..limits }, "more than 1 entries"),
            (Limits { depth: 1, ..limits }, "more than 1 levels of nesting"),
            (Limits { members: 1, ..limits }, "more than 1 members in one object"),
        ] {
            let error = error(two, &limits).to_string();
            assert!(error.contains(what), "{error}");
        }
        let many = format!("{{\"id\":[{}]}}", vec!["0"; 100].join(","));
        assert_eq!(
            error(&many, &Limits { entries: 1, ..limits }),
            DocumentError::Json(JsonError::Limit { what: "JSON values", limit: 100 })
        );
    }
}

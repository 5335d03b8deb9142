use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

/// The contexts that a document may name, by their address.
#[derive(Clone, Debug, Default)]
pub struct Contexts {
    by_address: HashMap<String, Json>,
}

/// Why a context cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The address is none of those that are known. Nothing is fetched.
    #[error("the context {address:?} is not known here")]
    Unknown {
        /// The address, cut to a sensible length.
        address: String,
    },
    /// The text of a context is no JSON.
    #[error("the context {address:?} is not JSON")]
    Json {
        /// The address.
        address: String,
    },
    /// The context uses something that is not supported.
    #[error("a context uses {what:?}, which is not supported")]
    Unsupported {
        /// What.
        what: String,
    },
    /// Contexts name each other in a circle, or nest too deep.
    #[error("contexts nest too deep")]
    TooDeep,
}

/// How deep contexts may nest.
const DEPTH: usize = 8;

impl Contexts {
    /// Adds a context: the text of a document with a member `@context`.
    ///
    /// # Errors
    ///
    /// When the text is no JSON object.
    pub fn add(&mut self, address: &str, text: &str) -> Result<(), ContextError> {
        let json = || ContextError::Json { address: address.to_owned() };
        let document: Json = serde_json::from_str(text).map_err(|_| json())?;
        let context = document.get("@context").ok_or_else(json)?;
        self.by_address.insert(address.to_owned(), context.clone());
        Ok(())
    }

    /// Gives a known context a second address.
    pub fn alias(&mut self, address: &str, known: &str) {
        if let Some(context) = self.by_address.get(known).cloned() {
            self.by_address.insert(address.to_owned(), context);
        }
    }

    /// Whether a context of this address is known.
    pub fn contains(&self, address: &str) -> bool {
        self.by_address.contains_key(address)
    }
}

/// How the values of a term are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Coercion {
    None,
    /// `@id`: an address.
    Id,
    /// `@vocab`: a term or an address.
    Vocab,
    /// A datatype.
    Type(String),
}

/// A term of a context.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TermDefinition {
    /// The IRI, or the keyword for which it stands.
    pub(super) iri: String,
    pub(super) coercion: Coercion,
    /// Whether it may stand before the colon of a compact IRI.
    is_prefix: bool,
    /// A context for what is below the term.
    pub(super) scoped: Option<Arc<Json>>,
    /// A container other than a set.
    pub(super) container: Option<String>,
}

/// The terms in force at some place of a document.
#[derive(Clone, Debug, Default)]
pub(super) struct Active {
    terms: HashMap<String, Arc<TermDefinition>>,
    vocabulary: Option<String>,
}

impl Active {
    pub(super) fn get(&self, term: &str) -> Option<&TermDefinition> {
        self.terms.get(term).map(Arc::as_ref)
    }

    /// These terms, and those of `context` over them.
    pub(super) fn with(&self, context: &Json, known: &Contexts) -> Result<Self, ContextError> {
        let mut active = self.clone();
        active.apply(context, known, 0)?;
        Ok(active)
    }

    fn apply(
        &mut self,
        context: &Json,
        known: &Contexts,
        depth: usize,
    ) -> Result<(), ContextError> {
        if depth > DEPTH {
            return Err(ContextError::TooDeep);
        }
        match context {
            Json::Null => *self = Self::default(),
            Json::String(address) => {
                let referred = known.by_address.get(address).ok_or_else(|| {
                    ContextError::Unknown { address: address.chars().take(200).collect() }
                })?;
                self.apply(referred, known, depth + 1)?;
            }
            Json::Array(contexts) => {
                for context in contexts {
                    self.apply(context, known, depth + 1)?;
                }
            }
            Json::Object(members) => self.define_all(members)?,
            other => {
                return Err(ContextError::Unsupported { what: other.to_string() });
            }
        }
        Ok(())
    }

    fn define_all(&mut self, members: &Map<String, Json>) -> Result<(), ContextError> {
        let mut local = Local { members, done: HashMap::new() };
        for (name, value) in members {
            match name.as_str() {
                // All contexts are ours, so there is nothing to protect.
                "@version" | "@protected" => {}
                "@vocab" => self.vocabulary = value.as_str().map(str::to_owned),
                name if name.starts_with('@') => {
                    return Err(ContextError::Unsupported { what: name.to_owned() });
                }
                name => self.define(name, &mut local)?,
            }
        }
        Ok(())
    }

    /// Defines a term of a context, and first those on which it rests (JSON-LD 1.1 API, 4.2).
    fn define(&mut self, term: &str, local: &mut Local<'_>) -> Result<(), ContextError> {
        match local.done.get(term) {
            Some(true) => return Ok(()),
            Some(false) => return Err(ContextError::TooDeep),
            None => {}
        }
        let Some(value) = local.members.get(term) else { return Ok(()) };
        local.done.insert(term.to_owned(), false);
        let unsupported = |what: &str| ContextError::Unsupported { what: what.to_owned() };
        let empty = Map::new();
        let (id, members) = match value {
            Json::Null => (None, &empty),
            Json::String(id) => (Some(id.as_str()), &empty),
            Json::Object(members) => {
                let id = members.get("@id").map(|id| id.as_str().unwrap_or_default());
                (id.or(Some(term)), members)
            }
            _ => return Err(unsupported(term)),
        };
        let Some(id) = id else {
            self.terms.remove(term);
            local.done.insert(term.to_owned(), true);
            return Ok(());
        };
        let known = ["@id", "@type", "@context", "@container", "@version", "@protected"];
        if let Some(other) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(unsupported(other));
        }
        let iri = if id == term {
            // A term that is its own name: a compact IRI, or one of the vocabulary.
            self.expand_iri_in(id, local)?.unwrap_or_else(|| id.to_owned())
        } else {
            self.expand_iri_in(id, local)?.ok_or_else(|| unsupported(id))?
        };
        let coercion = match members.get("@type").and_then(Json::as_str) {
            None => Coercion::None,
            Some("@id") => Coercion::Id,
            Some("@vocab") => Coercion::Vocab,
            Some(datatype) => Coercion::Type(
                self.expand_iri_in(datatype, local)?.ok_or_else(|| unsupported(datatype))?,
            ),
        };
        let container = match members.get("@container") {
            None => None,
            Some(Json::String(container)) if container == "@set" => None,
            Some(other) => Some(other.to_string()),
        };
        let is_simple = matches!(value, Json::String(_));
        let ends_in_delimiter = iri.ends_with([':', '/', '?', '#', '[', ']', '@']);
        let definition = TermDefinition {
            is_prefix: is_simple && !term.contains(':') && ends_in_delimiter,
            iri,
            coercion,
            scoped: members.get("@context").cloned().map(Arc::new),
            container,
        };
        self.terms.insert(term.to_owned(), Arc::new(definition));
        local.done.insert(term.to_owned(), true);
        Ok(())
    }

    fn expand_iri_in(
        &mut self,
        text: &str,
        local: &mut Local<'_>,
    ) -> Result<Option<String>, ContextError> {
        let prefix = text.split_once(':').map_or(text, |(prefix, _)| prefix);
        for term in [text, prefix] {
            if local.members.contains_key(term) && local.done.get(term) != Some(&false) {
                self.define(term, local)?;
            }
        }
        Ok(self.expand_iri(text, true))
    }

    /// The IRI or keyword that a text stands for (JSON-LD 1.1 API, 5.2). With `vocab`, terms
    /// count.
    pub(super) fn expand_iri(&self, text: &str, vocab: bool) -> Option<String> {
        if text.starts_with('@') {
            return Some(text.to_owned());
        }
        if vocab && let Some(term) = self.terms.get(text) {
            return Some(term.iri.clone());
        }
        if let Some((prefix, suffix)) = text.split_once(':') {
            if prefix == "_" || suffix.starts_with("//") {
                return Some(text.to_owned());
            }
            if let Some(term) = self.terms.get(prefix).filter(|term| term.is_prefix) {
                return Some(format!("{}{suffix}", term.iri));
            }
            if is_absolute(text) {
                return Some(text.to_owned());
            }
        }
        match &self.vocabulary {
            Some(vocabulary) if vocab => Some(format!("{vocabulary}{text}")),
            _ => None,
        }
    }
}

/// A context being read, and which of its terms are defined already.
struct Local<'c> {
    members: &'c Map<String, Json>,
    /// `false` while the term is being defined.
    done: HashMap<String, bool>,
}

/// Whether a text has the form of an absolute IRI (RFC 3987, 2.2) that N-Quads can hold.
pub(super) fn is_absolute(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let ends_an_iri = |c: char| c.is_control() || c.is_whitespace() || "<>\"{}|\\^`".contains(c);
    is_scheme && !rest.chars().any(ends_an_iri)
}

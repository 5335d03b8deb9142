use serde_json::Value as Json;

use super::context::{Active, Coercion, ContextError, Contexts, TermDefinition, is_absolute};
use crate::json::{Object, Value as Received};
use crate::rdf::{Literal, Quad, Term};

const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const XSD_BOOLEAN: &str = "http://www.w3.org/2001/XMLSchema#boolean";
const XSD_INTEGER: &str = "http://www.w3.org/2001/XMLSchema#integer";
const XSD_DOUBLE: &str = "http://www.w3.org/2001/XMLSchema#double";

/// How deep nodes may nest.
const DEPTH: usize = 16;
/// Unsigned members of which the names are kept.
const UNSIGNED_KEPT: usize = 100;

/// A document as it is signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Expanded {
    /// The outermost node.
    pub root: Node,
    /// The statements that the document makes.
    pub quads: Vec<Quad>,
    /// Paths of the members that no context defines, so that no proof covers them.
    pub unsigned: Vec<String>,
}

/// A node: what the document calls an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Its IRI, if it has one.
    pub id: Option<String>,
    /// The IRIs of its types.
    pub types: Vec<String>,
    /// Its properties in the order of the document.
    pub properties: Vec<Property>,
}

/// A property of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Its IRI: this is what is signed.
    pub iri: String,
    /// The term or IRI by which the document names it. Several terms may stand for one IRI, and a
    /// proof does not tell them apart.
    pub term: String,
    /// Its values.
    pub values: Vec<Value>,
}

/// A value of a property.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A literal in its lexical form.
    Literal(String),
    /// An IRI.
    Iri(String),
    /// A node.
    Node(Box<Node>),
}

/// Why a document is not expanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonLdError {
    /// A context cannot be used.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The document names no context, or brings one of its own.
    #[error("the document's @context is not a list of addresses")]
    ForeignContext,
    /// The document uses something that is not supported.
    #[error("{path}: {what} is not supported")]
    Unsupported {
        /// Where.
        path: String,
        /// What.
        what: String,
    },
    /// Nodes nest too deep.
    #[error("the document nests deeper than {DEPTH} nodes")]
    TooDeep,
}

impl Node {
    /// The properties named by this term.
    pub fn property(&self, term: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.term == term)
    }

    /// The one literal of this term; `None` if there is none, or several.
    pub fn text(&self, term: &str) -> Option<&str> {
        match self.property(term)?.values.as_slice() {
            [Value::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The one address of this term.
    pub fn iri(&self, term: &str) -> Option<&str> {
        match self.property(term)?.values.as_slice() {
            [Value::Iri(iri)] => Some(iri),
            [Value::Node(node)] => node.id.as_deref(),
            _ => None,
        }
    }

    /// The nodes of this term.
    pub fn nodes(&self, term: &str) -> impl Iterator<Item = &Node> {
        let values = self.property(term).map(|property| property.values.as_slice());
        values.unwrap_or_default().iter().filter_map(|value| match value {
            Value::Node(node) => Some(&**node),
            _ => None,
        })
    }
}

/// Expands a document under the contexts that it names.
///
/// # Errors
///
/// When a context is not among `contexts`, or the document uses something that certificates do
/// not.
pub fn expand(document: &Object<'_>, contexts: &Contexts) -> Result<Expanded, JsonLdError> {
    let context = match document.get("@context") {
        Some(Received::Text(address)) => Json::from(address.as_ref()),
        Some(Received::List(addresses)) => addresses
            .iter()
            .map(|address| address.as_text().map(Json::from))
            .collect::<Option<Vec<_>>>()
            .map(Json::from)
            .ok_or(JsonLdError::ForeignContext)?,
        _ => return Err(JsonLdError::ForeignContext),
    };
    let active = Active::default().with(&context, contexts)?;
    let mut expansion = Expansion { contexts, quads: Vec::new(), unsigned: Vec::new(), blanks: 0 };
    let scope = Scope { active: &active, outer: None, depth: 0 };
    let (root, _) = expansion.node(document, scope, None, "")?;
    Ok(Expanded { root, quads: expansion.quads, unsigned: expansion.unsigned })
}

/// The terms in force.
#[derive(Clone, Copy)]
struct Scope<'s> {
    active: &'s Active,
    /// What is in force again inside nodes below, where the terms come from a node's type.
    outer: Option<&'s Active>,
    depth: usize,
}

struct Expansion<'c> {
    contexts: &'c Contexts,
    quads: Vec<Quad>,
    unsigned: Vec<String>,
    blanks: usize,
}

impl Expansion<'_> {
    /// Expands an object; gives the node and the term that stands for it in statements, `None`
    /// where nothing can be said of it because its name is no IRI.
    fn node(
        &mut self,
        object: &Object<'_>,
        scope: Scope<'_>,
        property: Option<&TermDefinition>,
        path: &str,
    ) -> Result<(Node, Option<Term>), JsonLdError> {
        if scope.depth >= DEPTH {
            return Err(JsonLdError::TooDeep);
        }
        // Terms of a type do not reach into the nodes below, those of a property do.
        let base = scope.outer.unwrap_or(scope.active);
        let scoped;
        let entered = match property.and_then(|property| property.scoped.as_deref()) {
            Some(context) => {
                scoped = base.with(context, self.contexts)?;
                &scoped
            }
            None => base,
        };
        let mut types = type_names(object, entered);
        types.sort_unstable();
        let mut typed: Option<Active> = None;
        for name in &types {
            if let Some(context) = entered.get(name).and_then(|term| term.scoped.as_deref()) {
                let before = typed.as_ref().unwrap_or(entered);
                typed = Some(before.with(context, self.contexts)?);
            }
        }
        let inside = Scope {
            active: typed.as_ref().unwrap_or(entered),
            outer: typed.is_some().then_some(entered),
            depth: scope.depth + 1,
        };
        self.members(object, inside, path)
    }

    fn members(
        &mut self,
        object: &Object<'_>,
        scope: Scope<'_>,
        path: &str,
    ) -> Result<(Node, Option<Term>), JsonLdError> {
        let mut node = Node::default();
        let mut entries = Vec::new();
        let mut subject = None;
        for (name, value) in object.members() {
            let at = format!("{path}/{name}");
            if name == "@context" {
                if path.is_empty() {
                    continue;
                }
                return Err(JsonLdError::ForeignContext);
            }
            match scope.active.expand_iri(name, true).as_deref() {
                Some("@id") => {
                    let id = value.as_text().ok_or_else(|| unsupported(&at, "such an id"))?;
                    // A compact IRI counts, a term does not.
                    let id = scope.active.expand_iri(id, false).unwrap_or_else(|| id.to_owned());
                    subject = Some(id);
                }
                Some("@type") => {
                    for name in list(value) {
                        let name = name.as_text().ok_or_else(|| unsupported(&at, "such a type"))?;
                        match scope.active.expand_iri(name, true).filter(|iri| is_absolute(iri)) {
                            Some(iri) => node.types.push(iri),
                            None => self.not_signed(&at),
                        }
                    }
                }
                Some(keyword) if keyword.starts_with('@') => {
                    return Err(unsupported(&at, keyword));
                }
                Some(iri) if is_absolute(iri) => {
                    entries.push((name, iri.to_owned(), value, at));
                }
                _ => self.not_signed(&at),
            }
        }
        let term = match &subject {
            Some(id) if id.starts_with("_:") => return Err(unsupported(path, "a blank label")),
            Some(id) if is_absolute(id) => Some(Term::Iri(id.clone())),
            Some(_) => None,
            None => {
                self.blanks += 1;
                Some(Term::Blank(format!("n{}", self.blanks)))
            }
        };
        node.id = subject;
        match &term {
            Some(term) => {
                for iri in &node.types {
                    self.state(term, RDF_TYPE, Term::Iri(iri.clone()));
                }
            }
            // Of a node whose name is no IRI no statement can be made. What is below it speaks for
            // itself, without a connection.
            None => self.not_signed(path),
        }
        for (name, iri, value, at) in entries {
            let definition = scope.active.get(name);
            if let Some(container) = definition.and_then(|term| term.container.as_deref()) {
                return Err(unsupported(&at, container));
            }
            let mut values = Vec::new();
            for value in list(value) {
                if let Some((value, object)) = self.value(value, scope, definition, &at)? {
                    if let Some(subject) = &term {
                        self.state(subject, &iri, object);
                    }
                    values.push(value);
                }
            }
            if term.is_some() && !values.is_empty() {
                node.properties.push(Property { iri, term: name.to_owned(), values });
            }
        }
        if term.is_none() {
            node.types.clear();
        }
        Ok((node, term))
    }

    /// A value with the term of its statement; `None` for what says nothing.
    fn value(
        &mut self,
        value: &Received<'_>,
        scope: Scope<'_>,
        definition: Option<&TermDefinition>,
        path: &str,
    ) -> Result<Option<(Value, Term)>, JsonLdError> {
        let coercion = definition.map_or(&Coercion::None, |definition| &definition.coercion);
        let (text, native) = match value {
            Received::Null => return Ok(None),
            Received::List(_) => return Err(unsupported(path, "a list in a list")),
            Received::Object(object) => {
                let (node, term) = self.node(object, scope, definition, path)?;
                return Ok(term.map(|term| (Value::Node(Box::new(node)), term)));
            }
            Received::Text(text) => {
                let iri = match coercion {
                    Coercion::Id => Some(scope.active.expand_iri(text, false)),
                    Coercion::Vocab => Some(scope.active.expand_iri(text, true)),
                    _ => None,
                };
                match iri {
                    Some(Some(iri)) if is_absolute(&iri) => {
                        return Ok(Some((Value::Iri(iri.clone()), Term::Iri(iri))));
                    }
                    Some(_) => {
                        self.not_signed(path);
                        return Ok(None);
                    }
                    None => (text.as_ref().to_owned(), None),
                }
            }
            Received::Bool(value) => (value.to_string(), Some(XSD_BOOLEAN)),
            Received::Integer(number) => (number.to_string(), Some(XSD_INTEGER)),
            Received::Float(number) => float(*number),
        };
        let datatype = match coercion {
            Coercion::Type(datatype) => Some(datatype.as_str()),
            _ => native,
        };
        let literal =
            Literal { value: text.clone(), datatype: datatype.map(str::to_owned), language: None };
        Ok(Some((Value::Literal(text), Term::Literal(literal))))
    }

    fn state(&mut self, subject: &Term, predicate: &str, object: Term) {
        self.quads.push(Quad {
            subject: subject.clone(),
            predicate: predicate.to_owned(),
            object,
            graph: None,
        });
    }

    fn not_signed(&mut self, path: &str) {
        if self.unsigned.len() < UNSIGNED_KEPT {
            self.unsigned.push(path.trim_start_matches('/').to_owned());
        }
    }
}

/// The texts under whatever member stands for `@type`.
fn type_names(object: &Object<'_>, active: &Active) -> Vec<String> {
    let is_type = |name: &str| active.expand_iri(name, true).as_deref() == Some("@type");
    let types = object.members().filter(|(name, _)| is_type(name));
    let texts = types.flat_map(|(_, value)| list(value)).filter_map(Received::as_text);
    texts.map(str::to_owned).collect()
}

/// The items of an array, or the one value that stands for an array of one.
fn list<'v, 'a>(value: &'v Received<'a>) -> &'v [Received<'a>] {
    match value {
        Received::List(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn unsupported(path: &str, what: &str) -> JsonLdError {
    JsonLdError::Unsupported { path: path.to_owned(), what: what.to_owned() }
}

/// The canonical lexical form of a number (JSON-LD 1.1 API, 8.6).
fn float(number: f64) -> (String, Option<&'static str>) {
    if number.fract() == 0.0 && number.abs() < 1e21 {
        return (format!("{number:.0}"), Some(XSD_INTEGER));
    }
    let text = format!("{number:.15E}");
    let (mantissa, exponent) = text.split_once('E').unwrap_or((&text, "0"));
    let mantissa = mantissa.trim_end_matches('0');
    let zero = if mantissa.ends_with('.') { "0" } else { "" };
    (format!("{mantissa}{zero}E{exponent}"), Some(XSD_DOUBLE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::rdf::canonical;

    fn contexts() -> Contexts {
        let mut contexts = Contexts::default();
        let text = r#"{"@context":{"@version":1.1,"id":"@id","type":"@type","ex":"http://ex.org/",
            "name":"ex:name","knows":{"@id":"ex:knows","@type":"@id"},"at":{"@id":"ex:at","@type":"ex:time"},
            "Person":{"@id":"ex:Person","@context":{"nick":"ex:nick","home":{"@id":"ex:home",
            "@context":{"city":"ex:city"}}}}}}"#;
        contexts.add("http://ex.org/v1", text).unwrap();
        contexts
    }

    fn expanded(text: &str) -> Result<Expanded, JsonLdError> {
        let parsed = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        expand(parsed.as_object().unwrap(), &contexts())
    }

    fn lines(text: &str) -> Vec<String> {
        let quads = expanded(text).unwrap().quads;
        let all = canonical::n_quads(&quads, &canonical::Limits::default()).unwrap();
        all.lines().map(str::to_owned).collect()
    }

    #[test]
    fn terms_of_a_type_hold_in_its_node_and_not_below() {
        let text = r#"{"@context":"http://ex.org/v1","type":"Person","nick":"A","home":{"city":"C","nick":"B"}}"#;
        assert_eq!(
            lines(text),
            [
                "_:c14n0 <http://ex.org/home> _:c14n1 .",
                "_:c14n0 <http://ex.org/nick> \"A\" .",
                "_:c14n0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://ex.org/Person> .",
                "_:c14n1 <http://ex.org/city> \"C\" .",
            ]
        );
        assert_eq!(expanded(text).unwrap().unsigned, ["home/nick"]);
    }

    #[test]
    fn a_value_under_its_iri_is_not_found_under_the_term() {
        let text = r#"{"@context":"http://ex.org/v1","http://ex.org/name":"signed","nick":"not"}"#;
        let expanded = expanded(text).unwrap();
        assert_eq!(expanded.root.text("name"), None);
        assert_eq!(expanded.unsigned, ["nick"]);
        assert_eq!(lines(text), ["_:c14n0 <http://ex.org/name> \"signed\" ."]);
    }

    #[test]
    fn values_take_their_types() {
        let text = r#"{"@context":"http://ex.org/v1","id":"urn:a","name":[1,1.5,true,null,1e30],
            "knows":["urn:b","relative"],"at":"2021"}"#;
        let xsd = "http://www.w3.org/2001/XMLSchema#";
        assert_eq!(
            lines(text),
            [
                "<urn:a> <http://ex.org/at> \"2021\"^^<http://ex.org/time> .".to_owned(),
                "<urn:a> <http://ex.org/knows> <urn:b> .".to_owned(),
                format!("<urn:a> <http://ex.org/name> \"1\"^^<{xsd}integer> ."),
                format!("<urn:a> <http://ex.org/name> \"1.0E30\"^^<{xsd}double> ."),
                format!("<urn:a> <http://ex.org/name> \"1.5E0\"^^<{xsd}double> ."),
                format!("<urn:a> <http://ex.org/name> \"true\"^^<{xsd}boolean> ."),
            ]
        );
        assert_eq!(expanded(text).unwrap().unsigned, ["knows"]);
    }

    #[test]
    fn a_node_whose_name_is_no_iri_says_nothing() {
        let text = r#"{"@context":"http://ex.org/v1","id":"","name":"A"}"#;
        let expanded = expanded(text).unwrap();
        assert_eq!((expanded.quads.len(), expanded.root.properties.len()), (0, 0));
    }

    #[test]
    fn what_could_change_the_meaning_is_refused() {
        for text in [
            r#"{"name":"A"}"#,
            r#"{"@context":{"name":"ex:other"},"name":"A"}"#,
            r#"{"@context":["http://ex.org/v1",{"name":"ex:other"}],"name":"A"}"#,
            r#"{"@context":"http://ex.org/v2","name":"A"}"#,
            r#"{"@context":"http://ex.org/v1","knows":{"@context":"http://ex.org/v1","name":"A"}}"#,
            r#"{"@context":"http://ex.org/v1","@graph":[{"name":"A"}]}"#,
            r#"{"@context":"http://ex.org/v1","name":{"@value":"A"}}"#,
            r#"{"@context":"http://ex.org/v1","@reverse":{"name":"A"}}"#,
            r#"{"@context":"http://ex.org/v1","id":"_:b0","name":"A"}"#,
            r#"{"@context":"http://ex.org/v1","name":[["A"]]}"#,
        ] {
            assert!(expanded(text).is_err(), "{text}");
        }
        let deep = format!("{}{}", r#"{"knows":"#.repeat(20), "1".to_owned() + &"}".repeat(20));
        let text = deep.replacen('{', r#"{"@context":"http://ex.org/v1","#, 1);
        assert_eq!(expanded(&text), Err(JsonLdError::TooDeep));
    }
}

//! RDF statements and their canonical form: what a linked-data proof signs.
//!
//! [`canonical::n_quads`] gives the canonical N-Quads of a set of statements (URDNA2015, the
//! algorithm that became RDF Dataset Canonicalization, RDFC-1.0).

pub mod canonical;

use std::fmt::Write as _;

/// A subject or object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Term {
    /// An absolute IRI.
    Iri(String),
    /// A node without a name, by its label.
    Blank(String),
    /// A literal.
    Literal(Literal),
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Literal {
    /// Its lexical form.
    pub value: String,
    /// The IRI of its datatype; `None` for plain text (`xsd:string`) and text in a language.
    pub datatype: Option<String>,
    /// Its language tag.
    pub language: Option<String>,
}

/// A statement, perhaps in a named graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quad {
    /// About what.
    pub subject: Term,
    /// The IRI of the property.
    pub predicate: String,
    /// Its value.
    pub object: Term,
    /// The graph; `None` for the default graph.
    pub graph: Option<Term>,
}

impl Quad {
    /// Labels of the nodes without a name, with their place: `s`, `o` or `g`.
    fn blanks(&self) -> impl Iterator<Item = (char, &str)> {
        let places =
            [('s', Some(&self.subject)), ('o', Some(&self.object)), ('g', self.graph.as_ref())];
        places.into_iter().filter_map(|(place, term)| match term? {
            Term::Blank(label) => Some((place, label.as_str())),
            _ => None,
        })
    }

    /// The line of N-Quads with its end, each label as `label` gives it.
    fn write(&self, out: &mut String, label: &dyn Fn(&str) -> String) {
        write_term(out, &self.subject, label);
        out.push(' ');
        write_iri(out, &self.predicate);
        out.push(' ');
        write_term(out, &self.object, label);
        if let Some(graph) = &self.graph {
            out.push(' ');
            write_term(out, graph, label);
        }
        out.push_str(" .\n");
    }
}

fn write_term(out: &mut String, term: &Term, label: &dyn Fn(&str) -> String) {
    match term {
        Term::Iri(iri) => write_iri(out, iri),
        Term::Blank(name) => {
            // Writing to a string does not fail.
            let _ = write!(out, "_:{}", label(name));
        }
        Term::Literal(literal) => {
            out.push('"');
            for c in literal.value.chars() {
                match c {
                    '"' => out.push_str("\\\""),
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    c => out.push(c),
                }
            }
            out.push('"');
            if let Some(language) = &literal.language {
                out.push('@');
                out.push_str(language);
            } else if let Some(datatype) = &literal.datatype {
                out.push_str("^^");
                write_iri(out, datatype);
            }
        }
    }
}

fn write_iri(out: &mut String, iri: &str) {
    out.push('<');
    out.push_str(iri);
    out.push('>');
}

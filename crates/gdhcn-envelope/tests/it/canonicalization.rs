//! The published test suites of the canonical forms of JSON (RFC 8785) and RDF (RDFC-1.0).

use std::fs;

use gdhcn_envelope::rdf::canonical::{self, CanonicalError, Limits};
use gdhcn_envelope::rdf::{Literal, Quad, Term};
use gdhcn_envelope::{jcs, json};
use gdhcn_testkit::corpus;

#[test]
fn json_is_written_as_its_published_canonical_form() {
    let Some(folder) = corpus("json-canonicalization") else { return };
    let mut met = 0;
    for entry in fs::read_dir(folder.join("testdata/input")).unwrap() {
        let path = entry.unwrap().path();
        let input = fs::read(&path).unwrap();
        let output = folder.join("testdata/output").join(path.file_name().unwrap());
        let value = json::parse(&input, &json::Limits::default()).unwrap();
        assert_eq!(jcs::canonical(&value), fs::read_to_string(output).unwrap(), "{path:?}");
        met += 1;
    }
    println!("json-canonicalization: {met} met, 0 exceptions");
    assert_eq!(met, 6, "the corpus has changed");
}

/// Where the algorithm that the proofs use differs from the newer text: other escapes of control
/// characters, and SHA-384 in place of SHA-256.
const NEWER: [&str; 2] = ["test060", "test075"];
/// A graph made to take for ever.
const POISON: &str = "test074";

#[test]
fn statements_are_named_as_in_the_published_suite() {
    let Some(folder) = corpus("rdf-canon") else { return };
    let folder = folder.join("tests/rdfc10");
    let (mut met, mut exceptions) = (0, 0);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix("-in.nq") else { continue };
        let quads: Vec<Quad> =
            fs::read_to_string(&path).unwrap().lines().filter_map(quad).collect();
        let ours = canonical::n_quads(&quads, &Limits::default());
        if name == POISON {
            assert!(matches!(ours, Err(CanonicalError::TooComplex { .. })), "{ours:?}");
            met += 1;
            continue;
        }
        let expected = folder.join(format!("{name}-rdfc10.nq"));
        let Ok(expected) = fs::read_to_string(expected) else { continue };
        let fits = ours.as_deref() == Ok(expected.as_str());
        assert_eq!(fits, !NEWER.contains(&name), "{name}: {ours:?}");
        if fits { met += 1 } else { exceptions += 1 }
    }
    println!("rdf-canon: {met} met, {exceptions} exceptions (other escapes, other digest)");
    assert_eq!((met, exceptions), (63, 2), "the corpus has changed");
}

/// One line of N-Quads.
fn quad(line: &str) -> Option<Quad> {
    let mut rest = line.trim();
    if rest.is_empty() || rest.starts_with('#') {
        return None;
    }
    let subject = term(&mut rest);
    let Term::Iri(predicate) = term(&mut rest) else { panic!("{line}") };
    let object = term(&mut rest);
    let graph = (!rest.trim_start().starts_with('.')).then(|| term(&mut rest));
    Some(Quad { subject, predicate, object, graph })
}

fn term(rest: &mut &str) -> Term {
    *rest = rest.trim_start();
    let (term, end) = match rest.as_bytes()[0] {
        b'<' => {
            let end = rest.find('>').unwrap();
            (Term::Iri(unescaped(&rest[1..end])), end + 1)
        }
        b'_' => {
            let end = rest.find([' ', '\t', '.']).unwrap();
            (Term::Blank(rest[2..end].to_owned()), end)
        }
        b'"' => literal(rest),
        other => panic!("{}: {rest}", char::from(other)),
    };
    *rest = &rest[end..];
    term
}

fn literal(text: &str) -> (Term, usize) {
    let mut end = 1;
    while text.as_bytes()[end] != b'"' {
        end += if text.as_bytes()[end] == b'\\' { 2 } else { 1 };
    }
    let value = unescaped(&text[1..end]);
    let mut literal = Literal { value, datatype: None, language: None };
    end += 1;
    if text[end..].starts_with("^^<") {
        let close = end + text[end..].find('>').unwrap();
        let datatype = &text[end + 3..close];
        let plain = "http://www.w3.org/2001/XMLSchema#string";
        literal.datatype = (datatype != plain).then(|| datatype.to_owned());
        end = close + 1;
    } else if text[end..].starts_with('@') {
        let close = end + text[end..].find(' ').unwrap();
        literal.language = Some(text[end + 1..close].to_owned());
        end = close;
    }
    (Term::Literal(literal), end)
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next().unwrap() {
            't' => out.push('\t'),
            'b' => out.push('\u{8}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            'f' => out.push('\u{c}'),
            kind @ ('u' | 'U') => {
                let length = if kind == 'u' { 4 } else { 8 };
                let digits: String = chars.by_ref().take(length).collect();
                out.push(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap());
            }
            other => out.push(other),
        }
    }
    out
}

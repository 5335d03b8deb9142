//! The canonical N-Quads (RDF Dataset Canonicalization, 5) of a trust list and of its proof.
//!
//! Every node of a list is named by a DID, and the proof options are the one node without a name,
//! so the algorithm's work on blank nodes falls away: the canonical form is the sorted set of the
//! statements. What keeps this true is checked here: identifiers are absolute and hold no
//! character that ends an IRI, texts hold no control characters (the two published versions of
//! the algorithm escape them differently), and no member goes unread.

use std::collections::HashMap;

use super::{Document, Method};
use crate::jcs;
use crate::json::Object;

const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const RDF_JSON: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON";
const XSD_DATE_TIME: &str = "http://www.w3.org/2001/XMLSchema#dateTime";
const CREATED: &str = "http://purl.org/dc/terms/created";
const SECURITY: &str = "https://w3id.org/security#";

const DID_CONTEXT: &str = "https://www.w3.org/ns/did/v1";
const JWS_CONTEXT: &str = "https://w3id.org/security/suites/jws-2020/v1";
const NETWORK_CONTEXT: &str = "https://smart.who.int/trust/tng-context/v1";
/// Named by the lists of 2025. As published it defined nothing that they use.
const EMPTY_CONTEXT: &str =
    "https://worldhealthorganization.github.io/smart-trust/tng-additional-context/v1";

/// Value sets that the members of an entry point into.
const CODED_MEMBERS: [(&str, &str); 3] =
    [("domain", "Domains"), ("participant", "Participants"), ("keyusage", "KeyUsage")];

/// Which members of an entry the contexts of a document define.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// Version 1: the key only, and entries have nothing else.
    Keys,
    /// Version 2: domain, participant and key usage too, of this environment's value sets.
    Network { environment: &'static str },
    /// The lists of 2025: entries have the three members, but no context defines them.
    KeysAmongOthers,
}

impl Vocabulary {
    /// The vocabulary of a document with these contexts.
    ///
    /// The signature does not cover the contexts, and another context gives the same members
    /// another meaning. So only the known lists of contexts are taken.
    pub(super) fn of(document: &Document<'_>) -> Result<Self, UnsignedContent> {
        let contexts: Vec<&str> = document.contexts().collect();
        let unexpected = || UnsignedContent::Contexts { found: contexts.join(" ") };
        match contexts.as_slice() {
            [DID_CONTEXT, JWS_CONTEXT] => Ok(Self::Keys),
            [DID_CONTEXT, JWS_CONTEXT, EMPTY_CONTEXT] => Ok(Self::KeysAmongOthers),
            [DID_CONTEXT, JWS_CONTEXT, third] => {
                let environment = third
                    .strip_prefix(NETWORK_CONTEXT)
                    .and_then(|rest| rest.strip_suffix(".jsonld"))
                    .and_then(|name| ["", "-UAT", "-DEV"].into_iter().find(|known| *known == name))
                    .ok_or_else(unexpected)?;
                Ok(Self::Network { environment })
            }
            _ => Err(unexpected()),
        }
    }
}

/// The canonical form of a document without its proof.
pub(super) fn document(
    document: &Document<'_>,
    vocabulary: Vocabulary,
) -> Result<String, UnsignedContent> {
    if let Some(member) = document.surplus().first() {
        return Err(UnsignedContent::Member { of: "document", member: member.clone() });
    }
    let id = Iri::new("id", document.id())?;
    let controller = document
        .controller()
        .ok_or(UnsignedContent::Missing { of: "document", member: "controller" })?;
    let mut lines = Lines::default();
    lines.name(id, "controller", Iri::new("controller", controller)?);
    let mut entries: HashMap<&str, &Object<'_>> = HashMap::new();
    for method in document.methods() {
        match method {
            Method::Reference(reference) => {
                lines.name(id, "verificationMethod", Iri::new("verificationMethod", reference)?);
            }
            Method::Embedded(object) => {
                let name = lines.entry(object, vocabulary)?;
                lines.name(id, "verificationMethod", name);
                let first = *entries.entry(name.0).or_insert(object);
                // Statements about one name melt into one set, whatever object they stood in.
                if name.0 == document.id() || !same_but_for_domain(first, object) {
                    return Err(UnsignedContent::AmbiguousEntry { id: name.0.to_owned() });
                }
            }
            Method::Unreadable => {
                return Err(UnsignedContent::Member {
                    of: "document",
                    member: "verificationMethod (an item of another type)".to_owned(),
                });
            }
        }
    }
    Ok(lines.into_text())
}

/// The canonical form of the proof's options: the proof without `jws`.
pub(super) fn options(proof: &Object<'_>) -> Result<String, UnsignedContent> {
    const KNOWN: [&str; 7] =
        ["type", "created", "nonce", "domain", "proofPurpose", "verificationMethod", "jws"];
    refuse_other_members("proof", proof, |name| KNOWN.contains(&name))?;
    let mut lines = Lines::default();
    let node = Subject::Options;
    lines.push(node, CREATED, Term::Typed(text(proof, "proof", "created")?, XSD_DATE_TIME))?;
    for member in ["nonce", "domain"] {
        if proof.get(member).is_some() {
            let value = text(proof, "proof", member)?;
            lines.push(node, &format!("{SECURITY}{member}"), Term::Plain(value))?;
        }
    }
    expect(proof, "proof", "type", "JsonWebSignature2020")?;
    expect(proof, "proof", "proofPurpose", "assertionMethod")?;
    let method = Iri::new("verificationMethod", text(proof, "proof", "verificationMethod")?)?;
    lines.push(node, RDF_TYPE, Term::Security("JsonWebSignature2020"))?;
    lines.push(node, &format!("{SECURITY}proofPurpose"), Term::Security("assertionMethod"))?;
    lines.push(node, &format!("{SECURITY}verificationMethod"), Term::Name(method))?;
    Ok(lines.into_text())
}

/// The value of a member that must be a string.
pub(super) fn text<'o>(
    object: &'o Object<'_>,
    of: &'static str,
    member: &'static str,
) -> Result<&'o str, UnsignedContent> {
    object.text(member).ok_or(UnsignedContent::Missing { of, member })
}

fn expect(
    object: &Object<'_>,
    of: &'static str,
    member: &'static str,
    wanted: &'static str,
) -> Result<(), UnsignedContent> {
    match text(object, of, member)? {
        found if found == wanted => Ok(()),
        found => Err(UnsignedContent::Value { of, member, found: found.to_owned() }),
    }
}

fn refuse_other_members(
    of: &'static str,
    object: &Object<'_>,
    known: impl Fn(&str) -> bool,
) -> Result<(), UnsignedContent> {
    match object.members().find(|(name, _)| !known(name)) {
        Some((name, _)) => Err(UnsignedContent::Member { of, member: name.to_owned() }),
        None => Ok(()),
    }
}

fn same_but_for_domain(one: &Object<'_>, other: &Object<'_>) -> bool {
    let agree = |from: &Object<'_>, to: &Object<'_>| {
        from.members().all(|(name, value)| name == "domain" || to.get(name) == Some(value))
    };
    agree(one, other) && agree(other, one)
}

/// An absolute DID or DID URL that can stand between `<` and `>`.
#[derive(Clone, Copy)]
struct Iri<'a>(&'a str);

impl<'a> Iri<'a> {
    fn new(member: &'static str, text: &'a str) -> Result<Self, UnsignedContent> {
        let closed = |c: char| c <= ' ' || c == '\u{7f}' || "<>\"{}|^`\\".contains(c);
        // Anything but a DID might be relative, or a term of a context.
        if text.starts_with("did:") && !text.contains(closed) {
            return Ok(Self(text));
        }
        Err(UnsignedContent::Identifier { member, found: text.chars().take(200).collect() })
    }
}

#[derive(Clone, Copy)]
enum Subject<'a> {
    Named(Iri<'a>),
    Options,
}

enum Term<'a> {
    Name(Iri<'a>),
    Security(&'static str),
    Coded { set: &'a str, code: &'a str },
    Plain(&'a str),
    Typed(&'a str, &'static str),
}

/// Statements, in the order in which they were found.
#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn name(&mut self, subject: Iri<'_>, property: &str, object: Iri<'_>) {
        self.0.push(format!("<{}> <{SECURITY}{property}> <{}> .\n", subject.0, object.0));
    }

    fn push(
        &mut self,
        subject: Subject<'_>,
        predicate: &str,
        term: Term<'_>,
    ) -> Result<(), UnsignedContent> {
        let mut line = String::new();
        match subject {
            Subject::Named(iri) => write_all(&mut line, &["<", iri.0, ">"]),
            // The one node without a name gets the algorithm's first label.
            Subject::Options => line.push_str("_:c14n0"),
        }
        write_all(&mut line, &[" <", predicate, "> "]);
        match term {
            Term::Name(iri) => write_all(&mut line, &["<", iri.0, ">"]),
            Term::Security(name) => write_all(&mut line, &["<", SECURITY, name, ">"]),
            Term::Coded { set, code } => write_all(&mut line, &["<", set, "#", code, ">"]),
            Term::Plain(text) => write_literal(&mut line, text)?,
            Term::Typed(text, datatype) => {
                line.reserve(text.len() + text.len() / 8);
                write_literal(&mut line, text)?;
                write_all(&mut line, &["^^<", datatype, ">"]);
            }
        }
        line.push_str(" .\n");
        self.0.push(line);
        Ok(())
    }

    /// Adds the statements of an entry and returns its name.
    fn entry<'o>(
        &mut self,
        object: &'o Object<'_>,
        vocabulary: Vocabulary,
    ) -> Result<Iri<'o>, UnsignedContent> {
        const ENTRY: &str = "entry";
        refuse_other_members(ENTRY, object, |name| {
            matches!(name, "id" | "type" | "controller" | "publicKeyJwk")
                || vocabulary != Vocabulary::Keys
                    && CODED_MEMBERS.iter().any(|(member, _)| *member == name)
        })?;
        expect(object, ENTRY, "type", "JsonWebKey2020")?;
        let name = Iri::new("id", text(object, ENTRY, "id")?)?;
        let node = Subject::Named(name);
        self.push(node, RDF_TYPE, Term::Security("JsonWebKey2020"))?;
        self.name(name, "controller", Iri::new("controller", text(object, ENTRY, "controller")?)?);
        let missing = UnsignedContent::Missing { of: ENTRY, member: "publicKeyJwk" };
        let jwk = jcs::canonical_object(object.object("publicKeyJwk").ok_or(missing)?);
        self.push(node, &format!("{SECURITY}publicKeyJwk"), Term::Typed(&jwk, RDF_JSON))?;
        if let Vocabulary::Network { environment } = vocabulary {
            for (member, set) in CODED_MEMBERS {
                let set = format!("https://smart.who.int/trust/ValueSet-{set}{environment}.jsonld");
                let code = code(object, member)?;
                self.push(node, &set, Term::Coded { set: &set, code })?;
            }
        }
        Ok(name)
    }

    fn into_text(mut self) -> String {
        self.0.sort_unstable();
        self.0.dedup();
        self.0.concat()
    }
}

fn write_all(line: &mut String, parts: &[&str]) {
    for part in parts {
        line.push_str(part);
    }
}

/// The code in `{"code":"#CODE"}`. Without `#` the text would be another reference.
fn code<'o>(object: &'o Object<'_>, member: &'static str) -> Result<&'o str, UnsignedContent> {
    let missing = UnsignedContent::Missing { of: "entry", member };
    let coded = object.object(member).ok_or(missing.clone())?;
    refuse_other_members(member, coded, |name| name == "code")?;
    let found = coded.text("code").ok_or(missing)?;
    let is_plain = |code: &str| {
        !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    found.strip_prefix('#').filter(|code| is_plain(code)).ok_or_else(|| UnsignedContent::Value {
        of: "entry",
        member,
        found: found.to_owned(),
    })
}

fn write_literal(line: &mut String, text: &str) -> Result<(), UnsignedContent> {
    line.push('"');
    for c in text.chars() {
        match c {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            c if c.is_control() => {
                return Err(UnsignedContent::ControlCharacter {
                    text: text.chars().take(80).collect(),
                });
            }
            c => line.push(c),
        }
    }
    line.push('"');
    Ok(())
}

/// Content of a document that its proof does not sign, or not unambiguously.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsignedContent {
    /// The contexts are none of the known lists. They are not signed and give members meaning.
    #[error("the contexts are none that trust lists use: {found:?}")]
    Contexts {
        /// The contexts, separated by blanks.
        found: String,
    },
    /// A member that no context defines.
    #[error("the {of} has a member {member:?} that the proof does not sign")]
    Member {
        /// Document, entry or proof.
        of: &'static str,
        /// The member's name.
        member: String,
    },
    /// A member that must be there, and of this type, is not.
    #[error("the {of} has no usable member {member:?}")]
    Missing {
        /// Document, entry or proof.
        of: &'static str,
        /// The member's name.
        member: &'static str,
    },
    /// A member has a value that trust lists do not use.
    #[error("the member {member:?} of the {of} is {found:?}, which trust lists do not use")]
    Value {
        /// Document, entry or proof.
        of: &'static str,
        /// The member's name.
        member: &'static str,
        /// The value.
        found: String,
    },
    /// An identifier is no DID, or holds a character that an IRI cannot have.
    #[error("the identifier in {member:?} is not a DID: {found:?}")]
    Identifier {
        /// The member's name.
        member: &'static str,
        /// The identifier.
        found: String,
    },
    /// Two entries of one name differ, so that their statements cannot be told apart.
    #[error("two different entries have the name {id}")]
    AmbiguousEntry {
        /// The name.
        id: String,
    },
    /// A text holds a control character.
    #[error("a signed text holds a control character: {text:?}")]
    ControlCharacter {
        /// The text's beginning.
        text: String,
    },
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;

    const CONTEXTS: &str = r#"["https://www.w3.org/ns/did/v1","https://w3id.org/security/suites/jws-2020/v1","https://smart.who.int/trust/tng-context/v1-DEV.jsonld"]"#;

    fn canonical(text: &str) -> Result<String, UnsignedContent> {
        let parsed = Document::parse(text.as_bytes(), &Limits::default()).unwrap();
        document(&parsed, Vocabulary::of(&parsed)?)
    }

    fn list(entries: &str) -> String {
        format!(
            r#"{{"@context":{CONTEXTS},"id":"did:web:x:l","controller":"did:web:x","verificationMethod":[{entries}]}}"#
        )
    }

    fn entry(id: &str, jwk: &str, domain: &str) -> String {
        format!(
            r##"{{"id":"{id}","type":"JsonWebKey2020","controller":"did:web:x","publicKeyJwk":{jwk},"domain":{{"code":"#{domain}"}},"participant":{{"code":"#XXA"}},"keyusage":{{"code":"#DSC"}}}}"##
        )
    }

    #[test]
    fn an_entry_gives_seven_statements_in_code_point_order() {
        let text = list(&entry("did:web:x:l#k", r#"{"kty":"EC","kid":"a\"\\b","crv":"P"}"#, "DCC"));
        let expected = r#"<did:web:x:l#k> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/security#JsonWebKey2020> .
<did:web:x:l#k> <https://smart.who.int/trust/ValueSet-Domains-DEV.jsonld> <https://smart.who.int/trust/ValueSet-Domains-DEV.jsonld#DCC> .
<did:web:x:l#k> <https://smart.who.int/trust/ValueSet-KeyUsage-DEV.jsonld> <https://smart.who.int/trust/ValueSet-KeyUsage-DEV.jsonld#DSC> .
<did:web:x:l#k> <https://smart.who.int/trust/ValueSet-Participants-DEV.jsonld> <https://smart.who.int/trust/ValueSet-Participants-DEV.jsonld#XXA> .
<did:web:x:l#k> <https://w3id.org/security#controller> <did:web:x> .
<did:web:x:l#k> <https://w3id.org/security#publicKeyJwk> "{\"crv\":\"P\",\"kid\":\"a\\\"\\\\b\",\"kty\":\"EC\"}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON> .
<did:web:x:l> <https://w3id.org/security#controller> <did:web:x> .
<did:web:x:l> <https://w3id.org/security#verificationMethod> <did:web:x:l#k> .
"#;
        assert_eq!(canonical(&text).unwrap(), expected);
    }

    #[test]
    fn an_empty_list_still_says_who_controls_it() {
        assert_eq!(
            canonical(&list("")).unwrap(),
            "<did:web:x:l> <https://w3id.org/security#controller> <did:web:x> .\n"
        );
    }

    #[test]
    fn order_and_exact_repetition_of_entries_do_not_matter() {
        let (a, b) = (entry("did:web:x:l#a", "{}", "DCC"), entry("did:web:x:l#b", "{}", "DCC"));
        assert_eq!(
            canonical(&list(&format!("{a},{b}"))),
            canonical(&list(&format!("{b},{a},{a}")))
        );
    }

    #[test]
    fn one_certificate_in_two_domains_is_clear_but_two_keys_of_one_name_are_not() {
        let a = entry("did:web:x:l#a", "{}", "DCC");
        let in_another_domain = entry("did:web:x:l#a", "{}", "PH4H");
        let of_another_key = entry("did:web:x:l#a", r#"{"kty":"EC"}"#, "DCC");
        assert!(canonical(&list(&format!("{a},{in_another_domain}"))).is_ok());
        assert_eq!(
            canonical(&list(&format!("{a},{of_another_key}"))),
            Err(UnsignedContent::AmbiguousEntry { id: "did:web:x:l#a".to_owned() })
        );
        assert!(canonical(&list(&entry("did:web:x:l", "{}", "DCC"))).is_err());
    }

    #[test]
    fn refuses_what_no_context_defines() {
        let good = entry("did:web:x:l#a", "{}", "DCC");
        let cases = [
            list(&good).replacen("\"id\"", "\"service\":[],\"id\"", 1),
            list(&good.replacen("\"id\"", "\"status\":1,\"id\"", 1)),
            list(&good.replacen("\"#DCC\"", "\"DCC\"", 1)),
            list(&good.replacen("{\"code\":\"#DCC\"}", "\"#DCC\"", 1)),
            list(&good.replacen("\"#DCC\"", "\"#DCC\",\"x\":1", 1)),
            list(&good.replacen("JsonWebKey2020", "Multikey", 1)),
            list(&good.replacen("#a", "#a> <x> <y", 1)),
            list(&good.replacen("did:web:x:l#a", "#a", 1)),
            list(&entry("did:web:x:l#a", r#"{"e":"\u007f"}"#, "DCC")),
            list(&good).replacen("v1-DEV", "v2", 1),
            list(&good).replacen("\"controller\":\"did:web:x\",\"v", "\"v", 1),
            list("7"),
        ];
        let refusals: Vec<String> =
            cases.iter().map(|text| canonical(text).expect_err(text).to_string()).collect();
        assert_eq!(
            refusals,
            [
                "the document has a member \"service\" that the proof does not sign",
                "the entry has a member \"status\" that the proof does not sign",
                "the member \"domain\" of the entry is \"DCC\", which trust lists do not use",
                "the entry has no usable member \"domain\"",
                "the domain has a member \"x\" that the proof does not sign",
                "the member \"type\" of the entry is \"Multikey\", which trust lists do not use",
                "the identifier in \"id\" is not a DID: \"did:web:x:l#a> <x> <y\"",
                "the identifier in \"id\" is not a DID: \"#a\"",
                "a signed text holds a control character: \"{\\\"e\\\":\\\"\\u{7f}\\\"}\"",
                "the contexts are none that trust lists use: \"https://www.w3.org/ns/did/v1 https://w3id.org/security/suites/jws-2020/v1 https://smart.who.int/trust/tng-context/v2.jsonld\"",
                "the document has no usable member \"controller\"",
                "the document has a member \"verificationMethod (an item of another type)\" that the proof does not sign",
            ]
        );
    }
}

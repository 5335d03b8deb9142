//! The lists that WHO publishes, made again from their own entries and compared byte by byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use gdhcn_codes::Domain;
use gdhcn_envelope::linked_data::{Document, Limits, Method, without_proof};
use gdhcn_trust::did;
use gdhcn_trust::did::publish::{
    CodedMembers, Environment, Form, ListedIssuer, ListedKey, Tree, Version1, Version2,
};

/// A published list, taken apart.
struct Parts {
    keys: Vec<ListedKey>,
    /// The kids of entries whose key our own readers refuse: the curve brainpoolP256r1.
    unreadable: Vec<String>,
    references: Vec<String>,
}

fn take_apart(text: &[u8]) -> Parts {
    let document = Document::parse(text, &Limits::default()).unwrap();
    let mut parts = Parts { keys: Vec::new(), unreadable: Vec::new(), references: Vec::new() };
    for (name, entry) in did::read(&document) {
        match entry {
            Ok(entry) => parts.keys.push(ListedKey {
                code: entry.participant_code.parse().unwrap(),
                domain: entry.domain.unwrap_or_else(Domain::dcc),
                usage: entry.usage,
                kid: entry.kid_text,
                certificate: entry.certificate.unwrap(),
                issuers: entry.issuers,
            }),
            Err(did::EntryError::Reference) => parts.references.push(name),
            Err(error) => {
                println!("{name}: {error}");
                parts.unreadable.push(name.split_once('#').unwrap().1.to_owned());
            }
        }
    }
    parts
}

/// The published document without its proof, and without the entries that cannot be read.
fn unsigned(path: &Path, without: &[String]) -> Option<String> {
    let mut text = without_proof(&fs::read_to_string(path).ok()?).unwrap();
    for kid in without {
        if let Some(at) = text.find(&format!("#{kid}\"")) {
            let start = text[..at].rfind("{\"id\":").unwrap();
            let end = start + 1 + text[start + 1..].find(",{\"id\":").unwrap() + 1;
            text.replace_range(start..end, "");
        }
    }
    Some(text)
}

fn issuer(code: &str, domain: &str, did: &str) -> ListedIssuer {
    ListedIssuer {
        code: code.parse().unwrap(),
        domain: domain.parse().unwrap(),
        did: did.to_owned(),
    }
}

#[test]
fn every_document_of_the_version_2_lists_comes_out_byte_for_byte() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let dev_list = "did:web:tng-cdn-dev.who.int:trustlist";
    // How many documents each tree has, and how many of those with keys the corpus has. Two of UAT
    // are there for the one key alone that cannot be read.
    for (list, host, environment, issuers, paths, embedded) in [
        (
            "prod",
            "tng-cdn",
            Environment::Production,
            vec![issuer("WHO", "DCC", dev_list)],
            225,
            116,
        ),
        ("uat", "tng-cdn-uat", Environment::Uat, vec![issuer("WHO", "DCC", dev_list)], 309, 41),
        (
            "dev",
            "tng-cdn-dev",
            Environment::Dev,
            vec![issuer("WHO", "DCC", dev_list), issuer("DEU", "DDCC", "did:web:example.com")],
            442,
            80,
        ),
    ] {
        let root = corpus.join(list);
        let parts = take_apart(&fs::read(root.join("v2/trustlist/did.json")).unwrap());
        assert!(parts.references.is_empty());
        let documents = Tree { keys: &parts.keys, issuers: &issuers }
            .version_2(&Version2 {
                did: format!("did:web:{host}.who.int:v2"),
                environment,
                form: Form::Reference,
                members: CodedMembers::Objects,
            })
            .unwrap();
        assert_eq!(documents.len(), 2 * paths, "{list}: documents as published");
        let (mut equal, mut referring) = (0, 0);
        for document in &documents {
            let Some(published) = unsigned(&root.join(&document.path), &parts.unreadable) else {
                continue;
            };
            if document.id.contains(":trustlist-ref") {
                let found = references(document.text.as_bytes());
                let published = references(published.as_bytes());
                // Their order is a hash set's. They leave out participants that have but another
                // publisher's list, although these have documents ...
                for ours in found.difference(&published) {
                    assert!(ours.ends_with(":WHO") || ours.ends_with(":DEU"), "{ours}");
                }
                // ... and name some that have none.
                for dangling in published.difference(&found) {
                    let path = did::web::Location::of(dangling).unwrap().path();
                    let elsewhere =
                        !dangling.contains(":trustlist-ref:") || dangling.ends_with(":PRT:DSC");
                    assert!(elsewhere || !root.join(path).exists(), "{}: {dangling}", document.id);
                }
                referring += 1;
            } else {
                assert!(published == document.text, "{list}: {} differs", document.id);
                equal += 1;
            }
        }
        println!("{list}: {equal} equal byte for byte, {referring} of references");
        assert_eq!(equal, embedded, "{list}");
        assert!(referring > 0);
    }
}

fn references(text: &[u8]) -> BTreeSet<String> {
    let document = Document::parse(text, &Limits::default()).unwrap();
    let reference = |method: &Method<'_>| match method {
        Method::Reference(did) => did.clone().into_owned(),
        _ => panic!("a key in a list of references"),
    };
    document.methods().iter().map(reference).collect()
}

#[test]
fn the_version_1_lists_come_out_byte_for_byte() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    for (list, host) in [
        ("prod", "tng-cdn"),
        ("uat", "tng-cdn-uat"),
        ("dev", "tng-cdn-dev"),
        ("dev-2025-11-12", "tng-cdn-dev"),
    ] {
        let path = corpus.join(list).join("trustlist/did.json");
        let parts = take_apart(&fs::read(&path).unwrap());
        let issuers: Vec<_> =
            parts.references.iter().map(|did| issuer("WHO", "DCC", did)).collect();
        let documents = Tree { keys: &parts.keys, issuers: &issuers }
            .version_1(&Version1 {
                did: format!("did:web:{host}.who.int:trustlist"),
                form: Form::Reference,
                participants: BTreeSet::new(),
            })
            .unwrap();
        let [document] = documents.as_slice() else { panic!("one document") };
        assert_eq!(document.path, "trustlist/did.json");
        let published = unsigned(&path, &parts.unreadable).unwrap();
        let differs = published.bytes().zip(document.text.bytes()).position(|(a, b)| a != b);
        assert!(
            published == document.text,
            "{list} differs at {differs:?}: {} and {}",
            published
                .get(differs.unwrap_or(0)..)
                .unwrap_or_default()
                .chars()
                .take(300)
                .collect::<String>(),
            document
                .text
                .get(differs.unwrap_or(0)..)
                .unwrap_or_default()
                .chars()
                .take(300)
                .collect::<String>(),
        );
        println!("{list}: {} entries, {} bytes", parts.keys.len(), published.len());
    }
}

#[test]
fn the_lists_of_2025_with_texts_for_members_come_out_too() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let root = corpus.join("dev-2025-11-12");
    let parts = take_apart(&fs::read(root.join("v2/trustlist/did.json")).unwrap());
    let documents = Tree { keys: &parts.keys, issuers: &[] }
        .version_2(&Version2 {
            did: "did:web:tng-cdn-dev.who.int:v2".to_owned(),
            environment: Environment::Dev,
            form: Form::Reference,
            members: CodedMembers::Texts,
        })
        .unwrap();
    let by_path: BTreeMap<_, _> =
        documents.iter().map(|document| (document.path.as_str(), &document.text)).collect();
    for path in ["v2/trustlist/did.json", "v2/trustlist/DCC/did.json", "v2/trustlist/PH4H/did.json"]
    {
        assert_eq!(Some(by_path[path]), unsigned(&root.join(path), &[]).as_ref(), "{path}");
    }
}

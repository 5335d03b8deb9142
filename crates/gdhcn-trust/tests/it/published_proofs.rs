//! Every published document of WHO's lists: its proof, alone and by reference.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use gdhcn_codes::{KeyUsage, Participant};
use gdhcn_trust::did::EntryError;
use gdhcn_trust::did::web::Location;
use gdhcn_trust::{ProofStatus, Refusal, TrustStore, TrustStoreBuilder};
use serde_json::Value;

use crate::network::BACKEND;

fn expected(corpus: &Path) -> Value {
    serde_json::from_slice(&fs::read(corpus.join("expected.json")).unwrap()).unwrap()
}

#[test]
fn the_proof_of_every_published_document_verifies_with_its_pinned_key() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let expected = expected(&corpus);
    let documents = expected.as_object().unwrap();
    let (mut met, mut observed) = (0, 0);
    for (path, facts) in documents {
        let mut builder = TrustStoreBuilder::new(BACKEND);
        builder.add_did_document(path, &fs::read(corpus.join(path)).unwrap());
        let store = builder.build();
        let source = &store.sources()[0];
        let ProofStatus::Verified { method, .. } = &source.proof else {
            panic!("{path}: {}", source.proof)
        };
        assert_eq!(method, facts["proof_key"].as_str().unwrap(), "{path}");
        assert_eq!(source.created.unwrap().to_string(), facts["created"].as_str().unwrap());
        assert_eq!(source.keys + source.refused, facts["entries"].as_u64().unwrap() as usize);
        match facts["proof_valid"].as_bool() {
            Some(valid) => met += usize::from(valid),
            None => observed += 1,
        }
    }
    println!(
        "tng-cdn proofs: {} documents, {met} met, {observed} of version 1 verify with a key that \
         was only observed",
        documents.len()
    );
    assert_eq!((documents.len(), met, observed), (1224, 1220, 4));
}

/// A mirror of one host, in folders.
fn mirror(root: &Path) -> impl FnMut(&str) -> Option<Vec<u8>> {
    move |did| fs::read(root.join(Location::of(did).ok()?.path())).ok()
}

fn by_reference(corpus: &Path, list: &str) -> TrustStore {
    let root = corpus.join(list);
    let text = fs::read(root.join("v2/trustlist-ref/did.json")).unwrap();
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_did_documents(list, &text, &mut mirror(&root));
    builder.build()
}

#[test]
fn a_list_of_references_gives_what_the_embedded_list_gives() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let facts = |store: &TrustStore| {
        let mut facts: Vec<_> = store
            .keys()
            .iter()
            .map(|key| {
                let domain = key.domain.as_ref().map(ToString::to_string);
                let thumbprint = key.certificate().map(|one| one.thumbprint().to_string());
                (
                    key.kid.clone(),
                    key.usage.as_str(),
                    key.participant_code.clone(),
                    domain,
                    thumbprint,
                )
            })
            .collect();
        facts.sort();
        facts
    };
    for list in ["prod", "uat", "dev"] {
        let mut builder = TrustStoreBuilder::new(BACKEND);
        let text = fs::read(corpus.join(list).join("v2/trustlist/did.json")).unwrap();
        builder.add_did_document(list, &text);
        let embedded = builder.build();

        let started = Instant::now();
        let store = by_reference(&corpus, list);
        let took = started.elapsed();
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for refused in store.refused() {
            *reasons.entry(refused.reason.to_string()).or_default() += 1;
        }
        println!("{list} by reference: {} keys in {took:?}; {reasons:#?}", store.keys().len());
        assert!(matches!(store.sources()[0].proof, ProofStatus::Verified { .. }));
        for refused in store.refused() {
            let expected = match &refused.reason {
                Refusal::OtherHost => {
                    refused.name.starts_with("did:web:tng-cdn-dev.who.int:trustlist")
                        || refused.name.starts_with("did:web:example.com")
                }
                Refusal::NotAtHand | Refusal::ToItself => true,
                Refusal::Entry(EntryError::CertificateKey(_)) => list == "uat",
                _ => false,
            };
            assert!(expected, "{list}: {}: {}", refused.name, refused.reason);
        }
        let (found, published) = (facts(&store), facts(&embedded));
        if list == "dev" {
            // The corpus lacks most of its leaves; and it refers to its own version 1 list, whose
            // entries name no domain.
            let of_version_2 = found.iter().filter(|(_, _, _, domain, _)| domain.is_some());
            assert!(of_version_2.clone().count() > 60);
            assert!(of_version_2.into_iter().all(|key| published.contains(key)));
        } else {
            assert_eq!(found, published, "{list}");
        }
    }
}

#[test]
fn the_registry_of_2022_says_whose_key_it_is_in_each_format() {
    let Some(corpus) = gdhcn_testkit::corpus("ddcc-trust") else { return };
    let load = |path: &str| {
        let mut builder = TrustStoreBuilder::new(BACKEND);
        builder.add_did_document(path, &fs::read(corpus.join(path)).unwrap());
        builder.build()
    };
    let store = load("dist/prod/s/ml/e/did.json");
    assert!(matches!(store.sources()[0].proof, ProofStatus::Unpinned { .. }));
    let called = |name: &str| store.called(name).count();
    assert_eq!(called("did:india"), 1);
    assert_eq!(called("https://covid19.quebec.ca/PreuveVaccinaleApi/issuer"), 2);
    let authorities = |code| store.authorities(Participant::parse(code).unwrap()).count();
    assert_eq!((authorities("AU"), authorities("JP")), (1, 1));
    // Named by the thumbprint of its certificate, found by its kid.
    let named_by_thumbprint = store
        .keys()
        .iter()
        .filter(|key| key.kid_text.as_deref().is_some_and(|kid| kid.len() == 64));
    let mut count = 0;
    for key in named_by_thumbprint {
        assert_eq!(Some(&key.kid), key.certificate().map(|one| one.kid()).as_ref());
        assert!(key.usage == KeyUsage::Dsc && key.participant.is_some(), "{key:?}");
        count += 1;
    }
    println!("ddcc-trust prod: {} keys, {count} named by a thumbprint", store.keys().len());
    assert!(count > 0);

    for (list, references) in [("prod", 654), ("test", 802)] {
        let store = load(&format!("dist/{list}/s/ml/r/did.json"));
        assert_eq!((store.keys().len(), store.refused().len()), (0, references));
        let reference = Refusal::Entry(EntryError::Reference);
        assert!(store.refused().iter().all(|refused| refused.reason == reference));
    }
}

#[test]
fn other_files_beside_the_lists_are_refused_with_a_reason() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let mut seen = 0;
    for entry in fs::read_dir(corpus.join("dev")).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut builder = TrustStoreBuilder::new(BACKEND);
        builder.add_did_document(&name, &fs::read(&path).unwrap());
        let store = builder.build();
        let reasons: Vec<String> =
            store.refused().iter().map(|refused| refused.reason.to_string()).take(2).collect();
        println!(
            "dev/{name}: {} keys, {} refused, {} {reasons:?}",
            store.keys().len(),
            store.refused().len(),
            store.sources()[0].proof
        );
        assert!(store.keys().len() + store.refused().len() > 0);
        seen += 1;
    }
    assert_eq!(seen, 15);
}

//! Lists of references whose documents are written here.

use std::collections::HashMap;

use gdhcn_trust::{Refusal, TrustStore, TrustStoreBuilder};

use crate::network::BACKEND;

// The base point of P-256 (FIPS 186-4, D.1.2.3).
const JWK: &str = r#"{"kty":"EC","crv":"P-256","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}"#;

fn document(did: &str, methods: &[String]) -> (String, Vec<u8>) {
    let text = format!(r#"{{"id":"{did}","verificationMethod":[{}]}}"#, methods.join(","));
    (did.to_owned(), text.into_bytes())
}

fn reference(did: &str) -> String {
    format!("{did:?}")
}

fn key(did: &str, kid: &str) -> String {
    format!(r#"{{"id":"{did}#{kid}","publicKeyJwk":{JWK}}}"#)
}

fn load(documents: &[(String, Vec<u8>)], builder: TrustStoreBuilder) -> TrustStore {
    let mut builder = builder;
    let mut others: HashMap<String, Vec<u8>> = documents.iter().cloned().collect();
    builder.add_did_documents("list", &documents[0].1, &mut |did| others.remove(did));
    builder.build()
}

fn report(store: &TrustStore) -> Vec<String> {
    let keys = store.keys().iter().map(|key| key.id.clone());
    let refused = store.refused().iter();
    keys.chain(refused.map(|entry| format!("{}: {}", entry.name, entry.reason))).collect()
}

#[test]
fn each_reference_is_followed_once_or_refused_with_its_reason() {
    let documents = [
        document(
            "did:web:h:ref",
            &[
                reference("did:web:h:a"),
                reference("did:web:h:a"),
                reference("did:web:h:absent"),
                reference("did:web:other:a"),
                reference("did:web:h:.."),
                reference("did:web:h:renamed"),
                reference("did:web:h:garbage"),
                reference("did:web:h:two#wanted%3D"),
            ],
        ),
        // A circle, and the same key under another document's name.
        document("did:web:h:a", &[key("did:web:h:a", "one"), reference("did:web:h:b")]),
        document("did:web:h:b", &[key("did:web:h:b", "one"), reference("did:web:h:ref")]),
        document(
            "did:web:h:two",
            &[key("did:web:h:two", "wanted="), key("did:web:h:two", "other")],
        ),
        ("did:web:h:renamed".to_owned(), document("did:web:h:b", &[]).1),
        ("did:web:h:garbage".to_owned(), b"{".to_vec()),
    ];
    let store = load(&documents, TrustStoreBuilder::new(BACKEND));
    insta::assert_snapshot!(report(&store).join("\n"));
}

/// Five documents, each of which refers to the next.
fn chain() -> Vec<(String, Vec<u8>)> {
    (0..5)
        .map(|n| document(&format!("did:web:h:{n}"), &[reference(&format!("did:web:h:{}", n + 1))]))
        .collect()
}

#[test]
fn the_limit_on_documents_can_be_hit() {
    let documents = chain();
    let mut limits = gdhcn_trust::Limits::default();
    limits.count.documents = 3;
    let store = load(&documents, TrustStoreBuilder::new(BACKEND).with_limits(limits));
    let [refused] = store.refused() else { panic!("{:?}", store.refused()) };
    assert_eq!(
        (refused.name.as_str(), &refused.reason),
        ("did:web:h:4", &Refusal::TooMany { limit: 3 })
    );
}

#[test]
fn the_limit_on_the_documents_bytes_can_be_hit() {
    let documents = chain();
    let mut limits = gdhcn_trust::Limits::default();
    let limit = documents[1..3].iter().map(|(_, text)| text.len()).sum();
    limits.count.document_bytes = limit;
    let store = load(&documents, TrustStoreBuilder::new(BACKEND).with_limits(limits));
    let [refused] = store.refused() else { panic!("{:?}", store.refused()) };
    assert_eq!(
        (refused.name.as_str(), &refused.reason),
        ("did:web:h:3", &Refusal::TooMuch { limit })
    );
}

//! The trust lists that WHO publishes: every proof, every entry.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Instant;

use gdhcn_codes::KeyUsage;
use gdhcn_crypto::KeyError;
use gdhcn_envelope::linked_data::{Coverage, Document, Limits, Proof, SignatureForm};
use gdhcn_trust::did::{EntryError, Provenance};
use gdhcn_trust::{Chain, ProofStatus, Refusal, TrustStore, TrustStoreBuilder};
use serde_json::Value;

use crate::network::BACKEND;

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn load(path: &Path) -> TrustStore {
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_did_document("list", &fs::read(path).unwrap());
    builder.build()
}

/// Every document of the corpus against what an independent checker found.
#[test]
fn every_published_proof_verifies_as_expected() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let expected = json(&corpus.join("expected.json"));
    let mut table: BTreeMap<String, u32> = BTreeMap::new();
    for (file, expected) in expected.as_object().unwrap() {
        let text = fs::read(corpus.join(file)).unwrap();
        let document = Document::parse(&text, &Limits::default()).unwrap();
        assert_eq!(Some(document.id()), expected["id"].as_str(), "{file}");
        assert_eq!(Some(document.methods().len() as u64), expected["entries"].as_u64(), "{file}");
        let proof = Proof::of(&document).unwrap_or_else(|error| panic!("{file}: {error}")).unwrap();
        let form = match expected["signature_encoding"].as_str().unwrap() {
            "DER" => SignatureForm::Der,
            _ => SignatureForm::Fixed,
        };
        assert_eq!(proof.signature_form(), form, "{file}");
        assert_eq!(proof.created(), expected["created"].as_str().unwrap().parse().unwrap());

        let store = load(&corpus.join(file));
        let [source] = store.sources() else { panic!("{file}: one source") };
        let ProofStatus::Verified { provenance, coverage, .. } = &source.proof else {
            panic!("{file}: {}", source.proof)
        };
        let of_2025 = file.starts_with("dev-2025") && file.contains("/v2/");
        assert_eq!(*coverage == Coverage::KeysOnly, of_2025, "{file}");
        // No one vouches for the version 1 keys, so the independent checker leaves them open.
        assert_eq!(*provenance == Provenance::Observed, expected["proof_valid"].is_null());
        let (environment, rest) = file.split_once('/').unwrap();
        let version = if rest.starts_with("v2/") { "v2" } else { "v1" };
        *table
            .entry(format!("{environment:15} {version} {:16} {coverage:?}", provenance.as_str()))
            .or_default() += 1;
    }
    for (row, count) in &table {
        println!("{row:55} {count:5}");
    }
    assert_eq!(
        table.into_iter().collect::<Vec<_>>(),
        [
            ("dev             v1 observed         Everything".to_owned(), 1),
            ("dev             v2 published        Everything".to_owned(), 522),
            ("dev-2025-11-12  v1 observed         Everything".to_owned(), 1),
            ("dev-2025-11-12  v2 published        KeysOnly".to_owned(), 5),
            ("prod            v1 observed         Everything".to_owned(), 1),
            ("prod            v2 published-once   Everything".to_owned(), 341),
            ("uat             v1 observed         Everything".to_owned(), 1),
            ("uat             v2 published-once   Everything".to_owned(), 352),
        ]
    );
}

/// What a root list holds: entries by usage, and chains from DSC and DESC to an authority.
#[derive(Debug, PartialEq, Eq)]
struct Figures {
    refused: usize,
    participants: usize,
    unknown_participant: usize,
    sca: usize,
    dsc: usize,
    deca: usize,
    desc: usize,
    verified: usize,
    not_done: usize,
    broken: usize,
}

fn figures(store: &TrustStore) -> Figures {
    let of = |usage| store.keys().iter().filter(|key| key.usage == usage).count();
    let chain =
        |wanted: fn(&Chain) -> bool| store.keys().iter().filter(|key| wanted(key.chain())).count();
    let codes: BTreeSet<_> = store.keys().iter().map(|key| &key.participant_code).collect();
    Figures {
        refused: store.refused().len(),
        participants: codes.len(),
        unknown_participant: store.keys().iter().filter(|key| key.participant.is_none()).count(),
        sca: of(KeyUsage::Sca),
        dsc: of(KeyUsage::Dsc),
        deca: of(KeyUsage::Deca),
        desc: of(KeyUsage::Desc),
        verified: chain(|chain| matches!(chain, Chain::VerifiedBy(_))),
        not_done: chain(|chain| matches!(chain, Chain::NotDone { .. })),
        broken: chain(|chain| matches!(chain, Chain::Broken { .. })),
    }
}

/// Chain outcomes without the names in them.
fn chain_reasons(store: &TrustStore) -> BTreeMap<String, u32> {
    store.keys().iter().fold(BTreeMap::new(), |mut all, key| {
        if let Chain::NotDone { reason } | Chain::Broken { reason } = key.chain() {
            let reason = reason.to_string();
            let kind = reason.split_once(" (").map_or(reason.as_str(), |(kind, _)| kind);
            *all.entry(kind.to_owned()).or_default() += 1;
        }
        all
    })
}

#[test]
fn every_entry_of_the_root_lists_is_a_key_or_is_named_with_its_reason() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    // refused, participants, unknown; SCA, DSC, DECA, DESC; chain verified, not done, broken
    let lists = [
        ("prod/v2/trustlist/did.json", [0, 36, 0, 61, 438, 2, 0, 433, 5, 0]),
        ("uat/v2/trustlist/did.json", [1, 54, 0, 87, 92, 1, 0, 90, 2, 0]),
        ("dev/v2/trustlist/did.json", [0, 58, 0, 139, 109, 4, 3, 110, 2, 0]),
        ("dev-2025-11-12/v2/trustlist/did.json", [0, 51, 0, 102, 79, 3, 3, 81, 1, 0]),
        ("prod/trustlist/did.json", [0, 33, 0, 0, 438, 0, 0, 406, 32, 0]),
        ("uat/trustlist/did.json", [1, 29, 8, 0, 92, 0, 0, 88, 4, 0]),
        ("dev/trustlist/did.json", [5, 106, 1, 0, 368, 0, 0, 94, 274, 0]),
        ("dev-2025-11-12/trustlist/did.json", [5, 86, 40, 0, 338, 0, 0, 75, 263, 0]),
    ];
    for (list, expected) in lists {
        let text = fs::read(corpus.join(list)).unwrap();
        let started = Instant::now();
        let mut builder = TrustStoreBuilder::new(BACKEND);
        builder.add_did_document(list, &text);
        let store = builder.build();
        let loaded = started.elapsed();

        // Each entry is accounted for by its own name.
        let mut published: Vec<String> = json(&corpus.join(list))["verificationMethod"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["id"].as_str().or(entry.as_str()).unwrap().to_owned())
            .collect();
        let mut found: Vec<String> = store.keys().iter().map(|key| key.id.clone()).collect();
        found.extend(store.refused().iter().map(|refused| refused.name.clone()));
        published.sort();
        found.sort();
        assert_eq!(found, published, "{list}");

        let [
            refused,
            participants,
            unknown_participant,
            sca,
            dsc,
            deca,
            desc,
            verified,
            not_done,
            broken,
        ] = expected;
        println!("{list} ({} ms)\n  {:?}", loaded.as_millis(), figures(&store));
        for refused in store.refused() {
            println!("  refused {}: {}", refused.name, refused.reason);
        }
        for (reason, count) in chain_reasons(&store) {
            println!("  chain {count:4}: {reason}");
        }
        assert_eq!(
            figures(&store),
            Figures {
                refused,
                participants,
                unknown_participant,
                sca,
                dsc,
                deca,
                desc,
                verified,
                not_done,
                broken
            },
            "{list}"
        );
        assert!(store.keys().iter().all(|key| key.verifier().is_ok()));
        for refused in store.refused() {
            assert!(matches!(
                refused.reason,
                Refusal::Entry(
                    EntryError::Reference
                        | EntryError::CertificateKey(KeyError::UnsupportedCurve { .. })
                )
            ));
        }
    }
}

#[test]
fn all_certificates_of_a_double_kid_are_kept() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let audit = json(&corpus.join("audit.json"));
    for (list, audit) in audit.as_object().unwrap() {
        let store = load(&corpus.join(list));
        let mut doubles: Vec<String> = store
            .keys()
            .iter()
            .filter(|key| store.named(&key.kid).len() > 1)
            .map(|key| key.kid.to_base64())
            .collect();
        doubles.dedup();
        let mut expected: Vec<String> = audit["duplicate_kids"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kid| kid.as_str().unwrap().to_owned())
            .collect();
        expected.sort();
        doubles.sort();
        assert_eq!(doubles, expected, "{list}");
        // The same certificate stands as an authority and as a document signer.
        for kid in store.keys().iter().map(|key| &key.kid) {
            assert!(store.candidates(kid).all(|key| key.usage == KeyUsage::Dsc));
        }
    }
}

#[test]
fn expired_certificates_are_counted_and_kept() {
    use gdhcn_envelope::x509::Validity;

    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let at = "2026-08-22T00:00:00Z".parse().unwrap();
    for (list, expired) in [("prod", 314), ("uat", 76), ("dev", 20)] {
        let store = load(&corpus.join(list).join("v2/trustlist/did.json"));
        let found =
            store.keys().iter().filter(|key| key.validity_at(at) == Some(Validity::Expired));
        assert_eq!(found.count(), expired, "{list}");
    }
}

#[test]
fn one_changed_letter_refuses_the_whole_list() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let text = fs::read_to_string(corpus.join("prod/v2/trustlist/did.json")).unwrap();
    let changed = text.replacen("#CSCA", "#DECA", 1);
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_did_document("list", changed.as_bytes());
    let store = builder.build();
    assert_eq!((store.keys().len(), store.refused().len()), (0, 501));
    assert!(store.refused().iter().all(|one| matches!(one.reason, Refusal::BrokenProof(_))));
    assert!(matches!(store.sources()[0].proof, ProofStatus::Broken { .. }));
}

/// The registry of 2022 has other paths, other proofs and keys without certificates.
#[test]
fn foreign_did_lists_load_without_a_checked_proof() {
    let Some(corpus) = gdhcn_testkit::corpus("ddcc-trust") else { return };
    for (list, entries) in [("prod", 654), ("test", 802)] {
        let store = load(&corpus.join(format!("dist/{list}/s/ml/e/did.json")));
        let reasons: BTreeMap<String, u32> =
            store.refused().iter().fold(BTreeMap::new(), |mut all, refused| {
                *all.entry(refused.reason.to_string()).or_default() += 1;
                all
            });
        println!("ddcc-trust {list}: {} keys, refused {reasons:#?}", store.keys().len());
        assert_eq!(store.keys().len() + store.refused().len(), entries);
        assert!(matches!(store.sources()[0].proof, ProofStatus::Unpinned { .. }));
    }
}

//! Trust stores as signed files.

use std::fs;

use gdhcn_codes::Participant;
use gdhcn_crypto::{Curve, KeyKind, RsaSize, Signer, SoftwareKey};
use gdhcn_trust::did::{PinnedKey, Provenance};
use gdhcn_trust::snapshot::{self, Contents, Limits, Snapshot, SnapshotError, key_thumbprint};
use gdhcn_trust::{Chain, ProofStatus, TrustStore, TrustStoreBuilder};
use jiff::Timestamp;

use crate::network::{BACKEND, Party, at};

fn signing_key() -> SoftwareKey {
    SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap()
}

fn made() -> Timestamp {
    "2026-11-01T12:00:00Z".parse().unwrap()
}

/// A store with something of everything.
fn store() -> TrustStore {
    let party = Party::new("XXA");
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_certificates("sca.der", party.sca.certificate.der());
    builder.add_certificates("dsc.der", party.dsc.certificate.der());
    let key = SoftwareKey::generate(KeyKind::Ed25519).unwrap();
    let pem = gdhcn_envelope::pem::encode("PUBLIC KEY", &key.public_key().to_spki_der());
    builder.add_named_keys("india.pem", "did:india", pem.as_bytes());
    builder.fetched_at(Some(at()), Some("\"etag\"".to_owned()));
    let moved = br#"{"participating_issuers":[{"iss":"https://a","name":"A","canonical_iss":"https://b"}]}"#;
    builder.add_issuer_names("names", moved);
    builder.add_did_document("broken", b"{}");
    builder.build()
}

fn written(store: &TrustStore, key: &SoftwareKey) -> Vec<u8> {
    let contents = Contents { number: 7, made: made(), list_keys: &[], store };
    snapshot::write(&contents, key).unwrap()
}

fn read(file: Vec<u8>, key: &SoftwareKey) -> Result<Snapshot, SnapshotError> {
    Snapshot::read(file, &[key_thumbprint(key.public_key())], BACKEND, &Limits::default())
}

/// All that a store says, as text.
fn report(store: &TrustStore) -> Vec<String> {
    let keys = store.keys().iter().map(|key| {
        let certificate = key.certificate().map(|one| one.thumbprint());
        let own = key.public_key().cloned();
        format!(
            "{key:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {own:?} {:?} {:?}",
            key.name,
            key.kid_text,
            key.participant,
            key.domain,
            key.purposes,
            key.chain(),
            key.signs_documents(),
            certificate,
            key.source,
        )
    });
    let sources = store.sources().iter().map(|source| format!("{source:?}"));
    let refused = store.refused().iter();
    let refused = refused.map(|one| format!("{} {}: {}", one.source, one.name, one.reason));
    keys.chain(sources).chain(refused).collect()
}

#[test]
fn a_snapshot_says_all_that_the_store_said() {
    let (store, key) = (store(), signing_key());
    let list_keys = [PinnedKey {
        method: "did:web:x".to_owned(),
        lists: "did:web:y".to_owned(),
        key: key.public_key().clone(),
        provenance: Provenance::Caller,
    }];
    let contents = Contents { number: 7, made: made(), list_keys: &list_keys, store: &store };
    let file = snapshot::write(&contents, &key).unwrap();
    let signer = key_thumbprint(key.public_key());
    assert_eq!(Snapshot::claimed_signer(&file, &Limits::default()), Ok(signer));
    let snapshot = read(file, &key).unwrap();
    assert_eq!((snapshot.number, snapshot.made, snapshot.signer), (7, made(), signer));
    assert_eq!(snapshot.list_keys, list_keys);
    assert_eq!(report(&snapshot.store), report(&store));
    assert_eq!(snapshot.store.time_floor(), store.time_floor());
    assert_eq!(snapshot.store.called("did:india").count(), 1);
    let issuer = snapshot.store.issuer("https://a").unwrap();
    assert_eq!(issuer.canonical.as_deref(), Some("https://b"));
    let participant = Participant::parse("XXA").unwrap();
    assert_eq!(snapshot.store.authorities(participant).count(), 1);
    let dsc = snapshot.store.keys().iter().find(|key| key.id == "dsc.der").unwrap();
    assert!(matches!(dsc.chain(), Chain::VerifiedBy(_)), "{:?}", dsc.chain());
    assert!(dsc.issuer().is_some() && dsc.verifier().is_ok());
    // What was read can be written again.
    let again = read(written(&snapshot.store, &key), &key).unwrap();
    assert_eq!(report(&again.store), report(&store));
}

#[test]
fn published_lists_survive_the_snapshot() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let mut builder = TrustStoreBuilder::new(BACKEND);
    for list in ["prod/v2/trustlist/did.json", "uat/trustlist/did.json", "dev/trustlist/did.json"] {
        builder.add_did_document(list, &fs::read(corpus.join(list)).unwrap());
    }
    let (store, key) = (builder.build(), signing_key());
    let file = written(&store, &key);
    println!("{} keys, {} bytes", store.keys().len(), file.len());
    let snapshot = read(file, &key).unwrap();
    for (found, expected) in report(&snapshot.store).iter().zip(report(&store)) {
        assert_eq!(*found, expected);
    }
    assert_eq!(snapshot.store.keys().len(), store.keys().len());
    let newest = store.sources().iter().filter_map(|source| source.created).max();
    assert_eq!(snapshot.store.time_floor(), newest);
}

#[test]
fn parts_can_be_kept_and_others_replaced() {
    let old = store();
    let party = Party::new("XXA");
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.keep(&old, None, |source| source.name != "dsc.der");
    builder.add_certificates("dsc.der", party.dsc.certificate.der());
    let new = builder.build();
    assert_eq!(new.keys().len(), old.keys().len());
    let names: Vec<&str> = new.sources().iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["sca.der", "india.pem", "names", "broken", "dsc.der"]);
    for source in new.sources() {
        let before = old.sources().iter().find(|before| before.name == source.name).unwrap();
        assert_eq!((source.keys, source.refused), (before.keys, before.refused), "{source:?}");
    }
    // The authority that went with its source issues nothing any more.
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.keep(&old, None, |source| source.name == "dsc.der");
    let alone = builder.build();
    assert!(matches!(alone.keys()[0].chain(), Chain::NotDone { .. }));
}

/// B19: the newest signed data is a floor that no later store goes below.
#[test]
fn the_time_floor_stays_when_its_source_goes() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-cdn") else { return };
    let mut builder = TrustStoreBuilder::new(BACKEND);
    let list = fs::read(corpus.join("prod/v2/trustlist-ref/did.json")).unwrap();
    builder.add_did_document("list", &list);
    let store = builder.build();
    assert!(matches!(store.sources()[0].proof, ProofStatus::Verified { .. }));
    let floor = store.time_floor();
    assert!(floor.is_some());
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.keep(&store, None, |_| false);
    let (emptied, key) = (builder.build(), signing_key());
    assert!(emptied.sources().is_empty());
    assert_eq!(emptied.time_floor(), floor);
    assert_eq!(read(written(&emptied, &key), &key).unwrap().store.time_floor(), floor);
}

#[test]
fn a_snapshot_of_anybody_else_or_with_one_changed_bit_is_refused() {
    let (store, key) = (store(), signing_key());
    let file = written(&store, &key);
    let stranger = signing_key();
    let error = read(file.clone(), &stranger).unwrap_err();
    let signer = key_thumbprint(key.public_key());
    assert_eq!(error, SnapshotError::UnknownSigner { signer });
    let stride = (file.len() / 400).max(1);
    for at in (0..file.len()).step_by(stride) {
        let mut changed = file.clone();
        changed[at] ^= 0x10;
        assert!(read(changed, &key).is_err(), "byte {at} of {}", file.len());
    }
    for end in (0..file.len()).step_by(stride) {
        assert!(read(file[..end].to_vec(), &key).is_err(), "cut at {end}");
    }
    let mut longer = file;
    longer.push(0);
    assert_eq!(read(longer, &key).unwrap_err(), SnapshotError::Digest);
}

#[test]
fn ed25519_signs_snapshots_and_rsa_does_not() {
    let store = store();
    let key = SoftwareKey::generate(KeyKind::Ed25519).unwrap();
    assert!(read(written(&store, &key), &key).is_ok());
    let key = SoftwareKey::generate(KeyKind::Rsa(RsaSize::Bits2048)).unwrap();
    let contents = Contents { number: 1, made: made(), list_keys: &[], store: &store };
    let error = snapshot::write(&contents, &key).unwrap_err();
    assert!(matches!(error, SnapshotError::SignerKind { .. }), "{error}");
}

#[test]
fn every_limit_can_be_hit() {
    let (store, key) = (store(), signing_key());
    let file = written(&store, &key);
    let signers = [key_thumbprint(key.public_key())];
    let mut limits = Limits::default();
    limits.max_len = file.len() - 1;
    let error = Snapshot::read(file.clone(), &signers, BACKEND, &limits).unwrap_err();
    assert!(matches!(error, SnapshotError::TooLong { .. }), "{error}");
    let mut limits = Limits::default();
    limits.items = 20;
    let error = Snapshot::read(file, &signers, BACKEND, &limits).unwrap_err();
    assert!(matches!(error, SnapshotError::Cbor(_)), "{error}");
}

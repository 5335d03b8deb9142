//! From the file of a local trust store to a store that answers.

use std::path::Path;
use std::time::Instant;

use gdhcn_codes::Participant;
use gdhcn_crypto::{Backend, Curve, KeyKind, Signer, SoftwareKey};
use gdhcn_trust::ceremony;
use gdhcn_trust::profile::Role;
use gdhcn_trust::snapshot::{self, Contents, Limits, Snapshot, key_thumbprint};
use gdhcn_trust::{Chain, TrustStore, TrustStoreBuilder};
use jiff::Timestamp;

use crate::{Row, median};

const KEYS: usize = 50_000;
const OWNERS: [&str; 10] = ["XA", "XB", "XC", "XD", "XE", "XF", "XG", "XH", "XI", "XJ"];
const RUNS: usize = 15;

/// Reading 50 000 keys with certificates from a file, signature and digest checked, and finding
/// one of them by its kid.
pub(crate) fn load(folder: &Path) -> Row {
    let at: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
    let store = store(at);
    assert_eq!(store.keys().len(), KEYS);
    let key = new_key();
    let contents = Contents { number: 1, made: at, list_keys: &[], store: &store };
    let file = folder.join("store.trust");
    std::fs::write(&file, snapshot::write(&contents, &key).unwrap()).unwrap();
    let wanted = store.keys()[KEYS / 2].kid.clone();
    drop(store);
    let signers = [key_thumbprint(key.public_key())];
    let mut seconds = Vec::new();
    for _ in 0..RUNS {
        let begin = Instant::now();
        let bytes = std::fs::read(&file).unwrap();
        let snapshot =
            Snapshot::read(bytes, &signers, Backend::default(), &Limits::default()).unwrap();
        let found = snapshot.store.candidates(&wanted).count();
        seconds.push(begin.elapsed().as_secs_f64());
        assert_eq!((found, snapshot.store.keys().len()), (1, KEYS));
        let key = snapshot.store.candidates(&wanted).next().unwrap();
        assert!(matches!(key.chain(), Chain::VerifiedBy(_)));
    }
    let length = std::fs::metadata(&file).unwrap().len() / 1_000_000;
    println!("trust_store_load_50000: a file of {length} MB");
    Row::plain("trust_store_load_50000", median(seconds) * 1e3, "ms", 100.0)
}

fn store(at: Timestamp) -> TrustStore {
    let mut builder = TrustStoreBuilder::new(Backend::default());
    // Making keys takes longest; the certificates of one owner share theirs.
    for (index, owner) in OWNERS.iter().enumerate() {
        let owner = Some(Participant::parse(owner).unwrap());
        let (sca_key, dsc_key) = (new_key(), new_key());
        let serial = |number: usize| ((index * KEYS + number) as u128 + 1).to_be_bytes();
        let public_key = sca_key.public_key();
        let sca = ceremony::Request::new(Role::Sca, owner, "Bench", public_key, serial(0), at)
            .self_signed(&sca_key)
            .unwrap();
        builder.add_certificates("sca", sca.der());
        let dscs: Vec<(String, Vec<u8>)> = (1..KEYS / OWNERS.len())
            .map(|number| {
                let serial = serial(number);
                let key = dsc_key.public_key();
                let dsc = ceremony::Request::new(Role::Dsc, owner, "Bench", key, serial, at)
                    .issued_by(&sca, &sca_key)
                    .unwrap();
                (format!("did:web:bench.example:v2:trustlist:DCC#{}", dsc.kid()), dsc.der().into())
            })
            .collect();
        let files = dscs.iter().map(|(name, der)| (name.as_str(), der.as_slice()));
        builder.add_certificate_files("dsc", files);
    }
    builder.build()
}

fn new_key() -> SoftwareKey {
    SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap()
}

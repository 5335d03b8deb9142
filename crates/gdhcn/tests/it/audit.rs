//! `gdhcn gateway audit` over logs that are honest, and over logs that are not.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_crypto::{KeyKind, Signer, SoftwareKey};
use gdhcn_log::{
    Action, Attribute, Checkpoint, Content, Entry, Frontier, Kind, NoteKey, Tile, TileKind,
    TreeHash, write_bundle,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::program::{Place, Run};
use crate::trust_sync::Host;

const ORIGIN: &str = "gateway.example/log";
const ANCHOR: &str = "demo/operator/trust-anchor.pem";

/// A log that is written by hand, over the list that the demo's gateway served.
struct Log {
    place: Place,
    signer: SoftwareKey,
    key: NoteKey,
    entries: Vec<Vec<u8>>,
    list: Vec<Value>,
}

impl Log {
    fn new() -> Self {
        let place = Place::with_demo();
        let signer = SoftwareKey::generate(KeyKind::Ed25519).unwrap();
        let key = NoteKey::new(ORIGIN.parse().unwrap(), signer.public_key().clone()).unwrap();
        let list: Vec<Value> =
            serde_json::from_slice(&place.read("demo/xxb/trust-list-1.json")).unwrap();
        let (signers, parties): (Vec<_>, Vec<_>) =
            list.iter().partition(|item| item["certificateType"] == "DSC");
        assert!(!signers.is_empty() && parties.len() >= 3);
        let entries = parties
            .into_iter()
            .map(|item| entry(item, Action::Onboarded, Kind::TrustedParty))
            .chain(signers.iter().map(|item| stored(item)))
            .collect();
        Self { place, signer, key, entries, list: list.clone() }
    }

    fn signer_item(&self) -> &Value {
        self.list.iter().find(|item| item["certificateType"] == "DSC").unwrap()
    }

    /// Writes the log's files into `www/log`, and the list to `list.json`.
    fn publish(&self) {
        let folder = self.place.path("www/log");
        if folder.exists() {
            fs::remove_dir_all(folder).unwrap();
        }
        let mut frontier = Frontier::default();
        for entry in &self.entries {
            frontier.push(TreeHash::of_leaf(entry));
        }
        let size = frontier.size();
        for kind in [TileKind::Entries, TileKind::Hashes { level: 0 }] {
            let mut index = 0;
            while let Some(tile) = Tile::in_tree(kind, index, size) {
                self.write(&tile, &self.entries);
                index += 1;
            }
        }
        let note = Checkpoint::of(ORIGIN, &frontier).sign(&self.key, &self.signer).unwrap();
        self.place.write("www/log/checkpoint", note);
        self.place.write("list.json", serde_json::to_vec(&self.list).unwrap());
    }

    fn write(&self, tile: &Tile, entries: &[Vec<u8>]) {
        let first = usize::try_from(tile.first()).unwrap();
        let entries = &entries[first..first + usize::from(tile.width())];
        let bytes = match tile.kind() {
            TileKind::Entries => write_bundle(entries).unwrap(),
            TileKind::Hashes { .. } => {
                entries.iter().flat_map(|entry| *TreeHash::of_leaf(entry).as_bytes()).collect()
            }
        };
        self.place.write(&format!("www/log/{tile}"), bytes);
    }

    fn run(&self, more: &[&str]) -> Run {
        let key = self.key.to_string();
        let common = ["gateway", "audit", "--log", "www/log", "--key", &key];
        self.place.run(&[&common[..], more].concat())
    }

    /// The audit with everything that it can be given, and the state of the last one.
    fn audit(&self) -> Run {
        self.run(&["--trust-anchor", ANCHOR, "--list", "list.json", "--state", "state.json"])
    }

    /// What an audit says that must find something.
    #[track_caller]
    fn caught(&self) -> String {
        self.audit().done(1).stdout
    }
}

fn entry(item: &Value, action: Action, kind: Kind) -> Vec<u8> {
    let text = |member: &str| item[member].as_str().unwrap().to_owned();
    let at = text("timestamp").parse::<Timestamp>().unwrap();
    let mut entry = Entry::new(at, action, kind, text("thumbprint"))
        .with(Attribute::Group, Some(text("certificateType")))
        .with(Attribute::Domain, Some("DCC"))
        .with(Attribute::Kid, Some(text("kid")));
    entry.country = Some(text("country"));
    entry.content = Some(Content::of(&STANDARD.decode(text("rawData")).unwrap()));
    entry.signature = Some(text("signature"));
    entry.to_bytes().unwrap()
}

fn stored(item: &Value) -> Vec<u8> {
    entry(item, Action::Stored, Kind::SignerInformation)
}

#[test]
fn an_honest_log_holds_from_the_first_entry_and_from_the_last_audit() {
    let mut log = Log::new();
    log.publish();
    let told = log.audit().done(0).stdout;
    let size = log.entries.len();
    assert!(told.contains(&format!("gateway.example/log: {size} entries")), "{told}");
    assert!(told.contains("HOLDS: the list follows from the log"), "{told}");
    // Nothing new.
    let told = log.audit().done(0).stdout;
    assert!(told.contains(&format!("{size} of them were seen before, 0 are new")), "{told}");
    // G5: a deletion and a second upload of the same certificate are two entries more.
    let item = log.signer_item().clone();
    log.entries.push(entry(&item, Action::Deleted, Kind::SignerInformation));
    log.entries.push(stored(&item));
    log.publish();
    let told = log.audit().done(0).stdout;
    assert!(told.contains("2 are new"), "{told}");

    let json = log.run(&["--trust-anchor", ANCHOR, "--list", "list.json", "--json"]).done(0).json();
    assert_eq!(json["outcome"], "holds", "{json}");
    assert_eq!(json["log"]["entries"], size + 2);
    assert_eq!(json["compared"]["certificates"], log.list.len());
    assert_eq!(json["findings"], serde_json::json!([]));
}

#[test]
fn without_anchor_or_list_it_cannot_tell() {
    let log = Log::new();
    log.publish();
    let told = log.run(&["--list", "list.json"]).done(2).stdout;
    assert!(told.contains("CANNOT TELL: onboarding was compared with no trust anchor"), "{told}");
    let told = log.run(&["--trust-anchor", ANCHOR]).done(2).stdout;
    assert!(told.contains("CANNOT TELL: no list was given"), "{told}");
    // Another anchor than the one that signed.
    let told = log.run(&["--trust-anchor", "demo/xxa/sca.pem", "--list", "list.json"]).done(1);
    assert!(told.stdout.contains("entry 0 does not hold: it is signed with"), "{}", told.stdout);
}

#[test]
fn a_log_is_fetched_over_https_from_any_server_of_files() {
    let log = Log::new();
    log.publish();
    let host = Host::new(&log.place);
    let (address, key) = (host.address("log"), log.key.to_string());
    let audit = |address: &str| {
        let arguments = ["gateway", "audit", "--log", address, "--key", &key];
        let more = ["--gateway-ca", "www/server.pem", "--trust-anchor", ANCHOR];
        log.place.run(&[&arguments[..], &more, &["--list", "list.json"]].concat())
    };
    audit(&address).done(0);
    let told = audit(&host.address("nothing")).fault(66).stderr;
    assert!(told.contains("not a signed note"), "{told}");
    let told = audit(&address.replace("https", "http")).fault(66).stderr;
    assert!(told.contains("https://"), "{told}");
}

/// The checkpoint was fetched before the log grew, and its host keeps full tiles only.
#[test]
fn a_partial_tile_is_found_in_the_full_one() {
    let mut log = Log::new();
    log.publish();
    let before = log.place.read("www/log/checkpoint");
    let item = log.signer_item().clone();
    for _ in 0..150 {
        log.entries.push(entry(&item, Action::Deleted, Kind::SignerInformation));
        log.entries.push(stored(&item));
    }
    log.publish();
    log.place.write("www/log/checkpoint", before);
    assert!(!log.place.path("www/log/tile/entries/000.p").exists());
    log.audit().done(0);
}

#[test]
fn an_entry_that_was_rewritten_is_named() {
    let mut log = Log::new();
    log.publish();
    let mut rewritten = log.entries.clone();
    // An authority: no other entry stands on it.
    let at = rewritten.iter().position(|entry| entry.windows(6).any(|w| w == b"\"CSCA\"")).unwrap();
    let text = String::from_utf8(rewritten[at].clone()).unwrap();
    rewritten[at] = text.replace("\"country\":\"X", "\"country\":\"Y").into_bytes();
    let size = u64::try_from(rewritten.len()).unwrap();
    log.write(&Tile::in_tree(TileKind::Entries, 0, size).unwrap(), &rewritten);
    let told = log.caught();
    let said = format!("entry {at} is not the one whose hash stands in the tree");
    assert!(told.contains(&said), "{told}");
    // With the hashes rewritten too the signed root does not fit.
    log.write(&Tile::in_tree(TileKind::Hashes { level: 0 }, 0, size).unwrap(), &rewritten);
    let told = log.caught();
    assert!(told.contains("entries were dropped, changed or put in another order"), "{told}");
    assert!(!log.place.path("state.json").exists(), "nothing of it is remembered");
    // Signed anew, the entry's own words betray it to everybody who reads it.
    log.entries = rewritten;
    log.publish();
    let told = log.caught();
    assert!(told.contains("is served with the country"), "{told}");
}

#[test]
fn who_has_seen_the_log_before_catches_what_is_dropped_reordered_rolled_back_or_forked() {
    let mut log = Log::new();
    log.publish();
    log.audit().done(0);
    let honest = log.entries.clone();
    let remembered = log.place.read("state.json");
    let mut tried = |entries: Vec<Vec<u8>>, said: &str| {
        log.entries = entries;
        log.publish();
        let told = log.caught();
        assert!(told.contains(said), "{told}");
        assert_eq!(log.place.read("state.json"), remembered, "the last good tree is kept");
    };
    let other_tree = "entries were dropped, changed or put in another order";

    tried(honest[..honest.len() - 1].to_vec(), "it was rolled back");
    let mut forked = honest.clone();
    forked.swap(0, 1);
    tried(forked.clone(), other_tree);
    forked.push(honest[0].clone());
    tried(forked, other_tree);
    let mut dropped = honest.clone();
    dropped.remove(1);
    dropped.push(honest[1].clone());
    tried(dropped.clone(), other_tree);
    dropped.push(honest[1].clone());
    tried(dropped, other_tree);
}

#[test]
fn a_list_that_does_not_follow_from_the_log_is_told_row_by_row() {
    let mut log = Log::new();
    // A row made by hand, of which no entry tells.
    let last = log.entries.pop().unwrap();
    log.publish();
    let told = log.caught();
    assert!(told.contains("is served, and no entry of the log tells of it"), "{told}");
    // An entry that has no effect.
    log.entries.push(last);
    let item = log.list.pop().unwrap();
    log.publish();
    let told = log.caught();
    assert!(told.contains("and is not served"), "{told}");
    log.list.push(item);
    // Something else in the place of what was signed.
    log.list[0]["kid"] = "AAAAAAAAAAA=".into();
    log.publish();
    let told = log.caught();
    assert!(told.contains("is served with the kid \"AAAAAAAAAAA=\""), "{told}");
    let json = log.run(&["--trust-anchor", ANCHOR, "--list", "list.json", "--json"]).done(1).json();
    assert_eq!(json["findings"][0]["what"], "served_otherwise", "{json}");
}

#[test]
fn an_entry_without_its_signature_is_named() {
    let mut log = Log::new();
    let signer = log.entries.len() - 1;
    // Before its uploader was onboarded.
    log.entries.rotate_right(1);
    log.publish();
    let told = log.caught();
    assert!(told.contains("entry 0 does not hold: it is signed with"), "{told}");
    log.entries.rotate_left(1);
    let mut entry = Entry::from_bytes(&log.entries[signer]).unwrap();
    entry.signature = None;
    log.entries[signer] = entry.to_bytes().unwrap();
    log.publish();
    let told = log.caught();
    assert!(told.contains(&format!("entry {signer} does not hold: it has no signature")), "{told}");
}

#[test]
fn what_cannot_be_read_is_a_fault_of_the_call() {
    let log = Log::new();
    log.publish();
    let key = log.key.to_string();
    let run = |arguments: &[&str]| log.place.run(&[&["gateway", "audit"], arguments].concat());
    run(&["--log", "nowhere", "--key", &key]).fault(66);
    run(&["--log", "www/log", "--key", "no key"]).fault(64);
    fs::remove_dir_all(log.place.path("www/log/tile/entries")).unwrap();
    let told = log.audit().fault(66).stderr;
    assert!(told.contains("tile/entries/000.p"), "{told}");
    log.publish();
    log.place.write("list.json", "{}");
    let told = log.audit().fault(66).stderr;
    assert!(told.contains("/trustList/certificate"), "{told}");
    log.publish();
    log.audit().done(0);
    // Another log's state is not taken for this one's.
    let state = log.place.text("state.json").replace("gateway.example", "other.example");
    log.place.write("state.json", state);
    assert!(log.audit().fault(66).stderr.contains("state is that of another log"));
    // A checkpoint of somebody else.
    let other = SoftwareKey::generate(KeyKind::Ed25519).unwrap();
    let other = NoteKey::new(ORIGIN.parse().unwrap(), other.public_key().clone()).unwrap();
    let told = run(&["--log", "www/log", "--key", &other.to_string()]).done(1).stdout;
    assert!(told.contains("the checkpoint: not signed by"), "{told}");
}

//! The transparency log of a running gateway, read as an auditor reads it.

use std::collections::BTreeMap;

use gdhcn_crypto::{Backend, KeyKind, SoftwareKey};
use gdhcn_log::{
    Action, Checkpoint, Content, Entry, Frontier, Kind, NoteKey, Replay, State, Tile, TileKind,
    TreeHash, Unproven, read_bundle,
};
use gdhcn_server::config::{GatewayConfig, LogConfig};
use gdhcn_server::{Clock, Gateway};
use gdhcn_store::trusted_party::PartyType;
use serde_json::json;

use crate::network::{Country, Gate, Network, now};
use crate::references::reference;
use crate::revocation::batch;
use crate::rules::rule;
use crate::wire::{Answer, Ask};

async fn start(network: &Network) -> Gate {
    network.start_with(logged(network, network.config())).await
}

/// With a log whose key is there.
fn logged(network: &Network, mut config: GatewayConfig) -> GatewayConfig {
    let key = network.folder.path().join("log.key");
    std::fs::write(&key, SoftwareKey::generate(KeyKind::Ed25519).unwrap().to_pem()).unwrap();
    config.log = Some(LogConfig { origin: "gateway.example/log".to_owned(), key });
    config
}

#[tokio::test]
async fn a_log_with_entries_gets_no_other_key() {
    let network = Network::empty();
    let key = network.folder.path().join("log.key");
    let mut config = logged(&network, network.config());
    std::fs::remove_file(&key).unwrap();
    let begin = || Gateway::start(config.clone(), Clock::Fixed(now()));
    // Tables are made by one.
    network.store().await.close().await;
    // Several at once, and again: one key.
    let (one, other) = tokio::join!(begin(), begin());
    let made = std::fs::read(&key).unwrap();
    for gateway in [one.unwrap(), other.unwrap(), begin().await.unwrap()] {
        gateway.shutdown().await;
    }
    assert_eq!(std::fs::read(&key).unwrap(), made);
    let store = network.store().await;
    network.onboard(&store, &network.a.tls, PartyType::Authentication).await;
    store.close().await;
    std::fs::rename(&key, network.folder.path().join("elsewhere")).unwrap();
    let refused = begin().await.unwrap_err().to_string();
    assert!(refused.contains("1 entries") && refused.contains("put the key back"), "{refused}");
    assert!(!key.exists());
    config.log = None;
    Gateway::start(config, Clock::Fixed(now())).await.unwrap().shutdown().await;
}

#[tokio::test]
async fn an_address_reads_the_log_only_so_often() {
    let network = Network::onboarded().await;
    let mut config = logged(&network, network.config());
    config.limits.log_reads_per_minute = 2;
    let gate = network.start_with(config).await;
    assert_eq!(fetch(&gate, "/log/checkpoint").await.status, 200);
    assert_eq!(fetch(&gate, "/log/tile/0/000.p/6").await.status, 200);
    for path in ["/log/checkpoint", "/log/tile/0/000.p/6", "/log/tile/nonsense"] {
        let answer = fetch(&gate, path).await;
        answer.is_problem(429, "n/a");
        assert!(answer.header("retry-after").is_some());
    }
    let own = gate.ask(&network.a.tls, Ask::new("GET", "/countrylist")).await;
    assert_eq!(own.status, 200, "participants are counted apart");
}

/// As a stranger with a client certificate of their own making.
async fn fetch(gate: &Gate, path: &str) -> Answer {
    gate.ask(&Country::new("XC").tls, Ask::new("GET", path)).await
}

/// The checkpoint, and the entries that it signs.
async fn download(gate: &Gate, network: &Network) -> (Checkpoint, Vec<Vec<u8>>) {
    let pem = std::fs::read_to_string(network.folder.path().join("log.key")).unwrap();
    let key = SoftwareKey::from_pem(&pem).unwrap();
    let public = gdhcn_crypto::Signer::public_key(&key).clone();
    let key = NoteKey::new("gateway.example/log".parse().unwrap(), public).unwrap();
    let note = fetch(gate, "/log/checkpoint").await;
    assert_eq!(note.status, 200);
    assert!(note.header("cache-control").unwrap().contains("no-store"));
    let checkpoint = Checkpoint::open(&note.body, &key, Backend::default()).unwrap();
    let tile = Tile::in_tree(TileKind::Entries, 0, checkpoint.size).unwrap();
    let bundle = fetch(gate, &format!("/log/{tile}")).await;
    assert_eq!(bundle.status, 200);
    // A mirror may keep what never changes, and nothing says otherwise.
    assert_eq!(bundle.header("cache-control"), Some("max-age=31536000, immutable"));
    assert_eq!((bundle.header("pragma"), bundle.header("expires")), (None, None));
    let entries = read_bundle(&bundle.body, tile.width()).unwrap();
    (checkpoint, entries.into_iter().map(<[u8]>::to_vec).collect())
}

/// G5: upload, withdrawal and second upload are three entries, each with the uploader's signature.
#[tokio::test]
async fn g5_the_log_of_a_running_gateway_proves_what_it_serves() {
    let network = Network::onboarded().await;
    let gate = start(&network).await;
    let (a, dsc) = (&network.a, network.a.dsc());
    let message = a.message(dsc.der());
    assert_eq!(gate.upload(&a.tls, message.clone()).await.status, 201);
    assert_eq!(gate.delete(&a.tls, message.clone()).await.status, 204);
    assert_eq!(gate.upload(&a.tls, message.clone()).await.status, 201);
    assert_eq!(gate.upload(&a.tls, message).await.status, 409);

    let (checkpoint, entries) = download(&gate, &network).await;
    let mut frontier = Frontier::default();
    for entry in &entries {
        frontier.push(TreeHash::of_leaf(entry));
    }
    assert_eq!((checkpoint.size, checkpoint.root), (frontier.size(), frontier.root()));
    let tile = Tile::in_tree(TileKind::Hashes { level: 0 }, 0, checkpoint.size).unwrap();
    let hashes = fetch(&gate, &format!("/log/{tile}")).await;
    let leaves: Vec<u8> =
        entries.iter().flat_map(|entry| *TreeHash::of_leaf(entry).as_bytes()).collect();
    assert_eq!(hashes.body, leaves);

    let anchors = [network.anchor.certificate.clone()];
    let mut replay = Replay::new(State::default(), Some(&anchors), Backend::default());
    for entry in &entries {
        replay.apply(entry).unwrap();
    }
    assert!(replay.state().unproven().is_empty(), "every entry stands on a signature");
    let actions: Vec<_> =
        entries.iter().map(|entry| Entry::from_bytes(entry).unwrap().action).collect();
    assert_eq!(actions[..6], [Action::Onboarded; 6]);
    assert_eq!(actions[6..], [Action::Stored, Action::Deleted, Action::Stored]);
    let items = replay.state().items().count();
    assert_eq!(items, gate.thumbprints(&a.tls, "/trustList").await.len());
}

/// Rules, batches and references are there as they were signed, and so is each withdrawal.
#[tokio::test]
async fn documents_and_their_withdrawals_are_proven_by_their_signatures() {
    let (network, config) = Network::revoking().await;
    let gate = network.start_with(logged(&network, config)).await;
    let send = async |method, path, text: String, status| {
        let message = network.a.message(text.as_bytes());
        let answer = gate.ask(&network.a.tls, Ask::new(method, path).cms_text(message)).await;
        assert_eq!(answer.status, status, "{path} {text}");
        answer
    };
    send("POST", "/rules", rule().to_string(), 201).await;
    send("DELETE", "/rules", "GR-XA-0001".to_owned(), 204).await;
    let stored = send("POST", "/revocation-list", batch().to_string(), 201).await;
    let id = stored.header("etag").unwrap();
    send("POST", "/revocation-list/delete", json!({ "batchId": id }).to_string(), 204).await;
    let mut small = batch();
    small["entries"] = json!([{"hash": "KaBXv0wZrJ3vSbHQFpMEtQ=="}]);
    send("POST", "/revocation-list", small.to_string(), 201).await;
    send("POST", "/trust/reference", reference("XA").to_string(), 201).await;
    let list = gate.ask(&network.a.tls, Ask::new("GET", "/trustList/references")).await.json();
    let mut replacement = reference("XA");
    replacement["uuid"] = list[0]["uuid"].clone();
    send("POST", "/trust/reference", replacement.to_string(), 201).await;

    let (_, entries) = download(&gate, &network).await;
    let anchors = [network.anchor.certificate.clone()];
    let mut replay = Replay::new(State::default(), Some(&anchors), Backend::default());
    for entry in &entries {
        replay.apply(entry).unwrap();
    }
    let expected = BTreeMap::from([(Unproven::PayloadElsewhere, 2)]);
    assert_eq!(*replay.state().unproven(), expected, "only of the batches' texts stands a hash");
    let present = |kind| replay.state().items().filter(|(id, _)| id.kind == kind).count();
    assert_eq!(present(Kind::ValidationRule), 0);
    assert_eq!(present(Kind::RevocationBatch), 1);
    assert_eq!(present(Kind::TrustedReference), 1);
    for entry in &entries {
        let entry = Entry::from_bytes(entry).unwrap();
        let hidden = entry.kind == Kind::RevocationBatch && !entry.action.removes();
        let whole = matches!(entry.content, Some(Content::Whole(_)));
        assert_ne!(whole, hidden, "revoked hashes are no matter for everybody");
    }
}

#[tokio::test]
async fn there_is_nothing_beyond_the_tree_and_nothing_where_no_log_is_configured() {
    let network = Network::onboarded().await;
    let gate = start(&network).await;
    for path in ["/log/tile/0/001", "/log/tile/0/000", "/log/tile/entries/000.p/200", "/log/x"] {
        assert_eq!(fetch(&gate, path).await.status, 404, "{path}");
    }
    gate.running.shutdown().await;
    let gate = network.start().await;
    assert_eq!(fetch(&gate, "/log/checkpoint").await.status, 404);
}

//! The transparency log of a running gateway, read as an auditor reads it.

use gdhcn_crypto::Backend;
use gdhcn_log::{
    Action, Checkpoint, Entry, Frontier, NoteKey, Replay, State, Tile, TileKind, TreeHash,
    read_bundle,
};
use gdhcn_server::config::LogConfig;

use crate::network::{Country, Gate, Network};
use crate::wire::{Answer, Ask};

async fn start(network: &Network) -> Gate {
    let mut config = network.config();
    let key = network.folder.path().join("log.key");
    config.log = Some(LogConfig { origin: "gateway.example/log".to_owned(), key });
    network.start_with(config).await
}

/// As a stranger with a client certificate of their own making.
async fn fetch(gate: &Gate, path: &str) -> Answer {
    gate.ask(&Country::new("XC").tls, Ask::new("GET", path)).await
}

/// The checkpoint, and the entries that it signs.
async fn download(gate: &Gate, network: &Network) -> (Checkpoint, Vec<Vec<u8>>) {
    let pem = std::fs::read_to_string(network.folder.path().join("log.key")).unwrap();
    let key = gdhcn_crypto::SoftwareKey::from_pem(&pem).unwrap();
    let public = gdhcn_crypto::Signer::public_key(&key).clone();
    let key = NoteKey::new("gateway.example/log".parse().unwrap(), public).unwrap();
    let note = fetch(gate, "/log/checkpoint").await;
    assert_eq!(note.status, 200);
    assert!(note.header("cache-control").unwrap().contains("no-store"));
    let checkpoint = Checkpoint::open(&note.body, &key, Backend::default()).unwrap();
    let tile = Tile::in_tree(TileKind::Entries, 0, checkpoint.size).unwrap();
    let bundle = fetch(gate, &format!("/log/{tile}")).await;
    assert_eq!(bundle.status, 200);
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

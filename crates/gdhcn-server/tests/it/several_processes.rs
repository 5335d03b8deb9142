//! Several gateways on one database work as one.

use std::time::Duration;

use gdhcn_log::{Frontier, TreeHash};
use gdhcn_server::gateway::StartError;
use gdhcn_server::{Clock, Gateway};
use gdhcn_testkit::{TestDatabase, on_both_databases};

use crate::network::{Gate, Network, now};
use crate::wire::Ask;

/// Both gateways' lists, as soon as they are the same bytes with so many entries.
async fn agreed(gates: &[Gate; 2], network: &Network, entries: usize) -> Vec<u8> {
    for _ in 0..100 {
        let [one, two] = [&gates[0], &gates[1]]
            .map(|gate| gate.ask(&network.a.tls, Ask::new("GET", "/trustList/certificate")));
        let (one, two) = (one.await, two.await);
        assert_eq!((one.status, two.status), (200, 200));
        if one.body == two.body && one.json().as_array().unwrap().len() == entries {
            assert_eq!(one.header("etag"), two.header("etag"));
            return one.body;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the two gateways do not come to the same list");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_for_others_is_told_and_nothing_happens_later() {
    let Some(database) = TestDatabase::postgres() else { return };
    let network = Network::onboarded_on(database).await;
    let gate = network.start().await;
    let message = network.a.message(network.a.dsc().der());
    let mut locked = std::process::Command::new("psql")
        .args(["-X", "-q", &network.database.location(), "-c"])
        .arg("BEGIN; LOCK TABLE trust_revision IN EXCLUSIVE MODE; SELECT pg_sleep(14)")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let held = "SELECT COUNT(*) FROM pg_locks WHERE mode = 'ExclusiveLock'
                   AND relation = 'trust_revision'::regclass AND granted";
    while network.database.by_hand(held) == "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let upload = || gate.upload(&network.a.tls, message.clone());
    let (one, two, revision) = tokio::join!(upload(), upload(), gate.running.store().revision());
    for answer in [one, two] {
        answer.is_problem(503, "n/a");
        assert_eq!(answer.header("retry-after"), Some("10"));
    }
    revision.unwrap();
    locked.wait().unwrap();
    let list = gate.ask(&network.a.tls, Ask::new("GET", "/trustList/DSC/XA")).await;
    assert_eq!(list.json().as_array().unwrap().len(), 0);
    assert_eq!(gate.upload(&network.a.tls, message).await.status, 201);
    gate.running.shutdown().await;
}

on_both_databases! {
async fn no_change_is_lost_and_all_serve_the_same(database: &TestDatabase) {
    let network = Network::onboarded_on(database.another()).await;
    let gates = [network.start().await, network.start().await];
    let messages: Vec<_> = (0..12).map(|_| network.a.message(network.a.dsc().der())).collect();
    for message in &messages {
        let [one, two] = &gates;
        let (one, two) = tokio::join!(
            one.upload(&network.a.tls, message.clone()),
            two.upload(&network.a.tls, message.clone())
        );
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
    }
    agreed(&gates, &network, 6 + messages.len()).await;

    for (message, gate) in messages.iter().zip(gates.iter().cycle()).take(6) {
        assert_eq!(gate.delete(&network.a.tls, message.clone()).await.status, 204);
    }
    let list = agreed(&gates, &network, 12).await;

    let store = network.store().await;
    let mut frontier = Frontier::default();
    for entry in store.log_entries(0, 256).await.unwrap() {
        frontier.push(TreeHash::of_leaf(&entry));
    }
    assert_eq!(frontier.size(), 6 + 12 + 6);
    assert_eq!(store.log_frontier().await.unwrap(), frontier, "one tree, whoever wrote to it");

    let [first, second] = gates;
    first.running.shutdown().await;
    let answer = second.ask(&network.b.tls, Ask::new("GET", "/trustList/certificate")).await;
    assert_eq!(answer.body, list);
    assert_eq!(second.upload(&network.a.tls, messages[0].clone()).await.status, 201);
}

/// A newer program brings tables of its own: the running ones go on, and none of them starts again.
async fn an_older_program_goes_on_beside_a_newer_one(database: &TestDatabase) {
    let network = Network::onboarded_on(database.another()).await;
    let gate = network.start().await;
    network.database.by_hand(
        "CREATE TABLE of_a_newer_program (id BIGINT); \
         INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         SELECT 9999, 'newer', success, checksum, 1 FROM _sqlx_migrations WHERE version = 1;",
    );
    let dsc = network.a.dsc();
    assert_eq!(gate.upload(&network.a.tls, network.a.message(dsc.der())).await.status, 201);
    assert_eq!(gate.thumbprints(&network.b.tls, "/trustList/DSC").await.len(), 1);
    let refused = Gateway::start(network.config(), Clock::Fixed(now())).await.unwrap_err();
    assert!(matches!(refused, StartError::Store(_)), "{refused}");
    assert!(refused.to_string().contains("newer"), "{refused}");
}
}

//! A restored gateway answers the same.

use gdhcn_store::Unsealed;
use gdhcn_testkit::on_both_databases;

use crate::network::Network;
use crate::wire::Ask;

on_both_databases! {
async fn a_restored_gateway_answers_the_same_bytes_and_the_same_trail(database: &TestDatabase) {
    // The network of the test takes the database over; the macro's own one is the target.
    let network = Network::onboarded_on(database.another()).await;
    let gate = network.start().await;
    for _ in 0..3 {
        let text = network.a.message(network.a.dsc().der());
        assert_eq!(gate.upload(&network.a.tls, text).await.status, 201);
    }
    gate.upload(&network.a.tls, "rubbish").await.is_problem(400, "0x402");
    let file = network.folder.path().join("backup");
    gate.running.store().back_up(&file).await.unwrap();
    let (lists, trail) = (answers(&network, &gate).await, gate.trail().await);
    gate.running.shutdown().await;

    let store = gdhcn_store::Store::open(gdhcn_store::Location::from(database.location()));
    let store = store.await.unwrap();
    store.restore(&file, Unsealed::Refused).await.unwrap();
    store.close().await;
    let mut config = network.config();
    config.database = database.location().into();
    let gate = network.start_with(config).await;
    assert_eq!(answers(&network, &gate).await, lists);
    assert_eq!(gate.trail().await, trail);
    // And it goes on.
    let text = network.a.message(network.a.dsc().der());
    assert_eq!(gate.upload(&network.a.tls, text).await.status, 201);
}
}

async fn answers(network: &Network, gate: &crate::network::Gate) -> Vec<(Vec<u8>, Option<String>)> {
    let mut answers = Vec::new();
    for path in ["/trustList", "/trustList/DSC", "/trustList/CSCA/XB", "/countrylist"] {
        let answer = gate.ask(&network.b.tls, Ask::new("GET", path)).await;
        assert_eq!(answer.status, 200);
        let etag = answer.header("etag").map(str::to_owned);
        answers.push((answer.body, etag));
    }
    answers
}

//! `DELETE /signerCertificate` and its alias: every check in its order, each with its code.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::network::{Network, message, subject};
use crate::wire::Ask;

#[tokio::test]
async fn both_routes_withdraw_with_the_message_of_the_upload() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    for (method, path) in [("DELETE", "/signerCertificate"), ("POST", "/signerCertificate/delete")]
    {
        let dsc = network.a.dsc();
        let text = network.a.message(dsc.der());
        assert_eq!(gate.upload(&network.a.tls, text.clone()).await.status, 201);
        assert_eq!(gate.thumbprints(&network.b.tls, "/trustList/DSC").await.len(), 1);
        let answer = gate.ask(&network.a.tls, Ask::new(method, path).cms(text.clone())).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{method} {path}");
        assert_eq!(gate.thumbprints(&network.b.tls, "/trustList/DSC").await.len(), 0);
        let again = gate.ask(&network.a.tls, Ask::new(method, path).cms(text.clone())).await;
        again.is_problem(404, "0x005");
        // It may come back.
        assert_eq!(gate.upload(&network.a.tls, text.clone()).await.status, 201);
        assert_eq!(gate.delete(&network.a.tls, text).await.status, 204);
    }
    let trail: Vec<_> = gate.trail().await.into_iter().map(|(event, _)| event).collect();
    assert_eq!(trail[..3], ["SUCCESS", "SUCCESS", "EXIST_CHECK_FAILED"]);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_withdraws_nothing() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    let good = network.a.message(dsc.der());
    assert_eq!(gate.upload(&network.a.tls, good.clone()).await.status, 201);
    let foreign = network.b.dsc();
    for text in [
        "\u{1}".to_owned(),
        String::new(),
        BASE64_STANDARD.encode(foreign.der()),
        network.a.message(b"no certificate"),
    ] {
        gate.delete(&network.a.tls, text).await.is_problem(400, "0x402");
    }
    let mut bytes = BASE64_STANDARD.decode(&good).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let answer = gate.delete(&network.a.tls, BASE64_STANDARD.encode(bytes)).await;
    answer.is_problem(400, "0x009");
    assert_eq!(gate.thumbprints(&network.a.tls, "/trustList/DSC").await.len(), 1);
}

#[tokio::test]
async fn only_the_own_upload_key_withdraws_and_only_the_own_certificate() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    let text = network.a.message(dsc.der());
    assert_eq!(gate.upload(&network.a.tls, text.clone()).await.status, 201);
    // B with its own key, B with A's message, A with another key of its own.
    gate.delete(&network.b.tls, network.b.message(dsc.der())).await.is_problem(400, "0x007");
    gate.delete(&network.b.tls, text).await.is_problem(400, "0x007");
    let by_sca = message(dsc.der(), &network.a.sca);
    gate.delete(&network.a.tls, by_sca).await.is_problem(400, "0x007");
    assert_eq!(gate.thumbprints(&network.a.tls, "/trustList/DSC").await.len(), 1);
}

#[tokio::test]
async fn a_certificate_that_was_never_uploaded_is_not_found_or_foreign() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let own = network.a.dsc();
    gate.delete(&network.a.tls, network.a.message(own.der())).await.is_problem(404, "0x005");
    for countries in [&["XB"][..], &[], &["XA", "XA"]] {
        let foreign = network.a.dsc_named(subject(countries));
        let answer = gate.delete(&network.a.tls, network.a.message(foreign.der())).await;
        answer.is_problem(400, "0x007");
    }
}

#[tokio::test]
async fn the_stored_country_decides_even_when_the_subject_names_another() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    assert_eq!(gate.upload(&network.a.tls, network.a.message(dsc.der())).await.status, 201);
    // As a row that the reference took under another group.
    network.database.by_hand("UPDATE signer_information SET country = 'XB'");
    gate.delete(&network.a.tls, network.a.message(dsc.der())).await.is_problem(400, "0x007");
    let answer = gate.delete(&network.b.tls, network.b.message(dsc.der())).await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn what_was_pulled_from_another_gateway_is_not_found() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    assert_eq!(gate.upload(&network.a.tls, network.a.message(dsc.der())).await.status, 201);
    network.database.by_hand("UPDATE signer_information SET source_gateway_id = 'other'");
    gate.delete(&network.a.tls, network.a.message(dsc.der())).await.is_problem(404, "0x005");
}

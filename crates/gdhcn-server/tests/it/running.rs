//! Starting, restarting, and changes beside a running gateway.

use std::time::Duration;

use gdhcn_server::config::TlsFiles;
use gdhcn_server::gateway::{OnboardError, Onboarding};
use gdhcn_server::{Clock, Gateway};
use gdhcn_store::trusted_party::PartyType;
use gdhcn_trust::participant::{OnboardingError, TrustedParty};

use crate::network::{Country, Network, days_ago};
use crate::wire::Ask;

#[tokio::test]
async fn a_restarted_gateway_answers_the_same() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    for _ in 0..3 {
        let text = network.a.message(network.a.dsc().der());
        assert_eq!(gate.upload(&network.a.tls, text).await.status, 201);
    }
    let before = gate.ask(&network.b.tls, Ask::new("GET", "/trustList")).await;
    let trail = gate.trail().await;
    gate.running.shutdown().await;

    let gate = network.start().await;
    let after = gate.ask(&network.b.tls, Ask::new("GET", "/trustList")).await;
    assert_eq!(after.body, before.body);
    assert_eq!(after.header("etag"), before.header("etag"));
    assert_eq!(gate.trail().await, trail);
}

#[tokio::test]
async fn notices_by_itself_what_an_operator_onboards_meanwhile() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let new = Country::new("XC");
    let store = network.store().await;
    gate.ask(&new.tls, Ask::new("GET", "/trustList")).await.is_problem(401, "0x402");
    network.onboard(&store, &new.tls, PartyType::Authentication).await;
    for attempt in 0.. {
        let answer = gate.ask(&new.tls, Ask::new("GET", "/trustList")).await;
        if answer.status == 200 {
            break;
        }
        assert!(attempt < 100, "not noticed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // What was removed by hand is gone too.
    network.database.by_hand("DELETE FROM trusted_party WHERE country = 'XC'");
    for attempt in 0.. {
        let answer = gate.ask(&new.tls, Ask::new("GET", "/trustList")).await;
        if answer.status == 401 {
            break;
        }
        assert!(attempt < 100, "not noticed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Or when told.
    network.onboard(&store, &new.tls, PartyType::Authentication).await;
    network.onboard(&store, &new.sca, PartyType::Csca).await;
    network.onboard(&store, &new.upload, PartyType::Upload).await;
    gate.running.refresh().await.unwrap();
    assert_eq!(gate.upload(&new.tls, new.message(new.dsc().der())).await.status, 201);
}

#[tokio::test]
async fn an_upload_right_after_a_change_by_another_process_loses_neither() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let store = network.store().await;
    let new = Country::new("XC");
    network.onboard(&store, &new.sca, PartyType::Csca).await;
    let text = network.a.message(network.a.dsc().der());
    assert_eq!(gate.upload(&network.a.tls, text).await.status, 201);
    assert_eq!(gate.thumbprints(&network.a.tls, "/trustList/DSC").await.len(), 1);
    assert_eq!(gate.thumbprints(&network.a.tls, "/trustList/CSCA/XC").await.len(), 1);
}

#[tokio::test]
async fn onboarding_refuses_what_the_trust_anchor_has_not_signed() {
    let network = Network::empty();
    let store = network.store().await;
    let anchors = [network.anchor.certificate.clone()];
    let signed_by = |holder: &crate::network::Holder| {
        let anchor = &holder.certificate;
        TrustedParty::onboard(&network.a.tls.certificate, anchor, &holder.key, days_ago(1)).unwrap()
    };
    let onboarding = |party| Onboarding {
        party,
        certificate_type: PartyType::Authentication,
        domain: None,
        roles: Vec::new(),
    };
    let refused = onboarding(signed_by(&network.b.sca)).store(&store, &anchors, days_ago(0)).await;
    assert!(matches!(refused, Err(OnboardError::Party(OnboardingError::OtherSigner { .. }))));
    // Certificates are signed, countries are not.
    let mut moved = signed_by(&network.anchor);
    moved.country = "XB".to_owned();
    let refused = onboarding(moved).store(&store, &anchors, days_ago(0)).await;
    assert!(matches!(refused, Err(OnboardError::Country { .. })));
    assert_eq!(store.revision().await.unwrap(), 0);
    onboarding(signed_by(&network.anchor)).store(&store, &anchors, days_ago(0)).await.unwrap();
    let twice = onboarding(signed_by(&network.anchor)).store(&store, &anchors, days_ago(0)).await;
    assert!(matches!(twice, Err(OnboardError::Store(_))));
    assert_eq!(store.revision().await.unwrap(), 1);
}

#[tokio::test]
async fn says_what_keeps_it_from_starting() {
    let network = Network::onboarded().await;
    let folder = network.folder.path();
    let good = network.config();
    let running = network.start_with(good.clone()).await;
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let tls = good.tls.clone().unwrap();
    let mut cases = Vec::new();
    let mut config = good.clone();
    config.listen = running.address;
    cases.push((config, running.address.to_string()));
    let mut config = good.clone();
    config.trust_anchors = vec![folder.join("no-anchor.pem")];
    cases.push((config, "no-anchor.pem".to_owned()));
    let mut config = good.clone();
    config.trust_anchors = vec![file("bad-anchor.pem", "rubbish")];
    cases.push((config, "bad-anchor.pem".to_owned()));
    let mut config = good.clone();
    config.tls = Some(TlsFiles { certificate: folder.join("none.pem"), key: tls.key.clone() });
    cases.push((config, "none.pem".to_owned()));
    let mut config = good.clone();
    config.tls =
        Some(TlsFiles { certificate: tls.certificate.clone(), key: file("bad.key", "rubbish") });
    cases.push((config, "bad.key".to_owned()));
    let mut config = good.clone();
    config.tls = Some(TlsFiles { certificate: file("empty.pem", ""), key: tls.key.clone() });
    cases.push((config, "empty.pem".to_owned()));
    let mut config = good.clone();
    let other = network.a.tls.save(folder, "other");
    config.tls = Some(TlsFiles { certificate: tls.certificate, key: other.key });
    cases.push((config, "certificate and key".to_owned()));
    let mut config = good.clone();
    config.database = file("database", "a file").into();
    cases.push((config, "database".to_owned()));
    let mut config = good.clone();
    config.tls = None;
    cases.push((config, "`tls` is missing".to_owned()));
    for (config, word) in cases {
        let error = Gateway::start(config, Clock::System).await.unwrap_err().to_string();
        assert!(error.contains(&word), "{word}: {error}");
    }
}

//! Who is served.

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_codes::Participant;
use gdhcn_envelope::pem;
use gdhcn_server::config::ProxyHeaders;
use gdhcn_store::trusted_party::PartyType;
use gdhcn_trust::profile::Role;

use crate::network::{Gate, Holder, Network, days_ago, issue, key, subject};
use crate::wire::{Answer, Ask, connect, connect_by};

#[tokio::test]
async fn serves_an_onboarded_client_certificate_over_both_versions_of_tls() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut stream = connect_by(
            &[version],
            gate.address,
            gate.server.as_deref(),
            Some(&network.a.tls.identity()),
        )
        .await
        .unwrap();
        let answer = Ask::new("GET", "/trustList").send_over(&mut stream).await.unwrap();
        assert_eq!(answer.status, 200, "{version:?}");
    }
}

#[tokio::test]
async fn a_client_without_certificate_fails_in_the_handshake() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let ask = Ask::new("GET", "/trustList");
    assert!(ask.send(gate.address, gate.server.as_deref(), None).await.is_err());
}

#[tokio::test]
async fn a_client_that_does_not_hold_the_key_fails_in_the_handshake() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let mut stolen = network.a.tls.identity();
    stolen.key = key().to_pkcs8_der().to_vec();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let answer = async {
            let server = gate.server.as_deref();
            let mut stream = connect_by(&[version], gate.address, server, Some(&stolen)).await?;
            Ask::new("GET", "/trustList").send_over(&mut stream).await
        };
        assert!(answer.await.is_err(), "{version:?}");
    }
}

#[tokio::test]
async fn an_unknown_client_certificate_gets_an_answer_and_no_broken_handshake() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let unknown = Holder::new(Role::Tls, Participant::from_alpha2("XA"), days_ago(1), 100);
    for path in ["/trustList", "/trustList/DSC", "/trustList/DSC/XA", "/countrylist"] {
        let answer = gate.ask(&unknown, Ask::new("GET", path)).await;
        answer.is_problem(401, "0x402");
        assert_eq!(answer.text("problem"), "Client is not authorized to access the service");
    }
    gate.upload(&unknown, network.a.message(network.a.dsc().der())).await.is_problem(401, "0x402");
}

#[tokio::test]
async fn any_other_onboarded_certificate_is_no_client_certificate() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    gate.ask(&network.a.upload, Ask::new("GET", "/trustList")).await.is_problem(401, "0x402");
    gate.ask(&network.a.sca, Ask::new("GET", "/trustList")).await.is_problem(401, "0x402");
}

#[tokio::test]
async fn a_client_certificate_without_country_is_told_so() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let mut nobody = Holder::new(Role::Tls, Participant::from_alpha2("XA"), days_ago(1), 100);
    let public_key = gdhcn_crypto::Signer::public_key(&nobody.key).clone();
    nobody.certificate = issue(subject(&[]), &public_key, &network.a.sca);
    let answer = gate.ask(&nobody, Ask::new("GET", "/trustList")).await;
    answer.is_problem(400, "0x401");
    assert_eq!(answer.text("problem"), "Client Certificate must contain country property");
    assert_eq!(answer.text("sendValue"), "CN=DSC");
}

#[tokio::test]
async fn the_country_of_the_row_must_be_that_of_the_certificate() {
    let network = Network::empty();
    let store = network.store().await;
    network.insert(&store, &network.a.tls, |row| row.country = "XB".into()).await;
    store.close().await;
    let gate = network.start().await;
    gate.ask(&network.a.tls, Ask::new("GET", "/trustList")).await.is_problem(401, "0x402");
}

#[tokio::test]
async fn a_client_certificate_outside_its_validity_is_refused_with_the_date() {
    let network = Network::onboarded().await;
    let owner = Participant::from_alpha2("XA");
    let expired = Holder::new(Role::Tls, owner, days_ago(100), 50);
    let coming = Holder::new(Role::Tls, owner, days_ago(-10), 50);
    let store = network.store().await;
    network.onboard(&store, &expired, PartyType::Authentication).await;
    network.onboard(&store, &coming, PartyType::Authentication).await;
    store.close().await;
    let gate = network.start().await;

    let answer = gate.ask(&expired, Ask::new("GET", "/trustList")).await;
    answer.is_problem(403, "0x403");
    assert_eq!(answer.text("problem"), "Client is not authorized to access the endpoint");
    let date = expired.certificate.not_after().to_string();
    assert_eq!(answer.text("details"), format!("client certificate expired on {date}"));
    let answer = gate.ask(&coming, Ask::new("GET", "/trustList")).await;
    answer.is_problem(403, "0x403");
    assert!(answer.text("details").contains("not valid before"), "{}", answer.text("details"));
}

#[tokio::test]
async fn wrong_method_and_media_type_are_told_only_to_those_who_may_ask() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let unknown = Holder::new(Role::Tls, Participant::from_alpha2("XA"), days_ago(1), 100);
    for (method, path, allow) in [
        ("POST", "/trustList", "GET,HEAD"),
        ("DELETE", "/trustList/DSC", "GET,HEAD"),
        ("PUT", "/countrylist", "GET,HEAD"),
        ("GET", "/signerCertificate", "POST,DELETE"),
        ("DELETE", "/signerCertificate/delete", "POST"),
    ] {
        gate.ask(&unknown, Ask::new(method, path)).await.is_problem(401, "0x402");
        let answer = gate.ask(&network.a.tls, Ask::new(method, path)).await;
        answer.is_problem(405, "n/a");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
    for media_type in [None, Some("application/json"), Some("application/cms-text")] {
        let ask = || {
            let ask = Ask::new("POST", "/signerCertificate").body("QUJD");
            match media_type {
                Some(media_type) => ask.header("Content-Type", media_type),
                None => ask,
            }
        };
        gate.ask(&unknown, ask()).await.is_problem(401, "0x402");
        gate.ask(&network.a.tls, ask()).await.is_problem(415, "n/a");
    }
    assert_eq!(gate.trail().await, []);
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    for path in ["/", "/trustlist", "/trustList/", "/trustList/DSC/XA/", "/countryList", "/health"]
    {
        let answer = gate.ask(&network.a.tls, Ask::new("GET", path)).await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_its_name() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    for path in ["/trustList", "/nothing", "/trustList/NOTHING"] {
        let answer = gate.ask(&network.a.tls, Ask::new("GET", path)).await;
        for (name, value) in [
            ("cache-control", "no-cache, no-store, max-age=0, must-revalidate"),
            ("pragma", "no-cache"),
            ("expires", "0"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("x-xss-protection", "0"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert_eq!(answer.header("x-request-id").map(str::len), Some(36), "{path}");
    }
}

/// A gateway without TLS behind a proxy on this machine.
async fn behind_a_proxy(network: &Network, proxy: &str) -> Gate {
    let mut config = network.config();
    config.tls = None;
    config.proxy_headers = ProxyHeaders {
        enabled: true,
        allowed_addresses: vec![proxy.parse::<IpAddr>().unwrap()],
        ..ProxyHeaders::default()
    };
    network.start_with(config).await
}

async fn with_headers(gate: &Gate, headers: &[(&str, &str)]) -> Answer {
    let ask = headers
        .iter()
        .fold(Ask::new("GET", "/trustList"), |ask, (name, value)| ask.header(name, value));
    ask.send(gate.address, gate.server.as_deref(), None).await.unwrap()
}

const SHA256: &str = "X-SSL-Client-SHA256";
const DN: &str = "X-SSL-Client-DN";
const CERT: &str = "X-SSL-Client-Cert";

#[tokio::test]
async fn takes_every_form_of_identity_from_a_named_proxy() {
    let network = Network::onboarded().await;
    let gate = behind_a_proxy(&network, "127.0.0.1").await;
    let certificate = &network.a.tls.certificate;
    let hex = certificate.thumbprint().to_string();
    let base64 = BASE64_STANDARD.encode(certificate.thumbprint().as_bytes());
    let encoded = base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    for thumbprint in [&hex, &base64, &encoded] {
        for dn in [
            "C=XA",
            "CN=XXA TLS, O=Test, C=XA",
            "C%3DXA%2CO%3DTest%20Company",
            ",asdf,C=XA,=x",
            "C=XA,C=XB",
        ] {
            let answer = with_headers(&gate, &[(SHA256, thumbprint), (DN, dn)]).await;
            assert_eq!(answer.status, 200, "{thumbprint} {dn}");
        }
    }
    let pem = pem::encode("CERTIFICATE", certificate.der());
    let escaped = pem.replace(' ', "%20").replace('+', "%2B").replace('\n', "%0A");
    assert_eq!(with_headers(&gate, &[(CERT, &escaped)]).await.status, 200);
    // One of the pair is ignored and the certificate counts.
    assert_eq!(with_headers(&gate, &[(CERT, &escaped), (DN, "C=XB")]).await.status, 200);
}

#[tokio::test]
async fn refuses_incomplete_and_unknown_identities_from_a_proxy() {
    let network = Network::onboarded().await;
    let gate = behind_a_proxy(&network, "127.0.0.1").await;
    let hex = network.a.tls.certificate.thumbprint().to_string();
    for headers in [
        vec![],
        vec![(SHA256, hex.as_str())],
        vec![(DN, "C=XA")],
        vec![(SHA256, "rubbish"), (DN, "C=XA")],
        vec![(CERT, "rubbish")],
        vec![(SHA256, &hex), (DN, "C=XA"), (DN, "C=XA")],
    ] {
        let answer = with_headers(&gate, &headers).await;
        answer.is_problem(401, "0x400");
        assert_eq!(answer.text("problem"), "No authentication information available");
    }
    let answer = with_headers(&gate, &[(SHA256, &hex), (DN, "O=Test")]).await;
    answer.is_problem(400, "0x401");
    assert_eq!(answer.text("sendValue"), "O=Test");
    for headers in [
        [(SHA256, hex.as_str()), (DN, "C=XB")],
        [(SHA256, hex.as_str()), (DN, "C=xa")],
        [(SHA256, "ab".repeat(32).as_str()), (DN, "C=XA")],
    ] {
        with_headers(&gate, &headers).await.is_problem(401, "0x402");
    }
    let unknown = Holder::new(Role::Tls, Participant::from_alpha2("XA"), days_ago(1), 100);
    let pem = pem::encode("CERTIFICATE", unknown.certificate.der()).replace('\n', "%0A");
    let pem = pem.replace('+', "%2B");
    with_headers(&gate, &[(CERT, &pem)]).await.is_problem(401, "0x402");
}

#[tokio::test]
async fn headers_from_another_address_than_the_proxys_do_not_exist() {
    let network = Network::onboarded().await;
    let gate = behind_a_proxy(&network, "192.0.2.1").await;
    let hex = network.a.tls.certificate.thumbprint().to_string();
    with_headers(&gate, &[(SHA256, &hex), (DN, "C=XA")]).await.is_problem(401, "0x400");
}

#[tokio::test]
async fn headers_do_not_exist_while_they_are_switched_off() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let unknown = Holder::new(Role::Tls, Participant::from_alpha2("XA"), days_ago(1), 100);
    let hex = network.a.tls.certificate.thumbprint().to_string();
    let ask = || Ask::new("GET", "/trustList").header(SHA256, &hex).header(DN, "C=XA");
    gate.ask(&unknown, ask()).await.is_problem(401, "0x402");
    // And they take nothing away from a good certificate.
    let spoilt = Ask::new("GET", "/trustList").header(SHA256, "rubbish").header(DN, "O=x");
    assert_eq!(gate.ask(&network.a.tls, spoilt).await.status, 200);
}

#[tokio::test]
async fn a_proxy_may_speak_tls_without_a_certificate_of_its_own() {
    let network = Network::onboarded().await;
    let mut config = network.config();
    config.proxy_headers = ProxyHeaders {
        enabled: true,
        allowed_addresses: vec!["127.0.0.1".parse().unwrap()],
        ..ProxyHeaders::default()
    };
    let gate = network.start_with(config).await;
    let hex = network.a.tls.certificate.thumbprint().to_string();
    let answer = with_headers(&gate, &[(SHA256, &hex), (DN, "C=XA")]).await;
    assert_eq!(answer.status, 200);
    with_headers(&gate, &[]).await.is_problem(401, "0x400");
    // A client certificate of its own is the proxy's, and speaks for no client without headers.
    let mut stream = connect(gate.address, gate.server.as_deref(), Some(&network.a.tls.identity()))
        .await
        .unwrap();
    let answer = Ask::new("GET", "/trustList").send_over(&mut stream).await.unwrap();
    answer.is_problem(401, "0x400");
    assert_eq!(answer.header("connection"), Some("close"), "strangers do not keep a connection");
}

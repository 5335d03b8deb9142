use std::time::Duration;

use gdhcn_client::gateway::{
    ClientIdentity, Download, Gateway, GatewayError, GatewayOptions, ProxyChoice, Selection,
    ServerTrust, SetupError,
};
use gdhcn_client::stage::{Cause, ConnectionFault, Stage, UntrustedReason};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::pki;
use crate::server::{answer, client, options, serve};

async fn fault(gateway: &Gateway) -> ConnectionFault {
    match gateway.trust_list(&Selection::All, None).await {
        Err(GatewayError::Connection(fault)) => {
            assert!(!fault.advice().is_empty());
            fault
        }
        other => panic!("no connection fault: {other:?}"),
    }
}

fn untrusted(fault: &ConnectionFault) -> UntrustedReason {
    let Cause::Untrusted(untrusted) = &fault.cause else { panic!("{fault:?}") };
    untrusted.reason.clone()
}

async fn is_accepted(server: &pki::Pair, trusted: &str) -> bool {
    let fake = serve(server, None, &answer("200 OK", "[]")).await;
    let outcome = client(&fake.url(), trusted).trust_list(&Selection::All, None).await;
    matches!(outcome, Ok(Download::List(_)))
}

#[tokio::test]
async fn a_pinned_certificate_that_signs_itself_is_accepted() {
    let pair = pki::self_signed("localhost");
    assert!(is_accepted(&pair, &pair.certificate).await);
}

#[tokio::test]
async fn a_certificate_of_a_given_ca_is_accepted() {
    let (ca, server) = pki::issued_by("Test CA", "localhost");
    assert!(is_accepted(&server, &ca.certificate).await);
}

#[tokio::test]
async fn a_pinned_certificate_is_no_issuer_of_others() {
    // Same names on both levels, but the issuer says that it is no CA.
    let pinned = pki::self_signed("localhost");
    let other = pki::self_signed("localhost");
    let fake = serve(&other, None, &answer("200 OK", "[]")).await;
    let fault = fault(&client(&fake.url(), &pinned.certificate)).await;
    assert_eq!(untrusted(&fault), UntrustedReason::UnknownIssuer);
}

#[tokio::test]
async fn an_intercepted_connection_names_the_issuer_seen() {
    let (_, server) = pki::issued_by("Company Inspection", "localhost");
    let pinned = pki::self_signed("localhost");
    let fake = serve(&server, None, &answer("200 OK", "[]")).await;
    let fault = fault(&client(&fake.url(), &pinned.certificate)).await;
    assert_eq!(fault.stage(), Stage::Tls);
    assert_eq!(untrusted(&fault), UntrustedReason::UnknownIssuer);
    let text = fault.to_string();
    assert!(text.contains("Company Inspection"), "{text}");
    assert!(text.contains("not by a CA you trust"), "{text}");
    assert!(fake.requests().is_empty(), "nothing was sent to the wrong server");
}

#[tokio::test]
async fn a_pinned_certificate_must_be_for_the_host_and_in_its_period() {
    let elsewhere = pki::self_signed("elsewhere.example");
    let fake = serve(&elsewhere, None, &answer("200 OK", "[]")).await;
    let wrong_name = fault(&client(&fake.url(), &elsewhere.certificate)).await;
    assert_eq!(untrusted(&wrong_name), UntrustedReason::WrongName);

    let old = pki::expired("localhost");
    let fake = serve(&old, None, &answer("200 OK", "[]")).await;
    let expired = fault(&client(&fake.url(), &old.certificate)).await;
    assert_eq!(untrusted(&expired), UntrustedReason::Expired);
    assert!(expired.to_string().contains("expired on 2001-01-01"), "{expired}");
}

#[tokio::test]
async fn a_server_without_the_key_of_the_pinned_certificate_is_refused() {
    // The certificate is public; only the handshake's signature proves who holds the key.
    let pinned = pki::self_signed("localhost");
    let key = pki::self_signed("localhost").key;
    let impostor = pki::Pair { certificate: pinned.certificate.clone(), key };
    let fake = serve(&impostor, None, &answer("200 OK", "[]")).await;
    let fault = fault(&client(&fake.url(), &pinned.certificate)).await;
    assert_eq!(fault.cause, Cause::KeyNotProven);
}

#[tokio::test]
async fn the_client_certificate_is_shown() {
    let pair = pki::self_signed("localhost");
    let (ca, participant) = pki::issued_by("Participants", "client.example");
    let fake = serve(&pair, Some(&ca), &answer("200 OK", "[]")).await;
    let identity =
        ClientIdentity::from_pem(participant.certificate.as_bytes(), participant.key.as_bytes())
            .unwrap();
    let trust = ServerTrust::from_pem(pair.certificate.as_bytes()).unwrap();
    let gateway = Gateway::new(GatewayOptions::new(fake.url(), identity, trust)).unwrap();
    assert!(gateway.trust_list(&Selection::All, None).await.is_ok());
}

#[tokio::test]
async fn a_client_certificate_that_the_server_refuses_shows_as_its_alert() {
    let pair = pki::self_signed("localhost");
    let (ca, _) = pki::issued_by("Participants", "client.example");
    let fake = serve(&pair, Some(&ca), &answer("200 OK", "[]")).await;
    let fault = fault(&client(&fake.url(), &pair.certificate)).await;
    assert_eq!(fault.stage(), Stage::Tls, "{fault}");
    assert!(matches!(fault.cause, Cause::TlsAlert { .. }), "{fault:?}");
    assert!(fault.advice().contains("client certificate"), "{}", fault.advice());
}

#[tokio::test]
async fn a_host_without_address_fails_at_the_name() {
    let pair = pki::self_signed("localhost");
    let fault = fault(&client("https://gateway.invalid", &pair.certificate)).await;
    assert_eq!(fault.stage(), Stage::Name, "{fault:?}");
    assert_eq!(fault.host, "gateway.invalid:443");
}

#[tokio::test]
async fn a_closed_port_fails_at_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let pair = pki::self_signed("localhost");
    let fault = fault(&client(&format!("https://{address}"), &pair.certificate)).await;
    assert_eq!(fault.stage(), Stage::Tcp, "{fault:?}");
}

#[tokio::test]
async fn a_port_that_speaks_plain_http_is_said_not_to_be_tls() {
    let address = answer_everything(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let pair = pki::self_signed("localhost");
    let fault = fault(&client(&format!("https://{address}"), &pair.certificate)).await;
    assert_eq!(fault.cause, Cause::NotTls);
}

#[tokio::test]
async fn a_silent_port_fails_at_tls_and_not_at_tcp() {
    let address = answer_everything(b"").await;
    let pair = pki::self_signed("localhost");
    let mut options = options(&format!("https://{address}"), &pair.certificate);
    options.timeouts.connect = Duration::from_millis(200);
    let fault = fault(&Gateway::new(options).unwrap()).await;
    assert_eq!(fault.cause, Cause::TlsTimeout);
}

#[tokio::test]
async fn a_server_that_never_answers_fails_at_http() {
    let pair = pki::self_signed("localhost");
    let fake = serve(&pair, None, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").await;
    let mut options = options(&fake.url(), &pair.certificate);
    options.timeouts.idle = Duration::from_millis(200);
    let fault = fault(&Gateway::new(options).unwrap()).await;
    assert_eq!(fault.stage(), Stage::Http, "{fault:?}");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_as_the_proxy() {
    for (reply, word) in [
        (&b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..], "authorization"),
        (&b"HTTP/1.1 403 Forbidden\r\n\r\n"[..], "unsuccessful"),
    ] {
        let proxy = answer_everything(reply).await;
        let fault = fault(&through(&format!("http://{proxy}"))).await;
        assert_eq!(fault.stage(), Stage::Proxy, "{fault:?}");
        assert!(fault.to_string().contains(word), "{fault}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named_as_the_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let fault = fault(&through(&format!("http://{address}"))).await;
    assert_eq!(fault.stage(), Stage::Proxy, "{fault:?}");
}

#[test]
fn a_key_of_another_pair_is_refused_at_once() {
    let (one, other) = (pki::self_signed("a.example"), pki::self_signed("b.example"));
    let identity =
        ClientIdentity::from_pem(one.certificate.as_bytes(), other.key.as_bytes()).unwrap();
    let trust = ServerTrust::from_pem(one.certificate.as_bytes()).unwrap();
    let error =
        Gateway::new(GatewayOptions::new("https://g.example", identity, trust)).unwrap_err();
    assert!(matches!(error, SetupError::Key { .. }), "{error:?}");
}

#[test]
fn trust_in_nothing_is_refused_at_once() {
    let pair = pki::self_signed("a.example");
    let identity =
        ClientIdentity::from_pem(pair.certificate.as_bytes(), pair.key.as_bytes()).unwrap();
    let options = GatewayOptions::new("https://g.example", identity, ServerTrust::default());
    assert_eq!(Gateway::new(options).unwrap_err(), SetupError::NoServerTrust);
}

fn through(proxy: &str) -> Gateway {
    let pair = pki::self_signed("gateway.example");
    let mut options = options("https://gateway.example", &pair.certificate);
    options.proxy = ProxyChoice::Through(proxy.to_owned());
    Gateway::new(options).unwrap()
}

/// A TCP server that reads something, answers `reply` and, when that is empty, stays silent.
async fn answer_everything(reply: &'static [u8]) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = connection.read(&mut [0; 4096]).await;
                if reply.is_empty() {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
                let _ = connection.write_all(reply).await;
                let _ = connection.shutdown().await;
            });
        }
    });
    address
}

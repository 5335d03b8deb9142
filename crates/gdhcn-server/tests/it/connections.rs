//! What one peer may take, and the orderly end.

use std::time::{Duration, Instant};

use gdhcn_server::config::Limits;
use gdhcn_trust::profile::Role;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::network::{Gate, Holder, Network, days_ago};
use crate::wire::{Answer, Ask, Stream, connect};

async fn limited(network: &Network, change: impl FnOnce(&mut Limits)) -> Gate {
    let mut config = network.config();
    change(&mut config.limits);
    network.start_with(config).await
}

async fn connected(gate: &Gate, network: &Network) -> Box<dyn Stream> {
    let identity = network.a.tls.identity();
    connect(gate.address, gate.server.as_deref(), Some(&identity)).await.unwrap()
}

/// Waits until the other end closes; what it says before does not matter.
async fn closes(mut stream: impl tokio::io::AsyncRead + Unpin) -> Duration {
    let started = Instant::now();
    let mut rest = Vec::new();
    let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await.expect("closes");
    started.elapsed()
}

#[tokio::test]
async fn a_body_over_the_limit_gets_413_and_changes_nothing() {
    let network = Network::onboarded().await;
    let gate = limited(&network, |limits| limits.body_bytes = 64 * 1024).await;
    let message = network.a.message(network.a.dsc().der());
    // Blanks are allowed in Base64, so only the length is at fault.
    let long = |length: usize| format!("{message}{}", " ".repeat(length - message.len()));
    assert_eq!(gate.upload(&network.a.tls, long(64 * 1024)).await.status, 201);
    for length in [64 * 1024 + 1, 300 * 1024, 3 * 1024 * 1024] {
        let answer = timeout(
            Duration::from_secs(20),
            Ask::new("DELETE", "/signerCertificate").cms(long(length)).send(
                gate.address,
                gate.server.as_deref(),
                Some(&network.a.tls.identity()),
            ),
        )
        .await
        .unwrap();
        match answer {
            Ok(answer) => answer.is_problem(413, "n/a"),
            // Far over the limit the connection may break before the peer has sent all.
            Err(error) => assert!(length > 1024 * 1024, "{length}: {error}"),
        }
    }
    assert_eq!(gate.thumbprints(&network.a.tls, "/trustList/DSC").await.len(), 1);
    assert_eq!(gate.trail().await.len(), 1);
}

#[tokio::test]
async fn the_default_limit_of_a_body_is_4_mib() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let answer = gate.upload(&network.a.tls, vec![b'A'; 4 * 1024 * 1024]).await;
    answer.is_problem(400, "0x402");
    let answer = gate.upload(&network.a.tls, vec![b'A'; 4 * 1024 * 1024 + 1]).await;
    answer.is_problem(413, "n/a");
}

#[tokio::test]
async fn who_asks_before_sending_too_much_is_answered_at_once() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let mut stream = connected(&gate, &network).await;
    let head = "POST /signerCertificate HTTP/1.1\r\nHost: gateway\r\n\
                Content-Type: application/cms\r\nContent-Length: 999999999\r\n\
                Expect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = timeout(Duration::from_secs(5), Answer::read(&mut stream)).await.unwrap().unwrap();
    answer.is_problem(413, "n/a");
}

#[tokio::test]
async fn a_chunked_body_is_taken_and_bounded_like_any_other() {
    let network = Network::onboarded().await;
    let gate = limited(&network, |limits| limits.body_bytes = 8 * 1024).await;
    let message = network.a.message(network.a.dsc().der());
    for (length, status) in [(message.len(), 201), (20 * 1024, 413)] {
        let body = format!("{message}{}", " ".repeat(length - message.len()));
        let mut stream = connected(&gate, &network).await;
        let head = "POST /signerCertificate HTTP/1.1\r\nHost: gateway\r\n\
                    Content-Type: application/cms\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        for chunk in body.as_bytes().chunks(1000) {
            stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await.unwrap();
            stream.write_all(chunk).await.unwrap();
            stream.write_all(b"\r\n").await.unwrap();
        }
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        assert_eq!(Answer::read(&mut stream).await.unwrap().status, status);
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_changes_nothing() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let message = network.a.message(network.a.dsc().der());
    let bytes = Ask::new("POST", "/signerCertificate").cms(message).bytes();
    for kept in [bytes.len() - 1, bytes.len() / 2, 40] {
        let mut stream = connected(&gate, &network).await;
        stream.write_all(&bytes[..kept]).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = String::new();
        let _ = stream.read_to_string(&mut rest).await;
        assert!(!rest.contains("HTTP/1.1 2"), "{rest}");
    }
    assert_eq!(gate.thumbprints(&network.a.tls, "/trustList/DSC").await.len(), 0);
    assert_eq!(gate.trail().await, []);
}

#[tokio::test]
async fn a_slow_body_gets_408() {
    let network = Network::onboarded().await;
    let gate = limited(&network, |limits| limits.request_seconds = 1).await;
    let message = network.a.message(network.a.dsc().der());
    let bytes = Ask::new("POST", "/signerCertificate").cms(message).bytes();
    let mut stream = connected(&gate, &network).await;
    stream.write_all(&bytes[..bytes.len() - 1]).await.unwrap();
    let answer = timeout(Duration::from_secs(5), Answer::read(&mut stream)).await.unwrap().unwrap();
    answer.is_problem(408, "n/a");
    // Others are served all the while, and what comes too late counts no more.
    let _ = stream.write_all(&bytes[bytes.len() - 1..]).await;
    assert_eq!(gate.thumbprints(&network.b.tls, "/trustList/DSC").await.len(), 0);
}

#[tokio::test]
async fn slow_headers_end_the_connection() {
    let network = Network::onboarded().await;
    let gate = limited(&network, |limits| limits.header_seconds = 1).await;
    let mut stream = connected(&gate, &network).await;
    stream.write_all(b"GET /trustList HTTP/1.1\r\nHost:").await.unwrap();
    assert!(closes(stream).await < Duration::from_secs(5));
    let silent = connected(&gate, &network).await;
    assert!(closes(silent).await < Duration::from_secs(5));
}

#[tokio::test]
async fn a_slow_handshake_ends_and_hinders_nobody() {
    let network = Network::onboarded().await;
    let gate = limited(&network, |limits| limits.handshake_seconds = 2).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(gate.address).await.unwrap());
    }
    let started = Instant::now();
    assert_eq!(gate.ask(&network.a.tls, Ask::new("GET", "/trustList")).await.status, 200);
    assert!(started.elapsed() < Duration::from_millis(1500));
    assert!(closes(silent.pop().unwrap()).await < Duration::from_secs(8));
}

#[tokio::test]
async fn an_address_has_a_number_of_unfinished_handshakes() {
    let network = Network::onboarded().await;
    let gate = limited(&network, |limits| limits.strangers_per_address = 3).await;
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(TcpStream::connect(gate.address).await.unwrap());
    }
    let identity = network.a.tls.identity();
    let refused = connect(gate.address, gate.server.as_deref(), Some(&identity)).await;
    assert!(refused.is_err());
    drop(silent);
    for attempt in 0.. {
        match connect(gate.address, gate.server.as_deref(), Some(&identity)).await {
            Ok(_) => break,
            Err(error) => assert!(attempt < 50, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A certificate of one's own making opens a connection, and no more than a few.
#[tokio::test]
async fn strangers_do_not_take_the_places_of_participants() {
    let network = Network::onboarded().await;
    let gate = limited(&network, |limits| limits.strangers_per_address = 3).await;
    let list = b"GET /countrylist HTTP/1.1\r\nHost: gateway\r\n\r\n";
    // One who has shown who it is does not count.
    let mut known = Vec::new();
    for _ in 0..6 {
        let mut stream = connected(&gate, &network).await;
        stream.write_all(list).await.unwrap();
        assert_eq!(Answer::read(&mut stream).await.unwrap().status, 200);
        known.push(stream);
    }
    let stranger = || Holder::new(Role::Tls, Some(network.a.code), days_ago(1), 100).identity();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let server = gate.server.as_deref();
        waiting.push(connect(gate.address, server, Some(&stranger())).await.unwrap());
    }
    let refused = connect(gate.address, gate.server.as_deref(), Some(&stranger())).await;
    assert!(refused.is_err());
    // The answer ends a stranger's connection, and with it its place.
    for mut stream in waiting {
        stream.write_all(list).await.unwrap();
        let answer = Answer::read(&mut stream).await.unwrap();
        answer.is_problem(401, "0x402");
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(closes(stream).await < Duration::from_secs(5));
    }
    let answer = gate.ask(&network.b.tls, Ask::new("GET", "/countrylist")).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_client_certificate_has_a_number_of_connections() {
    let network = Network::onboarded().await;
    let gate = limited(&network, |limits| limits.connections_per_certificate = 2).await;
    let keep_alive = b"GET /countrylist HTTP/1.1\r\nHost: gateway\r\n\r\n";
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = connected(&gate, &network).await;
        stream.write_all(keep_alive).await.unwrap();
        assert_eq!(Answer::read(&mut stream).await.unwrap().status, 200);
        open.push(stream);
    }
    let ask = Ask::new("GET", "/countrylist");
    let identity = network.a.tls.identity();
    assert!(ask.send(gate.address, gate.server.as_deref(), Some(&identity)).await.is_err());
    assert_eq!(gate.ask(&network.b.tls, Ask::new("GET", "/countrylist")).await.status, 200);
    // The open ones go on.
    for stream in &mut open {
        stream.write_all(keep_alive).await.unwrap();
        assert_eq!(Answer::read(stream).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn connections_over_the_whole_number_wait_for_a_place() {
    let network = Network::onboarded().await;
    let gate = limited(&network, |limits| limits.connections = 2).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = connected(&gate, &network).await;
        stream.write_all(b"GET /countrylist HTTP/1.1\r\nHost: gateway\r\n\r\n").await.unwrap();
        assert_eq!(Answer::read(&mut stream).await.unwrap().status, 200);
        open.push(stream);
    }
    let mut waiting = Box::pin(gate.ask(&network.b.tls, Ask::new("GET", "/countrylist")));
    assert!(timeout(Duration::from_millis(300), waiting.as_mut()).await.is_err());
    open.pop();
    let answer = timeout(Duration::from_secs(5), waiting).await.unwrap();
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn headers_have_a_length() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let with = |length| Ask::new("GET", "/trustList").header("X-Long", &"x".repeat(length));
    assert_eq!(gate.ask(&network.a.tls, with(60 * 1024)).await.status, 200);
    for length in [70 * 1024, 1024 * 1024] {
        let identity = network.a.tls.identity();
        let answer = with(length).send(gate.address, gate.server.as_deref(), Some(&identity)).await;
        match answer {
            Ok(answer) => assert_eq!(answer.status, 431),
            // Far over the limit the connection may break before the peer has sent all.
            Err(error) => assert!(length > 100 * 1024, "{error}"),
        }
    }
    assert_eq!(gate.ask(&network.a.tls, Ask::new("GET", "/trustList")).await.status, 200);
}

#[tokio::test]
async fn an_old_connection_is_closed_after_its_request() {
    let network = Network::onboarded().await;
    let gate = limited(&network, |limits| limits.connection_seconds = 1).await;
    let mut stream = connected(&gate, &network).await;
    stream.write_all(b"GET /countrylist HTTP/1.1\r\nHost: gateway\r\n\r\n").await.unwrap();
    assert_eq!(Answer::read(&mut stream).await.unwrap().status, 200);
    assert!(closes(stream).await < Duration::from_secs(5));
}

#[tokio::test]
async fn a_running_request_ends_when_the_gateway_stops_and_idle_connections_close() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let message = network.a.message(network.a.dsc().der());
    let bytes = Ask::new("POST", "/signerCertificate").cms(message).bytes();
    let mut idle = connected(&gate, &network).await;
    idle.write_all(b"GET /countrylist HTTP/1.1\r\nHost: gateway\r\n\r\n").await.unwrap();
    assert_eq!(Answer::read(&mut idle).await.unwrap().status, 200);
    let mut running = connected(&gate, &network).await;
    let half = bytes.len() / 2;
    running.write_all(&bytes[..half]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;

    let address = gate.address;
    let stopping = tokio::spawn(gate.running.shutdown());
    assert!(closes(idle).await < Duration::from_secs(5));
    assert!(TcpStream::connect(address).await.is_err(), "nothing new is accepted");
    running.write_all(&bytes[half..]).await.unwrap();
    assert_eq!(Answer::read(&mut running).await.unwrap().status, 201);
    timeout(Duration::from_secs(5), stopping).await.unwrap().unwrap();
    let gate = network.start().await;
    assert_eq!(gate.thumbprints(&network.a.tls, "/trustList/DSC").await.len(), 1);
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_after_the_drain_time() {
    let network = Network::onboarded().await;
    let gate = limited(&network, |limits| limits.drain_seconds = 1).await;
    let mut running = connected(&gate, &network).await;
    let head = b"POST /signerCertificate HTTP/1.1\r\nHost: gateway\r\n\
                 Content-Type: application/cms\r\nContent-Length: 1000\r\n\r\n";
    running.write_all(head).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    timeout(Duration::from_secs(5), gate.running.shutdown()).await.unwrap();
}

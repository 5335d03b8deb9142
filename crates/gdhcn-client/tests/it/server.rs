//! The fake gateway: TLS as configured, one canned answer per request, every request recorded.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gdhcn_client::gateway::{
    ClientIdentity, Gateway, GatewayOptions, ProxyChoice, ServerTrust, Timeouts,
};
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::pki::{self, Pair};

/// A running server; it ends with the test's runtime.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// The requests so far: request line, headers in lower case, body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }
}

/// A server that shows `pair`, asks for a client certificate issued by `client_ca` (any
/// certificate may then stand for itself), and answers `answer` to everything.
pub(crate) async fn serve(pair: &Pair, client_ca: Option<&Pair>, answer: &str) -> Fake {
    let answer = answer.to_owned();
    serve_by(pair, client_ca, move |_| answer.clone()).await
}

/// As [`serve`], with an answer for each request.
pub(crate) async fn serve_by(
    pair: &Pair,
    client_ca: Option<&Pair>,
    answer: impl Fn(&str) -> String + Send + Sync + 'static,
) -> Fake {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(ca.certificate.as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
    let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
    // Unlike `with_single_cert` this takes a key that does not belong to the certificate.
    let resolver = SingleCertAndKey::from(CertifiedKey::new(chain, key));
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_cert_resolver(Arc::new(resolver))));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let (record, answer) = (Arc::clone(&requests), Arc::new(answer));
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let (acceptor, record, answer) =
                (acceptor.clone(), Arc::clone(&record), Arc::clone(&answer));
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(connection).await else { return };
                if let Some(request) = read_request(&mut stream).await {
                    let answer = answer(&request);
                    record.lock().unwrap().push(request);
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
                let _ = stream.shutdown().await;
            });
        }
    });
    Fake { address, requests }
}

/// An HTTP answer with a JSON body.
pub(crate) fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The options of a client that trusts `trusted` and shows a certificate of its own.
pub(crate) fn options(url: &str, trusted: &str) -> GatewayOptions {
    let client = pki::self_signed("client.example");
    let identity =
        ClientIdentity::from_pem(client.certificate.as_bytes(), client.key.as_bytes()).unwrap();
    let trust = ServerTrust::from_pem(trusted.as_bytes()).unwrap();
    let mut options = GatewayOptions::new(url, identity, trust);
    options.proxy = ProxyChoice::Direct;
    options.timeouts = Timeouts {
        connect: Duration::from_secs(5),
        idle: Duration::from_secs(5),
        total: Duration::from_secs(10),
    };
    options
}

/// The client of [`options`].
pub(crate) fn client(url: &str, trusted: &str) -> Gateway {
    Gateway::new(options(url, trusted)).unwrap()
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_owned();
            let length = head
                .lines()
                .filter_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
                })
                .next()
                .unwrap_or(0_usize);
            if body.len() >= length {
                let (first, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
                return Some(format!("{first}\n{}\n\n{body}", headers.to_ascii_lowercase()));
            }
        }
    }
}

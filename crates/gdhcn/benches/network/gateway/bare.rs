//! The baseline: a server of hyper and rustls, as the gateway's are set up, that sends the same
//! bytes and does nothing else.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Serves until it is dropped.
pub(super) struct Bare {
    pub(super) address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Bare {
    /// Answers every request with this status, tag and body.
    pub(super) fn start(folder: &Path, status: u16, tag: &str, body: Vec<u8>) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(config(folder));
        let status = StatusCode::from_u16(status).unwrap();
        let (tag, body) = (tag.to_owned(), Bytes::from(body));
        runtime.spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                tcp.set_nodelay(true).unwrap();
                let (acceptor, tag, body) = (acceptor.clone(), tag.clone(), body.clone());
                tokio::spawn(async move {
                    let stream = acceptor.accept(tcp).await.unwrap();
                    let service = service_fn(move |_: Request<Incoming>| {
                        let answer = Response::builder()
                            .status(status)
                            .header("content-type", "application/json")
                            .header("etag", &tag)
                            .body(Full::new(body.clone()))
                            .unwrap();
                        async move { Ok::<_, Infallible>(answer) }
                    });
                    // Clients leave as they like.
                    let _ =
                        http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, _runtime: runtime }
    }
}

fn config(folder: &Path) -> Arc<ServerConfig> {
    let file = |name: &str| folder.join(name);
    let mut roots = RootCertStore::empty();
    for country in ["xxa/tls.pem", "xxb/tls.pem"] {
        roots.add(CertificateDer::from_pem_file(file(country)).unwrap()).unwrap();
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let chain = vec![CertificateDer::from_pem_file(file("operator/gateway.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(file("operator/gateway.key")).unwrap();
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients.build().unwrap())
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

//! A peer that knows nothing but TCP, TLS and the text of HTTP/1.1.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A client certificate and its key, DER and PKCS#8.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

/// Either kind of connection.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Connects; with `server` by TLS, and then with the client certificate where one is given.
pub(crate) async fn connect(
    address: SocketAddr,
    server: Option<&[u8]>,
    identity: Option<&Identity>,
) -> io::Result<Box<dyn Stream>> {
    connect_by(rustls::DEFAULT_VERSIONS, address, server, identity).await
}

/// Connects by a version of TLS.
pub(crate) async fn connect_by(
    versions: &[&'static SupportedProtocolVersion],
    address: SocketAddr,
    server: Option<&[u8]>,
    identity: Option<&Identity>,
) -> io::Result<Box<dyn Stream>> {
    let tcp = TcpStream::connect(address).await?;
    let Some(server) = server else { return Ok(Box::new(tcp)) };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(server.to_vec())).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let keys = provider.key_provider;
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let config = match identity {
        None => config.with_no_client_auth(),
        Some(identity) => {
            let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(identity.key.clone()));
            let chain = vec![CertificateDer::from(identity.certificate.clone())];
            // Unlike the usual way, this does not ask whether the two belong together.
            let pair = CertifiedKey::new(chain, keys.load_private_key(key).unwrap());
            config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(pair)))
        }
    };
    let name = ServerName::from(address.ip());
    Ok(Box::new(TlsConnector::from(Arc::new(config)).connect(name, tcp).await?))
}

/// A request.
pub(crate) struct Ask {
    head: String,
    body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { head: format!("{method} {path} HTTP/1.1\r\nHost: gateway\r\n"), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The message and the headers that clients send with it.
    pub(crate) fn cms(self, message: impl Into<Vec<u8>>) -> Self {
        self.header("Content-Type", "application/cms")
            .header("Content-Transfer-Encoding", "base64")
            .header("Content-Encoding", "base64")
            .body(message)
    }

    /// A body as a text message in its own media type.
    pub(crate) fn cms_text(self, message: impl Into<Vec<u8>>) -> Self {
        self.header("Content-Type", "application/cms-text").body(message)
    }

    /// A JSON text.
    pub(crate) fn json(self, text: impl Into<Vec<u8>>) -> Self {
        self.header("Content-Type", "application/json").body(text)
    }

    /// The bytes of the request, on a connection that ends with it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.clone().into_bytes();
        bytes.extend(
            format!("Connection: close\r\nContent-Length: {}\r\n\r\n", self.body.len()).bytes(),
        );
        bytes.extend(&self.body);
        bytes
    }

    pub(crate) async fn send(
        &self,
        address: SocketAddr,
        server: Option<&[u8]>,
        identity: Option<&Identity>,
    ) -> io::Result<Answer> {
        let mut stream = connect(address, server, identity).await?;
        self.send_over(&mut stream).await
    }

    pub(crate) async fn send_over(&self, stream: &mut Box<dyn Stream>) -> io::Result<Answer> {
        stream.write_all(&self.bytes()).await?;
        stream.flush().await?;
        Answer::read(stream).await
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads one answer; leaves the connection as it is.
    pub(crate) async fn read(stream: &mut Box<dyn Stream>) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "no answer"));
            }
        };
        let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
        let mut body = bytes[head + 4..].to_vec();
        let mut lines = text.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .map_or(0, |(_, value)| value.parse().unwrap());
        while body.len() < length {
            if stream.read_buf(&mut body).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "answer cut off"));
            }
        }
        Ok(Self { status, headers, body })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status and code; the body must be a complete problem report.
    pub(crate) fn problem(&self) -> (u16, String) {
        let report = self.json();
        let members: Vec<_> = report.as_object().unwrap().keys().collect();
        assert_eq!(members, ["code", "problem", "sendValue", "details"]);
        assert!(report.as_object().unwrap().values().all(serde_json::Value::is_string));
        (self.status, report["code"].as_str().unwrap().to_owned())
    }

    /// A member of the problem report.
    pub(crate) fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap().to_owned()
    }

    /// Asserts status and code.
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.problem(), (status, code.to_owned()), "{}", self.json());
    }
}

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, NoProxy, Proxy, Url, redirect};
use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{Gateway, ServerTrust, SetupError};

/// Everything a [`Gateway`] is made of. The fields that have a default can be set afterwards.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GatewayOptions {
    /// The gateway's address, `https://host[:port][/prefix]`.
    pub base_url: String,
    /// The participant's TLS certificate and key.
    pub identity: ClientIdentity,
    /// What the server is recognised by.
    pub server_trust: ServerTrust,
    /// The way out of the local network.
    pub proxy: ProxyChoice,
    /// How long each part may take.
    pub timeouts: Timeouts,
    /// How large answers may be.
    pub limits: Limits,
}

impl GatewayOptions {
    /// Options with the default proxy choice, timeouts and limits.
    pub fn new(
        base_url: impl Into<String>,
        identity: ClientIdentity,
        server_trust: ServerTrust,
    ) -> Self {
        Self {
            base_url: base_url.into(),
            identity,
            server_trust,
            proxy: ProxyChoice::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
        }
    }
}

/// The way out of the local network. A gateway on this machine is always spoken to directly.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum ProxyChoice {
    /// What `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    #[default]
    Environment,
    /// No proxy.
    Direct,
    /// This HTTP proxy, `http://[user:password@]host:port`.
    Through(String),
}

/// How long each part of a call may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// From the name to the end of the TLS handshake. Default 10 s.
    pub connect: Duration,
    /// Without a byte from the server. Default 30 s.
    pub idle: Duration,
    /// The whole call. Default 120 s: a complete list over a slow line takes its time.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(120),
        }
    }
}

/// How large a gateway's answers may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of an answer with the expected status. Default 64 MiB.
    pub body: usize,
    /// Bytes of an error answer. Default 64 KiB.
    pub problem: usize,
    /// Entries of a trust list. Default 200 000.
    pub entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: 64 << 20, problem: 64 << 10, entries: 200_000 }
    }
}

/// A participant's TLS client certificate with its private key.
pub struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl ClientIdentity {
    /// Reads a certificate, or a chain that begins with it, and its key (PKCS#8, SEC 1 or
    /// PKCS#1). The two may be the same file.
    ///
    /// # Errors
    ///
    /// When one of the two is missing, unreadable, or the key is encrypted.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, SetupError> {
        let chain = read_certificates("client certificate", certificates)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| SetupError::Key {
            reason: match error {
                pem::Error::NoItemsFound => key_advice(key),
                other => other.to_string(),
            },
        })?;
        Ok(Self { chain, key })
    }
}

impl Clone for ClientIdentity {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity").field("certificates", &self.chain.len()).finish()
    }
}

/// Reads a PEM bundle or one DER certificate; there is at least one in the result.
pub(super) fn read_certificates(
    what: &'static str,
    input: &[u8],
) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    // A DER certificate is a SEQUENCE; no PEM text begins with its tag, the digit `0`.
    if input.first() == Some(&0x30) {
        return Ok(vec![CertificateDer::from(input.to_vec())]);
    }
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(input) {
        found.push(certificate.map_err(|error| SetupError::Certificate {
            what,
            position: found.len() + 1,
            reason: error.to_string(),
        })?);
    }
    if found.is_empty() { Err(SetupError::NoCertificate { what }) } else { Ok(found) }
}

pub(super) fn connect(options: GatewayOptions) -> Result<Gateway, SetupError> {
    let base = base_url(&options.base_url)?;
    let identity = Some(options.identity);
    let (http, direct) =
        http_client(&base, identity, options.server_trust, &options.proxy, &options.timeouts)?;
    Ok(Gateway { http, base, limits: options.limits, direct })
}

/// A client that speaks to the host of `base`, follows no redirect and tries nothing twice, and
/// whether it is certain that it uses no proxy.
pub(crate) fn http_client(
    base: &Url,
    identity: Option<ClientIdentity>,
    server_trust: ServerTrust,
    proxy: &ProxyChoice,
    timeouts: &Timeouts,
) -> Result<(Client, bool), SetupError> {
    let (proxies, direct) = proxies(base, proxy)?;
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls(identity, server_trust)?)
        .https_only(true)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .user_agent(concat!("gdhcn-client/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.idle)
        .timeout(timeouts.total);
    for proxy in proxies {
        builder = builder.proxy(proxy);
    }
    let http = builder.build().map_err(|error| SetupError::Tls { reason: error.to_string() })?;
    Ok((http, direct))
}

fn tls(identity: Option<ClientIdentity>, trust: ServerTrust) -> Result<ClientConfig, SetupError> {
    let failed = |error: rustls::Error| SetupError::Tls { reason: error.to_string() };
    // Named here and not taken from a process-wide default, which a library must not install.
    let provider: Arc<CryptoProvider> = Arc::new(aws_lc_rs::default_provider());
    let verifier = trust.into_verifier(Arc::clone(&provider))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder.with_client_auth_cert(identity.chain, identity.key).map_err(
            |error| match error {
                rustls::Error::InconsistentKeys(_) => SetupError::Key {
                    reason: "it does not belong to the client certificate; check that both files \
                             are of the same pair"
                        .to_owned(),
                },
                other => failed(other),
            },
        )?,
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

pub(crate) fn base_url(given: &str) -> Result<Url, SetupError> {
    let refused =
        |reason: &str| SetupError::Address { given: given.to_owned(), reason: reason.to_owned() };
    let url = Url::parse(given).map_err(|error| refused(&error.to_string()))?;
    if url.scheme() != "https" {
        return Err(refused("it must begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("a gateway knows no user names; it knows your client certificate"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused("it must end with the host, the port or a path"));
    }
    Ok(url)
}

/// The proxies for `base`, and whether it is certain that none is used.
fn proxies(base: &Url, choice: &ProxyChoice) -> Result<(Vec<Proxy>, bool), SetupError> {
    if is_this_machine(base) {
        return Ok((vec![], true));
    }
    let address = match choice {
        ProxyChoice::Direct => None,
        ProxyChoice::Through(address) => Some(address.clone()),
        ProxyChoice::Environment => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty()),
    };
    let Some(address) = address else { return Ok((vec![], true)) };
    let proxy = Proxy::https(&address).map_err(|error| SetupError::Proxy {
        given: without_password(&address),
        reason: error.to_string(),
    })?;
    let except = match choice {
        ProxyChoice::Environment => NoProxy::from_env(),
        _ => None,
    };
    Ok((vec![proxy.no_proxy(except)], false))
}

fn is_this_machine(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|ip| ip.is_loopback())
    })
}

fn without_password(address: &str) -> String {
    address.rsplit_once('@').map_or(address, |(_, rest)| rest).to_owned()
}

fn key_advice(key: &[u8]) -> String {
    let text = String::from_utf8_lossy(key);
    if text.contains("ENCRYPTED PRIVATE KEY") {
        "it is encrypted; decrypt it first, for example with `openssl pkey -in tls.key -out \
         tls-plain.key`"
            .to_owned()
    } else {
        "there is no PEM block with a private key in it".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_https_address_is_taken() {
        assert!(base_url("https://gateway.example:8443/tng").is_ok());
        for bad in [
            "gateway.example",
            "http://gateway.example",
            "https://user@gateway.example",
            "https://gateway.example/?a=b",
            "https://gateway.example/#top",
            "https://",
        ] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_gateway_on_this_machine_needs_no_proxy() {
        let proxy = ProxyChoice::Through("http://proxy.example:3128".to_owned());
        for (url, direct) in [
            ("https://127.0.0.1:8443", true),
            ("https://[::1]:8443", true),
            ("https://LOCALHOST", true),
            ("https://gateway.example", false),
        ] {
            assert_eq!(proxies(&Url::parse(url).unwrap(), &proxy).unwrap().1, direct, "{url}");
        }
    }

    #[test]
    fn a_faulty_proxy_address_is_quoted_without_its_password() {
        let choice = ProxyChoice::Through("http://me:secret@[".to_owned());
        let error = proxies(&Url::parse("https://gateway.example").unwrap(), &choice).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn an_encrypted_key_is_named_as_such() {
        let rcgen::CertifiedKey { cert, .. } =
            rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let key =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----";
        let error = ClientIdentity::from_pem(cert.pem().as_bytes(), key.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("encrypted"), "{error}");
        let error = ClientIdentity::from_pem(b"", key.as_bytes()).unwrap_err();
        assert_eq!(error, SetupError::NoCertificate { what: "client certificate" });
    }
}

//! The gateway's configuration: one TOML file.
//!
//! Unknown keys are refused with their line. Paths that are not absolute are taken from the
//! folder of the file. [`GatewayConfig::to_toml`] prints the whole configuration with every
//! default filled in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use gdhcn_store::Location;
use serde::{Deserialize, Serialize};

use crate::jobs::publication::{DidConfig, DidConfigError};

/// Everything that an operator decides about a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// Address and port of the participants' interface; port 0 takes a free one.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Address and port of the health answer, without TLS; none for no such listener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_listen: Option<SocketAddr>,
    /// Where the database is: a folder for SQLite, or `postgresql://...`.
    pub database: Location,
    /// PEM or DER files with the certificates whose signature onboards a participant.
    pub trust_anchors: Vec<PathBuf>,
    /// Threads that serve requests; as many as the machine has cores when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker_threads: Option<usize>,
    /// Certificate and key of the participants' interface. May be left out only behind a proxy
    /// that terminates TLS, with `proxy_headers` switched on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFiles>,
    /// Identity from the headers of a terminating proxy.
    #[serde(default)]
    pub proxy_headers: ProxyHeaders,
    /// Which of the gateways in use is imitated where they differ.
    #[serde(default)]
    pub profile: Profile,
    /// What participants may say of the certificates that they upload.
    #[serde(default)]
    pub trusted_certificates: TrustedCertificates,
    /// What one peer may take.
    #[serde(default)]
    pub limits: Limits,
    /// The DID trust lists that the gateway publishes; none: it publishes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub did: Option<DidConfig>,
    /// Who must agree before a participant becomes trusted.
    #[serde(default)]
    pub onboarding: OnboardingRules,
}

/// Who must agree before a participant becomes trusted, and how many of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OnboardingRules {
    /// How many different operators must approve.
    pub approvals: usize,
    /// The operators. With none, whoever may write the database onboards.
    pub operators: Vec<OperatorKey>,
}

/// An operator and the key of their approvals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorKey {
    /// Name, as it stands in the audit trail.
    pub name: String,
    /// PEM file with the public key.
    pub key: PathBuf,
}

impl Default for OnboardingRules {
    fn default() -> Self {
        Self { approvals: 1, operators: Vec::new() }
    }
}

/// Which of the gateways in use is imitated where they differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The WHO's Trust Network Gateway.
    #[default]
    Who,
    /// The EU's gateway and its clients: lists of changes and in pages, the exchange of stored
    /// messages after a change of the upload certificate.
    Eu,
}

/// What `POST /trustedCertificate` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrustedCertificates {
    /// Trust domains that may be named.
    pub allowed_domains: Vec<String>,
    /// Properties that may be given.
    pub allowed_properties: Vec<String>,
    /// The domain of a certificate whose upload names none.
    pub default_domain: String,
}

impl Default for TrustedCertificates {
    fn default() -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            allowed_domains: owned(&["DCC", "DDCC", "DICVP", "ICVP", "IPS-PILGRIMAGE", "PH4H"]),
            allowed_properties: owned(&[
                "purpose",
                "usergroup",
                "scope",
                "standard",
                "displayName",
                "displayLogo",
                "validFrom",
                "validUntil",
                "pubkey",
                "displayURL",
            ]),
            default_domain: "DCC".to_owned(),
        }
    }
}

/// The server's own certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// PEM file with the server certificate, then its chain.
    pub certificate: PathBuf,
    /// PEM file with the private key (PKCS#8, PKCS#1 or SEC1).
    pub key: PathBuf,
}

/// Headers in which a proxy that terminates TLS hands on the client certificate.
///
/// The gateway believes them, so they are off unless an operator switches them on, and count only
/// on connections from the named addresses. The proxy must strip copies that a client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxyHeaders {
    /// Whether the headers are read at all.
    pub enabled: bool,
    /// Addresses of the proxies.
    pub allowed_addresses: Vec<IpAddr>,
    /// Name of the header with the SHA-256 of the certificate, hexadecimal or Base64.
    pub thumbprint: String,
    /// Name of the header with the certificate's subject.
    pub distinguished_name: String,
    /// Name of the header with the URL-encoded PEM of the certificate.
    pub pem: String,
}

/// Bounds on what one peer may take. Durations are in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest request body in bytes; longer ones get 413.
    pub body_bytes: usize,
    /// Longest request line and headers in bytes.
    pub header_bytes: usize,
    /// Time for the TLS handshake.
    pub handshake_seconds: u64,
    /// Time from the end of one request to the complete headers of the next.
    pub header_seconds: u64,
    /// Time for a whole request, body included.
    pub request_seconds: u64,
    /// Age at which a connection is closed after its running request.
    pub connection_seconds: u64,
    /// Time that running requests are given when the gateway stops.
    pub drain_seconds: u64,
    /// Open connections; more wait in the operating system's queue.
    pub connections: usize,
    /// Open connections of one client certificate.
    pub connections_per_certificate: usize,
    /// Connections of one address (one /64 network of IPv6) that have not shown yet to be an
    /// onboarded participant's: unfinished handshakes, and certificates that nobody onboarded.
    pub strangers_per_address: usize,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The text is no TOML, has an unknown key or a value of the wrong type.
    #[error("configuration: {0}")]
    Syntax(#[from] toml::de::Error),
    /// The values do not go together.
    #[error("configuration: {0}")]
    Contradiction(&'static str),
    /// The lists to publish cannot be written like that.
    #[error("configuration: {0}")]
    Did(#[from] DidConfigError),
}

impl GatewayConfig {
    /// The defaults, for a database and the trust anchors' files.
    pub fn new(database: Location, trust_anchors: Vec<PathBuf>) -> Self {
        Self {
            listen: default_listen(),
            management_listen: None,
            database,
            trust_anchors,
            worker_threads: None,
            tls: None,
            proxy_headers: ProxyHeaders::default(),
            profile: Profile::default(),
            trusted_certificates: TrustedCertificates::default(),
            limits: Limits::default(),
            onboarding: OnboardingRules::default(),
            did: None,
        }
    }

    /// Reads a file and takes relative paths in it from its folder.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or [`from_toml`](Self::from_toml) refuses its text.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let mut config = Self::from_toml(&text)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        for file in config.paths_mut() {
            *file = folder.join(&*file);
        }
        Ok(config)
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// On anything that is not TOML, unknown keys and values of the wrong type, each with line
    /// and column; and on values that contradict each other.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    /// The whole configuration with all defaults, as TOML that reads back to the same value.
    ///
    /// # Errors
    ///
    /// When a path is not Unicode.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// Refuses values that contradict each other. Reading does this; a configuration put
    /// together in the program is checked at the start.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Contradiction`] says which.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |why| Err(ConfigError::Contradiction(why));
        if self.trust_anchors.is_empty() {
            return refuse("`trust_anchors` names no file: no participant could be onboarded");
        }
        if self.tls.is_none() && !self.proxy_headers.enabled {
            return refuse(
                "`tls` is missing: without it no client certificate arrives, unless \
                 `proxy_headers.enabled` is true",
            );
        }
        if self.proxy_headers.enabled && self.proxy_headers.allowed_addresses.is_empty() {
            return refuse(
                "`proxy_headers.enabled` is true but `proxy_headers.allowed_addresses` is empty: \
                 name the proxies",
            );
        }
        for name in [
            &self.proxy_headers.thumbprint,
            &self.proxy_headers.distinguished_name,
            &self.proxy_headers.pem,
        ] {
            if http::HeaderName::try_from(name).is_err() {
                return refuse("a header name under `proxy_headers` is not a header name");
            }
        }
        if let Some(did) = &self.did {
            did.check()?;
        }
        let certificates = &self.trusted_certificates;
        if !certificates.allowed_domains.contains(&certificates.default_domain) {
            return refuse(
                "`trusted_certificates.default_domain` is not among \
                 `trusted_certificates.allowed_domains`",
            );
        }
        if self.worker_threads == Some(0) {
            return refuse("`worker_threads` is 0: nothing could be served");
        }
        let rules = &self.onboarding;
        if rules.approvals == 0 {
            return refuse("`onboarding.approvals` is 0: leave it out, or name operators");
        }
        if rules.approvals > 1 && rules.operators.len() < rules.approvals {
            return refuse(
                "`onboarding.approvals` asks for more operators than `onboarding.operators` names",
            );
        }
        let mut names: Vec<_> = rules.operators.iter().map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() != rules.operators.len() || names.contains(&"") {
            return refuse("each of `onboarding.operators` needs a name of its own");
        }
        let limits = &self.limits;
        if limits.header_bytes < 8192 {
            return refuse("`limits.header_bytes` is below 8192");
        }
        if [
            limits.body_bytes,
            limits.connections,
            limits.connections_per_certificate,
            limits.strangers_per_address,
        ]
        .contains(&0)
            || [
                limits.handshake_seconds,
                limits.header_seconds,
                limits.request_seconds,
                limits.connection_seconds,
            ]
            .contains(&0)
        {
            return refuse("a value under `limits` is 0: nothing could be served");
        }
        Ok(())
    }

    fn paths_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let tls = self.tls.iter_mut().flat_map(|tls| [&mut tls.certificate, &mut tls.key]);
        let database = match &mut self.database {
            Location::Folder(folder) => Some(folder),
            Location::Postgres(_) => None,
        };
        let operators = self.onboarding.operators.iter_mut().map(|one| &mut one.key);
        let did = self.did.iter_mut().flat_map(DidConfig::paths_mut);
        database.into_iter().chain(&mut self.trust_anchors).chain(tls).chain(operators).chain(did)
    }
}

impl Default for ProxyHeaders {
    fn default() -> Self {
        Self {
            enabled: false,
            allowed_addresses: Vec::new(),
            thumbprint: "X-SSL-Client-SHA256".to_owned(),
            distinguished_name: "X-SSL-Client-DN".to_owned(),
            pem: "X-SSL-Client-Cert".to_owned(),
        }
    }
}

impl ProxyHeaders {
    /// Whether headers on a connection from this address are believed.
    pub fn believes(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.enabled
            && self.allowed_addresses.iter().any(|allowed| allowed.to_canonical() == address)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 * 1024 * 1024,
            header_bytes: 64 * 1024,
            handshake_seconds: 10,
            header_seconds: 10,
            request_seconds: 30,
            connection_seconds: 600,
            drain_seconds: 10,
            connections: 4096,
            connections_per_certificate: 256,
            strangers_per_address: 64,
        }
    }
}

impl Limits {
    pub(crate) fn handshake(&self) -> Duration {
        Duration::from_secs(self.handshake_seconds)
    }

    pub(crate) fn header(&self) -> Duration {
        Duration::from_secs(self.header_seconds)
    }

    pub(crate) fn request(&self) -> Duration {
        Duration::from_secs(self.request_seconds)
    }

    pub(crate) fn connection(&self) -> Duration {
        Duration::from_secs(self.connection_seconds)
    }

    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

fn default_listen() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8090)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = "database = 'data'\n\
                            trust_anchors = ['ta.pem']\n\
                            [tls]\n\
                            certificate = 'tls.pem'\n\
                            key = '/keys/tls.key'\n";

    #[test]
    fn prints_itself_back_with_every_default() {
        let config = GatewayConfig::from_toml(SMALLEST).unwrap();
        let printed = config.to_toml().unwrap();
        assert!(printed.contains("strangers_per_address = 64"), "{printed}");
        assert!(printed.contains("enabled = false"), "{printed}");
        assert_eq!(GatewayConfig::from_toml(&printed).unwrap(), config);
        assert_eq!(config.listen.to_string(), "127.0.0.1:8090");
    }

    #[test]
    fn refuses_an_unknown_key_with_its_line() {
        let error = GatewayConfig::from_toml(&SMALLEST.replace("[tls]", "datbase = 1\n[tls]"));
        let text = error.unwrap_err().to_string();
        assert!(text.contains("line 3") && text.contains("datbase"), "{text}");
        let error = GatewayConfig::from_toml(&format!("{SMALLEST}[limits]\nbody = 3\n"));
        let text = error.unwrap_err().to_string();
        assert!(text.contains("line 7") && text.contains("body"), "{text}");
        let error = GatewayConfig::from_toml("database = [");
        assert!(error.unwrap_err().to_string().contains("line 1"));
    }

    #[test]
    fn refuses_values_that_contradict_each_other() {
        for (text, word) in [
            ("database='d'\ntrust_anchors=['a']".to_owned(), "tls"),
            (SMALLEST.replace("['ta.pem']", "[]"), "trust_anchors"),
            (format!("{SMALLEST}[proxy_headers]\nenabled=true\n"), "allowed_addresses"),
            (format!("{SMALLEST}[proxy_headers]\npem='a b'\n"), "header name"),
            (format!("{SMALLEST}[limits]\nconnections=0\n"), "limits"),
        ] {
            let error = GatewayConfig::from_toml(&text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn takes_relative_paths_from_the_folder_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gateway.toml");
        std::fs::write(&file, SMALLEST).unwrap();
        let config = GatewayConfig::load(&file).unwrap();
        assert_eq!(config.database, folder.path().join("data").into());
        let tls = config.tls.unwrap();
        assert_eq!(tls.certificate, folder.path().join("tls.pem"));
        assert_eq!(tls.key, Path::new("/keys/tls.key"));
        assert!(GatewayConfig::load(&folder.path().join("none")).is_err());
    }

    #[test]
    fn believes_only_named_proxies_and_only_when_switched_on() {
        let mut headers = ProxyHeaders {
            allowed_addresses: vec!["10.0.0.1".parse().unwrap()],
            ..ProxyHeaders::default()
        };
        assert!(!headers.believes("10.0.0.1".parse().unwrap()));
        headers.enabled = true;
        assert!(headers.believes("10.0.0.1".parse().unwrap()));
        assert!(headers.believes("::ffff:10.0.0.1".parse().unwrap()));
        assert!(!headers.believes("10.0.0.2".parse().unwrap()));
    }
}

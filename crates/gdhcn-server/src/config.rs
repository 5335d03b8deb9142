//! The gateway's configuration: one TOML file.
//!
//! Unknown keys are refused with their line. Paths that are not absolute are taken from the
//! folder of the file. [`GatewayConfig::to_toml`] prints the whole configuration with every
//! default filled in.

mod compatibility;
mod federation;
mod jobs;
mod syntax;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use gdhcn_store::{KidScope, Location};
use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

pub use self::compatibility::Compatibility;
pub use self::federation::{Federation, FederationClient};
pub use self::jobs::JobsConfig;
pub(crate) use self::jobs::days_before;
use crate::jobs::publication::{DidConfig, DidConfigError};

/// Everything that an operator decides about a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// Address and port of the participants' interface; port 0 takes a free one.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Address and port for the operator, without TLS and without authentication: health,
    /// metrics, the interface's description. None for no such listener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_listen: Option<SocketAddr>,
    /// Where the database is: a folder for SQLite, or `postgresql://...`.
    pub database: Location,
    /// PEM or DER files with the certificates whose signature onboards a participant.
    pub trust_anchors: Vec<PathBuf>,
    /// Threads that serve requests; as many as the machine has cores when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker_threads: Option<usize>,
    /// What is logged; the environment's `RUST_LOG` outweighs it.
    #[serde(default)]
    pub log_level: LogLevel,
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
    /// What the gateway does by itself.
    #[serde(default)]
    pub jobs: JobsConfig,
    /// The DID trust lists that the gateway publishes; none: it publishes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub did: Option<DidConfig>,
    /// The transparency log as it is published; none: entries are kept, but nobody can read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogConfig>,
    /// Who must agree before a participant becomes trusted.
    #[serde(default)]
    pub onboarding: OnboardingRules,
    /// The revocation routes.
    #[serde(default)]
    pub revocation: Revocation,
    /// How this gateway shows itself to those that it pulls from.
    #[serde(default)]
    pub federation: Federation,
    /// Mistakes of other gateways that clients count on.
    #[serde(default)]
    pub compatibility: Compatibility,
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

impl OnboardingRules {
    fn contradiction(&self) -> Option<Contradiction> {
        let at = |key, why| Some(Contradiction { section: Some("onboarding"), key, why });
        if self.approvals == 0 {
            return at("approvals", "`onboarding.approvals` is 0: leave it out, or name operators");
        }
        if self.approvals > 1 && self.operators.len() < self.approvals {
            let why = "`onboarding.approvals` asks for more operators than `onboarding.operators` \
                       names";
            return at("approvals", why);
        }
        let mut names: Vec<_> = self.operators.iter().map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() != self.operators.len() || names.contains(&"") {
            return at("operators", "each of `onboarding.operators` needs a name of its own");
        }
        None
    }
}

impl Default for OnboardingRules {
    fn default() -> Self {
        Self { approvals: 1, operators: Vec::new() }
    }
}

/// How much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What somebody must look at.
    Error,
    /// And what may become that.
    Warn,
    /// And one line for each request.
    #[default]
    Info,
    /// And why a connection ended.
    Debug,
    /// Everything.
    Trace,
}

/// The transparency log as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// The name of the log, such as `tng.example/log`; it stays for ever.
    pub origin: String,
    /// PEM file with the Ed25519 key (PKCS#8) that signs checkpoints; made when it is missing and
    /// the log has no entry yet. Processes on one database share it.
    pub key: PathBuf,
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
    /// Whether two participants may have certificates under one key identifier. One participant
    /// never may.
    pub shared_kids: bool,
    /// Whether the upload certificate must be valid when its message comes; signatures that were
    /// made before count without.
    pub valid_uploaders_only: bool,
}

impl TrustedCertificates {
    /// Among whose certificates a key identifier is given once.
    pub fn kid_scope(&self) -> KidScope {
        if self.shared_kids { KidScope::Participant } else { KidScope::Network }
    }
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
            shared_kids: false,
            valid_uploaders_only: false,
        }
    }
}

/// Which of the revocation routes exist. The others answer 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Revocation {
    /// Whether the list of changes is served.
    pub enabled: bool,
    /// Whether batches can be uploaded, downloaded and deleted too; off, as in the WHO's gateway.
    /// Clients of the EU's gateway need it.
    pub uploads: bool,
}

impl Default for Revocation {
    fn default() -> Self {
        Self { enabled: true, uploads: false }
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
    /// TLS handshakes that one address (one /64 network of IPv6) may begin in a minute; named
    /// proxies are not counted.
    pub handshakes_per_minute: u32,
    /// Requests that only read, of one client certificate in a minute. All of them may come at
    /// once; further ones get 429.
    pub reads_per_minute: u32,
    /// Uploads and deletions of one client certificate in a minute. All of them may come at once;
    /// further ones get 429.
    pub writes_per_minute: u32,
    /// Looks at the transparency log that one address (one /64 network of IPv6) may take in a
    /// minute; named proxies are not counted. All of them may come at once; further ones get 429.
    pub log_reads_per_minute: u32,
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
    #[error("configuration{}: {message}", syntax::at_place(*place))]
    Syntax {
        /// Line and column, each counted from 1; none where the whole text is at fault.
        place: Option<(usize, usize)>,
        /// What is wrong, in one line.
        message: String,
    },
    /// `database` names a variable of the environment that is not set.
    #[error("configuration: `database` is env:{0}, and the environment has no such variable")]
    Environment(String),
    /// The values do not go together.
    #[error("configuration{}: {why}", at_line(*line))]
    Contradiction {
        /// What is wrong, and what to do.
        why: &'static str,
        /// The line of the key, counted from 1; none when the key is not in the text.
        line: Option<usize>,
    },
    /// The lists to publish cannot be written like that.
    #[error("configuration: {0}")]
    Did(#[from] DidConfigError),
}

fn at_line(line: Option<usize>) -> String {
    line.map(|line| format!(", line {line}")).unwrap_or_default()
}

/// A key with a value that does not go together with others.
struct Contradiction {
    section: Option<&'static str>,
    key: &'static str,
    why: &'static str,
}

impl GatewayConfig {
    /// A configuration with every key: what a new gateway needs, and each default as a comment
    /// (`#key = value`) with what it means.
    pub const TEMPLATE: &str = include_str!("gateway.toml");

    /// Every default, for a gateway with this database and these anchors. Without `tls` or
    /// `proxy_headers` it is not complete yet.
    pub fn new(database: impl Into<Location>, trust_anchors: Vec<PathBuf>) -> Self {
        Self {
            listen: default_listen(),
            management_listen: None,
            database: database.into(),
            trust_anchors,
            worker_threads: None,
            log_level: LogLevel::default(),
            tls: None,
            proxy_headers: ProxyHeaders::default(),
            profile: Profile::default(),
            trusted_certificates: TrustedCertificates::default(),
            limits: Limits::default(),
            revocation: Revocation::default(),
            compatibility: Compatibility::default(),
            jobs: JobsConfig::default(),
            did: None,
            log: None,
            onboarding: OnboardingRules::default(),
            federation: Federation::default(),
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
        if let Some(name) = String::from(config.database.clone()).strip_prefix("env:") {
            let value = std::env::var(name).map_err(|_| ConfigError::Environment(name.into()))?;
            config.database = value.into();
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        for file in config.paths_mut() {
            *file = folder.join(&*file);
        }
        Ok(config)
    }

    /// How requests to the trust anchor name this gateway: as its log, and without one by its
    /// address.
    pub fn name(&self) -> String {
        self.log.as_ref().map_or_else(|| self.listen.to_string(), |log| log.origin.clone())
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// On anything that is not TOML, unknown keys and values of the wrong type, each with line
    /// and column; and on values that contradict each other.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| syntax::error(text, &error))?;
        match config.contradiction() {
            None => {
                config.check()?;
                Ok(config)
            }
            Some(found) => {
                let line = line_of(text, found.section, found.key);
                Err(ConfigError::Contradiction { why: found.why, line })
            }
        }
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
        match self.contradiction() {
            None => Ok(self.did.as_ref().map_or(Ok(()), DidConfig::check)?),
            Some(found) => Err(ConfigError::Contradiction { why: found.why, line: None }),
        }
    }

    fn contradiction(&self) -> Option<Contradiction> {
        let at = |section, key, why| Some(Contradiction { section, key, why });
        if self.trust_anchors.is_empty() {
            let why = "`trust_anchors` names no file: no participant could be onboarded";
            return at(None, "trust_anchors", why);
        }
        if self.tls.is_none() && !self.proxy_headers.enabled {
            let why = "`tls` is missing: without it no client certificate arrives, unless \
                       `proxy_headers.enabled` is true";
            return at(None, "tls", why);
        }
        let certificates = &self.trusted_certificates;
        if !certificates.allowed_domains.contains(&certificates.default_domain) {
            let why = "`trusted_certificates.default_domain` is not among \
                       `trusted_certificates.allowed_domains`";
            return at(Some("trusted_certificates"), "default_domain", why);
        }
        if self.worker_threads == Some(0) {
            return at(None, "worker_threads", "`worker_threads` is 0: nothing could be served");
        }
        self.onboarding
            .contradiction()
            .or_else(|| self.proxy_headers.contradiction())
            .or_else(|| self.limits.contradiction())
            .or_else(|| self.jobs.contradiction())
    }

    /// The configuration as TOML, for other eyes: without the passwords that the addresses of the
    /// database and of git may hold.
    ///
    /// # Errors
    ///
    /// When a path is not Unicode.
    pub fn without_secrets(&self) -> Result<String, toml::ser::Error> {
        let shown = Location::from(self.database.to_string());
        let did = self.did.as_ref().map(DidConfig::without_secrets);
        Self { database: shown, did, ..self.clone() }.to_toml()
    }

    fn paths_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let tls = self.tls.iter_mut().flat_map(|tls| [&mut tls.certificate, &mut tls.key]);
        let database = match &mut self.database {
            Location::Folder(folder) => Some(folder),
            Location::Postgres(_) => None,
        };
        let operators = self.onboarding.operators.iter_mut().map(|one| &mut one.key);
        let did = self.did.iter_mut().flat_map(DidConfig::paths_mut);
        let log = self.log.iter_mut().map(|log| &mut log.key);
        let own = database.into_iter().chain(&mut self.trust_anchors).chain(tls);
        own.chain(operators).chain(did).chain(log).chain(self.federation.paths_mut())
    }
}

impl LogLevel {
    /// As the log's filter knows it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
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
    fn contradiction(&self) -> Option<Contradiction> {
        let at = |key, why| Some(Contradiction { section: Some("proxy_headers"), key, why });
        if self.enabled && self.allowed_addresses.is_empty() {
            let why = "`proxy_headers.enabled` is true but `proxy_headers.allowed_addresses` is \
                       empty: name the proxies";
            return at("enabled", why);
        }
        for (key, name) in [
            ("thumbprint", &self.thumbprint),
            ("distinguished_name", &self.distinguished_name),
            ("pem", &self.pem),
        ] {
            if http::HeaderName::try_from(name).is_err() {
                return at(key, "a header name under `proxy_headers` is not a header name");
            }
        }
        None
    }

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
            handshakes_per_minute: 1200,
            reads_per_minute: 6000,
            writes_per_minute: 1200,
            log_reads_per_minute: 3000,
        }
    }
}

impl Limits {
    fn contradiction(&self) -> Option<Contradiction> {
        let at = |key, why| Some(Contradiction { section: Some("limits"), key, why });
        if self.header_bytes < 8192 {
            return at("header_bytes", "`limits.header_bytes` is below 8192");
        }
        for (key, is_zero) in [
            ("body_bytes", self.body_bytes == 0),
            ("connections", self.connections == 0),
            ("connections_per_certificate", self.connections_per_certificate == 0),
            ("strangers_per_address", self.strangers_per_address == 0),
            ("handshake_seconds", self.handshake_seconds == 0),
            ("header_seconds", self.header_seconds == 0),
            ("request_seconds", self.request_seconds == 0),
            ("connection_seconds", self.connection_seconds == 0),
            ("handshakes_per_minute", self.handshakes_per_minute == 0),
            ("reads_per_minute", self.reads_per_minute == 0),
            ("writes_per_minute", self.writes_per_minute == 0),
            ("log_reads_per_minute", self.log_reads_per_minute == 0),
        ] {
            if is_zero {
                return at(key, "a value under `limits` is 0: nothing could be served");
            }
        }
        None
    }

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

/// The line of a key in a text that is TOML; that of its section where the key is not there.
fn line_of(text: &str, section: Option<&str>, key: &str) -> Option<usize> {
    fn find<'t>(
        table: &'t DeTable<'t>,
        key: &str,
    ) -> Option<(std::ops::Range<usize>, &'t DeValue<'t>)> {
        let (name, value) = table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((name.span(), value.get_ref()))
    }
    let document = DeTable::parse(text).ok()?;
    let whole = document.get_ref();
    let span = match section {
        None => find(whole, key)?.0,
        Some(section) => match find(whole, section)? {
            (span, DeValue::Table(table)) => find(table, key).map_or(span, |(span, _)| span),
            (span, _) => span,
        },
    };
    Some(text.get(..span.start)?.matches('\n').count() + 1)
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
            (format!("{SMALLEST}[limits]\n\nreads_per_minute=0\n"), "line 8"),
            (format!("{SMALLEST}[proxy_headers]\nenabled=true\n"), "line 7"),
            (SMALLEST.replace("['ta.pem']", "[]"), "line 2"),
        ] {
            let error = GatewayConfig::from_toml(&text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn the_template_holds_every_default_and_every_key() {
        let template = GatewayConfig::from_toml(GatewayConfig::TEMPLATE).unwrap();
        let mut expected = GatewayConfig::new(Path::new("data"), vec!["trust-anchor.pem".into()]);
        expected.tls =
            Some(TlsFiles { certificate: "gateway.pem".into(), key: "gateway.key".into() });
        assert_eq!(template, expected);

        let uncommented: String = GatewayConfig::TEMPLATE
            .lines()
            .map(|line| {
                let default = line.strip_prefix('#').filter(|rest| !rest.starts_with(' '));
                format!("{}\n", default.unwrap_or(line))
            })
            .collect();
        let mut all = GatewayConfig::from_toml(&uncommented).unwrap();
        assert!(all.management_listen.take().is_some() && all.worker_threads.take().is_some());
        assert_eq!(all, expected, "a comment names another value than the default");

        fn keys(table: &toml::Table, before: &str, found: &mut Vec<String>) {
            for (key, value) in table {
                match value {
                    toml::Value::Table(inner) => keys(inner, &format!("{before}{key}."), found),
                    _ => found.push(format!("{before}{key}")),
                }
            }
        }
        let (mut wanted, mut shown) = (Vec::new(), Vec::new());
        keys(&expected.to_toml().unwrap().parse().unwrap(), "", &mut wanted);
        keys(&uncommented.parse().unwrap(), "", &mut shown);
        wanted.retain(|key| !shown.contains(key));
        assert!(wanted.is_empty(), "gateway.toml does not show {wanted:?}");
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
    fn takes_the_place_of_the_database_from_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gateway.toml");
        // Cargo sets it for every test.
        std::fs::write(&file, SMALLEST.replace("'data'", "'env:CARGO_MANIFEST_DIR'")).unwrap();
        let config = GatewayConfig::load(&file).unwrap();
        assert_eq!(config.database, Path::new(env!("CARGO_MANIFEST_DIR")).into());
        std::fs::write(&file, SMALLEST.replace("'data'", "'env:GDHCN_NOT_SET'")).unwrap();
        let error = GatewayConfig::load(&file).unwrap_err().to_string();
        assert!(error.contains("GDHCN_NOT_SET"), "{error}");
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

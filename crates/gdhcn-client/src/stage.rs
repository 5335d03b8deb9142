//! How far a connection came before it failed, and one thing to try.
//!
//! "It does not connect" has a dozen causes, and most of them lie between the participant and the
//! gateway: a name, a firewall, a proxy, an inspection of TLS. A [`ConnectionFault`] names the
//! [`Stage`], the fact, and for a server certificate that is not trusted the issuer actually
//! seen.

use std::error::Error;
use std::fmt;
use std::io;
use std::iter::successors;
use std::time::Duration;

use gdhcn_crypto::Thumbprint;
use gdhcn_envelope::x509::Certificate;
use jiff::Timestamp;
use reqwest::Url;
use rustls::{AlertDescription, CertificateError, OtherError};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a second look may take that tells a silent network from a silent server.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// The steps of a connection, in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// Finding the address of the host.
    Name,
    /// Opening a TCP connection.
    Tcp,
    /// Getting through the proxy.
    Proxy,
    /// The TLS handshake, in which each side shows its certificate.
    Tls,
    /// The request and its answer.
    Http,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "name",
            Self::Tcp => "TCP",
            Self::Proxy => "proxy",
            Self::Tls => "TLS",
            Self::Http => "HTTP",
        })
    }
}

/// A connection that led to no complete answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no answer from {host} (stage: {}): {cause}", .cause.stage())]
pub struct ConnectionFault {
    /// Host and port.
    pub host: String,
    /// What happened.
    pub cause: Cause,
}

impl ConnectionFault {
    /// The step that failed.
    pub fn stage(&self) -> Stage {
        self.cause.stage()
    }

    /// One thing to try, as a sentence.
    pub fn advice(&self) -> String {
        self.cause.advice(&self.host)
    }
}

/// What ended a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// The host has no address.
    NameUnknown {
        /// The resolver's words.
        detail: String,
    },
    /// No TCP connection.
    TcpFailed {
        /// The system's words.
        detail: String,
    },
    /// No answer to the attempt to open a TCP connection.
    TcpTimeout,
    /// The proxy cannot be reached, or opens no tunnel.
    ProxyFailed {
        /// What happened.
        detail: String,
    },
    /// The proxy, or the server behind it, does not answer in time.
    ProxyTimeout,
    /// The server's certificate is not accepted.
    Untrusted(Box<Untrusted>),
    /// The server shows an accepted certificate and cannot prove that it holds its key.
    KeyNotProven,
    /// The server ended the handshake, mostly because of the client's certificate.
    TlsAlert {
        /// The alert's name in RFC 8446, for example `certificate_required`.
        alert: String,
    },
    /// The server speaks, but not TLS.
    NotTls,
    /// Another fault of the handshake.
    TlsFailed {
        /// The TLS library's words.
        detail: String,
    },
    /// The TCP connection stands, but the handshake does not end.
    TlsTimeout,
    /// The connection broke during the request or the answer.
    HttpBroken {
        /// What happened.
        detail: String,
    },
    /// No answer to the request, or not all of it, in time.
    HttpTimeout,
}

impl Cause {
    /// The step that failed.
    pub fn stage(&self) -> Stage {
        match self {
            Self::NameUnknown { .. } => Stage::Name,
            Self::TcpFailed { .. } | Self::TcpTimeout => Stage::Tcp,
            Self::ProxyFailed { .. } | Self::ProxyTimeout => Stage::Proxy,
            Self::Untrusted(_)
            | Self::KeyNotProven
            | Self::TlsAlert { .. }
            | Self::NotTls
            | Self::TlsFailed { .. }
            | Self::TlsTimeout => Stage::Tls,
            Self::HttpBroken { .. } | Self::HttpTimeout => Stage::Http,
        }
    }

    fn advice(&self, host: &str) -> String {
        match self {
            Self::NameUnknown { .. } => {
                "check the spelling of the address, and that this machine may resolve names \
                 outside its network"
                    .to_owned()
            }
            Self::TcpFailed { .. } => {
                "check host and port; where the network lets out only a proxy, set HTTPS_PROXY"
                    .to_owned()
            }
            Self::TcpTimeout => format!(
                "ask the network's operator to allow outgoing TCP to {host}, or set HTTPS_PROXY"
            ),
            Self::ProxyFailed { .. } | Self::ProxyTimeout => format!(
                "check the proxy's address and sign-in, and that it allows CONNECT to {host}"
            ),
            Self::Untrusted(untrusted) => untrusted.advice(),
            Self::KeyNotProven => {
                "send nothing; tell the gateway's operator that someone shows its certificate \
                 without its key"
                    .to_owned()
            }
            Self::TlsAlert { .. } => {
                "check that the client certificate is the one onboarded for this gateway, and has \
                 not expired"
                    .to_owned()
            }
            Self::NotTls => "check the port: this one does not serve HTTPS".to_owned(),
            Self::TlsFailed { .. } => {
                "try `openssl s_client` against the same host and port, and compare".to_owned()
            }
            Self::TlsTimeout => {
                "something between takes the connection and says nothing; ask for a direct way to \
                 this port, without inspection"
                    .to_owned()
            }
            Self::HttpBroken { .. } => {
                "try again; if it stays so, ask the gateway's operator with the time of this try"
                    .to_owned()
            }
            Self::HttpTimeout => "try again, or allow more time for the answer".to_owned(),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameUnknown { detail } => write!(f, "the host is not known: {detail}"),
            Self::TcpFailed { detail } => write!(f, "cannot connect: {detail}"),
            Self::TcpTimeout => f.write_str("nothing answers at this address"),
            Self::ProxyFailed { detail } => write!(f, "the proxy does not let through: {detail}"),
            Self::ProxyTimeout => f.write_str("no connection through the proxy in time"),
            Self::Untrusted(untrusted) => untrusted.fmt(f),
            Self::KeyNotProven => f.write_str(
                "the server shows the gateway's certificate but does not hold its private key",
            ),
            Self::TlsAlert { alert } => {
                write!(f, "the server ended the handshake with the alert {alert}")
            }
            Self::NotTls => f.write_str("the answer is not TLS"),
            Self::TlsFailed { detail } => write!(f, "the handshake failed: {detail}"),
            Self::TlsTimeout => f.write_str("the handshake did not end in time"),
            Self::HttpBroken { detail } => write!(f, "the connection broke: {detail}"),
            Self::HttpTimeout => f.write_str("no complete answer in time"),
        }
    }
}

/// A server certificate that is not accepted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Untrusted {
    /// The certificate that the server, or whoever answered in its place, showed.
    pub seen: SeenCertificate,
    /// Why it is not accepted.
    pub reason: UntrustedReason,
}

/// Why a server certificate is not accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UntrustedReason {
    /// It is none of the pinned certificates, and no accepted CA leads to it.
    UnknownIssuer,
    /// It is for another host.
    WrongName,
    /// Its period has ended.
    Expired,
    /// Its period has not begun.
    NotYetValid,
    /// A signature on the path does not hold.
    BadSignature,
    /// Another reason, in the TLS library's words.
    Other(String),
}

impl Untrusted {
    fn sentence(&self) -> String {
        let SeenCertificate { subject, issuer, not_before, not_after, .. } = &self.seen;
        match &self.reason {
            UntrustedReason::UnknownIssuer => format!(
                "the server's certificate ({subject}) is issued by {issuer}, not by a CA you trust"
            ),
            UntrustedReason::WrongName => format!(
                "the server's certificate ({subject}, issued by {issuer}) is for another host"
            ),
            UntrustedReason::Expired => format!(
                "the server's certificate ({subject}, issued by {issuer}) expired on {}",
                moment(*not_after)
            ),
            UntrustedReason::NotYetValid => format!(
                "the server's certificate ({subject}, issued by {issuer}) is valid from {} only",
                moment(*not_before)
            ),
            UntrustedReason::BadSignature => format!(
                "the server's certificate ({subject}) says that {issuer} issued it, but the \
                 signature does not hold"
            ),
            UntrustedReason::Other(reason) => format!(
                "the server's certificate ({subject}, issued by {issuer}) is not accepted: {reason}"
            ),
        }
    }

    fn advice(&self) -> String {
        match self.reason {
            UntrustedReason::UnknownIssuer => format!(
                "if that issuer is your own network's, its TLS inspection stands between: have \
                 the gateway exempted from it. If it is the gateway's, ask its operator for the \
                 certificate with SHA-256 {} and trust that",
                self.seen.thumbprint
            ),
            UntrustedReason::WrongName => {
                "use the host name that the certificate is made for".to_owned()
            }
            UntrustedReason::Expired | UntrustedReason::NotYetValid => {
                "check this machine's clock; if it is right, ask the gateway's operator for a \
                 renewed certificate"
                    .to_owned()
            }
            UntrustedReason::BadSignature | UntrustedReason::Other(_) => {
                "ask the gateway's operator whether this is their certificate".to_owned()
            }
        }
    }
}

/// What is known of a certificate that a server showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenCertificate {
    /// The subject, or a remark where the certificate cannot be read.
    pub subject: String,
    /// The issuer, or a remark where the certificate cannot be read.
    pub issuer: String,
    /// Begin of the validity.
    pub not_before: Option<Timestamp>,
    /// End of the validity.
    pub not_after: Option<Timestamp>,
    /// SHA-256 of the DER.
    pub thumbprint: Thumbprint,
}

impl SeenCertificate {
    pub(crate) fn of(der: &[u8]) -> Self {
        let thumbprint = Thumbprint::of(der);
        match Certificate::from_der(der) {
            Ok(certificate) => Self {
                subject: certificate.subject().to_string(),
                issuer: certificate.issuer().to_string(),
                not_before: Some(certificate.not_before()),
                not_after: Some(certificate.not_after()),
                thumbprint,
            },
            Err(error) => Self {
                subject: format!("not readable: {error}"),
                issuer: "an unknown issuer".to_owned(),
                not_before: None,
                not_after: None,
                thumbprint,
            },
        }
    }
}

fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "an unknown day".to_owned(), |at| at.to_string())
}

/// Finds the stage of a failed call. `direct`: no proxy can have been in use.
pub(crate) async fn diagnose(error: &reqwest::Error, url: &Url, direct: bool) -> ConnectionFault {
    let name = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let host = format!("{name}:{port}");
    let cause = match classify(error, direct) {
        // One deadline covers TCP and TLS. A second look tells which of the two is silent.
        Cause::TcpTimeout if answers(name, port).await => Cause::TlsTimeout,
        cause => cause,
    };
    ConnectionFault { host, cause }
}

async fn answers(name: &str, port: u16) -> bool {
    let name = name.trim_start_matches('[').trim_end_matches(']');
    matches!(timeout(SECOND_LOOK, TcpStream::connect((name, port))).await, Ok(Ok(_)))
}

fn classify(error: &reqwest::Error, direct: bool) -> Cause {
    if let Some(error) = chain(error).find_map(|error| error.downcast_ref::<rustls::Error>()) {
        return classify_tls(error);
    }
    let detail = innermost(error);
    if !error.is_connect() {
        let timed_out = error.is_timeout();
        return if timed_out { Cause::HttpTimeout } else { Cause::HttpBroken { detail } };
    }
    // The tunnel's error type is not public; its text names it. Without a proxy there is no
    // tunnel, with one every earlier fault is the proxy's.
    let tunnel = chain(error)
        .map(|error| error.to_string())
        .find_map(|text| text.strip_prefix("tunnel error: ").map(str::to_owned));
    if let Some(tunnel) = tunnel {
        let detail = if tunnel == detail { tunnel } else { format!("{tunnel}: {detail}") };
        return Cause::ProxyFailed { detail };
    }
    match (error.is_timeout(), direct) {
        (true, true) => Cause::TcpTimeout,
        (true, false) => Cause::ProxyTimeout,
        (false, _) if error.is_dns() => Cause::NameUnknown { detail },
        // A connection closed during the handshake shows as an end of file.
        (false, _) if is_end_of_file(error) => Cause::TlsFailed { detail },
        (false, _) => Cause::TcpFailed { detail },
    }
}

fn classify_tls(error: &rustls::Error) -> Cause {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
            match inner.downcast_ref::<Untrusted>() {
                Some(untrusted) => Cause::Untrusted(Box::new(untrusted.clone())),
                None => Cause::TlsFailed { detail: error.to_string() },
            }
        }
        // The certificate itself was judged before, by our own verifier.
        rustls::Error::InvalidCertificate(CertificateError::BadSignature) => Cause::KeyNotProven,
        rustls::Error::AlertReceived(alert) => Cause::TlsAlert { alert: alert_name(*alert) },
        rustls::Error::InvalidMessage(_) => Cause::NotTls,
        other => Cause::TlsFailed { detail: other.to_string() },
    }
}

/// The alert's name as RFC 8446 writes it: `CertificateRequired` is `certificate_required`.
fn alert_name(alert: AlertDescription) -> String {
    let mut name = String::new();
    let mut after_small = false;
    for letter in format!("{alert:?}").chars() {
        if letter.is_ascii_uppercase() && after_small {
            name.push('_');
        }
        after_small = letter.is_ascii_lowercase();
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn is_end_of_file(error: &reqwest::Error) -> bool {
    chain(error)
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::UnexpectedEof)
}

fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(|error| error.to_string()).unwrap_or_default()
}

/// An error and its sources. An `io::Error` is asked for what it wraps: its `source` skips that.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// The end of a sentence about an unexpected status.
pub(crate) fn redirect_hint(status: u16) -> &'static str {
    match status {
        300..400 => "; redirects are not followed: give the address that it names",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_named_as_the_standard_names_them() {
        for (alert, name) in [
            (AlertDescription::CertificateRequired, "certificate_required"),
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::BadCertificate, "bad_certificate"),
        ] {
            assert_eq!(alert_name(alert), name);
        }
    }

    #[test]
    fn an_unreadable_certificate_is_still_named_by_its_thumbprint() {
        let seen = SeenCertificate::of(b"no certificate");
        assert_eq!(seen.thumbprint, Thumbprint::of(b"no certificate"));
        assert!(seen.subject.starts_with("not readable"), "{seen:?}");
    }

    #[test]
    fn an_issuer_that_nobody_trusts_is_named_in_the_sentence() {
        let mut seen = SeenCertificate::of(b"");
        seen.issuer = "CN=Company Inspection".to_owned();
        let untrusted = Untrusted { seen, reason: UntrustedReason::UnknownIssuer };
        let fault = ConnectionFault {
            host: "g.example:443".to_owned(),
            cause: Cause::Untrusted(Box::new(untrusted)),
        };
        assert_eq!(fault.stage(), Stage::Tls);
        let text = fault.to_string();
        assert!(text.contains("issued by CN=Company Inspection, not by a CA you trust"), "{text}");
    }

    #[test]
    fn only_a_redirect_is_called_one() {
        assert!(redirect_hint(301).contains("not followed"));
        for status in [200, 404, 500] {
            assert_eq!(redirect_hint(status), "");
        }
    }
}

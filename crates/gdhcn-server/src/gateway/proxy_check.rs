//! What the named proxies send: the two headers, in which form, and what is missing.
//!
//! Operators get this wrong more often than anything else. What was seen is kept by the address of
//! each named proxy, said once in the log when it changes, and answered on the operator's
//! interface. Values of the headers are not kept.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use jiff::Timestamp;
use serde::Serialize;
use tracing::{info, warn};

use crate::config::ProxyHeaders;
use crate::identity::PeerIdentity;

/// One header of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Header {
    /// It did not come.
    Missing,
    /// It came without a value.
    Empty,
    /// It came more than once: the proxy does not strip what a client sends.
    Doubled,
    /// It came.
    Present,
}

/// What a proxy sent of late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Seen {
    /// The header with the certificate's SHA-256.
    pub(super) thumbprint: Header,
    /// The header with the certificate's subject.
    pub(super) distinguished_name: Header,
    /// The header with the certificate.
    pub(super) pem: Header,
    /// Whether they name a client certificate.
    pub(super) complete: bool,
    /// What to do, where something is missing.
    pub(super) advice: Option<&'static str>,
}

/// The answer of `/proxy-check`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    enabled: bool,
    headers: [String; 3],
    proxies: BTreeMap<IpAddr, Option<Entry>>,
}

#[derive(Debug, Clone, Serialize)]
struct Entry {
    #[serde(flatten)]
    seen: Seen,
    since: String,
}

/// The last form of the headers by proxy.
#[derive(Debug)]
pub(super) struct ProxyCheck {
    headers: ProxyHeaders,
    last: Mutex<BTreeMap<IpAddr, Entry>>,
}

impl ProxyCheck {
    pub(super) fn new(headers: &ProxyHeaders) -> Self {
        Self { headers: headers.clone(), last: Mutex::default() }
    }

    /// Notes the headers of a request from a named proxy.
    pub(super) fn saw(
        &self,
        address: IpAddr,
        headers: &HeaderMap,
        names: &ProxyHeaders,
        now: Timestamp,
    ) {
        let seen = Seen::of(headers, names);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let address = address.to_canonical();
        if last.get(&address).is_some_and(|entry| entry.seen == seen) {
            return;
        }
        match seen.advice {
            None => info!(proxy = %address, "the proxy's headers name the client certificate"),
            Some(advice) => warn!(
                proxy = %address,
                thumbprint = ?seen.thumbprint,
                distinguished_name = ?seen.distinguished_name,
                pem = ?seen.pem,
                advice,
                "the proxy's headers do not name a client certificate"
            ),
        }
        last.insert(address, Entry { seen, since: now.to_string() });
    }

    pub(super) fn report(&self) -> Report {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let named = &self.headers.allowed_addresses;
        let names = [&self.headers.thumbprint, &self.headers.distinguished_name, &self.headers.pem];
        Report {
            enabled: self.headers.enabled,
            headers: names.map(String::clone),
            proxies: named
                .iter()
                .map(|address| address.to_canonical())
                .map(|address| (address, last.get(&address).cloned()))
                .collect(),
        }
    }
}

impl Seen {
    fn of(headers: &HeaderMap, names: &ProxyHeaders) -> Self {
        let form = |name: &str| {
            let mut values = headers.get_all(name).iter();
            match (values.next(), values.next()) {
                (None, _) => Header::Missing,
                (Some(_), Some(_)) => Header::Doubled,
                (Some(value), None) if value.as_bytes().trim_ascii().is_empty() => Header::Empty,
                (Some(_), None) => Header::Present,
            }
        };
        let thumbprint = form(&names.thumbprint);
        let distinguished_name = form(&names.distinguished_name);
        let pem = form(&names.pem);
        let complete = PeerIdentity::from_headers(headers, names).is_some();
        let all = [thumbprint, distinguished_name, pem];
        let advice = if complete {
            None
        } else if all.contains(&Header::Doubled) {
            Some("a header comes twice: let the proxy replace what a client sends")
        } else if all.iter().all(|header| *header == Header::Missing) {
            Some(
                "no header comes: let the proxy set the subject and the SHA-256 of the client \
                 certificate, or the certificate as URL-encoded PEM",
            )
        } else if all.iter().all(|header| matches!(header, Header::Missing | Header::Empty)) {
            Some(
                "the headers come without a value: the proxy got no client certificate; it must \
                 ask for one and take any issuer",
            )
        } else if pem == Header::Present {
            Some("the PEM header does not hold a URL-encoded certificate")
        } else if thumbprint != Header::Present {
            Some("the subject comes without the SHA-256 of the certificate")
        } else if distinguished_name != Header::Present {
            Some("the SHA-256 comes without the subject of the certificate")
        } else {
            Some("the thumbprint is no SHA-256: 64 hexadecimal digits, or Base64 of 32 bytes")
        };
        Self { thumbprint, distinguished_name, pem, complete, advice }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn g7_says_what_is_missing() {
        const HEX: &str = "fbeaf85eb5b1dfa0a1b5dcd57cd0e7e9c0bb9c7e0d8d5f1e2c3b4a5968778695";
        const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        let (sha, dn, pem) = ("X-SSL-Client-SHA256", "X-SSL-Client-DN", "X-SSL-Client-Cert");
        for (sent, expected) in [
            (vec![(sha, HEX), (dn, "C=XA")], None),
            (vec![], Some("no header comes")),
            (vec![(sha, ""), (dn, "")], Some("without a value")),
            (vec![(dn, "C=XA")], Some("without the SHA-256")),
            (vec![(sha, HEX)], Some("without the subject")),
            (vec![(sha, SHA1), (dn, "C=XA")], Some("is no SHA-256")),
            (vec![(sha, HEX), (dn, "C=XA"), (dn, "C=XB")], Some("comes twice")),
            (vec![(pem, "rubbish")], Some("URL-encoded")),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in &sent {
                let name: http::HeaderName = name.parse().unwrap();
                headers.append(name, HeaderValue::from_static(value));
            }
            let seen = Seen::of(&headers, &ProxyHeaders::default());
            assert_eq!(seen.complete, expected.is_none(), "{sent:?}");
            let advice = seen.advice.unwrap_or_default();
            assert!(advice.contains(expected.unwrap_or_default()), "{sent:?}: {advice}");
        }
    }
}

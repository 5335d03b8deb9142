//! Who is at the other end of a connection, before any question of what it may do.
//!
//! The client certificate comes from the TLS handshake, or from the headers of a terminating
//! proxy that the operator has named. Both end in one [`PeerIdentity`].

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::{Certificate, CertificateError};
use http::{HeaderMap, HeaderValue};

use crate::config::ProxyHeaders;

/// Subject and thumbprint of a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeerIdentity {
    /// The subject as text: from the certificate, or as the proxy wrote it.
    pub(crate) subject: String,
    /// The subject's `C`.
    pub(crate) country: Option<String>,
    /// SHA-256 of the certificate in lower-case hexadecimal.
    pub(crate) thumbprint: String,
}

impl PeerIdentity {
    /// From the certificate of a TLS handshake.
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        Ok(Self::from_certificate(&Certificate::from_der(der)?))
    }

    /// From a proxy's headers: subject and thumbprint together, or the certificate itself. One of
    /// the pair alone is no identity, and neither is a pair beside another certificate: one of the
    /// two would be a copy that the proxy did not strip.
    pub(crate) fn from_headers(headers: &HeaderMap, names: &ProxyHeaders) -> Option<Self> {
        let subject = single(headers, &names.distinguished_name).map(|text| percent(&text, true));
        let thumbprint = single(headers, &names.thumbprint).as_deref().and_then(read_thumbprint);
        let pair = subject.zip(thumbprint).map(|(subject, thumbprint)| Self {
            country: country_of(&subject),
            subject,
            thumbprint,
        });
        // Some proxies send it empty.
        if headers.get_all(&names.pem).iter().all(|value| value.as_bytes().trim_ascii().is_empty())
        {
            return pair;
        }
        let text = percent(&single(headers, &names.pem)?, false);
        let certificate = pem::certificates(text.as_bytes()).into_iter().next()?.ok()?;
        let certificate = Self::from_certificate(&certificate);
        match pair {
            Some(pair) if !pair.agrees_with(&certificate) => None,
            pair => Some(pair.unwrap_or(certificate)),
        }
    }

    /// Whether both are the same certificate's. Subjects are written in many ways, so that of them
    /// only the country is compared.
    fn agrees_with(&self, other: &Self) -> bool {
        self.thumbprint == other.thumbprint && self.country == other.country
    }

    fn from_certificate(certificate: &Certificate) -> Self {
        let subject = certificate.subject();
        Self {
            country: subject.countries().first().map(|country| (*country).to_owned()),
            subject: subject.to_string(),
            thumbprint: certificate.thumbprint().to_string(),
        }
    }
}

/// A header's value. A header that comes twice counts as absent: one of the two would be a copy
/// that the proxy did not strip, and nobody can tell which.
fn single(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    Some(String::from_utf8_lossy(HeaderValue::as_bytes(value)).trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// Hexadecimal, or Base64 that may be URL-encoded.
fn read_thumbprint(text: &str) -> Option<String> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(text.to_ascii_lowercase());
    }
    let hash = BASE64_STANDARD.decode(percent(text, false)).ok()?;
    (hash.len() == 32).then(|| hex::encode(hash))
}

/// The first `C` of a subject in the manner of RFC 4514. Parts that are not `key=value` are
/// skipped, so a value with an escaped comma costs only itself.
fn country_of(subject: &str) -> Option<String> {
    subject
        .split(',')
        .filter_map(|part| {
            let mut pieces = part.split('=');
            match (pieces.next(), pieces.next(), pieces.next()) {
                (Some(key), Some(value), None) => Some((key.trim(), value.trim())),
                _ => None,
            }
        })
        .find(|(key, value)| key.eq_ignore_ascii_case("C") && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// Undoes URL encoding; an escape that is none stays as it is.
fn percent(text: &str, plus_is_blank: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = match (byte, tail) {
            (b'%', [high, low, after @ ..]) => {
                hex::decode([*high, *low]).ok().and_then(|code| Some((*code.first()?, after)))
            }
            (b'+', after) if plus_is_blank => Some((b' ', after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((byte, tail));
        out.push(byte);
        rest = after;
    }
    match String::from_utf8_lossy(&out) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use gdhcn_codes::Participant;
    use gdhcn_crypto::{Curve, KeyKind, Signer as _, SoftwareKey};
    use gdhcn_trust::ceremony::Request;
    use gdhcn_trust::profile::Role;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn read(pairs: &[(&'static str, &str)]) -> Option<PeerIdentity> {
        PeerIdentity::from_headers(&headers(pairs), &ProxyHeaders::default())
    }

    const HEX: &str = "fbeaf85eb5b1dfa0a1b5dcd57cd0e7e9c0bb9c7e0d8d5f1e2c3b4a5968778695";

    #[test]
    fn reads_a_thumbprint_as_hex_as_base64_and_url_encoded() {
        let base64 = BASE64_STANDARD.encode(hex::decode(HEX).unwrap());
        assert!(base64.contains('+') || base64.contains('/'), "shows nothing otherwise");
        let encoded = base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        for thumbprint in [HEX, &HEX.to_uppercase(), &base64, &encoded] {
            let identity =
                read(&[("X-SSL-Client-SHA256", thumbprint), ("X-SSL-Client-DN", "C=EU")]).unwrap();
            assert_eq!(identity.thumbprint, HEX, "{thumbprint}");
        }
        for thumbprint in ["", "zz", "AAAA", &HEX[1..], "%"] {
            let identity =
                read(&[("X-SSL-Client-SHA256", thumbprint), ("X-SSL-Client-DN", "C=EU")]);
            assert_eq!(identity, None, "{thumbprint}");
        }
    }

    #[test]
    fn finds_the_country_in_any_subject() {
        for (subject, country) in [
            ("C=EU", Some("EU")),
            ("C%3DEU%2CO%3DCompany", Some("EU")),
            ("CN=a, O=b, C=DE", Some("DE")),
            (",asdf,C=EU,=x", Some("EU")),
            ("c = EU ,C=DE", Some("EU")),
            ("O=Test+Company,C=EU", Some("EU")),
            ("O=a=b,C=EU", Some("EU")),
            ("O=Company", None),
            ("C=", None),
            ("C=E=U", None),
            ("%zz,C=EU", Some("EU")),
        ] {
            let identity =
                read(&[("X-SSL-Client-SHA256", HEX), ("X-SSL-Client-DN", subject)]).unwrap();
            assert_eq!(identity.country.as_deref(), country, "{subject}");
        }
        let identity =
            read(&[("X-SSL-Client-SHA256", HEX), ("X-SSL-Client-DN", "O=A+B,C=EU")]).unwrap();
        assert_eq!(identity.subject, "O=A B,C=EU");
    }

    #[test]
    fn one_header_of_the_pair_is_no_identity() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("X-SSL-Client-SHA256", HEX)]), None);
        assert_eq!(read(&[("X-SSL-Client-DN", "C=EU")]), None);
        assert_eq!(read(&[("X-SSL-Client-Cert", "nonsense")]), None);
    }

    #[test]
    fn a_certificate_beside_another_ones_thumbprint_or_country_is_no_identity() {
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let (owner, at) = (Participant::from_alpha2("XX"), "2026-06-01T12:00:00Z".parse().unwrap());
        let request = Request::new(Role::Tls, owner, "A", key.public_key(), [7; 16], at);
        let certificate = request.self_signed(&key).unwrap();
        let pem = pem::encode("CERTIFICATE", certificate.der()).replace('\n', "%0A");
        let own = certificate.thumbprint().to_string();
        let all = |thumbprint: &str, subject: &str, pem: &str| {
            read(&[
                ("X-SSL-Client-SHA256", thumbprint),
                ("X-SSL-Client-DN", subject),
                ("X-SSL-Client-Cert", pem),
            ])
        };
        assert_eq!(all(&own, "C=XX,CN=a", &pem).unwrap().thumbprint, own);
        assert_eq!(all(HEX, "C=XX,CN=a", &pem), None, "another thumbprint");
        assert_eq!(all(&own, "C=YY,CN=a", &pem), None, "another country");
        assert_eq!(
            all(HEX, "C=XX,CN=a", "nonsense"),
            None,
            "what cannot be read agrees with nothing"
        );
        assert_eq!(all(&own, "C=XX,CN=a", " ").unwrap().thumbprint, own, "an empty header is none");
        let alone = read(&[("X-SSL-Client-Cert", &pem), ("X-SSL-Client-SHA256", HEX)]);
        assert_eq!(alone.unwrap().thumbprint, own);
    }

    #[test]
    fn a_header_that_comes_twice_is_not_believed() {
        assert_eq!(
            read(&[
                ("X-SSL-Client-SHA256", HEX),
                ("X-SSL-Client-DN", "C=EU"),
                ("X-SSL-Client-DN", "C=DE")
            ]),
            None
        );
    }
}

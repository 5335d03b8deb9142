use std::net::IpAddr;

use der::{Decode, Reader, SliceReader, Tag, asn1::AnyRef};

use crate::x509::encode;

/// A name in subjectAltName or in a distribution point (RFC 5280, 4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GeneralName {
    /// A host name, as it stands.
    Dns(String),
    /// An IPv4 or IPv6 address.
    Ip(IpAddr),
    /// A URI, as it stands.
    Uri(String),
    /// Any other form, which is kept and not looked into.
    Other {
        /// The number of the context-specific tag.
        choice: u8,
        /// The content.
        content: Vec<u8>,
    },
}

impl GeneralName {
    /// Reads the elements of a `GeneralNames`.
    pub(crate) fn read_all(content: &[u8]) -> der::Result<Vec<Self>> {
        let mut reader = SliceReader::new(content)?;
        let mut names = Vec::new();
        while !reader.is_finished() {
            let raw = reader.tlv_bytes()?;
            names.push(Self::read(AnyRef::from_der(raw)?, raw.first().copied().unwrap_or(0)));
        }
        Ok(names)
    }

    fn read(any: AnyRef<'_>, tag: u8) -> Self {
        let content = any.value();
        let text = || std::str::from_utf8(content).ok().filter(|text| text.is_ascii());
        let known = match tag {
            DNS => text().map(|text| Self::Dns(text.to_owned())),
            URI => text().map(|text| Self::Uri(text.to_owned())),
            IP => <[u8; 4]>::try_from(content)
                .map(IpAddr::from)
                .or_else(|_| <[u8; 16]>::try_from(content).map(IpAddr::from))
                .ok()
                .map(Self::Ip),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Other { choice: tag & 0x1f, content: content.to_vec() })
    }

    /// The DER bytes.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        match self {
            Self::Dns(text) => encode::tlv(DNS, text.as_bytes()),
            Self::Uri(text) => encode::tlv(URI, text.as_bytes()),
            Self::Ip(IpAddr::V4(address)) => encode::tlv(IP, &address.octets()),
            Self::Ip(IpAddr::V6(address)) => encode::tlv(IP, &address.octets()),
            // directoryName is a CHOICE and therefore constructed, as are the first two structures.
            Self::Other { choice, content } => {
                let constructed = if matches!(choice, 0 | 3 | 4 | 5) { 0x20 } else { 0 };
                encode::tlv(0x80 | constructed | (choice & 0x1f), content)
            }
        }
    }
}

const DNS: u8 = 0x82;
const URI: u8 = 0x86;
const IP: u8 = 0x87;

/// The URIs of a `CRLDistributionPoints` (RFC 5280, 4.2.1.13).
pub(crate) fn crl_uris(content: &[u8]) -> der::Result<Vec<String>> {
    let mut uris = Vec::new();
    let mut points = SliceReader::new(content)?;
    while !points.is_finished() {
        let point: AnyRef<'_> = points.decode()?;
        if der::Tagged::tag(&point) != Tag::Sequence {
            return Err(der::Error::from(Tag::Sequence.value_error()));
        }
        let mut fields = SliceReader::new(point.value())?;
        while !fields.is_finished() {
            let raw = fields.tlv_bytes()?;
            // distributionPoint [0] { fullName [0] GeneralNames }
            if raw.first() != Some(&0xa0) {
                continue;
            }
            let mut choice = SliceReader::new(AnyRef::from_der(raw)?.value())?;
            let raw = choice.tlv_bytes()?;
            if raw.first() == Some(&0xa0) {
                let names = GeneralName::read_all(AnyRef::from_der(raw)?.value())?;
                uris.extend(names.into_iter().filter_map(|name| match name {
                    GeneralName::Uri(uri) => Some(uri),
                    _ => None,
                }));
            }
        }
    }
    Ok(uris)
}

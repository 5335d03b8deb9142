//! The few DER forms that this crate writes. Reading is left to `der` and `x509-cert`.

use const_oid::ObjectIdentifier;
use jiff::Timestamp;
use jiff::tz::Offset;

pub(crate) const BOOLEAN_TRUE: [u8; 3] = [0x01, 0x01, 0xff];
pub(crate) const NULL: [u8; 2] = [0x05, 0x00];
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

const INTEGER: u8 = 0x02;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Appends tag and length.
pub(crate) fn header(out: &mut Vec<u8>, tag: u8, len: usize) {
    out.push(tag);
    match u8::try_from(len) {
        Ok(short @ ..0x80) => out.push(short),
        _ => {
            let bytes = len.to_be_bytes();
            let significant = bytes.get((len.leading_zeros() / 8) as usize..).unwrap_or_default();
            // At most eight bytes of length, so the count fits.
            out.push(0x80 | significant.len() as u8);
            out.extend_from_slice(significant);
        }
    }
}

/// One element.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    header(&mut out, tag, content.len());
    out.extend_from_slice(content);
    out
}

/// One element around others that are encoded already.
pub(crate) fn nested(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    tlv(tag, &parts.concat())
}

/// A `SET OF` with its elements in the order of DER (X.690, 11.6).
pub(crate) fn set_of(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    // Shorter encodings are compared as if padded with zeros. No encoding is the prefix of
    // another, so the plain order of byte strings is the same.
    elements.sort();
    tlv(SET, &elements.concat())
}

/// An OBJECT IDENTIFIER.
pub(crate) fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    tlv(OBJECT_IDENTIFIER, oid.as_bytes())
}

/// A non-negative INTEGER from big-endian bytes; surplus leading zeros go.
pub(crate) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let significant = bytes.get(zeros..).unwrap_or_default();
    let mut content = Vec::with_capacity(significant.len() + 1);
    if significant.first().is_none_or(|byte| *byte >= 0x80) {
        content.push(0);
    }
    content.extend_from_slice(significant);
    tlv(INTEGER, &content)
}

/// A BIT STRING of whole bytes.
pub(crate) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    partial_bit_string(0, bytes)
}

/// A BIT STRING with `unused` bits at the end of the last byte.
pub(crate) fn partial_bit_string(unused: u8, bytes: &[u8]) -> Vec<u8> {
    tlv(BIT_STRING, &[&[unused], bytes].concat())
}

/// A `Time` (RFC 5280, 4.1.2.5): UTCTime to the end of 2049, GeneralizedTime after it. Parts of a
/// second are dropped. `None` for years that neither form can say.
pub(crate) fn time(at: Timestamp) -> Option<Vec<u8>> {
    let text = general_text(at)?;
    match text.get(..4)?.parse::<u16>().ok()? {
        1950..=2049 => Some(tlv(UTC_TIME, text.get(2..)?.as_bytes())),
        _ => Some(tlv(GENERALIZED_TIME, text.as_bytes())),
    }
}

/// The content of a GeneralizedTime: `YYYYMMDDHHMMSSZ`.
pub(crate) fn general_text(at: Timestamp) -> Option<String> {
    let civil = Offset::UTC.to_datetime(at);
    (0..=9999).contains(&civil.year()).then(|| {
        format!(
            "{:04}{:02}{:02}{:02}{:02}{:02}Z",
            civil.year(),
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_lengths_in_their_shortest_form() {
        for (len, header) in [
            (0usize, &[4u8, 0][..]),
            (127, &[4, 127]),
            (128, &[4, 0x81, 128]),
            (256, &[4, 0x82, 1, 0]),
            (65_536, &[4, 0x83, 1, 0, 0]),
        ] {
            let element = tlv(OCTET_STRING, &vec![7; len]);
            assert!(element.starts_with(header), "{len}");
            assert_eq!(element.len(), header.len() + len);
        }
    }

    #[test]
    fn writes_integers_as_positive_and_without_surplus_zeros() {
        assert_eq!(unsigned(&[]), [2, 1, 0]);
        assert_eq!(unsigned(&[0, 0, 1]), [2, 1, 1]);
        assert_eq!(unsigned(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(unsigned(&[0, 0x7f, 0xff]), [2, 2, 0x7f, 0xff]);
    }

    #[test]
    fn writes_utc_time_to_2049_and_generalized_time_after() {
        let at = |text: &str| time(text.parse().unwrap()).unwrap();
        assert_eq!(at("2049-12-31T23:59:59Z"), b"\x17\x0d491231235959Z");
        assert_eq!(at("2050-01-01T00:00:00Z"), b"\x18\x0f20500101000000Z");
        assert_eq!(at("1999-01-02T03:04:05.9Z"), b"\x17\x0d990102030405Z");
        assert_eq!(at("1949-01-02T03:04:05Z"), b"\x18\x0f19490102030405Z");
    }

    #[test]
    fn sorts_sets_by_their_bytes() {
        let set = set_of(vec![vec![2, 1, 9], vec![2, 1, 3], vec![1, 1, 255]]);
        assert_eq!(set, [0x31, 9, 1, 1, 255, 2, 1, 3, 2, 1, 9]);
    }
}

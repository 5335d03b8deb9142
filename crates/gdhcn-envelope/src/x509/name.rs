use std::fmt;
use std::hash::{Hash, Hasher};

use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag, Tagged};

use crate::x509::oid;

/// A distinguished name (RFC 5280, 4.1.2.4) with the DER bytes that it came in.
///
/// Two names are equal when their bytes are, or else when their attributes are after folding case
/// and blanks (RFC 5280, 7.1): issuer and subject sometimes differ in string type only.
#[derive(Clone)]
pub struct Name {
    der: Box<[u8]>,
    /// One inner list for each relative distinguished name, in the order of the encoding.
    rdns: Vec<Vec<NameAttribute>>,
    folded: Box<str>,
}

/// One attribute of a [`Name`], such as `C=XA`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAttribute {
    /// The type of the attribute.
    pub oid: ObjectIdentifier,
    /// The value as text, or `None` when it is no string.
    pub text: Option<String>,
    /// The DER bytes of the value with tag and length.
    pub der: Vec<u8>,
}

impl Name {
    /// Reads a DER `Name`.
    ///
    /// # Errors
    ///
    /// When the bytes are not one `RDNSequence`, or hold too many attributes.
    pub fn from_der(der: &[u8]) -> Result<Self, NameError> {
        let mut rdns = Vec::new();
        let mut count = 0;
        let sequence = AnyRef::from_der(der).map_err(|_| NameError::Malformed)?;
        for set in elements(sequence, Tag::Sequence)? {
            let mut attributes = Vec::new();
            for attribute in elements(set, Tag::Set)? {
                count += 1;
                if count > MAX_ATTRIBUTES {
                    return Err(NameError::TooManyAttributes { limit: MAX_ATTRIBUTES });
                }
                attributes.push(read_attribute(attribute)?);
            }
            rdns.push(attributes);
        }
        let folded = rdns.iter().map(|attributes| fold(attributes)).collect::<Vec<_>>();
        Ok(Self { der: der.into(), rdns, folded: folded.join("\n").into() })
    }

    /// The DER bytes as received.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// All attributes in the order of the encoding.
    pub fn attributes(&self) -> impl Iterator<Item = &NameAttribute> {
        self.rdns.iter().flatten()
    }

    /// The texts of all attributes of that type, in the order of the encoding.
    pub fn values(&self, attribute: ObjectIdentifier) -> impl Iterator<Item = &str> {
        self.attributes().filter(move |one| one.oid == attribute).filter_map(|one| one.text())
    }

    /// The country, when there is exactly one `C`.
    pub fn country(&self) -> Option<&str> {
        let mut countries = self.attributes().filter(|attribute| attribute.oid == oid::COUNTRY);
        let country = countries.next()?;
        if countries.next().is_some() { None } else { country.text() }
    }

    /// All values of `C`, in the order of the encoding.
    pub fn countries(&self) -> Vec<&str> {
        self.values(oid::COUNTRY).collect()
    }

    /// The last `CN` of the encoding, which is the most specific one.
    pub fn common_name(&self) -> Option<&str> {
        self.values(oid::COMMON_NAME).last()
    }

    /// Whether the name has no attribute.
    pub fn is_empty(&self) -> bool {
        self.rdns.is_empty()
    }
}

impl NameAttribute {
    /// The value as text.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der || self.folded == other.folded
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Equal bytes give an equal folding, so this agrees with `eq`.
        self.folded.hash(state);
    }
}

impl fmt::Display for Name {
    /// The last attribute of the encoding first, as RFC 4514 has it, in the form that
    /// `X500Principal.toString()` of Java gives: `CN=Upload, O="Ministry, Health", C=XA`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rdn) in self.rdns.iter().rev().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            for (index, attribute) in rdn.iter().enumerate() {
                if index > 0 {
                    f.write_str(" + ")?;
                }
                write_attribute(f, attribute)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

/// Why a name cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The bytes are no `RDNSequence`.
    #[error("not a distinguished name in DER")]
    Malformed,
    /// The name has more attributes than any honest one.
    #[error("the name has more than {limit} attributes")]
    TooManyAttributes {
        /// The limit.
        limit: usize,
    },
    /// A value to be written is empty or longer than its type allows (RFC 5280, appendix A.1).
    #[error("{attribute} must have 1 to {limit} characters, this has {found}")]
    Length {
        /// The keyword of the attribute, such as `CN`.
        attribute: &'static str,
        /// Longest length in characters.
        limit: usize,
        /// Length of the value in characters.
        found: usize,
    },
    /// A country to be written is not two capital letters.
    #[error("C must be two capital letters (ISO 3166-1 alpha-2), not {found:?}")]
    Country {
        /// The value.
        found: String,
    },
    /// A name to be written has no attribute.
    #[error("the name is empty; give it at least C and CN")]
    Empty,
}

/// Names of the network have four to eight; one attribute more costs little, a million much.
const MAX_ATTRIBUTES: usize = 64;

const KEYWORDS: [(&str, &str); 17] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SURNAME"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "T"),
    ("2.5.4.42", "GIVENNAME"),
    ("2.5.4.43", "INITIALS"),
    ("2.5.4.44", "GENERATION"),
    ("2.5.4.46", "DNQ"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
];

fn elements(any: AnyRef<'_>, tag: Tag) -> Result<Vec<AnyRef<'_>>, NameError> {
    if any.tag() != tag {
        return Err(NameError::Malformed);
    }
    let mut reader = SliceReader::new(any.value()).map_err(|_| NameError::Malformed)?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(reader.decode().map_err(|_| NameError::Malformed)?);
    }
    Ok(elements)
}

fn read_attribute(attribute: AnyRef<'_>) -> Result<NameAttribute, NameError> {
    let mut reader = SliceReader::new(attribute.value()).map_err(|_| NameError::Malformed)?;
    let oid = reader.decode::<ObjectIdentifier>().map_err(|_| NameError::Malformed)?;
    let der = reader.tlv_bytes().map_err(|_| NameError::Malformed)?;
    reader.finish().map_err(|_| NameError::Malformed)?;
    let value = AnyRef::from_der(der).map_err(|_| NameError::Malformed)?;
    Ok(NameAttribute { oid, text: text(value), der: der.to_vec() })
}

/// The text of a `DirectoryString` or IA5String.
fn text(value: AnyRef<'_>) -> Option<String> {
    let bytes = value.value();
    match value.tag() {
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::Ia5String
        | Tag::NumericString
        | Tag::VisibleString => std::str::from_utf8(bytes).ok().map(str::to_owned),
        // What writes TeletexString puts Latin-1 into it.
        Tag::TeletexString => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let units = bytes.chunks(2).map(|pair| match *pair {
                [high, low] => Some(u16::from_be_bytes([high, low])),
                _ => None,
            });
            String::from_utf16(&units.collect::<Option<Vec<_>>>()?).ok()
        }
        _ => None,
    }
}

/// The attributes without case and blanks. Neither tab nor line break is left in a text, so that
/// they separate attributes and relative names without doubt.
fn fold(attributes: &[NameAttribute]) -> String {
    let mut folded = attributes
        .iter()
        .map(|attribute| match attribute.text() {
            Some(text) => {
                let words = text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
                format!("{}={}", attribute.oid, words.join(" "))
            }
            None => format!("{} {}", attribute.oid, hex::encode(&attribute.der)),
        })
        .collect::<Vec<_>>();
    folded.sort();
    folded.join("\t")
}

fn write_attribute(f: &mut fmt::Formatter<'_>, attribute: &NameAttribute) -> fmt::Result {
    let dotted = attribute.oid.to_string();
    match KEYWORDS.iter().find(|(oid, _)| *oid == dotted) {
        Some((_, keyword)) => write!(f, "{keyword}=")?,
        None => write!(f, "OID.{dotted}=")?,
    }
    let Some(text) = attribute.text() else {
        return write!(f, "#{}", hex::encode(&attribute.der));
    };
    if needs_quotes(text) {
        write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        f.write_str(text)
    }
}

fn needs_quotes(text: &str) -> bool {
    let blank = |c| matches!(c, ' ' | '\n');
    text.starts_with(blank)
        || text.ends_with(blank)
        || text.contains([',', '+', '=', '\n', '<', '>', '#', ';', '\\', '"'])
        || text.chars().zip(text.chars().skip(1)).any(|(a, b)| blank(a) && blank(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::{NameBuilder, encode};

    /// Names and their texts as `javax.security.auth.x500.X500Principal` (JDK 17) made them.
    const JAVA: [(&str, &str); 2] = [
        (
            "303e310b300906035504061302584131173008060355040b130163300b060355040a130441202042311630140603550403130d41636d652c20496e632e202078",
            "CN=\"Acme, Inc.  x\", OU=c + O=\"A  B\", C=XA",
        ),
        (
            "3082010d3110300e06035504030c07c3a4c3b6227122310a3008060355042c13016a310a3008060355042b130169310c300a060355041113037a6970310b3009060355044113027073310c300a06032a03041303666f6f3111300f060a0992268993f22c64010113017a31133011060a0992268993f22c64011916036f7267310a3008060355040713016c310a30080603550408130175310a3008060355040913017331\
             12301006092a864886f70d0109011603614062310a3008060355042e130171310a3008060355040c130174310a30080603550404130162310a3008060355042a130161310a300806035504051301353110300e0603550461130756415444452d31310a30080603550403130178",
            "CN=x, OID.2.5.4.97=VATDE-1, SERIALNUMBER=5, GIVENNAME=a, SURNAME=b, T=t, DNQ=q, \
             EMAILADDRESS=a@b, STREET=s, ST=u, L=l, DC=org, UID=z, OID.1.2.3.4=foo, \
             OID.2.5.4.65=ps, OID.2.5.4.17=zip, INITIALS=i, GENERATION=j, CN=\"äö\\\"q\\\"\"",
        ),
    ];

    #[test]
    fn writes_names_as_java_does() {
        for (der, text) in JAVA {
            let name = Name::from_der(&hex::decode(der).unwrap()).unwrap();
            assert_eq!(name.to_string(), text);
        }
    }

    #[test]
    fn names_of_other_string_types_case_and_blanks_are_equal() {
        let encoded = |tag, text: &[u8]| {
            let value = encode::tlv(tag, text);
            let one = encode::nested(encode::SEQUENCE, &[&encode::oid(oid::ORGANIZATION), &value]);
            Name::from_der(&encode::tlv(encode::SEQUENCE, &encode::tlv(encode::SET, &one))).unwrap()
        };
        let name = |tag, text: &str| encoded(tag, text.as_bytes());
        let utf8 = name(encode::UTF8_STRING, "Ministry of Health");
        assert_eq!(utf8, name(encode::PRINTABLE_STRING, "MINISTRY  of Health "));
        assert_ne!(utf8, name(encode::UTF8_STRING, "Ministry of Wealth"));
        assert_eq!(encoded(0x1e, &[0, b'M', 0, 0xe4]).to_string(), "O=Mä");
        assert_eq!(encoded(0x14, &[b'M', 0xe4]).to_string(), "O=Mä");
        assert_eq!(encoded(0x1e, &[0]).to_string(), "O=#1e0100");
    }

    #[test]
    fn says_the_country_only_when_there_is_one() {
        let one = NameBuilder::new().country("XA").common_name("a").build().unwrap();
        assert_eq!(one.country(), Some("XA"));
        let two = NameBuilder::new().country("XA").country("XB").build().unwrap();
        assert_eq!(two.country(), None);
        assert_eq!(two.countries(), ["XA", "XB"]);
        assert_eq!(two.common_name(), None);
    }

    #[test]
    fn refuses_bytes_that_are_no_name_and_names_without_end() {
        for der in [&[][..], &[0x30], &[0x31, 0], &[0x30, 2, 0x30, 0], &[0x30, 0, 0]] {
            assert_eq!(Name::from_der(der).unwrap_err(), NameError::Malformed, "{der:x?}");
        }
        let mut builder = NameBuilder::new();
        for _ in 0..=MAX_ATTRIBUTES {
            builder = builder.organizational_unit("x");
        }
        assert_eq!(
            builder.build().unwrap_err(),
            NameError::TooManyAttributes { limit: MAX_ATTRIBUTES }
        );
    }
}

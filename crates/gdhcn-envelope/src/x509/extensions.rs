use std::fmt;

use const_oid::ObjectIdentifier;
use der::asn1::{BitStringRef, GeneralizedTime, OctetStringRef, PrintableString, SetOfVec};
use der::{Decode, Sequence, Tag, Tagged, asn1::AnyRef};
use jiff::Timestamp;
use x509_cert::ext::Extension;

use crate::x509::general_name::{GeneralName, crl_uris};
use crate::x509::{KeyUsageBits, certificate::timestamp, oid};

/// The extensions of a certificate (RFC 5280, 4.2), read leniently.
///
/// What is odd but harmless is read and kept as an [`ExtensionRemark`]. An extension that cannot
/// be read at all grants nothing: its field is `None`, or empty where `None` would mean "without
/// restriction" (key usage).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extensions {
    /// Whether the key may sign certificates.
    pub basic_constraints: Option<BasicConstraints>,
    /// What the key may be used for; `None` without restriction.
    pub key_usage: Option<KeyUsageBits>,
    /// The purposes, in the order of the certificate.
    pub extended_key_usage: Option<Vec<ObjectIdentifier>>,
    /// The identifier of the certificate's own key.
    pub subject_key_id: Option<Vec<u8>>,
    /// The `keyIdentifier` of the issuer's key. `None` too when the extension names the issuer by
    /// serial number only.
    pub authority_key_id: Option<Vec<u8>>,
    /// When the private key may sign.
    pub private_key_usage_period: Option<PrivateKeyUsagePeriod>,
    /// Further names of the subject; empty when the extension is absent.
    pub subject_alt_names: Vec<GeneralName>,
    /// Where revocation lists are served; empty when the extension is absent.
    pub crl_uris: Vec<String>,
    /// The kinds of document that the key may sign (ICAO Doc 9303-12, 7.1.1.6), such as `NV`; empty
    /// when the extension is absent.
    pub document_types: Vec<String>,
    /// Type and critical flag of every extension, in the order of the certificate.
    pub present: Vec<(ObjectIdentifier, bool)>,
    /// Critical extensions that this crate does not interpret.
    pub unknown_critical: Vec<ObjectIdentifier>,
    /// What is odd about them.
    pub remarks: Vec<ExtensionRemark>,
}

impl Extensions {
    /// Whether an extension of that type is there and marked critical.
    pub fn is_critical(&self, extension: ObjectIdentifier) -> bool {
        self.present.iter().any(|(oid, critical)| *oid == extension && *critical)
    }

    /// Whether an extension of that type is there.
    pub fn contains(&self, extension: ObjectIdentifier) -> bool {
        self.present.iter().any(|(oid, _)| *oid == extension)
    }

    /// Whether the key may sign certificates by basic constraints. `false` when they are absent.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints.is_some_and(|constraints| constraints.ca)
    }

    pub(crate) fn read(extensions: &[Extension]) -> Self {
        let mut read = Self::default();
        for extension in extensions {
            read.add(extension.extn_id, extension.critical, extension.extn_value.as_bytes());
        }
        read
    }

    fn add(&mut self, extension: ObjectIdentifier, critical: bool, value: &[u8]) {
        if self.contains(extension) {
            self.remarks.push(ExtensionRemark::Duplicate { oid: extension });
            return;
        }
        self.present.push((extension, critical));
        if self.interpret(extension, critical, value).is_err() {
            self.remarks.push(ExtensionRemark::Malformed { oid: extension });
            if extension == oid::KEY_USAGE {
                self.key_usage = Some(KeyUsageBits::NONE);
            }
        }
    }

    fn interpret(
        &mut self,
        extension: ObjectIdentifier,
        critical: bool,
        value: &[u8],
    ) -> der::Result<()> {
        match extension {
            oid::BASIC_CONSTRAINTS => {
                let constraints = BasicConstraintsDer::from_der(value)?;
                let ca = constraints.ca.unwrap_or(false);
                if constraints.ca == Some(false) {
                    self.remarks.push(ExtensionRemark::ExplicitCaFalse);
                }
                if !ca && constraints.path_len.is_some() {
                    self.remarks.push(ExtensionRemark::PathLengthWithoutCa);
                }
                let path_len = constraints.path_len;
                self.basic_constraints = Some(BasicConstraints { ca, path_len });
            }
            oid::KEY_USAGE => {
                let bits = BitStringRef::from_der(value)?;
                self.key_usage = Some(KeyUsageBits::from_bit_string(bits.raw_bytes()));
            }
            oid::EXTENDED_KEY_USAGE => {
                let purposes = Vec::<ObjectIdentifier>::from_der(value)?;
                if purposes.is_empty() {
                    self.remarks.push(ExtensionRemark::EmptyExtendedKeyUsage);
                }
                self.extended_key_usage = Some(purposes);
            }
            oid::SUBJECT_KEY_ID => {
                let identifier = <&OctetStringRef>::from_der(value)?;
                self.subject_key_id = Some(identifier.as_bytes().to_vec());
            }
            oid::AUTHORITY_KEY_ID => {
                self.authority_key_id = authority_key_id(value)?;
            }
            oid::PRIVATE_KEY_USAGE_PERIOD => {
                let period = PrivateKeyUsagePeriodDer::from_der(value)?;
                let at = |time: GeneralizedTime| timestamp(time.to_unix_duration());
                self.private_key_usage_period = Some(PrivateKeyUsagePeriod {
                    not_before: period.not_before.map(at),
                    not_after: period.not_after.map(at),
                });
            }
            oid::SUBJECT_ALT_NAME => {
                self.subject_alt_names = GeneralName::read_all(sequence(value)?.value())?;
            }
            oid::CRL_DISTRIBUTION_POINTS => {
                self.crl_uris = crl_uris(sequence(value)?.value())?;
            }
            oid::DOCUMENT_TYPE_LIST => {
                let list = DocumentTypeListDer::from_der(value)?;
                self.document_types = list.kinds.iter().map(ToString::to_string).collect();
            }
            unknown if critical => self.unknown_critical.push(unknown),
            _ => {}
        }
        Ok(())
    }
}

/// The basicConstraints extension (RFC 5280, 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a certification authority.
    pub ca: bool,
    /// How many intermediate certificates may follow in a path; `None` without limit.
    pub path_len: Option<u32>,
}

/// The privateKeyUsagePeriod extension (RFC 3280, 4.2.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrivateKeyUsagePeriod {
    /// First instant at which the key may sign.
    pub not_before: Option<Timestamp>,
    /// Last instant at which the key may sign.
    pub not_after: Option<Timestamp>,
}

/// Something odd about an extension that did not keep the certificate from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtensionRemark {
    /// basicConstraints spell out `cA FALSE`, the default that DER omits (X.690, 11.5).
    ExplicitCaFalse,
    /// basicConstraints give a path length to a certificate that is no authority.
    PathLengthWithoutCa,
    /// extKeyUsage lists no purpose; RFC 5280 demands one.
    EmptyExtendedKeyUsage,
    /// The extension stands twice; the first one was taken.
    Duplicate {
        /// Type of the extension.
        oid: ObjectIdentifier,
    },
    /// The value is not what its type prescribes and was left aside.
    Malformed {
        /// Type of the extension.
        oid: ObjectIdentifier,
    },
}

impl fmt::Display for ExtensionRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExplicitCaFalse => f.write_str("basicConstraints spell out cA FALSE"),
            Self::PathLengthWithoutCa => {
                f.write_str("basicConstraints give a path length without cA TRUE")
            }
            Self::EmptyExtendedKeyUsage => f.write_str("extKeyUsage lists no purpose"),
            Self::Duplicate { oid } => write!(f, "the extension {oid} stands twice"),
            Self::Malformed { oid } => write!(f, "the extension {oid} cannot be read"),
        }
    }
}

#[derive(Sequence)]
struct BasicConstraintsDer {
    // Not a default, so that an explicit FALSE is seen and read.
    #[asn1(optional = "true")]
    ca: Option<bool>,
    #[asn1(optional = "true")]
    path_len: Option<u32>,
}

#[derive(Sequence)]
struct PrivateKeyUsagePeriodDer {
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    not_before: Option<GeneralizedTime>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    not_after: Option<GeneralizedTime>,
}

#[derive(Sequence)]
struct DocumentTypeListDer {
    #[allow(dead_code, reason = "the version is always 0")]
    version: u8,
    kinds: SetOfVec<PrintableString>,
}

fn sequence(value: &[u8]) -> der::Result<AnyRef<'_>> {
    let any = AnyRef::from_der(value)?;
    any.tag().assert_eq(Tag::Sequence)?;
    Ok(any)
}

/// `keyIdentifier [0]` of an `AuthorityKeyIdentifier`. The issuer's name and serial number, which
/// some national certificates carry instead, are not needed by anyone.
fn authority_key_id(value: &[u8]) -> der::Result<Option<Vec<u8>>> {
    use der::{Reader, SliceReader};

    let mut reader = SliceReader::new(sequence(value)?.value())?;
    let mut identifier = None;
    while !reader.is_finished() {
        let raw = reader.tlv_bytes()?;
        if raw.first() == Some(&0x80) {
            identifier = Some(AnyRef::from_der(raw)?.value().to_vec());
        }
    }
    Ok(identifier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::encode;

    fn read(list: &[(ObjectIdentifier, bool, &[u8])]) -> Extensions {
        let mut extensions = Extensions::default();
        for (oid, critical, value) in list {
            extensions.add(*oid, *critical, value);
        }
        extensions
    }

    #[test]
    fn reads_an_explicit_ca_false_and_remarks_it() {
        let extensions = read(&[(oid::BASIC_CONSTRAINTS, true, &[0x30, 3, 1, 1, 0])]);
        assert_eq!(
            extensions.basic_constraints,
            Some(BasicConstraints { ca: false, path_len: None })
        );
        assert_eq!(extensions.remarks, [ExtensionRemark::ExplicitCaFalse]);
        assert!(!extensions.is_ca());
    }

    #[test]
    fn remarks_a_path_length_without_authority_and_an_empty_purpose_list() {
        let extensions = read(&[
            (oid::BASIC_CONSTRAINTS, false, &[0x30, 3, 2, 1, 0]),
            (oid::EXTENDED_KEY_USAGE, false, &[0x30, 0]),
        ]);
        assert_eq!(
            extensions.remarks,
            [ExtensionRemark::PathLengthWithoutCa, ExtensionRemark::EmptyExtendedKeyUsage]
        );
        assert_eq!(extensions.extended_key_usage, Some(vec![]));
    }

    #[test]
    fn grants_nothing_by_an_extension_that_cannot_be_read() {
        let all = [
            oid::BASIC_CONSTRAINTS,
            oid::KEY_USAGE,
            oid::EXTENDED_KEY_USAGE,
            oid::SUBJECT_KEY_ID,
            oid::AUTHORITY_KEY_ID,
            oid::PRIVATE_KEY_USAGE_PERIOD,
            oid::SUBJECT_ALT_NAME,
            oid::CRL_DISTRIBUTION_POINTS,
        ];
        let extensions = read(&all.map(|oid| (oid, true, &[0x05, 0x01][..])));
        assert_eq!(extensions.remarks, all.map(|oid| ExtensionRemark::Malformed { oid }));
        assert_eq!(extensions.key_usage, Some(KeyUsageBits::NONE));
        assert_eq!(extensions.basic_constraints, None);
        assert!(extensions.unknown_critical.is_empty());
    }

    #[test]
    fn keeps_the_first_of_two_and_remembers_unknown_critical_ones() {
        let ca = encode::tlv(encode::SEQUENCE, &encode::BOOLEAN_TRUE);
        let foreign = ObjectIdentifier::new_unwrap("1.2.3.4");
        let harmless = ObjectIdentifier::new_unwrap("1.2.3.5");
        let extensions = read(&[
            (oid::BASIC_CONSTRAINTS, true, &[0x30, 0]),
            (oid::BASIC_CONSTRAINTS, true, &ca),
            (foreign, true, &[]),
            (harmless, false, &[]),
        ]);
        assert!(!extensions.is_ca());
        assert_eq!(
            extensions.remarks,
            [ExtensionRemark::Duplicate { oid: oid::BASIC_CONSTRAINTS }]
        );
        assert_eq!(extensions.unknown_critical, [foreign]);
        assert!(extensions.contains(harmless) && !extensions.is_critical(harmless));
    }
}

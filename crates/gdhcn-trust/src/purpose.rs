//! What the certificate of a document signer is fit for.

use std::fmt;

use gdhcn_codes::DocumentPurposes;
use gdhcn_envelope::x509::oid::{self, ObjectIdentifier};
use gdhcn_envelope::x509::{Certificate, ExtensionRemark, KeyUsageBits};

/// Which statements a certificate lets its key sign (HCERT specification, A.2).
pub fn document_purposes(certificate: &Certificate) -> DocumentPurposes {
    let extensions = certificate.extensions();
    let unreadable = ExtensionRemark::Malformed { oid: oid::EXTENDED_KEY_USAGE };
    if extensions.remarks.contains(&unreadable) {
        return DocumentPurposes::NOTHING;
    }
    DocumentPurposes::of_usages(extensions.extended_key_usage.iter().flatten())
}

/// Why a certificate is none for signing documents, although its list names it as one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignerMisfit {
    /// Basic constraints make it an authority.
    Authority,
    /// Its key usage does not name digital signatures (RFC 5280, 4.2.1.3).
    NoDigitalSignature,
    /// It has a critical extension whose meaning is not known (RFC 5280, 4.2).
    UnknownCritical(ObjectIdentifier),
}

impl SignerMisfit {
    /// The first that is found in a certificate.
    pub fn of(certificate: &Certificate) -> Option<Self> {
        let extensions = certificate.extensions();
        if let Some(unknown) = extensions.unknown_critical.first() {
            return Some(Self::UnknownCritical(*unknown));
        }
        if extensions.is_ca() {
            return Some(Self::Authority);
        }
        (!may_sign_data(certificate)).then_some(Self::NoDigitalSignature)
    }
}

/// Whether digital signatures are among the key usages, or there is no limit.
pub(crate) fn may_sign_data(certificate: &Certificate) -> bool {
    let usage = certificate.extensions().key_usage;
    usage.is_none_or(|usage| usage.contains(KeyUsageBits::DIGITAL_SIGNATURE))
}

impl fmt::Display for SignerMisfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authority => f.write_str("it is an authority's"),
            Self::NoDigitalSignature => f.write_str("its key usage names no digital signatures"),
            Self::UnknownCritical(oid) => write!(f, "its critical extension {oid} is not known"),
        }
    }
}

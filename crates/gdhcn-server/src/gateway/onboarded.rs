//! The check of an onboarded row on reading.

use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::trusted_party::TrustedParty;
use gdhcn_trust::participant::{self, OnboardingError};

/// Why a row is not served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RowFault {
    /// A column holds a value that is not known.
    #[error("column {0} cannot be read")]
    Column(String),
    /// The uploaded certificate cannot be read; the row is served all the same.
    #[error("the uploaded certificate cannot be read")]
    Certificate,
    /// The trust anchor does not vouch for it.
    #[error(transparent)]
    Onboarding(#[from] OnboardingError),
}

impl RowFault {
    /// A word of a bounded set, for counting.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Column(_) => "column",
            Self::Certificate => "certificate",
            Self::Onboarding(fault) => match fault {
                OnboardingError::Empty => "empty",
                OnboardingError::CertificateBase64 => "base64",
                OnboardingError::Certificate(_) => "certificate",
                OnboardingError::Thumbprint { .. } => "thumbprint",
                OnboardingError::NoAnchor => "no_anchor",
                OnboardingError::Message(_) => "message",
                OnboardingError::Signature(_) => "signature",
                OnboardingError::OtherSigner { .. } => "other_signer",
                _ => "other",
            },
        }
    }
}

/// The certificate of a row, when one of the trust anchors vouches for it.
pub(crate) fn check(row: &TrustedParty, anchors: &[Certificate]) -> Result<Certificate, RowFault> {
    // A row that was pulled from another gateway is vouched for by that gateway's anchor.
    let anchors = if row.source_gateway_id.is_none() { anchors } else { &[] };
    let party = participant::TrustedParty {
        trust_anchor_signature: row.signature.clone(),
        certificate_raw_data: row.raw_data.clone(),
        certificate_thumbprint: row.thumbprint.clone(),
        country: row.country.clone(),
    };
    Ok(party.check(anchors, Backend::default())?.certificate().clone())
}

//! The check of an onboarded row on reading.

use std::collections::HashMap;

use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::trusted_party::{PartyType, TrustedParty};
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

/// Checks all rows: the own ones by the gateway's trust anchors, those that were pulled from
/// another gateway by the anchors that were onboarded for it. The own ones come first.
pub(crate) fn check_all<'r>(
    rows: &'r [TrustedParty],
    own: &[Certificate],
) -> Vec<(&'r TrustedParty, Result<Certificate, RowFault>)> {
    let (mine, pulled): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.source_gateway_id.is_none());
    let mut of_gateway: HashMap<&str, Vec<Certificate>> = HashMap::new();
    let mut checked = Vec::with_capacity(rows.len());
    for row in mine {
        let outcome = check(row, own);
        if let (PartyType::TrustAnchor, Some(gateway), Ok(certificate)) =
            (row.certificate_type, &row.assigned_gateway, &outcome)
        {
            of_gateway.entry(gateway).or_default().push(certificate.clone());
        }
        checked.push((row, outcome));
    }
    for row in pulled {
        let source = row.source_gateway_id.as_deref().unwrap_or_default();
        let anchors = of_gateway.get(source).map(Vec::as_slice).unwrap_or_default();
        checked.push((row, check(row, anchors)));
    }
    checked
}

/// The certificate of a row, when one of the trust anchors vouches for it.
fn check(row: &TrustedParty, anchors: &[Certificate]) -> Result<Certificate, RowFault> {
    let party = participant::TrustedParty {
        trust_anchor_signature: row.signature.clone(),
        certificate_raw_data: row.raw_data.clone(),
        certificate_thumbprint: row.thumbprint.clone(),
        country: row.country.clone(),
    };
    Ok(party.check(anchors, Backend::default())?.certificate().clone())
}

//! The check of an onboarded row on reading.

use std::collections::HashMap;

use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::TrustContent;
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
        let outcome = check_party(row, own);
        if let (PartyType::TrustAnchor, Some(gateway), Ok(certificate)) =
            (row.certificate_type, &row.assigned_gateway, &outcome)
        {
            of_gateway.entry(gateway).or_default().push(certificate.clone());
        }
        checked.push((row, outcome.map_err(RowFault::from)));
    }
    for row in pulled {
        let source = row.source_gateway_id.as_deref().unwrap_or_default();
        let anchors = of_gateway.get(source).map(Vec::as_slice).unwrap_or_default();
        checked.push((row, check_party(row, anchors).map_err(RowFault::from)));
    }
    checked
}

/// The certificates of a peer that our trust anchor vouches for.
#[derive(Debug, Default)]
pub(crate) struct Assigned {
    /// Whose signature counts on what the peer lists.
    pub(crate) anchors: Vec<Certificate>,
    /// Its servers, and the authorities of its servers.
    pub(crate) servers: Vec<Certificate>,
}

impl Assigned {
    /// Those that are assigned to a peer, each checked.
    pub(crate) fn to(gateway_id: &str, rows: &[TrustedParty], own: &[Certificate]) -> Self {
        let mut assigned = Self::default();
        let its = rows.iter().filter(|row| {
            row.source_gateway_id.is_none() && row.assigned_gateway.as_deref() == Some(gateway_id)
        });
        for row in its {
            let list = match row.certificate_type {
                PartyType::TrustAnchor => &mut assigned.anchors,
                PartyType::AuthenticationFederation => &mut assigned.servers,
                _ => continue,
            };
            list.extend(check_party(row, own));
        }
        assigned
    }
}

/// The trust anchors of a peer that our own vouches for.
pub fn peer_anchors(
    gateway_id: &str,
    content: &TrustContent,
    own: &[Certificate],
) -> Vec<Certificate> {
    Assigned::to(gateway_id, &content.trusted_parties, own).anchors
}

/// The certificate of a row, when one of the trust anchors vouches for it.
///
/// # Errors
///
/// Why none does.
pub fn check_party(
    row: &TrustedParty,
    anchors: &[Certificate],
) -> Result<Certificate, OnboardingError> {
    let party = participant::TrustedParty {
        trust_anchor_signature: row.signature.clone(),
        certificate_raw_data: row.raw_data.clone(),
        certificate_thumbprint: row.thumbprint.clone(),
        country: row.country.clone(),
    };
    Ok(party.check(anchors, Backend::default())?.certificate().clone())
}

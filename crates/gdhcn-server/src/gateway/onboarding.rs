//! Onboarding: an operator puts what the trust anchor has signed into the database.
//!
//! There is no HTTP route for it. The same check that guards every reading is
//! made here first, so that a mistake is seen by the one who makes it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_crypto::Backend;
use gdhcn_envelope::cms::{CmsError, Content, SignedMessage};
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::trusted_party::{NewTrustedParty, PartyType, Role, TrustedParty};
use gdhcn_store::{Store, StoreError};
use gdhcn_trust::participant::{self, OnboardingError};
use jiff::Timestamp;
use uuid::Uuid;

use super::snapshot::DEFAULT_DOMAIN;

/// A signed certificate and what it is to be used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onboarding {
    /// Certificate, country and the trust anchor's signature, in the form of the onboarding
    /// repositories.
    pub party: participant::TrustedParty,
    /// What the certificate is for.
    pub certificate_type: PartyType,
    /// What a client certificate may do beyond the common routes.
    pub roles: Vec<Role>,
}

/// Why a certificate is not onboarded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnboardError {
    /// The trust anchor does not vouch for it.
    #[error(transparent)]
    Party(#[from] OnboardingError),
    /// The trust anchor signs the certificate, not the country beside it.
    #[error(
        "the certificate is of {found:?} and not of {country}: the trust anchor did not sign that \
         it is"
    )]
    Country {
        /// All values of `C` in the certificate's subject.
        found: Vec<String>,
        /// The country beside it.
        country: String,
    },
    /// The trust anchor's signature cannot be brought into the stored form.
    #[error("the trust anchor's signature: {0}")]
    Signature(#[from] CmsError),
    /// The database refuses it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Onboarding {
    /// Checks the trust anchor's signature and stores the row, its signature in the detached
    /// form, with an audit event.
    ///
    /// # Errors
    ///
    /// When none of `anchors` vouches for the certificate, or it is stored already.
    pub async fn store(
        self,
        store: &Store,
        anchors: &[Certificate],
        at: Timestamp,
    ) -> Result<TrustedParty, OnboardError> {
        let checked = self.party.check(anchors, Backend::default())?;
        let certificate = checked.certificate();
        let countries = certificate.subject().countries();
        if countries != [self.party.country.as_str()] {
            return Err(OnboardError::Country {
                found: countries.iter().map(|one| (*one).to_owned()).collect(),
                country: self.party.country,
            });
        }
        let signature = SignedMessage::from_base64(
            self.party.trust_anchor_signature.as_bytes(),
            Content::Detached(certificate.der()),
        )?;
        let thumbprint = certificate.thumbprint().to_string();
        let event = AuditEvent {
            occurred_at: at,
            request_id: Uuid::now_v7().to_string(),
            country: Some(self.party.country.clone()),
            uploader_fingerprint: Some(checked.anchor().to_string()),
            authentication_fingerprint: None,
            event: "ONBOARDED".to_owned(),
            description: format!("onboarded as {}", self.certificate_type),
            code: None,
            payload_sha256: Some(thumbprint.clone()),
        };
        let row = NewTrustedParty {
            created_at: at,
            country: self.party.country,
            thumbprint,
            raw_data: BASE64_STANDARD.encode(certificate.der()),
            signature: BASE64_STANDARD.encode(signature.to_detached_der()),
            certificate_type: self.certificate_type,
            kid: certificate.kid().to_base64(),
            domain: Some(DEFAULT_DOMAIN.to_owned()),
            source_gateway_id: None,
            assigned_gateway: None,
            roles: self.roles,
        };
        Ok(store.insert_trusted_party(row, &event).await?.row)
    }
}

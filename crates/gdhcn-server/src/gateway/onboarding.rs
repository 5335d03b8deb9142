//! Onboarding: an operator puts what the trust anchor has signed into the database.
//!
//! There is no HTTP route for it. The same check that guards every reading is
//! made here first, so that a mistake is seen by the one who makes it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_codes::{Domain, KeyUsage};
use gdhcn_crypto::{Backend, Thumbprint, sha256};
use gdhcn_envelope::cms::{CmsError, Content, SignedMessage};
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::onboarding::{CarriedOut, OnboardingStep};
use gdhcn_store::signer_information::SignerInformation;
use gdhcn_store::trusted_issuer::{NewTrustedIssuer, TrustedIssuer};
use gdhcn_store::trusted_party::{NewTrustedParty, PartyType, Role, TrustedParty};
use gdhcn_store::{Store, StoreError, limit};
use gdhcn_trust::issuer::{IssuerKind, IssuerText};
use gdhcn_trust::onboarding_request::SignedRequest;
use gdhcn_trust::participant::{self, OnboardingError};
use gdhcn_trust::participant_folder::{IssuerFault, IssuerFile};
use jiff::Timestamp;
use uuid::Uuid;

use super::list::DEFAULT_DOMAIN;

/// A signed certificate and what it is to be used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onboarding {
    /// Certificate, country and the trust anchor's signature, in the form of the onboarding
    /// repositories.
    pub party: participant::TrustedParty,
    /// What the certificate is for.
    pub certificate_type: PartyType,
    /// The trust domain; `DCC` where nothing is said.
    pub domain: Option<Domain>,
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
    /// The participant uploads certificates of that use itself.
    #[error("a {0} certificate is uploaded, not onboarded")]
    Usage(KeyUsage),
    /// An issuer is incomplete or ambiguous.
    #[error("issuer: {0}")]
    Issuer(#[from] IssuerFault),
    /// No role has that name.
    #[error("{0:?} is no role")]
    Role(String),
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
        let (row, event) = self.row(anchors, at, "")?;
        Ok(store.insert_trusted_party(row, &event).await?.row)
    }

    /// The row to store and the event that tells of it. `by` ends the event's description.
    fn row(
        self,
        anchors: &[Certificate],
        at: Timestamp,
        by: &str,
    ) -> Result<(NewTrustedParty, AuditEvent), OnboardError> {
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
        let domain = self.domain.as_ref().map_or(DEFAULT_DOMAIN, Domain::as_str).to_owned();
        let event = AuditEvent {
            uploader_fingerprint: Some(checked.anchor().to_string()),
            ..operators_event(
                "ONBOARDED",
                format!("onboarded as {} in {domain}{by}", self.certificate_type),
                Some(&self.party.country),
                Some(thumbprint.clone()),
                at,
            )
        };
        let row = NewTrustedParty {
            created_at: at,
            country: self.party.country,
            thumbprint,
            raw_data: BASE64_STANDARD.encode(certificate.der()),
            signature: BASE64_STANDARD.encode(signature.to_detached_der()),
            certificate_type: self.certificate_type,
            kid: certificate.kid().to_base64(),
            domain: Some(domain),
            source_gateway_id: None,
            assigned_gateway: None,
            roles: self.roles,
        };
        Ok((row, event))
    }
}

/// Stores everything of a signed request in one transaction: all of it or nothing. Gives the number
/// of changes.
///
/// Rows of the same certificates, and issuers at the same place, that are there already are
/// replaced. `request` is carried out thereby, once. `operators` are those who approved.
///
/// # Errors
///
/// When a signature does not hold, a use or role is unknown, or the database refuses.
pub async fn store_request(
    store: &Store,
    signed: &SignedRequest,
    anchors: &[Certificate],
    operators: &[&str],
    request: CarriedOut<'_>,
    at: Timestamp,
) -> Result<usize, OnboardError> {
    let present = store.trust_content().await?.trusted_parties;
    let by = by(&signed.request.digest(), operators);
    let mut steps = Vec::new();
    for one in signed.parties() {
        let certificate_type = party_type(one.usage).ok_or(OnboardError::Usage(one.usage))?;
        let roles = one
            .roles
            .iter()
            .map(|name| name.parse().map_err(|_| OnboardError::Role(name.clone())))
            .collect::<Result<_, _>>()?;
        let domain = Some(one.domain.clone());
        let onboarding = Onboarding { party: one.party, certificate_type, domain, roles };
        let (row, event) = onboarding.row(anchors, at, &by)?;
        let own = present
            .iter()
            .find(|known| known.thumbprint == row.thumbprint && known.source_gateway_id.is_none());
        if let Some(own) = own {
            steps.push(offboarding(own, &format!("replaced{by}"), at));
        }
        steps.push((OnboardingStep::Insert(row), event));
    }
    let present = store.trusted_issuers().await?;
    for (domain, file) in signed.issuers() {
        let signed = file.signed_text()?;
        let (issuer, event) = issuer_row(file, domain, anchors, at, &by)?;
        for own in present.iter().filter(|known| is_same_place(known, &issuer)) {
            steps.extend(issuer_removal(own, &format!("replaced{by}"), at));
        }
        steps.push((OnboardingStep::InsertIssuer { issuer, signed }, event));
    }
    Ok(store.change_onboarded(steps, Some(request)).await?)
}

/// The end of a description: by which request, and whose word.
pub(super) fn by(request: &Thumbprint, operators: &[&str]) -> String {
    let mut by = format!(", request {request}");
    if !operators.is_empty() {
        by = format!("{by}, approved by {}", operators.join(", "));
    }
    by
}

/// The row of an issuer to store, its signature in the detached form, and the event that tells of
/// it.
fn issuer_row(
    file: IssuerFile,
    domain: &Domain,
    anchors: &[Certificate],
    at: Timestamp,
    by: &str,
) -> Result<(NewTrustedIssuer, AuditEvent), OnboardError> {
    let issuer = file.issuer()?;
    let text = issuer.text(IssuerText::Who);
    let signature = file.signature.unwrap_or_default();
    let (anchor, _) = issuer.check(&signature, anchors, &[IssuerText::Who], Backend::default())?;
    let message = Content::Detached(text.as_bytes());
    let message = SignedMessage::from_base64(signature.as_bytes(), message)?;
    let event = AuditEvent {
        uploader_fingerprint: Some(anchor.to_string()),
        ..operators_event(
            "ISSUER_ADDED",
            format!("issuer {} in {domain}{by}", file.url),
            Some(&file.country),
            Some(hex::encode(sha256(text.as_bytes()))),
            at,
        )
    };
    let did_document = || (file.url_type == IssuerKind::Did.as_str()).then(|| "DIDDocument".into());
    let row = NewTrustedIssuer {
        key_storage_type: file.key_storage_type.clone().or_else(did_document),
        created_at: at,
        country: file.country,
        url: file.url,
        name: file.name,
        url_type: file.url_type,
        thumbprint: Some(file.hash.to_ascii_lowercase()).filter(|hash| !hash.is_empty()),
        // The table has room for one.
        ssl_public_key: file.ssl_public_keys.into_iter().next(),
        signature: BASE64_STANDARD.encode(message.to_detached_der()),
        domain: Some(domain.as_str().to_owned()),
    };
    Ok((row, event))
}

/// Whether an own row would be superseded: one place has one issuer in a domain.
fn is_same_place(known: &TrustedIssuer, new: &NewTrustedIssuer) -> bool {
    let old = &known.issuer;
    known.source_gateway_id.is_none()
        && (&old.country, &old.url, &old.domain) == (&new.country, &new.url, &new.domain)
}

/// The step that takes an own issuer away, and the event that tells of it; none for a row that has
/// no public identifier.
pub fn issuer_removal(
    row: &TrustedIssuer,
    why: &str,
    at: Timestamp,
) -> Option<(OnboardingStep, AuditEvent)> {
    let uuid = row.uuid.clone()?;
    let description = format!("issuer {} {why}", row.issuer.url);
    let event = operators_event("ISSUER_REMOVED", description, Some(&row.issuer.country), None, at);
    Some((OnboardingStep::RemoveIssuer { uuid }, event))
}

/// The step that takes an uploaded certificate away, and the event that tells of it.
pub fn signer_removal(
    row: &SignerInformation,
    why: &str,
    at: Timestamp,
) -> (OnboardingStep, AuditEvent) {
    let event = operators_event(
        "SIGNER_REMOVED",
        format!("{} {why}", row.certificate_type),
        Some(&row.country),
        Some(row.thumbprint.clone()),
        at,
    );
    let (thumbprint, country) = (row.thumbprint.clone(), row.country.clone());
    (OnboardingStep::RemoveSigner { thumbprint, country }, event)
}

/// The step that takes a row away, and the event that tells of it.
pub fn offboarding(row: &TrustedParty, why: &str, at: Timestamp) -> (OnboardingStep, AuditEvent) {
    let event = operators_event(
        "OFFBOARDED",
        format!("{} {why}", row.certificate_type),
        Some(&row.country),
        Some(row.thumbprint.clone()),
        at,
    );
    let step =
        OnboardingStep::Remove { thumbprint: row.thumbprint.clone(), country: row.country.clone() };
    (step, event)
}

/// An event of an operator's own act; a description too long for the trail is cut.
pub fn operators_event(
    event: &str,
    description: String,
    country: Option<&str>,
    payload_sha256: Option<String>,
    at: Timestamp,
) -> AuditEvent {
    AuditEvent {
        occurred_at: at,
        request_id: Uuid::now_v7().to_string(),
        country: country.map(str::to_owned),
        uploader_fingerprint: None,
        authentication_fingerprint: None,
        event: event.to_owned(),
        description: limit::description(&description),
        code: None,
        payload_sha256,
    }
}

/// The certificate group of a usage that the trust anchor signs.
pub fn party_type(usage: KeyUsage) -> Option<PartyType> {
    match usage {
        KeyUsage::Sca => Some(PartyType::Csca),
        KeyUsage::Up => Some(PartyType::Upload),
        KeyUsage::Tls => Some(PartyType::Authentication),
        KeyUsage::Deca => Some(PartyType::Deca),
        _ => None,
    }
}

//! Peers: an operator puts what the trust anchor has signed of one into the database.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::federation_gateway::NewFederationGateway;
use gdhcn_store::onboarding::CarriedOut;
use gdhcn_store::trusted_party::{NewTrustedParty, PartyType};
use gdhcn_store::{Store, StoreError};
use gdhcn_trust::federation::{PeerRequestError, PeerUse, SignedPeer};
use jiff::Timestamp;

use super::list::DEFAULT_DOMAIN;
use super::onboarding::{by, operators_event};

/// Why a peer is not kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeerStoreError {
    /// The trust anchor does not vouch for all of it.
    #[error(transparent)]
    Request(#[from] PeerRequestError),
    /// The database refuses it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the certificate of a peer is said to be from: by its subject, or as the trust anchor that
/// signed it.
fn country(certificate: &Certificate, anchors: &[Certificate]) -> String {
    let of = |certificate: &Certificate| {
        let country = certificate.subject().country()?;
        let fits = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
        fits.then(|| country.to_owned())
    };
    of(certificate).or_else(|| anchors.iter().find_map(of)).unwrap_or_else(|| "XX".to_owned())
}

/// Checks every signature and keeps the peer with its certificates, all of it or nothing. A peer of
/// the same identity is replaced. `request` is carried out thereby, once. `operators` are those who
/// approved.
///
/// # Errors
///
/// When a signature does not hold, or the database refuses.
pub async fn store_peer(
    store: &Store,
    signed: &SignedPeer,
    anchors: &[Certificate],
    operators: &[&str],
    request: CarriedOut<'_>,
    at: Timestamp,
) -> Result<(), PeerStoreError> {
    let anchor = signed.check(anchors, Backend::default())?;
    let peer = signed.request.peer.clone();
    let mut assigned = Vec::new();
    for ((of, certificate), signature) in
        signed.request.certificates.iter().zip(&signed.certificates)
    {
        assigned.push(NewTrustedParty {
            created_at: at,
            country: country(certificate, anchors),
            thumbprint: certificate.thumbprint().to_string(),
            raw_data: BASE64_STANDARD.encode(certificate.der()),
            signature: signature.clone(),
            certificate_type: match of {
                PeerUse::TrustAnchor => PartyType::TrustAnchor,
                PeerUse::Server => PartyType::AuthenticationFederation,
            },
            kid: certificate.kid().to_base64(),
            domain: Some(DEFAULT_DOMAIN.to_owned()),
            source_gateway_id: None,
            assigned_gateway: Some(peer.gateway_id.clone()),
            roles: Vec::new(),
        });
    }
    let by = by(&signed.request.digest(), operators);
    let description = format!("peer {}{by}", peer.gateway_id);
    let mut event = operators_event("PEER_ADDED", description, None, None, at);
    event.uploader_fingerprint = Some(anchor.to_string());
    let new = NewFederationGateway {
        created_at: at,
        peer,
        signature: signed.signature.clone(),
        interval_seconds: signed.request.interval_seconds,
    };
    store.put_federation_gateway(&new, Some(assigned), Some(request), &event).await?;
    Ok(())
}

/// Removes a peer with everything that came from it, by this operator's word.
///
/// # Errors
///
/// When there is none of that identity, or the database cannot be written.
pub async fn remove_peer(
    store: &Store,
    gateway_id: &str,
    operator: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let brief: String = gateway_id.chars().take(60).collect();
    let description = format!("peer {brief}, by {operator}");
    let event = operators_event("PEER_REMOVED", description, None, None, at);
    store.remove_federation_gateway(gateway_id, &event).await
}

//! What the trust anchor has signed and operators decide on: a participant's change or a peer.

use anyhow::{Context as _, Result};
use gdhcn_crypto::{Backend, Thumbprint};
use gdhcn_envelope::x509::Certificate;
use gdhcn_server::gateway::{OnboardError, PeerStoreError, store_peer, store_request};
use gdhcn_store::StoreError;
use gdhcn_store::onboarding::CarriedOut;
use gdhcn_trust::federation::SignedPeer;
use gdhcn_trust::onboarding_request::{OnboardingResponse, SignedRequest};

use super::desk::Desk;
use crate::exit::Fault;
use crate::onboarding::{show_peer_request, show_request};
use crate::output::{now, tame_line};

/// A request whose signatures of the trust anchor hold.
pub(super) struct Decision {
    /// The trust anchor's answer, as the database keeps it.
    pub(super) text: String,
    of: Kind,
}

enum Kind {
    Participant(SignedRequest),
    Peer(SignedPeer),
}

impl Decision {
    /// Reads an answer of the trust anchor, and checks it from its beginning.
    pub(super) fn read(text: String, anchors: &[Certificate]) -> Result<Self> {
        let of = if SignedPeer::is_one(text.as_bytes()) {
            let signed = SignedPeer::from_json(text.as_bytes())?;
            signed.check(anchors, Backend::default())?;
            Kind::Peer(signed)
        } else {
            let response = OnboardingResponse::from_json(text.as_bytes())?;
            let signed = response.check(anchors, Backend::default());
            Kind::Participant(signed.context("the trust anchor's signatures")?)
        };
        Ok(Self { text, of })
    }

    /// What operators approve.
    pub(super) fn digest(&self) -> Thumbprint {
        match &self.of {
            Kind::Participant(signed) => signed.request.digest(),
            Kind::Peer(signed) => signed.request.digest(),
        }
    }

    /// Alpha-3 code of the participant, or the identity of the peer.
    pub(super) fn whose(&self) -> &str {
        match &self.of {
            Kind::Participant(signed) => signed.request.participant().alpha3(),
            Kind::Peer(signed) => &signed.request.peer.gateway_id,
        }
    }

    /// Alpha-2 code of the participant.
    pub(super) fn country(&self) -> Option<&str> {
        match &self.of {
            Kind::Participant(signed) => Some(signed.request.participant().alpha2()),
            Kind::Peer(_) => None,
        }
    }

    /// How many things the trust anchor has signed in it.
    pub(super) fn items(&self) -> usize {
        match &self.of {
            Kind::Participant(signed) => signed.request.items().len(),
            // The configuration is one.
            Kind::Peer(signed) => signed.request.certificates.len().saturating_add(1),
        }
    }

    pub(super) fn show(&self) {
        match &self.of {
            Kind::Participant(signed) => show_request(&signed.request),
            Kind::Peer(signed) => show_peer_request(&signed.request),
        }
    }

    /// Stores all of it or nothing, by the word of these operators; says what came of it.
    pub(super) async fn store(
        &self,
        desk: &Desk,
        operators: &[&str],
        request: CarriedOut<'_>,
    ) -> Result<String, Fault> {
        let (store, anchors) = (&desk.store, &desk.anchors[..]);
        match &self.of {
            Kind::Participant(signed) => {
                let stored = store_request(store, signed, anchors, operators, request, now()).await;
                let count = stored.map_err(|error| match error {
                    OnboardError::Store(error) => refused(error),
                    other => Fault::Input(other.into()),
                })?;
                Ok(format!(
                    "onboarded: {count} changes; a running gateway sees them within a second"
                ))
            }
            Kind::Peer(signed) => {
                let stored = store_peer(store, signed, anchors, operators, request, now()).await;
                stored.map_err(|error| match error {
                    PeerStoreError::Store(error) => refused(error),
                    other => Fault::Input(other.into()),
                })?;
                let id = tame_line(&signed.request.peer.gateway_id);
                let when = match signed.request.interval_seconds {
                    Some(_) => "a running gateway pulls from it within a minute",
                    None => "it is pulled from only by `gdhcn gateway federation pull`",
                };
                Ok(format!("kept: {id}; {when}"))
            }
        }
    }
}

/// Whether the request or the database is to blame.
pub(super) fn refused(error: StoreError) -> Fault {
    match error {
        StoreError::NoRequest | StoreError::Exists(_) | StoreError::Conflict(_) => {
            Fault::Input(error.into())
        }
        other => Fault::Internal(other.into()),
    }
}

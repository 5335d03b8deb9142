//! Acting on a signed message: received wholly, carried out on a task of its own, recorded also
//! when it is refused.

use std::fmt::Display;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use gdhcn_crypto::sha256;
use gdhcn_envelope::x509::{Certificate, Validity};
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::{Store, limit};
use gdhcn_trust::upload::UploadRefusal;
use http::Request;
use jiff::Timestamp;
use tracing::{error, warn};

use super::Gateway;
use super::authentication::Authenticated;
use super::message;
use super::reason::Reason;
use crate::problem::Problem;
use crate::telemetry::RequestRecord;

/// What a message asks for.
pub(crate) trait Wish: Send + 'static {
    /// What the answer needs to know of it.
    type Done: Send + 'static;
    /// Why it is not done.
    type Refusal: Display + Reason + Send + Sync;

    /// The media types in which the message may come.
    const MEDIA_TYPES: &'static [&'static str];

    /// Reads the message and does what it asks for, with the event that tells of it.
    fn carry_out(
        &mut self,
        act: &mut Act,
        body: Bytes,
    ) -> impl Future<Output = Result<Self::Done, Self::Refusal>> + Send;

    /// The answer to a refused message, and what the trail says of it.
    fn refused(&self, act: &Act, refusal: &Self::Refusal) -> Refused;
}

/// How a refusal is answered and recorded.
pub(crate) struct Refused {
    /// The answer.
    pub(crate) problem: Problem,
    /// Name of the outcome in the trail.
    pub(crate) event: &'static str,
    /// The operation in words; the reason follows in the trail.
    pub(crate) description: String,
}

/// One message, from its arrival to the audit trail.
pub(crate) struct Act {
    /// The gateway that was asked.
    pub(crate) gateway: Arc<Gateway>,
    /// Who asks.
    pub(crate) peer: Authenticated,
    /// The certificate that the message was signed with, as soon as it is known.
    pub(crate) signer: Option<Certificate>,
    /// SHA-256 of the content, of the whole message while the content is not known.
    pub(crate) payload_sha256: String,
    request_id: String,
}

/// Once the message has arrived it is acted on to the end and recorded, on a task of its own: a
/// peer that closes the connection, or a request that takes too long, leaves no hole in the trail.
pub(crate) async fn perform<W: Wish>(
    gateway: Arc<Gateway>,
    peer: Authenticated,
    mut wish: W,
    request: Request<Body>,
) -> Result<W::Done, Problem> {
    let record = request.extensions().get::<Arc<RequestRecord>>();
    let request_id = record.map(|record| record.id().to_owned()).unwrap_or_default();
    let body = message::receive(request, W::MEDIA_TYPES, gateway.limits.load().body_bytes).await?;
    let payload_sha256 = hex::encode(sha256(&body));
    let mut act =
        Act { gateway, peer, signer: None, payload_sha256, request_id: request_id.clone() };
    let task = tokio::spawn(async move {
        match wish.carry_out(&mut act, body).await {
            Ok(done) => Ok(done),
            Err(refusal) => Err(act.refuse(wish.refused(&act, &refusal), &refusal).await),
        }
    });
    task.await.unwrap_or_else(|cause| {
        error!(request = request_id, %cause, "a change was interrupted");
        Err(Problem::internal())
    })
}

impl Act {
    /// The database.
    pub(crate) fn store(&self) -> &Store {
        self.gateway.trust.store()
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.gateway.clock.now()
    }

    /// Makes sure that the signer's certificate is valid at present, where the configuration asks for
    /// it.
    ///
    /// # Errors
    ///
    /// [`UploadRefusal::UploaderOutside`].
    pub(crate) fn check_validity(&self) -> Result<(), UploadRefusal> {
        let asked = self.gateway.followed.load().trusted_certificates.valid_uploaders_only;
        let Some(signer) = self.signer.as_ref().filter(|_| asked) else { return Ok(()) };
        if signer.validity_at(self.now()) == Validity::Valid {
            return Ok(());
        }
        let (begin, end) = (signer.not_before(), signer.not_after());
        Err(UploadRefusal::UploaderOutside { signer: signer.thumbprint(), begin, end })
    }

    /// The event that tells of an accepted message.
    pub(crate) fn accepted(&self, event: &str, description: String) -> AuditEvent {
        self.event(event, description, None)
    }

    async fn refuse(&self, refused: Refused, refusal: &(impl Display + Reason)) -> Problem {
        let Refused { problem, event, description } = refused;
        // Nothing was changed, and the trail is in the same database: the answer would wait again.
        if problem.is_passing() {
            warn!(request = self.request_id, cause = %refusal, "a change had to wait too long");
            return problem;
        }
        if problem.is_own_fault() {
            error!(request = self.request_id, cause = %refusal, "a change could not be stored");
            self.gateway.troubles.writes_failed(refusal);
        }
        let description = limit::description(&format!("{description}: {}", refusal.reason()));
        let event = self.event(event, description, Some(problem.code()));
        if let Err(cause) = self.store().append_audit_event(&event).await {
            error!(request = self.request_id, %cause, "a refusal could not be recorded");
            self.gateway.troubles.writes_failed(&cause);
        }
        problem
    }

    fn event(&self, event: &str, description: String, code: Option<&str>) -> AuditEvent {
        AuditEvent {
            occurred_at: self.now(),
            request_id: self.request_id.clone(),
            country: Some(self.peer.country.clone()),
            uploader_fingerprint: self
                .signer
                .as_ref()
                .map(|signer| signer.thumbprint().to_string()),
            authentication_fingerprint: Some(self.peer.thumbprint.clone()),
            event: event.to_owned(),
            description,
            code: code.map(str::to_owned),
            payload_sha256: Some(self.payload_sha256.clone()),
        }
    }
}

//! `POST` and `DELETE /signerCertificate`, `POST /signerCertificate/delete`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use gdhcn_codes::KeyUsage;
use gdhcn_crypto::{Backend, sha256};
use gdhcn_envelope::cms::{self, Content, OpenedMessage, SignedMessage, ber};
use gdhcn_envelope::x509::{Certificate, CertificateError};
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::signer_information::{NewSignerInformation, SignerType};
use gdhcn_store::{Conflict, StoreError};
use gdhcn_trust::upload::{Allowed, Registry, Upload, UploadRefusal};
use http::{Request, StatusCode};
use tracing::error;

use super::Gateway;
use super::authentication::Authenticated;
use super::list::DEFAULT_DOMAIN;
use super::message;
use super::refusal::{Refusal, Sent};
use super::snapshot::TrustSnapshot;
use crate::problem::{Operation, Problem};
use crate::telemetry::RequestRecord;

/// Stores a document signer that the participant's upload key has signed: 201.
pub(crate) async fn upload(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    request: Request<Body>,
) -> Result<StatusCode, Problem> {
    perform(gateway, peer, Operation::Upload, request).await?;
    Ok(StatusCode::CREATED)
}

/// Withdraws a document signer; the message is made like that of the upload: 204.
pub(crate) async fn delete(
    State(gateway): State<Arc<Gateway>>,
    peer: Authenticated,
    request: Request<Body>,
) -> Result<StatusCode, Problem> {
    perform(gateway, peer, Operation::Delete, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Once the message has arrived it is acted on to the end and recorded, on a task of its own: a
/// peer that closes the connection, or a request that takes too long, leaves no hole in the trail.
async fn perform(
    gateway: Arc<Gateway>,
    peer: Authenticated,
    operation: Operation,
    request: Request<Body>,
) -> Result<(), Problem> {
    let mut act = Act::begin(Arc::clone(&gateway), peer, operation, &request);
    let request_id = act.request_id.clone();
    let body = message::receive(request, gateway.limits.load().body_bytes).await?;
    let task = tokio::spawn(async move {
        let outcome = match operation {
            Operation::Upload => act.upload(body).await,
            Operation::Delete => act.delete(body).await,
        };
        act.end(outcome).await
    });
    task.await.unwrap_or_else(|cause| {
        error!(request = request_id, %cause, "a change was interrupted");
        Err(Problem::internal())
    })
}

/// One upload or withdrawal, from the message to the audit trail.
struct Act {
    gateway: Arc<Gateway>,
    peer: Authenticated,
    operation: Operation,
    request_id: String,
    sent: Sent,
    signer: Option<Certificate>,
    payload_sha256: Option<String>,
}

/// A message whose signature holds. Whose it is was not asked yet.
struct Verified {
    certificate: Certificate,
    /// What keeps the certificate from being stored, although it could be read.
    encoding: Option<CertificateError>,
    message: SignedMessage,
}

/// How far the reading of a message came, with what was learnt on the way.
#[derive(Default)]
struct Learnt {
    certificate: Option<Certificate>,
    signer: Option<Certificate>,
}

impl Act {
    fn begin(
        gateway: Arc<Gateway>,
        peer: Authenticated,
        operation: Operation,
        request: &Request<Body>,
    ) -> Self {
        let record = request.extensions().get::<Arc<RequestRecord>>();
        Self {
            gateway,
            operation,
            request_id: record.map(|record| record.id().to_owned()).unwrap_or_default(),
            sent: Sent { certificate: None, country: peer.country.clone() },
            peer,
            signer: None,
            payload_sha256: None,
        }
    }

    async fn upload(&mut self, body: Bytes) -> Result<(), Refusal> {
        let verified = self.read(body).await?;
        let snapshot = self.gateway.trust.current();
        let upload = self.asked(&verified);
        let registry = self.registry(&snapshot);
        if let Some(error) = &verified.encoding {
            // Signer and country come before the encoding in the order of the checks.
            upload.check_sender(&registry)?;
            return Err(Refusal::Encoding(error.clone()));
        }
        let accepted = upload.check(&registry, &Allowed::default(), Backend::default())?;

        let certificate = &verified.certificate;
        let row = NewSignerInformation {
            created_at: self.gateway.clock.now(),
            country: self.peer.country.clone(),
            thumbprint: certificate.thumbprint().to_string(),
            raw_data: BASE64_STANDARD.encode(certificate.der()),
            signature: BASE64_STANDARD.encode(verified.message.to_detached_der()),
            certificate_type: match accepted.usage {
                KeyUsage::Desc => SignerType::Desc,
                _ => SignerType::Dsc,
            },
            kid: certificate.kid().to_base64(),
            domain: Some(DEFAULT_DOMAIN.to_owned()),
            properties: None,
            source_gateway_id: None,
        };
        let event = self.event("SUCCESS", None);
        let stored = self.gateway.trust.store().insert_signer_information(row, &event).await;
        let change = stored.map_err(|error| match error {
            StoreError::Conflict(Conflict::Thumbprint) => {
                UploadRefusal::AlreadyStored { thumbprint: certificate.thumbprint() }.into()
            }
            StoreError::Conflict(Conflict::Kid) => UploadRefusal::KidTaken.into(),
            StoreError::TooLong { column, length, limit } => {
                Refusal::TooLong { part: column, length, limit }
            }
            error => Refusal::Store(error),
        })?;
        self.gateway.trust.uploaded(&change).await;
        Ok(())
    }

    async fn delete(&mut self, body: Bytes) -> Result<(), Refusal> {
        let verified = self.read(body).await?;
        let snapshot = self.gateway.trust.current();
        // Whether it is stored is for the database to say, and the stored country counts: a
        // certificate that was stored under another group may name another country (deviation D-18).
        let country_of_origin = match self.asked(&verified).check_sender(&self.registry(&snapshot))
        {
            Ok(()) => None,
            Err(refusal @ UploadRefusal::CountryOfOrigin { .. }) => Some(refusal),
            Err(refusal) => return Err(refusal.into()),
        };
        let thumbprint = verified.certificate.thumbprint();
        let event = self.event("SUCCESS", None);
        let deleted = self
            .gateway
            .trust
            .store()
            .delete_signer_information(&thumbprint.to_string(), &self.peer.country, &event)
            .await;
        let change = deleted.map_err(|error| match error {
            StoreError::NotFound => {
                country_of_origin.unwrap_or(UploadRefusal::NotStored { thumbprint }).into()
            }
            StoreError::Foreign { .. } => Refusal::ForeignRow,
            error => Refusal::Store(error),
        })?;
        self.gateway.trust.deleted(&change).await;
        Ok(())
    }

    /// Reads the message on a thread for such work, so that a large one delays nobody else.
    async fn read(&mut self, body: Bytes) -> Result<Verified, Refusal> {
        self.payload_sha256 = Some(hex::encode(sha256(&body)));
        let read = tokio::task::spawn_blocking(move || {
            let mut learnt = Learnt::default();
            let outcome = read(&body, &mut learnt);
            (outcome, learnt)
        });
        let (outcome, learnt) = read.await.map_err(Refusal::Interrupted)?;
        if let Some(certificate) = &learnt.certificate {
            self.payload_sha256 = Some(certificate.thumbprint().to_string());
        }
        self.sent.certificate = learnt.certificate;
        self.signer = learnt.signer;
        outcome
    }

    fn asked<'v>(&'v self, verified: &'v Verified) -> Upload<'v> {
        Upload {
            certificate: &verified.certificate,
            signer: verified.message.signer_certificate(),
            country: &self.peer.country,
            group: None,
            domain: None,
            properties: &[],
        }
    }

    fn registry<'s>(&self, snapshot: &'s TrustSnapshot) -> Registry<'s> {
        Registry {
            uploaders: snapshot.uploaders(&self.peer.country),
            scas: snapshot.scas(&self.peer.country),
            decas: snapshot.decas(&self.peer.country),
        }
    }

    /// Turns a refusal into the answer and records it.
    async fn end(self, outcome: Result<(), Refusal>) -> Result<(), Problem> {
        let Err(refusal) = outcome else { return Ok(()) };
        let problem = Problem::of_refusal(&refusal, self.operation, &self.sent);
        if let Refusal::Store(_) | Refusal::Interrupted(_) = &refusal {
            error!(request = self.request_id, cause = %refusal, "a change could not be stored");
        }
        let event = self.event(outcome_name(&refusal, self.operation), Some(problem.code()));
        if let Err(cause) = self.gateway.trust.store().append_audit_event(&event).await {
            error!(request = self.request_id, %cause, "a refusal could not be recorded");
        }
        Err(problem)
    }

    fn event(&self, event: &str, code: Option<&str>) -> AuditEvent {
        let description = match (self.operation, event) {
            (Operation::Upload, "SUCCESS") => {
                "postVerificationInformation successful executed".to_owned()
            }
            (Operation::Upload, event) => format!("postVerificationInformation triggered {event}"),
            (Operation::Delete, event) => {
                format!("revokeVerificationInformation triggered {event}")
            }
        };
        AuditEvent {
            occurred_at: self.gateway.clock.now(),
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
            payload_sha256: self.payload_sha256.clone(),
        }
    }
}

/// The reference's names of outcomes, and one for the conflict that it does not record (deviation
/// D-30).
fn outcome_name(refusal: &Refusal, operation: Operation) -> &'static str {
    match (refusal, operation) {
        (Refusal::Store(_) | Refusal::Interrupted(_), Operation::Upload) => "UPLOAD_FAILED",
        (Refusal::Store(_) | Refusal::Interrupted(_), Operation::Delete) => "DELETE_FAILED",
        (Refusal::Check(UploadRefusal::AlreadyStored { .. }), _) => "ALREADY_EXIST_CHECK_FAILED",
        (Refusal::Check(UploadRefusal::NotStored { .. }), _) => "EXIST_CHECK_FAILED",
        _ => "BAD_REQUEST",
    }
}

/// The steps that need only the message, in the reference's order: the content is judged before the signer.
fn read(body: &[u8], learnt: &mut Learnt) -> Result<Verified, Refusal> {
    let limits = cms::Limits::default();
    let opened =
        OpenedMessage::from_base64(body, Content::Embedded, &limits).map_err(Refusal::Message)?;
    let (certificate, encoding) = read_payload(opened.content(), &limits)?;
    learnt.certificate = Some(certificate.clone());
    let message = opened.into_signed().map_err(Refusal::Message)?;
    learnt.signer = Some(message.signer_certificate().clone());
    message.verify(Backend::default()).map_err(Refusal::Signature)?;
    Ok(Verified { certificate, encoding, message })
}

fn read_payload(
    content: &[u8],
    limits: &cms::Limits,
) -> Result<(Certificate, Option<CertificateError>), Refusal> {
    let error = match Certificate::from_der(content) {
        Ok(certificate) => return Ok((certificate, None)),
        Err(error) => error,
    };
    // A certificate in BER is one for the reference, so it is not told that it is none.
    let certificate = ber::to_der(content, limits).ok().filter(|der| der != content);
    match certificate.and_then(|der| Certificate::from_der(&der).ok()) {
        Some(certificate) => Ok((certificate, Some(error))),
        None => Err(Refusal::Payload(error)),
    }
}

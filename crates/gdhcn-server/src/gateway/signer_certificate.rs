//! `POST` and `DELETE /signerCertificate`, `POST /signerCertificate/delete`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use gdhcn_client::wire;
use gdhcn_crypto::Backend;
use gdhcn_envelope::cms::{self, Content, OpenedMessage, SignedMessage, ber};
use gdhcn_envelope::x509::{Certificate, CertificateError};
use gdhcn_store::signer_information::{NewSignerInformation, SignerType};
use gdhcn_store::{Conflict, StoreError};
use gdhcn_trust::upload::{Allowed, Registry, Upload, UploadGroup, UploadRefusal};
use http::{Request, StatusCode};

use super::Gateway;
use super::act::{self, Act, Refused, Wish};
use super::authentication::Authenticated;
use super::list::DEFAULT_DOMAIN;
use super::refusal::{Refusal, Sent};
use super::snapshot::TrustSnapshot;
use crate::problem::{Operation, Problem};

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

/// What a certificate message asks for.
pub(super) struct CertificateWish {
    operation: Operation,
    sent: Sent,
}

/// What an upload asks for beside the certificate.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// The certificate group; `DSC` when absent.
    pub(super) group: Option<String>,
    /// The trust domain; the configured one when absent.
    pub(super) domain: Option<String>,
    /// The key identifier; that of the certificate when absent.
    pub(super) kid: Option<String>,
    /// Names of the properties.
    pub(super) property_names: Vec<String>,
    /// The properties as they are stored.
    pub(super) properties: Option<String>,
    /// What is stored as signature; the detached form of the message when absent.
    pub(super) message: Option<String>,
}

async fn perform(
    gateway: Arc<Gateway>,
    peer: Authenticated,
    operation: Operation,
    request: Request<Body>,
) -> Result<(), Problem> {
    let wish = CertificateWish::new(operation, &peer);
    act::perform(gateway, peer, wish, request).await
}

/// A message whose signature holds. Whose it is was not asked yet.
pub(super) struct Verified {
    pub(super) certificate: Certificate,
    /// What keeps the certificate from being stored, although it could be read.
    pub(super) encoding: Option<CertificateError>,
    pub(super) message: SignedMessage,
}

/// The signer was off-boarded since the content was looked at.
pub(super) fn unknown_uploader(act: &Act, verified: &Verified) -> Refusal {
    let signer = verified.message.signer_certificate().thumbprint();
    UploadRefusal::UnknownUploader { signer, country: act.peer.country.clone() }.into()
}

/// How far the reading of a message came, with what was learnt on the way.
#[derive(Default)]
struct Learnt {
    certificate: Option<Certificate>,
    signer: Option<Certificate>,
}

impl Wish for CertificateWish {
    type Done = ();
    type Refusal = Refusal;

    const MEDIA_TYPES: &'static [&'static str] = &[wire::CMS];

    async fn carry_out(&mut self, act: &mut Act, body: Bytes) -> Result<(), Refusal> {
        let verified = self.read(act, body).await?;
        match self.operation {
            Operation::Upload | Operation::TrustedUpload => {
                let terms = Terms { domain: Some(DEFAULT_DOMAIN.to_owned()), ..Terms::default() };
                self.upload(act, &verified, terms).await
            }
            Operation::Delete => self.delete(act, &verified).await,
        }
    }

    fn refused(&self, _act: &Act, refusal: &Refusal) -> Refused {
        let event = outcome_name(refusal, self.operation);
        Refused {
            problem: Problem::of_refusal(refusal, self.operation, &self.sent),
            event,
            description: description(self.operation, event),
        }
    }
}

impl CertificateWish {
    pub(super) fn new(operation: Operation, peer: &Authenticated) -> Self {
        Self { operation, sent: Sent { certificate: None, country: peer.country.clone() } }
    }

    /// What a problem report repeats.
    pub(super) fn sent(&self) -> &Sent {
        &self.sent
    }

    pub(super) async fn upload(
        &self,
        act: &Act,
        verified: &Verified,
        terms: Terms,
    ) -> Result<(), Refusal> {
        let snapshot = act.gateway.trust.current();
        let followed = act.gateway.followed.load_full();
        let rules = &followed.trusted_certificates;
        let domain = terms.domain.unwrap_or_else(|| rules.default_domain.clone());
        let names: Vec<_> = terms.property_names.iter().map(String::as_str).collect();
        let upload = Upload {
            group: terms.group.as_deref(),
            domain: Some(&domain),
            properties: &names,
            ..asked(&act.peer, verified)
        };
        let domains: Vec<_> = rules.allowed_domains.iter().map(String::as_str).collect();
        let properties: Vec<_> = rules.allowed_properties.iter().map(String::as_str).collect();
        // The old route names no domain: what it stores is always allowed.
        let domains = match self.operation {
            Operation::TrustedUpload => domains,
            _ => vec![DEFAULT_DOMAIN],
        };
        let allowed = Allowed { domains: &domains, properties: &properties };
        let registry = registry(&act.peer, &snapshot);
        if let Some(error) = &verified.encoding {
            // Signer and country come before the encoding in the order of the checks.
            upload.check_sender(&registry)?;
            return Err(Refusal::Encoding(error.clone()));
        }
        let accepted = upload.check(&registry, &allowed, Backend::default())?;
        act.check_validity()?;

        let certificate = &verified.certificate;
        let row = NewSignerInformation {
            created_at: act.now(),
            country: act.peer.country.clone(),
            thumbprint: certificate.thumbprint().to_string(),
            raw_data: BASE64_STANDARD.encode(certificate.der()),
            signature: terms
                .message
                .unwrap_or_else(|| BASE64_STANDARD.encode(verified.message.to_detached_der())),
            certificate_type: signer_type(accepted.group),
            kid: terms.kid.unwrap_or_else(|| certificate.kid().to_base64()),
            domain: Some(domain.clone()),
            properties: terms.properties,
            source_gateway_id: None,
        };
        let event = act.accepted("SUCCESS", description(self.operation, "SUCCESS"));
        let stored = act.store().insert_signer_information(row, &event).await;
        let change = stored.map_err(|error| match error {
            StoreError::Conflict(Conflict::Thumbprint) => {
                UploadRefusal::AlreadyStored { thumbprint: certificate.thumbprint() }.into()
            }
            StoreError::Conflict(Conflict::Kid) => UploadRefusal::KidTaken.into(),
            StoreError::NoUploader { .. } => unknown_uploader(act, verified),
            error => of_store(error),
        })?;
        act.gateway.trust.uploaded(&change).await;
        Ok(())
    }

    async fn delete(&self, act: &Act, verified: &Verified) -> Result<(), Refusal> {
        let snapshot = act.gateway.trust.current();
        // Whether it is stored is for the database to say, and the stored country counts: a
        // certificate that was stored under another group may name another country (deviation D-18).
        let asked = asked(&act.peer, verified);
        let country_of_origin = match asked.check_sender(&registry(&act.peer, &snapshot)) {
            Ok(()) => None,
            Err(refusal @ UploadRefusal::CountryOfOrigin { .. }) => Some(refusal),
            Err(refusal) => return Err(refusal.into()),
        };
        act.check_validity()?;
        let thumbprint = verified.certificate.thumbprint();
        let event = act.accepted("SUCCESS", description(self.operation, "SUCCESS"));
        let message = BASE64_STANDARD.encode(verified.message.to_detached_der());
        let deleted = act
            .store()
            .delete_signer_information(&thumbprint.to_string(), &act.peer.country, &message, &event)
            .await;
        let change = deleted.map_err(|error| match error {
            StoreError::NotFound => {
                country_of_origin.unwrap_or(UploadRefusal::NotStored { thumbprint }).into()
            }
            StoreError::Foreign { .. } => Refusal::ForeignRow,
            StoreError::NoUploader { .. } => unknown_uploader(act, verified),
            error => of_store(error),
        })?;
        act.gateway.trust.deleted(&change).await;
        Ok(())
    }

    /// Reads the message on a thread for such work, so that a large one delays nobody else.
    pub(super) async fn read(&mut self, act: &mut Act, body: Bytes) -> Result<Verified, Refusal> {
        let read = tokio::task::spawn_blocking(move || {
            let mut learnt = Learnt::default();
            let outcome = read(&body, &mut learnt);
            (outcome, learnt)
        });
        let (outcome, learnt) = read.await.map_err(Refusal::Interrupted)?;
        if let Some(certificate) = &learnt.certificate {
            act.payload_sha256 = certificate.thumbprint().to_string();
        }
        self.sent.certificate = learnt.certificate;
        act.signer = learnt.signer;
        outcome
    }
}

pub(super) fn asked<'v>(peer: &'v Authenticated, verified: &'v Verified) -> Upload<'v> {
    Upload {
        certificate: &verified.certificate,
        signer: verified.message.signer_certificate(),
        country: &peer.country,
        group: None,
        domain: None,
        properties: &[],
    }
}

pub(super) fn registry<'s>(peer: &Authenticated, snapshot: &'s TrustSnapshot) -> Registry<'s> {
    Registry {
        uploaders: snapshot.uploaders(&peer.country),
        scas: snapshot.scas(&peer.country),
        decas: snapshot.decas(&peer.country),
    }
}

fn signer_type(group: UploadGroup) -> SignerType {
    match group {
        UploadGroup::Dsc => SignerType::Dsc,
        UploadGroup::Sign => SignerType::Sign,
        UploadGroup::Auth => SignerType::Auth,
        UploadGroup::Custom => SignerType::Custom,
        UploadGroup::Desc => SignerType::Desc,
    }
}

fn description(operation: Operation, event: &str) -> String {
    match (operation, event) {
        (Operation::Upload, "SUCCESS") => {
            "postVerificationInformation successful executed".to_owned()
        }
        (Operation::Upload, event) => format!("postVerificationInformation triggered {event}"),
        (Operation::TrustedUpload, "SUCCESS") => {
            "postTrustedCertificate successful executed".to_owned()
        }
        (Operation::TrustedUpload, event) => format!("postTrustedCertificate triggered {event}"),
        (Operation::Delete, event) => format!("revokeVerificationInformation triggered {event}"),
    }
}

/// The reference's names of outcomes, and one for the conflict that it does not record (deviation
/// D-30).
fn outcome_name(refusal: &Refusal, operation: Operation) -> &'static str {
    match (refusal, operation) {
        (
            Refusal::Store(_) | Refusal::Interrupted(_),
            Operation::Upload | Operation::TrustedUpload,
        )
        | (Refusal::Check(UploadRefusal::PropertyNotAllowed { .. }), _) => "UPLOAD_FAILED",
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
        None => Err(altered(content).unwrap_or(Refusal::Payload(error))),
    }
}

/// Line ends are made CRLF, and what follows a zero byte is lost, where a certificate is signed as
/// if it were a text.
fn altered(content: &[u8]) -> Option<Refusal> {
    let [0x30, 0x82, high, low, ..] = *content else { return None };
    let (declared, found) = (4 + usize::from(u16::from_be_bytes([high, low])), content.len());
    (declared != found).then_some(Refusal::PayloadAltered { declared, found })
}

/// The text of a message as clients with a strict Base64 decoder take it.
pub(super) fn without_white_space(text: &str) -> String {
    text.chars().filter(|character| !character.is_ascii_whitespace()).collect()
}

/// What does not fit the database is the sender's, all else the database's own.
pub(super) fn of_store(error: StoreError) -> Refusal {
    match error {
        StoreError::Nul { column } => Refusal::Nul { part: column },
        StoreError::TooLong { column, length, limit } => {
            Refusal::TooLong { part: column, length, limit }
        }
        error => Refusal::Store(error),
    }
}

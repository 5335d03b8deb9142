//! What a server is recognised by, and the rustls verifier made from it.

use std::sync::Arc;

use gdhcn_envelope::x509::{Certificate, Validity};
use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

use super::SetupError;
use super::options::read_certificates;
use crate::stage::{SeenCertificate, Untrusted, UntrustedReason};

/// What a gateway's server certificate is recognised by.
///
/// Nothing but what is given here is trusted: the roots of the operating system count only after
/// [`ServerTrust::system`].
#[derive(Clone, Default, Debug)]
pub struct ServerTrust {
    certificates: Vec<CertificateDer<'static>>,
    system: bool,
}

impl ServerTrust {
    /// Trusts the certificates of a PEM bundle, or one DER certificate.
    ///
    /// Each is accepted as the server's own certificate ("pinned"): the very same bytes, with a
    /// valid name and period. One that is a CA is accepted as the issuer of the server's
    /// certificate too; one that is not is never an issuer.
    ///
    /// # Errors
    ///
    /// When the input holds no certificate or one that cannot be read.
    pub fn from_pem(input: &[u8]) -> Result<Self, SetupError> {
        let certificates = read_certificates("server trust", input)?;
        Ok(Self { certificates, system: false })
    }

    /// Trusts the certification authorities of the operating system.
    pub fn system() -> Self {
        Self { certificates: vec![], system: true }
    }

    /// Trusts what `other` trusts as well.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.certificates.extend(other.certificates);
        self.system |= other.system;
        self
    }

    pub(super) fn into_verifier(
        self,
        provider: Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, SetupError> {
        let tls = |reason: String| SetupError::Tls { reason };
        let mut roots = RootCertStore::empty();
        for (position, der) in self.certificates.iter().enumerate() {
            let refused = |reason| SetupError::Certificate {
                what: "server trust",
                position: position + 1,
                reason,
            };
            let certificate =
                Certificate::from_der(der).map_err(|error| refused(error.to_string()))?;
            if certificate.extensions().basic_constraints.as_ref().is_some_and(|basic| basic.ca) {
                roots.add(der.clone()).map_err(|error| refused(error.to_string()))?;
            }
        }
        let mut issuers: Vec<Arc<dyn ServerCertVerifier>> = Vec::new();
        if !roots.is_empty() {
            let roots = Arc::new(roots);
            let verifier =
                WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
                    .build()
                    .map_err(|error| tls(error.to_string()))?;
            issuers.push(verifier);
        }
        if self.system {
            let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(&provider))
                .map_err(|error| tls(format!("no root of the system can be read: {error}")))?;
            issuers.push(Arc::new(verifier));
        }
        if self.certificates.is_empty() && issuers.is_empty() {
            return Err(SetupError::NoServerTrust);
        }
        Ok(Arc::new(ServerVerifier { pinned: self.certificates, issuers, provider }))
    }
}

/// Accepts a pinned certificate, or one that an accepted issuer's path leads to, and says of any
/// other what it saw.
#[derive(Debug)]
struct ServerVerifier {
    pinned: Vec<CertificateDer<'static>>,
    issuers: Vec<Arc<dyn ServerCertVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerVerifier {
    fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), UntrustedReason> {
        if self.pinned.iter().any(|pinned| pinned == end_entity) {
            return judge_pinned(end_entity, server_name, now);
        }
        let mut last = UntrustedReason::UnknownIssuer;
        for issuer in &self.issuers {
            match issuer.verify_server_cert(end_entity, intermediates, server_name, ocsp, now) {
                Ok(_) => return Ok(()),
                Err(error) => last = reason(error),
            }
        }
        Err(last)
    }
}

fn judge_pinned(
    end_entity: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), UntrustedReason> {
    let other = |text: String| UntrustedReason::Other(text);
    let certificate =
        Certificate::from_der(end_entity).map_err(|error| other(error.to_string()))?;
    let now = i64::try_from(now.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .ok_or_else(|| other("the clock of this machine is out of range".to_owned()))?;
    match certificate.validity_at(now) {
        Validity::NotYetValid => return Err(UntrustedReason::NotYetValid),
        Validity::Expired => return Err(UntrustedReason::Expired),
        Validity::Valid => {}
    }
    let parsed = ParsedCertificate::try_from(end_entity).map_err(reason)?;
    verify_server_name(&parsed, server_name).map_err(reason)
}

fn reason(error: rustls::Error) -> UntrustedReason {
    use CertificateError as E;
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            E::UnknownIssuer => UntrustedReason::UnknownIssuer,
            E::Expired | E::ExpiredContext { .. } => UntrustedReason::Expired,
            E::NotValidYet | E::NotValidYetContext { .. } => UntrustedReason::NotYetValid,
            E::NotValidForName | E::NotValidForNameContext { .. } => UntrustedReason::WrongName,
            E::BadSignature => UntrustedReason::BadSignature,
            other => UntrustedReason::Other(other.to_string()),
        },
        other => UntrustedReason::Other(other.to_string()),
    }
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.judge(end_entity, intermediates, server_name, ocsp, now) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(reason) => {
                let seen = SeenCertificate::of(end_entity);
                let untrusted = Untrusted { seen, reason };
                // Carried inside the error, so that the caller of this very connection gets it.
                Err(CertificateError::Other(OtherError(Arc::new(untrusted))).into())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

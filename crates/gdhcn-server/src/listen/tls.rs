//! TLS with client certificates: possession of the key is proven, the issuer is not asked for.
//!
//! Participants use certificates of any CA or of none. Who they are is decided request by
//! request, by the thumbprint of an onboarded certificate, so an unknown certificate gets an
//! HTTP answer and not a broken handshake.

use std::sync::Arc;

use gdhcn_envelope::x509::Certificate;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible,
    ServerConfig, SignatureScheme,
};
use spki::SubjectPublicKeyInfoRef;
use spki::der::{Decode as _, Encode as _};

use crate::config::TlsFiles;

/// The TLS rules for participants, and those for a named proxy.
#[derive(Debug, Clone)]
pub(crate) struct TlsConfigs {
    participant: Arc<ServerConfig>,
    proxy: Arc<ServerConfig>,
    certificate: Option<Certificate>,
}

/// Why the server's own certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The certificate file cannot be read or holds no certificate.
    #[error("server certificate {path}: {source}")]
    Certificate {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// The key file cannot be read or holds no private key.
    #[error("server key {path}: {source}")]
    Key {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// The key is another certificate's.
    #[error(
        "server certificate and key: {key} does not belong to the first certificate in {certificate}: take the \
         key that it was made with, and put the server's own certificate before its issuers"
    )]
    Mismatch {
        /// The file of the certificate.
        certificate: std::path::PathBuf,
        /// The file of the key.
        key: std::path::PathBuf,
    },
    /// Certificate or key are of an unknown kind.
    #[error("server certificate {certificate} and key {key}: {source}")]
    Pair {
        /// The file of the certificate.
        certificate: std::path::PathBuf,
        /// The file of the key.
        key: std::path::PathBuf,
        /// What is wrong with them.
        source: Error,
    },
}

impl TlsError {
    fn of_pair(files: &TlsFiles, source: Error) -> Self {
        let (certificate, key) = (files.certificate.clone(), files.key.clone());
        match source {
            Error::InconsistentKeys(_) => Self::Mismatch { certificate, key },
            source => Self::Pair { certificate, key, source },
        }
    }
}

impl TlsConfigs {
    /// Rules for participants, who must show a client certificate.
    pub(crate) fn load(files: &TlsFiles) -> Result<Self, TlsError> {
        let (chain, key) = read_files(files)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = |mandatory| {
            let verifier = PossessionVerifier {
                mandatory,
                algorithms: provider.signature_verification_algorithms,
            };
            config(Arc::clone(&provider), Some(verifier), chain.clone(), key.clone_key())
                .map_err(|source| TlsError::of_pair(files, source))
        };
        Ok(Self { participant: config(true)?, proxy: config(false)?, certificate: own(&chain) })
    }

    /// Rules for everybody: no client certificate is asked for.
    pub(crate) fn load_public(files: &TlsFiles) -> Result<Self, TlsError> {
        let (chain, key) = read_files(files)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let certificate = own(&chain);
        let config = config(provider, None, chain, key)
            .map_err(|source| TlsError::of_pair(files, source))?;
        Ok(Self { participant: Arc::clone(&config), proxy: config, certificate })
    }

    /// The server's certificate, where it can be read.
    pub(crate) fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The rules for a peer: a named proxy need not have a certificate of its own.
    pub(crate) fn of(&self, is_proxy: bool) -> Arc<ServerConfig> {
        Arc::clone(if is_proxy { &self.proxy } else { &self.participant })
    }
}

/// The server's own certificate; that it cannot be read keeps nobody from serving with it.
fn own(chain: &[CertificateDer<'_>]) -> Option<Certificate> {
    chain.first().and_then(|own| read(own).ok())
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read_files(files: &TlsFiles) -> Result<Pair, TlsError> {
    let certificate_error =
        |source| TlsError::Certificate { path: files.certificate.clone(), source };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .map_err(certificate_error)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(certificate_error)?;
    if chain.is_empty() {
        return Err(certificate_error(rustls::pki_types::pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|source| TlsError::Key { path: files.key.clone(), source })?;
    Ok((chain, key))
}

fn config(
    provider: Arc<CryptoProvider>,
    verifier: Option<PossessionVerifier>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, Error> {
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(Arc::new(verifier)),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Accepts every readable client certificate whose key signs the handshake.
///
/// The key is taken from the certificate by our own reader: the reader of the TLS stack refuses
/// certificates for reasons of the web PKI (version 1, unknown critical extensions, long serial
/// numbers) that the onboarding of a participant has already settled.
#[derive(Debug)]
struct PossessionVerifier {
    mandatory: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for PossessionVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // An empty list invites a certificate of any issuer.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        read(end_entity)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let certificate = read(certificate)?;
        let bad_encoding = || Error::from(CertificateError::BadEncoding);
        let spki = SubjectPublicKeyInfoRef::from_der(certificate.public_key_info())
            .map_err(|_| bad_encoding())?;
        let key = spki.subject_public_key.as_bytes().ok_or_else(bad_encoding)?;
        // The reader of the TLS stack knows a key's algorithm as the content of its SEQUENCE.
        let mut algorithm = spki.algorithm.oid.to_der().map_err(|_| bad_encoding())?;
        if let Some(parameters) = spki.algorithm.parameters {
            algorithm.extend(parameters.to_der().map_err(|_| bad_encoding())?);
        }
        let candidates = self
            .algorithms
            .mapping
            .iter()
            .filter(|(scheme, _)| *scheme == signed.scheme)
            .flat_map(|(_, candidates)| candidates.iter())
            .filter(|candidate| candidate.public_key_alg_id().as_ref() == algorithm);
        let mut known = false;
        for candidate in candidates {
            known = true;
            if candidate.verify_signature(key, message, signed.signature()).is_ok() {
                return Ok(HandshakeSignatureValid::assertion());
            }
        }
        Err(if known {
            CertificateError::BadSignature.into()
        } else {
            PeerIncompatible::NoSignatureSchemesInCommon.into()
        })
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature_with_raw_key(
            message,
            &SubjectPublicKeyInfoDer::from(read(certificate)?.public_key_info()),
            signed,
            &self.algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn read(certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding.into())
}

//! What the trust anchor is asked to sign of a peer, and its answer: two files for an anchor that
//! is offline.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_crypto::{Backend, Signer, Thumbprint};
use gdhcn_envelope::cms::{self, CmsError};
use gdhcn_envelope::x509::{Certificate, CertificateError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DownloadTarget, Downloader, Mode, Peer, PeerError};
use crate::participant::{OnboardingError, anchor_of};

/// Longest file in bytes.
const MAX_LEN: usize = 1 << 20;
/// Most certificates of one peer.
const MAX_CERTIFICATES: usize = 50;
const REQUEST: &str = "gdhcn-peer-request";
const RESPONSE: &str = "gdhcn-peer-response";
const VERSION: u32 = 1;

/// What a certificate of a peer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeerUse {
    /// Whose signature counts on what the peer lists.
    TrustAnchor,
    /// Its server, or the authority of its servers.
    Server,
}

impl PeerUse {
    /// The certificate group, in tables and in the files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TrustAnchor => "TRUSTANCHOR",
            Self::Server => "AUTHENTICATION_FEDERATION",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::TrustAnchor, Self::Server].into_iter().find(|known| known.as_str() == text)
    }
}

/// A peer that the trust anchor is asked to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerRequest {
    /// Name of the gateway that asks.
    pub gateway: String,
    /// When it was put together.
    pub created: Timestamp,
    /// The peer.
    pub peer: Peer,
    /// Seconds between two pulls; none: it is not pulled from.
    pub interval_seconds: Option<u32>,
    /// Its certificates with what they are for.
    pub certificates: Vec<(PeerUse, Certificate)>,
}

/// A peer that a trust anchor has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPeer {
    /// What was asked for.
    pub request: PeerRequest,
    /// Base64 of the detached CMS message over [`Peer::signed_text`].
    pub signature: String,
    /// The same over each certificate, in their order.
    pub certificates: Vec<String>,
    /// The same over the whole request: it says what the certificates are for.
    pub confirmation: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    format: String,
    version: u32,
    gateway: String,
    created: String,
    peer: PeerFile,
    #[serde(rename = "intervalSeconds")]
    interval_seconds: Option<u32>,
    certificates: Vec<CertificateFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PeerFile {
    gateway_id: String,
    gateway_endpoint: String,
    gateway_kid: String,
    gateway_public_key: Option<String>,
    downloader_implementation: Option<String>,
    download_target: String,
    mode: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateFile {
    r#use: String,
    certificate: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseFile {
    format: String,
    version: u32,
    request: RequestFile,
    signature: String,
    certificates: Vec<String>,
    confirmation: String,
}

impl PeerRequest {
    /// Makes sure that it can be signed: with an anchor at least, nothing twice, nothing ambiguous.
    ///
    /// # Errors
    ///
    /// See [`PeerRequestError`].
    pub fn check(&self) -> Result<(), PeerRequestError> {
        self.peer.signed_text()?;
        if self.certificates.len() > MAX_CERTIFICATES {
            return Err(PeerRequestError::TooMany { limit: MAX_CERTIFICATES });
        }
        if !self.certificates.iter().any(|(of, _)| *of == PeerUse::TrustAnchor) {
            return Err(PeerRequestError::NoAnchor);
        }
        let mut thumbprints: Vec<_> =
            self.certificates.iter().map(|(_, one)| one.thumbprint().to_string()).collect();
        thumbprints.sort_unstable();
        match thumbprints.windows(2).find(|pair| pair.first() == pair.last()) {
            Some(pair) => Err(PeerRequestError::Twice {
                thumbprint: pair.first().cloned().unwrap_or_default(),
            }),
            None => Ok(()),
        }
    }

    /// SHA-256 of what the trust anchor confirms as a whole.
    pub fn digest(&self) -> Thumbprint {
        Thumbprint::of(self.text().as_bytes())
    }

    /// Has the trust anchor sign the configuration, each certificate, and all of it.
    ///
    /// # Errors
    ///
    /// When the request cannot be signed, or the key is not the anchor's.
    pub fn sign(
        self,
        anchor: &Certificate,
        signer: &dyn Signer,
        signing_time: Timestamp,
    ) -> Result<SignedPeer, PeerRequestError> {
        self.check()?;
        let sign = |content: &[u8]| {
            cms::sign(content, anchor, signer, signing_time, cms::Form::Detached)
                .map(|message| STANDARD.encode(message))
                .map_err(PeerRequestError::Signing)
        };
        let mut certificates = Vec::new();
        for (_, certificate) in &self.certificates {
            certificates.push(sign(certificate.der())?);
        }
        Ok(SignedPeer {
            signature: sign(self.peer.signed_text()?.as_bytes())?,
            certificates,
            confirmation: sign(self.text().as_bytes())?,
            request: self,
        })
    }

    /// Whether a text claims to be such a request.
    pub fn is_one(text: &[u8]) -> bool {
        has_format(text, REQUEST)
    }

    /// Reads a request file.
    ///
    /// # Errors
    ///
    /// See [`PeerRequestError`].
    pub fn from_json(text: &[u8]) -> Result<Self, PeerRequestError> {
        Self::from_file(read(text)?)
    }

    /// Writes the request file: indented JSON.
    pub fn to_json(&self) -> String {
        // Texts and lists only: nothing that JSON cannot say.
        serde_json::to_string_pretty(&self.file()).unwrap_or_default()
    }

    /// The one text of the request.
    fn text(&self) -> String {
        serde_json::to_string(&self.file()).unwrap_or_default()
    }

    fn file(&self) -> RequestFile {
        let peer = &self.peer;
        RequestFile {
            format: REQUEST.to_owned(),
            version: VERSION,
            gateway: self.gateway.clone(),
            created: self.created.to_string(),
            peer: PeerFile {
                gateway_id: peer.gateway_id.clone(),
                gateway_endpoint: peer.endpoint.clone(),
                gateway_kid: peer.kid.clone(),
                gateway_public_key: peer.public_key.clone(),
                downloader_implementation: peer.downloader.map(|one| one.to_string()),
                download_target: peer.target.to_string(),
                mode: peer.mode.to_string(),
            },
            interval_seconds: self.interval_seconds,
            certificates: self
                .certificates
                .iter()
                .map(|(of, certificate)| CertificateFile {
                    r#use: of.as_str().to_owned(),
                    certificate: STANDARD.encode(certificate.der()),
                })
                .collect(),
        }
    }

    fn from_file(file: RequestFile) -> Result<Self, PeerRequestError> {
        check_format(&file.format, file.version, REQUEST)?;
        let member = |name| move |_| PeerRequestError::Member { name };
        let of =
            |text: &str| PeerUse::from_text(text).ok_or(PeerRequestError::Member { name: "use" });
        let mut certificates = Vec::new();
        for one in file.certificates.iter().take(MAX_CERTIFICATES + 1) {
            let der = STANDARD
                .decode(&one.certificate)
                .map_err(|_| PeerRequestError::Member { name: "certificate" })?;
            certificates.push((of(&one.r#use)?, Certificate::from_der(&der)?));
        }
        let downloader = file.peer.downloader_implementation.as_deref();
        let request = Self {
            gateway: file.gateway,
            created: file
                .created
                .parse()
                .map_err(|_| PeerRequestError::Member { name: "created" })?,
            peer: Peer {
                gateway_id: file.peer.gateway_id,
                endpoint: file.peer.gateway_endpoint,
                kid: file.peer.gateway_kid,
                public_key: file.peer.gateway_public_key,
                downloader: downloader
                    .map(str::parse::<Downloader>)
                    .transpose()
                    .map_err(member("downloaderImplementation"))?,
                target: file
                    .peer
                    .download_target
                    .parse::<DownloadTarget>()
                    .map_err(member("downloadTarget"))?,
                mode: file.peer.mode.parse::<Mode>().map_err(member("mode"))?,
            },
            interval_seconds: file.interval_seconds,
            certificates,
        };
        request.check()?;
        Ok(request)
    }
}

impl SignedPeer {
    /// Checks that one of `anchors` has signed all of it; says which.
    ///
    /// # Errors
    ///
    /// See [`PeerRequestError`].
    pub fn check(
        &self,
        anchors: &[Certificate],
        backend: Backend,
    ) -> Result<Thumbprint, PeerRequestError> {
        let request = &self.request;
        request.check()?;
        if self.certificates.len() != request.certificates.len() {
            return Err(PeerRequestError::Member { name: "certificates" });
        }
        let by = anchor_of(request.text().as_bytes(), &self.confirmation, anchors, backend)?;
        request.peer.check(&self.signature, anchors, backend)?;
        for ((_, certificate), signature) in request.certificates.iter().zip(&self.certificates) {
            anchor_of(certificate.der(), signature, anchors, backend)?;
        }
        Ok(by)
    }

    /// Whether a text claims to be such a response.
    pub fn is_one(text: &[u8]) -> bool {
        has_format(text, RESPONSE)
    }

    /// Reads a response file; what is signed in it is not checked.
    ///
    /// # Errors
    ///
    /// See [`PeerRequestError`].
    pub fn from_json(text: &[u8]) -> Result<Self, PeerRequestError> {
        let file: ResponseFile = read(text)?;
        check_format(&file.format, file.version, RESPONSE)?;
        Ok(Self {
            request: PeerRequest::from_file(file.request)?,
            signature: file.signature,
            certificates: file.certificates,
            confirmation: file.confirmation,
        })
    }

    /// Writes the response file: indented JSON.
    pub fn to_json(&self) -> String {
        let file = ResponseFile {
            format: RESPONSE.to_owned(),
            version: VERSION,
            request: self.request.file(),
            signature: self.signature.clone(),
            certificates: self.certificates.clone(),
            confirmation: self.confirmation.clone(),
        };
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }
}

fn read<'t, File: Deserialize<'t>>(text: &'t [u8]) -> Result<File, PeerRequestError> {
    if text.len() > MAX_LEN {
        return Err(PeerRequestError::TooLong { limit: MAX_LEN });
    }
    serde_json::from_slice(text).map_err(|error| PeerRequestError::Json(error.to_string()))
}

fn has_format(text: &[u8], format: &str) -> bool {
    #[derive(Deserialize)]
    struct Format {
        format: String,
    }
    serde_json::from_slice::<Format>(text).is_ok_and(|file| file.format == format)
}

fn check_format(format: &str, version: u32, expected: &str) -> Result<(), PeerRequestError> {
    if format != expected {
        return Err(PeerRequestError::Member { name: "format" });
    }
    if version != VERSION {
        return Err(PeerRequestError::Version { found: version });
    }
    Ok(())
}

/// Why a request or response about a peer cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerRequestError {
    /// The file is too long.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// The file is no JSON of the expected form.
    #[error("not a request or response about a peer: {0}")]
    Json(String),
    /// The file is of a version that this program does not know.
    #[error("of version {found}; this program knows version {VERSION}")]
    Version {
        /// The version.
        found: u32,
    },
    /// A member has not its form.
    #[error("the member {name:?} has a wrong value")]
    Member {
        /// Its name.
        name: &'static str,
    },
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// More certificates than one peer can have.
    #[error("more than {limit} certificates")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// Without a trust anchor of the peer nothing that it lists could be believed.
    #[error("there is no trust anchor of the peer in it")]
    NoAnchor,
    /// A certificate has one use.
    #[error("the certificate {thumbprint} is in it twice")]
    Twice {
        /// SHA-256 of the certificate.
        thumbprint: String,
    },
    /// The configuration is ambiguous, or not signed.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// A signature does not hold.
    #[error(transparent)]
    Signature(#[from] OnboardingError),
    /// The trust anchor did not sign.
    #[error("the trust anchor did not sign: {0}")]
    Signing(CmsError),
}

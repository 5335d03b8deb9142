//! The client of a gateway: HTTPS with a client certificate, typed calls, typed faults.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use gdhcn_client::gateway::{
//!     ClientIdentity, Download, Gateway, GatewayOptions, Selection, ServerTrust,
//! };
//! use gdhcn_client::wire::CertificateType;
//!
//! let identity = ClientIdentity::from_pem(&std::fs::read("tls.crt")?, &std::fs::read("tls.key")?)?;
//! let trust = ServerTrust::from_pem(&std::fs::read("gateway.crt")?)?;
//! let gateway =
//!     Gateway::new(GatewayOptions::new("https://gateway.example:8443", identity, trust))?;
//! match gateway.trust_list(&Selection::Type(CertificateType::Dsc), None).await? {
//!     Download::NotModified => {}
//!     Download::List(list) => println!("{} signers", list.items().len()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What the client does not do: it follows no redirect, sends no request twice, keeps no state
//! between calls but open connections, and trusts nothing it downloads. The entries of a trust
//! list are checked by `gdhcn_trust`.

pub(crate) mod answer;
mod error;
pub(crate) mod options;
mod server_trust;
mod trust_list;

use reqwest::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};

use crate::stage;
use crate::wire;

pub use error::{GatewayError, SetupError};
pub use options::{ClientIdentity, GatewayOptions, Limits, ProxyChoice, Timeouts};
pub use server_trust::ServerTrust;
pub use trust_list::{Download, Entries, Selection, TrustList, UnreadableEntry};

/// Code of the problem report for a certificate that the gateway already holds.
const ALREADY_EXISTS: &str = "0x002";
/// Code of the problem report for a certificate to delete that the gateway does not hold.
const DOES_NOT_EXIST: &str = "0x005";

/// One gateway, spoken to as one participant.
///
/// Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Gateway {
    http: Client,
    base: Url,
    limits: Limits,
    direct: bool,
}

/// What an accepted upload led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Upload {
    /// The gateway has stored the certificate (201).
    Created,
    /// The gateway held the certificate before (409, code `0x002`). Nothing changed.
    AlreadyThere,
}

/// What an accepted deletion led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deletion {
    /// The gateway has deleted the certificate (204).
    Deleted,
    /// The gateway did not hold the certificate (404, code `0x005`). Nothing changed.
    WasAbsent,
}

/// The two forms of a deletion, which mean the same to the gateway.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum DeletionForm {
    /// `DELETE /signerCertificate` with a body.
    #[default]
    Delete,
    /// `POST /signerCertificate/delete`, for networks that strip the body of a `DELETE`.
    Post,
}

impl Gateway {
    /// Prepares the client; connects to nothing yet.
    ///
    /// # Errors
    ///
    /// When the address is no plain `https` URL, the client key does not belong to its
    /// certificate, or the system's roots were asked for and cannot be read.
    pub fn new(options: GatewayOptions) -> Result<Self, SetupError> {
        options::connect(options)
    }

    /// The address that paths are appended to.
    pub fn base_url(&self) -> &str {
        self.base.as_str()
    }

    /// `GET /trustList`, `/trustList/{type}` or `/trustList/{type}/{country}`.
    ///
    /// `etag` is the one of an earlier [`TrustList`] for the same selection; a gateway that knows
    /// it answers [`Download::NotModified`]. The reference gateway sends none.
    ///
    /// # Errors
    ///
    /// See [`GatewayError`]. Entries that cannot be read are no error: they stand in
    /// [`TrustList::unreadable`].
    pub async fn trust_list(
        &self,
        selection: &Selection,
        etag: Option<&str>,
    ) -> Result<Download, GatewayError> {
        let mut request = self.request(Method::GET, &selection.segments()?);
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = self.send(request).await?;
        if response.status() == StatusCode::NOT_MODIFIED && etag.is_some() {
            return Ok(Download::NotModified);
        }
        let etag = response
            .headers()
            .get(ETAG)
            .and_then(|value| value.to_str().ok())
            .map(|value| value.to_owned());
        let body = self.expect(response, StatusCode::OK).await?;
        TrustList::read(&body, etag, &self.limits).map(Download::List)
    }

    /// `GET /trustList/certificate`: everything that the gateway's own participants have, with
    /// domain, properties and version. WHO's gateways have it, the EU's has not.
    ///
    /// # Errors
    ///
    /// See [`GatewayError`].
    pub async fn trusted_certificates(
        &self,
    ) -> Result<Entries<wire::TrustedCertificateItem>, GatewayError> {
        self.entries("certificate", None).await
    }

    /// As [`trusted_certificates`](Self::trusted_certificates), with what the gateway pulled from
    /// others.
    ///
    /// # Errors
    ///
    /// See [`GatewayError`].
    pub async fn trusted_and_pulled_certificates(
        &self,
    ) -> Result<Entries<wire::TrustedCertificateItem>, GatewayError> {
        self.entries("certificate", Some("withFederation=true")).await
    }

    /// `GET /trustList/issuers`: the publishers that the gateway's trust anchor vouches for.
    ///
    /// # Errors
    ///
    /// See [`GatewayError`].
    pub async fn trusted_issuers(&self) -> Result<Entries<wire::TrustedIssuerItem>, GatewayError> {
        self.entries("issuers", None).await
    }

    /// `GET /trustList/references`: the services that participants name.
    ///
    /// # Errors
    ///
    /// See [`GatewayError`].
    pub async fn trusted_references(
        &self,
    ) -> Result<Entries<wire::TrustedReferenceItem>, GatewayError> {
        self.entries("references", None).await
    }

    async fn entries<Item: serde::de::DeserializeOwned>(
        &self,
        list: &str,
        query: Option<&str>,
    ) -> Result<Entries<Item>, GatewayError> {
        let request = self.request_with_query(Method::GET, &["trustList", list], query);
        let response = self.send(request).await?;
        let body = self.expect(response, StatusCode::OK).await?;
        Entries::read(&body, &self.limits)
    }

    /// `GET /countrylist`: the codes of the participants onboarded at this gateway, sorted.
    ///
    /// # Errors
    ///
    /// See [`GatewayError`].
    pub async fn country_list(&self) -> Result<Vec<String>, GatewayError> {
        let response = self.send(self.request(Method::GET, &["countrylist"])).await?;
        let body = self.expect(response, StatusCode::OK).await?;
        let mut countries: Vec<String> = answer::json(&body)?;
        countries.sort();
        Ok(countries)
    }

    /// `POST /signerCertificate`: uploads a DSC.
    ///
    /// `cms` is the Base64 text, on one line, of a CMS `SignedData` whose content is the DER of
    /// the certificate, signed with the participant's upload key.
    ///
    /// # Errors
    ///
    /// See [`GatewayError`]; a refused upload has changed nothing at the gateway.
    pub async fn upload_signer_certificate(&self, cms: &str) -> Result<Upload, GatewayError> {
        let request = self.message(Method::POST, &["signerCertificate"], cms);
        let response = self.send(request).await?;
        match self.expect(response, StatusCode::CREATED).await {
            Ok(_) => Ok(Upload::Created),
            Err(GatewayError::Problem { status: 409, report }) if report.code == ALREADY_EXISTS => {
                Ok(Upload::AlreadyThere)
            }
            Err(other) => Err(other),
        }
    }

    /// `DELETE /signerCertificate` or `POST /signerCertificate/delete`: withdraws a DSC.
    ///
    /// `cms` is made as for an upload; its content is the certificate to delete.
    ///
    /// # Errors
    ///
    /// See [`GatewayError`].
    pub async fn delete_signer_certificate(
        &self,
        cms: &str,
        form: DeletionForm,
    ) -> Result<Deletion, GatewayError> {
        let request = match form {
            DeletionForm::Delete => self.message(Method::DELETE, &["signerCertificate"], cms),
            DeletionForm::Post => self.message(Method::POST, &["signerCertificate", "delete"], cms),
        };
        let response = self.send(request).await?;
        match self.expect(response, StatusCode::NO_CONTENT).await {
            Ok(_) => Ok(Deletion::Deleted),
            Err(GatewayError::Problem { status: 404, report }) if report.code == DOES_NOT_EXIST => {
                Ok(Deletion::WasAbsent)
            }
            Err(other) => Err(other),
        }
    }

    fn message(&self, method: Method, segments: &[&str], cms: &str) -> RequestBuilder {
        self.request(method, segments).header(CONTENT_TYPE, wire::CMS).body(cms.to_owned())
    }

    fn request(&self, method: Method, segments: &[&str]) -> RequestBuilder {
        self.request_with_query(method, segments, None)
    }

    fn request_with_query(
        &self,
        method: Method,
        segments: &[&str],
        query: Option<&str>,
    ) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_query(query);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        tracing::debug!(%method, %url, "gateway request");
        self.http.request(method, url)
    }

    async fn send(&self, request: RequestBuilder) -> Result<reqwest::Response, GatewayError> {
        match request.send().await {
            Ok(response) => Ok(response),
            Err(error) => Err(self.fault(error).await),
        }
    }

    async fn expect(
        &self,
        response: reqwest::Response,
        expected: StatusCode,
    ) -> Result<Vec<u8>, GatewayError> {
        let status = response.status();
        let kind = answer::content_type(&response);
        let limit = if status == expected { self.limits.body } else { self.limits.problem };
        let body = match answer::read(response, limit).await {
            Ok(body) => body,
            Err(answer::ReadError::TooLarge) => return Err(GatewayError::TooLarge { limit }),
            Err(answer::ReadError::Transport(error)) => return Err(self.fault(error).await),
        };
        if status == expected { Ok(body) } else { Err(answer::problem(status, kind, &body)) }
    }

    async fn fault(&self, error: reqwest::Error) -> GatewayError {
        GatewayError::Connection(stage::diagnose(&error, &self.base, self.direct).await)
    }
}

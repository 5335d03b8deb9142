//! Published DID documents: fetched over HTTPS, without an account.
//!
//! What is fetched is what the caller names and what that refers to on the same host; a redirect
//! is an error and another host is never asked. Nothing that comes is trusted: `gdhcn_trust`
//! checks the proof of each document.

use std::collections::{HashMap, HashSet, VecDeque};

use gdhcn_envelope::linked_data;
use gdhcn_trust::did;
use gdhcn_trust::did::web::{Location, WebError};
use reqwest::header::{ACCEPT, ETAG, IF_NONE_MATCH};
use reqwest::{Client, StatusCode, Url};

use crate::gateway::answer::{self, ReadError};
use crate::gateway::options::http_client;
use crate::gateway::{ProxyChoice, ServerTrust, SetupError, Timeouts};
use crate::stage::{self, ConnectionFault, redirect_hint};

/// What a [`DidWeb`] is made of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DidWebOptions {
    /// What the host is recognised by. Default: the operating system's authorities.
    pub server_trust: ServerTrust,
    /// The way out of the local network.
    pub proxy: ProxyChoice,
    /// How long each part of one request may take.
    pub timeouts: Timeouts,
    /// How much is fetched.
    pub limits: Limits,
}

impl Default for DidWebOptions {
    fn default() -> Self {
        Self {
            server_trust: ServerTrust::system(),
            proxy: ProxyChoice::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
        }
    }
}

/// How much is fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of one document. Default 32 MiB; the largest published one has 1.5 MB.
    pub document: usize,
    /// Documents that one list refers to. Default 2 000.
    pub documents: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { document: 32 << 20, documents: 2_000 }
    }
}

/// A client for the DID documents of one host.
#[derive(Clone, Debug)]
pub struct DidWeb {
    http: Client,
    authority: String,
    limits: Limits,
    direct: bool,
}

/// What came of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fetched {
    /// The document is the one that the caller has.
    NotModified,
    /// The document.
    Document(Document),
}

/// A document as the host gave it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// The bytes.
    pub text: Vec<u8>,
    /// The ETag that came with it, to be given with the next request.
    pub etag: Option<String>,
}

impl DidWeb {
    /// Prepares a client for the host of `did`; connects to nothing yet.
    ///
    /// # Errors
    ///
    /// When `did` is no `did:web`, or the system's authorities cannot be read.
    pub fn new(did: &str, options: DidWebOptions) -> Result<Self, FetchError> {
        let place = Location::of(did)?;
        let url = parse(&place)?;
        let DidWebOptions { server_trust, proxy, timeouts, limits } = options;
        let (http, direct) = http_client(&url, None, server_trust, &proxy, &timeouts)?;
        Ok(Self { http, authority: place.authority().to_owned(), limits, direct })
    }

    /// Fetches the document of a DID. `etag` is that of the one at hand, if there is one.
    ///
    /// # Errors
    ///
    /// See [`FetchError`].
    pub async fn fetch(&self, did: &str, etag: Option<&str>) -> Result<Fetched, FetchError> {
        let place = Location::of(did)?;
        if place.authority() != self.authority {
            return Err(FetchError::OtherHost { did: did.to_owned() });
        }
        let url = parse(&place)?;
        tracing::debug!(%url, "DID document");
        let mut request = self.http.get(url.clone()).header(ACCEPT, "application/json");
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Err(self.fault(error, &url).await),
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(Fetched::NotModified),
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                return Err(FetchError::NotFound { url: url.to_string() });
            }
            status => {
                let status = status.as_u16();
                return Err(FetchError::Status { url: url.to_string(), status });
            }
        }
        let etag = response.headers().get(ETAG).and_then(|value| value.to_str().ok());
        let etag = etag.map(str::to_owned);
        match answer::read(response, self.limits.document).await {
            Ok(text) => Ok(Fetched::Document(Document { text, etag })),
            Err(ReadError::TooLarge) => {
                Err(FetchError::TooLarge { url: url.to_string(), limit: self.limits.document })
            }
            Err(ReadError::Transport(error)) => Err(self.fault(error, &url).await),
        }
    }

    /// Fetches what a document refers to on this host, directly and indirectly, one after the
    /// other. Documents that do not exist are left out: published lists refer to some.
    ///
    /// # Errors
    ///
    /// When a document cannot be fetched for another reason, or there are more than
    /// [`Limits::documents`].
    pub async fn fetch_references(
        &self,
        text: &[u8],
    ) -> Result<HashMap<String, Vec<u8>>, FetchError> {
        let limits = linked_data::Limits::default();
        let referred = |text: &[u8]| did::references(text, &limits).unwrap_or_default();
        let mut found = HashMap::new();
        let mut seen = HashSet::new();
        let mut waiting = VecDeque::from(referred(text));
        while let Some(reference) = waiting.pop_front() {
            let did = reference.split_once('#').map_or(reference.as_str(), |(did, _)| did);
            let here = Location::of(did).is_ok_and(|place| place.authority() == self.authority);
            if !here || !seen.insert(did.to_owned()) {
                continue;
            }
            if seen.len() > self.limits.documents {
                return Err(FetchError::TooMany { limit: self.limits.documents });
            }
            match self.fetch(did, None).await {
                Ok(Fetched::Document(document)) => {
                    waiting.extend(referred(&document.text));
                    found.insert(did.to_owned(), document.text);
                }
                Ok(Fetched::NotModified) | Err(FetchError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    async fn fault(&self, error: reqwest::Error, url: &Url) -> FetchError {
        FetchError::Connection(stage::diagnose(&error, url, self.direct).await)
    }
}

fn parse(place: &Location) -> Result<Url, FetchError> {
    Url::parse(&place.url())
        .map_err(|error| FetchError::Address { url: place.url(), reason: error.to_string() })
}

/// Why a DID document was not fetched.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The DID is no `did:web`.
    #[error(transparent)]
    Did(#[from] WebError),
    /// The DID names no address that can be asked.
    #[error("{url} is no address: {reason}")]
    Address {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The DID belongs to another host than the client.
    #[error("{did} stands on another host than the list, so it is not fetched")]
    OtherHost {
        /// The DID.
        did: String,
    },
    /// The client cannot be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// No complete answer came back.
    #[error(transparent)]
    Connection(#[from] ConnectionFault),
    /// There is no such document.
    #[error("there is no document at {url}")]
    NotFound {
        /// The address.
        url: String,
    },
    /// The host answered something else; a redirect too, which is not followed.
    #[error("{url} answered with the status {status}{}", redirect_hint(*status))]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The document is longer than [`Limits::document`].
    #[error("the document at {url} is longer than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// The list refers to more than [`Limits::documents`].
    #[error("the list refers to more than {limit} documents")]
    TooMany {
        /// The limit.
        limit: usize,
    },
}

//! The files of a transparency log, fetched over HTTPS.
//!
//! A log is open to everybody; where a gateway asks for a client certificate on every connection,
//! one can be given. Nothing that comes is trusted: `gdhcn_log` checks it.

use reqwest::{Client, StatusCode, Url};

use crate::gateway::answer::{self, ReadError};
use crate::gateway::options::{base_url, http_client};
use crate::gateway::{ClientIdentity, ProxyChoice, ServerTrust, SetupError, Timeouts};
use crate::stage::{self, ConnectionFault, redirect_hint};

/// A client for the files of one log.
#[derive(Clone, Debug)]
pub struct LogFiles {
    http: Client,
    base: Url,
    direct: bool,
}

impl LogFiles {
    /// Prepares a client for the log at `address`; connects to nothing yet.
    ///
    /// # Errors
    ///
    /// When the address is no plain `https` URL, the client key does not belong to its
    /// certificate, or the system's authorities cannot be read.
    pub fn new(
        address: &str,
        identity: Option<ClientIdentity>,
        server_trust: ServerTrust,
    ) -> Result<Self, SetupError> {
        let base = base_url(address)?;
        let (proxy, timeouts) = (ProxyChoice::default(), Timeouts::default());
        let (http, direct) = http_client(&base, identity, server_trust, &proxy, &timeouts)?;
        Ok(Self { http, base, direct })
    }

    /// Fetches the file with this path below the log's address, of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// See [`LogFileError`].
    pub async fn fetch(&self, path: &str, limit: usize) -> Result<Vec<u8>, LogFileError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        tracing::debug!(%url, "file of a log");
        let response = match self.http.get(url.clone()).send().await {
            Ok(response) => response,
            Err(error) => return Err(self.fault(error, &url).await),
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                return Err(LogFileError::NotFound { url: url.to_string() });
            }
            status => {
                let status = status.as_u16();
                return Err(LogFileError::Status { url: url.to_string(), status });
            }
        }
        match answer::read(response, limit).await {
            Ok(bytes) => Ok(bytes),
            Err(ReadError::TooLarge) => Err(LogFileError::TooLarge { url: url.to_string(), limit }),
            Err(ReadError::Transport(error)) => Err(self.fault(error, &url).await),
        }
    }

    async fn fault(&self, error: reqwest::Error, url: &Url) -> LogFileError {
        LogFileError::Connection(stage::diagnose(&error, url, self.direct).await)
    }
}

/// Why a file of a log was not fetched.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogFileError {
    /// No complete answer came back.
    #[error(transparent)]
    Connection(#[from] ConnectionFault),
    /// There is no such file.
    #[error("there is no {url}")]
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
    /// The file is longer than such a file can be.
    #[error("{url} is longer than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit.
        limit: usize,
    },
}

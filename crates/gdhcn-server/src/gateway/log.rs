//! `GET /log/checkpoint` and `/log/tile/...`: the transparency log as static files (C2SP
//! tlog-tiles), for everybody: on the participants' listener with any client certificate, also one
//! that nobody onboarded, since the handshake asks for one; on the management listener without.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use axum::extract::{FromRequestParts, Path as UrlPath, State};
use axum::response::{IntoResponse as _, Response};
use gdhcn_crypto::{KeyKind, Signer as _, SoftwareKey};
use gdhcn_log::{Checkpoint, KeyName, NoteKey, Tile, TileKind, write_bundle};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::warn;

use super::Gateway;
use crate::config::LogConfig;
use crate::listen::{Connection, network};
use crate::metrics::RequestKind;
use crate::problem::Problem;

/// How many read the log at a time: strangers are to leave connections of the database, and memory,
/// to participants.
const READS: usize = 2;
/// How long a request waits for its turn to read.
const PATIENCE: Duration = Duration::from_secs(10);

/// What never changes may be kept for ever.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("max-age=31536000, immutable");
/// What another change replaces may be kept by nobody.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// The key of the log, and the checkpoint that it signed last.
#[derive(Debug)]
pub(crate) struct PublishedLog {
    name: NoteKey,
    key: SoftwareKey,
    latest: ArcSwapOption<(u64, String)>,
    reads: Semaphore,
}

/// Why the log cannot be published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The key file cannot be read, or not be made.
    #[error("the key of the log, {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The log has entries and no key: another key would make another log of it.
    #[error(
        "the key of the log, {path}, is not there, and the log has {entries} entries already: put \
         the key back (it is in no backup of the database, and all processes share it), or set \
         `log.key` right. For a log that nobody could read yet make one: openssl genpkey \
         -algorithm ed25519 -out {path}"
    )]
    KeyMissing {
        /// The file.
        path: PathBuf,
        /// How many entries there are.
        entries: u64,
    },
    /// The file is no private key.
    #[error("the key of the log: {0}")]
    Key(#[from] gdhcn_crypto::KeyError),
    /// A key cannot be made.
    #[error("the key of the log: {0}")]
    Make(#[from] gdhcn_crypto::SignError),
    /// The name or the type of the key is not for a log.
    #[error("the log: {0}")]
    Note(#[from] gdhcn_log::NoteError),
}

impl PublishedLog {
    /// Reads the key; makes one where there is none and the log, too, is only beginning.
    pub(crate) fn load(config: &LogConfig, entries: u64) -> Result<Self, LogError> {
        let failed = |source| LogError::File { path: config.key.clone(), source };
        if !config.key.exists() {
            if entries > 0 {
                return Err(LogError::KeyMissing { path: config.key.clone(), entries });
            }
            let key = SoftwareKey::generate(KeyKind::Ed25519)?;
            write_secret(&config.key, key.to_pem().as_bytes()).map_err(failed)?;
        }
        let pem = std::fs::read_to_string(&config.key).map_err(failed)?;
        let key = SoftwareKey::from_pem(&pem)?;
        let origin: KeyName = config.origin.parse()?;
        let name = NoteKey::new(origin, key.public_key().clone())?;
        let public = public_file(&config.key);
        let text = format!("{name}\n");
        if std::fs::read_to_string(&public).ok().as_ref() != Some(&text) {
            // A help for the operator only; keys may lie where nothing can be written.
            if let Err(error) = std::fs::write(&public, text) {
                warn!(file = %public.display(), %error, "the log's public key is not written");
            }
        }
        Ok(Self { name, key, latest: ArcSwapOption::empty(), reads: Semaphore::new(READS) })
    }

    /// Waits until few enough others read the log.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let busy = || Problem::busy("Too many read the log at present");
        let turn = tokio::time::timeout(PATIENCE, self.reads.acquire()).await;
        turn.map_err(|_| busy())?.map_err(|_| busy())
    }

    /// The public key, as auditors need it.
    pub(crate) fn verifier_key(&self) -> String {
        self.name.to_string()
    }
}

/// Where the public key is written, for those who pass it on to auditors: `log.key.pub`.
fn public_file(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

/// A request of anybody, counted for its address. Named proxies are not counted: behind them
/// everybody has one address.
pub(crate) struct Counted;

impl FromRequestParts<Arc<Gateway>> for Counted {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        gateway: &Arc<Gateway>,
    ) -> Result<Self, Problem> {
        if let Some(connection) = parts.extensions.get::<Connection>() {
            let address = connection.address.ip();
            if !gateway.proxies.believes(address) {
                gateway.rates.take_log(network(address)).map_err(|wait| {
                    gateway.metrics.limited(RequestKind::Read);
                    Problem::too_many_requests("address", wait)
                })?;
            }
        }
        Ok(Self)
    }
}

/// [`checkpoint`] for anybody.
pub(crate) async fn public_checkpoint(
    _counted: Counted,
    state: State<Arc<Gateway>>,
) -> Result<Response, Problem> {
    checkpoint(state).await
}

/// [`tile`] for anybody.
pub(crate) async fn public_tile(
    _counted: Counted,
    state: State<Arc<Gateway>>,
    path: UrlPath<String>,
) -> Result<Response, Problem> {
    tile(state, path).await
}

/// The signed root of the tree of all committed changes.
pub(crate) async fn checkpoint(State(gateway): State<Arc<Gateway>>) -> Result<Response, Problem> {
    let log = gateway.log.as_ref().ok_or_else(Problem::no_such_path)?;
    let _turn = log.turn().await?;
    let frontier = gateway.trust.store().log_frontier().await?;
    let ready = log.latest.load_full().filter(|latest| latest.0 == frontier.size());
    let text = match ready {
        Some(latest) => latest.1.clone(),
        None => {
            let checkpoint = Checkpoint::of(log.name.name().as_str(), &frontier);
            let text = checkpoint.sign(&log.name, &log.key).map_err(|_| Problem::internal())?;
            log.latest.store(Some(Arc::new((frontier.size(), text.clone()))));
            text
        }
    };
    Ok(([(CONTENT_TYPE, TEXT), (CACHE_CONTROL, NO_STORE)], text).into_response())
}

/// A tile of hashes or a bundle of entries.
pub(crate) async fn tile(
    State(gateway): State<Arc<Gateway>>,
    UrlPath(path): UrlPath<String>,
) -> Result<Response, Problem> {
    let log = gateway.log.as_ref().ok_or_else(Problem::no_such_path)?;
    let tile: Tile = format!("tile/{path}").parse().map_err(|_| Problem::no_such_path())?;
    let _turn = log.turn().await?;
    let store = gateway.trust.store();
    let size = store.log_frontier().await?.size();
    let places = tile.stored_in(size).ok_or_else(Problem::no_such_path)?;
    let bytes = match tile.kind() {
        TileKind::Entries => {
            let entries = store.log_entries(tile.first(), tile.width()).await?;
            write_bundle(&entries).map_err(|_| Problem::internal())?
        }
        TileKind::Hashes { .. } => {
            let hashes = store.log_hashes(&places).await?;
            hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
        }
    };
    Ok(([(CONTENT_TYPE, BYTES), (CACHE_CONTROL, IMMUTABLE)], bytes).into_response())
}

/// Writes a new file at once: of several processes that begin together one makes the key.
fn write_secret(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // Readable by its owner only.
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(failed) if failed.error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(failed.error)
        }
        _ => Ok(()),
    }
}

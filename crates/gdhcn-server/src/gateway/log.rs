//! `GET /log/checkpoint` and `/log/tile/...`: the transparency log as static files (C2SP
//! tlog-tiles), for everybody: on the participants' listener with any client certificate, also one
//! that nobody onboarded, since the handshake asks for one; on the management listener without.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::extract::{Path as UrlPath, State};
use axum::response::{IntoResponse as _, Response};
use gdhcn_crypto::{KeyKind, Signer as _, SoftwareKey};
use gdhcn_log::{Checkpoint, KeyName, NoteKey, Tile, TileKind, write_bundle};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tracing::warn;

use super::Gateway;
use crate::config::LogConfig;
use crate::problem::Problem;

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
    /// Reads the key; makes one where there is none.
    pub(crate) fn load(config: &LogConfig) -> Result<Self, LogError> {
        let failed = |source| LogError::File { path: config.key.clone(), source };
        if !config.key.exists() {
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
        Ok(Self { name, key, latest: ArcSwapOption::empty() })
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

/// The signed root of the tree of all committed changes.
pub(crate) async fn checkpoint(State(gateway): State<Arc<Gateway>>) -> Result<Response, Problem> {
    let log = gateway.log.as_ref().ok_or_else(Problem::no_such_path)?;
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
    gateway.log.as_ref().ok_or_else(Problem::no_such_path)?;
    let tile: Tile = format!("tile/{path}").parse().map_err(|_| Problem::no_such_path())?;
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

fn write_secret(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

//! The verification service: codes in, verdicts out, and nothing kept of anyone.
//!
//! [`Verifier::start`] binds the socket and returns a [`RunningVerifier`]. It holds one trust store
//! that whoever started it replaces as a whole ([`RunningVerifier::replace_trust`]). Requests are
//! judged in memory; neither a code nor a person reaches a log, a metric or a disk.
//!
//! | request | answer |
//! | --- | --- |
//! | `POST /v1/verify` | the verdict of one code (text or picture), or of several (JSON) |
//! | `GET /v1/trust` | the trust sources with their age |
//! | `GET /health`, `GET /ready` | whether it lives, and whether it can verify |
//! | `GET /openapi.json` | the interface for programs (OpenAPI 3.1) |

mod openapi;
mod request;
mod trust;

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use gdhcn_trust::TrustStore;
use gdhcn_verify::Policy;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::info;

use crate::clock::Clock;
use crate::config::{Limits, ProxyHeaders, TlsFiles};
use crate::gateway::panicked;
use crate::listen::Listener;
use crate::listen::tls::{TlsConfigs, TlsError};
use crate::problem::Problem;
use crate::telemetry::{self, Observer};

/// The longest body of a request to the verifier: a photograph of a telephone.
const LONGEST_BODY: usize = 16 << 20;
/// Pictures that are searched at the same time: each may need some hundred megabytes.
const PICTURES_AT_ONCE: usize = 4;
/// Requests whose codes are judged at the same time; others wait for them.
const JUDGEMENTS_AT_ONCE: usize = 64;

/// How a verification service is set up.
#[derive(Debug, Clone)]
pub struct VerifierConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Certificate and key for HTTPS; plain HTTP without, for a proxy on the same machine.
    pub tls: Option<TlsFiles>,
    /// The policy of requests that name none.
    pub policy: Policy,
    /// Bounds on what one peer may take.
    pub limits: Limits,
}

impl VerifierConfig {
    /// With default limits, without TLS.
    pub fn new(listen: SocketAddr, policy: Policy) -> Self {
        let limits = Limits { body_bytes: LONGEST_BODY, ..Limits::default() };
        Self { listen, tls: None, policy, limits }
    }
}

/// Why a verification service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierStartError {
    /// The server's own certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The socket cannot be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address as configured.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// A verification service: what its routes share.
#[derive(Debug)]
pub struct Verifier {
    trust: ArcSwap<TrustStore>,
    policy: Policy,
    clock: Clock,
    pictures: Arc<Semaphore>,
    judgements: Arc<Semaphore>,
    body_bytes: usize,
}

/// A verification service that serves. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct RunningVerifier {
    verifier: Arc<Verifier>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Verifier {
    /// Listens and serves.
    ///
    /// # Errors
    ///
    /// [`VerifierStartError`] says what is missing.
    pub async fn start(
        config: VerifierConfig,
        trust: Arc<TrustStore>,
        clock: Clock,
    ) -> Result<RunningVerifier, VerifierStartError> {
        let tls = config.tls.as_ref().map(TlsConfigs::load_public).transpose()?;
        let failed = |source| VerifierStartError::Listen { address: config.listen, source };
        let tcp = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;
        let verifier = Arc::new(Self {
            trust: ArcSwap::new(trust),
            policy: config.policy,
            clock,
            pictures: Arc::new(Semaphore::new(PICTURES_AT_ONCE)),
            judgements: Arc::new(Semaphore::new(JUDGEMENTS_AT_ONCE)),
            body_bytes: config.limits.body_bytes,
        });
        let router = Self::router(&verifier, &config.limits, clock);
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let listener = Listener::new(tcp, tls, config.limits, ProxyHeaders::default(), None);
        tasks.spawn(listener.serve(router, stopping));
        info!(%address, "the verifier listens");
        Ok(RunningVerifier { verifier, address, stop, tasks })
    }

    fn router(verifier: &Arc<Self>, limits: &Limits, clock: Clock) -> Router {
        let limits = Arc::new(ArcSwap::from_pointee(limits.clone()));
        let observer = Observer { limits, metrics: None, contacts: None, clock };
        Router::new()
            .route("/v1/verify", post(request::verify))
            .route("/v1/trust", get(trust::sources))
            .route("/health", get(async || StatusCode::NO_CONTENT))
            .route("/ready", get(trust::ready))
            .route("/openapi.json", get(openapi::document))
            .fallback(async || Problem::no_such_path())
            .method_not_allowed_fallback(async || Problem::method_not_allowed())
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(observer, telemetry::observe))
            .with_state(Arc::clone(verifier))
    }
}

impl RunningVerifier {
    /// Address and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Judges by other keys from the next request on.
    pub fn replace_trust(&self, trust: Arc<TrustStore>) {
        self.verifier.trust.store(trust);
    }

    /// Takes no more connections and lets running requests end within the drain time.
    pub async fn shutdown(mut self) {
        // Nobody listens any more when all tasks have ended already.
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        info!(address = %self.address, "the verifier has stopped");
    }
}

/// JSON that is not to be stored by anybody on the way.
fn json(value: &serde_json::Value) -> Response {
    let headers = [(http::header::CONTENT_TYPE, "application/json")];
    (headers, value.to_string()).into_response()
}

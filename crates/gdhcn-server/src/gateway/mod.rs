//! The Trust Network Gateway: trust lists for everybody who is onboarded, uploads of document
//! signers by those who may.
//!
//! [`Gateway::start`] binds the sockets and returns a [`RunningGateway`]. One file holds one
//! resource of the interface; `authentication` decides who may ask, `snapshot` is what is
//! answered from, `trust` keeps it present.

pub(crate) mod authentication;
mod country_list;
mod delta;
mod health;
mod list;
mod list_query;
pub(crate) mod message;
pub(crate) mod onboarded;
mod onboarding;
mod operators;
pub(crate) mod refusal;
mod representation;
mod signer_certificate;
mod snapshot;
mod trust;
pub(crate) mod trust_list;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, post};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::{Certificate, CertificateError};
use gdhcn_store::{Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{error, info};

use self::authentication::Authenticated;
pub use self::onboarding::{
    OnboardError, Onboarding, offboarding, operators_event, party_type, store_request,
};
pub use self::operators::{OperatorError, Operators};
use self::trust::Trust;
pub use self::trust::TrustError;
use crate::clock::Clock;
use crate::config::{
    ConfigError, GatewayConfig, Limits, Profile, ProxyHeaders, TrustedCertificates,
};
use crate::listen::Listener;
use crate::listen::tls::{TlsConfigs, TlsError};
use crate::problem::Problem;
use crate::telemetry;

/// One gateway: the state that every route shares.
#[derive(Debug)]
pub struct Gateway {
    trust: Trust,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) proxies: ProxyHeaders,
    pub(crate) profile: Profile,
    pub(crate) trusted_certificates: TrustedCertificates,
}

/// A gateway that serves. Dropping it stops it without waiting; [`shutdown`](Self::shutdown)
/// lets running requests end.
#[derive(Debug)]
pub struct RunningGateway {
    gateway: Arc<Gateway>,
    address: SocketAddr,
    management_address: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server's own certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A trust anchor's file cannot be read.
    #[error("trust anchor {path}: {source}")]
    AnchorFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A trust anchor's file holds something that is no certificate.
    #[error("trust anchor {path}: {source}")]
    Anchor {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: CertificateError,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The trust content cannot be read.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A socket cannot be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address as configured.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl Gateway {
    /// Opens the database, reads and checks its content, and listens.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what is missing. Rows that cannot be served are no error: they are
    /// logged and counted.
    pub async fn start(config: GatewayConfig, clock: Clock) -> Result<RunningGateway, StartError> {
        config.check()?;
        let tls = config.tls.as_ref().map(TlsConfigs::load).transpose()?;
        let anchors = read_anchors(&config.trust_anchors)?;
        let store = Store::open(config.database.clone()).await?;
        let gateway = Arc::new(Self {
            trust: Trust::load(store, anchors.into()).await?,
            clock,
            limits: config.limits.clone(),
            proxies: config.proxy_headers.clone(),
            profile: config.profile,
            trusted_certificates: config.trusted_certificates.clone(),
        });
        let (tcp, address) = bind(config.listen).await?;
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();

        let mut management_address = None;
        if let Some(wanted) = config.management_listen {
            let (tcp, address) = bind(wanted).await?;
            management_address = Some(address);
            let off = ProxyHeaders::default();
            let listener = Listener::new(tcp, None, config.limits.clone(), off);
            let router = health::router(Arc::clone(&gateway));
            tasks.spawn(listener.serve(router, stopping.clone()));
        }
        let listener = Listener::new(tcp, tls, config.limits, config.proxy_headers);
        tasks.spawn(listener.serve(Self::router(&gateway), stopping.clone()));
        let follower = Arc::clone(&gateway);
        tasks.spawn(async move { follower.trust.follow(stopping).await });
        info!(%address, "the gateway listens");
        Ok(RunningGateway { gateway, address, management_address, stop, tasks })
    }

    fn router(gateway: &Arc<Self>) -> Router {
        Router::new()
            .route("/trustList", only(get(trust_list::all)))
            .route("/trustList/certificate", only(get(trust_list::certificates)))
            .route("/trustList/{type}", only(get(trust_list::by_type)))
            .route("/trustList/{type}/{country}", only(get(trust_list::by_country)))
            .route("/countrylist", only(get(country_list::list)))
            .route(
                "/signerCertificate",
                only(post(signer_certificate::upload).merge(delete(signer_certificate::delete))),
            )
            .route("/signerCertificate/delete", only(post(signer_certificate::delete)))
            .fallback(async || Problem::no_such_path())
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(Arc::new(gateway.limits.clone()), telemetry::observe))
            .with_state(Arc::clone(gateway))
    }
}

impl RunningGateway {
    /// Address and port of the participants' interface.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Address and port of the health answer, where there is one.
    pub fn management_address(&self) -> Option<SocketAddr> {
        self.management_address
    }

    /// The database that it serves from.
    pub fn store(&self) -> &Store {
        self.gateway.trust.store()
    }

    /// Puts changes into effect that were made in the database beside the running gateway. It
    /// notices them by itself within a second.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn refresh(&self) -> Result<(), TrustError> {
        self.gateway.trust.refresh().await
    }

    /// Takes no more connections, lets running requests end within the drain time, and closes
    /// the database.
    pub async fn shutdown(mut self) {
        // Nobody listens any more when all tasks have ended already.
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        self.gateway.trust.store().close().await;
        info!(address = %self.address, "the gateway has stopped");
    }
}

/// Answers 405 for the path's other methods, to those who may ask at all (deviation
/// D-25).
fn only(methods: MethodRouter<Arc<Gateway>>) -> MethodRouter<Arc<Gateway>> {
    methods.fallback(async |_peer: Authenticated| Problem::method_not_allowed())
}

/// What the panic says may hold anything of the request and is not repeated; the hook of the
/// program names the place.
pub(crate) fn panicked(_cause: Box<dyn std::any::Any + Send>) -> Response {
    error!("a request failed by a defect of the service");
    Problem::internal().into_response()
}

async fn bind(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address: wanted, source };
    let tcp = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = tcp.local_addr().map_err(failed)?;
    Ok((tcp, address))
}

/// The certificates in the files that the configuration names as trust anchors.
///
/// # Errors
///
/// When a file cannot be read or holds something that is no certificate.
pub fn read_anchors(files: &[PathBuf]) -> Result<Vec<Certificate>, StartError> {
    let mut anchors = Vec::new();
    for path in files {
        let bytes = std::fs::read(path)
            .map_err(|source| StartError::AnchorFile { path: path.clone(), source })?;
        for certificate in pem::certificates(&bytes) {
            let certificate =
                certificate.map_err(|source| StartError::Anchor { path: path.clone(), source })?;
            anchors.push(certificate);
        }
    }
    Ok(anchors)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use http::{Request, StatusCode};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_defect_is_answered_without_its_cause() {
        async fn defective() -> StatusCode {
            panic!("a secret")
        }
        let router: Router =
            Router::new().route("/", get(defective)).layer(CatchPanicLayer::custom(panicked));
        let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.starts_with("{\"code\":\"0x008\""), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

//! The Trust Network Gateway: trust lists for everybody who is onboarded, uploads of document
//! signers by those who may.
//!
//! [`Gateway::start`] binds the sockets and returns a [`RunningGateway`]. One file holds one
//! resource of the interface; `authentication` decides who may ask, `snapshot` is what is
//! answered from, `trust` keeps it present.

mod act;
pub(crate) mod authentication;
mod contacts;
mod country_list;
mod delta;
mod facts;
pub mod import;
mod issuers;
mod list;
mod list_query;
mod log;
mod management;
mod measured;
pub(crate) mod message;
pub(crate) mod migration;
mod observed;
pub(crate) mod onboarded;
mod onboarding;
mod openapi;
mod operators;
mod peers;
mod proxy_check;
mod reason;
mod references;
pub(crate) mod refusal;
mod reload;
mod representation;
pub(crate) mod revocation_list;
mod routes;
mod rules;
mod signer_certificate;
mod snapshot;
mod status;
pub(crate) mod text_message;
mod trouble;
mod trust;
pub(crate) mod trust_list;
mod trusted_certificate;
mod value_sets;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, post};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::{Certificate, CertificateError};
use gdhcn_store::{Overview, Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{error, info};

use self::authentication::Authenticated;
pub(crate) use self::contacts::Contacts;
pub use self::issuers::check_issuer;
pub use self::log::LogError;
use self::log::PublishedLog;
use self::measured::Measured;
pub use self::onboarded::{check_party, peer_anchors};
pub use self::onboarding::{
    OnboardError, Onboarding, issuer_removal, offboarding, operators_event, party_type,
    signer_removal, store_request,
};
pub use self::operators::{OperatorError, Operators};
pub use self::peers::{PeerStoreError, remove_peer, store_peer};
use self::proxy_check::ProxyCheck;
pub use self::reload::{ConfigFiles, ConfigWatch};
use self::routes::Routes;
use self::status::Own;
pub use self::status::{Expiring, JobStatus, ParticipantStatus, PeerStatus, Status, UnusualKey};
use self::trouble::Troubles;
use self::trust::Trust;
pub use self::trust::TrustError;
use crate::clock::Clock;
use crate::config::{
    Compatibility, ConfigError, Federation, GatewayConfig, Limits, Profile, ProxyHeaders,
    Revocation, TrustedCertificates,
};
use crate::jobs::publication::PublicationError;
use crate::jobs::{self, Asked, Job, JobReport, RunJobError, Scheduler};
use crate::listen::tls::{TlsConfigs, TlsError};
use crate::listen::{Listener, Rules, stopped};
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::rate::RequestRates;
use crate::telemetry::{self, Observer};

/// How often the memory of the metrics is bounded.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// One gateway: the state that every route shares.
#[derive(Debug)]
pub struct Gateway {
    trust: Trust,
    pub(crate) clock: Clock,
    pub(crate) limits: Arc<ArcSwap<Limits>>,
    pub(crate) proxies: ProxyHeaders,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) profile: Profile,
    pub(crate) followed: ArcSwap<Followed>,
    rates: RequestRates,
    proxy_check: ProxyCheck,
    measured: Measured,
    revocation: Revocation,
    pub(crate) log: Option<PublishedLog>,
    pub(crate) jobs: Scheduler,
    /// What the database said of the gateway's own affairs a moment ago.
    pub(crate) observed: watch::Sender<Arc<Overview>>,
    contacts: Arc<Contacts>,
    pub(crate) troubles: Troubles,
}

/// What of the configuration a running gateway follows, beside limits and certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Followed {
    pub(crate) trusted_certificates: TrustedCertificates,
    pub(crate) compatibility: Compatibility,
    pub(crate) federation: Federation,
}

impl Followed {
    fn of(config: &GatewayConfig) -> Self {
        Self {
            trusted_certificates: config.trusted_certificates.clone(),
            compatibility: config.compatibility,
            federation: config.federation.clone(),
        }
    }
}

/// What of the participants' interface the configuration switches on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Served {
    profile: Profile,
    revocation: Revocation,
    /// Whether the transparency log is published.
    log: bool,
}

/// A gateway that serves. Dropping it stops it without waiting; [`shutdown`](Self::shutdown)
/// lets running requests end.
#[derive(Debug)]
pub struct RunningGateway {
    gateway: Arc<Gateway>,
    config: ArcSwap<GatewayConfig>,
    rules: Arc<Rules>,
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
    /// The transparency log cannot be published.
    #[error(transparent)]
    Log(#[from] LogError),
    /// DID lists cannot be published as configured.
    #[error(transparent)]
    Publication(#[from] PublicationError),
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
        let (gateway, tls) = Self::open(&config, clock).await?;
        let (tcp, address) = bind(config.listen).await?;
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();

        let mut management_address = None;
        if let Some(wanted) = config.management_listen {
            let (tcp, address) = bind(wanted).await?;
            management_address = Some(address);
            let off = ProxyHeaders::default();
            let listener = Listener::new(tcp, None, config.limits.clone(), off, None);
            let router = management::router(Arc::clone(&gateway));
            tasks.spawn(listener.serve(router, stopping.clone()));
        }
        let (limits, proxies) = (config.limits.clone(), config.proxy_headers.clone());
        let metrics = Some(Arc::clone(&gateway.metrics));
        let listener = Listener::new(tcp, tls, limits, proxies, metrics);
        let rules = listener.rules();
        tasks.spawn(listener.serve(Self::router(&gateway), stopping.clone()));
        let follower = Arc::clone(&gateway);
        tasks.spawn(async move { follower.trust.follow(stopping).await });
        let (observer, stopping) = (Arc::clone(&gateway), stop.subscribe());
        tasks.spawn(async move { observer.observe(stopping).await });
        let (watcher, stopping) = (Arc::clone(&gateway), stop.subscribe());
        tasks.spawn(async move { watcher.watch_writes(stopping).await });
        if config.jobs.enabled {
            gateway.jobs.start(&gateway, &stop.subscribe(), &mut tasks);
        }
        let (kept, mut stopping) = (Arc::clone(&gateway), stop.subscribe());
        tasks.spawn(async move {
            while tokio::time::timeout(UPKEEP_EVERY, stopped(&mut stopping)).await.is_err() {
                kept.metrics.upkeep();
                kept.rates.forget_idle();
            }
        });
        info!(%address, "the gateway listens");
        let config = ArcSwap::from_pointee(config);
        Ok(RunningGateway { gateway, config, rules, address, management_address, stop, tasks })
    }

    /// Runs a job of a gateway now, due or not, in a process that does not serve. With `forced`
    /// also what is not done without a person's word: publishing lists that have shrunk a lot.
    ///
    /// # Errors
    ///
    /// As [`RunningGateway::run_job`], and when the database cannot be read.
    pub async fn run_job(
        config: &GatewayConfig,
        clock: Clock,
        job: Job,
        forced: bool,
    ) -> Result<JobReport, RunJobError> {
        let (gateway, _) = Self::open(config, clock).await?;
        let (_stop, mut stopping) = watch::channel(false);
        let report =
            gateway.jobs.run_now(&gateway, job, Asked::ByHand { forced }, &mut stopping).await;
        gateway.store().close().await;
        report
    }

    /// Opens the database, and reads and checks its content and the files that are named.
    pub(crate) async fn open(
        config: &GatewayConfig,
        clock: Clock,
    ) -> Result<(Arc<Self>, Option<TlsConfigs>), StartError> {
        config.check()?;
        let tls = config.tls.as_ref().map(TlsConfigs::load).transpose()?;
        let anchors = read_anchors(&config.trust_anchors)?;
        let store = Store::open(config.database.clone()).await?;
        let store = store.with_kids(config.trusted_certificates.kid_scope());
        let overview = store.overview().await?;
        let trust = Trust::load(store, anchors).await?;
        let server = tls.as_ref().and_then(|tls| tls.certificate().cloned());
        let log = config
            .log
            .as_ref()
            .map(|log| PublishedLog::load(log, overview.log_entries))
            .transpose()?;
        if let Some(log) = &log {
            info!(key = log.verifier_key(), "the transparency log is served");
        }
        let jobs = Scheduler::new(jobs::table(config)?, &config.jobs);
        let gateway = Self::with(trust, config, clock, server, log, overview, jobs);
        gateway.must_be_writable().await?;
        Ok((Arc::new(gateway), tls))
    }

    fn with(
        trust: Trust,
        config: &GatewayConfig,
        clock: Clock,
        server: Option<Certificate>,
        log: Option<PublishedLog>,
        overview: Overview,
        jobs: Scheduler,
    ) -> Self {
        Self {
            trust,
            clock,
            limits: Arc::new(ArcSwap::from_pointee(config.limits.clone())),
            proxies: config.proxy_headers.clone(),
            profile: config.profile,
            followed: ArcSwap::from_pointee(Followed::of(config)),
            revocation: config.revocation,
            log,
            jobs,
            contacts: Arc::default(),
            troubles: Troubles::default(),
            observed: watch::Sender::new(Arc::new(overview)),
            rates: RequestRates::new(&config.limits),
            proxy_check: ProxyCheck::new(&config.proxy_headers),
            measured: Measured::new(server),
            metrics: Arc::new(Metrics::new(clock.now())),
        }
    }

    /// The certificates whose signature onboards.
    pub(crate) fn anchors(&self) -> Arc<Box<[Certificate]>> {
        self.trust.anchors()
    }

    /// How it is.
    pub(crate) fn status(&self) -> Status {
        let (server, anchors) = (self.measured.server(), self.anchors());
        let overview = self.observed.borrow().clone();
        let own = Own { server: server.as_ref().as_ref(), anchors: &anchors, overview: &overview };
        let seen = Status::seen(&self.trust.current(), own, self.clock.now());
        Status { faults: self.faults(), ..seen }
    }

    /// The database.
    pub(crate) fn store(&self) -> &Store {
        self.trust.store()
    }

    fn router(gateway: &Arc<Self>) -> Router {
        let observer = Observer {
            limits: Arc::clone(&gateway.limits),
            metrics: Some(Arc::clone(&gateway.metrics)),
            contacts: Some(Arc::clone(&gateway.contacts)),
            clock: gateway.clock,
        };
        Self::routes(gateway.served())
            .into_router()
            .fallback(async || Problem::no_such_path())
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(observer, telemetry::observe))
            .with_state(Arc::clone(gateway))
    }

    /// What the configuration switches on.
    fn served(&self) -> Served {
        Served { profile: self.profile, revocation: self.revocation, log: self.log.is_some() }
    }

    /// The participants' interface. Each path stands in `openapi/paths.rs` too; a test holds the two
    /// together.
    fn routes(served: Served) -> Routes {
        Routes::new()
            .route("/trustList", only(get(trust_list::all)))
            .route("/trustList/certificate", only(get(trust_list::certificates)))
            .route(
                "/trustedCertificate",
                only(post(trusted_certificate::upload).merge(delete(signer_certificate::delete))),
            )
            .route("/trustedCertificate/delete", only(post(signer_certificate::delete)))
            .route("/trustList/{type}", only(get(trust_list::by_type)))
            .route("/trustList/{type}/{country}", only(get(trust_list::by_country)))
            .route("/countrylist", only(get(country_list::list)))
            .route(
                "/signerCertificate",
                only(post(signer_certificate::upload).merge(delete(signer_certificate::delete))),
            )
            .route("/signerCertificate/delete", only(post(signer_certificate::delete)))
            .route("/openapi.json", only(get(openapi::for_participants)))
            .merge(Self::documents())
            .merge(Self::revocation(served.revocation))
            .merge(Self::migration(served.profile))
            .merge(if served.log { Self::log() } else { Routes::new() })
    }

    /// For everybody.
    fn log() -> Routes {
        let open = |methods: MethodRouter<Arc<Self>>| {
            methods.fallback(async || Problem::method_not_allowed())
        };
        Routes::new()
            .route("/log/checkpoint", open(get(log::public_checkpoint)))
            .route("/log/tile/{*path}", open(get(log::public_tile)))
    }

    /// A route of the EU's gateway that the WHO's has not.
    fn migration(profile: Profile) -> Routes {
        match profile {
            Profile::Who => Routes::new(),
            Profile::Eu => Routes::new().route(
                "/cms-migration",
                only(get(migration::list).merge(post(migration::exchange))),
            ),
        }
    }

    /// What participants exchange beside certificates.
    fn documents() -> Routes {
        let reference = || only(post(references::upload).merge(delete(references::delete)));
        Routes::new()
            .route("/rules", only(post(rules::upload).merge(delete(rules::delete))))
            .route("/rules/delete", only(post(rules::delete)))
            .route("/rules/{country}", only(get(rules::list)))
            .route("/valuesets", only(get(value_sets::list)))
            .route("/valuesets/{id}", only(get(value_sets::one)))
            .route("/trust/reference", reference())
            .route("/trust/references", reference())
            .route("/trust/reference/{uuid}", only(get(references::one)))
            .route("/trust/references/{uuid}", only(get(references::one)))
            .route("/trustList/references", only(get(references::list)))
            .route("/trustList/issuers", only(get(issuers::list)))
    }

    /// Routes that are switched off do not exist: 404, also for another method.
    fn revocation(switches: Revocation) -> Routes {
        let list = get(revocation_list::list);
        match (switches.enabled, switches.uploads) {
            (false, _) => Routes::new(),
            (true, false) => Routes::new()
                .route("/revocation-list", list.fallback(async || Problem::no_such_path())),
            (true, true) => {
                let changes = post(revocation_list::upload).merge(delete(revocation_list::delete));
                Routes::new()
                    .route("/revocation-list", only(list.merge(changes)))
                    .route("/revocation-list/delete", only(post(revocation_list::delete)))
                    .route("/revocation-list/{batchId}", only(get(revocation_list::one)))
            }
        }
    }
}

impl RunningGateway {
    /// Address and port of the participants' interface.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Address and port of the operator's interface, where there is one.
    pub fn management_address(&self) -> Option<SocketAddr> {
        self.management_address
    }

    /// The database that it serves from.
    pub fn store(&self) -> &Store {
        self.gateway.trust.store()
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.gateway.metrics
    }

    /// Puts changes into effect that were made in the database beside the running gateway. It
    /// notices them by itself within a second.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn refresh(&self) -> Result<(), TrustError> {
        self.gateway.trust.refresh().await?;
        self.gateway.look().await?;
        Ok(())
    }

    /// Runs a job now, due or not, unless another process runs it.
    ///
    /// # Errors
    ///
    /// [`RunJobError`] says what keeps it from beginning. A run that fails is no error: its report
    /// tells.
    pub async fn run_job(&self, job: Job) -> Result<JobReport, RunJobError> {
        let mut stop = self.stop.subscribe();
        self.gateway.jobs.run_now(&self.gateway, job, Asked::ByItself, &mut stop).await
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

//! Connections: accept, handshake, bounds, and an orderly end.
//!
//! The accept loop never waits for a peer. Each connection is a task of its own that has a
//! deadline for the handshake, for the headers of every request and for its whole life, and a
//! place in the tallies of its address, until a request shows that it is no stranger, and of its
//! client certificate. When the gateway stops,
//! running requests end, idle connections close, and what is left after the drain time is cut.

pub(crate) mod tally;
pub(crate) mod tls;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;
use tracing::{debug, warn};

use self::tally::{Place, Tally};
use self::tls::TlsConfigs;
use crate::config::{Limits, ProxyHeaders};
use crate::identity::PeerIdentity;
use crate::metrics::{FailedHandshake, Metrics, RefusedConnection};
use crate::rate::Rate;

/// How often the addresses that have been quiet are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(10);

/// What a request can know of its connection.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// The other end: the participant's or the proxy's.
    pub(crate) address: SocketAddr,
    /// The client certificate of the handshake.
    pub(crate) identity: Option<Arc<PeerIdentity>>,
    /// The place among its address's strangers, until a request shows who it is.
    stranger: Arc<Mutex<Option<Place<IpAddr>>>>,
}

impl Connection {
    /// The peer has shown who it is: it is no stranger any more.
    pub(crate) fn is_known(&self) {
        drop(self.stranger.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// One listening socket with its rules.
#[derive(Debug)]
pub(crate) struct Listener {
    tcp: TcpListener,
    rules: Arc<Rules>,
}

/// The rules of a socket, of which some can be replaced while it serves.
#[derive(Debug)]
pub(crate) struct Rules {
    tls: Option<ArcSwap<TlsConfigs>>,
    limits: ArcSwap<Limits>,
    proxies: ProxyHeaders,
    places: Arc<Semaphore>,
    strangers: Arc<Tally<IpAddr>>,
    certificates: Arc<Tally<String>>,
    handshakes: ArcSwap<Rate<IpAddr>>,
    metrics: Option<Arc<Metrics>>,
}

impl Listener {
    /// Rules for a socket: TLS with client certificates, or plain HTTP without `tls`.
    pub(crate) fn new(
        tcp: TcpListener,
        tls: Option<TlsConfigs>,
        limits: Limits,
        proxies: ProxyHeaders,
        metrics: Option<Arc<Metrics>>,
    ) -> Self {
        let rules = Rules {
            tls: tls.map(ArcSwap::from_pointee),
            places: Arc::new(Semaphore::new(limits.connections)),
            strangers: Arc::new(Tally::new(limits.strangers_per_address)),
            certificates: Arc::new(Tally::new(limits.connections_per_certificate)),
            handshakes: ArcSwap::from_pointee(Rate::per_minute(limits.handshakes_per_minute)),
            limits: ArcSwap::from_pointee(limits),
            proxies,
            metrics,
        };
        Self { tcp, rules: Arc::new(rules) }
    }

    /// The rules, to replace them while the socket serves.
    pub(crate) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules)
    }

    /// Serves until `stop` turns true or is dropped, then drains.
    pub(crate) async fn serve(self, router: Router, mut stop: watch::Receiver<bool>) {
        let mut connections = JoinSet::new();
        let mut forgotten = Instant::now();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                accepted = self.accept() => accepted,
            };
            while connections.try_join_next().is_some() {}
            let Some((stream, address, place)) = accepted else { continue };
            if forgotten.elapsed() > FORGET_EVERY {
                forgotten = Instant::now();
                self.rules.handshakes.load().forget_idle();
            }
            let Some(stranger) = self.rules.admit(address) else { continue };
            let rules = Arc::clone(&self.rules);
            let (router, stop) = (router.clone(), stop.clone());
            connections.spawn(async move {
                rules.connection(stream, address, stranger, router, stop).await;
                drop(place);
            });
        }
        drop(self.tcp);
        let drained = async { while connections.join_next().await.is_some() {} };
        if timeout(self.rules.limits.load().drain(), drained).await.is_err() {
            warn!(open = connections.len(), "cutting connections that did not end in time");
            connections.shutdown().await;
        }
    }

    /// The next connection, when there is a place for it.
    async fn accept(&self) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let place = Arc::clone(&self.rules.places).acquire_owned().await.ok()?;
        match self.tcp.accept().await {
            Ok((stream, address)) => Some((stream, address, place)),
            Err(error) => {
                // Out of file descriptors, most likely: waiting lets others end.
                warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(50)).await;
                None
            }
        }
    }
}

impl Rules {
    /// Another certificate from the next handshake on.
    pub(crate) fn replace_tls(&self, configs: TlsConfigs) {
        if let Some(tls) = &self.tls {
            tls.store(Arc::new(configs));
        }
    }

    /// Other limits from the next connection on; the number of connections stays.
    pub(crate) fn replace_limits(&self, limits: Limits) {
        self.strangers.replace_limit(limits.strangers_per_address);
        self.certificates.replace_limit(limits.connections_per_certificate);
        if limits.handshakes_per_minute != self.limits.load().handshakes_per_minute {
            self.handshakes.store(Arc::new(Rate::per_minute(limits.handshakes_per_minute)));
        }
        self.limits.store(Arc::new(limits));
    }

    /// A place for a new connection, unless its address takes too much.
    fn admit(&self, address: SocketAddr) -> Option<Place<IpAddr>> {
        let network = network(address.ip());
        let counted = self.tls.is_some() && !self.proxies.believes(address.ip());
        if counted && self.handshakes.load().take(&network).is_err() {
            self.count(|metrics| metrics.refused(RefusedConnection::Handshakes));
            debug!(%address, "too many handshakes from this address");
            return None;
        }
        let place = self.strangers.enter(network);
        if place.is_none() {
            self.count(|metrics| metrics.refused(RefusedConnection::Strangers));
            warn!(%address, "too many connections from this address that name nobody");
        }
        place
    }

    fn count(&self, event: impl FnOnce(&Metrics)) {
        if let Some(metrics) = &self.metrics {
            event(metrics);
        }
    }

    async fn connection(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        stranger: Place<IpAddr>,
        router: Router,
        stop: watch::Receiver<bool>,
    ) {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%address, %error, "cannot send small answers at once");
        }
        let _open = self.metrics.as_ref().map(|metrics| metrics.opened());
        let Some(tls) = &self.tls else {
            let connection = Connection { address, identity: None, stranger: Arc::default() };
            drop(stranger);
            self.requests(stream, connection, router, stop).await;
            return;
        };
        let acceptor = TlsAcceptor::from(tls.load().of(self.proxies.believes(address.ip())));
        let stream = match timeout(self.limits.load().handshake(), acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                self.count(|metrics| metrics.handshake_failed(FailedHandshake::Tls));
                debug!(%address, %error, "handshake failed");
                return;
            }
            Err(_) => {
                self.count(|metrics| metrics.handshake_failed(FailedHandshake::Timeout));
                debug!(%address, "handshake took too long");
                return;
            }
        };
        let der = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let identity = match der.map(|der| PeerIdentity::from_der(der)).transpose() {
            Ok(identity) => identity.map(Arc::new),
            Err(error) => {
                self.count(|metrics| metrics.handshake_failed(FailedHandshake::Certificate));
                debug!(%address, %error, "client certificate cannot be read");
                return;
            }
        };
        let place = match &identity {
            None => None,
            Some(identity) => match self.certificates.enter(identity.thumbprint.clone()) {
                Some(place) => Some(place),
                None => {
                    self.count(|metrics| metrics.refused(RefusedConnection::Certificate));
                    warn!(%address, thumbprint = identity.thumbprint,
                        "too many connections with this client certificate");
                    return;
                }
            },
        };
        // Where clients name themselves by a certificate, anybody can make one: the place is given
        // back when a request shows that it is onboarded. A named proxy speaks for many.
        let names_itself = identity.is_some() && !self.proxies.believes(address.ip());
        let stranger = Arc::new(Mutex::new(Some(stranger).filter(|_| names_itself)));
        let connection = Connection { address, identity, stranger };
        self.requests(stream, connection, router, stop).await;
        drop(place);
    }

    async fn requests<Stream>(
        &self,
        stream: Stream,
        connection: Connection,
        router: Router,
        mut stop: watch::Receiver<bool>,
    ) where
        Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let address = connection.address;
        let limits = self.limits.load_full();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(connection.clone());
            router.clone().oneshot(request)
        });
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header())
            .max_header_size(limits.header_bytes)
            .max_buf_size(limits.header_bytes)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(serving);
        let ended = tokio::select! {
            ended = serving.as_mut() => Some(ended),
            () = stopped(&mut stop) => None,
            () = sleep(limits.connection()) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                serving.as_mut().graceful_shutdown();
                // A peer that reads its answer too slowly is cut here.
                match timeout(limits.request(), serving).await {
                    Ok(ended) => ended,
                    Err(_) => {
                        debug!(%address, "connection cut at the end of its time");
                        return;
                    }
                }
            }
        };
        if let Err(error) = ended {
            debug!(%address, %error, "connection ended early");
        }
    }
}

/// Resolves when the gateway is told to stop, or nobody is left to tell it.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What counts as one address: a /64 network of IPv6 belongs to one subscriber.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_a_network_of_ipv6_as_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}

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
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;
use tracing::{debug, warn};

use self::tally::{Place, Tally};
use self::tls::TlsConfigs;
use crate::config::{Limits, ProxyHeaders};
use crate::identity::PeerIdentity;

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

#[derive(Debug)]
struct Rules {
    tls: Option<TlsConfigs>,
    limits: Limits,
    proxies: ProxyHeaders,
    places: Arc<Semaphore>,
    strangers: Arc<Tally<IpAddr>>,
    certificates: Arc<Tally<String>>,
}

impl Listener {
    /// Rules for a socket: TLS with client certificates, or plain HTTP without `tls`.
    pub(crate) fn new(
        tcp: TcpListener,
        tls: Option<TlsConfigs>,
        limits: Limits,
        proxies: ProxyHeaders,
    ) -> Self {
        let rules = Rules {
            tls,
            places: Arc::new(Semaphore::new(limits.connections)),
            strangers: Arc::new(Tally::new(limits.strangers_per_address)),
            certificates: Arc::new(Tally::new(limits.connections_per_certificate)),
            limits,
            proxies,
        };
        Self { tcp, rules: Arc::new(rules) }
    }

    /// Serves until `stop` turns true or is dropped, then drains.
    pub(crate) async fn serve(self, router: Router, mut stop: watch::Receiver<bool>) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                accepted = self.accept() => accepted,
            };
            while connections.try_join_next().is_some() {}
            let Some((stream, address, place)) = accepted else { continue };
            let Some(stranger) = self.rules.strangers.enter(network(address.ip())) else {
                warn!(%address, "too many connections from this address that name nobody");
                continue;
            };
            let rules = Arc::clone(&self.rules);
            let (router, stop) = (router.clone(), stop.clone());
            connections.spawn(async move {
                rules.connection(stream, address, stranger, router, stop).await;
                drop(place);
            });
        }
        drop(self.tcp);
        let drained = async { while connections.join_next().await.is_some() {} };
        if timeout(self.rules.limits.drain(), drained).await.is_err() {
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
        let Some(tls) = &self.tls else {
            let connection = Connection { address, identity: None, stranger: Arc::default() };
            drop(stranger);
            self.requests(stream, connection, router, stop).await;
            return;
        };
        let acceptor = TlsAcceptor::from(tls.of(self.proxies.believes(address.ip())));
        let stream = match timeout(self.limits.handshake(), acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                debug!(%address, %error, "handshake failed");
                return;
            }
            Err(_) => {
                debug!(%address, "handshake took too long");
                return;
            }
        };
        let der = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let identity = match der.map(|der| PeerIdentity::from_der(der)).transpose() {
            Ok(identity) => identity.map(Arc::new),
            Err(error) => {
                debug!(%address, %error, "client certificate cannot be read");
                return;
            }
        };
        let place = match &identity {
            None => None,
            Some(identity) => match self.certificates.enter(identity.thumbprint.clone()) {
                Some(place) => Some(place),
                None => {
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
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(connection.clone());
            router.clone().oneshot(request)
        });
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header())
            .max_header_size(self.limits.header_bytes)
            .max_buf_size(self.limits.header_bytes)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(serving);
        let ended = tokio::select! {
            ended = serving.as_mut() => Some(ended),
            () = stopped(&mut stop) => None,
            () = sleep(self.limits.connection()) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                serving.as_mut().graceful_shutdown();
                // A peer that reads its answer too slowly is cut here.
                match timeout(self.limits.request(), serving).await {
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
fn network(address: IpAddr) -> IpAddr {
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

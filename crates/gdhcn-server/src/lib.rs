//! HTTP services of the network: the Trust Network Gateway ([`gateway`]) and the verification
//! service ([`verifier`]).
//!
//! How a request flows through the gateway: the listener accepts a connection, proves by the handshake that the peer
//! holds the key of its client certificate, and bounds what the peer may take. The router finds
//! the resource; its first argument, the authenticated peer, looks the certificate's thumbprint up
//! among those that the trust anchor has onboarded. A list is answered from a snapshot that is
//! ready in memory. A certificate message is read, its signature verified and the checks of the
//! network run over it; what passes goes into the database in one transaction with its audit
//! event, and then into the next snapshot, before the peer gets its answer.
//!
//! Inside, errors are typed. One private module, `problem`, turns them into HTTP statuses and the
//! network's codes.

pub mod config;
pub mod gateway;
pub mod jobs;
pub mod verifier;

mod clock;
pub mod expiry;
mod identity;
mod listen;
pub mod metrics;
mod openapi;
mod problem;
mod rate;
mod telemetry;

pub use clock::Clock;
pub use config::GatewayConfig;
pub use gateway::{Gateway, RunningGateway, StartError, TrustError};
pub use listen::tls::TlsError;
pub use verifier::{RunningVerifier, Verifier, VerifierConfig, VerifierStartError};

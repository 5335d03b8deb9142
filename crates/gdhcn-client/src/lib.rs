//! Speak to the servers of the Global Digital Health Certification Network.
//!
//! * [`wire`] holds the JSON types of the gateway's interface. The server uses the same types, so
//!   the two sides cannot drift apart.
//! * [`gateway`] is the client: HTTPS with a client certificate, typed calls, typed faults.
//! * [`did_web`] fetches published DID documents, for which nobody needs an account.
//! * [`log_files`] fetches the files of a gateway's transparency log.
//! * [`stage`] says how far a connection came before it failed, and what to try.
//!
//! Data flows like this: [`gateway::Gateway::trust_list`] downloads the JSON array and reads it
//! entry by entry; nothing in it is trusted yet. `gdhcn_trust` then checks each entry's signature
//! up to the trust anchor.

pub mod did_web;
pub mod gateway;
pub mod log_files;
pub mod stage;
pub mod wire;

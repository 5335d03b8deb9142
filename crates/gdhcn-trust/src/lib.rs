//! Whose keys count in the Global Digital Health Certification Network.
//!
//! A container's signature is checked in `gdhcn-envelope` with a key that the caller names. This
//! crate says which keys those may be, and why:
//!
//! * [`profile`] and [`ceremony`]: what the certificate of each role looks like, and making it;
//! * [`participant`]: who is onboarded with which certificate, by the trust anchor's signature;
//! * [`participant_folder`] and [`lint`]: what a participant hands in, and what is wrong with it;
//! * [`onboarding_request`]: what is to be signed, as one file for an anchor that is offline;
//! * [`private_key`]: finding private keys where none may be;
//! * [`upload`]: whether a participant may upload or withdraw a signer certificate;
//! * [`reference`] and [`issuer`]: services outside the gateway that a participant points to, or that
//!   the trust anchor vouches for;
//! * [`path`]: which signing authority (SCA) of a participant issued a document signer (DSC);
//! * [`did`]: the DID documents in which the network publishes its lists;
//! * [`federation`]: what a gateway takes over from another one;
//! * [`trust_list`]: all sources together (DID lists, gateways' lists, card issuers' directories,
//!   ICAO master lists, files), as one immutable [`TrustStore`] for look-ups;
//! * [`snapshot`]: such a store as one signed file.
//!
//! Nothing here reads a clock, a file or a network; instants and bytes are arguments.

pub mod approval;
pub mod ceremony;
pub mod did;
pub mod federation;
pub mod issuer;
mod jwk;
pub mod kid_text;
pub mod lint;
mod listed;
pub mod onboarding_request;
pub mod participant;
pub mod participant_folder;
pub mod path;
pub mod private_key;
pub mod profile;
mod purpose;
pub mod reference;
pub mod trust_list;
pub mod upload;

pub use jwk::{JwkError, thumbprint as jwk_thumbprint};
pub use purpose::{SignerMisfit, document_purposes};
pub use trust_list::snapshot;
pub use trust_list::{
    Chain, GatewayItem, GatewayRefusal, Issuer, Limits, ProofFault, ProofStatus, Refusal,
    RefusedEntry, Relay, Source, SourceKind, TrustStore, TrustStoreBuilder, TrustedKey,
};

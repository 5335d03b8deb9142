//! One file a command.

mod batch;
pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod gateway;
pub(crate) mod participant;
pub(crate) mod stop;
pub(crate) mod trust;
pub(crate) mod trust_anchor;
pub(crate) mod verifier;
pub(crate) mod verify;

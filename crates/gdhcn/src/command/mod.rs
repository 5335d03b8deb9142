//! One file a command.

pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod gateway;
pub(crate) mod trust;
pub(crate) mod verify;

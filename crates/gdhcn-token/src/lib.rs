//! Private keys in hardware tokens, over PKCS#11.
//!
//! A [`TokenKey`] is a [`Signer`](gdhcn_crypto::Signer) like any other: hashing happens here, the
//! signature is made in the token, the private key never leaves it. Which key of which token is
//! meant says a [`TokenAddress`], a `pkcs11:` URI (RFC 7512).
//!
//! The module of the token's maker is a shared library that is loaded into the process, so its
//! path is the operator's to give and never comes from data.

mod address;
mod error;
mod key;

pub use address::{AddressError, TokenAddress};
pub use error::TokenError;
pub use key::{Pin, TokenKey};

//! Algorithms, keys and the signing seam.
//!
//! The rest of the workspace names no cryptographic library. It speaks of a [`PublicKey`], of a
//! [`SignatureScheme`] and of two small traits:
//!
//! * [`Verifier`] is a public key made ready for checking many signatures;
//! * [`Signer`] is a private key, wherever it lives (memory here; a token or a service later).
//!
//! A [`Backend`] turns a public key into a verifier. Two back ends exist and are chosen by value:
//! AWS-LC for native programs, RustCrypto for WebAssembly, for what AWS-LC does not do (PSS with
//! an odd salt), and as a second opinion in tests. A certificate is named by its [`Thumbprint`],
//! a key in a trust list by its [`Kid`].

mod backend;
mod digest;
pub mod ecdsa_signature;
mod explicit_curve;
mod key;
mod kid;
mod scheme;
mod signer;
mod spki;
mod verifier;

pub use backend::Backend;
#[cfg(not(target_arch = "wasm32"))]
pub use backend::software_key::{KeyKind, RsaSize, SoftwareKey};
pub use digest::{DigestAlgorithm, RunningSha256, sha256};
pub use key::{Curve, EcPublicKey, Ed25519PublicKey, KeyError, PublicKey, RsaPublicKey};
pub use kid::{Kid, Thumbprint, ThumbprintError};
pub use scheme::SignatureScheme;
pub use signer::{SignError, Signer};
pub use verifier::{Verifier, VerifyError};

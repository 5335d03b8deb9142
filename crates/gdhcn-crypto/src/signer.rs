use std::fmt::Debug;

use crate::{PublicKey, SignatureScheme};

/// A private key that can sign, wherever it lives.
pub trait Signer: Debug + Send + Sync {
    /// The public half.
    fn public_key(&self) -> &PublicKey;

    /// Signs `message`, which is hashed here.
    ///
    /// # Errors
    ///
    /// When the key cannot sign under `scheme`, or when the back end refuses.
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// Why a signature was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The key is of another kind than the scheme needs.
    #[error("a key of type {key} cannot sign with {scheme}")]
    KeyMismatch {
        /// The key, such as `EC P-256`.
        key: String,
        /// The scheme that was asked for.
        scheme: SignatureScheme,
    },
    /// The key exists, but this back end does not offer the scheme for it.
    #[error("this key store does not sign with {scheme} under a key of type {key}")]
    Unsupported {
        /// The key, such as `EC P-256`.
        key: String,
        /// The scheme that was asked for.
        scheme: SignatureScheme,
    },
    /// The key could not be made.
    #[error("a key of type {kind} could not be generated")]
    Generation {
        /// The kind of key that was asked for.
        kind: String,
    },
    /// The back end refused; it gives no reason.
    #[error("the key store refused to sign")]
    Refused,
}

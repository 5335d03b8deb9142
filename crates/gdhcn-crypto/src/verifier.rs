use std::fmt::Debug;

use crate::{PublicKey, SignatureScheme};

/// A public key made ready for checking many signatures.
pub trait Verifier: Debug + Send + Sync {
    /// The key that is checked against.
    fn public_key(&self) -> &PublicKey;

    /// Checks `signature` over `message`, which is hashed here.
    ///
    /// # Errors
    ///
    /// [`VerifyError::BadSignature`] when the signature is well formed and wrong; the other
    /// variants when it cannot be checked at all.
    fn verify(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError>;
}

/// Why a signature did not verify.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The key is of another kind than the scheme needs.
    #[error("a key of type {key} does not verify {scheme}")]
    KeyMismatch {
        /// The key, such as `RSA 2048`.
        key: String,
        /// The scheme of the signature.
        scheme: SignatureScheme,
    },
    /// The signature has not the form that the scheme prescribes.
    #[error("the signature of {found} bytes is not of the form of {scheme}")]
    MalformedSignature {
        /// Length of the signature in bytes.
        found: usize,
        /// The scheme of the signature.
        scheme: SignatureScheme,
    },
    /// The back end does not offer the scheme for this key.
    #[error("{scheme} under a key of type {key} is not supported")]
    Unsupported {
        /// The key, such as `EC P-521`.
        key: String,
        /// The scheme of the signature.
        scheme: SignatureScheme,
    },
    /// The signature is well formed, but was not made by this key over this message.
    #[error("the signature was not made by this key over this content")]
    BadSignature,
}

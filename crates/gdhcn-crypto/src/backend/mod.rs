use std::sync::Arc;

use crate::{KeyError, PublicKey, Verifier};

#[cfg(not(target_arch = "wasm32"))]
mod aws_lc;
#[cfg(not(target_arch = "wasm32"))]
mod encrypted_key;
mod rust_crypto;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod software_key;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

/// A library that does the arithmetic, chosen by value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// AWS-LC: the fastest natively. What it lacks (PSS whose salt is not as long as the digest)
    /// goes to RustCrypto.
    #[cfg(not(target_arch = "wasm32"))]
    AwsLc,
    /// RustCrypto: pure Rust, the one for WebAssembly.
    RustCrypto,
}

impl Default for Backend {
    fn default() -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        return Self::AwsLc;
        #[cfg(target_arch = "wasm32")]
        return Self::RustCrypto;
    }
}

impl Backend {
    /// Makes `key` ready for checking signatures.
    ///
    /// # Errors
    ///
    /// When the library refuses a key that [`PublicKey`] allows.
    pub fn verifier(self, key: &PublicKey) -> Result<Arc<dyn Verifier>, KeyError> {
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Self::AwsLc => Ok(Arc::new(aws_lc::AwsLcVerifier::new(key)?)),
            Self::RustCrypto => Ok(Arc::new(rust_crypto::RustCryptoVerifier::new(key)?)),
        }
    }
}

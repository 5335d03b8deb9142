//! Both back ends against published vectors, the OpenSSL program, and each other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod openssl;
mod wycheproof;

use gdhcn_crypto::{Backend, PublicKey, SignatureScheme};

const BACKENDS: [Backend; 2] = [Backend::AwsLc, Backend::RustCrypto];

/// Whether the back end takes the signature for the key's.
fn accepts(
    backend: Backend,
    key: &PublicKey,
    scheme: SignatureScheme,
    message: &[u8],
    signature: &[u8],
) -> bool {
    backend.verifier(key).is_ok_and(|verifier| verifier.verify(scheme, message, signature).is_ok())
}

//! The word of an operator on a request: a signature over its digest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_crypto::{Backend, KeyError, PublicKey, SignError, Signer, Thumbprint};

/// Put before what operators sign, so that the signature means nothing anywhere else.
const PREFIX: &str = "gdhcn onboarding approval v1\n";

/// Why an approval does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// The operator's key cannot be used.
    #[error("the operator's key cannot be used: {0}")]
    Key(#[from] KeyError),
    /// The signature is not by this key over this request.
    #[error("the approval is not signed by the operator's key over this request")]
    NotApproved,
}

/// Approves the request of this digest with an operator's key; the signature in base64.
///
/// # Errors
///
/// When the key does not sign.
pub fn approve(request: &Thumbprint, signer: &dyn Signer) -> Result<String, SignError> {
    let scheme = signer.public_key().default_scheme();
    Ok(STANDARD.encode(signer.sign(scheme, text(request).as_bytes())?))
}

/// Checks an operator's approval of the request of this digest.
///
/// # Errors
///
/// When the signature is not by this key over this request.
pub fn check(
    request: &Thumbprint,
    key: &PublicKey,
    signature: &str,
    backend: Backend,
) -> Result<(), ApprovalError> {
    let signature = STANDARD.decode(signature).map_err(|_| ApprovalError::NotApproved)?;
    backend
        .verifier(key)?
        .verify(key.default_scheme(), text(request).as_bytes(), &signature)
        .map_err(|_| ApprovalError::NotApproved)
}

fn text(request: &Thumbprint) -> String {
    format!("{PREFIX}{request}")
}

use std::path::PathBuf;

use gdhcn_crypto::KeyError;

/// Why a key in a token cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The address names no module.
    #[error("no PKCS#11 module is named; add ?module-path=FILE to the address")]
    NoModule,
    /// The module cannot be loaded or started.
    #[error("the PKCS#11 module {path} cannot be used: {source}")]
    Module {
        /// The module.
        path: PathBuf,
        /// What the loader or the module said.
        source: cryptoki::error::Error,
    },
    /// No token fits.
    #[error("no token fits the address; the module has {}", listed(.found))]
    NoToken {
        /// Labels of the tokens that are there.
        found: Vec<String>,
    },
    /// More than one token fits.
    #[error("{} fit the address; tell them apart by serial=", listed(.found))]
    SeveralTokens {
        /// Labels and serial numbers of the tokens that fit.
        found: Vec<String>,
    },
    /// The token refuses the PIN.
    #[error("the token refuses the PIN; after some wrong ones it locks itself")]
    Pin,
    /// The token is locked.
    #[error("the PIN is locked; the security officer of the token can set a new one")]
    Locked,
    /// No private key fits.
    #[error("the token holds no private key of that label or id")]
    NoKey,
    /// More than one private key fits.
    #[error("{count} private keys fit the address; tell them apart by id=")]
    SeveralKeys {
        /// How many.
        count: usize,
    },
    /// A key of that label is there already.
    #[error("the token holds a key of that label already")]
    Exists,
    /// A new key needs a label.
    #[error("a new key needs a label; add object=LABEL to the address")]
    NoLabel,
    /// The public half is not in the token.
    #[error("the public key does not lie beside the private one in the token")]
    NoPublicKey,
    /// The key is none that the network uses.
    #[error("the token's key cannot be used: {0}")]
    Key(#[from] KeyError),
    /// Any other refusal of the token.
    #[error("the token says: {0}")]
    Token(#[from] cryptoki::error::Error),
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

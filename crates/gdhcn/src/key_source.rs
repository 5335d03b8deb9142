//! Where a private key lies: a PKCS#8 file, an encrypted one, or a hardware token.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use gdhcn_crypto::{Signer, SoftwareKey};
#[cfg(feature = "pkcs11")]
use gdhcn_token::{Pin, TokenAddress, TokenKey};
use zeroize::Zeroizing;

use crate::ask;
use crate::exit::{Fault, OrInput};

/// Which key, as it is written in an argument.
#[derive(Clone, Debug)]
pub(crate) enum KeySource {
    /// A PEM file: PKCS#8, encrypted or not.
    File(PathBuf),
    /// A key in a token.
    #[cfg(feature = "pkcs11")]
    Token(Box<TokenAddress>),
}

impl FromStr for KeySource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.starts_with("pkcs11:") {
            return Ok(Self::File(text.into()));
        }
        #[cfg(feature = "pkcs11")]
        return text
            .parse()
            .map(|one| Self::Token(Box::new(one)))
            .map_err(|error: gdhcn_token::AddressError| error.to_string());
        #[cfg(not(feature = "pkcs11"))]
        return Err(
            "this program was built without PKCS#11; build it with `--features pkcs11`".to_owned()
        );
    }
}

/// What opens a key. Never the secret itself: arguments are seen by everybody on the machine.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SecretArguments {
    /// A file or descriptor (/dev/fd/3) with the passphrase of an encrypted key file or the PIN of a
    /// token; without it they are asked on the terminal
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// The library of the token's maker, where the address of the key does not name it
    #[arg(long, value_name = "FILE")]
    pub(crate) pkcs11_module: Option<PathBuf>,
}

impl KeySource {
    /// Opens the key; asks for its secret where it needs one and none is given.
    pub(crate) fn open(&self, secret: &SecretArguments) -> Result<Box<dyn Signer>, Fault> {
        match self {
            Self::File(path) => Ok(Box::new(open_file(path, secret)?)),
            #[cfg(feature = "pkcs11")]
            Self::Token(address) => {
                let (address, pin) = with_pin(address, secret)?;
                let key = TokenKey::open(&address, &pin).or_input(&address)?;
                Ok(Box::new(key))
            }
        }
    }

    /// Makes a new key on P-256 there: a file under a passphrase, or in the token.
    pub(crate) fn generate(
        &self,
        secret: &SecretArguments,
        unencrypted: bool,
    ) -> Result<Box<dyn Signer>, Fault> {
        match self {
            Self::File(path) => {
                use crate::exit::OrInternal as _;
                use gdhcn_crypto::{Curve, KeyKind};
                if path.exists() {
                    return Err(Fault::Usage(format!(
                        "{} exists; a key is never written over",
                        path.display()
                    )));
                }
                let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256))
                    .or_internal("making the key")?;
                let text = if unencrypted {
                    key.to_pem()
                } else {
                    let file = secret.passphrase_file.as_deref();
                    let passphrase = ask::new_secret(file, "Passphrase for the new key")?;
                    let text = key.to_encrypted_pem(passphrase.as_bytes());
                    Zeroizing::new(text.or_internal("encrypting the key")?)
                };
                crate::file::write_secret(path, text.as_bytes())?;
                Ok(Box::new(key))
            }
            #[cfg(feature = "pkcs11")]
            Self::Token(address) => {
                let (address, pin) = with_pin(address, secret)?;
                let key = TokenKey::generate(&address, &pin).or_input(&address)?;
                Ok(Box::new(key))
            }
        }
    }

    /// For people: the file, or the key in its token.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            #[cfg(feature = "pkcs11")]
            Self::Token(address) => address.to_string(),
        }
    }
}

fn open_file(path: &Path, secret: &SecretArguments) -> Result<SoftwareKey, Fault> {
    let text = Zeroizing::new(std::fs::read_to_string(path).or_input(path.display())?);
    if !SoftwareKey::is_encrypted_pem(&text) {
        return SoftwareKey::from_pem(&text).or_input(path.display());
    }
    let prompt = format!("Passphrase of {}", path.display());
    let passphrase = ask::secret(secret.passphrase_file.as_deref(), &prompt)?;
    SoftwareKey::from_encrypted_pem(&text, passphrase.as_bytes()).or_input(path.display())
}

#[cfg(feature = "pkcs11")]
fn with_pin(
    address: &TokenAddress,
    secret: &SecretArguments,
) -> Result<(TokenAddress, Pin), Fault> {
    let mut address = address.clone();
    address.module = address.module.or_else(|| secret.pkcs11_module.clone());
    let file = secret.passphrase_file.as_deref().or(address.pin_file.as_deref());
    let pin = ask::secret(file, &format!("PIN for {address}"))?;
    Ok((address, Pin::Text(pin)))
}

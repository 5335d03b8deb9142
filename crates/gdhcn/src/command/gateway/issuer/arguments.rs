use std::path::PathBuf;

use clap::{Args, Subcommand};
use gdhcn_codes::{Domain, Participant};
use gdhcn_trust::issuer::IssuerKind;

use crate::command::gateway::arguments::participant;
use crate::command::gateway::onboarding_arguments::SigningArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum IssuerCommand {
    /// Have the trust anchor sign an issuer, and serve it.
    Add(Box<AddArguments>),
    /// Show the issuers, and whether the trust anchor's signature holds.
    List(ListArguments),
    /// Take an issuer away.
    Remove(RemoveArguments),
}

const ADD_EXAMPLES: &str = "\
Examples:
  gdhcn gateway issuer add --config gateway.toml --country XA --name 'Ministry of Health' \\
      --url did:web:health.example --hash $(sha256sum did.json | cut -c-64) \\
      --sign-with trust-anchor.key
  gdhcn gateway issuer add --config gateway.toml --country XA --name 'Keys of XA' \\
      --url https://keys.example/jwks --key-storage-type JWKS --export request.json
  gdhcn trust-anchor sign request.json --key trust-anchor.key --out response.json
  (the same command again with --import response.json)

The trust anchor signs country, name, address and kind. Hash, certificate and kind of key storage
are what the participant says; nobody vouches for them. An issuer at the same address in the same
domain is replaced. Issuers of a participant's folder come with `gdhcn gateway onboard`.

Exit codes: 0 done, shown or exported; 1 nobody said yes; 64 wrong usage; 66 a file cannot be read
or does not hold; 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = ADD_EXAMPLES)]
pub(crate) struct AddArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Whose issuer it is, two letters
    #[arg(long, value_name = "CODE", value_parser = participant)]
    pub(crate) country: Participant,
    /// Name for people
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: String,
    /// Where its keys are: a DID or an https:// address
    #[arg(long, value_name = "URL", value_parser = address)]
    pub(crate) url: String,
    /// HTTP or DID [default: by the address]
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    pub(crate) kind: Option<IssuerKind>,
    /// The domain it is for
    #[arg(long, value_name = "DOMAIN", default_value = "DCC")]
    pub(crate) domain: Domain,
    /// SHA-256 of what is found there, 64 hexadecimal digits; a DID needs it
    #[arg(long, value_name = "SHA256", default_value = "", hide_default_value = true)]
    pub(crate) hash: String,
    /// Certificate of the server that hosts it (PEM or DER)
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// How the keys are kept there, such as JWKS [default: DIDDocument for a DID]
    #[arg(long, value_name = "TEXT")]
    pub(crate) key_storage_type: Option<String>,
    #[command(flatten)]
    pub(crate) signing: SigningArguments,
}

const LIST_EXAMPLES: &str = "\
Examples:
  gdhcn gateway issuer list --config gateway.toml
  gdhcn gateway issuer list --config gateway.toml --json | jq '.[] | select(.fault)'

Exit codes: 0 all of them are served, 1 one is not, 64 wrong usage, 66 the configuration cannot
be read, 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = LIST_EXAMPLES)]
pub(crate) struct ListArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const REMOVE_EXAMPLES: &str = "\
Example:
  gdhcn gateway issuer remove --config gateway.toml 5e45f5f0-a7dd-4b0e-9fd3-1c1b0e5a1b2c

Exit codes: 0 taken away, 1 nobody said yes, 64 wrong usage, 66 there is no such issuer, 70
internal fault.";

#[derive(Args, Debug)]
#[command(after_help = REMOVE_EXAMPLES)]
pub(crate) struct RemoveArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Its identifier, as `issuer list` shows it, or its first digits
    #[arg(value_name = "UUID")]
    pub(crate) uuid: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

fn kind(text: &str) -> Result<IssuerKind, String> {
    IssuerKind::from_text(&text.to_ascii_uppercase())
        .ok_or_else(|| format!("`{text}` is no kind of issuer: HTTP or DID"))
}

fn address(text: &str) -> Result<String, String> {
    if text.starts_with("did:") || text.starts_with("https://") {
        return Ok(text.to_owned());
    }
    Err("an address of keys is a DID (did:web:...) or begins with https://".to_owned())
}

use std::path::PathBuf;

use clap::Args;

use crate::command::participant::EnvironmentName;
use crate::key_source::{KeySource, SecretArguments};

const ONBOARD_EXAMPLES: &str = "\
Examples:
  gdhcn gateway onboard --config gateway.toml XXA/ --dry-run
  gdhcn gateway onboard --config gateway.toml XXA/ --sign-with trust-anchor.key
  gdhcn gateway onboard --config gateway.toml XXA/ --export request.json
  gdhcn trust-anchor sign request.json --key trust-anchor.key --out response.json
  gdhcn gateway onboard --config gateway.toml XXA/ --import response.json
  gdhcn gateway onboard --config gateway.toml XXA/ --signed-results
  gdhcn gateway onboard --config gateway.toml XXA/ --sign-anew --sign-with next-anchor.key

The folder is linted, and what will change is shown with its fingerprints before the question. Where
the configuration names operators, add --operator NAME --operator-key FILE; with `approvals = 2` the
request then waits for `gdhcn gateway approve`, and nothing of it is trusted before.

Exit codes: 0 done, shown, or nothing to change; 1 not onboarded (lint, or nobody said yes); 64 wrong
usage; 66 a file cannot be read or does not hold; 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = ONBOARD_EXAMPLES)]
pub(crate) struct OnboardArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The participant's folder, with `onboarding/` in it
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Whose folder it is, two or three letters [default: the folder's name]
    #[arg(long, value_name = "CODE")]
    pub(crate) participant: Option<String>,
    /// Only this domain; repeatable [default: all that the folder has]
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) domain: Vec<String>,
    /// What the client certificates may do: REVOCATION_LIST_READER, REVOCATION_UPLOADER or
    /// REVOCATION_DELETER; repeatable
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Vec<String>,
    /// Whose onboarding checks the folder must pass
    #[arg(long, value_enum, default_value = "prod")]
    pub(crate) environment: EnvironmentName,
    /// Onboard in spite of errors of this lint rule, such as L051; repeatable. Private keys in the
    /// folder are never accepted
    #[arg(long, value_name = "RULE")]
    pub(crate) accept: Vec<String>,
    /// Read the files of this signed tag of the git repository FOLDER
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<String>,
    /// Take the results that lie in the folder (signed/TNG_TA.signed.*.json)
    #[arg(long, group = "how")]
    pub(crate) signed_results: bool,
    /// Have the trust anchor sign what is there already, too: for a new trust anchor
    #[arg(long)]
    pub(crate) sign_anew: bool,
    #[command(flatten)]
    pub(crate) signing: SigningArguments,
}

/// How the trust anchor signs, and who approves.
#[derive(Args, Clone, Debug)]
pub(crate) struct SigningArguments {
    /// Sign here, with the trust anchor's key: a PEM file, or a key in a token
    #[arg(long, value_name = "KEY", group = "how")]
    pub(crate) sign_with: Option<KeySource>,
    /// Write what is to be signed into a file, for `gdhcn trust-anchor sign`
    #[arg(long, value_name = "FILE", group = "how")]
    pub(crate) export: Option<PathBuf>,
    /// Take the answer of `gdhcn trust-anchor sign`
    #[arg(long, value_name = "FILE", group = "how")]
    pub(crate) import: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) secret: SecretArguments,
    #[command(flatten)]
    pub(crate) operator: OperatorArguments,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Who approves.
#[derive(Args, Clone, Debug)]
pub(crate) struct OperatorArguments {
    /// Your name, as the configuration has it
    #[arg(long, value_name = "NAME")]
    pub(crate) operator: Option<String>,
    /// Your private key: a PEM file, or a key in a token
    #[arg(long, value_name = "KEY")]
    pub(crate) operator_key: Option<KeySource>,
    /// A file or descriptor with the passphrase or PIN of --operator-key
    #[arg(long, value_name = "FILE")]
    pub(crate) operator_passphrase_file: Option<PathBuf>,
}

const APPROVE_EXAMPLES: &str = "\
Examples:
  gdhcn gateway requests --config gateway.toml
  gdhcn gateway approve --config gateway.toml 3f2a --operator Bea --operator-key bea.key

Exit codes: 0 approved (and carried out, when it was the last that was needed), 1 nobody said yes, 64
wrong usage, 66 the request does not hold or cannot be found, 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = APPROVE_EXAMPLES)]
pub(crate) struct ApproveArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The request, or the first digits of its name
    #[arg(value_name = "REQUEST")]
    pub(crate) request: String,
    #[command(flatten)]
    pub(crate) operator: OperatorArguments,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RequestsArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Also those that are done or withdrawn
    #[arg(long)]
    pub(crate) all: bool,
    /// Take this pending request back
    #[arg(long, value_name = "REQUEST")]
    pub(crate) withdraw: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const OFFBOARD_EXAMPLES: &str = "\
Examples:
  gdhcn gateway offboard --config gateway.toml XXA --dry-run
  gdhcn gateway offboard --config gateway.toml XXA --signers
  gdhcn gateway offboard --config gateway.toml XXA --certificate e4b3219b...

Exit codes: 0 done or shown, 1 nobody said yes, 64 wrong usage, 66 there is no such certificate, 70
internal fault.";

#[derive(Args, Debug)]
#[command(after_help = OFFBOARD_EXAMPLES)]
pub(crate) struct OffboardArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The participant, two or three letters
    #[arg(value_name = "PARTICIPANT")]
    pub(crate) participant: String,
    /// Only the certificate with this SHA-256 fingerprint, an uploaded one too; repeatable
    /// [default: all that are onboarded]
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) certificate: Vec<String>,
    /// The uploaded certificates too: who is off-boarded cannot withdraw them any more
    #[arg(long, conflicts_with = "certificate")]
    pub(crate) signers: bool,
    /// Show what would be taken away, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

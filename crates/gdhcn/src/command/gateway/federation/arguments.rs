use std::path::PathBuf;

use clap::{Args, Subcommand};
use gdhcn_trust::federation::{DownloadTarget, Downloader, Mode};

use crate::command::gateway::onboarding_arguments::{OperatorArguments, SigningArguments};

#[derive(Debug, Subcommand)]
pub(crate) enum FederationCommand {
    /// Have the trust anchor sign another gateway, and pull from it.
    Add(Box<AddArguments>),
    /// Show the gateways that are pulled from, and how it went.
    List(ListArguments),
    /// Take a gateway away, with everything that came from it.
    Remove(RemoveArguments),
    /// Pull from a gateway now.
    Pull(PullArguments),
}

const ADD_EXAMPLES: &str = "\
Examples:
  gdhcn gateway federation add --config gateway.toml --id 6f1e2d3c --client to-b \\
      --endpoint https://b.example --trust-anchor b-anchor.pem --server b-server.pem \\
      --sign-with trust-anchor.key
  (the same with --export peer-request.json; then, where the trust anchor's key is:)
  gdhcn trust-anchor sign peer-request.json --key trust-anchor.key --out peer-response.json
  gdhcn gateway federation add --config gateway.toml --import peer-response.json

The trust anchor signs the configuration and each certificate. What the other gateway lists counts
up to its --trust-anchor; it is spoken to only where it shows a --server certificate, or one under
it. --client names our certificate for it under `federation.clients` of the configuration: the other
gateway must have onboarded that certificate for authentication. A gateway of the same --id is
replaced. Where the configuration names operators, add --operator NAME --operator-key FILE; with
`approvals = 2` it then waits for `gdhcn gateway approve`, and nothing is pulled before.

Exit codes: 0 done, shown or exported; 1 nobody said yes; 64 wrong usage; 66 a file cannot be read
or does not hold; 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = ADD_EXAMPLES)]
pub(crate) struct AddArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Its identity, which lists show as `sourceGateway`: up to 36 characters
    #[arg(long, value_name = "ID", required_unless_present = "import")]
    pub(crate) id: Option<String>,
    /// Its address, https://HOST[:PORT][/PREFIX]
    #[arg(long, value_name = "URL", required_unless_present = "import")]
    pub(crate) endpoint: Option<String>,
    /// The name of our client certificate for it in `federation.clients`
    #[arg(long, value_name = "NAME", required_unless_present = "import")]
    pub(crate) client: Option<String>,
    /// Its trust anchor (PEM or DER); repeatable
    #[arg(long, value_name = "FILE", required_unless_present = "import")]
    pub(crate) trust_anchor: Vec<PathBuf>,
    /// Its server's certificate, or the authority's (PEM or DER); repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) server: Vec<PathBuf>,
    /// Its interface: DdccDownloader_V1 (WHO), legacyDgcgDownloader_V1 (EU) or dummyDownloader_V1
    #[arg(long, value_name = "NAME", default_value = "DdccDownloader_V1")]
    pub(crate) downloader: Downloader,
    /// Who gets what comes from it: FEDERATION (whoever asks for lists with federation) or
    /// GATEWAY_ONLY (nobody)
    #[arg(long, value_name = "TARGET", default_value = "FEDERATION")]
    pub(crate) target: DownloadTarget,
    /// What becomes of everything else: APPEND (it stays) or OVERRIDE (it goes, at `pull --override`)
    #[arg(long, value_name = "MODE", default_value = "APPEND")]
    pub(crate) mode: Mode,
    /// Seconds between two pulls; 0 switches it off
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) interval: u32,
    #[command(flatten)]
    pub(crate) signing: SigningArguments,
}

const LIST_EXAMPLES: &str = "\
Examples:
  gdhcn gateway federation list --config gateway.toml
  gdhcn gateway federation list --config gateway.toml --json | jq '.[] | select(.needsALook)'

Exit codes: 0 all is well, 1 one needs a look, 64 wrong usage, 66 the configuration cannot be read,
70 internal fault.";

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
  gdhcn gateway federation remove --config gateway.toml 6f1e2d3c

Everything that came from it goes too, and its trust anchors and server certificates.

Exit codes: 0 removed, 1 nobody said yes, 64 wrong usage, 66 there is none of that identity, 70
internal fault.";

#[derive(Args, Debug)]
#[command(after_help = REMOVE_EXAMPLES)]
pub(crate) struct RemoveArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Its identity
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

const PULL_EXAMPLES: &str = "\
Examples:
  gdhcn gateway federation pull --config gateway.toml 6f1e2d3c
  gdhcn gateway federation pull --config gateway.toml 6f1e2d3c --allow-loss XA
  gdhcn gateway federation pull --config gateway.toml 6f1e2d3c --override --operator Ada

A set of authorities, upload certificates or signers that the other gateway suddenly does not list any
more is a fault more often than a wish: everything of that participant stays until --allow-loss says
that it is right. --override lets the other gateway's content take the place of everything else but
client certificates, trust anchors and the federation itself; its signed mode must be OVERRIDE. Where the
configuration names operators, --operator and --operator-key must be one of them; one is enough, and
nothing is signed. Elsewhere --operator is a name for the log that nobody checks.

Exit codes: 0 everything was taken over, 1 not everything or nothing, 64 wrong usage, 66 the
configuration cannot be read or there is none of that identity, 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = PULL_EXAMPLES)]
pub(crate) struct PullArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Its identity
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// A participant that may lose what is not listed any more, two letters, or `all`; repeatable
    #[arg(long, value_name = "CODE")]
    pub(crate) allow_loss: Vec<String>,
    /// Remove everything that did not come from it
    #[arg(long = "override")]
    pub(crate) overrides: bool,
    #[command(flatten)]
    pub(crate) operator: OperatorArguments,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

//! The command line of `gdhcn trust`. Only definitions.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::cli::{GatewayAccess, TrustArguments, instant};

#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Fetch published lists into the local store, or bring it up to date.
    Sync(SyncArguments),
    /// Show what a trust source holds and, for each entry that cannot be used, why.
    List(ListArguments),
    /// Show all about a key.
    Show(ShowArguments),
    /// Say which keys came and went between two sources.
    Diff(DiffArguments),
    /// Take a list or another machine's store over from a file.
    Import(ImportArguments),
    /// Write the local store as one signed file, to be carried to other machines.
    Export(ExportArguments),
    /// Take parts out of the local store.
    Remove(RemoveArguments),
    /// Check the local store, or a list, from its signature to each key.
    Verify(VerifyArguments),
}

const SYNC_EXAMPLES: &str = "\
Examples:
  gdhcn trust sync
      fetch WHO's list; later: bring every part of the store up to date
  gdhcn trust sync --from did:web:tng-cdn-uat.who.int:v2:trustlist
  gdhcn trust sync --from did:web:lists.example:trust --list-key list-key.pem
  gdhcn trust sync --from https://gateway.example --client-cert tls.pem --client-key tls.key \\
      --trust-anchor ta.pem

A list whose signing key nobody named is refused, and so is one older than the one at hand. A part
that cannot be fetched stays as it is; its age is in every verdict.

Exit codes: 0 all parts are up to date, 64 wrong usage, 66 a part could not be fetched or was
refused, 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = SYNC_EXAMPLES)]
pub(crate) struct SyncArguments {
    /// What to fetch; repeatable: a did:web DID or the https:// address of a gateway [default:
    /// the parts that the store has, or WHO's productive list]
    #[arg(long = "from", value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,
    #[command(flatten)]
    pub(crate) folder: StoreFolder,
    #[command(flatten)]
    pub(crate) access: GatewayAccess,
    /// Write JSON: the number and each part with what came of it
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where the local store is.
#[derive(Args, Debug)]
pub(crate) struct StoreFolder {
    /// The folder of the local trust store [default: gdhcn/trust in the user's data folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
}

const LIST_EXAMPLES: &str = "\
Examples:
  gdhcn trust list
  gdhcn trust list did.json
  gdhcn trust list keys/ --json | jq '.refused'
  gdhcn trust list https://gateway.example --client-cert tls.pem --client-key tls.key \\
      --trust-anchor ta.pem

The exit code is 0 when the source could be read, even if entries of it are refused.";

#[derive(Args, Debug)]
#[command(after_help = LIST_EXAMPLES)]
pub(crate) struct ListArguments {
    /// A DID trust list or a gateway's list (JSON), a file or folder of certificates, or a gateway
    /// [default: the local store]
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Option<String>,
    /// The folder of the local trust store [default: gdhcn/trust in the user's data folder]
    #[arg(long, value_name = "DIR", conflicts_with = "source")]
    pub(crate) store: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) gateway: GatewayAccess,
    /// Judge validity at this instant instead of now
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) at: Option<Timestamp>,
    /// Write JSON: `entries` and `refused`
    #[arg(long)]
    pub(crate) json: bool,
}

const SHOW_EXAMPLES: &str = "\
Examples:
  gdhcn trust show 'OX2p6xdGeis='
  gdhcn trust show did:india --trust did.json
  gdhcn trust show https://issuer.example --json

Exit codes: 0 found, 1 no such key, 64 wrong usage, 66 a source cannot be read.";

#[derive(Args, Debug)]
#[command(after_help = SHOW_EXAMPLES)]
pub(crate) struct ShowArguments {
    /// A kid in any form, a thumbprint, the name of an entry, or what documents call an issuer
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) trust: TrustArguments,
    /// Judge validity at this instant instead of now
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) at: Option<Timestamp>,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  gdhcn trust diff did-yesterday.json did.json
  gdhcn trust diff did.json
      from the local store to this list

Exit codes: 0 the same keys, 1 keys came or went, 64 wrong usage, 66 a source cannot be read.";

#[derive(Args, Debug)]
#[command(after_help = DIFF_EXAMPLES)]
pub(crate) struct DiffArguments {
    /// The sources: the old and the new one, or the new one alone; then the local store is the old
    #[arg(value_name = "SOURCE", required = true, num_args = 1..=2)]
    pub(crate) sources: Vec<String>,
    #[command(flatten)]
    pub(crate) folder: StoreFolder,
    #[command(flatten)]
    pub(crate) access: GatewayAccess,
    /// Write JSON: `added` and `removed`
    #[arg(long)]
    pub(crate) json: bool,
}

const IMPORT_EXAMPLES: &str = "\
Examples:
  gdhcn trust import did.json
  gdhcn trust import /media/usb/store.trust --publisher publisher.pub
  gdhcn trust import https://issuer.example=jwks.json
  gdhcn trust import vci_snapshot.json --directory-cert vci_snapshot.crt

Another machine's store is believed on the word of its publisher's key. Name it once, by a file or
by its thumbprint; `gdhcn trust export` shows both. A store or list older than the one at hand is
refused.

Exit codes: 0 taken over, 64 wrong usage, 66 the file cannot be read or is refused, 70 internal
fault.";

#[derive(Args, Debug)]
#[command(after_help = IMPORT_EXAMPLES)]
pub(crate) struct ImportArguments {
    /// What to take over: what --trust of `gdhcn verify` takes, and exported stores
    #[arg(value_name = "FILE", required = true)]
    pub(crate) sources: Vec<String>,
    /// Whose exported store to believe: a public key (PEM) or its thumbprint (64 hex digits)
    #[arg(long, value_name = "KEY")]
    pub(crate) publisher: Option<String>,
    /// Take also lists whose proof cannot be checked; every verdict will say so
    #[arg(long)]
    pub(crate) unproven: bool,
    #[command(flatten)]
    pub(crate) folder: StoreFolder,
    #[command(flatten)]
    pub(crate) access: GatewayAccess,
    /// Write JSON: the number and each part with what came of it
    #[arg(long)]
    pub(crate) json: bool,
}

const EXPORT_EXAMPLES: &str = "\
Example:
  gdhcn trust export /media/usb/store.trust

Beside FILE lies FILE.pub, the key that whoever imports it has to name. Carry the two on different
ways, or tell the thumbprint by phone.

Exit codes: 0 written, 64 wrong usage, 66 there is no store or the file cannot be written.";

#[derive(Args, Debug)]
#[command(after_help = EXPORT_EXAMPLES)]
pub(crate) struct ExportArguments {
    /// The file to write
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) folder: StoreFolder,
}

const REMOVE_EXAMPLES: &str = "\
Example:
  gdhcn trust remove did:web:lists.example:trust

`gdhcn trust list` shows the names of the parts.

Exit codes: 0 taken out, 64 wrong usage, 66 there is no part of that name.";

#[derive(Args, Debug)]
#[command(after_help = REMOVE_EXAMPLES)]
pub(crate) struct RemoveArguments {
    /// The names of the parts
    #[arg(value_name = "PART", required = true)]
    pub(crate) parts: Vec<String>,
    #[command(flatten)]
    pub(crate) folder: StoreFolder,
}

const VERIFY_EXAMPLES: &str = "\
Examples:
  gdhcn trust verify
  gdhcn trust verify did.json

Exit codes: 0 everything holds, 1 a proof or a chain is broken, 2 cannot tell (no proof, or one by a
key that nobody named), 64 wrong usage, 66 a source cannot be read.";

#[derive(Args, Debug)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(crate) struct VerifyArguments {
    /// A list or folder [default: the local store]
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Option<String>,
    /// The folder of the local trust store [default: gdhcn/trust in the user's data folder]
    #[arg(long, value_name = "DIR", conflicts_with = "source")]
    pub(crate) store: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) access: GatewayAccess,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

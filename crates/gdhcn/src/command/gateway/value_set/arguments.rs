use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ValueSetCommand {
    /// Serve value sets from files, in place of those with the same identifiers.
    Import(ImportArguments),
    /// Merge the published list of antigen tests into its value set.
    AntigenTests(AntigenTestsArguments),
    /// Show the value sets that are served.
    List(ListArguments),
    /// Take a value set away.
    Remove(RemoveArguments),
}

const IMPORT_EXAMPLES: &str = "\
Example:
  gdhcn gateway value-set import --config gateway.toml country-2-codes.json vaccines.json

Each file is a JSON document with `valueSetId`, `valueSetDate` and `valueSetValues`. It is served
byte for byte as it is. All files are read and checked before the first one is stored.

Exit codes: 0 stored, 64 wrong usage, 66 a file cannot be read or is no value set, 70 internal
fault.";

#[derive(Args, Debug)]
#[command(after_help = IMPORT_EXAMPLES)]
pub(crate) struct ImportArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The documents
    #[arg(value_name = "VALUESET", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Show what would be served, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

const ANTIGEN_TESTS_EXAMPLES: &str = "\
Example (daily, say):
  curl -fsS -o devices.json \"$ADDRESS_OF_THE_LIST\"
  gdhcn gateway value-set antigen-tests --config gateway.toml devices.json

The list is a JSON document with `extracted_on` and `deviceList`. Tests that it does not name any
more stay as they are. The value set is `covid-19-lab-test-manufacturer-and-name`; it is made when
it is missing, and left alone when nothing of it changes.

Exit codes: 0 stored, or nothing is new; 64 wrong usage; 66 the file cannot be read or is no such
list; 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = ANTIGEN_TESTS_EXAMPLES)]
pub(crate) struct AntigenTestsArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The published list of devices
    #[arg(value_name = "LIST")]
    pub(crate) list: PathBuf,
}

const LIST_EXAMPLES: &str = "\
Examples:
  gdhcn gateway value-set list --config gateway.toml
  gdhcn gateway value-set list --config gateway.toml --json | jq -r '.[].id'

Exit codes: 0 shown, 64 wrong usage, 66 the configuration cannot be read, 70 internal fault.";

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
  gdhcn gateway value-set remove --config gateway.toml country-2-codes

Exit codes: 0 taken away, 1 nobody said yes, 64 wrong usage, 66 there is no such value set, 70
internal fault.";

#[derive(Args, Debug)]
#[command(after_help = REMOVE_EXAMPLES)]
pub(crate) struct RemoveArguments {
    /// The gateway's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Its `valueSetId`
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

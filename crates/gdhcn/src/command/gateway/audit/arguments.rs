use std::path::{Path, PathBuf};

use clap::Args;
use gdhcn_log::{NoteError, NoteKey};

use crate::cli::GatewayAccess;
use crate::exit::Fault;
use crate::input::read_file;

const EXAMPLES: &str = "\
Examples:
  gdhcn gateway audit --log https://gateway.example/log --key gateway.example/log+6be71e34+Adbl...
  gdhcn gateway audit --log https://gateway.example/log --key log.key.pub --state audit.json \\
      --trust-anchor ta.pem --gateway https://gateway.example --client-cert tls.pem --client-key tls.key
  gdhcn gateway audit --log copy/log --key KEY --trust-anchor ta.pem --list trust-list.json --json

With --state only what is new since the last audit is fetched, and a log that was rolled back or
rewritten since is caught; without it everything is fetched and checked. docs/transparency-log.md
tells what an audit proves and what not.

Exit codes: 0 the log holds and the list follows from it, 1 it does not, 2 cannot tell (no trust
anchor or no list given), 64 wrong usage, 66 the log, the list or a file cannot be read.";

#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AuditArguments {
    /// The log: its https:// address, or a folder with its files
    #[arg(long, value_name = "URL|FOLDER")]
    pub(crate) log: String,
    /// The log's public key, as its operator publishes it: name+id+base64, or a file with it
    #[arg(long, value_name = "KEY|FILE")]
    pub(crate) key: String,
    /// The gateway whose trust list must follow from the log
    #[arg(long, value_name = "URL", conflicts_with = "list")]
    pub(crate) gateway: Option<String>,
    /// A downloaded trust list instead: the answer to /trustList or /trustList/certificate
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
    /// The trust anchor's certificate (PEM or DER), whose signature onboards
    #[arg(long, value_name = "FILE")]
    pub(crate) trust_anchor: Option<PathBuf>,
    /// Where the last audit's result is kept; made when missing
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// The participant's TLS certificate (PEM), for the gateway
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub(crate) client_cert: Option<PathBuf>,
    /// The private key of --client-cert (PEM, PKCS#8)
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
    /// The server's own certificate or its CA (PEM); without it the system's CAs are asked
    #[arg(long, value_name = "FILE")]
    pub(crate) gateway_ca: Option<PathBuf>,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl AuditArguments {
    pub(super) fn key(&self) -> Result<NoteKey, Fault> {
        let wrong = |error: NoteError| Fault::Usage(format!("--key: {error}"));
        match (self.key.parse(), Path::new(&self.key)) {
            (Err(_), file) if file.is_file() => {
                let text = String::from_utf8_lossy(&read_file(file)?).trim().to_owned();
                text.parse().map_err(wrong)
            }
            (key, _) => key.map_err(wrong),
        }
    }

    pub(super) fn access(&self) -> GatewayAccess {
        GatewayAccess {
            client_cert: self.client_cert.clone(),
            client_key: self.client_key.clone(),
            gateway_ca: self.gateway_ca.clone(),
            trust_anchor: self.trust_anchor.clone(),
            ..GatewayAccess::default()
        }
    }
}

//! The command line. Only definitions: what a command does stands in `command`.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use gdhcn_explain::Language;
use gdhcn_verify::PolicyName;
use jiff::Timestamp;

use crate::command::gateway::GatewayCommand;
use crate::command::participant::ParticipantCommand;
use crate::command::trust::TrustCommand;
use crate::command::trust_anchor::TrustAnchorCommand;

const EXIT_CODES: &str = "\
Exit codes:
  0  accepted, or done
  1  not accepted
  2  cannot tell (unknown or withdrawn key, trust data missing or too old, no code in the picture)
  64 wrong usage
  66 an input or trust source cannot be read
  70 a fault of this program or its surroundings";

/// The Global Digital Health Certification Network: a gateway, a country's tools and a verifier in
/// one program.
#[derive(Debug, Parser)]
#[command(name = "gdhcn", version, about, after_help = EXIT_CODES, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole network on this machine: two countries, a gateway, a traveller.
    Demo(DemoArguments),
    /// Say whether a health certificate is genuine, in time and accepted, and why.
    Verify(VerifyArguments),
    /// Show every layer of a code without judging it.
    Decode(DecodeArguments),
    /// Fetch, look at and carry trust data: whose keys count.
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Keep the trust anchor: the offline key that vouches for participants.
    #[command(subcommand)]
    TrustAnchor(TrustAnchorCommand),
    /// Prepare and check what a participant hands in.
    #[command(subcommand)]
    Participant(ParticipantCommand),
    /// Run a verification service.
    #[command(subcommand)]
    Verifier(VerifierCommand),
    /// Run the gateway.
    #[command(subcommand)]
    Gateway(GatewayCommand),
    /// The other process of reading a PDF document (`pdf.rs`).
    #[command(name = crate::pdf::COMMAND, hide = true)]
    ReadPdf,
}

const DEMO_EXAMPLES: &str = "\
Examples:
  gdhcn demo                    tell the story, then end
  gdhcn demo --serve            keep the gateway up until Ctrl-C
  gdhcn demo --json > demo.json the story for programs

The exit code is 0 if every step came out as expected, else 1.";

/// Everything runs on the loopback interface, and everything is real: TLS, CMS, X.509, SQLite, QR.
#[derive(Args, Debug)]
#[command(after_help = DEMO_EXAMPLES)]
pub(crate) struct DemoArguments {
    /// Where keys, database and pictures go; must be new or empty [default: ./gdhcn-demo-TIME]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
    /// The port of the gateway; 0 lets the system choose
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Keep the gateway up after the story, until Ctrl-C
    #[arg(long)]
    pub(crate) serve: bool,
    /// Write the story as JSON: an array of steps with `id`, `ok`, `expected` and `detail`
    #[arg(long)]
    pub(crate) json: bool,
}

const VERIFY_EXAMPLES: &str = "\
Examples:
  gdhcn verify photo.png --trust did.json
  gdhcn trust sync && gdhcn verify photo.png
  gdhcn verify card.txt --trust https://issuer.example=jwks.json
  gdhcn verify 'HC1:6BF...' --trust dsc.pem --at 2021-05-06T18:00:00Z
  cat code.txt | gdhcn verify - --trust keys/ --policy strict --json
  gdhcn verify photo.jpg --trust https://gateway.example --client-cert tls.pem \\
      --client-key tls.key --trust-anchor ta.pem
  gdhcn verify photo.png --trust did.json --language fr
  gdhcn verify dose.png booster.png --same-person
  gdhcn verify photo.png --report > report.json
  gdhcn verify scans/ --trust did.json --csv > results.csv
  gdhcn verify photo.png --trust did.json --fhir > bundle.json

With a folder, --jsonl or --csv every file is judged, many at a time, in their order; of standard
input every line is a code. A file that cannot be read is a row of its own there. In folders files
with other endings (.svg, .pem, ...) are left alone and counted. --json, --fhir and --ddcc take files.

Exit codes: 0 accepted, 1 not accepted, 2 cannot tell; with several inputs 1 outweighs 2 outweighs 0.
64 wrong usage, 66 an input or trust source cannot be read, 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(crate) struct VerifyArguments {
    /// The text of a code, a text file, a PNG, JPEG or WebP picture, a PDF document, a folder of
    /// these, or `-` for standard input
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<OsString>,
    #[command(flatten)]
    pub(crate) trust: TrustArguments,
    /// Judge validity at this instant instead of now (RFC 3339, also without zone: UTC). Dated
    /// trust data that was signed later gives "cannot tell": use that of the time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) at: Option<Timestamp>,
    /// What to tolerate: lenient, border or strict
    #[arg(long, default_value_t = PolicyName::default())]
    pub(crate) policy: PolicyName,
    /// The greatest age of trust data in days; older data gives "cannot tell"
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=365))]
    pub(crate) max_age: u16,
    /// So far `issued at` may lie ahead, for clocks that differ [default: 60, with --at 0]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(0..=300))]
    pub(crate) clock_skew: Option<u16>,
    /// Write JSON: one document with all results
    #[arg(long)]
    pub(crate) json: bool,
    /// Write JSON lines: one object for each code, as they are judged
    #[arg(long, conflicts_with = "json")]
    pub(crate) jsonl: bool,
    /// Write CSV without personal data: one row for each code
    #[arg(long, conflicts_with_all = ["json", "jsonl"])]
    pub(crate) csv: bool,
    /// Write what genuine documents state as FHIR R4 bundles (a JSON array); of others nothing
    #[arg(long, conflicts_with_all = ["json", "jsonl", "csv"])]
    pub(crate) fhir: bool,
    /// Write what genuine documents state as WHO DDCC core data sets (a JSON array)
    #[arg(long, conflicts_with_all = ["json", "jsonl", "csv", "fhir"])]
    pub(crate) ddcc: bool,
    /// Write a report of a fault, to be sent to somebody: outcome, codes of the checks, key, age of
    /// the lists. It names no person, no content and no file
    #[arg(long, conflicts_with_all = ["json", "jsonl", "csv", "fhir", "ddcc"])]
    pub(crate) report: bool,
    /// Explain in plain words in this language: ar, en, es, fr, pt, ru or zh. With JSON, each
    /// result gets an `explanation`
    #[arg(long, value_name = "TAG", conflicts_with_all = ["fhir", "ddcc", "report"])]
    pub(crate) language: Option<Language>,
    /// The certificates are one person's: the best of them counts, if the genuine ones agree on name
    /// and date of birth
    #[arg(long, conflicts_with_all = ["jsonl", "csv", "fhir", "ddcc", "report"])]
    pub(crate) same_person: bool,
    /// Judge so many codes at a time; as many as there are processors when left out
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct TrustArguments {
    /// Whose keys count; repeatable. A DID trust list (JSON; what it refers to is taken from the
    /// same copy of its host), a gateway's list (JSON), a file or folder of PEM or DER
    /// certificates, a directory of card issuers (JSON), an ICAO master list, NAME=FILE for the
    /// keys of one issuer, or the https:// address of a gateway. Without any, the local store
    #[arg(long = "trust", value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,
    /// The folder of the local trust store [default: gdhcn/trust in the user's data folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) gateway: GatewayAccess,
}

/// How to speak to a gateway, and whom to believe: there and in lists.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct GatewayAccess {
    /// The participant's TLS certificate (PEM), for a gateway
    #[arg(long, value_name = "FILE")]
    pub(crate) client_cert: Option<PathBuf>,
    /// The private key of --client-cert (PEM, PKCS#8)
    #[arg(long, value_name = "FILE")]
    pub(crate) client_key: Option<PathBuf>,
    /// The server's own certificate or its CA (PEM); without it the system's CAs are asked
    #[arg(long, value_name = "FILE")]
    pub(crate) gateway_ca: Option<PathBuf>,
    /// The trust anchor's certificate (PEM or DER), for a gateway or a gateway's list; the
    /// publisher's CSCA for an ICAO master list
    #[arg(long, value_name = "FILE")]
    pub(crate) trust_anchor: Option<PathBuf>,
    /// The key that signs a DID list that is none of WHO's: a file (PEM, JWK or DID document), or
    /// for `trust sync` its thumbprint (SHA-256 of the public key, 64 hex digits)
    #[arg(long, value_name = "KEY")]
    pub(crate) list_key: Option<String>,
    /// The certificate that signs a directory of card issuers; the signature lies beside the
    /// directory under the ending .sig
    #[arg(long, value_name = "FILE")]
    pub(crate) directory_cert: Option<PathBuf>,
}

const DECODE_EXAMPLES: &str = "\
Examples:
  gdhcn decode photo.png
  gdhcn decode 'HC1:6BF...' --json | jq .claims
  gdhcn decode card.txt                 a SMART Health Card, DIVOC, VDS-NC or a health link
  gdhcn decode --guess without-prefix.txt

Nothing is checked here. A code that opens may still be forged: ask `gdhcn verify`.

Exit codes: 0 every layer opened, 1 a layer does not open or the picture holds no code, 64 wrong
usage, 66 the input cannot be read.";

#[derive(Args, Debug)]
#[command(after_help = DECODE_EXAMPLES)]
pub(crate) struct DecodeArguments {
    /// The text of a code, a text file, a PNG, JPEG or WebP picture, a PDF document, or `-` for
    /// standard input
    #[arg(value_name = "INPUT")]
    pub(crate) input: OsString,
    /// Go on with what the code was probably meant to be: without its prefix, in small letters, or
    /// typed by a scanner that is set to another keyboard. `gdhcn verify` never guesses
    #[arg(long)]
    pub(crate) guess: bool,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VerifierCommand {
    /// Serve until Ctrl-C or SIGTERM.
    Serve(VerifierServeArguments),
}

const VERIFIER_EXAMPLES: &str = "\
Examples:
  gdhcn verifier serve --trust did.json
  gdhcn verifier serve --listen 0.0.0.0:8443 --tls-cert server.pem --tls-key server.key \\
      --trust did.json --policy strict
  curl --data-binary @photo.png -H 'Content-Type: image/png' http://127.0.0.1:8080/v1/verify
  curl --data-binary @code.txt -H 'Content-Type: text/plain' http://127.0.0.1:8080/v1/verify

GET /openapi.json describes the interface. Nothing of a request is stored or logged.

Exit codes: 0 ended by Ctrl-C or SIGTERM, 64 wrong usage, 66 a trust source cannot be read, 70 it
does not start.";

#[derive(Args, Debug)]
#[command(after_help = VERIFIER_EXAMPLES)]
pub(crate) struct VerifierServeArguments {
    /// Address and port to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// The server's certificate with its chain (PEM); without it plain HTTP is spoken
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: TrustArguments,
    /// What to tolerate where a request does not say: lenient, border or strict
    #[arg(long, default_value_t = PolicyName::default())]
    pub(crate) policy: PolicyName,
    /// The greatest age of trust data in days; older data gives "cannot tell"
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=365))]
    pub(crate) max_age: u16,
    /// Read the trust sources anew after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) reload: u32,
}

pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    gdhcn_credential::date::parse_instant_loose(text).map_err(|error| error.to_string())
}

/// Whether the command that is being carried out has this option.
pub(crate) fn takes(long: &str) -> bool {
    use clap::CommandFactory as _;
    let root = Cli::command();
    let mut command = &root;
    for word in std::env::args_os().skip(1) {
        command = command.find_subcommand(word).unwrap_or(command);
    }
    command.get_arguments().any(|argument| argument.get_long() == Some(long))
}

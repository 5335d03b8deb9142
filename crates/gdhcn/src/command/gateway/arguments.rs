//! The command line of `gdhcn gateway`. Only definitions.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use gdhcn_codes::Participant;
use gdhcn_server::jobs::Job;

use super::audit::AuditArguments;
use super::federation::FederationCommand;
use super::import_arguments::ImportArguments;
use super::issuer::IssuerCommand;
use super::onboarding_arguments::{
    ApproveArguments, OffboardArguments, OnboardArguments, RequestsArguments,
};
use super::trail::TrailArguments;
use super::value_set::ValueSetCommand;

#[derive(Debug, Subcommand)]
pub(crate) enum GatewayCommand {
    /// Make everything that a new gateway needs, in one folder.
    Init(InitArguments),
    /// Serve until Ctrl-C.
    Serve(ServeArguments),
    /// Look at the configuration without serving.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Onboard a participant from its folder: lint, show what changes, have it signed, store it.
    Onboard(Box<OnboardArguments>),
    /// Approve a pending onboarding request as one of the operators.
    Approve(ApproveArguments),
    /// Show the onboarding requests that wait for approvals.
    Requests(RequestsArguments),
    /// Take a participant's onboarded certificates and issuers away.
    Offboard(OffboardArguments),
    /// Add, show, take away and pull from other gateways.
    #[command(subcommand)]
    Federation(FederationCommand),
    /// Add, show and take away issuers that the trust anchor vouches for.
    #[command(subcommand)]
    Issuer(IssuerCommand),
    /// Give, show and take away the value sets that are served.
    #[command(subcommand)]
    ValueSet(ValueSetCommand),
    /// Check a gateway's transparency log, and that its trust list follows from it.
    Audit(AuditArguments),
    /// Show who asked for which change, what came of it, and why it was refused.
    Trail(TrailArguments),
    /// Say how the gateway is: participants, what expires, what cannot be served.
    Status(StatusArguments),
    /// Run one of the gateway's own jobs now.
    #[command(subcommand)]
    Job(JobCommand),
    /// Write the whole database into one file, while the gateway serves.
    Backup(BackupArguments),
    /// Fill an empty database of either kind from a backup.
    Restore(RestoreArguments),
    /// Move in: take over the content of another gateway from a dump of its database.
    Import(ImportArguments),
}

const INIT_EXAMPLES: &str = "\
Examples:
  gdhcn gateway init gateway
      everything on this machine, for a first look; then: gdhcn gateway serve --config gateway/gateway.toml
  gdhcn gateway init gateway --country CH --organization 'Ministry of Health' \\
      --name tng.example --listen 0.0.0.0:8090
  gdhcn gateway init gateway --trust-anchor ta.pem --tls-cert tls.pem --tls-key tls.key
  gdhcn gateway init gateway --passphrase-file /dev/fd/3 3<secret

What is not given is made: the server's key and certificate, a trust anchor, and the key of the
transparency log. Files are never written over. The private key of the trust anchor does not belong
on the gateway's machine: move it to one without a network before the first participant is
onboarded. It is put under a passphrase that is asked for; without a terminal, or with --plain, it
is not.

Exit codes: 0 made, 64 wrong usage, 66 the folder is not empty or a given file cannot be read, 70
internal fault.";

#[derive(Args, Debug)]
#[command(after_help = INIT_EXAMPLES)]
pub(crate) struct InitArguments {
    /// Where it goes; must be new or empty
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Who operates it: `O` of the certificates that are made
    #[arg(long, value_name = "TEXT", default_value = "Trust Network Gateway")]
    pub(crate) organization: String,
    /// Country of the operator: `C` of the trust anchor that is made
    #[arg(long, value_name = "CODE", default_value = "XX", value_parser = participant)]
    pub(crate) country: Participant,
    /// A name under which participants reach the gateway; repeatable [default: localhost]
    #[arg(long = "name", value_name = "HOST")]
    pub(crate) names: Vec<String>,
    /// An address under which participants reach the gateway; repeatable [default: 127.0.0.1]
    #[arg(long = "address", value_name = "IP")]
    pub(crate) addresses: Vec<IpAddr>,
    /// Where participants connect
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    pub(crate) listen: SocketAddr,
    /// Health and metrics, without TLS: for the operator's network only
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8091")]
    pub(crate) management_listen: SocketAddr,
    /// The folder of an SQLite database, or postgresql://USER@HOST/NAME without a password, or
    /// env:NAME for a variable that holds either; it must be set
    #[arg(long, value_name = "PLACE", default_value = "data")]
    pub(crate) database: String,
    /// The server's certificate with its chain (PEM), instead of a new one
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// The trust anchor's certificate (PEM or DER), instead of a new one
    #[arg(long, value_name = "FILE")]
    pub(crate) trust_anchor: Option<PathBuf>,
    /// A file or descriptor (/dev/fd/3) with the passphrase for the trust anchor's new key
    #[arg(long, value_name = "FILE", conflicts_with = "trust_anchor")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Do not put the trust anchor's new key under a passphrase
    #[arg(long, conflicts_with_all = ["passphrase_file", "trust_anchor"])]
    pub(crate) plain: bool,
    /// The name of the transparency log, which stays for ever [default: the first --name and /log]
    #[arg(long, value_name = "NAME")]
    pub(crate) log_origin: Option<String>,
    /// Address of a proxy that ends TLS in front of the gateway and is believed; repeatable
    #[arg(long = "proxy", value_name = "IP")]
    pub(crate) proxies: Vec<IpAddr>,
    /// Write JSON: what was made, with fingerprints
    #[arg(long)]
    pub(crate) json: bool,
}

const SERVE_EXAMPLES: &str = "\
Examples:
  gdhcn gateway serve --config gateway.toml
  gdhcn gateway serve --config gateway.toml --check

Other TLS certificates, trust anchors, limits, log levels and rules of uploads are taken over a few
seconds after their files change, or at once on SIGHUP. Broken files are refused, and the former ones stay in use.

Exit codes: 0 ended by Ctrl-C or SIGTERM, or the check found nothing, 64 wrong usage, 66 the
configuration or a file that it names cannot be read, 70 it does not start.";

#[derive(Args, Debug)]
#[command(after_help = SERVE_EXAMPLES)]
pub(crate) struct ServeArguments {
    /// The configuration (TOML); unknown keys are refused
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Look at the configuration and the files that it names, and end
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say what is wrong with a configuration, with lines.
    Check(ConfigCheckArguments),
}

const CONFIG_CHECK_EXAMPLES: &str = "\
Example:
  gdhcn gateway config check --config gateway.toml

Reads the configuration, the certificates and the key, as the gateway would at its start. Nothing
is changed, and the database is not opened.

Exit codes: 0 it can be used, 64 wrong usage, 66 it cannot.";

#[derive(Args, Debug)]
#[command(after_help = CONFIG_CHECK_EXAMPLES)]
pub(crate) struct ConfigCheckArguments {
    /// The configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

const STATUS_EXAMPLES: &str = "\
Examples:
  gdhcn gateway status --config gateway.toml
  gdhcn gateway status --config gateway.toml --json | jq .expiring
  gdhcn gateway status --config gateway.toml --bundle support.json

A running gateway is asked at its management address; without one the database is read. The bundle
is a file for somebody who helps: it holds no key, no password and no person.

Exit codes: 0 all is well, 1 something needs a look, 64 wrong usage, 66 the configuration cannot be
read or there is no database, 70 the gateway does not answer and the database cannot be used.";

#[derive(Args, Debug)]
#[command(after_help = STATUS_EXAMPLES)]
pub(crate) struct StatusArguments {
    /// The gateway's configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a file for support: status, metrics and configuration, without secrets
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// Run a job now, due or not.
    Run(JobRunArguments),
}

const JOB_RUN_EXAMPLES: &str = "\
Examples:
  gdhcn gateway job run publication --config gateway.toml
  gdhcn gateway job run publication --config gateway.toml --force
  gdhcn gateway job run expiry-warning --config gateway.toml --json

A serving gateway runs its jobs by itself; `gdhcn gateway status` tells how they went. This is for
not waiting, and for a cron job where `jobs.enabled` is false. While another process runs the job,
nothing is done.

Exit codes: 0 the job is done, 1 it failed or another process runs it, 64 wrong usage, 66 the
configuration or a file that it names cannot be read, 70 internal fault.";

#[derive(Args, Debug)]
#[command(after_help = JOB_RUN_EXAMPLES)]
pub(crate) struct JobRunArguments {
    /// federation, publication, revocation-clean-up, tombstone-clean-up or expiry-warning
    #[arg(value_name = "JOB")]
    pub(crate) job: Job,
    /// The gateway's configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Publish trust lists although they have lost much
    #[arg(long)]
    pub(crate) force: bool,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const BACKUP_EXAMPLES: &str = "\
Example:
  gdhcn gateway backup --config gateway.toml gateway-2026-06-01.backup

The file holds certificates, lists, the audit trail and the transparency log as they are at one
moment; no key and no configuration. It can be restored into SQLite and PostgreSQL alike, also by a
later program.

Exit codes: 0 written, 64 wrong usage, 66 the configuration cannot be read, there is no database or
the file exists, 70 the database cannot be used.";

#[derive(Args, Debug)]
#[command(after_help = BACKUP_EXAMPLES)]
pub(crate) struct BackupArguments {
    /// The gateway's configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The new file
    #[arg(value_name = "BACKUP")]
    pub(crate) file: PathBuf,
}

const RESTORE_EXAMPLES: &str = "\
Example:
  gdhcn gateway restore --config gateway.toml gateway-2026-06-01.backup

The database that the configuration names must be empty, and no gateway may run on it. Nothing is
written unless every byte of the backup is as it was written: a digest at its end shows that.

Exit codes: 0 restored, 64 wrong usage, 66 the backup cannot be read or the database is not empty, 70
the database cannot be used.";

#[derive(Args, Debug)]
#[command(after_help = RESTORE_EXAMPLES)]
pub(crate) struct RestoreArguments {
    /// The configuration of the gateway to be
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The file that `gateway backup` wrote
    #[arg(value_name = "BACKUP")]
    pub(crate) file: PathBuf,
    /// Take a file whose digest is missing (of an earlier program) or does not fit (damaged), if
    /// SQLite finds no fault in it
    #[arg(long)]
    pub(crate) unverified: bool,
}

pub(super) fn participant(text: &str) -> Result<Participant, String> {
    Participant::from_alpha2(&text.to_ascii_uppercase())
        .ok_or_else(|| format!("`{text}` is no two-letter code of a country or participant"))
}

//! The command line of `gdhcn gateway import`.

use std::path::PathBuf;

use clap::Args;
use gdhcn_dump::Dialect;
use jiff::tz::TimeZone;

const EXAMPLES: &str = "\
Examples:
  pg_dump --file old.sql dgc
  mariadb-dump --result-file old.sql dgc          (mysqldump alike)
  gdhcn gateway import old.sql --config gateway.toml --dry-run
  gdhcn gateway import old.sql --config gateway.toml --zone Europe/Brussels
  gdhcn gateway import old.sql --config gateway.toml --json > report.json
  gdhcn gateway import newer.sql --config gateway.toml --add

All rows become visible at once, or none; a process that is killed leaves nothing. The trust anchors
of the configuration decide which onboarded certificates count; name the old gateway's. The same
dump again changes nothing. A database with content is refused unless --add is said: then what is
there stays, what is missing comes, and what was taken away from this gateway stays away.

Each row gets a verdict: imported (taken over and proven), remarked (taken over, mended or with
something to know), unproven (taken over because the old gateway serves it, though no signature in
the dump proves it), quarantined (contradicted or vouched for by nobody: not taken over), rejected
(cannot be read: not taken over), skipped (has no place here, or is here already). Rows that are not
simply imported are shown with their reason and with what can be done, those that nobody signs
(roles, value sets, audit events, withdrawals) only counted. docs/moving.md explains more.

Exit codes: 0 every row is taken over, if unproven, or skipped, 1 rows are quarantined or rejected
(the others are taken over), 64 wrong usage, 66 the dump or the configuration cannot be used or the
database is not empty, 70 the database cannot be used: nothing is taken over then.";

#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportArguments {
    /// What pg_dump (plain format), mysqldump or mariadb-dump wrote
    #[arg(value_name = "DUMP")]
    pub(crate) dump: PathBuf,
    /// The configuration of the gateway to be
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Only say what would come of each row; nothing is taken over
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Add what is missing to a gateway that holds something already
    #[arg(long)]
    pub(crate) add: bool,
    /// Leave out what the dump does not prove, roles and value sets too
    #[arg(long)]
    pub(crate) only_proven: bool,
    /// The time zone of the old gateway's Java process: a name such as Europe/Brussels
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    pub(crate) zone: TimeZone,
    /// Who wrote the dump: postgresql or mysql (also for MariaDB); found out when left out
    #[arg(long, value_name = "NAME", value_parser = dialect)]
    pub(crate) dialect: Option<Dialect>,
    /// Take a dump without the comment that dump programs write last
    #[arg(long)]
    pub(crate) allow_incomplete: bool,
    /// Write the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text).map_err(|error| error.to_string())
}

fn dialect(text: &str) -> Result<Dialect, String> {
    match text {
        "postgresql" | "postgres" => Ok(Dialect::PostgreSql),
        "mysql" | "mariadb" => Ok(Dialect::MySql),
        _ => Err("say postgresql or mysql".to_owned()),
    }
}

//! `cargo xtask check`: everything that is judged without running the tests.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::need;
use crate::step::{cargo, cargo_program, command, step, succeed, succeeds_within};

/// The crates that do no I/O and must build for the browser, and their binding for it.
const PURE: [&str; 14] = [
    "gdhcn-codes",
    "gdhcn-credential",
    "gdhcn-crypto",
    "gdhcn-dump",
    "gdhcn-envelope",
    "gdhcn-explain",
    "gdhcn-issue",
    "gdhcn-log",
    "gdhcn-revocation",
    "gdhcn-rules",
    "gdhcn-scan",
    "gdhcn-trust",
    "gdhcn-verify",
    "gdhcn-wasm",
];

/// How long the advisory database may take to arrive.
const ADVISORIES: Duration = Duration::from_secs(120);

/// Makes every check, also after one has failed.
pub(crate) fn run() -> Result<()> {
    let outcomes = [
        cargo("format", &["fmt", "--all", "--check"]),
        cargo("format of the fuzz targets", &FUZZ_FORMAT),
        cargo("clippy, warnings refused", &CLIPPY),
        step("dependencies: bans, licences, sources", dependencies),
        step("dependencies: advisories", advisories),
        step("WebAssembly build of the pure crates", wasm),
    ];
    let failed: Vec<_> =
        outcomes.into_iter().filter_map(|outcome| Some(outcome.err()?.to_string())).collect();
    ensure!(failed.is_empty(), "checks failed: {}", failed.join("; "));
    Ok(())
}

const FUZZ_FORMAT: [&str; 4] = ["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"];
const CLIPPY: [&str; 7] =
    ["clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"];

fn dependencies() -> Result<()> {
    need::cargo_deny()?;
    // A build fetches only what this machine needs; the judgement is over all platforms.
    succeed(&mut command(cargo_program(), &["fetch", "--locked"]))?;
    deny(&["--offline", "check", "bans", "licenses", "sources"])
}

fn wasm() -> Result<()> {
    need::wasm_target()?;
    let mut arguments = vec!["build", "--locked", "--target", "wasm32-unknown-unknown"];
    arguments.extend(PURE.iter().flat_map(|name| ["--package", name]));
    succeed(&mut command(cargo_program(), &arguments))
}

fn deny(arguments: &[&str]) -> Result<()> {
    succeed(command(cargo_program(), &["deny", "--locked"]).args(arguments))
}

/// The database of advisories lies in a git repository, which not every network reaches.
fn advisories() -> Result<()> {
    let mut fetch = command(cargo_program(), &["deny", "--locked", "fetch", "db"]);
    if succeeds_within(&mut fetch, ADVISORIES)? {
        return deny(&["check", "--disable-fetch", "advisories"]);
    }
    println!(
        "\n!!! ADVISORIES NOT CHECKED: the database cannot be fetched from this network.\n\
         !!! Known vulnerabilities of the dependencies were not looked for in this run.\n"
    );
    Ok(())
}

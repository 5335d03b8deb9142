//! Chores of the project, run as `cargo xtask <command>`.
//!
//! | command | what it does |
//! | --- | --- |
//! | `test` | installs what the tests need, runs all of them, prints the count |
//! | `check` | format, clippy, dependencies, the WebAssembly build |
//! | `ci` | `check`, then `test` |
//! | `bench` | runs the benchmarks, prints their table, writes `target/bench.json` |
//! | `scan` | the reading rate on spoiled pictures, beside that of zxing-cpp |
//! | `tidy` | the rules of the tree alone (part of `test`) |

mod check;
mod need;
mod scan;
mod step;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask <command>

  test   install what the tests need, run all of them, print the count
  check  format, clippy, dependencies, the WebAssembly build
  ci     check, then test
  bench  run the benchmarks, print their table, write target/bench.json
  scan   count the spoiled pictures that are read, beside zxing-cpp (needs Python)
  tidy   the rules of the tree alone (part of test)";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    match run(&command, &rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, rest: &[String]) -> Result<()> {
    if !rest.is_empty() {
        bail!("`{command}` takes no arguments\n\n{USAGE}");
    }
    match command {
        "test" => test::run(),
        "check" => check::run(),
        "ci" => check::run().and_then(|()| test::run()),
        "bench" => step::cargo("bench", &["bench", "--package", "gdhcn", "--bench", "network"]),
        "scan" => scan::run(),
        "tidy" => step::cargo("tidy", &["test", "--package", "xtask", "--test", "tidy"]),
        "" | "help" | "-h" | "--help" => {
            println!("{USAGE}");
            Ok(())
        }
        other => bail!("unknown command `{other}`\n\n{USAGE}"),
    }
}

//! `cargo xtask test`: all tests of the workspace, and one line that counts them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::need::{self, Optional};
use crate::step::{cargo_program, command, root, step};

/// Prepares, runs and counts. The last line of standard output is `N passed, N failed`.
pub(crate) fn run() -> Result<()> {
    let programs = step("what the tests need", || {
        need::openssl()?;
        need::curl()?;
        need::jq()?;
        need::postgres()?;
        need::sqlite()?;
        need::softhsm()?;
        need::node()?;
        need::promtool()?;
        need::nginx()?;
        need::haproxy()?;
        need::wasm_target()?;
        Ok([need::envoy()?, need::helm()?, need::systemd_analyze()?])
    })?;
    let outcome = step("tests", || all_tests(&programs));
    say_absent_corpora()?;
    for absence in programs.iter().filter_map(Optional::absence) {
        println!("{absence}\n");
    }
    let tally = outcome?;
    if tally.ignored > 0 {
        println!("{} ignored", tally.ignored);
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 || !tally.complete {
        bail!("not all tests passed");
    }
    Ok(())
}

/// What the test binaries counted.
#[derive(Default, PartialEq, Eq, Debug)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
    /// Whether cargo itself ended well. It does not when something fails to compile, and then
    /// the counts say nothing about what is missing.
    complete: bool,
}

fn all_tests(programs: &[Optional]) -> Result<Tally> {
    // Some tests print figures of a corpus that a reader should see.
    let arguments = ["test", "--locked", "--workspace", "--no-fail-fast", "--", "--show-output"];
    let mut tests = command(cargo_program(), &arguments);
    let mut child = tests
        .envs(programs.iter().flat_map(Optional::variables))
        .env("GDHCN_REQUIRE_POSTGRES", "1")
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo test")?;
    let output = child.stdout.take().context("cargo test has no output")?;
    let mut tally = Tally::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        tally.add(&line);
    }
    tally.complete = child.wait()?.success();
    if !tally.complete && tally.failed == 0 {
        eprintln!("cargo test failed without a failed test: something did not compile or crashed");
    }
    Ok(tally)
}

impl Tally {
    /// Adds a line of the form `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) =
            line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

/// Says which published corpora the tests had to do without. The test harness hides what a
/// passing test prints, so the tests cannot say it themselves.
fn say_absent_corpora() -> Result<()> {
    let folder = std::env::var_os("GDHCN_TESTDATA")
        .map_or_else(|| root().join("../shared/testdata"), Into::into);
    let mut wanted = BTreeSet::new();
    named_corpora(&root().join("crates"), &mut wanted)?;
    let absent: Vec<_> = wanted.iter().filter(|name| !folder.join(name).is_dir()).collect();
    println!("\n=== published test data");
    println!("{} of {} corpora found", wanted.len() - absent.len(), wanted.len());
    for name in &absent {
        println!("!!! CORPUS ABSENT: {name}. The tests that need it proved nothing in this run.");
    }
    if !absent.is_empty() {
        println!("!!! Set GDHCN_TESTDATA to the folder that holds them.");
    }
    println!();
    Ok(())
}

/// Collects each `corpus("name")` in the Rust sources under `folder`.
fn named_corpora(folder: &Path, found: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            named_corpora(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(corpora_in(&fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

fn corpora_in(source: &str) -> impl Iterator<Item = String> + '_ {
    source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("corpus(\"").skip(1))
        .filter_map(|rest| rest.split_once('"'))
        .map(|(name, _)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_summed_over_the_test_binaries() {
        let mut tally = Tally::default();
        for line in [
            "test parses ... ok",
            "test result: ok. 11 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; ...",
            "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; ...",
        ] {
            tally.add(line);
        }
        assert_eq!((tally.passed, tally.failed, tally.ignored), (13, 3, 1));
    }

    #[test]
    fn corpora_are_found_in_code_and_not_in_comments() {
        let source = "let a = corpus(\"one\"); // x\n// corpus(\"two\")\n(corpus(\"three\"), 1)";
        assert_eq!(corpora_in(source).collect::<Vec<_>>(), ["one", "three"]);
    }
}

//! Replays the fuzz corpora with what the fuzz targets call, so that every input that ever failed
//! is tried on each run of the tests.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

// Public there, for the fuzz programs; not reachable from here.
#[allow(unreachable_pub)]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Far above what any input needs, also without optimisation and on a busy machine.
const TOO_LONG: Duration = Duration::from_secs(20);

#[test]
fn hc1_corpus() {
    replay("hc1");
}

#[test]
fn cms_corpus() {
    replay("cms");
}

#[test]
fn x509_corpus() {
    replay("x509");
}

#[test]
fn did_document_corpus() {
    replay("did_document");
}

#[test]
fn trust_source_corpus() {
    replay("trust_source");
}

#[test]
fn picture_corpus() {
    replay("picture");
}

#[test]
fn card_corpus() {
    replay("card");
}

#[test]
fn divoc_corpus() {
    replay("divoc");
}

#[test]
fn seal_corpus() {
    replay("seal");
}

#[test]
fn statements_corpus() {
    replay("statements");
}

#[test]
fn rule_corpus() {
    replay("rule");
}

#[test]
fn batch_corpus() {
    replay("batch");
}

#[test]
fn log_corpus() {
    replay("log");
}

#[test]
fn onboarding_corpus() {
    replay("onboarding");
}

#[test]
fn dump_corpus() {
    replay("dump");
}

#[test]
fn every_target_has_a_program_a_corpus_and_a_replay() {
    let replay = include_str!("replay.rs");
    let known: BTreeSet<_> = targets::TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names(&root().join("corpus")), known);
    let programs: BTreeSet<_> = names(&root().join("fuzz_targets"))
        .iter()
        .map(|file| file.trim_end_matches(".rs").to_owned())
        .collect();
    assert_eq!(programs, known);
    for name in known {
        assert!(replay.contains(&format!("replay(\"{name}\")")), "{name} is not replayed");
    }
}

fn replay(name: &str) {
    let target = targets::TARGETS.iter().find(|target| target.name == name).expect("known");
    let folder = root().join("corpus").join(name);
    let mut count = 0;
    for file in names(&folder) {
        let input = fs::read(folder.join(&file)).expect("the corpus is readable");
        let start = Instant::now();
        let outcome = catch_unwind(|| (target.run)(&input));
        assert!(outcome.is_ok(), "{name}/{file} fails");
        assert!(start.elapsed() < TOO_LONG, "{name}/{file} takes {:?}", start.elapsed());
        count += 1;
    }
    assert!(count >= 5, "the corpus of {name} has lost its seeds");
    println!("{name}: {count} inputs");
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

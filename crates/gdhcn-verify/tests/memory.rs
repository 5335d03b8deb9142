//! How much memory a verdict takes, at most and when it is there. A binary of its own: the allocator
//! counts for the whole process.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "it/forge.rs"]
#[allow(dead_code, unreachable_pub)]
mod forge;

use std::fs;
use std::path::Path;

use gdhcn_crypto::Backend;
use gdhcn_trust::TrustStoreBuilder;
use gdhcn_verify::Verdict;
use peak_alloc::PeakAlloc;

use forge::{Code, Country, judge};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const LIMIT: usize = 64 * 1024;

/// Bytes allocated at the most while `work` ran, and by what it gave.
fn of(work: impl Fn() -> Verdict) -> (usize, usize) {
    // What is made once and kept, such as tables, does not count.
    drop(work());
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let verdict = work();
    let figures = (MEMORY.peak_usage() - before, MEMORY.current_usage() - before);
    drop(verdict);
    figures
}

#[test]
fn a_verdict_takes_less_than_64_kilobytes() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let mut codes = vec![
        ("a DCC".to_owned(), Code::dcc().text(&country)),
        ("an ICVP".to_owned(), Code::icvp("2026-10-01").text(&country)),
    ];
    if let Some(folder) = gdhcn_testkit::corpus("gdhcn-validator") {
        let folder = folder.join("test-resources/src/main/resources");
        for path in texts(&folder) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            codes.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    let (mut peaks, mut kept) = (Vec::new(), Vec::new());
    for (name, code) in &codes {
        let (peak, held) = of(|| judge(code, &trust));
        println!("{name}: {peak} bytes at the most, {held} in the verdict");
        peaks.push(peak);
        kept.push(held);
    }
    let empty = TrustStoreBuilder::new(Backend::default()).build();
    let (_, held) = of(|| judge(&codes[0].1, &empty));
    kept.push(held);
    assert!(peaks[..2].iter().all(|peak| *peak < LIMIT), "HC1: {peaks:?}");
    assert!(kept.iter().all(|held| *held < LIMIT), "{kept:?}");
}

fn texts(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_text = |path: &std::path::PathBuf| path.to_string_lossy().ends_with("Contents.txt");
    let mut files: Vec<_> = files.filter(is_text).collect();
    files.sort();
    files
}

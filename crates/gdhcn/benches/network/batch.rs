//! A folder of 100 000 codes, on one processor and on two.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{Row, Target, median};

const CODES: usize = 100_000;
const PER_FOLDER: usize = 1_000;
const ROUNDS: usize = 3;

/// `demo` is a folder that the demo has filled.
pub(crate) fn row(demo: &Path) -> Row {
    let scans = demo.with_file_name("scans");
    // Each file is read, scanned for its kind, opened and judged, whether or not it was before.
    let code = fs::read(demo.join("xxa/dcc.txt")).unwrap();
    for number in 0..CODES {
        let folder = scans.join((number / PER_FOLDER).to_string());
        if number % PER_FOLDER == 0 {
            fs::create_dir_all(&folder).unwrap();
        }
        fs::write(folder.join(format!("{number}.txt")), &code).unwrap();
    }
    let seconds = |jobs: &str| {
        let begin = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_gdhcn"))
            .arg("verify")
            .arg(&scans)
            .args(["--csv", "--jobs", jobs, "--trust"])
            .arg(demo.join("xxb/trust-list-1.json"))
            .arg("--trust-anchor")
            .arg(demo.join("operator/trust-anchor.pem"))
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "every code is accepted");
        begin.elapsed().as_secs_f64()
    };
    let (mut ones, mut twos, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let (one, two) = (seconds("1"), seconds("2"));
        ones.push(one);
        twos.push(two);
        ratios.push(two / one);
    }
    println!("verify_100000: a folder of {CODES} codes; the baseline is one processor");
    Row {
        name: "verify_100000",
        value: median(twos),
        unit: "s",
        baseline: Some(median(ones)),
        ratio: Some(median(ratios)),
        target: Target::AtMost(1.0 / 1.8),
    }
}

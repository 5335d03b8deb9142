//! The benchmarks of the project: prints a table and writes `target/bench.json`.
//!
//! Figures that depend on the machine are compared with a baseline in the same run, batch by batch
//! in turn, and the median of the ratios is given. `cargo xtask bench` runs this.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod batch;
mod gateway;
mod hc1;
mod trust_store;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

/// One line of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) baseline: Option<f64>,
    pub(crate) ratio: Option<f64>,
    pub(crate) target: Target,
}

/// What is to be reached.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// The ratio where there is one, else the value, is no more than this.
    AtMost(f64),
    /// The value is no less than this.
    AtLeast(f64),
    /// Nothing: the figure is for comparison.
    Nothing,
}

impl Row {
    pub(crate) fn plain(name: &'static str, value: f64, unit: &'static str, target: f64) -> Self {
        let target = Target::AtMost(target);
        Self { name, value, unit, baseline: None, ratio: None, target }
    }

    fn is_reached(&self) -> bool {
        match self.target {
            Target::AtMost(most) => self.ratio.unwrap_or(self.value) <= most,
            Target::AtLeast(least) => self.value >= least,
            Target::Nothing => true,
        }
    }

    fn json(&self) -> Value {
        let mut row = json!({ "name": self.name, "value": self.value, "unit": self.unit });
        if let (Some(baseline), Some(ratio)) = (self.baseline, self.ratio) {
            row["baseline"] = json!(baseline);
            row["ratio"] = json!(ratio);
        }
        match self.target {
            Target::AtMost(target) | Target::AtLeast(target) => row["target"] = json!(target),
            Target::Nothing => {}
        }
        row
    }
}

/// The median; `values` is not empty.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    // `cargo bench ... -- gateway` runs only these.
    let only: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
    let folder = tempfile::tempdir().unwrap();
    let mut rows = Vec::new();
    if wanted("verify") {
        rows.extend([hc1::verify(), trust_store::load(folder.path())]);
    }
    rows.push(demo(folder.path()));
    if wanted("verify") {
        rows.push(batch::row(&folder.path().join("0")));
    }
    if wanted("gateway") {
        rows.extend(gateway::rows(&folder.path().join("0")));
    }
    print(&rows);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench.json");
    let list: Vec<Value> = rows.iter().map(Row::json).collect();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, serde_json::to_string_pretty(&list).unwrap()).unwrap();
}

/// The whole story, five times.
fn demo(folder: &Path) -> Row {
    let seconds = (0..5)
        .map(|run| {
            let begin = Instant::now();
            let status = Command::new(env!("CARGO_BIN_EXE_gdhcn"))
                .args(["demo", "--json", "--folder"])
                .arg(folder.join(run.to_string()))
                .stdout(std::process::Stdio::null())
                .status()
                .unwrap();
            assert!(status.success(), "the demo failed");
            begin.elapsed().as_secs_f64()
        })
        .collect();
    Row::plain("demo", median(seconds), "s", 5.0)
}

fn print(rows: &[Row]) {
    println!(
        "{:30} {:>10} {:5} {:>10} {:>7} {:>11}",
        "name", "value", "unit", "baseline", "ratio", "target"
    );
    for row in rows {
        let shown =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
        let target = match row.target {
            Target::AtMost(most) => format!("<= {most:.2}"),
            Target::AtLeast(least) => format!(">= {least:.0}"),
            Target::Nothing => "-".to_owned(),
        };
        println!(
            "{:30} {:>10.2} {:5} {:>10} {:>7} {:>11}{}",
            row.name,
            row.value,
            row.unit,
            shown(row.baseline),
            shown(row.ratio),
            target,
            if row.is_reached() { "" } else { "  MISSED" }
        );
    }
}

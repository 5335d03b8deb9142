//! The benchmarks of the project: prints a table and writes `target/bench.json`.
//!
//! Figures that depend on the machine are compared with a baseline in the same run, batch by batch
//! in turn, and the median of the ratios is given. `cargo xtask bench` runs this.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

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
    /// What is to be reached: a ratio where there is one, else a value.
    pub(crate) target: f64,
}

impl Row {
    pub(crate) fn plain(name: &'static str, value: f64, unit: &'static str, target: f64) -> Self {
        Self { name, value, unit, baseline: None, ratio: None, target }
    }

    fn json(&self) -> Value {
        let mut row = json!({ "name": self.name, "value": self.value, "unit": self.unit });
        if let (Some(baseline), Some(ratio)) = (self.baseline, self.ratio) {
            row["baseline"] = json!(baseline);
            row["ratio"] = json!(ratio);
        }
        row["target"] = json!(self.target);
        row
    }
}

/// The median; `values` is not empty.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = vec![hc1::verify(), trust_store::load(folder.path())];
    rows.push(demo(folder.path()));
    rows.push(batch::row(&folder.path().join("0")));
    rows.extend(gateway::rows(&folder.path().join("0")));
    print(&rows);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench.json");
    let list: Vec<Value> = rows.iter().map(Row::json).collect();
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
        "{:28} {:>10} {:5} {:>10} {:>7} {:>9}",
        "name", "value", "unit", "baseline", "ratio", "target"
    );
    for row in rows {
        let shown =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
        let reached = row.ratio.unwrap_or(row.value) <= row.target;
        println!(
            "{:28} {:>10.2} {:5} {:>10} {:>7} {:>9.2}{}",
            row.name,
            row.value,
            row.unit,
            shown(row.baseline),
            shown(row.ratio),
            row.target,
            if reached { "" } else { "  MISSED" }
        );
    }
}

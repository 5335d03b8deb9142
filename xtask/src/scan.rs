//! `cargo xtask scan`: the reading rate on spoiled pictures, beside that of zxing-cpp.

use anyhow::Result;

use crate::step;

/// The best open decoder that can be installed, with what it needs to read a PNG file.
const PACKAGES: [&str; 3] = ["zxing-cpp==3.1.1", "pillow", "numpy"];
const FRAMES: &str = "target/scan-frames";
const PYTHON: &str = "target/scan-python";

pub(crate) fn run() -> Result<()> {
    let ours = ["run", "--release", "--package", "gdhcn-scan", "--example", "reading_rate"];
    step::cargo("gdhcn-scan", &[&ours[..], &["--", "--save", FRAMES]].concat())?;
    let folder = step::root();
    if !folder.join(PYTHON).is_dir() {
        by_program("a Python of its own", "python3", &["-m", "venv", PYTHON])?;
    }
    let python = folder.join(PYTHON).join("bin/python");
    let python = python.to_str().unwrap_or(PYTHON);
    let install = ["-m", "pip", "install", "--quiet"];
    by_program("zxing-cpp", python, &[&install[..], &PACKAGES].concat())?;
    by_program("the same frames", python, &["xtask/src/scan.py", FRAMES])
}

fn by_program(title: &str, program: &str, arguments: &[&str]) -> Result<()> {
    step::step(title, || step::succeed(&mut step::command(program, arguments)))
}

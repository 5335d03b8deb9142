//! The WebAssembly module, built as it is shipped and run by Node.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::{env, fs};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gdhcn_testkit::workspace_root;
use serde_json::{Value, json};
use tempfile::TempDir;
use wasm_bindgen_cli_support::Bindgen;

use crate::cases::{Case, Source};

/// Reads the questions of this folder and writes the answers.
const SCRIPT: &str = "
const fs = require('fs');
const { Verifier } = require('./gdhcn_wasm.js');
const asked = JSON.parse(fs.readFileSync('asked.json', 'utf8'));
const verifiers = asked.stores.map((sources) => {
  const verifier = new Verifier();
  for (const { method, name, issuer, file } of sources) {
    const bytes = Buffer.from(file, 'base64');
    if (method === 'addNamedKeys') verifier.addNamedKeys(name, issuer, bytes);
    else verifier[method](name, bytes);
  }
  return verifier;
});
const answers = asked.cases.map(({ store, text, at, policy, language }) =>
  verifiers[store].verify(text, at, policy, language));
const stores = verifiers.map(({ keys, refused }) => ({ keys, refused }));
fs.writeFileSync('answers.json', JSON.stringify({ stores, answers }));
";

/// Nothing but the pure library, all formats in it; the built module's path.
static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let status = Command::new(env!("CARGO"))
        .current_dir(workspace_root())
        .args(["build", "--locked", "--package", "gdhcn-wasm", "--no-default-features"])
        .args(["--profile", "wasm", "--target", "wasm32-unknown-unknown"])
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the module does not build; `cargo xtask test` installs the target");
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace_root().join("target"), PathBuf::from);
    target.join("wasm32-unknown-unknown/wasm/gdhcn_wasm.wasm")
});

/// The module with the JavaScript around it.
static BOUND: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&*BUILT).nodejs(true).unwrap().typescript(false);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.generate(folder.path()).unwrap();
    folder
});

/// How many bytes travel to a phone.
pub(crate) fn packed_size() -> usize {
    let module = fs::read(BOUND.path().join("gdhcn_wasm_bg.wasm")).unwrap();
    let mut gzip = Command::new("gzip")
        .args(["-9", "-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip runs");
    let mut input = gzip.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&module));
    let packed = gzip.wait_with_output().unwrap().stdout.len();
    writer.join().unwrap().unwrap();
    packed
}

/// What the module holds with the sources of each store, `{"keys", "refused"}`, and what it answers.
pub(crate) fn answers(stores: &[Vec<Source>; 2], cases: &[Case]) -> (Value, Vec<String>) {
    let folder = BOUND.path();
    let stores = stores.each_ref().map(|sources| {
        let source = |source: &Source| {
            json!({
                "method": source.method,
                "name": source.name,
                "issuer": source.issuer,
                "file": STANDARD.encode(&source.file),
            })
        };
        sources.iter().map(source).collect::<Vec<_>>()
    });
    let cases: Vec<_> = cases
        .iter()
        .map(|case| {
            json!({
                "store": case.store, "text": case.text, "at": case.at, "policy": case.policy,
                "language": case.language,
            })
        })
        .collect();
    write(folder, "asked.json", &json!({ "stores": stores, "cases": cases }).to_string());
    write(folder, "run.cjs", SCRIPT);
    let status = Command::new("node")
        .arg("run.cjs")
        .current_dir(folder)
        .status()
        .expect("node is installed (cargo xtask test does it)");
    assert!(status.success(), "the module failed");
    let answers = fs::read(folder.join("answers.json")).unwrap();
    let mut answers: Value = serde_json::from_slice(&answers).unwrap();
    let texts = answers["answers"].as_array().unwrap();
    let texts = texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect();
    (answers["stores"].take(), texts)
}

fn write(folder: &Path, name: &str, content: &str) {
    fs::write(folder.join(name), content).unwrap();
}

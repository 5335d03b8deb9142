//! The rules of the tree, as ordinary tests.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which crate may depend on which other crate of ours. Crates that are planned have their place
/// already. `gdhcn-testkit` may be a dev-dependency of any, which this table does not look at.
const ALLOWED: [(&str, &[&str]); 21] = [
    ("gdhcn-dump", &[]),
    ("gdhcn-crypto", &[]),
    ("gdhcn-codes", &[]),
    ("gdhcn-scan", &[]),
    ("gdhcn-envelope", &["gdhcn-crypto"]),
    ("gdhcn-rules", &["gdhcn-envelope", "gdhcn-codes"]),
    ("gdhcn-revocation", &["gdhcn-envelope", "gdhcn-crypto"]),
    ("gdhcn-credential", &["gdhcn-envelope", "gdhcn-crypto", "gdhcn-codes"]),
    ("gdhcn-trust", &["gdhcn-envelope", "gdhcn-crypto", "gdhcn-codes"]),
    ("gdhcn-token", &["gdhcn-crypto"]),
    (
        "gdhcn-verify",
        &[
            "gdhcn-credential",
            "gdhcn-trust",
            "gdhcn-rules",
            "gdhcn-revocation",
            "gdhcn-envelope",
            "gdhcn-crypto",
            "gdhcn-codes",
        ],
    ),
    ("gdhcn-explain", &["gdhcn-verify", "gdhcn-credential", "gdhcn-codes"]),
    ("gdhcn-issue", &["gdhcn-credential", "gdhcn-envelope", "gdhcn-crypto", "gdhcn-codes"]),
    ("gdhcn-log", &["gdhcn-envelope", "gdhcn-crypto"]),
    (
        "gdhcn-store",
        &[
            "gdhcn-log",
            "gdhcn-trust",
            "gdhcn-rules",
            "gdhcn-revocation",
            "gdhcn-crypto",
            "gdhcn-codes",
        ],
    ),
    (
        "gdhcn-client",
        &[
            "gdhcn-credential",
            "gdhcn-trust",
            "gdhcn-rules",
            "gdhcn-revocation",
            "gdhcn-envelope",
            "gdhcn-crypto",
            "gdhcn-codes",
        ],
    ),
    (
        "gdhcn-server",
        &[
            "gdhcn-store",
            "gdhcn-client",
            "gdhcn-dump",
            "gdhcn-log",
            "gdhcn-explain",
            "gdhcn-verify",
            "gdhcn-issue",
            "gdhcn-credential",
            "gdhcn-trust",
            "gdhcn-rules",
            "gdhcn-revocation",
            "gdhcn-envelope",
            "gdhcn-scan",
            "gdhcn-crypto",
            "gdhcn-codes",
        ],
    ),
    (
        "gdhcn-wasm",
        &[
            "gdhcn-explain",
            "gdhcn-verify",
            "gdhcn-credential",
            "gdhcn-trust",
            "gdhcn-rules",
            "gdhcn-revocation",
            "gdhcn-envelope",
            "gdhcn-scan",
            "gdhcn-crypto",
            "gdhcn-codes",
        ],
    ),
    (
        "gdhcn",
        &[
            "gdhcn-server",
            "gdhcn-store",
            "gdhcn-client",
            "gdhcn-dump",
            "gdhcn-log",
            "gdhcn-explain",
            "gdhcn-verify",
            "gdhcn-issue",
            "gdhcn-credential",
            "gdhcn-trust",
            "gdhcn-token",
            "gdhcn-rules",
            "gdhcn-revocation",
            "gdhcn-envelope",
            "gdhcn-scan",
            "gdhcn-crypto",
            "gdhcn-codes",
        ],
    ),
    ("gdhcn-testkit", &[]),
    ("xtask", &[]),
];

/// Dependencies that the crates below the line of I/O must not have, and who may have them.
const KEPT_OUT: [(&str, &[&str]); 9] = [
    ("anyhow", &["gdhcn", "xtask"]),
    ("clap", &["gdhcn"]),
    ("tokio", &["gdhcn", "gdhcn-server", "gdhcn-client", "gdhcn-store"]),
    ("reqwest", &["gdhcn-client"]),
    ("sqlx", &["gdhcn-store"]),
    ("axum", &["gdhcn-server"]),
    ("cms", &["gdhcn-envelope"]),
    ("aws-lc-rs", &["gdhcn-crypto"]),
    ("cryptoki", &["gdhcn-token"]),
];

const LINES_AT_MOST: usize = 800;

#[test]
fn crates_depend_on_each_other_as_the_table_allows() {
    let allowed: BTreeMap<_, _> = ALLOWED.into_iter().collect();
    let mut faults = Vec::new();
    for package in packages() {
        let Some(allowed) = allowed.get(package.name.as_str()) else {
            faults.push(format!("{} has no row in the table of {}", package.name, file!()));
            continue;
        };
        for other in package.dependencies.iter().filter(|name| is_ours(name)) {
            if !allowed.contains(&other.as_str()) {
                faults.push(format!("{} may not depend on {other}", package.name));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_table_of_arrows_has_no_circle() {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    while done.len() < ALLOWED.len() {
        let ready: Vec<_> = ALLOWED
            .iter()
            .filter(|(name, below)| !done.contains(name) && below.iter().all(|b| done.contains(b)))
            .map(|(name, _)| *name)
            .collect();
        assert!(!ready.is_empty(), "a circle among the crates beside {done:?}");
        done.extend(ready);
    }
}

#[test]
fn heavy_dependencies_stay_where_they_belong() {
    let mut faults = Vec::new();
    for package in packages() {
        for (dependency, users) in KEPT_OUT {
            let has_it = package.dependencies.iter().any(|name| name == dependency);
            if has_it && !users.contains(&package.name.as_str()) {
                faults.push(format!("{} may not depend on {dependency}", package.name));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_dependency_is_named_in_the_sources() {
    let mut faults = Vec::new();
    for package in packages() {
        let folder = package.manifest.parent().expect("a manifest lies in a folder");
        let product = sources(&[folder.join("src")]);
        // The fuzz targets are replayed by a test of xtask.
        let tests = ["src", "tests", "benches", "examples", "../fuzz/src"];
        let tests = sources(&tests.map(|name| folder.join(name)));
        let named = |text: &str, dependency: &str| {
            let name = dependency.replace('-', "_");
            text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
        };
        for dependency in package.dependencies.iter().filter(|name| !named(&product, name)) {
            faults.push(format!("{} does not use {dependency}", package.name));
        }
        for dependency in package.dev_dependencies.iter().filter(|name| !named(&tests, name)) {
            faults.push(format!("the tests of {} do not use {dependency}", package.name));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_crate_takes_licence_lints_and_toolchain_from_the_workspace() {
    for package in packages() {
        let manifest = read(&package.manifest);
        for line in [
            "license.workspace = true",
            "edition.workspace = true",
            "rust-version.workspace = true",
            "publish.workspace = true",
            "[lints]\nworkspace = true",
        ] {
            assert!(manifest.contains(line), "{}: `{line}` is missing", package.name);
        }
        assert!(!package.description.is_empty(), "{}: no description", package.name);
    }
}

#[test]
fn source_files_are_short_enough_to_be_read() {
    let mut faults = Vec::new();
    for path in files(&["rs"]) {
        // Tables of codes grow with the world.
        let is_table = path.file_name().is_some_and(|name| name == "table.rs");
        let lines = read(&path).lines().count();
        if lines > LINES_AT_MOST && !is_table {
            faults.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert!(faults.is_empty(), "more than {LINES_AT_MOST} lines: {faults:#?}");
}

#[test]
fn nothing_unfinished_is_left_in_the_sources() {
    let marks = ["todo", "dbg", "unimplemented"].map(|name| format!("{name}!("));
    for path in files(&["rs"]) {
        let text = read(&path);
        for mark in &marks {
            assert!(!text.contains(mark), "{}: {mark}", path.display());
        }
    }
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    let marks = ["home", "root", "Users", "work", "tmp/plan"].map(|name| format!("/{name}/"));
    let kinds = ["rs", "toml", "md", "json", "txt", "sh", "sql", "yml", "pem", ""];
    let mut faults = Vec::new();
    for path in files(&kinds) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            for mark in &marks {
                if line.match_indices(mark.as_str()).any(|(at, _)| begins_a_path(line, at)) {
                    faults.push(format!("{}:{}: {line}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn no_line_ends_with_a_blank() {
    for path in files(&["rs", "toml", "sql"]) {
        for (number, line) in read(&path).lines().enumerate() {
            assert_eq!(line, line.trim_end(), "{}:{}", path.display(), number + 1);
        }
    }
}

/// `docs/operating.md#when-it-does-not-work`, as alerts, configurations, programs and pages say it.
#[test]
fn each_page_and_section_that_is_named_is_there() {
    let mut named = 0;
    let mut faults = Vec::new();
    for path in files(&["rs", "toml", "md", "yml", "yaml", "cfg", "conf", "service", "tpl"]) {
        // How these name pages is looked at here, not followed.
        if path.ends_with(file!()) {
            continue;
        }
        for rest in read(&path).split("docs/").skip(1) {
            let Some(end) = rest.find(".md") else { continue };
            let (page, behind) = rest.split_at(end);
            if !page.chars().all(|c| c.is_ascii_alphanumeric() || "-/".contains(c)) {
                continue;
            }
            named += 1;
            let file = root().join("docs").join(page).with_extension("md");
            let headings = fs::read_to_string(&file).map(|text| anchors(&text));
            let anchor = behind.strip_prefix(".md#").map(|rest| {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
                rest.split(|c| !is_part(c)).next().unwrap_or_default().to_owned()
            });
            let is_there =
                headings.is_ok_and(|known| anchor.as_ref().is_none_or(|one| known.contains(one)));
            if !is_there {
                faults.push(format!("{}: {page} {anchor:?}", path.display()));
            }
        }
    }
    assert!(named > 30, "{named}");
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The sections of a page, as a link names them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    headings
        .map(|heading| {
            let words = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// Whether the mark at `at` is the beginning of an absolute path, not the middle of a URL.
fn begins_a_path(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|text| text.chars().next_back());
    before.is_none_or(|c| !c.is_alphanumeric() && !"._-/}".contains(c))
}

struct Package {
    name: String,
    description: String,
    manifest: PathBuf,
    /// Normal and build dependencies.
    dependencies: Vec<String>,
    dev_dependencies: Vec<String>,
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let named = |package: &Value, dev: bool| {
        let all = package["dependencies"].as_array().expect("a package lists its dependencies");
        all.iter()
            .filter(|dependency| (dependency["kind"] == "dev") == dev)
            .map(|dependency| text(&dependency["name"]))
            .collect()
    };
    let packages: Vec<_> = metadata["packages"]
        .as_array()
        .expect("there are packages")
        .iter()
        .map(|package| Package {
            name: text(&package["name"]),
            description: text(&package["description"]),
            manifest: text(&package["manifest_path"]).into(),
            dependencies: named(package, false),
            dev_dependencies: named(package, true),
        })
        .collect();
    assert!(packages.len() > 10, "the workspace has lost its crates");
    packages
}

/// All Rust source below these folders as one text.
fn sources(folders: &[PathBuf]) -> String {
    let mut found = Vec::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        walk(folder, &["rs"], &mut found);
    }
    found.iter().map(|path| read(path)).collect()
}

fn is_ours(name: &str) -> bool {
    name.starts_with("gdhcn") || name == "xtask"
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the root exists")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of the tree with one of these extensions (`""`: none), without what is built or
/// ignored.
fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(&root(), extensions, &mut found);
    assert!(!found.is_empty());
    found
}

fn walk(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the tree is readable") {
        let path = entry.expect("the tree is readable").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            let built = ["target", ".git", "artifacts", "coverage"].contains(&name.as_str());
            if !built && !name.starts_with("gdhcn-demo") {
                walk(&path, extensions, found);
            }
        } else {
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            if extensions.contains(&extension.as_ref()) {
                found.push(path);
            }
        }
    }
}

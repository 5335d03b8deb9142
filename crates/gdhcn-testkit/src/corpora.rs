use std::env;
use std::path::{Path, PathBuf};

/// Where the published corpora are looked for, first to last.
const VARIABLE: &str = "GDHCN_TESTDATA";
/// With this set to `1`, an absent corpus fails the test instead of passing it by.
const REQUIRED: &str = "GDHCN_REQUIRE_TESTDATA";

/// The folder of the published corpus `name`, or `None` with a loud line on standard error.
///
/// Looked for in the folder that `GDHCN_TESTDATA` names, then in `../shared/testdata` beside the
/// workspace.
///
/// # Panics
///
/// When the corpus is absent and `GDHCN_REQUIRE_TESTDATA=1`.
pub fn corpus(name: &str) -> Option<PathBuf> {
    let root = env::var_os(VARIABLE)
        .map(PathBuf::from)
        .unwrap_or_else(|| workspace_root().join("../shared/testdata"));
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    let message = format!(
        "CORPUS ABSENT: {name} (looked for {}); set {VARIABLE} to the folder of the published \
         test data. The test that needs it proves nothing in this run.",
        folder.display()
    );
    assert!(env::var_os(REQUIRED).is_none_or(|value| value != "1"), "{message}");
    eprintln!("{message}");
    None
}

/// The root of the workspace.
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../..").canonicalize().expect("the workspace is where it was built")
}

/// The fixtures of a crate: `crates/<crate>/fixtures/<specification>`.
pub fn fixture_dir(krate: &str, specification: &str) -> PathBuf {
    workspace_root().join("crates").join(krate).join("fixtures").join(specification)
}

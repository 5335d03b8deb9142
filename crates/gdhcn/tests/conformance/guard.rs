//! What must not outlive this process, however it ends: folders and running gateways. A shell waits
//! for the end of the process and clears away after it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

/// The shells; their inputs close when this process ends.
static SHELLS: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// A folder that is removed when this process ends.
pub(crate) fn folder(name: &str) -> PathBuf {
    let prefix = format!("gdhcn-conformance-{name}-");
    let folder = tempfile::Builder::new().prefix(&prefix).tempdir().unwrap().keep();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' INT HUP; cat >/dev/null; rm -rf \"$1\"", "guard"]).arg(&folder);
    keep(&mut shell);
    folder
}

/// Runs `program` in a folder, its outputs in the files `stdout` and `stderr` there. When this
/// process ends, the program is ended and the folder is removed.
pub(crate) fn run(program: &str, arguments: &[&str], folder: &Path) {
    let script = "trap '' INT HUP; cd \"$1\"; shift; \"$@\" >stdout 2>stderr </dev/null & \
                  program=$!; cat >/dev/null; kill -TERM $program; wait $program; rm -rf \"$PWD\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "guard"]).arg(folder).arg(program).args(arguments);
    keep(&mut shell);
}

fn keep(shell: &mut Command) {
    let child = shell.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    SHELLS.lock().unwrap().push(child);
}

//! Runs the program in a folder of its own and keeps what came of it.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use insta::Settings;
use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub(crate) const GDHCN: &str = env!("CARGO_BIN_EXE_gdhcn");
/// Nothing that is asked of it takes longer, on a busy machine and without optimisation.
const DEADLINE: Duration = Duration::from_secs(30);
/// Variables of the surroundings that would change what it writes or whom it asks.
const MEDDLING: [&str; 12] = [
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "NO_COLOR",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
];

/// How `gdhcn verify` is told to trust what XXB got from the gateway of the demo.
pub(crate) const AS_XXB: [&str; 4] =
    ["--trust", "demo/xxb/trust-list-1.json", "--trust-anchor", "demo/operator/trust-anchor.pem"];

/// A folder in which the program is run, gone when dropped.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder in which the demo has been told, kept under `demo`.
    pub(crate) fn with_demo() -> Self {
        let place = Self::new();
        place.run(&["demo", "--folder", "demo", "--json"]).done(0);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// The program with its arguments, at home in this folder and free of the surroundings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        at_home(GDHCN, arguments, self.folder.path())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        run(self.command(arguments), b"")
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Run {
        run(self.command(arguments), input)
    }

    /// Runs a line in a shell, as a person would.
    pub(crate) fn shell(&self, line: &str) -> Run {
        run(at_home("sh", &["-c", line], self.folder.path()), b"")
    }

    /// `gdhcn verify` with these arguments and what XXB got from the gateway of the demo.
    pub(crate) fn verify_as_xxb(&self, arguments: &[&str]) -> Run {
        self.run(&[&["verify"], arguments, &AS_XXB].concat())
    }
}

fn at_home(program: &str, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    for variable in MEDDLING {
        command.env_remove(variable);
    }
    // Where a trust store would be looked for.
    command.env("HOME", folder).env_remove("XDG_DATA_HOME");
    command
}

/// What a run of the program wrote and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// A run that came to an answer: the exit code, and nothing on standard error.
    #[track_caller]
    pub(crate) fn done(self, code: i32) -> Self {
        assert_eq!((self.code, self.stderr.as_str()), (code, ""), "{}", self.stdout);
        self
    }

    /// A run that could not be carried out: the exit code, nothing on standard output, and one
    /// line on standard error.
    #[track_caller]
    pub(crate) fn fault(self, code: i32) -> Self {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{}", self.stderr);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        self
    }

    /// A call that the command line itself refuses, with a hint where to read on.
    #[track_caller]
    pub(crate) fn wrong_usage(self) -> Self {
        assert_eq!((self.code, self.stdout.as_str()), (64, ""), "{}", self.stderr);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.stdout, self.stderr))
    }

    /// The members `outcome`, `code` and `reason` of the only result of `verify --json`.
    #[track_caller]
    pub(crate) fn decided(&self) -> (String, String, String) {
        let json = self.json();
        let [result] = json["results"].as_array().unwrap().as_slice() else {
            panic!("not one result: {json}")
        };
        let member = |name: &str| result[name].as_str().unwrap_or("-").to_owned();
        (member("outcome"), member("code"), member("reason"))
    }
}

/// Runs `command` to its end and checks what holds for every run, whatever it is given.
fn run(mut command: Command, input: &[u8]) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    // It may end without reading everything: then the pipe breaks, and that is no matter.
    let writer = thread::spawn(move || drop(pipe.write_all(&input)));
    let stdout = collect(child.stdout.take().unwrap());
    let stderr = collect(child.stderr.take().unwrap());
    let code = wait(&mut child, DEADLINE);
    writer.join().unwrap();
    let run = Run { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() };
    assert!(!run.stderr.contains("panicked"), "{command:?}: {}", run.stderr);
    if !command.get_envs().any(|(name, value)| name == "CLICOLOR_FORCE" && value.is_some()) {
        let written = run.stdout.clone() + &run.stderr;
        assert!(!written.contains('\u{1b}'), "{command:?} writes escape sequences: {written:?}");
    }
    run
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).expect("the program writes UTF-8");
        text
    })
}

/// Waits for the end of `child` and gives its exit code; a signal counts as 1000.
pub(crate) fn wait(child: &mut Child, deadline: Duration) -> i32 {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or(1000);
        }
        if started.elapsed() > deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the program has not ended within {deadline:?}");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Compares with the snapshot `name`, without what differs from run to run.
#[track_caller]
pub(crate) fn assert_snapshot(name: &str, text: &str) {
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, word) in [
        (&*GDHCN.replace('.', r"\."), "gdhcn"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"\b20\d\d-\d\d-\d\d \d\d:\d\d UTC", "MOMENT"),
        // Where a line is broken inside of it.
        (r"\b\d\d:\d\d UTC", "HH:MM UTC"),
        (r"\b20\d\d-\d\d-\d\dT[\d:.]+Z", "INSTANT"),
        (r"\b20\d\d-\d\d-\d\d\b", "THE-DAY-OF"),
        (r"\b(SCA|DSC|TA) 20\d\d\b", "$1 YEAR"),
        (r"[A-Za-z0-9+/]{11}=", "THIS-IS-KID="),
        (r"\b[0-9a-f]{64}\b", "THUMBPRINT"),
        (r"\b[0-9A-F]{32}#[0-9A-Z/:]", "OPAQUE#C"),
        (r"\d{3} characters", "NNN characters"),
        (r"([ █▀▄]+\n){20,}", "[a QR code]\n"),
    ] {
        settings.add_filter(pattern, word);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The OpenSSL program in a folder of its own, as an independent second implementation.
#[derive(Debug)]
pub struct Openssl {
    folder: TempDir,
}

/// A fresh OpenSSL working folder.
///
/// # Panics
///
/// When the program is not installed: `cargo xtask test` installs it.
pub fn openssl() -> Openssl {
    Openssl { folder: tempfile::tempdir().expect("a temporary folder can be made") }
}

impl Openssl {
    /// The path of a file in the working folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The working folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the working folder.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).expect("the working folder is writable");
    }

    /// Reads a file of the working folder.
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs `openssl` with `arguments` split at blanks; panics with its own words when it fails.
    pub fn run(&self, arguments: &str) -> Vec<u8> {
        let output = self.try_run(arguments);
        assert!(
            output.status.success(),
            "openssl {arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    /// Runs `openssl` with `arguments` split at blanks and leaves the judgement to the caller.
    pub fn try_run(&self, arguments: &str) -> Output {
        Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .expect("openssl is installed (cargo xtask test does it)")
    }
}

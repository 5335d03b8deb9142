//! A git repository, by the program git: one commit for each change, none when nothing changed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::config::without_userinfo;
use super::folder::{remove, write};
use super::{Change, Place, PublicationError};

/// How long one command of git may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a running command is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(super) struct Git {
    pub(super) path: PathBuf,
    pub(super) url: String,
    pub(super) branch: String,
}

impl Place for Git {
    fn prepare(&self, goes_on: &dyn Fn() -> bool) -> Result<(), PublicationError> {
        if !self.path.join(".git").exists() {
            self.clone_whole(goes_on)?;
        }
        // What a killed git left: nobody else works in the copy while the lease is held.
        remove_locks(&self.path.join(".git"))?;
        let inside = |name, arguments: &[&str]| self.inside(name, arguments, goes_on);
        // Whatever a killed run or a failed push left goes.
        inside("fetch", &["fetch", "--quiet", "origin", &self.branch])?;
        inside("reset", &["reset", "--quiet", "--hard", "FETCH_HEAD"])?;
        inside("clean", &["clean", "--quiet", "-d", "--force"])
    }

    fn root(&self) -> PathBuf {
        self.path.clone()
    }

    fn put(&self, change: &Change<'_>, goes_on: &dyn Fn() -> bool) -> Result<(), PublicationError> {
        for path in change.removed {
            let path = self.path.join(path);
            std::fs::remove_file(&path)
                .map_err(|source| PublicationError::Files { path, source })?;
        }
        for (path, bytes) in change.files {
            write(&self.path.join(path), bytes)?;
        }
        let inside = |name, arguments: &[&str]| self.inside(name, arguments, goes_on);
        inside("add", &["add", "--all", "--", "."])?;
        let message = format!("Trust lists of {}", change.at.strftime("%Y-%m-%dT%H:%M:%SZ"));
        inside("commit", &["commit", "--quiet", "--no-gpg-sign", "--message", &message])?;
        let target = format!("HEAD:refs/heads/{}", self.branch);
        inside("push", &["push", "--quiet", "origin", &target])
    }
}

impl Git {
    /// Beside its place first: a killed run leaves no half of a copy there.
    fn clone_whole(&self, goes_on: &dyn Fn() -> bool) -> Result<(), PublicationError> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let staging = self.path.with_file_name(format!(".{name}.next"));
        remove(&staging)?;
        let folder = staging.to_string_lossy();
        let arguments =
            ["clone", "--quiet", "--branch", &self.branch, "--", &self.url, folder.as_ref()];
        self.git("clone", Path::new("."), &arguments, goes_on)?;
        std::fs::rename(&staging, &self.path)
            .map_err(|source| PublicationError::Files { path: self.path.clone(), source })
    }

    fn inside(
        &self,
        name: &'static str,
        arguments: &[&str],
        goes_on: &dyn Fn() -> bool,
    ) -> Result<(), PublicationError> {
        self.git(name, &self.path, arguments, goes_on)
    }

    fn git(
        &self,
        name: &'static str,
        folder: &Path,
        arguments: &[&str],
        goes_on: &dyn Fn() -> bool,
    ) -> Result<(), PublicationError> {
        let failed = |message: String| PublicationError::Git { command: name, message };
        // To a file: a pipe that nobody reads would hold the program up.
        // Beside the copy, where something can be written.
        let place = self.path.parent().unwrap_or(Path::new("."));
        let said = tempfile::tempfile_in(place).map_err(|error| failed(error.to_string()))?;
        let stderr = said.try_clone().map_err(|error| failed(error.to_string()))?;
        let mut child = Command::new("git")
            .args(["-c", "user.name=Trust Network Gateway", "-c", "user.email=gateway@localhost"])
            .args(["-c", "core.autocrlf=false", "-c", "core.hooksPath=/dev/null"])
            .args(arguments)
            .current_dir(folder)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .map_err(|error| failed(format!("the program cannot be run: {error}")))?;
        let until = Instant::now() + PATIENCE;
        let status = loop {
            match child.try_wait().map_err(|error| failed(error.to_string()))? {
                Some(status) => break status,
                None if goes_on() && Instant::now() < until => std::thread::sleep(LOOK_EVERY),
                None => {
                    let _ = child.kill();
                    let _ = child.wait();
                    let late = || failed(format!("no end after {} s", PATIENCE.as_secs()));
                    return Err(if goes_on() { late() } else { PublicationError::Interrupted });
                }
            }
        };
        if status.success() { Ok(()) } else { Err(failed(last_words(said))) }
    }
}

/// Removes git's lock files below a folder.
fn remove_locks(folder: &Path) -> Result<(), PublicationError> {
    let failed = |source| PublicationError::Files { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if entry.file_type().map_err(failed)?.is_dir() {
            if entry.file_name() != "objects" {
                remove_locks(&path)?;
            }
        } else if path.extension().is_some_and(|end| end == "lock") {
            std::fs::remove_file(&path).map_err(failed)?;
        }
    }
    Ok(())
}

/// What git said, shortened, without the password that an address may hold.
fn last_words(mut said: std::fs::File) -> String {
    use std::io::{Read as _, Seek as _};
    let mut text = Vec::new();
    let _ = said.rewind();
    let _ = said.take(4096).read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    let words = text.split_whitespace().map(without_userinfo).collect::<Vec<_>>().join(" ");
    words.chars().take(300).collect()
}

//! A git repository, by the program git: one commit for each change, none when nothing changed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::folder::write;
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
    fn prepare(&self) -> Result<(), PublicationError> {
        if !self.path.join(".git").exists() {
            let folder = self.path.to_string_lossy().into_owned();
            self.git(
                "clone",
                Path::new("."),
                &["clone", "--quiet", "--branch", &self.branch, "--", &self.url, &folder],
            )?;
        }
        // Whatever a killed run or a failed push left goes.
        self.inside("fetch", &["fetch", "--quiet", "origin", &self.branch])?;
        self.inside("reset", &["reset", "--quiet", "--hard", "FETCH_HEAD"])?;
        self.inside("clean", &["clean", "--quiet", "-d", "--force"])
    }

    fn root(&self) -> PathBuf {
        self.path.clone()
    }

    fn put(&self, change: &Change<'_>) -> Result<(), PublicationError> {
        for path in change.removed {
            let path = self.path.join(path);
            std::fs::remove_file(&path)
                .map_err(|source| PublicationError::Files { path, source })?;
        }
        for (path, bytes) in change.files {
            write(&self.path.join(path), bytes)?;
        }
        self.inside("add", &["add", "--all", "--", "."])?;
        let message = format!("Trust lists of {}", change.at.strftime("%Y-%m-%dT%H:%M:%SZ"));
        self.inside("commit", &["commit", "--quiet", "--no-gpg-sign", "--message", &message])?;
        let target = format!("HEAD:refs/heads/{}", self.branch);
        self.inside("push", &["push", "--quiet", "origin", &target])
    }
}

impl Git {
    fn inside(&self, name: &'static str, arguments: &[&str]) -> Result<(), PublicationError> {
        self.git(name, &self.path, arguments)
    }

    fn git(
        &self,
        name: &'static str,
        folder: &Path,
        arguments: &[&str],
    ) -> Result<(), PublicationError> {
        let failed = |message: String| PublicationError::Git { command: name, message };
        // To a file: a pipe that nobody reads would hold the program up.
        let said = tempfile::tempfile().map_err(|error| failed(error.to_string()))?;
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
                None if Instant::now() < until => std::thread::sleep(LOOK_EVERY),
                None => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(failed(format!("no end after {} s", PATIENCE.as_secs())));
                }
            }
        };
        if status.success() { Ok(()) } else { Err(failed(last_words(said))) }
    }
}

/// What git said, shortened, without the password that an address may hold.
fn last_words(mut said: std::fs::File) -> String {
    use std::io::{Read as _, Seek as _};
    let mut text = Vec::new();
    let _ = said.rewind();
    let _ = said.take(4096).read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    let words = text.split_whitespace().map(|word| match word.split_once("://") {
        Some((scheme, rest)) => match rest.split_once('@') {
            Some((_, place)) => format!("{scheme}://{place}"),
            None => word.to_owned(),
        },
        None => word.to_owned(),
    });
    let words = words.collect::<Vec<_>>().join(" ");
    words.chars().take(300).collect()
}

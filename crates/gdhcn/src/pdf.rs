//! PDF documents, read in a process of their own.
//!
//! A document is a program that draws. However long it draws, and whatever it does to the library
//! that carries it out, this process goes on: the other one has a bounded time, and on Unix a bounded
//! memory.

use std::io::{self, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use gdhcn_credential::divoc;
use gdhcn_scan::{Limits, ScanError};
use serde::{Deserialize, Serialize};

use crate::exit::{Exit, Fault, OrInput as _, OrInternal as _};
use crate::output;

/// The command by which the program starts itself.
pub(crate) const COMMAND: &str = "read-pdf";
const LONGEST: Duration = Duration::from_secs(30);
/// Address space of the other process. Drawing the largest page takes a third of it.
#[cfg(unix)]
const MEMORY: u64 = 2 << 30;

/// What the other process found.
#[derive(Debug, Serialize, Deserialize)]
enum Found {
    /// The text of each code.
    Codes(Vec<String>),
    /// No page shows a code.
    NoCode,
    /// Nothing could be drawn.
    Error(String),
}

/// The text of each code; `None` when no page shows one.
pub(crate) fn read(name: &str, bytes: Vec<u8>) -> Result<Option<Vec<String>>, Fault> {
    let program = std::env::current_exe().or_internal("finding this program")?;
    let mut child = Command::new(program)
        .arg(COMMAND)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .or_internal("starting a process for a PDF document")?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    thread::spawn(move || {
        // A process that has ended early reads no more; its answer says why.
        let _ = stdin.map(|mut pipe| pipe.write_all(&bytes));
    });
    let (sender, answer) = mpsc::channel();
    thread::spawn(move || {
        let mut found = Vec::new();
        let read = stdout.map(|mut pipe| pipe.read_to_end(&mut found));
        let _ = sender.send(matches!(read, Some(Ok(_))).then_some(found));
    });
    let answer = answer.recv_timeout(LONGEST);
    // It has ended already, or has to.
    let _ = child.kill();
    let _ = child.wait();
    let found = match answer {
        Err(_) => return Err(Fault::Input(anyhow!("{name}: drawing it takes over {LONGEST:?}"))),
        Ok(found) => found.and_then(|found| serde_json::from_slice(&found).ok()),
    };
    match found {
        Some(Found::Codes(codes)) => Ok(Some(codes)),
        Some(Found::NoCode) => Ok(None),
        Some(Found::Error(error)) => Err(Fault::Input(anyhow!("{name}: {error}"))),
        None => Err(Fault::Input(anyhow!(
            "{name}: the PDF document cannot be drawn; hand over a picture of its page"
        ))),
    }
}

/// The other process: a document on standard input, what was found on standard output.
pub(crate) fn run() -> Result<Exit, Fault> {
    bound()?;
    let limits = Limits::default();
    let mut bytes = Vec::new();
    let longest = u64::try_from(limits.max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    io::stdin().lock().take(longest).read_to_end(&mut bytes).or_input("standard input")?;
    let found = match gdhcn_scan::read_pdf(&bytes, &limits) {
        Ok(codes) => {
            let text = |code: gdhcn_scan::Code| divoc::text_of_code(code.text, &code.bytes);
            Found::Codes(codes.into_iter().map(text).collect())
        }
        Err(ScanError::NoCode { .. }) => Found::NoCode,
        Err(error) => Found::Error(error.to_string()),
    };
    output::json(&found)?;
    Ok(Exit::SUCCESS)
}

#[cfg(unix)]
fn bound() -> Result<(), Fault> {
    use rlimit::Resource;

    Resource::AS
        .set(MEMORY, MEMORY)
        .and_then(|()| Resource::CORE.set(0, 0))
        .and_then(|()| Resource::CPU.set(LONGEST.as_secs(), LONGEST.as_secs()))
        .context("bounding the memory of this process")
        .map_err(Fault::Internal)
}

#[cfg(not(unix))]
fn bound() -> Result<(), Fault> {
    Ok(())
}

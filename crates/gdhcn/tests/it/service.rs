//! A run of the program that stays up until it is told to end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::{Place, wait};

const DEADLINE: Duration = Duration::from_secs(30);

/// Ended when dropped, so that a failed test leaves nothing behind.
pub(crate) struct Service {
    child: Child,
    lines: Receiver<String>,
}

impl Service {
    /// Starts the program in `place`.
    pub(crate) fn start(place: &Place, arguments: &[&str]) -> Self {
        let mut child = place
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let pipes: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for pipe in pipes {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(pipe).lines() {
                    // Nobody listens any more once the test is over.
                    let _ = sender.send(line.unwrap());
                }
            });
        }
        Self { child, lines }
    }

    /// Waits for a line on either output that begins with `start`, and gives the word after it.
    pub(crate) fn word_after(&self, start: &str) -> String {
        let started = Instant::now();
        let mut seen = Vec::new();
        loop {
            let left = DEADLINE.saturating_sub(started.elapsed());
            let line = self
                .lines
                .recv_timeout(left)
                .unwrap_or_else(|error| panic!("no line {start:?}: {error}: {seen:#?}"));
            if let Some(rest) = line.strip_prefix(start) {
                let word = rest.split_whitespace().next().unwrap_or_default();
                return word.trim_end_matches([';', ',']).to_owned();
            }
            seen.push(line);
        }
    }

    /// Presses Ctrl-C and gives the exit code.
    pub(crate) fn interrupt(self) -> i32 {
        self.signal("-INT").0
    }

    /// Tells it to look at its files again.
    pub(crate) fn hang_up(&self) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &process]).status().unwrap().success());
    }

    /// Sends a signal; gives the exit code and what was written and not yet asked for.
    pub(crate) fn signal(mut self, signal: &str) -> (i32, Vec<String>) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
        let code = wait(&mut self.child, DEADLINE);
        (code, self.lines.iter().collect())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! A client of a gateway: curl, whose TLS is OpenSSL's.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::description::Description;

/// A request under way to be sent.
pub(crate) struct Ask<'w> {
    command: Command,
    body: Vec<u8>,
    what: String,
    /// What the gateway says of itself, where it is ours.
    described: Option<&'w Description>,
}

/// What a gateway answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Method and path.
    pub(crate) what: String,
}

impl<'w> Ask<'w> {
    /// A request to `url`; `authority` is the server's own certificate or its CA.
    pub(crate) fn new(method: &str, url: &str, path: &str, authority: &Path) -> Self {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--include", "--http1.1", "--noproxy", "*"]);
        // A body may be refused before it was sent.
        command.args(["--max-time", "60", "--header", "Expect:", "--path-as-is", "--globoff"]);
        command.arg("--cacert").arg(authority);
        if method == "HEAD" {
            command.arg("--head");
        } else {
            command.args(["--request", method]);
        }
        command.arg(format!("{url}{path}"));
        let what = format!("{method} {path}");
        Self { command, body: Vec::new(), what, described: None }
    }

    /// The answer must be one that the gateway's own description knows.
    pub(crate) fn described_by(mut self, description: Option<&'w Description>) -> Self {
        self.described = description;
        self
    }

    /// Shows the client certificate `<name>.pem` with its key `<name>.key`.
    pub(crate) fn by(mut self, name: &Path) -> Self {
        self.command.arg("--cert").arg(name.with_extension("pem"));
        self.command.arg("--key").arg(name.with_extension("key"));
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.command.arg("--header").arg(format!("{name}: {value}"));
        self
    }

    /// By this version of TLS only.
    pub(crate) fn tls(mut self, version: &str) -> Self {
        self.command.args([&format!("--tlsv{version}"), "--tls-max", version]);
        self
    }

    /// A body of a media type.
    pub(crate) fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.command.args(["--data-binary", "@-"]);
        self.header("Content-Type", media_type)
    }

    /// A certificate message in Base64, with the headers that clients send.
    pub(crate) fn cms(self, message: impl Into<Vec<u8>>) -> Self {
        self.body("application/cms", message).header("Content-Transfer-Encoding", "base64")
    }

    /// A text message in Base64.
    pub(crate) fn cms_text(self, message: impl Into<Vec<u8>>) -> Self {
        self.body("application/cms-text", message).header("Content-Encoding", "base64")
    }

    /// A body of JSON.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Sends it and gives the answer.
    #[track_caller]
    pub(crate) fn send(self) -> Answer {
        let what = self.what.clone();
        self.try_send().unwrap_or_else(|why| panic!("{what}: no answer: {why}"))
    }

    /// Sends it; without an answer, as after a handshake that failed, what curl says.
    pub(crate) fn try_send(mut self) -> Result<Answer, String> {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("curl is installed (cargo xtask test does it)");
        let mut pipe = child.stdin.take().unwrap();
        let body = self.body;
        // Whoever refuses a body early does not read all of it.
        let writer = thread::spawn(move || drop(pipe.write_all(&body)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let answer = Answer::read(&output.stdout, self.what)
            .ok_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        if let Some(description) = self.described {
            description.check(&answer);
        }
        Ok(answer)
    }
}

impl Answer {
    /// Reads the text of an answer with its headers; interim ones before it are skipped.
    pub(crate) fn read(mut bytes: &[u8], what: String) -> Option<Self> {
        loop {
            let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
            let (head, rest) = bytes.split_at(end);
            let head = String::from_utf8_lossy(head).into_owned();
            let body = rest.get(4..)?;
            let mut lines = head.split("\r\n");
            let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
            if status < 200 {
                bytes = body;
                continue;
            }
            let headers = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect();
            return Some(Self { status, headers, body: body.to_vec(), what });
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The status must be this one; the answer goes on.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.what, self.text());
        self
    }

    /// An accepted change has no body.
    #[track_caller]
    pub(crate) fn done(self, status: u16) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.text(), "", "{}", answer.what);
        answer
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let media_type = self.header("content-type").unwrap_or_default();
        assert!(media_type.starts_with("application/json"), "{}: {media_type}", self.what);
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.what, self.text()))
    }

    /// The members of an array.
    #[track_caller]
    pub(crate) fn items(self) -> Vec<Value> {
        let Value::Array(items) = self.is(200).json() else { panic!("no array") };
        items
    }

    /// A problem report (3.2) with this status and code, and this word in its details.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str, word: &str) -> Self {
        let answer = self.is(status);
        let report = answer.json();
        for member in ["code", "problem", "sendValue", "details"] {
            assert!(report[member].is_string(), "{}: {member} of {report}", answer.what);
        }
        assert_eq!(report.as_object().unwrap().len(), 4, "{report}");
        assert_eq!(report["code"], code, "{}: {report}", answer.what);
        let said = format!("{} {}", report["problem"], report["details"]);
        assert!(said.to_lowercase().contains(&word.to_lowercase()), "{}: {report}", answer.what);
        answer
    }
}

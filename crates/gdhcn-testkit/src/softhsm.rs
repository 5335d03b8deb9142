use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A token of SoftHSM in a folder of its own.
#[derive(Debug)]
pub struct Softhsm {
    folder: TempDir,
}

/// A fresh token with the label [`Softhsm::TOKEN`] and the PIN [`Softhsm::PIN`].
///
/// # Panics
///
/// When SoftHSM is not installed: `cargo xtask test` installs it.
pub fn softhsm() -> Softhsm {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let token = Softhsm { folder };
    let tokens = token.folder.path().join("tokens");
    std::fs::create_dir(&tokens).expect("the folder is writable");
    let config = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
    std::fs::write(token.config(), config).expect("the folder is writable");
    token.util(&["--init-token", "--free", "--label", Softhsm::TOKEN, "--so-pin", "87654321"]);
    token
}

impl Softhsm {
    /// Label of the token.
    pub const TOKEN: &str = "gdhcn test";
    /// PIN of the token.
    pub const PIN: &str = "123456";

    /// The configuration, for the environment variable `SOFTHSM2_CONF`.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("softhsm2.conf")
    }

    /// The PKCS#11 module.
    ///
    /// # Panics
    ///
    /// When it is in none of the usual places.
    pub fn module() -> PathBuf {
        let places = [
            "/usr/lib/softhsm/libsofthsm2.so",
            "/usr/lib64/pkcs11/libsofthsm2.so",
            "/usr/local/lib/softhsm/libsofthsm2.so",
            "/opt/homebrew/lib/softhsm/libsofthsm2.so",
        ];
        let found = places.iter().map(Path::new).find(|path| path.exists());
        found.expect("SoftHSM is installed (cargo xtask test does it)").to_owned()
    }

    /// Brings a PKCS#8 key into the token.
    ///
    /// # Panics
    ///
    /// When the token does not take it.
    pub fn import(&self, pem: &str, label: &str, id: &str) {
        let file = self.folder.path().join("import.pem");
        std::fs::write(&file, pem).expect("the folder is writable");
        let file = file.display().to_string();
        let arguments = ["--import", &file, "--token", Self::TOKEN, "--label", label, "--id", id];
        self.util(&arguments);
    }

    fn util(&self, arguments: &[&str]) {
        let output = Command::new("softhsm2-util")
            .args(arguments)
            .args(["--pin", Self::PIN])
            .env("SOFTHSM2_CONF", self.config())
            .output()
            .expect("SoftHSM is installed (cargo xtask test does it)");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "softhsm2-util {arguments:?}: {said}");
    }
}

//! Writing files: never over others, and secrets for their owner only.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use crate::exit::{Fault, OrInput};

/// Writes a new file that only its owner may read. A file that exists is not written over.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).or_input(path.display())?;
    file.write_all(bytes).and_then(|()| file.sync_all()).or_input(path.display())
}

/// Writes a new file. A file that exists is not written over.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(bytes)).or_input(path.display())
}

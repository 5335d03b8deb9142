//! A folder that a web server serves, replaced as a whole: readers see the old lists or the new.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Change, Place, PublicationError};

pub(super) struct Folder {
    pub(super) path: PathBuf,
}

impl Place for Folder {
    fn prepare(&self, _goes_on: &dyn Fn() -> bool) -> Result<(), PublicationError> {
        // What a killed run left.
        remove(&self.staging())
    }

    fn root(&self) -> PathBuf {
        self.path.clone()
    }

    fn put(&self, change: &Change<'_>, goes_on: &dyn Fn() -> bool) -> Result<(), PublicationError> {
        let staging = self.staging();
        make(&staging)?;
        if self.path.exists() {
            copy(&self.path, &staging, Path::new(""), change)?;
        }
        for (path, bytes) in change.files {
            write(&staging.join(path), bytes)?;
        }
        if !goes_on() {
            return Err(PublicationError::Interrupted);
        }
        if self.path.exists() {
            exchange(&staging, &self.path)?;
            remove(&staging)
        } else {
            fs::rename(&staging, &self.path).map_err(at(&self.path))
        }
    }
}

impl Folder {
    /// Beside the folder, so that it is on the same file system.
    fn staging(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}.next"))
    }
}

/// Puts each of two folders in the other's place, in one step.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> Result<(), PublicationError> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
        .map_err(|error| at(other)(error.into()))
}

/// Elsewhere there is a moment in which the folder is not there.
#[cfg(not(target_os = "linux"))]
fn exchange(one: &Path, other: &Path) -> Result<(), PublicationError> {
    let aside = one.with_extension("last");
    remove(&aside)?;
    fs::rename(other, &aside).map_err(at(other))?;
    fs::rename(one, other).map_err(at(other))?;
    remove(&aside)
}

/// Copies everything but the lists' own folders.
fn copy(from: &Path, to: &Path, inner: &Path, change: &Change<'_>) -> Result<(), PublicationError> {
    for entry in fs::read_dir(from.join(inner)).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let path = inner.join(entry.file_name());
        if path.to_str().is_some_and(|path| change.managed.contains(path)) {
            continue;
        }
        let kind = entry.file_type().map_err(at(&path))?;
        if kind.is_dir() {
            make(&to.join(&path))?;
            copy(from, to, &path, change)?;
        } else if kind.is_file() {
            fs::copy(from.join(&path), to.join(&path)).map_err(at(&path))?;
        } else {
            let source = std::io::Error::other("neither a file nor a folder; take it away");
            return Err(PublicationError::Files { path: from.join(path), source });
        }
    }
    Ok(())
}

/// Writes a file that is on the disk when this returns.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), PublicationError> {
    if let Some(folder) = path.parent() {
        make(folder)?;
    }
    let write = || {
        let mut file = fs::File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(at(path))
}

fn make(folder: &Path) -> Result<(), PublicationError> {
    fs::create_dir_all(folder).map_err(at(folder))
}

pub(super) fn remove(folder: &Path) -> Result<(), PublicationError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(folder)(error)),
        _ => Ok(()),
    }
}

/// Adds the paths of all files in `folder`, from `root`.
pub(super) fn walk(
    root: &Path,
    folder: &str,
    found: &mut Vec<String>,
) -> Result<(), PublicationError> {
    let here = root.join(folder);
    if !here.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(&here).map_err(at(&here))? {
        let entry = entry.map_err(at(&here))?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(at(&here))?.is_dir() {
            walk(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> PublicationError {
    move |source| PublicationError::Files { path: path.to_owned(), source }
}

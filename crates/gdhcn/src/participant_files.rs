//! A participant's folder from the disk, or from a signed tag of a git repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::anyhow;
use gdhcn_trust::participant_folder::{File, Limits, ParticipantFolder};

use crate::exit::{Fault, OrInput};

/// Folders are not followed deeper: real ones have five levels.
const MAX_DEPTH: usize = 12;

/// The files as they lie there, with their paths inside the folder.
struct Files(Vec<(String, Vec<u8>)>);

/// Reads the folder. With a tag, `folder` is a git repository: the tag's signature is checked by
/// git, and the files are those of the tag, whatever lies beside them.
pub(crate) fn read(folder: &Path, tag: Option<&str>) -> Result<ParticipantFolder, Fault> {
    let limits = Limits::default();
    let files = match tag {
        Some(tag) => of_tag(folder, tag, &limits)?,
        None => of_disk(folder, &limits)?,
    };
    let read =
        ParticipantFolder::read(files.0.iter().map(|(path, bytes)| File { path, bytes }), &limits);
    if files.0.is_empty() {
        return Err(Fault::Input(anyhow!("{}: the folder is empty", folder.display())));
    }
    Ok(read)
}

fn of_disk(folder: &Path, limits: &Limits) -> Result<Files, Fault> {
    let folder = folder.canonicalize().or_input(folder.display())?;
    let mut paths = Vec::new();
    walk(&folder, 0, limits, &mut paths)?;
    // The name above `onboarding/` says whose folder it is.
    let base = match folder.file_name() {
        Some(name) if name != "onboarding" => folder.parent().unwrap_or(&folder),
        _ => folder.parent().and_then(Path::parent).unwrap_or(&folder),
    };
    let mut files = Vec::new();
    for path in paths {
        let inside = path.strip_prefix(base).unwrap_or(&path);
        let parts: Vec<_> =
            inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        files.push((parts.join("/"), bounded(&path, limits)?));
    }
    Ok(Files(files))
}

fn walk(
    folder: &Path,
    depth: usize,
    limits: &Limits,
    found: &mut Vec<PathBuf>,
) -> Result<(), Fault> {
    if depth > MAX_DEPTH {
        return Err(Fault::Input(anyhow!("{}: the folder is too deep", folder.display())));
    }
    for entry in std::fs::read_dir(folder).or_input(folder.display())? {
        let entry = entry.or_input(folder.display())?;
        // Links are not followed: they lead out of what was handed in.
        let kind = entry.file_type().or_input(entry.path().display())?;
        if kind.is_dir() && entry.file_name() != ".git" {
            walk(&entry.path(), depth + 1, limits, found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
        // One more than the limit, so that the reader notices.
        if found.len() > limits.max_files {
            break;
        }
    }
    Ok(())
}

/// No more of a file than shows that it is too long.
fn bounded(path: &Path, limits: &Limits) -> Result<Vec<u8>, Fault> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).or_input(path.display())?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(limits.max_file_len).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).or_input(path.display())?;
    Ok(bytes)
}

fn of_tag(repository: &Path, tag: &str, limits: &Limits) -> Result<Files, Fault> {
    if tag.is_empty() || tag.starts_with('-') {
        return Err(Fault::Usage(format!("{tag:?} is no tag")));
    }
    let refused = |what: &str| Fault::Input(anyhow!("{}: {what}", repository.display()));
    let reference = format!("refs/tags/{tag}");
    // What the name means is settled once: between checking and reading it could be moved.
    let object = git(repository, &["rev-parse", "--verify", "--quiet", &reference])?
        .ok_or_else(|| refused(&format!("the repository has no tag {tag:?}")))?;
    let object = String::from_utf8_lossy(&object).trim().to_owned();
    let verified = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["verify-tag", "--raw", &object])
        .output()
        .or_input("starting git")?;
    let said = String::from_utf8_lossy(&verified.stderr);
    if !verified.status.success() || !said.contains("GOODSIG") {
        return Err(refused(&format!(
            "git does not find a good signature on the tag {tag:?} by a key that it knows; import \
             the participant's OpenPGP key first"
        )));
    }
    let listing = git(repository, &["ls-tree", "-r", "-z", &object])?
        .ok_or_else(|| refused("the tag has no files"))?;
    let name = repository.canonicalize().or_input(repository.display())?;
    let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut files = Vec::new();
    for line in String::from_utf8_lossy(&listing).split('\0').take(limits.max_files + 1) {
        // MODE TYPE OBJECT, a tab, the path. Only plain files: no links, no submodules.
        let Some((facts, path)) = line.split_once('\t') else { continue };
        let mut facts = facts.split(' ');
        let (Some("100644" | "100755"), Some("blob"), Some(blob)) =
            (facts.next(), facts.next(), facts.next())
        else {
            continue;
        };
        let bytes = git(repository, &["cat-file", "blob", blob])?
            .ok_or_else(|| refused(&format!("{path} cannot be read from the tag")))?;
        files.push((format!("{name}/{path}"), bytes));
    }
    Ok(Files(files))
}

/// What git prints; `None` when it refuses.
fn git(repository: &Path, arguments: &[&str]) -> Result<Option<Vec<u8>>, Fault> {
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(arguments)
        .output()
        .or_input("starting git")?;
    Ok(output.status.success().then_some(output.stdout))
}

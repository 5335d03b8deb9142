//! Publishing the DID trust lists: from the gateway's tables to a folder or a git repository.
//!
//! [`Publisher::load`] reads key and settings; [`Publisher::run`] makes the lists, verifies every
//! proof and puts them into place as a whole. Nothing is written when nothing has changed.

mod config;
mod folder;
mod git;
mod input;
mod scheduled;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use gdhcn_crypto::{Backend, KeyError, Signer as _, SoftwareKey};
use gdhcn_trust::did::publish::{
    CodeMap, Fresh, KeptFor, ProofStyle, Publication, PublishError, Skipped, Tree, WriteError,
    select, signing_key_document,
};
use gdhcn_trust::did::web::{Location, WebError};
use jiff::{SignedDuration, Timestamp};

pub use config::{DidConfig, DidConfigError, Target, TreeConfig};
pub use input::Input;
pub(super) use scheduled::job;

/// Writes lists as configured, with one key.
#[derive(Debug)]
pub struct Publisher {
    config: DidConfig,
    codes: CodeMap,
    key: SoftwareKey,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicationReport {
    /// Keys in the lists.
    pub keys: usize,
    /// Documents by what became of them.
    pub documents: KeptFor,
    /// Files of places that nobody is listed at any more.
    pub removed: usize,
    /// Certificates that are not listed, each worth a look.
    pub skipped: Vec<Skipped>,
    /// Whether anything was written.
    pub written: bool,
    /// The key's document cannot stand among the lists: the place where it has to be published.
    pub key_elsewhere: Option<String>,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublicationError {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] DidConfigError),
    /// The signing key's file cannot be read.
    #[error("signing key {path}: {source}")]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The signing key cannot be used.
    #[error("signing key {path}: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: KeyError,
    },
    /// The lists cannot be made, or should not without a word.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A document cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A DID has no place on the web.
    #[error(transparent)]
    Web(#[from] WebError),
    /// Files cannot be read or written.
    #[error("{path}: {source}")]
    Files {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The run had to end before anything was put into place.
    #[error("the run had to end; nothing was published")]
    Interrupted,
    /// The program git failed.
    #[error("git {command}: {message}")]
    Git {
        /// The command of git.
        command: &'static str,
        /// What it said, or why it could not run.
        message: String,
    },
}

/// The lists in place, as the target holds them.
trait Place {
    /// Brings the local copy up to date.
    fn prepare(&self, goes_on: &dyn Fn() -> bool) -> Result<(), PublicationError>;
    /// The folder that holds the web root.
    fn root(&self) -> PathBuf;
    /// Puts the files into place, whole.
    fn put(&self, change: &Change<'_>, goes_on: &dyn Fn() -> bool) -> Result<(), PublicationError>;
}

/// What changes in the web root.
struct Change<'a> {
    /// Every file of the lists.
    files: &'a BTreeMap<String, Vec<u8>>,
    /// Folders that hold nothing but lists.
    managed: &'a BTreeSet<String>,
    /// Files in them that go.
    removed: &'a [String],
    /// When.
    at: Timestamp,
}

/// The circumstances of a run.
pub struct Occasion<'a> {
    /// The present instant.
    pub now: Timestamp,
    /// Whether what shrinks a lot is published too.
    pub force: bool,
    /// Whether the run may still put something into place. Asked before each step that others
    /// could see, and while a program runs.
    pub goes_on: &'a dyn Fn() -> bool,
    /// Gives 32 random letters and digits, other ones each time.
    pub nonce: &'a mut dyn FnMut() -> String,
}

impl Publisher {
    /// Reads the key.
    ///
    /// # Errors
    ///
    /// When the configuration contradicts itself, or the key's file cannot be used.
    pub fn load(config: DidConfig) -> Result<Self, PublicationError> {
        config.check()?;
        let path = config.signing_key.clone();
        let text = std::fs::read_to_string(&path)
            .map_err(|source| PublicationError::KeyFile { path: path.clone(), source })?;
        let key = SoftwareKey::from_pem(&text)
            .map_err(|source| PublicationError::Key { path, source })?;
        let codes = config.codes()?;
        Ok(Self { config, codes, key })
    }

    /// Publishes what the tables hold.
    ///
    /// Reads and writes files, and may wait for the network: not for a thread that serves.
    ///
    /// # Errors
    ///
    /// See [`PublicationError`]; the lists in place are then as before.
    pub fn run(
        &self,
        input: &Input,
        occasion: Occasion<'_>,
    ) -> Result<PublicationReport, PublicationError> {
        let Occasion { now, force, goes_on, nonce } = occasion;
        let backend = Backend::default();
        let mut selection =
            select(&input.candidates, &self.codes, self.config.expired(), now, backend);
        selection.skipped.extend(input.skipped.iter().cloned());
        let issuers = input.issuers(&self.codes, &mut selection.skipped);
        let tree = Tree { keys: &selection.keys, issuers: &issuers };

        let mut documents = Vec::new();
        let mut managed = BTreeSet::new();
        if let Some(list) = self.config.version_1(&input.countries, &self.codes) {
            managed.insert(folder_of(&list.did)?);
            documents.extend(tree.version_1(&list)?);
        }
        for list in self.config.version_2() {
            managed.insert(folder_of(&format!("{}:trustlist", list.did))?);
            managed.insert(folder_of(&format!("{}:trustlist-ref", list.did))?);
            documents.extend(tree.version_2(&list)?);
        }
        let key_document =
            signing_key_document(&self.config.verification_method(), self.key.public_key())?;
        let key_is_ours = self.config.is_our_host(&key_document.id);

        let place = self.config.target.place();
        place.prepare(goes_on)?;
        let root = place.root();
        let previous = |path: &str| std::fs::read(root.join(path)).ok();
        let method = self.config.verification_method();
        let style = |version| match self.config.compatibility {
            true => ProofStyle::reference(version, method.clone()),
            false => ProofStyle::standard(method.clone()),
        };
        let max_age = SignedDuration::from_secs(
            i64::try_from(self.config.refresh_seconds).unwrap_or(i64::MAX),
        );
        let fresh = Fresh { now, max_age };
        let mut publication =
            Publication::make(&documents, style, &self.key, fresh, &previous, nonce, backend)?;
        // The root of the last list: version 2 where there is one.
        let roots = documents.iter().filter(|document| self.config.is_root(&document.id));
        for document in roots {
            if let Some(present) = previous(&document.path).filter(|_| !force) {
                Publication::check_shrinking(&present, document.text.as_bytes())?;
            }
        }
        if key_is_ours {
            let text = key_document.text.into_bytes();
            if previous(&key_document.path).as_deref() != Some(text.as_slice()) {
                publication.kept.changed += 1;
            }
            publication.files.insert(key_document.path, text);
        }
        let removed = vanished(&root, &managed, &publication.files)?;
        let written = !publication.kept.is_up_to_date() || !removed.is_empty();
        if written {
            let files = &publication.files;
            let change = Change { files, managed: &managed, removed: &removed, at: now };
            place.put(&change, goes_on)?;
        }
        Ok(PublicationReport {
            keys: selection.keys.len(),
            documents: publication.kept,
            removed: removed.len(),
            skipped: selection.skipped,
            written,
            key_elsewhere: (!key_is_ours).then_some(method),
        })
    }
}

/// The folder of a list under the web root.
fn folder_of(did: &str) -> Result<String, WebError> {
    let path = Location::of(did)?.path();
    Ok(path.strip_suffix("/did.json").unwrap_or(&path).to_owned())
}

/// Files in the lists' folders that are not among `files`.
fn vanished(
    root: &std::path::Path,
    managed: &BTreeSet<String>,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<Vec<String>, PublicationError> {
    let mut found = Vec::new();
    for folder in managed {
        folder::walk(root, folder, &mut found)?;
    }
    found.retain(|path| !files.contains_key(path));
    Ok(found)
}

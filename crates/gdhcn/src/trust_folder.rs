//! The trust store of this machine: a folder with one signed file, the key that signs it, and the
//! highest number that it has had.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use gdhcn_crypto::{Backend, Curve, KeyKind, PublicKey, Signer, SoftwareKey, Thumbprint};
use gdhcn_envelope::pem;
use gdhcn_trust::did::PinnedKey;
use gdhcn_trust::snapshot::{self, Contents, Limits, Snapshot, key_thumbprint};
use gdhcn_trust::{TrustStore, TrustStoreBuilder};

use crate::exit::{Fault, OrInput, OrInternal};
use crate::output::{self, BAD, PLAIN};

const STORE: &str = "store.trust";
const NEW: &str = "store.trust.new";
const PRIVATE_KEY: &str = "store.key";
const PUBLIC_KEY: &str = "store.pub";
const NUMBER: &str = "store.number";
const LOCK: &str = "store.lock";

/// The folder. It need not exist.
#[derive(Clone, Debug)]
pub(crate) struct TrustFolder(PathBuf);

impl TrustFolder {
    /// The folder that was named, or the user's own.
    pub(crate) fn of(given: Option<&Path>) -> Result<Self, Fault> {
        if let Some(path) = given {
            return Ok(Self(path.to_owned()));
        }
        let data = variable("XDG_DATA_HOME").or_else(|| match variable("LOCALAPPDATA") {
            Some(data) if cfg!(windows) => Some(data),
            _ => variable("HOME").map(|home| home.join(".local/share")),
        });
        data.map(|data| Self(data.join("gdhcn/trust"))).ok_or_else(|| {
            Fault::Usage("there is no home folder to keep trust data in; give --store".into())
        })
    }

    /// Whether there is a store in it.
    pub(crate) fn is_filled(&self) -> bool {
        self.0.join(STORE).is_file()
    }

    /// Where the store is.
    pub(crate) fn file(&self) -> PathBuf {
        self.0.join(STORE)
    }

    /// Where the key is that the store is checked with.
    pub(crate) fn public_key_file(&self) -> PathBuf {
        self.0.join(PUBLIC_KEY)
    }

    /// Reads the store. One that this folder's key did not sign, or that is older than one that
    /// was here before, is a fault.
    pub(crate) fn open(&self) -> Result<Snapshot, Fault> {
        let file = self.file();
        if !self.is_filled() {
            return Err(Fault::Input(anyhow!(
                "{}: no trust store here; fill it with `gdhcn trust sync`",
                self.0.display()
            )));
        }
        let bytes = read_snapshot(&file)?;
        let signer = self.public_key()?;
        let snapshot = Snapshot::read(bytes, &[signer], Backend::default(), &Limits::default())
            .or_input(file.display())?;
        let highest = self.highest()?;
        if snapshot.number < highest {
            return Err(Fault::Input(anyhow!(
                "{}: this is number {}, and number {highest} was here before: somebody put an \
                 older copy back. Fill it anew with `gdhcn trust sync`",
                file.display(),
                snapshot.number
            )));
        }
        Ok(snapshot)
    }

    /// The store for changing it: nobody else does meanwhile. An empty folder gives an empty store.
    pub(crate) fn change(&self) -> Result<Change, Fault> {
        fs::create_dir_all(&self.0).or_input(self.0.display())?;
        let path = self.0.join(LOCK);
        let lock = OpenOptions::new().create(true).append(true).open(&path);
        let lock = lock.or_input(path.display())?;
        lock.lock().or_input(path.display())?;
        let key = self.key()?;
        let before = match self.is_filled().then(|| self.open()) {
            Some(Ok(snapshot)) => Some(snapshot),
            // What cannot be believed is not gone on from; its parts have to come anew.
            Some(Err(fault)) => {
                crate::output::eprintln!(
                    "{BAD}left aside:{PLAIN} {}",
                    output::tame_line(&fault.to_string())
                );
                None
            }
            None => None,
        };
        let number = before.as_ref().map_or(0, |one| one.number).max(self.highest()?);
        let (store, list_keys) = match before {
            Some(snapshot) => (snapshot.store, snapshot.list_keys),
            None => (TrustStoreBuilder::new(Backend::default()).build(), Vec::new()),
        };
        Ok(Change { folder: self.clone(), key, number, store, list_keys, _lock: lock })
    }

    /// The thumbprint of the key that signs the store.
    fn public_key(&self) -> Result<Thumbprint, Fault> {
        let path = self.0.join(PUBLIC_KEY);
        let text = fs::read(&path).or_input(path.display())?;
        let block = pem::blocks(&text, &pem::Limits::default()).into_iter().next();
        let block = block.ok_or_else(|| anyhow!("no key in it")).or_input(path.display())?;
        let key = PublicKey::from_spki_der(&block.or_input(path.display())?.der);
        Ok(key_thumbprint(&key.or_input(path.display())?))
    }

    /// The key that signs the store, made when first asked for.
    fn key(&self) -> Result<SoftwareKey, Fault> {
        let path = self.0.join(PRIVATE_KEY);
        if path.exists() {
            let text = fs::read_to_string(&path).or_input(path.display())?;
            return SoftwareKey::from_pem(&text).or_input(path.display());
        }
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).or_internal("making a key")?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(&path)
            .and_then(|mut file| file.write_all(key.to_pem().as_bytes()))
            .or_input(path.display())?;
        let public = pem::encode("PUBLIC KEY", &key.public_key().to_spki_der());
        let path = self.0.join(PUBLIC_KEY);
        fs::write(&path, public).or_input(path.display())?;
        Ok(key)
    }

    /// The highest number that the store has had.
    fn highest(&self) -> Result<u64, Fault> {
        let path = self.0.join(NUMBER);
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().or_input(path.display()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error).or_input(path.display()),
        }
    }
}

/// A store that is about to be changed.
pub(crate) struct Change {
    folder: TrustFolder,
    key: SoftwareKey,
    number: u64,
    pub(crate) store: TrustStore,
    pub(crate) list_keys: Vec<PinnedKey>,
    _lock: File,
}

impl Change {
    /// The number of the store as it was.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Puts `store` in the place of the old one, under the next number, which it gives.
    pub(crate) fn save(&self, store: &TrustStore, list_keys: &[PinnedKey]) -> Result<u64, Fault> {
        let number = self.number + 1;
        let contents = Contents { number, made: output::now(), list_keys, store };
        let bytes = snapshot::write(&contents, &self.key).or_internal("signing the store")?;
        let folder = &self.folder.0;
        let new = folder.join(NEW);
        let write = || -> io::Result<()> {
            let mut file = File::create(&new)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            // A reader sees the old file or the new one, and the number never runs ahead.
            fs::rename(&new, folder.join(STORE))?;
            fs::write(folder.join(NUMBER), number.to_string())
        };
        write().or_input(folder.display())?;
        Ok(number)
    }
}

/// Puts a key that was named now in the place of one that was named before for the same lists.
pub(crate) fn name_list_key(known: &mut Vec<PinnedKey>, named: Option<PinnedKey>) {
    if let Some(named) = named {
        known.retain(|known| known.method != named.method || known.lists != named.lists);
        known.push(named);
    }
}

/// Reads a file that may be as large as a store.
pub(crate) fn read_snapshot(path: &Path) -> Result<Vec<u8>, Fault> {
    let limit = Limits::default().max_len as u64;
    let file = File::open(path).or_input(path.display())?;
    let mut bytes = Vec::new();
    // One byte more than is allowed lets the reader of the store say so.
    file.take(limit + 1).read_to_end(&mut bytes).or_input(path.display())?;
    Ok(bytes)
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

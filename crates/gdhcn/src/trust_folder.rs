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
const ASIDE: &str = "store.trust.bad";
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
        self.read().map(|(snapshot, _)| snapshot).map_err(Unusable::into_fault)
    }

    /// The same with the file itself.
    pub(crate) fn open_file(&self) -> Result<(Snapshot, Vec<u8>), Fault> {
        self.read().map_err(Unusable::into_fault)
    }

    fn read(&self) -> Result<(Snapshot, Vec<u8>), Unusable> {
        let file = self.file();
        if !self.is_filled() {
            return Err(Unusable::Unread(Fault::Input(anyhow!(
                "{}: no trust store here; fill it with `gdhcn trust sync`",
                self.0.display()
            ))));
        }
        // The number first: whoever writes meanwhile puts the store there before its number.
        let highest = self.highest()?;
        let bytes = read_snapshot(&file).map_err(Unusable::Unread)?;
        let signer = self.public_key().map_err(Unusable::Unread)?;
        let backend = Backend::default();
        let snapshot = Snapshot::read(bytes.clone(), &[signer], backend, &Limits::default())
            .or_input(file.display())
            .map_err(Unusable::Unbelievable)?;
        if snapshot.number < highest {
            return Err(Unusable::Unbelievable(Fault::Input(anyhow!(
                "{}: this is number {}, and number {highest} was here before: somebody put an \
                 older copy back. Fill it anew with `gdhcn trust sync`",
                file.display(),
                snapshot.number
            ))));
        }
        Ok((snapshot, bytes))
    }

    /// The store for changing it: nobody else does meanwhile. An empty folder gives an empty store.
    ///
    /// A store that cannot be believed is put aside under another name, and its parts have to come
    /// anew. One that merely cannot be read now is a fault: nothing takes its place.
    pub(crate) fn change(&self) -> Result<Change, Fault> {
        fs::create_dir_all(&self.0).or_input(self.0.display())?;
        let path = self.0.join(LOCK);
        let lock = OpenOptions::new().create(true).append(true).open(&path);
        let lock = lock.or_input(path.display())?;
        lock.lock().or_input(path.display())?;
        let key = self.key()?;
        let before = match self.is_filled().then(|| self.read()) {
            Some(Ok((snapshot, _))) => Some(snapshot),
            Some(Err(Unusable::Unread(fault))) => return Err(fault),
            Some(Err(Unusable::Unbelievable(fault))) => {
                let aside = self.0.join(ASIDE);
                fs::rename(self.file(), &aside).or_input(aside.display())?;
                crate::output::eprintln!(
                    "{BAD}put aside as {}:{PLAIN} {}. What was fetched or imported into it has to \
                     come anew",
                    aside.display(),
                    output::tame_line(&fault.to_string())
                );
                None
            }
            None => None,
        };
        // A number that cannot be read was cut short: that of the store stands in.
        let highest = self.highest().unwrap_or(0);
        let number = before.as_ref().map_or(0, |one| one.number).max(highest);
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
        let key = if path.exists() {
            let text = fs::read_to_string(&path).or_input(path.display())?;
            SoftwareKey::from_pem(&text).or_input(path.display())?
        } else {
            let key =
                SoftwareKey::generate(KeyKind::Ec(Curve::P256)).or_internal("making a key")?;
            self.put(PRIVATE_KEY, key.to_pem().as_bytes())?;
            key
        };
        if !self.public_key_file().exists() {
            let public = pem::encode("PUBLIC KEY", &key.public_key().to_spki_der());
            self.put(PUBLIC_KEY, public.as_bytes())?;
        }
        Ok(key)
    }

    /// The highest number that the store has had.
    fn highest(&self) -> Result<u64, Unusable> {
        let path = self.0.join(NUMBER);
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().or_input(path.display()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error).or_input(path.display()),
        }
        .map_err(Unusable::Unread)
    }

    /// Writes a file so that there is the old one or the new one, whole, whatever happens.
    fn put(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        let (path, new) = (self.0.join(name), self.0.join(format!("{name}.new")));
        let write = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(
                &mut options,
                if name == PRIVATE_KEY { 0o600 } else { 0o644 },
            );
            let mut file = options.open(&new)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            // So that the name outlasts a power cut too; not every system can do that.
            #[cfg(unix)]
            File::open(&self.0)?.sync_all()?;
            Ok(())
        };
        write().or_input(path.display())
    }
}

/// Why the store of a folder cannot be used.
enum Unusable {
    /// It cannot be read: another time it may be.
    Unread(Fault),
    /// It can be read, and is not what this folder's key signed last.
    Unbelievable(Fault),
}

impl Unusable {
    fn into_fault(self) -> Fault {
        match self {
            Self::Unread(fault) | Self::Unbelievable(fault) => fault,
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
        // In this order a reader sees the number run behind, and never ahead.
        self.folder.put(STORE, &bytes)?;
        self.folder.put(NUMBER, number.to_string().as_bytes())?;
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

//! `gdhcn trust import`, `remove` and `export`: trust data without a network.

use std::fs;
use std::path::Path;

use anyhow::anyhow;
use gdhcn_crypto::{Backend, Thumbprint};
use gdhcn_trust::did::PinnedKey;
use gdhcn_trust::snapshot::{Limits, Snapshot, key_thumbprint};
use gdhcn_trust::{ProofStatus, Relay, Source, SourceKind, TrustStore, TrustStoreBuilder};

use super::arguments::{ExportArguments, ImportArguments, RemoveArguments};
use super::part::{Outcome, State, accept, emptied, report};
use crate::exit::{Exit, Fault, OrInput};
use crate::input::read_file;
use crate::output::{self, println};
use crate::trust_folder::{self, TrustFolder, read_snapshot};
use crate::trust_source::{self, Format};

pub(super) fn run(arguments: &ImportArguments) -> Result<Exit, Fault> {
    let change = TrustFolder::of(arguments.folder.store.as_deref())?.change()?;
    let mut list_keys = change.list_keys.clone();
    let mut store = None;
    let mut outcomes = Vec::new();
    for source in &arguments.sources {
        let current = store.as_ref().unwrap_or(&change.store);
        let taken = match is_snapshot(source) {
            true => take_snapshot(source, arguments, current),
            false => take_list(source, arguments, current, &list_keys),
        };
        match taken {
            Ok(taken) => {
                outcomes.extend(taken.outcomes());
                store = Some(taken.merged_into(current));
                trust_folder::name_list_key(&mut list_keys, taken.list_key);
            }
            Err(fault) => outcomes.push(Outcome::failed(source, &fault)),
        }
    }
    let number = match &store {
        Some(store) => change.save(store, &list_keys)?,
        None => change.number(),
    };
    report(number, &outcomes, arguments.json)
}

/// What a file gave.
struct Taken {
    store: TrustStore,
    /// The snapshot that it came in.
    relay: Option<Relay>,
    /// Names of parts that are older than those at hand.
    stale: Vec<String>,
    list_key: Option<PinnedKey>,
}

impl Taken {
    /// What is at hand, with what is new in the place of what has the same name, or came from the
    /// same publisher before.
    fn merged_into(&self, current: &TrustStore) -> TrustStore {
        let is_stale = |source: &Source| self.stale.contains(&source.name);
        let is_new = |old: &Source| {
            self.store.sources().iter().any(|new| new.name == old.name && !is_stale(new))
        };
        let publisher = |relay: Option<Relay>| relay.map(|relay| relay.publisher);
        let is_of_publisher =
            |old: &Source| self.relay.is_some() && publisher(old.relayed) == publisher(self.relay);
        let mut builder = TrustStoreBuilder::new(Backend::default());
        // An older part of the publisher stays where its replacement is not taken.
        let has_stale_replacement = |old: &Source| self.stale.contains(&old.name);
        builder.keep(current, None, |old| {
            !is_new(old) && (!is_of_publisher(old) || has_stale_replacement(old))
        });
        builder.keep(&self.store, self.relay, |new| !is_stale(new));
        builder.build()
    }

    fn outcomes(&self) -> Vec<Outcome> {
        let mut outcomes = Outcome::taken(&self.store);
        for outcome in outcomes.iter_mut().filter(|one| self.stale.contains(&one.name)) {
            outcome.state = State::Unchanged;
            outcome.refused.clear();
        }
        outcomes
    }
}

fn is_snapshot(source: &str) -> bool {
    let beginning = fs::File::open(source).and_then(|mut file| {
        let mut byte = [0];
        std::io::Read::read_exact(&mut file, &mut byte).map(|()| byte)
    });
    beginning.is_ok_and(|byte| Format::of(&byte) == Format::Snapshot)
}

fn take_snapshot(
    source: &str,
    arguments: &ImportArguments,
    current: &TrustStore,
) -> Result<Taken, Fault> {
    let mut publishers: Vec<Thumbprint> = relays(current).map(|relay| relay.publisher).collect();
    if let Some(named) = &arguments.publisher {
        publishers.push(publisher(named)?);
    }
    let bytes = read_snapshot(Path::new(source))?;
    let snapshot = Snapshot::read(bytes, &publishers, Backend::default(), &Limits::default())
        .or_input(source)?;
    let known = relays(current).find(|relay| relay.publisher == snapshot.signer);
    if let Some(known) = known.filter(|known| known.number >= snapshot.number) {
        return Err(Fault::Input(anyhow!(
            "it is number {} of its publisher, and number {} is at hand: stores do not go back",
            snapshot.number,
            known.number
        )));
    }
    if let Some((source, told)) = emptied(&snapshot.store, current) {
        return Err(Fault::Input(anyhow!("{}: {told}", source.name)));
    }
    let relay = Relay::new(snapshot.signer, snapshot.number, snapshot.made);
    let is_stale = |new: &&Source| {
        current.sources().iter().any(|old| {
            let older = old.dated().zip(new.dated()).is_some_and(|(old, new)| new < old);
            old.name == new.name && older
        })
    };
    let stale = snapshot.store.sources().iter().filter(is_stale).map(|new| new.name.clone());
    let stale = stale.collect();
    Ok(Taken { store: snapshot.store, relay: Some(relay), stale, list_key: None })
}

fn relays(store: &TrustStore) -> impl Iterator<Item = &Relay> {
    store.sources().iter().filter_map(|source| source.relayed.as_ref())
}

/// A thumbprint, or the file of a public key.
fn publisher(named: &str) -> Result<Thumbprint, Fault> {
    if let Ok(thumbprint) = named.parse() {
        return Ok(thumbprint);
    }
    let path = Path::new(named);
    Ok(key_thumbprint(&trust_source::public_key(path, &read_file(path)?)?))
}

fn take_list(
    source: &str,
    arguments: &ImportArguments,
    current: &TrustStore,
    list_keys: &[PinnedKey],
) -> Result<Taken, Fault> {
    let pinned = match &arguments.access.list_key {
        Some(named) => trust_source::list_key(named, &read_file(Path::new(source))?)?,
        None => None,
    };
    let mut builder = TrustStoreBuilder::new(Backend::default());
    let mut known = list_keys.to_vec();
    trust_folder::name_list_key(&mut known, pinned.clone());
    known.into_iter().for_each(|key| builder.pin(key));
    trust_source::add(&mut builder, source, &arguments.access)?;
    let store = builder.build();
    trust_source::check_readable(&store)?;
    trust_source::check_vouched_for(&store)?;
    let store = store.renamed(lasting_name);
    accept(&store, current, arguments.unproven)?;
    Ok(Taken { store, relay: None, stale: Vec::new(), list_key: pinned })
}

/// A name by which the next import of the same thing finds it, from whatever folder: the DID of a
/// list, the trust anchor of a gateway's list, the whole path of a file.
fn lasting_name(source: &Source) -> String {
    match (&source.kind, &source.proof) {
        (SourceKind::DidDocument { id }, _) if !id.is_empty() => id.clone(),
        (SourceKind::GatewayList, ProofStatus::EntryByEntry { anchors }) if !anchors.is_empty() => {
            let anchors: Vec<String> = anchors.iter().map(ToString::to_string).collect();
            format!("gateway of the trust anchor {}", anchors.join(", "))
        }
        _ => fs::canonicalize(&source.name)
            .map_or_else(|_| source.name.clone(), |path| path.display().to_string()),
    }
}

pub(super) fn remove(arguments: &RemoveArguments) -> Result<Exit, Fault> {
    let change = TrustFolder::of(arguments.folder.store.as_deref())?.change()?;
    let known = |name: &str| change.store.sources().iter().any(|source| source.name == name);
    let mut parts = Vec::new();
    for name in &arguments.parts {
        // A file or folder may be named as it was for the import.
        let path = || fs::canonicalize(name).ok().map(|path| path.display().to_string());
        let part = Some(name.clone()).filter(|name| known(name));
        let part = part.or_else(|| path().filter(|path| known(path)));
        let unknown = || Fault::Input(anyhow!("there is no part {name} in the store"));
        parts.push(part.ok_or_else(unknown)?);
    }
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.keep(&change.store, None, |source| !parts.contains(&source.name));
    let number = change.save(&builder.build(), &change.list_keys)?;
    report(number, &[], false)
}

pub(super) fn export(arguments: &ExportArguments) -> Result<Exit, Fault> {
    let folder = TrustFolder::of(arguments.folder.store.as_deref())?;
    let (snapshot, bytes) = folder.open_file()?;
    let file = &arguments.file;
    fs::write(file, bytes).or_input(file.display())?;
    let mut key_file = file.clone().into_os_string();
    key_file.push(".pub");
    fs::copy(folder.public_key_file(), &key_file).or_input(key_file.display())?;
    println!("{}: number {} of {}", file.display(), snapshot.number, output::minute(snapshot.made));
    println!("signed by the key {}", snapshot.signer);
    Ok(Exit::SUCCESS)
}

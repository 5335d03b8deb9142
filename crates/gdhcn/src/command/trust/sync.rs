//! `gdhcn trust sync`.

use anyhow::anyhow;
use gdhcn_client::did_web::{DidWeb, DidWebOptions, Fetched};
use gdhcn_client::gateway::ServerTrust;
use gdhcn_crypto::{Backend, Thumbprint};
use gdhcn_envelope::linked_data;
use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::did::{self, PinnedKey};
use gdhcn_trust::snapshot::key_thumbprint;
use gdhcn_trust::{ProofStatus, Source, TrustStore, TrustStoreBuilder};

use super::arguments::SyncArguments;
use super::part::{Outcome, State, accept, report};
use crate::cli::GatewayAccess;
use crate::command::gateway::runtime;
use crate::exit::{Exit, Fault, OrInput};
use crate::input::read_file;
use crate::output;
use crate::trust_folder::{Change, TrustFolder, name_list_key};
use crate::trust_source;

/// WHO's productive list.
const DEFAULT: &str = "did:web:tng-cdn.who.int:v2:trustlist";

pub(super) fn run(arguments: &SyncArguments) -> Result<Exit, Fault> {
    check_addresses(&arguments.sources)?;
    let change = TrustFolder::of(arguments.folder.store.as_deref())?.change()?;
    let sources = wanted(&arguments.sources, &change.store);
    let mut list_keys = change.list_keys.clone();
    let mut fresh: Vec<(&str, Part)> = Vec::new();
    let mut outcomes = Vec::new();
    for source in &sources {
        match fetch(source, &arguments.access, &change, &mut list_keys) {
            Ok(Part::Store(store)) => {
                outcomes.extend(Outcome::taken(&store));
                fresh.push((source, Part::Store(store)));
            }
            Ok(Part::Unchanged) => {
                let (name, refused) = (source.clone(), Vec::new());
                outcomes.push(Outcome { name, state: State::Unchanged, refused });
                fresh.push((source, Part::Unchanged));
            }
            Err(fault) => outcomes.push(Outcome::failed(source, &fault)),
        }
    }
    if fresh.is_empty() {
        return report(change.number(), &outcomes, arguments.json);
    }
    let mut builder = TrustStoreBuilder::new(Backend::default());
    let replaced = |name: &str| {
        fresh.iter().any(|(fresh, part)| *fresh == name && matches!(part, Part::Store(_)))
    };
    builder.keep(&change.store, None, |source| !replaced(&source.name));
    for (name, part) in &fresh {
        match part {
            Part::Store(store) => builder.keep(store, None, |_| true),
            Part::Unchanged => builder.seen_unchanged(name, output::now()),
        }
    }
    let number = change.save(&builder.build(), &list_keys)?;
    report(number, &outcomes, arguments.json)
}

fn is_address(name: &str) -> bool {
    name.starts_with("did:web:") || name.starts_with("https://")
}

fn check_addresses(asked: &[String]) -> Result<(), Fault> {
    match asked.iter().find(|source| !is_address(source)) {
        None => Ok(()),
        Some(other) => Err(Fault::Usage(format!(
            "{other} is neither a did:web DID nor an https:// address; files are taken over by \
             `gdhcn trust import`"
        ))),
    }
}

/// What is to be fetched: what was asked for, or else what the store was fetched from.
fn wanted(asked: &[String], store: &TrustStore) -> Vec<String> {
    if !asked.is_empty() {
        return asked.to_vec();
    }
    let known = store.sources().iter();
    let known: Vec<String> = known
        .filter(|source| source.relayed.is_none() && is_address(&source.name))
        .map(|source| source.name.clone())
        .collect();
    if known.is_empty() { vec![DEFAULT.to_owned()] } else { known }
}

/// What was fetched of one source.
enum Part {
    Store(Box<TrustStore>),
    Unchanged,
}

fn fetch(
    source: &str,
    access: &GatewayAccess,
    change: &Change,
    list_keys: &mut Vec<PinnedKey>,
) -> Result<Part, Fault> {
    let before = change.store.sources().iter().find(|before| before.name == source);
    let part = if source.starts_with("did:") {
        // A key that is named anew is to be tried on the list.
        let before = before.filter(|_| access.list_key.is_none());
        fetch_did(source, access, before.and_then(|one| one.etag.as_deref()), list_keys)?
    } else {
        fetch_gateway(source, access, before)?
    };
    if let Part::Store(store) = &part {
        accept(store, &change.store, false)?;
    }
    Ok(part)
}

fn fetch_did(
    did: &str,
    access: &GatewayAccess,
    etag: Option<&str>,
    list_keys: &mut Vec<PinnedKey>,
) -> Result<Part, Fault> {
    let client = client(did, access)?;
    let fetched = runtime()?.block_on(async {
        match client.fetch(did, etag).await? {
            Fetched::NotModified => Ok(None),
            Fetched::Document(document) => {
                let referred = client.fetch_references(&document.text).await?;
                Ok::<_, gdhcn_client::did_web::FetchError>(Some((document, referred)))
            }
        }
    });
    let Some((document, mut referred)) = fetched.or_input(did)? else {
        return Ok(Part::Unchanged);
    };
    let mut builder = TrustStoreBuilder::new(Backend::default());
    if let Some(named) = &access.list_key {
        let key = match named.parse() {
            Ok(thumbprint) => find_list_key(&thumbprint, &document.text, access)?,
            Err(_) => trust_source::list_key(named, &document.text)?,
        };
        name_list_key(list_keys, key);
    }
    list_keys.iter().for_each(|key| builder.pin(key.clone()));
    // The tag of a list of references says nothing of what it refers to.
    let etag = document.etag.filter(|_| referred.is_empty());
    builder.fetched_at(Some(output::now()), etag);
    builder.add_did_documents(did, &document.text, &mut |did| referred.remove(did));
    let store = builder.build();
    trust_source::check_readable(&store)?;
    match store.sources() {
        [source] if source.is_did_document(did) => Ok(Part::Store(Box::new(store))),
        _ => Err(Fault::Input(anyhow!("the document there is another one"))),
    }
}

fn client(did: &str, access: &GatewayAccess) -> Result<DidWeb, Fault> {
    let mut options = DidWebOptions::default();
    if let Some(path) = &access.gateway_ca {
        options.server_trust = ServerTrust::from_pem(&read_file(path)?).or_input(path.display())?;
    }
    DidWeb::new(did, options).or_input(did)
}

/// Fetches the document that a list's proof names and takes from it the key that the caller named
/// by its thumbprint, and no other.
fn find_list_key(
    thumbprint: &Thumbprint,
    list: &[u8],
    access: &GatewayAccess,
) -> Result<Option<PinnedKey>, Fault> {
    let Some(method) = trust_source::proof_method(list) else { return Ok(None) };
    let client = client(&method, access)?;
    let document = match runtime()?.block_on(client.fetch(&method, None)).or_input(&method)? {
        Fetched::Document(document) => document,
        Fetched::NotModified => return Ok(None),
    };
    let keys = did::signing_keys(&document.text, &linked_data::Limits::default());
    let key = keys
        .or_input(&method)?
        .into_iter()
        .filter_map(|(_, key)| key.ok())
        .find(|key| key_thumbprint(key) == *thumbprint)
        .ok_or_else(|| anyhow!("no key with the thumbprint {thumbprint} stands there"))
        .or_input(&method)?;
    Ok(trust_source::pinned(list, key))
}

fn fetch_gateway(
    address: &str,
    access: &GatewayAccess,
    before: Option<&Source>,
) -> Result<Part, Fault> {
    let anchors = trust_source::trust_anchors(access)?;
    // The list at hand was checked up to the anchors of that time: others are to check it anew.
    let thumbprints = anchors.iter().map(Certificate::thumbprint).collect();
    let proof = ProofStatus::EntryByEntry { anchors: thumbprints };
    let before = before.filter(|before| before.proof == proof);
    let etag = before.and_then(|before| before.etag.as_deref());
    let Some(list) = trust_source::download(address, access, etag)? else {
        return Ok(Part::Unchanged);
    };
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.fetched_at(Some(output::now()), list.etag().map(str::to_owned));
    builder.add_gateway_list(address, &list.to_gateway_items(), &anchors);
    for entry in list.unreadable() {
        let kid = entry.kid.as_deref().unwrap_or("without kid");
        let name = format!("entry {} ({kid})", entry.position);
        builder.refuse_last(name, entry.reason.clone());
    }
    let store = builder.build();
    trust_source::check_vouched_for(&store)?;
    Ok(Part::Store(Box::new(store)))
}

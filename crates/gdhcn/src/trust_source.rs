//! Whose keys count: reads what `--trust` names into a trust store.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use gdhcn_client::gateway::{
    ClientIdentity, Download, Entries, Gateway, GatewayError, GatewayOptions, Limits, Selection,
    ServerTrust, TrustList, UnreadableEntry,
};
use gdhcn_client::wire::{TrustedCertificateItem, TrustedIssuerItem, TrustedReferenceItem};
use gdhcn_crypto::{Backend, PublicKey, Thumbprint};
use gdhcn_envelope::linked_data::{self, Document};
use gdhcn_envelope::x509::Certificate;
use gdhcn_envelope::{json, pem};
use gdhcn_trust::did::web::Location;
use gdhcn_trust::did::{self, PinnedKey, Provenance};
use gdhcn_trust::{
    Limits as TrustLimits, ProofStatus, Refusal, RefusedEntry, SourceKind, TrustStore,
    TrustStoreBuilder,
};

use jiff::Timestamp;

use crate::cli::{GatewayAccess, TrustArguments};
use crate::command::gateway::runtime;
use crate::exit::{Fault, OrInput};
use crate::input::read_file;
use crate::output;
use crate::trust_folder::TrustFolder;

/// Files of a folder that are looked at; others of the same folder are no certificates.
const CERTIFICATE_ENDINGS: [&str; 6] = ["pem", "crt", "cer", "der", "txt", ""];
const MAX_FILES: usize = 10_000;
/// Levels of folders below a folder of certificates.
const MAX_DEPTH: usize = 8;
/// Some editors put it before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The keys of all sources, and the entries of gateway lists that have not the form of one.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) store: TrustStore,
    /// Each with the name of its source.
    pub(crate) unreadable: Vec<(String, UnreadableEntry)>,
}

/// Reads every source. One that cannot be read at all is a fault; a bad entry is not.
///
/// Without any source the store of this machine stands in, if there is one.
pub(crate) fn load(trust: &TrustArguments) -> Result<Loaded, Fault> {
    let folder = TrustFolder::of(trust.store.as_deref());
    let wanted = trust.store.is_some()
        || trust.sources.is_empty() && folder.as_ref().is_ok_and(TrustFolder::is_filled);
    let store = if wanted { Some(folder?.open()?.store) } else { None };
    let mut builder = TrustStoreBuilder::new(Backend::default());
    let mut unreadable = Vec::new();
    for source in &trust.sources {
        unreadable.extend(add(&mut builder, source, &trust.gateway)?);
    }
    let given = builder.build();
    check_readable(&given)?;
    let Some(store) = store else { return Ok(Loaded { store: given, unreadable }) };
    if trust.sources.is_empty() {
        return Ok(Loaded { store, unreadable });
    }
    let mut both = TrustStoreBuilder::new(Backend::default());
    both.keep(&store, None, |_| true);
    both.keep(&given, None, |_| true);
    Ok(Loaded { store: both.build(), unreadable })
}

/// Reads one source into `builder`, and gives what is no entry of a gateway's list.
pub(crate) fn add(
    builder: &mut TrustStoreBuilder,
    source: &str,
    access: &GatewayAccess,
) -> Result<Vec<(String, UnreadableEntry)>, Fault> {
    let list = if let Some((name, file)) = named_file(source) {
        builder.add_named_keys(source, name, &read_file(file)?);
        None
    } else if source.starts_with("https://") {
        let list = download(source, access, None)?
            .ok_or_else(|| Fault::Internal(anyhow!("an answer to no question")))?;
        builder.fetched_at(Some(output::now()), list.etag().map(str::to_owned));
        Some(list)
    } else if source.starts_with("did:") {
        return Err(Fault::Usage(format!(
            "{source} is fetched by `gdhcn trust sync --from {source}` only"
        )));
    } else {
        from_disk(builder, source, access)?
    };
    let mut unreadable = Vec::new();
    if let Some(list) = list {
        builder.add_gateway_list(source, &list.to_gateway_items(), &trust_anchors(access)?);
        unreadable.extend(list.unreadable().iter().map(|entry| (source.to_owned(), entry.clone())));
    }
    builder.fetched_at(None, None);
    Ok(unreadable)
}

/// Takes `NAME=FILE` apart. A name holds a colon, the file exists, and the whole is no file.
fn named_file(source: &str) -> Option<(&str, &Path)> {
    if Path::new(source).exists() {
        return None;
    }
    source.match_indices('=').find_map(|(at, _)| {
        let (name, file) = (source.get(..at)?, Path::new(source.get(at + 1..)?));
        (name.contains(':') && file.is_file()).then_some((name, file))
    })
}

fn from_disk(
    builder: &mut TrustStoreBuilder,
    source: &str,
    access: &GatewayAccess,
) -> Result<Option<TrustList>, Fault> {
    let path = Path::new(source);
    if source.starts_with("http://") {
        return Err(Fault::Usage(format!("{source}: a gateway is spoken to over https:// only")));
    }
    if path.is_dir() {
        let files = folder(path)?;
        let files = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        builder.add_certificate_files(source, files);
        return Ok(None);
    }
    let bytes = read_file(path)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Fault::Input(anyhow!("{source}: the file is empty")));
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).map(<[u8]>::to_vec).unwrap_or(bytes);
    match Format::of(&bytes) {
        Format::DidDocument { id } => {
            pin_list_key(builder, access, &bytes)?;
            add_did_document(builder, source, path, id.as_deref(), &bytes);
        }
        Format::IssuerDirectory => {
            let certificate = match &access.directory_cert {
                Some(path) => Some(one_certificate(path)?),
                None => None,
            };
            let signature = match &certificate {
                Some(_) => Some(read_file(&path.with_extension("sig"))?),
                None => None,
            };
            let signature = signature.as_deref().zip(certificate.as_ref());
            builder.add_issuer_directory(source, &bytes, signature);
        }
        Format::IssuerNames => builder.add_issuer_names(source, &bytes),
        Format::Jwks => {
            return Err(Fault::Usage(format!(
                "{source} holds keys without saying whose they are; give NAME={source}, for \
                 instance https://issuer.example={source}"
            )));
        }
        Format::GatewayList => {
            if access.trust_anchor.is_none() {
                return Err(Fault::Usage(format!(
                    "{source} is a gateway's list; name its trust anchor with --trust-anchor"
                )));
            }
            // It does not say when it was made. It is no younger than its file.
            builder.fetched_at(saved_at(path), None);
            return TrustList::read(&bytes, None, &Limits::default()).or_input(source).map(Some);
        }
        Format::Snapshot => {
            return Err(Fault::Usage(format!(
                "{source} is a trust store; take it over with `gdhcn trust import {source}`"
            )));
        }
        Format::MasterList => {
            let publishers = match access.trust_anchor {
                Some(_) => trust_anchors(access)?,
                None => Vec::new(),
            };
            builder.add_master_list(source, &bytes, &publishers);
        }
        Format::Certificates => builder.add_certificates(source, &bytes),
    }
    Ok(None)
}

/// What a file is, by its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A DID document with this `id`; JSON that is nothing else is taken for one.
    DidDocument { id: Option<String> },
    /// A directory of SMART Health Card issuers with keys.
    IssuerDirectory,
    /// The same without keys.
    IssuerNames,
    /// A set of JWKs, or one.
    Jwks,
    /// A gateway's trust list.
    GatewayList,
    /// A trust store as one file.
    Snapshot,
    /// A master list of ICAO, or a file of its directory.
    MasterList,
    /// PEM or DER.
    Certificates,
}

/// The object identifier of CMS SignedData, in DER.
const SIGNED_DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const LDIF_MARK: &[u8] = b"pkdMasterListContent:: ";

impl Format {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let holds = |part: &[u8], mark: &[u8]| part.windows(mark.len()).any(|here| here == mark);
        let beginning = bytes.get(..64.min(bytes.len())).unwrap_or_default();
        match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => Self::of_json(bytes),
            Some(b'[') => Self::GatewayList,
            // CBOR tag 18: COSE_Sign1.
            Some(0xd2) => Self::Snapshot,
            Some(0x30) if holds(beginning, &SIGNED_DATA) => Self::MasterList,
            Some(byte) if byte.is_ascii() && holds(bytes, LDIF_MARK) => Self::MasterList,
            _ => Self::Certificates,
        }
    }

    fn of_json(bytes: &[u8]) -> Self {
        let limits = TrustLimits::default().directory;
        let value = json::parse(bytes, &limits);
        let Some(object) = value.as_ref().ok().and_then(json::Value::as_object) else {
            return Self::DidDocument { id: None };
        };
        let has = |member| object.get(member).is_some();
        if has("issuerInfo") {
            Self::IssuerDirectory
        } else if has("participating_issuers") {
            Self::IssuerNames
        } else if has("keys") || has("kty") {
            Self::Jwks
        } else {
            Self::DidDocument { id: object.text("id").map(str::to_owned) }
        }
    }
}

/// Adds a list; what it refers to is looked for beside it, if it lies in a copy of its host.
fn add_did_document(
    builder: &mut TrustStoreBuilder,
    name: &str,
    path: &Path,
    id: Option<&str>,
    bytes: &[u8],
) {
    let place = id.and_then(|id| Location::of(id).ok()).map(|place| place.path());
    let mirror = place.and_then(|place| {
        let depth = Path::new(&place).components().count();
        let root = path.ancestors().nth(depth)?;
        (root.join(&place) == path).then(|| root.to_owned())
    });
    let Some(root) = mirror else { return builder.add_did_document(name, bytes) };
    builder.add_did_documents(name, bytes, &mut |did| {
        let place = Location::of(did).ok()?.path();
        read_file(&root.join(place)).ok()
    });
}

/// Pins the key that the caller named for this list.
fn pin_list_key(
    builder: &mut TrustStoreBuilder,
    access: &GatewayAccess,
    list: &[u8],
) -> Result<(), Fault> {
    if let Some(named) = &access.list_key
        && let Some(pinned) = list_key(named, list)?
    {
        builder.pin(pinned);
    }
    Ok(())
}

/// The key that the caller named for the lists that are signed as `list` is; nothing if it has no
/// proof.
pub(crate) fn list_key(named: &str, list: &[u8]) -> Result<Option<PinnedKey>, Fault> {
    let Some(method) = proof_method(list) else { return Ok(None) };
    let file = Path::new(named);
    if named.parse::<Thumbprint>().is_ok() && !file.exists() {
        return Err(Fault::Usage(format!(
            "--list-key: only `gdhcn trust sync` finds a key by its thumbprint; here give the key \
             of {method} as a file"
        )));
    }
    let bytes = read_file(file)?;
    let key = match Format::of(&bytes) {
        Format::DidDocument { .. } => did::signing_keys(&bytes, &linked_data::Limits::default())
            .or_input(file.display())?
            .into_iter()
            .find(|(id, _)| *id == method)
            .ok_or_else(|| anyhow!("no key of the name {method} in it"))
            .or_input(file.display())?
            .1
            .or_input(file.display())?,
        _ => public_key(file, &bytes)?,
    };
    Ok(pinned(list, key))
}

/// The DID of the key by which a list says that it is signed.
pub(crate) fn proof_method(list: &[u8]) -> Option<String> {
    let list = Document::parse(list, &linked_data::Limits::default()).ok()?;
    list.proof()?.text("verificationMethod").map(str::to_owned)
}

/// A key for the lists that are signed as `list` is, on the caller's word.
pub(crate) fn pinned(list: &[u8], key: PublicKey) -> Option<PinnedKey> {
    let method = proof_method(list)?;
    let list = Document::parse(list, &linked_data::Limits::default()).ok()?;
    let lists = of_same_host(list.id()).to_owned();
    Some(PinnedKey { method, lists, key, provenance: Provenance::Caller })
}

/// How the DIDs of all documents of a host begin: a list and what it refers to have one signer.
fn of_same_host(did: &str) -> &str {
    let end = did.match_indices(':').nth(2).map_or(did.len(), |(at, _)| at + 1);
    did.get(..end).unwrap_or(did)
}

/// The one key of a file: PEM `PUBLIC KEY`, certificate or JWK.
pub(crate) fn public_key(file: &Path, bytes: &[u8]) -> Result<PublicKey, Fault> {
    let mut builder = TrustStoreBuilder::new(Backend::default());
    builder.add_named_keys("key", "key", bytes);
    let store = builder.build();
    match (store.keys(), store.refused().first()) {
        ([key], None) => key.public_key().cloned().map_err(Clone::clone).or_input(file.display()),
        (_, Some(refused)) => Err(anyhow!("{}", refused.reason)).or_input(file.display()),
        (keys, None) => {
            Err(anyhow!("{} keys where one is meant", keys.len())).or_input(file.display())
        }
    }
}

fn one_certificate(path: &Path) -> Result<Certificate, Fault> {
    let mut found = pem::certificates(&read_file(path)?).into_iter();
    let first = found.next().ok_or_else(|| anyhow!("no certificate")).or_input(path.display())?;
    first.or_input(path.display())
}

/// A source in which nothing could be made out is one that cannot be read.
pub(crate) fn check_readable(store: &TrustStore) -> Result<(), Fault> {
    for (index, source) in store.sources().iter().enumerate().filter(|(_, one)| one.keys == 0) {
        let refused = || store.refused().iter().filter(move |entry| entry.source == index);
        let garbage = |entry: &RefusedEntry| {
            matches!(
                entry.reason,
                Refusal::Document(_)
                    | Refusal::Certificate(_)
                    | Refusal::Directory { .. }
                    | Refusal::JwkSet { .. }
                    | Refusal::MasterList(_)
            )
        };
        match refused().next() {
            Some(first) if refused().all(garbage) => {
                return Err(Fault::Input(anyhow!("{}: {}", source.name, first.reason)));
            }
            None if source.kind == SourceKind::Certificates => {
                return Err(Fault::Input(anyhow!("{}: no certificate in it", source.name)));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A gateway's list of which the named trust anchor vouches for nothing is another network's.
pub(crate) fn check_vouched_for(store: &TrustStore) -> Result<(), Fault> {
    let foreign = store.sources().iter().find(|source| {
        matches!(source.proof, ProofStatus::EntryByEntry { .. })
            && source.keys == 0
            && source.refused > 0
    });
    match foreign {
        None => Ok(()),
        Some(source) => Err(Fault::Input(anyhow!(
            "{}: none of its {} entries is vouched for by the trust anchor that was named",
            source.name,
            source.refused
        ))),
    }
}

/// When a file was last written.
fn saved_at(path: &Path) -> Option<Timestamp> {
    let saved = fs::metadata(path).and_then(|facts| facts.modified()).ok()?;
    Timestamp::try_from(saved).ok()
}

/// The certificate files of a folder and of those below it.
fn folder(path: &Path) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let mut paths = Vec::new();
    collect(path, MAX_DEPTH, &mut paths)?;
    if paths.len() > MAX_FILES {
        return Err(Fault::Input(anyhow!("{}: over {MAX_FILES} files", path.display())));
    }
    paths.sort();
    paths.into_iter().map(|path| Ok((path.display().to_string(), read_file(&path)?))).collect()
}

/// Links to folders are not followed, so that there is an end.
fn collect(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> Result<(), Fault> {
    for entry in fs::read_dir(folder).or_input(folder.display())? {
        let entry = entry.or_input(folder.display())?;
        let file = entry.path();
        let ending = file.extension().unwrap_or_default().to_ascii_lowercase();
        if entry.file_type().or_input(file.display())?.is_dir() {
            if depth > 0 && paths.len() <= MAX_FILES {
                collect(&file, depth - 1, paths)?;
            }
        } else if file.is_file() && CERTIFICATE_ENDINGS.iter().any(|known| ending == *known) {
            paths.push(file);
        }
    }
    Ok(())
}

/// Downloads a gateway's list; `None` if it is still the one with this ETag.
pub(crate) fn download(
    address: &str,
    access: &GatewayAccess,
    etag: Option<&str>,
) -> Result<Option<TrustList>, Fault> {
    let gateway = connect(address, access)?;
    let download = runtime()?.block_on(gateway.trust_list(&Selection::All, etag));
    match download.or_input(address)? {
        Download::List(list) => Ok(Some(list)),
        Download::NotModified => Ok(None),
    }
}

/// What a gateway serves.
pub(crate) struct Everything {
    /// With what it pulled from others.
    pub(crate) certificates: Entries<TrustedCertificateItem>,
    /// Its own.
    pub(crate) issuers: Entries<TrustedIssuerItem>,
    /// Its own participants'.
    pub(crate) references: Entries<TrustedReferenceItem>,
}

/// Every list that a gateway serves.
pub(crate) fn download_everything(
    address: &str,
    access: &GatewayAccess,
) -> Result<Everything, Fault> {
    let gateway = connect(address, access)?;
    let lists = async {
        Ok::<_, GatewayError>(Everything {
            certificates: gateway.trusted_and_pulled_certificates().await?,
            issuers: gateway.trusted_issuers().await?,
            references: gateway.trusted_references().await?,
        })
    };
    runtime()?.block_on(lists).or_input(address)
}

fn connect(address: &str, access: &GatewayAccess) -> Result<Gateway, Fault> {
    let Some(identity) = client_identity(access)? else {
        return Err(Fault::Usage(format!(
            "{address} asks for a client certificate; give --client-cert and --client-key"
        )));
    };
    let server = server_trust(access)?;
    Gateway::new(GatewayOptions::new(address, identity, server)).or_input(address)
}

/// The client certificate with its key, where both are given.
pub(crate) fn client_identity(access: &GatewayAccess) -> Result<Option<ClientIdentity>, Fault> {
    let (Some(certificate), Some(key)) = (&access.client_cert, &access.client_key) else {
        return Ok(None);
    };
    let identity = ClientIdentity::from_pem(&read_file(certificate)?, &read_file(key)?)
        .or_input(certificate.display())?;
    Ok(Some(identity))
}

/// What a server is recognised by.
pub(crate) fn server_trust(access: &GatewayAccess) -> Result<ServerTrust, Fault> {
    match &access.gateway_ca {
        Some(path) => ServerTrust::from_pem(&read_file(path)?).or_input(path.display()),
        None => Ok(ServerTrust::system()),
    }
}

/// The trust anchor of a gateway, without which nothing of it is believed.
pub(crate) fn trust_anchors(access: &GatewayAccess) -> Result<Vec<Certificate>, Fault> {
    let Some(path) = &access.trust_anchor else {
        return Err(Fault::Usage(
            "a gateway's keys are believed on its trust anchor's word; give --trust-anchor".into(),
        ));
    };
    pem::certificates(&read_file(path)?)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .context("not a certificate")
        .or_input(path.display())
}

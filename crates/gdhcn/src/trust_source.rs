//! Whose keys count: reads what `--trust` names into a trust store.

use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};
use gdhcn_client::gateway::{
    ClientIdentity, Download, Gateway, GatewayOptions, Limits, Selection, ServerTrust, TrustList,
    UnreadableEntry,
};
use gdhcn_crypto::Backend;
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::{Refusal, RefusedEntry, SourceKind, TrustStore, TrustStoreBuilder};

use crate::cli::GatewayAccess;
use crate::command::gateway::runtime;
use crate::exit::{Fault, OrInput};
use crate::input::read_file;

/// Files of a folder that are looked at; others of the same folder are no certificates.
const CERTIFICATE_ENDINGS: [&str; 6] = ["pem", "crt", "cer", "der", "txt", ""];
const MAX_FILES: usize = 10_000;

/// The keys of all sources, and the entries of gateway lists that have not the form of one.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) store: TrustStore,
    /// Each with the name of its source.
    pub(crate) unreadable: Vec<(String, UnreadableEntry)>,
}

/// Reads every source. One that cannot be read at all is a fault; a bad entry is not.
pub(crate) fn load(sources: &[String], access: &GatewayAccess) -> Result<Loaded, Fault> {
    let mut builder = TrustStoreBuilder::new(Backend::default());
    let mut unreadable = Vec::new();
    for source in sources {
        let list = if source.starts_with("https://") {
            Some(download(source, access)?)
        } else {
            from_disk(&mut builder, source, access)?
        };
        if let Some(list) = list {
            let items = list.to_gateway_items();
            builder.add_gateway_list(source, &items, &trust_anchors(access)?);
            unreadable
                .extend(list.unreadable().iter().map(|entry| (source.clone(), entry.clone())));
        }
    }
    let store = builder.build();
    check_readable(&store)?;
    Ok(Loaded { store, unreadable })
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
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => {
            builder.add_did_document(source, &bytes);
            Ok(None)
        }
        Some(b'[') => {
            if access.trust_anchor.is_none() {
                return Err(Fault::Usage(format!(
                    "{source} is a gateway's list; name its trust anchor with --trust-anchor"
                )));
            }
            TrustList::read(&bytes, None, &Limits::default()).or_input(source).map(Some)
        }
        _ => {
            builder.add_certificates(source, &bytes);
            Ok(None)
        }
    }
}

/// A source in which nothing could be made out is one that cannot be read.
fn check_readable(store: &TrustStore) -> Result<(), Fault> {
    for (index, source) in store.sources().iter().enumerate().filter(|(_, one)| one.keys == 0) {
        let refused = || store.refused().iter().filter(move |entry| entry.source == index);
        let garbage = |entry: &RefusedEntry| {
            matches!(entry.reason, Refusal::Document(_) | Refusal::Certificate(_))
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

fn folder(path: &Path) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(path).or_input(path.display())? {
        let file = entry.or_input(path.display())?.path();
        let ending = file.extension().unwrap_or_default().to_ascii_lowercase();
        if file.is_file() && CERTIFICATE_ENDINGS.iter().any(|known| ending == *known) {
            paths.push(file);
        }
        if paths.len() > MAX_FILES {
            return Err(Fault::Input(anyhow!("{}: over {MAX_FILES} files", path.display())));
        }
    }
    paths.sort();
    paths.into_iter().map(|path| Ok((path.display().to_string(), read_file(&path)?))).collect()
}

fn download(address: &str, access: &GatewayAccess) -> Result<TrustList, Fault> {
    let gateway = connect(address, access)?;
    runtime()?.block_on(gateway.trust_list(&Selection::All, None)).or_input(address).and_then(
        |download| match download {
            Download::List(list) => Ok(list),
            Download::NotModified => Err(Fault::Internal(anyhow!("an answer to no question"))),
        },
    )
}

fn connect(address: &str, access: &GatewayAccess) -> Result<Gateway, Fault> {
    let (Some(certificate), Some(key)) = (&access.client_cert, &access.client_key) else {
        return Err(Fault::Usage(format!(
            "{address} asks for a client certificate; give --client-cert and --client-key"
        )));
    };
    let identity = ClientIdentity::from_pem(&read_file(certificate)?, &read_file(key)?)
        .or_input(certificate.display())?;
    let server = match &access.gateway_ca {
        Some(path) => ServerTrust::from_pem(&read_file(path)?).or_input(path.display())?,
        None => ServerTrust::system(),
    };
    Gateway::new(GatewayOptions::new(address, identity, server)).or_input(address)
}

/// The trust anchor of a gateway, without which nothing of it is believed.
fn trust_anchors(access: &GatewayAccess) -> Result<Vec<Certificate>, Fault> {
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

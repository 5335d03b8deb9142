//! What a peer lists, over mutual TLS.

use gdhcn_client::gateway::{
    Download, Entries, Gateway, GatewayError, Limits, Selection, TrustList, UnreadableEntry,
};
use gdhcn_client::wire::{CertificateType, TrustedIssuerItem, TrustedReferenceItem};
use gdhcn_trust::federation::{Downloader, PeerItem};

use super::PullError;

/// How large the answers of a peer may be: 50,000 certificates are about 180 MiB.
pub(super) const LIMITS: Limits = Limits { body: 512 << 20, problem: 64 << 10, entries: 200_000 };

/// Everything that a peer lists; nothing in it is checked.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) items: Vec<PeerItem>,
    /// None where the peer has no such list.
    pub(super) issuers: Option<Vec<TrustedIssuerItem>>,
    /// None where the peer has no such list.
    pub(super) references: Option<Vec<TrustedReferenceItem>>,
    /// What is wrong with entries that cannot be read.
    pub(super) unreadable: Vec<String>,
}

/// Downloads all of it. `withFederation` is never asked for: trust is not handed on.
pub(super) async fn download(
    gateway: &Gateway,
    downloader: Downloader,
) -> Result<Listed, PullError> {
    match downloader {
        Downloader::Ddcc => with_domains(gateway).await,
        Downloader::Legacy => of_the_eu(gateway).await,
        Downloader::Dummy => Ok(Listed::default()),
    }
}

async fn with_domains(gateway: &Gateway) -> Result<Listed, PullError> {
    let mut listed = Listed::default();
    let certificates = named("/trustList/certificate", gateway.trusted_certificates().await)?;
    listed.items =
        listed.take("certificate", certificates).into_iter().map(PeerItem::from).collect();
    let issuers = named("/trustList/issuers", gateway.trusted_issuers().await)?;
    listed.issuers = Some(listed.take("issuer", issuers));
    let references = named("/trustList/references", gateway.trusted_references().await)?;
    listed.references = Some(listed.take("reference", references));
    Ok(listed)
}

async fn of_the_eu(gateway: &Gateway) -> Result<Listed, PullError> {
    let mut listed = Listed::default();
    for (what, group) in [
        ("/trustList/CSCA", CertificateType::Csca),
        ("/trustList/UPLOAD", CertificateType::Upload),
        ("/trustList/DSC", CertificateType::Dsc),
    ] {
        let list = match named(what, gateway.trust_list(&Selection::Type(group), None).await)? {
            Download::List(list) => list,
            // Not without a mark of an earlier list, and none was sent.
            Download::NotModified => continue,
        };
        listed.unreadable.extend(list.unreadable().iter().map(|entry| said("certificate", entry)));
        listed.items.extend(TrustList::items(&list).iter().cloned().map(PeerItem::from));
    }
    Ok(listed)
}

impl Listed {
    /// Keeps what is wrong with entries and gives the others.
    fn take<Item>(&mut self, what: &'static str, entries: Entries<Item>) -> Vec<Item> {
        self.unreadable.extend(entries.unreadable.iter().map(|entry| said(what, entry)));
        entries.items
    }
}

fn said(what: &str, entry: &UnreadableEntry) -> String {
    let position = entry.position + 1;
    let kid: String = entry.kid.iter().flat_map(|kid| kid.chars()).take(60).collect();
    format!("{what} {position} {kid:?} cannot be read: {}", entry.reason)
}

fn named<T>(what: &'static str, outcome: Result<T, GatewayError>) -> Result<T, PullError> {
    outcome.map_err(|source| PullError::Download { what, source })
}

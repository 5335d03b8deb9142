//! One pull from one peer.

use std::collections::BTreeSet;
use std::fmt;

use gdhcn_client::gateway::{ClientIdentity, Gateway, GatewayOptions, ServerTrust};
use gdhcn_crypto::Backend;
use gdhcn_store::TrustContent;
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::federated::{Others, Swapped};
use gdhcn_store::federation_gateway::FederationGateway;
use gdhcn_store::job::Lease;
use gdhcn_store::limit;
use gdhcn_store::trusted_party::PartyType;
use gdhcn_trust::federation::{Downloader, Held, HeldGroup, Mode, Word};
use tracing::warn;
use uuid::Uuid;

use super::content::{self, Checked};
use super::download;
use super::{Federation, Order, PullError};
use crate::config::FederationClient;
use crate::gateway::onboarded::Assigned;

/// So many refused entries are named in words; all are in the log.
const NAMED: usize = 3;

/// What a pull took over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Taken {
    /// What it changed.
    pub swapped: Swapped,
    /// Entries that were not taken over, with the reasons.
    pub refused: Vec<String>,
    /// Sets that the peer does not list any more; their participants are as they were.
    pub held: Vec<Held>,
    /// Lists that the peer has emptied; what came before stays.
    pub emptied: Vec<&'static str>,
    /// References that nobody can check, because the peer does not serve the message.
    pub unproven: usize,
}

impl Taken {
    /// What somebody should look at, if anything.
    pub fn remark(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.held.is_empty() {
            let sets: Vec<_> =
                self.held.iter().map(|held| format!("{} {}", held.country, held.group)).collect();
            parts.push(format!(
                "held back, because the peer lists none any more: {} (`gdhcn gateway federation \
                 pull --allow-loss` lets them go)",
                sets.join(", ")
            ));
        }
        for list in &self.emptied {
            parts.push(format!("the peer lists no {list} any more; those from before stay"));
        }
        if !self.refused.is_empty() {
            let named: Vec<_> = self.refused.iter().take(NAMED).map(String::as_str).collect();
            parts.push(format!("{} refused: {}", self.refused.len(), named.join("; ")));
        }
        (!parts.is_empty()).then(|| parts.join(". "))
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Swapped { added, removed, kept } = self.swapped;
        write!(f, "{added} added, {removed} removed, {kept} unchanged")?;
        if self.unproven > 0 {
            write!(f, ", {} references without proof", self.unproven)?;
        }
        match self.remark() {
            Some(remark) => write!(f, ". {remark}"),
            None => Ok(()),
        }
    }
}

impl Federation {
    /// Downloads, checks and stores; records nothing when it fails.
    pub(super) async fn take(
        &self,
        lease: &Lease,
        gateway_id: &str,
        order: &Order,
    ) -> Result<Taken, PullError> {
        let content = self.store.trust_content().await?;
        let peer = content
            .federation_gateways
            .iter()
            .find(|peer| peer.id() == gateway_id)
            .ok_or_else(|| PullError::NoPeer(gateway_id.to_owned()))?;
        let configured = &peer.configured;
        configured.peer.check(&configured.signature, &self.anchors, Backend::default())?;
        if order.override_by.is_some() && configured.peer.mode != Mode::Override {
            return Err(PullError::NotOverriding);
        }
        let downloader = configured.peer.downloader.ok_or(PullError::NoDownloader)?;
        if downloader == Downloader::Dummy {
            self.store.pull_succeeded(lease, gateway_id, None, self.clock.now()).await?;
            return Ok(Taken::default());
        }
        // Checked first: only rows that hold decide whom we speak to and whom we believe
        // (deviation D-13).
        let assigned = Assigned::to(gateway_id, &content.trusted_parties, &self.anchors);
        if assigned.anchors.is_empty() {
            return Err(PullError::NoAnchor);
        }
        let gateway = self.connect(peer, &assigned)?;
        let listed = download::download(&gateway, downloader).await?;
        let (issuers_before, references_before) = self.present(gateway_id).await?;
        let present = present(gateway_id, &content);
        drop(content);
        let judges = assigned.anchors.iter().map(|one| one.thumbprint().to_string()).collect();
        let word = order.word.clone();
        let checked = tokio::task::spawn_blocking(move || {
            content::check(listed, &assigned.anchors, &present, &word)
        });
        let Checked { mut content, refused, held, unproven } = checked.await?;
        for entry in &refused {
            warn!(gateway = gateway_id, entry, "an entry is not taken over");
        }
        let mut emptied = Vec::new();
        if order.word != Word::All {
            if issuers_before && content.issuers.as_ref().is_some_and(Vec::is_empty) {
                content.issuers = None;
                emptied.push("issuers");
            }
            if references_before && content.references.as_ref().is_some_and(Vec::is_empty) {
                content.references = None;
                emptied.push("references");
            }
        }
        content.anchors = judges;
        if let Some(operator) = &order.override_by {
            content.others = Others::Go { operator: operator.clone() };
        }
        let mut taken = Taken { swapped: Swapped::default(), refused, held, emptied, unproven };
        let event = self.event(gateway_id, order);
        let remark = taken.remark();
        taken.swapped = self
            .store
            .replace_federated(lease, gateway_id, content, remark.as_deref(), &event)
            .await?;
        Ok(taken)
    }

    fn connect(&self, peer: &FederationGateway, assigned: &Assigned) -> Result<Gateway, PullError> {
        let name = &peer.configured.peer.kid;
        let FederationClient { certificate, key, system_roots } =
            self.config.clients.get(name).ok_or_else(|| PullError::NoClient(name.clone()))?;
        let read = |path: &std::path::PathBuf| {
            std::fs::read(path)
                .map_err(|source| PullError::ClientFile { path: path.clone(), source })
        };
        // Read for each pull, so that a renewed certificate is used at once.
        let identity = ClientIdentity::from_pem(&read(certificate)?, &read(key)?)?;
        let mut trust = if *system_roots { ServerTrust::system() } else { ServerTrust::default() };
        if assigned.servers.is_empty() && !system_roots {
            return Err(PullError::NoServer);
        }
        for server in &assigned.servers {
            trust = trust.and(ServerTrust::from_pem(server.der())?);
        }
        let endpoint = peer.configured.peer.endpoint.clone();
        let mut options = GatewayOptions::new(endpoint, identity, trust);
        options.limits = download::LIMITS;
        Ok(Gateway::new(options)?)
    }

    /// Whether there are issuers and references of the peer.
    async fn present(&self, gateway_id: &str) -> Result<(bool, bool), PullError> {
        let is_its = |source: &Option<String>| source.as_deref() == Some(gateway_id);
        let issuers = self.store.trusted_issuers().await?;
        let references = self.store.trusted_references().await?;
        Ok((
            issuers.iter().any(|row| is_its(&row.source_gateway_id)),
            references.iter().any(|row| is_its(&row.source_gateway_id)),
        ))
    }

    fn event(&self, gateway_id: &str, order: &Order) -> AuditEvent {
        let mut description = match &order.override_by {
            Some(operator) => {
                format!("Pulled from {gateway_id} in place of all else by {operator}")
            }
            None => format!("Pulled from {gateway_id}"),
        };
        description.truncate(description.floor_char_boundary(limit::DESCRIPTION));
        AuditEvent {
            occurred_at: self.clock.now(),
            request_id: Uuid::now_v7().to_string(),
            country: None,
            uploader_fingerprint: None,
            authentication_fingerprint: None,
            event: "FEDERATED".to_owned(),
            description,
            code: None,
            payload_sha256: None,
        }
    }
}

/// The sets that hold something, of what came from a peer before.
fn present(gateway_id: &str, content: &TrustContent) -> BTreeSet<Held> {
    let is_its = |source: &Option<String>| source.as_deref() == Some(gateway_id);
    let parties = content.trusted_parties.iter().filter(|row| is_its(&row.source_gateway_id));
    let parties = parties.filter_map(|row| {
        let group = match row.certificate_type {
            PartyType::Csca => HeldGroup::Csca,
            PartyType::Upload => HeldGroup::Upload,
            PartyType::Deca => HeldGroup::Deca,
            _ => return None,
        };
        Some(Held { country: row.country.clone(), group })
    });
    let signers = content.signer_information.iter().filter(|row| is_its(&row.source_gateway_id));
    let signers =
        signers.map(|row| Held { country: row.country.clone(), group: HeldGroup::Uploaded });
    parties.chain(signers).collect()
}

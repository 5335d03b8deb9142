//! Peers: other gateways that are pulled from, and how it went.
//!
//! What the trust anchor signs of a peer is a [`Peer`]; its anchors and server certificates are own
//! rows of `trusted_party` that are assigned to it. How pulls went is no part of the content: it
//! changes without a number of its own and without an entry of the log.

use gdhcn_trust::federation::{Peer, PeerError};
use jiff::Timestamp;

use crate::audit_event::AuditEvent;
use crate::database::{Row, Transaction, values};
use crate::error::{StoreError, UnreadableRow};
use crate::federated;
use crate::job::{self, Lease};
use crate::limit;
use crate::log;
use crate::onboarding::{self, CarriedOut};
use crate::store::{KidScope, Store};
use crate::trusted_party::{self, NewTrustedParty, PartyType};

/// A peer to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFederationGateway {
    /// When it was put together.
    pub created_at: Timestamp,
    /// What the trust anchor signed.
    pub peer: Peer,
    /// The trust anchor's detached CMS message over [`Peer::signed_text`], Base64.
    pub signature: String,
    /// Seconds between two pulls; none: it is not pulled from.
    pub interval_seconds: Option<u32>,
}

/// A peer, and how pulling from it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederationGateway {
    /// What was kept.
    pub configured: NewFederationGateway,
    /// When it was last pulled from, whatever came of it.
    pub last_download: Option<Timestamp>,
    /// When a pull last succeeded.
    pub last_successful_download: Option<Timestamp>,
    /// Failed pulls since then.
    pub retry_count: u32,
    /// What the last pull said.
    pub status_message: Option<String>,
}

impl FederationGateway {
    /// Its identity.
    pub fn id(&self) -> &str {
        &self.configured.peer.gateway_id
    }
}

const SELECT: &str = "SELECT gateway_id, created_at, gateway_endpoint, gateway_kid,
    gateway_public_key, downloader_implementation, download_target, mode, signature,
    download_interval_seconds, last_download, last_successful_download, retry_count, status_message
    FROM federation_gateway";

impl Store {
    /// Keeps a peer, in the place of the one with the same identity; how pulls from that went
    /// stays. With `assigned` these are its trust anchors and server certificates from then on:
    /// others that were assigned to it are taken away; with a trust anchor of it goes everything
    /// that came from the peer, since it may have stood on that one. With `request` that one is done thereby.
    ///
    /// # Errors
    ///
    /// [`StoreError::Peer`] when the signed text would be ambiguous, a conflict when a certificate
    /// is onboarded for something else, [`StoreError::NoRequest`] when the request does not wait,
    /// [`StoreError::Exists`] when it was carried out before.
    pub async fn put_federation_gateway(
        &self,
        new: &NewFederationGateway,
        assigned: Option<Vec<NewTrustedParty>>,
        request: Option<CarriedOut<'_>>,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        event.check()?;
        new.check()?;
        let text = new.peer.signed_text()?;
        let id = new.peer.gateway_id.as_str();
        let mut writing = self.begin_change().await?;
        if let Some(request) = request {
            onboarding::carry_out(&mut writing, request).await?;
        }
        let known = writing
            .row("SELECT 1 FROM federation_gateway WHERE gateway_id = $1", values![id])
            .await?
            .is_some();
        write(&mut writing, new).await?;
        let entry = log::of_peer(id, known, &text, &new.signature, event);
        log::append(&mut writing, &entry).await?;
        if let Some(assigned) = assigned {
            if loses_an_anchor(&mut writing, id, &assigned).await? {
                federated::clear(&mut writing, id, event).await?;
            }
            assign(&mut writing, id, assigned, self.kids, event).await?;
        }
        writing.commit(event).await?;
        Ok(())
    }

    /// Removes a peer with everything that came from it, its trust anchors and its server
    /// certificates.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoPeer`] when there is none of that identity.
    pub async fn remove_federation_gateway(
        &self,
        gateway_id: &str,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        event.check()?;
        let mut writing = self.begin_change().await?;
        let removed = writing
            .execute("DELETE FROM federation_gateway WHERE gateway_id = $1", values![gateway_id])
            .await?;
        if removed == 0 {
            return Err(StoreError::NoPeer { gateway_id: gateway_id.to_owned() });
        }
        federated::clear(&mut writing, gateway_id, event).await?;
        assign(&mut writing, gateway_id, Vec::new(), self.kids, event).await?;
        log::append(&mut writing, &log::of_removed_peer(gateway_id, event)).await?;
        writing.commit(event).await?;
        Ok(())
    }

    /// All peers in the order of their making, and the rows that cannot be read.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn federation_gateways(
        &self,
    ) -> Result<(Vec<FederationGateway>, Vec<UnreadableRow>), StoreError> {
        read_all(&mut self.read().await?).await
    }

    /// Records that a pull from a peer succeeded and changed nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when the run took too long, [`StoreError::NoPeer`].
    pub async fn pull_succeeded(
        &self,
        lease: &Lease,
        gateway_id: &str,
        message: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin_change().await?;
        job::check(&mut writing, lease).await?;
        succeeded(&mut writing, gateway_id, message, at).await?;
        writing.commit_unrecorded().await
    }

    /// Records that a pull from a peer failed.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when the run took too long, [`StoreError::NoPeer`].
    pub async fn pull_failed(
        &self,
        lease: &Lease,
        gateway_id: &str,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin_change().await?;
        job::check(&mut writing, lease).await?;
        let done = writing
            .execute(
                "UPDATE federation_gateway SET last_download = $2, status_message = $3,
                        retry_count = retry_count + 1
                  WHERE gateway_id = $1",
                values![gateway_id, at, &limit::status(reason)],
            )
            .await?;
        one_peer(done, gateway_id)?;
        writing.commit_unrecorded().await
    }
}

/// Writes a peer in the place of the one with the same identity, without an entry of the log.
pub(crate) async fn write(
    transaction: &mut Transaction,
    new: &NewFederationGateway,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO federation_gateway (gateway_id, created_at, gateway_endpoint,
                gateway_kid, gateway_public_key, downloader_implementation, download_target,
                mode, signature, download_interval_seconds, retry_count)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)
             ON CONFLICT (gateway_id) DO UPDATE SET created_at = $2, gateway_endpoint = $3,
                gateway_kid = $4, gateway_public_key = $5, downloader_implementation = $6,
                download_target = $7, mode = $8, signature = $9,
                download_interval_seconds = $10",
            values![
                &new.peer.gateway_id,
                new.created_at,
                &new.peer.endpoint,
                &new.peer.kid,
                &new.peer.public_key,
                new.peer.downloader.map(|known| known.as_str()),
                new.peer.target.as_str(),
                new.peer.mode.as_str(),
                &new.signature,
                new.interval_seconds.map(i64::from),
            ],
        )
        .await?;
    Ok(())
}

/// Records inside a transaction that a pull succeeded.
pub(crate) async fn succeeded(
    transaction: &mut Transaction,
    gateway_id: &str,
    message: Option<&str>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let done = transaction
        .execute(
            "UPDATE federation_gateway SET last_download = $2, last_successful_download = $2,
                    retry_count = 0, status_message = $3
              WHERE gateway_id = $1",
            values![gateway_id, at, &message.map(limit::status)],
        )
        .await?;
    one_peer(done, gateway_id)
}

fn one_peer(rows: u64, gateway_id: &str) -> Result<(), StoreError> {
    match rows {
        0 => Err(StoreError::NoPeer { gateway_id: gateway_id.to_owned() }),
        _ => Ok(()),
    }
}

/// Reads the table, and names what cannot be read.
pub(crate) async fn read_all(
    transaction: &mut Transaction,
) -> Result<(Vec<FederationGateway>, Vec<UnreadableRow>), StoreError> {
    let sql = format!("{SELECT} ORDER BY created_at, gateway_id");
    let (mut peers, mut unreadable) = (Vec::new(), Vec::new());
    for row in &transaction.rows_dynamic(sql, &[]).await? {
        match from_row(row) {
            Ok(peer) => peers.push(peer),
            Err(error) => {
                let id = row.get("gateway_id").unwrap_or_default();
                unreadable.push(UnreadableRow::of("federation_gateway", id, error)?);
            }
        }
    }
    Ok((peers, unreadable))
}

/// Makes these the own rows that are assigned to a peer.
async fn loses_an_anchor(
    transaction: &mut Transaction,
    gateway_id: &str,
    wanted: &[NewTrustedParty],
) -> Result<bool, StoreError> {
    let present = transaction
        .rows(
            "SELECT thumbprint FROM trusted_party
              WHERE assigned_gateway = $1 AND source_gateway_id IS NULL AND certificate_type = $2",
            values![gateway_id, PartyType::TrustAnchor.as_str()],
        )
        .await?;
    for row in &present {
        let thumbprint: String = row.get("thumbprint")?;
        let stays = wanted.iter().any(|one| {
            one.thumbprint == thumbprint && one.certificate_type == PartyType::TrustAnchor
        });
        if !stays {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn assign(
    transaction: &mut Transaction,
    gateway_id: &str,
    wanted: Vec<NewTrustedParty>,
    kids: KidScope,
    event: &AuditEvent,
) -> Result<(), StoreError> {
    let present = transaction
        .rows(
            "SELECT id, thumbprint, certificate_type, country, signature FROM trusted_party
              WHERE assigned_gateway = $1 AND source_gateway_id IS NULL ORDER BY id",
            values![gateway_id],
        )
        .await?;
    let mut staying = Vec::new();
    for row in &present {
        let thumbprint: String = row.get("thumbprint")?;
        let (group, signature): (String, String) =
            (row.get("certificate_type")?, row.get("signature")?);
        // Signed anew, as by another trust anchor, it takes its own place.
        let stays = |one: &NewTrustedParty| {
            one.thumbprint == thumbprint
                && one.certificate_type.as_str() == group
                && one.signature == signature
        };
        if wanted.iter().any(stays) {
            staying.push(thumbprint);
            continue;
        }
        let country: String = row.get("country")?;
        trusted_party::remove(transaction, &thumbprint, &country, event).await?;
    }
    for one in wanted {
        let is_of_a_peer = matches!(
            one.certificate_type,
            PartyType::TrustAnchor | PartyType::AuthenticationFederation
        );
        let is_assigned = one.assigned_gateway.as_deref() == Some(gateway_id);
        if !is_of_a_peer || !is_assigned || one.source_gateway_id.is_some() {
            return Err(StoreError::NotAssigned { gateway_id: gateway_id.to_owned() });
        }
        if !staying.contains(&one.thumbprint) {
            trusted_party::insert(transaction, one, kids, Some(&event.request_id)).await?;
        }
    }
    Ok(())
}

impl NewFederationGateway {
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let peer = &self.peer;
        for (column, value, longest) in [
            ("federation_gateway.gateway_id", Some(&peer.gateway_id), limit::UUID),
            ("federation_gateway.gateway_endpoint", Some(&peer.endpoint), 200),
            ("federation_gateway.gateway_kid", Some(&peer.kid), 50),
            ("federation_gateway.gateway_public_key", peer.public_key.as_ref(), 200),
            ("federation_gateway.signature", Some(&self.signature), limit::SIGNATURE),
        ] {
            limit::within(column, value.map(String::as_str).unwrap_or_default(), longest)?;
        }
        Ok(())
    }
}

impl From<PeerError> for StoreError {
    fn from(error: PeerError) -> Self {
        Self::Peer(Box::new(error))
    }
}

fn from_row(row: &Row) -> Result<FederationGateway, sqlx::Error> {
    let count = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
    let downloader: Option<String> = row.get("downloader_implementation")?;
    let peer = Peer {
        gateway_id: row.get("gateway_id")?,
        endpoint: row.get("gateway_endpoint")?,
        kid: row.get("gateway_kid")?,
        public_key: row.get("gateway_public_key")?,
        downloader: downloader.map(|_| row.named("downloader_implementation")).transpose()?,
        target: row.named("download_target")?,
        mode: row.named("mode")?,
    };
    Ok(FederationGateway {
        configured: NewFederationGateway {
            created_at: row.instant("created_at")?,
            peer,
            signature: row.get("signature")?,
            interval_seconds: row.get::<Option<i64>>("download_interval_seconds")?.map(count),
        },
        last_download: row.instant_if_any("last_download")?,
        last_successful_download: row.instant_if_any("last_successful_download")?,
        retry_count: count(row.get("retry_count")?),
        status_message: row.get("status_message")?,
    })
}

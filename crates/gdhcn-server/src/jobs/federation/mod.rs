//! Pulling from other gateways.
//!
//! Each peer is pulled from on a task of its own when its interval is over: what fails there is
//! that peer's failure, is recorded with it, and is tried again after a wait that grows. What a
//! peer lists is checked up to the anchors that our trust anchor assigned to it, and swapped in as
//! a whole, with the signatures that it has there.

mod content;
mod download;
mod pull;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gdhcn_client::gateway::{GatewayError, SetupError};
use gdhcn_crypto::sha256;
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::federation_gateway::FederationGateway;
use gdhcn_store::job::{Lease, RunEnd};
use gdhcn_store::{Store, StoreError};
use gdhcn_trust::federation::{PeerError, Word};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::{error, info, warn};

pub use self::pull::Taken;
use super::schedule::{Jitter, retry_after};
use super::{Job, JobOutcome, Run, ScheduledJob};
use crate::clock::Clock;
use crate::config::{self, GatewayConfig};

/// So many peers are pulled from at a time.
const AT_A_TIME: usize = 4;
/// How long a pull by hand waits for the process that pulls.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a pull by hand that was killed holds up the next one.
const LEASE: Duration = Duration::from_secs(30);

/// What pulling needs to know of this gateway. Clones share the database's connections.
#[derive(Debug, Clone)]
pub struct Federation {
    /// The database.
    pub store: Store,
    /// The certificates whose signature makes a peer one.
    pub anchors: Arc<[Certificate]>,
    /// How this gateway shows itself to peers.
    pub config: config::Federation,
    /// The clock that intervals go by.
    pub clock: Clock,
}

/// What a person says to a pull. A pull that nobody asked for has [`Order::default`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    /// Which losses are right.
    pub word: Word,
    /// The operator who lets a peer of the mode OVERRIDE take the place of everything else.
    pub override_by: Option<String>,
}

/// Why nothing was taken over from a peer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// No peer has that identity.
    #[error("no peer gateway {0:?} is configured")]
    NoPeer(String),
    /// Our trust anchor does not vouch for the peer's configuration.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// The configuration does not say how the peer is spoken to.
    #[error("its configuration names no downloader")]
    NoDownloader,
    /// No trust anchor of the peer is onboarded.
    #[error("no trust anchor is assigned to it whose signature by our own holds")]
    NoAnchor,
    /// No server certificate of the peer is onboarded (deviation D-12).
    #[error(
        "no server certificate is assigned to it whose signature by our trust anchor holds; without \
         one nobody could tell whom we speak to"
    )]
    NoServer,
    /// The configuration has no client certificate of that name.
    #[error("`federation.clients` of the configuration has no {0:?}")]
    NoClient(String),
    /// A file of the client certificate cannot be read.
    #[error("{path}: {source}")]
    ClientFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The connection cannot be prepared.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A download failed.
    #[error("{what}: {source}")]
    Download {
        /// What was asked for.
        what: &'static str,
        /// What came of it.
        source: GatewayError,
    },
    /// The mode of the peer is APPEND, and somebody wanted it to override.
    #[error("its signed mode is APPEND; OVERRIDE must be signed by the trust anchor first")]
    NotOverriding,
    /// Another process pulls.
    #[error("another process is pulling; try again in a moment")]
    Busy,
    /// The pull was interrupted: the program ends, or has a defect.
    #[error("the pull was interrupted: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Federation {
    /// Pulls from every peer that is due, several at a time, and tells what came of each.
    ///
    /// # Errors
    ///
    /// When the database cannot be read. What fails at a peer stands in its report.
    pub async fn run(&self, lease: &Lease) -> Result<Vec<PeerReport>, StoreError> {
        let (peers, unreadable) = self.store.federation_gateways().await?;
        for row in unreadable {
            error!(table = row.table, row = row.id, column = row.column, "a row cannot be read");
        }
        let now = self.clock.now();
        let free = Arc::new(Semaphore::new(AT_A_TIME));
        let mut pulls = JoinSet::new();
        for peer in peers.into_iter().filter(|peer| is_due(peer, now)) {
            let (federation, lease, free) = (self.clone(), lease.clone(), Arc::clone(&free));
            pulls.spawn(async move {
                let _place = free.acquire_owned().await;
                let outcome = federation.pull(&lease, peer.id(), &Order::default()).await;
                let gateway = peer.id().to_owned();
                match &outcome {
                    Ok(taken) if taken.remark().is_none() => {
                        info!(gateway, message = %taken, "pulled from a peer");
                    }
                    Ok(taken) => {
                        warn!(gateway, message = %taken, "pulled from a peer; it needs a look");
                    }
                    Err(cause) => error!(gateway, %cause, "nothing was taken over from a peer"),
                }
                PeerReport { gateway, outcome }
            });
        }
        let mut reports = pulls.join_all().await;
        reports.sort_by(|a, b| a.gateway.cmp(&b.gateway));
        Ok(reports)
    }

    /// Pulls from one peer now, whether it is due or not. What came of it is recorded.
    ///
    /// # Errors
    ///
    /// See [`PullError`]. Nothing is changed then but what is told of the peer.
    pub async fn pull(
        &self,
        lease: &Lease,
        gateway_id: &str,
        order: &Order,
    ) -> Result<Taken, PullError> {
        // On a task of its own, which ends with this: a defect is a failure of this peer.
        let mut task = JoinSet::new();
        let (federation, held, id, order) =
            (self.clone(), lease.clone(), gateway_id.to_owned(), order.clone());
        task.spawn(async move { federation.take(&held, &id, &order).await });
        let taken = match task.join_next().await {
            Some(Ok(taken)) => taken,
            Some(Err(interrupted)) => Err(interrupted.into()),
            None => Err(PullError::NoPeer(gateway_id.to_owned())),
        };
        if let Err(cause) = &taken
            && !matches!(
                cause,
                PullError::NoPeer(_) | PullError::Store(StoreError::LeaseLost { .. })
            )
        {
            let (reason, now) = (cause.to_string(), self.clock.now());
            self.store.pull_failed(lease, gateway_id, &reason, now).await?;
        }
        taken
    }

    /// Pulls from one peer now, in a process that runs no jobs. Waits a while for the one that
    /// does.
    ///
    /// # Errors
    ///
    /// See [`PullError`].
    pub async fn pull_by_hand(
        &self,
        process: &str,
        gateway_id: &str,
        order: &Order,
    ) -> Result<Taken, PullError> {
        let job = Job::Federation.as_str();
        let begin = Instant::now();
        let lease = loop {
            let taken = self.store.take_lease(job, process, LEASE, Duration::ZERO).await?;
            match taken {
                Some(lease) => break lease,
                None if begin.elapsed() > PATIENCE => return Err(PullError::Busy),
                None => sleep(Duration::from_millis(500)).await,
            }
        };
        let taken = {
            let pull = self.pull(&lease, gateway_id, order);
            tokio::pin!(pull);
            loop {
                tokio::select! {
                    taken = &mut pull => break taken,
                    () = sleep(LEASE / 3) => {
                        // Another failure: it waits for the pull's own change, or may come back.
                        let renewed = self.store.renew_lease(&lease, LEASE).await;
                        if let Err(lost @ StoreError::LeaseLost { .. }) = renewed {
                            return Err(lost.into());
                        }
                    }
                }
            }
        };
        // It was no run of the job: when that is due does not change.
        self.store.release_lease(lease, &RunEnd::Interrupted).await?;
        taken
    }
}

/// What came of a pull.
#[derive(Debug)]
pub struct PeerReport {
    /// The peer's identity.
    pub gateway: String,
    /// What was taken over, or why nothing was.
    pub outcome: Result<Taken, PullError>,
}

/// The job that looks for peers that are to be pulled from.
pub(super) fn job(config: &GatewayConfig) -> ScheduledJob {
    let interval = Duration::from_secs(config.jobs.federation_seconds);
    ScheduledJob::new(Job::Federation, interval, move |run: Run| {
        let gateway = run.gateway();
        let federation = Federation {
            store: gateway.store().clone(),
            anchors: gateway.anchors().iter().cloned().collect(),
            config: gateway.followed.load().federation.clone(),
            clock: gateway.clock,
        };
        async move {
            tokio::select! {
                reports = federation.run(run.lease()) => match reports {
                    Ok(reports) => outcome(&reports),
                    Err(error) => JobOutcome::Failed { message: error.to_string() },
                },
                () = run.over() => JobOutcome::Interrupted,
            }
        }
    })
}

/// A peer that fails is told of with that peer; the job has done what it should.
fn outcome(reports: &[PeerReport]) -> JobOutcome {
    if reports.is_empty() {
        return JobOutcome::Done { message: "no peer is due".to_owned() };
    }
    let told: Vec<_> = reports
        .iter()
        .map(|report| match &report.outcome {
            Ok(taken) => format!("{}: {taken}", report.gateway),
            Err(cause) => format!("{}: failed: {cause}", report.gateway),
        })
        .collect();
    let message = told.join("; ");
    let well =
        |report: &PeerReport| report.outcome.as_ref().is_ok_and(|taken| taken.remark().is_none());
    if reports.iter().all(well) {
        JobOutcome::Done { message }
    } else {
        JobOutcome::Marked { message }
    }
}

/// Whether a peer is to be pulled from now. A pull in the future counts for nothing: the clock was
/// set back since.
fn is_due(peer: &FederationGateway, now: Timestamp) -> bool {
    next_pull(peer).is_some_and(|due| due <= now || peer.last_download > Some(now))
}

/// When a peer is to be pulled from; none when it is switched off.
pub fn next_pull(peer: &FederationGateway) -> Option<Timestamp> {
    let interval = Duration::from_secs(peer.configured.interval_seconds?.into());
    let Some(last) = peer.last_download else { return Some(Timestamp::MIN) };
    // The same at every look, and different from gateway to gateway: signatures are random.
    let digest = sha256(format!("{} {}", peer.configured.signature, peer.retry_count).as_bytes());
    let [first, second, ..] = digest;
    let jitter = Jitter::of(u16::from_be_bytes([first, second]));
    let wait = retry_after(interval, peer.retry_count, jitter);
    last.checked_add(SignedDuration::try_from(wait).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use gdhcn_store::federation_gateway::NewFederationGateway;
    use gdhcn_trust::federation::{DownloadTarget, Mode, Peer};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn a_peer_is_due_after_its_interval_and_sooner_after_failures() {
        let mut peer = FederationGateway {
            configured: NewFederationGateway {
                created_at: at(0),
                peer: Peer {
                    gateway_id: "b".to_owned(),
                    endpoint: "https://b.example".to_owned(),
                    kid: "to-b".to_owned(),
                    public_key: None,
                    downloader: None,
                    target: DownloadTarget::Federation,
                    mode: Mode::Append,
                },
                signature: "signature".to_owned(),
                interval_seconds: None,
            },
            last_download: None,
            last_successful_download: None,
            retry_count: 0,
            status_message: None,
        };
        assert!(!is_due(&peer, at(0)), "switched off");
        peer.configured.interval_seconds = Some(3600);
        assert!(is_due(&peer, at(0)), "never pulled from");
        peer.last_download = Some(at(0));
        assert!(!is_due(&peer, at(3599)) && is_due(&peer, at(3600)));
        assert!(!is_due(&peer, at(0)) && is_due(&peer, at(-1)), "the clock was set back");
        peer.retry_count = 1;
        assert!(!is_due(&peer, at(44)) && is_due(&peer, at(60)));
        peer.retry_count = 40;
        assert!(!is_due(&peer, at(2699)) && is_due(&peer, at(3600)), "no longer than the interval");
    }
}

//! The present snapshot, and keeping it present.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gdhcn_envelope::x509::Certificate;
use gdhcn_store::signer_information::SignerInformation;
use gdhcn_store::{Change, Store, StoreError};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tracing::{error, info, warn};

use super::snapshot::{Signers, TrustSnapshot};
use crate::listen::stopped;

/// How often the database is asked for changes by other processes, where it does not tell of them.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// Reading takes at the most a quarter of the time, however often others make changes.
const REST: u32 = 3;
/// After so long without a successful look at the database the content counts as outdated.
const OUTDATED_AFTER: Duration = Duration::from_secs(15);

/// Why the trust content cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The check of the content was interrupted, as when the program ends.
    #[error("the check of the trust content was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// Holds the present [`TrustSnapshot`]. Readers never wait; changes follow one another.
#[derive(Debug)]
pub(crate) struct Trust {
    store: Store,
    anchors: ArcSwap<Box<[Certificate]>>,
    present: ArcSwap<TrustSnapshot>,
    changing: Mutex<()>,
    /// When the database was last found readable.
    seen: ArcSwap<Instant>,
    /// Why it could not be read at the last try.
    failure: ArcSwap<Option<String>>,
}

impl Trust {
    /// Reads and checks the tables.
    pub(crate) async fn load(store: Store, anchors: Vec<Certificate>) -> Result<Self, TrustError> {
        let anchors = ArcSwap::from_pointee(anchors.into_boxed_slice());
        let snapshot = read(&store, anchors.load_full()).await?;
        Ok(Self {
            store,
            anchors,
            present: ArcSwap::new(snapshot),
            changing: Mutex::new(()),
            seen: ArcSwap::from_pointee(Instant::now()),
            failure: ArcSwap::default(),
        })
    }

    /// The present snapshot.
    pub(crate) fn current(&self) -> Arc<TrustSnapshot> {
        self.present.load_full()
    }

    /// Whether what is served may be outdated: the database could not be read for some rounds.
    pub(crate) fn is_outdated(&self) -> bool {
        self.seen.load().elapsed() > OUTDATED_AFTER
    }

    /// How long ago the database was last seen to hold what is served.
    pub(crate) fn age(&self) -> Duration {
        self.seen.load().elapsed()
    }

    /// Why the database could not be read at the last try.
    pub(crate) fn failure(&self) -> Option<String> {
        (**self.failure.load()).clone()
    }

    /// The certificates whose signature onboards.
    pub(crate) fn anchors(&self) -> Arc<Box<[Certificate]>> {
        self.anchors.load_full()
    }

    /// Checks everything by other anchors from now on.
    ///
    /// # Errors
    ///
    /// When the database cannot be read; the former anchors and what they vouched for stay.
    pub(crate) async fn replace_anchors(
        &self,
        anchors: Vec<Certificate>,
    ) -> Result<(), TrustError> {
        let anchors = Arc::new(anchors.into_boxed_slice());
        let _changing = self.changing.lock().await;
        let snapshot = read(&self.store, Arc::clone(&anchors)).await?;
        self.anchors.store(anchors);
        self.present.store(snapshot);
        Ok(())
    }

    /// The database behind it.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Puts an upload into effect. When this returns, every later request sees it.
    pub(crate) async fn uploaded(&self, change: &Change<SignerInformation>) {
        self.apply(change, |snapshot| snapshot.with(&change.row, change.revision)).await;
    }

    /// Puts a deletion into effect. When this returns, every later request sees it.
    pub(crate) async fn deleted(&self, change: &Change<SignerInformation>) {
        self.apply(change, |snapshot| snapshot.without(&change.row, change.revision)).await;
    }

    /// Puts another signature of a certificate into effect. When this returns, every later request
    /// sees it.
    pub(crate) async fn replaced(&self, change: &Change<SignerInformation>) {
        let Change { row, revision } = change;
        self.apply(change, |snapshot| snapshot.without(row, *revision).with(row, *revision)).await;
    }

    async fn apply(
        &self,
        change: &Change<SignerInformation>,
        next: impl FnOnce(&TrustSnapshot) -> TrustSnapshot,
    ) {
        let _changing = self.changing.lock().await;
        let present = self.current();
        if change.revision == present.revision() + 1 {
            self.present.store(Arc::new(next(&present)));
        } else if change.revision > present.revision() {
            // Another change came between and is not in the snapshot yet.
            self.read_again().await;
        }
    }

    /// Reads the tables again when another process has changed them.
    ///
    /// # Errors
    ///
    /// When the database cannot be read; the present snapshot stays.
    pub(crate) async fn refresh(&self) -> Result<(), TrustError> {
        if self.store.revision().await? != self.current().revision() {
            let _changing = self.changing.lock().await;
            let snapshot = read(&self.store, self.anchors()).await?;
            self.present.store(snapshot);
        }
        self.seen.store(Arc::new(Instant::now()));
        Ok(())
    }

    /// Refreshes until told to stop.
    pub(crate) async fn follow(&self, mut stop: watch::Receiver<bool>) {
        let mut failing = false;
        let mut changes = self.store.changes();
        let mut rest = Duration::ZERO;
        loop {
            let told = async {
                tokio::time::sleep(rest).await;
                changes.next().await;
            };
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = told => {}
                () = tokio::time::sleep(FOLLOW_EVERY.max(rest)) => {}
            }
            let begun = Instant::now();
            let refreshed = self.refresh().await;
            rest = begun.elapsed() * REST;
            // Said once, not every second.
            match (&refreshed, failing) {
                (Err(error), false) => {
                    error!(%error, "the database cannot be read; the last known content is served");
                }
                (Ok(()), true) => info!("the database can be read again"),
                _ => {}
            }
            failing = refreshed.is_err();
            let failure = refreshed.err().map(|error| error.to_string());
            self.failure.store(Arc::new(failure));
        }
    }

    async fn read_again(&self) {
        match read(&self.store, self.anchors()).await {
            Ok(snapshot) => self.present.store(snapshot),
            // The next round of `follow` tries again.
            Err(error) => error!(%error, "a stored change is not served yet"),
        }
    }
}

async fn read(
    store: &Store,
    anchors: Arc<Box<[Certificate]>>,
) -> Result<Arc<TrustSnapshot>, TrustError> {
    let (store, runtime) = (store.clone(), Handle::current());
    // All of it on one thread for such work: rows become entries as they are read, and what they
    // took is used again at once.
    let made = tokio::task::spawn_blocking(move || {
        let mut signers = Signers::default();
        let content = runtime.block_on(store.trust_content_with(|row| signers.add(&row)))?;
        Ok::<_, StoreError>(TrustSnapshot::build_with(content, signers, &anchors))
    });
    let snapshot = made.await??;
    for row in snapshot.refused() {
        warn!(
            table = row.table,
            row = row.id,
            thumbprint = row.thumbprint,
            fault = %row.fault,
            "a row is not served"
        );
    }
    info!(
        revision = snapshot.revision(),
        trusted_parties = snapshot.trusted_parties(),
        signers = snapshot.signers(),
        refused = snapshot.refused().len(),
        "trust content read"
    );
    Ok(Arc::new(snapshot))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_cannot_be_read_makes_the_content_outdated() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let trust = Trust::load(store, Vec::new()).await.unwrap();
        tokio::time::pause();
        assert!(!trust.is_outdated());
        tokio::time::advance(OUTDATED_AFTER + FOLLOW_EVERY).await;
        assert!(trust.is_outdated());
        tokio::time::resume();
        trust.refresh().await.unwrap();
        assert!(!trust.is_outdated());
        trust.store.close().await;
        assert!(trust.refresh().await.is_err());
    }
}

//! Leases of jobs.

use std::collections::BTreeMap;
use std::time::Duration;

use gdhcn_store::contact::Contact;
use gdhcn_store::job::{JobState, Lease, RunEnd};
use gdhcn_store::{Store, StoreError, limit};
use gdhcn_testkit::on_both_databases;
use jiff::Timestamp;

use crate::store::{at, event, open, party, signer};

pub(crate) const LONG: Duration = Duration::from_secs(600);

pub(crate) async fn take(store: &Store, duration: Duration) -> Option<Lease> {
    store.take_lease("federation", "test", duration, Duration::ZERO).await.unwrap()
}

async fn jobs(store: &Store) -> Vec<JobState> {
    store.overview().await.unwrap().jobs
}

/// Takes the lease as soon as the former one has ended.
async fn take_over(store: &Store) -> Lease {
    let mut tries = 0;
    loop {
        if let Some(lease) = take(store, LONG).await {
            return lease;
        }
        tries += 1;
        assert!(tries < 2000, "the lease does not end");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[allow(clippy::disallowed_methods, reason = "leases go by a clock, not by an argument")]
fn here() -> Timestamp {
    Timestamp::now()
}

on_both_databases! {
async fn of_many_holders_only_one_runs(database: &TestDatabase) {
    let stores = [open(database).await, open(database).await];
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..16 {
        let store = stores[number % 2].clone();
        tries.spawn(async move { take(&store, LONG).await });
    }
    let taken: Vec<_> = tries.join_all().await.into_iter().flatten().collect();
    assert_eq!(taken.len(), 1);
    let other = stores[0].take_lease("other", "test", LONG, LONG).await.unwrap();
    assert!(other.is_some(), "each job has a lease of its own");
}

async fn a_lease_goes_by_the_clock_of_the_database(database: &TestDatabase) {
    let store = open(database).await;
    take(&store, LONG).await.unwrap();
    let state = jobs(&store).await.remove(0);
    let (started, until) = (state.last_started_at.unwrap(), state.lease_until.unwrap());
    assert_eq!(until.duration_since(started).as_secs(), 600);
    // Both databases run on this machine.
    assert!(started.duration_since(here()).as_secs().abs() < 60, "{started}");
    assert!(state.is_running(started) && !state.is_running(until));
}

async fn a_job_runs_again_when_it_is_due(database: &TestDatabase) {
    let store = open(database).await;
    for end in [RunEnd::Succeeded("done".into()), RunEnd::Failed("down".into())] {
        let lease = take(&store, LONG).await.expect("due");
        store.release_lease(lease, &end).await.unwrap();
        let early = store.take_lease("federation", "test", LONG, LONG).await.unwrap();
        assert_eq!(early, None, "not due after {end:?}");
    }
}

async fn a_clock_that_was_set_back_stops_no_job(database: &TestDatabase) {
    let store = open(database).await;
    let lease = take(&store, LONG).await.unwrap();
    store.release_lease(lease, &RunEnd::Succeeded("done".into())).await.unwrap();
    database.by_hand("UPDATE job SET last_succeeded_at = 99999999999999");
    let lease = store.take_lease("federation", "test", LONG, LONG).await.unwrap().expect("due");
    store.release_lease(lease, &RunEnd::Failed("down".into())).await.unwrap();
    let early = store.take_lease("federation", "test", LONG, LONG).await.unwrap();
    assert_eq!(early, None, "it failed just now");
    // A process that was killed before the clock was set back.
    let by_then = "holder = 'x', last_started_at = 99999999999999, lease_until = 99999999999999";
    database.by_hand(&format!("UPDATE job SET {by_then}, last_failed_at = NULL"));
    assert!(!jobs(&store).await.remove(0).is_running(here()));
    assert!(store.take_lease("federation", "test", LONG, LONG).await.unwrap().is_some());
}

async fn an_interrupted_run_does_not_count(database: &TestDatabase) {
    let store = open(database).await;
    let lease = store.take_lease("federation", "test", LONG, LONG).await.unwrap().unwrap();
    assert_eq!(take(&store, LONG).await, None, "it is held");
    store.release_lease(lease, &RunEnd::Interrupted).await.unwrap();
    let again = store.take_lease("federation", "test", LONG, LONG).await.unwrap();
    assert!(again.is_some());
}

async fn an_ended_lease_is_taken_over_and_its_holder_changes_nothing_more(
    database: &TestDatabase
) {
    let (store, other) = (open(database).await, open(database).await);
    let old = take(&store, Duration::from_millis(20)).await.unwrap();
    let new = take_over(&other).await;
    assert_ne!(old, new, "the same process name makes no same lease");

    let before = jobs(&store).await;
    for refused in [
        store.expire_revocation_batches(&old, here()).await.map(|_| ()),
        store.purge_revocation_batches(&old, here(), here()).await.map(|_| ()),
        store.forget_tombstones(&old, here()).await.map(|_| ()),
        store.tell_warnings(&old, &BTreeMap::from([("t".to_owned(), 7)])).await,
        store.renew_lease(&old, LONG).await,
        store.check_lease(&old).await,
        store.release_lease(old.clone(), &RunEnd::Failed("late".into())).await,
    ] {
        assert!(matches!(refused, Err(StoreError::LeaseLost { .. })), "{refused:?}");
    }
    assert_eq!(jobs(&store).await, before);

    other.check_lease(&new).await.unwrap();
    other.renew_lease(&new, 2 * LONG).await.unwrap();
    assert!(jobs(&store).await[0].lease_until > before[0].lease_until);
    other.release_lease(new, &RunEnd::Succeeded("done".into())).await.unwrap();
}

async fn the_outcome_of_the_last_run_is_told(database: &TestDatabase) {
    let store = open(database).await;
    for failures in 1..=2 {
        let lease = take(&store, LONG).await.unwrap();
        let running = jobs(&store).await.remove(0);
        assert!(running.holder.is_some_and(|holder| holder.starts_with("test ")));
        store.release_lease(lease, &RunEnd::Failed("é".repeat(600))).await.unwrap();
        let state = jobs(&store).await.remove(0);
        assert_eq!((state.holder, state.lease_until, state.failures), (None, None, failures));
        assert_eq!(state.message, Some("é".repeat(limit::STATUS)));
        assert!(state.last_failed_at.is_some() && state.last_succeeded_at.is_none());
    }
    let lease = take(&store, LONG).await.unwrap();
    store.release_lease(lease, &RunEnd::Marked("look".into())).await.unwrap();
    let state = jobs(&store).await.remove(0);
    assert_eq!((state.failures, state.marked, state.message.as_deref()), (0, true, Some("look")));
    let lease = take(&store, LONG).await.unwrap();
    store.release_lease(lease, &RunEnd::Succeeded("3 peers".into())).await.unwrap();
    let state = jobs(&store).await.remove(0);
    assert_eq!((state.failures, state.marked), (0, false));
    assert_eq!(state.message.as_deref(), Some("3 peers"));
    assert!(state.last_succeeded_at >= state.last_failed_at);
    assert_eq!(state.last_ended_at(), state.last_succeeded_at);
}

async fn marks_of_withdrawn_certificates_are_forgotten_in_time(database: &TestDatabase) {
    let store = open(database).await;
    store.insert_trusted_party(party("p1"), &event("ONBOARDED")).await.unwrap();
    store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();
    store.delete_signer_information("s1", "XA", "cms", &event("SUCCESS")).await.unwrap();
    let lease = take(&store, LONG).await.unwrap();
    let withdrawn = store.tombstones_since(Timestamp::UNIX_EPOCH).await.unwrap().remove(0);
    let at = withdrawn.deleted_at;
    assert_eq!(store.forget_tombstones(&lease, at).await.unwrap(), 0);
    let later = at.checked_add(jiff::SignedDuration::from_millis(1)).unwrap();
    assert_eq!(store.forget_tombstones(&lease, later).await.unwrap(), 1);
    assert_eq!(store.tombstones_since(Timestamp::UNIX_EPOCH).await.unwrap(), []);
}

async fn what_was_told_of_ends_is_kept(database: &TestDatabase) {
    let store = open(database).await;
    let lease = take(&store, LONG).await.unwrap();
    let told = |told: &[(&str, i64)]| -> BTreeMap<String, i64> {
        told.iter().map(|(thumbprint, step)| ((*thumbprint).to_owned(), *step)).collect()
    };
    for next in [told(&[("a", 60), ("b", 30)]), told(&[("b", 14), ("c", 0)]), told(&[])] {
        store.tell_warnings(&lease, &next).await.unwrap();
        assert_eq!(store.told_warnings().await.unwrap(), next);
    }
    store.tell_warnings(&lease, &told(&[("x".repeat(65).as_str(), 1)])).await.unwrap_err();
}

async fn of_two_contacts_the_later_is_kept(database: &TestDatabase) {
    let store = open(database).await;
    let contact = |downloaded: Option<i64>, uploaded: Option<i64>| Contact {
        thumbprint: "aa".into(),
        country: "XA".into(),
        downloaded_at: downloaded.map(at),
        uploaded_at: uploaded.map(at),
    };
    let seen = async || store.overview().await.unwrap().contacts;
    assert_eq!(seen().await, []);
    for (told, kept) in [
        (contact(Some(5), None), contact(Some(5), None)),
        (contact(None, Some(6)), contact(Some(5), Some(6))),
        (contact(Some(4), Some(7)), contact(Some(5), Some(7))),
        (contact(Some(9), None), contact(Some(9), Some(7))),
    ] {
        store.record_contacts(&[told]).await.unwrap();
        assert_eq!(seen().await, [kept]);
    }
    assert_eq!(store.revision().await.unwrap(), 0, "no list changes by it");
}
}

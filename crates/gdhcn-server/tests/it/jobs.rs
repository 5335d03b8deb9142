//! What gateways do by themselves, alone and together on one database.

use std::time::Duration;

use gdhcn_server::config::Profile;
use gdhcn_server::jobs::{Job, JobOutcome, RunJobError};
use gdhcn_store::Store;
use gdhcn_store::job::{JobState, RunEnd};
use gdhcn_testkit::TestDatabase;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::network::{Network, now};
use crate::wire::Ask;

fn in_days(days: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_hours(24 * days)).unwrap()
}

/// Looks until something is so.
async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let mut looks = 0;
    while !look().await {
        looks += 1;
        assert!(looks < 600, "{what}: not in time");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn state(store: &Store, job: Job) -> Option<JobState> {
    let jobs = store.overview().await.unwrap().jobs;
    jobs.into_iter().find(|state| state.name == job.as_str())
}

fn done(message: &str) -> JobOutcome {
    JobOutcome::Done { message: message.to_owned() }
}

#[tokio::test]
async fn a_batch_that_has_ended_is_marked_and_later_removed() {
    let (network, config) = Network::revoking().await;
    let gate = network.start_with(config.clone()).await;
    let batch = json!({
        "country": "XA",
        "expires": in_days(3).to_string(),
        "kid": "UNKNOWN_KID",
        "hashType": "SIGNATURE",
        "entries": [{"hash": "KaBXv0wZrJ3vSbHQFpMEtQ=="}]
    });
    let message = network.a.message(batch.to_string().as_bytes());
    let answer =
        gate.ask(&network.a.tls, Ask::new("POST", "/revocation-list").cms_text(message)).await;
    let path = format!("/revocation-list/{}", answer.header("etag").unwrap());
    let report = gate.running.run_job(Job::RevocationCleanUp).await.unwrap();
    assert_eq!(report.outcome, done("0 batches have ended, 0 were removed"));
    gate.running.shutdown().await;

    for (days, message, status) in [
        (4, "1 batches have ended, 0 were removed", 410),
        (17, "0 batches have ended, 0 were removed", 410),
        (19, "0 batches have ended, 1 were removed", 404),
    ] {
        let gate = network.start_at(config.clone(), in_days(days)).await;
        let report = gate.running.run_job(Job::RevocationCleanUp).await.unwrap();
        assert_eq!(report.outcome, done(message), "{days}");
        let answer = gate.ask(&network.b.tls, Ask::new("GET", &path)).await;
        assert_eq!(answer.status, status, "{days}");
        gate.running.shutdown().await;
    }
}

#[tokio::test]
async fn withdrawn_certificates_leave_the_lists_of_changes_in_time() {
    let network = Network::onboarded().await;
    let mut config = network.config();
    config.profile = Profile::Eu;
    config.jobs.tombstone_days = 10;
    let gate = network.start_with(config.clone()).await;
    let message = network.a.message(network.a.dsc().der());
    assert_eq!(gate.upload(&network.a.tls, message.clone()).await.status, 201);
    assert_eq!(gate.delete(&network.a.tls, message).await.status, 204);
    gate.running.shutdown().await;
    for (days, forgotten) in [(9, 0), (11, 1)] {
        let gate = network.start_at(config.clone(), in_days(days)).await;
        let report = gate.running.run_job(Job::TombstoneCleanUp).await.unwrap();
        let message = format!("{forgotten} withdrawn certificates forgotten");
        assert_eq!(report.outcome, done(&message), "{days}");
        gate.running.shutdown().await;
    }
}

#[tokio::test]
async fn a_job_is_run_by_one_of_several_gateways_on_one_database() {
    let Some(database) = TestDatabase::postgres() else { return };
    let network = Network::onboarded_on(database).await;
    let store = network.store().await;
    let (one, other) = (network.start().await, network.start().await);
    // Each looks for itself every two seconds; all jobs are due at first.
    until("the jobs run", async || {
        let jobs = store.overview().await.unwrap().jobs;
        jobs.len() >= 2 && jobs.iter().all(|job| job.last_succeeded_at.is_some())
    })
    .await;

    // What another process holds is not run.
    let name = Job::TombstoneCleanUp.as_str();
    let long = Duration::from_secs(600);
    let lease = store.take_lease(name, "another", long, Duration::ZERO).await.unwrap().unwrap();
    for gate in [&one, &other] {
        let error = gate.running.run_job(Job::TombstoneCleanUp).await.unwrap_err();
        assert!(matches!(error, RunJobError::Running(Job::TombstoneCleanUp)), "{error}");
    }
    store.release_lease(lease, &RunEnd::Interrupted).await.unwrap();
    let runs = tokio::join!(
        one.running.run_job(Job::TombstoneCleanUp),
        other.running.run_job(Job::RevocationCleanUp)
    );
    assert!(runs.0.unwrap().outcome.is_success() && runs.1.unwrap().outcome.is_success());
    // Every process tells the same of them.
    let told = state(&store, Job::TombstoneCleanUp).await.unwrap();
    assert_eq!((told.holder, told.failures), (None, 0));
    one.running.shutdown().await;
    other.running.shutdown().await;
}

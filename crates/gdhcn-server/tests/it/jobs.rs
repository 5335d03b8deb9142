//! What gateways do by themselves, alone and together on one database.

use std::time::Duration;

use gdhcn_server::config::Profile;
use gdhcn_server::jobs::publication::DidConfig;
use gdhcn_server::jobs::{Job, JobOutcome, RunJobError};
use gdhcn_server::{Clock, Gateway};
use gdhcn_store::Store;
use gdhcn_store::job::{JobState, RunEnd};
use gdhcn_store::trusted_party::PartyType;
use gdhcn_testkit::TestDatabase;
use gdhcn_trust::profile::Role;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::network::{Holder, Network, key, now};
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

/// The section `[did]` with a new key, publishing into the folder `web`.
fn publishing(network: &Network) -> DidConfig {
    let folder = network.folder.path();
    std::fs::write(folder.join("did.key"), key().to_pem().as_bytes()).unwrap();
    let text = format!(
        "base = 'did:web:lists.example'\nsigning_key = '{0}/did.key'\n\
         trees = [{{ name = 'v2' }}, {{ name = 'v2-texts', members = 'texts' }}]\n\
         [target]\nkind = 'folder'\npath = '{0}/web'",
        folder.display()
    );
    toml::from_str(&text).unwrap()
}

// G11: both shapes of the members, as configured.
#[tokio::test]
async fn g11_publishes_what_it_serves_and_nothing_new_when_nothing_changed() {
    let network = Network::onboarded().await;
    let mut config = network.config();
    config.did = Some(publishing(&network));
    let gate = network.start_with(config.clone()).await;
    let web = network.folder.path().join("web");
    let read = |path: &str| std::fs::read_to_string(web.join(path)).unwrap();
    let report = gate.running.run_job(Job::Publication).await.unwrap();
    assert!(report.outcome.message().starts_with("2 keys; "), "{report:?}");
    assert!(report.outcome.is_success());
    let lists = ["v2/trustlist/did.json", "v2-texts/trustlist/did.json", "trustlist/did.json"];
    let first = lists.map(read);
    assert!(first[0].contains(r##""participant":{"code":"#XXA"}"##), "{}", first[0]);
    assert!(first[1].contains(r#""participant":"XXA""#), "{}", first[1]);
    gate.running.run_job(Job::Publication).await.unwrap();
    assert_eq!(lists.map(read), first);
    gate.running.shutdown().await;

    // Also by a process that knows nothing of the former run.
    let gate = network.start_with(config).await;
    let report = gate.running.run_job(Job::Publication).await.unwrap();
    assert_eq!(report.outcome, done("2 keys; nothing has changed"));
    assert_eq!(lists.map(read), first);

    let dsc = network.a.dsc();
    let kid = dsc.kid().to_base64();
    assert_eq!(gate.upload(&network.a.tls, network.a.message(dsc.der())).await.status, 201);
    let report = gate.running.run_job(Job::Publication).await.unwrap();
    assert!(report.outcome.message().starts_with("3 keys; "), "{report:?}");
    for (list, before) in lists.map(read).iter().zip(&first) {
        assert!(list.contains(&kid) && !before.contains(&kid), "{list}");
    }
    gate.running.shutdown().await;
}

#[tokio::test]
async fn a_job_that_is_not_configured_is_not_run() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let error = gate.running.run_job(Job::Publication).await.unwrap_err();
    assert!(matches!(error, RunJobError::NotConfigured(Job::Publication)), "{error}");
    let mut config = network.config();
    config.did = Some(publishing(&network));
    std::fs::write(network.folder.path().join("did.key"), "rubbish").unwrap();
    let error = Gateway::start(config, Clock::Fixed(now())).await.unwrap_err().to_string();
    assert!(error.contains("did.key"), "{error}");
}

/// G10: each step is told once, whichever process looks.
#[tokio::test]
async fn g10_certificates_that_end_are_told_once_at_each_step() {
    let network = Network::onboarded().await;
    let store = network.store().await;
    // Both end 335 days from now; a second one replaces XA's.
    let end = network.a.tls.certificate.not_after();
    let new = Holder::new(Role::Tls, Some(network.a.code), now(), 365);
    network.onboard(&store, &new, PartyType::Authentication).await;
    let before = |days: i64| end.saturating_sub(SignedDuration::from_hours(24 * days)).unwrap();
    for (at, message, steps) in [
        (before(61), "no certificate ends soon or has ended unreplaced", vec![]),
        (before(60), "certificates that end soon or have ended: 2, told just now: 2", vec![60, 60]),
        (before(59), "certificates that end soon or have ended: 2, told just now: 0", vec![60, 60]),
        (
            before(13),
            "certificates that end soon or have ended: 3, told just now: 3",
            vec![14, 14, 60],
        ),
        // What was replaced and has ended is history.
        (before(-1), "certificates that end soon or have ended: 2, told just now: 2", vec![0, 30]),
    ] {
        let gate = network.start_at(network.config(), at).await;
        let report = gate.running.run_job(Job::ExpiryWarning).await.unwrap();
        assert_eq!(report.outcome, done(message), "{at}");
        let mut told: Vec<_> = store.told_warnings().await.unwrap().into_values().collect();
        told.sort_unstable();
        assert_eq!(told, steps, "{at}");
        gate.running.shutdown().await;
    }
}

#[tokio::test]
async fn status_tells_who_came_when_and_what_the_gateway_itself_lacks() {
    let network = Network::onboarded().await;
    let mut config = network.config();
    config.management_listen = Some("127.0.0.1:0".parse().unwrap());
    // Ten days before the end of the trust anchor.
    let at = network.anchor.certificate.not_after();
    let at = at.saturating_sub(SignedDuration::from_hours(240)).unwrap();
    let long = Holder::new(Role::Tls, Some(network.a.code), at, 365);
    let store = network.store().await;
    network.onboard(&store, &long, PartyType::Authentication).await;
    let gate = network.start_at(config.clone(), at).await;
    assert_eq!(gate.ask(&long, Ask::new("GET", "/countrylist")).await.status, 200);
    gate.running.run_job(Job::TombstoneCleanUp).await.unwrap();
    // Written down at the end, and told by the next process.
    gate.running.shutdown().await;
    let gate = network.start_at(config, at).await;
    let operator = gate.running.management_address().unwrap();
    let answer = Ask::new("GET", "/status").send(operator, None, None).await.unwrap();
    let status = answer.json();
    let participants = status["participants"].as_array().unwrap();
    let came: Vec<_> = participants.iter().map(|one| one["lastDownload"].as_str()).collect();
    assert_eq!(came, [Some(at.to_string().as_str()), None]);
    let expiring = status["expiring"].as_array().unwrap();
    let own: Vec<_> = expiring.iter().filter(|one| one["country"].is_null()).collect();
    assert_eq!(own.len(), 1, "{status}");
    assert_eq!((&own[0]["group"], &own[0]["days"]), (&"TRUSTANCHOR".into(), &10.into()));
    assert_eq!(status["jobs"][0]["name"], "tombstone-clean-up");
    assert_eq!(status["logEntries"], 7);
    assert_eq!(status["pendingRequests"], json!([]));
    assert_eq!(status["unusualKeys"], json!([]));
    let metrics = Ask::new("GET", "/metrics").send(operator, None, None).await.unwrap();
    let text = String::from_utf8(metrics.body).unwrap();
    let series = "gdhcn_participant_last_download_timestamp_seconds";
    let line = format!("{series}{{participant=\"XA\"}} {}", at.as_second());
    assert!(text.contains(&line) && !text.contains(&format!("{series}{{participant=\"XB\"}}")));
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

//! Running each job on its interval, in one process at a time.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use gdhcn_store::StoreError;
use gdhcn_store::job::RunEnd;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout};
use tracing::{debug, error, info, warn};
use uuid::Uuid;

use super::schedule::{Jitter, is_due, retry_after};
use super::{Asked, Job, JobOutcome, JobReport, Run};
use crate::clock::Clock;
use crate::config::JobsConfig;
use crate::gateway::{Gateway, StartError};
use crate::listen::stopped;

/// How long a job may take to end once it must. Then it is cut off.
const GRACE: Duration = Duration::from_secs(8);

type Work = dyn Fn(Run) -> Pin<Box<dyn Future<Output = JobOutcome> + Send>> + Send + Sync;

/// Why a job is not run now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunJobError {
    /// The configuration does not ask for it.
    #[error("the configuration does not ask for the job {}", .0.as_str())]
    NotConfigured(Job),
    /// Another process runs it, or one that was killed has held it a moment ago.
    #[error("the job {} runs in another process; its state tells which one and until when", .0.as_str())]
    Running(Job),
    /// The gateway's content cannot be had.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database cannot be asked for the lease.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A job with its interval and what it does.
#[derive(Clone)]
pub(crate) struct ScheduledJob {
    job: Job,
    interval: Duration,
    work: Arc<Work>,
}

impl ScheduledJob {
    /// `work` runs again `interval` after its last end, after a failure sooner.
    pub(crate) fn new<Ending>(
        job: Job,
        interval: Duration,
        work: impl Fn(Run) -> Ending + Send + Sync + 'static,
    ) -> Self
    where
        Ending: Future<Output: Into<JobOutcome>> + Send + 'static,
    {
        let work = move |run| -> Pin<Box<dyn Future<Output = JobOutcome> + Send>> {
            let ending = work(run);
            Box::pin(async move { ending.await.into() })
        };
        Self { job, interval, work: Arc::new(work) }
    }
}

impl fmt::Debug for ScheduledJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScheduledJob").field(&self.job).field(&self.interval).finish()
    }
}

/// The jobs of a gateway, and how this process takes leases for them.
#[derive(Debug)]
pub(crate) struct Scheduler {
    jobs: Vec<ScheduledJob>,
    /// Names the process to people.
    process: String,
    lease: Duration,
}

impl Scheduler {
    pub(crate) fn new(jobs: Vec<ScheduledJob>, config: &JobsConfig) -> Self {
        let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let machine = machine.trim();
        let process = std::process::id();
        Self { jobs, process: format!("{machine}/{process}"), lease: config.lease() }
    }

    /// Runs jobs until told to stop. Each has a task of its own: none waits for another.
    pub(crate) fn start(
        &self,
        gateway: &Arc<Gateway>,
        stop: &watch::Receiver<bool>,
        tasks: &mut JoinSet<()>,
    ) {
        for job in &self.jobs {
            tasks.spawn(keep(Arc::clone(gateway), job.clone(), stop.clone()));
        }
    }

    /// Runs a job now, due or not; see [`Asked`].
    pub(crate) async fn run_now(
        &self,
        gateway: &Arc<Gateway>,
        wanted: Job,
        asked: Asked,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<JobReport, RunJobError> {
        let job = self.jobs.iter().find(|job| job.job == wanted);
        let job = job.ok_or(RunJobError::NotConfigured(wanted))?;
        let report = self.run(gateway, job, Duration::ZERO, asked, stop).await?;
        report.ok_or(RunJobError::Running(wanted))
    }

    /// Runs a job, if no other process does and at least `due_after` has passed since a run last
    /// ended.
    async fn run(
        &self,
        gateway: &Arc<Gateway>,
        job: &ScheduledJob,
        due_after: Duration,
        asked: Asked,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<JobReport>, StoreError> {
        let (store, name) = (gateway.store(), job.job.as_str());
        let since = Instant::now();
        let lease = store.take_lease(name, &self.process, self.lease, due_after).await?;
        let Some(lease) = lease else { return Ok(None) };
        let started_at = gateway.clock.now();
        let run = Run::new(Arc::clone(gateway), lease.clone(), since + self.lease, asked);
        let mut work = tokio::spawn((job.work)(run.clone()));
        let outcome = tokio::select! {
            ended = &mut work => outcome(ended),
            () = run.keep(self.lease) => cut_off(&run, work).await,
            () = stopped(stop) => cut_off(&run, work).await,
        };
        let last = gateway.observed.borrow().jobs.iter().find(|state| state.name == name).cloned();
        let (ended_at, details) = (gateway.clock.now(), run.said());
        let report = JobReport { job: job.job, started_at, ended_at, outcome, details };
        let message = report.outcome.message();
        let is_news = last.and_then(|state| state.message).as_deref() != Some(message);
        match &report.outcome {
            // A log that says the same every few minutes is read by nobody.
            JobOutcome::Done { .. } | JobOutcome::Marked { .. } if !is_news => {
                debug!(job = name, message, "a job is done, with nothing new");
            }
            JobOutcome::Done { .. } => info!(job = name, message, "a job is done"),
            JobOutcome::Marked { .. } => warn!(job = name, message, "a job needs a look"),
            JobOutcome::Failed { .. } => error!(job = name, message, "a job failed"),
            JobOutcome::Interrupted => warn!(job = name, "a job was interrupted"),
        }
        if report.outcome != JobOutcome::Interrupted {
            gateway.metrics.job_ended(job.job, report.outcome.is_success());
        }
        if let Err(error) = store.release_lease(lease, &run_end(&report.outcome)).await {
            // The lease ends by itself.
            warn!(job = name, %error, "the end of a job is not recorded");
        }
        Ok(Some(report))
    }
}

/// Runs one job whenever it is due, until told to stop.
async fn keep(gateway: Arc<Gateway>, job: ScheduledJob, mut stop: watch::Receiver<bool>) {
    let [a, b, ..] = *Uuid::new_v4().as_bytes();
    let jitter = Jitter::of(u16::from_be_bytes([a, b]));
    let mut seen = gateway.observed.subscribe();
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            changed = seen.changed() => if changed.is_err() { return },
        }
        let observed = Arc::clone(&seen.borrow_and_update());
        let state = observed.jobs.iter().find(|state| state.name == job.job.as_str());
        let wait = retry_after(job.interval, state.map_or(0, |state| state.failures), jitter);
        // Leases go by the database's clock, which has the last word.
        if !is_due(state, wait, Clock::System.now()) {
            continue;
        }
        if let Err(error) = gateway.jobs.run(&gateway, &job, wait, Asked::ByItself, &mut stop).await
        {
            warn!(job = job.job.as_str(), %error, "a job cannot be begun");
        }
    }
}

/// Tells the job to end and waits for it a while.
async fn cut_off(run: &Run, mut work: tokio::task::JoinHandle<JobOutcome>) -> JobOutcome {
    run.end();
    let ended = match timeout(GRACE, &mut work).await {
        Ok(ended) => ended,
        Err(_) => {
            work.abort();
            work.await
        }
    };
    match outcome(ended) {
        // It failed because it had to end.
        JobOutcome::Failed { .. } => JobOutcome::Interrupted,
        ended => ended,
    }
}

fn outcome(ended: Result<JobOutcome, JoinError>) -> JobOutcome {
    match ended {
        Ok(outcome) => outcome,
        Err(error) if error.is_cancelled() => JobOutcome::Interrupted,
        Err(_) => JobOutcome::Failed {
            message: "a defect of the program; its log names the place".into(),
        },
    }
}

fn run_end(outcome: &JobOutcome) -> RunEnd {
    match outcome {
        JobOutcome::Done { message } => RunEnd::Succeeded(message.clone()),
        JobOutcome::Marked { message } => RunEnd::Marked(message.clone()),
        JobOutcome::Failed { message } => RunEnd::Failed(message.clone()),
        JobOutcome::Interrupted => RunEnd::Interrupted,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::atomic::{AtomicU32, Ordering};

    use gdhcn_codes::Participant;
    use gdhcn_crypto::{Curve, KeyKind, Signer as _, SoftwareKey};
    use gdhcn_store::job::JobState;
    use gdhcn_testkit::{TestDatabase, on_both_databases};
    use gdhcn_trust::ceremony::Request;
    use gdhcn_trust::profile::Role;

    use super::*;
    use crate::config::GatewayConfig;

    const HOUR: Duration = Duration::from_secs(3600);

    /// A gateway that runs jobs and does not serve, as a process of its own would.
    struct Process {
        gateway: Arc<Gateway>,
        stop: watch::Sender<bool>,
        tasks: JoinSet<()>,
        _files: tempfile::TempDir,
    }

    impl Process {
        async fn start(database: &TestDatabase, jobs: Vec<ScheduledJob>) -> Self {
            let files = tempfile::tempdir().unwrap();
            let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
            let at = "2026-06-01T12:00:00Z".parse().unwrap();
            let owner = Participant::from_alpha2("XX");
            let anchor =
                Request::new(Role::TrustAnchor, owner, "Test", key.public_key(), [7; 16], at)
                    .self_signed(&key)
                    .unwrap();
            let file = files.path().join("ta.der");
            std::fs::write(&file, anchor.der()).unwrap();
            let mut config = GatewayConfig::new(database.location(), vec![file]);
            config.proxy_headers.enabled = true;
            config.proxy_headers.allowed_addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
            config.jobs.lease_seconds = 9;
            let (gateway, _) = Gateway::open(&config, Clock::System).await.unwrap();
            let (stop, stopping) = watch::channel(false);
            let mut tasks = JoinSet::new();
            Scheduler::new(jobs, &config.jobs).start(&gateway, &stopping, &mut tasks);
            let observer = Arc::clone(&gateway);
            tasks.spawn(async move { observer.observe(stopping).await });
            Self { gateway, stop, tasks, _files: files }
        }

        /// Waits until it has looked so many times for what is due.
        async fn looks(&self, times: u32) {
            let mut looks = self.gateway.observed.subscribe();
            for _ in 0..times {
                looks.changed().await.unwrap();
            }
        }

        /// Waits until the database tells of a job what is wanted.
        async fn sees(&self, job: Job, wanted: impl Fn(&JobState) -> bool) -> JobState {
            let mut looks = self.gateway.observed.subscribe();
            let state = |overview: &Arc<gdhcn_store::Overview>| {
                overview.jobs.iter().find(|state| state.name == job.as_str()).cloned()
            };
            let seen = looks.wait_for(|overview| state(overview).is_some_and(|job| wanted(&job)));
            let seen = timeout(Duration::from_secs(30), seen).await.expect("in time").unwrap();
            state(&seen).unwrap()
        }

        async fn shut_down(mut self) {
            self.stop.send_replace(true);
            while let Some(ended) = self.tasks.join_next().await {
                ended.unwrap();
            }
            self.gateway.store().close().await;
        }
    }

    /// A job that counts its runs.
    fn counting(job: Job, runs: &Arc<AtomicU32>) -> ScheduledJob {
        let runs = Arc::clone(runs);
        ScheduledJob::new(job, HOUR, move |_| {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            async move { JobOutcome::Done { message: format!("run {run}") } }
        })
    }

    on_both_databases! {
    async fn of_two_processes_one_runs_a_job(database: &TestDatabase) {
        let runs = Arc::new(AtomicU32::new(0));
        let job = || vec![counting(Job::Publication, &runs)];
        let (one, other) = (Process::start(database, job()).await, Process::start(database, job()).await);
        let state = one.sees(Job::Publication, |job| job.last_succeeded_at.is_some()).await;
        assert_eq!((state.message.as_deref(), state.holder), (Some("run 0"), None));
        tokio::join!(one.looks(2), other.looks(2));
        assert_eq!(runs.load(Ordering::SeqCst), 1, "it is not due again");
        tokio::join!(one.shut_down(), other.shut_down());
    }
    }

    #[tokio::test]
    async fn a_job_that_fails_or_has_a_defect_stops_no_other() {
        let database = TestDatabase::sqlite();
        let runs = Arc::new(AtomicU32::new(0));
        let jobs = vec![
            ScheduledJob::new(Job::Federation, HOUR, |run| async move {
                assert!(!run.goes_on(), "a secret");
                JobOutcome::Interrupted
            }),
            ScheduledJob::new(Job::ExpiryWarning, HOUR, |_| async {
                JobOutcome::Failed { message: "the disk is full".into() }
            }),
            // It never ends, and waits for nothing.
            ScheduledJob::new(Job::TombstoneCleanUp, HOUR, |run| async move {
                run.over().await;
                JobOutcome::Failed { message: "too early".into() }
            }),
            counting(Job::Publication, &runs),
        ];
        let process = Process::start(&database, jobs).await;
        process.sees(Job::Publication, |job| job.last_succeeded_at.is_some()).await;
        let state = process.sees(Job::Federation, |job| job.failures == 1).await;
        let message = state.message.unwrap();
        assert!(message.contains("defect") && !message.contains("secret"), "{message}");
        let state = process.sees(Job::ExpiryWarning, |job| job.failures == 1).await;
        assert_eq!(state.message.as_deref(), Some("the disk is full"));
        process.sees(Job::TombstoneCleanUp, |job| job.holder.is_some()).await;
        let text = process.gateway.metrics.render(|_| {});
        assert!(text.contains("gdhcn_job_runs_total{task=\"federation\",outcome=\"failure\"} 1"));

        // The end of the process is no end of the job.
        let gateway = Arc::clone(&process.gateway);
        let reader = gdhcn_store::Store::open(database.location()).await.unwrap();
        process.shut_down().await;
        drop(gateway);
        let jobs = reader.overview().await.unwrap().jobs;
        let job = jobs.iter().find(|job| job.name == "tombstone-clean-up").unwrap();
        assert_eq!((job.holder.as_ref(), job.failures, job.last_ended_at()), (None, 0, None));
    }

    #[tokio::test]
    async fn a_run_that_lost_its_lease_is_told_and_changes_nothing_more() {
        let database = TestDatabase::sqlite();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let job = ScheduledJob::new(Job::TombstoneCleanUp, HOUR, move |run: Run| {
            let tell = tell.clone();
            async move {
                tell.send(run.goes_on()).unwrap();
                run.over().await;
                tell.send(run.goes_on()).unwrap();
                run.store().forget_tombstones(run.lease(), run.now()).await.map(|_| String::new())
            }
        });
        let process = Process::start(&database, vec![job]).await;
        assert_eq!(told.recv().await, Some(true));
        let first = process.sees(Job::TombstoneCleanUp, |job| job.holder.is_some()).await;
        // Renewed, and so held for longer than a lease lasts.
        process.sees(Job::TombstoneCleanUp, |job| job.lease_until > first.lease_until).await;
        assert!(told.try_recv().is_err());
        database.by_hand("UPDATE job SET holder = 'another process', lease_until = 99999999999999");
        assert_eq!(told.recv().await, Some(false));
        process.looks(2).await;
        let state = process.sees(Job::TombstoneCleanUp, |_| true).await;
        assert_eq!(state.holder.as_deref(), Some("another process"));
        assert_eq!((state.last_ended_at(), state.message, state.failures), (None, None, 0));
        process.shut_down().await;
    }
}

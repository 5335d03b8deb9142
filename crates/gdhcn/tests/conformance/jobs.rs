//! What a gateway does by itself, killed at any moment, again and again: each change is whole or
//! absent, the next run ends well, and the log and the database agree afterwards.

use std::collections::BTreeSet;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::federation::{ID, add, clients};
use crate::kill::{Running, next};
use crate::peer::Peer;
use crate::pki::{DETACHED, Material, encode, sha256, unique};
use crate::world::{Database, Own, Profile, World};

const ROUNDS: usize = 9;
/// Signers in each of the two states of the peer.
const SIGNERS: usize = 16;
/// The one that participants ask; it runs no jobs.
const QUIET: &str = "gate/quiet.toml";
const LOUD: &str = "gate/gateway.toml";

/// What is killed: a gateway that begins with all jobs due, or a job by hand.
const RUNS: [&[&str]; 6] = [
    &["gateway", "serve", "--config", LOUD],
    &["gateway", "federation", "pull", "--config", LOUD, ID],
    &["gateway", "job", "run", "--config", LOUD, "federation"],
    &["gateway", "serve", "--config", LOUD],
    &["gateway", "job", "run", "--config", LOUD, "revocation-clean-up"],
    &["gateway", "job", "run", "--config", LOUD, "tombstone-clean-up"],
];

/// The thumbprints of what the peer lists in a state.
type Listed = BTreeSet<String>;

struct Jobs {
    world: World,
    peer: Peer,
    /// What the peer lists in its two states, and the thumbprints of it.
    states: [(Vec<Value>, Listed); 2],
}

impl Jobs {
    fn new(database: Database) -> Option<Self> {
        let client = Material::own().path("XXA/TLS");
        let peer = Peer::start(&client.with_extension("pem"));
        let changes = [
            ("#clients = {}", &*clients(&client)),
            ("#lease_seconds = 30", "lease_seconds = 3"),
            ("#federation_seconds = 60", "federation_seconds = 1"),
            ("#deleted_batch_days = 14", "deleted_batch_days = 0"),
            ("#tombstone_days = 14", "tombstone_days = 0"),
        ];
        let world = World::prepared(Profile::Eu, database, &changes)?;
        add(&world, &peer, "1");
        let own = world.own.as_ref()?;
        let (jobs, quiet) = ("# Whether this process runs jobs.\n", "enabled = false\n");
        let config = own.text(LOUD);
        assert!(config.contains(jobs));
        std::fs::write(own.path(QUIET), config.replace(jobs, quiet)).unwrap();
        onboard_ending(&world, own);
        let onboarded = peer.list_onboarded();
        let states = [(); 2].map(|()| {
            let signers: Vec<_> = (0..SIGNERS).map(|_| peer.dsc()).collect();
            let entries = signers.iter().map(|one| peer.entry("DSC", one, "UP", &[DETACHED]));
            let all = signers.iter().chain(&onboarded).map(|one| one.thumbprint());
            (entries.collect(), all.collect())
        });
        Some(Self { world, peer, states })
    }

    fn own(&self) -> &Own {
        self.world.own.as_ref().unwrap()
    }

    fn number(&self, sql: &str) -> u32 {
        self.own().by_hand(sql).parse().unwrap()
    }

    /// What is here of the peer.
    fn pulled(&self) -> Listed {
        let sql = format!(
            "SELECT thumbprint FROM signer_information WHERE source_gateway_id = '{ID}'
             UNION ALL SELECT thumbprint FROM trusted_party WHERE source_gateway_id = '{ID}'"
        );
        self.own().by_hand(&sql).lines().map(str::to_owned).collect()
    }

    /// Two batches that end in a moment, and a signer that comes and goes.
    fn bring_work(&self) {
        let ends = Timestamp::now().checked_add(SignedDuration::from_millis(1400)).unwrap();
        for _ in 0..2 {
            let hash = encode(&sha256(&unique().to_be_bytes())[..16]);
            let batch = json!({
                "country": "XA", "expires": ends.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "kid": "UNKNOWN_KID", "hashType": "SIGNATURE", "entries": [{"hash": hash}],
            });
            let message = self.world.material.message(batch.to_string().as_bytes(), "XXA/UP", &[]);
            let ask = self.world.ask("XXA/TLS", "POST", "/revocation-list").cms_text(message);
            ask.send().done(201);
        }
        let signer = self.world.dsc("XXA");
        self.world.store(&signer);
        self.world.remove(&signer);
        // The second in which they end is over.
        while Timestamp::now().as_second() <= ends.as_second() {
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Makes every job due at once, as if the leases of those that were killed had ended.
    fn make_due(&self) {
        let own = self.own();
        own.by_hand(
            "UPDATE job SET lease_until = 0, last_started_at = NULL, last_succeeded_at = NULL,
                last_failed_at = NULL",
        );
        own.by_hand("UPDATE federation_gateway SET last_download = NULL, retry_count = 0");
        own.by_hand("DELETE FROM expiry_warning");
    }

    /// How much there is for the jobs to do: batches, withdrawn signers.
    fn work(&self) -> [u32; 2] {
        [
            "SELECT COUNT(*) FROM revocation_batch WHERE NOT deleted",
            "SELECT COUNT(*) FROM signer_tombstone",
        ]
        .map(|sql| self.number(sql))
    }
}

/// Certificates that end soon, for the warnings.
fn onboard_ending(world: &World, own: &Own) {
    let at =
        |days: i64| Timestamp::now().checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    let names = [3, 5, 9].map(|days| {
        let name = format!("SOON{}", unique());
        let subject = format!("/C=XA/O=Test/CN={name}");
        world.material.dated(&format!("XXA/{name}"), &subject, at(-1), at(days));
        name
    });
    let uses = names.each_ref().map(|name| ("TLS", &**name));
    own.onboard_with(&world.material, "XXA", &uses, &[]);
}

/// A run of the program that is ended with the test.
fn begin(own: &Own, name: &str, arguments: &[&str]) -> Running {
    Running(own.begin(name, arguments))
}

/// Whether it ends by itself before a time has passed; it is killed then.
fn ends_within(child: &mut Child, time: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < time {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

fn until(what: &str, mut look: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !look() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: not in time");
        thread::sleep(Duration::from_millis(20));
    }
}

fn kill_and_look(database: Database, seed: u64) {
    if std::env::var_os("GDHCN_CONFORMANCE").is_some() {
        return;
    }
    let Some(mut jobs) = Jobs::new(database) else { return };
    let mut random = seed;
    println!("the moments of killing come from the seed {seed}");
    let quiet = begin(jobs.own(), "quiet", &["gateway", "serve", "--config", QUIET]);
    jobs.world.url = jobs.own().word_of("quiet", "gateway up at ");
    jobs.peer.list("DSC", &jobs.states[0].0);
    let all_warnings = first_run(&jobs);
    assert_eq!(jobs.pulled(), jobs.states[0].1);

    // How many runs came to their end, were cut off with their change, and without.
    let (mut ended, mut changed, mut unchanged) = (0, 0, 0);
    let mut told = 0;
    for round in 0..ROUNDS {
        let run = RUNS[round % RUNS.len()];
        if !run.contains(&"federation") {
            jobs.bring_work();
        }
        let now = usize::from(jobs.pulled() == jobs.states[1].1);
        jobs.peer.list("DSC", &jobs.states[1 - now].0);
        jobs.make_due();
        let before = jobs.work();
        let mut running = begin(jobs.own(), "loud", run);
        // A gateway looks after its jobs every two seconds.
        let mut most = 300;
        if run.contains(&"serve") {
            let begun = "SELECT COUNT(*) FROM job WHERE last_started_at IS NOT NULL";
            until("a job", || jobs.number(begun) > 0);
            most = 150;
        }
        let time = Duration::from_millis(next(&mut random) % most);
        ended += u32::from(ends_within(&mut running.0, time));
        for (is, was) in jobs.work().into_iter().zip(before) {
            assert!(is == 0 || is == was, "{run:?}: {is} of {was} are left");
        }
        let pulled = jobs.pulled();
        let state = jobs.states.iter().position(|(_, listed)| *listed == pulled);
        let state = state.unwrap_or_else(|| panic!("{run:?}: neither state: {pulled:?}"));
        let warnings = jobs.number("SELECT COUNT(*) FROM expiry_warning");
        assert!(warnings == 0 || warnings == all_warnings, "{run:?}: {warnings} warnings");
        // What is kept as told was told before.
        let lines = jobs
            .own()
            .said("loud")
            .lines()
            .filter(|line| {
                line.contains("certificate has ended") || line.contains("certificate ends")
            })
            .count();
        assert!(warnings == 0 || lines >= all_warnings as usize, "{run:?}: {lines} lines");
        told += u32::from(warnings > 0);
        let did_work = jobs.work() != before || state != now;
        changed += u32::from(did_work);
        unchanged += u32::from(!did_work);
    }
    println!(
        "{ROUNDS} rounds: {ended} ended, {changed} changed something, {unchanged} nothing; warnings were kept {told} times"
    );
    assert!(changed > 0, "no run did anything");
    is_taken_over(&jobs);
    drop(quiet);
    let (child, url) = jobs.own().serve();
    let _running = Running(child);
    jobs.world.url = url;
    jobs.world.audit();
}

/// Lets every job run once; gives how many warnings there are.
fn first_run(jobs: &Jobs) -> u32 {
    let mut running = begin(jobs.own(), "loud", RUNS[0]);
    let told = || jobs.number("SELECT COUNT(*) FROM expiry_warning");
    until("the first run", || told() > 0 && !jobs.pulled().is_empty());
    running.kill();
    let warnings = told();
    assert!(warnings >= 3, "{warnings}");
    warnings
}

/// A process that is killed while it pulls holds the others up as long as its lease, and no longer.
fn is_taken_over(jobs: &Jobs) {
    let now = usize::from(jobs.pulled() == jobs.states[1].1);
    let (entries, expected) = &jobs.states[1 - now];
    jobs.peer.list("DSC", entries);
    jobs.make_due();
    jobs.peer.hold(true);
    let mut first = begin(jobs.own(), "loud", RUNS[0]);
    let holds = "SELECT COUNT(*) FROM job WHERE name = 'federation' AND holder IS NOT NULL
                   AND lease_until > 0";
    until("the lease", || jobs.number(holds) == 1);
    let other = ["gateway", "job", "run", "--config", LOUD, "federation"];
    let (code, said, _) = jobs.own().try_to_run(&other);
    assert!(code == Some(1) && said.contains("runs in another process"), "{said}");
    first.kill();
    jobs.peer.hold(false);
    let lease = "SELECT lease_until FROM job WHERE name = 'federation'";
    let held_until = jobs.number_of_milliseconds(lease);
    assert_eq!(jobs.pulled(), jobs.states[now].1, "nothing of it was taken over");
    let _second = begin(jobs.own(), "loud", RUNS[0]);
    until("the pull of the other process", || jobs.pulled() == *expected);
    let started = "SELECT last_started_at FROM job WHERE name = 'federation'";
    assert!(jobs.number_of_milliseconds(started) >= held_until, "before the lease had ended");
    // And every job ends well.
    let well = "SELECT COUNT(*) FROM job WHERE last_succeeded_at IS NOT NULL AND failures = 0";
    until("the end of all jobs", || jobs.number(well) == 4 && jobs.work() == [0, 0]);
}

impl Jobs {
    fn number_of_milliseconds(&self, sql: &str) -> i64 {
        self.own().by_hand(sql).parse().unwrap()
    }
}

#[test]
fn killed_jobs_leave_all_or_nothing_on_sqlite() {
    kill_and_look(Database::Sqlite, 2_028);
}

#[test]
fn killed_jobs_leave_all_or_nothing_on_postgresql() {
    kill_and_look(Database::Postgresql, 2_029);
}

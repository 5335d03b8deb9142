//! A gateway that is killed at any point, again and again: each change is whole or absent, what was
//! answered is there, and the log and the database agree afterwards.

use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::pki::Certificate;
use crate::world::{Database, Profile, World};

/// So long each database is tried; at least [`ROUNDS`] times.
const TIME: Duration = Duration::from_secs(12);
const ROUNDS: u32 = 6;
/// Clients that change things at the same time.
const CLIENTS: usize = 3;

/// A thing that a client brings and takes away, and the messages that do so.
struct Thing {
    what: What,
    bring: String,
    take: String,
    /// Whether it must be there; none after a request without an answer.
    there: Option<bool>,
}

enum What {
    Signer(Certificate),
    /// A rule by its identifier.
    Rule(String),
}

impl Thing {
    fn signer(world: &World) -> Self {
        let certificate = world.dsc("XXA");
        let message = world.material.message(&certificate.der, "XXA/UP", &[]);
        let what = What::Signer(certificate);
        Self { what, bring: message.clone(), take: message, there: Some(false) }
    }

    fn rule(world: &World) -> Self {
        let id = format!("GR-XA-{:04}", crate::pki::unique() % 10_000);
        let sign = |text: &str| world.material.message(text.as_bytes(), "XXA/UP", &[]);
        let (bring, take) = (sign(&crate::rules::rule(&id).to_string()), sign(&id));
        Self { what: What::Rule(id), bring, take, there: Some(false) }
    }

    /// Brings it, or takes it away, and remembers what the answer says.
    fn change(&mut self, world: &World) {
        let takes = self.there == Some(true);
        let (method, message) = if takes { ("DELETE", &self.take) } else { ("POST", &self.bring) };
        let path = match &self.what {
            What::Signer(_) => "/signerCertificate",
            What::Rule(_) => "/rules",
        };
        let ask = world.ask("XXA/TLS", method, path).cms(message.clone());
        self.there = None;
        let Ok(answer) = ask.try_send() else { return };
        let expected = if takes { 204 } else { 201 };
        assert_eq!(answer.status, expected, "{method} {path}: {}", answer.text());
        self.there = Some(!takes);
    }

    fn is_in(&self, signers: &[Value], rules: &Value) -> bool {
        match &self.what {
            What::Signer(certificate) => {
                let raw = certificate.base64();
                signers.iter().any(|item| item["rawData"] == raw)
            }
            What::Rule(id) => rules.get(id).is_some(),
        }
    }

    /// After a restart: what was answered holds, and of the rest either outcome.
    fn look(&mut self, signers: &[Value], rules: &Value) -> bool {
        let is = self.is_in(signers, rules);
        let name = match &self.what {
            What::Signer(certificate) => certificate.thumbprint(),
            What::Rule(id) => id.clone(),
        };
        if let Some(there) = self.there {
            assert_eq!(is, there, "{name} is not as it was answered");
        }
        self.there.replace(is).is_none()
    }
}

/// A gateway's process, ended with the test however that ends.
struct Running(Child);

impl Running {
    /// Ends it without a word, as a power cut does.
    fn kill(&mut self) {
        // It fails only when the process has ended already.
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The next of a row of numbers that depends on the seed alone (splitmix64).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn kill_and_look(database: Database, seed: u64) {
    if std::env::var_os("GDHCN_CONFORMANCE").is_some() {
        return;
    }
    let Some(mut world) = World::prepared(Profile::Who, database, &[]) else { return };
    let mut random = seed;
    println!("the moments of killing come from the seed {seed}");
    let mut things: Vec<_> = (0..8 * CLIENTS).map(|_| Thing::signer(&world)).collect();
    // One of each client's things is a rule.
    for at in 0..CLIENTS {
        things[at * 8] = Thing::rule(&world);
    }
    let until = Instant::now() + TIME;
    let (mut rounds, mut unanswered, mut answered) = (0, 0, 0);
    while rounds < ROUNDS || Instant::now() < until {
        let own = world.own.as_ref().unwrap();
        let (child, url) = own.serve();
        let mut running = Running(child);
        world.url = url;
        let stop = AtomicBool::new(false);
        let shared = &world;
        let changes: usize = thread::scope(|scope| {
            let clients: Vec<_> = things
                .chunks_mut(8)
                .map(|mine| {
                    let stop = &stop;
                    scope.spawn(move || {
                        let mut changes = 0;
                        for at in (0..mine.len()).cycle() {
                            if stop.load(Ordering::Relaxed) {
                                return changes;
                            }
                            mine[at].change(shared);
                            if mine[at].there.is_none() {
                                // The gateway has gone.
                                return changes;
                            }
                            changes += 1;
                        }
                        changes
                    })
                })
                .collect();
            thread::sleep(Duration::from_millis(100 + next(&mut random) % 500));
            running.kill();
            stop.store(true, Ordering::Relaxed);
            clients.into_iter().map(|client| client.join().unwrap()).sum()
        });
        answered += changes;
        let (child, url) = own.serve();
        let running = Running(child);
        world.url = url;
        let signers = world.get("/trustList/DSC").items();
        let rules = world.get("/rules/XA").is(200).json();
        for thing in &mut things {
            unanswered += usize::from(thing.look(&signers, &rules));
        }
        assert_eq!(
            signers.len(),
            things
                .iter()
                .filter(|thing| thing.there == Some(true) && matches!(thing.what, What::Signer(_)))
                .count(),
            "nothing else is there"
        );
        world.audit();
        drop(running);
        rounds += 1;
    }
    println!("{rounds} rounds, {answered} changes answered, {unanswered} cut off");
    assert!(answered > 0 && unanswered > 0, "nothing was cut off: {answered} {unanswered}");
}

#[test]
fn a_killed_gateway_keeps_each_change_whole_or_not_at_all_on_sqlite() {
    kill_and_look(Database::Sqlite, 2_026);
}

#[test]
fn a_killed_gateway_keeps_each_change_whole_or_not_at_all_on_postgresql() {
    kill_and_look(Database::Postgresql, 2_027);
}

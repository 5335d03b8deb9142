//! A gateway that is killed at any point, again and again, and the operator's program with it: each
//! change is whole or absent, what was answered is there, and the log and the database agree
//! afterwards.

use std::collections::BTreeMap;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::thing::{Served, Thing};
use crate::world::{Database, Profile, World};

/// So long each database is tried; at least [`ROUNDS`] times.
const TIME: Duration = Duration::from_secs(14);
const ROUNDS: u32 = 6;
/// Clients that change things at the same time, beside the operator.
const CLIENTS: usize = 3;

/// A process of the program, ended with the test however that ends.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Ends it without a word, as a power cut does.
    pub(crate) fn kill(&mut self) {
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
pub(crate) fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Changes one thing after the other until the gateway has gone.
fn keep_changing(mine: &mut [Thing], world: &World, stop: &AtomicBool) {
    let count = mine.len();
    // Not with the same one in each round.
    let first = mine.iter().map(|thing| thing.changes).sum::<usize>() % count;
    for at in (0..count).cycle().skip(first) {
        if stop.load(Ordering::Relaxed) || !mine[at].change(world, stop) {
            return;
        }
    }
}

fn kill_and_look(database: Database, seed: u64) {
    if std::env::var_os("GDHCN_CONFORMANCE").is_some() {
        return;
    }
    let Some(mut world) = World::prepared(Profile::Who, database, &[]) else { return };
    let mut random = seed;
    println!("the moments of killing come from the seed {seed}");
    let mut things: Vec<_> = (0..CLIENTS).map(|_| Thing::of_each_kind(&world)).collect();
    things.push(vec![Thing::of_operator()]);
    let until = Instant::now() + TIME;
    let (mut rounds, mut unanswered) = (0, BTreeMap::<_, usize>::new());
    while rounds < ROUNDS || Instant::now() < until {
        let own = world.own.as_ref().unwrap();
        let (child, url) = own.serve();
        let mut running = Running(child);
        world.url = url;
        let stop = AtomicBool::new(false);
        let (shared, stop) = (&world, &stop);
        let killed = thread::scope(|scope| {
            for mine in &mut things {
                scope.spawn(move || keep_changing(mine, shared, stop));
            }
            thread::sleep(Duration::from_millis(100 + next(&mut random) % 500));
            running.kill();
            stop.store(true, Ordering::Relaxed);
            Instant::now()
        });
        let (child, url) = own.serve();
        let running = Running(child);
        world.url = url;
        world.audit();
        // Batches are listed when the second of their change is over (13.4).
        thread::sleep(Duration::from_millis(1100).saturating_sub(killed.elapsed()));
        let served = Served::by(&world);
        for thing in things.iter_mut().flatten() {
            *unanswered.entry(thing.kind()).or_default() += usize::from(thing.look(&served));
        }
        let there = things.iter().flatten().filter(|thing| thing.there == Some(true));
        assert_eq!(served.count(), there.count(), "nothing else is there");
        drop(running);
        rounds += 1;
    }
    let mut answered = BTreeMap::<_, usize>::new();
    for thing in things.iter().flatten() {
        *answered.entry(thing.kind()).or_default() += thing.changes;
    }
    println!("{rounds} rounds, changes answered: {answered:?}, cut off: {unanswered:?}");
    assert!(answered.values().all(|count| *count > 1), "{answered:?}");
    assert!(unanswered.values().sum::<usize>() > 0, "nothing was cut off");
}

#[test]
fn a_killed_gateway_keeps_each_change_whole_or_not_at_all_on_sqlite() {
    kill_and_look(Database::Sqlite, 2_026);
}

#[test]
fn a_killed_gateway_keeps_each_change_whole_or_not_at_all_on_postgresql() {
    kill_and_look(Database::Postgresql, 2_027);
}

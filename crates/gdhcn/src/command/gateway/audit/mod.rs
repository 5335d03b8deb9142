//! `gdhcn gateway audit`: whether a gateway's log holds, and its list follows from it.

mod arguments;
mod files;
mod list;
mod memory;
mod report;

use std::time::Duration;

use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;
use gdhcn_log::{
    Checkpoint, CheckpointError, Difference, Follower, MAX_BUNDLE_LEN, MAX_NOTE_LEN, NoteError,
    NoteKey, Replay, State, Tile, TreeHash, compare,
};

pub(crate) use self::arguments::AuditArguments;
use self::files::LogSource;
use self::list::List;
use self::memory::Memory;
use self::report::Finding;
pub(crate) use self::report::Report;
use super::runtime;
use crate::exit::{Exit, Fault, OrInput};
use crate::output;
use crate::trust_source::trust_anchors;

/// More entries than a network of two hundred countries makes in decades.
const MAX_ENTRIES: u64 = 10_000_000;
/// Longer than any process of a gateway takes to see what another one has stored.
const NOTICE: Duration = Duration::from_secs(2);
const TILE_LEN: usize = Tile::FULL as usize * TreeHash::LEN;

pub(super) fn run(arguments: &AuditArguments) -> Result<Exit, Fault> {
    let report = audit(arguments)?;
    if arguments.json {
        output::json(&report)?;
    } else {
        report.write();
    }
    Ok(report.exit())
}

/// Checks the log, and the list where one is named.
pub(crate) fn audit(arguments: &AuditArguments) -> Result<Report, Fault> {
    let key = arguments.key()?;
    let access = arguments.access();
    let anchors = match &access.trust_anchor {
        Some(_) => Some(trust_anchors(&access)?),
        None => None,
    };
    let source = LogSource::new(&arguments.log, &access)?;
    let memory = match &arguments.state {
        Some(file) => Memory::load(file, &key)?,
        None => Memory::default(),
    };
    let mut report = Report::new(&key, memory.seen());
    let runtime = runtime()?;
    let follow = |memory, report: &mut _| {
        runtime.block_on(follow(&source, &key, memory, anchors.as_deref(), report))
    };
    let Some(mut memory) = follow(memory, &mut report)? else { return Ok(report) };
    let mut lists = list::served(arguments, &access)?;
    if !lists.is_empty() {
        let mut differences = compare_all(&memory.state, &lists);
        if !differences.is_empty() && arguments.gateway.is_some() {
            // Log and list are two downloads of a gateway that goes on working: what differs is what
            // differs still when it has had time to take notice of its own log.
            std::thread::sleep(NOTICE);
            match follow(memory, &mut report)? {
                Some(later) => memory = later,
                None => return Ok(report),
            }
            lists = list::served(arguments, &access)?;
            let still = compare_all(&memory.state, &lists);
            differences.retain(|one| still.contains(one));
        }
        report.compared(arguments, &lists, &differences);
    }
    if let (Some(file), true) = (&arguments.state, report.log_holds()) {
        memory.save(file, &key)?;
    }
    Ok(report)
}

fn compare_all(state: &State, lists: &[List]) -> Vec<Difference> {
    lists.iter().flat_map(|(list, scope)| compare(state, list, *scope)).collect()
}

/// Downloads what is new, and checks it. Gives what was reached, if the log itself holds.
async fn follow(
    source: &LogSource,
    key: &NoteKey,
    memory: Memory,
    anchors: Option<&[Certificate]>,
    report: &mut Report,
) -> Result<Option<Memory>, Fault> {
    let backend = Backend::default();
    let note = source.fetch("checkpoint", MAX_NOTE_LEN).await?;
    let checkpoint = match Checkpoint::open(&note, key, backend) {
        Ok(checkpoint) => checkpoint,
        // Most likely another page than a log's: a wrong address proves nothing of the log.
        Err(CheckpointError::Note(error @ NoteError::Malformed { .. })) => {
            return Err(error).or_input("the log's checkpoint");
        }
        Err(error) => {
            report.find(Finding::checkpoint(&error));
            return Ok(None);
        }
    };
    report.reached(&checkpoint);
    if checkpoint.size > MAX_ENTRIES {
        report.find(Finding::too_many(checkpoint.size));
        return Ok(None);
    }
    let mut follower = Follower::new(memory.frontier);
    let mut replay = Replay::new(memory.state, anchors, backend);
    let mut holds = true;
    while let Some((entries, hashes)) = follower.next(checkpoint.size) {
        let bundle = source.fetch_tile(&entries, MAX_BUNDLE_LEN).await?;
        let tile = source.fetch_tile(&hashes, TILE_LEN).await?;
        let new = match follower.take(&entries, &bundle, &tile) {
            Ok(new) => new,
            Err(error) => {
                report.find(Finding::log(&error));
                return Ok(None);
            }
        };
        for (number, entry) in new {
            if !holds {
                break;
            }
            if let Err(fault) = replay.apply(entry) {
                // What comes after it cannot be judged; that nothing is missing still can.
                report.find(Finding::entry(number, &fault));
                holds = false;
            }
        }
    }
    if let Err(error) = follower.arrive(&checkpoint) {
        report.find(Finding::log(&error));
        return Ok(None);
    }
    let state: State = replay.state().clone();
    report.replayed(&state, anchors.is_some());
    Ok(holds.then(|| Memory { frontier: follower.frontier().clone(), state, note }))
}

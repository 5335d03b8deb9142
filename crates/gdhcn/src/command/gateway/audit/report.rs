use std::collections::BTreeMap;

use gdhcn_log::{
    Checkpoint, CheckpointError, Difference, Fault, FollowError, NoteKey, Scope, State, Unproven,
};
use serde::Serialize;

use super::AuditArguments;
use super::list::List;
use crate::exit::Exit;
use crate::output::{BAD, FAINT, GOOD, OPEN, PLAIN, STRONG, println, tame_line};

/// Differences of a list that are told one by one.
const TOLD: usize = 1000;

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Holds,
    DoesNotHold,
    CannotTell,
}

/// What an audit found.
#[derive(Serialize)]
pub(crate) struct Report {
    outcome: Outcome,
    log: Log,
    findings: Vec<Finding>,
    /// What was not asked, so that the outcome stays open.
    open: Vec<&'static str>,
    /// How many entries stand on less than a signature, and on what.
    unproven: BTreeMap<Unproven, u64>,
    compared: Option<Compared>,
}

#[derive(Serialize)]
struct Log {
    key: String,
    origin: String,
    entries: Option<u64>,
    root: Option<String>,
    /// How many entries the audit before had seen.
    seen_before: u64,
}

#[derive(Serialize)]
struct Compared {
    with: String,
    certificates: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuers: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    references: Option<usize>,
    differences: usize,
}

/// One thing that does not hold.
#[derive(Serialize)]
pub(super) struct Finding {
    what: &'static str,
    entry: Option<u64>,
    text: String,
    /// Whether it is of the list, and not of the log.
    #[serde(skip)]
    of_list: bool,
}

impl Finding {
    pub(super) fn checkpoint(error: &CheckpointError) -> Self {
        let text = format!("the checkpoint: {error}");
        Self { what: "checkpoint", entry: None, text, of_list: false }
    }

    pub(super) fn too_many(size: u64) -> Self {
        let text =
            format!("the log says that it has {size} entries, which is out of all proportion");
        Self { what: "size", entry: None, text, of_list: false }
    }

    pub(super) fn log(error: &FollowError) -> Self {
        let (what, entry) = match error {
            FollowError::Entry { number } => ("entry_rewritten", Some(*number)),
            FollowError::Shrunk { .. } => ("rolled_back", None),
            FollowError::Root { .. } => ("other_tree", None),
            _ => ("malformed", None),
        };
        Self { what, entry, text: error.to_string(), of_list: false }
    }

    pub(super) fn entry(number: u64, fault: &Fault) -> Self {
        let text = format!("entry {number} does not hold: {fault}");
        Self { what: "entry_unfounded", entry: Some(number), text, of_list: false }
    }

    fn difference(difference: &Difference) -> Self {
        let (what, entry) = match difference {
            Difference::NotInLog { .. } => ("not_in_log", None),
            Difference::NotServed { entry, .. } => ("not_served", Some(*entry)),
            Difference::Otherwise { entry, .. } => ("served_otherwise", Some(*entry)),
            _ => ("served_twice", None),
        };
        Self { what, entry, text: difference.to_string(), of_list: true }
    }
}

impl Report {
    pub(super) fn new(key: &NoteKey, seen_before: u64) -> Self {
        Self {
            outcome: Outcome::CannotTell,
            log: Log {
                key: key.to_string(),
                origin: key.name().to_string(),
                entries: None,
                root: None,
                seen_before,
            },
            findings: Vec::new(),
            open: vec!["no list was given to compare with (--gateway or --list)"],
            unproven: BTreeMap::new(),
            compared: None,
        }
    }

    pub(super) fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
        self.outcome = Outcome::DoesNotHold;
    }

    pub(super) fn reached(&mut self, checkpoint: &Checkpoint) {
        self.log.entries = Some(checkpoint.size);
        self.log.root = Some(checkpoint.root.to_string());
    }

    pub(super) fn replayed(&mut self, state: &State, with_anchor: bool) {
        self.unproven = state.unproven().clone();
        const NO_ANCHOR: &str = "onboarding was compared with no trust anchor (--trust-anchor)";
        let is_open = !with_anchor || self.unproven.contains_key(&Unproven::AnchorNotGiven);
        if is_open && !self.open.contains(&NO_ANCHOR) {
            self.open.push(NO_ANCHOR);
        }
    }

    pub(super) fn compared(
        &mut self,
        arguments: &AuditArguments,
        lists: &[List],
        differences: &[Difference],
    ) {
        let file = arguments.list.as_ref().map(|file| file.display().to_string());
        let with = arguments.gateway.clone().or(file).unwrap_or_default();
        let of =
            |wanted| lists.iter().find(|(_, scope)| *scope == wanted).map(|(list, _)| list.len());
        self.compared = Some(Compared {
            with,
            certificates: lists.first().map_or(0, |(list, _)| list.len()),
            issuers: of(Scope::Issuers),
            references: of(Scope::References),
            differences: differences.len(),
        });
        self.open.remove(0);
        for difference in differences.iter().take(TOLD) {
            self.find(Finding::difference(difference));
        }
        if self.outcome == Outcome::CannotTell && self.open.is_empty() {
            self.outcome = Outcome::Holds;
        }
    }

    /// Whether nothing is wrong with the log itself, whatever the list is like.
    pub(super) fn log_holds(&self) -> bool {
        self.findings.iter().all(|finding| finding.of_list)
    }

    pub(crate) fn exit(&self) -> Exit {
        match self.outcome {
            Outcome::Holds => Exit::SUCCESS,
            Outcome::DoesNotHold => Exit::NEGATIVE,
            Outcome::CannotTell => Exit::CANNOT_TELL,
        }
    }

    /// Number of entries of the log, when it could be read.
    pub(crate) fn entries(&self) -> Option<u64> {
        self.log.entries
    }

    /// What does not hold, each in a line.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|finding| finding.text.as_str())
    }

    pub(super) fn write(&self) {
        let Log { origin, entries, root, seen_before, .. } = &self.log;
        if let (Some(entries), Some(root)) = (entries, root) {
            println!("{STRONG}{origin}{PLAIN}: {entries} entries, root {root}");
            match entries.checked_sub(*seen_before) {
                Some(new) if *seen_before > 0 => {
                    println!("  {seen_before} of them were seen before, {new} are new");
                }
                _ => {}
            }
        }
        for (on, count) in &self.unproven {
            println!("  {FAINT}{count} stand on {}{PLAIN}", words(*on));
        }
        if let Some(Compared { with, certificates, issuers, references, differences }) =
            &self.compared
        {
            let with = tame_line(with);
            let mut all = format!("{certificates} certificates");
            for (count, what) in [(issuers, "issuers"), (references, "references")] {
                if let Some(count) = count {
                    all = format!("{all}, {count} {what}");
                }
            }
            println!("  compared with {all} of {with}; differences: {differences}");
        }
        for finding in &self.findings {
            println!("{BAD}✗{PLAIN} {}", tame_line(&finding.text));
        }
        let missing = self.compared.as_ref().map_or(0, |compared| compared.differences);
        if missing > TOLD {
            println!("  and {} more differences", missing - TOLD);
        }
        match self.outcome {
            Outcome::Holds => {
                println!(
                    "{GOOD}HOLDS{PLAIN}: the list follows from the log, and nothing was changed"
                );
            }
            Outcome::DoesNotHold => println!("{BAD}DOES NOT HOLD{PLAIN}"),
            Outcome::CannotTell => {
                println!("{OPEN}CANNOT TELL{PLAIN}: {}", self.open.join("; "));
            }
        }
    }
}

fn words(on: Unproven) -> &'static str {
    match on {
        Unproven::Operator => "the word of an operator",
        Unproven::Job => "the word of the gateway's own jobs",
        Unproven::Peer => "the word of another gateway",
        Unproven::Imported => "a signature whose signer is not in the log (taken over)",
        Unproven::AnchorNotGiven => "a signature that was compared with no trust anchor",
        Unproven::PayloadElsewhere => "a signature over something that is not in the log",
    }
}

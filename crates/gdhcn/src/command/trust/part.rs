//! The parts of a store on their way into it: what is taken, what is refused, and the report.

use anyhow::anyhow;
use gdhcn_trust::{ProofStatus, Source, TrustStore};
use serde_json::{Value, json};

use crate::exit::{Exit, Fault};
use crate::output::{self, BAD, FAINT, GOOD, PLAIN, println, tame, tame_line};

/// A part and what came of it.
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) state: State,
    /// Entries of the part that give no key, each with its reason.
    pub(super) refused: Vec<(String, String)>,
}

/// What came of a part.
pub(super) enum State {
    /// It is in the store now, with so many keys.
    Taken { keys: usize },
    /// It had not changed.
    Unchanged,
    /// It is not in the store, or still as it was.
    Failed { reason: String },
}

impl Outcome {
    pub(super) fn failed(name: &str, fault: &Fault) -> Self {
        // Faults begin with what they are about, which the report says already.
        let reason = fault.to_string();
        let reason = reason.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
        let reason = reason.map_or_else(|| fault.to_string(), str::to_owned);
        let state = State::Failed { reason };
        Self { name: name.to_owned(), state, refused: Vec::new() }
    }

    /// All sources of `store`, taken.
    pub(super) fn taken(store: &TrustStore) -> Vec<Self> {
        let one = |(index, source): (usize, &Source)| {
            let refused = store.refused().iter().filter(|entry| entry.source == index);
            Self {
                name: source.name.clone(),
                state: State::Taken { keys: source.keys },
                refused: refused
                    .map(|entry| (entry.name.clone(), entry.reason.to_string()))
                    .collect(),
            }
        };
        store.sources().iter().enumerate().map(one).collect()
    }

    fn json(&self) -> Value {
        let (state, keys, reason) = match &self.state {
            State::Taken { keys } => ("taken", Some(*keys), None),
            State::Unchanged => ("unchanged", None, None),
            State::Failed { reason } => ("failed", None, Some(reason)),
        };
        let refused = self.refused.iter();
        let refused: Vec<Value> =
            refused.map(|(id, reason)| json!({ "id": id, "reason": reason })).collect();
        json!({
            "name": self.name,
            "state": state,
            "keys": keys,
            "reason": reason,
            "refused": refused,
        })
    }

    fn print(&self) {
        let name = tame(&self.name);
        match &self.state {
            State::Taken { keys } => println!("{GOOD}taken{PLAIN}      {name}: {keys} keys"),
            State::Unchanged => println!("{FAINT}unchanged{PLAIN}  {name}"),
            State::Failed { reason } => {
                println!("{BAD}failed{PLAIN}     {name}: {}", tame_line(reason))
            }
        }
        for (entry, reason) in &self.refused {
            println!("           {FAINT}refused{PLAIN} {}: {}", tame(entry), tame(reason));
        }
    }
}

/// Writes the report, and says how the program ends.
pub(super) fn report(number: u64, outcomes: &[Outcome], as_json: bool) -> Result<Exit, Fault> {
    if as_json {
        let parts: Vec<Value> = outcomes.iter().map(Outcome::json).collect();
        output::json(&json!({ "number": number, "parts": parts }))?;
    } else {
        outcomes.iter().for_each(Outcome::print);
        match number {
            0 => println!("there is no store"),
            _ => println!("the store is number {number}"),
        }
    }
    let failed = outcomes.iter().any(|one| matches!(one.state, State::Failed { .. }));
    Ok(if failed { Exit::NO_INPUT } else { Exit::SUCCESS })
}

/// Refuses sources that nobody vouches for, and such as are older than what is at hand: keys that
/// were withdrawn must not come back.
pub(super) fn accept(new: &TrustStore, old: &TrustStore, unproven: bool) -> Result<(), Fault> {
    let refused = |reason: String| Err(Fault::Input(anyhow!("{reason}")));
    for source in new.sources() {
        match &source.proof {
            ProofStatus::Broken { .. } => return refused(source.proof.to_string()),
            ProofStatus::Unpinned { method } if !unproven => {
                return refused(format!(
                    "nobody named the key of its proof ({method}); ask its publisher for the key \
                     and name it with --list-key"
                ));
            }
            ProofStatus::NoProof if !unproven => {
                return refused(
                    "it has no proof; --unproven of `trust import` takes it".to_owned(),
                );
            }
            _ => {}
        }
        let Some(before) = old.sources().iter().find(|before| before.name == source.name) else {
            continue;
        };
        // A server that has lost its data must not take ours away.
        if source.keys == 0 && before.keys > 0 {
            return refused(format!(
                "it gives no key any more, and the one at hand {}; if that is right, take the part \
                 out with `gdhcn trust remove`",
                before.keys
            ));
        }
        // By its own word, or for a gateway's list, which has none, by when it was saved.
        if let Some((before, created)) = before.dated().zip(source.dated())
            && created < before
        {
            return refused(format!(
                "it was made on {}, and the one at hand on {}: lists do not go back",
                output::minute(created),
                output::minute(before)
            ));
        }
    }
    if let Some((_, told)) = emptied(new, old) {
        return refused(told);
    }
    Ok(())
}

/// A source of `old` that would lose all that it is good for, and what to tell the user of it.
pub(super) fn emptied<'s>(new: &TrustStore, old: &'s TrustStore) -> Option<(&'s Source, String)> {
    let (source, lost) = new.emptied_since(old)?;
    let told = format!(
        "it gives neither signers nor authorities any more, and the one at hand {lost} signers; \
         if that is right, take the part out with `gdhcn trust remove {}`",
        source.name
    );
    Some((source, told))
}

//! `gdhcn trust verify`.

use gdhcn_trust::trust_list::Chain;
use gdhcn_trust::{ProofStatus, Source, TrustStore};
use serde_json::{Value, json};

use super::arguments::VerifyArguments;
use super::list;
use crate::cli::TrustArguments;
use crate::exit::{Exit, Fault};
use crate::output::{self, BAD, FAINT, GOOD, OPEN, PLAIN, STRONG, println, tame};
use crate::trust_folder::TrustFolder;
use crate::trust_source;

pub(super) fn run(arguments: &VerifyArguments) -> Result<Exit, Fault> {
    let (store, signed) = match &arguments.source {
        Some(source) => {
            let loaded = trust_source::load(&TrustArguments {
                sources: vec![source.clone()],
                store: None,
                gateway: arguments.access.clone(),
            })?;
            (loaded.store, None)
        }
        None => {
            let snapshot = TrustFolder::of(arguments.store.as_deref())?.open()?;
            let signed = (snapshot.number, snapshot.made, snapshot.signer);
            (snapshot.store, Some(signed))
        }
    };
    let parts: Vec<Part<'_>> =
        (0..store.sources().len()).filter_map(|index| Part::of(&store, index)).collect();
    let verdict = parts.iter().map(|part| part.verdict).max().unwrap_or(Verdict::Open);
    if arguments.json {
        let parts: Vec<Value> = parts.iter().map(Part::json).collect();
        let signed = signed.map(|(number, made, signer)| {
            json!({ "number": number, "made": made.to_string(), "signer": signer.to_string() })
        });
        output::json(&json!({ "store": signed, "verdict": verdict.as_str(), "parts": parts }))?;
    } else {
        if let Some(signed) = &signed {
            let (number, made, signer) = signed;
            println!("{STRONG}store{PLAIN}       number {number} of {}", output::minute(*made));
            println!("            signed by the key {signer}");
        }
        parts.iter().for_each(Part::print);
    }
    Ok(match verdict {
        Verdict::Holds => Exit::SUCCESS,
        Verdict::Broken => Exit::NEGATIVE,
        Verdict::Open => Exit::CANNOT_TELL,
    })
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Holds,
    Open,
    Broken,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Open => "cannot tell",
            Self::Broken => "broken",
        }
    }
}

/// A source with all its keys looked at.
struct Part<'s> {
    source: &'s Source,
    verdict: Verdict,
    faults: Vec<(String, String)>,
}

impl<'s> Part<'s> {
    fn of(store: &'s TrustStore, index: usize) -> Option<Self> {
        let source = store.sources().get(index)?;
        let mut faults = Vec::new();
        for key in store.keys().iter().filter(|key| key.source == index) {
            if let Err(error) = key.verifier() {
                faults.push((key.id.clone(), error.to_string()));
            } else if let Chain::Broken { .. } = key.chain() {
                faults.push((key.id.clone(), list::chain(key)));
            }
        }
        let verdict = match &source.proof {
            _ if !faults.is_empty() => Verdict::Broken,
            ProofStatus::Broken { .. } => Verdict::Broken,
            // Nothing of it is vouched for by the anchor that was named.
            ProofStatus::EntryByEntry { .. } if source.keys == 0 && source.refused > 0 => {
                Verdict::Broken
            }
            // There is nothing that could hold.
            _ if source.keys == 0 => Verdict::Open,
            ProofStatus::Verified { .. }
            | ProofStatus::GivenByCaller
            | ProofStatus::EntryByEntry { .. } => Verdict::Holds,
            _ => Verdict::Open,
        };
        Some(Self { source, verdict, faults })
    }

    fn json(&self) -> Value {
        let faults = self.faults.iter();
        let faults = faults.map(|(id, why)| json!({ "id": id, "reason": why })).collect();
        let verdict = json!(self.verdict.as_str());
        list::with(list::source(self.source), [("verdict", verdict), ("faults", faults)])
    }

    fn print(&self) {
        let style = match self.verdict {
            Verdict::Holds => GOOD,
            Verdict::Open => OPEN,
            Verdict::Broken => BAD,
        };
        let (source, verdict) = (self.source, self.verdict.as_str());
        println!("{style}{verdict:11}{PLAIN} {}", tame(&source.name));
        println!("            {}", tame(&source.proof.to_string()));
        println!("            {} keys, {} entries refused", source.keys, source.refused);
        for (id, reason) in &self.faults {
            println!("            {FAINT}fault{PLAIN} {}: {}", tame(id), tame(reason));
        }
    }
}

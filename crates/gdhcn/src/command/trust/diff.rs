//! `gdhcn trust diff`.

use std::collections::BTreeSet;

use gdhcn_trust::{TrustStore, TrustedKey};
use serde_json::{Value, json};

use super::arguments::DiffArguments;
use crate::cli::TrustArguments;
use crate::exit::{Exit, Fault};
use crate::output::{self, BAD, GOOD, PLAIN, println, tame};
use crate::trust_folder::TrustFolder;
use crate::trust_source;

pub(super) fn run(arguments: &DiffArguments) -> Result<Exit, Fault> {
    let load = |source: &String| {
        trust_source::load(&TrustArguments {
            sources: vec![source.clone()],
            store: None,
            gateway: arguments.access.clone(),
        })
    };
    let (old, new) = match arguments.sources.as_slice() {
        [old, new] => (load(old)?.store, load(new)?.store),
        [new] => {
            let folder = TrustFolder::of(arguments.folder.store.as_deref())?;
            (folder.open()?.store, load(new)?.store)
        }
        _ => return Err(Fault::Usage("one or two sources are compared".into())),
    };
    let (old, new) = (facts(&old), facts(&new));
    let added: Vec<&Fact> = new.difference(&old).collect();
    let removed: Vec<&Fact> = old.difference(&new).collect();
    if arguments.json {
        let list = |facts: &[&Fact]| facts.iter().map(|fact| fact.json()).collect::<Vec<_>>();
        output::json(&json!({ "added": list(&added), "removed": list(&removed) }))?;
    } else {
        for fact in &removed {
            println!("{BAD}-{PLAIN} {}", fact.line());
        }
        for fact in &added {
            println!("{GOOD}+{PLAIN} {}", fact.line());
        }
        println!("{} keys came, {} went", added.len(), removed.len());
    }
    let same = added.is_empty() && removed.is_empty();
    Ok(if same { Exit::SUCCESS } else { Exit::NEGATIVE })
}

/// What makes a key the same in two sources, whatever each calls the entry.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    participant: String,
    domain: String,
    usage: &'static str,
    name: String,
    kid: String,
    key: Vec<u8>,
}

impl Fact {
    fn of(key: &TrustedKey) -> Self {
        let code = key.participant_code.to_ascii_uppercase();
        Self {
            participant: key.participant.map_or(code, |one| one.alpha3().to_owned()),
            domain: key.domain.as_ref().map_or_else(String::new, ToString::to_string),
            usage: key.usage.as_str(),
            name: key.name.clone().unwrap_or_default(),
            kid: key.kid.to_string(),
            key: key.public_key().map(gdhcn_crypto::PublicKey::to_spki_der).unwrap_or_default(),
        }
    }

    fn line(&self) -> String {
        let Self { participant, domain, usage, name, kid, .. } = self;
        tame(&format!("{participant:4} {domain:14} {usage:5} {kid:17} {name}"))
            .trim_end()
            .to_owned()
    }

    fn json(&self) -> Value {
        json!({
            "participant": self.participant,
            "domain": self.domain,
            "usage": self.usage,
            "name": self.name,
            "kid": self.kid,
        })
    }
}

fn facts(store: &TrustStore) -> BTreeSet<Fact> {
    store.keys().iter().map(Fact::of).collect()
}

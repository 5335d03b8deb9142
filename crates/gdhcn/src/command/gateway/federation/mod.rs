//! `gdhcn gateway federation`: other gateways that this one pulls from.

mod add;
mod arguments;

use std::collections::BTreeSet;

use gdhcn_server::Clock;
use gdhcn_server::gateway::{PeerStatus, remove_peer};
use gdhcn_server::jobs::federation::{Federation, Order, PullError, Taken};
use gdhcn_store::StoreError;
use gdhcn_trust::federation::Word;
use serde_json::json;

pub(crate) use self::arguments::FederationCommand;
use self::arguments::{ListArguments, PullArguments, RemoveArguments};
use super::approval;
use super::desk::{Desk, operator};
use super::onboarding_arguments::OperatorArguments;
use crate::ask;
use crate::exit::{Exit, Fault, OrInternal};
use crate::output::{
    self, BAD, FAINT, GOOD, OPEN, PLAIN, STRONG, eprintln, minute, now, println, tame_line,
};

pub(super) fn run(command: &FederationCommand) -> Result<Exit, Fault> {
    super::runtime()?.block_on(async {
        match command {
            FederationCommand::Add(arguments) => add::run(arguments).await,
            FederationCommand::List(arguments) => list(arguments).await,
            FederationCommand::Remove(arguments) => remove(arguments).await,
            FederationCommand::Pull(arguments) => pull(arguments).await,
        }
    })
}

async fn list(arguments: &ListArguments) -> Result<Exit, Fault> {
    let desk = Desk::open_existing(&arguments.config).await?;
    let (peers, unreadable) =
        desk.store.federation_gateways().await.or_internal("reading the database")?;
    let shown: Vec<_> = peers.iter().map(PeerStatus::of).collect();
    if arguments.json {
        output::json(&shown)?;
    } else {
        for peer in &shown {
            show_peer(peer);
        }
        if shown.is_empty() {
            println!("no gateway is pulled from");
        }
    }
    for row in &unreadable {
        eprintln!("{} cannot be read: its column {}", tame_line(&row.id), row.column);
    }
    let well = unreadable.is_empty() && !shown.iter().any(|peer| peer.needs_a_look);
    Ok(if well { Exit::SUCCESS } else { Exit::NEGATIVE })
}

/// One peer with how pulling from it went.
pub(super) fn show_peer(peer: &PeerStatus) {
    let (colour, word) = match (peer.interval_seconds, peer.failures, peer.needs_a_look) {
        (None, _, _) => (FAINT, "off"),
        (_, 1.., _) => (BAD, "fails"),
        (_, 0, true) => (OPEN, "marked"),
        (_, 0, false) if peer.last_success.is_none() => (OPEN, "not yet pulled"),
        (_, 0, false) => (GOOD, "well"),
    };
    let at = |at: Option<jiff::Timestamp>| at.map_or_else(|| "never".to_owned(), minute);
    println!(
        "  {STRONG}{}{PLAIN} {} {colour}{word}{PLAIN}, last good pull {}, last try {}",
        tame_line(&peer.gateway),
        tame_line(&peer.endpoint),
        at(peer.last_success),
        at(peer.last_pull)
    );
    if peer.failures > 0 {
        println!("    {} failures in a row", peer.failures);
    }
    if let Some(message) = &peer.message {
        println!("    {}", tame_line(message));
    }
}

async fn remove(arguments: &RemoveArguments) -> Result<Exit, Fault> {
    let desk = Desk::open_existing(&arguments.config).await?;
    if arguments.dry_run {
        let peers = desk.store.federation_gateways().await.or_internal("reading the database")?.0;
        let Some(peer) = peers.iter().find(|peer| peer.id() == arguments.id) else {
            let gateway_id = arguments.id.clone();
            return Err(Fault::Input(StoreError::NoPeer { gateway_id }.into()));
        };
        show_peer(&PeerStatus::of(peer));
        return Ok(output::dry_run());
    }
    let question =
        format!("Take {} away, with everything that came from it?", tame_line(&arguments.id));
    if !ask::confirm(&question, arguments.yes)? {
        eprintln!("nothing was changed");
        return Ok(Exit::NEGATIVE);
    }
    match remove_peer(&desk.store, &arguments.id, &operator(), now()).await {
        Ok(()) => {
            println!(
                "taken away: {}; a running gateway sees it within a second",
                tame_line(&arguments.id)
            );
            Ok(Exit::SUCCESS)
        }
        Err(error @ StoreError::NoPeer { .. }) => Err(Fault::Input(error.into())),
        Err(error) => Err(error).or_internal("taking the gateway away"),
    }
}

const OVERRIDE_QUESTION: &str = "Remove every participant's authorities, upload certificates, \
    signers, issuers and references, and what came from other gateways?";

/// Who takes it on: where the configuration names operators, one of them, who shows the key.
fn who_overrides(desk: &Desk, arguments: &OperatorArguments) -> Result<String, Fault> {
    if desk.operators.names().next().is_some() {
        return approval::operator_of(desk, arguments).map(|(name, _)| name);
    }
    let nobody = || Fault::Usage("--override needs --operator NAME, for the log".to_owned());
    arguments.operator.clone().ok_or_else(nobody)
}

async fn pull(arguments: &PullArguments) -> Result<Exit, Fault> {
    let desk = Desk::open_existing(&arguments.config).await?;
    let override_by = match arguments.overrides {
        true => Some(who_overrides(&desk, &arguments.operator)?),
        false => None,
    };
    if arguments.overrides && !ask::confirm(OVERRIDE_QUESTION, arguments.yes)? {
        eprintln!("nothing was changed");
        return Ok(Exit::NEGATIVE);
    }
    let order = Order { word: word(&arguments.allow_loss)?, override_by };
    let federation = Federation {
        store: desk.store.clone(),
        anchors: desk.anchors.iter().cloned().collect(),
        config: desk.config.federation.clone(),
        clock: Clock::System,
    };
    let process = format!("gdhcn gateway federation pull/{}", std::process::id());
    match federation.pull_by_hand(&process, &arguments.id, &order).await {
        Ok(taken) => tell(arguments, &taken),
        Err(error @ PullError::NoPeer(_)) => Err(Fault::Input(error.into())),
        Err(error) => {
            if arguments.json {
                output::json(&json!({ "failed": error.to_string() }))?;
            } else {
                eprintln!("{BAD}nothing was taken over:{PLAIN} {}", tame_line(&error.to_string()));
            }
            Ok(Exit::NEGATIVE)
        }
    }
}

fn word(allowed: &[String]) -> Result<Word, Fault> {
    if allowed.iter().any(|one| one.eq_ignore_ascii_case("all")) {
        return Ok(Word::All);
    }
    let mut countries = BTreeSet::new();
    for code in allowed {
        let code = code.to_ascii_uppercase();
        if code.len() != 2 || !code.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Err(Fault::Usage(format!("--allow-loss {code}: two letters, or all")));
        }
        countries.insert(code);
    }
    Ok(if countries.is_empty() { Word::None } else { Word::For(countries) })
}

fn tell(arguments: &PullArguments, taken: &Taken) -> Result<Exit, Fault> {
    if arguments.json {
        let held: Vec<_> =
            taken.held.iter().map(|held| format!("{} {}", held.country, held.group)).collect();
        output::json(&json!({
            "added": taken.swapped.added,
            "removed": taken.swapped.removed,
            "unchanged": taken.swapped.kept,
            "refused": taken.refused,
            "held": held,
            "emptied": taken.emptied,
            "unprovenReferences": taken.unproven,
        }))?;
    } else {
        println!("{}", tame_line(&taken.to_string()));
        for entry in &taken.refused {
            println!("  {OPEN}refused{PLAIN} {}", tame_line(entry));
        }
    }
    Ok(if taken.remark().is_none() { Exit::SUCCESS } else { Exit::NEGATIVE })
}

//! `gdhcn gateway value-set`: the documents of codes that a gateway serves.

mod arguments;

use anyhow::anyhow;
use gdhcn_rules::value_set::{ValueSet, antigen_tests};
use gdhcn_server::gateway::operators_event;
use gdhcn_store::audit_event::AuditEvent;
use serde_json::json;

pub(crate) use self::arguments::ValueSetCommand;
use self::arguments::{AntigenTestsArguments, ImportArguments, ListArguments, RemoveArguments};
use super::desk::{Desk, operator};
use crate::ask;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::input::read_file;
use crate::output::{self, BAD, PLAIN, STRONG, eprintln, now, println, tame_line};

pub(super) fn run(command: &ValueSetCommand) -> Result<Exit, Fault> {
    super::runtime()?.block_on(async {
        match command {
            ValueSetCommand::Import(arguments) => import(arguments).await,
            ValueSetCommand::AntigenTests(arguments) => merge_antigen_tests(arguments).await,
            ValueSetCommand::List(arguments) => list(arguments).await,
            ValueSetCommand::Remove(arguments) => remove(arguments).await,
        }
    })
}

async fn import(arguments: &ImportArguments) -> Result<Exit, Fault> {
    let mut sets = Vec::new();
    for path in &arguments.files {
        let text = std::fs::read_to_string(path).or_input(path.display())?;
        sets.push(ValueSet::from_json(text, &ValueSet::LIMITS).or_input(path.display())?);
    }
    if arguments.dry_run {
        sets.iter().for_each(show);
        return Ok(output::dry_run());
    }
    let desk = Desk::open(&arguments.config).await?;
    for set in &sets {
        store(&desk, set).await?;
    }
    println!("{} stored; a running gateway serves them within a second", sets.len());
    Ok(Exit::SUCCESS)
}

/// Stores a value set in the place of the one with its identifier.
async fn store(desk: &Desk, set: &ValueSet) -> Result<(), Fault> {
    let description = format!("value set {} of {}, by {}", set.id(), set.date(), operator());
    let event = event("VALUE_SET_STORED", description);
    let stored = desk.store.put_value_set(set, Some(&event.description), &event).await;
    stored.or_internal(set.id())?;
    show(set);
    Ok(())
}

async fn merge_antigen_tests(arguments: &AntigenTestsArguments) -> Result<Exit, Fault> {
    let path = &arguments.list;
    let list = read_file(path)?;
    let desk = Desk::open_existing(&arguments.config).await?;
    let former =
        desk.store.value_set(antigen_tests::ID).await.or_internal("reading the database")?;
    let merged = antigen_tests::merge(former.as_deref(), &list, now()).or_input(path.display())?;
    let codes = |text: &str| {
        let set: Option<serde_json::Value> = serde_json::from_str(text).ok();
        set.and_then(|mut set| set.get_mut("valueSetValues").map(serde_json::Value::take))
    };
    if former.as_deref().is_some_and(|former| codes(former) == codes(&merged)) {
        println!("nothing is new");
        return Ok(Exit::SUCCESS);
    }
    let set = ValueSet::from_json(merged, &ValueSet::LIMITS).or_input(path.display())?;
    store(&desk, &set).await?;
    println!("stored; a running gateway serves it within a second");
    Ok(Exit::SUCCESS)
}

async fn list(arguments: &ListArguments) -> Result<Exit, Fault> {
    let desk = Desk::open_existing(&arguments.config).await?;
    let reading = "reading the database";
    let mut rows = Vec::new();
    for id in desk.store.value_set_ids().await.or_internal(reading)? {
        let text = desk.store.value_set(&id).await.or_internal(reading)?;
        let Some(text) = text else { continue };
        let bytes = text.len();
        let set = ValueSet::from_json(text, &ValueSet::LIMITS).map_err(|error| error.to_string());
        if !arguments.json {
            match &set {
                Ok(set) => show(set),
                Err(fault) => {
                    println!("{STRONG}{}{PLAIN} {BAD}unusual{PLAIN}: {fault}", tame_line(&id));
                }
            }
        }
        let fault = set.as_ref().err();
        let date = set.as_ref().ok().map(|set| set.date().to_string());
        let codes = set.as_ref().ok().map(ValueSet::codes);
        rows.push(
            json!({ "id": id, "date": date, "codes": codes, "bytes": bytes, "fault": fault }),
        );
    }
    if arguments.json {
        output::json(&rows)?;
    } else if rows.is_empty() {
        println!("there is no value set");
    }
    Ok(Exit::SUCCESS)
}

async fn remove(arguments: &RemoveArguments) -> Result<Exit, Fault> {
    let desk = Desk::open_existing(&arguments.config).await?;
    let id = &arguments.id;
    if desk.store.value_set(id).await.or_internal("reading the database")?.is_none() {
        return Err(Fault::Input(anyhow!("there is no value set {id:?}")));
    }
    if arguments.dry_run {
        return Ok(output::dry_run());
    }
    if !ask::confirm(&format!("Take the value set {} away?", tame_line(id)), arguments.yes)? {
        eprintln!("nothing was changed");
        return Ok(Exit::NEGATIVE);
    }
    let event = event("VALUE_SET_REMOVED", format!("value set {id}, by {}", operator()));
    let removed = desk.store.delete_value_set(id, &event.description, &event).await;
    removed.or_internal("taking the value set away")?;
    println!("taken away; a running gateway sees it within a second");
    Ok(Exit::SUCCESS)
}

/// A value set is no country's.
fn event(event: &str, description: String) -> AuditEvent {
    operators_event(event, description, None, None, now())
}

fn show(set: &ValueSet) {
    println!("{STRONG}{}{PLAIN} of {}, {} codes", set.id(), set.date(), set.codes());
}

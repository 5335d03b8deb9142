//! `gdhcn decode`: every layer of a code, without judging it.

mod hcert;
mod others;

use gdhcn_credential::{Limits, TextKind, detect, keyboard};
use serde_json::{Value, json};

use crate::cli::DecodeArguments;
use crate::exit::{Exit, Fault};
use crate::input::{self, Found};
use crate::output::{self, OPEN, PLAIN, STRONG, println, tame};

pub(crate) fn run(arguments: &DecodeArguments) -> Result<Exit, Fault> {
    let limits = Limits::default();
    let mut views = Vec::new();
    for input in input::split(input::read(&arguments.input)?, &limits) {
        let mut view = json!({ "input": input.name });
        let layers = match &input.found {
            Found::Text(text) if arguments.guess => match guess(text) {
                Some((what, guessed)) => {
                    let mut layers = layers(&guessed, &limits);
                    put(&mut layers, json!({ "guessed": what }));
                    layers
                }
                None => layers(text, &limits),
            },
            Found::Text(text) => layers(text, &limits),
            Found::NoCode => json!({ "opened": false, "error": "no code in the picture" }),
        };
        put(&mut view, layers);
        views.push(view);
    }
    let opened = views.iter().all(|view| view.get("opened") == Some(&Value::Bool(true)));
    if arguments.json {
        match views.as_slice() {
            [view] => output::json(view)?,
            views => output::json(&views)?,
        }
    } else {
        for view in &views {
            print(view);
        }
    }
    Ok(if opened { Exit::SUCCESS } else { Exit::NEGATIVE })
}

/// All layers as far as they open. Nothing is verified.
fn layers(text: &str, limits: &Limits) -> Value {
    let kind = detect(text);
    let mut view = json!({ "kind": kind.to_string(), "verified": false });
    let layers = match kind {
        TextKind::SmartHealthCard => others::card(text, limits),
        TextKind::Divoc | TextKind::VerifiableCredential => others::divoc(text, limits),
        TextKind::VdsNc => others::seal(text, limits),
        TextKind::SmartHealthLink | TextKind::VerifiableHealthLink => others::link(text, limits),
        _ => hcert::layers(text, limits),
    };
    put(&mut view, layers);
    view
}

/// Adds the members of one object to another.
fn put(view: &mut Value, more: Value) {
    if let (Value::Object(view), Value::Object(more)) = (view, more) {
        view.extend(more);
    }
}

/// What a code that does not open was probably meant to be, and what was done to it. For
/// developers: `gdhcn verify` never guesses.
fn guess(text: &str) -> Option<(String, String)> {
    let trimmed = text.trim_matches(['\r', '\n', '\t', '\u{feff}']);
    match detect(text) {
        TextKind::HcertWithoutPrefix => {
            let what = format!("the prefix {} was put before it", gdhcn_credential::hcert::PREFIX);
            Some((what, format!("{}{trimmed}", gdhcn_credential::hcert::PREFIX)))
        }
        TextKind::HcertLowerCase => {
            Some(("its letters were made capitals".to_owned(), trimmed.to_ascii_uppercase()))
        }
        _ => {
            let (layout, meant) = keyboard::undo(trimmed)?;
            Some((format!("the {layout} keyboard setting of the computer was undone"), meant))
        }
    }
}

fn print(view: &Value) {
    let Value::Object(members) = view else { return };
    println!("{OPEN}Nothing here is verified.{PLAIN} Ask `gdhcn verify` whether it is genuine.\n");
    for (name, value) in members {
        match value {
            Value::Null => {}
            Value::Array(values) if values.is_empty() => {}
            Value::Object(_) | Value::Array(_) => {
                println!("{STRONG}{name}{PLAIN}");
                let text = serde_json::to_string_pretty(value).unwrap_or_default();
                for line in text.lines() {
                    println!("  {}", tame(line));
                }
            }
            Value::String(text) => println!("{STRONG}{name}{PLAIN} {}", tame(text)),
            other => println!("{STRONG}{name}{PLAIN} {other}"),
        }
    }
}

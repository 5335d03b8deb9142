//! `gdhcn trust show`.

use gdhcn_trust::{TrustStore, TrustedKey, kid_text};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::arguments::ShowArguments;
use super::list;
use crate::exit::{Exit, Fault};
use crate::output::{self, PLAIN, STRONG, println, tame};
use crate::trust_source;

pub(super) fn run(arguments: &ShowArguments) -> Result<Exit, Fault> {
    let at = arguments.at.unwrap_or_else(output::now);
    let loaded = trust_source::load(&arguments.trust)?;
    let keys = find(&loaded.store, &arguments.key);
    if arguments.json {
        let keys: Vec<Value> = keys.iter().map(|key| as_json(&loaded.store, key, at)).collect();
        output::json(&json!({ "at": at.to_string(), "keys": keys }))?;
    } else {
        for (index, key) in keys.iter().enumerate() {
            if index > 0 {
                println!();
            }
            print(&loaded.store, key, at);
        }
        if keys.is_empty() {
            println!("no key is called {}", tame(&arguments.key));
        }
    }
    Ok(if keys.is_empty() { Exit::NEGATIVE } else { Exit::SUCCESS })
}

/// The keys that `asked` may mean.
fn find<'s>(store: &'s TrustStore, asked: &str) -> Vec<&'s TrustedKey> {
    let kid = kid_text::parse(asked);
    let hex = asked.to_ascii_lowercase();
    let named = |key: &TrustedKey| {
        key.kid == kid
            || key.kid.to_hex() == hex
            || key.id == asked
            || key.name.as_deref() == Some(asked)
            || hex.len() == 64
                && key.certificate().is_some_and(|one| one.thumbprint().to_string() == hex)
    };
    store.keys().iter().filter(|key| named(key)).collect()
}

fn as_json(store: &TrustStore, key: &TrustedKey, at: Timestamp) -> Value {
    let issuer = key.issuer().map(|one| one.subject().to_string());
    let more = [
        ("name", json!(key.name)),
        ("issuer", json!(issuer)),
        ("source", json!(store.source_of(key).map(list::source))),
    ];
    list::with(list::entry(key, at), more)
}

fn print(store: &TrustStore, key: &TrustedKey, at: Timestamp) {
    let line = |label: &str, value: String| println!("  {label:13} {}", tame(&value));
    println!("{STRONG}{}{PLAIN}", tame(&key.id));
    if let Some(name) = &key.name {
        line("Of", name.clone());
    }
    line("Kid", kid_text::BothForms(&key.kid).to_string());
    let code = key.participant_code.clone();
    line("Participant", key.participant.map_or(code, |one| format!("{} ({one})", one.name())));
    if let Some(domain) = &key.domain {
        line("Domain", domain.to_string());
    }
    line("For", format!("{}, may sign {}", key.usage.as_str(), key.purposes));
    line("Key", list::key_kind(key));
    if let Some(certificate) = key.certificate() {
        line("Subject", certificate.subject().to_string());
        line("Thumbprint", certificate.thumbprint().to_string());
        let (from, until) = (certificate.not_before(), certificate.not_after());
        let state = list::validity(key, at);
        line("Valid", format!("{} to {}: {state}", output::day(from), output::day(until)));
    }
    line("Chain", list::chain(key));
    if let Some(issuer) = key.issuer() {
        line("Issuer", issuer.subject().to_string());
    }
    if let Some(source) = store.source_of(key) {
        line("From", source.name.clone());
        line("", source.proof.to_string());
        if let Some(dated) = source.dated() {
            line("", format!("of {}", output::minute(dated)));
        }
    }
}

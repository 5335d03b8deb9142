//! `gdhcn trust list`, and how keys and refused entries are shown.

use gdhcn_envelope::x509::Validity;
use gdhcn_trust::trust_list::Chain;
use gdhcn_trust::{ProofStatus, Source, TrustedKey};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::arguments::ListArguments;
use crate::cli::TrustArguments;
use crate::exit::{Exit, Fault};
use crate::output::{self, BAD, FAINT, OPEN, PLAIN, STRONG, println, tame};
use crate::trust_source::{self, Loaded};

pub(super) fn list(arguments: &ListArguments) -> Result<Exit, Fault> {
    let at = arguments.at.unwrap_or_else(output::now);
    let loaded = trust_source::load(&TrustArguments {
        sources: arguments.source.iter().cloned().collect(),
        store: arguments.store.clone(),
        gateway: arguments.gateway.clone(),
    })?;
    if loaded.store.sources().is_empty() {
        return Err(Fault::Usage(
            "there is no trust store yet; name a SOURCE, or fill one with `gdhcn trust sync`"
                .into(),
        ));
    }
    if arguments.json {
        output::json(&as_json(&loaded, at))?;
    } else {
        print(&loaded, at);
    }
    Ok(Exit::SUCCESS)
}

fn as_json(loaded: &Loaded, at: Timestamp) -> Value {
    let entries: Vec<Value> = loaded.store.keys().iter().map(|key| entry(key, at)).collect();
    json!({
        "at": at.to_string(),
        "sources": loaded.store.sources().iter().map(source).collect::<Vec<_>>(),
        "entries": entries,
        "refused": refused(loaded)
            .into_iter()
            .map(|(name, reason)| json!({ "id": name, "reason": reason }))
            .collect::<Vec<_>>(),
    })
}

pub(super) fn source(source: &Source) -> Value {
    json!({
        "name": source.name,
        "created": source.created.map(|at| at.to_string()),
        "fetched": source.fetched.map(|at| at.to_string()),
        "publisher": source.relayed.map(|relay| relay.publisher.to_string()),
        "proof": source.proof.to_string(),
        "keys": source.keys,
        "refused": source.refused,
    })
}

pub(super) fn entry(key: &TrustedKey, at: Timestamp) -> Value {
    let certificate = key.certificate();
    json!({
        "id": key.id,
        "kid": key.kid.to_base64(),
        "kid_hex": key.kid.to_hex(),
        "participant": key.participant.map_or(key.participant_code.as_str(), |one| one.alpha3()),
        "domain": key.domain.as_ref().map(ToString::to_string),
        "usage": key.usage.as_str(),
        "key": key_kind(key),
        "may_sign": key.purposes.to_string(),
        "subject": certificate.map(|one| one.subject().to_string()),
        "thumbprint": certificate.map(|one| one.thumbprint().to_string()),
        "not_before": certificate.map(|one| one.not_before().to_string()),
        "not_after": certificate.map(|one| one.not_after().to_string()),
        "validity": validity(key, at),
        "chain": chain(key),
    })
}

/// A JSON object with more members.
pub(super) fn with<const N: usize>(mut value: Value, more: [(&str, Value); N]) -> Value {
    if let Value::Object(members) = &mut value {
        members.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    value
}

pub(super) fn key_kind(key: &TrustedKey) -> String {
    key.public_key().map_or_else(ToString::to_string, ToString::to_string)
}

pub(super) fn validity(key: &TrustedKey, at: Timestamp) -> &'static str {
    match key.validity_at(at) {
        None => "no certificate",
        Some(Validity::Valid) => "valid",
        Some(Validity::Expired) => "expired",
        Some(Validity::NotYetValid) => "not yet valid",
    }
}

pub(super) fn chain(key: &TrustedKey) -> String {
    match key.chain() {
        Chain::VerifiedBy(thumbprint) => format!("issued by the SCA {thumbprint}"),
        Chain::SelfIsSca => "is an authority itself".to_owned(),
        Chain::NotDone { reason } => format!("not done: {reason}"),
        Chain::Broken { reason } => format!("broken: {reason}"),
    }
}

fn refused(loaded: &Loaded) -> Vec<(String, String)> {
    let refused = loaded.store.refused().iter();
    let unreadable = loaded.unreadable.iter();
    refused
        .map(|entry| (entry.name.clone(), entry.reason.to_string()))
        .chain(unreadable.map(|(_, entry)| {
            let kid = entry.kid.as_deref().unwrap_or("without kid");
            (format!("entry {} ({kid})", entry.position), entry.reason.clone())
        }))
        .collect()
}

fn print(loaded: &Loaded, at: Timestamp) {
    for (index, source) in loaded.store.sources().iter().enumerate() {
        println!("{STRONG}{}{PLAIN}", tame(&source.name));
        if let Some(created) = source.created {
            println!("  made on {}", output::minute(created));
        }
        if let Some(fetched) = source.fetched {
            println!("  fetched on {}", output::minute(fetched));
        }
        if source.dated().is_none() && source.proof != ProofStatus::GivenByCaller {
            println!("  of unknown age");
        }
        if let Some(relay) = source.relayed {
            println!("  came with number {} of the publisher {}", relay.number, relay.publisher);
        }
        println!("  {}", source.proof);
        let unreadable = loaded.unreadable.iter().filter(|(name, _)| *name == source.name).count();
        println!("  {} keys, {} entries refused", source.keys, source.refused + unreadable);
        let count = |wanted: Validity| {
            let of_source = loaded.store.keys().iter().filter(|key| key.source == index);
            of_source.filter(|key| key.validity_at(at) == Some(wanted)).count()
        };
        let (expired, early) = (count(Validity::Expired), count(Validity::NotYetValid));
        if expired + early > 0 {
            let at = output::minute(at);
            println!("  at {at} {expired} of the keys are expired, {early} not yet valid");
        }
    }
    if !loaded.store.keys().is_empty() {
        println!(
            "\n{STRONG}{:4} {:14} {:5} {:17} {:8} {:21} chain{PLAIN}",
            "", "domain", "usage", "kid", "key", "until"
        );
    }
    for key in loaded.store.keys() {
        let participant = key.participant.map_or(key.participant_code.as_str(), |one| one.alpha3());
        let (mark, until) = match (key.validity_at(at), key.certificate()) {
            (Some(Validity::Valid), Some(one)) => (PLAIN.to_string(), output::day(one.not_after())),
            (Some(Validity::NotYetValid), Some(one)) => {
                (OPEN.to_string(), format!("not before {}", output::day(one.not_before())))
            }
            (_, Some(one)) => {
                (OPEN.to_string(), format!("{} expired", output::day(one.not_after())))
            }
            (_, None) => (PLAIN.to_string(), "-".to_owned()),
        };
        println!(
            "{:4} {:14} {:5} {:17} {:8} {mark}{until:21}{PLAIN} {FAINT}{}{PLAIN}",
            tame(participant),
            key.domain.as_ref().map_or_else(|| "-".to_owned(), |domain| tame(domain.as_str())),
            key.usage.as_str(),
            key.kid.to_string(),
            key_kind(key),
            short_chain(key),
        );
    }
    let refused = refused(loaded);
    if !refused.is_empty() {
        println!("\n{BAD}refused{PLAIN}");
        for (name, reason) in refused {
            println!("  {}: {}", tame(&name), tame(&reason));
        }
    }
}

fn short_chain(key: &TrustedKey) -> &'static str {
    match key.chain() {
        Chain::VerifiedBy(_) => "by its SCA",
        Chain::SelfIsSca => "authority",
        Chain::NotDone { .. } => "SCA not at hand",
        Chain::Broken { .. } => "NOT by its SCA",
    }
}

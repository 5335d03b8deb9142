//! `gdhcn gateway trail`: the audit trail, read.

use std::path::PathBuf;

use clap::Args;
use gdhcn_codes::Participant;
use gdhcn_server::GatewayConfig;
use gdhcn_store::audit_event::{EventFilter, RecordedEvent};
use jiff::{Span, Timestamp};
use serde_json::json;

use super::database::{self, must_exist};
use super::serve::runtime;
use crate::exit::{Exit, Fault, OrInput};
use crate::output::{self, FAINT, GOOD, OPEN, PLAIN, STRONG, now, println, tame_line};

const EXAMPLES: &str = "\
Examples:
  gdhcn gateway trail --config gateway.toml
  gdhcn gateway trail --config gateway.toml --country XA --since 24h --event BAD_REQUEST
  gdhcn gateway trail --config gateway.toml --since 2026-06-01T00:00:00Z -n 1000 --json

Every upload and deletion is there, accepted or refused, and what operators did; the latest last.
EVENT is what came of it: SUCCESS, CREATED, UPDATED and DELETED of accepted ones, BAD_REQUEST,
ALREADY_EXIST_CHECK_FAILED, EXIST_CHECK_FAILED, UPLOAD_FAILED and DELETE_FAILED of refused ones,
ONBOARDED, OFFBOARDED and others of operators. A refused one has its code and its reason. The request
is the X-Request-Id of the answer. The database is read, beside a gateway that serves.

Exit codes: 0 shown, also when there is no such event, 64 wrong usage, 66 the configuration
cannot be read or there is no database, 70 the database cannot be used.";

#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TrailArguments {
    /// The gateway's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only what this participant sent, and what operators did about it; two letters
    #[arg(long, value_name = "CODE", value_parser = super::arguments::participant)]
    country: Option<Participant>,
    /// Only since this instant (RFC 3339), or for so long: 90m, 24h, 7d
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Since>,
    /// Only events of this name
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// How many, the latest of them
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    number: u32,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// The beginning, as it was said.
#[derive(Clone, Copy, Debug)]
enum Since {
    Instant(Timestamp),
    /// Hours and minutes before now.
    Ago(Span),
}

fn since(text: &str) -> Result<Since, String> {
    let amount = text.strip_suffix(['m', 'h', 'd']).and_then(|digits| digits.parse::<u16>().ok());
    let Some(amount) = amount.map(i64::from) else {
        let instant = crate::cli::instant(text).map(Since::Instant);
        return instant.map_err(|error| format!("{error}, and not as 90m, 24h or 7d"));
    };
    Ok(Since::Ago(match text.as_bytes().last() {
        Some(b'm') => Span::new().minutes(amount),
        Some(b'h') => Span::new().hours(amount),
        _ => Span::new().hours(amount.saturating_mul(24)),
    }))
}

pub(super) fn run(arguments: &TrailArguments) -> Result<Exit, Fault> {
    let since = match arguments.since {
        None => None,
        Some(Since::Instant(instant)) => Some(instant),
        Some(Since::Ago(span)) => Some(now().checked_sub(span).or_input("--since")?),
    };
    let config = GatewayConfig::load(&arguments.config).or_input(arguments.config.display())?;
    must_exist(&config.database)?;
    let filter = EventFilter {
        country: arguments.country.map(|country| country.alpha2().to_owned()),
        since,
        event: arguments.event.as_ref().map(|event| event.to_ascii_uppercase()),
    };
    let events = runtime()?.block_on(async {
        let store = database::open(&config.database).await?;
        let events = store.latest_audit_events(&filter, arguments.number).await;
        store.close().await;
        events.map_err(database::unusable)
    })?;
    if arguments.json {
        let events: Vec<_> = events.iter().map(as_json).collect();
        output::json(&events)?;
        return Ok(Exit::SUCCESS);
    }
    if events.is_empty() {
        println!("there is no such event");
    }
    for event in &events {
        show(event);
    }
    Ok(Exit::SUCCESS)
}

fn show(recorded: &RecordedEvent) {
    let event = &recorded.event;
    let colour = if event.code.is_some() { OPEN } else { GOOD };
    let country = event.country.as_deref().unwrap_or("--");
    let code = event.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    println!(
        "{} {STRONG}{}{PLAIN} {colour}{}{code}{PLAIN}",
        event.occurred_at,
        tame_line(country),
        tame_line(&event.event)
    );
    println!("  {}", tame_line(&event.description));
    for (what, value) in [
        ("request", Some(&event.request_id).filter(|request| !request.is_empty())),
        ("signed by", event.uploader_fingerprint.as_ref()),
        ("client", event.authentication_fingerprint.as_ref()),
        ("payload", event.payload_sha256.as_ref()),
    ] {
        if let Some(value) = value {
            println!("  {FAINT}{what} {}{PLAIN}", tame_line(value));
        }
    }
}

fn as_json(recorded: &RecordedEvent) -> serde_json::Value {
    let event = &recorded.event;
    json!({
        "sequence": recorded.sequence,
        "occurredAt": event.occurred_at.to_string(),
        "requestId": event.request_id,
        "country": event.country,
        "event": event.event,
        "code": event.code,
        "description": event.description,
        "uploaderSha256": event.uploader_fingerprint,
        "clientSha256": event.authentication_fingerprint,
        "payloadSha256": event.payload_sha256,
    })
}

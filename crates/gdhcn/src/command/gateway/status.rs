//! `gdhcn gateway status`.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use gdhcn_server::gateway::{ConfigFiles, JobStatus, ParticipantStatus, Status};
use gdhcn_server::{Clock, GatewayConfig};
use gdhcn_store::StoreError;
use serde_json::{Value, json};

use super::arguments::StatusArguments;
use super::database::{self, must_exist};
use super::federation::show_peer;
use super::serve::runtime;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::file::write_new;
use crate::output::{self, BAD, FAINT, GOOD, OPEN, PLAIN, STRONG, day, minute, println, tame_line};

/// How long the running gateway may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer that is read.
const LONGEST: u64 = 64 << 20;
/// Beginnings of the metrics that a program wants to see beside the status.
const SHOWN: [&str; 2] = ["gdhcn_federation_", "gdhcn_reload_last_successful"];

/// What the running gateway says, and what its database holds.
struct Seen {
    status: Status,
    /// The metrics, of a running gateway.
    metrics: Option<String>,
    proxies: Option<Value>,
}

pub(super) fn run(arguments: &StatusArguments) -> Result<Exit, Fault> {
    let config = GatewayConfig::load(&arguments.config).or_input(arguments.config.display())?;
    let seen = match config.management_listen.map(ask) {
        Some(Ok(seen)) => seen,
        _ => from_database(&config)?,
    };
    if let Some(file) = &arguments.bundle {
        let text =
            serde_json::to_string_pretty(&bundle(&config, &seen)?).or_internal("the bundle")?;
        write_new(file, text.as_bytes())?;
    }
    if arguments.json {
        let mut value = serde_json::to_value(&seen.status).or_internal("the status")?;
        if let Some(members) = value.as_object_mut() {
            members.insert("running".to_owned(), seen.metrics.is_some().into());
            members.insert("measured".to_owned(), seen.measured());
        }
        output::json(&value)?;
    } else {
        tell(&seen);
    }
    Ok(if seen.status.needs_a_look() { Exit::NEGATIVE } else { Exit::SUCCESS })
}

/// Asks the running gateway.
fn ask(address: SocketAddr) -> anyhow::Result<Seen> {
    Ok(Seen {
        status: serde_json::from_slice(&get(address, "/status")?)?,
        metrics: Some(String::from_utf8(get(address, "/metrics")?)?),
        proxies: Some(serde_json::from_slice(&get(address, "/proxy-check")?)?),
    })
}

/// One request by HTTP/1.0, whose answer ends with the connection.
fn get(address: SocketAddr, path: &str) -> anyhow::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: gateway\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.context("no HTTP answer")?;
    let body = answer.split_off(end + 4);
    let status = answer.split(|byte| *byte == b' ').nth(1);
    ensure!(status == Some(b"200".as_slice()), "{path}: no success");
    Ok(body)
}

/// Reads the database, which is not made if it is not there.
fn from_database(config: &GatewayConfig) -> Result<Seen, Fault> {
    must_exist(&config.database)?;
    let files = ConfigFiles::read(config).or_input("the configuration")?;
    let (content, overview) = runtime()?.block_on(async {
        let store = database::open(&config.database).await?;
        let read =
            async { Ok::<_, StoreError>((store.trust_content().await?, store.overview().await?)) };
        let read = read.await;
        store.close().await;
        read.map_err(database::unusable)
    })?;
    let status = Status::of(content, &overview, &files, Clock::System.now());
    Ok(Seen { status, metrics: None, proxies: None })
}

impl Seen {
    /// Series and values beside the status, for programs; people are told in words.
    fn measured(&self) -> Value {
        let lines = self.metrics.iter().flat_map(|text| text.lines());
        lines
            .filter(|line| SHOWN.iter().any(|begin| line.starts_with(begin)))
            .filter_map(|line| line.rsplit_once(' '))
            .map(|(series, value)| (series.to_owned(), value.parse::<f64>().ok().into()))
            .collect::<serde_json::Map<_, Value>>()
            .into()
    }
}

/// Everything that helps somebody to help, and nothing that must stay here.
fn bundle(config: &GatewayConfig, seen: &Seen) -> Result<Value, Fault> {
    Ok(json!({
        "program": { "name": "gdhcn", "version": env!("CARGO_PKG_VERSION") },
        "system": { "os": std::env::consts::OS, "architecture": std::env::consts::ARCH },
        "status": serde_json::to_value(&seen.status).or_internal("the status")?,
        "metrics": seen.metrics,
        "proxies": seen.proxies,
        "configuration": config.without_secrets().or_internal("the configuration")?,
    }))
}

fn tell(seen: &Seen) {
    let status = &seen.status;
    let running =
        if seen.metrics.is_some() { "running" } else { "not running, read from the database" };
    println!("{STRONG}gateway{PLAIN} {running}, revision {}", status.revision);
    for fault in &status.faults {
        println!("  {BAD}fault:{PLAIN} {}", tame_line(fault));
    }
    println!("{STRONG}participants{PLAIN} {}", status.participants.len());
    for participant in &status.participants {
        tell_participant(participant);
    }
    if status.expiring.is_empty() {
        println!("{GOOD}no certificate{PLAIN} ends within 60 days");
    }
    for expiring in &status.expiring {
        let colour = if expiring.days <= 7 { BAD } else { OPEN };
        println!(
            "  {colour}{} days{PLAIN}  {} {} until {}  {FAINT}{}{PLAIN}",
            expiring.days,
            expiring.country.as_deref().unwrap_or("this gateway's"),
            expiring.group,
            day(expiring.not_after),
            expiring.thumbprint
        );
    }
    if !status.peers.is_empty() {
        println!("{STRONG}pulled from{PLAIN} {}", status.peers.len());
    }
    for peer in &status.peers {
        show_peer(peer);
    }
    for one in &status.unusual_keys {
        let (country, group, count) = (&one.country, &one.group, one.count);
        let key = tame_line(&one.key);
        println!("  {FAINT}unusual key:{PLAIN} {country} {group} {key}, {count} certificates");
    }
    for collision in &status.kid_collisions {
        println!("  {OPEN}one kid, several certificates:{PLAIN} {}", tame_line(&collision.kid));
        for holder in &collision.certificates {
            println!("    {} {} {}", holder.country, holder.group, holder.thumbprint);
        }
    }
    for row in &status.unreadable_rows {
        println!("  {BAD}cannot be used:{PLAIN} {} {}: {}", row.table, row.id, row.fault);
    }
    for request in &status.pending_requests {
        println!(
            "  {OPEN}waits for operators:{PLAIN} request {} of {} for {}, {} approvals",
            request.id.get(..12).unwrap_or(&request.id),
            minute(request.created_at),
            request.participant,
            request.approvals
        );
    }
    println!("{STRONG}log{PLAIN} {} entries", status.log_entries);
    println!(
        "{STRONG}jobs{PLAIN} {}",
        if status.jobs.is_empty() { "none has run yet" } else { "" }
    );
    for job in &status.jobs {
        tell_job(job);
    }
}

fn tell_participant(participant: &ParticipantStatus) {
    let groups: Vec<_> = participant
        .groups
        .iter()
        .map(|group| format!("{} {}/{}", group.group, group.valid, group.all))
        .collect();
    let lapsed: Vec<_> = participant.lapsed().collect();
    let never: Vec<_> = participant
        .missing
        .iter()
        .map(String::as_str)
        .filter(|group| !lapsed.contains(group))
        .collect();
    let list = |colour: anstyle::Style, what: &str, groups: &[&str]| match groups {
        [] => String::new(),
        _ => format!("  {colour}{what}: {}{PLAIN}", groups.join(", ")),
    };
    let colour = if participant.needs_a_look() { BAD } else { OPEN };
    let (lapsed, never) =
        (list(BAD, "none valid any more", &lapsed), list(colour, "missing", &never));
    let came = match participant.last_download {
        Some(at) => format!("  {FAINT}last download {}{PLAIN}", minute(at)),
        None => format!("  {FAINT}no download yet{PLAIN}"),
    };
    println!("  {}  {}{lapsed}{never}{came}", participant.country, groups.join(", "));
}

fn tell_job(job: &JobStatus) {
    let ended = match (job.failures, job.last_succeeded_at) {
        (0, Some(at)) if job.marked => format!("{OPEN}needs a look{PLAIN}, done {}", minute(at)),
        (0, Some(at)) => format!("{GOOD}done{PLAIN} {}", minute(at)),
        (0, None) => "has not ended yet".to_owned(),
        (failures, last) => format!(
            "{BAD}failed{PLAIN} {failures} times, {}",
            last.map_or("never done".to_owned(), |at| format!("last done {}", minute(at)))
        ),
    };
    let running = job.running_in.as_ref().map(|process| format!("  runs in {process}"));
    println!(
        "  {}  {ended}{}  {FAINT}{}{PLAIN}",
        job.name,
        running.unwrap_or_default(),
        tame_line(job.message.as_deref().unwrap_or_default())
    );
}

//! `gdhcn gateway import`.

use std::fs::File;

use anyhow::Error;
use gdhcn_server::GatewayConfig;
use gdhcn_server::gateway::import::{
    Generation, ImportError, ImportOptions, ImportReport, Verdict, import,
};
use gdhcn_server::gateway::read_anchors;
use gdhcn_store::takeover::Before;
use jiff::SignedDuration;

use super::database::{self, must_exist};
use super::import_arguments::ImportArguments;
use super::serve::runtime;
use crate::exit::{Exit, Fault, OrInput};
use crate::output::{BAD, FAINT, GOOD, OPEN, PLAIN, STRONG, json, now, println, tame_line};

pub(super) fn run(arguments: &ImportArguments) -> Result<Exit, Fault> {
    let config = GatewayConfig::load(&arguments.config).or_input(arguments.config.display())?;
    // A dump says of itself what each certificate is for: one operator alone could say anything.
    let approvals = config.onboarding.approvals;
    if approvals > 1 && !arguments.dry_run {
        return Err(Fault::Usage(format!(
            "`onboarding.approvals` asks for {approvals} operators, and a dump is not put before \
             them; agree on its SHA-256 and what --dry-run shows, and set `approvals = 1` for this \
             one act"
        )));
    }
    let options = ImportOptions {
        anchors: read_anchors(&config.trust_anchors).or_input(arguments.config.display())?,
        zone: arguments.zone.clone(),
        now: now(),
        tombstones: SignedDuration::from_hours(24 * i64::from(config.jobs.tombstone_days)),
        dialect: arguments.dialect,
        allow_incomplete: arguments.allow_incomplete,
        only_proven: arguments.only_proven,
        before: if arguments.add { Before::Something } else { Before::Nothing },
        dry_run: arguments.dry_run,
    };
    // A dry run makes no database where there is none.
    let rehearse = arguments.dry_run && must_exist(&config.database).is_err();
    let open = || File::open(&arguments.dump);
    let fault = |error| match error {
        ImportError::Store(error) => database::unusable(error),
        error @ ImportError::NotEmpty(_) => {
            Fault::Input(Error::from(error).context(config.database.to_string()))
        }
        error => Fault::Input(Error::from(error).context(arguments.dump.display().to_string())),
    };
    let report = runtime()?.block_on(async {
        if rehearse {
            return import(open, None, &options).await.map_err(fault);
        }
        let store = database::open(&config.database).await?;
        let report = import(open, Some(&store), &options).await.map_err(fault);
        store.close().await;
        report
    })?;
    if arguments.json {
        json(&report)?;
    } else {
        tell(&report, arguments.dry_run);
    }
    Ok(if report.is_clean() { Exit::SUCCESS } else { Exit::NEGATIVE })
}

fn tell(report: &ImportReport, dry_run: bool) {
    let of = match report.generation {
        Generation::Eu => "the EU's gateway",
        _ => "the WHO's gateway (or that of DDCC)",
    };
    println!("{STRONG}dump of {of}{PLAIN}, {} change sets", report.change_sets);
    println!("SHA-256 {}", report.sha256);
    if let Some(at) = &report.taken_before {
        println!("{GOOD}taken over before{PLAIN}, {at}: nothing to do");
        return;
    }
    for row in &report.rows {
        let colour = match row.verdict {
            Verdict::Quarantined | Verdict::Rejected => BAD,
            Verdict::Unproven | Verdict::Remarked => OPEN,
            _ => FAINT,
        };
        println!(
            "{colour}{:<11}{PLAIN} {} {} (line {}): {}",
            row.verdict.as_str(),
            row.table,
            tame_line(row.id.as_deref().unwrap_or("?")),
            row.line,
            tame_line(&row.reason)
        );
        if let Some(advice) = &row.advice {
            println!("{:<11} {FAINT}{advice}{PLAIN}", "");
        }
    }
    for (table, counts) in &report.more {
        for (verdict, count) in counts {
            println!("{OPEN}and {count} more{PLAIN} {} of {table}", verdict.as_str());
        }
    }
    println!();
    let cells = |cell: &dyn Fn(Verdict) -> String| -> String {
        Verdict::ALL.iter().map(|verdict| format!("{:>12}", cell(*verdict))).collect()
    };
    println!("{STRONG}{:<24}{}{PLAIN}", "table", cells(&|verdict| verdict.as_str().to_owned()));
    for (table, counts) in &report.tables {
        let count = |verdict| counts.get(&verdict).copied().unwrap_or_default().to_string();
        println!("{table:<24}{}", cells(&count));
    }
    for (domain, count) in &report.domains {
        println!("domain {}: {count} certificates", tame_line(domain));
    }
    for note in &report.notes {
        println!("{OPEN}note{PLAIN}  {note}");
    }
    let unproven = report.count(Verdict::Unproven);
    if unproven > 0 {
        println!("{OPEN}{unproven} rows are unproven{PLAIN}: nothing in the dump vouches for them");
    }
    match (report.written, dry_run) {
        (true, _) => println!("{GOOD}taken over{PLAIN}"),
        (false, true) => println!("{FAINT}nothing was written{PLAIN}"),
        (false, false) => println!("{FAINT}nothing is new: nothing was written{PLAIN}"),
    }
}

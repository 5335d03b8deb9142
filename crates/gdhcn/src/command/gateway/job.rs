//! `gdhcn gateway job run`.

use gdhcn_server::config::LogLevel;
use gdhcn_server::jobs::{JobOutcome, JobReport, RunJobError};
use gdhcn_server::{Clock, Gateway, GatewayConfig};
use serde_json::json;

use super::arguments::JobRunArguments;
use super::database::must_exist;
use super::serve::{fault_of, log_to_standard_error, runtime};
use crate::exit::{Exit, Fault, OrInput};
use crate::output::{self, BAD, GOOD, OPEN, PLAIN, println, tame_line};

pub(super) fn run(arguments: &JobRunArguments) -> Result<Exit, Fault> {
    let config = GatewayConfig::load(&arguments.config).or_input(arguments.config.display())?;
    must_exist(&config.database)?;
    log_to_standard_error(LogLevel::Warn);
    let run = Gateway::run_job(&config, Clock::System, arguments.job, arguments.force);
    let report = match runtime()?.block_on(run) {
        Ok(report) => report,
        Err(RunJobError::Start(error)) => return Err(fault_of(error)),
        Err(error @ RunJobError::NotConfigured(_)) => return Err(Fault::Input(error.into())),
        Err(error @ RunJobError::Running(_)) => {
            println!("{OPEN}not run{PLAIN}  {error}");
            return Ok(Exit::NEGATIVE);
        }
        Err(error) => return Err(Fault::Internal(error.into())),
    };
    tell(&report, arguments.json)?;
    Ok(if report.outcome.is_success() { Exit::SUCCESS } else { Exit::NEGATIVE })
}

fn tell(report: &JobReport, as_json: bool) -> Result<(), Fault> {
    let (word, colour) = match report.outcome {
        JobOutcome::Done { .. } => ("done", GOOD),
        JobOutcome::Marked { .. } => ("marked", OPEN),
        JobOutcome::Failed { .. } => ("failed", BAD),
        JobOutcome::Interrupted => ("interrupted", BAD),
    };
    let message = report.outcome.message();
    if !as_json {
        println!("{colour}{word}{PLAIN}  {}: {}", report.job.as_str(), tame_line(message));
        for line in &report.details {
            println!("  {}", tame_line(line));
        }
        return Ok(());
    }
    output::json(&json!({
        "job": report.job.as_str(),
        "outcome": word,
        "message": message,
        "details": report.details,
        "startedAt": report.started_at.to_string(),
        "endedAt": report.ended_at.to_string(),
    }))
}

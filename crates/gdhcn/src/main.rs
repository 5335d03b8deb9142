//! The Global Digital Health Certification Network in one program.
//!
//! `main` reads the command line and turns results into exit codes; each command is a file in
//! `command`, a thin shell over the libraries.

mod ask;
mod cli;
mod command;
mod describe;
mod exit;
mod file;
mod input;
mod key_source;
mod onboarding;
mod output;
mod participant_files;
mod pdf;
mod trust_folder;
mod trust_source;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command, VerifierCommand};
use crate::exit::{Exit, Fault};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let wrong_usage = error.use_stderr();
            // A closed pipe is no reason to change the answer.
            let _ = error.print();
            return if wrong_usage { Exit::USAGE } else { Exit::SUCCESS }.into();
        }
    };
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(fault) => {
            let message = output::tame_line(&fault.to_string());
            crate::output::eprintln!("{}error:{} {message}", output::BAD, output::PLAIN);
            fault.exit().into()
        }
    }
}

fn run(cli: Cli) -> Result<Exit, Fault> {
    match cli.command {
        Command::Demo(arguments) => command::demo::run(&arguments),
        Command::Verify(arguments) => command::verify::run(&arguments),
        Command::Decode(arguments) => command::decode::run(&arguments),
        Command::Trust(command) => command::trust::run(&command),
        Command::TrustAnchor(command) => command::trust_anchor::run(&command),
        Command::Participant(command) => command::participant::run(&command),
        Command::Verifier(VerifierCommand::Serve(arguments)) => {
            command::verifier::serve(&arguments)
        }
        Command::Gateway(command) => command::gateway::run(&command),
        Command::ReadPdf => pdf::run(),
    }
}

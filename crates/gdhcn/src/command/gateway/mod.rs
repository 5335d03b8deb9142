//! `gdhcn gateway`: serving, looking after it, and deciding who is onboarded. One file a subcommand.

mod approval;
mod arguments;
mod audit;
mod backup;
mod config;
mod database;
mod decision;
mod desk;
mod federation;
mod import;
mod import_arguments;
mod init;
mod issuer;
mod job;
mod offboard;
mod onboard;
mod onboarding_arguments;
mod serve;
mod signing;
mod status;
mod trail;
mod value_set;

pub(crate) use self::arguments::GatewayCommand;
use self::arguments::{ConfigCommand, JobCommand};
pub(crate) use self::audit::{AuditArguments, Report as AuditReport, audit as run_audit};
pub(crate) use self::serve::{log_to_standard_error, runtime};
use crate::exit::{Exit, Fault};

pub(crate) fn run(command: &GatewayCommand) -> Result<Exit, Fault> {
    match command {
        GatewayCommand::Init(arguments) => init::run(arguments),
        GatewayCommand::Serve(arguments) if arguments.check => config::check(&arguments.config),
        GatewayCommand::Serve(arguments) => serve::run(arguments),
        GatewayCommand::Config(ConfigCommand::Check(arguments)) => config::check(&arguments.config),
        GatewayCommand::Onboard(arguments) => onboard::run(arguments),
        GatewayCommand::Approve(arguments) => approval::approve(arguments),
        GatewayCommand::Requests(arguments) => approval::requests(arguments),
        GatewayCommand::Offboard(arguments) => offboard::run(arguments),
        GatewayCommand::Issuer(command) => issuer::run(command),
        GatewayCommand::Federation(command) => federation::run(command),
        GatewayCommand::ValueSet(command) => value_set::run(command),
        GatewayCommand::Audit(arguments) => audit::run(arguments),
        GatewayCommand::Trail(arguments) => trail::run(arguments),
        GatewayCommand::Status(arguments) => status::run(arguments),
        GatewayCommand::Job(JobCommand::Run(arguments)) => job::run(arguments),
        GatewayCommand::Backup(arguments) => backup::back_up(arguments),
        GatewayCommand::Restore(arguments) => backup::restore(arguments),
        GatewayCommand::Import(arguments) => import::run(arguments),
    }
}

//! `gdhcn gateway`: serving, and deciding who is onboarded.

mod approval;
mod desk;
mod offboard;
mod onboard;
mod onboarding_arguments;

use std::io::IsTerminal as _;

use gdhcn_server::gateway::StartError;
use gdhcn_server::{Clock, Gateway, GatewayConfig};

pub(crate) use onboarding_arguments::{
    ApproveArguments, OffboardArguments, OnboardArguments, RequestsArguments,
};

use super::stop::StopSignals;
use crate::cli::{GatewayCommand, ServeArguments};
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::output::{PLAIN, STRONG, eprintln, println};

pub(crate) fn run(command: &GatewayCommand) -> Result<Exit, Fault> {
    match command {
        GatewayCommand::Serve(arguments) => serve(arguments),
        GatewayCommand::Onboard(arguments) => onboard::run(arguments),
        GatewayCommand::Approve(arguments) => approval::approve(arguments),
        GatewayCommand::Requests(arguments) => approval::requests(arguments),
        GatewayCommand::Offboard(arguments) => offboard::run(arguments),
    }
}

fn serve(arguments: &ServeArguments) -> Result<Exit, Fault> {
    log_to_standard_error();
    let config = GatewayConfig::load(&arguments.config).or_input(arguments.config.display())?;
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    runtime_with(config.worker_threads)?.block_on(async {
        let stop = StopSignals::listen()?;
        let gateway = Gateway::start(config, Clock::System).await.map_err(fault_of)?;
        let address = gateway.address();
        println!("gateway up at {STRONG}{scheme}://{address}{PLAIN}; Ctrl-C ends it");
        stop.received().await;
        eprintln!("finishing requests under way");
        gateway.shutdown().await;
        Ok(Exit::SUCCESS)
    })
}

/// Files that the configuration names are inputs.
fn fault_of(error: StartError) -> Fault {
    match error {
        StartError::Config(_)
        | StartError::Tls(_)
        | StartError::AnchorFile { .. }
        | StartError::Anchor { .. } => Fault::Input(error.into()),
        other => Fault::Internal(anyhow::Error::from(other).context("starting the gateway")),
    }
}

/// The runtime for services and network calls.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    runtime_with(None)
}

fn runtime_with(threads: Option<usize>) -> Result<tokio::runtime::Runtime, Fault> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    builder.enable_all().build().or_internal("starting the runtime")
}

/// Structured logs on standard error; `RUST_LOG` sets the level.
pub(super) fn log_to_standard_error() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    // What a panic says may hold anything of a request: a name, a code. The place is enough.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a defect of the program; please report it");
    }));
}

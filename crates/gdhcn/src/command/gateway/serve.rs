//! `gdhcn gateway serve`.

use std::convert::Infallible;
use std::io::IsTerminal as _;
use std::time::Duration;

use gdhcn_server::config::LogLevel;
use gdhcn_server::gateway::{ConfigWatch, StartError};
use gdhcn_server::{Clock, Gateway, RunningGateway};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, reload};

use super::super::stop::{HangUp, StopSignals};
use super::arguments::ServeArguments;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::output::{PLAIN, STRONG, eprintln, println};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

pub(super) fn run(arguments: &ServeArguments) -> Result<Exit, Fault> {
    let (watch, config) =
        ConfigWatch::load(&arguments.config).or_input(arguments.config.display())?;
    let log = log_to_standard_error(config.log_level);
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    runtime_with(config.worker_threads)?.block_on(async {
        let stop = StopSignals::listen()?;
        let hang_up = HangUp::listen()?;
        let gateway = Gateway::start(config, Clock::System).await.map_err(fault_of)?;
        let address = gateway.address();
        if let Some(address) = gateway.management_address() {
            println!("health and metrics at http://{address}");
        }
        println!("gateway up at {STRONG}{scheme}://{address}{PLAIN}; Ctrl-C ends it");
        tokio::select! {
            () = stop.received() => {}
            never = follow(&gateway, watch, hang_up, &log) => match never {},
        }
        eprintln!("finishing requests under way");
        gateway.shutdown().await;
        Ok(Exit::SUCCESS)
    })
}

/// Takes other files over, a few seconds after they have changed or at once on SIGHUP.
async fn follow(
    gateway: &RunningGateway,
    mut watch: ConfigWatch,
    mut hang_up: HangUp,
    log: &LogControl,
) -> Infallible {
    loop {
        let told = tokio::select! {
            () = hang_up.received() => true,
            () = tokio::time::sleep(LOOK_EVERY) => false,
        };
        if let Some(config) = gateway.look_again(&mut watch, told).await {
            log.set(config.log_level);
        }
    }
}

/// Files that the configuration names are inputs.
pub(super) fn fault_of(error: StartError) -> Fault {
    match error {
        StartError::Config(_)
        | StartError::Tls(_)
        | StartError::AnchorFile { .. }
        | StartError::Anchor { .. }
        | StartError::Publication(_) => Fault::Input(error.into()),
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

/// Changes what is logged while the program runs.
pub(crate) struct LogControl {
    /// None where `RUST_LOG` decides.
    filter: Option<reload::Handle<EnvFilter, Registry>>,
}

impl LogControl {
    fn set(&self, level: LogLevel) {
        if let Some(filter) = &self.filter {
            // It fails only when the log is gone.
            let _ = filter.reload(EnvFilter::new(level.as_str()));
        }
    }
}

/// Structured logs on standard error; `RUST_LOG` outweighs `level`.
pub(crate) fn log_to_standard_error(level: LogLevel) -> LogControl {
    let by_hand = EnvFilter::try_from_default_env().ok();
    let is_set = by_hand.is_some();
    let filter = by_hand.unwrap_or_else(|| EnvFilter::new(level.as_str()));
    let (filter, handle) = reload::Layer::new(filter);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    tracing_subscriber::registry().with(filter).with(lines).init();
    // What a panic says may hold anything of a request: a name, a code. The place is enough.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a defect of the program; please report it");
    }));
    LogControl { filter: (!is_set).then_some(handle) }
}

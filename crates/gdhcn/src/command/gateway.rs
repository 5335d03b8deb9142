//! `gdhcn gateway serve`.

use std::io::IsTerminal as _;

use anstream::{eprintln, println};
use gdhcn_server::{Clock, Gateway, GatewayConfig};

use super::stop::StopSignals;
use crate::cli::ServeArguments;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::output::{PLAIN, STRONG};

pub(crate) fn serve(arguments: &ServeArguments) -> Result<Exit, Fault> {
    log_to_standard_error();
    let config = GatewayConfig::load(&arguments.config).or_input(arguments.config.display())?;
    runtime()?.block_on(async {
        let stop = StopSignals::listen()?;
        let gateway =
            Gateway::start(config, Clock::System).await.or_internal("starting the gateway")?;
        println!("gateway up at {STRONG}https://{}{PLAIN}; Ctrl-C ends it", gateway.address());
        stop.received().await;
        eprintln!("finishing requests under way");
        gateway.shutdown().await;
        Ok(Exit::SUCCESS)
    })
}

/// The runtime for services and network calls.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .or_internal("starting the runtime")
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
}

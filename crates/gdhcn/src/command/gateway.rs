//! `gdhcn gateway serve`.

use std::io::IsTerminal as _;

use anstream::{eprintln, println};
use gdhcn_server::{Clock, Gateway, GatewayConfig};

use crate::cli::ServeArguments;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::output::{PLAIN, STRONG};

pub(crate) fn serve(arguments: &ServeArguments) -> Result<Exit, Fault> {
    log_to_standard_error();
    let config = GatewayConfig::load(&arguments.config).or_input(arguments.config.display())?;
    runtime()?.block_on(async {
        let gateway =
            Gateway::start(config, Clock::System).await.or_internal("starting the gateway")?;
        println!("gateway up at {STRONG}https://{}{PLAIN}; Ctrl-C ends it", gateway.address());
        asked_to_stop().await?;
        eprintln!("finishing requests under way");
        gateway.shutdown().await;
        Ok(Exit::SUCCESS)
    })
}

/// Waits for Ctrl-C or, where there is such a thing, SIGTERM: service managers send the latter.
pub(crate) async fn asked_to_stop() -> Result<(), Fault> {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).or_internal("waiting for SIGTERM")?;
        tokio::select! {
            interrupted = interrupt => interrupted.or_internal("waiting for Ctrl-C"),
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    interrupt.await.or_internal("waiting for Ctrl-C")
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

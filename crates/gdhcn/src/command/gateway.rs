//! `gdhcn gateway serve`.

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
        tokio::signal::ctrl_c().await.or_internal("waiting for Ctrl-C")?;
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
fn log_to_standard_error() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

//! `gdhcn verifier serve`.

use std::time::Duration;

use anstream::{eprintln, println};
use gdhcn_server::config::TlsFiles;
use gdhcn_server::{Clock, RunningVerifier, Verifier, VerifierConfig};
use gdhcn_verify::Policy;

use super::gateway::{log_to_standard_error, runtime};
use super::stop::StopSignals;
use crate::cli::VerifierServeArguments;
use crate::exit::{Exit, Fault, OrInternal};
use crate::output::{PLAIN, STRONG};
use crate::trust_source;

pub(crate) fn serve(arguments: &VerifierServeArguments) -> Result<Exit, Fault> {
    log_to_standard_error();
    let loaded = trust_source::load(&arguments.trust)?;
    let mut policy = Policy::new(arguments.policy);
    policy.last_age_days = arguments.max_age;
    let mut config = VerifierConfig::new(arguments.listen, policy);
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        config.tls = Some(TlsFiles { certificate: certificate.clone(), key: key.clone() });
    }
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    runtime()?.block_on(async {
        let stop = StopSignals::listen()?;
        let verifier = Verifier::start(config, loaded.store, Clock::System)
            .await
            .or_internal("starting the verifier")?;
        let address = verifier.address();
        println!("verifier up at {STRONG}{scheme}://{address}{PLAIN}; Ctrl-C ends it");
        tokio::select! {
            () = stop.received() => {}
            never = reload(arguments, &verifier) => match never {},
        }
        eprintln!("finishing requests under way");
        verifier.shutdown().await;
        Ok(Exit::SUCCESS)
    })
}

/// Reads the trust sources again and again. Where that fails, the keys read last stay.
async fn reload(
    arguments: &VerifierServeArguments,
    verifier: &RunningVerifier,
) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(Duration::from_secs(arguments.reload.into())).await;
        let trust = arguments.trust.clone();
        // Loading blocks: files are read and gateways asked.
        let loaded = tokio::task::spawn_blocking(move || trust_source::load(&trust)).await;
        match loaded {
            Ok(Ok(loaded)) => verifier.replace_trust(loaded.store),
            Ok(Err(fault)) => eprintln!("the trust sources stay as they were: {fault}"),
            Err(error) => eprintln!("the trust sources stay as they were: {error}"),
        }
    }
}

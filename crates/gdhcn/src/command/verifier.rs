//! `gdhcn verifier serve`.

use std::sync::Arc;
use std::time::Duration;

use gdhcn_server::config::{LogLevel, TlsFiles};
use gdhcn_server::{Clock, RunningVerifier, Verifier, VerifierConfig};
use gdhcn_trust::{ProofStatus, TrustStore, TrustedKey};
use gdhcn_verify::Policy;

use super::gateway::{log_to_standard_error, runtime};
use super::stop::StopSignals;
use crate::cli::VerifierServeArguments;
use crate::exit::{Exit, Fault, OrInternal};
use crate::output::{OPEN, PLAIN, STRONG, eprintln, println, tame_line};
use crate::trust_source;

pub(crate) fn serve(arguments: &VerifierServeArguments) -> Result<Exit, Fault> {
    log_to_standard_error(LogLevel::default());
    let loaded = trust_source::load(&arguments.trust)?;
    warn_about(&loaded.store);
    let store = Arc::new(loaded.store);
    let mut policy = Policy::new(arguments.policy);
    policy.last_age_days = arguments.max_age;
    policy.clock_skew = Policy::LIVE_CLOCK_SKEW;
    let mut config = VerifierConfig::new(arguments.listen, policy);
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        config.tls = Some(TlsFiles { certificate: certificate.clone(), key: key.clone() });
    }
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    runtime()?.block_on(async {
        let stop = StopSignals::listen()?;
        let verifier = Verifier::start(config, Arc::clone(&store), Clock::System)
            .await
            .or_internal("starting the verifier")?;
        let address = verifier.address();
        println!("verifier up at {STRONG}{scheme}://{address}{PLAIN}; Ctrl-C ends it");
        tokio::select! {
            () = stop.received() => {}
            never = reload(arguments, &verifier, store) => match never {},
        }
        eprintln!("finishing requests under way");
        verifier.shutdown().await;
        Ok(Exit::SUCCESS)
    })
}

/// What an operator should know before the first person stands before the service.
fn warn_about(store: &TrustStore) {
    if !store.keys().iter().any(TrustedKey::signs_documents) {
        eprintln!(
            "{OPEN}warning:{PLAIN} no trust source gives a key that signs documents: every code \
             will be \"cannot tell\". Name one with --trust, or fill the store with `gdhcn trust sync`"
        );
    }
    for source in store.sources() {
        if let ProofStatus::NoProof | ProofStatus::Unpinned { .. } = &source.proof {
            eprintln!(
                "{OPEN}warning:{PLAIN} {}: {}; whoever wrote the file decides what is accepted",
                tame_line(&source.name),
                tame_line(&source.proof.to_string())
            );
        }
    }
}

/// Reads the trust sources again and again. Where that fails, the keys read last stay.
async fn reload(
    arguments: &VerifierServeArguments,
    verifier: &RunningVerifier,
    mut present: Arc<TrustStore>,
) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(Duration::from_secs(arguments.reload.into())).await;
        let trust = arguments.trust.clone();
        // Loading blocks: files are read and gateways asked.
        let loaded = tokio::task::spawn_blocking(move || trust_source::load(&trust)).await;
        match loaded {
            Ok(Ok(loaded)) => match loaded.store.emptied_since(&present) {
                None => {
                    present = Arc::new(loaded.store);
                    verifier.replace_trust(Arc::clone(&present));
                }
                Some((source, lost)) => eprintln!(
                    "the trust sources stay as they were: {} gives neither signers nor authorities any \
                     more, and gave {lost} signers",
                    tame_line(&source.name)
                ),
            },
            Ok(Err(fault)) => eprintln!("the trust sources stay as they were: {fault}"),
            Err(error) => eprintln!("the trust sources stay as they were: {error}"),
        }
    }
}

//! `gdhcn gateway federation add`: from an address and certificates to what the trust anchor
//! signed.

use std::path::PathBuf;

use anyhow::anyhow;
use gdhcn_crypto::Backend;
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;
use gdhcn_server::gateway::store_peer;
use gdhcn_trust::federation::{Mode, Peer, PeerRequest, PeerUse, SignedPeer};

use super::arguments::AddArguments;
use crate::ask;
use crate::command::gateway::desk::Desk;
use crate::exit::{Exit, Fault, OrInput};
use crate::file;
use crate::onboarding::show_peer_request;
use crate::output::{OPEN, PLAIN, eprintln, now, println, tame_line};

pub(super) async fn run(arguments: &AddArguments) -> Result<Exit, Fault> {
    let desk = Desk::open(&arguments.config).await?;
    let needed = desk.operators.needed();
    if needed > 1 {
        return Err(Fault::Usage(format!(
            "`onboarding.approvals` asks for {needed} operators, and a gateway cannot be put before \
             them yet; agree on it, and set `approvals = 1` for this one act"
        )));
    }
    if let Some(path) = &arguments.import {
        let text = std::fs::read(path).or_input(path.display())?;
        let signed = SignedPeer::from_json(&text).or_input(path.display())?;
        signed.check(&desk.anchors, Backend::default()).or_input(path.display())?;
        show_peer_request(&signed.request);
        hint(&desk, &signed.request);
        return keep(arguments, &desk, &signed).await;
    }
    let request = request(arguments, &desk)?;
    show_peer_request(&request);
    hint(&desk, &request);
    if let Some(out) = &arguments.export {
        file::write_new(out, request.to_json().as_bytes())?;
        println!("to be signed: {}", out.display());
        println!("Next, where the trust anchor's key is:");
        println!("  gdhcn trust-anchor sign {} --key trust-anchor.key \\", out.display());
        println!("      --certificate trust-anchor.pem --out peer-response.json");
        return Ok(Exit::SUCCESS);
    }
    if arguments.dry_run {
        eprintln!("dry run: nothing was changed");
        return Ok(Exit::SUCCESS);
    }
    let key = arguments.sign_with.as_ref().ok_or_else(|| {
        Fault::Usage(
            "say how it is signed: --sign-with KEY, --export FILE or --import FILE; --dry-run only \
             shows it"
                .to_owned(),
        )
    })?;
    if !ask::confirm("Sign and keep this gateway?", arguments.yes)? {
        eprintln!("nothing was changed");
        return Ok(Exit::NEGATIVE);
    }
    let signer = key.open(&arguments.secret)?;
    let anchor = desk.anchor_of(key, signer.as_ref())?;
    let signed = request.sign(anchor, signer.as_ref(), now()).or_input(key.describe())?;
    store(arguments, &desk, &signed).await
}

fn request(arguments: &AddArguments, desk: &Desk) -> Result<PeerRequest, Fault> {
    let needed = |value: &Option<String>, name: &str| {
        value.clone().ok_or_else(|| Fault::Usage(format!("--{name} is missing")))
    };
    let mut certificates = Vec::new();
    for (of, files) in
        [(PeerUse::TrustAnchor, &arguments.trust_anchor), (PeerUse::Server, &arguments.server)]
    {
        for path in files {
            certificates.extend(read(path)?.into_iter().map(|certificate| (of, certificate)));
        }
    }
    let request = PeerRequest {
        gateway: desk.config.listen.to_string(),
        created: now(),
        peer: Peer {
            gateway_id: needed(&arguments.id, "id")?,
            endpoint: needed(&arguments.endpoint, "endpoint")?,
            kid: needed(&arguments.client, "client")?,
            public_key: None,
            downloader: Some(arguments.downloader),
            target: arguments.target,
            mode: arguments.mode,
        },
        certificates,
    };
    if !request.peer.endpoint.starts_with("https://") {
        return Err(Fault::Usage("--endpoint must begin with https://".to_owned()));
    }
    request.check().map_err(|error| Fault::Usage(error.to_string()))?;
    Ok(request)
}

fn read(path: &PathBuf) -> Result<Vec<Certificate>, Fault> {
    let bytes = std::fs::read(path).or_input(path.display())?;
    let found: Result<Vec<_>, _> = pem::certificates(&bytes).into_iter().collect();
    let found = found.or_input(path.display())?;
    if found.is_empty() {
        return Err(Fault::Input(anyhow!("{}: no certificate", path.display())));
    }
    Ok(found)
}

/// What can be kept and will not work nevertheless.
fn hint(desk: &Desk, request: &PeerRequest) {
    let client = desk.config.federation.clients.get(&request.peer.kid);
    if client.is_none() {
        eprintln!(
            "{OPEN}note:{PLAIN} `federation.clients` of the configuration has no {}; name \
             certificate and key there",
            tame_line(&request.peer.kid)
        );
    }
    let servers = request.certificates.iter().any(|(of, _)| *of == PeerUse::Server);
    if !servers && !client.is_some_and(|client| client.system_roots) {
        eprintln!(
            "{OPEN}note:{PLAIN} without --server nothing is pulled: nobody could tell whom we speak to"
        );
    }
    if request.peer.mode == Mode::Override {
        eprintln!(
            "{OPEN}note:{PLAIN} nothing is overridden before `gdhcn gateway federation pull --override`"
        );
    }
}

async fn keep(arguments: &AddArguments, desk: &Desk, signed: &SignedPeer) -> Result<Exit, Fault> {
    if arguments.dry_run {
        eprintln!("dry run: nothing was changed");
        return Ok(Exit::SUCCESS);
    }
    if !ask::confirm("Keep this gateway?", arguments.yes)? {
        eprintln!("nothing was changed");
        return Ok(Exit::NEGATIVE);
    }
    store(arguments, desk, signed).await
}

async fn store(arguments: &AddArguments, desk: &Desk, signed: &SignedPeer) -> Result<Exit, Fault> {
    let interval = Some(arguments.interval).filter(|seconds| *seconds > 0);
    store_peer(&desk.store, signed, interval, &desk.anchors, now())
        .await
        .or_input("keeping the gateway")?;
    let id = tame_line(&signed.request.peer.gateway_id);
    println!("kept: {id}; a running gateway pulls from it within a minute, or now:");
    println!("  gdhcn gateway federation pull --config {} {id}", arguments.config.display());
    Ok(Exit::SUCCESS)
}

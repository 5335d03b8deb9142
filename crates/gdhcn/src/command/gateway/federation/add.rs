//! `gdhcn gateway federation add`: from an address and certificates to what the trust anchor
//! signed.

use std::path::PathBuf;

use anyhow::anyhow;
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::federation::{Mode, Peer, PeerRequest, PeerUse, SignedPeer};

use super::arguments::AddArguments;
use crate::ask;
use crate::command::gateway::decision::Decision;
use crate::command::gateway::desk::Desk;
use crate::command::gateway::onboarding_arguments::SigningArguments;
use crate::command::gateway::{approval, signing};
use crate::exit::{Exit, Fault, OrInput};
use crate::onboarding::show_peer_request;
use crate::output::{self, OPEN, PLAIN, eprintln, now, tame_line};

pub(super) async fn run(arguments: &AddArguments) -> Result<Exit, Fault> {
    let desk = Desk::open(&arguments.config).await?;
    let signing = &arguments.signing;
    let decision = if let Some(path) = &signing.import {
        let text = std::fs::read_to_string(path).or_input(path.display())?;
        let signed = SignedPeer::from_json(text.as_bytes()).or_input(path.display())?;
        desk.is_asked_by(&signed.request.gateway, path)?;
        let decision = Decision::read(text, &desk.anchors).or_input(path.display())?;
        decision.show();
        hint(&desk, &signed.request);
        if signing.dry_run {
            return Ok(output::dry_run());
        }
        ask::confirm("Keep this gateway?", signing.yes)?.then_some(decision)
    } else {
        let request = request(arguments, &desk)?;
        show_peer_request(&request);
        hint(&desk, &request);
        if let Some(out) = &signing.export {
            return signing::export(out, &request.to_json(), "peer-response.json");
        }
        if signing.dry_run {
            return Ok(output::dry_run());
        }
        signed_here(&desk, signing, request)?
    };
    let Some(decision) = decision else {
        eprintln!("nothing was changed");
        return Ok(Exit::NEGATIVE);
    };
    approval::finish(&desk, &decision, &signing.operator).await
}

/// The decision, signed with the key at hand. `None` when nobody said yes.
fn signed_here(
    desk: &Desk,
    signing: &SigningArguments,
    request: PeerRequest,
) -> Result<Option<Decision>, Fault> {
    let key = signing.sign_with.as_ref().ok_or_else(|| Fault::Usage(signing::HOW.to_owned()))?;
    if !ask::confirm("Sign and keep this gateway?", signing.yes)? {
        return Ok(None);
    }
    let signer = key.open(&signing.secret)?;
    let anchor = desk.anchor_of(key, signer.as_ref())?;
    let signed = request.sign(anchor, signer.as_ref(), now()).or_input(key.describe())?;
    Decision::read(signed.to_json(), &desk.anchors).map(Some).map_err(Fault::Input)
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
        gateway: desk.config.name(),
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
        interval_seconds: Some(arguments.interval).filter(|seconds| *seconds > 0),
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

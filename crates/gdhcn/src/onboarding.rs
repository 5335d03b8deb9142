//! What the commands of onboarding share in showing.

use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::federation::PeerRequest;
use gdhcn_trust::onboarding_request::{OnboardingRequest, RequestItem};

use crate::output::{FAINT, PLAIN, STRONG, day, minute, println, spoken, tame_line};

/// Shows everything that a request asks to be signed.
pub(crate) fn show_request(request: &OnboardingRequest) {
    let participant = request.participant();
    println!(
        "{STRONG}{participant} {}{PLAIN}, asked for by {} on {}",
        participant.name(),
        tame_line(request.gateway()),
        minute(request.created())
    );
    println!("request      {}", spoken(request.digest()));
    for item in request.items() {
        show_item(item);
    }
}

/// Shows one item with the fingerprint of what is signed.
pub(crate) fn show_item(item: &RequestItem) {
    println!("{STRONG}{} {}{PLAIN}", item.domain(), item.kind());
    match item {
        RequestItem::Certificate { certificate, roles, .. } => {
            show_certificate(certificate, "  ");
            if !roles.is_empty() {
                println!("  roles        {}", roles.join(", "));
            }
        }
        RequestItem::Issuer { issuer, text, .. } => {
            println!("  text         {}", tame_line(text));
            println!("  document     {}", issuer.hash);
            println!("  fingerprint  {}", spoken(item.sha256()));
        }
    }
}

/// Shows what is to be signed of another gateway.
pub(crate) fn show_peer_request(request: &PeerRequest) {
    let peer = &request.peer;
    println!(
        "{STRONG}gateway {}{PLAIN}, asked for by {} on {}",
        tame_line(&peer.gateway_id),
        tame_line(&request.gateway),
        minute(request.created)
    );
    println!("request      {}", spoken(request.digest()));
    let interval = match request.interval_seconds {
        Some(seconds) => format!("every {seconds} s"),
        None => "only by hand".to_owned(),
    };
    for (name, value) in [
        ("address", peer.endpoint.as_str()),
        ("our client", &peer.kid),
        ("interface", peer.downloader.map_or("none", |one| one.as_str())),
        ("passed on", peer.target.as_str()),
        ("mode", peer.mode.as_str()),
        ("pulled from", &interval),
    ] {
        println!("{name:<12} {}", tame_line(value));
    }
    for (of, certificate) in &request.certificates {
        println!("{STRONG}{}{PLAIN}", of.as_str());
        show_certificate(certificate, "  ");
    }
}

/// Shows a certificate with its fingerprint, to compare by voice.
pub(crate) fn show_certificate(certificate: &Certificate, indent: &str) {
    let key = match certificate.public_key() {
        Ok(key) => key.to_string(),
        Err(error) => error.to_string(),
    };
    println!("{indent}subject      {}", tame_line(&certificate.subject().to_string()));
    println!("{indent}fingerprint  {}", spoken(certificate.thumbprint()));
    println!(
        "{indent}{FAINT}kid {}, key {key}, valid {} to {}{PLAIN}",
        certificate.kid().to_base64(),
        day(certificate.not_before()),
        day(certificate.not_after())
    );
}

//! `gdhcn gateway offboard`: takes a participant's onboarded certificates and issuers away.

use anyhow::anyhow;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_codes::Participant;
use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;
use gdhcn_server::gateway::{issuer_removal, offboarding};
use gdhcn_store::TrustContent;
use gdhcn_store::trusted_party::{PartyType, TrustedParty};

use super::desk::{Desk, operator};
use super::onboarding_arguments::OffboardArguments;
use crate::ask;
use crate::exit::{Exit, Fault, OrInternal};
use crate::output::{BAD, OPEN, PLAIN, STRONG, eprintln, now, println, spoken, tame_line};

pub(crate) fn run(arguments: &OffboardArguments) -> Result<Exit, Fault> {
    super::runtime()?.block_on(offboard(arguments))
}

async fn offboard(arguments: &OffboardArguments) -> Result<Exit, Fault> {
    let whose = Participant::parse(&arguments.participant)
        .map_err(|error| Fault::Usage(error.to_string()))?;
    let desk = Desk::open_existing(&arguments.config).await?;
    let content = desk.store.trust_content().await.or_internal("reading the database")?;
    let own: Vec<_> = content
        .trusted_parties
        .iter()
        .filter(|row| row.country == whose.alpha2() && row.source_gateway_id.is_none())
        .collect();
    let going = chosen(&own, &arguments.certificate)?;
    let mut issuers = desk.store.trusted_issuers().await.or_internal("reading the database")?;
    issuers.retain(|row| {
        arguments.certificate.is_empty()
            && row.issuer.country == whose.alpha2()
            && row.source_gateway_id.is_none()
    });
    if going.is_empty() && issuers.is_empty() {
        return Err(Fault::Input(anyhow!("{whose} {} has nothing onboarded", whose.name())));
    }
    println!("{STRONG}{whose} {}{PLAIN}: what will be taken away", whose.name());
    for row in &going {
        let domain = row.domain.as_deref().unwrap_or("no domain");
        println!("{BAD}{}{PLAIN} in {domain}: {}", row.certificate_type, spoken(&row.thumbprint));
        if let Some(certificate) = certificate(&row.raw_data) {
            crate::onboarding::show_certificate(&certificate, "  ");
        }
    }
    for row in &issuers {
        println!("{BAD}issuer{PLAIN} {}", tame_line(&row.issuer.url));
    }
    for (thumbprint, kid) in orphans(&content, &own, &going) {
        println!("{OPEN}loses its chain{PLAIN}: kid {kid}, {thumbprint}; it stays on the list");
    }
    if arguments.dry_run {
        eprintln!("dry run: nothing was changed");
        return Ok(Exit::SUCCESS);
    }
    let count = going.len() + issuers.len();
    if !ask::confirm(&format!("Take these {count} away?"), arguments.yes)? {
        eprintln!("nothing was changed");
        return Ok(Exit::NEGATIVE);
    }
    let why = format!("taken away by {}", operator());
    let steps = going
        .iter()
        .map(|row| offboarding(row, &why, now()))
        .chain(issuers.iter().filter_map(|row| issuer_removal(row, &why, now())))
        .collect();
    let count = desk.store.change_onboarded(steps, None).await.or_internal("off-boarding")?;
    println!("off-boarded: {count} taken away; a running gateway sees it at once");
    Ok(Exit::SUCCESS)
}

/// The rows with these fingerprints, written in groups or not; all rows without any.
fn chosen<'a>(
    own: &[&'a TrustedParty],
    fingerprints: &[String],
) -> Result<Vec<&'a TrustedParty>, Fault> {
    if fingerprints.is_empty() {
        return Ok(own.to_vec());
    }
    let mut rows = Vec::new();
    for fingerprint in fingerprints {
        let digits: String = fingerprint
            .chars()
            .filter(|digit| digit.is_ascii_hexdigit())
            .map(|digit| digit.to_ascii_lowercase())
            .collect();
        let row = own.iter().find(|row| row.thumbprint == digits).ok_or_else(|| {
            Fault::Input(anyhow!("the participant has no certificate {fingerprint}"))
        })?;
        rows.push(*row);
    }
    Ok(rows)
}

/// Uploaded certificates that no authority vouches for afterwards, but one does now.
fn orphans(
    content: &TrustContent,
    own: &[&TrustedParty],
    going: &[&TrustedParty],
) -> Vec<(String, String)> {
    let is_authority =
        |row: &&TrustedParty| matches!(row.certificate_type, PartyType::Csca | PartyType::Deca);
    let authorities = |leaving: bool| -> Vec<Certificate> {
        own.iter()
            .copied()
            .filter(is_authority)
            .filter(|row| going.iter().any(|gone| gone.id == row.id) == leaving)
            .filter_map(|row| certificate(&row.raw_data))
            .collect()
    };
    let (leaving, staying) = (authorities(true), authorities(false));
    let Some(country) = own.first().map(|row| row.country.as_str()) else { return Vec::new() };
    content
        .signer_information
        .iter()
        .filter(|row| row.country == country && row.source_gateway_id.is_none())
        .filter(|row| {
            let Some(signer) = certificate(&row.raw_data) else { return false };
            is_signed_by_one_of(&signer, &leaving) && !is_signed_by_one_of(&signer, &staying)
        })
        .map(|row| (row.thumbprint.clone(), row.kid.clone()))
        .collect()
}

fn is_signed_by_one_of(certificate: &Certificate, issuers: &[Certificate]) -> bool {
    issuers.iter().any(|issuer| {
        let key = issuer.public_key().map_err(Clone::clone);
        let verifier = key.and_then(|key| Backend::default().verifier(key));
        verifier.is_ok_and(|verifier| certificate.verify_signature(verifier.as_ref()).is_ok())
    })
}

fn certificate(base64: &str) -> Option<Certificate> {
    Certificate::from_der(&BASE64_STANDARD.decode(base64).ok()?).ok()
}

//! `gdhcn gateway offboard`: takes a participant's onboarded certificates and issuers away.

use anyhow::anyhow;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_codes::Participant;
use gdhcn_crypto::Backend;
use gdhcn_envelope::x509::Certificate;
use gdhcn_server::gateway::{issuer_removal, offboarding, signer_removal};
use gdhcn_store::signer_information::SignerInformation;
use gdhcn_store::trusted_party::{PartyType, TrustedParty};

use super::desk::{Desk, operator};
use super::onboarding_arguments::OffboardArguments;
use crate::ask;
use crate::exit::{Exit, Fault, OrInternal};
use crate::output::{self, BAD, OPEN, PLAIN, STRONG, eprintln, now, println, spoken, tame_line};

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
    let uploaded: Vec<_> = content
        .signer_information
        .iter()
        .filter(|row| row.country == whose.alpha2() && row.source_gateway_id.is_none())
        .collect();
    let (going, signers) = chosen(&own, &uploaded, arguments)?;
    let mut issuers = desk.store.trusted_issuers().await.or_internal("reading the database")?;
    issuers.retain(|row| {
        arguments.certificate.is_empty()
            && row.issuer.country == whose.alpha2()
            && row.source_gateway_id.is_none()
    });
    if going.is_empty() && issuers.is_empty() && signers.is_empty() {
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
    for row in &signers {
        let kid = tame_line(&row.kid);
        println!("{BAD}{}{PLAIN} kid {kid}: {}", row.certificate_type, spoken(&row.thumbprint));
    }
    let mut stay = false;
    for (thumbprint, kid) in orphans(&uploaded, &own, &going) {
        if !signers.iter().any(|row| row.thumbprint == thumbprint) {
            println!("{OPEN}loses its chain{PLAIN}: kid {kid}, {thumbprint}; it stays on the list");
            stay = true;
        }
    }
    if stay && arguments.certificate.is_empty() {
        println!("  its participant cannot withdraw it any more: --signers takes it away too");
    }
    if arguments.dry_run {
        return Ok(output::dry_run());
    }
    let count = going.len() + issuers.len() + signers.len();
    if !ask::confirm(&format!("Take these {count} away?"), arguments.yes)? {
        eprintln!("nothing was changed");
        return Ok(Exit::NEGATIVE);
    }
    let why = format!("taken away by {}", operator());
    let steps = going
        .iter()
        .map(|row| offboarding(row, &why, now()))
        .chain(signers.iter().map(|row| signer_removal(row, &why, now())))
        .chain(issuers.iter().filter_map(|row| issuer_removal(row, &why, now())))
        .collect();
    let count = desk.store.change_onboarded(steps, None).await.or_internal("off-boarding")?;
    println!("off-boarded: {count} taken away; a running gateway sees it within a second");
    Ok(Exit::SUCCESS)
}

/// The rows with the named fingerprints, written in groups or not; without any all that are
/// onboarded, and what is uploaded where that is asked for.
fn chosen<'a>(
    own: &[&'a TrustedParty],
    uploaded: &[&'a SignerInformation],
    arguments: &OffboardArguments,
) -> Result<(Vec<&'a TrustedParty>, Vec<&'a SignerInformation>), Fault> {
    if arguments.certificate.is_empty() {
        let signers = if arguments.signers { uploaded.to_vec() } else { Vec::new() };
        return Ok((own.to_vec(), signers));
    }
    let (mut going, mut signers) = (Vec::new(), Vec::new());
    for fingerprint in &arguments.certificate {
        let digits: String = fingerprint
            .chars()
            .filter(|digit| digit.is_ascii_hexdigit())
            .map(|digit| digit.to_ascii_lowercase())
            .collect();
        let before = going.len() + signers.len();
        going.extend(own.iter().filter(|row| row.thumbprint == digits));
        signers.extend(uploaded.iter().filter(|row| row.thumbprint == digits));
        if going.len() + signers.len() == before {
            return Err(Fault::Input(anyhow!("the participant has no certificate {fingerprint}")));
        }
    }
    Ok((going, signers))
}

/// Uploaded certificates that no authority vouches for afterwards, but one does now.
fn orphans(
    uploaded: &[&SignerInformation],
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
    uploaded
        .iter()
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

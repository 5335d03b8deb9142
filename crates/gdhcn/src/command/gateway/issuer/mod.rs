//! `gdhcn gateway issuer`: issuers outside the gateway that the trust anchor vouches for.

mod arguments;

use anyhow::anyhow;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_envelope::pem;
use gdhcn_server::gateway::{check_issuer, issuer_removal, peer_anchors};
use gdhcn_store::trusted_issuer::TrustedIssuer;
use gdhcn_trust::issuer::IssuerKind;
use gdhcn_trust::onboarding_request::{OnboardingRequest, RequestItem};
use gdhcn_trust::participant_folder::IssuerFile;
use serde_json::json;

pub(crate) use self::arguments::IssuerCommand;
use self::arguments::{AddArguments, ListArguments, RemoveArguments};
use super::desk::{Desk, operator};
use super::signing;
use crate::ask;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::onboarding::show_item;
use crate::output::tame_line;
use crate::output::{self, BAD, FAINT, GOOD, PLAIN, STRONG, eprintln, minute, now, println};

pub(super) fn run(command: &IssuerCommand) -> Result<Exit, Fault> {
    super::runtime()?.block_on(async {
        match command {
            IssuerCommand::Add(arguments) => add(arguments).await,
            IssuerCommand::List(arguments) => list(arguments).await,
            IssuerCommand::Remove(arguments) => remove(arguments).await,
        }
    })
}

async fn add(arguments: &AddArguments) -> Result<Exit, Fault> {
    let file = as_file(arguments)?;
    let item = RequestItem::issuer(arguments.domain.clone(), file)
        .map_err(|fault| Fault::Usage(fault.to_string()))?;
    let desk = Desk::open(&arguments.config).await?;
    println!("{STRONG}what will change{PLAIN}");
    println!("{GOOD}added{PLAIN}");
    show_item(&item);
    let gateway = desk.config.name();
    let request = OnboardingRequest::new(gateway, now(), arguments.country, vec![item])
        .or_input("the issuer")?;
    signing::finish(&desk, &request, &arguments.signing, None).await
}

/// The arguments in the form of a participant's file.
fn as_file(arguments: &AddArguments) -> Result<IssuerFile, Fault> {
    let is_did = arguments.url.starts_with("did:");
    let kind = if is_did { IssuerKind::Did } else { IssuerKind::Http };
    if arguments.kind.is_some_and(|said| said != kind) {
        let (url, kind) = (&arguments.url, kind.as_str());
        return Err(Fault::Usage(format!("--type: {url} is of the type {kind}")));
    }
    let mut ssl_public_keys = Vec::new();
    if let Some(path) = &arguments.tls_certificate {
        let bytes = std::fs::read(path).or_input(path.display())?;
        for certificate in pem::certificates(&bytes).into_iter().take(1) {
            let certificate = certificate.or_input(path.display())?;
            ssl_public_keys.push(BASE64_STANDARD.encode(certificate.der()));
        }
    }
    Ok(IssuerFile {
        name: arguments.name.clone(),
        url: arguments.url.clone(),
        url_type: kind.as_str().to_owned(),
        hash: arguments.hash.clone(),
        ssl_public_keys,
        country: arguments.country.alpha2().to_owned(),
        key_storage_type: arguments.key_storage_type.clone(),
        signature: None,
    })
}

async fn list(arguments: &ListArguments) -> Result<Exit, Fault> {
    let desk = Desk::open_existing(&arguments.config).await?;
    let rows = desk.store.trusted_issuers().await.or_internal("reading the database")?;
    let content = desk.store.trust_content().await.or_internal("reading the database")?;
    let fault = |row: &TrustedIssuer| {
        let anchors = match &row.source_gateway_id {
            None => desk.anchors.clone(),
            Some(source) => peer_anchors(source, &content, &desk.anchors),
        };
        check_issuer(row, &anchors, desk.config.profile).err()
    };
    let shown: Vec<_> = rows.iter().map(|row| (row, fault(row))).collect();
    if arguments.json {
        let rows: Vec<_> =
            shown.iter().map(|(row, fault)| as_json(row, fault.as_deref())).collect();
        output::json(&rows)?;
    } else {
        for (row, fault) in &shown {
            show(row, fault.as_deref());
        }
        if shown.is_empty() {
            println!("there is no issuer");
        }
    }
    let all_served = shown.iter().all(|(_, fault)| fault.is_none());
    Ok(if all_served { Exit::SUCCESS } else { Exit::NEGATIVE })
}

fn show(row: &TrustedIssuer, fault: Option<&str>) {
    let issuer = &row.issuer;
    let domain = issuer.domain.as_deref().unwrap_or("no domain");
    let (country, kind) = (tame_line(&issuer.country), tame_line(&issuer.url_type));
    println!("{STRONG}{country}{PLAIN} {} ({kind} in {domain})", tame_line(&issuer.name));
    println!("  {}", tame_line(&issuer.url));
    let uuid = row.uuid.as_deref().unwrap_or("without an identifier");
    println!("  {FAINT}{uuid}, since {}{PLAIN}", minute(issuer.created_at));
    if let Some(gateway) = &row.source_gateway_id {
        println!("  {FAINT}from the gateway {gateway}{PLAIN}");
    }
    if let Some(fault) = fault {
        println!("  {BAD}not served{PLAIN}: {fault}");
    }
}

fn as_json(row: &TrustedIssuer, fault: Option<&str>) -> serde_json::Value {
    let issuer = &row.issuer;
    json!({
        "uuid": row.uuid,
        "country": issuer.country,
        "name": issuer.name,
        "url": issuer.url,
        "type": issuer.url_type,
        "domain": issuer.domain,
        "thumbprint": issuer.thumbprint,
        "keyStorageType": issuer.key_storage_type,
        "createdAt": issuer.created_at.to_string(),
        "sourceGateway": row.source_gateway_id,
        "fault": fault,
    })
}

async fn remove(arguments: &RemoveArguments) -> Result<Exit, Fault> {
    let desk = Desk::open_existing(&arguments.config).await?;
    let mut rows = desk.store.trusted_issuers().await.or_internal("reading the database")?;
    rows.retain(|row| {
        let named = |uuid: &String| uuid.starts_with(&arguments.uuid);
        row.source_gateway_id.is_none() && row.uuid.as_ref().is_some_and(named)
    });
    let row = match (rows.pop(), rows.is_empty()) {
        (Some(row), true) => row,
        (Some(_), false) => {
            return Err(Fault::Usage(format!("several begin with {:?}", arguments.uuid)));
        }
        (None, _) => {
            return Err(Fault::Input(anyhow!(
                "no own issuer has the identifier {:?}; `gdhcn gateway issuer list` shows them",
                arguments.uuid
            )));
        }
    };
    show(&row, None);
    if arguments.dry_run {
        return Ok(output::dry_run());
    }
    if !ask::confirm("Take this issuer away?", arguments.yes)? {
        eprintln!("nothing was changed");
        return Ok(Exit::NEGATIVE);
    }
    let why = format!("taken away by {}", operator());
    let steps = issuer_removal(&row, &why, now()).into_iter().collect();
    desk.store.change_onboarded(steps, None).await.or_internal("taking it away")?;
    println!("taken away; a running gateway sees it within a second");
    Ok(Exit::SUCCESS)
}

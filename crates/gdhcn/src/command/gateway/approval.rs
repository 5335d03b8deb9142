//! Requests that wait for operators, and their word.

use anyhow::anyhow;
use gdhcn_crypto::Backend;
use gdhcn_server::gateway::{operators_event, store_request};
use gdhcn_store::onboarding::{Approval, OnboardingRequest as Row, RequestState};
use gdhcn_trust::onboarding_request::{OnboardingRequest, OnboardingResponse, SignedRequest};
use serde_json::json;

use super::desk::Desk;
use super::onboard::show_waiting;
use super::onboarding_arguments::{ApproveArguments, OperatorArguments, RequestsArguments};
use crate::ask;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::key_source::SecretArguments;
use crate::output::{self, GOOD, OPEN, PLAIN, STRONG, eprintln, minute, now, println};

/// Carries a signed request out, or keeps it until it has its approvals.
pub(super) async fn finish(
    desk: &Desk,
    signed: &SignedRequest,
    response: &OnboardingResponse,
    operator: &OperatorArguments,
) -> Result<Exit, Fault> {
    if !desk.operators.are_asked() {
        return carry_out(desk, signed, &[], None).await;
    }
    let approval = approve_as(desk, &signed.request, operator)?;
    let participant = signed.request.participant();
    let row = Row {
        id: signed.request.digest().to_string(),
        created_at: now(),
        participant: participant.alpha3().to_owned(),
        state: RequestState::Pending,
        content: response.to_json(),
        approvals: vec![approval],
    };
    let operator = row.approvals.first().map(|one| one.operator.clone()).unwrap_or_default();
    let description = format!("request {}, approved by {operator}", row.id);
    let event = operators_event(
        "ONBOARDING_REQUESTED",
        description,
        participant.alpha2(),
        Some(row.id.clone()),
        now(),
    );
    desk.store.add_onboarding_request(&row, &event).await.or_internal("keeping the request")?;
    complete(desk, signed, &row).await
}

/// Carries the request out if it has all approvals that it needs.
async fn complete(desk: &Desk, signed: &SignedRequest, row: &Row) -> Result<Exit, Fault> {
    let names = desk.operators.who_approved(&signed.request, &row.approvals);
    let needed = desk.operators.needed();
    if names.len() >= needed {
        return carry_out(desk, signed, &names, Some(&row.id)).await;
    }
    println!(
        "{OPEN}waiting{PLAIN}: {} of {needed} approvals ({}); nothing is trusted yet",
        names.len(),
        names.join(", ")
    );
    println!("Next, another operator ({}):", others(desk, &names));
    println!(
        "  gdhcn gateway approve --config gateway.toml {} --operator NAME --operator-key FILE",
        row.id.get(..12).unwrap_or(&row.id)
    );
    Ok(Exit::SUCCESS)
}

fn others(desk: &Desk, names: &[&str]) -> String {
    desk.operators.names().filter(|name| !names.contains(name)).collect::<Vec<_>>().join(" or ")
}

async fn carry_out(
    desk: &Desk,
    signed: &SignedRequest,
    names: &[&str],
    pending: Option<&str>,
) -> Result<Exit, Fault> {
    let count = store_request(&desk.store, signed, &desk.anchors, names, pending, now())
        .await
        .or_internal("onboarding")?;
    println!("{GOOD}onboarded{PLAIN}: {count} changes; a running gateway sees them at once");
    Ok(Exit::SUCCESS)
}

/// An operator's approval, by the key that the configuration has for the name.
fn approve_as(
    desk: &Desk,
    request: &OnboardingRequest,
    arguments: &OperatorArguments,
) -> Result<Approval, Fault> {
    let (Some(name), Some(key)) = (&arguments.operator, &arguments.operator_key) else {
        return Err(Fault::Usage(format!(
            "onboarding needs the word of {} of the operators {}; give --operator NAME \
             --operator-key FILE",
            desk.operators.needed(),
            desk.operators.names().collect::<Vec<_>>().join(", ")
        )));
    };
    let wanted = desk
        .operators
        .key(name)
        .ok_or_else(|| Fault::Usage(format!("{name:?} is no operator of this gateway")))?;
    let secret = SecretArguments {
        passphrase_file: arguments.operator_passphrase_file.clone(),
        pkcs11_module: None,
    };
    let signer = key.open(&secret)?;
    if signer.public_key() != wanted {
        return Err(Fault::Input(anyhow!("{} is not the key of {name}", key.describe())));
    }
    let signature = request.approve(signer.as_ref()).or_input(key.describe())?;
    Ok(Approval { operator: name.clone(), approved_at: now(), signature })
}

pub(crate) fn approve(arguments: &ApproveArguments) -> Result<Exit, Fault> {
    super::runtime()?.block_on(async {
        let desk = Desk::open_existing(&arguments.config).await?;
        let mut row = find(&desk, &arguments.request).await?;
        let signed = opened(&desk, &row)?;
        show_waiting(&signed);
        if !ask::confirm("Approve this?", arguments.yes)? {
            eprintln!("nothing was changed");
            return Ok(Exit::NEGATIVE);
        }
        let approval = approve_as(&desk, &signed.request, &arguments.operator)?;
        let description = format!("request {}, approved by {}", row.id, approval.operator);
        let country = signed.request.participant().alpha2();
        let event = operators_event(
            "ONBOARDING_APPROVED",
            description,
            country,
            Some(row.id.clone()),
            now(),
        );
        desk.store
            .approve_onboarding_request(&row.id, &approval, &event)
            .await
            .or_input(row.id.clone())?;
        row.approvals.push(approval);
        complete(&desk, &signed, &row).await
    })
}

pub(crate) fn requests(arguments: &RequestsArguments) -> Result<Exit, Fault> {
    super::runtime()?.block_on(async {
        let desk = Desk::open_existing(&arguments.config).await?;
        if let Some(name) = &arguments.withdraw {
            let row = find(&desk, name).await?;
            let country = opened(&desk, &row)?.request.participant().alpha2();
            let description = format!("request {} withdrawn", row.id);
            let event = operators_event(
                "ONBOARDING_WITHDRAWN",
                description,
                country,
                Some(row.id.clone()),
                now(),
            );
            let withdrawn = desk.store.withdraw_onboarding_request(&row.id, &event).await;
            withdrawn.or_input(row.id.clone())?;
            println!("withdrawn: {}", row.id);
            return Ok(Exit::SUCCESS);
        }
        let rows = desk.store.onboarding_requests().await.or_internal("reading the database")?;
        let shown = rows.iter().filter(|row| arguments.all || row.state == RequestState::Pending);
        if arguments.json {
            let rows: Vec<_> = shown.map(|row| as_json(&desk, row)).collect();
            output::json(&rows)?;
            return Ok(Exit::SUCCESS);
        }
        let mut count = 0;
        for row in shown {
            count += 1;
            println!(
                "{STRONG}{}{PLAIN} {} {} of {}",
                row.id.get(..12).unwrap_or(&row.id),
                row.participant,
                row.state,
                minute(row.created_at)
            );
            match opened(&desk, row) {
                Ok(signed) => {
                    let names = desk.operators.who_approved(&signed.request, &row.approvals);
                    println!(
                        "  {} items, approved by {}",
                        signed.request.items().len(),
                        names.join(", ")
                    );
                }
                Err(fault) => println!("  {OPEN}it does not hold{PLAIN}: {fault}"),
            }
        }
        if count == 0 {
            println!("no request waits");
        }
        Ok(Exit::SUCCESS)
    })
}

fn as_json(desk: &Desk, row: &Row) -> serde_json::Value {
    let signed = opened(desk, row);
    let (approved, items, fault) = match &signed {
        Ok(signed) => (
            desk.operators.who_approved(&signed.request, &row.approvals),
            signed.request.items().len(),
            None,
        ),
        Err(fault) => (Vec::new(), 0, Some(fault.to_string())),
    };
    json!({
        "id": row.id,
        "participant": row.participant,
        "state": row.state.as_str(),
        "createdAt": row.created_at.to_string(),
        "items": items,
        "approvedBy": approved,
        "needed": desk.operators.needed(),
        "fault": fault,
    })
}

/// The pending request whose name begins so.
async fn find(desk: &Desk, name: &str) -> Result<Row, Fault> {
    let rows = desk.store.onboarding_requests().await.or_internal("reading the database")?;
    let mut fitting: Vec<_> = rows
        .into_iter()
        .filter(|row| row.state == RequestState::Pending && row.id.starts_with(name))
        .collect();
    match (fitting.pop(), fitting.is_empty()) {
        (Some(row), true) => Ok(row),
        (Some(_), false) => Err(Fault::Usage(format!("several requests begin with {name:?}"))),
        (None, _) => Err(Fault::Input(anyhow!("no pending request begins with {name:?}"))),
    }
}

/// The content of a row, checked from its beginning: the database is not believed.
fn opened(desk: &Desk, row: &Row) -> Result<SignedRequest, Fault> {
    let what = || format!("the request {}", row.id);
    let response = OnboardingResponse::from_json(row.content.as_bytes()).or_input(what())?;
    let signed = response.check(&desk.anchors, Backend::default()).or_input(what())?;
    if signed.request.digest().to_string() != row.id {
        return Err(Fault::Input(anyhow!("{} is not what its row holds", what())));
    }
    Ok(signed)
}

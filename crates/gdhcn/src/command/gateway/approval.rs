//! Requests that wait for operators, and their word.

use anyhow::anyhow;
use gdhcn_crypto::{Signer, Thumbprint};
use gdhcn_server::gateway::operators_event;
use gdhcn_store::StoreError;
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::onboarding::{Approval, CarriedOut, OnboardingRequest as Row, RequestState};
use gdhcn_trust::approval;
use serde_json::json;

use super::decision::{Decision, refused};
use super::desk::Desk;
use super::onboarding_arguments::{ApproveArguments, OperatorArguments, RequestsArguments};
use crate::ask;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::key_source::SecretArguments;
use crate::output::{
    self, GOOD, OPEN, PLAIN, STRONG, argument, eprintln, minute, now, println, tame_line,
};

/// Carries a signed request out, or keeps it until it has its approvals.
pub(super) async fn finish(
    desk: &Desk,
    decision: &Decision,
    operator: &OperatorArguments,
) -> Result<Exit, Fault> {
    let id = decision.digest().to_string();
    let mut row = Row {
        id,
        created_at: now(),
        participant: decision.whose().to_owned(),
        state: RequestState::Pending,
        content: decision.text.clone(),
        approvals: Vec::new(),
    };
    if !desk.operators.are_asked() {
        return carry_out(desk, decision, &[], CarriedOut::AtOnce(&row)).await;
    }
    let approval = approve_as(desk, &decision.digest(), operator)?;
    let description = format!("request {}, approved by {}", row.id, approval.operator);
    row.approvals.push(approval);
    let event = event("ONBOARDING_REQUESTED", description, decision, &row);
    let kept = desk.store.add_onboarding_request(&row, &event).await;
    kept.map_err(refused)?;
    complete(desk, decision, &row).await
}

fn event(event: &str, description: String, decision: &Decision, row: &Row) -> AuditEvent {
    operators_event(event, description, decision.country(), Some(row.id.clone()), now())
}

/// Carries the request out if it has all approvals that it needs.
async fn complete(desk: &Desk, decision: &Decision, row: &Row) -> Result<Exit, Fault> {
    let names = desk.operators.who_approved(&decision.digest(), &row.approvals);
    let needed = desk.operators.needed();
    if names.len() >= needed {
        return carry_out(desk, decision, &names, CarriedOut::Pending(&row.id)).await;
    }
    println!(
        "{OPEN}waiting{PLAIN}: {} of {needed} approvals ({}); nothing is trusted yet",
        names.len(),
        names.join(", ")
    );
    println!("Next, another operator ({}):", others(desk, &names));
    println!(
        "  gdhcn gateway approve --config {} {} --operator NAME --operator-key FILE",
        argument(&desk.path),
        row.id.get(..12).unwrap_or(&row.id)
    );
    Ok(Exit::SUCCESS)
}

fn is_complete(desk: &Desk, decision: &Decision, row: &Row) -> bool {
    desk.operators.who_approved(&decision.digest(), &row.approvals).len() >= desk.operators.needed()
}

fn others(desk: &Desk, names: &[&str]) -> String {
    desk.operators.names().filter(|name| !names.contains(name)).collect::<Vec<_>>().join(" or ")
}

async fn carry_out(
    desk: &Desk,
    decision: &Decision,
    names: &[&str],
    request: CarriedOut<'_>,
) -> Result<Exit, Fault> {
    let done = decision.store(desk, names, request).await?;
    println!("{GOOD}{done}{PLAIN}");
    Ok(Exit::SUCCESS)
}

/// An operator's approval, by the key that the configuration has for the name.
fn approve_as(
    desk: &Desk,
    request: &Thumbprint,
    arguments: &OperatorArguments,
) -> Result<Approval, Fault> {
    let (name, signer) = operator_of(desk, arguments)?;
    let signature = approval::approve(request, signer.as_ref()).or_input(&name)?;
    Ok(Approval { operator: name, approved_at: now(), signature })
}

/// An operator of the configuration, who holds the key that it has for the name.
pub(super) fn operator_of(
    desk: &Desk,
    arguments: &OperatorArguments,
) -> Result<(String, Box<dyn Signer>), Fault> {
    let (Some(name), Some(key)) = (&arguments.operator, &arguments.operator_key) else {
        return Err(Fault::Usage(format!(
            "this needs the word of an operator ({}); give --operator NAME --operator-key FILE",
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
    Ok((name.clone(), signer))
}

pub(crate) fn approve(arguments: &ApproveArguments) -> Result<Exit, Fault> {
    super::runtime()?.block_on(async {
        let desk = Desk::open_existing(&arguments.config).await?;
        let row = find(&desk, &arguments.request).await?;
        let decision = opened(&desk, &row)?;
        decision.show();
        if !ask::confirm("Approve this?", arguments.yes)? {
            eprintln!("nothing was changed");
            return Ok(Exit::NEGATIVE);
        }
        let approval = approve_as(&desk, &decision.digest(), &arguments.operator)?;
        let description = format!("request {}, approved by {}", row.id, approval.operator);
        let event = event("ONBOARDING_APPROVED", description, &decision, &row);
        let kept = desk.store.approve_onboarding_request(&row.id, &approval, &event).await;
        // Somebody else may have approved meanwhile, and an earlier run may have ended here.
        let row = find(&desk, &row.id).await?;
        match kept {
            Err(error @ StoreError::Exists(_)) if !is_complete(&desk, &decision, &row) => {
                Err(refused(error))
            }
            Err(error) if !matches!(error, StoreError::Exists(_)) => Err(refused(error)),
            _ => complete(&desk, &decision, &row).await,
        }
    })
}

pub(crate) fn requests(arguments: &RequestsArguments) -> Result<Exit, Fault> {
    super::runtime()?.block_on(async {
        let desk = Desk::open_existing(&arguments.config).await?;
        if let Some(name) = &arguments.withdraw {
            let row = find(&desk, name).await?;
            let decision = opened(&desk, &row)?;
            let description = format!("request {} withdrawn", row.id);
            let event = event("ONBOARDING_WITHDRAWN", description, &decision, &row);
            let withdrawn = desk.store.withdraw_onboarding_request(&row.id, &event).await;
            withdrawn.map_err(refused)?;
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
                tame_line(&row.participant),
                row.state,
                minute(row.created_at)
            );
            match opened(&desk, row) {
                Ok(decision) => {
                    let names = desk.operators.who_approved(&decision.digest(), &row.approvals);
                    let by = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
                    println!("  {} items, approved by {by}", decision.items());
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
    let decision = opened(desk, row);
    let (approved, items, fault) = match &decision {
        Ok(decision) => (
            desk.operators.who_approved(&decision.digest(), &row.approvals),
            decision.items(),
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
fn opened(desk: &Desk, row: &Row) -> Result<Decision, Fault> {
    let what = || format!("the request {}", row.id);
    let decision = Decision::read(row.content.clone(), &desk.anchors).or_input(what())?;
    if decision.digest().to_string() != row.id {
        return Err(Fault::Input(anyhow!("{} is not what its row holds", what())));
    }
    Ok(decision)
}

//! An auditor looks at what the gateway did.

use serde_json::Value;

use super::network::{Country, Network, write};
use super::story::Story;
use crate::command::gateway::{AuditArguments, AuditReport, run_audit};
use crate::exit::{Exit, Fault, OrInternal};

/// Audits the log against the gateway, and against a list with a key left out.
pub(super) async fn tell(story: &mut Story, network: &Network, xxb: &Country) -> Result<(), Fault> {
    story.chapter(
        "An auditor",
        "Every change that the gateway accepts is an entry of a log that can only grow, with the \
         signature of whoever asked for it. Anybody can check it, without asking the operator.",
    );
    let arguments = network.audit_arguments(xxb);
    let report = audit(arguments.clone()).await?;
    story.step(
        "audit",
        report.exit() == Exit::SUCCESS,
        "the log holds, and the list follows from it",
        format!(
            "{} changes, each with the signature that it needs, and the gateway's list is what \
             they make",
            report.entries().unwrap_or_default()
        ),
    );
    let list = xxb.folder.join("trust-list-forged.json");
    write(&list, &without_an_authority(&network.list(xxb).await?)?)?;
    let report = audit(AuditArguments { gateway: None, list: Some(list), ..arguments }).await?;
    let mut findings = report.findings();
    let finding = findings.next().unwrap_or("nothing was found").to_owned();
    story.step(
        "audit-catches",
        report.exit() == Exit::NEGATIVE && findings.next().is_none(),
        "the audit names the key that a dishonest gateway hides",
        format!("a list without XXA's SCA: {finding}"),
    );
    Ok(())
}

/// An audit is a command, with a runtime of its own.
async fn audit(arguments: AuditArguments) -> Result<AuditReport, Fault> {
    tokio::task::spawn_blocking(move || run_audit(&arguments)).await.or_internal("the audit")?
}

fn without_an_authority(list: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut items: Vec<Value> = serde_json::from_slice(list).or_internal("the list")?;
    items.retain(|item| item["certificateType"] != "CSCA" || item["country"] != "XA");
    serde_json::to_vec_pretty(&items).or_internal("the list")
}

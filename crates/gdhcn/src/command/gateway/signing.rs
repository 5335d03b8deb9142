//! From a request to stored rows: shown, signed by the trust anchor, approved by operators.

use std::path::Path;

use anyhow::anyhow;
use gdhcn_trust::onboarding_request::{OnboardingRequest, OnboardingResponse};

use super::approval;
use super::decision::Decision;
use super::desk::Desk;
use super::onboarding_arguments::SigningArguments;
use crate::ask;
use crate::exit::{Exit, Fault, OrInput};
use crate::file;
use crate::output::{self, argument, eprintln, now, println};

pub(super) const HOW: &str = "say how it is signed: --sign-with KEY, --export FILE or --import FILE \
    (`onboard` also takes --signed-results); --dry-run only shows it";

/// Signatures that were made before, as an answer to a request.
pub(super) type MadeBefore<'a> =
    &'a dyn Fn(&OnboardingRequest) -> Result<OnboardingResponse, Fault>;

/// Has the request signed and stores what it asks for, as the arguments say. `made_before` takes
/// the place of signing where it is given.
pub(super) async fn finish(
    desk: &Desk,
    request: &OnboardingRequest,
    arguments: &SigningArguments,
    made_before: Option<MadeBefore<'_>>,
) -> Result<Exit, Fault> {
    if arguments.dry_run {
        return Ok(output::dry_run());
    }
    if let Some(out) = &arguments.export {
        return export(out, &request.to_json(), "response.json");
    }
    let Some(response) = answer(desk, request, arguments, made_before)? else {
        eprintln!("nothing was changed");
        return Ok(Exit::NEGATIVE);
    };
    let decision = Decision::read(response.to_json(), &desk.anchors).map_err(Fault::Input)?;
    approval::finish(desk, &decision, &arguments.operator).await
}

/// Writes what is to be signed, and says what comes next.
pub(super) fn export(out: &Path, request: &str, response: &str) -> Result<Exit, Fault> {
    file::write_new(out, request.as_bytes())?;
    println!("to be signed: {}", out.display());
    println!("Next, where the trust anchor's key is:");
    println!("  gdhcn trust-anchor sign {} --key trust-anchor.key \\", argument(out));
    println!("      --certificate trust-anchor.pem --out {response}");
    println!("Then, here: the command that you gave, with --import {response} instead of --export");
    Ok(Exit::SUCCESS)
}

/// What lies in the file that `--import` names, so far as it can be told without a request.
pub(super) fn read_answer(path: &Path) -> Result<OnboardingResponse, Fault> {
    let text = std::fs::read(path).or_input(path.display())?;
    OnboardingResponse::from_json(&text).or_input(path.display())
}

/// The trust anchor's answer, however it comes. `None` when nobody said yes.
fn answer(
    desk: &Desk,
    request: &OnboardingRequest,
    arguments: &SigningArguments,
    made_before: Option<MadeBefore<'_>>,
) -> Result<Option<OnboardingResponse>, Fault> {
    let count = request.items().len();
    if let Some(key) = &arguments.sign_with {
        let question = format!("Sign and onboard these {count} items?");
        if !ask::confirm(&question, arguments.yes)? {
            return Ok(None);
        }
        let signer = key.open(&arguments.secret)?;
        let anchor = desk.anchor_of(key, signer.as_ref())?;
        return request.sign(anchor, signer.as_ref(), now()).or_input(key.describe()).map(Some);
    }
    let response = if let Some(path) = &arguments.import {
        let response = read_answer(path)?;
        let refused = |what: &str| Fault::Input(anyhow!("{}: {what}", path.display()));
        if response.confirmation.is_none() {
            return Err(refused("the trust anchor did not confirm what the items are for"));
        }
        let signed = response.request().or_input(path.display())?;
        desk.is_asked_by(signed.gateway(), path)?;
        // The folder may have changed since: what is stored is what was shown here, no more.
        let same = signed.participant() == request.participant()
            && signed.items().len() == count
            && signed.items().iter().all(|item| request.items().contains(item));
        if !same {
            return Err(refused(
                "what was signed is not what the folder and the options ask for now; export again",
            ));
        }
        response
    } else if let Some(made_before) = made_before {
        made_before(request)?
    } else {
        return Err(Fault::Usage(HOW.to_owned()));
    };
    let question = format!("Onboard these {count} items?");
    Ok(ask::confirm(&question, arguments.yes)?.then_some(response))
}

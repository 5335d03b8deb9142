//! A verdict as JSON: one form for the command line, the service and the browser.
//!
//! | member | content |
//! | --- | --- |
//! | `outcome` | `accepted`, `not accepted` or `cannot tell` |
//! | `code`, `reason` | of the check that decided; `null` when accepted |
//! | `kind` | what kind of text it is |
//! | `policy`, `at` | what it was judged by |
//! | `authentic` | whether the signature holds; without it `documents` are nobody's word |
//! | `documents` | the health documents: `title`, `person`, `statements` (one form for all formats), `content` (what is peculiar to the format), `problems` |
//! | `issuer` | whose key it is, from the trust data |
//! | `envelope` | what the envelope says |
//! | `checks` | every check: `id`, `status`, `code`, `reason`, `clause` |
//!
//! `explanation` is added by `gdhcn-explain` where a language is asked for. Members are added over time and never change their meaning.

mod document;
mod statement;

use serde_json::{Value, json};

use gdhcn_credential::Likeness;

use crate::{Check, Content, Envelope, Outcome, Signer, Together, Verdict};

/// The verdict as a JSON object.
pub fn of(verdict: &Verdict) -> Value {
    let deciding = verdict.deciding();
    let (authentic, documents) = match verdict.content() {
        Content::Authentic(documents) => (true, documents.as_slice()),
        Content::Unproven(documents) => (false, documents.as_slice()),
        Content::Unreadable => (false, [].as_slice()),
    };
    json!({
        "outcome": verdict.outcome.as_str(),
        "code": deciding.map(|check| check.reason.code()),
        "reason": deciding.map(|check| check.reason.to_string()),
        "kind": verdict.kind.to_string(),
        "policy": verdict.policy.as_str(),
        "at": verdict.at.to_string(),
        "authentic": authentic,
        "documents": documents.iter().map(document::json).collect::<Vec<_>>(),
        "issuer": verdict.signer.as_ref().map(signer_json),
        "envelope": verdict.envelope.as_ref().map(envelope_json),
        "checks": verdict.checks.iter().map(check_json).collect::<Vec<_>>(),
    })
}

/// The code of a sound picture in which there is no code: nothing can be told of it.
pub const NO_CODE: &str = "QR_NOT_FOUND";

/// [`NO_CODE`] in a sentence.
pub const NO_CODE_REASON: &str =
    "no code was found in the picture; try it sharper, larger and evenly lit";

/// What several verdicts of one person's certificates are worth together.
pub fn together(together: &Together) -> Value {
    json!({
        "outcome": together.outcome.as_str(),
        "best": together.best,
        "persons": match together.persons {
            Likeness::Same => "same",
            Likeness::Different => "different",
            Likeness::Unclear => "unclear",
        },
    })
}

/// The report of a sound picture in which there is no code.
pub fn no_code() -> Value {
    json!({
        "outcome": Outcome::CannotTell.as_str(),
        "code": NO_CODE,
        "reason": NO_CODE_REASON,
        "checks": [],
    })
}

fn check_json(check: &Check) -> Value {
    json!({
        "id": check.id.as_str(),
        "status": check.status.as_str(),
        "code": check.reason.code(),
        "reason": check.reason.to_string(),
        "clause": check.id.clause(),
    })
}

fn signer_json(signer: &Signer) -> Value {
    let certificate = signer.certificate.as_ref();
    json!({
        "participant": signer
            .participant
            .map_or(signer.participant_code.as_str(), |participant| participant.alpha3()),
        "name": signer.participant.map(|participant| participant.name()),
        "domain": signer.domain.as_ref().map(ToString::to_string),
        "subject": certificate.map(|one| one.subject().to_string()),
        "thumbprint": certificate.map(|one| one.thumbprint().to_string()),
        "not_before": certificate.map(|one| one.not_before().to_string()),
        "not_after": certificate.map(|one| one.not_after().to_string()),
        "source": signer.source,
        "given_by_caller": signer.given_by_caller,
    })
}

fn envelope_json(envelope: &Envelope) -> Value {
    let at = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
    json!({
        "kid": envelope.key_name,
        "algorithm": envelope.algorithm,
        "issuer": envelope.issuer,
        "issued_at": at(envelope.issued_at),
        "expires_at": at(envelope.expires_at),
        "not_before": at(envelope.not_before),
    })
}

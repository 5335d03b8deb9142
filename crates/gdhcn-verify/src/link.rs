//! The checks of health links: what the code itself proves. No link is opened here.

use gdhcn_credential::health_link::{HealthLink, Payload, Scheme};
use gdhcn_credential::{HealthDocument, TextKind, TimeClaim};

use crate::policy::Concern;
use crate::reason::Fact;
use crate::verdict::{Content, Findings, Outcome};
use crate::{CheckId, Context, Reason, Verdict, source};

/// Judges a link outside a signed code: nobody vouches for it, so nothing can be told.
pub(crate) fn verify(text: &str, kind: TextKind, context: &Context<'_>) -> Verdict {
    let mut findings = Findings::new();
    let limits = &context.limits.credential;
    let Some(link) = HealthLink::read_text(text, limits) else {
        findings.fail(CheckId::Container, Reason::NotSupported(kind.clone()));
        return Verdict::without_content(kind, findings, context);
    };
    findings.pass(CheckId::Container, Reason::Fine);
    source::check(None, context, &mut findings);
    findings.not_done(CheckId::KeyKnown, Reason::Unsigned);
    findings.fail(CheckId::Signature, Reason::Unsigned);
    findings.pass(CheckId::Content, Reason::Holds(Fact::Title("health link")));
    let documents = vec![HealthDocument::Link(link)];
    check(&documents, context, &mut findings);
    let checks = findings.into_checks();
    Verdict {
        outcome: Outcome::of(&checks),
        policy: context.policy.name,
        at: context.at,
        kind,
        checks,
        envelope: None,
        signer: None,
        content: Content::of(documents, false),
    }
}

/// The link of a document: readable, in a version that is known, in time.
pub(crate) fn check(documents: &[HealthDocument], context: &Context<'_>, findings: &mut Findings) {
    let id = CheckId::Link;
    let link = documents.iter().find_map(|document| match document {
        HealthDocument::Link(link) => Some(link),
        _ => None,
    });
    let Some(link) = link else { return findings.not_done(id, Reason::NotApplicable) };
    match &link.payload {
        Err(error) => findings.fail(id, Reason::Link(error.clone())),
        Ok(payload) if payload.version > 1 => {
            findings.fail(id, Reason::LinkVersion(payload.version));
        }
        Ok(payload) => match end(payload, context) {
            // In a SMART Health Link the end is a hint: the server decides.
            Some(reason) if link.scheme == Some(Scheme::Shlink) => {
                findings.concern(id, Concern::Flaw, reason, context);
            }
            Some(reason) => findings.fail(id, reason),
            None if link.problems.is_empty() => {
                findings.pass(id, Reason::Holds(Fact::NotOpened(payload.needs_passcode())));
            }
            None => {
                let problems = link.problems.iter().map(ToString::to_string).collect();
                findings.concern(id, Concern::Unfit, Reason::LinkOdd(problems), context);
            }
        },
    }
}

fn end(payload: &Payload, context: &Context<'_>) -> Option<Reason> {
    match payload.expires_at? {
        TimeClaim::At(at) if context.at > at => Some(Reason::Expired(at)),
        TimeClaim::Unreadable { why } => Some(Reason::TimeUnreadable { claim: "exp", why }),
        TimeClaim::At(_) | TimeClaim::Absent => None,
    }
}

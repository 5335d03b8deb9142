//! `gdhcn verify`.

use std::path::Path;

use anstyle::Style;
use gdhcn_codes::Participant;
use gdhcn_credential::{HealthDocument, ddcc, fhir};
use gdhcn_crypto::sha256;
use gdhcn_explain::{Explanation, Language, Messages};
use gdhcn_verify::{
    Check, CheckId, Content, Context, Envelope, Limits, Outcome, Policy, Reason, Signer, Status,
    Together, Verdict,
    report::{NO_CODE, NO_CODE_REASON},
    verify,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::batch;
use crate::cli::VerifyArguments;
use crate::exit::{Exit, Fault};
use crate::input::{self, Found, Input};
use crate::output::{self, BAD, FAINT, GOOD, OPEN, PLAIN, STRONG, println, tame};
use crate::{describe, trust_source};

pub(crate) fn run(arguments: &VerifyArguments) -> Result<Exit, Fault> {
    let loaded = trust_source::load(&arguments.trust)?;
    let mut policy = Policy::new(arguments.policy);
    policy.last_age_days = arguments.max_age;
    // A clock that is given is meant to the second.
    let skew = arguments.at.map_or(Policy::LIVE_CLOCK_SKEW, |_| SignedDuration::ZERO);
    let given = arguments.clock_skew.map(|seconds| SignedDuration::from_secs(seconds.into()));
    policy.clock_skew = given.unwrap_or(skew);
    let context = Context {
        trust: &loaded.store,
        at: arguments.at.unwrap_or_else(output::now),
        policy,
        limits: Limits::default(),
    };
    let messages = arguments.language.map(Messages::new);
    let whole = arguments.json || arguments.fhir || arguments.ddcc || arguments.report;
    if (whole || arguments.same_person)
        && let Some(folder) = arguments.inputs.iter().map(Path::new).find(|one| one.is_dir())
    {
        return Err(Fault::Usage(format!(
            "{} is a folder, which is judged code by code: use --jsonl or --csv, or name its files",
            folder.display()
        )));
    }
    if let Some(form) = batch::Form::of(arguments) {
        return batch::run(arguments, form, messages.as_ref(), &context);
    }
    let mut inputs = Vec::new();
    for argument in &arguments.inputs {
        inputs.extend(input::read(argument)?);
    }
    let inputs = input::split(inputs, &context.limits.credential);
    let judged: Vec<_> = inputs.into_iter().map(|input| Judged::of(input, &context)).collect();
    // A picture without a code says nothing of the others.
    let together = arguments.same_person.then(|| together(&judged)).flatten();
    let all = || Outcome::of_all(judged.iter().map(Judged::outcome));
    let outcome = together.map_or_else(all, |together| together.outcome);
    if arguments.fhir || arguments.ddcc {
        export(&judged, arguments.fhir)?;
    } else if arguments.report {
        output::json(&fault_report(&judged, &context))?;
    } else if arguments.json {
        let mut report = json!({
            "outcome": outcome.as_str(),
            "policy": context.policy.name.as_str(),
            "at": context.at.to_string(),
            "results": judged.iter().map(|one| one.json(messages.as_ref())).collect::<Vec<_>>(),
        });
        if let (Some(together), Some(members)) = (together, report.as_object_mut()) {
            let together = gdhcn_explain::report_together(&together, messages.as_ref());
            members.insert("together".to_owned(), together);
        }
        output::json(&report)?;
    } else {
        for (index, judged) in judged.iter().enumerate() {
            if index > 0 {
                println!();
            }
            match &messages {
                Some(messages) => judged.explain(messages),
                None => judged.print(),
            }
            if arguments.at.is_some()
                && judged.because(None).is_some_and(|(code, _)| code == "CLOCK")
            {
                println!(
                    "  (the clock is that of --at; for a look back, use trust data of that time)"
                );
            }
        }
        if let Some(together) = together {
            let words = messages.unwrap_or_else(|| Messages::new(Language::English));
            let (style, word) = (style_of(outcome), outcome.as_str().to_uppercase());
            println!("\n{style}{word}{PLAIN}  {}", words.together(&together));
        }
    }
    Ok(outcome.into())
}

/// What somebody needs to know who looks into a fault, and nothing of a person: neither content nor
/// words of a reason, which may repeat some, nor the names of files.
fn fault_report(judged: &[Judged], context: &Context<'_>) -> Value {
    let codes = judged.iter().map(|one| {
        let verdict = one.verdict.as_ref();
        let checks = verdict.iter().flat_map(|verdict| &verdict.checks).map(|check| {
            json!({
                "check": check.id.as_str(),
                "status": check.status.as_str(),
                "code": check.reason.code(),
            })
        });
        let envelope = verdict.and_then(|verdict| verdict.envelope.as_ref());
        let signer = verdict.and_then(|verdict| verdict.signer.as_ref());
        json!({
            "outcome": one.outcome().as_str(),
            "code": one.because(None).map(|(code, _)| code),
            "kind": verdict.map(|verdict| verdict.kind.to_string()),
            "key": envelope.and_then(|envelope| envelope.key_name.clone()),
            "algorithm": envelope.and_then(|envelope| envelope.algorithm.clone()),
            "participant": signer.map(|signer| signer.participant_code.clone()),
            "checks": checks.collect::<Vec<_>>(),
        })
    });
    let sources = context.trust.sources().iter().map(|source| {
        json!({
            "proof": source.proof.to_string(),
            "dated": source.dated().map(|at| at.to_string()),
            "keys": source.keys,
            "refused": source.refused,
        })
    });
    json!({
        "program": format!("gdhcn {}", env!("CARGO_PKG_VERSION")),
        "at": context.at.to_string(),
        "policy": context.policy.name.as_str(),
        "last_age_days": context.policy.last_age_days,
        "codes": codes.collect::<Vec<_>>(),
        "sources": sources.collect::<Vec<_>>(),
    })
}

/// Writes what genuine documents state, for other programs. A document that nobody is known to
/// vouch for is left out and named on standard error.
fn export(judged: &[Judged], as_fhir: bool) -> Result<(), Fault> {
    let mut exported = Vec::new();
    for one in judged {
        let Some(documents) = one.verdict.as_ref().and_then(Verdict::authentic) else {
            crate::output::eprintln!(
                "{}: not genuine, so nothing of it is written",
                tame(&one.name)
            );
            continue;
        };
        if let Some((_, reason)) = one.because(None) {
            let reason = output::tame_line(&reason);
            output::eprintln!("{}: genuine, but {}: {reason}", tame(&one.name), one.outcome());
        }
        let envelope = one.verdict.as_ref().and_then(|verdict| verdict.envelope.as_ref());
        let issued_at = envelope.and_then(|envelope| envelope.issued_at);
        for document in documents {
            let credential = document.credential();
            if as_fhir {
                exported.extend(fhir::bundle(document, issued_at, &one.digest));
            } else {
                exported.extend(credential.iter().flat_map(ddcc::core_data_set));
            }
        }
    }
    output::json(&exported)
}

/// What the codes are worth together; `best` is the index among the inputs.
fn together(judged: &[Judged]) -> Option<Together> {
    let places: Vec<usize> = (0..judged.len())
        .filter(|at| judged.get(*at).is_some_and(|one| one.verdict.is_some()))
        .collect();
    let mut together = Together::of(judged.iter().filter_map(|one| one.verdict.as_ref()))?;
    together.best = together.best.and_then(|best| places.get(best).copied());
    Some(together)
}

/// An input and what came of it.
pub(super) struct Judged {
    pub(super) name: String,
    /// `None` for a picture without a code.
    pub(super) verdict: Option<Verdict>,
    /// SHA-256 of the code's text: the same code gives the same identifiers.
    digest: [u8; 32],
}

impl Judged {
    pub(super) fn of(input: Input, context: &Context<'_>) -> Self {
        let (verdict, text) = match &input.found {
            Found::Text(text) => (Some(verify(text, context)), text.as_str()),
            Found::NoCode => (None, ""),
        };
        Self { name: input.name, verdict, digest: sha256(text.trim().as_bytes()) }
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.verdict.as_ref().map_or(Outcome::CannotTell, |verdict| verdict.outcome)
    }

    /// Code and reason of what decided; nothing for what was accepted.
    pub(super) fn because(&self, messages: Option<&Messages>) -> Option<(&'static str, String)> {
        let (code, reason) = match &self.verdict {
            None => (NO_CODE, NO_CODE_REASON.to_owned()),
            Some(verdict) => {
                let reason = &verdict.deciding()?.reason;
                (reason.code(), reason.to_string())
            }
        };
        let explained = messages.and_then(|messages| self.explanation(messages).because);
        Some((code, explained.unwrap_or(reason)))
    }

    fn explanation(&self, messages: &Messages) -> Explanation {
        self.verdict.as_ref().map_or_else(|| messages.no_code(), |one| messages.explain(one))
    }

    pub(super) fn json(&self, messages: Option<&Messages>) -> Value {
        let mut report = gdhcn_explain::report(self.verdict.as_ref(), messages);
        if let Some(members) = report.as_object_mut() {
            members.insert("input".into(), self.name.as_str().into());
        }
        report
    }

    /// Prints the verdict in the plain words of a language.
    fn explain(&self, messages: &Messages) {
        let explanation = self.explanation(messages);
        let style = style_of(self.outcome());
        println!("{style}{}{PLAIN}  {}", explanation.outcome, tame(&self.name));
        for line in explanation.because.iter().chain([&explanation.advice]) {
            println!("  {line}");
        }
        let Some(verdict) = &self.verdict else { return };
        print_content(verdict, messages);
        println!();
        let checks = explanation.checks.iter().zip(&verdict.checks);
        for (words, check) in checks.filter(|(_, check)| check.reason != Reason::NotApplicable) {
            let style = style_of_check(check.status);
            let text = words.text.iter().map(|text| format!(" – {text}")).collect::<String>();
            println!("  {style}{}{PLAIN}: {}{text}", words.title, words.status);
        }
    }

    fn print(&self) {
        let Some(verdict) = &self.verdict else {
            println!("{OPEN}CANNOT TELL{PLAIN}  {}", tame(&self.name));
            println!("  {NO_CODE_REASON}");
            return;
        };
        let (style, word) = (style_of(verdict.outcome), verdict.outcome.as_str().to_uppercase());
        println!("{style}{word}{PLAIN}  {}", tame(&self.name));
        match verdict.deciding() {
            Some(check) => println!("  {}", tame(&check.reason.to_string())),
            // An accepted certificate is as good as what vouches for the key, and as the look at the
            // person's own document.
            None => {
                println!("  compare name and date of birth with the person's identity document");
                for check in verdict.checks.iter().filter(|one| is_about_trust(one)) {
                    println!("  {OPEN}but{PLAIN} {}", tame(&check.reason.to_string()));
                }
            }
        }
        print_content(verdict, &Messages::new(Language::English));
        if let Some(signer) = &verdict.signer {
            print_signer(signer);
        }
        if let Some(envelope) = &verdict.envelope {
            print_envelope(envelope);
        }
        println!(
            "\n  {STRONG}Checks{PLAIN} (policy {}, at {})",
            verdict.policy,
            output::minute(verdict.at)
        );
        // What does not apply to the format would only bury the rest.
        for check in verdict.checks.iter().filter(|one| one.reason != Reason::NotApplicable) {
            print_check(check);
        }
    }
}

/// A warning about the keys themselves: whoever made up a list can sign with it.
fn is_about_trust(check: &Check) -> bool {
    check.status == Status::Warn && matches!(check.id, CheckId::ListProof | CheckId::TrustData)
}

const fn style_of(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Accepted => GOOD,
        Outcome::NotAccepted => BAD,
        Outcome::CannotTell => OPEN,
    }
}

fn print_content(verdict: &Verdict, messages: &Messages) {
    match verdict.content() {
        Content::Unreadable => {}
        Content::Authentic(documents) => print_documents(documents, messages),
        Content::Unproven(documents) => {
            println!("\n  {OPEN}{}{PLAIN}", messages.unproven());
            print_documents(documents, messages);
        }
    }
}

fn print_documents(documents: &[HealthDocument], messages: &Messages) {
    for document in documents {
        println!();
        let lines = describe::lines(document);
        let lines: Vec<_> =
            lines.into_iter().map(|(label, value)| (messages.label(label), value)).collect();
        let longest = lines.iter().map(|(label, _)| label.chars().count()).max();
        let width = longest.unwrap_or_default().max(13);
        for (label, value) in lines {
            println!("  {label:width$} {}", tame(&value));
        }
    }
}

fn print_signer(signer: &Signer) {
    println!("\n  {:13} {}", "Signed by", owner(signer.participant, &signer.participant_code));
    if let Some(certificate) = &signer.certificate {
        println!("  {:13} {}", "", tame(&certificate.subject().to_string()));
    }
    println!("  {:13} {}", "Key from", tame(&signer.source));
}

fn owner(participant: Option<Participant>, code: &str) -> String {
    match participant {
        Some(participant) => format!("{} ({participant})", participant.name()),
        None if code.is_empty() => "a key that names no country".to_owned(),
        None => tame(code),
    }
}

fn print_envelope(envelope: &Envelope) {
    let at = |at: Option<jiff::Timestamp>| at.map_or_else(|| "-".to_owned(), output::minute);
    if envelope.issued_at.is_some() || envelope.expires_at.is_some() {
        let (from, until) = (at(envelope.issued_at), at(envelope.expires_at));
        println!("  {:13} {from} to {until}", "Code valid");
    }
}

const fn style_of_check(status: Status) -> Style {
    match status {
        Status::Pass => GOOD,
        Status::Fail => BAD,
        Status::Warn => OPEN,
        Status::NotDone => FAINT,
    }
}

fn print_check(check: &Check) {
    let style = style_of_check(check.status);
    println!(
        "  {style}{:8}{PLAIN} {:24} {}",
        check.status.as_str(),
        check.id.title(),
        tame(&check.reason.to_string())
    );
}

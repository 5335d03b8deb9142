//! The checks of the health documents inside.

use gdhcn_codes::value_set::{self, ValueSetId};
use gdhcn_credential::dcc::Statement;
use gdhcn_credential::{
    Dcc, HealthDocument, Icvp, PartialDate, SubclaimKey, Unsupported, statement, uvci,
};
use gdhcn_trust::TrustedKey;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::policy::Concern;
use crate::verdict::Findings;
use crate::{CheckId, Context, Reason, Status};

/// Checks what is inside.
pub(crate) fn check(
    documents: &[HealthDocument],
    issued_at: Option<Timestamp>,
    key: Option<&TrustedKey>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    schema(documents, context, findings);
    key_usage(documents, key, findings);
    domain(documents, key, context, findings);
    value_sets(documents, context, findings);
    identifier(documents, context, findings);
    dates(documents, issued_at, context, findings);
}

fn schema(documents: &[HealthDocument], context: &Context<'_>, findings: &mut Findings) {
    let problems = || documents.iter().flat_map(HealthDocument::problems);
    if problems().next().is_none() {
        return findings.pass(CheckId::Schema, Reason::Fine);
    }
    let reason = Reason::Schema(problems().map(ToString::to_string).collect());
    if problems().any(|problem| problem.is_structural()) {
        findings.fail(CheckId::Schema, reason);
    } else {
        findings.concern(CheckId::Schema, Concern::Flaw, reason, context);
    }
}

fn statement(documents: &[HealthDocument]) -> Option<&Statement> {
    documents.iter().find_map(|document| match document {
        HealthDocument::Dcc(dcc) => dcc.statement.as_ref(),
        _ => None,
    })
}

fn key_usage(documents: &[HealthDocument], key: Option<&TrustedKey>, findings: &mut Findings) {
    let Some(statement) = statement(documents) else {
        return findings.not_done(CheckId::KeyUsage, Reason::NotApplicable);
    };
    let Some(key) = key else { return findings.not_done(CheckId::KeyUsage, Reason::NoKey) };
    if key.purposes.allows(statement.kind()) {
        findings.pass(CheckId::KeyUsage, Reason::Fine);
    } else {
        let statement = statement.kind().as_str();
        findings.fail(
            CheckId::KeyUsage,
            Reason::KeyUsage { statement, allowed: key.purposes.to_string() },
        );
    }
}

/// The trust domains in which a kind of document is signed, and how to name them.
const fn domains(document: &HealthDocument) -> Option<(&'static [&'static str], &'static str)> {
    match document {
        HealthDocument::Dcc(_)
        | HealthDocument::Unsupported(Unsupported {
            key: SubclaimKey::DDCC_VACCINATION | SubclaimKey::DDCC_TEST,
            ..
        }) => Some((&["DCC", "DDCC"], "DCC or DDCC")),
        HealthDocument::Link(_) => {
            Some((&["IPS-PILGRIMAGE", "PH4H", "DDCC"], "IPS-PILGRIMAGE, PH4H or DDCC"))
        }
        HealthDocument::Icvp(_) => Some((&["ICVP", "DICVP"], "ICVP or DICVP")),
        _ => None,
    }
}

fn domain(
    documents: &[HealthDocument],
    key: Option<&TrustedKey>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let Some(found) = key.and_then(|key| key.domain.as_ref()) else {
        return findings.not_done(CheckId::Domain, Reason::DomainUnknown);
    };
    let foreign = documents
        .iter()
        .filter_map(domains)
        .find(|(allowed, _)| !allowed.contains(&found.as_str()));
    match foreign {
        None => findings.pass(CheckId::Domain, Reason::Fine),
        Some((_, expected)) => {
            let reason = Reason::Domain { found: found.to_string(), expected };
            findings.concern(CheckId::Domain, Concern::Flaw, reason, context);
        }
    }
}

fn value_sets(documents: &[HealthDocument], context: &Context<'_>, findings: &mut Findings) {
    let Some(statement) = statement(documents) else {
        // The product of an ICVP is bound to its list by the model, so `schema` has judged it.
        return findings.not_done(CheckId::ValueSets, Reason::NotApplicable);
    };
    let mut unknown = Vec::new();
    let mut look_up = |field: &str, set: ValueSetId, code: &str| {
        if value_set::find(set, code).is_none() {
            unknown.push(format!("{field}: {code:?} is not in the value set {set}"));
        }
    };
    look_up("tg", ValueSetId::Disease, statement.disease());
    match statement {
        Statement::Vaccination(vaccination) => {
            look_up("vp", ValueSetId::Prophylaxis, &vaccination.prophylaxis);
            look_up("mp", ValueSetId::Product, &vaccination.product);
            look_up("ma", ValueSetId::Holder, &vaccination.holder);
        }
        Statement::Test(test) => {
            look_up("tt", ValueSetId::TestType, &test.test_type);
            look_up("tr", ValueSetId::TestResult, &test.result);
        }
        Statement::Recovery(_) => {}
    }
    if unknown.is_empty() {
        findings.pass(CheckId::ValueSets, Reason::Fine);
    } else {
        findings.concern(CheckId::ValueSets, Concern::Flaw, Reason::ValueSets(unknown), context);
    }
}

fn identifier(documents: &[HealthDocument], context: &Context<'_>, findings: &mut Findings) {
    let Some(statement) = statement(documents) else {
        return findings.not_done(CheckId::Uvci, Reason::NotApplicable);
    };
    let remarks = uvci::check(statement.id()).remarks;
    if remarks.is_empty() {
        return findings.pass(CheckId::Uvci, Reason::Fine);
    }
    let remarks = remarks.iter().map(ToString::to_string).collect();
    findings.concern(CheckId::Uvci, Concern::Flaw, Reason::Uvci(remarks), context);
}

/// A document may not speak of an event to come, and a yellow fever vaccination protects only from
/// its tenth day on.
fn dates(
    documents: &[HealthDocument],
    issued: Option<Timestamp>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    // Somewhere on earth it is already that day.
    let today = latest_local_day(issued.map_or(context.at, |issued| issued.min(context.at)));
    for document in documents {
        if let Some(what) = future_event(document, today) {
            let reason = Reason::EventInFuture(what);
            return findings.concern(CheckId::EventDates, Concern::EventInFuture, reason, context);
        }
        if let HealthDocument::Icvp(icvp) = document
            && let Some(first) = first_day_to_come(icvp, context.at)
        {
            // Whether to wait for that day is for the rules to say.
            let reason = Reason::BeforeFirstDay(first.to_string());
            return findings.add(CheckId::EventDates, Status::Warn, reason);
        }
    }
    findings.pass(CheckId::EventDates, Reason::Fine);
}

fn future_event(document: &HealthDocument, today: Date) -> Option<String> {
    let (what, day) = match document {
        HealthDocument::Dcc(dcc) => (event_name(dcc)?, dcc.statement.as_ref()?.event().date()),
        HealthDocument::Icvp(icvp) => ("the vaccination", icvp.dose()?.date.date()),
        other => return other.credential()?.statements.iter().find_map(|one| future(one, today)),
    };
    let first = day.and_then(PartialDate::first_day)?;
    (first > today).then(|| format!("{what} of {first}"))
}

fn future(statement: &statement::Statement, today: Date) -> Option<String> {
    let (what, date) = match statement {
        statement::Statement::Vaccination(one) => ("the vaccination", &one.date),
        statement::Statement::Test(one) => ("the test", &one.sampled_at),
        statement::Statement::Recovery(one) => ("the first positive test", &one.first_positive),
        _ => return None,
    };
    let first = date.date().and_then(PartialDate::first_day)?;
    (first > today).then(|| format!("{what} of {first}"))
}

fn event_name(dcc: &Dcc) -> Option<&'static str> {
    Some(match dcc.statement.as_ref()? {
        Statement::Vaccination(_) => "the vaccination",
        Statement::Test(_) => "the test",
        Statement::Recovery(_) => "the first positive test",
    })
}

fn first_day_to_come(icvp: &Icvp, at: Timestamp) -> Option<Date> {
    let first = icvp.dose()?.first_valid_day()?;
    (first > latest_local_day(at)).then_some(first)
}

/// The latest date that any clock on earth shows at an instant (UTC+14).
fn latest_local_day(at: Timestamp) -> Date {
    Offset::constant(14).to_datetime(at).date()
}

//! The check of the dates inside: nothing of the future, nothing past its own end.

use std::borrow::Cow;

use gdhcn_codes::icd11::Disease;
use gdhcn_credential::{DateText, HealthDocument, Icvp, PartialDate, dcc, statement};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::policy::Concern;
use crate::verdict::Findings;
use crate::{CheckId, Context, Reason, Status};

const VACCINATION: &str = "the vaccination";
const TEST: &str = "the test";
const RECOVERY: &str = "the first positive test";

/// A document may not speak of an event to come; an ICVP has a first and perhaps a last day.
pub(crate) fn check(
    documents: &[HealthDocument],
    issued: Option<Timestamp>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let id = CheckId::EventDates;
    // Somewhere on earth it is already that day.
    let today = latest_local_day(issued.map_or(context.at, |issued| issued.min(context.at)));
    let mut unreadable = Vec::new();
    for (what, date) in documents.iter().flat_map(events) {
        let Some(day) = date.date().and_then(PartialDate::first_day) else {
            unreadable.push(what);
            continue;
        };
        if day > today {
            let reason = Reason::EventInFuture(format!("{what} of {day}"));
            return findings.concern(id, Concern::EventInFuture, reason, context);
        }
    }
    let icvp = documents.iter().find_map(|document| match document {
        HealthDocument::Icvp(icvp) => Some(icvp),
        _ => None,
    });
    // Its own end counts whatever else of it is readable.
    if let Some(end) = icvp.and_then(|icvp| ended(icvp, context)) {
        let reason = Reason::ValidityEnded(end.to_string());
        return findings.concern(id, Concern::EventInFuture, reason, context);
    }
    if let Some(what) = unreadable.first() {
        return findings.concern(id, Concern::Flaw, Reason::EventDateUnreadable(what), context);
    }
    match icvp {
        Some(icvp) => validity(icvp, context, findings),
        None => findings.pass(id, Reason::Fine),
    }
}

/// The validity that an ICVP states or implies (International Health Regulations, annexes 6, 7).
fn validity(icvp: &Icvp, context: &Context<'_>, findings: &mut Findings) {
    let id = CheckId::EventDates;
    let Some(dose) = icvp.dose() else { return findings.not_done(id, Reason::Earlier) };
    let Some(disease) = dose.disease() else {
        return findings.not_done(id, Reason::DiseaseUnknown);
    };
    let today = latest_local_day(context.at);
    if let Some(first) = dose.first_valid_day().filter(|first| *first > today) {
        // Whether to wait for that day is for the rules to say.
        return findings.add(id, Status::Warn, Reason::BeforeFirstDay(first.to_string()));
    }
    match past_end(icvp, context) {
        // Since 2016 it counts for life, whatever end an older form names.
        Some(end) if disease == Disease::YellowFever => {
            findings.add(id, Status::Warn, Reason::LifelongDespiteEnd(end.to_string()));
        }
        _ => findings.pass(id, Reason::Fine),
    }
}

/// The end that it names, if it lies in the past.
fn past_end(icvp: &Icvp, context: &Context<'_>) -> Option<Date> {
    let until = icvp.dose()?.valid_until.as_ref()?;
    until.date()?.day().filter(|end| *end < earliest_local_day(context.at))
}

/// The end that it names and that counts: not for yellow fever.
fn ended(icvp: &Icvp, context: &Context<'_>) -> Option<Date> {
    let for_life = icvp.dose()?.disease() == Some(Disease::YellowFever);
    past_end(icvp, context).filter(|_| !for_life)
}

/// The events of a document with what to call them.
fn events(document: &HealthDocument) -> Vec<(&'static str, Cow<'_, DateText>)> {
    match document {
        HealthDocument::Dcc(dcc) => {
            let all = dcc.statement.iter().chain(&dcc.further);
            all.map(|one| (name(one), Cow::Borrowed(one.event()))).collect()
        }
        HealthDocument::Icvp(icvp) => {
            icvp.doses.iter().map(|dose| (VACCINATION, Cow::Borrowed(&dose.date))).collect()
        }
        other => {
            let credential = other.credential().unwrap_or_default();
            credential.statements.into_iter().filter_map(event).collect()
        }
    }
}

const fn name(statement: &dcc::Statement) -> &'static str {
    match statement {
        dcc::Statement::Vaccination(_) => VACCINATION,
        dcc::Statement::Test(_) => TEST,
        dcc::Statement::Recovery(_) => RECOVERY,
    }
}

fn event(statement: statement::Statement) -> Option<(&'static str, Cow<'static, DateText>)> {
    Some(match statement {
        statement::Statement::Vaccination(one) => (VACCINATION, Cow::Owned(one.date)),
        statement::Statement::Test(one) => (TEST, Cow::Owned(one.sampled_at)),
        statement::Statement::Recovery(one) => (RECOVERY, Cow::Owned(one.first_positive)),
        _ => return None,
    })
}

/// The latest date that any clock on earth shows at an instant (UTC+14).
fn latest_local_day(at: Timestamp) -> Date {
    Offset::constant(14).to_datetime(at).date()
}

/// The earliest date that any clock on earth shows at an instant (UTC-12).
fn earliest_local_day(at: Timestamp) -> Date {
    Offset::constant(-12).to_datetime(at).date()
}

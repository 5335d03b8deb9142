use gdhcn_codes::{DocumentPurposes, Participant};
use gdhcn_credential::dcc::{Statement, StatementKind};
use gdhcn_credential::{HealthDocument, PartialDate, Problem, Rule};
use gdhcn_envelope::x509::{Certificate, KeyUsageBits};
use jiff::civil::{Date, date};
use jiff::tz::Offset;

use super::{Refusal, Request, first_moment};

/// Since when certificates after the amended annex 6 exist (IHR amendments of 2024).
const ICVP_IN_FORCE: Date = date(2025, 9, 19);
/// The zone whose calendar is furthest ahead: an event "today" there is not yet in the future.
const FURTHEST_AHEAD: Offset = Offset::constant(14);

/// Whether the document, as it will be read, may be signed.
pub(super) fn check(request: &Request<'_>, document: &HealthDocument) -> Result<(), Refusal> {
    check_signer(request)?;
    check_times(request)?;
    check_schema(document)?;
    match document {
        HealthDocument::Dcc(dcc) => {
            if let Some(statement) = &dcc.statement {
                check_usage(request.certificate, statement.kind())?;
                check_coded(statement)?;
                check_event(request, statement.event().date().and_then(PartialDate::day))?;
            }
        }
        HealthDocument::Icvp(icvp) => {
            let issued_on = FURTHEST_AHEAD.to_datetime(request.issued_at).date();
            if issued_on < ICVP_IN_FORCE {
                return Err(Refusal::BeforeInForce { in_force: ICVP_IN_FORCE });
            }
            if let Some(dose) = icvp.dose() {
                check_event(request, dose.day())?;
                if let Some(day) = dose.first_valid_day()
                    && first_moment(document).is_some_and(|first| first > request.expires_at)
                {
                    return Err(Refusal::NeverValid {
                        first_valid_day: day,
                        expires_at: request.expires_at,
                    });
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Whether all of the document can be written: one statement, in the newest form.
pub(super) fn check_completeness(document: &HealthDocument) -> Result<(), Refusal> {
    let what = match document {
        HealthDocument::Dcc(dcc) if !dcc.further.is_empty() => "a second entry",
        HealthDocument::Icvp(icvp) if icvp.doses.len() > 1 => "a second dose",
        HealthDocument::Icvp(icvp) => match icvp.dose() {
            Some(dose) if dose.valid_from.is_some() || dose.valid_until.is_some() => {
                "a validity of its own"
            }
            Some(dose)
                if dose.disease_code.is_some()
                    || dose.dose_number.is_some()
                    || dose.trade_item.is_some()
                    || dose.manufacturer.is_some()
                    || dose.manufacturer_id.is_some() =>
            {
                "fields of the first generation"
            }
            _ => return Ok(()),
        },
        _ => return Ok(()),
    };
    Err(Refusal::NotWritable { what })
}

fn check_signer(request: &Request<'_>) -> Result<(), Refusal> {
    let certificate = request.certificate;
    if certificate.extensions().is_ca() {
        return Err(Refusal::NotADocumentSigner { why: "it is a CA's" });
    }
    let usage = certificate.extensions().key_usage;
    if usage.is_some_and(|usage| !usage.contains(KeyUsageBits::DIGITAL_SIGNATURE)) {
        return Err(Refusal::NotADocumentSigner {
            why: "its key usage does not allow digital signatures",
        });
    }
    let country = certificate.subject().country();
    let owner = country.and_then(|code| Participant::parse(code).ok());
    if owner != Some(request.issuer) {
        let found = country.map(str::to_owned);
        return Err(Refusal::ForeignSigner { issuer: request.issuer, found });
    }
    Ok(())
}

fn check_times(request: &Request<'_>) -> Result<(), Refusal> {
    let Request { issued_at, expires_at, certificate, .. } = *request;
    let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
    if expires_at.as_second() <= issued_at.as_second() {
        return Err(Refusal::ExpiresBeforeIssued { issued_at, expires_at });
    }
    if issued_at.as_second() < not_before.as_second() {
        return Err(Refusal::BeforeSigner { issued_at, not_before });
    }
    if expires_at.as_second() > not_after.as_second() {
        return Err(Refusal::OutlivesSigner { expires_at, not_after });
    }
    Ok(())
}

fn check_schema(document: &HealthDocument) -> Result<(), Refusal> {
    let problems = document.problems();
    // The product has a refusal of its own, because its remedy is another.
    let is_product = |problem: &Problem| problem.rule == Rule::UnknownProduct;
    if problems.is_empty() {
        return Ok(());
    }
    if let HealthDocument::Icvp(icvp) = document
        && problems.iter().all(is_product)
        && let Some(dose) = icvp.dose()
    {
        return Err(Refusal::UnknownProduct { code: dose.product.clone() });
    }
    Err(Refusal::Schema(problems.to_vec()))
}

fn check_usage(certificate: &Certificate, statement: StatementKind) -> Result<(), Refusal> {
    let usages = certificate.extensions().extended_key_usage.as_deref().unwrap_or_default();
    if DocumentPurposes::of_usages(usages).allows(statement) {
        Ok(())
    } else {
        Err(Refusal::KeyUsage { statement })
    }
}

fn check_event(request: &Request<'_>, event: Option<Date>) -> Result<(), Refusal> {
    let issued_on = FURTHEST_AHEAD.to_datetime(request.issued_at).date();
    match event {
        Some(event) if event > issued_on => Err(Refusal::EventInFuture { event, issued_on }),
        Some(_) => Ok(()),
        None => Err(Refusal::EventUnreadable),
    }
}

/// A field that carries the sense of the statement may not be blank.
fn check_coded(statement: &Statement) -> Result<(), Refusal> {
    let common = [("tg", statement.disease()), ("co", statement.country()), ("ci", statement.id())];
    let own = match statement {
        Statement::Vaccination(one) => {
            vec![("vp", &*one.prophylaxis), ("mp", &*one.product), ("ma", &*one.holder)]
        }
        Statement::Test(one) => vec![("tt", &*one.test_type), ("tr", &*one.result)],
        Statement::Recovery(_) => Vec::new(),
    };
    match common.into_iter().chain(own).find(|(_, code)| code.trim().is_empty()) {
        Some((field, _)) => Err(Refusal::Blank { field }),
        None => Ok(()),
    }
}

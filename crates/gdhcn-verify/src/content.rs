//! The checks of the health documents inside.

use gdhcn_codes::value_set::{self, ValueSetId};
use gdhcn_credential::dcc::Statement;
use gdhcn_credential::{HealthDocument, Rule, uvci};
use gdhcn_trust::TrustedKey;
use jiff::Timestamp;

use crate::policy::Concern;
use crate::verdict::Findings;
use crate::{CheckId, Context, Reason, dates, link};

/// Checks what is inside, and whether the key may sign it.
pub(crate) fn check(
    documents: &[HealthDocument],
    issued_at: Option<Timestamp>,
    signer: Option<&TrustedKey>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    key(documents, signer, context, findings);
    inside(documents, issued_at, context, findings);
}

/// Checks what is inside, apart from the key.
pub(crate) fn inside(
    documents: &[HealthDocument],
    issued_at: Option<Timestamp>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    schema(documents, context, findings);
    value_sets(documents, context, findings);
    identifier(documents, context, findings);
    dates::check(documents, issued_at, context, findings);
    link::check(documents, context, findings);
}

/// May this key sign such documents?
pub(crate) fn key(
    documents: &[HealthDocument],
    key: Option<&TrustedKey>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    key_usage(documents, key, context, findings);
    domain(documents, key, context, findings);
}

fn schema(documents: &[HealthDocument], context: &Context<'_>, findings: &mut Findings) {
    // A link's problems are for its own check.
    let read = || documents.iter().filter(|one| !matches!(one, HealthDocument::Link(_)));
    let problems = || read().flat_map(HealthDocument::problems);
    if problems().next().is_none() {
        return findings.pass(CheckId::Schema, Reason::Fine);
    }
    let reason = Reason::Schema(problems().map(ToString::to_string).collect());
    if problems().any(|problem| problem.is_structural()) {
        findings.fail(CheckId::Schema, reason);
    } else if problems().any(|problem| problem.rule == Rule::UnknownProduct) {
        findings.concern(CheckId::Schema, Concern::Unfit, reason, context);
    } else {
        findings.concern(CheckId::Schema, Concern::Flaw, reason, context);
    }
}

/// The statements of all DCCs inside.
fn statements(documents: &[HealthDocument]) -> impl Iterator<Item = &Statement> {
    let dccs = documents.iter().filter_map(|document| match document {
        HealthDocument::Dcc(dcc) => Some(dcc),
        _ => None,
    });
    dccs.flat_map(|dcc| dcc.statement.iter().chain(&dcc.further))
}

fn key_usage(
    documents: &[HealthDocument],
    key: Option<&TrustedKey>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let id = CheckId::KeyUsage;
    let Some(key) = key else { return findings.not_done(id, Reason::NoKey) };
    // The purposes of signers speak of the statements of a DCC only.
    let statement = statements(documents).next();
    if let Some(statement) = statement.filter(|one| !key.purposes.allows(one.kind())) {
        let statement = statement.kind().as_str();
        let allowed = key.purposes.to_string();
        return findings.fail(id, Reason::KeyUsage { statement, allowed });
    }
    if let Some(misfit) = key.misfit() {
        return findings.concern(id, Concern::Flaw, Reason::NoSigner(misfit), context);
    }
    if statement.is_none() && key.certificate().is_none() {
        return findings.not_done(id, Reason::NotApplicable);
    }
    findings.pass(id, Reason::Fine);
}

/// The trust domains in which a kind of document is signed, and how to name them.
const fn domains(document: &HealthDocument) -> Option<(&'static [&'static str], &'static str)> {
    match document {
        HealthDocument::Dcc(_) | HealthDocument::Ddcc(_) => Some((&["DCC", "DDCC"], "DCC or DDCC")),
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
    if statements(documents).next().is_none() {
        // The product of an ICVP is bound to its list by the model, so `schema` has judged it.
        return findings.not_done(CheckId::ValueSets, Reason::NotApplicable);
    }
    let mut unknown = Vec::new();
    let mut look_up = |field: &str, set: ValueSetId, code: &str| {
        if value_set::find(set, code).is_none() {
            unknown.push(format!("{field}: {code:?} is not in the value set {set}"));
        }
    };
    for statement in statements(documents) {
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
    }
    if unknown.is_empty() {
        findings.pass(CheckId::ValueSets, Reason::Fine);
    } else {
        findings.concern(CheckId::ValueSets, Concern::Flaw, Reason::ValueSets(unknown), context);
    }
}

fn identifier(documents: &[HealthDocument], context: &Context<'_>, findings: &mut Findings) {
    if statements(documents).next().is_none() {
        return findings.not_done(CheckId::Uvci, Reason::NotApplicable);
    }
    let remarks: Vec<_> = statements(documents)
        .flat_map(|statement| uvci::check(statement.id()).remarks)
        .map(|remark| remark.to_string())
        .collect();
    if remarks.is_empty() {
        return findings.pass(CheckId::Uvci, Reason::Fine);
    }
    findings.concern(CheckId::Uvci, Concern::Flaw, Reason::Uvci(remarks), context);
}

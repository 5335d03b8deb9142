//! What the FHIR bundle of a card states (FHIR R4; SMART Health Cards vaccination and testing
//! guide).
//!
//! Only what a verifier shows is read. Conformance to a profile is not asked for: issuers differ.

use serde_json::Value;

use crate::statement::{Coding, Credential, Statement, Test, Vaccination, system};
use crate::{DateText, Person, Problem, Rule};

/// Entries of one bundle that are looked at.
const MOST_ENTRIES: usize = 500;

pub(super) fn read(bundle: &Value, issuer: &str, problems: &mut Vec<Problem>) -> Credential {
    if bundle.get("resourceType").and_then(Value::as_str) != Some("Bundle") {
        problems.push(Problem::new("fhirBundle", Rule::NotAMap));
    }
    let entries = bundle.get("entry").and_then(Value::as_array).map(Vec::as_slice);
    let entries = entries.unwrap_or_default();
    if entries.len() > MOST_ENTRIES {
        problems.push(Problem::new("entry", Rule::TooMany { max: MOST_ENTRIES }));
    }
    let resources = || {
        let numbered = entries.iter().take(MOST_ENTRIES).enumerate();
        numbered.filter_map(|(index, entry)| Some((index, entry.get("resource")?)))
    };
    let of_type = |wanted: &'static str| {
        resources().filter(move |(_, resource)| text(resource, "/resourceType") == wanted)
    };
    let patients: Vec<_> = of_type("Patient").map(|(_, resource)| resource).collect();
    let person = match patients.as_slice() {
        [] => {
            problems.push(Problem::new("entry", Rule::NoPatient));
            Person::default()
        }
        [patient, others @ ..] => {
            if !others.is_empty() {
                problems.push(Problem::new("entry", Rule::SeveralPatients));
            }
            of_patient(patient)
        }
    };
    if !patients.is_empty() && person.name.is_empty() {
        problems.push(Problem::new("Patient/name", Rule::NoName));
    }
    let mut statements = Vec::new();
    for (index, resource) in of_type("Immunization") {
        if is_stated(resource, &["completed"], index, problems) {
            statements.push(Statement::Vaccination(vaccination(resource)));
        }
    }
    for (index, resource) in of_type("Observation") {
        if is_stated(resource, &["final", "amended", "corrected"], index, problems) {
            statements.push(Statement::Test(test(resource)));
        }
    }
    if statements.is_empty() && of_type("Condition").next().is_none() {
        problems.push(Problem::new("entry", Rule::NoStatement));
    }
    Credential { person, statements, issuer: Some(issuer.to_owned()), ..Credential::default() }
}

/// Whether the resource says that it happened. A vaccination that was not done is none.
fn is_stated(
    resource: &Value,
    statuses: &[&str],
    index: usize,
    problems: &mut Vec<Problem>,
) -> bool {
    let stated = statuses.contains(&text(resource, "/status"));
    if !stated {
        problems.push(Problem::new(format!("entry/{index}/status"), Rule::NotCompleted));
    }
    stated
}

fn of_patient(patient: &Value) -> Person {
    let optional = |path| Some(text(patient, path).to_owned()).filter(|text| !text.is_empty());
    Person {
        name: name(patient.pointer("/name/0")),
        birth_date: DateText::from(text(patient, "/birthDate")),
        sex: optional("/gender"),
        document_number: optional("/identifier/0/value"),
        ..Person::default()
    }
}

/// `text`, else the given names and the family name.
fn name(name: Option<&Value>) -> String {
    let Some(name) = name else { return String::new() };
    if let Some(whole) = name.get("text").and_then(Value::as_str) {
        return whole.to_owned();
    }
    let given = name.get("given").and_then(Value::as_array).into_iter().flatten();
    let family = name.get("family");
    let parts: Vec<_> = given.chain(family).filter_map(Value::as_str).collect();
    parts.join(" ")
}

fn vaccination(resource: &Value) -> Vaccination {
    let stated = resource.pointer("/protocolApplied/0/doseNumberPositiveInt");
    let series = resource.pointer("/protocolApplied/0/seriesDosesPositiveInt");
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let vaccine = coding(resource.get("vaccineCode"));
    Vaccination {
        disease: coding(resource.pointer("/protocolApplied/0/targetDisease/0")),
        brand: vaccine.clone(),
        vaccine,
        manufacturer: manufacturer(resource),
        lot: optional(resource, "/lotNumber"),
        date: DateText::from(text(resource, "/occurrenceDateTime")),
        dose: stated.and_then(number),
        total_doses: series.and_then(number),
        centre: optional(resource, "/performer/0/actor/display"),
        ..Vaccination::default()
    }
}

fn manufacturer(resource: &Value) -> Option<Coding> {
    let identifier = resource.pointer("/manufacturer/identifier");
    let code = identifier.map(|identifier| text(identifier, "/value")).filter(|c| !c.is_empty());
    let display = optional(resource, "/manufacturer/display");
    match (code, display) {
        (Some(code), display) => Some(
            Coding {
                system: identifier.map(|identifier| text(identifier, "/system").to_owned().into()),
                ..Coding::text(code)
            }
            .with_display(display),
        ),
        (None, Some(display)) => Some(Coding::text(display)),
        (None, None) => None,
    }
}

fn test(resource: &Value) -> Test {
    let result = coding(resource.get("valueCodeableConcept"));
    let result = result.or_else(|| optional(resource, "/valueString").map(Coding::text));
    let is_loinc = |coding: &Coding| coding.system.as_deref() == Some(system::LOINC);
    let test_type = coding(resource.get("code"));
    Test {
        // The vaccination and testing guide limits the codes to tests for SARS-CoV-2.
        pathogen: test_type
            .as_ref()
            .filter(|code| is_loinc(code))
            .map(|_| Coding::new(system::ICD11, "XN109").with_display(Some("SARS-CoV-2"))),
        test_type,
        sampled_at: DateText::from(text(resource, "/effectiveDateTime")),
        result,
        centre: optional(resource, "/performer/0/display"),
        ..Test::default()
    }
}

/// The first coding of a concept, or its text.
fn coding(concept: Option<&Value>) -> Option<Coding> {
    let concept = concept?;
    let Some(first) = concept.pointer("/coding/0") else {
        return optional(concept, "/text").map(Coding::text);
    };
    let system = optional(first, "/system").map(Into::into);
    let code = text(first, "/code");
    (!code.is_empty()).then(|| {
        Coding { system, code: code.to_owned(), display: None }
            .with_display(optional(first, "/display"))
    })
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn optional(value: &Value, path: &str) -> Option<String> {
    Some(text(value, path).to_owned()).filter(|text| !text.is_empty())
}

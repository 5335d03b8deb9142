//! What a document states, in one form for all formats.

use gdhcn_credential::statement::{Recovery, Statement, Test, Vaccination};
use gdhcn_credential::{Coding, DateText};
use serde_json::{Map, Value, json};

/// One statement with the members that it has.
pub(super) fn json(statement: &Statement) -> Value {
    let (kind, members) = match statement {
        Statement::Vaccination(one) => ("vaccination", vaccination(one)),
        Statement::Test(one) => ("test", test(one)),
        Statement::Recovery(one) => ("recovery", recovery(one)),
        _ => ("other", Vec::new()),
    };
    let kind = [("kind", Value::from(kind))];
    let stated = members.into_iter().filter(|(_, value)| !value.is_null());
    kind.into_iter()
        .chain(stated)
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<Map<_, _>>()
        .into()
}

type Members = Vec<(&'static str, Value)>;

fn vaccination(one: &Vaccination) -> Members {
    vec![
        ("disease", coding(one.disease.as_ref())),
        ("vaccine", coding(one.vaccine.as_ref())),
        ("brand", coding(one.brand.as_ref())),
        ("manufacturer", coding(one.manufacturer.as_ref())),
        ("holder", coding(one.holder.as_ref())),
        ("lot", one.lot.clone().into()),
        ("date", date(&one.date)),
        ("dose", one.dose.into()),
        ("total_doses", one.total_doses.into()),
        ("country", coding(one.country.as_ref())),
        ("centre", one.centre.clone().into()),
        ("practitioner", one.practitioner.clone().into()),
        ("valid_from", date(&one.valid_from)),
        ("valid_until", date(&one.valid_until)),
        ("next_dose", date(&one.next_dose)),
    ]
}

fn test(one: &Test) -> Members {
    vec![
        ("pathogen", coding(one.pathogen.as_ref())),
        ("test_type", coding(one.test_type.as_ref())),
        ("brand", coding(one.brand.as_ref())),
        ("manufacturer", coding(one.manufacturer.as_ref())),
        ("origin", coding(one.origin.as_ref())),
        ("sampled_at", date(&one.sampled_at)),
        ("resulted_at", date(&one.resulted_at)),
        ("result", coding(one.result.as_ref())),
        ("centre", one.centre.clone().into()),
        ("country", coding(one.country.as_ref())),
        ("practitioner", one.practitioner.clone().into()),
    ]
}

fn recovery(one: &Recovery) -> Members {
    vec![
        ("disease", coding(one.disease.as_ref())),
        ("first_positive", date(&one.first_positive)),
        ("valid_from", date(&one.valid_from)),
        ("valid_until", date(&one.valid_until)),
        ("country", coding(one.country.as_ref())),
    ]
}

fn coding(coding: Option<&Coding>) -> Value {
    coding.map_or(
        Value::Null,
        |coding| json!({ "system": coding.system, "code": coding.code, "display": coding.display }),
    )
}

fn date(date: &DateText) -> Value {
    if date.is_empty() { Value::Null } else { date.as_str().into() }
}

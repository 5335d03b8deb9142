//! What any document states, as a DDCC core data set (DDCC implementation guide, maps
//! `Cert…toCoreDataSet`).

use gdhcn_codes::covid;
use serde_json::{Map, Value, json};

use crate::statement::{Coding, Credential, Statement, Test, Vaccination, system};

/// One core data set for each vaccination and test result, as JSON. What the document does not
/// say is left out, also where the model asks for it; a recovery has no data set.
pub fn core_data_set(credential: &Credential) -> Vec<Value> {
    credential
        .statements
        .iter()
        .enumerate()
        .filter_map(|(index, statement)| {
            let mut set = header(credential);
            match statement {
                Statement::Vaccination(one) => {
                    // Documents without a number count their doses by their order.
                    let order = u32::try_from(index + 1).ok();
                    set.insert("vaccination".into(), vaccination(one, order));
                }
                Statement::Test(one) => {
                    set.insert("test".into(), test(one));
                }
                _ => return None,
            }
            Some(Value::Object(set))
        })
        .collect()
}

fn header(credential: &Credential) -> Map<String, Value> {
    let person = &credential.person;
    let identifier = person
        .document_number
        .as_ref()
        .map(|number| without_nulls(json!({ "value": number, "type": person.document_type })));
    let period = without_nulls(json!({
        "start": date(credential.valid_from.as_str()),
        "end": date(credential.valid_until.as_str()),
    }));
    let certificate = without_nulls(json!({
        "issuer": credential.issuer.as_ref().map(|issuer| json!({ "display": issuer })),
        "hcid": credential.identifier.as_ref().map(|id| json!({ "value": id })),
        "version": credential.version,
        "period": if period == json!({}) { Value::Null } else { period },
    }));
    object(without_nulls(json!({
        "name": person.name,
        "birthDate": date(person.birth_date.as_str()),
        "identifier": identifier,
        "sex": person.sex,
        "certificate": certificate,
    })))
}

fn vaccination(one: &Vaccination, order: Option<u32>) -> Value {
    without_nulls(json!({
        "vaccine": coding(one.vaccine.as_ref().map(vaccine).as_ref()),
        "brand": coding(one.brand.as_ref().map(vaccine).as_ref()),
        "manufacturer": coding(one.manufacturer.as_ref()),
        "maholder": coding(one.holder.as_ref()),
        "lot": one.lot,
        "date": date(one.date.as_str()),
        "validFrom": date(one.valid_from.as_str()),
        "dose": one.dose.or(order),
        "totalDoses": one.total_doses,
        "country": coding(one.country.as_ref()),
        "centre": one.centre,
        "practitioner": one.practitioner.as_ref().map(|name| json!({ "value": name })),
        "disease": coding(one.disease.as_ref()),
        "nextDose": date(one.next_dose.as_str()),
    }))
}

fn test(one: &Test) -> Value {
    without_nulls(json!({
        "pathogen": coding(one.pathogen.as_ref()),
        "type": coding(one.test_type.as_ref().map(test_type).as_ref()),
        "brand": coding(one.brand.as_ref()),
        "manufacturer": coding(one.manufacturer.as_ref()),
        "origin": coding(one.origin.as_ref().map(origin).as_ref()),
        "date": date(one.sampled_at.as_str()),
        "result": coding(one.result.as_ref().map(result).as_ref()),
        "centre": one.centre,
        "country": coding(one.country.as_ref()),
    }))
}

/// The vaccine by its ICD-11 code, where the published maps have one.
fn vaccine(coding: &Coding) -> Coding {
    translated(coding, covid::vaccine(&coding.code))
}

fn test_type(coding: &Coding) -> Coding {
    translated(coding, covid::test_type(&coding.code))
}

fn result(coding: &Coding) -> Coding {
    translated(coding, covid::result(&coding.code))
}

fn origin(coding: &Coding) -> Coding {
    translated(coding, covid::origin(&coding.code))
}

fn translated(coding: &Coding, code: Option<&'static str>) -> Coding {
    match code {
        Some(code) => Coding {
            system: Some(system::ICD11.into()),
            code: code.to_owned(),
            display: coding.display.clone(),
        },
        None => coding.clone(),
    }
}

fn coding(coding: Option<&Coding>) -> Value {
    coding.map_or(Value::Null, |coding| {
        without_nulls(json!({
            "system": coding.system,
            "code": coding.code,
            "display": coding.display,
        }))
    })
}

fn date(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn without_nulls(value: Value) -> Value {
    let kept = object(value).into_iter().filter(|(_, value)| !value.is_null());
    kept.collect::<Map<_, _>>().into()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

//! A health document in words and as JSON.

use gdhcn_codes::Participant;
use gdhcn_codes::value_set::{self, ValueSetId};
use gdhcn_credential::dcc::{Recovery, Statement, Test, Vaccination};
use gdhcn_credential::{DateText, Dcc, HealthDocument, Icvp, Person, SubclaimKey, to_json};
use serde_json::{Value, json};

/// Label and value, line by line, for people.
pub(crate) fn lines(document: &HealthDocument) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Document", title(document).to_owned())];
    if let Some(person) = document.person() {
        lines.extend(of_person(&person));
    }
    match document {
        HealthDocument::Dcc(dcc) => lines.extend(of_dcc(dcc)),
        HealthDocument::Icvp(icvp) => lines.extend(of_icvp(icvp)),
        HealthDocument::Link(link) => lines.push(("Link", link.text.clone())),
        HealthDocument::Unsupported(other) => {
            lines.push(("Content", to_json(&other.content).to_string()));
        }
        _ => {}
    }
    lines.retain(|(_, value)| !value.is_empty());
    lines
}

fn title(document: &HealthDocument) -> &'static str {
    match document {
        HealthDocument::Dcc(_) => SubclaimKey::DCC.title(),
        HealthDocument::Icvp(_) => SubclaimKey::ICVP.title(),
        HealthDocument::Link(_) => SubclaimKey::HEALTH_LINK.title(),
        HealthDocument::Unsupported(other) => other.key.title(),
        _ => "health document",
    }
}

fn of_person(person: &Person) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        ("Name", person.name.clone()),
        ("In passport", text(&person.machine_readable_name)),
        ("Born", person.birth_date.to_string()),
        ("Sex", text(&person.sex)),
        ("Nationality", person.nationality.as_deref().map(country).unwrap_or_default()),
        ("Document no.", text(&person.document_number)),
        ("Guardian", text(&person.guardian)),
    ]
}

fn of_dcc(dcc: &Dcc) -> Vec<(&'static str, String)> {
    let Some(statement) = &dcc.statement else { return Vec::new() };
    let mut lines = vec![
        ("Statement", statement.kind().to_string()),
        ("Disease", named(ValueSetId::Disease, statement.disease())),
    ];
    lines.extend(match statement {
        Statement::Vaccination(vaccination) => of_vaccination(vaccination),
        Statement::Test(test) => of_test(test),
        Statement::Recovery(recovery) => of_recovery(recovery),
    });
    lines.extend([
        ("Country", country(statement.country())),
        ("Issued by", statement.issuer().to_owned()),
        ("Identifier", statement.id().to_owned()),
    ]);
    lines
}

fn of_vaccination(vaccination: &Vaccination) -> Vec<(&'static str, String)> {
    let number = |number: Option<u32>| number.map_or_else(|| "?".to_owned(), |one| one.to_string());
    vec![
        ("Vaccine", named(ValueSetId::Product, &vaccination.product)),
        ("Kind", named(ValueSetId::Prophylaxis, &vaccination.prophylaxis)),
        ("Holder", named(ValueSetId::Holder, &vaccination.holder)),
        ("Dose", format!("{} of {}", number(vaccination.dose), number(vaccination.series))),
        ("Date", vaccination.date.to_string()),
    ]
}

fn of_test(test: &Test) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        ("Kind of test", named(ValueSetId::TestType, &test.test_type)),
        ("Name of test", text(&test.name)),
        ("Device", text(&test.device)),
        ("Result", named(ValueSetId::TestResult, &test.result)),
        ("Sampled at", test.sampled_at.to_string()),
        ("Centre", text(&test.centre)),
    ]
}

fn of_recovery(recovery: &Recovery) -> Vec<(&'static str, String)> {
    vec![
        ("First positive", recovery.first_positive.to_string()),
        ("Valid", format!("{} to {}", recovery.valid_from, recovery.valid_until)),
    ]
}

fn of_icvp(icvp: &Icvp) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let date = |date: &Option<DateText>| date.as_ref().map(DateText::to_string).unwrap_or_default();
    icvp.doses
        .iter()
        .flat_map(|dose| {
            let product = dose.icvp_product();
            vec![
                ("Disease", dose.disease().map(|one| one.name().to_owned()).unwrap_or_default()),
                (
                    "Vaccine",
                    product.map_or_else(
                        || dose.product.clone(),
                        |one| format!("{}, {}", one.display_name(), one.manufacturer),
                    ),
                ),
                ("Manufacturer", text(&dose.manufacturer)),
                ("Batch", dose.batch.clone()),
                ("Date", dose.date.to_string()),
                (
                    "Counts from",
                    dose.first_valid_day().map(|day| day.to_string()).unwrap_or_default(),
                ),
                ("Valid from", date(&dose.valid_from)),
                ("Valid until", date(&dose.valid_until)),
                ("Clinician", text(&dose.clinician)),
                ("Authority", dose.authority.as_deref().map(country).unwrap_or_default()),
            ]
        })
        .collect()
}

/// The name of a code, and the code where it has none.
fn named(set: ValueSetId, code: &str) -> String {
    value_set::display(set, code).map_or_else(|| code.to_owned(), str::to_owned)
}

fn country(code: &str) -> String {
    Participant::parse(code)
        .map_or_else(|_| code.to_owned(), |one| format!("{} ({})", one.name(), one.alpha3()))
}

/// For programs: what it is, whose it is, and the lines as an object.
pub(crate) fn json(document: &HealthDocument) -> Value {
    let person = document.person().map(|person| {
        json!({
            "name": person.name,
            "machine_readable_name": person.machine_readable_name,
            "birth_date": person.birth_date.as_str(),
            "sex": person.sex,
            "nationality": person.nationality,
            "document_number": person.document_number,
            "document_type": person.document_type,
            "guardian": person.guardian,
        })
    });
    let statement = match document {
        HealthDocument::Dcc(dcc) => {
            json!({ "version": dcc.version, "statement": dcc.statement.as_ref().map(statement_json) })
        }
        HealthDocument::Icvp(icvp) => json!({
            "generation": icvp.generation.number(),
            "template_version": icvp.template_version,
            "doses": icvp.doses.iter().map(dose_json).collect::<Vec<_>>(),
        }),
        HealthDocument::Link(link) => json!({ "uri": link.text }),
        HealthDocument::Unsupported(other) => {
            json!({ "key": other.key.0, "content": to_json(&other.content) })
        }
        _ => Value::Null,
    };
    json!({
        "title": title(document),
        "person": person,
        "content": statement,
        "problems": document.problems().iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn coded(set: ValueSetId, code: &str) -> Value {
    json!({ "code": code, "display": value_set::display(set, code) })
}

fn statement_json(statement: &Statement) -> Value {
    let mut value = match statement {
        Statement::Vaccination(vaccination) => json!({
            "product": coded(ValueSetId::Product, &vaccination.product),
            "prophylaxis": coded(ValueSetId::Prophylaxis, &vaccination.prophylaxis),
            "holder": coded(ValueSetId::Holder, &vaccination.holder),
            "dose": vaccination.dose,
            "series": vaccination.series,
            "date": vaccination.date.as_str(),
        }),
        Statement::Test(test) => json!({
            "test_type": coded(ValueSetId::TestType, &test.test_type),
            "test_name": test.name,
            "device": test.device,
            "result": coded(ValueSetId::TestResult, &test.result),
            "sampled_at": test.sampled_at.as_str(),
            "centre": test.centre,
        }),
        Statement::Recovery(recovery) => json!({
            "first_positive": recovery.first_positive.as_str(),
            "valid_from": recovery.valid_from.as_str(),
            "valid_until": recovery.valid_until.as_str(),
        }),
    };
    if let Value::Object(members) = &mut value {
        members.insert("kind".into(), statement.kind().as_str().into());
        members.insert("disease".into(), coded(ValueSetId::Disease, statement.disease()));
        members.insert("country".into(), statement.country().into());
        members.insert("issued_by".into(), statement.issuer().into());
        members.insert("identifier".into(), statement.id().into());
    }
    value
}

fn dose_json(dose: &gdhcn_credential::icvp::Dose) -> Value {
    json!({
        "product": dose.product,
        "product_name": dose.icvp_product().map(|product| product.display_name()),
        "manufacturer": dose
            .icvp_product()
            .map(|product| product.manufacturer)
            .or(dose.manufacturer.as_deref()),
        "disease": dose.disease().map(|disease| disease.name()),
        "date": dose.date.as_str(),
        "first_valid_day": dose.first_valid_day().map(|day| day.to_string()),
        "batch": dose.batch,
        "clinician": dose.clinician,
        "authority": dose.authority,
        "valid_from": dose.valid_from.as_ref().map(DateText::as_str),
        "valid_until": dose.valid_until.as_ref().map(DateText::as_str),
    })
}

//! A health document as JSON.

use gdhcn_codes::value_set::{self, ValueSetId};
use gdhcn_credential::dcc::Statement;
use gdhcn_credential::{DateText, HealthDocument, HealthLink, to_json};
use serde_json::{Value, json};

/// For programs: what it is, whose it is, and the lines as an object.
pub(super) fn json(document: &HealthDocument) -> Value {
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
        HealthDocument::Link(link) => link_json(link),
        HealthDocument::Unsupported(other) => {
            json!({ "key": other.key.0, "content": to_json(&other.content) })
        }
        HealthDocument::Card(card) => json!({ "types": card.types, "bundle": card.bundle }),
        HealthDocument::Divoc(certificate) => json!({ "unsigned": certificate.unsigned }),
        HealthDocument::Seal(seal) => json!({ "kind": seal.kind, "message": seal.message }),
        _ => Value::Null,
    };
    let credential = document.credential();
    let statements = credential.iter().flat_map(|credential| &credential.statements);
    json!({
        "title": document.title(),
        "person": person,
        "statements": statements.map(super::statement::json).collect::<Vec<_>>(),
        "content": statement,
        "problems": document.problems().iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// What a link holds, apart from its key: who has that can open it.
fn link_json(link: &HealthLink) -> Value {
    let payload = link.payload.as_ref().ok();
    json!({
        "url": payload.map(|payload| &payload.url),
        "flag": payload.map(|payload| &payload.flag),
        "label": payload.and_then(|payload| payload.label.as_ref()),
        "version": payload.map(|payload| payload.version),
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

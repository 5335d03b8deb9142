//! A health document in words.

use gdhcn_codes::Participant;
use gdhcn_codes::value_set::{self, ValueSetId};
use gdhcn_credential::dcc::{Recovery, Statement, Test, Vaccination};
use gdhcn_credential::{
    Coding, DateText, Dcc, HealthDocument, HealthLink, Icvp, Person, statement, to_json,
};
use gdhcn_explain::Label;

/// Label and value, line by line, for people. The certificate's identifier is not among them: it is a
/// handle by which a person could be followed, and helps nobody at the border.
pub(crate) fn lines(document: &HealthDocument) -> Vec<(Label, String)> {
    let mut lines = vec![(Label::Document, document.title().to_owned())];
    if let Some(person) = document.person() {
        lines.extend(of_person(&person));
    }
    match document {
        HealthDocument::Dcc(dcc) => lines.extend(of_dcc(dcc)),
        HealthDocument::Icvp(icvp) => lines.extend(of_icvp(icvp)),
        HealthDocument::Link(link) => lines.extend(of_link(link)),
        HealthDocument::Unsupported(other) => {
            lines.push((Label::Content, to_json(&other.content).to_string()));
        }
        other => {
            let credential = other.credential();
            let statements = credential.iter().flat_map(|credential| &credential.statements);
            lines.extend(statements.flat_map(of_statement));
        }
    }
    lines.retain(|(_, value)| !value.is_empty());
    lines
}

fn of_person(person: &Person) -> Vec<(Label, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        (Label::Name, person.name.clone()),
        (Label::InPassport, text(&person.machine_readable_name)),
        (Label::Born, person.birth_date.to_string()),
        (Label::Sex, text(&person.sex)),
        (Label::Nationality, person.nationality.as_deref().map(country).unwrap_or_default()),
        (Label::DocumentNumber, text(&person.document_number)),
        (Label::Guardian, text(&person.guardian)),
    ]
}

fn of_dcc(dcc: &Dcc) -> Vec<(Label, String)> {
    let Some(statement) = &dcc.statement else { return Vec::new() };
    let mut lines = vec![
        (Label::Statement, statement.kind().to_string()),
        (Label::Disease, named(ValueSetId::Disease, statement.disease())),
    ];
    lines.extend(match statement {
        Statement::Vaccination(vaccination) => of_vaccination(vaccination),
        Statement::Test(test) => of_test(test),
        Statement::Recovery(recovery) => of_recovery(recovery),
    });
    lines.extend([
        (Label::Country, country(statement.country())),
        (Label::IssuedBy, statement.issuer().to_owned()),
    ]);
    lines
}

fn of_vaccination(vaccination: &Vaccination) -> Vec<(Label, String)> {
    let number = |number: Option<u32>| number.map_or_else(|| "?".to_owned(), |one| one.to_string());
    vec![
        (Label::Vaccine, named(ValueSetId::Product, &vaccination.product)),
        (Label::Kind, named(ValueSetId::Prophylaxis, &vaccination.prophylaxis)),
        (Label::Holder, named(ValueSetId::Holder, &vaccination.holder)),
        (Label::Dose, format!("{}/{}", number(vaccination.dose), number(vaccination.series))),
        (Label::Date, vaccination.date.to_string()),
    ]
}

fn of_test(test: &Test) -> Vec<(Label, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        (Label::KindOfTest, named(ValueSetId::TestType, &test.test_type)),
        (Label::NameOfTest, text(&test.name)),
        (Label::Device, text(&test.device)),
        (Label::Result, named(ValueSetId::TestResult, &test.result)),
        (Label::SampledAt, test.sampled_at.to_string()),
        (Label::Centre, text(&test.centre)),
    ]
}

fn of_recovery(recovery: &Recovery) -> Vec<(Label, String)> {
    vec![
        (Label::FirstPositive, recovery.first_positive.to_string()),
        (Label::Valid, format!("{} – {}", recovery.valid_from, recovery.valid_until)),
    ]
}

fn of_icvp(icvp: &Icvp) -> Vec<(Label, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let date = |date: &Option<DateText>| date.as_ref().map(DateText::to_string).unwrap_or_default();
    icvp.doses
        .iter()
        .flat_map(|dose| {
            let product = dose.icvp_product();
            vec![
                (
                    Label::Disease,
                    dose.disease().map(|one| one.name().to_owned()).unwrap_or_default(),
                ),
                (
                    Label::Vaccine,
                    product.map_or_else(
                        || dose.product.clone(),
                        |one| format!("{}, {}", one.display_name(), one.manufacturer),
                    ),
                ),
                (Label::Manufacturer, text(&dose.manufacturer)),
                (Label::Batch, dose.batch.clone()),
                (Label::Date, dose.date.to_string()),
                (
                    Label::CountsFrom,
                    dose.first_valid_day().map(|day| day.to_string()).unwrap_or_default(),
                ),
                (Label::ValidFrom, date(&dose.valid_from)),
                (Label::ValidUntil, date(&dose.valid_until)),
                (Label::Clinician, text(&dose.clinician)),
                (Label::Authority, dose.authority.as_deref().map(country).unwrap_or_default()),
            ]
        })
        .collect()
}

/// A link without its key: who has that can open it.
fn of_link(link: &HealthLink) -> Vec<(Label, String)> {
    match &link.payload {
        Ok(payload) => vec![
            (Label::LinkTo, payload.url.clone()),
            (Label::Label, payload.label.clone().unwrap_or_default()),
            (Label::Passcode, if payload.needs_passcode() { "yes" } else { "" }.to_owned()),
        ],
        Err(error) => vec![(Label::Link, error.to_string())],
    }
}

/// A statement of any format, in the model that all share.
fn of_statement(statement: &statement::Statement) -> Vec<(Label, String)> {
    let name = |coding: &Option<Coding>| coding.as_ref().map(coded).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match statement {
        statement::Statement::Vaccination(one) => vec![
            (Label::Disease, name(&one.disease)),
            (Label::Vaccine, name(&one.vaccine)),
            (
                Label::Product,
                if one.brand == one.vaccine { String::new() } else { name(&one.brand) },
            ),
            (Label::Manufacturer, name(&one.manufacturer)),
            (Label::Batch, text(&one.lot)),
            (Label::Date, one.date.to_string()),
            (
                Label::Dose,
                match (one.dose, one.total_doses) {
                    (Some(dose), Some(total)) => format!("{dose}/{total}"),
                    (Some(dose), None) => dose.to_string(),
                    _ => String::new(),
                },
            ),
            (Label::Country, name(&one.country)),
            (Label::Centre, text(&one.centre)),
            (Label::GivenBy, text(&one.practitioner)),
            (Label::ValidFrom, one.valid_from.to_string()),
            (Label::ValidUntil, one.valid_until.to_string()),
            (Label::NextDose, one.next_dose.to_string()),
        ],
        statement::Statement::Test(one) => vec![
            (Label::Pathogen, name(&one.pathogen)),
            (Label::KindOfTest, name(&one.test_type)),
            (Label::Product, name(&one.brand)),
            (Label::Result, name(&one.result)),
            (Label::SampledAt, one.sampled_at.to_string()),
            (Label::ResultAt, one.resulted_at.to_string()),
            (Label::Country, name(&one.country)),
            (Label::Centre, text(&one.centre)),
        ],
        statement::Statement::Recovery(one) => vec![
            (Label::RecoveredFrom, name(&one.disease)),
            (Label::FirstPositive, one.first_positive.to_string()),
            (Label::ValidFrom, one.valid_from.to_string()),
            (Label::ValidUntil, one.valid_until.to_string()),
            (Label::Country, name(&one.country)),
        ],
        _ => Vec::new(),
    }
}

/// What a code means, with the code itself where that is not the same.
fn coded(coding: &Coding) -> String {
    match coding.meaning() {
        Some(display) if display != coding.code => format!("{display} ({})", coding.code),
        _ => coding.code.clone(),
    }
}

/// The name of a code, and the code where it has none.
fn named(set: ValueSetId, code: &str) -> String {
    value_set::display(set, code).map_or_else(|| code.to_owned(), str::to_owned)
}

fn country(code: &str) -> String {
    Participant::parse(code)
        .map_or_else(|_| code.to_owned(), |one| format!("{} ({})", one.name(), one.alpha3()))
}

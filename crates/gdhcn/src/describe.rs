//! A health document in words.

use gdhcn_codes::Participant;
use gdhcn_codes::value_set::{self, ValueSetId};
use gdhcn_credential::dcc::{Recovery, Statement, Test, Vaccination};
use gdhcn_credential::{
    Coding, DateText, Dcc, HealthDocument, HealthLink, Icvp, Person, statement, to_json,
};

/// Label and value, line by line, for people.
pub(crate) fn lines(document: &HealthDocument) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Document", document.title().to_owned())];
    if let Some(person) = document.person() {
        lines.extend(of_person(&person));
    }
    match document {
        HealthDocument::Dcc(dcc) => lines.extend(of_dcc(dcc)),
        HealthDocument::Icvp(icvp) => lines.extend(of_icvp(icvp)),
        HealthDocument::Link(link) => lines.extend(of_link(link)),
        HealthDocument::Unsupported(other) => {
            lines.push(("Content", to_json(&other.content).to_string()));
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

/// A link without its key: who has that can open it.
fn of_link(link: &HealthLink) -> Vec<(&'static str, String)> {
    match &link.payload {
        Ok(payload) => vec![
            ("Link to", payload.url.clone()),
            ("Label", payload.label.clone().unwrap_or_default()),
            ("Passcode", if payload.needs_passcode() { "yes" } else { "" }.to_owned()),
        ],
        Err(error) => vec![("Link", error.to_string())],
    }
}

/// A statement of any format, in the model that all share.
fn of_statement(statement: &statement::Statement) -> Vec<(&'static str, String)> {
    let name = |coding: &Option<Coding>| coding.as_ref().map(coded).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match statement {
        statement::Statement::Vaccination(one) => vec![
            ("Disease", name(&one.disease)),
            ("Vaccine", name(&one.vaccine)),
            ("Product", if one.brand == one.vaccine { String::new() } else { name(&one.brand) }),
            ("Manufacturer", name(&one.manufacturer)),
            ("Batch", text(&one.lot)),
            ("Date", one.date.to_string()),
            (
                "Dose",
                match (one.dose, one.total_doses) {
                    (Some(dose), Some(total)) => format!("{dose} of {total}"),
                    (Some(dose), None) => dose.to_string(),
                    _ => String::new(),
                },
            ),
            ("Country", name(&one.country)),
            ("Centre", text(&one.centre)),
            ("Given by", text(&one.practitioner)),
            ("Valid from", one.valid_from.to_string()),
            ("Valid until", one.valid_until.to_string()),
            ("Next dose", one.next_dose.to_string()),
        ],
        statement::Statement::Test(one) => vec![
            ("Pathogen", name(&one.pathogen)),
            ("Kind of test", name(&one.test_type)),
            ("Product", name(&one.brand)),
            ("Result", name(&one.result)),
            ("Sampled at", one.sampled_at.to_string()),
            ("Result at", one.resulted_at.to_string()),
            ("Country", name(&one.country)),
            ("Centre", text(&one.centre)),
        ],
        statement::Statement::Recovery(one) => vec![
            ("Recovered from", name(&one.disease)),
            ("First positive", one.first_positive.to_string()),
            ("Valid from", one.valid_from.to_string()),
            ("Valid until", one.valid_until.to_string()),
            ("Country", name(&one.country)),
        ],
        _ => Vec::new(),
    }
}

/// What a code means, with the code itself where that is not the same.
fn coded(coding: &Coding) -> String {
    match &coding.display {
        Some(display) if *display != coding.code => format!("{display} ({})", coding.code),
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

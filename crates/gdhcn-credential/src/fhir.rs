//! What a document states, as a FHIR R4 bundle.
//!
//! A SMART Health Card carries its bundle; an ICVP becomes an International Patient Summary (map
//! `ICVPClaimtoIPS` of the ICVP implementation guide); everything else follows the maps
//! `Cert…toDDCC` of the DDCC guide. Identifiers are made from `seed` (the signed bytes, say), so that
//! one document always gives the same bundle. What R4 demands and a document does not state is
//! marked as unknown: nothing is made up.

use gdhcn_crypto::sha256;
use serde_json::{Map, Value, json};

use crate::statement::{Coding, Credential, Recovery, Statement, Test, Vaccination, system};
use jiff::Timestamp;

use crate::{DateText, HealthDocument};

const DDCC: &str = "http://smart.who.int/ddcc/StructureDefinition";
const PRODUCT_EXTENSION: &str = "http://smart.who.int/pcmt/StructureDefinition/ProductID";
const NATIONALITY: &str = "http://hl7.org/fhir/StructureDefinition/patient-nationality";
const EMPTY_REASON: &str = "http://terminology.hl7.org/CodeSystem/list-empty-reason";
/// The identifier system of the bundles (ICVP implementation guide).
const BUNDLE_SYSTEM: &str = "urn:oid:2.16.724.4.8.10.200.10";

/// The bundle; `None` for what has no content of its own, such as a link.
///
/// `issued_at` is when the code was signed; it dates the composition. Without it the first event of
/// the document does.
pub fn bundle(
    document: &HealthDocument,
    issued_at: Option<Timestamp>,
    seed: &[u8],
) -> Option<Value> {
    if let HealthDocument::Card(card) = document {
        return Some(card.bundle.clone());
    }
    let credential = document.credential()?;
    let names = Names { seed: sha256(seed) };
    let dated = issued_at.map(|at| at.to_string()).or_else(|| first_event(&credential));
    Some(match document {
        HealthDocument::Icvp(_) => summary(&credential, dated.as_deref(), &names),
        _ => transaction(&credential, dated.as_deref(), &names),
    })
}

/// Names of resources: UUIDs (RFC 9562, version 8) made from the seed.
struct Names {
    seed: [u8; 32],
}

impl Names {
    fn uuid(&self, role: &str) -> String {
        let mut bytes = sha256(&[&self.seed[..], role.as_bytes()].concat());
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = *version & 0x0f | 0x80;
        *variant = *variant & 0x3f | 0x80;
        let hex: String = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let part = |from, to| hex.get(from..to).unwrap_or_default();
        format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
    }

    fn reference(&self, role: &str) -> Value {
        json!({ "reference": format!("urn:uuid:{}", self.uuid(role)) })
    }

    fn entry(&self, role: &str, mut resource: Value) -> Value {
        let id = self.uuid(role);
        if let Value::Object(members) = &mut resource {
            members.insert("id".into(), id.clone().into());
        }
        json!({ "fullUrl": format!("urn:uuid:{id}"), "resource": resource })
    }
}

/// An International Patient Summary with one immunization.
fn summary(credential: &Credential, dated: Option<&str>, names: &Names) -> Value {
    let has_issuer = credential.issuer.is_some();
    let mut entries = vec![
        names.entry("composition", summary_composition(credential, dated, names)),
        names.entry("patient", patient(credential)),
    ];
    if has_issuer {
        entries.push(names.entry("organization", organization(credential)));
    }
    for (index, statement) in credential.statements.iter().enumerate() {
        if let Statement::Vaccination(one) = statement {
            let resource = immunization(one, credential, names, Guide::Icvp);
            entries.push(names.entry(&format!("statement-{index}"), resource));
        }
    }
    json!({
        "resourceType": "Bundle",
        "type": "document",
        "identifier": { "system": BUNDLE_SYSTEM, "value": names.uuid("bundle") },
        // An instant: a day alone is none.
        "timestamp": dated.map(|at| if at.contains('T') { at.to_owned() } else { format!("{at}T00:00:00Z") }),
        "entry": entries,
    })
}

fn summary_composition(credential: &Credential, dated: Option<&str>, names: &Names) -> Value {
    let empty = |title: &str, code: &str| {
        json!({
            "title": title,
            "code": concept(system::LOINC, code, None),
            "text": {
                "status": "empty",
                "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">No information</div>",
            },
            "emptyReason": concept(EMPTY_REASON, "unavailable", None),
        })
    };
    let entries: Vec<_> = (0..credential.statements.len())
        .map(|index| names.reference(&format!("statement-{index}")))
        .collect();
    without_nulls(json!({
        "resourceType": "Composition",
        "status": "final",
        "title": "International Patient Summary",
        "type": concept(system::LOINC, "60591-5", None),
        "subject": names.reference("patient"),
        "date": dated,
        "author": [author(credential, names)],
        "section": [
            empty("Medication Summary", "10160-0"),
            empty("Allergies and Intolerances", "48765-2"),
            empty("Problem List", "11450-4"),
            {
                "title": "Immunizations",
                "code": concept(system::LOINC, "11369-6", None),
                "entry": entries,
            },
        ],
    }))
}

/// The bundle of the DDCC maps.
fn transaction(credential: &Credential, dated: Option<&str>, names: &Names) -> Value {
    let mut entries = Vec::new();
    let mut references = Vec::new();
    for (index, statement) in credential.statements.iter().enumerate() {
        let role = format!("statement-{index}");
        let resource = match statement {
            Statement::Vaccination(one) => immunization(one, credential, names, Guide::Ddcc),
            Statement::Test(one) => observation(one, names),
            Statement::Recovery(one) => condition(one, names),
        };
        references.push(names.reference(&role));
        entries.push(names.entry(&role, resource));
    }
    let is_test = matches!(credential.statements.first(), Some(Statement::Test(_)));
    let period = without_nulls(json!({
        "start": date(&credential.valid_from),
        "end": date(&credential.valid_until),
    }));
    let composition = without_nulls(json!({
        "resourceType": "Composition",
        "status": "final",
        "title": "International Certificate of Vaccination or Prophylaxis",
        "type": concept(system::LOINC, "82593-5", None),
        "category": [concept(&format!("{DDCC}/DDCCDocument"), if is_test { "ddcc-tr" } else { "ddcc-vs" }, None)],
        "subject": names.reference("patient"),
        "date": dated,
        "author": [author(credential, names)],
        "event": if period == json!({}) { Value::Null } else { json!([{ "period": period }]) },
        "section": [{ "code": concept(system::LOINC, "11369-6", None), "entry": references }],
    }));
    let mut all =
        vec![names.entry("composition", composition), names.entry("patient", patient(credential))];
    all.extend(entries);
    if credential.issuer.is_some() {
        all.push(names.entry("organization", organization(credential)));
    }
    for entry in &mut all {
        let kind = entry.pointer("/resource/resourceType").cloned();
        if let Value::Object(members) = entry {
            members.insert("request".into(), json!({ "method": "POST", "url": kind }));
        }
    }
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": all })
}

fn author(credential: &Credential, names: &Names) -> Value {
    match credential.issuer {
        Some(_) => names.reference("organization"),
        None => json!({ "display": "not stated" }),
    }
}

/// The day of the first statement.
fn first_event(credential: &Credential) -> Option<String> {
    credential.statements.iter().find_map(|statement| {
        date(match statement {
            Statement::Vaccination(one) => &one.date,
            Statement::Test(one) => &one.sampled_at,
            Statement::Recovery(one) => &one.first_positive,
        })
    })
}

/// For a concept that R4 demands and the document does not state.
fn unknown() -> Value {
    json!({ "text": "unknown" })
}

fn patient(credential: &Credential) -> Value {
    let person = &credential.person;
    let gender = person.sex.as_deref().map(|sex| match sex.to_ascii_lowercase().as_str() {
        "m" | "male" => "male",
        "f" | "female" => "female",
        "other" => "other",
        _ => "unknown",
    });
    // R4 knows no empty text: what is blank is left out.
    let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut names = Vec::new();
    if let Some(name) = filled(&person.name) {
        names.push(json!({ "text": name }));
    }
    if let Some(machine) = &person.machine_readable_name {
        let (family, given) = machine.split_once("<<").unwrap_or((machine, ""));
        let readable = |text: &str| filled(&text.replace('<', " "));
        let (family, given) = (readable(family), readable(given).map(|given| [given]));
        if family.is_some() || given.is_some() {
            names.push(without_nulls(
                json!({ "use": "official", "family": family, "given": given }),
            ));
        }
    }
    let identifier = person.document_number.as_ref().map(|number| {
        let kind = person
            .document_type
            .as_ref()
            .map(|kind| concept("http://terminology.hl7.org/CodeSystem/v2-0203", kind, None));
        json!([without_nulls(json!({ "value": number, "type": kind }))])
    });
    let nationality = person.nationality.as_ref().map(|code| {
        json!([{ "url": NATIONALITY, "extension": [
            { "url": "code", "valueCodeableConcept": concept(system::COUNTRY, code, None) },
        ] }])
    });
    without_nulls(json!({
        "resourceType": "Patient",
        "extension": nationality,
        "identifier": identifier,
        "name": if names.is_empty() { Value::Null } else { names.into() },
        "gender": gender,
        "birthDate": date(&person.birth_date),
        "contact": person.guardian.as_ref().map(|name| json!([{ "name": { "text": name } }])),
    }))
}

fn organization(credential: &Credential) -> Value {
    json!({ "resourceType": "Organization", "name": credential.issuer })
}

/// Which guide's extensions are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guide {
    Icvp,
    Ddcc,
}

fn immunization(one: &Vaccination, credential: &Credential, names: &Names, guide: Guide) -> Value {
    let mut extensions = Vec::new();
    match (guide, &one.brand) {
        (Guide::Icvp, Some(brand)) => {
            extensions.push(json!({ "url": PRODUCT_EXTENSION, "valueCoding": coding(brand) }));
        }
        (Guide::Ddcc, Some(brand)) => {
            let url = format!("{DDCC}/DDCCVaccineBrand");
            extensions.push(json!({ "url": url, "valueCoding": coding(brand) }));
        }
        (_, None) => {}
    }
    if guide == Guide::Ddcc {
        if let Some(holder) = &one.holder {
            let url = format!("{DDCC}/DDCCVaccineMarketAuthorization");
            extensions.push(json!({ "url": url, "valueCoding": coding(holder) }));
        }
        if let Some(country) = &one.country {
            let url = format!("{DDCC}/DDCCCountryOfVaccination");
            extensions.push(json!({ "url": url, "valueCoding": coding(country) }));
        }
        if let Some(from) = date(&one.valid_from) {
            let url = format!("{DDCC}/DDCCVaccineValidFrom");
            extensions.push(json!({ "url": url, "valueDate": from }));
        }
    }
    let protocol = without_nulls(json!({
        "authority": credential.issuer.as_ref().map(|_| names.reference("organization")),
        "targetDisease": one.disease.as_ref().map(|disease| [of_coding(disease)]),
        "doseNumberPositiveInt": one.dose.filter(|dose| *dose > 0),
        "doseNumberString": if one.dose.is_some_and(|dose| dose > 0) { None } else { Some("unknown") },
        "seriesDosesPositiveInt": one.total_doses.filter(|total| *total > 0),
    }));
    let identifier = credential.identifier.as_ref().map(|id| json!([{ "value": id }]));
    let vaccine = one.vaccine.as_ref().or(one.brand.as_ref()).map(of_coding);
    without_nulls(json!({
        "resourceType": "Immunization",
        "extension": if extensions.is_empty() { Value::Null } else { extensions.into() },
        "identifier": identifier,
        "status": "completed",
        "vaccineCode": vaccine.unwrap_or_else(unknown),
        "patient": names.reference("patient"),
        "occurrenceDateTime": date(&one.date),
        "occurrenceString": if date(&one.date).is_none() { Some("unknown") } else { None },
        "manufacturer": one.manufacturer.as_ref().map(|one| json!({ "display": one.name() })),
        "location": one.centre.as_ref().map(|name| json!({ "display": name })),
        "lotNumber": one.lot,
        "performer": one.practitioner.as_ref().map(|name| json!([{ "actor": { "display": name } }])),
        "protocolApplied": if protocol.as_object().is_some_and(|one| one.len() > 1) { json!([protocol]) } else { Value::Null },
    }))
}

fn observation(one: &Test, names: &Names) -> Value {
    without_nulls(json!({
        "resourceType": "Observation",
        "status": "final",
        "code": one.test_type.as_ref().map_or_else(unknown, of_coding),
        "subject": names.reference("patient"),
        "effectiveDateTime": date(&one.sampled_at),
        "issued": date(&one.resulted_at),
        "method": one.origin.as_ref().map(of_coding),
        "valueCodeableConcept": one.result.as_ref().map(of_coding),
        "performer": one.centre.as_ref().map(|name| json!([{ "display": name }])),
        "device": one.brand.as_ref().or(one.manufacturer.as_ref())
            .map(|device| json!({ "display": device.name() })),
    }))
}

/// No published map covers a recovery; a past condition says what is meant.
fn condition(one: &Recovery, names: &Names) -> Value {
    let clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical";
    without_nulls(json!({
        "resourceType": "Condition",
        "clinicalStatus": concept(clinical, "resolved", None),
        "code": one.disease.as_ref().map(of_coding),
        "subject": names.reference("patient"),
        "onsetDateTime": date(&one.first_positive),
    }))
}

fn of_coding(one: &Coding) -> Value {
    match &one.system {
        Some(_) => json!({ "coding": [coding(one)] }),
        None => json!({ "text": one.name() }),
    }
}

fn coding(one: &Coding) -> Value {
    without_nulls(json!({ "system": one.system, "code": one.code, "display": one.display }))
}

fn concept(system: &str, code: &str, display: Option<&str>) -> Value {
    json!({ "coding": [without_nulls(json!({ "system": system, "code": code, "display": display }))] })
}

/// A date that FHIR can take: what cannot be read is left out.
fn date(text: &DateText) -> Option<String> {
    text.date().map(|date| match text.as_str() {
        instant if instant.contains('T') => instant.to_owned(),
        _ => date.to_string(),
    })
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            kept.collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

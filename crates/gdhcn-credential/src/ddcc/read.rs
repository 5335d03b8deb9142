use gdhcn_envelope::cbor::{Map, Value};

use super::{Ddcc, Kind};
use crate::statement::{Coding, Credential, Statement, Test, Vaccination};
use crate::{DateText, Person, Problem, Rule};

impl Ddcc {
    /// Reads the content of subclaim 3 or 4.
    pub fn read(kind: Kind, value: &Value<'_>) -> Self {
        let mut problems = Vec::new();
        let empty = Map::from_iter([]);
        let map = value.as_map().unwrap_or_else(|| {
            problems.push(Problem::new("", Rule::NotAMap));
            &empty
        });
        let mut reader = Reader { problems };
        let certificate = map.get("certificate").and_then(Value::as_map);
        let statement = match kind {
            Kind::VaccinationStatus => reader.part(map, "vaccination").map(|part| {
                Statement::Vaccination(reader.vaccination(part, "vaccination", Layout::Nested))
            }),
            Kind::TestResult => {
                reader.part(map, "test").map(|part| Statement::Test(reader.test(part)))
            }
        };
        let certificate = certificate.unwrap_or(&empty);
        reader.need(certificate, "certificate", "issuer");
        reader.need(certificate, "certificate", "hcid");
        reader.need(certificate, "certificate", "version");
        let period = certificate.get("period").and_then(Value::as_map).unwrap_or(&empty);
        let credential = Credential {
            person: reader.person(map),
            statements: statement.into_iter().collect(),
            identifier: reference(certificate.get("hcid")),
            version: text(certificate, "version"),
            issuer: reference(certificate.get("issuer")),
            valid_from: date(period, "start"),
            valid_until: date(period, "end"),
        };
        Self { kind, is_flat: false, credential, problems: reader.problems }
    }

    /// Reads claims that are the document itself: the first layout, which has neither signed
    /// times nor an issuer. `None` for other claims.
    pub fn read_flat(claims: &Map<'_>) -> Option<Self> {
        claims.get("name")?;
        let mut reader = Reader { problems: Vec::new() };
        let (kind, statement) = match claims.get("test").and_then(Value::as_map) {
            Some(part) => (Kind::TestResult, Statement::Test(reader.test(part))),
            None => {
                claims.get("vaccine")?;
                let dose = reader.vaccination(claims, "", Layout::Flat);
                (Kind::VaccinationStatus, Statement::Vaccination(dose))
            }
        };
        let credential = Credential {
            person: reader.person(claims),
            statements: vec![statement],
            identifier: text(claims, "hcid"),
            issuer: text(claims, "pha"),
            valid_from: date(claims, "valid_from"),
            valid_until: date(claims, "valid_until"),
            ..Credential::default()
        };
        Some(Self { kind, is_flat: true, credential, problems: reader.problems })
    }
}

/// How the fields of a vaccination are named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Nested,
    Flat,
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn part<'m, 'b>(&mut self, map: &'m Map<'b>, name: &str) -> Option<&'m Map<'b>> {
        let part = map.get(name).and_then(Value::as_map);
        if part.is_none() {
            self.problems.push(Problem::new(name, Rule::NoStatement));
        }
        part
    }

    fn need(&mut self, map: &Map<'_>, path: &str, name: &str) {
        if map.get(name).is_none_or(Value::is_nothing) {
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            self.problems.push(Problem::new(path, Rule::Missing));
        }
    }

    fn person(&mut self, map: &Map<'_>) -> Person {
        let name = text(map, "name").unwrap_or_default();
        if name.is_empty() {
            self.problems.push(Problem::new("name", Rule::NoName));
        }
        Person {
            name,
            birth_date: date(map, "birthDate"),
            sex: coding(map.get("sex")).map(|sex| sex.code),
            document_number: reference(map.get("identifier")),
            ..Person::default()
        }
    }

    fn vaccination(&mut self, part: &Map<'_>, path: &str, layout: Layout) -> Vaccination {
        for name in ["vaccine", "brand", "lot", "date", "dose", "country"] {
            self.need(part, path, name);
        }
        let either = |one: &str, other: &str| part.get(one).or_else(|| part.get(other));
        let (manufacturer, holder) = (part.get("manufacturer"), either("maholder", "ma_holder"));
        if manufacturer.or(holder).is_none() {
            let path = format!("{path}/manufacturer");
            self.problems.push(Problem::new(path.trim_start_matches('/'), Rule::Missing));
        }
        let is_flat = layout == Layout::Flat;
        let number = |value: Option<&Value<'_>>| {
            value.and_then(Value::as_i64).and_then(|number| u32::try_from(number).ok())
        };
        Vaccination {
            disease: coding(part.get("disease")),
            vaccine: coding(part.get("vaccine")),
            brand: coding(part.get("brand")),
            manufacturer: coding(manufacturer),
            holder: coding(holder),
            lot: text(part, "lot"),
            date: date(part, "date"),
            dose: number(part.get("dose")),
            total_doses: number(either("totalDoses", "total_doses")),
            country: coding(part.get("country")),
            centre: text(part, "centre"),
            practitioner: reference(part.get(if is_flat { "hw" } else { "practitioner" })),
            valid_from: date(part, if is_flat { "vaccine_valid" } else { "validFrom" }),
            next_dose: date(part, if is_flat { "due_date" } else { "nextDose" }),
            ..Vaccination::default()
        }
    }

    fn test(&mut self, part: &Map<'_>) -> Test {
        for name in ["pathogen", "type", "date", "country"] {
            self.need(part, "test", name);
        }
        Test {
            pathogen: coding(part.get("pathogen")),
            test_type: coding(part.get("type")),
            brand: coding(part.get("brand")),
            manufacturer: coding(part.get("manufacturer")),
            origin: coding(part.get("origin")),
            sampled_at: date(part, "date"),
            result: coding(part.get("result")),
            // A coding in the model, a text in every code seen.
            centre: coding(part.get("centre")).map(|centre| centre.name().to_owned()),
            country: coding(part.get("country")),
            ..Test::default()
        }
    }
}

fn text(map: &Map<'_>, name: &str) -> Option<String> {
    map.get(name)?.as_text().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn date(map: &Map<'_>, name: &str) -> DateText {
    let mut value = map.get(name);
    while let Some(Value::Tag(_, inner)) = value {
        value = Some(inner);
    }
    DateText::from(value.and_then(Value::as_text).unwrap_or_default())
}

/// A coding as a map, or a text that stands for one.
fn coding(value: Option<&Value<'_>>) -> Option<Coding> {
    match value? {
        Value::Text(code) if !code.is_empty() => Some(Coding::text(&**code)),
        Value::Map(map) => {
            let code = text(map, "code")?;
            let system = text(map, "system").map(Into::into);
            Some(Coding { system, code, display: None }.with_display(text(map, "display")))
        }
        _ => None,
    }
}

/// A reference or an identifier, as a map or as a text.
fn reference(value: Option<&Value<'_>>) -> Option<String> {
    match value? {
        Value::Text(text) if !text.is_empty() => Some(text.to_string()),
        Value::Map(map) => ["value", "display", "reference"]
            .into_iter()
            .find_map(|name| text(map, name))
            .or_else(|| reference(map.get("identifier"))),
        _ => None,
    }
}

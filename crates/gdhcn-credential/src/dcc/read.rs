use std::borrow::Cow;

use gdhcn_envelope::cbor::{Map, Value};

use super::version::{Schema, is_version};
use super::{Dcc, Name, Recovery, Statement, StatementKind, Test, Vaccination};
use crate::fields::Fields;
use crate::{DateText, Problem, Rule};

/// Texts without a length in the schema.
const UNLIMITED: usize = usize::MAX;

impl Dcc {
    /// Reads subclaim 1 and checks it against the schema of its own version.
    pub fn read(value: &Value<'_>) -> Self {
        let mut problems = Vec::new();
        let Value::Map(map) = value else {
            problems.push(Problem { path: String::new(), rule: Rule::NotAMap });
            return Self {
                version: String::new(),
                name: Name::default(),
                birth_date: DateText::default(),
                statement: None,
                further: Vec::new(),
                problems,
            };
        };
        let mut fields = Fields::new(map, "", &mut problems);
        let version = fields.formed("ver", "1.3.0", is_version);
        let schema = Schema::of(&version).unwrap_or_else(|| {
            if is_version(&version) {
                fields.note("ver", Rule::UnknownVersion);
            }
            Schema::fallback()
        });
        let birth_date =
            fields.formed("dob", schema.birth_date.form(), |text| schema.birth_date.matches(text));
        let group = statement_group(&mut fields, &schema);
        let name = match fields.value("nam") {
            Some(Value::Map(map)) => read_name(map, &schema, &mut problems),
            other => {
                let rule = if other.is_some() { Rule::NotAMap } else { Rule::NoName };
                fields.note("nam", rule);
                Name::default()
            }
        };
        let mut statements = group.into_iter().flat_map(|(kind, entries)| {
            entries.iter().enumerate().map(move |(index, entry)| (kind, index, entry))
        });
        let mut read =
            |(kind, index, entry)| read_statement(kind, index, entry, &schema, &mut problems);
        let statement = statements.next().and_then(&mut read);
        let further = statements.filter_map(read).collect();
        let birth_date = birth_date.into();
        Self { version, name, birth_date, statement, further, problems }
    }
}

/// The entries of the one group, and what is wrong with the groups.
fn statement_group<'m, 'b>(
    fields: &mut Fields<'m, 'b, '_>,
    schema: &Schema,
) -> Option<(StatementKind, &'m [Value<'b>])> {
    let mut found = None;
    let mut groups = 0;
    for kind in StatementKind::ALL {
        let key = kind.key();
        let Some(value) = fields.value(key) else { continue };
        if value.is_nothing() {
            // Some issuers write the groups that are not there.
            fields.note(key, Rule::Null);
            continue;
        }
        groups += 1;
        match value {
            Value::Array(entries) if entries.is_empty() => {
                fields.note(key, Rule::Form { form: "one entry" });
            }
            Value::Array(entries) => {
                if entries.len() > schema.entries {
                    fields.note(key, Rule::SeveralStatements);
                }
                found = found.or(Some((kind, entries.as_slice())));
            }
            _ => fields.note(key, Rule::Type { expected: "an array" }),
        }
    }
    if groups > 1 {
        fields.note("", Rule::SeveralStatements);
    } else if found.is_none() {
        fields.note("", Rule::NoStatement);
    }
    found
}

fn read_name(map: &Map<'_>, schema: &Schema, problems: &mut Vec<Problem>) -> Name {
    let mut fields = Fields::new(map, "nam", problems);
    let name = Name {
        surname: fields.optional("fn", schema.text),
        standardised_surname: standardised(&mut fields, "fnt", schema),
        forename: fields.optional("gn", schema.text),
        standardised_forename: standardised(&mut fields, "gnt", schema),
    };
    let lacks = |fields: &Fields<'_, '_, '_>, key| fields.value(key).is_none();
    if lacks(&fields, "fnt") && (schema.surname || lacks(&fields, "gnt")) {
        fields.note("fnt", Rule::Missing);
    }
    if name == Name::default() {
        fields.note("", Rule::NoName);
    }
    name
}

/// A name in the letters of a passport's machine-readable zone.
fn standardised(fields: &mut Fields<'_, '_, '_>, key: &str, schema: &Schema) -> Option<String> {
    let text = fields.optional(key, schema.text)?;
    if !text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'<') {
        fields.note(key, Rule::Form { form: "capital letters and \"<\"" });
    }
    Some(text)
}

fn read_statement(
    kind: StatementKind,
    index: usize,
    entry: &Value<'_>,
    schema: &Schema,
    problems: &mut Vec<Problem>,
) -> Option<Statement> {
    let path: Cow<'static, str> = match (kind, index) {
        (StatementKind::Vaccination, 0) => "v/0".into(),
        (StatementKind::Test, 0) => "t/0".into(),
        (StatementKind::Recovery, 0) => "r/0".into(),
        _ => format!("{}/{index}", kind.key()).into(),
    };
    let Value::Map(map) = entry else {
        problems.push(Problem { path: path.into_owned(), rule: Rule::NotAMap });
        return None;
    };
    let mut fields = Fields::new(map, path, problems);
    Some(match kind {
        StatementKind::Vaccination => Statement::Vaccination(vaccination(&mut fields, schema)),
        StatementKind::Test => Statement::Test(test(&mut fields, schema)),
        StatementKind::Recovery => Statement::Recovery(recovery(&mut fields, schema)),
    })
}

fn vaccination(fields: &mut Fields<'_, '_, '_>, schema: &Schema) -> Vaccination {
    Vaccination {
        disease: fields.required("tg", UNLIMITED),
        prophylaxis: fields.required("vp", UNLIMITED),
        product: fields.required("mp", UNLIMITED),
        holder: fields.required("ma", UNLIMITED),
        dose: fields.positive("dn", schema.doses),
        series: fields.positive("sd", schema.doses),
        date: fields.date("dt"),
        country: country(fields),
        issuer: fields.required("is", schema.text),
        id: fields.required("ci", schema.text),
    }
}

fn test(fields: &mut Fields<'_, '_, '_>, schema: &Schema) -> Test {
    if schema.result_time {
        fields.optional("dr", UNLIMITED);
    }
    Test {
        disease: fields.required("tg", UNLIMITED),
        test_type: fields.required("tt", UNLIMITED),
        name: fields.optional("nm", schema.test_name),
        device: fields.optional("ma", UNLIMITED),
        sampled_at: fields.date("sc"),
        result: fields.required("tr", UNLIMITED),
        centre: if schema.centre {
            Some(fields.required("tc", schema.text))
        } else {
            fields.optional("tc", schema.text)
        },
        country: country(fields),
        issuer: fields.required("is", schema.text),
        id: fields.required("ci", schema.text),
    }
}

fn recovery(fields: &mut Fields<'_, '_, '_>, schema: &Schema) -> Recovery {
    Recovery {
        disease: fields.required("tg", UNLIMITED),
        first_positive: fields.date("fr"),
        valid_from: fields.date("df"),
        valid_until: fields.date("du"),
        country: country(fields),
        issuer: fields.required("is", schema.text),
        id: fields.required("ci", schema.text),
    }
}

/// The schemas ask for capital letters, but their pattern has no anchors: one is enough.
fn country(fields: &mut Fields<'_, '_, '_>) -> String {
    fields.formed("co", "a country code in capital letters", |text| {
        text.bytes().any(|byte| byte.is_ascii_uppercase())
    })
}

use gdhcn_codes::Participant;
use gdhcn_envelope::cbor::{Map, Value};

use super::{Dose, Generation, Icvp};
use crate::fields::Fields;
use crate::{DateText, PartialDate, Problem, Rule};

const UNLIMITED: usize = usize::MAX;
/// Codes of FHIR AdministrativeGender.
const SEXES: [&str; 4] = ["male", "female", "other", "unknown"];
/// Fields that only the first generation has inside `v`.
const FIRST_ONLY: [&str; 5] = ["tg", "mp", "ma", "mid", "dn"];

/// The field names of a generation.
struct Names {
    nationality: &'static str,
    document_number: &'static str,
    document_type: &'static str,
    doses: &'static str,
    dose_path: &'static str,
}

impl Generation {
    const fn names(self) -> Names {
        match self {
            Self::First | Self::Second => Names {
                nationality: "ntl",
                document_number: "nid",
                document_type: "ndt",
                doses: "v",
                dose_path: "v",
            },
            Self::Third => Names {
                nationality: "nt",
                document_number: "id",
                document_type: "dt",
                doses: "vx",
                dose_path: "vx",
            },
        }
    }

    /// Told by what stands under `v` (and, where a text is missing there, by `vx`).
    fn of(map: &Map<'_>) -> Self {
        let is_first = |dose: &Value<'_>| {
            dose.as_map().is_some_and(|dose| FIRST_ONLY.iter().any(|key| dose.get(key).is_some()))
        };
        match map.get("v") {
            Some(Value::Text(_)) => Self::Third,
            Some(Value::Array(doses)) if doses.iter().any(is_first) => Self::First,
            Some(dose @ Value::Map(_)) if is_first(dose) => Self::First,
            Some(Value::Array(_) | Value::Map(_)) => Self::Second,
            _ => Self::Third,
        }
    }
}

impl Icvp {
    /// Reads subclaim -6 of any generation.
    pub fn read(value: &Value<'_>) -> Self {
        let mut problems = Vec::new();
        let empty = Map::from_iter([]);
        let map = value.as_map().unwrap_or_else(|| {
            problems.push(Problem { path: String::new(), rule: Rule::NotAMap });
            &empty
        });
        let generation = Generation::of(map);
        let names = generation.names();
        let mut fields = Fields::new(map, "", &mut problems);
        let name = fields.required("n", UNLIMITED);
        if name.trim().is_empty() {
            fields.note("n", Rule::NoName);
        }
        let (sex, nationality) = match generation {
            Generation::Third => (Some(sex(&mut fields)), Some(nationality(&mut fields))),
            _ => (fields.optional("s", UNLIMITED), fields.optional(names.nationality, UNLIMITED)),
        };
        let mut certificate = Self {
            generation,
            name,
            birth_date: full_date(&mut fields, "dob"),
            sex,
            nationality,
            document_number: fields.optional(names.document_number, UNLIMITED),
            document_type: fields.optional(names.document_type, UNLIMITED),
            guardian: fields.optional("gn", UNLIMITED),
            template_version: match generation {
                Generation::Third => Some(template_version(&mut fields)),
                _ => None,
            },
            doses: Vec::new(),
            problems: Vec::new(),
        };
        let doses = dose_maps(&mut fields, &names, generation);
        certificate.doses = doses
            .into_iter()
            .map(|map| dose(map, generation, names.dose_path, &mut problems))
            .collect();
        certificate.problems = problems;
        certificate
    }
}

/// The maps of the doses, and what is wrong with their number.
fn dose_maps<'m, 'b>(
    fields: &mut Fields<'m, 'b, '_>,
    names: &Names,
    generation: Generation,
) -> Vec<&'m Map<'b>> {
    let doses: Vec<_> = match (fields.value(names.doses), generation) {
        (Some(Value::Map(map)), _) => vec![map],
        (Some(Value::Array(doses)), Generation::First | Generation::Second) => {
            for (index, _) in doses.iter().enumerate().filter(|(_, one)| one.as_map().is_none()) {
                fields.note(&format!("{}/{index}", names.doses), Rule::NotAMap);
            }
            doses.iter().filter_map(Value::as_map).collect()
        }
        (Some(value), _) if !value.is_nothing() => {
            fields.note(names.doses, Rule::NotAMap);
            return Vec::new();
        }
        _ => Vec::new(),
    };
    match doses.len() {
        0 => fields.note(names.doses, Rule::NoStatement),
        1 => {}
        _ => fields.note(names.doses, Rule::SeveralStatements),
    }
    doses
}

fn dose(
    map: &Map<'_>,
    generation: Generation,
    path: &'static str,
    problems: &mut Vec<Problem>,
) -> Dose {
    let mut fields = Fields::new(map, path, problems);
    let is_first = generation == Generation::First;
    let mut first_only = |key| if is_first { fields.optional(key, UNLIMITED) } else { None };
    let (disease_code, dose_number) = (first_only("tg"), first_only("dn"));
    let (trade_item, manufacturer) = (first_only("mp"), first_only("ma"));
    let manufacturer_id = first_only("mid");
    let mut validity = |key| match generation {
        Generation::Third => None,
        _ => fields.optional(key, UNLIMITED).map(DateText::from),
    };
    let (valid_from, valid_until) = (validity("vls"), validity("vle"));
    // One draft of the third generation still wrote `dt`.
    let is_draft = fields.value("dv").is_none() && fields.value("dt").is_some();
    let date_key = if generation == Generation::Third && !is_draft { "dv" } else { "dt" };
    let dose = Dose {
        product: fields.required("vp", UNLIMITED),
        date: full_date(&mut fields, date_key),
        batch: fields.required("bo", UNLIMITED),
        clinician: fields.optional("cn", UNLIMITED),
        authority: fields.optional("is", UNLIMITED),
        disease_code,
        dose_number,
        trade_item,
        manufacturer,
        manufacturer_id,
        valid_from,
        valid_until,
    };
    let is_blank = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().is_empty();
    if is_blank(&dose.clinician) && is_blank(&dose.authority) {
        fields.note("", Rule::NoAuthority);
    }
    // No product is no better than one that an ICVP may not be made for.
    if !is_first && dose.icvp_product().is_none() {
        fields.note("vp", Rule::UnknownProduct);
    }
    if generation == Generation::Third {
        let is_unknown = |code: &str| Participant::from_alpha3(code).is_none();
        if dose.authority.as_deref().is_some_and(is_unknown) {
            fields.note("is", Rule::UnknownCode { set: "the network's participants" });
        }
    }
    dose
}

/// A template that is not known may mean something else by its fields.
fn template_version(fields: &mut Fields<'_, '_, '_>) -> String {
    let version = fields.required("v", UNLIMITED);
    if !version.is_empty() && version != Icvp::TEMPLATE_VERSION {
        fields.note("v", Rule::UnknownVersion);
    }
    version
}

fn sex(fields: &mut Fields<'_, '_, '_>) -> String {
    let sex = fields.required("s", UNLIMITED);
    if !sex.is_empty() && !SEXES.contains(&&*sex) {
        fields.note("s", Rule::UnknownCode { set: "AdministrativeGender" });
    }
    sex
}

/// The form only: passports know more codes than countries have (ICAO Doc 9303-3, section 5).
fn nationality(fields: &mut Fields<'_, '_, '_>) -> String {
    fields.formed("nt", "three capital letters (ISO 3166-1 alpha-3)", |text| {
        text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
    })
}

fn full_date(fields: &mut Fields<'_, '_, '_>, key: &str) -> DateText {
    DateText::from(fields.formed(key, "YYYY-MM-DD", |text| {
        text.len() == 10 && PartialDate::parse(text).and_then(PartialDate::day).is_some()
    }))
}

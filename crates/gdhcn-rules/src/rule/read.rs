//! From JSON to a [`Rule`], with every violation of the schema named.

use gdhcn_envelope::json::{self, JsonError, Limits, Object, Value};
use gdhcn_envelope::violation::Violations;
use jiff::Timestamp;

use super::identifier::{RuleId, is_country};
use super::{CertificateType, Description, Rule, RuleKind, Version};

/// The members that a rule may have.
const MEMBERS: [&str; 14] = [
    "Identifier",
    "Type",
    "Country",
    "Region",
    "Version",
    "SchemaVersion",
    "Engine",
    "EngineVersion",
    "CertificateType",
    "Description",
    "ValidFrom",
    "ValidTo",
    "AffectedFields",
    "Logic",
];

/// What is said of a member that the schema does not name: its name is the sender's own text.
pub const UNKNOWN_MEMBER: &str = "no rule has this member";

/// Shortest description, in characters.
const DESCRIPTION_CHARACTERS: usize = 20;

impl Rule {
    /// Bounds on the JSON of a rule. The longest published rule has 9 KiB.
    pub const LIMITS: Limits = Limits { bytes: 64 << 10, depth: 64, values: 10_000, members: 200 };

    /// Reads a rule: exactly one JSON document, no member twice, no member that the schema does
    /// not name.
    ///
    /// # Errors
    ///
    /// [`RuleError`] names what is wrong, and where.
    pub fn from_json(text: &[u8], limits: &Limits) -> Result<Self, RuleError> {
        let document = json::parse(text, limits)?;
        let Some(object) = document.as_object() else { return Err(RuleError::NotAnObject) };
        let mut reader = Reader { object, violations: Violations::default() };
        let rule = reader.rule();
        match rule {
            Some(rule) if reader.violations.is_empty() => Ok(rule),
            _ => Err(RuleError::Schema(reader.violations)),
        }
    }
}

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// It is not one JSON document within the limits.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The document is a list or a plain value.
    #[error("a rule is a JSON object")]
    NotAnObject,
    /// Members break the schema.
    #[error("{0}")]
    Schema(Violations),
}

struct Reader<'r> {
    object: &'r Object<'r>,
    violations: Violations,
}

impl<'r> Reader<'r> {
    /// Reads every member before it gives up, so that all violations are known.
    fn rule(&mut self) -> Option<Rule> {
        let object = self.object;
        for (name, _) in object.members().filter(|(name, _)| !MEMBERS.contains(name)) {
            self.violations.add(name.chars().take(40).collect::<String>(), UNKNOWN_MEMBER);
        }
        let identifier = self.text("Identifier", "such as GR-EU-0001", RuleId::from_text);
        let kind = self.text("Type", "Acceptance or Invalidation", RuleKind::from_text);
        let country = self.text("Country", "two capital letters", |text| {
            is_country(text).then(|| text.to_owned())
        });
        let region = match object.get("Region") {
            None => Some(None),
            Some(_) => self.text("Region", "up to five capitals and digits", region).map(Some),
        };
        let version = self.version("Version");
        let schema_version = self.version("SchemaVersion");
        let engine = self.text("Engine", "a text", |text| Some(text.to_owned()));
        let engine_version = self.version("EngineVersion");
        let certificate_type = self.text(
            "CertificateType",
            "General, Test, Vaccination or Recovery",
            CertificateType::from_text,
        );
        let descriptions = self.descriptions();
        let valid_from = self.instant("ValidFrom");
        let valid_to = self.instant("ValidTo");
        let affected_fields = self.affected_fields();
        let logic = self.logic();
        Some(Rule {
            identifier: identifier?,
            kind: kind?,
            country: country?,
            region: region?,
            version: version?,
            schema_version: schema_version?,
            engine: engine?,
            engine_version: engine_version?,
            certificate_type: certificate_type?,
            descriptions: descriptions?,
            valid_from: valid_from?,
            valid_to: valid_to?,
            affected_fields: affected_fields?,
            logic: logic?,
        })
    }

    fn text<T>(
        &mut self,
        member: &'static str,
        wanted: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.violations.need(self.object.text(member).and_then(read), member, wanted)
    }

    fn version(&mut self, member: &'static str) -> Option<Version> {
        self.text(member, "three numbers, such as 1.0.0", Version::from_text)
    }

    fn instant(&mut self, member: &'static str) -> Option<Timestamp> {
        const WANTED: &str = "an instant with offset and without fraction of a second, such as \
                              2021-07-01T00:00:00Z";
        self.text(member, WANTED, instant)
    }

    /// The items of a list that has at least one.
    fn list(&mut self, member: &'static str, wanted: &'static str) -> Option<&'r [Value<'r>]> {
        let object = self.object;
        let list = object.get(member).and_then(Value::as_list).filter(|list| !list.is_empty());
        self.violations.need(list, member, wanted)
    }

    fn descriptions(&mut self) -> Option<Vec<Description>> {
        const MEMBER: &str = "Description";
        let items = self.list(MEMBER, "a list of at least one description")?;
        let mut descriptions = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let member = |name| item.as_object().and_then(|item| item.text(name));
            let language = member("lang").filter(|text| is_language(text));
            let text = member("desc").filter(|text| text.chars().count() >= DESCRIPTION_CHARACTERS);
            if language.is_none() {
                self.violations
                    .add(format!("{MEMBER}/{at}/lang"), "a language, such as en or de-at");
            }
            if text.is_none() {
                self.violations
                    .add(format!("{MEMBER}/{at}/desc"), "a text of at least 20 characters");
            }
            if let (Some(language), Some(text)) = (language, text) {
                let (language, text) = (language.to_owned(), text.to_owned());
                descriptions.push(Description { language, text });
            }
        }
        if !descriptions.iter().any(|description| description.language == "en") {
            self.violations.add(MEMBER, "must hold one in English (lang en)");
        }
        Some(descriptions)
    }

    fn affected_fields(&mut self) -> Option<Vec<String>> {
        const MEMBER: &str = "AffectedFields";
        let items = self.list(MEMBER, "a list of at least one text")?;
        let fields: Option<Vec<_>> =
            items.iter().map(|item| item.as_text().map(str::to_owned)).collect();
        self.violations.need(fields, MEMBER, "a list of texts")
    }

    fn logic(&mut self) -> Option<serde_json::Value> {
        let logic = self.object.get("Logic");
        let object = logic.and_then(Value::as_object);
        if object.is_none_or(|object| object.members().next().is_none()) {
            self.violations.add("Logic", "an object with at least one member");
            return None;
        }
        logic.map(Value::to_json)
    }
}

fn region(text: &str) -> Option<String> {
    let well_formed = text.len() <= 5
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    well_formed.then(|| text.to_owned())
}

fn is_language(text: &str) -> bool {
    let two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match text.split_once('-') {
        Some((language, region)) => two(language) && two(region),
        None => two(text),
    }
}

/// `2021-07-01T00:00:00Z` or with an offset `+02:00`; the parser behind knows more forms.
fn instant(text: &str) -> Option<Timestamp> {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let fits = |part: &[u8], form: &[u8]| {
        part.len() == form.len()
            && part.iter().zip(form).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                form => byte == form,
            })
    };
    let (time, offset) = text.as_bytes().split_at_checked(FORM.len())?;
    let with_offset = match offset {
        b"Z" => true,
        [b'+' | b'-', offset @ ..] => fits(offset, b"00:00"),
        _ => false,
    };
    (fits(time, FORM) && with_offset).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn valid() -> Json {
        json!({
            "Identifier": "VR-DE-0001",
            "Type": "Acceptance",
            "Country": "DE",
            "Region": "BW",
            "Version": "1.0.0",
            "SchemaVersion": "1.0.0",
            "Engine": "CERTLOGIC",
            "EngineVersion": "0.7.5",
            "CertificateType": "Vaccination",
            "Description": [
                {"lang": "en", "desc": "The vaccination must be complete.", "note": 1},
                {"lang": "de-at", "desc": "Die Impfung muss vollständig sein."}
            ],
            "ValidFrom": "2021-07-01T00:00:00Z",
            "ValidTo": "2030-06-01T02:00:00+02:00",
            "AffectedFields": ["v.0", "v.0.dn"],
            "Logic": {"===": [{"var": "payload.v.0.dn"}, 2]}
        })
    }

    fn read(document: &Json) -> Result<Rule, RuleError> {
        Rule::from_json(document.to_string().as_bytes(), &Rule::LIMITS)
    }

    fn violations(document: &Json) -> Vec<String> {
        match read(document) {
            Err(RuleError::Schema(violations)) => {
                violations.iter().map(|violation| violation.member.clone()).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_every_member() {
        let rule = read(&valid()).unwrap();
        assert_eq!(rule.identifier.as_str(), "VR-DE-0001");
        assert_eq!(rule.kind, RuleKind::Acceptance);
        assert_eq!(rule.region.as_deref(), Some("BW"));
        assert_eq!(rule.descriptions[1].language, "de-at");
        assert_eq!(rule.valid_to.to_string(), "2030-06-01T00:00:00Z");
        assert_eq!(rule.logic, valid()["Logic"]);
        let mut without = valid();
        without.as_object_mut().unwrap().remove("Region");
        assert_eq!(read(&without).unwrap().region, None);
    }

    #[test]
    fn every_constraint_of_the_schema_can_be_broken() {
        let cases = [
            ("Identifier", json!(["GR-DE-1", "XX-DE-0001", 1, null])),
            ("Type", json!(["acceptance", "", null])),
            ("Country", json!(["de", "DEU", "XX-", null])),
            ("Region", json!(["bw", "ABCDEF", null])),
            ("Version", json!(["10", "1.3", 1, null])),
            ("SchemaVersion", json!(["10", null])),
            ("EngineVersion", json!(["10", null])),
            ("Engine", json!([1, null])),
            ("CertificateType", json!(["Vaccine", null])),
            ("Description", json!([[], {}, "text", null])),
            (
                "ValidFrom",
                json!([
                    "2021-07-01",
                    "2021-07-01T00:00:00",
                    "2021-07-01T00:00:00.5Z",
                    "2021-07-01T00:00Z",
                    "2021-07-01t00:00:00z",
                    "2021-02-30T00:00:00Z",
                    "2021-07-01T00:00:00+0200",
                    "2021-07-01 00:00:00Z",
                    "",
                    null
                ]),
            ),
            ("ValidTo", json!(["2021-13-01T00:00:00Z", null])),
            ("AffectedFields", json!([[], [1], "v.0", null])),
            ("Logic", json!([{}, true, [], null])),
            ("Extra", json!([1])),
        ];
        for (member, values) in cases {
            for value in values.as_array().unwrap() {
                let mut document = valid();
                document[member] = value.clone();
                assert!(violations(&document).contains(&member.to_owned()), "{member}: {value}");
            }
        }
        for member in MEMBERS.into_iter().filter(|member| *member != "Region") {
            let mut document = valid();
            document.as_object_mut().unwrap().remove(member);
            assert_eq!(violations(&document), [member]);
        }
    }

    #[test]
    fn descriptions_have_a_language_a_length_and_one_in_english() {
        let with = |descriptions: Json| {
            let mut document = valid();
            document["Description"] = descriptions;
            violations(&document)
        };
        let long = "a text of twenty one c";
        assert_eq!(with(json!([{"lang": "de", "desc": long}])), ["Description"]);
        assert_eq!(
            with(json!([{"lang": "en", "desc": "short"}])),
            ["Description/0/desc", "Description"]
        );
        assert_eq!(
            with(json!([{"lang": "en", "desc": long}, {"lang": "en-", "desc": long}])),
            ["Description/1/lang"]
        );
        assert_eq!(
            with(json!([{"lang": "en", "desc": long}, 5])),
            ["Description/1/lang", "Description/1/desc"]
        );
    }

    #[test]
    fn reads_exactly_one_document_without_doubles() {
        let text = valid().to_string();
        for text in [
            format!("{text}foobar123"),
            format!("{text}{text}"),
            format!("\u{feff}{text}"),
            text.replacen('{', r#"{"Type":"Acceptance","#, 1),
            text.replace(r#"{"==="#, r#"{"===":[],"==="#),
            String::new(),
            "[".repeat(1000),
        ] {
            let refused = Rule::from_json(text.as_bytes(), &Rule::LIMITS).unwrap_err();
            assert!(matches!(refused, RuleError::Json(_)), "{text}: {refused}");
        }
        let list = Rule::from_json(b"[]", &Rule::LIMITS).unwrap_err();
        assert_eq!(list, RuleError::NotAnObject);
        let short = Limits { bytes: 10, ..Rule::LIMITS };
        assert!(matches!(Rule::from_json(text.as_bytes(), &short), Err(RuleError::Json(_))));
    }

    #[test]
    fn names_many_violations_but_not_all_of_a_flood() {
        let mut document = valid();
        for number in 0..100 {
            document[format!("extra {number} {}", "x".repeat(100))] = json!(1);
        }
        let message = read(&document).unwrap_err().to_string();
        assert!(message.len() < 2000, "{message}");
        assert_eq!(violations(&document).len(), Violations::NAMED);
    }
}

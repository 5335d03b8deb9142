use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gdhcn_rules::value_set::ValueSet;
use gdhcn_rules::{Rule, RuleError};
use gdhcn_testkit::corpus;
use serde_json::{Value, json};

fn files(folder: &Path, name: impl Fn(&str) -> bool + Copy) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, name));
        } else if path.file_name().and_then(|file| file.to_str()).is_some_and(name) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The rules as national authorities have published them.
fn published_rules() -> Vec<(PathBuf, String)> {
    let Some(folder) = corpus("dgc-business-rules-testdata") else { return Vec::new() };
    let rules = files(&folder, |name| name == "rule.json");
    assert!(rules.len() > 150, "{}", rules.len());
    rules.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn published_rules_are_read() {
    for (path, text) in published_rules() {
        let rule = Rule::from_json(text.as_bytes(), &Rule::LIMITS)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(rule.identifier.as_str(), document["Identifier"]);
        assert_eq!(rule.version.as_str(), document["Version"]);
        assert_eq!(rule.logic, document["Logic"]);
        assert_eq!(rule.descriptions.len(), document["Description"].as_array().unwrap().len());
        assert_eq!(rule.affected_fields, strings(&document["AffectedFields"]));
    }
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

/// The constraints of the gateway's schema, written down a second time for a foreign validator.
fn schema() -> jsonschema::Validator {
    let version = json!({"type": "string", "pattern": r"^\d+\.\d+\.\d+$"});
    let instant = json!({
        "type": "string",
        "format": "date-time",
        "pattern": r"^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d([-+][0-2]\d:[0-5]\d|Z)$"
    });
    let description = json!({"type": "string", "minLength": 20});
    let schema = json!({
        "type": "object",
        "additionalProperties": false,
        "required": [
            "Identifier", "Type", "Country", "Version", "SchemaVersion", "Engine", "EngineVersion",
            "CertificateType", "Description", "ValidFrom", "ValidTo", "AffectedFields", "Logic"
        ],
        "properties": {
            "Identifier": {"type": "string", "pattern": r"^(GR|VR|TR|RR|IR)-[A-Z]{2}-\d{4}$"},
            "Type": {"enum": ["Acceptance", "Invalidation"]},
            "Country": {"type": "string", "pattern": "^[A-Z]{2}$"},
            "Region": {"type": "string", "pattern": "^[A-Z0-9]{0,5}$"},
            "Version": version,
            "SchemaVersion": version,
            "Engine": {"type": "string"},
            "EngineVersion": version,
            "CertificateType": {"enum": ["General", "Test", "Vaccination", "Recovery"]},
            "Description": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["lang", "desc"],
                    "properties": {
                        "lang": {"type": "string", "pattern": "^([a-z]{2}|[a-z]{2}-[a-z]{2})$"},
                        "desc": description
                    }
                },
                "contains": {
                    "type": "object",
                    "required": ["lang", "desc"],
                    "properties": {"lang": {"const": "en"}, "desc": description}
                }
            },
            "ValidFrom": instant,
            "ValidTo": instant,
            "AffectedFields": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            "Logic": {"type": "object", "minProperties": 1}
        }
    });
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// Changes one value of a published rule at a time and asks a schema validator whether it is one.
#[test]
fn a_schema_validator_is_of_the_same_opinion() {
    let schema = schema();
    let mut outcomes = BTreeMap::from([(true, 0), (false, 0)]);
    for (path, text) in published_rules().into_iter().step_by(20) {
        let document: Value = serde_json::from_str(&text).unwrap();
        for changed in changed(&document) {
            let ours = Rule::from_json(changed.to_string().as_bytes(), &Rule::LIMITS);
            let theirs = schema.is_valid(&changed);
            assert_eq!(ours.is_ok(), theirs, "{}: {changed}\n{ours:?}", path.display());
            if let Err(error) = ours {
                assert!(matches!(error, RuleError::Schema(_)), "{error}");
            }
            *outcomes.entry(theirs).or_default() += 1;
        }
    }
    if corpus("dgc-business-rules-testdata").is_some() {
        assert!(outcomes.values().all(|count| *count > 100), "{outcomes:?}");
    }
}

fn changed(document: &Value) -> Vec<Value> {
    let mut all = vec![document.clone()];
    let members: Vec<_> = document.as_object().unwrap().keys().cloned().collect();
    for member in members.iter().map(String::as_str).chain(["Region", "Extra"]) {
        let mut without = document.clone();
        without.as_object_mut().unwrap().remove(member);
        all.push(without);
        let mut values = vec![
            json!(null),
            json!(1),
            json!(""),
            json!([]),
            json!({}),
            json!(["a"]),
            json!({"a": 1}),
            json!("DE"),
            json!("de"),
            json!("1.0.0"),
            json!("10.20.30"),
            json!("1.0"),
            json!("GR-DE-0001"),
            json!("GR-DE-001"),
            json!("General"),
            json!("Invalidation"),
            json!("2021-07-01T00:00:00Z"),
            json!("2021-07-01T00:00:00+02:00"),
            json!("2021-07-01T00:00:00.1Z"),
            json!("2021-07-32T00:00:00Z"),
            json!("AB1"),
        ];
        for (lang, desc) in
            [("en", "short"), ("en", "twenty characters, ä"), ("en-", ""), ("e", "")]
        {
            values.push(json!([{"lang": lang, "desc": desc}]));
        }
        for value in values {
            let mut with = document.clone();
            with[member] = value;
            all.push(with);
        }
    }
    all
}

#[test]
fn published_value_sets_are_read() {
    let mut ids = Vec::new();
    for (corpus_name, folder) in [("tng-valuesets", "knowledgeLibrary"), ("eu-dcc-valuesets", "")] {
        let Some(corpus) = corpus(corpus_name) else { return };
        for entry in fs::read_dir(corpus.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let set = ValueSet::from_json(text.clone(), &ValueSet::LIMITS)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(set.text(), text);
            assert!(set.codes() > 0, "{}", path.display());
            ids.push(set.id().to_owned());
        }
    }
    ids.sort();
    ids.dedup();
    assert_eq!(
        ids,
        [
            "country-2-codes",
            "covid-19-lab-result",
            "covid-19-lab-test-manufacturer-and-name",
            "covid-19-lab-test-type",
            "disease-agent-targeted",
            "sct-vaccines-covid-19",
            "vaccines-covid-19-auth-holders",
            "vaccines-covid-19-encoding-instructions",
            "vaccines-covid-19-names",
        ]
    );
}

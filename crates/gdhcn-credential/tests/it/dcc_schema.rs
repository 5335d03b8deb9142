//! Our check of the DCC schemas against the schemas themselves.

use std::path::Path;

use gdhcn_credential::{Dcc, Rule, from_json};
use jsonschema::Validator;
use serde_json::{Value as Json, json};

use crate::dgc_cases::{Case, case_files};

const VERSIONS: [&str; 9] =
    ["1.0.0", "1.0.1", "1.1.0", "1.2.0", "1.2.1", "1.3.0", "1.3.1", "1.3.2", "1.3.3"];

struct Schemas(Vec<(&'static str, Validator)>);

impl Schemas {
    fn load(root: &Path) -> Self {
        let load = |version| {
            let folder = root.join(version);
            let file = ["DCC.combined-schema.json", "DGC.combined-schema.json"]
                .into_iter()
                .map(|name| folder.join(name))
                .find(|path| path.is_file())
                .unwrap();
            let schema: Json = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            (version, jsonschema::validator_for(&schema).unwrap())
        };
        Self(VERSIONS.into_iter().map(load).collect())
    }

    /// Compares both checks for every version; gives how many documents passed.
    fn compare(&self, document: &Json, what: &str) -> usize {
        let mut passed = 0;
        for (version, validator) in &self.0 {
            let mut document = document.clone();
            // A document without version stays without.
            if let Some(stated) = document.get_mut("ver").filter(|stated| stated.is_string()) {
                *stated = json!(version);
            } else if *version != "1.3.0" {
                continue;
            }
            let published = validator.is_valid(&document) && one_statement(&document);
            let dcc = Dcc::read(&from_json(&document));
            let ours = dcc.problems.is_empty();
            assert_eq!(
                ours,
                published,
                "{what}, version {version}: we find {:?}, the schema {:?}\n{document}",
                dcc.problems,
                validator.iter_errors(&document).map(|e| e.to_string()).collect::<Vec<_>>()
            );
            passed += usize::from(ours);
        }
        passed
    }
}

/// Beyond the schemas before 1.3.0, which allow several groups and none.
fn one_statement(document: &Json) -> bool {
    ["v", "t", "r"].iter().filter(|key| document.get(key).is_some()).count() == 1
}

#[test]
fn every_published_payload_is_judged_as_by_the_schemas_of_all_versions() {
    let (Some(schemas), Some(cases)) =
        (gdhcn_testkit::corpus("eu-dcc-schema"), gdhcn_testkit::corpus("dgc-testdata"))
    else {
        return;
    };
    let schemas = Schemas::load(&schemas);
    let (mut documents, mut passed) = (0, 0);
    for path in case_files(&cases) {
        let case = Case::read(&path);
        for document in [case.json().cloned(), case.signed_dcc()].into_iter().flatten() {
            documents += 1;
            passed += schemas.compare(&document, &path.display().to_string());
        }
    }
    println!("{documents} documents against {} schemas, {passed} passes", VERSIONS.len());
    assert!(documents > 900 && passed > 5000);
}

#[test]
fn the_examples_of_the_schemas_pass_and_fail_as_they_should() {
    let Some(root) = gdhcn_testkit::corpus("eu-dcc-schema") else { return };
    let schemas = Schemas::load(&root);
    for (folder, valid, count) in [("test/valid", true, 13), ("test/invalid", false, 6)] {
        let mut seen = 0;
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let document: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let mut newest = document.clone();
            newest["ver"] = json!("1.3.3");
            let problems = Dcc::read(&from_json(&newest)).problems;
            assert_eq!(problems.is_empty(), valid, "{}: {problems:?}", path.display());
            schemas.compare(&document, &path.display().to_string());
            seen += 1;
        }
        assert_eq!(seen, count, "{folder}");
    }
}

#[test]
fn every_change_of_every_field_is_judged_as_by_the_schemas() {
    let Some(root) = gdhcn_testkit::corpus("eu-dcc-schema") else { return };
    let schemas = Schemas::load(&root);
    let values = [
        json!(null),
        json!(""),
        json!("a"),
        json!("A<B"),
        json!("A".repeat(50)),
        json!("A".repeat(51)),
        json!("Ä".repeat(80)),
        json!("A".repeat(81)),
        json!("1963"),
        json!("1963-00"),
        json!("1963-99-99"),
        json!("1863-01-01"),
        json!("x1963-01-01x"),
        json!("2021-06-11T12:00:00Z"),
        json!(0),
        json!(1),
        json!(1.0),
        json!(1.5),
        json!(9),
        json!(10),
        json!(-1),
        json!(4_294_967_295_u32),
        json!(true),
        json!([]),
        json!([{}]),
        json!([1]),
        json!({}),
    ];
    let mut documents = 0;
    for base in documents_to_change() {
        schemas.compare(&base, "unchanged");
        for pointer in pointers(&base) {
            let what = |change: &str| format!("{pointer} {change}");
            let mut removed = base.clone();
            remove(&mut removed, &pointer);
            schemas.compare(&removed, &what("removed"));
            for value in &values {
                // The version decides which schema is meant; it is varied apart.
                if pointer == "/ver" && value.is_string() {
                    continue;
                }
                let mut changed = base.clone();
                *changed.pointer_mut(&pointer).unwrap() = value.clone();
                schemas.compare(&changed, &what(&value.to_string()));
                documents += 1;
            }
        }
    }
    println!("{documents} changed documents against {} schemas", VERSIONS.len());
}

fn documents_to_change() -> Vec<Json> {
    let person = json!({"fn": "A", "fnt": "A", "gn": "B", "gnt": "B"});
    let with = |group: &str, entry: Json| json!({"ver": "1.3.0", "nam": person, "dob": "1963-07-12", group: [entry]});
    vec![
        with(
            "v",
            json!({"tg": "a", "vp": "a", "mp": "a", "ma": "a", "dn": 1, "sd": 2,
                   "dt": "2021-06-11", "co": "XA", "is": "a", "ci": "a"}),
        ),
        with(
            "t",
            json!({"tg": "a", "tt": "a", "nm": "a", "ma": "a", "sc": "2021-06-11T12:00:00Z",
                   "dr": "2021-06-11T12:00:00Z", "tr": "a", "tc": "a", "co": "XA", "is": "a",
                   "ci": "a"}),
        ),
        with(
            "r",
            json!({"tg": "a", "fr": "2021-06-11", "co": "XA", "is": "a", "df": "2021-06-11",
                   "du": "2021-06-11", "ci": "a"}),
        ),
    ]
}

/// The pointers to every member of the document, at every depth.
fn pointers(document: &Json) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(pointer) = open.pop() {
        let keys: Vec<String> = match document.pointer(&pointer) {
            Some(Json::Object(members)) => members.keys().cloned().collect(),
            Some(Json::Array(elements)) => (0..elements.len()).map(|i| i.to_string()).collect(),
            _ => Vec::new(),
        };
        for key in keys {
            let member = format!("{pointer}/{key}");
            open.push(member.clone());
            found.push(member);
        }
    }
    found
}

fn remove(document: &mut Json, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Json::Object(members) => {
            members.remove(key);
        }
        Json::Array(elements) => {
            elements.remove(key.parse().unwrap());
        }
        other => panic!("{other} has no members"),
    }
}

#[test]
fn the_form_of_the_version_is_judged_as_by_the_schemas() {
    let Some(root) = gdhcn_testkit::corpus("eu-dcc-schema") else { return };
    let schemas = Schemas::load(&root);
    let (_, validator) = &schemas.0[5];
    for version in [
        "1.3.0",
        "1.3",
        "1.3.0.0",
        "12345",
        "1234",
        "1x3y0",
        "1..3",
        "1.3.0 ",
        "1.3.\u{663}",
        "1\n3\n0",
        "1.30",
        "11.30",
        "1.3.x",
        "a.b.c",
        "01.03.00",
        "1.345",
        "123.4",
        "1234.5",
    ] {
        let mut document = documents_to_change().remove(0);
        document["ver"] = json!(version);
        let dcc = Dcc::read(&from_json(&document));
        let ours = !dcc.problems.iter().any(|problem| matches!(problem.rule, Rule::Form { .. }));
        assert_eq!(ours, validator.is_valid(&document), "{version:?}: {:?}", dcc.problems);
    }
}

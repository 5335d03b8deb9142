//! Every answer of a gateway of ours is one that its `/openapi.json` describes.

use serde_json::Value;

use crate::client::Answer;

/// What a gateway says of its interface.
#[derive(Debug)]
pub(crate) struct Description(Value);

impl Description {
    pub(crate) fn new(mut document: Value) -> Self {
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{document}");
        for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
            // Readers must expect more members than are described; a test need not.
            if !schema["properties"].is_null() {
                schema["additionalProperties"] = false.into();
            }
        }
        Self(document)
    }

    /// Status, media type and members of an answer must be among those described; what is not
    /// described must be refused.
    #[track_caller]
    pub(crate) fn check(&self, answer: &Answer) {
        let what = &answer.what;
        let (method, target) = what.split_once(' ').unwrap();
        let path = target.split(['?', '#']).next().unwrap();
        let method = if method == "HEAD" { "GET" } else { method }.to_ascii_lowercase();
        let Some(operation) = self.operation(&method, path) else {
            let refused = [400, 401, 403, 404, 405, 429, 431].contains(&answer.status);
            assert!(refused, "{what} is not described, and answered with {}", answer.status);
            return;
        };
        let response = &operation["responses"][answer.status.to_string()];
        assert!(response.is_object(), "{what}: {} is not described", answer.status);
        let found = answer.header("content-type");
        let Some(content) = response["content"].as_object() else {
            assert_eq!((found, answer.text().as_str()), (None, ""), "{what}: no body is described");
            return;
        };
        let found = found.unwrap_or_else(|| panic!("{what}: no media type"));
        let Some(described) = content.get(found) else {
            panic!("{what}: {found} is not among {:?}", content.keys());
        };
        if found == "application/json" && !what.starts_with("HEAD ") {
            self.check_value(&answer.json(), &described["schema"], what);
        }
    }

    /// The operation of a path; parts that are written out come before those that are named.
    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let paths = self.0["paths"].as_object().unwrap();
        let mut known: Vec<_> = paths.iter().filter(|(known, _)| is_of(known, path)).collect();
        known.sort_by_key(|(known, _)| known.matches('{').count());
        known.first()?.1.get(method)
    }

    #[track_caller]
    fn check_value(&self, value: &Value, schema: &Value, what: &str) {
        let mut schema = schema.clone();
        schema["components"] = self.0["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<_> = validator.iter_errors(value).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{what}: {faults:?}");
    }
}

/// Whether a path is one of those that a described path means.
fn is_of(described: &str, path: &str) -> bool {
    if let Some((start, _)) = described.split_once("{*") {
        return path.strip_prefix(start).is_some_and(|rest| !rest.is_empty());
    }
    let (mut wanted, mut found) = (described.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) => {
                let is_any = wanted.starts_with('{') && !found.is_empty();
                if wanted != found && !is_any {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

//! Parts of the descriptions of both services (OpenAPI 3.1).

use serde_json::{Value, json};

/// An answer with a JSON body.
pub(crate) fn answer(description: &str, schema: Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

/// A schema of the same document.
pub(crate) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An answer that is no success.
pub(crate) fn problem(why: &str) -> Value {
    answer(why, reference("Problem"))
}

/// The schema `Problem`.
pub(crate) fn problem_schema() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["code", "problem", "sendValue", "details"],
        "properties": { "code": text, "problem": text, "sendValue": text, "details": text },
    })
}

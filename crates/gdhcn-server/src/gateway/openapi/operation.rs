use serde_json::{Map, Value, json};

use crate::openapi::{problem, reference};

/// Media types of answers and messages.
pub(super) const JSON: &str = "application/json";
/// A CMS message that holds a certificate.
pub(super) const CERTIFICATE: &[&str] = &["application/cms"];
/// A CMS message that holds a text; the routes of texts take the other name too.
pub(super) const TEXT: &[&str] = &["application/cms-text", "application/cms"];

/// One method of one path.
pub(super) struct Operation {
    id: String,
    summary: String,
    parameters: Vec<Value>,
    body: Option<Value>,
    responses: Map<String, Value>,
    /// Whether it needs no onboarded client certificate.
    is_open: bool,
}

impl Operation {
    /// Whatever participants may ask: with what every such route may answer.
    pub(super) fn of_participants(id: &str, summary: &str) -> Self {
        let operation = Self::of_everybody(id, summary)
            .refuses(400, "The request or the client certificate cannot be read")
            .refuses(401, "No client certificate, or none that is onboarded")
            .refuses(
                403,
                "The client certificate has expired, lacks a role, or is another country's",
            )
            .puts_off(429, "This client certificate asked too often");
        Self { is_open: false, ..operation }
    }

    /// Whatever anybody may ask.
    pub(super) fn of_everybody(id: &str, summary: &str) -> Self {
        let operation = Self {
            id: id.to_owned(),
            summary: summary.to_owned(),
            parameters: Vec::new(),
            body: None,
            responses: Map::new(),
            is_open: true,
        };
        operation
            .refuses(408, "The request was not complete in time")
            .refuses(500, "A fault of the service")
            .puts_off(503, "Others keep the service busy; nothing was changed")
    }

    /// Answers that it is worth to ask again later.
    pub(super) fn puts_off(self, status: u16, description: &str) -> Self {
        let later = json!({
            "description": description,
            "headers": { "Retry-After": { "schema": { "type": "integer" } } },
            "content": { (JSON): { "schema": reference("Problem") } },
        });
        self.answers(status, later)
    }

    /// A download of JSON that is not sent again to whoever has it.
    pub(super) fn download(id: &str, summary: &str, schema: Value) -> Self {
        Self::of_participants(id, summary).gives_tagged(&[JSON], schema)
    }

    /// A CMS message, in Base64, that adds something.
    pub(super) fn upload(id: &str, summary: &str, media_types: &[&str]) -> Self {
        Self::change(id, summary).takes(media_types, message()).answers_empty(201, "Stored")
    }

    /// A CMS message, in Base64, that takes something back.
    pub(super) fn withdrawal(id: &str, summary: &str, media_types: &[&str]) -> Self {
        Self::change(id, summary)
            .takes(media_types, message())
            .answers_empty(204, "Withdrawn")
            .refuses(404, "Nothing is stored that this could withdraw")
    }

    /// Anything with a body.
    pub(super) fn change(id: &str, summary: &str) -> Self {
        Self::of_participants(id, summary)
            .refuses(413, "The request is too large")
            .refuses(415, "Another media type")
    }

    pub(super) fn takes(mut self, media_types: &[&str], schema: Value) -> Self {
        self.body = Some(json!({ "required": true, "content": content(media_types, &schema) }));
        self
    }

    /// What was asked for, which has an entity tag; 304 for who has it.
    pub(super) fn gives_tagged(mut self, media_types: &[&str], schema: Value) -> Self {
        let tag = json!({ "ETag": { "schema": { "type": "string" } } });
        self.parameters.push(json!({
            "name": "If-None-Match", "in": "header", "schema": { "type": "string" },
            "description": "The ETag of what the caller has",
        }));
        self.gives(media_types, schema)
            .with_headers(200, tag.clone())
            .answers_empty(304, "Nothing has changed since the given ETag")
            .with_headers(304, tag)
    }

    pub(super) fn gives(self, media_types: &[&str], schema: Value) -> Self {
        let content = content(media_types, &schema);
        self.answers(200, json!({ "description": "What was asked for", "content": content }))
    }

    pub(super) fn answers_empty(self, status: u16, description: &str) -> Self {
        self.answers(status, json!({ "description": description }))
    }

    pub(super) fn refuses(self, status: u16, why: &str) -> Self {
        self.answers(status, problem(why))
    }

    fn answers(mut self, status: u16, response: Value) -> Self {
        self.responses.insert(status.to_string(), response);
        self
    }

    /// Adds headers to an answer that is described already.
    pub(super) fn with_headers(mut self, status: u16, headers: Value) -> Self {
        let response = self.responses.get_mut(&status.to_string());
        if let Some(response) = response.and_then(Value::as_object_mut) {
            response.insert("headers".to_owned(), headers);
        }
        self
    }

    /// Parts of the path.
    pub(super) fn path(mut self, names: &[&str]) -> Self {
        self.parameters.extend(names.iter().map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        }));
        self
    }

    /// Filters behind the path, each of which may be there several times.
    pub(super) fn filters(mut self, names: &[&str]) -> Self {
        self.parameters.extend(names.iter().map(|name| {
            let several = json!({ "type": "array", "items": { "type": "string" } });
            json!({ "name": name, "in": "query", "schema": several })
        }));
        self
    }

    /// One parameter behind the path.
    pub(super) fn query(mut self, name: &str, schema: Value, description: &str) -> Self {
        self.parameters.push(json!({
            "name": name, "in": "query", "schema": schema, "description": description,
        }));
        self
    }

    /// `If-Modified-Since`, which takes an instant of ISO 8601 here.
    pub(super) fn since(mut self, required: bool, description: &str) -> Self {
        self.parameters.push(json!({
            "name": "If-Modified-Since", "in": "header", "required": required,
            "schema": { "type": "string", "format": "date-time" }, "description": description,
        }));
        self
    }

    pub(super) fn build(self) -> Value {
        let mut operation = Map::new();
        operation.insert("operationId".to_owned(), self.id.into());
        operation.insert("summary".to_owned(), self.summary.into());
        operation.insert("parameters".to_owned(), self.parameters.into());
        if let Some(body) = self.body {
            operation.insert("requestBody".to_owned(), body);
        }
        operation.insert("responses".to_owned(), self.responses.into());
        if self.is_open {
            operation.insert("security".to_owned(), json!([]));
        }
        operation.into()
    }
}

fn message() -> Value {
    json!({
        "type": "string",
        "contentEncoding": "base64",
        "description": "A CMS SignedData in Base64",
    })
}

fn content(media_types: &[&str], schema: &Value) -> Value {
    let each = media_types.iter().map(|one| ((*one).to_owned(), json!({ "schema": schema })));
    Value::Object(each.collect())
}

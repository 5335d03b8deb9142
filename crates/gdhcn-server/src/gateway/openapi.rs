//! `GET /openapi.json`: the participants' interface in words for programs.
//!
//! A test holds paths and methods against the router, in both directions. A new route is one line
//! in [`paths`], made with [`download`], [`upload`] or [`withdrawal`].

use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use super::authentication::Authenticated;
use crate::openapi::{answer, problem, problem_schema, reference};

/// The document, for those who may ask.
pub(super) async fn for_participants(_peer: Authenticated) -> Response {
    document().await
}

/// The document.
pub(super) async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json")], openapi().to_string()).into_response()
}

fn openapi() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Trust Network Gateway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Exchanges the public keys of the network's participants. Every request \
                            needs the TLS client certificate of an onboarded participant.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "security": [{ "clientCertificate": [] }],
        "paths": paths(),
        "components": {
            "securitySchemes": { "clientCertificate": { "type": "mutualTLS" } },
            "schemas": schemas(),
        },
    })
}

fn paths() -> Value {
    let all =
        [certificate_paths(), document_paths(), revocation_paths(), migration_paths(), log_paths()];
    let maps = all.into_iter().filter_map(|paths| paths.as_object().cloned());
    Value::Object(maps.flatten().collect())
}

/// What participants exchange beside certificates.
fn document_paths() -> Value {
    let text = json!({ "type": "string" });
    let reference_changes = |name: &str| {
        json!({
            "post": upload(
                &format!("upload{name}"), "Store a reference to a service, or change it", TEXT,
            ),
            "delete": withdrawal(&format!("delete{name}"), "Withdraw a reference", TEXT),
        })
    };
    let one_reference = |name: &str| {
        json!({ "get": download(
            name, "One reference", &["uuid"], json!({ "type": "object" }),
        ) })
    };
    json!({
        "/rules": {
            "post": upload("uploadRule", "Store a version of a business rule", TEXT),
            "delete": withdrawal("deleteRule", "Withdraw all versions of a business rule", TEXT),
        },
        "/rules/delete": { "post": withdrawal(
            "deleteRuleByPost", "As DELETE, for clients whose proxies drop the body", TEXT,
        ) },
        "/rules/{country}": { "get": download(
            "rules", "Rules of a participant by identifier, the newest version first", &[COUNTRY],
            json!({ "type": "object" }),
        ) },
        "/valuesets": { "get": download(
            "valueSets", "Identifiers of the value sets", &[],
            json!({ "type": "array", "items": text }),
        ) },
        "/valuesets/{id}": { "get": download(
            "valueSet", "One value set", &["id"], json!({ "type": "object" }),
        ) },
        "/trust/reference": reference_changes("Reference"),
        "/trust/references": reference_changes("References"),
        "/trust/reference/{uuid}": one_reference("reference"),
        "/trust/references/{uuid}": one_reference("references"),
        "/trustList/references": { "get": filtered(
            "trustListReferences", "References to services",
            &["country", "domain", "referenceType", "signatureType", "withFederation"],
            json!({ "type": "array", "items": { "type": "object" } }),
        ) },
        "/trustList/issuers": { "get": filtered(
            "trustListIssuers", "Issuers that the trust anchor vouches for",
            &["country", "domain", "withFederation"],
            json!({ "type": "array", "items": { "type": "object" } }),
        ) },
    })
}

/// Present as far as the configuration switches them on.
fn revocation_paths() -> Value {
    json!({
        "/revocation-list": {
            "get": download(
                "revocationList", "Batches that changed since If-Modified-Since, up to 1000", &[],
                json!({ "type": "object" }),
            ),
            "post": upload("uploadRevocationBatch", "Store a batch of withdrawn documents", TEXT),
            "delete": withdrawal("deleteRevocationBatch", "Take a batch back", TEXT),
        },
        "/revocation-list/delete": { "post": withdrawal(
            "deleteRevocationBatchByPost", "As DELETE, for clients whose proxies drop the body",
            TEXT,
        ) },
        "/revocation-list/{batchId}": { "get": download(
            "revocationBatch", "One batch as it was uploaded", &["batchId"],
            json!({ "type": "string" }),
        ) },
    })
}

/// Present in the profile of the EU.
fn migration_paths() -> Value {
    json!({
        "/cms-migration": {
            "get": download(
                "storedMessages", "Everything that the participant has signed and stored", &[],
                json!({ "type": "array", "items": { "type": "object" } }),
            ),
            "post": change(
                "exchangeMessage", "Put another signature in the place of a stored one",
                "application/json", "204", "Exchanged",
            ),
        },
    })
}

/// For everybody, where a log is configured.
fn log_paths() -> Value {
    let text = json!({ "type": "string" });
    let open = |mut operation: Value| {
        if let Some(members) = operation.as_object_mut() {
            members.insert("security".to_owned(), json!([]));
        }
        operation
    };
    json!({
        "/log/checkpoint": { "get": open(download(
            "logCheckpoint", "Signed root of the transparency log (C2SP tlog-checkpoint)", &[],
            text.clone(),
        )) },
        "/log/tile/{*path}": { "get": open(download(
            "logTile", "Hashes or entries of the transparency log (C2SP tlog-tiles)", &["path"],
            text,
        )) },
    })
}

fn certificate_paths() -> Value {
    let certificates = || array_of("TrustListItem");
    json!({
        "/trustedCertificate": {
            "post": change(
                "uploadTrustedCertificate",
                "Store a certificate with group, domain, kid and properties",
                "application/json", "201", "Stored",
            ),
            "delete": withdrawal(
                "deleteTrustedCertificate", "Withdraw a certificate, signed by the upload key",
                CERTIFICATE,
            ),
        },
        "/trustedCertificate/delete": { "post": withdrawal(
            "deleteTrustedCertificateByPost",
            "As DELETE, for clients whose proxies drop the body of a DELETE", CERTIFICATE,
        ) },
        "/trustList": { "get": download(
            "trustList", "Certificates of types UPLOAD, AUTHENTICATION, CSCA and DSC",
            &[], certificates(),
        ) },
        "/trustList/certificate": { "get": filtered(
            "trustListCertificates", "Certificates with domain, group and source", CERTIFICATE_QUERY,
            array_of("TrustedCertificate"),
        ) },
        "/trustList/{type}": { "get": download(
            "trustListByType", "Certificates of one type", &[TYPE], certificates(),
        ) },
        "/trustList/{type}/{country}": { "get": download(
            "trustListByTypeAndCountry", "Certificates of one type and participant",
            &[TYPE, COUNTRY], certificates(),
        ) },
        "/countrylist": { "get": download(
            "countryList", "Codes of the participants", &[],
            json!({ "type": "array", "items": { "type": "string" } }),
        ) },
        "/signerCertificate": {
            "post": upload(
                "uploadSignerCertificate",
                "Store a document signer certificate, signed by the upload key", CERTIFICATE,
            ),
            "delete": withdrawal(
                "deleteSignerCertificate",
                "Withdraw a document signer certificate, signed by the upload key", CERTIFICATE,
            ),
        },
        "/signerCertificate/delete": { "post": withdrawal(
            "deleteSignerCertificateByPost",
            "As DELETE, for clients whose proxies drop the body of a DELETE", CERTIFICATE,
        ) },
        "/openapi.json": { "get": download(
            "openapi", "This document", &[], json!({ "type": "object" }),
        ) },
    })
}

const TYPE: &str = "type";
const COUNTRY: &str = "country";
/// Media type of a CMS message that holds a certificate.
const CERTIFICATE: &str = "application/cms";

/// Media type of a CMS message that holds a text.
const TEXT: &str = "application/cms-text";

/// A request that reads. `parameters` are those of the path.
fn download(id: &str, summary: &str, parameters: &[&str], schema: Value) -> Value {
    let mut responses = refusals();
    responses.insert("200".to_owned(), answer("What was asked for", schema));
    let unchanged = json!({ "description": "Nothing has changed since the given ETag" });
    responses.insert("304".to_owned(), unchanged);
    let path = parameters.iter().map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    });
    let etag = json!({
        "name": "If-None-Match", "in": "header", "schema": { "type": "string" },
        "description": "The ETag of what the caller has",
    });
    json!({
        "operationId": id,
        "summary": summary,
        "parameters": path.chain([etag]).collect::<Vec<_>>(),
        "responses": responses,
    })
}

/// What `/trustList/certificate` can be asked for; each may be given several times.
const CERTIFICATE_QUERY: &[&str] = &["group", "country", "domain", "withFederation"];

/// A request that reads, with parameters behind the path.
fn filtered(id: &str, summary: &str, query: &[&str], schema: Value) -> Value {
    let mut operation = download(id, summary, &[], schema);
    let named = query
        .iter()
        .map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } }));
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        parameters.extend(named);
    }
    operation
}

/// A CMS message, in Base64, that adds something.
fn upload(id: &str, summary: &str, media_type: &str) -> Value {
    change(id, summary, media_type, "201", "Stored")
}

/// A CMS message, in Base64, that takes something back.
fn withdrawal(id: &str, summary: &str, media_type: &str) -> Value {
    change(id, summary, media_type, "204", "Withdrawn")
}

fn change(id: &str, summary: &str, media_type: &str, status: &str, done: &str) -> Value {
    let mut responses = refusals();
    responses.insert(status.to_owned(), json!({ "description": done }));
    for (status, why) in [
        ("404", "There is no such thing"),
        ("408", "The request was not complete in time"),
        ("409", "It is there already"),
        ("410", "It was withdrawn before"),
        ("413", "The request is too large"),
        ("415", "Another media type"),
        ("500", "A fault of the service"),
    ] {
        responses.insert(status.to_owned(), problem(why));
    }
    let schema = if media_type == "application/json" {
        reference("TrustedCertificateUpload")
    } else {
        json!({
            "type": "string",
            "contentEncoding": "base64",
            "description": "A CMS SignedData in Base64",
        })
    };
    json!({
        "operationId": id,
        "summary": summary,
        "requestBody": { "required": true, "content": { (media_type): { "schema": schema } } },
        "responses": responses,
    })
}

/// What every route may answer.
fn refusals() -> Map<String, Value> {
    let limited = json!({
        "description": "This client certificate asked too often",
        "headers": { "Retry-After": { "schema": { "type": "integer" } } },
        "content": { "application/json": { "schema": reference("Problem") } },
    });
    [
        ("400", problem("The request or the client certificate cannot be read")),
        ("401", problem("No client certificate, or none that is onboarded")),
        ("403", problem("The client certificate has expired, or lacks a role")),
        ("429", limited),
    ]
    .map(|(status, answer)| (status.to_owned(), answer))
    .into_iter()
    .collect()
}

fn array_of(schema: &str) -> Value {
    json!({ "type": "array", "items": reference(schema) })
}

fn schemas() -> Value {
    let text = json!({ "type": "string" });
    let perhaps_text = json!({ "type": ["string", "null"] });
    json!({
        "TrustListItem": {
            "type": "object",
            "required": [
                "kid", "timestamp", "country", "certificateType", "thumbprint", "signature",
                "rawData",
            ],
            "properties": {
                "kid": text,
                "timestamp": { "type": "string", "format": "date-time" },
                "country": text,
                "certificateType": { "enum": [
                    "AUTHENTICATION", "UPLOAD", "CSCA", "DSC", "TRUSTANCHOR", "DECA", "DESC",
                ] },
                "thumbprint": { "type": "string", "description": "SHA-256, hexadecimal" },
                "signature": { "type": "string", "description": "A detached CMS in Base64" },
                "rawData": { "type": "string", "description": "The certificate, DER in Base64" },
            },
        },
        "TrustedCertificate": {
            "type": "object",
            "required": ["certificate", "signature", "kid", "group", "country"],
            "properties": {
                "sourceGateway": perhaps_text,
                "uuid": perhaps_text,
                "domain": perhaps_text,
                "version": { "type": ["integer", "null"] },
                "certificate": { "type": "string", "description": "DER in Base64" },
                "signature": { "type": "string", "description": "A detached CMS in Base64" },
                "kid": text,
                "group": text,
                "country": text,
                "properties": { "type": ["object", "null"] },
            },
        },
        "TrustedCertificateUpload": {
            "type": "object",
            "required": ["cms"],
            "properties": {
                "cms": { "type": "string", "description": "A CMS SignedData in Base64" },
                "kid": { "type": ["string", "null"], "maxLength": 20 },
                "group": { "enum": ["DSC", "SIGN", "AUTH", "CUSTOM", "DESC", null] },
                "domain": perhaps_text,
                "properties": {
                    "type": ["object", "null"],
                    "additionalProperties": { "type": "string" },
                },
            },
        },
        "Problem": problem_schema(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use axum::body::Body;
    use gdhcn_store::Store;
    use http::Request;
    use tower::ServiceExt as _;

    use super::super::Gateway;
    use super::super::trust::Trust;
    use super::*;
    use crate::clock::Clock;
    use crate::config::{GatewayConfig, Revocation};
    use crate::jobs::Scheduler;

    type Operations = BTreeMap<String, BTreeSet<String>>;

    fn documented() -> Operations {
        let document = openapi();
        let paths = document["paths"].as_object().unwrap().clone();
        paths
            .into_iter()
            .map(|(path, operations)| {
                let methods = operations.as_object().unwrap().keys();
                (path, methods.map(|method| method.to_uppercase()).collect())
            })
            .collect()
    }

    /// Asks each path of the router which methods it takes.
    async fn routed(folder: &std::path::Path) -> Operations {
        let store = Store::open(folder).await.unwrap();
        let mut config = GatewayConfig::new(folder.to_owned(), Vec::new());
        config.revocation = Revocation { enabled: true, uploads: true };
        config.profile = crate::config::Profile::Eu;
        let trust = Trust::load(store, Vec::new()).await.unwrap();
        let gateway = Arc::new(Gateway::with(
            trust,
            &config,
            Clock::System,
            None,
            None,
            gdhcn_store::Overview::default(),
            Scheduler::new(Vec::new(), &config.jobs),
        ));
        let mut operations = Operations::new();
        for path in Gateway::routes(config.profile, config.revocation).paths() {
            let request = Request::builder().method("NONE").uri(path.replace(['{', '}', '*'], "x"));
            let answer = Gateway::router(&gateway)
                .oneshot(request.body(Body::empty()).unwrap())
                .await
                .unwrap();
            let allowed = answer.headers()[http::header::ALLOW].to_str().unwrap().to_owned();
            let methods = allowed.split(',').map(str::to_owned).filter(|method| method != "HEAD");
            operations.insert((*path).to_owned(), methods.collect());
        }
        operations
    }

    #[tokio::test]
    async fn describes_each_route_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let routed = routed(folder.path()).await;
        assert!(routed.len() > 5, "{routed:?}");
        assert_eq!(documented(), routed, "openapi.rs and Gateway::routes differ");
    }

    #[test]
    fn every_reference_and_every_parameter_is_defined() {
        let document = openapi();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let text = document.to_string();
        for used in text.split("\"#/components/schemas/").skip(1) {
            let name = used.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
        let mut ids = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} twice");
                let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
                let in_path: Vec<_> = parameters
                    .iter()
                    .filter(|parameter| parameter["in"] == "path")
                    .map(|parameter| parameter["name"].as_str().unwrap())
                    .collect();
                let wanted: Vec<_> = path
                    .split('{')
                    .skip(1)
                    .map(|rest| rest.split('}').next().unwrap().trim_start_matches('*'))
                    .collect();
                assert_eq!(in_path, wanted, "{method} {path}");
            }
        }
    }
}

//! `GET /openapi.json`: the interface in words for programs.
//!
//! A test holds every answer of the service against this document.

use axum::response::Response;
use serde_json::{Value, json};

use crate::openapi::{answer, problem, problem_schema, reference};

/// The document.
pub(super) async fn document() -> Response {
    super::json(&openapi())
}

fn openapi() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Verification service",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Says of a health certificate whether it is genuine, in time and \
                            accepted, and why. Nothing of a request is stored or logged.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": {
            "/v1/verify": { "post": verify() },
            "/v1/trust": { "get": {
                "summary": "The trust sources with their age",
                "operationId": "trust",
                "responses": { "200": answer("What is trusted", reference("Trust")) },
            } },
            "/health": { "get": {
                "summary": "Whether the service lives",
                "operationId": "health",
                "responses": { "204": { "description": "It does" } },
            } },
            "/ready": { "get": {
                "summary": "Whether there is a key to verify with that is not too old to count",
                "operationId": "ready",
                "responses": {
                    "204": { "description": "There is" },
                    "503": { "description": "No key is loaded, or all trust data is too old" },
                },
            } },
            "/openapi.json": { "get": {
                "summary": "This document",
                "operationId": "openapi",
                "responses": { "200": answer("OpenAPI 3.1", json!({ "type": "object" })) },
            } },
        },
        "components": { "schemas": schemas() },
    })
}

fn verify() -> Value {
    let binary = json!({ "schema": { "type": "string", "format": "binary" } });
    json!({
        "summary": "Judge one code, the codes of a picture, or several codes",
        "operationId": "verify",
        "parameters": [{
            "name": "Accept-Language",
            "in": "header",
            "description": "Adds an explanation in the best of ar, en, es, fr, pt, ru and zh",
            "schema": { "type": "string" },
        }],
        "requestBody": {
            "required": true,
            "content": {
                "text/plain": { "schema": {
                    "type": "string",
                    "description": "The text of one code, such as HC1:…",
                } },
                "application/json": { "schema": reference("Codes") },
                "image/png": binary,
                "image/jpeg": binary,
                "image/webp": binary,
            },
        },
        "responses": {
            "200": answer("The verdicts; also of forged codes", reference("Verdicts")),
            "400": problem("The request cannot be read"),
            "408": problem("The request was not complete in time"),
            "413": problem("The request is too large"),
            "415": problem("Another media type"),
            "500": problem("A fault of the service"),
        },
    })
}

fn schemas() -> Value {
    let text = json!({ "type": "string" });
    let perhaps_text = json!({ "type": ["string", "null"] });
    let instant = json!({ "type": "string", "format": "date-time" });
    let perhaps_instant = json!({ "type": ["string", "null"], "format": "date-time" });
    let outcome = json!({ "enum": ["accepted", "not accepted", "cannot tell"] });
    let policy = json!({ "enum": ["lenient", "border", "strict"] });
    json!({
        "Codes": {
            "type": "object",
            "required": ["codes"],
            "additionalProperties": false,
            "properties": {
                "codes": { "type": "array", "items": text, "minItems": 1, "maxItems": 1000 },
                "at": { "type": "string", "description": "Judge validity at this instant" },
                "policy": policy,
                "same_person": {
                    "type": "boolean",
                    "description": "They are one person's: the best of them counts",
                },
                "language": {
                    "type": "string",
                    "description": "Explain in this language instead of that of Accept-Language",
                },
            },
        },
        "Verdicts": {
            "type": "object",
            "required": ["outcome", "policy", "at", "results"],
            "properties": {
                "outcome": outcome,
                "policy": policy,
                "at": instant,
                "results": { "type": "array", "items": reference("Verdict") },
                "together": reference("Together"),
            },
        },
        "Together": {
            "type": "object",
            "description": "What the codes are worth together, if they are said to be one person's",
            "required": ["outcome", "best", "persons"],
            "properties": {
                "outcome": outcome,
                "best": { "type": ["integer", "null"], "description": "Index in results" },
                "persons": { "enum": ["same", "different", "unclear"] },
                "explanation": text,
            },
        },
        "Verdict": {
            "type": "object",
            "required": ["outcome", "code", "reason", "checks"],
            "properties": {
                "outcome": outcome,
                "code": perhaps_text,
                "reason": perhaps_text,
                "kind": text,
                "policy": policy,
                "at": instant,
                "authentic": {
                    "type": "boolean",
                    "description": "Whether the signature holds; if not, documents are nobody's word",
                },
                "documents": { "type": "array", "items": reference("Document") },
                "issuer": { "anyOf": [reference("Issuer"), { "type": "null" }] },
                "envelope": { "anyOf": [reference("Envelope"), { "type": "null" }] },
                "checks": { "type": "array", "items": reference("Check") },
                "explanation": reference("Explanation"),
            },
        },
        "Explanation": {
            "type": "object",
            "required": ["language", "direction", "outcome", "because", "advice", "checks"],
            "properties": {
                "language": text,
                "direction": { "enum": ["ltr", "rtl"] },
                "outcome": text,
                "because": perhaps_text,
                "advice": text,
                "checks": { "type": "array", "items": {
                    "type": "object",
                    "required": ["check", "title", "status", "text"],
                    "properties": { "check": text, "title": text, "status": text, "text": perhaps_text },
                } },
            },
        },
        "Document": {
            "type": "object",
            "required": ["title", "person", "statements", "content", "problems"],
            "properties": {
                "title": text,
                "person": { "type": ["object", "null"] },
                "statements": { "type": "array", "items": {
                    "type": "object",
                    "required": ["kind"],
                    "properties": { "kind": { "enum": ["vaccination", "test", "recovery"] } },
                } },
                "content": {},
                "problems": { "type": "array", "items": text },
            },
        },
        "Issuer": {
            "type": "object",
            "required": ["participant", "name", "domain", "subject", "thumbprint", "source"],
            "properties": {
                "participant": text,
                "name": perhaps_text,
                "domain": perhaps_text,
                "subject": perhaps_text,
                "thumbprint": perhaps_text,
                "not_before": perhaps_instant,
                "not_after": perhaps_instant,
                "source": text,
                "given_by_caller": { "type": "boolean" },
            },
        },
        "Envelope": {
            "type": "object",
            "required": ["kid", "algorithm", "issuer", "issued_at", "expires_at", "not_before"],
            "properties": {
                "kid": perhaps_text,
                "algorithm": perhaps_text,
                "issuer": perhaps_text,
                "issued_at": perhaps_instant,
                "expires_at": perhaps_instant,
                "not_before": perhaps_instant,
            },
        },
        "Check": {
            "type": "object",
            "required": ["id", "status", "code", "reason", "clause"],
            "properties": {
                "id": text,
                "status": { "enum": ["pass", "fail", "warn", "not done"] },
                "code": text,
                "reason": text,
                "clause": text,
            },
        },
        "Trust": {
            "type": "object",
            "required": ["at", "policy", "greatestAgeDays", "sources"],
            "properties": {
                "at": instant,
                "policy": policy,
                "greatestAgeDays": { "type": "integer" },
                "sources": { "type": "array", "items": {
                    "type": "object",
                    "required": [
                        "name", "created", "fetched", "ageDays", "state", "proof", "keys", "refused",
                    ],
                    "properties": {
                        "name": text,
                        "created": perhaps_instant,
                        "fetched": perhaps_instant,
                        "ageDays": { "type": ["integer", "null"] },
                        "state": { "enum": ["fresh", "aging", "too old", "undated"] },
                        "proof": text,
                        "keys": { "type": "integer" },
                        "refused": { "type": "integer" },
                    },
                } },
            },
        },
        "Problem": problem_schema(),
    })
}

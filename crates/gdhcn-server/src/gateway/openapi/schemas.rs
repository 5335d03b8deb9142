use serde_json::{Value, json};

use crate::config::Profile;
use crate::openapi::{problem_schema, reference};

/// The schemas that operations refer to. Lists of changes (EU) hold what was withdrawn, unsigned.
pub(super) fn schemas(profile: Profile) -> Value {
    let text = json!({ "type": "string" });
    let signature = match profile {
        Profile::Who => json!({ "type": "string", "description": "A detached CMS in Base64" }),
        Profile::Eu => json!({
            "type": ["string", "null"],
            "description": "A detached CMS in Base64; null for what was withdrawn",
        }),
    };
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
                "signature": signature,
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
        "MigrationItem": {
            "type": "object",
            "description": "A message that a participant has signed, and the number that it is stored under",
            "required": ["cms", "entityId", "type"],
            "properties": {
                "cms": { "type": "string", "description": "A CMS SignedData in Base64" },
                "entityId": { "type": "integer" },
                "type": { "enum": ["DSC", "REVOCATION_LIST", "VALIDATION_RULE"] },
            },
        },
        "RevocationListPage": {
            "type": "object",
            "required": ["more", "batches"],
            "properties": {
                "more": { "type": "boolean", "description": "Whether there are later changes" },
                "batches": { "type": "array", "items": reference("RevocationListItem") },
            },
        },
        "RevocationListItem": {
            "type": "object",
            "required": ["batchId", "country", "date", "deleted"],
            "properties": {
                "batchId": text,
                "country": text,
                "date": { "type": "string", "format": "date-time" },
                "deleted": { "type": "boolean" },
            },
        },
        "ValidationRules": {
            "type": "object",
            "description": "By identifier, the newest version first",
            "additionalProperties": { "type": "array", "items": {
                "type": "object",
                "required": ["version", "validFrom", "validTo", "cms"],
                "properties": {
                    "version": text,
                    "validFrom": { "type": "string", "format": "date-time" },
                    "validTo": { "type": "string", "format": "date-time" },
                    "cms": { "type": "string", "description": "A CMS SignedData in Base64" },
                },
            } },
        },
        "TrustedReference": {
            "type": "object",
            "required": [
                "url", "country", "type", "service", "name", "contentType", "signatureType",
                "referenceVersion",
            ],
            "properties": {
                "url": text, "country": text, "type": text, "service": text,
                "thumbprint": perhaps_text, "name": text, "sslPublicKey": perhaps_text,
                "contentType": text, "signatureType": text, "referenceVersion": text,
                "uuid": text, "domain": text, "version": { "type": "integer" },
                "sourceGateway": text, "cms": text,
            },
        },
        "TrustedIssuer": {
            "type": "object",
            "required": ["url", "type", "country", "signature", "timestamp", "name"],
            "properties": {
                "url": text, "type": text, "country": text, "thumbprint": perhaps_text,
                "sslPublicKey": perhaps_text, "keyStorageType": perhaps_text, "signature": text,
                "timestamp": { "type": "string", "format": "date-time" }, "name": text,
                "domain": perhaps_text, "uuid": perhaps_text, "version": { "type": "integer" },
                "sourceGateway": text,
            },
        },
        "Problem": problem_schema(),
    })
}

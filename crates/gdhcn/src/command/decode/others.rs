//! The formats that are JSON inside.

use std::fmt::Display;

use gdhcn_credential::shc::{Card, Opened};
use gdhcn_credential::vds_nc::Seal;
use gdhcn_credential::{HealthLink, Limits, Problem, divoc, health_link};
use gdhcn_envelope::x509::Certificate;
use serde_json::{Value, json};

/// A SMART Health Card: JSON Web Signature, payload, FHIR bundle.
pub(super) fn card(text: &str, limits: &Limits) -> Value {
    let opened = match Opened::read(text, limits) {
        Ok(opened) => opened,
        Err(error) => return closed(error),
    };
    let card = Card::read(&opened.payload, limits);
    json!({
        "opened": card.is_ok(),
        "jws": {
            "algorithm": opened.algorithm,
            "kid": opened.kid,
            "signature_hex": hex::encode(&opened.signature),
        },
        "payload": read_json(&opened.payload),
        "error": card.as_ref().err().map(ToString::to_string),
        "warnings": said(&opened.oddities),
        "problems": said(card.as_ref().map_or(&[][..], |card| card.problems.as_slice())),
    })
}

/// DIVOC: archive, document, proof.
pub(super) fn divoc(text: &str, limits: &Limits) -> Value {
    let document = match divoc::document(text, limits) {
        Ok(document) => document,
        Err(error) => return closed(error),
    };
    let read = divoc::Certificate::read(text, limits);
    json!({
        "opened": read.is_ok(),
        "document": read_json(&document),
        "proof": read.as_ref().ok().map(|read| json!({
            "algorithm": read.proof.algorithm,
            "verification_method": read.proof.verification_method,
            "document_digest": hex::encode(read.proof.document_digest),
            "options_digest": hex::encode(read.proof.options_digest),
            "signature_hex": hex::encode(&read.proof.signature),
        })),
        "error": read.as_ref().err().map(ToString::to_string),
        "problems": said(read.as_ref().map_or(&[][..], |read| read.problems.as_slice())),
    })
}

/// An ICAO seal: what is signed, and the certificate that comes with it.
pub(super) fn seal(text: &str, limits: &Limits) -> Value {
    let seal = match Seal::read(text, limits) {
        Ok(seal) => seal,
        Err(error) => return closed(error),
    };
    let certificates = seal.certificates.iter().map(|der| match Certificate::from_der(der) {
        Ok(one) => json!({
            "subject": one.subject().to_string(),
            "issuer": one.issuer().to_string(),
            "not_before": one.not_before().to_string(),
            "not_after": one.not_after().to_string(),
            "thumbprint": one.thumbprint().to_string(),
        }),
        Err(error) => json!({ "error": error.to_string(), "hex": hex::encode(der) }),
    });
    json!({
        "opened": true,
        "header": { "kind": seal.kind, "version": seal.version, "issuer": seal.issuer },
        "message": seal.message,
        "signature": {
            "algorithm": seal.algorithm,
            "hex": hex::encode(&seal.signature),
            "to_be_signed": seal.to_be_signed,
        },
        "certificates": certificates.collect::<Vec<_>>(),
        "problems": said(&seal.problems),
    })
}

/// A link, with the key by which its documents are opened.
pub(super) fn link(text: &str, limits: &Limits) -> Value {
    let payload = health_link::payload(text).map(|payload| read_json(&payload));
    let link = HealthLink::read_text(text, limits);
    let read = link.as_ref().map(|link| link.payload.as_ref());
    let problems: &[Problem] = link.as_ref().map_or(&[], |link| &link.problems);
    json!({
        "opened": matches!(read, Some(Ok(_))),
        "payload": payload,
        "error": read.and_then(Result::err).map(ToString::to_string),
        "problems": said(problems),
    })
}

fn closed(error: impl Display) -> Value {
    json!({ "opened": false, "error": error.to_string() })
}

/// As JSON where it is some; otherwise the bytes.
fn read_json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| json!({ "hex": hex::encode(bytes) }))
}

fn said(all: &[impl Display]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

//! HC1: text, zlib, COSE_Sign1, claims.

use gdhcn_credential::hcert::{self, Opened};
use gdhcn_credential::{Cwt, Limits, to_json};
use gdhcn_envelope::cbor;
use gdhcn_envelope::cose::Tagging;
use serde_json::{Value, json};

/// The layers of an HC1 code, and of what is taken for one.
pub(super) fn layers(text: &str, limits: &Limits) -> Value {
    let opened = match hcert::open(text, limits) {
        Ok(opened) => opened,
        Err(error) => {
            return json!({
                "opened": false,
                "layer": error.layer.to_string(),
                "at": error.at,
                "error": error.to_string(),
            });
        }
    };
    let claims = cbor::decode(opened.cose.payload(), &limits.cbor);
    let understood = Cwt::parse(opened.cose.payload(), limits);
    json!({
        "opened": understood.is_ok(),
        "text": { "prefix": opened.prefix, "characters": text.trim_end().chars().count() },
        "compressed": {
            "bytes": opened.compressed.len(),
            "trailing": opened.trailing_after_zlib,
        },
        "cose": cose(&opened, limits),
        "claims": claims.as_ref().map_or(Value::Null, to_json),
        "error": understood.as_ref().err().map(ToString::to_string),
        "warnings": understood
            .iter()
            .flat_map(|claims| claims.warnings.iter().map(ToString::to_string))
            .collect::<Vec<_>>(),
        "problems": understood
            .iter()
            .flat_map(|claims| &claims.subclaims)
            .flat_map(|subclaim| subclaim.document.problems())
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
    })
}

fn cose(opened: &Opened, limits: &Limits) -> Value {
    let cose = &opened.cose;
    let header = |bytes: &[u8]| {
        cbor::decode(bytes, &limits.cbor)
            .map_or_else(|_| hex::encode(bytes).into(), |map| to_json(&map))
    };
    json!({
        "bytes": opened.cose_bytes.len(),
        "tagging": tagging(cose.tagging()),
        "protected": header(cose.protected()),
        "unprotected": header(cose.unprotected()),
        "algorithm": cose.alg(),
        "kid": cose.kid().map(|kid| json!({ "base64": kid.to_base64(), "hex": kid.to_hex() })),
        "payload_hex": hex::encode(cose.payload()),
        "signature_hex": hex::encode(cose.signature()),
    })
}

const fn tagging(tagging: Tagging) -> &'static str {
    match tagging {
        Tagging::Untagged => "none",
        Tagging::Sign1 => "18",
        Tagging::Cwt => "61",
        Tagging::CwtSign1 => "61, 18",
    }
}

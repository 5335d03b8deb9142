//! `gdhcn decode`: every layer of a code, without judging it.

use anstream::println;
use gdhcn_credential::hcert::{self, Opened};
use gdhcn_credential::{Cwt, Limits, detect, to_json};
use gdhcn_envelope::cbor;
use gdhcn_envelope::cose::Tagging;
use serde_json::{Value, json};

use crate::cli::DecodeArguments;
use crate::exit::{Exit, Fault};
use crate::input::{self, Found};
use crate::output::{self, OPEN, PLAIN, STRONG, tame};

pub(crate) fn run(arguments: &DecodeArguments) -> Result<Exit, Fault> {
    let mut views = Vec::new();
    for input in input::read(&arguments.input)? {
        views.push(match input.found {
            Found::Text(text) => layers(&input.name, &text),
            Found::NoCode => {
                json!({ "input": input.name, "opened": false, "error": "no code in the picture" })
            }
        });
    }
    let opened = views.iter().all(|view| view.get("opened") == Some(&Value::Bool(true)));
    if arguments.json {
        match views.as_slice() {
            [view] => output::json(view)?,
            views => output::json(&views)?,
        }
    } else {
        for view in &views {
            print(view);
        }
    }
    Ok(if opened { Exit::SUCCESS } else { Exit::NEGATIVE })
}

/// All layers as far as they open. Nothing is verified.
fn layers(name: &str, text: &str) -> Value {
    let limits = Limits::default();
    let kind = detect(text).to_string();
    let opened = match hcert::open(text, &limits) {
        Ok(opened) => opened,
        Err(error) => {
            return json!({
                "input": name,
                "kind": kind,
                "opened": false,
                "layer": error.layer.to_string(),
                "at": error.at,
                "error": error.to_string(),
            });
        }
    };
    let claims = cbor::decode(opened.cose.payload(), &limits.cbor);
    let understood = Cwt::parse(opened.cose.payload(), &limits);
    json!({
        "input": name,
        "kind": kind,
        "opened": understood.is_ok(),
        "verified": false,
        "text": { "prefix": opened.prefix, "characters": text.trim_end().chars().count() },
        "compressed": {
            "bytes": opened.compressed.len(),
            "trailing": opened.trailing_after_zlib,
        },
        "cose": cose(&opened, &limits),
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

fn print(view: &Value) {
    let Value::Object(members) = view else { return };
    println!("{OPEN}Nothing here is verified.{PLAIN} Ask `gdhcn verify` whether it is genuine.\n");
    for (name, value) in members {
        match value {
            Value::Null => {}
            Value::Array(values) if values.is_empty() => {}
            Value::Object(_) | Value::Array(_) => {
                println!("{STRONG}{name}{PLAIN}");
                let text = serde_json::to_string_pretty(value).unwrap_or_default();
                for line in text.lines() {
                    println!("  {}", tame(line));
                }
            }
            Value::String(text) => println!("{STRONG}{name}{PLAIN} {}", tame(text)),
            other => println!("{STRONG}{name}{PLAIN} {other}"),
        }
    }
}

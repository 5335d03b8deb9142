//! The WebAssembly build gives the answers of the native one, byte for byte, and is small enough.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod cases;
mod module;

use std::collections::BTreeMap;

use gdhcn_credential::{parse_instant_loose, shc};
use gdhcn_crypto::Backend;
use gdhcn_explain::{Language, Messages, report};
use gdhcn_trust::{TrustStore, TrustStoreBuilder};
use gdhcn_verify::{Context, Limits, Policy, PolicyName, verify};
use serde_json::{Value, json};

use cases::{Case, Source};

/// Bytes of the module after `gzip -9`, all formats and languages in it, without scanning.
const LIMIT: usize = 700_000;

#[test]
fn the_module_is_small_enough_for_a_slow_network() {
    let packed = module::packed_size();
    println!("WebAssembly module: {packed} bytes packed, of {LIMIT} allowed");
    assert!((100_000..LIMIT).contains(&packed), "{packed}");
}

#[test]
fn native_and_wasm_give_the_same_answers_over_all_corpora() {
    let (sources, cases) = cases::all();
    let stores = sources.each_ref().map(|sources| native_trust(sources));
    let expected: Vec<_> =
        cases.iter().map(|case| native_answer(case, &stores[case.store])).collect();
    let (held, answers) = module::answers(&sources, &cases);

    assert_eq!(held, Value::from(stores.iter().map(holdings).collect::<Vec<_>>()));
    assert_eq!(answers.len(), cases.len());
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for ((case, native), wasm) in cases.iter().zip(&expected).zip(&answers) {
        assert_eq!(native, wasm, "{}", case.name);
        *tally.entry(case.corpus()).or_default() += 1;
        let reports: Value = serde_json::from_str(native).unwrap();
        for report in reports.as_array().unwrap() {
            *outcomes.entry(report["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    let keys = stores.map(|store| store.keys().len());
    println!("native = wasm on {} texts with {keys:?} keys: {tally:?}; {outcomes:?}", cases.len());
    if cases.iter().any(|case| case.corpus() == "dgc-testdata") {
        assert!(outcomes.contains_key("accepted"), "no case was accepted: {outcomes:?}");
    }
    for outcome in ["cannot tell", "not accepted"] {
        assert!(outcomes.contains_key(outcome), "no case was {outcome}: {outcomes:?}");
    }
}

fn holdings(store: &TrustStore) -> Value {
    let refused: Vec<_> =
        store.refused().iter().map(|entry| format!("{}: {}", entry.name, entry.reason)).collect();
    json!({ "keys": store.keys().len(), "refused": refused })
}

fn native_trust(sources: &[Source]) -> TrustStore {
    let mut builder = TrustStoreBuilder::new(Backend::default());
    for Source { method, name, issuer, file } in sources {
        match *method {
            "addDidDocument" => builder.add_did_document(name, file),
            "addCertificates" => builder.add_certificates(name, file),
            "addIssuerDirectory" => builder.add_issuer_directory(name, file, None),
            "addNamedKeys" => builder.add_named_keys(name, issuer, file),
            method => panic!("{method}"),
        }
    }
    builder.build()
}

fn native_answer(case: &Case, trust: &TrustStore) -> String {
    let context = Context {
        trust,
        at: parse_instant_loose(&case.at).unwrap(),
        policy: Policy::new(case.policy.parse::<PolicyName>().unwrap()),
        limits: Limits::default(),
    };
    let messages = Messages::new(case.language.parse::<Language>().unwrap());
    let texts = vec![(String::new(), case.text.clone())];
    let reports: Vec<_> = shc::split(texts, &context.limits.credential)
        .iter()
        .map(|code| report(Some(&verify(&code.text, &context)), Some(&messages)).to_string())
        .collect();
    format!("[{}]", reports.join(","))
}

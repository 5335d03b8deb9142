//! What the two builds are asked: every text of the published corpora, and the seeds of the fuzz
//! targets, which are always at hand.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gdhcn_credential::{divoc, parse_instant_loose};
use gdhcn_envelope::pem;
use gdhcn_testkit::{corpus, workspace_root};
use serde_json::Value;

/// Trust data, under the method of `Verifier` that takes it.
pub(crate) struct Source {
    pub(crate) method: &'static str,
    pub(crate) name: String,
    /// For named keys.
    pub(crate) issuer: String,
    pub(crate) file: Vec<u8>,
}

pub(crate) struct Case {
    /// `corpus/path`.
    pub(crate) name: String,
    /// Which of the stores judges it.
    pub(crate) store: usize,
    pub(crate) text: String,
    pub(crate) at: String,
    pub(crate) policy: &'static str,
    pub(crate) language: &'static str,
}

impl Case {
    pub(crate) fn corpus(&self) -> &str {
        self.name.split('/').next().unwrap()
    }
}

/// Keys without a date, and lists that are younger than most of the samples. With a list, no
/// verdict is given for a time before it was made.
const KEYS: usize = 0;
const LISTS: usize = 1;
/// When the stores are asked, where a case has no time of its own.
const AT: [&str; 2] = ["2022-06-01T12:00:00Z", "2026-06-01T12:00:00Z"];
/// Larger texts are no codes, and are refused at the door.
const LONGEST: u64 = 64 * 1024;

pub(crate) fn all() -> ([Vec<Source>; 2], Vec<Case>) {
    let mut keys = Vec::new();
    let mut cases = Vec::new();
    let seeds = workspace_root().join("fuzz/corpus");
    for target in ["hc1", "card", "divoc", "seal"] {
        texts("fuzz", &seeds.join(target), &mut cases);
    }
    if let Some(folder) = corpus("dgc-testdata") {
        dgc_testdata(&folder, &mut keys, &mut cases);
    }
    for (name, folder) in [
        ("gdhcn-validator", corpus("gdhcn-validator")),
        ("lacpass", corpus("lacpass")),
        ("khealthcertificate", corpus("khealthcertificate")),
        ("hcert-testdata", corpus("hcert-testdata")),
        ("vds-nc", corpus("vds-nc")),
        ("health-cards-dev-tools", corpus("health-cards-dev-tools")),
        ("smart-health-cards", corpus("smart-health-cards")),
        ("smart-icvp", corpus("smart-icvp")),
        ("ddcc", corpus("ddcc")),
    ] {
        if let Some(folder) = folder {
            texts(name, &folder, &mut cases);
        }
    }
    published_keys(&mut keys);
    // Policies and languages in turn, so that each of them is asked of every corpus.
    for (at, case) in cases.iter_mut().enumerate() {
        case.policy = ["border", "strict", "lenient"][at % 3];
        case.language = ["en", "ar", "es", "fr", "pt", "ru", "zh"][at % 7];
    }
    ([keys, published_lists()], cases)
}

fn case(name: String, store: usize, text: String, at: &str) -> Case {
    Case { name, store, text, at: at.to_owned(), policy: "border", language: "en" }
}

/// Every file that is text, as a code; archives as the text that keeps their bytes.
fn texts(corpus: &str, folder: &Path, cases: &mut Vec<Case>) {
    for path in files(folder) {
        if fs::metadata(&path).unwrap().len() > LONGEST {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let text = divoc::text_of_archive(&bytes).or_else(|| String::from_utf8(bytes).ok());
        let Some(text) = text else { continue };
        let shown = path.strip_prefix(folder).unwrap().display();
        // The seeds of a fuzz target begin with the layer that they enter at.
        let text = text.strip_prefix('t').filter(|_| corpus == "fuzz").unwrap_or(&text);
        for store in [KEYS, LISTS] {
            cases.push(case(format!("{corpus}/{shown}"), store, text.to_owned(), AT[store]));
        }
    }
}

/// Each case with its own clock; the certificates of all of them together.
fn dgc_testdata(folder: &Path, sources: &mut Vec<Source>, cases: &mut Vec<Case>) {
    let mut certificates = Vec::new();
    for path in files(folder) {
        let Some(value) = fs::read(&path).ok().and_then(|file| json(&file)) else { continue };
        let (Some(text), Some(context)) = (value["PREFIX"].as_str(), value.get("TESTCTX")) else {
            continue;
        };
        let at = context["VALIDATIONCLOCK"].as_str().unwrap_or(AT[KEYS]);
        let at = if parse_instant_loose(at).is_ok() { at } else { AT[KEYS] };
        let shown = path.strip_prefix(folder).unwrap().display();
        cases.push(case(format!("dgc-testdata/{shown}"), KEYS, text.to_owned(), at));
        let certificate =
            context["CERTIFICATE"].as_str().and_then(|text| STANDARD.decode(text).ok());
        certificates.extend(certificate.map(|der| pem::encode("CERTIFICATE", &der)));
    }
    certificates.sort();
    certificates.dedup();
    let file = certificates.concat().into_bytes();
    sources.push(source("addCertificates", "dgc-testdata", "", file));
}

fn published_lists() -> Vec<Source> {
    let mut sources = Vec::new();
    if let Some(folder) = corpus("tng-cdn") {
        for list in ["prod/v2/trustlist/did.json", "dev/v2/trustlist/did.json"] {
            let file = fs::read(folder.join(list)).unwrap();
            sources.push(source("addDidDocument", list, "", file));
        }
    }
    if let Some(folder) = corpus("ddcc-trust") {
        let list = "dist/prod/s/ml/e/did.json";
        let file = fs::read(folder.join(list)).unwrap();
        sources.push(source("addDidDocument", list, "", file));
    }
    sources
}

fn published_keys(sources: &mut Vec<Source>) {
    if let Some(folder) = corpus("ddcc-trust") {
        let file = fs::read(folder.join("production-keys/india/india.pem")).unwrap();
        sources.push(source("addNamedKeys", "india.pem", "did:india", file));
    }
    if let Some(folder) = corpus("vci-directory") {
        let file = fs::read(folder.join("logs/vci_snapshot.json")).unwrap();
        sources.push(source("addIssuerDirectory", "vci_snapshot.json", "", file));
    }
    if let Some(folder) = corpus("smart-health-cards") {
        let file = fs::read(folder.join("generate-examples/issuer/.well-known/jwks.json")).unwrap();
        let issuer = "https://spec.smarthealth.cards/examples/issuer";
        sources.push(source("addNamedKeys", "jwks.json", issuer, file));
    }
    if let Some(folder) = corpus("vds-nc") {
        for name in ["aus-csca.der", "aus-prototype-csca.der", "jpn-csca.der"] {
            let file = fs::read(folder.join("australian-passport-office").join(name)).unwrap();
            sources.push(source("addCertificates", name, "", file));
        }
    }
}

fn source(method: &'static str, name: &str, issuer: &str, file: Vec<u8>) -> Source {
    Source { method, name: name.to_owned(), issuer: issuer.to_owned(), file }
}

fn json(file: &[u8]) -> Option<Value> {
    let start = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    serde_json::from_slice(start).ok()
}

/// All files below `folder`, always in the same order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

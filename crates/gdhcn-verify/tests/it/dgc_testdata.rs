//! Every case of the published EU DCC test data, each with its own certificate and its own clock.
//!
//! Here are the flags that a verdict decides and the pictures; the flags of the layers below are
//! tested in `gdhcn-credential`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_credential::hcert;
use gdhcn_credential::parse_instant_loose;
use gdhcn_crypto::Backend;
use gdhcn_testkit::corpus;
use gdhcn_trust::{TrustStore, TrustStoreBuilder};
use gdhcn_verify::{
    CheckId, Context, Limits, Outcome, Policy, PolicyName, Status, Verdict, verify,
};
use serde_json::Value;

const PICTURE: &str = "EXPECTEDPICTUREDECODE";
const VERIFY: &str = "EXPECTEDVERIFY";
const EXPIRATION: &str = "EXPECTEDEXPIRATIONCHECK";
const KEY_USAGE: &str = "EXPECTEDKEYUSAGE";

/// The flags judged here: how often each is expected true and met, false and met.
const EXPECTED: [(&str, usize, usize); 4] =
    [(PICTURE, 410, 1), (VERIFY, 469, 4), (EXPIRATION, 398, 2), (KEY_USAGE, 279, 78)];
const CASES: usize = 499;

struct Case {
    name: String,
    value: Value,
}

impl Case {
    fn text(&self, field: &str) -> Option<&str> {
        self.value.get(field)?.as_str()
    }

    fn context(&self, field: &str) -> Option<&str> {
        self.value.get("TESTCTX")?.get(field)?.as_str()
    }

    fn expected(&self, flag: &str) -> Option<bool> {
        self.value.get("EXPECTEDRESULTS")?.get(flag)?.as_bool()
    }

    fn trust(&self) -> TrustStore {
        let mut builder = TrustStoreBuilder::new(Backend::default());
        if let Some(certificate) = self.context("CERTIFICATE") {
            builder.add_certificates(&self.name, &STANDARD.decode(certificate).unwrap());
        }
        builder.build()
    }

    /// The HC1 text around the case's COSE message, which is what the flags speak of.
    fn cose_as_text(&self) -> Option<String> {
        self.text("COSE").map(|hex| hcert::close(&hex::decode(hex).unwrap()))
    }

    fn judge(&self, text: &str, policy: PolicyName) -> Verdict {
        let trust = self.trust();
        // Without a clock only checks that do not depend on it are looked at.
        let at = self.context("VALIDATIONCLOCK").unwrap_or("2021-06-01T00:00:00Z");
        let context = Context {
            trust: &trust,
            at: parse_instant_loose(at).unwrap(),
            policy: Policy::new(policy),
            limits: Limits::default(),
        };
        verify(text, &context)
    }
}

fn cases(root: &Path) -> Vec<Case> {
    let mut files = Vec::new();
    find(root, &mut files);
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            Case {
                name: path.strip_prefix(root).unwrap().display().to_string(),
                value: serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap(),
            }
        })
        .collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "json")
            && path.parent().unwrap().file_name().unwrap().eq_ignore_ascii_case("raw")
        {
            files.push(path);
        }
    }
}

/// What a flag comes out as, or `None` if the case lacks what it needs.
fn actual(case: &Case, flag: &str) -> Option<bool> {
    if flag == PICTURE {
        let picture = STANDARD.decode(case.text("2DCODE")?).unwrap();
        let codes = gdhcn_scan::read_picture(&picture, &gdhcn_scan::Limits::default());
        return Some(codes.is_ok_and(|codes| {
            codes.iter().any(|code| Some(code.text.as_str()) == case.text("PREFIX"))
        }));
    }
    let text = match case.cose_as_text() {
        Some(text) => text,
        None => case.text("PREFIX").map(str::to_owned)?,
    };
    let verdict = case.judge(&text, PolicyName::Lenient);
    let passes = |id| verdict.check(id).is_some_and(|check| check.status == Status::Pass);
    Some(match flag {
        VERIFY => passes(CheckId::Signature),
        EXPIRATION => passes(CheckId::IssuedAt) && passes(CheckId::ExpiresAt),
        KEY_USAGE => passes(CheckId::KeyUsage),
        _ => unreachable!("{flag}"),
    })
}

/// Expectations that are wrong in themselves, by case and flag, with whether a profile decides.
fn exceptions(root: &Path) -> BTreeMap<(String, String), bool> {
    let text = fs::read_to_string(root.join("exceptions.json")).unwrap();
    let list: Vec<Value> = serde_json::from_str(&text).unwrap();
    list.iter()
        .map(|entry| {
            let member = |name: &str| entry[name].as_str().unwrap().to_owned();
            ((member("case"), member("flag")), entry.get("profile").is_some())
        })
        .collect()
}

/// D19: among the cases are kids in the unprotected header, and in both.
#[test]
fn every_flag_that_a_verdict_decides_is_met() {
    let Some(root) = corpus("dgc-testdata") else { return };
    let cases = cases(&root);
    let exceptions = exceptions(&root);
    let mut faults = Vec::new();
    println!("dgc-testdata: {} cases", cases.len());
    println!(
        "{:26} {:>5} {:>6} {:>10} {:>10}",
        "flag", "true", "false", "exceptions", "cannot run"
    );
    for (flag, expected_true, expected_false) in EXPECTED {
        let (mut met_true, mut met_false, mut excepted, mut cannot_run) = (0, 0, 0, 0);
        for case in &cases {
            let Some(expected) = case.expected(flag) else { continue };
            let Some(actual) = actual(case, flag) else {
                cannot_run += 1;
                continue;
            };
            let exception = exceptions.get(&(case.name.clone(), flag.to_owned()));
            match (actual == expected, exception) {
                // Either is right where the profile decides.
                (true, None | Some(true)) if expected => met_true += 1,
                (true, None | Some(true)) => met_false += 1,
                (true, Some(false)) => {
                    faults.push(format!("{} {flag}: a listed exception is met", case.name));
                }
                (false, Some(_)) => excepted += 1,
                (false, None) => {
                    faults.push(format!("{} {flag}: {actual}, not {expected}", case.name));
                }
            }
        }
        println!("{flag:26} {met_true:>5} {met_false:>6} {excepted:>10} {cannot_run:>10}");
        if (met_true, met_false) != (expected_true, expected_false) {
            faults.push(format!(
                "{flag}: {met_true} and {met_false} met, not {expected_true} and {expected_false}"
            ));
        }
    }
    assert_eq!(cases.len(), CASES, "the corpus has another number of cases");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The whole way from the text: what is sound is accepted at the border, what is flawed is not.
#[test]
fn sound_cases_are_accepted_and_flawed_ones_are_not() {
    let Some(root) = corpus("dgc-testdata") else { return };
    let deciding = [
        "EXPECTEDUNPREFIX",
        "EXPECTEDB45DECODE",
        "EXPECTEDCOMPRESSION",
        VERIFY,
        "EXPECTEDDECODE",
        EXPIRATION,
        KEY_USAGE,
    ];
    let exceptions = exceptions(&root);
    let (mut accepted, mut refused, mut open, mut faults) = (0, 0, 0, Vec::new());
    for case in cases(&root) {
        let Some(text) = case.text("PREFIX") else { continue };
        if case.context("VALIDATIONCLOCK").is_none() || case.context("CERTIFICATE").is_none() {
            continue;
        }
        let excepted = |flag: &str| exceptions.contains_key(&(case.name.clone(), flag.to_owned()));
        let flags: Vec<bool> = deciding
            .iter()
            .filter(|flag| !excepted(flag))
            .filter_map(|flag| case.expected(flag))
            .collect();
        if flags.is_empty() {
            continue;
        }
        let verdict = case.judge(text, PolicyName::Border);
        match verdict.outcome {
            Outcome::Accepted => accepted += 1,
            Outcome::NotAccepted => refused += 1,
            Outcome::CannotTell => open += 1,
        }
        let sound = flags.iter().all(|flag| *flag);
        // A case may say nothing of the check that decided: then it has no opinion.
        let stated = match verdict.deciding().map(|check| check.id) {
            Some(CheckId::IssuedAt | CheckId::ExpiresAt) => case.expected(EXPIRATION).is_some(),
            Some(CheckId::KeyUsage) => case.expected(KEY_USAGE).is_some(),
            Some(CheckId::Schema) => case.expected("EXPECTEDSCHEMAVALIDATION") == Some(true),
            _ => true,
        };
        if stated && sound != (verdict.outcome == Outcome::Accepted) {
            let reason = verdict.deciding().map(|check| check.reason.to_string());
            faults.push(format!("{}: {} ({reason:?})", case.name, verdict.outcome));
        }
    }
    println!("dgc-testdata, whole way: {accepted} accepted, {refused} not accepted, {open} open");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

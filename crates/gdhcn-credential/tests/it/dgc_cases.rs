//! The published test cases of the EU DCC, as far as they concern the container and its content.
//!
//! Signature, time, key usage and picture are tested where they are judged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gdhcn_credential::hcert::{self, base45};
use gdhcn_credential::{Cwt, Dcc, HealthDocument, Limits, from_json, parse_instant_loose, to_json};
use gdhcn_envelope::cbor::{self, Value};
use gdhcn_envelope::cose::CoseSign1;
use gdhcn_envelope::inflate;
use serde_json::Value as Json;

/// Flags with the published counts: expected true met and exceptions, expected false met and
/// exceptions.
const EXPECTED: [(&str, [usize; 4]); 8] = [
    ("EXPECTEDUNPREFIX", [463, 0, 3, 0]),
    ("EXPECTEDB45DECODE", [455, 0, 1, 0]),
    ("EXPECTEDCOMPRESSION", [436, 0, 2, 0]),
    ("EXPECTEDDECODE", [464, 1, 1, 0]),
    ("EXPECTEDVALIDJSON", [448, 1, 0, 0]),
    ("EXPECTEDENCODE", [58, 0, 0, 0]),
    ("EXPECTEDVALIDOBJECT", [200, 171, 0, 0]),
    ("EXPECTEDSCHEMAVALIDATION", [235, 115, 58, 40]),
];
const CASES: usize = 499;

#[test]
fn every_published_case_meets_its_flags() {
    let Some(root) = gdhcn_testkit::corpus("dgc-testdata") else { return };
    let exceptions = exceptions(&root);
    let mut counts: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    let cases = case_files(&root);
    assert_eq!(cases.len(), CASES, "the corpus shrank or grew");
    for path in &cases {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let case = Case::read(path);
        for (flag, _) in EXPECTED {
            let Some(expected) = case.expected(flag) else { continue };
            let met = case.outcome(flag) == expected;
            let key = (name.clone(), flag.to_owned());
            let listed = exceptions.get(&key);
            let column = usize::from(!expected) * 2 + usize::from(!met);
            counts.entry(flag).or_default()[column] += 1;
            match (met, listed) {
                (false, Some(_)) | (true, Some(true)) => {
                    used.insert(key);
                }
                (true, Some(false)) => faults.push(format!("{name} {flag}: exception is met")),
                (false, None) => faults.push(format!("{name} {flag}: expected {expected}")),
                (true, None) => {}
            }
        }
    }
    println!("dgc-testdata, {CASES} cases");
    println!(
        "{:<26}{:>10}{:>12}{:>11}{:>12}",
        "flag", "true met", "exceptions", "false met", "exceptions"
    );
    for (flag, published) in EXPECTED {
        let counted = counts.get(flag).copied().unwrap_or_default();
        let [a, b, c, d] = counted;
        println!("{flag:<26}{a:>10}{b:>12}{c:>11}{d:>12}");
        if counted != published {
            faults.push(format!("{flag}: counted {counted:?}, published {published:?}"));
        }
    }
    let ours = |flag: &str| EXPECTED.iter().any(|(name, _)| *name == flag);
    for (case, flag) in exceptions.keys().filter(|key| ours(&key.1) && !used.contains(*key)) {
        faults.push(format!("{case} {flag}: exception listed, but no such expectation"));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// The case files, sorted.
pub(crate) fn case_files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json")
                && folder.file_name().is_some_and(|name| name.eq_ignore_ascii_case("raw"))
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Case and flag of what is wrong with the corpus itself; whether either outcome is right.
fn exceptions(root: &Path) -> BTreeMap<(String, String), bool> {
    let list: Vec<Json> =
        serde_json::from_slice(&std::fs::read(root.join("exceptions.json")).unwrap()).unwrap();
    let text = |entry: &Json, key: &str| entry[key].as_str().unwrap().to_owned();
    list.iter()
        .map(|entry| ((text(entry, "case"), text(entry, "flag")), entry.get("profile").is_some()))
        .collect()
}

/// A case, with the fields that are absent derived from those that are there.
pub(crate) struct Case(Json);

impl Case {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        Self(serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap())
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    fn hex(&self, field: &str) -> Option<Vec<u8>> {
        let text = self.text(field)?;
        let digits = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        (0..text.len()).step_by(2).map(digits).collect()
    }

    fn expected(&self, flag: &str) -> Option<bool> {
        self.0["EXPECTEDRESULTS"].get(flag)?.as_bool()
    }

    pub(crate) fn json(&self) -> Option<&Json> {
        self.0.get("JSON").filter(|json| json.is_object())
    }

    fn base45(&self) -> Option<String> {
        self.text("BASE45")
            .or_else(|| self.text("PREFIX")?.strip_prefix(hcert::PREFIX))
            .map(str::to_owned)
    }

    fn compressed(&self) -> Option<Vec<u8>> {
        self.hex("COMPRESSED").or_else(|| base45::decode(&self.base45()?).ok())
    }

    fn cose(&self) -> Option<Vec<u8>> {
        self.hex("COSE").or_else(|| unpacked(&self.compressed()?))
    }

    /// The claims of the COSE object, read as a verifier would.
    pub(crate) fn claims(&self) -> Option<Cwt> {
        let limits = Limits::default();
        let cose = CoseSign1::parse(&self.cose()?, &limits.cbor).ok()?;
        Cwt::parse(cose.payload(), &limits).ok()
    }

    /// The DCC of the COSE object, as JSON.
    pub(crate) fn signed_dcc(&self) -> Option<Json> {
        let cose = CoseSign1::parse(&self.cose()?, &Limits::default().cbor).ok()?;
        dcc_of(cose.payload())
    }

    /// The DCC of the field CBOR, which may hold it alone or inside the claims.
    fn cbor_dcc(&self) -> Option<Json> {
        match self.hex("CBOR") {
            Some(bytes) => dcc_of(&bytes),
            None => self.signed_dcc(),
        }
    }

    fn outcome(&self, flag: &str) -> bool {
        self.try_outcome(flag).unwrap_or(false)
    }

    fn try_outcome(&self, flag: &str) -> Option<bool> {
        Some(match flag {
            "EXPECTEDUNPREFIX" => {
                self.text("PREFIX")?.strip_prefix(hcert::PREFIX)? == self.base45()?
            }
            "EXPECTEDB45DECODE" => base45::decode(&self.base45()?).ok()? == self.compressed()?,
            "EXPECTEDCOMPRESSION" => unpacked(&self.compressed()?)? == self.cose()?,
            "EXPECTEDDECODE" => {
                let signed = self.signed_dcc()?;
                self.json().is_none_or(|json| same(json, &signed))
                    && same(&self.cbor_dcc()?, &signed)
            }
            "EXPECTEDVALIDJSON" => same(self.json()?, &self.cbor_dcc()?),
            "EXPECTEDENCODE" => {
                let encoded = from_json(self.json()?).to_vec();
                same(&dcc_of(&encoded)?, &self.cbor_dcc()?)
            }
            "EXPECTEDVALIDOBJECT" => {
                let mut json = self.json()?.clone();
                json["ver"] = self.0["TESTCTX"]["SCHEMA"].clone();
                Dcc::read(&from_json(&json)).problems.is_empty()
            }
            "EXPECTEDSCHEMAVALIDATION" => {
                let claims = self.claims()?;
                matches!(claims.subclaims.as_slice(), [only] if matches!(
                    &only.document, HealthDocument::Dcc(dcc) if dcc.problems.is_empty()
                ))
            }
            other => panic!("no such flag: {other}"),
        })
    }
}

fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    inflate::zlib(bytes, Limits::INFLATED_MAX).ok().map(|unpacked| unpacked.bytes)
}

/// The DCC in bytes that hold the claims, or the DCC alone.
fn dcc_of(bytes: &[u8]) -> Option<Json> {
    let value = cbor::decode(bytes, &cbor::Limits::default()).ok()?;
    match value.as_map()?.get_int(-260) {
        Some(hcert) => hcert.as_map()?.get_int(1).map(to_json),
        None => Some(to_json(&value)),
    }
}

/// Equality as the corpus means it: 1.0 is 1, and texts that are instants are equal as instants.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::String(a), Json::String(b)) if a != b => {
            let second = |text| parse_instant_loose(text).ok().map(|at| at.as_second());
            second(a).is_some() && second(a) == second(b)
        }
        _ => a == b,
    }
}

#[test]
fn every_published_code_opens_to_the_same_bytes_as_its_layers() {
    let Some(root) = gdhcn_testkit::corpus("dgc-testdata") else { return };
    let mut opened = 0;
    for path in case_files(&root) {
        let case = Case::read(&path);
        let Some(text) = case.text("PREFIX") else { continue };
        let Ok(code) = hcert::open(text, &Limits::default()) else { continue };
        opened += 1;
        assert_eq!(base45::encode(&code.compressed), text[4..], "{}", path.display());
        let again = hcert::open(&hcert::close(&code.cose_bytes), &Limits::default()).unwrap();
        assert_eq!(again.cose, code.cose);
        // The tree survives our encoder, whatever form the issuer chose.
        let payload = cbor::decode(code.cose.payload(), &cbor::Limits::default());
        if let Ok(payload) = payload {
            let rewritten = payload.to_vec();
            let again = cbor::decode(&rewritten, &cbor::Limits::default()).unwrap();
            assert_eq!(again.to_vec(), rewritten);
            assert!(!matches!(again, Value::Null));
        }
    }
    assert_eq!(opened, 492, "codes that open");
}

//! The onboarding files that WHO publishes: every signature of a trust anchor.

use std::fs;
use std::path::{Path, PathBuf};

use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::participant::TrustedParty;

use crate::network::BACKEND;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn every_published_onboarding_file_passes_with_its_environments_anchor() {
    let Some(corpus) = gdhcn_testkit::corpus("tng-participants") else { return };
    let anchors: Vec<(&str, Certificate)> = ["dev", "uat", "prod"]
        .into_iter()
        .map(|environment| {
            let chain = corpus.join(environment).join("WHO/signing/DCC/TNG_TA.chain.pem");
            let chain = pem::certificates(&fs::read(chain).unwrap());
            (environment, chain.into_iter().next().unwrap().unwrap())
        })
        .collect();
    let fingerprints: Vec<String> = anchors
        .iter()
        .map(|(_, anchor)| anchor.thumbprint().to_string().chars().take(8).collect())
        .collect();
    assert_eq!(fingerprints, ["e4b3219b", "81677e1d", "f8f23d35"]);

    let mut total = 0;
    for (index, (environment, anchor)) in anchors.iter().enumerate() {
        let others: Vec<Certificate> = anchors
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, (_, anchor))| anchor.clone())
            .collect();
        let mut found = Vec::new();
        files(&corpus.join(environment), &mut found);
        let mut count = 0;
        for file in found {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if !name.starts_with("TNG_TA.signed") || !name.ends_with(".json") {
                continue;
            }
            let row: TrustedParty = match serde_json::from_slice(&fs::read(&file).unwrap()) {
                Ok(row) => row,
                // Trusted issuers are signed too, but are no certificates.
                Err(_) => {
                    println!("{}: no certificate", file.display());
                    continue;
                }
            };
            let onboarded = row
                .check(std::slice::from_ref(anchor), BACKEND)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert_eq!(onboarded.certificate().subject().country(), Some(row.country.as_str()));
            assert!(row.check(&others, BACKEND).is_err());
            count += 1;
        }
        println!("{environment:5} {count:4} onboarding files pass");
        total += count;
    }
    assert_eq!(total, 402);
}

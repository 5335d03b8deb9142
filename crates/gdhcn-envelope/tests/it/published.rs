//! What the network publishes, certificate by certificate and signature by signature.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_crypto::{Backend, Curve, DigestAlgorithm, PublicKey, SignatureScheme};
use gdhcn_envelope::cms::{Content, SignedMessage};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::{Certificate, CertificateError, ExtensionRemark, oid};
use gdhcn_testkit::corpus;
use jiff::Timestamp;
use serde_json::Value;

fn json(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn issued_by(certificate: &Certificate, issuer: &Certificate) -> Result<(), CertificateError> {
    let verifier = Backend::default().verifier(issuer.public_key().unwrap()).unwrap();
    certificate.verify_signature(&*verifier)
}

/// Every `x5c` of a trust list, without repetition.
fn listed(list: &Path) -> BTreeSet<Vec<u8>> {
    fn walk(value: &Value, found: &mut BTreeSet<Vec<u8>>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::Array(chain)) = members.get("x5c") {
                    found.extend(
                        chain.iter().map(|text| STANDARD.decode(text.as_str().unwrap()).unwrap()),
                    );
                }
                members.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(&json(list), &mut found);
    found
}

fn entries(list: &Path) -> usize {
    fn count(value: &Value) -> usize {
        match value {
            Value::Object(members) => {
                let chain = members.get("x5c").and_then(Value::as_array).map_or(0, Vec::len);
                chain + members.values().map(count).sum::<usize>()
            }
            Value::Array(items) => items.iter().map(count).sum(),
            _ => 0,
        }
    }
    count(&json(list))
}

#[test]
fn every_certificate_of_the_published_lists_is_read() {
    let Some(folder) = corpus("tng-cdn") else { return };
    for (list, published) in [
        ("prod/v2/trustlist/did.json", 940),
        ("uat/v2/trustlist/did.json", 278),
        ("dev/v2/trustlist/did.json", 352),
        ("prod/trustlist/did.json", 0),
        ("dev/trustlist/did.json", 0),
    ] {
        let path = folder.join(list);
        let mut remarks = BTreeMap::<String, usize>::new();
        let mut unusable = BTreeMap::<String, usize>::new();
        let distinct = listed(&path);
        for der in &distinct {
            let certificate = Certificate::from_der(der)
                .unwrap_or_else(|error| panic!("{list}: {error}: {}", hex::encode(der)));
            assert_eq!(certificate.der(), der);
            assert!(der.windows(certificate.tbs().len()).any(|part| part == certificate.tbs()));
            assert!(certificate.subject().country().is_some(), "{certificate:?}");
            for remark in &certificate.extensions().remarks {
                *remarks.entry(remark.to_string()).or_default() += 1;
                assert!(!matches!(remark, ExtensionRemark::Malformed { .. }), "{certificate:?}");
            }
            if let Err(error) = certificate.public_key() {
                *unusable.entry(error.to_string()).or_default() += 1;
            }
        }
        let all = entries(&path);
        println!(
            "{list}: {all} certificates, {} distinct, {remarks:?}, {unusable:?}",
            distinct.len()
        );
        if published > 0 {
            assert_eq!(all, published, "{list}");
        }
        assert!(distinct.len() > 100, "{list}");
    }
}

#[test]
fn chains_of_the_published_lists_verify_or_fail_for_a_named_reason() {
    let Some(folder) = corpus("tng-cdn") else { return };
    let certificates = listed(&folder.join("prod/v2/trustlist/did.json"))
        .iter()
        .map(|der| Certificate::from_der(der).unwrap())
        .collect::<Vec<_>>();
    let mut outcomes = BTreeMap::<String, usize>::new();
    for certificate in &certificates {
        let issuers = certificates.iter().filter(|other| other.subject() == certificate.issuer());
        let mut outcome = "no issuer in the list".to_owned();
        for issuer in issuers {
            if issuer.public_key().is_err() {
                continue;
            }
            match issued_by(certificate, issuer) {
                Ok(()) => {
                    outcome = "verified".to_owned();
                    break;
                }
                Err(CertificateError::Signature(_)) => outcome = "another issuer".to_owned(),
                Err(error) => outcome = error.to_string(),
            }
        }
        *outcomes.entry(outcome).or_default() += 1;
    }
    println!("{outcomes:#?}");
    assert!(outcomes["verified"] >= 430, "{outcomes:?}");
    assert!(outcomes.keys().all(|outcome| !outcome.contains("two signature")), "{outcomes:?}");
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// What another parser says of every certificate of the onboarding folders is what ours says.
#[test]
fn certificates_of_participants_are_read_as_another_parser_reads_them() {
    let Some(folder) = corpus("tng-participants") else { return };
    let facts = json(&folder.join("facts.json"));
    let (mut read, mut placeholders) = (0, 0);
    for (file, facts) in facts.as_object().unwrap() {
        let input = || std::fs::read(folder.join(file)).unwrap();
        match facts["kind"].as_str().unwrap() {
            "certificate" => {
                let found = pem::certificates(&input());
                let expected = facts["certificates"].as_array().unwrap();
                assert_eq!(found.len(), expected.len(), "{file}");
                for (certificate, facts) in found.into_iter().zip(expected) {
                    compare(file, &certificate.unwrap(), facts);
                    read += 1;
                }
            }
            "no certificate found" => {
                assert!(pem::certificates(&input()).iter().all(Result::is_err), "{file}");
                placeholders += 1;
            }
            _ => {}
        }
    }
    println!("{read} certificates, {placeholders} files without one");
    assert_eq!((read, placeholders), (879, 50));
}

fn compare(file: &str, certificate: &Certificate, facts: &Value) {
    assert_eq!(certificate.thumbprint().to_string(), facts["sha256"], "{file}");
    assert_eq!(certificate.kid().to_base64(), facts["kid"], "{file}");
    let time = |member: &str| facts[member].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(certificate.not_before(), time("not_before"), "{file}");
    assert_eq!(certificate.not_after(), time("not_after"), "{file}");
    let key = match certificate.public_key() {
        Ok(PublicKey::Ec(key)) => match key.curve() {
            Curve::P256 => "secp256r1".into(),
            Curve::P384 => "secp384r1".into(),
            Curve::P521 => "secp521r1".into(),
        },
        Ok(key) => key.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(facts["key"], key, "{file}");
    for (name, member) in [(certificate.subject(), "subject"), (certificate.issuer(), "issuer")] {
        let (ours, theirs) = (name.to_string(), facts[member].as_str().unwrap());
        // They quote in another way and know fewer keywords.
        if !ours.contains(['"', '+']) && !theirs.contains("2.5.4") && !ours.contains("EMAIL") {
            assert_eq!(ours.replace(", ", ","), theirs, "{file}");
        }
    }
    // The other parser writes an RSA key anew, whatever identifier it had.
    if let Ok(key) = certificate.public_key() {
        let digest = hex::encode(gdhcn_crypto::sha256(&key.to_spki_der()));
        assert_eq!(digest, facts["spki_sha256"], "{file}");
    }
    let extensions = certificate.extensions();
    if let Some(constraints) = facts.get("basic_constraints") {
        let found = extensions.basic_constraints.unwrap();
        assert_eq!(constraints["ca"], found.ca, "{file}");
        assert_eq!(constraints["path_length"].as_u64(), found.path_len.map(u64::from), "{file}");
        assert_eq!(constraints["critical"], extensions.is_critical(oid::BASIC_CONSTRAINTS));
    }
    for (identifier, member) in
        [(&extensions.subject_key_id, "ski"), (&extensions.authority_key_id, "aki")]
    {
        // The other parser gave up on two certificates, so an absent fact says nothing.
        if let Some(expected) = facts.get(member) {
            assert_eq!(
                identifier.as_ref().map(hex::encode).as_deref(),
                expected.as_str(),
                "{file}"
            );
        }
    }
    if let Some(purposes) = facts.get("extended_key_usage") {
        let found = extensions.extended_key_usage.iter().flatten().map(ToString::to_string);
        assert_eq!(*purposes, found.collect::<Value>(), "{file}");
    }
    if let Some(critical) = facts.get("key_usage_critical") {
        assert_eq!(*critical, extensions.is_critical(oid::KEY_USAGE), "{file}");
    }
    if let Some(usages) = facts.get("key_usage") {
        let snake = |name: &str| {
            let name =
                name.replace("cRLSign", "crlSign").replace("nonRepudiation", "contentCommitment");
            name.chars().fold(String::new(), |mut text, c| {
                if c.is_uppercase() {
                    text.push('_');
                }
                text.push(c.to_ascii_lowercase());
                text
            })
        };
        let found = extensions.key_usage.unwrap().names().map(snake).collect::<BTreeSet<_>>();
        let expected =
            usages.as_array().unwrap().iter().map(|usage| usage.as_str().unwrap().to_owned());
        assert_eq!(found, expected.collect(), "{file}");
    }
    if facts["self_signed"] == true {
        assert!(certificate.is_self_issued(), "{file}");
        if certificate.public_key().is_ok() && certificate.signature_scheme().is_ok() {
            assert_eq!(issued_by(certificate, certificate), Ok(()), "{file}");
        }
    }
}

#[test]
fn every_pem_file_of_the_participants_is_taken_without_panic() {
    let Some(folder) = corpus("tng-participants") else { return };
    let mut all = Vec::new();
    files(&folder, &mut all);
    for file in all {
        pem::certificates(&std::fs::read(file).unwrap());
    }
}

/// A Japanese CSCA writes a NULL into its ecdsa-with-SHA384, which RFC 5758 forbids.
#[test]
fn certificates_of_passport_authorities_are_read() {
    let Some(folder) = corpus("vds-nc") else { return };
    let folder = folder.join("australian-passport-office");
    let read =
        |name: &str| Certificate::from_der(&std::fs::read(folder.join(name)).unwrap()).unwrap();
    let japan = read("jpn-csca.der");
    let null = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3, 5, 0];
    assert!(japan.der().windows(null.len()).any(|part| part == null));
    assert_eq!(japan.signature_scheme(), Ok(SignatureScheme::EcdsaDer(DigestAlgorithm::Sha384)));
    println!("{japan:?}: {:?}", japan.public_key());
    if japan.public_key().is_ok() {
        assert_eq!(issued_by(&japan, &japan), Ok(()));
    }
    let australia = read("aus-csca.der");
    assert_eq!(issued_by(&australia, &australia), Ok(()));
    assert_eq!(issued_by(&read("aus-barcode-signer.der"), &australia), Ok(()));
}

/// The trust anchor of an environment: the first certificate of its chain file.
fn trust_anchor(folder: &Path, environment: &str) -> Certificate {
    let chain = folder.join(environment).join("WHO/signing/DCC/TNG_TA.chain.pem");
    pem::certificates(&std::fs::read(chain).unwrap()).remove(0).unwrap()
}

#[test]
fn every_signature_of_the_trust_anchors_verifies() {
    let Some(folder) = corpus("tng-participants") else { return };
    let facts = json(&folder.join("facts.json"));
    let mut table = BTreeMap::<(&str, &str), usize>::new();
    for (file, facts) in facts.as_object().unwrap() {
        let environment = file.split('/').next().unwrap();
        let input = || std::fs::read(folder.join(file)).unwrap();
        let (kind, message, expected) = match facts["kind"].as_str().unwrap() {
            "CMS" => {
                let message = SignedMessage::from_ber(&input(), Content::Embedded);
                ("CMS file", message, &facts["content_sha256"])
            }
            "trust anchor JSON" => {
                let json = json(&folder.join(file));
                let field = |name: &str| json[name].as_str().unwrap();
                let raw = STANDARD.decode(field("certificateRawData")).unwrap();
                let certificate = Certificate::from_der(&raw).unwrap();
                assert_eq!(certificate.thumbprint().to_string(), field("certificateThumbprint"));
                let text = field("trustAnchorSignature").as_bytes();
                // Embedded and supplied content give the same.
                let message = SignedMessage::from_base64(text, Content::Detached(&raw));
                let embedded = SignedMessage::from_base64(text, Content::Embedded).unwrap();
                assert_eq!(embedded.content(), raw, "{file}");
                embedded.verify(Backend::RustCrypto).unwrap();
                ("JSON file", message, &facts["cms"]["content_sha256"])
            }
            _ => continue,
        };
        let message = message.unwrap_or_else(|error| panic!("{file}: {error}"));
        message.verify(Backend::AwsLc).unwrap_or_else(|error| panic!("{file}: {error}"));
        message.verify(Backend::RustCrypto).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(hex::encode(gdhcn_crypto::sha256(message.content())), *expected, "{file}");
        assert_eq!(message.signer_certificate(), &trust_anchor(&folder, environment), "{file}");
        let detached = message.to_detached_der();
        let detached =
            SignedMessage::from_ber(&detached, Content::Detached(message.content())).unwrap();
        assert_eq!(detached.verify(Backend::AwsLc), Ok(()), "{file}");
        *table.entry((environment, kind)).or_default() += 1;
    }
    for ((environment, kind), count) in &table {
        println!("{environment:4} {kind:9} {count:4} valid, by the trust anchor of {environment}");
    }
    assert_eq!(table.values().sum::<usize>(), 665);
}

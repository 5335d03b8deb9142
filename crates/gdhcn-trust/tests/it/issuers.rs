//! Directories of SMART Health Card issuers.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gdhcn_crypto::{Curve, KeyKind, Kid, PublicKey, Signer, SoftwareKey, sha256};
use gdhcn_envelope::pem;
use gdhcn_trust::{ProofFault, ProofStatus, Refusal, TrustStore, TrustStoreBuilder};

use crate::network::{BACKEND, Party};

fn jwk(key: &PublicKey, kid: Option<&str>) -> String {
    let PublicKey::Ec(key) = key else { panic!("a key on a curve") };
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (crv, x, y) = (key.curve(), text(key.x()), text(key.y()));
    let members = format!(r#""crv":"{crv}","kty":"EC","x":"{x}","y":"{y}""#);
    let thumbprint = text(&sha256(format!("{{{members}}}").as_bytes()));
    format!(r#"{{{members},"kid":"{}"}}"#, kid.unwrap_or(&thumbprint))
}

fn new_key(curve: Curve) -> PublicKey {
    SoftwareKey::generate(KeyKind::Ec(curve)).unwrap().public_key().clone()
}

fn directory(issuers: &[(&str, &str, Vec<String>)]) -> String {
    let entries: Vec<String> = issuers
        .iter()
        .map(|(address, more, keys)| {
            let keys = keys.join(",");
            format!(r#"{{"issuer":{{"iss":"{address}","name":"N"{more}}},"keys":[{keys}]}}"#)
        })
        .collect();
    format!(r#"{{"time":"2026-08-22T04:43:50Z","issuerInfo":[{}]}}"#, entries.join(","))
}

fn load(directory: &str) -> TrustStore {
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_issuer_directory("directory", directory.as_bytes(), None);
    builder.build()
}

/// V8: the address of the code differs from that of the directory.
#[test]
fn an_issuer_that_has_moved_is_known_by_both_addresses() {
    let (old, new) = ("https://old.example/x", "https://new.example/x");
    let moved = format!(r#","canonical_iss":"{new}""#);
    let text = directory(&[
        (old, &moved, vec![jwk(&new_key(Curve::P256), None)]),
        (new, "", vec![jwk(&new_key(Curve::P256), None), jwk(&new_key(Curve::P256), None)]),
    ]);
    let store = load(&text);
    assert_eq!((store.called(old).count(), store.called(new).count()), (3, 2));
    let issuer = store.issuer(old).unwrap();
    assert_eq!((issuer.name.as_deref(), issuer.canonical.as_deref()), (Some("N"), Some(new)));
    assert_eq!(store.similar_issuer("https://new.example/x/"), Some(new));
    assert!(store.called("https://new.example/x/").next().is_none());
    assert!(store.sources()[0].created.is_some());

    // The move may stand in a list of its own.
    let unmoved =
        directory(&[(old, "", vec![]), (new, "", vec![jwk(&new_key(Curve::P256), None)])]);
    let names = format!(r#"{{"participating_issuers":[{{"iss":"{old}"{moved}}},{{}}]}}"#);
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_issuer_directory("directory", unmoved.as_bytes(), None);
    builder.add_issuer_names("names", names.as_bytes());
    builder.add_issuer_names("other", b"{}");
    let store = builder.build();
    assert_eq!(store.called(old).count(), 1);
    assert_eq!(store.refused().len(), 2);
}

/// V9: keys of other kinds beside the right one.
#[test]
fn keys_that_no_card_is_signed_with_are_refused_one_by_one() {
    let good = new_key(Curve::P256);
    let keys = vec![
        jwk(&good, None),
        r#"{"kty":"RSA","kid":"rsa","n":"AQAB","e":"AQAB"}"#.to_owned(),
        jwk(&new_key(Curve::P384), None),
        jwk(&new_key(Curve::P256), Some("not-the-thumbprint")),
        "7".to_owned(),
    ];
    let store =
        load(&directory(&[("https://a.example", "", keys), ("https://b.example", "", vec![])]));
    assert_eq!((store.keys().len(), store.refused().len()), (1, 4));
    let key = store.called("https://a.example").next().unwrap();
    assert_eq!(key.public_key(), Ok(&good));
    assert_eq!(key.kid, Kid::from(key.kid_text.as_deref().unwrap().as_bytes()));
    let reasons: Vec<String> = store.refused().iter().map(|one| one.reason.to_string()).collect();
    assert!(reasons[0].contains("RSA key of 17 bits"), "{reasons:?}");
    assert!(reasons[1].ends_with("this one is EC P-384"), "{reasons:?}");
    assert!(reasons[2].starts_with("the kid is not the key's thumbprint"), "{reasons:?}");
    assert_eq!(store.refused()[2].name, "https://a.example#not-the-thumbprint");
}

#[test]
fn a_signed_directory_counts_only_with_its_signature() {
    let signer = Party::new("XXA").sca;
    let text = directory(&[("https://a.example", "", vec![jwk(&new_key(Curve::P256), None)])]);
    let scheme = signer.key.public_key().default_scheme();
    let signature = signer.key.sign(scheme, text.as_bytes()).unwrap();
    let status = |text: &str, signature: &[u8]| {
        let mut builder = TrustStoreBuilder::new(BACKEND);
        let signature = Some((signature, &signer.certificate));
        builder.add_issuer_directory("directory", text.as_bytes(), signature);
        let store = builder.build();
        (store.keys().len(), store.sources()[0].proof.clone())
    };
    assert!(matches!(status(&text, &signature), (1, ProofStatus::Verified { .. })));
    let changed = text.replace("a.example", "b.example");
    let (keys, proof) = status(&changed, &signature);
    assert_eq!(keys, 0);
    assert!(matches!(proof, ProofStatus::Broken { reason: ProofFault::Detached(_) }), "{proof}");
    assert!(matches!(status(&text, b""), (0, ProofStatus::Broken { .. })));
}

#[test]
fn what_is_no_directory_is_named() {
    let mut limits = gdhcn_trust::Limits::default();
    limits.directory.values = 3;
    for (text, limited) in
        [("{", false), ("[]", false), ("{\"issuerInfo\":[0,{}]}", false), ("[0,1,2]", true)]
    {
        let mut builder = TrustStoreBuilder::new(BACKEND);
        if limited {
            builder = builder.with_limits(limits);
        }
        builder.add_issuer_directory("directory", text.as_bytes(), None);
        let store = builder.build();
        assert!(store.keys().is_empty() && !store.refused().is_empty(), "{text}");
        for refused in store.refused() {
            let Refusal::Directory { what } = &refused.reason else { panic!("{text}") };
            assert_eq!(what.contains("more than 3 JSON values"), limited, "{what}");
        }
    }
}

#[test]
fn the_published_directory_loads_with_its_signature() {
    let Some(corpus) = gdhcn_testkit::corpus("vci-directory") else { return };
    let read = |name: &str| fs::read(corpus.join(name)).unwrap();
    let certificate = pem::certificates(&read("vci_snapshot.crt")).remove(0).unwrap();
    let signature = read("logs/vci_snapshot.sig");
    let mut builder = TrustStoreBuilder::new(BACKEND);
    let snapshot = read("logs/vci_snapshot.json");
    builder.add_issuer_directory("vci", &snapshot, Some((&signature, &certificate)));
    builder.add_issuer_names("names", &read("vci-issuers.json"));
    let store = builder.build();
    for refused in store.refused() {
        println!("  {}: {}", refused.name, refused.reason);
    }
    println!("vci-directory: {} keys, {} refused", store.keys().len(), store.refused().len());
    assert!(matches!(store.sources()[0].proof, ProofStatus::Verified { .. }));
    assert_eq!(store.keys().len() + store.refused().len(), 961);
    let moved: Vec<_> = serde_json::from_slice::<serde_json::Value>(&read("vci-issuers.json"))
        .unwrap()["participating_issuers"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| {
            Some((entry["iss"].as_str()?.to_owned(), entry["canonical_iss"].as_str()?.to_owned()))
        })
        .collect();
    assert_eq!(moved.len(), 11);
    for (old, new) in moved {
        assert_eq!(store.issuer(&old).unwrap().canonical.as_deref(), Some(new.as_str()));
        let kids: Vec<_> = store.called(&old).map(|key| &key.kid).collect();
        assert!(store.called(&new).all(|key| kids.contains(&&key.kid)), "{old}");
    }
}

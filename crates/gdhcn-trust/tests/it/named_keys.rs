use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gdhcn_codes::KeyUsage;
use gdhcn_crypto::{Curve, KeyKind, Kid, PublicKey, Signer, SoftwareKey};
use gdhcn_envelope::pem;
use gdhcn_trust::{ProofStatus, SourceKind, TrustStore, TrustStoreBuilder};

use crate::network::{BACKEND, Party};

const ISSUER: &str = "https://cards.example/issuer";

fn jwk(key: &PublicKey, more: &str) -> String {
    let PublicKey::Ec(key) = key else { panic!("a key on a curve") };
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (x, y) = (text(key.x()), text(key.y()));
    format!(r#"{{"kty":"EC","crv":"{}","x":"{x}","y":"{y}"{more}}}"#, key.curve())
}

fn store(file: &[u8]) -> TrustStore {
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_named_keys("keys", ISSUER, file);
    builder.build()
}

#[test]
fn an_issuers_jwk_set_is_found_by_its_address_and_kid() {
    let keys = [(); 2].map(|()| SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap());
    let [one, two] = [r#","kid":"one""#, ""].map(str::to_owned);
    let set = format!(
        r#"{{"keys":[{},{}]}}"#,
        jwk(keys[0].public_key(), &one),
        jwk(keys[1].public_key(), &two)
    );
    let store = store(set.as_bytes());
    assert_eq!(store.called(ISSUER).count(), 2);
    assert_eq!(store.called("https://cards.example/issuer/").count(), 0);
    let key = store.called(ISSUER).find(|key| key.kid == Kid::from(&b"one"[..])).unwrap();
    assert_eq!(key.public_key(), Ok(keys[0].public_key()));
    assert_eq!((key.name.as_deref(), key.kid_text.as_deref()), (Some(ISSUER), Some("one")));
    assert!(key.certificate().is_none() && key.verifier().is_ok());
    // Without kid the key goes by its RFC 7638 thumbprint: 32 bytes in base64url.
    let other = store.called(ISSUER).find(|key| key.kid_text.as_deref() != Some("one")).unwrap();
    assert_eq!(other.kid.as_bytes().len(), 43);
    let source = store.source_of(key).unwrap();
    assert_eq!(source.kind, SourceKind::NamedKeys { name: ISSUER.to_owned() });
    assert_eq!(source.proof, ProofStatus::GivenByCaller);
}

#[test]
fn keys_and_certificates_in_pem_take_the_name() {
    let party = Party::new("XXA");
    let key = SoftwareKey::generate(KeyKind::Ed25519).unwrap();
    let file = pem::encode("PUBLIC KEY", &key.public_key().to_spki_der())
        + &pem::encode("CERTIFICATE", party.dsc.certificate.der())
        // An authority with a name is meant as a signer all the same.
        + &pem::encode("CERTIFICATE", party.sca.certificate.der());
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_named_keys("india.pem", "did:india", file.as_bytes());
    builder.add_named_keys("dsc.der", "did:india", party.dsc.certificate.der());
    let store = builder.build();
    assert_eq!(store.refused(), []);
    let ids: Vec<&str> = {
        let mut keys: Vec<_> = store.called("did:india").collect();
        keys.sort_by_key(|key| (key.source, &key.id));
        keys.iter().map(|key| key.id.as_str()).collect()
    };
    assert_eq!(ids, ["india.pem #1", "india.pem #2", "india.pem #3", "dsc.der"]);
    let all = store.called("did:india");
    assert!(all.into_iter().all(|key| key.usage == KeyUsage::Dsc && key.verifier().is_ok()));
    assert_eq!(store.called("india").count(), 0);
}

#[test]
fn each_bad_key_is_refused_by_its_name_and_the_others_stay() {
    let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let set = format!(
        r#"{{"keys":[{},{},7,{{"kid":"rsa","kty":"RSA","n":"AQAB","e":"AQAB"}},{{"kid":"octets","kty":"oct"}}]}}"#,
        jwk(key.public_key(), r#","kid":"good""#),
        jwk(key.public_key(), r#","kid":"private","d":"AAAA""#),
    );
    let found = store(set.as_bytes());
    assert_eq!(found.keys().len(), 1);
    let refused = |store: &TrustStore| -> Vec<String> {
        let refused = store.refused().iter();
        refused.map(|entry| format!("{}: {}", entry.name, entry.reason)).collect()
    };
    let mut report = refused(&found);
    let pem = "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n\
               -----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n\
               -----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n\
               -----BEGIN CERTIFICATE-----\n";
    for file in ["{", "{}", "[]", "{\"keys\":[]}", "", "no key", "0\u{1}", pem] {
        report.extend(refused(&store(file.as_bytes())));
    }
    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn the_limit_on_a_jwk_set_can_be_hit() {
    let mut limits = gdhcn_trust::Limits::default();
    limits.jwks.values = 5;
    let mut builder = TrustStoreBuilder::new(BACKEND).with_limits(limits);
    builder.add_named_keys("keys", ISSUER, br#"{"keys":[{},{},{},{}]}"#);
    let store = builder.build();
    let [refused] = store.refused() else { panic!("one refusal") };
    assert_eq!(
        refused.reason.to_string(),
        "the file is no JWK set: the JSON has more than 5 JSON values"
    );
}

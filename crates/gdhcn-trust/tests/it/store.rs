use gdhcn_codes::KeyUsage;
use gdhcn_crypto::{Curve, KeyKind, PublicKey, Signer, SoftwareKey};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Validity;
use gdhcn_trust::did::{PinnedKey, Provenance};
use gdhcn_trust::path::PathError;
use gdhcn_trust::profile::Role;
use gdhcn_trust::{Chain, ProofStatus, Refusal, TrustStoreBuilder};

use crate::network::{BACKEND, Party, at, participant};

#[test]
fn given_certificates_are_trusted_as_they_are() {
    let (a, b) = (Party::new("XXA"), Party::new("XXB"));
    let bundle = pem::encode("CERTIFICATE", a.sca.certificate.der())
        + &pem::encode("CERTIFICATE", a.dsc.certificate.der());
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_certificate_files(
        "folder",
        [("a.pem", bundle.as_bytes()), ("b.der", b.dsc.certificate.der())],
    );
    let store = builder.build();
    assert_eq!((store.keys().len(), store.refused().len()), (3, 0));
    assert_eq!(store.sources()[0].proof, ProofStatus::GivenByCaller);
    assert_eq!((store.sources()[0].keys, store.sources()[0].refused), (3, 0));

    let find = |party: &Party| {
        let kid = party.dsc.certificate.kid();
        store.candidates(&kid).next().expect("the key is known by its computed kid")
    };
    let with_sca = find(&a);
    assert_eq!(with_sca.chain(), &Chain::VerifiedBy(a.sca.certificate.thumbprint()));
    assert_eq!(with_sca.id, "a.pem #2");
    assert_eq!(with_sca.participant, Some(participant("XXA")));
    assert_eq!(with_sca.validity_at(at()), Some(Validity::Valid));
    assert_eq!(find(&b).chain(), &Chain::NotDone { reason: PathError::NoAuthority });
    assert_eq!(store.authorities(participant("XXA")).count(), 1);
    assert_eq!(store.authorities(participant("XXB")).count(), 0);
    // An SCA signs certificates, no documents.
    assert_eq!(store.candidates(&a.sca.certificate.kid()).count(), 0);
    assert!(store.keys().iter().all(|key| key.verifier().is_ok()));
}

#[test]
fn a_given_authority_that_may_sign_data_is_a_candidate_too() {
    let anchor = crate::network::Holder::new(Role::TrustAnchor, "XXA", 1);
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_certificates("ta.der", anchor.certificate.der());
    let store = builder.build();
    let kid = anchor.certificate.kid();
    let key = store.candidates(&kid).next().unwrap();
    assert_eq!((key.usage, key.chain()), (KeyUsage::Sca, &Chain::SelfIsSca));
}

#[test]
fn files_without_a_usable_certificate_are_named() {
    let openssl = gdhcn_testkit::openssl();
    openssl.run(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:brainpoolP256r1 -nodes -keyout k.pem \
         -subj /C=XA/CN=odd -out odd.pem",
    );
    let odd = openssl.read("odd.pem");
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_certificate_files(
        "folder",
        [
            ("empty.pem", &b""[..]),
            ("key.pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            ("odd.pem", &odd),
        ],
    );
    builder.add_did_document("not-a-list", b"{}");
    let store = builder.build();
    let report: Vec<String> = store
        .refused()
        .iter()
        .map(|refused| {
            let source = &store.sources()[refused.source];
            format!("{} / {}: {}", source.name, refused.name, refused.reason)
        })
        .collect();
    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn the_limit_on_files_can_be_hit() {
    let party = Party::new("XXA");
    let mut limits = gdhcn_trust::Limits::default();
    limits.count.files = 1;
    let mut builder = TrustStoreBuilder::new(BACKEND).with_limits(limits);
    let der = party.dsc.certificate.der();
    builder.add_certificate_files("folder", [("1", der), ("2", der), ("3", der)]);
    let store = builder.build();
    assert_eq!((store.keys().len(), store.refused().len()), (1, 1));
    assert_eq!(store.refused()[0].reason, Refusal::TooMany { limit: 1 });
}

#[test]
fn one_certificate_from_two_sources_is_two_candidates() {
    let party = Party::new("XXA");
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_certificates("one", party.dsc.certificate.der());
    builder.add_certificates("two", party.dsc.certificate.der());
    let store = builder.build();
    let kid = party.dsc.certificate.kid();
    let sources: Vec<&str> = store
        .candidates(&kid)
        .filter_map(|key| store.source_of(key))
        .map(|source| source.name.as_str())
        .collect();
    assert_eq!(sources, ["one", "two"]);
}

// A published list of references with its proof: facts, written out here.
const LIST: &str = r#"{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/suites/jws-2020/v1","https://smart.who.int/trust/tng-context/v1-DEV.jsonld"],"id":"did:web:tng-cdn-dev.who.int:v2:trustlist-ref:DCC:XCL:DSC","controller":"did:web:tng-cdn-dev.who.int:v2:trustlist-ref:DCC:XCL","verificationMethod":["did:web:tng-cdn-dev.who.int:v2:trustlist:DCC:XCL:DSC"],"proof":{"type":"JsonWebSignature2020","created":"2026-08-22T18:00:36Z","nonce":"IPp3YjGZ2VJWlT68i9UAjYvdfrn6PAsc","proofPurpose":"assertionMethod","verificationMethod":"did:web:raw.githubusercontent.com:WorldHealthOrganization:tng-participants-dev:main:WHO:signing:DID","jws":"eyJiNjQiOmZhbHNlLCJjcml0IjpbImI2NCJdLCJhbGciOiJFUzI1NiJ9..MEUCIQD0WmDJq-JQPW15c0psljRVJFoQAws0Cs662HImZ6CiUAIgIISQLBm1wimy2NG6fYFZsFv-9bjU5F9QI4DZ5tk-4sE"}}"#;

fn status(text: &str, pins: &[PinnedKey]) -> ProofStatus {
    let mut builder = TrustStoreBuilder::new(BACKEND);
    for pin in pins {
        builder.pin(pin.clone());
    }
    builder.add_did_document("list", text.as_bytes());
    let store = builder.build();
    assert_eq!((store.keys().len(), store.refused().len()), (0, 1));
    store.sources()[0].proof.clone()
}

#[test]
fn a_list_says_who_vouches_for_it() {
    let verified = status(LIST, &[]);
    assert!(
        matches!(verified, ProofStatus::Verified { provenance: Provenance::Published, .. }),
        "{verified}"
    );
    let unpinned = LIST.replace("tng-participants-dev", "tng-participants-old");
    assert!(matches!(status(&unpinned, &[]), ProofStatus::Unpinned { .. }));
    // The key of the test environment vouches for no list of the productive one.
    let of_prod = LIST.replace("tng-cdn-dev", "tng-cdn");
    assert!(matches!(status(&of_prod, &[]), ProofStatus::Unpinned { .. }));
    let (unproven, _) = LIST.split_once(",\"proof\"").unwrap();
    assert_eq!(status(&format!("{unproven}}}"), &[]), ProofStatus::NoProof);
    for broken in [
        LIST.replace("XCL:DSC\"]", "XCL:SCA\"]"),
        LIST.replace("\"controller\"", "\"service\":[],\"controller\""),
        LIST.replace("v1-DEV.jsonld", "v3.jsonld"),
    ] {
        assert!(matches!(status(&broken, &[]), ProofStatus::Broken { .. }));
    }
}

#[test]
fn a_pin_of_the_caller_takes_the_place_of_a_built_in_key() {
    let method = "did:web:raw.githubusercontent.com:WorldHealthOrganization:tng-participants-dev:main:WHO:signing:DID";
    let pin = |key: &PublicKey| PinnedKey {
        method: method.to_owned(),
        lists: String::new(),
        key: key.clone(),
        provenance: Provenance::Caller,
    };
    let other = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
    let right = gdhcn_trust::did::pinned::who_keys()
        .unwrap()
        .into_iter()
        .find(|key| key.method == method)
        .unwrap();
    assert!(matches!(status(LIST, &[pin(other.public_key())]), ProofStatus::Broken { .. }));
    // Two keys of one name, while a publisher changes over.
    let both = status(LIST, &[pin(other.public_key()), pin(&right.key)]);
    assert!(matches!(both, ProofStatus::Verified { provenance: Provenance::Caller, .. }));
}

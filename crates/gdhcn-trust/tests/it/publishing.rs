//! Lists of an own network: what is listed, what is left out, what is written again.

use std::collections::{BTreeMap, BTreeSet};

use gdhcn_codes::{Domain, KeyUsage};
use gdhcn_crypto::{Curve, KeyKind, Signer, SoftwareKey};
use gdhcn_envelope::linked_data::{Coverage, Document, Limits, Proof, without_proof};
use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::did::publish::{
    Candidate, CodeMap, CodedMembers, Environment, Expired, Form, Fresh, ListedIssuer, ProofStyle,
    Publication, PublishError, Selection, SkipReason, Tree, Version1, Version2, select,
    signing_key_document,
};
use gdhcn_trust::did::{self, PinnedKey, Provenance};
use gdhcn_trust::path::PathError;
use gdhcn_trust::profile::Role;
use gdhcn_trust::{ProofStatus, TrustStoreBuilder};
use jiff::SignedDuration;

use crate::network::{BACKEND, Holder, at, request};

const SIGNER: &str = "did:web:lists.example:trustlist:signerinfo";

fn candidate(country: &str, domain: &str, usage: KeyUsage, certificate: &Certificate) -> Candidate {
    Candidate {
        country: country.to_owned(),
        domain: domain.parse().unwrap(),
        usage,
        kid: certificate.kid().to_base64(),
        certificate: certificate.clone(),
    }
}

fn selected(candidates: &[Candidate]) -> Selection {
    select(candidates, &CodeMap::default(), Expired::Keep, at(), BACKEND)
}

fn version_2(members: CodedMembers) -> Version2 {
    Version2 {
        did: "did:web:lists.example:v2".to_owned(),
        environment: Environment::Production,
        form: Form::Standard,
        members,
    }
}

fn version_1(participants: &[&str]) -> Version1 {
    Version1 {
        did: "did:web:lists.example:trustlist".to_owned(),
        form: Form::Standard,
        participants: participants.iter().map(|code| code.parse().unwrap()).collect(),
    }
}

fn standard(_: u8) -> ProofStyle {
    ProofStyle::standard(SIGNER.to_owned())
}

fn key() -> SoftwareKey {
    SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap()
}

fn publish(
    documents: &[did::publish::Document],
    key: &SoftwareKey,
    seconds: i64,
    before: &BTreeMap<String, Vec<u8>>,
) -> Publication {
    let mut number = 0;
    let mut nonce = || {
        number += 1;
        format!("{number:032}")
    };
    let fresh = Fresh {
        now: at() + SignedDuration::from_secs(seconds),
        max_age: SignedDuration::from_hours(24),
    };
    let previous = |path: &str| before.get(path).cloned();
    Publication::make(documents, standard, key, fresh, &previous, &mut nonce, BACKEND).unwrap()
}

#[test]
fn the_verifier_reads_what_the_publisher_writes() {
    let (sca, deca) = (Holder::new(Role::Sca, "XXA", 1), Holder::new(Role::Sca, "XXA", 2));
    let (dsc, desc) = (sca.issue("XXA", 3), deca.issue("XXA", 4));
    let other = Holder::new(Role::Sca, "XXB", 5);
    let selection = selected(&[
        candidate("XA", "DCC", KeyUsage::Dsc, &dsc.certificate),
        candidate("XA", "DCC", KeyUsage::Sca, &sca.certificate),
        candidate("XA", "PH4H", KeyUsage::Deca, &deca.certificate),
        candidate("XA", "PH4H", KeyUsage::Desc, &desc.certificate),
        candidate("XB", "DCC", KeyUsage::Sca, &other.certificate),
        candidate("XB", "DCC", KeyUsage::Tls, &other.certificate),
    ]);
    assert_eq!((selection.keys.len(), selection.skipped.len()), (5, 0), "{:?}", selection.skipped);
    for (key, issuer) in [(&dsc, &sca), (&desc, &deca)] {
        let kid = key.certificate.kid().to_base64();
        let listed = selection.keys.iter().find(|listed| listed.kid == kid).unwrap();
        assert_eq!(listed.issuers, std::slice::from_ref(&issuer.certificate));
    }

    let who = ListedIssuer {
        code: "WHO".parse().unwrap(),
        domain: Domain::dcc(),
        did: "did:web:other.example:trustlist".to_owned(),
    };
    let issuers = [who];
    let tree = Tree { keys: &selection.keys, issuers: &issuers };
    let mut documents = tree.version_2(&version_2(CodedMembers::Objects)).unwrap();
    documents.extend(tree.version_1(&version_1(&["XXA", "XXB"])).unwrap());
    let key = key();
    let publication = publish(&documents, &key, 0, &BTreeMap::new());
    assert_eq!(publication.kept.changed, documents.len());

    let verifier = BACKEND.verifier(key.public_key()).unwrap();
    let limits = Limits::default();
    let mut ids = BTreeSet::new();
    for (path, text) in &publication.files {
        let document = Document::parse(text, &limits).unwrap();
        assert_eq!(did::web::Location::of(document.id()).unwrap().path(), *path);
        let proof = Proof::of(&document).unwrap().unwrap();
        assert_eq!(proof.verify(verifier.as_ref()), Ok(()), "{path}");
        assert_eq!(proof.coverage(), Coverage::Everything);
        ids.insert(document.id().to_owned());
    }
    // Every reference inside the lists leads to a document.
    for text in publication.files.values() {
        for reference in did::references(text, &limits).unwrap() {
            assert!(ids.contains(&reference) || reference == issuers[0].did, "{reference}");
        }
    }

    let mut builder = TrustStoreBuilder::new(BACKEND);
    pin(&mut builder, &key);
    builder.add_did_document("lists", &publication.files["v2/trustlist/did.json"]);
    let store = builder.build();
    assert!(
        matches!(store.sources()[0].proof, ProofStatus::Verified { .. }),
        "{:?}",
        store.sources()[0].proof
    );
    assert_eq!((store.keys().len(), store.refused().len()), (5, 0));

    let entries = |path: &str| {
        let document = Document::parse(&publication.files[path], &limits).unwrap();
        document.methods().len()
    };
    // Document signers and the other publisher's list; never an authority.
    assert_eq!(entries("trustlist/did.json"), 3);
    assert_eq!(entries("trustlist/xxa/did.json"), 2);
    assert_eq!(entries("trustlist/xxb/did.json"), 0);
    assert_eq!(entries("v2/trustlist/-/did.json"), 5);
    assert_eq!(entries("v2/trustlist/PH4H/XXA/DESC/did.json"), 1);
    assert_eq!(entries("v2/trustlist/DCC/WHO/did.json"), 0);
    assert!(!publication.files.contains_key("v2/trustlist/DCC/XXA/DESC/did.json"));

    let published = signing_key_document(SIGNER, key.public_key()).unwrap();
    assert_eq!(published.path, "trustlist/signerinfo/did.json");
    let keys = did::signing_keys(published.text.as_bytes(), &limits).unwrap();
    assert_eq!(keys[0].0, SIGNER);
    assert_eq!(keys[0].1.as_ref(), Ok(key.public_key()));
}

#[test]
fn a_signer_whose_authority_did_not_sign_is_left_out_whatever_its_name_says() {
    let sca = Holder::new(Role::Sca, "XXA", 1);
    // The same name and another key.
    let impostor = Holder::new(Role::Sca, "XXA", 1);
    let dsc = impostor.issue("XXA", 2);
    assert_eq!(sca.certificate.subject(), dsc.certificate.issuer());
    let rows = [
        candidate("XA", "DCC", KeyUsage::Sca, &sca.certificate),
        candidate("XA", "DCC", KeyUsage::Dsc, &dsc.certificate),
        // Its authority is another participant's.
        candidate("XB", "DCC", KeyUsage::Dsc, &sca.issue("XXB", 3).certificate),
    ];
    let selection = selected(&rows);
    assert_eq!(selection.keys.len(), 1);
    let reasons: Vec<_> = selection.skipped.iter().map(|one| &one.reason).collect();
    assert!(
        matches!(
            reasons.as_slice(),
            [
                SkipReason::Issuer(PathError::NotSigned(_) | PathError::UnknownIssuer { .. }),
                SkipReason::Issuer(PathError::NoAuthority)
            ]
        ),
        "{reasons:?}"
    );
}

#[test]
fn a_country_without_a_code_is_left_out_with_a_word_and_never_called_null() {
    let sca = Holder::new(Role::Sca, "XXA", 1);
    let certificate = &sca.certificate;
    let rows = [
        candidate("EU", "DCC", KeyUsage::Sca, certificate),
        candidate("ZZ", "DCC", KeyUsage::Sca, certificate),
    ];
    let selection = selected(&rows);
    assert_eq!(selection.keys[0].code.as_str(), "XEU");
    assert_eq!(selection.skipped[0].reason, SkipReason::NoCode);
    assert!(selection.skipped[0].reason.to_string().contains("did.countries"));
    let mut codes = CodeMap::default();
    codes.own.insert("ZZ".to_owned(), "ozz".parse().unwrap());
    let selection = select(&rows, &codes, Expired::Keep, at(), BACKEND);
    assert_eq!(selection.skipped, []);
    let codes: BTreeSet<_> = selection.keys.iter().map(|key| key.code.as_str()).collect();
    assert_eq!(codes, BTreeSet::from(["OZZ", "XEU"]));
}

#[test]
fn expired_certificates_stay_go_or_wait_as_the_operator_says() {
    let key = key();
    let mut short = request(Role::Sca, "XXA", 1, &key);
    short.days = Some(1);
    let certificate = short.self_signed(&key).unwrap();
    let rows = [candidate("XA", "DCC", KeyUsage::Sca, &certificate)];
    let later = at() + SignedDuration::from_hours(24 * 10);
    for (expired, listed) in
        [(Expired::Keep, 1), (Expired::Drop, 0), (Expired::Grace(8), 0), (Expired::Grace(10), 1)]
    {
        let selection = select(&rows, &CodeMap::default(), expired, later, BACKEND);
        assert_eq!(selection.keys.len(), listed, "{expired:?}");
    }
}

#[test]
fn numbers_and_curves_are_those_of_the_standard_or_of_the_reference() {
    for (curve, name) in [(Curve::P256, "P-256"), (Curve::P384, "P-384"), (Curve::P521, "P-521")] {
        let key = SoftwareKey::generate(KeyKind::Ec(curve)).unwrap();
        let sca = Holder::new(Role::Sca, "XXA", 1);
        let dsc = request(Role::Dsc, "XXA", 2, &key).issued_by(&sca.certificate, &sca.key).unwrap();
        let mut selection = selected(&[
            candidate("XA", "DCC", KeyUsage::Sca, &sca.certificate),
            candidate("XA", "DCC", KeyUsage::Dsc, &dsc),
        ]);
        selection.keys.retain(|key| key.usage == KeyUsage::Dsc);
        let tree = Tree { keys: &selection.keys, issuers: &[] };
        let of = |form| {
            let list = Version2 { form, ..version_2(CodedMembers::Objects) };
            let root = tree.version_2(&list).unwrap().remove(0).text;
            let json: serde_json::Value = serde_json::from_str(&root).unwrap();
            json["verificationMethod"][0]["publicKeyJwk"].clone()
        };
        let standard = of(Form::Standard);
        assert_eq!(standard["crv"], name);
        let width = (curve.field_len() * 8).div_ceil(6);
        assert_eq!(standard["x"].as_str().unwrap().len(), width);
        let reference = of(Form::Reference);
        let called = if curve == Curve::P256 { "P-256" } else { "UNKNOWN CURVE" };
        assert_eq!(reference["crv"], called);
    }
}

// G11: both shapes stand side by side, and the reader takes both.
#[test]
fn g11_both_shapes_of_the_members_stand_side_by_side() {
    let sca = Holder::new(Role::Sca, "XXA", 1);
    let selection = selected(&[candidate("XA", "DCC", KeyUsage::Sca, &sca.certificate)]);
    let tree = Tree { keys: &selection.keys, issuers: &[] };
    let mut documents = tree.version_2(&version_2(CodedMembers::Objects)).unwrap();
    let old = Version2 {
        did: "did:web:lists.example:v2-texts".to_owned(),
        ..version_2(CodedMembers::Texts)
    };
    documents.extend(tree.version_2(&old).unwrap());
    let key = key();
    let files = publish(&documents, &key, 0, &BTreeMap::new()).files;
    for (path, domain) in [
        ("v2/trustlist/did.json", r##""domain":{"code":"#DCC"}"##),
        ("v2-texts/trustlist/did.json", r#""domain":"DCC","participant":"XXA","keyusage":"CSCA""#),
    ] {
        assert!(String::from_utf8_lossy(&files[path]).contains(domain), "{path}");
        let mut builder = TrustStoreBuilder::new(BACKEND);
        pin(&mut builder, &key);
        builder.add_did_document(path, &files[path]);
        let store = builder.build();
        let [listed] = store.keys() else { panic!("{path}: {:?}", store.refused()) };
        assert_eq!((listed.usage, &listed.domain), (KeyUsage::Sca, &Some(Domain::dcc())));
    }
}

#[test]
fn what_did_not_change_keeps_its_bytes_until_its_proof_is_old() {
    let sca = Holder::new(Role::Sca, "XXA", 1);
    let rows = [candidate("XA", "DCC", KeyUsage::Sca, &sca.certificate)];
    let documents = |rows: &[Candidate]| {
        let selection = selected(rows);
        let tree = Tree { keys: &selection.keys, issuers: &[] };
        tree.version_2(&version_2(CodedMembers::Objects)).unwrap()
    };
    let key = key();
    let first = publish(&documents(&rows), &key, 0, &BTreeMap::new());
    let again = publish(&documents(&rows), &key, 3600, &first.files);
    assert_eq!(again.files, first.files);
    assert!(again.kept.is_up_to_date());

    let late = publish(&documents(&rows), &key, 24 * 3600, &first.files);
    assert_eq!((late.kept.refreshed, late.kept.changed), (first.files.len(), 0));
    for (path, text) in &late.files {
        assert_ne!(first.files[path], *text);
        let unsigned = |text: &[u8]| without_proof(std::str::from_utf8(text).unwrap()).unwrap();
        assert_eq!(unsigned(&first.files[path]), unsigned(text));
    }
    // Another key makes everything anew.
    let stranger = publish(&documents(&rows), &self::key(), 3600, &first.files);
    assert_eq!(stranger.kept.unchanged, 0);

    let more = [
        rows[0].clone(),
        candidate("XB", "DCC", KeyUsage::Sca, &Holder::new(Role::Sca, "XXB", 2).certificate),
    ];
    let grown = publish(&documents(&more), &key, 3600, &first.files);
    assert!(grown.kept.changed > 0 && grown.kept.unchanged > 0, "{:?}", grown.kept);
}

#[test]
fn a_list_that_would_lose_much_is_not_published_without_a_word() {
    let holders: Vec<_> = (0..24).map(|n| Holder::new(Role::Sca, "XXA", n)).collect();
    let root = |take: usize| {
        let rows: Vec<_> = holders
            .iter()
            .enumerate()
            .take(take)
            .map(|(n, one)| {
                let country = if n < 12 { "XA" } else { "XB" };
                candidate(country, "DCC", KeyUsage::Sca, &one.certificate)
            })
            .collect();
        let selection = selected(&rows);
        let tree = Tree { keys: &selection.keys, issuers: &[] };
        tree.version_2(&version_2(CodedMembers::Objects)).unwrap().remove(0).text.into_bytes()
    };
    let check = |before, after| Publication::check_shrinking(&root(before), &root(after));
    assert_eq!(check(24, 24), Ok(()));
    assert_eq!(check(24, 20), Ok(()));
    assert_eq!(check(3, 1), Ok(()));
    let all = PublishError::Shrinks { whose: "the list".to_owned(), before: 3, after: 0 };
    assert_eq!(check(3, 0), Err(all));
    let error = check(24, 12).unwrap_err().to_string();
    assert!(error.contains("from 24 to 12") && error.contains("--force"), "{error}");
}

fn pin(builder: &mut TrustStoreBuilder, key: &SoftwareKey) {
    builder.pin(PinnedKey {
        method: SIGNER.to_owned(),
        lists: String::new(),
        key: key.public_key().clone(),
        provenance: Provenance::Caller,
    });
}

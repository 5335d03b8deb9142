//! Signing away from the gateway: request, response, approvals; judged by OpenSSL too.

use gdhcn_codes::{Domain, KeyUsage, Participant};
use gdhcn_crypto::{Curve, KeyKind, Signer, SoftwareKey};
use gdhcn_testkit::openssl;
use gdhcn_trust::approval;
use gdhcn_trust::onboarding_request::{
    OnboardingRequest, OnboardingResponse, RequestError, RequestItem,
};
use gdhcn_trust::participant_folder::IssuerFile;
use gdhcn_trust::profile::Role;

use crate::network::{BACKEND, Holder, at};

fn issuer() -> IssuerFile {
    serde_json::from_value(serde_json::json!({
        "name": "Ministry of Health", "url": "did:web:health.example", "urlType": "DID",
        "hash": "0f".repeat(32), "sslPublicKeys": [], "country": "XA",
    }))
    .unwrap()
}

fn items(holders: &[(KeyUsage, &Holder)]) -> Vec<RequestItem> {
    let certificates = holders.iter().map(|(usage, holder)| RequestItem::Certificate {
        usage: *usage,
        domain: Domain::dcc(),
        certificate: holder.certificate.clone(),
        roles: Vec::new(),
    });
    let issuer = RequestItem::issuer(Domain::ddcc(), issuer()).unwrap();
    certificates.chain([issuer]).collect()
}

fn request() -> (OnboardingRequest, Holder) {
    let anchor = Holder::new(Role::TrustAnchor, "CHE", 9);
    let (sca, up) = (Holder::new(Role::Sca, "XXA", 1), Holder::new(Role::Upload, "XXA", 2));
    let items = items(&[(KeyUsage::Sca, &sca), (KeyUsage::Up, &up)]);
    let xxa = Participant::parse("XXA").unwrap();
    (OnboardingRequest::new("gateway.example".to_owned(), at(), xxa, items).unwrap(), anchor)
}

#[test]
fn a_request_travels_as_a_file_and_comes_back_signed() {
    let (request, anchor) = request();
    let read = OnboardingRequest::from_json(request.to_json().as_bytes()).unwrap();
    assert_eq!(read, request);
    let response = read.sign(&anchor.certificate, &anchor.key, at()).unwrap();
    let response = OnboardingResponse::from_json(response.to_json().as_bytes()).unwrap();
    let anchors = [anchor.certificate.clone()];
    let signed = response.check(&anchors, BACKEND).unwrap();
    assert_eq!(signed.request, request);
    let parties: Vec<_> = signed.parties().collect();
    assert_eq!(parties.len(), 2);
    for one in &parties {
        one.party.check(&anchors, BACKEND).unwrap();
    }
    let (domain, issuer) = signed.issuers().next().unwrap();
    assert_eq!(*domain, Domain::ddcc());

    // OpenSSL takes the detached messages over certificate, text and request.
    let openssl = openssl();
    let signatures: Vec<_> = parties
        .iter()
        .map(|one| {
            let content = decode(&one.party.certificate_raw_data);
            (one.party.trust_anchor_signature.clone(), content)
        })
        .chain([
            (issuer.signature.clone().unwrap(), issuer.signed_text().unwrap().into_bytes()),
            (response.confirmation.clone().unwrap(), request.canonical().as_bytes().to_vec()),
        ])
        .collect();
    for (signature, content) in signatures {
        openssl.write("message", decode(&signature));
        openssl.write("content", &content);
        let verify =
            "cms -verify -noverify -binary -inform DER -in message -content content -out out";
        openssl.run(verify);
        assert_eq!(openssl.read("out"), content);
        openssl.write("content", [&content[..], b"x"].concat());
        assert!(!openssl.try_run(verify).status.success());
    }
}

fn decode(base64: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}

#[test]
fn a_response_counts_for_its_request_only_and_by_an_accepted_anchor() {
    let (request, anchor) = request();
    let response = request.sign(&anchor.certificate, &anchor.key, at()).unwrap();
    let anchors = [anchor.certificate.clone()];
    let refused = |response: &OnboardingResponse| response.check(&anchors, BACKEND).unwrap_err();

    // Another use than the one that the anchor confirmed.
    let text = response.to_json().replacen("\"SCA\"", "\"TLS\"", 1);
    let changed = OnboardingResponse::from_json(text.as_bytes()).unwrap();
    assert!(matches!(refused(&changed), RequestError::Signature { .. }));

    let mut short = response.clone();
    short.items.pop();
    assert!(matches!(refused(&short), RequestError::Unsigned { .. }));

    let mut swapped = response.clone();
    let (first, second) = (swapped.items[0].clone(), swapped.items[1].clone());
    swapped.items[0].signature = second.signature;
    swapped.items[1].signature = first.signature;
    assert!(matches!(refused(&swapped), RequestError::Signature { .. }));

    // The items are signed, but nobody confirmed what they are for.
    let mut unconfirmed = response.clone();
    unconfirmed.confirmation = Some(unconfirmed.items[0].signature.clone());
    assert!(matches!(refused(&unconfirmed), RequestError::Signature { .. }));

    let stranger = Holder::new(Role::TrustAnchor, "CHE", 8);
    let by_stranger = request.sign(&stranger.certificate, &stranger.key, at()).unwrap();
    assert!(matches!(refused(&by_stranger), RequestError::Signature { .. }));
    assert!(matches!(
        request.sign(&anchor.certificate, &stranger.key, at()),
        Err(RequestError::Signing(_))
    ));
}

#[test]
fn what_people_read_in_the_file_is_what_would_be_signed() {
    let (request, _) = request();
    let text = request.to_json();
    let refused = |from: &str, to: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        OnboardingRequest::from_json(changed.as_bytes()).unwrap_err()
    };
    assert!(matches!(refused("CN=XXA SCA 2026", "CN=XXA UP 2026"), RequestError::Disagrees { .. }));
    let sha256 = request.items()[0].sha256().to_string();
    assert!(matches!(refused(&sha256, &"0".repeat(64)), RequestError::Disagrees { .. }));
    assert!(matches!(refused("\"XXA\"", "\"XXB\""), RequestError::OtherCountry { .. }));
    assert!(matches!(refused("\"SCA\"", "\"DSC\""), RequestError::NotOnboarded { .. }));
    assert!(matches!(refused("\"SCA\"", "\"ROOT\""), RequestError::Member { .. }));
    assert!(matches!(refused("\"version\": 1", "\"version\": 2"), RequestError::Format { .. }));
    assert!(matches!(refused("-request", "-response"), RequestError::Format { .. }));
    assert!(matches!(
        refused("\"name\": \"Ministry of Health\"", "\"name\": \"Ministry;of Health\""),
        RequestError::Issuer(_)
    ));
    assert!(matches!(refused("\"created\"", "\"made\""), RequestError::Json(_)));
    // Another use is another request: its digest is what is approved and confirmed.
    let other = OnboardingRequest::from_json(text.replacen("\"SCA\"", "\"TLS\"", 1).as_bytes());
    assert_ne!(other.unwrap().digest(), request.digest());
}

#[test]
fn an_empty_request_and_a_certificate_with_two_uses_are_refused() {
    let xxa = Participant::parse("XXA").unwrap();
    let new = |items| OnboardingRequest::new("gateway".to_owned(), at(), xxa, items);
    assert_eq!(new(Vec::new()), Err(RequestError::Empty));
    let sca = Holder::new(Role::Sca, "XXA", 1);
    let twice = items(&[(KeyUsage::Sca, &sca), (KeyUsage::Up, &sca)]);
    assert!(matches!(new(twice), Err(RequestError::Twice { .. })));
}

#[test]
fn an_approval_is_one_operator_s_over_one_request() {
    let request = request().0.digest();
    for kind in [KeyKind::Ec(Curve::P256), KeyKind::Ec(Curve::P384), KeyKind::Ed25519] {
        let key = SoftwareKey::generate(kind).unwrap();
        let word = approval::approve(&request, &key).unwrap();
        let check = |request, key: &SoftwareKey, word: &str| {
            approval::check(request, key.public_key(), word, BACKEND)
        };
        check(&request, &key, &word).unwrap();
        let other = SoftwareKey::generate(kind).unwrap();
        assert!(check(&request, &other, &word).is_err());
        let another = self::request().0.digest();
        assert!(check(&another, &key, &word).is_err());
        assert!(check(&request, &key, "AAAA").is_err());
        assert!(check(&request, &key, "\n").is_err());
    }
}

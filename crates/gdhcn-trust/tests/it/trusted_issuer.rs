//! What the trust anchor signs for a trusted issuer.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_envelope::cms;
use gdhcn_trust::issuer::{Ambiguous, IssuerKind, IssuerText, TrustedIssuer};
use gdhcn_trust::participant::OnboardingError;
use gdhcn_trust::profile::Role;

use crate::network::{BACKEND, Holder, at};

fn issuer() -> TrustedIssuer {
    let url = "https://issuer.example/keys";
    TrustedIssuer::new("EU", "EU Test Issuer", url, IssuerKind::Http).unwrap()
}

fn signed(text: &str, anchor: &Holder) -> String {
    let message =
        cms::sign(text.as_bytes(), &anchor.certificate, &anchor.key, at(), cms::Form::Detached);
    BASE64_STANDARD.encode(message.unwrap())
}

#[test]
fn each_family_of_gateways_has_its_text() {
    let text = "EU;EU Test Issuer;https://issuer.example/keys;HTTP";
    assert_eq!(issuer().text(IssuerText::Who), text);
    assert_eq!(issuer().text(IssuerText::Eu), format!("{text};"));

    let anchor = Holder::new(Role::TrustAnchor, "XX", 9);
    let anchors = [anchor.certificate.clone()];
    let both = [IssuerText::Who, IssuerText::Eu];
    let ours = issuer().sign(&anchor.certificate, &anchor.key, at()).unwrap();
    let (by, form) = issuer().check(&ours, &anchors, &both, BACKEND).unwrap();
    assert_eq!((by, form), (anchor.certificate.thumbprint(), IssuerText::Who));
    let theirs = signed(&format!("{text};"), &anchor);
    let (_, form) = issuer().check(&theirs, &anchors, &both, BACKEND).unwrap();
    assert_eq!(form, IssuerText::Eu);
    let refused = issuer().check(&theirs, &anchors, &[IssuerText::Who], BACKEND).unwrap_err();
    assert!(matches!(refused, OnboardingError::Signature(_)), "{refused}");
}

#[test]
fn nothing_else_holds() {
    let anchor = Holder::new(Role::TrustAnchor, "XX", 9);
    let anchors = [anchor.certificate.clone()];
    let who = [IssuerText::Who];
    let signature = issuer().sign(&anchor.certificate, &anchor.key, at()).unwrap();
    let check =
        |issuer: &TrustedIssuer, signature: &str| issuer.check(signature, &anchors, &who, BACKEND);
    let moved =
        TrustedIssuer::new("EU", "EU Test Issuer", "https://evil.example", IssuerKind::Http);
    assert!(check(&moved.unwrap(), &signature).is_err());
    assert_eq!(check(&issuer(), "").unwrap_err(), OnboardingError::Empty);
    let other = Holder::new(Role::TrustAnchor, "XX", 10);
    let foreign = issuer().sign(&other.certificate, &other.key, at()).unwrap();
    let refused = check(&issuer(), &foreign).unwrap_err();
    assert!(matches!(refused, OnboardingError::OtherSigner { .. }), "{refused}");
    let refused = issuer().check(&signature, &[], &who, BACKEND).unwrap_err();
    assert_eq!(refused, OnboardingError::NoAnchor);
}

#[test]
fn an_ambiguous_text_is_never_signed() {
    let refused = TrustedIssuer::new("EU", "a;b", "https://x", IssuerKind::Did);
    assert_eq!(refused, Err(Ambiguous { part: "name" }));
    let refused = TrustedIssuer::new("EU", "a", "https://x;y", IssuerKind::Did);
    assert_eq!(refused, Err(Ambiguous { part: "url" }));
}

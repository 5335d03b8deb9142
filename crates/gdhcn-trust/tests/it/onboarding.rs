use gdhcn_envelope::cms;
use gdhcn_trust::participant::{OnboardingError, TrustedParty};
use gdhcn_trust::profile::Role;

use crate::network::{BACKEND, Holder, at, base64, onboard};

#[test]
fn an_onboarded_certificate_passes_and_names_its_anchor() {
    let anchor = Holder::new(Role::TrustAnchor, "CH", 1);
    let sca = Holder::new(Role::Sca, "XXA", 2);
    let row = onboard(&sca.certificate, &anchor);
    assert_eq!(row.country, "XA");
    let other = Holder::new(Role::TrustAnchor, "CH", 3);
    let anchors = [other.certificate, anchor.certificate.clone()];
    let onboarded = row.check(&anchors, BACKEND).unwrap();
    assert_eq!(onboarded.certificate(), &sca.certificate);
    assert_eq!(onboarded.anchor(), anchor.certificate.thumbprint());
}

#[test]
fn the_published_form_with_the_content_inside_passes_too() {
    let anchor = Holder::new(Role::TrustAnchor, "CH", 1);
    let sca = Holder::new(Role::Sca, "XXA", 2);
    let attached = cms::sign(
        sca.certificate.der(),
        &anchor.certificate,
        &anchor.key,
        at(),
        cms::Form::Attached,
    );
    let row = TrustedParty {
        trust_anchor_signature: base64(&attached.unwrap()),
        ..onboard(&sca.certificate, &anchor)
    };
    assert!(row.check(&[anchor.certificate], BACKEND).is_ok());
}

#[test]
fn a_row_survives_its_file_form_in_the_published_order() {
    let anchor = Holder::new(Role::TrustAnchor, "CH", 1);
    let row = onboard(&anchor.certificate, &anchor);
    let text = serde_json::to_string(&row).unwrap();
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(
        members.keys().collect::<Vec<_>>(),
        ["trustAnchorSignature", "certificateRawData", "certificateThumbprint", "country"]
    );
    assert_eq!(serde_json::from_str::<TrustedParty>(&text).unwrap(), row);
}

/// The steps in their order: each row is right up to one step, and wrong from there on.
#[test]
fn the_first_step_that_fails_is_named() {
    let anchor = Holder::new(Role::TrustAnchor, "CH", 1);
    let sca = Holder::new(Role::Sca, "XXA", 2);
    let good = onboard(&sca.certificate, &anchor);
    let anchors = [anchor.certificate.clone()];
    let fails = |row: &TrustedParty| row.check(&anchors, BACKEND).unwrap_err();

    let empty = TrustedParty { trust_anchor_signature: String::new(), ..good.clone() };
    assert_eq!(fails(&empty), OnboardingError::Empty);
    let row = TrustedParty { certificate_raw_data: "*".to_owned(), ..good.clone() };
    assert_eq!(fails(&row), OnboardingError::CertificateBase64);
    let row = TrustedParty { certificate_raw_data: "MAA=".to_owned(), ..good.clone() };
    assert!(matches!(fails(&row), OnboardingError::Certificate(_)));
    // String equality: upper-case digits are another string.
    let upper = good.certificate_thumbprint.to_uppercase();
    let row = TrustedParty { certificate_thumbprint: upper, ..good.clone() };
    assert!(matches!(fails(&row), OnboardingError::Thumbprint { .. }));
    assert_eq!(good.check(&[], BACKEND), Err(OnboardingError::NoAnchor));
    let row = TrustedParty { trust_anchor_signature: "MAA=".to_owned(), ..good.clone() };
    assert!(matches!(fails(&row), OnboardingError::Message(_)));
    let other = onboard(&anchor.certificate, &anchor);
    let row = TrustedParty { trust_anchor_signature: other.trust_anchor_signature, ..good.clone() };
    assert!(matches!(fails(&row), OnboardingError::Signature(_)));
    // The right key and name, but another certificate.
    let stranger = Holder::new(Role::TrustAnchor, "CH", 1);
    let row = onboard(&sca.certificate, &stranger);
    assert_eq!(
        fails(&row),
        OnboardingError::OtherSigner { signer: stranger.certificate.thumbprint() }
    );
}

#[test]
fn a_certificate_without_a_country_is_not_onboarded() {
    let anchor = Holder::new(Role::TrustAnchor, "CH", 1);
    let server = Holder::new(Role::GatewayServer, "XXA", 2);
    let refused =
        TrustedParty::onboard(&server.certificate, &anchor.certificate, &anchor.key, at());
    assert_eq!(refused, Err(OnboardingError::Country));
    let sca = Holder::new(Role::Sca, "XXA", 2);
    let refused = TrustedParty::onboard(&sca.certificate, &anchor.certificate, &sca.key, at());
    assert!(matches!(refused, Err(OnboardingError::Signing(_))));
}

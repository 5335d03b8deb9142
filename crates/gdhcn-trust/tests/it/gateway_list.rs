use gdhcn_codes::KeyUsage;
use gdhcn_trust::participant::OnboardingError;
use gdhcn_trust::path::PathError;
use gdhcn_trust::profile::Role;
use gdhcn_trust::{
    Chain, GatewayItem, GatewayRefusal, ProofStatus, Refusal, TrustStore, TrustStoreBuilder,
};

use crate::network::{BACKEND, Holder, Party, item};

fn store(items: &[GatewayItem], anchor: &Holder) -> TrustStore {
    let mut builder = TrustStoreBuilder::new(BACKEND);
    builder.add_gateway_list("gateway", items, std::slice::from_ref(&anchor.certificate));
    builder.build()
}

/// Party codes on the gateway are alpha-2.
fn network() -> (Holder, Party) {
    (Holder::new(Role::TrustAnchor, "CH", 1), Party::new("XA"))
}

/// The one refusal of a list in which everything else is right.
fn refusal(items: &[GatewayItem], anchor: &Holder) -> GatewayRefusal {
    let store = store(items, anchor);
    let [refused] = store.refused() else { panic!("{:?}", store.refused()) };
    assert_eq!(store.keys().len() + 1, items.len());
    match &refused.reason {
        Refusal::Gateway(refusal) => refusal.clone(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_list_is_trusted_entry_by_entry_up_to_the_anchor() {
    let (anchor, party) = network();
    let store = store(&party.gateway_items(&anchor), &anchor);
    assert_eq!(store.refused(), []);
    assert_eq!(store.keys().len(), 4);
    assert_eq!(
        store.sources()[0].proof,
        ProofStatus::EntryByEntry { anchors: vec![anchor.certificate.thumbprint()] }
    );
    let kid = party.dsc.certificate.kid();
    let found: Vec<_> = store.candidates(&kid).collect();
    let [key] = found.as_slice() else { panic!("one candidate") };
    assert_eq!(key.participant.unwrap().alpha3(), "XXA");
    assert_eq!(key.chain(), &Chain::VerifiedBy(party.sca.certificate.thumbprint()));
    assert_eq!(key.issuer(), Some(&party.sca.certificate));
    // Upload and TLS keys are there to be seen, but sign no documents.
    assert_eq!(store.candidates(&party.up.certificate.kid()).count(), 0);
    assert_eq!(store.named(&party.up.certificate.kid()).len(), 1);
}

#[test]
fn a_forged_upload_signature_is_refused_and_not_only_logged() {
    let (anchor, party) = network();
    let mut items = party.gateway_items(&anchor);
    let other = party.sca.issue("XA", 7);
    items[0].signature = party.up.sign(&other.certificate);
    assert!(matches!(refusal(&items, &anchor), GatewayRefusal::UploadSignature(_)));
    items[0].signature = "MAA=".to_owned();
    assert!(matches!(refusal(&items, &anchor), GatewayRefusal::UploadMessage(_)));
}

#[test]
fn an_upload_key_of_another_participant_or_usage_is_refused() {
    let (anchor, party) = network();
    let foreign = Party::new("XB");
    let mut items = party.gateway_items(&anchor);
    items.extend(foreign.gateway_items(&anchor));
    for holder in [&foreign.up, &party.tls, &party.sca, &anchor] {
        items[0].signature = holder.sign(&party.dsc.certificate);
        assert_eq!(
            refusal(&items, &anchor),
            GatewayRefusal::Uploader {
                signer: holder.certificate.thumbprint(),
                country: "XA".to_owned()
            }
        );
    }
}

#[test]
fn a_document_signer_without_an_onboarded_issuer_is_refused() {
    let (anchor, party) = network();
    let foreign = Party::new("XB");
    let mut items = party.gateway_items(&anchor);
    items.push(item(
        "XA",
        KeyUsage::Dsc,
        &foreign.dsc.certificate,
        party.up.sign(&foreign.dsc.certificate),
    ));
    assert!(matches!(
        refusal(&items, &anchor),
        GatewayRefusal::Issuer(PathError::UnknownIssuer { .. })
    ));
    items.pop();
    // An authority that the anchor did not sign takes its document signers down with it.
    items[1].signature = party.up.sign(&party.sca.certificate);
    let store = store(&items, &anchor);
    let reasons: Vec<_> = store.refused().iter().map(|refused| &refused.reason).collect();
    assert!(matches!(
        reasons.as_slice(),
        [
            Refusal::Gateway(GatewayRefusal::Issuer(PathError::NoAuthority)),
            Refusal::Gateway(GatewayRefusal::Anchor(OnboardingError::OtherSigner { .. })),
        ]
    ));
}

#[test]
fn what_cannot_be_read_is_named() {
    let (anchor, party) = network();
    let changed = |change: fn(&mut GatewayItem)| {
        let mut items = party.gateway_items(&anchor);
        change(&mut items[3]);
        refusal(&items, &anchor).to_string()
    };
    let texts = [
        changed(|item| item.group = "TRUSTANCHOR".to_owned()),
        changed(|item| item.domain = Some("a b".to_owned())),
        changed(|item| item.raw_data = "*".to_owned()),
        changed(|item| item.raw_data = "MAA=".to_owned()),
    ];
    insta::assert_snapshot!(texts.join("\n"));
    let thumbprint = changed(|item| item.thumbprint = Some("00".to_owned()));
    assert!(thumbprint.ends_with("the list says \"00\""), "{thumbprint}");
}

#[test]
fn the_limit_on_entries_can_be_hit() {
    let (anchor, party) = network();
    let mut limits = gdhcn_trust::Limits::default();
    limits.count.gateway_items = 3;
    let mut builder = TrustStoreBuilder::new(BACKEND).with_limits(limits);
    let mut items = party.gateway_items(&anchor);
    items.rotate_left(1);
    builder.add_gateway_list("gateway", &items, &[anchor.certificate]);
    let store = builder.build();
    assert_eq!(store.keys().len(), 3);
    assert_eq!(store.refused()[0].reason, Refusal::TooMany { limit: 3 });
}

//! What is taken over from a peer: up to its assigned anchor, and never an empty set unasked.

use std::collections::BTreeSet;

use gdhcn_codes::KeyUsage;
use gdhcn_envelope::cms;
use gdhcn_trust::GatewayRefusal;
use gdhcn_trust::federation::{
    DownloadTarget, Downloader, Held, HeldGroup, Mode, Peer, PeerError, PeerGroup, PeerItem, Word,
    accept, guard,
};
use gdhcn_trust::participant::OnboardingError;
use gdhcn_trust::profile::Role;

use crate::network::{BACKEND, Holder, Party, at, base64};

fn items(party: &Party, country: &str, anchor: &Holder) -> Vec<PeerItem> {
    party
        .gateway_items(anchor)
        .into_iter()
        .map(|item| PeerItem {
            kid: item.kid,
            country: country.to_owned(),
            group: item.group,
            domain: Some("PH4H".to_owned()),
            properties: None,
            uuid: None,
            version: Some(3),
            source_gateway: None,
            thumbprint: None,
            signature: item.signature,
            raw_data: item.raw_data,
        })
        .collect()
}

fn anchor() -> Holder {
    Holder::new(Role::TrustAnchor, "CHE", 9)
}

fn index(items: &[PeerItem], usage: KeyUsage) -> usize {
    items.iter().position(|item| item.group == usage.gateway_group()).unwrap()
}

#[test]
fn a_peers_participants_are_taken_over_and_its_clients_are_not() {
    let (anchor, party) = (anchor(), Party::new("XXA"));
    let items = items(&party, "XA", &anchor);
    let (accepted, refused) = accept(&items, std::slice::from_ref(&anchor.certificate), BACKEND);
    assert_eq!(refused, []);
    let groups: Vec<_> = accepted.iter().map(|one| one.group).collect();
    assert_eq!(groups, [PeerGroup::Csca, PeerGroup::Upload, PeerGroup::Dsc]);
    for one in &accepted {
        assert!(items.contains(&one.item), "as the peer lists it");
        assert_eq!(one.domain.as_str(), "PH4H");
    }
}

#[test]
fn nothing_counts_that_is_signed_by_another_anchor() {
    let (anchor, party) = (anchor(), Party::new("XXA"));
    let items = items(&party, "XA", &anchor);
    let stranger = Holder::new(Role::TrustAnchor, "CHE", 8);
    let (accepted, refused) = accept(&items, &[stranger.certificate], BACKEND);
    assert_eq!(accepted, []);
    assert!(matches!(
        refused.as_slice(),
        [
            (_, GatewayRefusal::Anchor(OnboardingError::OtherSigner { .. })),
            (_, GatewayRefusal::Anchor(OnboardingError::OtherSigner { .. })),
            (_, GatewayRefusal::Issuer(_))
        ]
    ));
    let (accepted, _) = accept(&items, &[], BACKEND);
    assert_eq!(accepted, []);
}

#[test]
fn every_forged_item_is_refused_with_its_reason_and_costs_only_itself() {
    let (anchor, a, b) = (anchor(), Party::new("XXA"), Party::new("XXB"));
    let mut good = items(&a, "XA", &anchor);
    good.extend(items(&b, "XB", &anchor));
    let dsc = index(&good, KeyUsage::Dsc);
    let sca = index(&good, KeyUsage::Sca);
    let refusal = |change: &dyn Fn(&mut PeerItem), at: usize| {
        let mut items = good.clone();
        change(&mut items[at]);
        let (accepted, refused) =
            accept(&items, std::slice::from_ref(&anchor.certificate), BACKEND);
        let first = refused.first().map(|(_, refusal)| refusal.clone());
        (accepted.len(), first)
    };
    assert_eq!(refusal(&|_| {}, dsc), (6, None));

    // The right upload certificate in the message, another signature: what the reference takes.
    let other_content = a.up.sign(&b.dsc.certificate);
    let (left, why) = refusal(&|item| item.signature.clone_from(&other_content), dsc);
    assert!(matches!(why, Some(GatewayRefusal::UploadSignature(_))), "{why:?}");
    assert_eq!(left, 5);
    let foreign = b.up.sign(&a.dsc.certificate);
    let (_, why) = refusal(&|item| item.signature.clone_from(&foreign), dsc);
    assert!(matches!(why, Some(GatewayRefusal::Uploader { .. })), "{why:?}");
    // A signer under another participant's authority.
    let stray = b.sca.issue("XXA", 7);
    let (stray_der, signature) = (base64(stray.certificate.der()), a.up.sign(&stray.certificate));
    let (_, why) = refusal(
        &|item| {
            item.raw_data.clone_from(&stray_der);
            item.signature.clone_from(&signature);
        },
        dsc,
    );
    assert!(matches!(why, Some(GatewayRefusal::Issuer(_))), "{why:?}");
    // An authority under another country's name.
    let (_, why) = refusal(&|item| item.country = "XB".to_owned(), sca);
    assert!(matches!(why, Some(GatewayRefusal::Country { .. })), "{why:?}");
    let (_, why) = refusal(&|item| item.thumbprint = Some("00".repeat(32)), sca);
    assert!(matches!(why, Some(GatewayRefusal::Thumbprint { .. })), "{why:?}");
    let (_, why) = refusal(&|item| item.source_gateway = Some("other".to_owned()), sca);
    assert!(matches!(why, Some(GatewayRefusal::SecondHand { .. })), "{why:?}");
    let (_, why) = refusal(&|item| item.group = "ROOT".to_owned(), sca);
    assert!(matches!(why, Some(GatewayRefusal::Group { .. })), "{why:?}");
    let (_, why) = refusal(&|item| item.domain = Some("a/b".to_owned()), sca);
    assert!(matches!(why, Some(GatewayRefusal::Domain { .. })), "{why:?}");
    let (_, why) = refusal(&|item| item.raw_data = "-".to_owned(), sca);
    assert_eq!(why, Some(GatewayRefusal::Base64));
    let (_, why) = refusal(&|item| item.raw_data = "MAA=".to_owned(), sca);
    assert!(matches!(why, Some(GatewayRefusal::Certificate(_))), "{why:?}");
}

// G6: an authority's set that becomes empty is not taken over without a person's word.
#[test]
fn a_participant_that_would_lose_its_authorities_is_held() {
    let (anchor, a, b) = (anchor(), Party::new("XXA"), Party::new("XXB"));
    let (of_a, of_b) = (items(&a, "XA", &anchor), items(&b, "XB", &anchor));
    let anchors = [anchor.certificate.clone()];
    let present: BTreeSet<Held> = ["XA", "XB"]
        .into_iter()
        .flat_map(|country| {
            [HeldGroup::Csca, HeldGroup::Upload]
                .map(|group| Held { country: country.to_owned(), group })
        })
        .collect();
    let accepted = |items: &[PeerItem]| accept(items, &anchors, BACKEND).0;

    let both = [of_a.clone(), of_b.clone()].concat();
    let guarded = guard(&present, accepted(&both), &Word::None);
    assert_eq!((guarded.items.len(), guarded.held.len()), (6, 0));

    // One without its authorities: its signer falls too, and it keeps what it had.
    let mut without = both.clone();
    without.retain(|item| !(item.group == "CSCA" && item.country == "XA"));
    let guarded = guard(&present, accepted(&without), &Word::None);
    assert_eq!(guarded.held, [Held { country: "XA".to_owned(), group: HeldGroup::Csca }]);
    assert!(guarded.items.iter().all(|one| one.item.country == "XB"));
    assert_eq!(guarded.items.len(), 3);

    // A peer that lists nothing empties nothing.
    let guarded = guard(&present, accepted(&[]), &Word::None);
    assert_eq!((guarded.items.len(), guarded.held.len()), (0, 4));
    assert_eq!(guarded.countries(), BTreeSet::from(["XA", "XB"]));

    // A participant may withdraw all its signers; that nobody has any is a fault.
    let uploaded = |country: &str| Held { country: country.to_owned(), group: HeldGroup::Uploaded };
    let with_signers: BTreeSet<Held> = [uploaded("XA"), uploaded("XB")].into_iter().collect();
    let without_dsc = |countries: &[&str]| {
        let gone = |item: &PeerItem| item.group == "DSC" && countries.contains(&&*item.country);
        both.iter().filter(|item| !gone(item)).cloned().collect::<Vec<_>>()
    };
    let one_left = guard(&with_signers, accepted(&without_dsc(&["XA"])), &Word::None);
    assert_eq!((one_left.items.len(), one_left.held), (5, vec![]));
    let none_left = guard(&with_signers, accepted(&without_dsc(&["XA", "XB"])), &Word::None);
    assert_eq!(none_left.held, [uploaded("XA"), uploaded("XB")]);

    let word = Word::For(BTreeSet::from(["XA".to_owned()]));
    let guarded = guard(&present, accepted(&without), &word);
    assert_eq!(guarded.held, []);
    assert_eq!(guard(&present, accepted(&[]), &word).countries(), BTreeSet::from(["XB"]));
    assert_eq!(guard(&present, accepted(&[]), &Word::All).held, []);
}

#[test]
fn a_peers_configuration_counts_as_our_anchor_signed_it() {
    let anchor = anchor();
    let peer = Peer {
        gateway_id: "b".to_owned(),
        endpoint: "https://b.example".to_owned(),
        kid: "to-b".to_owned(),
        public_key: None,
        downloader: Some(Downloader::Ddcc),
        target: DownloadTarget::Federation,
        mode: Mode::Append,
    };
    let text = peer.signed_text().unwrap();
    let message =
        cms::sign(text.as_bytes(), &anchor.certificate, &anchor.key, at(), cms::Form::Detached);
    let signature = base64(&message.unwrap());
    let anchors = [anchor.certificate.clone()];
    assert_eq!(peer.check(&signature, &anchors, BACKEND), Ok(anchor.certificate.thumbprint()));
    for changed in [
        Peer { mode: Mode::Override, ..peer.clone() },
        Peer { target: DownloadTarget::GatewayOnly, ..peer.clone() },
        Peer { endpoint: "https://c.example".to_owned(), ..peer.clone() },
        Peer { downloader: None, ..peer.clone() },
    ] {
        assert!(
            matches!(
                changed.check(&signature, &anchors, BACKEND),
                Err(PeerError::Signature(OnboardingError::Signature(_)))
            ),
            "{changed:?}"
        );
    }
}

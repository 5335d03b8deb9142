use gdhcn_envelope::cms::CmsError;
use gdhcn_log::{
    Action, Attribute, Content, Difference, Entry, EntryError, Fault, Kind, Replay, Scope, Served,
    Standing, State, Unproven, compare,
};
use gdhcn_trust::profile::Role;
use jiff::SignedDuration;

use crate::network::{BACKEND, Holder, Network, at, entry};

fn replay(network: &Network, entries: &[Entry]) -> Result<State, (usize, Fault)> {
    let anchors = [network.anchor.certificate.clone()];
    let mut replay = Replay::new(State::default(), Some(&anchors), BACKEND);
    for (number, entry) in entries.iter().enumerate() {
        replay.apply(&entry.to_bytes().unwrap()).map_err(|fault| (number, fault))?;
    }
    Ok(replay.state().clone())
}

/// The fault of the last entry, when those before hold.
fn fault(network: &Network, entries: &[Entry]) -> Fault {
    let (number, fault) = replay(network, entries).unwrap_err();
    assert_eq!(number, entries.len() - 1, "{fault}");
    fault
}

/// What an honest gateway serves.
fn served(state: &State, entries: &[Entry]) -> Vec<Served> {
    let mut list = Vec::new();
    for (id, item) in state.items() {
        let entry = &entries[usize::try_from(item.entry).unwrap()];
        list.push(Served {
            id: id.clone(),
            country: entry.country.clone().unwrap(),
            told: [Attribute::Group, Attribute::Kid, Attribute::Domain]
                .map(|attribute| (attribute, entry.attribute(attribute).map(str::to_owned)))
                .to_vec(),
            signature: entry.signature.clone(),
        });
    }
    list
}

#[test]
fn an_honest_log_makes_the_list_that_is_served() {
    let network = Network::new();
    let history = network.history();
    let state = replay(&network, &history).unwrap();
    assert_eq!((state.entries(), state.items().count()), (3, 3));
    assert!(state.unproven().is_empty());
    let list = served(&state, &history);
    for scope in [Scope::TrustList, Scope::Certificates { federated: false }] {
        assert_eq!(compare(&state, &list, scope), []);
    }
    // What was reached can be kept and gone on from.
    let kept = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<State>(&kept).unwrap(), state);
}

// users.md, G5: upload, deletion and another upload of one certificate are three entries.
#[test]
fn g5_an_upload_after_a_deletion_is_a_third_entry() {
    let network = Network::new();
    let mut history = network.history();
    history.push(network.upload(Action::Deleted));
    assert_eq!(replay(&network, &history).unwrap().items().count(), 2);
    history.push(network.upload(Action::Stored));
    let state = replay(&network, &history).unwrap();
    assert_eq!((state.entries(), state.items().count()), (5, 3));
}

#[test]
fn what_a_gateway_makes_up_has_no_signature_for_it() {
    let network = Network::new();
    let base = network.history();
    let mut history = base.clone();
    let mut forged = network.upload(Action::Stored);
    let other = network.sca.issue("XA", 7);
    forged.key = other.thumbprint().to_string();
    history.push(forged.clone());
    assert!(matches!(fault(&network, &history), Fault::Thumbprint { .. }));
    // The signature is over another certificate.
    forged.content = Some(Content::of(other.der()));
    history[3] = forged.clone();
    assert!(matches!(fault(&network, &history), Fault::Signature(_)));
    forged.signature = None;
    history[3] = forged.clone();
    assert_eq!(fault(&network, &history), Fault::NoSignature);
    forged.signature = Some(network.up.sign(other.der()));
    forged.content = None;
    history[3] = forged;
    assert_eq!(fault(&network, &history), Fault::NoContent);
    // Signed, but not by an upload certificate of the participant: unknown, another country's,
    // of another group.
    let stranger = Holder::new(Role::Upload, "XB", 5);
    for (signer, extra) in
        [(&stranger, None), (&stranger, Some(("UPLOAD", "XB"))), (&stranger, Some(("CSCA", "XA")))]
    {
        let mut history = base[..2].to_vec();
        if let Some((group, country)) = extra {
            let kind = Kind::TrustedParty;
            let holder = &stranger.certificate;
            history.push(entry(Action::Onboarded, kind, group, country, holder, &network.anchor));
        }
        let kind = Kind::SignerInformation;
        history.push(entry(Action::Stored, kind, "DSC", "XA", &network.dsc, signer));
        let found = fault(&network, &history);
        assert!(matches!(found, Fault::NotTheParticipant { .. }), "{found}");
    }
    // Onboarded by somebody else than the trust anchor.
    let onboarded = entry(
        Action::Onboarded,
        Kind::TrustedParty,
        "UPLOAD",
        "XA",
        &network.up.certificate,
        &stranger,
    );
    assert!(matches!(fault(&network, &[onboarded]), Fault::NotTheAnchor { .. }));
}

#[test]
fn an_upload_counts_only_while_its_signer_is_onboarded() {
    let network = Network::new();
    let history = network.history();
    let uploaded_first = [history[2].clone()];
    assert!(matches!(fault(&network, &uploaded_first), Fault::NotTheParticipant { .. }));

    let mut offboarded = Entry {
        country: Some("XA".to_owned()),
        ..Entry::new(at(), Action::Offboarded, Kind::TrustedParty, network.up.thumbprint())
    };
    let mut entries = history[..2].to_vec();
    entries.push(offboarded.clone());
    assert_eq!(fault(&network, &entries), Fault::NoSignature, "an act has an actor");
    offboarded.operator = Some("ann".to_owned());
    entries[2] = offboarded;
    let state = replay(&network, &entries).unwrap();
    assert_eq!(state.unproven().get(&Unproven::Operator), Some(&1));
    entries.push(history[2].clone());
    assert!(matches!(fault(&network, &entries), Fault::NotTheParticipant { .. }));
}

#[test]
fn entries_that_do_not_follow_from_those_before_are_named() {
    let network = Network::new();
    let mut history = network.history();
    history.push(network.upload(Action::Stored));
    assert!(matches!(fault(&network, &history), Fault::AlreadyThere { entry: 2, .. }));
    history.truncate(2);
    history.push(network.upload(Action::Deleted));
    assert!(matches!(fault(&network, &history), Fault::NotThere { .. }));
    let mut replay = Replay::new(State::default(), None, BACKEND);
    assert!(matches!(replay.apply(b"{}"), Err(Fault::Entry(_))));
}

#[test]
fn nothing_expires_before_its_time() {
    let network = Network::new();
    let mut history = network.history();
    let end = network.dsc.not_after();
    let key = network.dsc.thumbprint().to_string();
    let early = end.checked_sub(SignedDuration::from_secs(1)).unwrap();
    let expired = |at| Entry {
        country: Some("XA".to_owned()),
        ..Entry::new(at, Action::Expired, Kind::SignerInformation, key.clone())
    };
    history.push(expired(early));
    assert!(matches!(fault(&network, &history), Fault::NotExpired { .. }));
    history[3] = expired(end);
    let state = replay(&network, &history).unwrap();
    assert!(state.unproven().is_empty(), "the certificate itself proves it");

    // Of batches the gateway says when they end; rules and references do not end by themselves.
    for (kind, key, text) in [
        (Kind::RevocationBatch, "b", BATCH),
        (Kind::ValidationRule, "I 1", r#"{"Identifier":"I","Version":"1"}"#),
    ] {
        let mut history = network.history();
        history.push(document(&network, Action::Stored, kind, key, text));
        history.push(Entry { kind, key: key.to_owned(), ..expired(end) });
        match kind {
            Kind::RevocationBatch => {
                let state = replay(&network, &history).unwrap();
                assert_eq!(state.unproven().get(&Unproven::Job), Some(&1));
            }
            _ => assert_eq!(fault(&network, &history), Fault::NoSignature),
        }
    }
}

#[test]
fn what_is_imported_or_cannot_be_checked_is_counted() {
    let network = Network::new();
    let imported = network.upload(Action::Imported);
    let state = replay(&network, &[imported]).unwrap();
    assert_eq!(state.unproven().get(&Unproven::Imported), Some(&1));

    let mut replay = Replay::new(State::default(), None, BACKEND);
    let standing = replay.apply(&network.history()[0].to_bytes().unwrap());
    assert_eq!(standing, Ok(Standing::Unproven(Unproven::AnchorNotGiven)));
}

/// A text, signed with the upload certificate.
fn document(network: &Network, action: Action, kind: Kind, key: &str, text: &str) -> Entry {
    let mut entry = Entry::new(at(), action, kind, key);
    entry.country = Some("XA".to_owned());
    entry.content = Some(Content::of(text.as_bytes()));
    entry.signature = Some(network.up.sign(text.as_bytes()));
    entry
}

const BATCH: &str = r#"{"country":"XA","hashType":"UCI"}"#;

/// The signature is checked, but what it was given for nobody can read.
#[test]
fn a_hash_in_place_of_a_text_is_counted() {
    let network = Network::new();
    let mut batch = document(&network, Action::Stored, Kind::RevocationBatch, "b", BATCH);
    batch.content = Some(Content::hash_of(BATCH.as_bytes()));
    let mut history = network.history();
    history.push(batch);
    let state = replay(&network, &history).unwrap();
    assert_eq!(state.unproven().get(&Unproven::PayloadElsewhere), Some(&1));
    history.last_mut().unwrap().content = Some(Content::Digest([7; 32]));
    assert_eq!(fault(&network, &history), Fault::Signature(CmsError::MessageDigestMismatch));
}

#[test]
fn a_signed_text_counts_for_what_it_names() {
    let network = Network::new();
    let mut history = network.history();
    let stored = |key| document(&network, Action::Stored, Kind::RevocationBatch, key, BATCH);
    history.extend([stored("b"), stored("c")]);
    let deleted = |key, named: &str| {
        let text = format!("{{\"batchId\":\"{named}\"}}");
        document(&network, Action::Deleted, Kind::RevocationBatch, key, &text)
    };
    history.push(deleted("b", "b"));
    assert!(replay(&network, &history).unwrap().unproven().is_empty());
    // Such an entry can be neither written nor read.
    assert_eq!(deleted("c", "b").to_bytes(), Err(EntryError::AboutAnother));
    let written = String::from_utf8(deleted("b", "b").to_bytes().unwrap()).unwrap();
    let moved = written.replace("\"key\":\"b\"", "\"key\":\"c\"");
    assert_eq!(Entry::from_bytes(moved.as_bytes()), Err(EntryError::AboutAnother));
}

#[test]
fn nobody_changes_what_is_another_participants() {
    let network = Network::new();
    let foreign = Holder::new(Role::Upload, "XB", 12);
    let kind = Kind::TrustedParty;
    let mut history = network.history();
    history.push(entry(
        Action::Onboarded,
        kind,
        "UPLOAD",
        "XB",
        &foreign.certificate,
        &network.anchor,
    ));
    for action in [Action::Deleted, Action::Updated] {
        let kind = Kind::SignerInformation;
        history.push(entry(action, kind, "DSC", "XB", &network.dsc, &foreign));
        assert!(matches!(fault(&network, &history), Fault::Foreign { entry: 2, .. }), "{action}");
        history.pop();
    }
}

/// Nothing comes into the list by an update, and nothing of the anchor's by an operator's word.
#[test]
fn an_update_changes_only_what_is_there_and_needs_its_signature() {
    let network = Network::new();
    let update = |group| {
        let mut entry = network.onboard(group, &network.up);
        entry.action = Action::Updated;
        entry
    };
    assert!(matches!(fault(&network, &[update("UPLOAD")]), Fault::NotThere { .. }));
    let mut unsigned = update("UPLOAD");
    (unsigned.signature, unsigned.operator) = (None, Some("operator".to_owned()));
    let mut history = network.history();
    history.push(unsigned);
    assert_eq!(fault(&network, &history), Fault::NoSignature);
}

/// Taken over or not, the trust anchor's word is needed for what it vouches for.
#[test]
fn an_import_onboards_nobody_without_the_anchor() {
    let network = Network::new();
    let mut entry = network.onboard("UPLOAD", &network.up);
    entry.action = Action::Imported;
    replay(&network, std::slice::from_ref(&entry)).unwrap();
    entry.signature = Some(network.up.sign(network.up.certificate.der()));
    assert!(matches!(fault(&network, &[entry]), Fault::NotTheAnchor { .. }));
}

/// With a hash in place of the certificate nobody could check the signature over it.
#[test]
fn a_hash_does_not_stand_for_a_certificate() {
    let network = Network::new();
    let mut history = network.history();
    replay(&network, &history).unwrap();
    for (index, action) in [(0, Action::Onboarded), (history.len() - 1, Action::Stored)] {
        let mut spoilt = history.clone();
        let content = spoilt[index].content.take().unwrap();
        assert_eq!(spoilt[index].action, action);
        spoilt[index].content = Some(Content::Digest(content.sha256()));
        assert_eq!(replay(&network, &spoilt).unwrap_err().1, Fault::NoContent);
    }
    let mut withdrawal = network.upload(Action::Deleted);
    let content = withdrawal.content.take().unwrap();
    withdrawal.content = Some(Content::Digest(content.sha256()));
    history.push(withdrawal);
    assert_eq!(replay(&network, &history).unwrap_err().1, Fault::NoContent);
}

#[test]
fn data_of_another_gateway_is_checked_up_to_its_own_anchor() {
    const PEER: &str = "11111111-1111-4111-8111-111111111111";
    let network = Network::new();
    let peer = Network::new();
    let of_peer = |mut entry: Entry| {
        entry.action = Action::Federated;
        entry.source_gateway = Some(PEER.to_owned());
        entry
    };
    let anchor =
        network.onboard("TRUSTANCHOR", &peer.anchor).with(Attribute::AssignedGateway, Some(PEER));
    let mut entries = vec![anchor];
    entries.extend(peer.history().into_iter().map(of_peer));
    let state = replay(&network, &entries).unwrap();
    assert!(state.unproven().is_empty());
    let list = served(&state, &entries);
    assert_eq!(compare(&state, &list, Scope::Certificates { federated: true }), []);
    let own: Vec<_> = list.into_iter().filter(|it| it.id.source_gateway.is_none()).collect();
    assert_eq!(compare(&state, &own, Scope::Certificates { federated: false }), []);
    assert_eq!(compare(&state, &own, Scope::Certificates { federated: true }).len(), 3);
    // What is for the gateway alone is served to nobody.
    let text =
        |target| format!("{PEER};https://b.example;to-b;null;DdccDownloader_V1;{target};APPEND");
    for (target, missing) in [("FEDERATION", 3), ("GATEWAY_ONLY", 0)] {
        let text = text(target);
        let described = Entry {
            content: Some(Content::of(text.as_bytes())),
            signature: Some(network.anchor.sign(text.as_bytes())),
            ..Entry::new(at(), Action::Onboarded, Kind::FederationGateway, PEER)
        };
        let told = [&entries[..], &[described]].concat();
        let state = replay(&network, &told).unwrap();
        let federated = Scope::Certificates { federated: true };
        assert_eq!(compare(&state, &own, federated).len(), missing, "{target}");
    }

    // Without its anchor, and with the peer's upload key for own data, nothing holds.
    let mut without = entries.clone();
    without.remove(0);
    assert!(matches!(replay(&network, &without), Err((0, Fault::NotTheAnchor { .. }))));
    entries.push(peer.upload(Action::Stored));
    assert!(matches!(fault(&network, &entries), Fault::NotTheParticipant { .. }));
}

#[test]
fn every_difference_of_a_list_is_named() {
    let network = Network::new();
    let history = network.history();
    let state = replay(&network, &history).unwrap();
    let list = served(&state, &history);
    let differences = |list: &[Served]| -> Vec<String> {
        compare(&state, list, Scope::TrustList).iter().map(Difference::to_string).collect()
    };
    let mut by_hand = list.clone();
    by_hand[0].id.key = "00".repeat(32);
    let found = differences(&by_hand);
    assert!(found[0].ends_with("is served, and no entry of the log tells of it"), "{found:?}");
    assert!(found[1].contains("is in the log since entry"), "{found:?}");
    assert_eq!(found.len(), 2);

    let mut twice = list.clone();
    twice.push(list[0].clone());
    assert!(differences(&twice)[0].ends_with("is served twice"));

    let mut other = list.clone();
    other[0].signature = Some("MII=".to_owned());
    assert!(differences(&other)[0].contains("is served with the signature's SHA-256"));
    let mut other = list.clone();
    other[0].country = "XB".to_owned();
    assert!(differences(&other)[0].contains("with the country \"XB\", where entry"));
    let mut other = list;
    other[0].told[1].1 = None;
    assert!(differences(&other)[0].contains("with the kid (none)"), "{:?}", differences(&other));
}

#[test]
fn the_list_of_the_default_domain_lacks_the_others() {
    let network = Network::new();
    let mut history = network.history();
    history[2] = history[2].clone().with(Attribute::Domain, Some("PH4H"));
    let state = replay(&network, &history).unwrap();
    let list: Vec<_> = served(&state, &history)
        .into_iter()
        .filter(|served| served.id.kind == Kind::TrustedParty)
        .collect();
    assert_eq!(compare(&state, &list, Scope::TrustList), []);
    assert_eq!(compare(&state, &list, Scope::Certificates { federated: false }).len(), 1);
}

//! Peers, and what is pulled from them.

use std::collections::BTreeSet;
use std::time::Duration;

use gdhcn_log::{Action, Entry, Kind};
use gdhcn_store::federated::{
    FederatedContent, Others, Pulled, PulledIssuer, PulledReference, Swapped,
};
use gdhcn_store::federation_gateway::{FederationGateway, NewFederationGateway};
use gdhcn_store::job::Lease;
use gdhcn_store::signer_information::NewSignerInformation;
use gdhcn_store::trusted_issuer::NewTrustedIssuer;
use gdhcn_store::trusted_party::{NewTrustedParty, PartyType};
use gdhcn_store::{SignedText, Store, StoreError, limit};
use gdhcn_testkit::on_both_databases;
use gdhcn_trust::federation::{DownloadTarget, Downloader, Mode, Peer};

use crate::store::{at, event, open, party, signer};

const LONG: Duration = Duration::from_secs(600);

async fn take(store: &Store, duration: Duration) -> Option<Lease> {
    store.take_lease("federation", "test", duration, Duration::ZERO).await.unwrap()
}

fn peer(gateway_id: &str) -> NewFederationGateway {
    NewFederationGateway {
        created_at: at(0),
        peer: Peer {
            gateway_id: gateway_id.into(),
            endpoint: "https://peer.example".into(),
            kid: "to-peer".into(),
            public_key: None,
            downloader: Some(Downloader::Ddcc),
            target: DownloadTarget::Federation,
            mode: Mode::Append,
        },
        signature: "signature".into(),
        interval_seconds: Some(300),
    }
}

fn assigned(thumbprint: &str, gateway_id: &str, use_: PartyType) -> NewTrustedParty {
    NewTrustedParty {
        certificate_type: use_,
        assigned_gateway: Some(gateway_id.into()),
        roles: vec![],
        ..party(thumbprint)
    }
}

fn pulled_party(thumbprint: &str, country: &str) -> Pulled<NewTrustedParty> {
    let new = NewTrustedParty {
        country: country.into(),
        certificate_type: PartyType::Csca,
        roles: vec![],
        ..party(thumbprint)
    };
    Pulled { new, uuid: Some(format!("uuid-{thumbprint}")), version: 7 }
}

fn pulled_signer(thumbprint: &str, country: &str) -> Pulled<NewSignerInformation> {
    let new = NewSignerInformation {
        country: country.into(),
        properties: Some("{\"purpose\":\"a\"}".into()),
        domain: Some("PH4H".into()),
        ..signer(thumbprint)
    };
    Pulled { new, uuid: None, version: 3 }
}

fn pulled_issuer(name: &str, uuid: Option<&str>) -> Pulled<PulledIssuer> {
    let issuer = NewTrustedIssuer {
        created_at: at(0),
        country: "XA".into(),
        url: "https://issuer.example".into(),
        name: name.into(),
        url_type: "HTTP".into(),
        thumbprint: None,
        ssl_public_key: None,
        key_storage_type: Some("JWKS".into()),
        signature: "signature".into(),
        domain: Some("DCC".into()),
    };
    let new = PulledIssuer { issuer, signed: format!("XA;{name};https://issuer.example;HTTP") };
    Pulled { new, uuid: uuid.map(str::to_owned), version: 2 }
}

fn pulled_reference(name: &str, message: Option<SignedText>) -> Pulled<PulledReference> {
    let new = PulledReference {
        url: "https://fhir.example".into(),
        country: "XA".into(),
        reference_type: "FHIR".into(),
        service: "ValueSet".into(),
        thumbprint: None,
        name: name.into(),
        ssl_public_key: None,
        content_type: "application/json".into(),
        signature_type: "NONE".into(),
        reference_version: "1.0".into(),
        domain: Some("PH4H".into()),
        message,
    };
    Pulled { new, uuid: Some(format!("uuid-{name}")), version: 4 }
}

/// Source and thumbprint of every row.
async fn rows(store: &Store) -> BTreeSet<(Option<String>, String)> {
    let content = store.trust_content().await.unwrap();
    let parties =
        content.trusted_parties.into_iter().map(|row| (row.source_gateway_id, row.thumbprint));
    let signers =
        content.signer_information.into_iter().map(|row| (row.source_gateway_id, row.thumbprint));
    parties.chain(signers).collect()
}

fn set(rows: &[(Option<&str>, &str)]) -> BTreeSet<(Option<String>, String)> {
    rows.iter().map(|(source, print)| (source.map(str::to_owned), (*print).to_owned())).collect()
}

async fn log(store: &Store) -> Vec<(Action, Kind, String, Option<String>)> {
    let entries = store.log_entries(0, 256).await.unwrap();
    entries
        .iter()
        .map(|bytes| Entry::from_bytes(bytes).unwrap())
        .map(|entry| (entry.action, entry.kind, entry.key, entry.source_gateway))
        .collect()
}

async fn state(store: &Store) -> FederationGateway {
    store.federation_gateways().await.unwrap().0.remove(0)
}

on_both_databases! {
async fn the_holder_of_an_ended_lease_swaps_nothing(database: &TestDatabase) {
    let (store, other) = (open(database).await, open(database).await);
    store.put_federation_gateway(&peer("b"), None, None, &event("PEER")).await.unwrap();
    let old = take(&store, Duration::from_millis(20)).await.unwrap();
    let new = loop {
        if let Some(lease) = take(&other, LONG).await {
            break lease;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let before = (rows(&store).await, state(&store).await);
    let content = || FederatedContent {
        parties: vec![pulled_party("p1", "XA")],
        ..FederatedContent::default()
    };
    let swap = store.replace_federated(&old, "b", content(), None, &event("PULL")).await;
    for refused in [
        swap.map(|_| ()),
        store.pull_succeeded(&old, "b", None, at(1)).await,
        store.pull_failed(&old, "b", "late", at(1)).await,
    ] {
        assert!(matches!(refused, Err(StoreError::LeaseLost { .. })), "{refused:?}");
    }
    assert_eq!((rows(&store).await, state(&store).await), before);
    other.replace_federated(&new, "b", content(), None, &event("PULL")).await.unwrap();
    assert_eq!(rows(&store).await, set(&[(Some("b"), "p1")]));
}

async fn a_pull_replaces_what_came_from_that_peer_and_nothing_else(database: &TestDatabase) {
    let store = open(database).await;
    store.insert_trusted_party(party("own"), &event("ONBOARDED")).await.unwrap();
    for id in ["b", "c"] {
        store.put_federation_gateway(&peer(id), None, None, &event("PEER")).await.unwrap();
    }
    let lease = take(&store, LONG).await.unwrap();
    let pull = async |id: &str, content| {
        store.replace_federated(&lease, id, content, None, &event("PULL")).await
    };
    let first = FederatedContent {
        // Another gateway may list what is onboarded here.
        parties: vec![pulled_party("own", "XA"), pulled_party("p1", "XB")],
        signers: vec![pulled_signer("s1", "XB")],
        ..FederatedContent::default()
    };
    pull("b", first.clone()).await.unwrap();
    pull("c", first).await.unwrap();
    let content = store.trust_content().await.unwrap();
    let found = content.trusted_parties.iter().find(|row| row.thumbprint == "p1").unwrap();
    assert_eq!((found.uuid.as_deref(), found.version), (Some("uuid-p1"), 7));
    assert_eq!(found.certificate_type, PartyType::Csca);
    let found = content.signer_information.first().unwrap();
    assert_eq!((found.uuid.is_some(), found.version), (true, 3));
    assert_eq!(found.domain.as_deref(), Some("PH4H"));
    assert_eq!(found.properties.as_deref(), Some("{\"purpose\":\"a\"}"));

    let next = FederatedContent {
        parties: vec![pulled_party("p2", "XA"), pulled_party("p9", "XB")],
        held: BTreeSet::from(["XB".to_owned()]),
        ..FederatedContent::default()
    };
    let swapped = pull("b", next).await.unwrap();
    assert_eq!(swapped, Swapped { added: 1, removed: 1, kept: 2 });
    let (b, c) = (Some("b"), Some("c"));
    let expected =
        set(&[(None, "own"), (b, "p2"), (b, "p1"), (b, "s1"), (c, "own"), (c, "p1"), (c, "s1")]);
    assert_eq!(rows(&store).await, expected);

    let twice = FederatedContent {
        parties: vec![pulled_party("p3", "XA"), pulled_party("p3", "XA")],
        ..FederatedContent::default()
    };
    assert!(matches!(pull("b", twice).await, Err(StoreError::Conflict(_))));
    let too_long = FederatedContent {
        parties: vec![pulled_party(&"p".repeat(limit::THUMBPRINT + 1), "XA")],
        ..FederatedContent::default()
    };
    assert!(matches!(pull("b", too_long).await, Err(StoreError::TooLong { .. })));
    let nobody = pull("nobody", FederatedContent::default()).await;
    assert!(matches!(nobody, Err(StoreError::NoPeer { .. })));
    assert_eq!(rows(&store).await, expected, "all of it or nothing");

    store.remove_federation_gateway("b", &event("PEER")).await.unwrap();
    let expected = set(&[(None, "own"), (c, "own"), (c, "p1"), (c, "s1")]);
    assert_eq!(rows(&store).await, expected);
    let again = store.remove_federation_gateway("b", &event("PEER")).await;
    assert!(matches!(again, Err(StoreError::NoPeer { .. })));
}

async fn a_pull_that_changes_nothing_leaves_log_trail_and_revision(database: &TestDatabase) {
    let store = open(database).await;
    store.put_federation_gateway(&peer("b"), None, None, &event("PEER")).await.unwrap();
    let lease = take(&store, LONG).await.unwrap();
    let content = || FederatedContent {
        parties: vec![pulled_party("p1", "XA")],
        signers: vec![pulled_signer("s1", "XA")],
        ..FederatedContent::default()
    };
    let pull = async |content, event| {
        store.replace_federated(&lease, "b", content, Some("said"), &event).await.unwrap()
    };
    let swapped = pull(content(), event("PULL")).await;
    assert_eq!(swapped, Swapped { added: 2, removed: 0, kept: 0 });
    let seen = async || {
        let trail = store.audit_events(None, 100).await.unwrap();
        (store.trust_content().await.unwrap(), log(&store).await, trail)
    };
    let before = seen().await;
    assert!(before.2.last().unwrap().event.description.ends_with("2 added, 0 removed"));

    let later = gdhcn_store::audit_event::AuditEvent { occurred_at: at(900), ..event("PULL") };
    let swapped = pull(content(), later.clone()).await;
    assert!(swapped.is_nothing());
    let mut after = seen().await;
    assert_eq!(after.0.federation_gateways[0].last_successful_download, Some(at(900)));
    after.0.federation_gateways.clone_from(&before.0.federation_gateways);
    assert_eq!(after, before);

    // One row is different now.
    let mut other = content();
    other.signers[0].new.signature = "other".into();
    let swapped = pull(other, later).await;
    assert_eq!(swapped, Swapped { added: 1, removed: 1, kept: 1 });
    let source = Some("b".to_owned());
    let entry = |action, kind, key: &str| (action, kind, key.to_owned(), source.clone());
    assert_eq!(
        log(&store).await[1..],
        [
            entry(Action::Federated, Kind::TrustedParty, "p1"),
            entry(Action::Federated, Kind::SignerInformation, "s1"),
            entry(Action::Deleted, Kind::SignerInformation, "s1"),
            entry(Action::Federated, Kind::SignerInformation, "s1"),
        ]
    );
}

async fn issuers_and_references_are_swapped_or_left_alone(database: &TestDatabase) {
    let store = open(database).await;
    store.put_federation_gateway(&peer("b"), None, None, &event("PEER")).await.unwrap();
    let lease = take(&store, LONG).await.unwrap();
    let pull = async |issuers, references| {
        let content = FederatedContent { issuers, references, ..FederatedContent::default() };
        store.replace_federated(&lease, "b", content, None, &event("PULL")).await.unwrap()
    };
    let message = || SignedText {
        content: br#"{"country":"XA","service":"ValueSet"}"#.to_vec(),
        cms: "cms".into(),
        detached: "detached".into(),
    };
    // A peer that gives one identifier twice does not spoil the log.
    let issuers = || vec![pulled_issuer("one", Some("u")), pulled_issuer("two", Some("u"))];
    let references = || vec![pulled_reference("r1", None), pulled_reference("r2", Some(message()))];
    let swapped = pull(Some(issuers()), Some(references())).await;
    assert_eq!(swapped, Swapped { added: 4, removed: 0, kept: 0 });
    let found = store.trusted_issuers().await.unwrap();
    assert_eq!(found.len(), 2);
    assert_ne!(found[0].uuid, found[1].uuid);
    assert!(found.iter().all(|row| row.source_gateway_id.as_deref() == Some("b")));
    assert_eq!((found[0].version, &found[0].issuer.created_at), (2, &at(0)));
    let found = store.trusted_references().await.unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|row| (row.name.as_str(), row.cms.as_deref(), row.version, row.domain.as_deref()))
        .collect();
    assert_eq!(told, [("r1", None, 4, Some("PH4H")), ("r2", Some("cms"), 4, Some("PH4H"))]);

    let size = log(&store).await.len();
    let swapped = pull(None, None).await;
    assert_eq!(swapped, Swapped { added: 0, removed: 0, kept: 4 });
    let swapped = pull(Some(vec![pulled_issuer("one", Some("u"))]), Some(references())).await;
    assert_eq!(swapped, Swapped { added: 0, removed: 1, kept: 3 });
    let told = log(&store).await;
    assert_eq!(told.len(), size + 1);
    assert_eq!((told[size].0, told[size].1), (Action::Deleted, Kind::TrustedIssuer));
    store.remove_federation_gateway("b", &event("PEER")).await.unwrap();
    assert_eq!(store.trusted_issuers().await.unwrap(), []);
    assert_eq!(store.trusted_references().await.unwrap(), []);
}

async fn at_an_operators_word_a_peer_takes_the_place_of_everything_else(database: &TestDatabase) {
    let store = open(database).await;
    store.insert_trusted_party(party("tls"), &event("ONBOARDED")).await.unwrap();
    let csca = NewTrustedParty { certificate_type: PartyType::Csca, ..party("csca") };
    store.insert_trusted_party(csca, &event("ONBOARDED")).await.unwrap();
    store.insert_signer_information(signer("dsc"), &event("SUCCESS")).await.unwrap();
    let anchor = assigned("anchor", "b", PartyType::TrustAnchor);
    store.put_federation_gateway(&peer("b"), Some(vec![anchor]), None, &event("PEER")).await.unwrap();
    store.put_federation_gateway(&peer("c"), None, None, &event("PEER")).await.unwrap();
    let lease = take(&store, LONG).await.unwrap();
    let content = |thumbprint, others| FederatedContent {
        parties: vec![pulled_party(thumbprint, "XB")],
        others,
        ..FederatedContent::default()
    };
    let pull = async |id: &str, content| {
        store.replace_federated(&lease, id, content, None, &event("PULL")).await.unwrap()
    };
    pull("c", content("of-c", Others::Stay)).await;
    let swapped = pull("b", content("of-b", Others::Go { operator: "Ada".into() })).await;
    assert_eq!(swapped, Swapped { added: 1, removed: 3, kept: 0 });
    let expected = set(&[(None, "tls"), (None, "anchor"), (Some("b"), "of-b")]);
    assert_eq!(rows(&store).await, expected);
    assert_eq!(store.tombstones_since(at(-1)).await.unwrap().len(), 1);
    let told: Vec<_> = log(&store).await.into_iter().map(|entry| (entry.0, entry.2)).collect();
    assert!(told.contains(&(Action::Offboarded, "csca".to_owned())), "{told:?}");
    assert!(told.contains(&(Action::Offboarded, "dsc".to_owned())), "{told:?}");
}

async fn how_pulls_went_stays_when_a_peer_is_put_again(database: &TestDatabase) {
    let store = open(database).await;
    store.put_federation_gateway(&peer("b"), None, None, &event("PEER")).await.unwrap();
    let lease = take(&store, LONG).await.unwrap();
    let revision = store.revision().await.unwrap();
    store.pull_failed(&lease, "b", "down", at(1)).await.unwrap();
    store.pull_failed(&lease, "b", &"é".repeat(600), at(2)).await.unwrap();
    assert_eq!(store.revision().await.unwrap(), revision, "no list changes by it");
    let mut other = peer("b");
    other.peer.target = DownloadTarget::GatewayOnly;
    store.put_federation_gateway(&other, None, None, &event("PEER")).await.unwrap();
    assert_ne!(store.revision().await.unwrap(), revision);
    let found = state(&store).await;
    assert_eq!((&found.configured, found.retry_count), (&other, 2));
    assert_eq!(found.status_message, Some("é".repeat(limit::STATUS)));
    assert_eq!((found.last_download, found.last_successful_download), (Some(at(2)), None));
    store.pull_succeeded(&lease, "b", None, at(3)).await.unwrap();
    let found = state(&store).await;
    assert_eq!((found.retry_count, found.status_message), (0, None));
    assert_eq!((found.last_download, found.last_successful_download), (Some(at(3)), Some(at(3))));
    let told: Vec<_> = log(&store).await.into_iter().map(|entry| (entry.0, entry.1)).collect();
    let of_peer = |action| (action, Kind::FederationGateway);
    assert_eq!(told, [of_peer(Action::Onboarded), of_peer(Action::Updated)]);
}

async fn a_peers_anchors_and_servers_come_and_go_with_it(database: &TestDatabase) {
    let store = open(database).await;
    let tls = |thumbprint| assigned(thumbprint, "b", PartyType::AuthenticationFederation);
    let anchor = || assigned("anchor", "b", PartyType::TrustAnchor);
    let put = async |assigned| store.put_federation_gateway(&peer("b"), Some(assigned), None, &event("PEER")).await;
    put(vec![anchor(), tls("tls-1")]).await.unwrap();
    put(vec![anchor(), tls("tls-2")]).await.unwrap();
    assert_eq!(rows(&store).await, set(&[(None, "anchor"), (None, "tls-2")]));
    let foreign = assigned("tls-3", "c", PartyType::TrustAnchor);
    assert!(matches!(put(vec![foreign]).await, Err(StoreError::NotAssigned { .. })));
    assert!(matches!(put(vec![party("tls-4")]).await, Err(StoreError::NotAssigned { .. })));
    assert_eq!(rows(&store).await, set(&[(None, "anchor"), (None, "tls-2")]));
    store.put_federation_gateway(&peer("b"), None, None, &event("PEER")).await.unwrap();
    assert_eq!(rows(&store).await.len(), 2, "left as they are");
    let mut ambiguous = peer("b");
    ambiguous.peer.kid = "a;b".into();
    let refused = store.put_federation_gateway(&ambiguous, None, None, &event("PEER")).await;
    assert!(matches!(refused, Err(StoreError::Peer(_))));
    store.remove_federation_gateway("b", &event("PEER")).await.unwrap();
    assert_eq!(rows(&store).await, set(&[]));
}

async fn with_an_anchor_goes_what_stood_on_it(database: &TestDatabase) {
    let store = open(database).await;
    let anchors = async |names: &[&str]| {
        let anchor = |name: &&str| assigned(name, "b", PartyType::TrustAnchor);
        let anchors = Some(names.iter().map(anchor).collect());
        store.put_federation_gateway(&peer("b"), anchors, None, &event("PEER")).await.unwrap();
    };
    anchors(&["old"]).await;
    let lease = take(&store, LONG).await.unwrap();
    let pull = async |checked_by: &str| {
        let content = FederatedContent {
            parties: vec![pulled_party("csca", "XB")],
            anchors: BTreeSet::from([checked_by.to_owned()]),
            ..FederatedContent::default()
        };
        store.replace_federated(&lease, "b", content, None, &event("PULL")).await
    };
    assert!(matches!(pull("new").await, Err(StoreError::AnchorsChanged)));
    pull("old").await.unwrap();
    anchors(&["old", "new"]).await;
    assert!(rows(&store).await.contains(&(Some("b".into()), "csca".into())), "one more costs nothing");
    // The peer's anchor was stolen, say, and it has another one now.
    anchors(&["new"]).await;
    assert_eq!(rows(&store).await, set(&[(None, "new")]));
    assert!(matches!(pull("old").await, Err(StoreError::AnchorsChanged)), "checked before");
    assert_eq!(rows(&store).await, set(&[(None, "new")]));
    pull("new").await.unwrap();
}

async fn an_identifier_that_fits_no_column_is_none(database: &TestDatabase) {
    let store = open(database).await;
    store.put_federation_gateway(&peer("b"), None, None, &event("PEER")).await.unwrap();
    let lease = take(&store, LONG).await.unwrap();
    for uuid in ["u".repeat(10_000), "a\0b".to_owned()] {
        let uuid = Some(uuid);
        let content = || FederatedContent {
            parties: vec![Pulled { uuid: uuid.clone(), ..pulled_party("csca", "XB") }],
            signers: vec![Pulled { uuid: uuid.clone(), ..pulled_signer("dsc", "XB") }],
            issuers: Some(vec![pulled_issuer("one", uuid.as_deref())]),
            ..FederatedContent::default()
        };
        let pull = async || {
            store.replace_federated(&lease, "b", content(), None, &event("PULL")).await.unwrap()
        };
        pull().await;
        assert_eq!(pull().await, Swapped { added: 0, removed: 0, kept: 3 }, "a made one is kept");
    }
}

async fn a_peer_that_this_program_does_not_know_is_named(database: &TestDatabase) {
    let store = open(database).await;
    for id in ["b", "c"] {
        store.put_federation_gateway(&peer(id), None, None, &event("PEER")).await.unwrap();
    }
    database.by_hand("UPDATE federation_gateway SET mode = 'MERGE' WHERE gateway_id = 'b'");
    let (peers, unreadable) = store.federation_gateways().await.unwrap();
    assert_eq!(peers.len(), 1);
    assert_eq!((unreadable[0].id.as_str(), unreadable[0].column.as_str()), ("b", "mode"));
}
}

//! Rules, batches, value sets, references and issuers on both databases.

use gdhcn_log::{Action, Entry, Kind};
use gdhcn_revocation::Batch;
use gdhcn_rules::Rule;
use gdhcn_rules::upload::UploadRefusal;
use gdhcn_rules::value_set::ValueSet;
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::revocation_batch::{BatchList, LISTED};
use gdhcn_store::trusted_issuer::NewTrustedIssuer;
use gdhcn_store::trusted_party::{NewTrustedParty, PartyType};
use gdhcn_store::{Location, SignedText, Store, StoreError, limit};
use gdhcn_testkit::{TestDatabase, on_both_databases};
use gdhcn_trust::reference::TrustedReference;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::job::{LONG, take};
use crate::store::{party, signer};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn hours(hours: i64) -> Timestamp {
    at(hours * 3600)
}

fn event(name: &str) -> AuditEvent {
    AuditEvent {
        occurred_at: at(0),
        request_id: "request".into(),
        country: Some("XA".into()),
        uploader_fingerprint: None,
        authentication_fingerprint: Some("bb".into()),
        event: name.into(),
        description: "a test".into(),
        code: None,
        payload_sha256: None,
    }
}

async fn open(database: &TestDatabase) -> Store {
    Store::open(Location::from(database.location())).await.unwrap()
}

async fn trail(store: &Store) -> Vec<String> {
    let events = store.audit_events(None, 10_000).await.unwrap();
    events.into_iter().map(|recorded| recorded.event.event).collect()
}

fn rule(id: &str, version: &str, from: i64) -> Rule {
    let text = |instant: Timestamp| instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let document = json!({
        "Identifier": id,
        "Type": "Acceptance",
        "Country": "XA",
        "Version": version,
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "0.7.5",
        "CertificateType": "General",
        "Description": [{"lang": "en", "desc": "A description of the rule."}],
        "ValidFrom": text(hours(from)),
        "ValidTo": text(hours(from + 1000)),
        "AffectedFields": ["v.0"],
        "Logic": {"var": "payload.v.0"}
    });
    Rule::from_json(document.to_string().as_bytes(), &Rule::LIMITS).unwrap()
}

fn batch() -> Batch {
    let document = json!({
        "country": "XA",
        "expires": "2030-01-01T00:00:00Z",
        "hashType": "UCI",
        "entries": [{"hash": "KaBXv0wZrJ3vSbHQFpMEtQ=="}]
    });
    Batch::accept(document.to_string().as_bytes(), "XA", at(0), &Batch::LIMITS).unwrap()
}

/// What stands for a message with this text.
fn message(cms: &str, text: impl ToString) -> SignedText {
    let content = text.to_string().into_bytes();
    SignedText { content, cms: cms.to_owned(), detached: "detached".into() }
}

/// A message that withdraws a batch, or a reference.
fn withdrawal(number: usize) -> SignedText {
    message("deletion", json!({ "batchId": id(number), "uuid": id(number) }))
}

/// What a rule's message says of it.
fn names(id: &str, version: &str) -> serde_json::Value {
    json!({ "Identifier": id, "Version": version })
}

/// What a reference's message says of it.
fn refers(number: usize) -> serde_json::Value {
    json!({ "country": "XA", "service": "s", "uuid": id(number) })
}

/// Action, kind and key of each entry of the log.
async fn logged(store: &Store) -> Vec<(Action, Kind, String)> {
    let entries = store.log_entries(0, 256).await.unwrap();
    let entries = entries.iter().map(|entry| Entry::from_bytes(entry).unwrap());
    entries.map(|entry| (entry.action, entry.kind, entry.key)).collect()
}

/// The identifier of a batch.
fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

async fn add(store: &Store, number: usize, now: Timestamp) {
    let cms = format!("cms {number}");
    store
        .insert_revocation_batch(
            &id(number),
            &batch(),
            &message(&cms, json!({ "country": "XA", "hashType": "UCI" })),
            now,
            &event("CREATED"),
        )
        .await
        .unwrap();
}

fn ids(list: &BatchList) -> Vec<String> {
    list.batches.iter().map(|batch| batch.batch_id.clone()).collect()
}

fn reference(uuid: Option<&str>, country: &str, name: &str) -> TrustedReference {
    let document = json!({
        "url": "https://fhir.example/vs",
        "country": country,
        "type": "FHIR",
        "service": "ValueSet",
        "thumbprint": "ab",
        "name": name,
        "sslPublicKey": "key",
        "contentType": "application/json",
        "signatureType": "NONE",
        "referenceVersion": "1.0",
        "uuid": uuid
    });
    let text = document.to_string();
    TrustedReference::accept(text.as_bytes(), country, &TrustedReference::LIMITS).unwrap()
}

on_both_databases! {
async fn who_was_off_boarded_meanwhile_changes_nothing(database: &TestDatabase) {
    let store = open(database).await;
    let uploader = NewTrustedParty {
        certificate_type: PartyType::Upload,
        roles: Vec::new(),
        ..party("uploader")
    };
    store.insert_trusted_party(uploader.clone(), &event("ONBOARDED")).await.unwrap();
    let by = |thumbprint: &str| AuditEvent {
        uploader_fingerprint: Some(thumbprint.to_owned()),
        ..event("SUCCESS")
    };
    let known = by("uploader");
    let (rule, document) = (rule("GR-XA-0001", "1.0.0", 100), message("cms", names("GR-XA-0001", "1.0.0")));
    let of_reference = message("cms", refers(1));
    store.insert_signer_information(signer("dsc"), &known).await.unwrap();
    store.insert_validation_rule(&rule, &document, "XA", at(0), &known).await.unwrap();
    let text = message("cms", json!({ "country": "XA", "hashType": "UCI" }));
    store.insert_revocation_batch(&id(1), &batch(), &text, at(0), &known).await.unwrap();
    let named = reference(None, "XA", "one");
    store.put_trusted_reference(&id(1), &named, &of_reference, &known).await.unwrap();
    let messages = store.stored_messages("XA").await.unwrap();
    let batch_message = messages.iter().find(|one| one.cms == "cms").unwrap();

    let before = store.log_entries(0, 256).await.unwrap();
    let other = NewTrustedParty { country: "XB".into(), thumbprint: "of XB".into(), kid: "b".into(), ..uploader };
    store.insert_trusted_party(other, &event("ONBOARDED")).await.unwrap();
    store.insert_trusted_party(party("tls"), &event("ONBOARDED")).await.unwrap();
    for stranger in ["nobody", "of XB", "tls"] {
        let event = by(stranger);
        let refused = [
            store.insert_signer_information(signer("new"), &event).await.err(),
            store.delete_signer_information("dsc", "XA", "message", &event).await.err(),
            store.exchange_signature("dsc", "XA", "another", &event).await.err(),
            store.insert_validation_rule(&rule, &document, "XA", at(0), &event).await.err(),
            store.delete_validation_rule("GR-XA-0001", "XA", &document, &event).await.err(),
            store.insert_revocation_batch(&id(2), &batch(), &text, at(0), &event).await.err(),
            store.delete_revocation_batch(&id(1), "XA", &withdrawal(1), at(0), &event).await.err(),
            store.exchange_text(batch_message, &text, at(0), &event).await.err(),
            store.put_trusted_reference(&id(2), &named, &of_reference, &event).await.err(),
            store.delete_trusted_reference(&id(1), "XA", &withdrawal(1), &event).await.err(),
        ];
        for (number, refused) in refused.into_iter().enumerate() {
            assert!(
                matches!(&refused, Some(StoreError::NoUploader { signer }) if signer == stranger),
                "{number} by {stranger}: {refused:?}"
            );
        }
    }
    assert_eq!(store.log_entries(0, 256).await.unwrap().len(), before.len() + 2);
}

async fn versions_of_a_rule_stand_in_the_order_of_their_coming(database: &TestDatabase) {
    let store = open(database).await;
    let put = async |id: &str, version: &str, from: i64| {
        let rule = rule(id, version, from);
        store.insert_validation_rule(&rule, &message(version, names(id, version)), "XA", at(0), &event("CREATED")).await
    };
    put("GR-XA-0002", "1.0.9", 60).await.unwrap();
    put("GR-XA-0001", "1.0.0", 50).await.unwrap();
    put("GR-XA-0002", "1.0.10", 60).await.unwrap();
    let lower = put("GR-XA-0002", "1.0.9", 70).await;
    assert!(matches!(lower, Err(StoreError::Rule(UploadRefusal::Version { .. }))));
    let earlier = put("GR-XA-0002", "1.0.11", 59).await;
    assert!(matches!(earlier, Err(StoreError::Rule(UploadRefusal::Instants(_)))));
    let long = rule("GR-XA-0003", "1.0.0", 50);
    let text = "x".repeat(limit::RULE + 1);
    let long = store.insert_validation_rule(&long, &message(&text, "{}"), "XA", at(0), &event("CREATED")).await;
    assert!(matches!(long, Err(StoreError::TooLong { .. })));

    let stored = store.validation_rules("XA").await.unwrap();
    let stored: Vec<_> =
        stored.iter().map(|rule| (rule.rule_id.as_str(), rule.version.as_str())).collect();
    assert_eq!(
        stored,
        [("GR-XA-0001", "1.0.0"), ("GR-XA-0002", "1.0.9"), ("GR-XA-0002", "1.0.10")]
    );
    assert_eq!(store.validation_rules("XB").await.unwrap(), []);
    assert_eq!(trail(&store).await, ["CREATED"; 3]);

    store.delete_validation_rule("GR-XA-0002", "XA", &message("cms", "GR-XA-0002"), &event("DELETED")).await.unwrap();
    let again = store.delete_validation_rule("GR-XA-0002", "XA", &message("cms", "GR-XA-0002"), &event("DELETED")).await;
    assert!(matches!(again, Err(StoreError::NotFound)));
    assert_eq!(store.validation_rules("XA").await.unwrap().len(), 1);
    let entry = |action, key: &str| (action, Kind::ValidationRule, key.to_owned());
    let (stored, deleted) = (Action::Stored, Action::Deleted);
    let expected = [
        entry(stored, "GR-XA-0002 1.0.9"),
        entry(stored, "GR-XA-0001 1.0.0"),
        entry(stored, "GR-XA-0002 1.0.10"),
        entry(deleted, "GR-XA-0002 1.0.9"),
        entry(deleted, "GR-XA-0002 1.0.10"),
    ];
    assert_eq!(logged(&store).await, expected);
    // After a withdrawal the numbers may start again.
    put("GR-XA-0002", "0.1.0", 50).await.unwrap();
}

async fn of_concurrent_uploads_of_one_version_exactly_one_wins(database: &TestDatabase) {
    let (store, other) = (open(database).await, open(database).await);
    let mut uploads = tokio::task::JoinSet::new();
    for number in 0..12 {
        let store = if number % 2 == 0 { store.clone() } else { other.clone() };
        uploads.spawn(async move {
            let rule = rule("GR-XA-0001", "1.0.0", 50);
            store.insert_validation_rule(&rule, &message("cms", names("GR-XA-0001", "1.0.0")), "XA", at(0), &event("CREATED")).await
        });
    }
    let mut won = 0;
    while let Some(upload) = uploads.join_next().await {
        match upload.unwrap() {
            Ok(()) => won += 1,
            Err(StoreError::Rule(UploadRefusal::Version { .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((won, trail(&store).await.len()), (1, 1));
}

async fn a_second_is_listed_when_it_is_over_and_never_cut(database: &TestDatabase) {
    let store = open(database).await;
    // 999 batches in one second, and three in the next.
    for number in 0..LISTED - 1 {
        add(&store, number, at(10)).await;
    }
    for number in LISTED - 1..LISTED + 2 {
        add(&store, number, at(11)).await;
    }
    add(&store, LISTED + 2, at(12)).await;

    let during = store.revocation_list(at(0), at(10)).await.unwrap();
    assert_eq!((during.batches.len(), during.more), (0, false));
    let after = store.revocation_list(at(0), at(11)).await.unwrap();
    assert_eq!((after.batches.len(), after.more), (LISTED - 1, false));
    // The thousandth is in the second of the next two, which come with it.
    let full = store.revocation_list(at(0), at(12)).await.unwrap();
    assert_eq!((full.batches.len(), full.more), (LISTED + 2, false));
    let full = store.revocation_list(at(0), at(13)).await.unwrap();
    assert_eq!((full.batches.len(), full.more), (LISTED + 2, true));
    assert!(full.batches.is_sorted_by_key(|batch| batch.changed));
    // As the stock client goes on: with the last date, in whole seconds.
    let rest = store.revocation_list(full.batches.last().unwrap().changed, at(13)).await.unwrap();
    assert_eq!((ids(&rest), rest.more), (vec![id(LISTED + 2)], false));
    let end = store.revocation_list(rest.batches[0].changed, at(13)).await.unwrap();
    assert_eq!(end.batches, []);
}

async fn exactly_a_page_of_batches_leaves_nothing(database: &TestDatabase) {
    let store = open(database).await;
    for number in 0..LISTED {
        add(&store, number, at(10)).await;
    }
    let page = store.revocation_list(at(9), at(11)).await.unwrap();
    assert_eq!((page.batches.len(), page.more), (LISTED, false));
    add(&store, LISTED, at(20)).await;
    let page = store.revocation_list(at(9), at(21)).await.unwrap();
    assert_eq!((page.batches.len(), page.more), (LISTED, true));
}

async fn a_change_never_falls_behind_the_newest(database: &TestDatabase) {
    let store = open(database).await;
    add(&store, 1, at(20)).await;
    // Another machine's clock is behind; a fraction of a second is cut off.
    add(&store, 2, at(15)).await;
    add(&store, 3, at(20).checked_add(SignedDuration::from_millis(999)).unwrap()).await;
    let list = store.revocation_list(at(19), at(21)).await.unwrap();
    assert_eq!(ids(&list), [id(1), id(2), id(3)]);
    assert!(list.batches.iter().all(|batch| batch.changed == at(20)));
    let since = at(19).checked_add(SignedDuration::from_millis(500)).unwrap();
    assert_eq!(store.revocation_list(since, at(21)).await.unwrap().batches.len(), 3);
}

async fn a_deleted_batch_is_listed_until_it_is_purged(database: &TestDatabase) {
    let store = open(database).await;
    add(&store, 1, at(10)).await;
    add(&store, 2, at(11)).await;
    let delete = async |number, country: &str, now| {
        let event = event("DELETED");
        store.delete_revocation_batch(&id(number), country, &withdrawal(number), now, &event).await
    };
    assert!(matches!(delete(9, "XA", at(20)).await, Err(StoreError::NotFound)));
    assert!(matches!(delete(1, "XB", at(20)).await, Err(StoreError::Foreign { .. })));
    delete(1, "XA", at(20)).await.unwrap();
    assert!(matches!(delete(1, "XA", at(21)).await, Err(StoreError::Gone)));

    let gone = store.revocation_batch(&id(1)).await.unwrap().unwrap();
    assert_eq!((gone.changed, gone.cms), (at(20), None));
    let kept = store.revocation_batch(&id(2)).await.unwrap().unwrap();
    assert_eq!(kept.cms.as_deref(), Some("cms 2"));
    assert_eq!(store.revocation_batch(&id(9)).await.unwrap(), None);
    let list = store.revocation_list(at(0), at(30)).await.unwrap();
    let deleted: Vec<_> = list.batches.iter().map(|batch| batch.deleted).collect();
    assert_eq!((ids(&list), deleted), (vec![id(2), id(1)], vec![false, true]));

    let lease = take(&store, LONG).await.unwrap();
    let purge = async |before| store.purge_revocation_batches(&lease, before, at(90)).await;
    assert_eq!(purge(at(20)).await.unwrap(), 0);
    assert_eq!(purge(at(21)).await.unwrap(), 1);
    assert_eq!(store.revocation_batch(&id(1)).await.unwrap(), None);
    let entry = |action, number| (action, Kind::RevocationBatch, id(number));
    let (stored, deleted) = (Action::Stored, Action::Deleted);
    assert_eq!(logged(&store).await, [entry(stored, 1), entry(stored, 2), entry(deleted, 1)]);
    assert_eq!(trail(&store).await, ["CREATED", "CREATED", "DELETED", "PURGED"]);
}

async fn a_batch_that_has_ended_is_marked_once(database: &TestDatabase) {
    let store = open(database).await;
    add(&store, 1, at(10)).await;
    let end = batch().expires;
    let lease = take(&store, LONG).await.unwrap();
    let expire = async |now| store.expire_revocation_batches(&lease, now).await;
    assert_eq!(expire(end).await.unwrap(), 0);
    let after = end.checked_add(SignedDuration::from_secs(1)).unwrap();
    assert_eq!(expire(after).await.unwrap(), 1);
    assert_eq!(expire(after).await.unwrap(), 0);
    let gone = store.revocation_batch(&id(1)).await.unwrap().unwrap();
    assert_eq!((gone.changed, gone.cms), (after, None));
    assert_eq!(trail(&store).await, ["CREATED", "EXPIRED"]);
    let entry = |action| (action, Kind::RevocationBatch, id(1));
    assert_eq!(logged(&store).await, [entry(Action::Stored), entry(Action::Expired)]);
}

async fn a_value_set_is_given_back_byte_for_byte(database: &TestDatabase) {
    let store = open(database).await;
    let set = |text: &str| ValueSet::from_json(text.to_owned(), &ValueSet::LIMITS).unwrap();
    let first = r#" {"valueSetId":"b","valueSetDate":"2021-04-27","valueSetValues":{}} "#;
    store.put_value_set(&set(first), Some("operator"), &event("CREATED")).await.unwrap();
    store.put_value_set(&set(&first.replace("\"b\"", "\"a\"")), Some("operator"), &event("CREATED")).await.unwrap();
    assert_eq!(store.value_set_ids().await.unwrap(), ["a", "b"]);
    assert_eq!(store.value_set("b").await.unwrap().as_deref(), Some(first));
    assert_eq!(store.value_set("c").await.unwrap(), None);
    let next = first.replace("27", "28");
    store.put_value_set(&set(&next), Some("operator"), &event("UPDATED")).await.unwrap();
    assert_eq!(store.value_set("b").await.unwrap(), Some(next));
    assert_eq!(store.value_set_ids().await.unwrap(), ["a", "b"]);
    let entry = |action, id: &str| (action, Kind::ValueSet, id.to_owned());
    let stored = Action::Stored;
    let expected = [entry(stored, "b"), entry(stored, "a"), entry(Action::Updated, "b")];
    assert_eq!(logged(&store).await, expected);
}

/// D-08: nobody takes over a reference of another country.
async fn a_reference_is_replaced_by_its_owner_only(database: &TestDatabase) {
    let store = open(database).await;
    let put = async |uuid: &str, reference: &TrustedReference| {
        store.put_trusted_reference(uuid, reference, &message("cms", refers(1)), &event("CREATED")).await
    };
    put(&id(1), &reference(None, "XA", "first")).await.unwrap();
    put(&id(1), &reference(Some(&id(1)), "XA", "second")).await.unwrap();
    let taken = put(&id(1), &reference(Some(&id(1)), "XB", "third")).await;
    assert!(matches!(taken, Err(StoreError::Foreign { country }) if country == "XA"));
    let unknown = put(&id(2), &reference(Some(&id(2)), "XA", "none")).await;
    assert!(matches!(unknown, Err(StoreError::NotFound)));

    let rows = store.trusted_references().await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].name.as_str(), rows[0].country.as_str()), ("second", "XA"));
    assert_eq!(rows[0].cms.as_deref(), Some("cms"));
    assert_eq!(store.trusted_reference(&id(1)).await.unwrap().as_ref(), Some(&rows[0]));

    let delete = async |country: &str| {
        store.delete_trusted_reference(&id(1), country, &withdrawal(1), &event("DELETED")).await
    };
    assert!(matches!(delete("XB").await, Err(StoreError::Foreign { .. })));
    delete("XA").await.unwrap();
    assert!(matches!(delete("XA").await, Err(StoreError::NotFound)));
    assert_eq!(trail(&store).await, ["CREATED", "CREATED", "DELETED"]);
    let entry = |action| (action, Kind::TrustedReference, id(1));
    let expected = [Action::Stored, Action::Updated, Action::Deleted].map(entry);
    assert_eq!(logged(&store).await, expected);
}

/// What another gateway has given is not ours to change.
async fn a_pulled_reference_is_read_only(database: &TestDatabase) {
    let store = open(database).await;
    let new = reference(None, "XA", "first");
    store.put_trusted_reference(&id(1), &new, &message("cms", refers(1)), &event("CREATED")).await.unwrap();
    database.by_hand("UPDATE trusted_reference SET source_gateway_id = 'other'");
    let deleted = store.delete_trusted_reference(&id(1), "XA", &withdrawal(1), &event("DELETED")).await;
    assert!(matches!(deleted, Err(StoreError::NotFound)));
    let replaced = reference(Some(&id(1)), "XA", "second");
    let replaced = store.put_trusted_reference(&id(1), &replaced, &message("cms", refers(1)), &event("UPDATED")).await;
    assert!(matches!(replaced, Err(StoreError::NotFound)));
    assert!(store.trusted_reference(&id(1)).await.unwrap().is_some());
}

async fn issuers_come_and_go(database: &TestDatabase) {
    let store = open(database).await;
    let new = NewTrustedIssuer {
        created_at: at(1),
        country: "XA".into(),
        url: "did:web:issuer.example".into(),
        name: "An issuer".into(),
        url_type: "DID".into(),
        thumbprint: None,
        ssl_public_key: None,
        key_storage_type: Some("DIDDocument".into()),
        signature: "signature".into(),
        domain: Some("DCC".into()),
    };
    let uuid = store.insert_trusted_issuer(&new, "XA;n;u;DID", &event("ISSUER_ADDED")).await.unwrap();
    let long = NewTrustedIssuer { name: "x".repeat(513), ..new.clone() };
    let long = store.insert_trusted_issuer(&long, "XA;n;u;DID", &event("ISSUER_ADDED")).await;
    assert!(matches!(long, Err(StoreError::TooLong { .. })));
    let rows = store.trusted_issuers().await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].uuid.as_ref(), &rows[0].issuer), (Some(&uuid), &new));
    store.delete_trusted_issuer(&uuid, "operator", &event("ISSUER_REMOVED")).await.unwrap();
    let again = store.delete_trusted_issuer(&uuid, "operator", &event("ISSUER_REMOVED")).await;
    assert!(matches!(again, Err(StoreError::NotFound)));
    assert_eq!(store.trusted_issuers().await.unwrap(), []);
    let entry = |action| (action, Kind::TrustedIssuer, uuid.clone());
    assert_eq!(logged(&store).await, [Action::Onboarded, Action::Offboarded].map(entry));
}
}

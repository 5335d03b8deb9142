use gdhcn_log::{Action, Entry, Frontier, Kind, Tile, TileKind, TreeHash};
use gdhcn_store::audit_event::{AuditEvent, EventFilter};
use gdhcn_store::signer_information::{NewSignerInformation, SignerType};
use gdhcn_store::trusted_party::{NewTrustedParty, PartyType, Role};
use gdhcn_store::{Conflict, Location, Store, StoreError, limit};
use gdhcn_testkit::{TestDatabase, on_both_databases};
use jiff::Timestamp;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

pub(crate) fn event(name: &str) -> AuditEvent {
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

pub(crate) fn party(thumbprint: &str) -> NewTrustedParty {
    NewTrustedParty {
        created_at: at(1),
        country: "XA".into(),
        thumbprint: thumbprint.into(),
        raw_data: "raw".into(),
        signature: "signature".into(),
        certificate_type: PartyType::Authentication,
        kid: format!("kid-{thumbprint}"),
        domain: Some("DCC".into()),
        source_gateway_id: None,
        assigned_gateway: None,
        roles: vec![Role::RevocationUploader, Role::RevocationListReader],
    }
}

pub(crate) fn signer(thumbprint: &str) -> NewSignerInformation {
    NewSignerInformation {
        created_at: at(2),
        country: "XA".into(),
        thumbprint: thumbprint.into(),
        raw_data: "raw".into(),
        signature: "signature".into(),
        certificate_type: SignerType::Dsc,
        kid: format!("kid-{thumbprint}"),
        domain: Some("DCC".into()),
        properties: None,
        source_gateway_id: None,
    }
}

pub(crate) async fn open(database: &TestDatabase) -> Store {
    Store::open(Location::from(database.location())).await.unwrap()
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let location = format!("postgresql://gateway:s3cr3t@{address}/tng");
    let error = Store::open(Location::from(location)).await.unwrap_err();
    assert!(matches!(error, StoreError::NoServer { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains(&address.to_string()) && !said.contains("s3cr3t"), "{said}");
}

#[tokio::test]
async fn what_postgresql_refuses_is_told_without_a_line_of_its_source() {
    let Some(database) = TestDatabase::postgres() else { return };
    let location = database.location();
    let user = location.split("//").nth(1).unwrap().split('@').next().unwrap();
    let location = location.replacen(user, "no_such_account", 1);
    let error = Store::open(Location::from(location)).await.unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    let said = format!("{error} {:?}", std::error::Error::source(&error).map(ToString::to_string));
    assert!(said.contains("no_such_account"), "{said}");
    assert!(!said.contains("at line"), "{said}");
}

#[tokio::test]
async fn several_processes_may_find_one_new_database() {
    for _ in 0..10 {
        let database = TestDatabase::sqlite();
        let opened = futures_util::future::join_all((0..4).map(|_| {
            let location = Location::from(database.location());
            tokio::spawn(async move { Store::open(location).await.map(|_| ()) })
        }));
        for outcome in opened.await {
            outcome.unwrap().unwrap();
        }
    }
}

/// PostgreSQL tells other processes at once; of SQLite they ask.
#[tokio::test]
async fn a_change_is_told_to_others() {
    let Some(database) = TestDatabase::postgres() else { return };
    let (store, other) = (open(&database).await, open(&database).await);
    let mut changes = other.changes();
    changes.next().await;
    let quiet = tokio::time::timeout(std::time::Duration::from_millis(50), changes.next());
    quiet.await.unwrap_err();
    store.insert_trusted_party(party("a"), &event("ONBOARDED")).await.unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(60), changes.next()).await.unwrap();
}

on_both_databases! {
async fn a_message_that_does_not_fit_the_log_withdraws_nothing(database: &TestDatabase) {
    let store = open(database).await;
    let stored = store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();
    let row = stored.row;
    for (message, is_long) in [("A".repeat(24_577), true), ("A\0".to_owned(), false)] {
        let refused = store
            .delete_signer_information(&row.thumbprint, &row.country, &message, &event("SUCCESS"))
            .await
            .unwrap_err();
        assert_eq!(matches!(refused, StoreError::TooLong { .. }), is_long, "{refused}");
        assert_eq!(matches!(refused, StoreError::Nul { .. }), !is_long, "{refused}");
    }
    assert_eq!(store.trust_content().await.unwrap().signer_information.len(), 1);
}

async fn what_holds_a_nul_is_refused_by_both_databases(database: &TestDatabase) {
    let store = open(database).await;
    assert!(matches!(store.value_set("\0").await, Err(StoreError::Nul { .. })));
    assert!(matches!(store.validation_rules("\0\0").await, Err(StoreError::Nul { .. })));
    assert!(matches!(store.trusted_reference("\0").await, Err(StoreError::Nul { .. })));
}

async fn every_change_is_in_the_log_and_no_refused_one_is(database: &TestDatabase) {
    let store = open(database).await;
    store.insert_trusted_party(party("p1"), &event("ONBOARDED")).await.unwrap();
    store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();
    store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap_err();
    store.delete_signer_information("s1", "XA", "cms", &event("SUCCESS")).await.unwrap();
    store.append_audit_event(&event("BAD_REQUEST")).await.unwrap();
    store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();

    let entries = store.log_entries(0, 256).await.unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|bytes| Entry::from_bytes(bytes).unwrap())
        .map(|entry| (entry.action, entry.kind, entry.key))
        .collect();
    let signer = |action| (action, Kind::SignerInformation, "s1".to_owned());
    assert_eq!(
        told,
        [
            (Action::Onboarded, Kind::TrustedParty, "p1".to_owned()),
            signer(Action::Stored),
            signer(Action::Deleted),
            signer(Action::Stored),
        ]
    );
    let mut expected = Frontier::default();
    for bytes in &entries {
        expected.push(TreeHash::of_leaf(bytes));
    }
    assert_eq!(store.log_frontier().await.unwrap(), expected);
    assert_eq!(store.log_entries(3, 256).await.unwrap(), entries[3..]);
    let tile = Tile::in_tree(TileKind::Hashes { level: 0 }, 0, 4).unwrap();
    let leaves: Vec<_> = entries.iter().map(|bytes| TreeHash::of_leaf(bytes)).collect();
    assert_eq!(store.log_hashes(&tile.stored_in(4).unwrap()).await.unwrap(), leaves);
    store.log_hashes(&[1000]).await.unwrap_err();
}

async fn keeps_both_tables_and_the_trail_over_a_restart(database: &TestDatabase) {
    let store = open(database).await;
    let party = store.insert_trusted_party(party("p1"), &event("ONBOARDED")).await.unwrap();
    let signer = store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();
    assert_eq!((party.revision, signer.revision), (1, 2));
    store.close().await;

    let store = open(database).await;
    let content = store.trust_content().await.unwrap();
    assert_eq!(content.revision, 2);
    assert_eq!(content.signer_information, [signer.row]);
    let mut found = content.trusted_parties;
    found[0].roles.reverse();
    assert_eq!(found, [party.row]);
    let trail = store.audit_events(None, 10).await.unwrap();
    assert_eq!(
        trail.iter().map(|entry| entry.event.event.as_str()).collect::<Vec<_>>(),
        ["ONBOARDED", "SUCCESS"]
    );
    assert_eq!(trail[0].event, event("ONBOARDED"));
    let rest = store.audit_events(Some(trail[0].sequence), 10).await.unwrap();
    assert_eq!(rest, trail[1..]);

    // The latest of those that are asked for, in their order.
    let later = AuditEvent { occurred_at: at(7), country: None, ..event("OFFBOARDED") };
    store.append_audit_event(&later).await.unwrap();
    let latest = async |filter: EventFilter, limit| {
        let events = store.latest_audit_events(&filter, limit).await.unwrap();
        events.into_iter().map(|recorded| recorded.event.event).collect::<Vec<_>>()
    };
    let all = EventFilter::default();
    assert_eq!(latest(all.clone(), 10).await, ["ONBOARDED", "SUCCESS", "OFFBOARDED"]);
    assert_eq!(latest(all.clone(), 2).await, ["SUCCESS", "OFFBOARDED"]);
    let own = EventFilter { country: Some("XA".into()), ..all.clone() };
    assert_eq!(latest(own.clone(), 10).await, ["ONBOARDED", "SUCCESS"]);
    let named = EventFilter { event: Some("SUCCESS".into()), ..own.clone() };
    assert_eq!(latest(named.clone(), 10).await, ["SUCCESS"]);
    assert_eq!(latest(EventFilter { since: Some(at(1)), ..named }, 10).await, [""; 0]);
    assert_eq!(latest(EventFilter { since: Some(at(7)), ..all }, 10).await, ["OFFBOARDED"]);
}

async fn a_refused_change_leaves_neither_row_nor_event_nor_revision(database: &TestDatabase) {
    let store = open(database).await;
    store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();

    let again = store.insert_signer_information(signer("s1"), &event("SUCCESS")).await;
    assert!(matches!(again, Err(StoreError::Conflict(Conflict::Thumbprint))));
    let same_kid = NewSignerInformation { kid: "kid-s1".into(), ..signer("s2") };
    let same_kid = store.insert_signer_information(same_kid, &event("SUCCESS")).await;
    assert!(matches!(same_kid, Err(StoreError::Conflict(Conflict::Kid))));
    let same_kid = NewTrustedParty { kid: "kid-s1".into(), ..party("p1") };
    let same_kid = store.insert_trusted_party(same_kid, &event("SUCCESS")).await;
    assert!(matches!(same_kid, Err(StoreError::Conflict(Conflict::Kid))));

    assert_eq!(store.revision().await.unwrap(), 1);
    assert_eq!(store.audit_events(None, 10).await.unwrap().len(), 1);
    let content = store.trust_content().await.unwrap();
    assert_eq!((content.trusted_parties.len(), content.signer_information.len()), (0, 1));
}

async fn a_certificate_has_one_use_only(database: &TestDatabase) {
    let store = open(database).await;
    store.insert_trusted_party(party("p1"), &event("ONBOARDED")).await.unwrap();
    let upload =
        NewTrustedParty { certificate_type: PartyType::Upload, kid: "other".into(), ..party("p1") };
    let refused = store.insert_trusted_party(upload, &event("ONBOARDED")).await;
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::Thumbprint))));
}

async fn of_concurrent_uploads_of_one_certificate_exactly_one_wins(database: &TestDatabase) {
    let store = open(database).await;
    // A second process on the same file, so that not only the one writer connection orders them.
    let other = open(database).await;
    let mut uploads = tokio::task::JoinSet::new();
    for number in 0..16 {
        let store = if number % 2 == 0 { store.clone() } else { other.clone() };
        uploads.spawn(async move {
            store.insert_signer_information(signer("s1"), &event("SUCCESS")).await
        });
    }
    let mut won = 0;
    while let Some(upload) = uploads.join_next().await {
        match upload.unwrap() {
            Ok(_) => won += 1,
            Err(StoreError::Conflict(Conflict::Thumbprint)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(store.trust_content().await.unwrap().signer_information.len(), 1);
    assert_eq!(store.audit_events(None, 100).await.unwrap().len(), 1);
}

async fn deletes_only_the_own_row_of_the_stored_country(database: &TestDatabase) {
    let store = open(database).await;
    store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();

    let absent = store.delete_signer_information("s2", "XA", "cms", &event("SUCCESS")).await;
    assert!(matches!(absent, Err(StoreError::NotFound)));
    let foreign = store.delete_signer_information("s1", "XB", "cms", &event("SUCCESS")).await;
    assert!(matches!(foreign, Err(StoreError::Foreign { country }) if country == "XA"));
    let gone = store.delete_signer_information("s1", "XA", "cms", &event("SUCCESS")).await.unwrap();
    assert_eq!((gone.row.thumbprint.as_str(), gone.revision), ("s1", 2));
    let twice = store.delete_signer_information("s1", "XA", "cms", &event("SUCCESS")).await;
    assert!(matches!(twice, Err(StoreError::NotFound)));
    // Its identifiers are free again.
    store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();
}

async fn does_not_delete_what_was_pulled_from_another_gateway(database: &TestDatabase) {
    let store = open(database).await;
    store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();
    database.by_hand("UPDATE signer_information SET source_gateway_id = 'other'");
    let refused = store.delete_signer_information("s1", "XA", "cms", &event("SUCCESS")).await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
}

async fn names_rows_with_unknown_values_instead_of_failing(database: &TestDatabase) {
    let store = open(database).await;
    store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();
    let bad = store.insert_signer_information(signer("s2"), &event("SUCCESS")).await.unwrap();
    database.by_hand(
        "UPDATE signer_information SET certificate_type = 'NEWER' WHERE thumbprint = 's2'",
    );
    let content = store.trust_content().await.unwrap();
    assert_eq!(content.signer_information.len(), 1);
    assert_eq!(content.unreadable.len(), 1);
    assert_eq!(
        (content.unreadable[0].id.as_str(), content.unreadable[0].column.as_str()),
        (bad.row.id.as_str(), "certificate_type")
    );
}

/// Values of the wrong type, as a person writes them with another tool.

async fn a_change_by_hand_is_counted(database: &TestDatabase) {
    let store = open(database).await;
    store.insert_trusted_party(party("p1"), &event("ONBOARDED")).await.unwrap();
    assert_eq!(store.revision().await.unwrap(), 1);
    for (statement, revision) in [
        ("UPDATE trusted_party SET country = 'XB'", 2),
        ("DELETE FROM trusted_party", 3),
        ("DELETE FROM trusted_party", 3),
        ("DELETE FROM audit_event", 3),
    ] {
        database.by_hand(statement);
        assert_eq!(store.revision().await.unwrap(), revision, "{statement}");
    }
}

async fn every_text_column_has_a_limit(database: &TestDatabase) {
    let store = open(database).await;
    let long = |limit: usize| "x".repeat(limit + 1);
    let base = signer("s1");
    for (column, new) in [
        (
            "signer_information.raw_data",
            NewSignerInformation { raw_data: long(limit::RAW_DATA), ..base.clone() },
        ),
        (
            "signer_information.signature",
            NewSignerInformation { signature: long(limit::SIGNATURE), ..base.clone() },
        ),
        (
            "signer_information.thumbprint",
            NewSignerInformation { thumbprint: long(limit::THUMBPRINT), ..base.clone() },
        ),
        ("signer_information.kid", NewSignerInformation { kid: long(limit::KID), ..base.clone() }),
        (
            "signer_information.domain",
            NewSignerInformation { domain: Some(long(limit::DOMAIN)), ..base.clone() },
        ),
    ] {
        match store.insert_signer_information(new, &event("SUCCESS")).await {
            Err(StoreError::TooLong { column: found, length, limit }) => {
                assert_eq!((found, length), (column, limit + 1));
            }
            other => panic!("{column}: {other:?}"),
        }
    }
    for country in ["", "X", "XXA", "xa", "X\u{e4}"] {
        let new = NewSignerInformation { country: country.into(), ..base.clone() };
        let refused = store.insert_signer_information(new, &event("SUCCESS")).await;
        assert!(matches!(refused, Err(StoreError::Country(_))), "{country}");
    }
    let long_event = AuditEvent { description: long(limit::DESCRIPTION), ..event("SUCCESS") };
    let refused = store.append_audit_event(&long_event).await;
    assert!(matches!(refused, Err(StoreError::TooLong { .. })));
    assert_eq!(store.revision().await.unwrap(), 0);
}
}

#[tokio::test]
async fn a_badly_typed_row_costs_only_itself() {
    for (table, columns) in [
        (
            "signer_information",
            "id uuid created_at country thumbprint raw_data signature \
             certificate_type kid domain properties source_gateway_id version",
        ),
        (
            "trusted_party",
            "id uuid created_at country thumbprint raw_data signature \
             certificate_type kid domain source_gateway_id assigned_gateway version",
        ),
    ] {
        for column in columns.split_whitespace() {
            let database = TestDatabase::sqlite();
            let store = open(&database).await;
            store.insert_trusted_party(party("p1"), &event("ONBOARDED")).await.unwrap();
            store.insert_trusted_party(party("p2"), &event("ONBOARDED")).await.unwrap();
            store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();
            store.insert_signer_information(signer("s2"), &event("SUCCESS")).await.unwrap();
            // A blob is of none of the columns' types, whatever their affinity.
            database.by_hand(&format!(
                "UPDATE {table} SET {column} = x'ff' WHERE thumbprint IN ('s2', 'p2')"
            ));
            let content = store.trust_content().await.unwrap();
            let [unreadable] = content.unreadable.as_slice() else { panic!("{content:?}") };
            assert_eq!((unreadable.table, unreadable.column.as_str()), (table, column));
            assert_eq!(content.trusted_parties.len() + content.signer_information.len(), 3);
        }
    }
}

#[tokio::test]
async fn a_copy_holds_all_and_hinders_nobody() {
    let database = TestDatabase::sqlite();
    let store = open(&database).await;
    store.insert_signer_information(signer("s1"), &event("SUCCESS")).await.unwrap();
    let copied = tempfile::tempdir().unwrap();
    let copied = copied.path();
    store.copy_to(&copied.join(Store::FILE_NAME)).await.unwrap();
    assert!(store.copy_to(&copied.join(Store::FILE_NAME)).await.is_err(), "it is there already");
    store.insert_signer_information(signer("s2"), &event("SUCCESS")).await.unwrap();
    let copy = Store::open(copied).await.unwrap();
    let content = copy.trust_content().await.unwrap();
    assert_eq!((content.signer_information.len(), content.revision), (1, 1));
    assert_eq!(copy.audit_events(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn says_which_folder_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let refused = Store::open(file.as_path()).await.unwrap_err();
    assert!(refused.to_string().contains(&file.display().to_string()), "{refused}");

    std::fs::write(folder.path().join(Store::FILE_NAME), "not a database, but long enough")
        .unwrap();
    assert!(Store::open(folder.path()).await.is_err());
}

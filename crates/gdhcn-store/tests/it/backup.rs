//! A backup holds everything, and is restored into either kind of database.

use std::path::Path;

use gdhcn_store::{Location, Store, StoreError, Unsealed};
use gdhcn_testkit::{TestDatabase, on_both_databases};

use crate::store::{event, open, party, signer};

/// A row of every table, past the program.
fn fill(database: &TestDatabase) {
    for statement in [
        "INSERT INTO validation_rule VALUES (1, 2, 'r', '1.0.0', 'XA', 'Acceptance', 3, 4, 'cms')",
        "INSERT INTO value_set VALUES ('v', 5, '{}')",
        "INSERT INTO revocation_batch VALUES ('b', 'XA', 6, 7, TRUE, 'UCI', NULL, 'cms')",
        "INSERT INTO job VALUES ('j', NULL, 8, NULL, 9, NULL, 0, 'a '' and \" quote', TRUE)",
        "INSERT INTO onboarding_request VALUES ('o', 10, 'XA', 'waiting', 'text')",
        "INSERT INTO onboarding_approval VALUES ('o', 'me', 11, 'sig')",
    ] {
        database.by_hand(statement);
    }
}

/// Everything in the tables, as text.
fn content(database: &TestDatabase) -> Vec<String> {
    [
        "SELECT id, kid, country, thumbprint FROM trusted_party ORDER BY id",
        "SELECT trusted_party_id, role FROM trusted_party_roles ORDER BY role",
        "SELECT id, kid, country, thumbprint FROM signer_information ORDER BY id",
        "SELECT * FROM validation_rule",
        "SELECT * FROM value_set",
        "SELECT batch_id, changed_at, CAST(deleted AS INTEGER), kid FROM revocation_batch",
        "SELECT name, holder, lease_until, last_succeeded_at, failures, message,
            CAST(marked AS INTEGER) FROM job",
        "SELECT * FROM onboarding_request",
        "SELECT * FROM onboarding_approval",
        "SELECT sequence, request_id, event, code FROM audit_event ORDER BY sequence",
        "SELECT value FROM trust_revision",
    ]
    .map(|query| database.by_hand(query))
    .to_vec()
}

async fn restore_into(database: &TestDatabase, file: &Path) {
    let store = open(database).await;
    store.restore(file, Unsealed::Refused).await.unwrap();
    store.close().await;
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

on_both_databases! {
async fn a_backup_is_there_when_it_is_whole_and_for_its_owner_only(database: &TestDatabase) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.gdhcn");
    let store = open(database).await;
    // What a backup left that was killed.
    std::fs::write(folder.path().join("backup.gdhcn.part"), "half").unwrap();
    store.back_up(&file).await.unwrap();
    assert_eq!(names(folder.path()), ["backup.gdhcn"]);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let away = folder.path().join("none").join("backup.gdhcn");
    assert!(store.back_up(&away).await.is_err());
    database.by_hand("ALTER TABLE job RENAME TO away");
    let other = folder.path().join("other.gdhcn");
    let failed = store.back_up(&other).await;
    // A file of SQLite is copied whatever stands in it.
    assert_eq!(failed.is_ok(), other.exists(), "{failed:?}");
    assert!(names(folder.path()).iter().all(|name| name.ends_with("p.gdhcn") || name == "other.gdhcn"));
    store.close().await;
}

async fn a_backup_is_restored_into_either_kind_with_every_row(database: &TestDatabase) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.gdhcn");
    let store = open(database).await;
    // More than one portion.
    for number in 0..701 {
        let name = format!("s{number:04}");
        store.insert_signer_information(signer(&name), &event("SUCCESS")).await.unwrap();
    }
    store.insert_trusted_party(party("p1"), &event("ONBOARDED")).await.unwrap();
    fill(database);
    let before = content(database);
    store.back_up(&file).await.unwrap();
    // What is written later is not in it.
    store.insert_trusted_party(party("p2"), &event("ONBOARDED")).await.unwrap();
    assert!(matches!(store.back_up(&file).await, Err(StoreError::FileExists(_))));
    assert!(matches!(store.restore(&file, Unsealed::Refused).await, Err(StoreError::NotEmpty { .. })));

    let other = TestDatabase::sqlite();
    restore_into(&other, &file).await;
    assert_eq!(content(&other), before);
    if let Some(other) = TestDatabase::postgres() {
        restore_into(&other, &file).await;
        let restored = content(&other);
        // The two print a truth and nothing else differently, which the query sees to.
        assert_eq!(restored, before);
        // It goes on from there.
        let store = open(&other).await;
        let change = store.insert_trusted_party(party("p3"), &event("ONBOARDED")).await.unwrap();
        assert_eq!(change.revision, 703);
    }
}

async fn a_backup_with_one_other_bit_is_refused(database: &TestDatabase) {
    let folder = tempfile::tempdir().unwrap();
    let [file, other] = ["backup", "other"].map(|name| folder.path().join(name));
    let store = open(database).await;
    store.insert_trusted_party(party("p1"), &event("ONBOARDED")).await.unwrap();
    store.back_up(&file).await.unwrap();
    let whole = std::fs::read(&file).unwrap();
    let another = database.another();
    let empty = open(&another).await;
    let refused = async |bytes: &[u8]| {
        std::fs::write(&other, bytes).unwrap();
        empty.restore(&other, Unsealed::Refused).await.unwrap_err()
    };
    // Free space and the digest itself too.
    for number in 0..200 {
        let mut bytes = whole.clone();
        let place = number * (bytes.len() - 1) / 199;
        bytes[place] ^= 1 << (number % 8);
        let error = refused(&bytes).await;
        assert!(
            matches!(error, StoreError::Damaged(_) | StoreError::Unsealed(_)),
            "{place}: {error}"
        );
    }
    for length in [0, 1, 4096, whole.len() - 1] {
        let error = refused(&whole[..length]).await;
        assert!(matches!(error, StoreError::Unsealed(_)), "{length}: {error}");
        assert!(error.to_string().contains("other"), "{error}");
    }
    assert_eq!(empty.revision().await.unwrap(), 0);

    // By somebody's word, one of an earlier program; and nothing that SQLite finds a fault in.
    let seal = whole.windows(6).rposition(|window| window == b"\ngdhcn").unwrap();
    let mut damaged = whole[..seal].to_vec();
    damaged[4096..5000].fill(0xff);
    for bytes in [&b""[..], b"rubbish", &whole[..4096], &damaged] {
        std::fs::write(&other, bytes).unwrap();
        let error = empty.restore(&other, Unsealed::Accepted).await.unwrap_err();
        assert!(matches!(error, StoreError::NoBackup { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains("other") && !said.contains(Store::FILE_NAME), "{said}");
    }
    assert_eq!(empty.revision().await.unwrap(), 0);
    std::fs::write(&other, &whole[..seal]).unwrap();
    empty.restore(&other, Unsealed::Accepted).await.unwrap();
    assert_eq!(empty.trust_content().await.unwrap(), store.trust_content().await.unwrap());
}

async fn a_file_that_is_no_backup_changes_nothing(database: &TestDatabase) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rubbish");
    std::fs::write(&file, "rubbish").unwrap();
    let store = open(database).await;
    assert!(store.restore(&file, Unsealed::Refused).await.is_err());
    assert!(store.restore(&folder.path().join("none"), Unsealed::Refused).await.is_err());
    assert_eq!(store.revision().await.unwrap(), 0);
    assert!(store.audit_events(None, 1).await.unwrap().is_empty());
    let location = Location::from(database.location());
    assert!(Store::open(location).await.is_ok());
}
}

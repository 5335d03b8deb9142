//! Moving in: dumps of the three generations, made by PostgreSQL and MariaDB
//! (`fixtures/dump/make.py` says how), taken over into both databases.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use gdhcn_crypto::Backend;
use gdhcn_dump::{Item, Limits, Reader, Row};
use gdhcn_log::{Action, Entry, Replay, State};
use gdhcn_server::gateway::import::{
    Generation, ImportError, ImportOptions, ImportReport, Verdict, import,
};
use gdhcn_server::gateway::read_anchors;
use gdhcn_store::Store;
use gdhcn_store::takeover::Before;
use gdhcn_testkit::TestDatabase;
use jiff::tz::TimeZone;

use crate::network::{Gate, Network};
use crate::wire::{Answer, Ask};
use Verdict::{Imported, Quarantined, Rejected, Remarked, Skipped, Unproven};

const TNG: [&str; 5] =
    ["tng.pg-copy", "tng.pg-inserts", "tng.pg-columns", "tng.mysql", "tng.mysql-hex"];
const ALL: [&str; 9] = [
    "tng.pg-copy",
    "tng.pg-inserts",
    "tng.pg-columns",
    "tng.mysql",
    "tng.mysql-hex",
    "ddcc.pg-copy",
    "ddcc.mysql",
    "eu.pg-copy",
    "eu.mysql",
];

fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dump").join(file)
}

fn dump(name: &str) -> Vec<u8> {
    fs::read(fixture(&format!("{name}.dump"))).unwrap()
}

fn options() -> ImportOptions {
    ImportOptions {
        anchors: read_anchors(&[fixture("anchor.pem")]).unwrap(),
        zone: TimeZone::UTC,
        now: "2026-11-30T12:00:00Z".parse().unwrap(),
        tombstones: jiff::SignedDuration::from_hours(14 * 24),
        dialect: None,
        allow_incomplete: false,
        only_proven: false,
        before: Before::Nothing,
        dry_run: false,
    }
}

async fn take(bytes: &[u8], store: Option<&Store>) -> Result<ImportReport, ImportError> {
    import(|| Ok(bytes), store, &options()).await
}

/// The verdict of every row that the report names, by table and id.
fn verdicts(report: &ImportReport) -> BTreeMap<(String, String), Verdict> {
    let key = |table: &str, id: &Option<String>| (table.to_owned(), id.clone().unwrap());
    report.rows.iter().map(|row| (key(&row.table, &row.id), row.verdict)).collect()
}

fn expected(generation: &str) -> BTreeMap<(String, String), Verdict> {
    let mut rows = vec![
        ("trusted_party", "5", Remarked),       // line breaks in the base64
        ("trusted_party", "6", Remarked),       // the thumbprint without its 00
        ("trusted_party", "7", Quarantined),    // another anchor
        ("trusted_party", "8", Quarantined),    // a signature over another certificate
        ("trusted_party", "9", Quarantined),    // another thumbprint
        ("trusted_party", "10", Rejected),      // an unknown type
        ("trusted_party", "11", Quarantined),   // no base64
        ("trusted_party_roles", "4", Rejected), // an unknown role
        ("signer_information", "3", Unproven),  // an uploader who is not onboarded any more
        ("signer_information", "4", Unproven),  // issued by another country's authority
        ("signer_information", "5", Quarantined), // a signature over another certificate
        ("signer_information", "6", Quarantined), // SHA-1
        ("signer_information", "7", Quarantined), // another thumbprint
        ("signer_information", "8", Remarked),  // line breaks in the base64
        ("trusted_issuer", "1", Remarked),      // it had no uuid
        ("trusted_issuer", "2", Remarked),      // signed in the EU's form
        ("trusted_issuer", "3", Quarantined),   // another anchor
        ("revocation_batch", "3", Quarantined), // the signed text names another country
        ("revocation_batch", "4", Rejected),    // an unknown type
        ("validation_rule", "10", Quarantined), // the signed text has another version
    ];
    rows.extend(match generation {
        "eu" => vec![
            ("signer_information", "10", Skipped),     // withdrawn long ago
            ("signer_information", "11", Quarantined), // neither signature nor withdrawal
        ],
        _ => vec![
            ("trusted_party", "15", Skipped),          // pulled
            ("signer_information", "9", Remarked),     // its group may be lost
            ("signer_information", "10", Quarantined), // another row's kid
            ("signer_information", "12", Skipped),     // pulled
            ("trusted_reference", "1", Unproven),      // never was signed
            ("trusted_reference", "2", Rejected),      // an unknown type
            ("federation_gateway", "2", Quarantined),  // another anchor
        ],
    });
    rows.into_iter()
        .map(|(table, id, verdict)| ((table.to_owned(), id.to_owned()), verdict))
        .collect()
}

/// An interval that is none would silently end the pulls.
#[tokio::test]
async fn an_interval_that_is_none_is_told() {
    let text = String::from_utf8(dump("tng.mysql")).unwrap();
    for odd in ["0", "-60", "99999999999"] {
        let changed = text.replacen(",3600,'2021-05-05", &format!(",{odd},'2021-05-05"), 1);
        let report = take(changed.as_bytes(), None).await.unwrap();
        let row = report.rows.iter().find(|row| row.table == "federation_gateway").unwrap();
        assert_eq!((row.id.as_deref(), row.verdict), (Some("1"), Remarked), "{row:?}");
        assert!(format!("{row:?}").contains(odd), "{row:?}");
    }
}

#[tokio::test]
async fn every_row_has_its_verdict_in_dumps_of_all_generations() {
    for name in ALL {
        let (generation, _) = name.split_once('.').unwrap();
        let report = take(&dump(name), None).await.unwrap();
        assert!(!report.written && !report.is_clean(), "{name}");
        assert_eq!(verdicts(&report), expected(generation), "{name}: {:#?}", report.rows);
        let known = if generation == "eu" { Generation::Eu } else { Generation::Who };
        assert_eq!((report.generation, report.change_sets), (known, 1), "{name}");

        // None is dropped without a word: the counts are those of the dump.
        let mut rows: BTreeMap<String, u64> = BTreeMap::new();
        for row in read(name) {
            *rows.entry(row.table.name.clone()).or_default() += 1;
        }
        let counted: BTreeMap<String, u64> = report
            .tables
            .iter()
            .map(|(table, counts)| (table.clone(), counts.values().sum()))
            .collect();
        assert_eq!(counted, rows, "{name}");
        let roles = &report.tables["trusted_party_roles"];
        assert_eq!((roles[&Unproven], roles[&Skipped], roles[&Rejected]), (3, 1, 1), "{name}");
        // What nobody signs is never called proven.
        for (table, unproven) in [("audit_event", 2), ("valueset", 2), ("revocation_batch", 1)] {
            assert_eq!(report.tables[table][&Unproven], unproven, "{name} {table}");
        }
        assert!(report.notes.iter().any(|note| note.contains("Nobody signs")), "{name}");
        if generation == "ddcc" {
            assert_eq!(report.domains["DDCC"], 1);
            assert!(report.notes.iter().any(|note| note.contains("DDCC")), "{:?}", report.notes);
        }
    }
}

/// What the dump says about each row that a list must show, in the form of the list.
fn listed(rows: &[Row], table: &str, ids: &[&str]) -> Vec<BTreeMap<String, String>> {
    let rows = rows.iter().filter(|row| row.table.name == table);
    let rows = rows.filter(|row| ids.contains(&row.text("id").unwrap()));
    rows.map(|row| {
        let thumbprint = format!("{:0>64}", row.text("thumbprint").unwrap());
        let signature = row.text("signature").unwrap().replace('\n', "");
        let created = row.text("created_at").unwrap().get(..19).unwrap().replace(' ', "T");
        let members = [
            ("country", row.text("country").unwrap().to_owned()),
            ("certificateType", row.text("certificate_type").unwrap().to_owned()),
            ("rawData", row.text("raw_data").unwrap().to_owned()),
            ("timestamp", format!("{created}Z")),
            ("thumbprint", thumbprint),
            ("signature", signature),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    })
    .collect()
}

fn read(name: &str) -> Vec<Row> {
    let dump = dump(name);
    let rows = Reader::new(dump.as_slice(), Limits::default(), |_| true);
    rows.filter_map(|item| match item.unwrap() {
        Item::Row(row) => Some(row),
        Item::Table(_) => None,
        Item::Unreadable(row) => panic!("{row:?}"),
    })
    .collect()
}

struct Moved {
    gate: Gate,
    client: String,
    /// Holds the database.
    _network: Network,
}

impl Moved {
    /// A gateway on a database that the dump was taken over into.
    async fn from(name: &str, database: TestDatabase) -> Self {
        let network = Network::empty_on(database);
        let store = network.store().await;
        let report = take(&dump(name), Some(&store)).await.unwrap();
        assert!(report.written);
        let content = store.trust_content().await.unwrap();
        let client = content.trusted_parties.iter().find(|row| row.roles.len() == 3).unwrap();
        let client = client.thumbprint.clone();
        store.close().await;
        let mut config = network.config();
        config.trust_anchors = vec![fixture("anchor.pem")];
        config.tls = None;
        config.proxy_headers.enabled = true;
        config.proxy_headers.allowed_addresses = vec!["127.0.0.1".parse().unwrap()];
        let gate = network.start_at(config, options().now).await;
        Self { gate, client, _network: network }
    }

    async fn get(&self, path: &str) -> Answer {
        let ask = Ask::new("GET", path)
            .header("X-SSL-Client-SHA256", &self.client)
            .header("X-SSL-Client-DN", "C=XA");
        let answer = ask.send(self.gate.running.address(), None, None).await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer
    }
}

fn databases() -> Vec<TestDatabase> {
    [Some(TestDatabase::sqlite()), TestDatabase::postgres()].into_iter().flatten().collect()
}

#[tokio::test]
async fn an_imported_gateway_answers_what_the_old_one_held() {
    for name in ["tng.pg-copy", "tng.mysql", "ddcc.mysql", "eu.mysql"] {
        for database in databases() {
            let moved = Moved::from(name, database).await;
            let rows = read(name);
            let signers: &[&str] = match name {
                "eu.mysql" => &["1", "2", "3", "4", "8"],
                _ => &["1", "2", "3", "4", "8", "9", "13"],
            };
            let mut wanted = listed(&rows, "trusted_party", &["1", "2", "3", "4", "5", "6"]);
            wanted.extend(listed(&rows, "signer_information", signers));
            let list = moved.get("/trustList").await.json();
            let mut found: Vec<BTreeMap<String, String>> =
                serde_json::from_value(list).unwrap_or_else(|error| panic!("{name}: {error}"));
            let kids: Vec<_> = found.iter_mut().map(|item| item.remove("kid").unwrap()).collect();
            assert_eq!(kids.contains(&"my kid".to_owned()), name != "eu.mysql");
            wanted.sort();
            found.sort();
            assert_eq!(found, wanted, "{name}");

            let set = rows.iter().find(|row| row.text("id") == Some("country-2-codes")).unwrap();
            let answer = moved.get("/valuesets/country-2-codes").await;
            assert_eq!(answer.body, set.text("json").unwrap().as_bytes(), "byte for byte");
            // Of the rule's versions the one that came last counts, not the one with the highest
            // number.
            let rules = moved.get("/rules/XA").await.json();
            let versions = rules["GR-XA-0001"].as_array().unwrap();
            assert_eq!((versions.len(), &versions[0]["version"]), (1, &"1.0.9".into()), "{rules}");
            let countries: &[&str] =
                if name == "eu.mysql" { &["XA", "XB"] } else { &["XA", "XB", "XP"] };
            assert_eq!(moved.get("/countrylist").await.json(), serde_json::json!(countries));
            if name.starts_with("tng") {
                let all = moved.get("/trustList/certificate?domain=PH4H").await.json();
                assert_eq!(all.as_array().unwrap().len(), 1);
                let references = moved.get("/trustList/references").await.json();
                assert_eq!(references[0]["name"], "R\u{e9}f\u{e9}rence \u{4e00}");
            }
        }
    }
}

#[tokio::test]
async fn all_forms_of_one_database_are_taken_over_alike() {
    let mut first: Option<ImportReport> = None;
    for name in TNG {
        let mut report = take(&dump(name), None).await.unwrap();
        report.sha256.clear();
        report.rows.iter_mut().for_each(|row| row.line = 0);
        // The programs order the tables differently.
        report.rows.sort_by(|a, b| (&a.table, &a.id).cmp(&(&b.table, &b.id)));
        match &first {
            None => first = Some(report),
            Some(first) => assert_eq!(&report, first, "{name}"),
        }
    }
}

#[tokio::test]
async fn a_batch_keeps_its_second_and_a_withdrawn_certificate_its_trace() {
    for database in databases() {
        let network = Network::empty_on(database);
        let store = network.store().await;
        take(&dump("eu.pg-copy"), Some(&store)).await.unwrap();
        let id = "6c2d1f00-0000-4000-8000-000000000001";
        let batch = store.revocation_batch(id).await.unwrap().unwrap();
        assert_eq!(batch.changed.to_string(), "2026-11-20T10:11:12Z");
        assert!(batch.cms.is_some());
        let since = "2026-11-20T00:00:00Z".parse().unwrap();
        assert_eq!(store.tombstones_since(since).await.unwrap().len(), 1);
        let trail = store.audit_events(None, 10).await.unwrap();
        let events: Vec<_> = trail.iter().map(|event| event.event.event.as_str()).collect();
        assert_eq!(events, ["SUCCESS", "CREATED", "IMPORTED"]);
        // Six onboarded certificates and five uploaded ones, two issuers, a batch, two versions of
        // a rule and two value sets, each an entry of the log.
        assert_eq!(store.log_frontier().await.unwrap().size(), 18);
    }
}

#[tokio::test]
async fn clock_times_are_those_of_the_old_installations_zone() {
    let network = Network::empty();
    let store = network.store().await;
    let options = ImportOptions { zone: TimeZone::get("Europe/Brussels").unwrap(), ..options() };
    let bytes = dump("tng.mysql");
    import(|| Ok(bytes.as_slice()), Some(&store), &options).await.unwrap();
    let content = store.trust_content().await.unwrap();
    // In summer two hours before UTC, in winter one.
    assert_eq!(content.trusted_parties[0].created_at.to_string(), "2021-05-05T10:54:49Z");
    assert_eq!(content.signer_information[0].created_at.to_string(), "2022-03-04T04:06:07Z");
}

#[tokio::test]
async fn two_trust_lists_are_not_mixed() {
    for database in databases() {
        let network = Network::empty_on(database);
        let store = network.store().await;
        take(&dump("tng.mysql"), Some(&store)).await.unwrap();
        let before = store.trust_content().await.unwrap();
        let error = take(&dump("eu.mysql"), Some(&store)).await.unwrap_err();
        assert!(matches!(error, ImportError::NotEmpty(_)), "{error}");
        assert_eq!(store.trust_content().await.unwrap(), before);
    }
}

#[tokio::test]
async fn a_dump_that_ends_early_or_changes_leaves_nothing_behind() {
    for database in databases() {
        let network = Network::empty_on(database);
        let store = network.store().await;
        let whole = dump("tng.pg-copy");
        // Cut between two statements, so that only the last comment is missing.
        let text = String::from_utf8(whole.clone()).unwrap();
        let end = text.find("-- PostgreSQL database dump complete").unwrap();
        let error = take(&whole[..end], Some(&store)).await.unwrap_err();
        assert!(matches!(error, ImportError::Incomplete), "{error}");
        let error = take(&whole[..whole.len() / 2], Some(&store)).await.unwrap_err();
        assert!(matches!(error, ImportError::Dump(_)), "{error}");

        // The second reading fails in the middle, or finds another file.
        let mut readings = 0;
        let cut = || {
            readings += 1;
            let length = if readings == 1 { whole.len() } else { whole.len() * 9 / 10 };
            Ok(whole.as_slice().take(length as u64))
        };
        import(cut, Some(&store), &options()).await.unwrap_err();
        let other =
            text.replace("quo\\\\\"te", "Quo\\\\\"te").replace("dump complete", "dump complete ");
        let mut files = [whole.clone(), other.into_bytes()].into_iter();
        let changed = || Ok::<_, io::Error>(io::Cursor::new(files.next().unwrap()));
        let error = import(changed, Some(&store), &options()).await.unwrap_err();
        assert!(matches!(error, ImportError::Changed), "{error}");

        let content = store.trust_content().await.unwrap();
        assert!(content.trusted_parties.is_empty() && content.signer_information.is_empty());
        assert_eq!(store.audit_events(None, 10).await.unwrap(), []);
        assert_eq!(store.log_frontier().await.unwrap().size(), 0);
    }
}

#[tokio::test]
async fn a_dump_of_something_else_is_refused() {
    let other = b"CREATE TABLE public.t (a int);\n-- PostgreSQL database dump complete\n";
    let error = take(other, None).await.unwrap_err();
    assert!(matches!(error, ImportError::NoGateway("trusted_party")), "{error}");
}

#[tokio::test]
async fn another_anchor_brings_no_participant_in() {
    let options = ImportOptions { anchors: Vec::new(), ..options() };
    let bytes = dump("tng.mysql");
    let report = import(|| Ok(bytes.as_slice()), None, &options).await.unwrap();
    let parties = &report.tables["trusted_party"];
    assert!(parties.keys().all(|verdict| !verdict.is_taken()), "{parties:?}");
    // What participants uploaded is then proven by nobody.
    let signers = &report.tables["signer_information"];
    assert!(!signers.contains_key(&Imported) && signers[&Unproven] > 0, "{signers:?}");
}

#[tokio::test]
async fn what_cannot_be_proven_is_reported_with_what_to_do() {
    for name in ALL {
        let report = take(&dump(name), None).await.unwrap();
        for row in &report.rows {
            let open = matches!(row.verdict, Unproven | Quarantined | Rejected);
            assert!(!open || row.advice.is_some(), "{name}: {row:?}");
        }
    }
    // Who takes only what is proven gets the same list, and none of those rows.
    let options = ImportOptions { only_proven: true, ..options() };
    for (generation, name) in [("tng", "tng.pg-copy"), ("eu", "eu.pg-copy")] {
        let network = Network::empty();
        let store = network.store().await;
        let text = String::from_utf8(dump(name)).unwrap();
        // A party in a row of another country, too.
        let foreign = Lines::of(&text, "trusted_party").altered(1, &[("country", "XC")]);
        let bytes = text.replacen(Lines::of(&text, "trusted_party").line(1), &foreign, 1);
        let report = import(|| Ok(bytes.as_bytes()), Some(&store), &options).await.unwrap();
        assert!(report.written);
        let mut wanted = expected(generation);
        wanted.values_mut().filter(|verdict| **verdict == Unproven).for_each(|v| *v = Quarantined);
        wanted.insert(("trusted_party".to_owned(), "2".to_owned()), Quarantined);
        // Without this upload certificate, nothing of its country is proven.
        let found = verdicts(&report);
        let of_parties = |all: &BTreeMap<(String, String), Verdict>| {
            let parties = all.iter().filter(|((table, _), _)| table == "trusted_party");
            parties.map(|(key, verdict)| (key.clone(), *verdict)).collect::<Vec<_>>()
        };
        assert_eq!(of_parties(&found), of_parties(&wanted), "{name}");
        let content = store.trust_content().await.unwrap();
        assert!(content.trusted_parties.iter().all(|row| row.country != "XC"));
        assert!(content.trusted_parties.iter().all(|row| row.roles.is_empty()));
        let countries = content.signer_information.iter().map(|row| row.country.as_str());
        assert_eq!(countries.collect::<Vec<_>>(), ["XB"], "{name}");
        let since = "2000-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(store.tombstones_since(since).await.unwrap(), []);
        assert!(store.revocation_list(since, options.now).await.unwrap().batches.is_empty());
        assert!(store.value_set("country-2-codes").await.unwrap().is_none());
        assert_eq!(store.validation_rules("XA").await.unwrap(), []);
        let trail = store.audit_events(None, 10).await.unwrap();
        assert!(trail.iter().all(|event| event.event.event == "IMPORTED"), "{trail:?}");
    }
}

#[tokio::test]
async fn a_dry_run_leaves_no_trace_in_the_database() {
    for database in databases() {
        let network = Network::empty_on(database);
        let store = network.store().await;
        let dry = ImportOptions { dry_run: true, ..options() };
        let bytes = dump("tng.mysql");
        let looked = import(|| Ok(bytes.as_slice()), Some(&store), &dry).await.unwrap();
        assert!(!looked.written);
        assert_eq!(store.revision().await.unwrap(), 0);
        assert_eq!(store.audit_events(None, 10).await.unwrap(), []);
        let mut done = take(&bytes, Some(&store)).await.unwrap();
        assert!(done.written);
        done.written = false;
        assert_eq!(looked, done, "what was promised");
    }
}

#[tokio::test]
async fn the_same_dump_again_changes_nothing_and_a_later_one_adds_what_is_missing() {
    for database in databases() {
        let network = Network::empty_on(database);
        let store = network.store().await;
        let (eu, tng) = (dump("eu.mysql"), dump("tng.mysql"));
        take(&eu, Some(&store)).await.unwrap();
        let first = store.trust_content().await.unwrap();

        let again = take(&eu, Some(&store)).await.unwrap();
        assert!(!again.written && again.rows.is_empty());
        assert_eq!(again.taken_before.unwrap(), options().now.to_string());
        let add = ImportOptions { before: Before::Something, ..options() };
        let again = import(|| Ok(eu.as_slice()), Some(&store), &add).await.unwrap();
        assert!(!again.written && again.count(Imported) == 0, "{:#?}", again.tables);
        assert_eq!(store.trust_content().await.unwrap(), first);

        // A participant withdraws one; the dump does not bring it back.
        let gone = first.signer_information[0].clone();
        let event = store.audit_events(None, 1).await.unwrap().remove(0).event;
        let (country, message) = (&gone.country, &gone.signature);
        store.delete_signer_information(&gone.thumbprint, country, message, &event).await.unwrap();
        let more = import(|| Ok(tng.as_slice()), Some(&store), &add).await.unwrap();
        assert!(more.written);
        let of = |table: &str, id: &str| {
            more.rows.iter().find(|row| row.table == table && row.id.as_deref() == Some(id))
        };
        let row = of("signer_information", "1").unwrap();
        assert_eq!((row.verdict, row.reason.contains("taken away")), (Quarantined, true));
        assert!(of("signer_information", "2").is_none(), "it is there already");
        assert!(more.tables["signer_information"][&Skipped] > 2, "{:?}", more.tables);
        assert!(of("trusted_party", "12").is_none(), "the DECA is new and proven");
        let content = store.trust_content().await.unwrap();
        let is_there = |thumbprint: &str| {
            content.signer_information.iter().any(|r| r.thumbprint == thumbprint)
        };
        assert!(!is_there(&gone.thumbprint));
        assert!(content.trusted_parties.len() > first.trusted_parties.len());
        // What clients already followed gets no changes in its past.
        let since = options().now.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
        let later = options().now.checked_add(jiff::SignedDuration::from_secs(5)).unwrap();
        let list = store.revocation_list(since, later).await.unwrap();
        assert!(list.batches.is_empty(), "both dumps have the same batches");
        assert_eq!(
            replay(&store).await,
            content.trusted_parties.len() + content.signer_information.len()
        );
    }
}

/// Goes through the log as an auditor; gives the number of certificates that it leaves.
async fn replay(store: &Store) -> usize {
    let anchors = options().anchors;
    let mut replay = Replay::new(State::default(), Some(&anchors), Backend::default());
    for first in (0..).step_by(256) {
        let entries = store.log_entries(first, 256).await.unwrap();
        for entry in &entries {
            replay.apply(entry).unwrap();
        }
        if entries.is_empty() {
            break;
        }
    }
    replay.state().items().filter(|(id, _)| id.kind.is_certificate()).count()
}

#[tokio::test]
async fn the_log_of_an_imported_gateway_holds_and_says_what_is_unproven() {
    for name in ["tng.pg-copy", "ddcc.mysql", "eu.mysql"] {
        for database in databases() {
            let network = Network::empty_on(database);
            let store = network.store().await;
            let report = take(&dump(name), Some(&store)).await.unwrap();
            let taken = |table: &str| -> u64 {
                let counts = report.tables[table].iter();
                counts.filter(|(verdict, _)| verdict.is_taken()).map(|(_, count)| count).sum()
            };
            let content = store.trust_content().await.unwrap();
            assert_eq!(content.unreadable, []);
            assert_eq!(content.trusted_parties.len() as u64, taken("trusted_party"));
            let rows = content.trusted_parties.len() + content.signer_information.len();
            assert_eq!(replay(&store).await, rows, "{name}");
            let entries = store.log_entries(0, 256).await.unwrap();
            for entry in &entries {
                let entry = Entry::from_bytes(entry).unwrap();
                assert_eq!((entry.action, entry.at), (Action::Imported, options().now));
            }
        }
    }
}

/// Every statement of the fixture by the machine's own PostgreSQL, and dumps of that by its own
/// `pg_dump`, in every form that it has.
#[tokio::test]
async fn dumps_made_now_by_this_machines_pg_dump_are_taken_over_alike() {
    let Some(old) = TestDatabase::postgres() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = String::from_utf8(dump("tng.pg-copy")).unwrap();
    let owned = |line: &&str| !line.contains("OWNER TO");
    let script: String = script.lines().filter(owned).map(|line| format!("{line}\n")).collect();
    let file = folder.path().join("old.sql");
    fs::write(&file, script).unwrap();
    let url = old.location();
    let run = |program: &str, arguments: &[&str]| {
        let done = std::process::Command::new(program).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    };
    let file = file.to_str().unwrap();
    run("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file, &url]);
    for form in [&[][..], &["--inserts"], &["--column-inserts", "--rows-per-insert=4"]] {
        let bytes = run("pg_dump", &[form, &[&url]].concat());
        let report = take(&bytes, None).await.unwrap();
        assert_eq!(verdicts(&report), expected("tng"), "{form:?}: {:#?}", report.rows);
    }
    // The schema alone is a gateway without content; rows alone are not taken for a whole dump of
    // one when a table is missing; the custom format is named.
    let bytes = run("pg_dump", &["--schema-only", &url]);
    assert_eq!(take(&bytes, None).await.unwrap().tables, BTreeMap::new());
    let bytes = run("pg_dump", &["--data-only", "--table", "trusted_party", &url]);
    let error = take(&bytes, None).await.unwrap_err();
    assert!(matches!(error, ImportError::NoGateway("signer_information")), "{error}");
    let error = take(&run("pg_dump", &["-Fc", &url]), None).await.unwrap_err();
    assert!(error.to_string().contains("pg_restore"), "{error}");
}

#[tokio::test]
async fn hostile_dumps_are_refused_or_reported_row_by_row() {
    let text = String::from_utf8(dump("tng.pg-copy")).unwrap();
    let begin = text.find("COPY public.signer_information").unwrap();
    let line = text[begin..].lines().nth(1).unwrap();
    let with = |more: &str| text.replacen(line, &format!("{line}\n{more}"), 1);
    let fields: Vec<&str> = line.split('\t').collect();
    let altered = |place: usize, value: &str| {
        let mut fields = fields.clone();
        fields[0] = "99";
        fields[place] = value;
        fields.join("\t")
    };
    let columns = text[begin..].lines().next().unwrap();
    let place = |name: &str| {
        let list = columns.split_once('(').unwrap().1.split_once(')').unwrap().0;
        list.split(", ").position(|column| column == name).unwrap()
    };
    let long = "A".repeat(5 << 20);
    let quoted = "A".repeat(20_000);
    for (more, verdict, word) in [
        // Another row of the same certificate.
        (altered(place("country"), "XB"), Quarantined, "same thumbprint"),
        (altered(place("raw_data"), &long), Rejected, "longer than"),
        (altered(place("raw_data"), &quoted), Rejected, "the limit is"),
        (altered(place("created_at"), "infinity"), Rejected, "no instant"),
        (altered(place("country"), "xa"), Rejected, "two capital letters"),
        (altered(place("certificate_type"), "DSC\\000"), Rejected, "UTF-8"),
        (altered(place("properties"), "[1]"), Rejected, "object of texts"),
        (altered(place("version"), "99999999999999999999"), Rejected, "no integer"),
        ("99\tx".to_owned(), Rejected, "2 values"),
    ] {
        let report = take(with(&more).as_bytes(), None).await.unwrap();
        let hit =
            report.rows.iter().find(|row| row.verdict == verdict && row.reason.contains(word));
        assert!(hit.is_some(), "{word}: {:#?}", report.rows);
        assert_eq!(report.rows.len(), expected("tng").len() + 1, "{word}");
    }

    // Tables of others are passed over, whatever is in them.
    let foreign = "COPY public.users (id, \"password\") FROM stdin;\n1\thunter2\n\\.\n\nCOPY ";
    let report = take(text.replacen("COPY ", foreign, 1).as_bytes(), None).await.unwrap();
    assert_eq!(verdicts(&report), expected("tng"));
    assert!(!report.tables.contains_key("users"));

    // What makes the rest unreadable ends it: another character set, UTF-16, a table twice.
    let latin = text.replacen("'UTF8'", "'LATIN1'", 1);
    let wide = format!("\u{feff}{text}");
    let wide: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let twice = format!("{text}CREATE SCHEMA old;\nCREATE TABLE old.trusted_party (id bigint);\n");
    for (bytes, word) in
        [(latin.into_bytes(), "UTF8"), (wide, "UTF-16"), (twice.into_bytes(), "more than once")]
    {
        let error = take(&bytes, None).await.unwrap_err();
        assert!(error.to_string().contains(word), "{word}: {error}");
    }

    // A dump of nothing but onboarded certificates without end costs a bounded memory.
    let begin = text.find("COPY public.trusted_party (").unwrap();
    let line = text[begin..].lines().nth(1).unwrap();
    let many = format!("{line}\n").repeat(65 << 20 >> 11);
    let error = take(text.replacen(line, &many, 1).as_bytes(), None).await.unwrap_err();
    assert!(matches!(error, ImportError::TooMany), "{error}");
}

/// The rows of a table in a dump of `COPY` statements.
struct Lines<'a> {
    columns: Vec<&'a str>,
    lines: Vec<&'a str>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str, table: &str) -> Self {
        let begin = text.find(&format!("COPY public.{table} (")).unwrap();
        let mut lines = text[begin..].lines();
        let list = lines.next().unwrap().split_once('(').unwrap().1.split_once(')').unwrap().0;
        let columns = list.split(", ").map(|name| name.trim_matches('"')).collect();
        Self { columns, lines: lines.take_while(|line| *line != "\\.").collect() }
    }

    fn line(&self, place: usize) -> &'a str {
        self.lines[place]
    }

    /// The row at this place with other values.
    fn altered(&self, place: usize, values: &[(&str, &str)]) -> String {
        let mut fields: Vec<&str> = self.lines[place].split('\t').collect();
        for (name, value) in values {
            let at = self.columns.iter().position(|column| column == name).unwrap();
            fields[at] = value;
        }
        fields.join("\t")
    }
}

#[tokio::test]
async fn a_changed_column_makes_nobody_act_as_another_and_changes_no_signed_word() {
    let text = String::from_utf8(dump("tng.pg-copy")).unwrap();
    let changed = |table: &str, place: usize, values: &[(&str, &str)]| {
        let lines = Lines::of(&text, table);
        text.replacen(lines.line(place), &lines.altered(place, values), 1)
    };
    for (table, id, values, verdict, word) in [
        ("trusted_party", "1", ("country", "XB"), Quarantined, "of XA in a row of XB"),
        ("trusted_party", "2", ("country", "XB"), Quarantined, "of XA in a row of XB"),
        ("trusted_party", "3", ("country", "XB"), Quarantined, "of XA in a row of XB"),
        ("validation_rule", "7", ("valid_to", "2040-01-01 00:00:00"), Quarantined, "ValidTo"),
        ("validation_rule", "7", ("valid_from", "2020-01-01 00:00:00"), Quarantined, "ValidFrom"),
        ("validation_rule", "7", ("type", "INVALIDATION"), Quarantined, "Type"),
        ("validation_rule", "7", ("rule_id", "GR-XA-0002"), Quarantined, "Identifier"),
        ("validation_rule", "7", ("country", "XB"), Quarantined, "no rule of this country"),
        ("revocation_batch", "1", ("expires", "2040-01-01 00:00:00"), Quarantined, "expires"),
        ("revocation_batch", "1", ("kid", "OX2p6xdGeis="), Quarantined, "kid"),
        ("revocation_batch", "1", ("type", "SIGNATURE"), Quarantined, "hashType"),
        ("validation_rule", "0", ("id", "0"), Rejected, "number above 0"),
        ("audit_event", "-1", ("id", "-1"), Rejected, "number above 0"),
    ] {
        let place = match (table, id) {
            ("trusted_party", id) => id.parse::<usize>().unwrap() - 1,
            _ => 0,
        };
        let report = take(changed(table, place, &[values]).as_bytes(), None).await.unwrap();
        let row =
            report.rows.iter().find(|row| row.table == table && row.id.as_deref() == Some(id));
        let row = row.unwrap_or_else(|| panic!("{table} {values:?}: {:#?}", report.rows));
        assert_eq!(row.verdict, verdict, "{row:?}");
        assert!(row.reason.contains(word), "{word}: {row:?}");
    }

    // What a certificate is for, nobody signs: as something else it proves no upload any more.
    let text = changed("trusted_party", 1, &[("certificate_type", "AUTHENTICATION")]);
    let report = take(text.as_bytes(), None).await.unwrap();
    assert!(report.notes.iter().any(|note| note.contains("what a certificate is for")));
    assert!(verdicts(&report)[&("signer_information".to_owned(), "1".to_owned())] == Unproven);
}

#[tokio::test]
async fn rules_are_numbered_anew_in_their_old_order() {
    for database in databases() {
        let network = Network::empty_on(database);
        let store = network.store().await;
        let text = String::from_utf8(dump("tng.pg-copy")).unwrap();
        let lines = Lines::of(&text, "validation_rule");
        // The first version gets the last of all numbers, and so comes last.
        let last = lines.altered(0, &[("id", "9223372036854775807")]);
        let text = text.replacen(lines.line(0), &last, 1);
        take(text.as_bytes(), Some(&store)).await.unwrap();
        let versions = |rules: Vec<gdhcn_store::validation_rule::ValidationRule>| {
            rules.into_iter().map(|rule| rule.version).collect::<Vec<_>>()
        };
        let rules = store.validation_rules("XA").await.unwrap();
        assert_eq!(versions(rules), ["1.0.9", "1.1.0"]);

        // The same version under another number is here already.
        let more = String::from_utf8(dump("eu.pg-copy")).unwrap();
        let old = Lines::of(&more, "validation_rule");
        let version = old.altered(0, &[("id", "1")]);
        let more = more.replacen(old.line(0), &version, 1);
        let add = ImportOptions { before: Before::Something, ..options() };
        let report = import(|| Ok(more.as_bytes()), Some(&store), &add).await.unwrap();
        assert_eq!(report.tables["validation_rule"][&Skipped], 2, "{:#?}", report.rows);
    }
}

#[tokio::test]
async fn a_certificate_with_a_time_of_withdrawal_is_never_live() {
    let network = Network::empty();
    let store = network.store().await;
    let text = String::from_utf8(dump("eu.pg-copy")).unwrap();
    let lines = Lines::of(&text, "signer_information");
    let gone = lines.altered(0, &[("deleted_at", "2026-11-29 10:00:00")]);
    let report = take(text.replacen(lines.line(0), &gone, 1).as_bytes(), Some(&store)).await;
    let report = report.unwrap();
    let row = report.rows.iter().find(|row| row.table == "signer_information");
    assert!(row.unwrap().reason.contains("counts as withdrawn"), "{row:?}");
    let content = store.trust_content().await.unwrap();
    let at = lines.columns.iter().position(|column| *column == "thumbprint").unwrap();
    let thumbprint = lines.line(0).split('\t').nth(at).unwrap();
    assert!(content.signer_information.iter().all(|row| row.thumbprint != thumbprint));
    let since = "2026-11-20T00:00:00Z".parse().unwrap();
    assert_eq!(store.tombstones_since(since).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_flood_of_bad_rows_is_counted() {
    let text = String::from_utf8(dump("tng.pg-copy")).unwrap();
    let lines = Lines::of(&text, "valueset");
    let bad: String = (0..1500).map(|id| format!("set-{id}\n")).collect();
    let whole = text.replacen(lines.line(0), &format!("{bad}{}", lines.line(0)), 1);
    let report = take(whole.as_bytes(), None).await.unwrap();
    assert_eq!(report.tables["valueset"][&Rejected], 1500);
    assert_eq!(report.rows.iter().filter(|row| row.table == "valueset").count(), 1000);
    assert_eq!(report.more["valueset"][&Rejected], 500);
}

//! Moving in from another gateway at the command line.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use gdhcn_log::{Tile, TileKind};

use crate::onboarding::with_operators;
use crate::program::Place;
use crate::service::Service;

fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../gdhcn-server/tests/fixtures/dump").join(file)
}

const IMPORT: [&str; 4] = ["gateway", "import", "--config", "gate/gateway.toml"];

#[test]
fn a_dump_is_looked_at_taken_over_once_and_reported() {
    let place = Place::new();
    let (anchor, dump) = (fixture("anchor.pem"), fixture("tng.mysql.dump"));
    let anchor = anchor.to_str().unwrap();
    place.run(&["gateway", "init", "gate", "--trust-anchor", anchor]).done(0);
    let import =
        |more: &[&str]| place.run(&[IMPORT.as_slice(), &[dump.to_str().unwrap()], more].concat());
    let said = import(&["--dry-run"]).done(1).stdout;
    for words in [
        "quarantined trusted_party 9 (line ",
        "rejected    trusted_party 10 (line ",
        "unproven    signer_information 3 (line ",
        "rows are unproven",
        "nothing was written",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!place.path("gate/data").join("gateway.sqlite3").exists());

    let report = import(&["--json", "--zone", "Europe/Brussels"]).done(1).json();
    assert_eq!((&report["written"], &report["generation"]), (&true.into(), &"who".into()));
    assert_eq!(report["tables"]["trusted_party"]["imported"], 7);
    assert!(report["rows"][0]["advice"].is_string(), "{report}");

    // The same dump again changes nothing and says so, whether or not it is looked at.
    let again = import(&[]).done(0).stdout;
    assert!(again.contains("taken over before"), "{again}");
    let added = import(&["--add", "--zone", "Europe/Brussels"]).done(1).stdout;
    assert!(added.contains("nothing is new"), "{added}");
    let other = fixture("eu.mysql.dump");
    let refused = place.run(&[IMPORT.as_slice(), &[other.to_str().unwrap()]].concat()).fault(66);
    assert!(refused.stderr.contains("not empty"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--add"), "{}", refused.stderr);
}

/// A dump says of itself what each certificate is for, and it is put before nobody.
#[test]
fn where_two_operators_are_asked_one_takes_over_no_dump() {
    let place = with_operators();
    let dump = fixture("tng.mysql.dump");
    let import = ["gateway", "import", "--config", "gateway.toml", dump.to_str().unwrap()];
    let refused = place.run(&import).fault(64);
    assert!(refused.stderr.contains("asks for 2 operators"), "{}", refused.stderr);
    assert!(!place.path("database/gateway.sqlite3").exists());
    assert_eq!(place.run(&[&import[..], &["--dry-run"]].concat()).code, 1, "it may be looked at");
}

#[test]
fn what_is_no_dump_of_a_gateway_is_refused_with_advice() {
    let place = Place::new();
    place.run(&["gateway", "init", "gate"]).done(0);
    for (bytes, word) in [
        (&b"PGDMP\x01"[..], "pg_restore"),
        (b"\x1f\x8b\x08", "gunzip"),
        (b"CREATE TABLE t (a int);\n-- Dump completed\n", "no table trusted_party"),
    ] {
        std::fs::write(place.path("x.sql"), bytes).unwrap();
        let refused = place.run(&[IMPORT.as_slice(), &["x.sql"]].concat()).fault(66);
        assert!(refused.stderr.contains(word), "{}", refused.stderr);
    }
    place.run(&[IMPORT.as_slice(), &["none.sql"]].concat()).fault(66);
    place.run(&[IMPORT.as_slice(), &["x.sql", "--zone", "Nowhere/Land"]].concat()).wrong_usage();
    place.run(&[IMPORT.as_slice(), &["x.sql", "--dialect", "oracle"]].concat()).wrong_usage();
}

/// Killed in the middle of its transaction, with the dump half read: nothing remains, and the same
/// command takes everything over.
#[cfg(unix)]
#[test]
fn an_import_that_is_killed_leaves_nothing_and_can_be_begun_again() {
    let place = Place::new();
    let (anchor, dump) = (fixture("anchor.pem"), fixture("tng.mysql.dump"));
    place.run(&["gateway", "init", "gate", "--trust-anchor", anchor.to_str().unwrap()]).done(0);
    // Long enough that much of it has been read when the pipe has taken half.
    let text = std::fs::read_to_string(&dump).unwrap();
    let event = text.lines().find(|line| line.starts_with("(1,") && line.contains("SUCCESS"));
    let event = event.unwrap().trim_end_matches(',');
    let many: Vec<String> =
        (1000..5000).map(|id| event.replacen("(1,", &format!("({id},"), 1)).collect();
    let whole = text.replacen(event, &format!("{event},\n{}", many.join(",\n")), 1);
    place.write("whole.sql", &whole);
    place.shell("mkfifo pipe.sql").done(0);
    let feed = |length: usize| {
        let mut pipe =
            std::fs::OpenOptions::new().write(true).open(place.path("pipe.sql")).unwrap();
        pipe.write_all(&whole.as_bytes()[..length]).unwrap();
        pipe
    };
    let mut import = place.command(&[IMPORT.as_slice(), &["pipe.sql"]].concat()).spawn().unwrap();
    let first = feed(whole.len());
    // The second reading opens another pipe of that name, which must be there before the first one
    // ends.
    place.shell("mkfifo next.sql && mv next.sql pipe.sql").done(0);
    drop(first);
    let half = feed(whole.len() / 2);
    import.kill().unwrap();
    import.wait().unwrap();
    drop(half);

    let status = ["gateway", "status", "--json", "--config", "gate/gateway.toml"];
    assert_eq!(place.run(&status).json()["revision"], 0);
    let report = place.run(&[IMPORT.as_slice(), &["whole.sql", "--json"]].concat()).done(1).json();
    assert_eq!(report["written"], true);
    assert_eq!(report["tables"]["audit_event"]["unproven"], 4002);
}

fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// The body of an answer to a client that a proxy knows by this thumbprint.
fn get(address: &str, path: &str, thumbprint: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nX-SSL-Client-SHA256: {thumbprint}\r\nX-SSL-Client-DN: C=XA\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    assert!(answer.starts_with(b"HTTP/1.0 200"), "{}", String::from_utf8_lossy(&answer));
    answer.split_off(end + 4)
}

/// After the import the program's own audit holds: the list follows from the log, whose entries
/// carry the old signatures.
#[test]
fn the_audit_of_an_imported_gateway_holds() {
    // Without a signer in the log: a certificate, the value sets, and where there is one a
    // reference. Of a batch the log has a hash.
    for (dump, unproven, batches) in
        [("tng.mysql.dump", 4, 1), ("ddcc.pg-copy.dump", 4, 1), ("eu.mysql.dump", 3, 1)]
    {
        let place = Place::new();
        let (anchor, file) = (fixture("anchor.pem"), fixture(dump));
        let (listen, management) = (free_port(), free_port());
        let anchor = anchor.to_str().unwrap();
        let init = ["gateway", "init", "gate", "--trust-anchor", anchor, "--proxy", "127.0.0.1"];
        let at = ["--listen", &listen, "--management-listen", &management];
        place.run(&[init.as_slice(), &at].concat()).done(0);
        let config = place.text("gate/gateway.toml");
        let (head, tls) = config.split_once("\n[tls]\n").unwrap();
        let (_, tail) = tls.split_once("\n\n").unwrap();
        place.write("gate/gateway.toml", format!("{head}\n\n{tail}"));
        place.run(&[IMPORT.as_slice(), &[file.to_str().unwrap()]].concat()).done(1);

        let serve = ["gateway", "serve", "--config", "gate/gateway.toml"];
        let service = Service::start(&place, &serve);
        service.word_after("gateway up at ");
        let text = std::fs::read_to_string(&file).unwrap();
        let mut prints = text.split(['\'', '\t']).filter(|word| word.len() == 64);
        // The first event of the old trail: who signed, and whose connection it was.
        let client = prints.nth(1).unwrap();
        place.write("list.json", get(&listen, "/trustList", client));
        let checkpoint = get(&management, "/log/checkpoint", "");
        let note = String::from_utf8(checkpoint.clone()).unwrap();
        let size: u64 = note.lines().nth(1).unwrap().parse().unwrap();
        place.write("log/checkpoint", checkpoint);
        for kind in [TileKind::Entries, TileKind::Hashes { level: 0 }] {
            let tile = Tile::in_tree(kind, 0, size).unwrap();
            place.write(&format!("log/{tile}"), get(&management, &format!("/log/{tile}"), ""));
        }
        assert_eq!(service.interrupt(), 0);

        let audit = ["gateway", "audit", "--log", "log", "--key", "gate/log.key.pub"];
        let with = ["--trust-anchor", anchor, "--list", "list.json", "--json"];
        let told = place.run(&[audit.as_slice(), &with].concat()).done(0).json();
        assert_eq!(told["outcome"], "holds", "{dump}: {told}");
        assert_eq!(told["compared"]["differences"], 0, "{dump}: {told}");
        let expected = serde_json::json!({ "imported": unproven, "payload_elsewhere": batches });
        assert_eq!(told["unproven"], expected, "{dump}");
    }
}

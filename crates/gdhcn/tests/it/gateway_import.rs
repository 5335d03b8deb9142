//! Moving in from another gateway at the command line.

use std::path::{Path, PathBuf};

use crate::program::Place;

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
    use std::io::Write as _;

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
    drop(feed(whole.len()));
    // The second reading opens another pipe of that name, so that the first one ends.
    place.shell("mkfifo next.sql && mv next.sql pipe.sql").done(0);
    let half = feed(whole.len() / 2);
    import.kill().unwrap();
    import.wait().unwrap();
    drop(half);

    let status = ["gateway", "status", "--json", "--config", "gate/gateway.toml"];
    assert_eq!(place.run(&status).json()["revision"], 0);
    let report = place.run(&[IMPORT.as_slice(), &["whole.sql", "--json"]].concat()).done(1).json();
    assert_eq!(report["written"], true);
    assert_eq!(report["tables"]["audit_event"]["imported"], 4002);
}

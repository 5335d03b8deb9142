//! What keeps a gateway from its work is named: at the start, in its state, and by each command.

use std::time::Duration;

use crate::gateway_operating::{CONFIG, init};
use crate::program::{GDHCN, Place, Run};
use crate::service::Service;

/// Runs the program as an account to which modes of files apply, as they do not to root.
fn without_privileges(place: &Place, arguments: &str) -> Run {
    place.shell(&format!(
        "set -- {GDHCN} {arguments}; \
         if [ $(id -u) = 0 ]; then exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"; fi; \
         exec \"$@\""
    ))
}

/// A gateway that was served once: its database is there.
fn served_once() -> Place {
    let place = Place::new();
    init(&place, &[]);
    let service = Service::start(&place, &[&["gateway", "serve"], CONFIG.as_slice()].concat());
    service.word_after("gateway up at ");
    assert_eq!(service.interrupt(), 0);
    place
}

#[test]
fn a_database_that_cannot_be_written_is_refused_at_the_start() {
    let place = served_once();
    place.shell("chmod 0444 gate/data/*").done(0);
    let run = without_privileges(&place, "gateway serve --config gate/gateway.toml");
    assert_eq!((run.code, run.stdout.as_str()), (70, ""), "{}", run.stderr);
    let last = run.stderr.lines().last().unwrap_or_default();
    for word in ["gateway.sqlite3 cannot be written", "its owner, ", "chmod"] {
        assert!(last.contains(word), "{word}: {}", run.stderr);
    }
}

#[test]
fn a_database_that_must_not_be_looked_at_is_not_called_missing() {
    let place = served_once();
    place.shell("chmod 0 gate/data").done(0);
    for command in ["status", "backup saved", "requests"] {
        let arguments = format!("gateway {command} --config gate/gateway.toml");
        let run = without_privileges(&place, &arguments).fault(70);
        for word in ["gate/data/gateway.sqlite3", "ermission denied", "sudo -u"] {
            assert!(run.stderr.contains(word), "{command}: {}", run.stderr);
        }
    }
    place.shell("chmod 0700 gate/data").done(0);
}

#[test]
fn a_database_that_is_away_ends_every_command_the_same_way() {
    let place = Place::new();
    init(&place, &[]);
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = socket.local_addr().unwrap().to_string();
    drop(socket);
    let config = place.text("gate/gateway.toml");
    let database = format!("\"postgresql://gateway:s3cr3t@{server}/tng\"");
    place.write("gate/gateway.toml", config.replacen("\"data\"", &database, 1));
    std::thread::scope(|scope| {
        for command in [&["status"][..], &["backup", "saved"], &["requests"], &["trail"]] {
            let (place, server) = (&place, &server);
            scope.spawn(move || {
                let run = place.run(&[&["gateway"], command, &CONFIG].concat()).fault(70);
                assert!(
                    run.stderr.contains(&format!("{server} does not answer")),
                    "{}",
                    run.stderr
                );
                assert!(!run.stderr.contains("s3cr3t"), "{}", run.stderr);
            });
        }
    });
}

#[test]
fn a_backup_that_is_empty_or_damaged_is_not_restored() {
    let place = served_once();
    place.run(&[&["gateway", "backup", "whole"], CONFIG.as_slice()].concat()).done(0);
    place
        .write("gate/other.toml", place.text("gate/gateway.toml").replace("\"data\"", "\"other\""));
    let mut damaged = place.read("whole");
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    place.write("damaged", damaged);
    place.write("empty", "");
    let restore = |file: &str, more: &[&str]| {
        let arguments = ["gateway", "restore", file, "--config", "gate/other.toml"];
        place.run(&[arguments.as_slice(), more].concat())
    };
    for (file, more, word) in [
        ("damaged", &[][..], "damaged"),
        ("empty", &[], "does not end with its digest"),
        ("empty", &["--unverified"], "no database of SQLite"),
    ] {
        let run = restore(file, more).fault(66);
        assert!(run.stderr.starts_with(&format!("error: {file}")), "{}", run.stderr);
        assert!(run.stderr.contains(word), "{}", run.stderr);
    }
    restore("whole", &[]).done(0);
}

#[test]
fn a_key_of_another_certificate_is_named_with_both_files() {
    let place = Place::new();
    init(&place, &[]);
    place.run(&["gateway", "init", "other"]).done(0);
    std::fs::copy(place.path("other/gateway.key"), place.path("gate/gateway.key")).unwrap();
    let run = place.run(&[&["gateway", "config", "check"], CONFIG.as_slice()].concat()).fault(66);
    for word in ["gate/gateway.key", "gate/gateway.pem", "does not belong"] {
        assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
    }
}

#[test]
fn a_certificate_that_ends_soon_is_named_to_whoever_runs_the_job() {
    let place = Place::new();
    init(&place, &[]);
    let made = place.shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 \
         -subj /CN=localhost -keyout gate/gateway.key -out gate/gateway.pem 2>&1",
    );
    assert_eq!(made.code, 0, "{}", made.stdout);
    let service = Service::start(&place, &[&["gateway", "serve"], CONFIG.as_slice()].concat());
    service.word_after("gateway up at ");
    assert_eq!(service.interrupt(), 0);
    let job = ["gateway", "job", "run", "expiry-warning"];
    let said = place.run(&[&job, CONFIG.as_slice()].concat()).done(0).stdout;
    let line = said.lines().find(|line| line.contains("this gateway's SERVER")).unwrap_or_default();
    assert!(line.contains("ends in 2 days"), "{said}");
    let said = place.run(&[&job, CONFIG.as_slice(), &["--json"]].concat()).done(0).json();
    assert_eq!(said["details"].as_array().unwrap().len(), 1, "{said}");
}

#[test]
fn refused_files_are_a_fault_in_the_state_until_they_are_mended() {
    let place = Place::new();
    init(&place, &[]);
    let service = Service::start(&place, &[&["gateway", "serve"], CONFIG.as_slice()].concat());
    service.word_after("gateway up at ");
    let status = || place.run(&[&["gateway", "status"], CONFIG.as_slice()].concat());
    let wait_for = |code: i32| {
        for _ in 0..600 {
            let run = status();
            if run.code == code {
                return run.stdout;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("no exit code {code}");
    };
    assert!(!status().done(0).stdout.contains("gdhcn_"), "people are told in words");
    place.write("gate/gateway.pem", "no certificate");
    service.hang_up();
    let said = wait_for(1);
    assert!(said.contains("fault: changed files are refused"), "{said}");
    assert!(said.contains("gateway.pem"), "{said}");
    assert_eq!(service.interrupt(), 0);
    // Now the files are read by the command itself.
    status().fault(66);
}

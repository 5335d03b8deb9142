//! What a gateway does by itself, run by hand and by processes that are killed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::gateway_operating::init;
use crate::program::Place;
use crate::service::Service;

const CONFIG: [&str; 2] = ["--config", "gate/gateway.toml"];

/// Runs a subcommand of `gdhcn gateway` on the gateway in `gate`.
fn gateway<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["gateway"], arguments, CONFIG.as_slice()].concat()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn wait_for(what: &str, mut look: impl FnMut() -> bool) {
    let started = Instant::now();
    while !look() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}: not in time");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A gateway that publishes into the repository `remote`.
fn publishing(place: &Place) {
    init(place, &[]);
    let config = place.text("gate/gateway.toml");
    let config = config.replace("#lease_seconds = 30", "lease_seconds = 8");
    place.write(
        "gate/gateway.toml",
        config
            + "\n[did]\nbase = 'did:web:lists.example'\nsigning_key = 'did.key'\n\
               [did.target]\nkind = 'git'\npath = '../copy'\nurl = '"
            + &place.path("remote").to_string_lossy()
            + "'\n",
    );
    let key = place.path("gate/did.key");
    let made = Command::new("openssl")
        .args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"])
        .arg(&key)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let remote = place.path("remote");
    fs::create_dir(&remote).unwrap();
    git(&remote, &["init", "--quiet", "--bare", "--initial-branch", "main"]);
    let tree = git(&remote, &["hash-object", "-w", "-t", "tree", "/dev/null"]);
    let author = ["-c", "user.name=t", "-c", "user.email=t@t"];
    let first = git(&remote, &[&author, ["commit-tree", "-m", "t", &tree].as_slice()].concat());
    git(&remote, &["update-ref", "refs/heads/main", &first]);
}

#[test]
fn a_job_that_is_killed_in_the_middle_is_taken_over_by_another_process() {
    let place = Place::new();
    publishing(&place);
    let remote = place.path("remote");
    let commits = || git(&remote, &["rev-list", "--count", "main"]);
    // The first push is held up until the end of the test, later ones are not.
    let hook = remote.join("hooks/pre-receive");
    let script = "#!/bin/sh\nif mkdir entered; then\n\
                  while [ ! -e ended ]; do sleep 0.05; done\nexit 1\nfi\n";
    place.write("remote/hooks/pre-receive", script);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    }
    // Makes the database.
    let first = Service::start(&place, &gateway(&["serve"]));
    first.word_after("gateway up at ");
    wait_for("the push", || remote.join("entered").exists());

    // The lease is renewed as long as it is held.
    let lease = || {
        let sql = "SELECT lease_until FROM job WHERE name = 'publication'";
        place.shell(&format!("sqlite3 gate/data/gateway.sqlite3 \"{sql}\"")).stdout
    };
    let begun = lease();
    wait_for("the renewal", || lease() > begun);
    let held = place.run(&gateway(&["job", "run", "publication"]));
    assert_eq!(held.code, 1, "{held:?}");
    assert!(held.stdout.contains("runs in another process"), "{held:?}");
    let (_, said) = first.signal("-KILL");
    assert!(
        !said.iter().any(|line| line.contains("a job is done job=\"publication\"")),
        "{said:?}"
    );
    assert_eq!(commits(), "1", "the old lists are in place");

    let second = Service::start(&place, &gateway(&["serve"]));
    second.word_after("gateway up at ");
    wait_for("the lists", || commits() == "2");
    place.write("remote/ended", "");
    let publication = || {
        let status = place.run(&gateway(&["status", "--json"]));
        let jobs = status.json()["jobs"].as_array().unwrap().clone();
        jobs.into_iter().find(|job| job["name"] == "publication").unwrap()
    };
    wait_for("the end of the run", || publication()["message"].is_string());
    let state = publication();
    assert_eq!(state["failures"], 0, "{state}");
    assert!(state["message"].as_str().unwrap().contains("new or changed"), "{state}");
    assert!(
        git(&remote, &["show", "main:v2/trustlist/did.json"]).contains("did:web:lists.example")
    );
    assert_eq!(second.interrupt(), 0);

    // By hand, with nothing new.
    let again = place.run(&gateway(&["job", "run", "publication", "--json"])).done(0).json();
    assert_eq!((&again["outcome"], &again["job"]), (&"done".into(), &"publication".into()));
    assert!(again["message"].as_str().unwrap().contains("nothing has changed"), "{again}");
    assert_eq!(commits(), "2");
}

#[test]
fn a_job_by_hand_says_what_keeps_it_from_running() {
    let place = Place::new();
    init(&place, &[]);
    let run = place.run(&gateway(&["job", "run", "publication"])).fault(66);
    assert!(run.stderr.contains("there is no database"), "{}", run.stderr);
    let service = Service::start(&place, &gateway(&["serve"]));
    service.word_after("gateway up at ");
    assert_eq!(service.interrupt(), 0);
    let run = place.run(&gateway(&["job", "run", "publication"])).fault(66);
    assert!(run.stderr.contains("does not ask for the job publication"), "{}", run.stderr);
    let run = place.run(&gateway(&["job", "run", "tea"])).wrong_usage();
    assert!(run.stderr.contains("expiry-warning"), "{}", run.stderr);
    place.run(&gateway(&["job", "run", "tombstone-clean-up"])).done(0);
}

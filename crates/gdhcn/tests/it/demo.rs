//! `gdhcn demo`: the story, its folder, and what it leaves alone.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::program::{Place, assert_snapshot};

#[test]
fn the_story_for_programs_is_an_array_of_steps_that_all_come_out_as_expected() {
    let place = Place::new();
    let story = place.run(&["demo", "--json", "--folder", "demo"]).done(0).json();
    let steps = story.as_array().unwrap();
    assert!(steps.len() >= 12, "{} steps", steps.len());
    let mut ids = Vec::new();
    for step in steps {
        let members: Vec<_> = step.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["id", "ok", "expected", "detail"]);
        assert_eq!(step["ok"], true, "{step}");
        for member in ["id", "expected", "detail"] {
            assert!(!step[member].as_str().unwrap().is_empty(), "{step}");
        }
        ids.push(step["id"].as_str().unwrap());
    }
    assert_snapshot("demo_steps", &ids.join("\n"));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), steps.len(), "a step's id stands twice");
}

#[test]
fn the_story_for_a_person() {
    let place = Place::new();
    let told = place.run(&["demo", "--folder", "demo"]).done(0).stdout;
    assert_snapshot("demo_for_a_person", &told);
    let widest = told.lines().take_while(|line| !line.starts_with("Everything is kept"));
    for line in widest.filter(|line| !line.contains("demo/")) {
        assert!(line.chars().count() <= 80, "too wide for a terminal: {line}");
    }
}

#[test]
fn the_folder_keeps_codes_keys_lists_and_the_commands_to_go_on() {
    let place = Place::with_demo();
    for name in ["dcc", "icvp", "dcc-changed", "dcc-expired", "dcc-unknown-key"] {
        let file = |ending| format!("demo/xxa/{name}.{ending}");
        assert!(place.read(&file("png")).starts_with(b"\x89PNG\r\n\x1a\n"), "{name}");
        assert!(place.text(&file("svg")).contains("<svg"), "{name}");
        assert!(place.text(&file("txt")).starts_with("HC1:"), "{name}");
    }
    for owner in ["xxa", "xxb"] {
        for role in ["sca", "dsc", "upload", "tls"] {
            let certificate = place.text(&format!("demo/{owner}/{role}.pem"));
            assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----"), "{owner} {role}");
            let key = place.text(&format!("demo/{owner}/{role}.key"));
            assert!(key.starts_with("-----BEGIN PRIVATE KEY-----"), "{owner} {role}");
        }
    }
    for name in [
        "demo/operator/trust-anchor.pem",
        "demo/operator/gateway.pem",
        "demo/operator/gateway.toml",
        "demo/xxb/trust-list-1.json",
        "demo/xxb/trust-list-2.json",
        "demo/next-steps.txt",
    ] {
        assert!(!place.read(name).is_empty(), "{name} is empty");
    }
}

#[cfg(unix)]
#[test]
fn private_keys_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::with_demo();
    let keys: Vec<_> = tree(&place.path("demo"))
        .into_iter()
        .filter(|(_, bytes)| bytes.windows(11).any(|window| window == b"PRIVATE KEY"))
        .collect();
    // Two countries, a stranger and a forger with four keys each; trust anchor, gateway and log.
    assert_eq!(keys.len(), 19, "{:?}", keys.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (name, _) in keys {
        let mode = fs::metadata(place.path("demo").join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_folder_that_is_not_empty_is_left_alone() {
    let place = Place::with_demo();
    let before = tree(&place.path("demo"));
    let run = place.run(&["demo", "--folder", "demo"]).fault(66);
    assert!(run.stderr.contains("demo: not empty"), "{}", run.stderr);
    assert!(before == tree(&place.path("demo")), "a file was changed");

    place.write("mine/notes.txt", "mine");
    place.run(&["demo", "--json", "--folder", "mine"]).fault(66);
    assert_eq!(tree(&place.path("mine")).len(), 1);
}

#[test]
fn a_file_where_the_folder_should_be_is_left_alone() {
    let place = Place::new();
    place.write("file", "mine");
    place.run(&["demo", "--folder", "file"]).fault(66);
    assert_eq!(place.text("file"), "mine");
}

#[test]
fn without_a_name_the_folder_is_named_after_the_moment() {
    let place = Place::new();
    place.run(&["demo", "--json"]).done(0);
    let names: Vec<_> = fs::read_dir(place.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let [name] = names.as_slice() else { panic!("{names:?}") };
    let moment = name.strip_prefix("gdhcn-demo-").unwrap();
    assert!(moment.len() == 14 && moment.bytes().all(|byte| byte.is_ascii_digit()), "{name}");
}

#[test]
fn a_port_that_is_taken_is_a_fault_that_names_it() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = place.run(&["demo", "--json", "--folder", "demo", "--port", &port]).fault(70);
    assert!(run.stderr.contains(&port), "{}", run.stderr);
}

/// All files under `folder`, by their path in it.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn add(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    add(folder, folder, &mut files);
    files
}

//! What is shipped to run a gateway as a service: the systemd unit and the container file start, reload
//! and end the program as it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use gdhcn_testkit::{optional_program, workspace_root};

use crate::gateway_operating::{get, init};
use crate::program::Place;
use crate::service::Service;

const CONFIG: &str = "/etc/gdhcn/gateway.toml";

fn shipped(name: &str) -> PathBuf {
    workspace_root().join("deploy").join(name)
}

/// The settings of the unit's section `[Service]`; of one that is there twice, the last.
fn unit() -> BTreeMap<String, String> {
    let text = fs::read_to_string(shipped("systemd/gdhcn-gateway.service")).unwrap();
    let (_, rest) = text.split_once("[Service]\n").unwrap();
    let (section, _) = rest.split_once("[Install]\n").unwrap();
    let settings = section.lines().filter(|line| !line.starts_with('#'));
    let settings = settings.filter_map(|line| line.split_once('='));
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The arguments that the container file gives the program.
fn container() -> (Vec<String>, BTreeMap<String, String>) {
    let text = fs::read_to_string(shipped("container/Containerfile")).unwrap();
    // The last stage is the image.
    let (_, stage) = text.rsplit_once("\nFROM ").unwrap();
    let lines = stage.lines().filter_map(|line| line.split_once(' '));
    let lines: BTreeMap<_, _> =
        lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let list = |name: &str| serde_json::from_str::<Vec<String>>(&lines[name]).unwrap();
    ([list("ENTRYPOINT"), list("CMD")].concat(), lines)
}

/// Starts a gateway by a shipped command, with a configuration of `init` in the place of
/// `/etc/gdhcn`; it reloads on SIGHUP and ends well on `end`.
fn serves(command: &[&str], end: &str) {
    let place = Place::new();
    let port = init(&place, &[]);
    assert!(command.contains(&CONFIG), "{command:?}");
    let arguments: Vec<_> = command[1..]
        .iter()
        .map(|one| if *one == CONFIG { "gate/gateway.toml" } else { one })
        .collect();
    let service = Service::start(&place, &arguments);
    service.word_after("gateway up at ");
    let ready = get(port, "/ready");
    assert!(ready.starts_with("HTTP/1.0 200"), "{ready}");
    service.hang_up();
    while !get(port, "/metrics").contains("\ngdhcn_reloads_total{outcome=\"applied\"} 1\n") {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(service.signal(end).0, 0);
}

#[test]
fn the_unit_starts_reloads_and_ends_the_program() {
    let unit = unit();
    let command: Vec<_> = unit["ExecStart"].split(' ').collect();
    assert_eq!(command[0], "/usr/bin/gdhcn");
    assert_eq!(unit["ExecReload"], "/bin/kill -HUP $MAINPID");
    // Systemd's own choice is SIGTERM, which is no failure.
    assert!(!unit.contains_key("KillSignal") && !unit.contains_key("SuccessExitStatus"));
    serves(&command, "-TERM");

    // Running requests are given their time before the rest is killed.
    let template = gdhcn_server::GatewayConfig::TEMPLATE;
    let (_, drain) = template.split_once("#drain_seconds = ").unwrap();
    let drain: u32 = drain.lines().next().unwrap().parse().unwrap();
    assert!(unit["TimeoutStopSec"].parse::<u32>().unwrap() > drain);
    // The gateway may write below its state only, and its user is made.
    assert_eq!(unit["WorkingDirectory"], format!("/var/lib/{}", unit["StateDirectory"]));
    let users = fs::read_to_string(shipped("systemd/gdhcn.sysusers.conf")).unwrap();
    let made = format!("u {} - ", unit["User"]);
    assert!(users.lines().any(|line| line.starts_with(&made)), "{users}");
    assert_eq!(unit["Group"], unit["User"]);
}

#[test]
fn the_image_starts_and_ends_the_program() {
    let (command, lines) = container();
    let command: Vec<_> = command.iter().map(String::as_str).collect();
    assert_eq!(command[0], "/usr/bin/gdhcn");
    assert_eq!(lines["STOPSIGNAL"], "SIGTERM");
    serves(&command, "-TERM");
    let user: Vec<_> = lines["USER"].split(':').collect();
    assert!(user.iter().all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "{user:?}");
}

/// What a wrong configuration ends with is a failure to systemd, too.
#[test]
fn a_broken_configuration_is_a_failure() {
    let place = Place::new();
    place.write("gate/gateway.toml", "listen = 1");
    let run = place.run(&["gateway", "serve", "--config", "gate/gateway.toml"]).fault(66);
    assert!(run.stderr.contains("line 1"), "{}", run.stderr);
    assert_eq!(unit()["Restart"], "on-failure");
}

/// What systemd says of the unit, changed; the program is the one that was built.
fn said_of_the_unit(change: impl FnOnce(String) -> String) -> Option<String> {
    let analyze = optional_program("systemd-analyze")?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gdhcn-gateway.service");
    let text = fs::read_to_string(shipped("systemd/gdhcn-gateway.service")).unwrap();
    let text = text.replace("/usr/bin/gdhcn", env!("CARGO_BIN_EXE_gdhcn"));
    fs::write(&path, change(text)).unwrap();
    let output = Command::new(analyze).args(["verify", "--man=no"]).arg(path).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    // It speaks of whatever else is installed on the machine, too.
    let said = String::from_utf8_lossy(&said).into_owned();
    let own = said.lines().filter(|line| line.contains("gdhcn-gateway"));
    Some(own.collect::<Vec<_>>().join("\n"))
}

#[test]
fn systemd_has_no_complaint_about_the_unit() {
    let Some(said) = said_of_the_unit(|text| text) else { return };
    assert_eq!(said, "");
    // It would say so.
    for (right, wrong, word) in [
        ("ProtectSystem=", "ProtectSystm=", "ProtectSystm"),
        ("ExecStart=/", "ExecStart=/nowhere/", "nowhere"),
        ("SystemCallFilter=@system-service", "SystemCallFilter=@sytem-service", "sytem"),
    ] {
        let said = said_of_the_unit(|text| text.replace(right, wrong)).unwrap();
        assert!(said.contains(word), "{wrong}: {said}");
    }
}

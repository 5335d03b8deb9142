//! Going on by hand after the demo: its gateway, and the commands that it leaves behind.

use crate::program::{Place, assert_snapshot};
use crate::service::Service;

/// How to ask the demo's gateway as XXB.
const XXB_AT_THE_GATEWAY: [&str; 8] = [
    "--client-cert",
    "demo/xxb/tls.pem",
    "--client-key",
    "demo/xxb/tls.key",
    "--gateway-ca",
    "demo/operator/gateway.pem",
    "--trust-anchor",
    "demo/operator/trust-anchor.pem",
];

#[test]
fn with_serve_the_gateway_answers_until_ctrl_c() {
    let place = Place::new();
    let service = Service::start(&place, &["demo", "--folder", "demo", "--serve"]);
    let address = service.word_after("The gateway stays up at ");
    assert!(address.starts_with("https://127.0.0.1:"), "{address}");
    let list = [&["trust", "list", &address, "--json"], XXB_AT_THE_GATEWAY.as_slice()].concat();
    let json = place.run(&list).done(0).json();
    assert_eq!((entries(&json), json["refused"].as_array().unwrap().len()), (6, 0), "{json}");
    assert_eq!(service.interrupt(), 0);
    // And after that there is no gateway any more.
    place.run(&list).fault(66);
}

#[test]
fn with_serve_and_json_the_whole_story_stands_on_standard_output_at_once() {
    let place = Place::new();
    let service = Service::start(&place, &["demo", "--folder", "demo", "--serve", "--json"]);
    assert_eq!(service.word_after("["), "");
    assert_eq!(service.word_after("]"), "");
    assert_eq!(service.interrupt(), 0);
}

#[test]
fn the_commands_left_behind_do_what_is_said_of_them() {
    let place = Place::with_demo();
    do_as_told(&place, &place.text("demo/next-steps.txt"));
}

#[test]
fn the_commands_left_behind_work_in_a_folder_with_a_blank_in_its_name() {
    let place = Place::new();
    place.run(&["demo", "--folder", "my demo", "--json"]).done(0);
    do_as_told(&place, &place.text("my demo/next-steps.txt"));
}

/// Copies each command into a shell, as a person would.
fn do_as_told(place: &Place, steps: &str) {
    assert_snapshot_once(steps);
    let commands: Vec<_> =
        steps.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let [first, second, decode, serve, list, audit] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    assert!(place.shell(first).done(0).stdout.starts_with("ACCEPTED"));
    assert!(place.shell(second).done(2).stdout.starts_with("CANNOT TELL"));
    assert!(place.shell(decode).done(0).stdout.contains("YellowFeverProduct"));
    let (_, arguments) = serve.split_once(" gateway serve --config ").unwrap();
    let configuration = arguments.trim_matches(['"', '\'']);
    let service = Service::start(place, &["gateway", "serve", "--config", configuration]);
    service.word_after("gateway up at ");
    let listed = place.shell(list).done(0).stdout;
    assert!(listed.contains("6 keys, 0 entries refused"), "{listed}");
    assert!(place.shell(audit).done(0).stdout.contains("HOLDS"));
    assert_eq!(service.interrupt(), 0);
}

fn assert_snapshot_once(steps: &str) {
    if !steps.contains("my demo") {
        assert_snapshot("next_steps", steps);
    }
}

#[test]
fn a_gateway_asked_by_a_stranger_says_why_it_does_not_answer() {
    let place = Place::with_demo();
    let configuration = ["gateway", "serve", "--config", "demo/operator/gateway.toml"];
    let service = Service::start(&place, &configuration);
    let address = service.word_after("gateway up at ");
    let mut arguments = [&["trust", "list", &address], XXB_AT_THE_GATEWAY.as_slice()].concat();
    for argument in &mut arguments {
        match *argument {
            "demo/xxb/tls.pem" => *argument = "demo/stranger/tls.pem",
            "demo/xxb/tls.key" => *argument = "demo/stranger/tls.key",
            _ => {}
        }
    }
    let run = place.run(&arguments).fault(66);
    assert!(run.stderr.contains("0x402"), "{}", run.stderr);
    assert_eq!(service.interrupt(), 0);
}

#[test]
fn a_service_manager_ends_the_gateway_and_finds_its_log_without_colours() {
    let place = Place::with_demo();
    let service =
        Service::start(&place, &["gateway", "serve", "--config", "demo/operator/gateway.toml"]);
    let address = service.word_after("gateway up at ");
    let list = [&["trust", "list", &address], XXB_AT_THE_GATEWAY.as_slice()].concat();
    place.run(&list).done(0);
    let (code, log) = service.signal("-TERM");
    assert_eq!(code, 0, "{log:#?}");
    assert!(log.iter().any(|line| line.contains("/trustList")), "{log:#?}");
    assert!(log.iter().all(|line| !line.contains('\u{1b}')), "{log:#?}");
}

#[test]
fn a_gateway_without_a_usable_configuration_does_not_start() {
    let place = Place::new();
    place.write("broken.toml", "listen = ");
    place.write("unknown.toml", "listne = \"127.0.0.1:0\"\n");
    for (name, word) in [("absent.toml", "No such file"), ("unknown.toml", "listne")] {
        let run = place.run(&["gateway", "serve", "--config", name]);
        assert_eq!((run.code, run.stdout.as_str()), (66, ""), "{}", run.stderr);
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
        assert!(run.stderr.contains(name) && run.stderr.contains(word), "{}", run.stderr);
    }
    assert_eq!(place.run(&["gateway", "serve", "--config", "broken.toml"]).code, 66);
}

fn entries(json: &serde_json::Value) -> usize {
    json["entries"].as_array().unwrap().len()
}

//! docs/participants.md: its commands, typed in their order at a running gateway, and what the
//! operator sees of it in the audit trail.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::gateway_operating::init;
use crate::program::{GDHCN, Place, Run};
use crate::service::Service;

const CONFIG: [&str; 2] = ["--config", "gate/gateway.toml"];

/// The commands of the page: what stands in its blocks of shell.
fn blocks() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/participants.md");
    let page = std::fs::read_to_string(page).unwrap();
    let blocks = page.split("```sh\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

fn trail(place: &Place, options: &[&str]) -> Vec<Value> {
    let run = place.run(&[&["gateway", "trail", "--json"], &CONFIG[..], options].concat()).done(0);
    run.json().as_array().unwrap().clone()
}

fn bash(place: &Place, script: &str) -> Run {
    place.write("script", script);
    place.shell("bash -eu -o pipefail script")
}

#[test]
fn the_commands_of_the_page_work_and_the_trail_tells_of_them() {
    let place = Place::new();
    init(&place, &["--plain"]);
    let config = place.text("gate/gateway.toml").replace("#uploads = false", "uploads = true");
    place.write("gate/gateway.toml", config);
    place.shell("cp gate/gateway.pem gate/trust-anchor.pem .");
    let service = Service::start(&place, &[&["gateway", "serve"], CONFIG.as_slice()].concat());
    let address = service.word_after("gateway up at ");

    let programs = Path::new(GDHCN).parent().unwrap().display();
    let mut script = format!("PATH={programs}:$PATH\n");
    for block in blocks() {
        script += &block.replace("https://localhost:8090", &address);
        if block.contains("gdhcn participant lint") {
            // What the operator does with the folder.
            script += "gdhcn gateway onboard --config gate/gateway.toml XXA --yes \
                       --sign-with gate/trust-anchor.key --role REVOCATION_LIST_READER \
                       --role REVOCATION_UPLOADER --role REVOCATION_DELETER\n";
        }
        if block.contains("tng() {") {
            script += "until tng \"$GATEWAY/countrylist\"; do sleep 0.1; done\n";
        }
    }
    // And what is refused.
    for (route, body) in [
        ("signerCertificate", "openssl x509 -in DSC.pem -outform DER | sign"),
        ("signerCertificate", "echo rubbish!"),
        ("signerCertificate", "openssl x509 -in gateway.pem -outform DER | sign"),
    ] {
        let type_ = "Content-Type: application/cms";
        let send = format!("tng -H '{type_}' --data-binary @- \"$GATEWAY/{route}\"");
        writeln!(script, "if {body} | {send}; then exit 9; fi").unwrap();
    }
    let run = bash(&place, &script);
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("no errors, 0 warnings, 0 remarks"), "{}", run.stdout);

    let names = |events: &[Value]| -> Vec<String> {
        events.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
    };
    let all = trail(&place, &["-n", "1000", "--country", "XA", "--since", "1h"]);
    let mut sent = names(&all);
    sent.retain(|event| event != "ONBOARDED");
    let documents = ["CREATED", "DELETED"].repeat(3);
    let certificates = ["SUCCESS", "SUCCESS", "SUCCESS"];
    let refused = ["ALREADY_EXIST_CHECK_FAILED", "BAD_REQUEST", "BAD_REQUEST"];
    assert_eq!(sent, [&certificates[..], &documents, &refused].concat());
    assert_eq!(trail(&place, &["--country", "XA"]), all);
    assert_eq!(trail(&place, &["-n", "2"]), all[all.len() - 2..]);
    assert_eq!(trail(&place, &["--country", "XB"]), [Value::Null; 0]);
    assert_eq!(trail(&place, &["--since", "2100-01-01T00:00:00Z"]), [Value::Null; 0]);

    // Each refusal says why.
    let refused = trail(&place, &["--event", "bad_request"]);
    let why = |at: usize| {
        let one: &Value = &refused[at];
        (one["code"].as_str().unwrap(), one["description"].as_str().unwrap())
    };
    assert_eq!(refused.len(), 2);
    assert_eq!((why(0).0, why(1).0), ("0x402", "0x004"));
    assert!(why(0).1.contains("not base64 at character 7"), "{refused:?}");
    assert!(why(1).1.ends_with("subject is none, the client's XA"), "{refused:?}");
    let shown = place.run(&[&["gateway", "trail", "-n", "1"], &CONFIG[..]].concat()).done(0).stdout;
    let request = refused[1]["requestId"].as_str().unwrap();
    for word in ["XA BAD_REQUEST 0x004\n", "subject is none", request] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let none = [&["gateway", "trail", "--event", "NONE"], &CONFIG[..]].concat();
    assert!(place.run(&none).done(0).stdout.contains("no such event"));
    let wrong = [&["gateway", "trail", "--since", "yesterday"], &CONFIG[..]].concat();
    assert!(place.run(&wrong).wrong_usage().stderr.contains("24h"));
    assert_eq!(place.run(&["gateway", "trail", "--config", "none.toml"]).code, 66);
    assert_eq!(service.interrupt(), 0);
}

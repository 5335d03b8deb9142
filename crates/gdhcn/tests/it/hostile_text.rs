//! Texts that would steer a terminal, in names, certificates, file names and arguments.

use std::process::Output;

use crate::forge::{Country, GOOD, MADE};
use crate::program::Place;

/// Sets the title of the window, clears the screen, turns the writing direction.
const HOSTILE: &str = "A\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}1m\u{202e}Z";
const MARKS: [char; 3] = ['\u{7}', '\u{9b}', '\u{202e}'];

/// What is written when colours are wanted, so that nothing is filtered on the way.
fn as_on_a_terminal(place: &Place, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } =
        place.command(arguments).env("CLICOLOR_FORCE", "1").output().unwrap();
    let written = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code().unwrap(), written)
}

#[track_caller]
fn is_tame(written: &str) {
    for mark in MARKS {
        assert!(!written.contains(mark), "{mark:?} reaches the terminal: {written:?}");
    }
    for sequence in ["\u{1b}]", "\u{1b}[2J"] {
        assert!(!written.contains(sequence), "{sequence:?} reaches the terminal: {written:?}");
    }
}

#[test]
fn the_name_of_a_person_does_not_steer_the_terminal() {
    let place = Place::new();
    let country = Country::new("XXA");
    place.write("code.txt", country.certificate_for(HOSTILE));
    place.write("dsc.pem", country.dsc_pem());
    let call = ["verify", "code.txt", "--trust", "dsc.pem", "--at", GOOD];
    let (code, written) = as_on_a_terminal(&place, &call);
    assert_eq!(code, 0, "{written}");
    assert!(written.contains("owned"), "the name is not shown at all: {written}");
    is_tame(&written);
    is_tame(&as_on_a_terminal(&place, &["verify", "code.txt"]).1);
    // And when it is not a terminal there is nothing to filter either.
    is_tame(&place.run(&call).done(0).stdout);
    // JSON says what stands there, with its own escapes for what it must escape.
    let json = place.run(&[call.as_slice(), &["--json"]].concat()).done(0).json();
    assert!(
        json["results"][0]["documents"][0]["person"]["name"].as_str().unwrap().contains(HOSTILE)
    );
}

#[test]
fn the_names_in_a_signer_certificate_do_not_steer_the_terminal() {
    let place = Place::new();
    let country = Country::made_at("XXA", HOSTILE, MADE);
    place.write("code.txt", country.certificate_for("Núñez"));
    place.write("keys/both.pem", country.sca_pem() + &country.dsc_pem());
    let call = ["verify", "code.txt", "--trust", "keys", "--at", GOOD];
    let (code, written) = as_on_a_terminal(&place, &call);
    assert_eq!(code, 0, "{written}");
    assert!(written.contains("owned"), "the subject is not shown at all: {written}");
    is_tame(&written);
    is_tame(&as_on_a_terminal(&place, &["trust", "list", "keys"]).1);
}

#[cfg(unix)]
#[test]
fn the_name_of_a_file_does_not_steer_the_terminal() {
    let place = Place::new();
    let country = Country::new("XXA");
    let [code, good, bad] =
        ["code", "keys/good", "keys/bad"].map(|name| format!("{name}{HOSTILE}.pem"));
    place.write(&code, country.certificate_for("Núñez"));
    place.write(&good, country.dsc_pem());
    place.write(&bad, "garbage");
    is_tame(&as_on_a_terminal(&place, &["verify", &code, "--trust", "keys", "--at", GOOD]).1);
    is_tame(&as_on_a_terminal(&place, &["decode", &code]).1);
    is_tame(&as_on_a_terminal(&place, &["trust", "list", "keys"]).1);
}

#[cfg(unix)]
#[test]
fn an_error_that_names_a_file_does_not_steer_the_terminal() {
    let place = Place::new();
    let name = format!("garbage{HOSTILE}.pem");
    place.write(&name, [0x9f; 100]);
    for call in
        [["verify", name.as_str()].as_slice(), &["trust", "list", &name], &["decode", &name]]
    {
        let (code, written) = as_on_a_terminal(&place, call);
        assert_eq!(code, 66, "{written}");
        is_tame(&written);
    }
}

#[test]
fn an_error_that_repeats_an_argument_does_not_steer_the_terminal() {
    let place = Place::new();
    for call in [["verify", HOSTILE].as_slice(), &["trust", "list", HOSTILE], &["decode", HOSTILE]]
    {
        let (code, written) = as_on_a_terminal(&place, call);
        assert_eq!(code, 66, "{written}");
        is_tame(&written);
    }
}

#[test]
fn an_error_about_trust_data_does_not_steer_the_terminal() {
    let place = Place::new();
    let key = serde_json::to_string(HOSTILE).unwrap();
    place.write("did.json", format!("{{{key}: 1, \"id\": {key}}}"));
    place.write("list.json", format!("[{{\"kid\": {key}, \"certificateType\": {key}}}]"));
    let country = Country::new("XXA");
    place.write("ta.pem", country.sca_pem());
    for source in ["did.json", "list.json"] {
        let call = ["trust", "list", source, "--trust-anchor", "ta.pem"];
        is_tame(&as_on_a_terminal(&place, &call).1);
    }
}

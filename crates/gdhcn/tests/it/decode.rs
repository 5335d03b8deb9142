//! `gdhcn decode`: every layer of a code, without judging it.

use serde_json::Value;

use crate::forge::Country;
use crate::program::{Place, assert_snapshot};

#[test]
fn all_layers_of_a_picture_are_shown_to_a_person() {
    let place = Place::with_demo();
    let told = place.run(&["decode", "demo/xxa/icvp.png"]).done(0).stdout;
    // Keys, signature and times differ from run to run.
    let names: Vec<_> = told.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_snapshot("decode_layers", &names.join("\n"));
    assert!(told.contains("\"n\": \"Amara Zoë Okonkwo-Núñez\""), "{told}");
}

#[test]
fn the_layers_for_programs_hold_the_claims_and_say_that_nothing_is_verified() {
    let place = Place::with_demo();
    let text = place.text("demo/xxa/dcc.txt");
    let json = place.run(&["decode", &text, "--json"]).done(0).json();
    assert_eq!(json["opened"], true);
    assert_eq!(json["verified"], false);
    assert_eq!(json["text"]["prefix"], "HC1:");
    assert_eq!(json["text"]["characters"], text.len());
    assert_eq!(json["compressed"]["trailing"], 0);
    assert_eq!(json["cose"]["tagging"], "18");
    assert_eq!(json["cose"]["algorithm"], -7);
    assert_eq!(json["cose"]["signature_hex"].as_str().unwrap().len(), 128);
    assert_eq!(json["cose"]["kid"]["hex"].as_str().unwrap().len(), 16);
    assert_eq!(json["claims"]["1"], "XA");
    assert_eq!(json["claims"]["-260"]["1"]["nam"]["fn"], "Okonkwo-Núñez");
    assert_eq!(json["error"], Value::Null);
}

#[test]
fn a_forged_code_is_opened_all_the_same() {
    let place = Place::with_demo();
    for name in ["dcc-changed", "dcc-expired", "dcc-unknown-key"] {
        place.run(&["decode", &format!("demo/xxa/{name}.png")]).done(0);
    }
}

#[test]
fn the_same_code_reads_the_same_from_everywhere() {
    let place = Place::with_demo();
    let text = place.text("demo/xxa/icvp.txt");
    let claims = |json: Value| json["claims"].clone();
    let wanted = claims(place.run(&["decode", &text, "--json"]).done(0).json());
    assert!(wanted.is_object());
    for input in ["demo/xxa/icvp.png", "demo/xxa/icvp.txt"] {
        assert_eq!(wanted, claims(place.run(&["decode", input, "--json"]).done(0).json()));
        let piped = place.run_with_input(&["decode", "-", "--json"], &place.read(input));
        assert_eq!(wanted, claims(piped.done(0).json()), "{input} piped");
    }
}

#[test]
fn several_codes_in_a_file_give_an_array() {
    let place = Place::with_demo();
    let [dcc, icvp] = ["dcc", "icvp"].map(|name| place.text(&format!("demo/xxa/{name}.txt")));
    place.write("two.txt", format!("{dcc}\n{icvp}\n"));
    let json = place.run(&["decode", "two.txt", "--json"]).done(0).json();
    let inputs: Vec<_> = json.as_array().unwrap().iter().map(|view| &view["input"]).collect();
    assert_eq!(inputs, ["two.txt [1]", "two.txt [2]"]);
    assert_eq!(json[1]["claims"]["-260"]["-6"]["nt"], "XXA");
}

#[test]
fn the_layer_that_does_not_open_is_named_with_the_place_in_it() {
    let place = Place::with_demo();
    let text = place.text("demo/xxa/dcc.txt");
    // A lower-case letter at the 100th character after the prefix.
    let mut foreign = text.clone();
    foreign.replace_range(103..104, "a");
    let base45 = gdhcn_credential::hcert::base45::encode;
    let cases = [
        ("prefix", text.replacen("HC1:", "HC2:", 1), None),
        ("Base45", foreign, Some(103)),
        ("zlib", format!("HC1:{}", base45(b"not compressed")), Some(0)),
        ("COSE", gdhcn_credential::hcert::close(b"\xd2\x84\x40\xa0\x40"), Some(5)),
    ];
    let mut told = String::new();
    for (layer, text, at) in cases {
        place.write("damaged.txt", &text);
        let json = place.run(&["decode", "damaged.txt", "--json"]).done(1).json();
        assert_eq!(json["opened"], false, "{json}");
        assert!(
            json["layer"].as_str().unwrap().to_lowercase().contains(&layer.to_lowercase()),
            "{layer}: {json}"
        );
        if let Some(at) = at {
            assert_eq!(json["at"], at, "{json}");
        }
        told += &place.run(&["decode", "damaged.txt"]).done(1).stdout;
        told += "----\n";
    }
    assert_snapshot("decode_damaged", &told);
}

#[test]
fn a_truncated_code_is_not_opened() {
    let place = Place::with_demo();
    let text = place.text("demo/xxa/dcc.txt");
    for length in [4, 5, 100, 300, text.len() - 3] {
        place.write("part.txt", &text[..length]);
        let json = place.run(&["decode", "part.txt", "--json"]).done(1).json();
        assert!(json["error"].as_str().is_some_and(|error| !error.is_empty()), "{json}");
    }
}

#[test]
fn a_picture_without_a_code_and_a_missing_file_are_told_apart() {
    let place = Place::new();
    place.write("white.png", crate::verify_inputs::white_picture());
    let json = place.run(&["decode", "white.png", "--json"]).done(1).json();
    assert_eq!(json["error"], "no code in the picture");
    place.run(&["decode", "absent.png"]).fault(66);
}

#[test]
fn marks_that_steer_a_terminal_are_made_visible() {
    let place = Place::new();
    // A one-byte escape (C1), one that turns the writing direction, and the common one.
    let name = "A\u{9b}31mB\u{202e}C\u{1b}]0;owned\u{7}";
    place.write("code.txt", Country::new("XXA").certificate_for(name));
    let told = place.run(&["decode", "code.txt"]).done(0).stdout;
    for mark in ['\u{9b}', '\u{202e}', '\u{1b}', '\u{7}'] {
        assert!(!told.contains(mark), "{mark:?} reaches the terminal");
    }
}

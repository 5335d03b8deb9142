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

#[test]
fn the_formats_that_are_json_inside_are_opened_too() {
    let Some(samples) = gdhcn_testkit::corpus("gdhcn-validator") else { return };
    let samples = samples.join("test-resources/src/main/resources");
    let place = Place::new();
    for (name, member, path) in [
        ("SHCSenegalContents.txt", "payload", "/payload/vc/credentialSubject/fhirBundle/entry"),
        ("DIVOCQR1Contents.txt", "proof", "/document/evidence/0"),
        ("ICAOAUQR1Contents.txt", "certificates", "/message/ve/0"),
    ] {
        let file = samples.join(name);
        let file = file.to_str().unwrap();
        let json = place.run(&["decode", file, "--json"]).done(0).json();
        assert_eq!((&json["opened"], &json["verified"]), (&true.into(), &false.into()), "{name}");
        assert!(!json[member].is_null() && json.pointer(path).is_some(), "{name}: {json}");
        let told = place.run(&["decode", file]).done(0).stdout;
        assert!(told.starts_with("Nothing here is verified."), "{told}");
    }
    let link = "shlink:/eyJ1cmwiOiJodHRwczovL2V4YW1wbGUub3JnL2xpbmsiLCJmbGFnIjoiUCJ9";
    let json = place.run(&["decode", link, "--json"]).done(0).json();
    assert_eq!(json["payload"]["url"], "https://example.org/link");
    for broken in ["shc:/12", "B64:UEs=", "shlink:/!", "{\"data\":{\"hdr\":{\"t\":\"icao.vacc\"}}}"]
    {
        place.write("broken.txt", broken);
        let json = place.run(&["decode", "broken.txt", "--json"]).done(1).json();
        assert_eq!(json["opened"], false, "{json}");
        assert!(json["error"].is_string() || broken.contains('!'), "{json}");
    }
}

/// B12: `verify` does not guess; a developer may.
#[test]
fn a_code_without_its_prefix_opens_by_a_guess_only() {
    let place = Place::with_demo();
    let text = place.text("demo/xxa/dcc.txt");
    for (name, spoilt, what) in [
        ("cut.txt", text["HC1:".len()..].to_owned(), "HC1:"),
        ("small.txt", text.to_lowercase(), "capitals"),
    ] {
        place.write(name, spoilt);
        place.verify_as_xxb(&[name]).done(1);
        place.run(&["decode", name]).done(1);
        let json = place.run(&["decode", name, "--guess", "--json"]).done(0).json();
        assert!(json["guessed"].as_str().unwrap().contains(what), "{json}");
    }
    // What opens as it is is not guessed at.
    let json = place.run(&["decode", "demo/xxa/dcc.txt", "--guess", "--json"]).done(0).json();
    assert!(json["guessed"].is_null());
}

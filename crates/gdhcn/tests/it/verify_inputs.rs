//! What `gdhcn verify` takes as an input, and how several inputs add up.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use serde_json::Value;

use crate::program::{AS_XXB, Place};

/// A picture in which there is nothing.
pub(crate) fn white_picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    GrayImage::from_pixel(200, 200, Luma([255])).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The picture of a PNG file in another format.
pub(crate) fn converted(png: &[u8], format: ImageFormat) -> Vec<u8> {
    let picture = image::load_from_memory_with_format(png, ImageFormat::Png).unwrap();
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture.to_rgb8()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn the_same_code_is_accepted_from_every_kind_of_input() {
    let place = Place::with_demo();
    for name in ["dcc", "icvp"] {
        let text = place.text(&format!("demo/xxa/{name}.txt"));
        let png = place.read(&format!("demo/xxa/{name}.png"));
        let photo = converted(&png, ImageFormat::Jpeg);
        let webp = converted(&png, ImageFormat::WebP);
        place.write("photo.webp", &webp);
        place.write("photo.jpg", &photo);
        // The kind is that of the content, whatever the name says.
        place.write("photo.txt", &photo);
        place.write("windows.txt", format!("\u{feff}{text}\r\n"));
        let paths = ["txt", "png"].map(|ending| format!("demo/xxa/{name}.{ending}"));
        for input in [
            text.as_str(),
            &paths[0],
            &paths[1],
            "photo.jpg",
            "photo.webp",
            "photo.txt",
            "windows.txt",
        ] {
            let told = place.verify_as_xxb(&[input]).done(0).stdout;
            assert!(told.starts_with("ACCEPTED  "), "{told}");
            assert!(told.contains("Amara Zoë Okonkwo-Núñez"), "{told}");
        }
        for piped in [text.as_bytes(), format!("{text}\n").as_bytes(), &png, &photo, &webp] {
            let arguments = [&["verify", "-"], AS_XXB.as_slice()].concat();
            let told = place.run_with_input(&arguments, piped).done(0).stdout;
            assert!(told.starts_with("ACCEPTED  standard input\n"), "{told}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_whose_name_is_no_utf_8_is_read_too() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::with_demo();
    let name = OsStr::from_bytes(b"photo-\xff.png");
    let path = place.path("").join(name);
    std::fs::write(&path, place.read("demo/xxa/dcc.png")).unwrap();
    let output = place.command(&["verify"]).arg(&path).args(AS_XXB).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn the_code_itself_is_not_repeated_on_the_screen() {
    let place = Place::with_demo();
    let text = place.text("demo/xxa/dcc.txt");
    for arguments in [vec![text.as_str()], vec![&text, "--json"]] {
        let told = place.verify_as_xxb(&arguments).done(0).stdout;
        assert!(!told.contains(&text[..40]), "{told}");
    }
}

#[test]
fn every_code_of_a_text_file_is_judged_and_numbered() {
    let place = Place::with_demo();
    let codes =
        ["dcc", "icvp", "dcc-changed"].map(|name| place.text(&format!("demo/xxa/{name}.txt")));
    place.write("three.txt", codes.join("\n"));
    let json = place.verify_as_xxb(&["three.txt", "--json"]).done(1).json();
    assert_eq!(json["outcome"], "not accepted");
    assert_eq!(results(&json, "input"), ["three.txt [1]", "three.txt [2]", "three.txt [3]"]);
    assert_eq!(results(&json, "outcome"), ["accepted", "accepted", "not accepted"]);
}

#[test]
fn a_line_that_is_no_code_is_not_dropped_from_a_file_of_codes() {
    let place = Place::with_demo();
    let [dcc, icvp] = ["dcc", "icvp"].map(|name| place.text(&format!("demo/xxa/{name}.txt")));
    let damaged = dcc.replacen("HC1:", "HC:", 1);
    place.write("three.txt", [dcc, icvp, damaged].join("\n"));
    let run = place.verify_as_xxb(&["three.txt", "--json"]);
    assert_eq!(run.code, 1, "the third line was passed over: {:?}", results(&run.json(), "input"));
}

#[test]
fn no_code_beyond_the_most_that_a_file_may_hold_is_dropped_in_silence() {
    let place = Place::with_demo();
    let mut codes = vec!["HC1:NCF"; 10_000];
    codes.push("HC1:NCFOXN");
    place.write("many.txt", codes.join("\n"));
    let run = place.verify_as_xxb(&["many.txt", "--json"]);
    // Either all are judged, or the file is refused for its size.
    if run.code != 66 {
        assert_eq!(results(&run.json(), "input").len(), 10_001);
    }
}

#[test]
fn blank_lines_around_a_code_do_no_harm() {
    let place = Place::with_demo();
    let text = place.text("demo/xxa/dcc.txt");
    place.write("code.txt", format!("{text}\r\n\r\n\n"));
    place.verify_as_xxb(&["code.txt"]).done(0);
}

#[test]
fn the_worst_answer_decides_for_several_inputs() {
    let place = Place::with_demo();
    let files = ["dcc", "icvp", "dcc-unknown-key", "dcc-changed"];
    let [good, good_too, unknown, changed] = files.map(|name| format!("demo/xxa/{name}.png"));
    let cases: [(&[&String], i32); 8] = [
        (&[&good, &good_too], 0),
        (&[&good, &unknown], 2),
        (&[&unknown, &good], 2),
        (&[&good, &changed], 1),
        (&[&changed, &good], 1),
        (&[&unknown, &changed], 1),
        (&[&changed, &unknown], 1),
        (&[&good, &unknown, &changed, &good_too], 1),
    ];
    for (inputs, code) in cases {
        let inputs: Vec<_> = inputs.iter().map(|input| input.as_str()).collect();
        let told = place.verify_as_xxb(&inputs).done(code).stdout;
        for input in inputs {
            assert!(told.contains(&format!("  {input}\n")), "{input}: {told}");
        }
    }
}

#[test]
fn one_input_that_cannot_be_read_is_a_fault_of_the_whole_call() {
    let place = Place::with_demo();
    let run = place.verify_as_xxb(&["demo/xxa/dcc.png", "absent.png"]).fault(66);
    assert!(run.stderr.contains("absent.png"), "{}", run.stderr);
}

#[test]
fn inputs_that_cannot_be_read_end_with_66_and_are_named() {
    let place = Place::with_demo();
    for input in ["absent.png", "hello"] {
        let run = place.verify_as_xxb(&[input]).fault(66);
        assert!(run.stderr.contains(input), "{}", run.stderr);
    }
}

#[test]
fn a_picture_without_a_code_cannot_be_told() {
    let place = Place::with_demo();
    place.write("white.png", white_picture());
    place.write("white.jpg", converted(&white_picture(), ImageFormat::Jpeg));
    for input in ["white.png", "white.jpg"] {
        let run = place.verify_as_xxb(&[input, "--json"]).done(2);
        let (outcome, code, reason) = run.decided();
        assert_eq!((&*outcome, &*code), ("cannot tell", "QR_NOT_FOUND"));
        assert!(reason.contains("no code was found"), "{reason}");
        let told = place.verify_as_xxb(&[input]).done(2).stdout;
        assert!(told.starts_with("CANNOT TELL  "), "{told}");
    }
    // And a good code beside it does not make it good.
    place.verify_as_xxb(&["demo/xxa/dcc.png", "white.png"]).done(2);
}

/// B2: what is a code and no health certificate is named for what it is.
#[test]
fn texts_that_are_no_health_certificate_are_not_accepted() {
    let place = Place::with_demo();
    for (name, content) in [
        ("letter.txt", "Dear officer, let me pass.\n"),
        ("link.txt", "https://example.org/a-menu"),
        ("shc.txt", "shc:/5676290952432060346029243740446031222959532654603460292540772804336028"),
        ("prefix.txt", "HC1:"),
    ] {
        place.write(name, content);
        let run = place.verify_as_xxb(&[name, "--json"]).done(1);
        let (outcome, _, reason) = run.decided();
        assert_eq!(outcome, "not accepted", "{name}");
        assert!(!reason.is_empty(), "{name}");
    }
}

#[test]
fn nothing_at_all_is_no_input() {
    let place = Place::with_demo();
    for (name, content) in [("empty.txt", ""), ("blank.txt", " \n\n"), ("empty.png", "")] {
        place.write(name, content);
        assert!(place.verify_as_xxb(&[name]).fault(66).stderr.contains("there is nothing in it"));
    }
    place.verify_as_xxb(&[""]).fault(66);
    place.write("drawing.svg", place.read("demo/xxa/dcc.svg"));
    assert!(place.verify_as_xxb(&["drawing.svg"]).fault(66).stderr.contains("an SVG drawing"));
}

/// B10: what a hand scanner makes of a code on another keyboard is named, and never guessed at.
#[test]
fn a_code_from_another_keyboard_is_named_for_what_it_is() {
    let place = Place::with_demo();
    let code = place.text("demo/xxa/dcc.txt");
    let typed = code.chars().map(|one| match one {
        'Y' => 'Z',
        'Z' => 'Y',
        '*' => '(',
        '+' => '`',
        '-' => 'ß',
        '/' => '-',
        ':' => 'Ö',
        other => other,
    });
    place.write("typed.txt", typed.collect::<String>());
    let told = place.verify_as_xxb(&["typed.txt"]).done(1).stdout;
    assert!(told.contains("your scanner is set to"), "{told}");
    let guessed = place.run(&["decode", "typed.txt", "--guess", "--json"]).done(0).json();
    assert_eq!(guessed["opened"], true);
    assert!(guessed["guessed"].as_str().unwrap().contains("German"), "{guessed}");
    place.run(&["decode", "typed.txt"]).done(1);
}

#[test]
fn a_changed_letter_of_the_text_is_never_accepted() {
    let place = Place::with_demo();
    let text = place.text("demo/xxa/dcc.txt");
    let step = text.len() / 16;
    for at in (0..text.len()).step_by(step) {
        let mut letters = text.clone().into_bytes();
        letters[at] = if letters[at] == b'7' { b'8' } else { b'7' };
        place.write("changed.txt", &letters);
        let run = place.verify_as_xxb(&["changed.txt"]);
        // The kid stands in the code too: with another one nothing can be told.
        assert!(matches!(run.code, 1 | 2), "letter {at}: {} {}", run.code, run.stderr);
    }
}

#[track_caller]
pub(crate) fn results(json: &Value, member: &str) -> Vec<String> {
    json["results"]
        .as_array()
        .unwrap_or_else(|| panic!("no results: {json}"))
        .iter()
        .map(|result| result[member].as_str().unwrap_or("-").to_owned())
        .collect()
}

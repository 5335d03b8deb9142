//! `gdhcn verify` on folders and streams of codes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::Value;

use crate::forge::{Country, GOOD};
use crate::program::{AS_XXB, Place};

/// The demo's codes: two good, one changed, one by an unknown key, and what is no code at all.
fn with_folder() -> Place {
    let place = Place::with_demo();
    for (number, name) in ["dcc", "icvp", "dcc-changed", "dcc-unknown-key"].iter().enumerate() {
        place.write(&format!("scans/{number}.txt"), place.read(&format!("demo/xxa/{name}.txt")));
    }
    place.write("scans/deeper/picture.png", place.read("demo/xxa/dcc.png"));
    place.write("scans/z-damaged.png", b"\x89PNG\r\n\x1a\nrest");
    place
}

fn outcomes(lines: &str) -> Vec<(String, String)> {
    lines
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            (text("input"), text("outcome"))
        })
        .collect()
}

#[test]
fn every_file_of_a_folder_is_a_line_in_the_order_of_the_names() {
    let place = with_folder();
    let run = place.verify_as_xxb(&["scans", "--jsonl"]);
    assert_eq!(run.code, 66, "one file is damaged");
    let rows = outcomes(&run.stdout);
    let expected = [
        ("scans/0.txt", "accepted"),
        ("scans/1.txt", "accepted"),
        ("scans/2.txt", "not accepted"),
        ("scans/3.txt", "cannot tell"),
        ("scans/deeper/picture.png", "accepted"),
        ("scans/z-damaged.png", "unreadable"),
    ]
    .map(|(input, outcome)| (input.to_owned(), outcome.to_owned()));
    assert_eq!(rows, expected);
}

#[test]
fn one_job_and_many_give_the_same_rows() {
    let place = with_folder();
    let rows = |jobs: &str| {
        place.verify_as_xxb(&["scans", "--csv", "--at", "2026-11-25", "--jobs", jobs]).stdout
    };
    assert_eq!(rows("1"), rows("8"));
}

#[test]
fn csv_holds_no_personal_data_and_one_row_for_each_code() {
    let place = with_folder();
    let table = place.verify_as_xxb(&["scans", "--csv"]).stdout;
    assert_eq!(table.lines().count(), 7, "{table}");
    assert!(table.starts_with("input,outcome,code,reason,kind,participant,key,issued_at,"));
    assert!(table.contains("XXA"), "{table}");
    for secret in ["Okonkwo", "1990-04-12", "HC1:"] {
        assert!(!table.contains(secret), "{secret} stands in {table}");
    }
    // A slip of the pen makes a code no code; nothing of it is repeated.
    let slip = place.text("demo/xxa/dcc.txt").replacen("HC1:", "H1:", 1);
    for form in ["--csv", "--jsonl"] {
        let run = place.verify_as_xxb(&[&slip, form]);
        assert_eq!(run.code, 66);
        assert!(!run.stdout.contains(&slip[30..90]), "{}", run.stdout);
    }
    // Nor does a reason repeat what the document says.
    let country = Country::new("XXA");
    place.write("dsc.pem", country.dsc_pem());
    place.write("future.txt", country.certificate_of_day("2031-02-03"));
    let run = place.run(&["verify", "future.txt", "--csv", "--trust", "dsc.pem", "--at", GOOD]);
    assert!(run.stdout.contains("EVENT_IN_FUTURE"), "{}", run.stdout);
    assert!(!run.stdout.contains("2031-02-03"), "{}", run.stdout);
}

#[test]
fn a_folder_without_a_form_is_told_line_by_line_with_a_sum() {
    let place = with_folder();
    let run = place.verify_as_xxb(&["scans"]);
    assert!(run.stdout.starts_with("ACCEPTED      scans/0.txt\n"), "{}", run.stdout);
    assert!(run.stderr.contains("3 accepted, 1 not accepted, 1 cannot tell, 1 unreadable"));
}

#[test]
fn every_line_of_standard_input_is_a_code() {
    let place = Place::with_demo();
    let [dcc, changed] =
        ["dcc", "dcc-changed"].map(|name| place.text(&format!("demo/xxa/{name}.txt")));
    let long = "x".repeat(70_000);
    let piped = [dcc.as_str(), "", &changed, &long, "\u{feff}", "last"].join("\r\n");
    let mut bytes = piped.into_bytes();
    bytes.extend_from_slice(b"\n\xff\n");
    let arguments = [&["verify", "-", "--jsonl"], AS_XXB.as_slice()].concat();
    let run = place.run_with_input(&arguments, &bytes);
    let rows = outcomes(&run.stdout);
    let expected = [
        ("line 1", "accepted"),
        ("line 3", "not accepted"),
        ("line 4", "unreadable"),
        ("line 5", "not accepted"),
        ("line 6", "not accepted"),
        ("line 7", "unreadable"),
    ]
    .map(|(input, outcome)| (input.to_owned(), outcome.to_owned()));
    assert_eq!(rows, expected);
    assert_eq!(run.code, 66);
}

#[test]
fn the_forms_exclude_each_other() {
    let place = Place::new();
    place.run(&["verify", "x", "--json", "--jsonl"]).wrong_usage();
    place.run(&["verify", "x", "--csv", "--jsonl"]).wrong_usage();
    place.run(&["verify", "x", "--jobs", "0"]).wrong_usage();
}

#[test]
fn files_of_other_kinds_are_left_alone_and_a_folder_without_codes_is_no_input() {
    let place = with_folder();
    place.write("scans/dcc.svg", place.read("demo/xxa/dcc.svg"));
    place.write("scans/key.pem", "x");
    let run = place.verify_as_xxb(&["scans"]);
    assert!(run.stderr.contains("; 2 files of other kinds left alone"), "{}", run.stderr);
    assert!(!run.stdout.contains(".svg"), "{}", run.stdout);
    place.write("none/key.pem", "x");
    place.verify_as_xxb(&["none"]).fault(66);
    for form in ["--json", "--fhir", "--ddcc"] {
        assert!(place.verify_as_xxb(&["scans", form]).fault(64).stderr.contains("--jsonl"));
    }
}

/// A scanner on a pipe gets its answer before the next code comes.
#[test]
fn lines_are_answered_as_they_come() {
    let place = Place::with_demo();
    let arguments = [&["verify", "-", "--jsonl"], AS_XXB.as_slice()].concat();
    let mut child = place
        .command(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for (name, outcome) in
        [("dcc", "accepted"), ("dcc-changed", "not accepted"), ("icvp", "accepted")]
    {
        let code = place.text(&format!("demo/xxa/{name}.txt"));
        writeln!(input, "{}", code.trim_end()).unwrap();
        input.flush().unwrap();
        let answer = answers.next().unwrap().unwrap();
        assert_eq!(outcomes(&answer)[0].1, outcome);
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

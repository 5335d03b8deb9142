//! The program over every case of the published EU DCC test data, each with its own certificate
//! as a file and its own clock.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_testkit::corpus;
use serde_json::Value;

use crate::program::Place;

const CASES: usize = 499;
/// Cases that are sound as far as their flags say: signature and time are stated and true, and none
/// is stated and false.
const SOUND: usize = 326;
/// Cases that the program accepts.
const ACCEPTED: i32 = 394;

/// The flags that decide whether a code is accepted: container, signature, time and key usage.
const GROUPS: [&[&str]; 4] = [
    &["EXPECTEDUNPREFIX", "EXPECTEDB45DECODE", "EXPECTEDCOMPRESSION", "EXPECTEDDECODE"],
    &["EXPECTEDVERIFY"],
    &["EXPECTEDEXPIRATIONCHECK"],
    &["EXPECTEDKEYUSAGE"],
];

struct Case {
    name: String,
    value: Value,
}

impl Case {
    fn context(&self, field: &str) -> Option<&str> {
        self.value["TESTCTX"][field].as_str()
    }

    /// The flags of [`GROUPS`] that are stated and not known to be wrong, by group.
    fn flags(&self, exceptions: &BTreeSet<(String, String)>) -> [Vec<bool>; 4] {
        GROUPS.map(|group| {
            group
                .iter()
                .filter(|flag| !exceptions.contains(&(self.name.clone(), (**flag).to_owned())))
                .filter_map(|flag| self.value["EXPECTEDRESULTS"][flag].as_bool())
                .collect()
        })
    }
}

/// What the program made of a case.
enum Ran {
    /// The exit code, and why.
    Judged(i32, String),
    /// The case lacks what is needed to ask.
    Incomplete,
}

#[test]
fn the_exit_code_of_every_published_case_is_what_its_flags_say() {
    let Some(root) = corpus("dgc-testdata") else { return };
    let cases = cases(&root);
    assert_eq!(cases.len(), CASES, "the corpus has another number of cases");
    let exceptions = exceptions(&root);
    let ran = in_parallel(&cases);
    let (mut codes, mut sound, mut flawed, mut incomplete) = ([0; 3], 0, 0, 0);
    let mut faults = Vec::new();
    for (case, ran) in cases.iter().zip(ran) {
        let Ran::Judged(code, reason) = ran else {
            incomplete += 1;
            continue;
        };
        match usize::try_from(code).ok().and_then(|code| codes.get_mut(code)) {
            Some(count) => *count += 1,
            None => faults.push(format!("{}: exit code {code}: {reason}", case.name)),
        }
        let flags = case.flags(&exceptions);
        if flags.iter().flatten().any(|flag| !flag) {
            flawed += 1;
            if code == 0 {
                faults.push(format!("{}: accepted, and a flag is expected false", case.name));
            }
        } else if flags[1..3].iter().all(|group| !group.is_empty()) {
            sound += 1;
            // A case without a flag on key usage has no opinion on it (LI 4).
            let unstated = flags[3].is_empty() && reason.starts_with("the signing certificate is");
            if code != 0 && !unstated {
                faults.push(format!("{}: {code}, and all is expected true: {reason}", case.name));
            }
        }
    }
    println!(
        "dgc-testdata through the program: {} cases: {} accepted, {} not accepted, {} cannot \
         tell, {incomplete} without text, clock or certificate; {sound} sound by their flags, \
         {flawed} with a flag false",
        cases.len(),
        codes[0],
        codes[1],
        codes[2],
    );
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert_eq!((sound, codes[0]), (SOUND, ACCEPTED));
}

/// One case of each country from its picture: the same answer as from its text.
#[test]
fn the_picture_of_a_case_gets_the_same_answer_as_its_text() {
    let Some(root) = corpus("dgc-testdata") else { return };
    let place = Place::new();
    let mut countries = BTreeSet::new();
    for (index, case) in cases(&root).iter().enumerate() {
        let (Some(picture), Some(text)) =
            (case.value["2DCODE"].as_str(), case.value["PREFIX"].as_str())
        else {
            continue;
        };
        let country = case.name.split('/').next().unwrap().to_owned();
        if case.value["EXPECTEDRESULTS"]["EXPECTEDPICTUREDECODE"] != true
            || !countries.insert(country)
        {
            continue;
        }
        let Ran::Judged(code, _) = judge(&place, index, case, Some(text)) else { continue };
        let picture = STANDARD.decode(picture).unwrap();
        place.write("picture.png", picture);
        let Ran::Judged(from_picture, reason) = judge(&place, index, case, None) else { continue };
        assert_eq!(code, from_picture, "{}: {reason}", case.name);
    }
    println!("pictures of {} countries", countries.len());
    assert!(countries.len() >= 20, "{countries:?}");
}

/// Runs the program once a case, as many at a time as there are processors.
fn in_parallel(cases: &[Case]) -> Vec<Ran> {
    let place = Place::new();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, |count| count.get()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { break };
                    let ran = judge(&place, index, case, case.value["PREFIX"].as_str());
                    done.lock().unwrap().push((index, ran));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, ran)| ran).collect()
}

/// Without a text the picture is asked about.
fn judge(place: &Place, index: usize, case: &Case, text: Option<&str>) -> Ran {
    let (Some(certificate), Some(clock)) =
        (case.context("CERTIFICATE"), case.context("VALIDATIONCLOCK"))
    else {
        return Ran::Incomplete;
    };
    let (certificate_file, text_file) = (format!("{index}.cer"), format!("{index}.txt"));
    place.write(&certificate_file, STANDARD.decode(certificate).unwrap());
    let input = match text {
        Some(text) if text.starts_with("HC1:") => text,
        // What does not look like a code would be taken for the name of a file.
        Some(text) => {
            place.write(&text_file, text);
            &text_file
        }
        None if place.path("picture.png").exists() => "picture.png",
        None => return Ran::Incomplete,
    };
    let call = ["verify", input, "--trust", &certificate_file, "--at", clock, "--json"];
    let run = place.run(&call);
    if !matches!(run.code, 0..=2) {
        return Ran::Judged(run.code, run.stderr);
    }
    let json = run.json();
    assert_eq!(json["results"].as_array().unwrap().len(), 1, "{}", case.name);
    Ran::Judged(run.code, run.decided().2)
}

fn cases(root: &Path) -> Vec<Case> {
    let mut files = Vec::new();
    find(root, &mut files);
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            Case {
                name: path.strip_prefix(root).unwrap().display().to_string(),
                value: serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap(),
            }
        })
        .collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "json")
            && path.parent().unwrap().file_name().unwrap().eq_ignore_ascii_case("raw")
        {
            files.push(path);
        }
    }
}

/// Expectations that are wrong in themselves, by case and flag.
fn exceptions(root: &Path) -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(root.join("exceptions.json")).unwrap();
    let list: Vec<Value> = serde_json::from_str(&text).unwrap();
    list.iter()
        .map(|entry| {
            let member = |name: &str| entry[name].as_str().unwrap().to_owned();
            (member("case"), member("flag"))
        })
        .collect()
}

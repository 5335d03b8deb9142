//! What the program says of itself.

use crate::program::{Place, assert_snapshot};

/// Every command that does something.
const COMMANDS: [&[&str]; 34] = [
    &["demo"],
    &["verify"],
    &["decode"],
    &["trust", "sync"],
    &["trust", "list"],
    &["trust", "show"],
    &["trust", "diff"],
    &["trust", "import"],
    &["trust", "export"],
    &["trust", "remove"],
    &["trust", "verify"],
    &["verifier", "serve"],
    &["participant", "lint"],
    &["gateway", "init"],
    &["gateway", "serve"],
    &["gateway", "federation", "add"],
    &["gateway", "federation", "list"],
    &["gateway", "federation", "remove"],
    &["gateway", "federation", "pull"],
    &["gateway", "issuer", "add"],
    &["gateway", "issuer", "list"],
    &["gateway", "issuer", "remove"],
    &["gateway", "value-set", "antigen-tests"],
    &["gateway", "value-set", "import"],
    &["gateway", "value-set", "list"],
    &["gateway", "value-set", "remove"],
    &["gateway", "audit"],
    &["gateway", "config", "check"],
    &["gateway", "status"],
    &["gateway", "trail"],
    &["gateway", "job", "run"],
    &["gateway", "backup"],
    &["gateway", "restore"],
    &["gateway", "import"],
];

#[test]
fn every_command_explains_itself_on_standard_output() {
    let place = Place::new();
    for command in [[].as_slice()].into_iter().chain(COMMANDS) {
        let help = place.run(&[command, &["--help"]].concat()).done(0).stdout;
        let name =
            format!("help_{}", if command.is_empty() { "".into() } else { command.join("_") });
        assert_snapshot(name.trim_end_matches('_'), &help);
    }
}

#[test]
fn every_command_gives_an_example_and_its_exit_codes() {
    let place = Place::new();
    let mut lacking = Vec::new();
    for command in COMMANDS {
        let help = place.run(&[command, &["--help"]].concat()).done(0).stdout;
        let example = format!("\n  gdhcn {}", command.join(" "));
        if !help.contains(&example) {
            lacking.push(format!("{command:?}: an example"));
        }
        if !help.to_lowercase().contains("exit code") {
            lacking.push(format!("{command:?}: the exit codes"));
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

#[test]
fn the_program_itself_lists_all_exit_codes() {
    let help = Place::new().run(&["--help"]).done(0).stdout;
    for code in ["  0 ", "  1 ", "  2 ", "  64 ", "  66 ", "  70 "] {
        assert!(help.lines().any(|line| line.starts_with(code)), "{code}: {help}");
    }
}

#[test]
fn the_version_is_told() {
    let told = Place::new().run(&["--version"]).done(0).stdout;
    assert_eq!(told, format!("gdhcn {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_ends_with_64_and_says_what_is_wrong() {
    let place = Place::new();
    for (arguments, word) in [
        (["verify"].as_slice(), "<INPUT>"),
        (&["verify", "-", "--polcy", "strict"], "--polcy"),
        (&["verify", "-", "--policy", "soft"], "lenient, border or strict"),
        (&["verify", "-", "--max-age", "0"], "--max-age"),
        (&["verify", "-", "--trust"], "--trust"),
        (&["decode"], "<INPUT>"),
        (&["decode", "a", "b"], "'b'"),
        (&["trust", "list"], "SOURCE"),
        (&["trust", "show"], "<KEY>"),
        (&["trust", "diff"], "<SOURCE>"),
        (&["trust", "import"], "<FILE>"),
        (&["trust", "sync", "--from", "did.json"], "trust import"),
        (&["gateway", "serve"], "--config"),
        (&["demo", "--port", "70000"], "70000"),
        (&["verfy"], "verfy"),
    ] {
        let run = place.run(arguments).wrong_usage();
        assert!(run.stderr.contains(word), "{arguments:?}: {}", run.stderr);
    }
    for arguments in [[].as_slice(), &["trust"], &["gateway"], &["gateway", "config"]] {
        let run = place.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{arguments:?}");
        assert!(run.stderr.contains("Usage: gdhcn"), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn colours_are_for_terminals() {
    let place = Place::with_demo();
    // Every run of these tests is checked for escape sequences; this one shows that there are any.
    let mut forced = place.command(&["verify", "demo/xxa/dcc.txt"]);
    let coloured = forced.env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(coloured.stdout.contains(&0x1b), "no colours at all");
    let plain = place.run(&["verify", "demo/xxa/dcc.txt"]).done(2);
    assert!(plain.stdout.starts_with("CANNOT TELL  demo/xxa/dcc.txt\n"), "{}", plain.stdout);
}

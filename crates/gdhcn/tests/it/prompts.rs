//! Questions at a terminal, and what is said where there is none.

use crate::onboarding::with_gateway;

#[test]
fn no_option_is_recommended_that_the_command_does_not_have() {
    let place = with_gateway("");
    place.run(&["gateway", "onboard", "--config", "gateway.toml", "XXA", "--dry-run"]);
    for command in
        [&["onboard", "XXA", "--sign-with", "ta.key"][..], &["federation", "remove", "x"]]
    {
        let arguments = [&["gateway"], command, &["--config", "gateway.toml"]].concat();
        let refused = place.run(&arguments);
        assert_eq!(refused.code, 64, "{refused:?}");
        assert!(refused.stderr.contains("--yes"), "{refused:?}");
        let help = place.run(&[&arguments[..], &["--help"]].concat()).done(0).stdout;
        assert_eq!(refused.stderr.contains("--dry-run"), help.contains("--dry-run"), "{refused:?}");
    }
}

#[test]
fn the_next_command_is_told_with_the_paths_that_were_given() {
    let place = with_gateway("");
    place.shell("mkdir 'my gate' && mv gateway.toml ta.pem server.* 'my gate/'");
    let operator = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ada.key && \
                    openssl pkey -in ada.key -pubout -out 'my gate/ada.pub' && \
                    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out bea.key && \
                    openssl pkey -in bea.key -pubout -out 'my gate/bea.pub'";
    assert_eq!(place.shell(operator).code, 0);
    let config = place.text("my gate/gateway.toml");
    place.write(
        "my gate/gateway.toml",
        config
            + "[onboarding]\napprovals = 2\noperators = [{name = 'Ada', key = 'ada.pub'}, \
               {name = 'Bea', key = 'bea.pub'}]\n",
    );
    let onboard = ["gateway", "onboard", "--config", "my gate/gateway.toml", "XXA", "--yes"];
    let sign = ["--sign-with", "ta.key", "--passphrase-file", "secret"];
    let operator = ["--operator", "Ada", "--operator-key", "ada.key"];
    let asked = place.run(&[&onboard[..], &sign, &operator].concat()).done(0).stdout;
    assert!(asked.contains("approve --config 'my gate/gateway.toml' "), "{asked}");
}

/// Ctrl-C at a question for a passphrase ends the program and leaves the terminal as it was.
#[cfg(target_os = "linux")]
#[test]
fn the_terminal_has_its_echo_back_after_ctrl_c() {
    use std::io::{Read as _, Write as _};
    use std::process::Stdio;

    use crate::jobs::wait_for;
    use crate::program::{GDHCN, Place};

    let place = Place::new();
    let line = format!(
        "tty > terminal; {GDHCN} trust-anchor init --country CH --organization O; \
         echo \"ended $?\"; stty -a"
    );
    // `script` gives the program a terminal, and hands on what is typed here.
    let mut child = std::process::Command::new("script")
        .args(["-q", "-c", &line, "/dev/null"])
        .current_dir(place.path("."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"at least): ") {
        assert_eq!(output.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&seen));
        seen.push(byte[0]);
    }
    // The question stands there a moment before the echo is switched off.
    let modes = "stty -F $(cat terminal) -a";
    wait_for("the terminal without echo", || {
        place.shell(modes).stdout.split_whitespace().any(|mode| mode == "-echo")
    });
    child.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    child.wait().unwrap();
    assert!(rest.contains("ended 130"), "{rest}");
    let modes: Vec<_> = rest.split_whitespace().collect();
    assert!(modes.contains(&"echo") && modes.contains(&"icanon"), "{rest}");
    assert!(!place.path("trust-anchor.key").exists());
}

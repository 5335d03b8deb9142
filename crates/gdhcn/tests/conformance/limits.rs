//! Bodies that are too long, cut off or sent in another way (13.4, "limits").

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use crate::cases;
use crate::world::World;

/// A connection by `openssl s_client`, to say what no HTTP client would.
fn connection(world: &World) -> Child {
    let place = |name: &str| world.material.path(name);
    let address = world.url.trim_start_matches("https://").to_owned();
    Command::new("openssl")
        .args(["s_client", "-quiet", "-no_ign_eof", "-connect", &address, "-cert"])
        .arg(place("XXA/TLS.pem"))
        .arg("-key")
        .arg(place("XXA/TLS.key"))
        .arg("-CAfile")
        .arg(&world.authority)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Says a text, ends the connection if asked to, and gives what is answered.
fn say(world: &World, text: &str, ends: bool) -> String {
    let mut child = connection(world);
    let mut input = child.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    input.flush().unwrap();
    if ends {
        drop(input);
    }
    let mut answer = String::new();
    child.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    // It has ended, or its connection has.
    let _ = child.kill();
    child.wait().unwrap();
    answer
}

const HEAD: &str =
    "POST /signerCertificate HTTP/1.1\r\nHost: x\r\nContent-Type: application/cms\r\n";

cases! { both:
    fn a_body_over_four_mebibytes_is_refused_and_one_below_is_judged(world) {
        let limit = 4 * 1024 * 1024;
        world.upload(vec![b'A'; limit]).is(400);
        world.upload(vec![b'A'; limit + 1]).refused(413, "n/a", "");
    }

    fn a_body_that_is_cut_off_changes_nothing(world) {
        let certificate = world.dsc("XXA");
        let message = world.material.message(&certificate.der, "XXA/UP", &[]);
        let half = &message[..message.len() / 2];
        let length = message.len();
        say(world, &format!("{HEAD}Content-Length: {length}\r\n\r\n{half}"), true);
        // Nor does what was announced shorter than it is.
        let text = format!("{HEAD}Connection: close\r\nContent-Length: {}\r\n\r\n{message}", half.len());
        let answer = say(world, &text, false);
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(world.find("/trustList/DSC/XA", &certificate).is_none());
    }

    fn a_body_in_chunks_is_taken(world) {
        let certificate = world.dsc("XXA");
        let message = world.material.message(&certificate.der, "XXA/UP", &[]);
        let (first, second) = message.split_at(100);
        let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
        let text = format!(
            "{HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n{}{}0\r\n\r\n",
            chunk(first),
            chunk(second)
        );
        let answer = say(world, &text, false);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        world.remove(&certificate);
    }

    fn a_length_and_chunks_at_once_are_refused(world) {
        let text = format!(
            "{HEAD}Connection: close\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n\
             4\r\nQUJD\r\n0\r\n\r\n"
        );
        let answer = say(world, &text, false);
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
}

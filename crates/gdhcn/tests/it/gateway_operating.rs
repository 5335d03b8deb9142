//! A gateway's first minute and its ordinary day: init, serve, status, config check.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::program::Place;
use crate::service::Service;

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// `init` into the folder `gate`, listening on free ports; gives that of the operator.
pub(crate) fn init(place: &Place, more: &[&str]) -> u16 {
    let port = free_port();
    let management = format!("127.0.0.1:{port}");
    let arguments =
        ["gateway", "init", "gate", "--listen", "127.0.0.1:0", "--management-listen", &management];
    place.run(&[&arguments, more].concat()).done(0);
    port
}

pub(crate) const CONFIG: [&str; 2] = ["--config", "gate/gateway.toml"];

#[test]
fn g12_init_and_serve_answer_within_a_minute_on_a_bare_machine() {
    let place = Place::new();
    let started = Instant::now();
    let port = init(&place, &["--country", "CH", "--organization", "Ministry"]);
    let service = Service::start(&place, &[&["gateway", "serve"], CONFIG.as_slice()].concat());
    assert!(service.word_after("gateway up at ").starts_with("https://127.0.0.1:"));
    let answer = get(port, "/ready");
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    // The running gateway is asked.
    let status = place.run(&[&["gateway", "status", "--json"], CONFIG.as_slice()].concat()).done(0);
    assert_eq!(status.json()["running"], true);
    assert_eq!(service.interrupt(), 0);
    // Then the database is read.
    let status = place.run(&[&["gateway", "status", "--json"], CONFIG.as_slice()].concat()).done(0);
    assert_eq!((&status.json()["running"], &status.json()["revision"]), (&false.into(), &0.into()));
}

#[test]
fn init_tells_fingerprints_and_the_next_command_and_writes_nothing_over() {
    let place = Place::new();
    let arguments = ["gateway", "init", "gate", "--json"];
    let made = place.run(&arguments).done(0).json();
    assert_eq!(made["next"], "gdhcn gateway serve --config gate/gateway.toml");
    for member in ["serverCertificate", "trustAnchor"] {
        let sha256 = made[member]["sha256"].as_str().unwrap();
        assert_eq!(sha256.len(), 64, "{made}");
        assert_eq!(made[member]["madeHere"], true);
    }
    assert_eq!(place.text("gate/log.key.pub").trim_end(), made["logKey"].as_str().unwrap());
    let before = place.text("gate/trust-anchor.key");
    let again = place.run(&arguments).fault(66);
    assert!(again.stderr.contains("not empty"), "{}", again.stderr);
    assert_eq!(place.text("gate/trust-anchor.key"), before);
    #[cfg(unix)]
    for secret in ["gateway.key", "trust-anchor.key", "log.key", "gateway.toml"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode =
            fs::metadata(place.path(&format!("gate/{secret}"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
    // What is given is used.
    let given = [
        "gateway",
        "init",
        "other",
        "--json",
        "--trust-anchor",
        "gate/trust-anchor.pem",
        "--tls-cert",
        "gate/gateway.pem",
        "--tls-key",
        "gate/gateway.key",
    ];
    let other = place.run(&given).done(0).json();
    for member in ["serverCertificate", "trustAnchor"] {
        assert_eq!(other[member]["sha256"], made[member]["sha256"]);
        assert_eq!(other[member]["madeHere"], false);
    }
    assert!(!place.path("other/trust-anchor.key").exists());
    let shown = place.run(&["gateway", "init", "third"]).done(0).stdout;
    assert!(shown.contains("next: gdhcn gateway serve --config third/gateway.toml"), "{shown}");
}

#[test]
fn init_encrypts_the_anchor_s_key_and_serves_the_log_under_its_key() {
    let place = Place::new();
    place.write("secret", "correct horse\n");
    let port = free_port();
    let management = format!("127.0.0.1:{port}");
    let listen = ["--listen", "127.0.0.1:0", "--management-listen", &management];
    let more = ["--passphrase-file", "secret", "--log-origin", "tng.example/log", "--json"];
    let made = place.run(&[&["gateway", "init", "gate"], &listen[..], &more].concat()).done(0);
    assert_eq!(made.json()["trustAnchorKeyEncrypted"], true);
    let key = made.json()["logKey"].as_str().unwrap().to_owned();
    assert!(key.starts_with("tng.example/log+"), "{key}");
    let text = place.text("gate/trust-anchor.key");
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{text}");
    let service = Service::start(&place, &[&["gateway", "serve"], CONFIG.as_slice()].concat());
    service.word_after("gateway up at ");
    let checkpoint = get(port, "/log/checkpoint");
    let body = checkpoint.split("\r\n\r\n").nth(1).unwrap();
    assert!(body.starts_with("tng.example/log\n0\n"), "{checkpoint}");
    assert_eq!(service.interrupt(), 0);

    // Without a terminal nobody is asked, and the output says that the key lies open.
    let plain = place.run(&["gateway", "init", "plain"]).done(0).stdout;
    assert!(plain.contains("is not encrypted"), "{plain}");
    assert!(place.text("plain/trust-anchor.key").starts_with("-----BEGIN PRIVATE KEY-----"));
    place.run(&["gateway", "init", "x", "--log-origin", "with blank"]).wrong_usage();
    place.run(&["gateway", "init", "x", "--plain", "--passphrase-file", "secret"]).wrong_usage();
}

#[test]
fn a_configuration_is_checked_with_lines() {
    let place = Place::new();
    init(&place, &[]);
    for arguments in [["gateway", "config", "check"].as_slice(), &["gateway", "serve", "--check"]] {
        let run = place.run(&[arguments, &CONFIG].concat()).done(0);
        assert!(run.stdout.contains("can be used"), "{}", run.stdout);
    }
    let good = place.text("gate/gateway.toml");
    for (from, to, word) in [
        ("#body_bytes = 4194304", "body_bytes = 0", "`limits` is 0"),
        ("#log_level", "log_levle", "log_levle"),
        ("gateway.key", "other.key", "other.key"),
    ] {
        let line = good.lines().position(|line| line.contains(from)).unwrap() + 1;
        place.write("gate/gateway.toml", good.replace(from, to));
        let run = place.run(&[&["gateway", "config", "check"], CONFIG.as_slice()].concat());
        let run = run.fault(66);
        assert!(run.stderr.contains(word), "{}", run.stderr);
        if word != "other.key" {
            assert!(run.stderr.contains(&format!("line {line}")), "{line}: {}", run.stderr);
        }
    }
}

/// The certificate that a server shows, as OpenSSL sees it.
fn served_certificate(place: &Place, address: &str) -> String {
    let run = place.shell(&format!(
        "openssl s_client -connect {address} </dev/null 2>/dev/null | openssl x509 -outform PEM"
    ));
    run.stdout
}

#[test]
fn sighup_takes_other_files_over_at_once_and_refuses_broken_ones() {
    let place = Place::new();
    let port = init(&place, &[]);
    place.run(&["gateway", "init", "next", "--organization", "Next"]).done(0);
    let service = Service::start(&place, &[&["gateway", "serve"], CONFIG.as_slice()].concat());
    let address = service.word_after("gateway up at https://");
    assert_eq!(served_certificate(&place, &address), place.text("gate/gateway.pem"));
    let waited_for = |line: &str| {
        let started = Instant::now();
        while !get(port, "/metrics").lines().any(|found| found == line) {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "{line}: {}",
                get(port, "/metrics")
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    // Nothing has changed, so only the signal can have been the reason.
    service.hang_up();
    waited_for("gdhcn_reloads_total{outcome=\"applied\"} 1");

    place.write("gate/gateway.pem", "no certificate");
    service.hang_up();
    waited_for("gdhcn_reload_last_successful 0");
    for name in ["gateway.pem", "gateway.key"] {
        fs::copy(place.path(&format!("next/{name}")), place.path(&format!("gate/{name}"))).unwrap();
    }
    service.hang_up();
    waited_for("gdhcn_reload_last_successful 1");
    assert_eq!(served_certificate(&place, &address), place.text("next/gateway.pem"));
    assert_eq!(service.interrupt(), 0);
}

#[test]
fn the_support_bundle_holds_no_key() {
    let place = Place::new();
    let port = init(&place, &[]);
    let service = Service::start(&place, &[&["gateway", "serve"], CONFIG.as_slice()].concat());
    service.word_after("gateway up at ");
    assert!(get(port, "/metrics").contains("gdhcn_database_up 1"));
    let arguments = ["gateway", "status", "--bundle", "support.json"];
    place.run(&[&arguments, CONFIG.as_slice()].concat()).done(0);
    let bundle = place.text("support.json");
    assert!(bundle.contains("gdhcn_database_up 1") && bundle.contains("log_level"), "{bundle}");
    assert!(!bundle.contains("PRIVATE KEY"), "{bundle}");
    for key in ["gate/gateway.key", "gate/trust-anchor.key", "gate/log.key"] {
        for line in place.text(key).lines().filter(|line| !line.starts_with("-----")) {
            assert!(!bundle.contains(line), "{key}");
        }
    }
    assert_eq!(service.interrupt(), 0);
}

#[test]
fn a_backup_is_restored_into_another_folder() {
    let place = Place::new();
    init(&place, &[]);
    let service = Service::start(&place, &[&["gateway", "serve"], CONFIG.as_slice()].concat());
    service.word_after("gateway up at ");
    let backup = ["gateway", "backup", "saved"];
    place.run(&[&backup, CONFIG.as_slice()].concat()).done(0);
    assert_eq!(service.interrupt(), 0);
    let again = place.run(&[&backup, CONFIG.as_slice()].concat()).fault(66);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
    let other = place.text("gate/gateway.toml").replace("\"data\"", "\"other\"");
    place.write("gate/other.toml", other);
    let restore = ["gateway", "restore", "saved", "--config", "gate/other.toml"];
    // A service may have no folder for temporary files.
    let restored = place.command(&restore).env("TMPDIR", "/nowhere").output().unwrap();
    assert!(restored.status.success(), "{restored:?}");
    assert!(place.path("gate/other/gateway.sqlite3").exists());
    let wrong = place.run(&["gateway", "restore", "none", "--config", "gate/other.toml"]).fault(66);
    assert!(wrong.stderr.contains("none"), "{}", wrong.stderr);
}

#[test]
fn init_takes_no_password_in_an_argument() {
    let place = Place::new();
    for url in ["postgresql://a:s3cr@db/tng", "postgresql://db/tng?user=a&password=s3cr"] {
        let refused = place.run(&["gateway", "init", "new", "--database", url]).fault(64);
        assert!(refused.stderr.contains("env:NAME"), "{}", refused.stderr);
        assert!(!refused.stderr.contains("s3cr"), "{}", refused.stderr);
    }
    let named = ["gateway", "init", "new", "--plain", "--database", "env:WHERE"];
    let made = place.command(&named).env("WHERE", "postgresql://a:s3cr@db/tng").output().unwrap();
    assert!(made.status.success(), "{made:?}");
    assert!(place.text("new/gateway.toml").contains("database = \"env:WHERE\""));
}

#[test]
fn status_without_gateway_and_database_says_so() {
    let place = Place::new();
    init(&place, &[]);
    let run = place.run(&[&["gateway", "status"], CONFIG.as_slice()].concat()).fault(66);
    assert!(run.stderr.contains("there is no database"), "{}", run.stderr);
    assert!(!place.path("gate/data").exists(), "asking makes nothing");
}

/// The base of the container image holds the C library, its loader and GCC's runtime, no more.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn the_program_needs_no_library_that_the_container_image_lacks() {
    let there =
        ["linux-vdso", "libgcc_s", "libm", "libc", "libpthread", "libdl", "librt", "ld-linux"];
    let listed =
        std::process::Command::new("ldd").arg(env!("CARGO_BIN_EXE_gdhcn")).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("libc.so"), "{listed}");
    for line in listed.lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        assert!(there.iter().any(|known| name.starts_with(known)), "{name}\n{listed}");
    }
}

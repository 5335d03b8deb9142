//! `gdhcn verifier serve`, over a real socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::Place;
use crate::service::Service;
use crate::verify_inputs::white_picture;

const TRUST: [&str; 4] =
    ["--trust", "demo/xxb/trust-list-1.json", "--trust-anchor", "demo/operator/trust-anchor.pem"];

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A service that trusts the demo's list, and its address.
fn serve(place: &Place, more: &[&str]) -> (Service, String) {
    let arguments = [&["verifier", "serve", "--listen", "127.0.0.1:0"], more].concat();
    let service = Service::start(place, &arguments);
    let address = service.word_after("verifier up at ").replace("http://", "");
    (service, address)
}

fn ask(address: &str, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let content = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{content}Content-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The service may answer and close before it has read everything; its answer is what counts.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("{method} {path}: no answer: {read:?}, {answer:?}"));
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: answer[end + 4..].to_vec() }
}

fn verdict(address: &str, kind: &str, body: &[u8]) -> Value {
    let answer = ask(address, "POST", "/v1/verify", kind, body);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

#[test]
fn a_text_a_picture_and_a_list_of_codes_are_judged() {
    let place = Place::with_demo();
    let (service, address) = serve(&place, &TRUST);
    let dcc = place.text("demo/xxa/dcc.txt");
    for (kind, body) in [
        ("text/plain", dcc.clone().into_bytes()),
        ("text/plain; charset=utf-8", format!("{dcc}\n").into_bytes()),
        ("image/png", place.read("demo/xxa/icvp.png")),
    ] {
        let told = verdict(&address, kind, &body);
        assert_eq!(told["outcome"], "accepted", "{told}");
        assert_eq!(told["results"][0]["authentic"], true);
    }
    let changed = place.text("demo/xxa/dcc-changed.txt");
    let body = json!({ "codes": [dcc, changed, "hello"] }).to_string();
    let told = verdict(&address, "application/json", body.as_bytes());
    let outcomes: Vec<_> =
        told["results"].as_array().unwrap().iter().map(|r| &r["outcome"]).collect();
    assert_eq!(outcomes, ["accepted", "not accepted", "not accepted"]);
    assert_eq!(told["outcome"], "not accepted");
    let told = verdict(&address, "image/png", &white_picture());
    assert_eq!(told["results"][0]["code"], "QR_NOT_FOUND");
    assert_eq!(service.interrupt(), 0);
}

// B5, for two of its front ends.
#[test]
fn the_service_and_the_command_line_say_the_same() {
    let place = Place::with_demo();
    let (service, address) = serve(&place, &TRUST);
    let at = "2026-12-01T00:00:00Z";
    for name in ["dcc", "icvp", "dcc-changed", "dcc-expired", "dcc-unknown-key"] {
        let text = place.text(&format!("demo/xxa/{name}.txt"));
        let body = json!({ "codes": [text], "at": at, "policy": "strict" }).to_string();
        let mut served = verdict(&address, "application/json", body.as_bytes());
        let path = format!("demo/xxa/{name}.txt");
        let arguments =
            ["verify", &path, "--json", "--at", at, "--policy", "strict"].into_iter().chain(TRUST);
        let mut printed = place.run(&arguments.collect::<Vec<_>>()).json();
        printed["results"][0].as_object_mut().unwrap().remove("input");
        for told in [&mut served, &mut printed] {
            told["results"][0]["issuer"] = Value::Null;
        }
        assert_eq!(served, printed, "{name}");
    }
    assert_eq!(service.interrupt(), 0);
}

#[test]
fn the_language_of_the_asker_is_spoken() {
    let place = Place::with_demo();
    let (service, address) = serve(&place, &TRUST);
    let kind = "text/plain\r\nAccept-Language: de, es-MX;q=0.9";
    let told = verdict(&address, kind, &place.read("demo/xxa/dcc-changed.txt"));
    let explanation = &told["results"][0]["explanation"];
    assert_eq!(explanation["language"], "es");
    assert_eq!(explanation["outcome"], "No aceptado");
    let told = verdict(&address, "text/plain", b"hello");
    assert!(told["results"][0]["explanation"].is_null(), "nobody asked: {told}");
    assert_eq!(service.interrupt(), 0);
}

// B6 and B22: nothing of one scan is left in the next.
#[test]
fn a_bad_code_does_not_change_the_verdict_of_the_next() {
    let place = Place::with_demo();
    let (service, address) = serve(&place, &TRUST);
    let good = place.read("demo/xxa/dcc.txt");
    let bad = place.read("demo/xxa/dcc-changed.txt");
    let told: Vec<_> = [&bad, &good, &bad, &good]
        .map(|code| verdict(&address, "text/plain", code)["outcome"].clone())
        .into();
    assert_eq!(told, ["not accepted", "accepted", "not accepted", "accepted"]);
    assert_eq!(service.interrupt(), 0);
}

#[test]
fn one_persons_codes_are_judged_together_when_asked() {
    let place = Place::with_demo();
    let (service, address) = serve(&place, &TRUST);
    let codes = ["dcc-expired", "icvp"].map(|name| place.text(&format!("demo/xxa/{name}.txt")));
    let body = json!({ "codes": codes, "same_person": true, "language": "fr" }).to_string();
    let told = verdict(&address, "application/json", body.as_bytes());
    assert_eq!((&told["outcome"], &told["together"]["best"]), (&json!("accepted"), &json!(1)));
    assert!(told["together"]["explanation"].as_str().unwrap().contains("cela suffit"));
    let body = json!({ "codes": codes }).to_string();
    let told = verdict(&address, "application/json", body.as_bytes());
    assert_eq!((&told["outcome"], told.get("together")), (&json!("not accepted"), None));
    assert_eq!(service.interrupt(), 0);
}

#[test]
fn what_cannot_be_read_is_a_problem_with_its_reason() {
    let place = Place::with_demo();
    let (service, address) = serve(&place, &TRUST);
    let long = vec![b'x'; 17 << 20];
    for (kind, body, status, details) in [
        ("text/html", &b"x"[..], 415, "found text/html"),
        ("", b"x", 415, "found none"),
        ("text/plain", b"\xff", 400, "not UTF-8"),
        ("text/plain", &long, 413, "longer than"),
        ("application/json", b"{", 400, "line 1"),
        ("application/json", b"{\"codes\":[]}", 400, "between 1 and 1000"),
        ("application/json", b"{\"codes\":[\"x\"],\"policy\":\"x\"}", 400, "no policy"),
        ("application/json", b"{\"codes\":[\"x\"],\"at\":\"x\"}", 400, "no instant"),
        ("application/json", b"{\"codes\":[\"x\"],\"when\":\"x\"}", 400, "line 1, column"),
        ("application/json", b"\"HC1:SECRET\"", 400, "line 1, column"),
        ("application/json", b"{\"codes\":\"HC1:SECRET\"}", 400, "no such object"),
        ("application/json", b"{\"HC1:SECRET\":1}", 400, "no such object"),
        ("image/png", b"\x89PNG\r\n\x1a\nrest", 400, "damaged"),
        ("image/png", b"hello", 400, "not a PNG"),
    ] {
        let answer = ask(&address, "POST", "/v1/verify", kind, body);
        let problem = answer.json();
        assert_eq!(answer.status, status, "{kind}: {problem}");
        assert!(problem["details"].as_str().unwrap().contains(details), "{kind}: {problem}");
        assert!(!problem.to_string().contains("SECRET"), "{problem}");
    }
    let asked = ask(&address, "POST", "/v1/verify?policy=strict", "text/plain", b"HC1:X");
    assert_eq!(asked.status, 400, "what is not looked at is not taken in silence");
    assert_eq!(ask(&address, "GET", "/nothing", "", b"").status, 404);
    assert_eq!(ask(&address, "GET", "/v1/verify", "", b"").status, 405);
    assert_eq!(service.interrupt(), 0);
}

/// D17: the document is held against every answer.
#[test]
fn every_answer_has_the_form_that_the_openapi_document_promises() {
    let place = Place::with_demo();
    let (service, address) = serve(&place, &TRUST);
    let document = ask(&address, "GET", "/openapi.json", "", b"").json();
    let fits = |path: &str, status: u16, answer: &Answer| {
        assert_eq!(answer.status, status);
        let method = if path == "/v1/verify" { "post" } else { "get" };
        let schema = &document["paths"][path][method]["responses"][status.to_string()]["content"]["application/json"]
            ["schema"];
        assert!(schema.is_object(), "{path} {status} is not described");
        let schema = json!({ "allOf": [schema], "components": document["components"] });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let json = answer.json();
        let faults: Vec<_> = validator.iter_errors(&json).map(|e| e.to_string()).collect();
        assert!(faults.is_empty(), "{path} {status}: {faults:#?}");
    };
    for name in ["dcc", "icvp", "dcc-changed", "dcc-expired", "dcc-unknown-key"] {
        let code = place.read(&format!("demo/xxa/{name}.txt"));
        fits("/v1/verify", 200, &ask(&address, "POST", "/v1/verify", "text/plain", &code));
    }
    fits("/v1/verify", 200, &ask(&address, "POST", "/v1/verify", "text/plain", b"hello"));
    fits("/v1/verify", 200, &ask(&address, "POST", "/v1/verify", "image/png", &white_picture()));
    fits("/v1/verify", 400, &ask(&address, "POST", "/v1/verify", "text/plain", b"\xff"));
    fits("/v1/verify", 415, &ask(&address, "POST", "/v1/verify", "text/html", b"x"));
    let asked = json!({ "codes": ["hello"], "language": "ar" }).to_string();
    let answer = ask(&address, "POST", "/v1/verify", "application/json", asked.as_bytes());
    assert_eq!(answer.json()["results"][0]["explanation"]["direction"], "rtl");
    fits("/v1/verify", 200, &answer);
    let asked = json!({ "codes": ["hello"], "language": "tlh" }).to_string();
    fits(
        "/v1/verify",
        400,
        &ask(&address, "POST", "/v1/verify", "application/json", asked.as_bytes()),
    );
    fits("/v1/trust", 200, &ask(&address, "GET", "/v1/trust", "", b""));
    // And every path of the document is there.
    for path in document["paths"].as_object().unwrap().keys() {
        assert_ne!(ask(&address, "GET", path, "", b"").status, 404, "{path}");
    }
    assert_eq!(service.interrupt(), 0);
}

// A1, for the service: a marked person in no log, and no answer that anybody may keep.
#[test]
fn nothing_of_a_person_is_logged_and_nobody_may_store_an_answer() {
    let place = Place::with_demo();
    let (service, address) = serve(&place, &TRUST);
    let code = place.text("demo/xxa/dcc.txt");
    let answer = ask(&address, "POST", "/v1/verify", "text/plain", code.as_bytes());
    assert!(answer.head.to_ascii_lowercase().contains("no-store"), "{}", answer.head);
    ask(&address, "POST", "/v1/verify", "text/plain", place.text("demo/xxa/icvp.txt").as_bytes());
    ask(&address, "GET", "/Okonkwo", "", b"");
    ask(&address, "GET", "/v1/trust?name=Okonkwo", "", b"");
    let (_, log) = service.signal("-TERM");
    let log = log.join("\n");
    assert!(log.contains("/v1/verify"), "the requests are logged: {log}");
    for mark in ["Okonkwo", "Amara", "1990-04-12", &code[..30], "URN:UVCI"] {
        assert!(!log.contains(mark), "{mark} stands in {log}");
    }
}

/// B14: ready means that there is a key which counts; each source says how old it is.
#[test]
fn it_is_not_ready_by_trust_data_that_is_too_old() {
    let place = Place::with_demo();
    place.write("list.json", place.read("demo/xxb/trust-list-1.json"));
    for (days, status, state) in [(0, 204, "fresh"), (10, 204, "aging"), (20, 503, "too old")] {
        place.shell(&format!("touch -d '{days} days ago' list.json")).done(0);
        let anchor = ["--trust-anchor", "demo/operator/trust-anchor.pem"];
        let (service, address) = serve(&place, &[&["--trust", "list.json"], &anchor[..]].concat());
        assert_eq!(ask(&address, "GET", "/ready", "", b"").status, status, "{days} days");
        let trust = ask(&address, "GET", "/v1/trust", "", b"").json();
        let source = &trust["sources"][0];
        assert_eq!((&source["state"], source["ageDays"].as_i64()), (&json!(state), Some(days)));
        assert_eq!(service.interrupt(), 0);
    }
}

#[test]
fn it_is_not_ready_without_a_key_and_reads_its_sources_anew() {
    let place = Place::with_demo();
    let (service, address) = serve(&place, &[]);
    assert_eq!(ask(&address, "GET", "/health", "", b"").status, 204);
    assert_eq!(ask(&address, "GET", "/ready", "", b"").status, 503);
    let told = verdict(&address, "text/plain", &place.read("demo/xxa/dcc.txt"));
    assert_eq!(told["outcome"], "cannot tell");
    assert_eq!(service.interrupt(), 0);

    place.write("list.json", place.read("demo/xxb/trust-list-2.json"));
    let anchor = ["--trust-anchor", "demo/operator/trust-anchor.pem"];
    let more = [&["--trust", "list.json", "--reload", "1"], anchor.as_slice()].concat();
    let (service, address) = serve(&place, &more);
    let code = place.read("demo/xxa/dcc.txt");
    assert_eq!(verdict(&address, "text/plain", &code)["outcome"], "cannot tell");
    place.write("list.json", place.read("demo/xxb/trust-list-1.json"));
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while verdict(&address, "text/plain", &code)["outcome"] != "accepted" {
        assert!(std::time::Instant::now() < deadline, "the new list is not read");
        std::thread::sleep(Duration::from_millis(100));
    }
    // A source that turns bad does not take the keys away.
    place.write("list.json", "[");
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(verdict(&address, "text/plain", &code)["outcome"], "accepted");
    assert_eq!(service.interrupt(), 0);
}

//! Hostile trust sources: each is refused soon and by name.

use std::fs::File;

use crate::forge::Country;
use crate::program::{GDHCN, Place};

fn refused(place: &Place, source: &str) {
    for call in [["trust", "list"].as_slice(), &["verify", "HC1:NCF", "--trust"]] {
        let call = [call, &[source, "--trust-anchor", "ta.pem"]].concat();
        let run = place.run(&call).fault(66);
        assert!(run.stderr.contains(source), "{}", run.stderr);
        assert!(run.stderr.len() < 500, "{source}: {} bytes of error", run.stderr.len());
    }
}

fn place() -> Place {
    let place = Place::new();
    place.write("ta.pem", Country::new("XXA").sca_pem());
    place
}

#[test]
fn nesting_without_end_is_refused() {
    let place = place();
    place.write("arrays.json", "[".repeat(20 << 20));
    place.write("arrays-in-object.json", format!("{{\"a\":{}", "[".repeat(20 << 20)));
    place.write("objects.json", "{\"a\":".repeat(4 << 20));
    place.write("objects-in-array.json", format!("[{}", "{\"a\":".repeat(4 << 20)));
    for source in ["arrays.json", "arrays-in-object.json", "objects.json", "objects-in-array.json"]
    {
        refused(&place, source);
        #[cfg(target_os = "linux")]
        {
            let limited =
                format!("ulimit -v 600000; exec {GDHCN} trust list {source} --trust-anchor ta.pem");
            assert_eq!(place.shell(&limited).code, 66, "{source}");
        }
    }
}

#[test]
fn a_source_beyond_the_limit_is_refused_unread() {
    let place = place();
    File::create(place.path("big.der")).unwrap().set_len(40 << 20).unwrap();
    refused(&place, "big.der");
    #[cfg(unix)]
    refused(&place, "/dev/zero");
}

#[test]
fn megabytes_of_certificates_that_are_none_are_refused() {
    let place = place();
    let block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    place.write("many.pem", block.repeat(200_000));
    refused(&place, "many.pem");
    place.write("open.pem", "-----BEGIN CERTIFICATE-----\n".repeat(500_000));
    refused(&place, "open.pem");
}

#[test]
fn a_certificate_that_is_enormous_is_refused() {
    let place = place();
    let mut der = b"\x30\x84\x01\x00\x00\x00".to_vec();
    der.resize(16 << 20, 0);
    place.write("big.cer", der);
    refused(&place, "big.cer");
    place.write("nested.cer", [b"\x30\x80".repeat(100_000), vec![0; 200_000]].concat());
    refused(&place, "nested.cer");
}

#[test]
fn long_lists_of_nonsense_end_soon_and_name_every_entry() {
    let place = place();
    let entries = vec!["{\"kid\":\"x\"}"; 2_000].join(",");
    place.write("nonsense.json", format!("[{entries}]"));
    let run = place.run(&["trust", "list", "nonsense.json", "--trust-anchor", "ta.pem", "--json"]);
    if run.code != 66 {
        let json = run.done(0).json();
        assert_eq!(json["refused"].as_array().unwrap().len(), 2_000);
    }
}

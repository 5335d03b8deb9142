//! The forms of a message that clients in the field write (5.1 to 5.4, 13.3).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::cases;
use crate::pki::{Certificate, bouncy_castle, decode, encode};
use crate::world::World;

/// Uploads, and shows with OpenSSL that what is served is `signer`'s signature.
#[track_caller]
fn takes(world: &World, certificate: &Certificate, message: impl Into<Vec<u8>>, signer: &str) {
    world.upload(message).done(201);
    let entry = world.find("/trustList/DSC", certificate).expect("listed");
    let signature = served(&entry);
    let signer = world.material.path(signer).with_extension("pem");
    assert!(world.material.verifies(&signature, &certificate.der, &signer), "{entry}");
    world.remove(certificate);
}

/// The signature of an entry: one line of Base64 of DER.
#[track_caller]
fn served(entry: &Value) -> Vec<u8> {
    let text = entry["signature"].as_str().unwrap();
    assert!(!text.contains(char::is_whitespace), "{text}");
    decode(text)
}

cases! { both:
    fn every_form_of_the_message_is_taken(world) {
        for (signer, options) in [
            ("XXA/UP", &[][..]),
            ("XXA/UP", &["-stream"]),
            ("XXA/UP", &["-keyid"]),
            ("XXA/UP", &["-noattr"]),
            ("XXA/UP", &["-nosmimecap"]),
            ("XXA/UP", &["-md", "sha384"]),
            ("XXA/UP", &["-md", "sha512"]),
            // A key of 384 bits with SHA-256, as the Java builder does.
            ("XXA/UP2", &[]),
            ("XXA/UPRSA", &[]),
            ("XXA/UPRSA", &["-keyopt", "rsa_padding_mode:pss"]),
            ("XXA/UPRSA", &["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"]),
        ] {
            if !world.has(signer) {
                continue;
            }
            let certificate = world.dsc("XXA");
            let der = world.material.sign(&certificate.der, signer, options);
            if options == ["-stream"] {
                assert_eq!(der[..2], [0x30, 0x80], "shows nothing unless it is BER");
            }
            takes(world, &certificate, encode(&der), signer);
        }
    }

    /// 5.1 and G16: Base64 with and without line breaks, with and without padding.
    fn g16_base64_with_and_without_line_breaks_and_padding(world) {
        for form in 0..4 {
            let certificate = world.dsc("XXA");
            let message = loop {
                let message = world.material.message(&certificate.der, "XXA/UP", &[]);
                if message.ends_with('=') {
                    break message;
                }
            };
            let lines: Vec<_> =
                message.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect();
            let text = match form {
                0 => message.trim_end_matches('=').to_owned(),
                1 => lines.join("\n"),
                2 => lines.join("\r\n") + "\r\n",
                _ => format!("  {}\t", lines.join(" ")),
            };
            takes(world, &certificate, text, "XXA/UP");
        }
    }

    /// G15: what Bouncy Castle writes, BER with indefinite lengths and the content in pieces.
    fn g15_messages_of_bouncy_castle_are_taken_and_their_signer_info_is_kept(world) {
        if !world.has("XXE/TLS") {
            return;
        }
        for (name, signer) in [
            ("ecdsa", "XXE/UP"),
            ("without-attributes", "XXE/UP"),
            ("pieces", "XXE/UP"),
            ("large-pieces", "XXE/UP"),
            ("rsa", "XXE/UPRSA"),
            ("rsa-pss", "XXE/UPRSA"),
        ] {
            let certificate = Certificate { der: bouncy_castle(&format!("{name}.der")) };
            let ber = bouncy_castle(&format!("{name}.ber"));
            assert_eq!(ber[..2], [0x30, 0x80], "{name}: indefinite");
            let message = encode(&ber);
            let ask = world.ask("XXE/TLS", "POST", "/signerCertificate").cms(message.clone());
            ask.send().done(201);
            let entry = world.find("/trustList/DSC/XE", &certificate).expect(name);
            let signature = served(&entry);
            let up = world.material.path(signer).with_extension("pem");
            assert!(world.material.verifies(&signature, &certificate.der, &up), "{name}");
            // SignerInfo and certificate, byte for byte as they came.
            let parts = fields(&signature);
            for kept in [value(parts[parts.len() - 1]), value(parts[3])] {
                assert!(ber.windows(kept.len()).any(|window| window == kept), "{name}");
            }
            let ask = world.ask("XXE/TLS", "DELETE", "/signerCertificate").cms(message);
            ask.send().done(204);
        }
    }

    /// 5.3, 1: the signing time must lie within the signer's validity, and only that.
    fn a_signing_time_is_judged_by_the_validity_of_its_signer(world) {
        if !world.has("XXA/UPOLD") || !world.has("XXA/UPENDING") {
            return;
        }
        let certificate = world.dsc("XXA");
        let message = world.material.message(&certificate.der, "XXA/UPOLD", &[]);
        world.upload(message).refused(400, "0x009", "");
        // Without a signing time nothing is compared.
        let message = world.material.message(&certificate.der, "XXA/UPOLD", &["-noattr"]);
        takes(world, &certificate, message, "XXA/UPOLD");
        // Signed in its time by a certificate that has ended since.
        let made = std::fs::metadata(world.material.path("in-time.cms")).unwrap().modified().unwrap();
        let over = Timestamp::try_from(made).unwrap() + SignedDuration::from_secs(6);
        while Timestamp::now() < over {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let der = std::fs::read(world.material.path("in-time.der")).unwrap();
        let message = std::fs::read(world.material.path("in-time.cms")).unwrap();
        takes(world, &Certificate { der }, message, "XXA/UPENDING");
    }

    /// 5.4: the SignerInfo of what is served is the uploaded one, bit by bit.
    fn the_signer_info_is_served_as_it_was_sent(world) {
        let certificate = world.dsc("XXA");
        let message = world.material.sign(&certificate.der, "XXA/UP", &["-stream"]);
        world.upload(encode(&message)).done(201);
        let signature = served(&world.find("/trustList/DSC", &certificate).unwrap());
        let digest = crate::pki::sha256(&certificate.der);
        // From the digest of the content on: the rest of the attributes and the signature.
        let tail = |message: &[u8]| {
            let at = message.windows(digest.len()).position(|window| window == digest).unwrap();
            message[at..].to_vec()
        };
        let sent = tail(&message);
        // Its indefinite lengths end behind the SignerInfo.
        let sent = &sent[..tail(&signature).len()];
        assert_eq!(tail(&signature), sent);
        world.remove(&certificate);
    }
}

/// The message `detached` with the content that `attached` has: both are DER by one signer.
pub(crate) fn with_content_of(detached: &[u8], attached: &[u8]) -> Vec<u8> {
    let (wrapped, plain) = (fields(attached), fields(detached));
    // Version, digests, content, certificates, signers.
    let body = [plain[0], plain[1], wrapped[2], plain[3], plain[4]].concat();
    let signed_data = tagged(0x30, &body);
    let content_type = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    tagged(0x30, &[content_type, &tagged(0xa0, &signed_data)[..]].concat())
}

/// The fields of the SignedData of a message in DER.
fn fields(message: &[u8]) -> Vec<&[u8]> {
    let content_info = elements(value(message));
    elements(value(value(content_info[1])))
}

fn elements(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (head, length) = head(bytes);
        let (element, rest) = bytes.split_at(head + length);
        found.push(element);
        bytes = rest;
    }
    found
}

fn value(element: &[u8]) -> &[u8] {
    let (head, length) = head(element);
    &element[head..head + length]
}

/// Length of tag and length, and of the value.
fn head(bytes: &[u8]) -> (usize, usize) {
    match bytes[1] {
        short @ 0..=0x7f => (2, short.into()),
        long => {
            let count = usize::from(long & 0x7f);
            let length =
                bytes[2..2 + count].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            (2 + count, length)
        }
    }
}

fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], value].concat()
}

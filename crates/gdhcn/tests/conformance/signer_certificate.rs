//! `POST /signerCertificate`: the checks of 1.5 in their order, the rows of 13.2.

use std::thread;

use jiff::{SignedDuration, Timestamp};

use crate::cases;
use crate::pki::{Certificate, P256, P384, decode, encode};
use crate::world::World;

/// Sends a message and expects this refusal. Nothing may be stored by it.
#[track_caller]
fn refused(world: &World, message: &str, code: &str, word: &str) {
    world.upload(message).refused(400, code, word);
}

#[track_caller]
fn takes(world: &World, certificate: &Certificate) {
    world.store(certificate);
    let entry = world.find("/trustList/DSC/XA", certificate).expect("listed");
    assert_eq!(entry["thumbprint"], certificate.thumbprint());
    assert_eq!(entry["kid"], certificate.kid());
    world.remove(certificate);
    assert!(world.find("/trustList/DSC/XA", certificate).is_none());
}

/// A certificate of participant A by a request of choice.
fn dsc(world: &World, key: &[&str]) -> Certificate {
    world.material.dsc_with("XXA/SCA", "/C=XA/O=Test/CN=DSC", key)
}

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

cases! { both:
    fn takes_document_signers_of_every_key_of_the_field(world) {
        let rsa_pss = ["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"];
        let p521 = ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"];
        for key in [P256, P384, &p521, &["rsa:2048"], &["rsa:4092"], &rsa_pss] {
            takes(world, &dsc(world, key));
        }
    }

    fn takes_document_signers_of_any_validity(world) {
        let day = 24 * 3600;
        for (from, to) in [(0, 10), (-20 * day, -10 * day), (10 * day, 20 * day)] {
            let subject = "/C=XA/CN=DSC";
            let certificate =
                world.material.dsc_dated("XXA/SCA", subject, seconds(from), seconds(to));
            takes(world, &certificate);
        }
    }

    /// 1.5, 1: the Base64.
    fn check_1_what_is_no_base64(world) {
        let message = world.material.message(&world.dsc("XXA").der, "XXA/UP", &[]);
        let armour = format!("-----BEGIN CMS-----\n{message}\n-----END CMS-----\n");
        let url_alphabet = message.replace(['+', '/'], "-");
        for text in ["not base64!", &armour, &url_alphabet, &format!("{message}===="), &format!("{message}QQ==QQ==")] {
            refused(world, text, "0x402", "base64");
        }
        let der = decode(&message);
        world.upload(der).refused(400, "0x402", "base64");
    }

    /// 1.5, 2: the SignedData; 13.2 "base64 DER instead of CMS", "broken CMS".
    fn check_2_what_is_no_signed_data(world) {
        let certificate = world.dsc("XXA");
        let message = world.material.sign(&certificate.der, "XXA/UP", &[]);
        let mut behind = message.clone();
        behind.push(0);
        let other = world.material.openssl(
            &["cms", "-data_create", "-binary", "-outform", "DER"],
            &certificate.der,
        );
        for der in [&[], &certificate.der[..], &message[..message.len() - 1], &message[..40], &behind, &other] {
            refused(world, &encode(der), "0x402", "CMS");
        }
    }

    /// 1.5, 3: the type of the content; 13.3 "detached upload" (D-15).
    fn check_3_a_detached_message_or_another_content_type(world) {
        let certificate = world.dsc("XXA");
        for options in [&[crate::pki::DETACHED][..], &["-econtent_type", "1.2.840.113549.1.9.16.1.4"]] {
            let message = world.material.message(&certificate.der, "XXA/UP", options);
            refused(world, &message, "0x402", "binary data as body");
        }
    }

    /// 1.5, 4: the content is one certificate, and comes before the signers.
    fn check_4_a_content_that_is_no_certificate(world) {
        let certificate = world.dsc("XXA");
        let twice = [certificate.der.clone(), certificate.der.clone()].concat();
        let more = [certificate.der.clone(), vec![0]].concat();
        let pem = world.material.openssl(&["x509", "-inform", "DER"], &certificate.der);
        let two = world.material.path("XXB/UP.pem").to_str().unwrap().to_owned();
        for content in [&b"no certificate"[..], &twice, &more, &certificate.der[..100], &pem] {
            for options in [&[][..], &["-certfile", &two]] {
                let message = world.material.message(content, "XXA/UP", options);
                refused(world, &message, "0x402", "X509 certificate");
            }
        }
    }

    /// G16: OpenSSL signs a certificate as if it were a text when it is not told otherwise.
    fn g16_a_certificate_signed_as_a_text_is_told_the_option(world) {
        let material = &world.material;
        let paths = ["XXA/UP.pem", "XXA/UP.key"].map(|name| material.path(name));
        let [signer, key] = paths.each_ref().map(|path| path.to_str().unwrap());
        let file = material.path(&format!("plain-{}.der", crate::pki::unique()));
        std::fs::write(&file, world.dsc("XXA").der).unwrap();
        let sign = ["cms", "-sign", "-nodetach", "-outform", "DER", "-in", file.to_str().unwrap()];
        let message = material.openssl(&[&sign[..], &["-signer", signer, "-inkey", key]].concat(), b"");
        refused(world, &encode(&message), "0x402", "-binary");
    }

    /// 1.5, 5 and 6: one certificate, one SignerInfo.
    fn check_5_and_6_two_certificates_or_signers(world) {
        let der = world.dsc("XXA").der;
        let material = &world.material;
        let other = material.path("XXB/UP.pem").to_str().unwrap().to_owned();
        for options in [&["-certfile", &other][..], &["-nocerts"]] {
            let message = material.message(&der, "XXA/UP", options);
            refused(world, &message, "0x402", "exactly one X509 certificate");
        }
        let once = material.sign(&der, "XXA/UP", &[]);
        let (signer, key) = (material.path("XXA/UPRSA.pem"), material.path("XXA/UPRSA.key"));
        if world.has("XXA/UPRSA") {
            let again = ["cms", "-resign", "-nocerts", "-inform", "DER", "-outform", "DER"];
            let by = ["-signer", signer.to_str().unwrap(), "-inkey", key.to_str().unwrap()];
            let twice = material.openssl(&[&again, &by[..]].concat(), &once);
            refused(world, &encode(&twice), "0x402", "1 signer");
        }
    }

    /// 1.5, 7: the signature.
    fn check_7_a_signature_that_does_not_hold(world) {
        let mut der = world.material.sign(&world.dsc("XXA").der, "XXA/UP", &[]);
        let last = der.len() - 1;
        der[last] ^= 1;
        refused(world, &encode(&der), "0x009", "signature");
        // A digest that is not taken, although it holds.
        let certificate = world.dsc("XXA");
        let message = world.material.message(&certificate.der, "XXA/UP", &["-md", "sha1"]);
        refused(world, &message, "0x009", "");
    }

    /// 1.5, 9: the signer is an upload certificate of the caller.
    fn check_9_a_signer_that_is_no_upload_certificate_of_the_caller(world) {
        let own = world.dsc("XXA");
        let stranger = world.material.path("XXA/STRANGER");
        if world.own.is_some() && !stranger.with_extension("pem").exists() {
            static ONCE: std::sync::Once = std::sync::Once::new();
            ONCE.call_once(|| {
                world.material.self_signed("XXA/STRANGER", P256, "/C=XA/O=Test/CN=UP", &[]);
            });
        }
        // Another country's upload key, and keys of the caller that are for other things.
        for signer in ["XXB/UP", "XXC/UP", "XXA/TLS", "XXA/SCA", "XXA/STRANGER"] {
            if signer != "XXA/STRANGER" || world.own.is_some() {
                let message = world.material.message(&own.der, signer, &[]);
                refused(world, &message, "0x004", "upload certificate");
            }
        }
        // All of it another country's, only the connection the caller's; and the other way round.
        let foreign = world.dsc("XXB");
        refused(world, &world.material.message(&foreign.der, "XXB/UP", &[]), "0x004", "upload");
        let message = world.material.message(&own.der, "XXA/UP", &[]);
        let answer = world.ask("XXB/TLS", "POST", "/signerCertificate").cms(message).send();
        answer.refused(400, "0x004", "upload");
    }

    /// 1.5, 10: the country in the subject.
    fn check_10_a_certificate_of_another_country(world) {
        for subject in ["/C=XB/CN=DSC", "/CN=DSC", "/C=XA/C=XA/CN=DSC", "/C=XA/C=XB/CN=DSC", "/C=xa/CN=DSC"] {
            let certificate = world.material.dsc("XXA/SCA", subject);
            let message = world.material.message(&certificate.der, "XXA/UP", &[]);
            refused(world, &message, "0x004", "country");
        }
    }

    /// Between 13 and 14 (G1): what readers cannot use.
    fn g1_a_key_or_an_encoding_that_readers_cannot_use(world) {
        let explicit =
            ["ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"];
        let koblitz = ["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"];
        for (key, word) in [
            (&explicit[..], "curve parameters"),
            (&koblitz, "curve"),
            (&["rsa:1024"], "1024"),
        ] {
            let certificate = dsc(world, key);
            let message = world.material.message(&certificate.der, "XXA/UP", &[]);
            refused(world, &message, "0x004", word);
        }
        // The same certificate in BER: the outer length is indefinite.
        let der = dsc(world, P256).der;
        assert_eq!(der[..2], [0x30, 0x82]);
        let ber = [&[0x30, 0x80], &der[4..], &[0, 0]].concat();
        let message = world.material.message(&ber, "XXA/UP", &[]);
        refused(world, &message, "0x004", "DER");
        // None of it spoils the list.
        world.get("/trustList").is(200);
    }

    /// 1.5, 14: an authority is onboarded at all.
    fn check_14_a_country_without_an_authority(world) {
        if world.has("XXD/TLS") {
            let message = world.material.message(&world.dsc("XXD").der, "XXD/UP", &[]);
            let ask = world.ask("XXD/TLS", "POST", "/signerCertificate").cms(message);
            ask.send().refused(400, "0x004", "");
        }
    }

    /// 1.5, 15: the authority has signed it; 13.2 "CSCA mismatch", "CSCA of wrong country".
    fn check_15_a_certificate_that_no_authority_of_the_caller_has_signed(world) {
        let mut changed = world.dsc("XXA");
        let last = changed.der.len() - 1;
        changed.der[last] ^= 1;
        let of_b = world.material.dsc("XXB/SCA", "/C=XA/CN=DSC");
        for certificate in [of_b, changed] {
            let message = world.material.message(&certificate.der, "XXA/UP", &[]);
            refused(world, &message, "0x004", "authorit");
        }
    }

    /// 1.5, 16.
    fn check_16_a_second_upload_conflicts(world) {
        let certificate = world.dsc("XXA");
        world.store(&certificate);
        let message = world.material.message(&certificate.der, "XXA/UP", &[]);
        world.upload(message).refused(409, "0x002", "");
        world.remove(&certificate);
    }

    /// 1.5, 17 and D-02: an onboarded certificate's kid is taken.
    fn check_17_an_authority_is_no_document_signer(world) {
        let authority = world.material.certificate("XXA/SCA");
        let message = world.material.message(&authority.der, "XXA/UP", &[]);
        refused(world, &message, "0x004", "kid");
    }

    /// 13.3 "concurrent uploads of one certificate".
    fn of_concurrent_uploads_one_is_stored(world) {
        let certificate = world.dsc("XXA");
        let message = world.material.message(&certificate.der, "XXA/UP", &[]);
        let mut statuses: Vec<_> = thread::scope(|scope| {
            let uploads: Vec<_> =
                (0..6).map(|_| scope.spawn(|| world.upload(message.clone()).status)).collect();
            uploads.into_iter().map(|upload| upload.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
        let raw = certificate.base64();
        let list = world.get("/trustList/DSC").items();
        assert_eq!(list.iter().filter(|item| item["rawData"] == raw).count(), 1);
        world.remove(&certificate);
    }

    /// D-31.
    fn a_refusal_repeats_subject_serial_and_thumbprint(world) {
        let certificate = world.material.dsc("XXA/SCA", "/C=XB/CN=Told back");
        let message = world.material.message(&certificate.der, "XXA/UP", &[]);
        let report = world.upload(message).is(400).json();
        let sent = report["sendValue"].as_str().unwrap();
        for part in ["Told back", &certificate.thumbprint(), "country:{XA}"] {
            assert!(sent.contains(part), "{sent}");
        }
    }
}

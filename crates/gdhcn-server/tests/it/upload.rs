//! `POST /signerCertificate`: every check in its order, each with its code.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_crypto::{DigestAlgorithm, SignatureScheme, Signer as _};
use gdhcn_envelope::cms::{Content, SignedMessage};
use gdhcn_envelope::x509::{CertificateTemplate, Name};
use gdhcn_store::trusted_party::PartyType;
use gdhcn_testkit::{Openssl, openssl};
use gdhcn_trust::profile::Role;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _};
use tokio::io::AsyncWriteExt as _;

use crate::network::{Gate, Holder, Network, days_ago, issue, key, message, subject};
use crate::wire::{Ask, connect};

/// A document signer is listed with what the reference would say of it.
#[tokio::test]
async fn stores_a_document_signer_with_its_detached_signature() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    let answer = gate.upload(&network.a.tls, network.a.message(dsc.der())).await;
    assert_eq!((answer.status, answer.body.len()), (201, 0));

    let answer = gate.ask(&network.b.tls, Ask::new("GET", "/trustList/DSC")).await;
    let list = answer.json();
    let entry = &list[0];
    assert_eq!(entry["thumbprint"], dsc.thumbprint().to_string());
    assert_eq!(entry["kid"], dsc.kid().to_base64());
    assert_eq!(entry["country"], "XA");
    assert_eq!(entry["certificateType"], "DSC");
    assert_eq!(entry["rawData"], BASE64_STANDARD.encode(dsc.der()));
    assert_eq!(entry["timestamp"], "2026-06-01T12:00:00Z");
    let signature = entry["signature"].as_str().unwrap().as_bytes();
    let message = SignedMessage::from_base64(signature, Content::Detached(dsc.der())).unwrap();
    message.verify(gdhcn_crypto::Backend::default()).unwrap();
    assert_eq!(message.signer_certificate(), &network.a.upload.certificate);
    let embedded = SignedMessage::from_base64(signature, Content::Embedded);
    assert!(embedded.is_err(), "the content is not repeated inside");
    assert_eq!(gate.trail().await, [("SUCCESS".to_owned(), None)]);
}

/// D-30: a peer that does not wait for the answer leaves its trace all the same.
#[tokio::test]
async fn an_upload_whose_sender_has_gone_is_acted_on_and_recorded() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    for (text, recorded) in [
        (network.a.message(network.b.dsc().der()), ("BAD_REQUEST", Some("0x004"))),
        (network.a.message(network.a.dsc().der()), ("SUCCESS", None)),
    ] {
        let before = gate.trail().await.len();
        let identity = network.a.tls.identity();
        let stream = connect(gate.address, gate.server.as_deref(), Some(&identity)).await;
        let mut stream = stream.unwrap();
        let bytes = Ask::new("POST", "/signerCertificate").cms(text).bytes();
        // Somebody else writes, so the message has arrived and its act waits when the peer goes.
        let file = gate.running.store().file().unwrap();
        let mut other = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        drop(stream);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        other.execute("COMMIT").await.unwrap();
        let mut rounds = 0;
        while gate.trail().await.len() == before {
            rounds += 1;
            assert!(rounds < 500, "nothing is recorded");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let (event, code) = gate.trail().await.pop().unwrap();
        assert_eq!((event.as_str(), code.as_deref()), recorded);
    }
}

#[tokio::test]
async fn the_trail_tells_who_sent_what_and_what_came_of_it() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let (own, foreign) = (network.a.dsc(), network.b.dsc());
    let rubbish = "rubbish!";
    let mut requests = Vec::new();
    for text in [network.a.message(own.der()), network.a.message(foreign.der()), rubbish.into()] {
        let answer = gate.upload(&network.a.tls, text).await;
        requests.push(answer.header("x-request-id").unwrap().to_owned());
    }
    let events = gate.running.store().audit_events(None, 100).await.unwrap();
    let events: Vec<_> = events.into_iter().skip(6).map(|recorded| recorded.event).collect();
    let tls = network.a.tls.certificate.thumbprint().to_string();
    let uploader = network.a.upload.certificate.thumbprint().to_string();
    let body = hex::encode(gdhcn_crypto::sha256(rubbish.as_bytes()));
    let expected = [
        ("SUCCESS", "successful executed", None, Some(&uploader), own.thumbprint().to_string()),
        (
            "BAD_REQUEST",
            "triggered BAD_REQUEST: the country in the certificate's subject is XB, the client's XA",
            Some("0x004"),
            Some(&uploader),
            foreign.thumbprint().to_string(),
        ),
        (
            "BAD_REQUEST",
            "triggered BAD_REQUEST: not base64 at character 7: use the standard alphabet, one \
             line, padded with =",
            Some("0x402"),
            None,
            body,
        ),
    ];
    assert_eq!(events.len(), expected.len());
    for ((event, request), (name, words, code, signer, payload)) in
        events.iter().zip(&requests).zip(expected)
    {
        assert_eq!(event.event, name);
        assert_eq!(event.description, format!("postVerificationInformation {words}"));
        assert_eq!(event.code.as_deref(), code);
        assert_eq!(event.country.as_deref(), Some("XA"));
        assert_eq!(event.authentication_fingerprint.as_ref(), Some(&tls));
        assert_eq!(event.uploader_fingerprint.as_ref(), signer);
        assert_eq!(event.payload_sha256.as_ref(), Some(&payload));
        assert_eq!(&event.request_id, request);
        assert_eq!(event.occurred_at, crate::network::now());
    }
}

#[tokio::test]
async fn a_database_that_fails_is_answered_without_its_words() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let text = network.a.message(network.a.dsc().der());
    network.database.by_hand("ALTER TABLE signer_information RENAME TO hidden");
    for (method, code, event) in
        [("POST", "0x003", "UPLOAD_FAILED"), ("DELETE", "0x006", "DELETE_FAILED")]
    {
        let ask = Ask::new(method, "/signerCertificate").cms(text.clone());
        let answer = gate.ask(&network.a.tls, ask).await;
        answer.is_problem(500, code);
        let said = String::from_utf8(answer.body).unwrap();
        assert!(!said.contains("signer_information") && !said.contains("SQL"), "{said}");
        let trail = gate.trail().await;
        assert_eq!(trail.last().unwrap(), &(event.to_owned(), Some(code.to_owned())));
    }
    network.database.by_hand("ALTER TABLE hidden RENAME TO signer_information");
    assert_eq!(gate.upload(&network.a.tls, text).await.status, 201);
}

#[tokio::test]
async fn refuses_a_certificate_that_is_too_long_to_be_stored() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let mut template = CertificateTemplate::new(
        subject(&["XA"]),
        crate::network::serial(),
        days_ago(1),
        days_ago(-100),
    );
    let scheme = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
    for (length, status) in [(11_000, 201), (13_000, 400)] {
        template.crl_uris = vec![format!("http://{}", "x".repeat(length))];
        let sca = &network.a.sca;
        let name = sca.certificate.subject();
        let dsc = template.sign(key().public_key(), name, &sca.key, scheme).unwrap();
        let answer = gate.upload(&network.a.tls, network.a.message(dsc.der())).await;
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
        if status != 201 {
            answer.is_problem(400, "0x004");
            assert!(answer.text("details").contains("16384"), "{}", answer.text("details"));
        }
    }
}

/// Sends what must be refused, and looks that it has changed nothing and left its trace.
async fn refused(
    gate: &Gate,
    peer: &Holder,
    message: impl Into<Vec<u8>>,
    status: u16,
    code: &str,
    word: &str,
) {
    let before = gate.running.store().revision().await.unwrap();
    let traces = gate.trail().await.len();
    let answer = gate.upload(peer, message).await;
    answer.is_problem(status, code);
    // What a message that cannot be read lacks stands in the problem, all else in the details.
    let member = if code == "0x402" { "problem" } else { "details" };
    let said = answer.text(member);
    assert!(said.contains(word), "{said}");
    assert_eq!(gate.running.store().revision().await.unwrap(), before);
    let trail = gate.trail().await;
    assert_eq!(trail.len(), traces + 1, "{said}");
    assert_eq!(trail.last().unwrap().1.as_deref(), Some(code));
}

#[tokio::test]
async fn refuses_what_is_no_base64() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let good = network.a.message(network.a.dsc().der());
    let der = BASE64_STANDARD.decode(&good).unwrap();
    let armoured = format!("-----BEGIN CMS-----\n{good}\n-----END CMS-----\n");
    let url_safe = good.replace('+', "-").replace('/', "_");
    for text in
        [der, armoured.into_bytes(), url_safe.into_bytes(), [good.as_bytes(), b"===="].concat()]
    {
        refused(&gate, &network.a.tls, text, 400, "0x402", "Invalid Base64 CMS Message").await;
    }
}

#[tokio::test]
async fn takes_base64_without_padding_and_with_line_breaks_and_stores_it_clean() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    for break_lines in [false, true] {
        let text = network.a.message(network.a.dsc().der());
        let text = if break_lines {
            let lines: Vec<_> =
                text.as_bytes().chunks(64).map(|line| [line, b"\r\n"].concat()).collect();
            lines.concat()
        } else {
            text.trim_end_matches('=').as_bytes().to_vec()
        };
        assert_eq!(gate.upload(&network.a.tls, text).await.status, 201);
    }
    let list = gate.ask(&network.a.tls, Ask::new("GET", "/trustList/DSC")).await.json();
    for entry in list.as_array().unwrap() {
        let signature = entry["signature"].as_str().unwrap();
        assert!(signature.bytes().all(|byte| byte.is_ascii_graphic()) && signature.len() % 4 == 0);
    }
}

#[tokio::test]
async fn refuses_what_is_no_signed_data() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    let good = BASE64_STANDARD.decode(network.a.message(dsc.der())).unwrap();
    let cut = &good[..good.len() - 1];
    let longer = [&good[..], b"\0"].concat();
    for bytes in [b"".as_slice(), b"strange", dsc.der(), cut, &longer] {
        let text = BASE64_STANDARD.encode(bytes);
        refused(&gate, &network.a.tls, text, 400, "0x402", "Could not parse CMS Message").await;
    }
}

#[tokio::test]
async fn refuses_a_detached_message_and_another_content_type() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let foreign = Foreign::new(&network);
    let word = "CMS Message needs to have binary data as body.";
    let detached = foreign.sign("");
    refused(&gate, &network.a.tls, detached, 400, "0x402", word).await;
    let typed = foreign.sign("-nodetach -econtent_type 1.2.840.113549.1.9.16.1.4");
    refused(&gate, &network.a.tls, typed, 400, "0x402", word).await;
}

#[tokio::test]
async fn refuses_a_content_that_is_no_certificate_before_it_looks_at_the_signer() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    let word = "CMS Message payload needs to be a DER encoded X509 certificate";
    for content in [b"".as_slice(), b"hello", &[dsc.der(), b"x"].concat(), &dsc.der()[..100]] {
        let text = network.a.message(content);
        refused(&gate, &network.a.tls, text, 400, "0x402", word).await;
    }
    let foreign = Foreign::new(&network);
    foreign.openssl.write("content", "hello");
    let text = foreign.sign("-nodetach -certfile sca.pem");
    refused(&gate, &network.a.tls, text, 400, "0x402", word).await;
}

#[tokio::test]
async fn refuses_another_number_of_certificates_or_signers_than_one() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let foreign = Foreign::new(&network);
    let word = "CMS Message needs to contain exactly one X509 certificate";
    for arguments in [
        "-nodetach -nocerts",
        "-nodetach -certfile sca.pem",
        "-nodetach -signer sca.pem -inkey sca.key",
    ] {
        refused(&gate, &network.a.tls, foreign.sign(arguments), 400, "0x402", word).await;
    }
    let word = "CMS Message needs to have exactly 1 signer information.";
    let text = foreign.sign_again_without_certificate();
    refused(&gate, &network.a.tls, text, 400, "0x402", word).await;
}

#[tokio::test]
async fn refuses_a_signature_that_does_not_hold() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    let mut message = BASE64_STANDARD.decode(network.a.message(dsc.der())).unwrap();
    let last = message.len() - 1;
    message[last] ^= 1;
    let text = BASE64_STANDARD.encode(message);
    refused(&gate, &network.a.tls, text, 400, "0x009", "does not verify").await;
    // One byte of the content, by which it stays a certificate.
    let mut message = BASE64_STANDARD.decode(network.a.message(dsc.der())).unwrap();
    let end = find(&message, dsc.der()) + dsc.der().len();
    message[end - 1] ^= 1;
    let text = BASE64_STANDARD.encode(message);
    refused(&gate, &network.a.tls, text, 400, "0x009", "another content").await;
}

#[tokio::test]
async fn a_signing_time_must_lie_within_the_validity_of_the_upload_certificate() {
    let network = Network::onboarded().await;
    let mut expired = Holder::new(Role::Upload, Some(network.a.code), days_ago(400), 390);
    let store = network.store().await;
    network.onboard(&store, &expired, PartyType::Upload).await;
    store.close().await;
    let gate = network.start().await;
    // Signed today, twenty days after its end.
    let text = message(network.a.dsc().der(), &expired);
    refused(&gate, &network.a.tls, text, 400, "0x009", "signed at").await;
    // Without a signing time nothing says that it was signed too late.
    let foreign = Foreign::new(&network);
    expired.save(foreign.openssl.folder(), "up");
    expired.certificate = network.a.upload.certificate.clone();
    let text = foreign.sign("-nodetach -noattr");
    assert_eq!(gate.upload(&network.a.tls, text).await.status, 201);
}

#[tokio::test]
async fn the_upload_certificate_must_be_valid_when_its_message_comes_where_that_is_asked_for() {
    let network = Network::onboarded().await;
    let expired = Holder::new(Role::Upload, Some(network.a.code), days_ago(400), 390);
    let store = network.store().await;
    network.onboard(&store, &expired, PartyType::Upload).await;
    store.close().await;
    let foreign = Foreign::new(&network);
    expired.save(foreign.openssl.folder(), "up");
    let text = || foreign.sign("-nodetach -noattr");
    let mut config = network.config();
    config.trusted_certificates.valid_uploaders_only = true;
    let asked = network.start_with(config).await;
    let tls = &network.a.tls;
    refused(&asked, tls, text(), 400, "0x004", "is valid from").await;
    let rule = Ask::new("POST", "/rules").cms_text(text());
    let rule = asked.ask(tls, rule).await;
    assert_eq!((rule.status, rule.json()["code"].as_str().unwrap()), (400, "0x230"));
    assert_eq!(asked.upload(tls, network.a.message(network.a.dsc().der())).await.status, 201);
    drop(asked);
    let gate = network.start().await;
    assert_eq!(gate.upload(tls, text()).await.status, 201);
}

#[tokio::test]
async fn refuses_a_signer_that_is_no_upload_certificate_of_the_caller() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    let stranger = Holder::new(Role::Upload, Some(network.a.code), days_ago(1), 100);
    for signer in [&network.b.upload, &network.a.sca, &network.a.tls, &network.anchor, &stranger] {
        let text = message(dsc.der(), signer);
        refused(&gate, &network.a.tls, text, 400, "0x004", "no upload certificate of XA").await;
    }
    // The other way round: A's message over B's connection.
    let text = network.a.message(dsc.der());
    refused(&gate, &network.b.tls, text, 400, "0x004", "no upload certificate of XB").await;
}

#[tokio::test]
async fn refuses_a_certificate_of_another_country() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let mut subjects: Vec<_> =
        [&["XB"][..], &[], &["XA", "XA"], &["XA", "XB"]].into_iter().map(subject).collect();
    let mut small = subject(&["XA"]).der().to_vec();
    let place = find(&small, b"XA");
    small[place..place + 2].copy_from_slice(b"xa");
    subjects.push(Name::from_der(&small).unwrap());
    for subject in subjects {
        let dsc = network.a.dsc_named(subject);
        let text = network.a.message(dsc.der());
        refused(&gate, &network.a.tls, text, 400, "0x004", "country").await;
    }
}

#[tokio::test]
async fn refuses_keys_that_verifiers_cannot_use() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let foreign = Foreign::new(&network);
    for (generate, word) in [
        ("ecparam -name prime256v1 -param_enc explicit -genkey -noout -out dsc.key", "key"),
        ("ecparam -name secp256k1 -genkey -noout -out dsc.key", "key"),
        ("genrsa -out dsc.key 1024", "key"),
    ] {
        foreign.openssl.run(generate);
        let text = foreign.upload_of_key();
        refused(&gate, &network.a.tls, text, 400, "0x004", word).await;
    }
}

#[tokio::test]
async fn takes_every_key_that_the_field_uses() {
    let network = Network::onboarded().await;
    let mut config = network.config();
    config.management_listen = Some("127.0.0.1:0".parse().unwrap());
    let gate = network.start_with(config).await;
    let foreign = Foreign::new(&network);
    for generate in [
        "ecparam -name prime256v1 -genkey -noout -out dsc.key",
        "ecparam -name secp384r1 -genkey -noout -out dsc.key",
        "ecparam -name secp521r1 -genkey -noout -out dsc.key",
        "genrsa -out dsc.key 2048",
        "genrsa -out dsc.key 3072",
    ] {
        foreign.openssl.run(generate);
        let answer = gate.upload(&network.a.tls, foreign.upload_of_key()).await;
        assert_eq!(answer.status, 201, "{generate}: {:?}", String::from_utf8_lossy(&answer.body));
    }
    // The guide asks for P-256: the operator hears of the others.
    let operator = gate.running.management_address().unwrap();
    let status = Ask::new("GET", "/status").send(operator, None, None).await.unwrap().json();
    let unusual = status["unusualKeys"].as_array().unwrap();
    let keys: Vec<_> = unusual.iter().map(|one| one["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["EC P-384", "EC P-521", "RSA 2048", "RSA 3072"], "{status}");
    assert!(unusual.iter().all(|one| one["country"] == "XA" && one["count"] == 1));
}

#[tokio::test]
async fn refuses_a_certificate_in_ber_by_its_encoding() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    // SEQUENCE with a length of two octets becomes one of indefinite length.
    let der = dsc.der();
    assert_eq!(der[..2], [0x30, 0x82]);
    let ber = [&[0x30, 0x80], &der[4..], &[0, 0]].concat();
    let text = network.a.message(&ber);
    refused(&gate, &network.a.tls, text, 400, "0x004", "not in DER").await;
    let text = network.b.message(&ber);
    refused(&gate, &network.a.tls, text, 400, "0x004", "no upload certificate").await;
}

#[tokio::test]
async fn refuses_a_certificate_that_no_sca_of_the_caller_has_issued() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let public_key = key().public_key().clone();
    let foreign_sca = issue(subject(&["XA"]), &public_key, &network.b.sca);
    let unknown_sca = Holder::new(Role::Sca, Some(network.a.code), days_ago(1), 100);
    let unknown_sca = issue(subject(&["XA"]), &public_key, &unknown_sca);
    for dsc in [foreign_sca, unknown_sca] {
        let text = network.a.message(dsc.der());
        refused(&gate, &network.a.tls, text, 400, "0x004", "authorities").await;
    }
}

/// The snapshot by which a message is judged may be older than the change that takes it in.
#[tokio::test]
async fn an_upload_certificate_that_was_off_boarded_elsewhere_counts_for_nothing_at_once() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let (a, stored) = (&network.a, network.a.dsc());
    assert_eq!(gate.upload(&a.tls, a.message(stored.der())).await.status, 201);
    let before = network.store().await.log_frontier().await.unwrap().size();
    // Without another revision, so that this process never takes notice.
    let revision = network.database.by_hand("SELECT value FROM trust_revision");
    network.database.by_hand(&format!(
        "BEGIN; DELETE FROM trusted_party WHERE country = 'XA' AND certificate_type = 'UPLOAD';
         UPDATE trust_revision SET value = {}; COMMIT",
        revision.trim()
    ));
    let text = a.message(a.dsc().der());
    refused(&gate, &a.tls, text, 400, "0x004", "no upload certificate of XA").await;
    let answer = gate.delete(&a.tls, a.message(stored.der())).await;
    assert_eq!((answer.status, answer.json()["code"].as_str().unwrap()), (400, "0x007"));
    let text = serde_json::json!({
        "url": "https://fhir.example/vs", "country": "XA", "type": "FHIR", "service": "ValueSet",
        "thumbprint": "ab".repeat(32), "name": "A service", "sslPublicKey": "key",
        "contentType": "application/json", "signatureType": "NONE", "referenceVersion": "1.0"
    });
    let text = a.message(text.to_string().as_bytes());
    let answer = gate.ask(&a.tls, Ask::new("POST", "/trust/reference").cms_text(text)).await;
    assert_eq!(answer.status, 403);
    assert_eq!(network.store().await.log_frontier().await.unwrap().size(), before);
}

#[tokio::test]
async fn refuses_every_upload_of_a_country_without_sca() {
    let network = Network::empty();
    let store = network.store().await;
    network.onboard(&store, &network.a.tls, PartyType::Authentication).await;
    network.onboard(&store, &network.a.upload, PartyType::Upload).await;
    store.close().await;
    let gate = network.start().await;
    let text = network.a.message(network.a.dsc().der());
    refused(&gate, &network.a.tls, text, 400, "0x004", "no onboarded signing authority").await;
}

#[tokio::test]
async fn an_sca_whose_trust_anchor_signature_fails_does_not_count() {
    let network = Network::empty();
    let store = network.store().await;
    network.onboard(&store, &network.a.tls, PartyType::Authentication).await;
    network.onboard(&store, &network.a.upload, PartyType::Upload).await;
    network
        .insert(&store, &network.a.sca, |row| {
            row.certificate_type = PartyType::Csca;
            row.signature = network.b.message(network.a.sca.certificate.der());
        })
        .await;
    store.close().await;
    let gate = network.start().await;
    let text = network.a.message(network.a.dsc().der());
    refused(&gate, &network.a.tls, text, 400, "0x004", "no onboarded signing authority").await;
}

#[tokio::test]
async fn a_second_upload_of_a_certificate_conflicts() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    assert_eq!(gate.upload(&network.a.tls, network.a.message(dsc.der())).await.status, 201);
    refused(&gate, &network.a.tls, network.a.message(dsc.der()), 409, "0x002", "stored already")
        .await;
    let trail = gate.trail().await;
    assert_eq!(trail[1].0, "ALREADY_EXIST_CHECK_FAILED");
}

#[tokio::test]
async fn an_onboarded_certificate_is_no_document_signer_its_kid_is_taken() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let text = network.a.message(network.a.sca.certificate.der());
    refused(&gate, &network.a.tls, text, 400, "0x004", "kid").await;
}

#[tokio::test]
async fn of_concurrent_uploads_of_one_certificate_one_is_stored_and_the_others_conflict() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.a.dsc();
    let uploads = (0..12).map(|_| gate.upload(&network.a.tls, network.a.message(dsc.der())));
    let mut statuses = Vec::new();
    for answer in join_all(uploads).await {
        statuses.push(answer.status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(statuses[1..].iter().all(|status| *status == 409), "{statuses:?}");
    assert_eq!(gate.thumbprints(&network.a.tls, "/trustList/DSC").await.len(), 1);
    let events = gate.trail().await;
    assert_eq!(events.iter().filter(|(event, _)| event == "SUCCESS").count(), 1);
}

#[tokio::test]
async fn the_problem_report_repeats_subject_serial_and_thumbprint_only() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let dsc = network.b.dsc();
    let answer = gate.upload(&network.a.tls, network.a.message(dsc.der())).await;
    let sent = answer.text("sendValue");
    assert!(sent.contains(&dsc.thumbprint().to_string()), "{sent}");
    assert!(sent.contains(&dsc.subject().to_string()), "{sent}");
    assert!(sent.contains(&hex::encode(dsc.serial())), "{sent}");
    assert!(sent.ends_with(" country:{XA}"), "{sent}");
    assert!(sent.len() < 400, "{sent}");
}

#[tokio::test]
async fn takes_certificates_of_any_validity() {
    let network = Network::onboarded().await;
    let gate = network.start().await;
    let of = |from, to| {
        let template =
            CertificateTemplate::new(subject(&["XA"]), crate::network::serial(), from, to);
        let scheme = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
        let name = network.a.sca.certificate.subject();
        template.sign(key().public_key(), name, &network.a.sca.key, scheme).unwrap()
    };
    for dsc in [of(days_ago(30), days_ago(20)), of(days_ago(-20), days_ago(-30))] {
        let answer = gate.upload(&network.a.tls, network.a.message(dsc.der())).await;
        assert_eq!(answer.status, 201);
    }
}

async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> =
        futures.into_iter().map(|future| (Some(Box::pin(future)), None)).collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (future, output) in &mut futures {
            if let Some(running) = future {
                match running.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => {
                        *output = Some(value);
                        *future = None;
                    }
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    futures.into_iter().map(|(_, output)| output.unwrap()).collect()
}

fn find(haystack: &[u8], needle: &[u8]) -> usize {
    haystack.windows(needle.len()).position(|window| window == needle).unwrap()
}

/// Messages and certificates by OpenSSL, with country A's keys.
struct Foreign {
    openssl: Openssl,
}

impl Foreign {
    fn new(network: &Network) -> Self {
        let openssl = openssl();
        network.a.sca.save(openssl.folder(), "sca");
        network.a.upload.save(openssl.folder(), "up");
        openssl.write("content", network.a.dsc().der());
        Self { openssl }
    }

    /// Signs the file `content`.
    fn sign(&self, arguments: &str) -> String {
        let message = self.openssl.run(&format!(
            "cms -sign -binary -in content -signer up.pem -inkey up.key -outform DER {arguments}"
        ));
        BASE64_STANDARD.encode(message)
    }

    /// One certificate, two SignerInfos.
    fn sign_again_without_certificate(&self) -> String {
        self.openssl.run(
            "cms -sign -binary -nodetach -in content -signer up.pem -inkey up.key -outform DER \
             -out once.der",
        );
        let message = self.openssl.run(
            "cms -resign -nocerts -inform DER -in once.der -signer sca.pem -inkey sca.key \
             -outform DER",
        );
        BASE64_STANDARD.encode(message)
    }

    /// Has the SCA certify `dsc.key` and signs the upload of the certificate.
    fn upload_of_key(&self) -> String {
        self.openssl.run("req -new -key dsc.key -subj /C=XA/CN=DSC -out dsc.csr");
        self.openssl.run(
            "x509 -req -in dsc.csr -CA sca.pem -CAkey sca.key -set_serial 77 -days 100 \
             -outform DER -out content",
        );
        self.sign("-nodetach")
    }
}

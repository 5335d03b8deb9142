//! G3: no flipped byte of a signed upload is accepted for something that was not signed.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_crypto::Backend;
use gdhcn_envelope::cms::{Content, SignedMessage};

use crate::network::Network;

/// What is stored of the one uploaded certificate but for the message and the moment.
const ROW: &str = "SELECT country, thumbprint, raw_data, certificate_type, kid, domain, properties
                     FROM signer_information";

/// Each byte of the message is flipped in turn. Two versions and the content of the signer's
/// identifier may be something else: no signature covers them, and clients write them so or so
/// (`docs/deviations.md`). What is stored then is what was signed, and by whom, to the byte.
#[tokio::test]
async fn g3_no_flipped_byte_of_an_upload_is_accepted_for_what_was_not_signed() {
    let network = Network::onboarded().await;
    let mut config = network.config();
    config.limits.handshakes_per_minute = 1_000_000;
    config.limits.writes_per_minute = 1_000_000;
    let gate = network.start_with(config).await;
    let dsc = network.a.dsc();
    let signer = &network.a.upload.certificate;
    let message = BASE64_STANDARD.decode(network.a.message(dsc.der())).unwrap();
    let stored = || network.database.by_hand(ROW);
    let remove = async || {
        let removed = gate.delete(&network.a.tls, network.a.message(dsc.der())).await;
        assert_eq!(removed.status, 204);
    };
    assert_eq!(gate.upload(&network.a.tls, BASE64_STANDARD.encode(&message)).await.status, 201);
    let unspoiled = stored();
    assert!(unspoiled.contains(&dsc.thumbprint().to_string()), "{unspoiled}");
    remove().await;

    let find = |part: &[u8]| message.windows(part.len()).position(|window| window == part).unwrap();
    let serial = signer.serial();
    let number = [&[2, u8::try_from(serial.len()).unwrap()], serial].concat();
    let identifier = [signer.issuer().der(), &number].concat();
    let start = find(&identifier);
    let identifier = start..start + identifier.len();
    // Before the list of digests, and before the identifier's own tag and length.
    let versions = [find(&[2, 1, 1, 0x31]) + 2, start - 3];
    let may_differ = |at: usize| identifier.contains(&at) || versions.contains(&at);

    let mut accepted = Vec::new();
    for at in 0..message.len() {
        let mut flipped = message.clone();
        flipped[at] ^= 1 << (at % 8);
        let answer = gate.upload(&network.a.tls, BASE64_STANDARD.encode(&flipped)).await;
        match answer.status {
            400 => assert_eq!(stored(), "", "byte {at}"),
            201 => {
                assert!(may_differ(at), "byte {at} is signed or has one value only");
                accepted.push(at);
                assert_eq!(stored(), unspoiled, "byte {at}");
                let sql = "SELECT signature FROM signer_information";
                let kept = network.database.by_hand(sql);
                let kept =
                    SignedMessage::from_base64(kept.as_bytes(), Content::Detached(dsc.der()));
                let kept = kept.unwrap();
                kept.verify(Backend::default()).unwrap();
                assert_eq!(kept.signer_certificate(), signer, "byte {at}");
                remove().await;
            }
            status => panic!("byte {at}: {status} {}", String::from_utf8_lossy(&answer.body)),
        }
    }
    // Not read, so not compared: a gateway that compares would turn clients away.
    assert!(accepted.iter().any(|at| identifier.contains(at)), "{accepted:?}");
}

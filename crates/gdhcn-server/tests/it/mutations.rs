//! G3: no flipped byte of a signed upload is accepted for something that was not signed.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_envelope::cms::{Content, SignedMessage};

use crate::network::Network;

/// Each byte of the message is flipped in turn. What no signature covers (versions, the list of
/// digests, the signer's identifier, which is not looked at) may differ; what is stored is then what
/// was signed, and nothing else.
#[tokio::test]
async fn g3_no_flipped_byte_of_an_upload_is_accepted_for_what_was_not_signed() {
    let network = Network::onboarded().await;
    let mut config = network.config();
    config.limits.handshakes_per_minute = 1_000_000;
    config.limits.writes_per_minute = 1_000_000;
    let gate = network.start_with(config).await;
    let dsc = network.a.dsc();
    let message = BASE64_STANDARD.decode(network.a.message(dsc.der())).unwrap();
    let mut harmless = Vec::new();
    for at in 0..message.len() {
        let mut flipped = message.clone();
        flipped[at] ^= 1 << (at % 8);
        let answer = gate.upload(&network.a.tls, BASE64_STANDARD.encode(&flipped)).await;
        match answer.status {
            400 => {}
            201 => {
                harmless.push(at);
                let list = gate.thumbprints(&network.a.tls, "/trustList/DSC").await;
                assert_eq!(list, [dsc.thumbprint().to_string()], "byte {at}");
                let removed = gate.delete(&network.a.tls, network.a.message(dsc.der())).await;
                assert_eq!(removed.status, 204);
                let kept = SignedMessage::from_ber(&flipped, Content::Embedded).unwrap();
                assert_eq!(kept.content(), dsc.der(), "byte {at}");
                assert_eq!(kept.signer_certificate(), &network.a.upload.certificate, "byte {at}");
            }
            status => panic!("byte {at}: {status} {}", String::from_utf8_lossy(&answer.body)),
        }
    }
    // The identifier of the signer is the longest of what is not signed.
    assert!(harmless.len() < message.len() / 6, "{} of {}", harmless.len(), message.len());
    let signed = |part: &[u8]| {
        let start = message.windows(part.len()).position(|window| window == part).unwrap();
        start..start + part.len()
    };
    for part in [dsc.der(), network.a.upload.certificate.der()] {
        let part = signed(part);
        assert!(harmless.iter().all(|at| !part.contains(at)), "{harmless:?}");
    }
}

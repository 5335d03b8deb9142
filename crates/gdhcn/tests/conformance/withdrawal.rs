//! `DELETE /signerCertificate` and its aliases: the checks of 1.6, the rows of 13.2.

use crate::cases;
use crate::client::Answer;
use crate::pki::{DETACHED, encode};
use crate::world::World;

/// The four routes of one routine.
const ROUTES: [(&str, &str); 4] = [
    ("DELETE", "/signerCertificate"),
    ("POST", "/signerCertificate/delete"),
    ("DELETE", "/trustedCertificate"),
    ("POST", "/trustedCertificate/delete"),
];

#[track_caller]
fn delete(world: &World, who: &str, (method, path): (&str, &str), message: &str) -> Answer {
    world.ask(who, method, path).cms(message).send()
}

cases! { both:
    fn every_route_withdraws_with_the_message_of_the_upload(world) {
        for route in ROUTES {
            let certificate = world.dsc("XXA");
            let message = world.material.message(&certificate.der, "XXA/UP", &[]);
            world.upload(message.clone()).done(201);
            delete(world, "XXA/TLS", route, &message).done(204);
            assert!(world.find("/trustList/DSC", &certificate).is_none());
            delete(world, "XXA/TLS", route, &message).refused(404, "0x005", "");
        }
    }

    fn each_check_has_its_code_on_every_route(world) {
        let material = &world.material;
        let stored = world.dsc("XXA");
        world.store(&stored);
        let foreign = world.dsc("XXB");
        for route in ROUTES {
            let ask = |message: &str| delete(world, "XXA/TLS", route, message);
            // 1: the message.
            for message in [
                "not base64!".to_owned(),
                encode(b"no message"),
                encode(&foreign.der),
                material.message(&stored.der, "XXA/UP", &[DETACHED]),
                material.message(b"no certificate", "XXA/UP", &[]),
                material.message(&stored.der, "XXA/UP", &["-nocerts"]),
            ] {
                ask(&message).refused(400, "0x402", "");
            }
            // 2: the signature.
            let mut broken = material.sign(&stored.der, "XXA/UP", &[]);
            let last = broken.len() - 1;
            broken[last] ^= 1;
            ask(&encode(&broken)).refused(400, "0x009", "");
            // 3: the signer.
            for signer in ["XXB/UP", "XXA/SCA", "XXC/UP"] {
                ask(&material.message(&stored.der, signer, &[])).refused(400, "0x007", "upload");
            }
            let message = material.message(&stored.der, "XXA/UP", &[]);
            delete(world, "XXB/TLS", route, &message).refused(400, "0x007", "upload");
            // 4: the country.
            ask(&material.message(&foreign.der, "XXA/UP", &[])).refused(400, "0x007", "country");
            let of_b = material.message(&stored.der, "XXB/UP", &[]);
            delete(world, "XXB/TLS", route, &of_b).refused(400, "0x007", "country");
            // 5: it was never uploaded.
            let never = material.message(&world.dsc("XXA").der, "XXA/UP", &[]);
            ask(&never).refused(404, "0x005", "");
            // An onboarded certificate is not theirs to withdraw.
            let sca = material.certificate("XXA/SCA");
            ask(&material.message(&sca.der, "XXA/UP", &[])).refused(404, "0x005", "");
        }
        assert!(world.find("/trustList/DSC", &stored).is_some());
        world.remove(&stored);
    }
}

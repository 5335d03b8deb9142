//! Who may ask (2.3; 13.2 "authentication").

use crate::cases;
use crate::client::Ask;

/// Every route that asks for a client certificate.
pub(crate) const ROUTES: [(&str, &str); 24] = [
    ("GET", "/trustList"),
    ("GET", "/trustList/DSC"),
    ("GET", "/trustList/DSC/XA"),
    ("GET", "/trustList/certificate"),
    ("GET", "/trustList/issuers"),
    ("GET", "/trustList/references"),
    ("POST", "/signerCertificate"),
    ("DELETE", "/signerCertificate"),
    ("POST", "/signerCertificate/delete"),
    ("POST", "/trustedCertificate"),
    ("DELETE", "/trustedCertificate"),
    ("POST", "/trustedCertificate/delete"),
    ("POST", "/trust/reference"),
    ("DELETE", "/trust/reference"),
    ("GET", "/trust/reference/00000000-0000-0000-0000-000000000000"),
    ("GET", "/countrylist"),
    ("GET", "/valuesets"),
    ("GET", "/valuesets/covid-19-lab-result"),
    ("POST", "/rules"),
    ("DELETE", "/rules"),
    ("GET", "/rules/XA"),
    ("GET", "/revocation-list"),
    ("POST", "/revocation-list"),
    ("DELETE", "/revocation-list"),
];

cases! { both:
    fn a_real_tls_certificate_is_taken(world) {
        world.get("/countrylist").is(200);
        if world.has("XXA/TLS2") {
            world.ask("XXA/TLS2", "GET", "/countrylist").send().is(200);
        }
    }

    fn both_versions_of_tls_are_spoken(world) {
        for version in ["1.2", "1.3"] {
            world.ask("XXA/TLS", "GET", "/countrylist").tls(version).send().is(200);
        }
        assert!(world.ask("XXA/TLS", "GET", "/countrylist").tls("1.1").try_send().is_err());
    }

    /// Of version 1 of X.509, which readers of TLS stacks refuse in the web.
    fn a_client_certificate_of_version_1_is_taken(world) {
        if world.has("XXA/TLSV1") {
            world.ask("XXA/TLSV1", "GET", "/countrylist").send().is(200);
        }
    }

    fn an_unknown_client_certificate_is_refused_on_every_route(world) {
        for (method, path) in ROUTES {
            // A gateway may refuse it in the handshake too.
            match world.ask("XXC/TLS", method, path).try_send() {
                Ok(answer) => drop(answer.refused(401, "0x402", "not authorized")),
                Err(why) => assert!(world.own.is_none(), "{method} {path}: {why}"),
            }
        }
    }

    fn without_a_client_certificate_there_is_no_answer(world) {
        let ask = Ask::new("GET", &world.url, "/countrylist", &world.authority);
        assert!(ask.try_send().is_err());
    }

    fn upload_and_authority_certificates_are_no_client_certificates(world) {
        for holder in ["XXA/UP", "XXA/SCA"] {
            match world.ask(holder, "GET", "/countrylist").try_send() {
                Ok(answer) => drop(answer.refused(401, "0x402", "")),
                Err(why) => assert!(world.own.is_none(), "{why}"),
            }
        }
    }

    fn a_client_certificate_without_country_is_told_so(world) {
        if world.has("XXC/NOWHERE") {
            let answer = world.ask("XXC/NOWHERE", "GET", "/countrylist").send();
            let answer = answer.refused(400, "0x401", "country");
            assert!(answer.json()["sendValue"].as_str().unwrap().contains("Nowhere"));
        }
    }

    fn g10_an_expired_client_certificate_is_told_the_day(world) {
        if world.has("XXA/TLSOLD") {
            world.ask("XXA/TLSOLD", "GET", "/countrylist").send()
                .refused(403, "0x403", "expired on");
        }
    }

    fn a_wrong_method_or_media_type_has_its_status(world) {
        for (method, path) in [("PUT", "/signerCertificate"), ("POST", "/trustList"), ("DELETE", "/rules/XA")] {
            world.ask("XXA/TLS", method, path).send().is(405);
        }
        for path in ["/signerCertificate", "/rules", "/revocation-list", "/trust/reference"] {
            world.ask("XXA/TLS", "POST", path).body("text/plain", "QUJD").send().is(415);
        }
        world.get("/there-is-nothing").is(404);
        world.get("/trustlist").is(404);
        world.get("/trustList/").is(404);
    }
}

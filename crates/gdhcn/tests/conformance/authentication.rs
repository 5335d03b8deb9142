//! Who may ask (2.3; 13.2 "authentication").

use std::collections::BTreeSet;

use serde_json::json;

use crate::cases;
use crate::client::Ask;
use crate::world::{Profile, World};

/// Every route that asks for a client certificate: a method, the path as the description has it, and
/// one of its paths.
pub(crate) const ROUTES: [(&str, &str, &str); 33] = [
    ("GET", "/openapi.json", "/openapi.json"),
    ("GET", "/trustList", "/trustList"),
    ("GET", "/trustList/{type}", "/trustList/DSC"),
    ("GET", "/trustList/{type}/{country}", "/trustList/DSC/XA"),
    ("GET", "/trustList/certificate", "/trustList/certificate"),
    ("GET", "/trustList/issuers", "/trustList/issuers"),
    ("GET", "/trustList/references", "/trustList/references"),
    ("POST", "/signerCertificate", "/signerCertificate"),
    ("DELETE", "/signerCertificate", "/signerCertificate"),
    ("POST", "/signerCertificate/delete", "/signerCertificate/delete"),
    ("POST", "/trustedCertificate", "/trustedCertificate"),
    ("DELETE", "/trustedCertificate", "/trustedCertificate"),
    ("POST", "/trustedCertificate/delete", "/trustedCertificate/delete"),
    ("POST", "/trust/reference", "/trust/reference"),
    ("DELETE", "/trust/reference", "/trust/reference"),
    ("GET", "/trust/reference/{uuid}", NO_REFERENCE),
    ("POST", "/trust/references", "/trust/references"),
    ("DELETE", "/trust/references", "/trust/references"),
    ("GET", "/trust/references/{uuid}", "/trust/references/00000000-0000-0000-0000-000000000000"),
    ("GET", "/countrylist", "/countrylist"),
    ("GET", "/valuesets", "/valuesets"),
    ("GET", "/valuesets/{id}", "/valuesets/covid-19-lab-result"),
    ("POST", "/rules", "/rules"),
    ("DELETE", "/rules", "/rules"),
    ("POST", "/rules/delete", "/rules/delete"),
    ("GET", "/rules/{country}", "/rules/XA"),
    ("GET", "/revocation-list", "/revocation-list"),
    ("POST", "/revocation-list", "/revocation-list"),
    ("DELETE", "/revocation-list", "/revocation-list"),
    ("POST", "/revocation-list/delete", "/revocation-list/delete"),
    ("GET", "/revocation-list/{batchId}", NO_BATCH),
    ("GET", "/cms-migration", "/cms-migration"),
    ("POST", "/cms-migration", "/cms-migration"),
];

const NO_REFERENCE: &str = "/trust/reference/00000000-0000-0000-0000-000000000000";
const NO_BATCH: &str = "/revocation-list/00000000-0000-0000-0000-000000000000";

/// Those that the gateway has: `/cms-migration` is the EU's.
fn routes(world: &World) -> impl Iterator<Item = (&'static str, &'static str)> {
    let profile = world.profile;
    let is_there = move |path: &str| profile == Profile::Eu || path != "/cms-migration";
    ROUTES
        .iter()
        .filter(move |(_, path, _)| is_there(path))
        .map(|(method, _, path)| (*method, *path))
}

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
        for (method, path) in routes(world) {
            // A gateway may refuse it in the handshake too.
            match world.ask("XXC/TLS", method, path).try_send() {
                // Not all of ours is everywhere.
                Ok(answer) if answer.status == 404 && world.own.is_none() => (),
                Ok(answer) => drop(answer.refused(401, "0x402", "not authorized")),
                Err(why) => assert!(world.own.is_none(), "{method} {path}: {why}"),
            }
        }
    }

    fn no_route_of_the_description_is_forgotten_here(world) {
        if world.own.is_none() {
            return;
        }
        let described = world.get("/openapi.json").is(200).json();
        let paths = described["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, operations)| {
            operations.as_object().unwrap().iter().map(move |(method, operation)| {
                ((method.to_uppercase(), path.clone()), operation)
            })
        });
        // The transparency log is for everybody, and says so.
        let asking = operations.filter(|(_, operation)| operation["security"] != json!([]));
        let is_there = |path: &str| world.profile == Profile::Eu || path != "/cms-migration";
        let asking = asking.map(|(route, _)| route).filter(|(_, path)| is_there(path));
        let asking: BTreeSet<_> = asking.collect();
        let known = ROUTES.iter().filter(|(_, path, _)| is_there(path));
        let known = known.map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
        assert_eq!(asking, known.collect());
        let open = paths.keys().filter(|path| path.starts_with("/log/")).count();
        assert!(open > 0 && paths.len() > open, "{paths:?}");
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

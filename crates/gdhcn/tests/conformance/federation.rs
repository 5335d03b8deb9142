//! Pulling from a gateway of another make with the EU's interface (6; 13.3).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::peer::Peer;
use crate::pki::{Certificate, DETACHED, decode};
use crate::world::{Database, Profile, World};

/// What makes a peer one: our configuration of it, signed by our trust anchor.
pub(crate) const ID: &str = "eu";

/// The configuration that a gateway needs before [`add`].
pub(crate) fn clients(certificate: &std::path::Path) -> String {
    let (certificate, key) = (certificate.with_extension("pem"), certificate.with_extension("key"));
    format!(
        "clients = {{ to-eu = {{ certificate = \"{}\", key = \"{}\" }} }}",
        certificate.display(),
        key.display()
    )
}

/// Has the trust anchor sign a peer.
pub(crate) fn add(world: &World, peer: &Peer, interval: &str) {
    let place = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    let (anchor, server) =
        (place(peer.material.path("anchor.pem")), place(peer.material.path("server.pem")));
    let key = place(world.material.path("ta.key"));
    let begin = ["gateway", "federation", "add", "--config", "gate/gateway.toml", "--yes"];
    let what = ["--id", ID, "--client", "to-eu", "--endpoint", &peer.url, "--interval", interval];
    let whom = ["--trust-anchor", &anchor, "--server", &server, "--sign-with", &key];
    let how = ["--downloader", "legacyDgcgDownloader_V1"];
    world.own.as_ref().unwrap().run(&[&begin[..], &what, &whom, &how].concat());
}

/// Pulls; gives what came of it.
fn pull(world: &World) -> Value {
    let arguments =
        ["gateway", "federation", "pull", "--config", "gate/gateway.toml", ID, "--json"];
    let (_, said, _) = world.own.as_ref().unwrap().try_to_run(&arguments);
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// What the gateway serves of the peer, by group and certificate.
fn served(world: &World) -> BTreeSet<(String, String)> {
    let list = world.get("/trustList/certificate?withFederation=true").items();
    let text = |item: &Value, member: &str| item[member].as_str().unwrap().to_owned();
    let of_peer = list.iter().filter(|item| item["sourceGateway"] == ID);
    of_peer.map(|item| (text(item, "group"), text(item, "certificate"))).collect()
}

/// Waits until that is so: the gateway that serves notices what another process changed.
#[track_caller]
fn until_served(world: &World, expected: &BTreeSet<(String, String)>) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while served(world) != *expected {
        assert!(std::time::Instant::now() < until, "{:?} is not {expected:?}", served(world));
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

fn of(group: &str, certificate: &Certificate) -> (String, String) {
    (group.to_owned(), certificate.base64())
}

fn pulls_from_a_foreign_gateway(database: Database) {
    if std::env::var_os("GDHCN_CONFORMANCE").is_some() {
        return;
    }
    let client = crate::pki::Material::own().path("XXA/TLS");
    let peer = Peer::start(&client.with_extension("pem"));
    let changes =
        [("#clients = {}", &*clients(&client)), ("#log_level = \"info\"", "log_level = \"warn\"")];
    let Some(world) = World::start(Profile::Who, database, &changes) else { return };
    add(&world, &peer, "0");
    let own = world.get("/trustList").items();

    let [sca, up] = peer.list_onboarded();
    let (der, ber, more) = (peer.dsc(), peer.dsc(), peer.dsc());
    // The forms that are about: detached as it should be, complete, and in BER of indefinite length.
    let detached = peer.entry("DSC", &der, "UP", &[DETACHED]);
    let streamed = peer.entry("DSC", &ber, "UP", &["-stream"]);
    assert_eq!(decode(streamed["signature"].as_str().unwrap())[..2], [0x30, 0x80]);
    // With members that nobody knows.
    let mut unknown = peer.entry("DSC", &more, "UP", &[DETACHED, "-keyid"]);
    unknown["domain"] = Value::Null;
    unknown["remark"] = json!({"since": [2021]});
    let good = [detached, streamed, unknown];
    peer.list("DSC", &good);
    let taken = pull(&world);
    assert_eq!(taken["added"], 5, "{taken}");
    assert_eq!((&taken["refused"], &taken["held"]), (&json!([]), &json!([])), "{taken}");
    let expected = BTreeSet::from([
        of("CSCA", &sca),
        of("UPLOAD", &up),
        of("DSC", &der),
        of("DSC", &ber),
        of("DSC", &more),
    ]);
    until_served(&world, &expected);
    assert_eq!(world.get("/trustList").items(), own, "only for those who ask for it");
    // Its signatures come through, for somebody who has nothing but OpenSSL.
    let served_dsc = world.find("/trustList/certificate?withFederation=true", &der).unwrap();
    let message = decode(served_dsc["signature"].as_str().unwrap());
    assert!(peer.material.verifies(&message, &der.der, &peer.material.path("UP.pem")));
    assert_eq!(served_dsc["kid"], der.kid());
    world.audit();

    // What is wrong with an entry costs that entry, and is told.
    let (forged, foreign, lacking) = (peer.dsc(), world.dsc("XXA"), peer.dsc());
    let mut flawed = good.to_vec();
    flawed.push(peer.entry("DSC", &forged, "SCA", &[DETACHED]));
    flawed.push(peer.entry("DSC", &foreign, "UP", &[DETACHED]));
    let mut without = peer.entry("DSC", &lacking, "UP", &[DETACHED]);
    without.as_object_mut().unwrap().remove("rawData");
    flawed.push(without);
    let mut other = peer.entry("DSC", &lacking, "UP", &[DETACHED]);
    other["rawData"] = json!(der.base64());
    flawed.push(other);
    flawed.push(json!("no entry"));
    peer.list("DSC", &flawed);
    let taken = pull(&world);
    assert_eq!(taken["refused"].as_array().unwrap().len(), 5, "{taken}");
    assert_eq!((&taken["added"], &taken["removed"]), (&json!(0), &json!(0)), "{taken}");

    // An answer that is no list, and a server that is somebody else, take nothing away.
    peer.answer("DSC", "text/html", "<html>");
    assert!(pull(&world)["failed"].as_str().unwrap().contains("/trustList/DSC"));
    peer.list("DSC", &[]);
    let taken = pull(&world);
    assert_eq!((&taken["removed"], &taken["held"]), (&json!(0), &json!(["XP DSC"])), "{taken}");
    assert_eq!(served(&world), expected);
    peer.list("DSC", &good[1..]);
    let taken = pull(&world);
    assert_eq!((&taken["removed"], &taken["unchanged"]), (&json!(1), &json!(4)), "{taken}");
    let expected: BTreeSet<_> =
        expected.into_iter().filter(|(_, raw)| *raw != der.base64()).collect();
    until_served(&world, &expected);
    world.audit();
}

#[test]
fn a_foreign_gateway_of_the_eu_is_pulled_from_into_sqlite() {
    pulls_from_a_foreign_gateway(Database::Sqlite);
}

#[test]
fn a_foreign_gateway_of_the_eu_is_pulled_from_into_postgresql() {
    pulls_from_a_foreign_gateway(Database::Postgresql);
}

//! Gateways that pull from each other, over real sockets and mutual TLS.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_crypto::Backend;
use gdhcn_log::{Replay, State, Unproven};
use gdhcn_server::Clock;
use gdhcn_server::config::{FederationClient, GatewayConfig, Profile};
use gdhcn_server::gateway::store_peer;
use gdhcn_server::jobs::federation::{Federation, Order, PullError, Taken};
use gdhcn_server::jobs::{Job, JobOutcome};
use gdhcn_store::federation_gateway::FederationGateway;
use gdhcn_store::onboarding::{CarriedOut, OnboardingRequest, RequestState};
use gdhcn_store::trusted_issuer::NewTrustedIssuer;
use gdhcn_store::trusted_party::PartyType;
use gdhcn_testkit::{TestDatabase, openssl};
use gdhcn_trust::federation::{
    DownloadTarget, Downloader, HeldGroup, Mode, Peer, PeerRequest, PeerUse, Word,
};
use gdhcn_trust::issuer::{IssuerKind, IssuerText, TrustedIssuer};
use gdhcn_trust::profile::Role;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::network::{Country, Gate, Holder, Network, days_ago, now};
use crate::wire::Ask;

/// A gateway of two countries, and how it shows itself to the others.
struct Site {
    network: Network,
    config: GatewayConfig,
    client: Holder,
}

impl Site {
    async fn new(codes: [&str; 2], database: TestDatabase) -> Self {
        let mut network = Network::empty_on(database);
        let [a, b] = codes;
        network.a = Country::new(a);
        network.b = Country::new(b);
        let store = network.store().await;
        for country in [&network.a, &network.b] {
            network.onboard(&store, &country.tls, PartyType::Authentication).await;
            network.onboard(&store, &country.upload, PartyType::Upload).await;
            network.onboard(&store, &country.sca, PartyType::Csca).await;
        }
        let mut config = network.config();
        config.jobs.enabled = false;
        let client = Holder::new(Role::Tls, Some(network.a.code), days_ago(30), 365);
        Self { network, config, client }
    }

    async fn sqlite(codes: [&str; 2]) -> Self {
        Self::new(codes, TestDatabase::sqlite()).await
    }

    async fn start(&self) -> Gate {
        self.network.start_with(self.config.clone()).await
    }

    /// Lets another site in, and makes it a peer that is pulled from.
    async fn federate(
        &mut self,
        id: &str,
        peer: &Site,
        gate: &Gate,
        change: impl FnOnce(&mut Peer),
    ) {
        let theirs = peer.network.store().await;
        let known = theirs.trust_content().await.unwrap().trusted_parties;
        let thumbprint = self.client.certificate.thumbprint().to_string();
        if !known.iter().any(|row| row.thumbprint == thumbprint) {
            peer.network.onboard(&theirs, &self.client, PartyType::Authentication).await;
        }
        gate.running.refresh().await.unwrap();
        let client = format!("to-{id}");
        let files = self.client.save(self.network.folder.path(), &client);
        self.config.federation.clients.insert(
            client.clone(),
            FederationClient {
                certificate: files.certificate,
                key: files.key,
                system_roots: false,
            },
        );
        let mut described = Peer {
            gateway_id: id.to_owned(),
            endpoint: format!("https://{}", gate.address),
            kid: client,
            public_key: None,
            downloader: Some(Downloader::Ddcc),
            target: DownloadTarget::Federation,
            mode: Mode::Append,
        };
        change(&mut described);
        let certificates = vec![
            (PeerUse::TrustAnchor, peer.network.anchor.certificate.clone()),
            (PeerUse::Server, peer.network.server.certificate.clone()),
        ];
        self.keep(described, certificates).await.unwrap();
    }

    async fn keep(
        &self,
        peer: Peer,
        certificates: Vec<(PeerUse, gdhcn_envelope::x509::Certificate)>,
    ) -> Result<(), gdhcn_server::gateway::PeerStoreError> {
        let request = PeerRequest {
            gateway: "here".to_owned(),
            created: now(),
            peer,
            interval_seconds: Some(300),
            certificates,
        };
        let kept = OnboardingRequest {
            id: uuid::Uuid::now_v7().to_string(),
            created_at: request.created,
            participant: request.peer.gateway_id.clone(),
            state: RequestState::Done,
            content: request.to_json(),
            approvals: Vec::new(),
        };
        let anchor = &self.network.anchor;
        let signed = request.sign(&anchor.certificate, &anchor.key, now()).unwrap();
        let anchors = [anchor.certificate.clone()];
        let store = self.network.store().await;
        store_peer(&store, &signed, &anchors, &[], CarriedOut::AtOnce(&kept), now()).await
    }

    async fn pull_as(&self, id: &str, order: &Order) -> Result<Taken, PullError> {
        let federation = Federation {
            store: self.network.store().await,
            anchors: [self.network.anchor.certificate.clone()].into(),
            config: self.config.federation.clone(),
            clock: Clock::Fixed(now()),
        };
        federation.pull_by_hand("test", id, order).await
    }

    async fn pull(&self, id: &str) -> Result<Taken, PullError> {
        self.pull_as(id, &Order::default()).await
    }

    async fn peer(&self, id: &str) -> FederationGateway {
        let peers = self.network.store().await.federation_gateways().await.unwrap().0;
        peers.into_iter().find(|peer| peer.id() == id).unwrap()
    }
}

async fn upload(gate: &Gate, country: &Country) -> String {
    let dsc = country.dsc();
    assert_eq!(gate.upload(&country.tls, country.message(dsc.der())).await.status, 201);
    dsc.thumbprint().to_string()
}

async fn get(gate: &Gate, peer: &Holder, path: &str) -> Vec<Value> {
    gate.running.refresh().await.unwrap();
    let answer = gate.ask(peer, Ask::new("GET", path)).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.json().as_array().unwrap().clone()
}

const ALL: &str = "/trustList/certificate?withFederation=true";

/// Source, country and group of each entry.
async fn seen(gate: &Gate, peer: &Holder) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("own").to_owned();
    let list = get(gate, peer, ALL).await;
    list.iter()
        .map(|item| (text(&item["sourceGateway"]), text(&item["country"]), text(&item["group"])))
        .collect()
}

fn entry(source: &str, country: &str, group: &str) -> (String, String, String) {
    (source.to_owned(), country.to_owned(), group.to_owned())
}

fn of(source: &str, countries: &[&str], groups: &[&str]) -> BTreeSet<(String, String, String)> {
    let pairs = countries
        .iter()
        .flat_map(|country| groups.iter().map(move |group| entry(source, country, group)));
    pairs.collect()
}

async fn issuer(site: &Site, country: &str) {
    let issuer =
        TrustedIssuer::new(country, "An issuer", "https://issuer.example", IssuerKind::Http)
            .unwrap();
    let anchor = &site.network.anchor;
    let signature = issuer.sign(&anchor.certificate, &anchor.key, now()).unwrap();
    let new = NewTrustedIssuer {
        created_at: now(),
        country: country.to_owned(),
        url: "https://issuer.example".to_owned(),
        name: "An issuer".to_owned(),
        url_type: "HTTP".to_owned(),
        thumbprint: None,
        ssl_public_key: None,
        key_storage_type: Some("JWKS".to_owned()),
        signature,
        domain: Some("PH4H".to_owned()),
    };
    let event =
        gdhcn_server::gateway::operators_event("ISSUER", String::new(), Some(country), None, now());
    let store = site.network.store().await;
    store.insert_trusted_issuer(&new, &issuer.text(IssuerText::Who), &event).await.unwrap();
}

async fn reference(gate: &Gate, country: &Country) {
    let text = json!({
        "url": "https://fhir.example/vs", "country": country.code.alpha2(), "type": "FHIR",
        "service": "ValueSet", "thumbprint": "ab".repeat(32), "name": "A service",
        "sslPublicKey": "key", "contentType": "application/json", "signatureType": "NONE",
        "referenceVersion": "1.0", "domain": "PH4H"
    });
    let body = country.message(text.to_string().as_bytes());
    let answer = gate.ask(&country.tls, Ask::new("POST", "/trust/reference").cms_text(body)).await;
    assert_eq!(answer.status, 201);
}

/// A certificate with domain, group and properties of its own.
async fn special(gate: &Gate, country: &Country) {
    let body = json!({
        "cms": country.message(country.dsc().der()), "kid": "a special kid", "group": "SIGN",
        "domain": "PH4H", "properties": {"purpose": "a test"}
    });
    let ask = Ask::new("POST", "/trustedCertificate").json(body.to_string());
    assert_eq!(gate.ask(&country.tls, ask).await.status, 201);
}

#[tokio::test]
async fn a_gateway_takes_over_what_another_one_lists_with_its_signatures() {
    takes_over(TestDatabase::sqlite()).await;
}

#[tokio::test]
async fn a_gateway_on_postgres_takes_over_the_same() {
    if let Some(database) = TestDatabase::postgres() {
        takes_over(database).await;
    }
}

/// With the database of the one that pulls.
async fn takes_over(database: TestDatabase) {
    let (mut a, b) = (Site::new(["XA", "XB"], database).await, Site::sqlite(["XC", "XD"]).await);
    let (gate_a, gate_b) = (a.start().await, b.start().await);
    upload(&gate_a, &a.network.a).await;
    let dsc = upload(&gate_b, &b.network.a).await;
    special(&gate_b, &b.network.a).await;
    reference(&gate_b, &b.network.a).await;
    issuer(&b, "XC").await;
    a.federate("b", &b, &gate_b, |_| {}).await;
    let own_before = get(&gate_a, &a.network.a.tls, "/trustList").await;

    let taken = a.pull("b").await.unwrap();
    assert_eq!((taken.swapped.added, taken.swapped.removed), (8, 0), "{taken}");
    assert_eq!((taken.remark(), taken.unproven), (None, 0));

    // The peer's clients, anchors and servers are its own affair.
    let own = of("own", &["XA", "XB"], &["AUTHENTICATION", "UPLOAD", "CSCA"]);
    let mut expected = own;
    expected.insert(entry("own", "XA", "DSC"));
    expected.extend(of("b", &["XC", "XD"], &["UPLOAD", "CSCA"]));
    expected.extend([entry("b", "XC", "DSC"), entry("b", "XC", "SIGN")]);
    let assigned: BTreeSet<_> = seen(&gate_a, &a.network.a.tls)
        .await
        .into_iter()
        .filter(|(_, _, group)| !["TRUSTANCHOR", "AUTHENTICATION_FEDERATION"].contains(&&**group))
        .collect();
    assert_eq!(assigned, expected);

    // Every entry is as it is at the peer, but for where it comes from.
    let theirs = get(&gate_b, &b.network.a.tls, "/trustList/certificate").await;
    let ours = get(&gate_a, &a.network.a.tls, ALL).await;
    let mut compared = 0;
    for item in ours.iter().filter(|item| item["sourceGateway"] == "b") {
        let mut item = item.clone();
        item.as_object_mut().unwrap().remove("sourceGateway");
        assert!(theirs.contains(&item), "{item}");
        compared += 1;
    }
    assert_eq!(compared, 6);

    // Lists that do not ask for it hold nothing of it.
    assert_eq!(get(&gate_a, &a.network.a.tls, "/trustList").await, own_before);
    assert_eq!(get(&gate_a, &a.network.a.tls, "/trustList/CSCA/XC").await.len(), 0);
    let countries = get(&gate_a, &a.network.a.tls, "/countrylist").await;
    // As at the reference, the country of the peer's anchor is one of those that are onboarded.
    assert_eq!(countries, [json!("XA"), json!("XB"), json!("XX")]);

    for (list, members) in [("issuers", ["name", "signature"]), ("references", ["name", "cms"])] {
        let path = format!("/trustList/{list}");
        assert_eq!(get(&gate_a, &a.network.a.tls, &path).await.len(), 0);
        let ours = get(&gate_a, &a.network.a.tls, &format!("{path}?withFederation=true")).await;
        let theirs = get(&gate_b, &b.network.a.tls, &path).await;
        assert_eq!((ours.len(), theirs.len()), (1, 1));
        assert_eq!(ours[0]["sourceGateway"], "b");
        for member in members.into_iter().chain(["uuid", "domain", "country", "url"]) {
            assert_eq!(ours[0][member], theirs[0][member], "{list} {member}");
        }
    }

    // What is served holds for somebody who has nothing but OpenSSL.
    let served = ours.iter().find(|item| {
        let der = BASE64_STANDARD.decode(item["certificate"].as_str().unwrap()).unwrap();
        gdhcn_envelope::x509::Certificate::from_der(&der).unwrap().thumbprint().to_string() == dsc
    });
    let decoded = |name: &str| BASE64_STANDARD.decode(served.unwrap()[name].as_str().unwrap());
    let openssl = openssl();
    openssl.write("dsc.der", decoded("certificate").unwrap());
    openssl.write("dsc.cms", decoded("signature").unwrap());
    openssl.write("up.der", b.network.a.upload.certificate.der());
    openssl.write("sca.der", b.network.a.sca.certificate.der());
    for name in ["up", "sca", "dsc"] {
        openssl.run(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
    }
    openssl.run(
        "cms -verify -binary -inform DER -in dsc.cms -content dsc.der -certfile up.pem -noverify \
         -out verified.der",
    );
    assert_eq!(openssl.read("verified.der"), decoded("certificate").unwrap());
    openssl.run("verify -no_check_time -partial_chain -CAfile sca.pem dsc.pem");

    // D-11: what a peer lists authenticates nobody here, and vouches for no upload.
    let c = &b.network.a;
    gate_a.ask(&c.tls, Ask::new("GET", "/trustList")).await.is_problem(401, "0x402");
    a.network.onboard(&a.network.store().await, &c.tls, PartyType::Authentication).await;
    gate_a.running.refresh().await.unwrap();
    let refused = gate_a.upload(&c.tls, c.message(c.dsc().der())).await;
    refused.is_problem(400, "0x004");
    assert!(refused.text("details").contains("no upload certificate of XC"));
    // D-19: nor is it theirs to delete here.
    assert_ne!(
        gate_a.delete(&c.tls, c.message(&decoded("certificate").unwrap())).await.status,
        204
    );

    // The log of the one that pulled can be followed, and every entry stands on a signature.
    let entries = a.network.store().await.log_entries(0, 256).await.unwrap();
    let anchors = [a.network.anchor.certificate.clone()];
    let mut replay = Replay::new(State::default(), Some(&anchors), Backend::default());
    for entry in &entries {
        replay.apply(entry).unwrap();
    }
    assert!(replay.state().unproven().is_empty(), "{:?}", replay.state().unproven());

    // A second pull changes nothing.
    let again = a.pull("b").await.unwrap();
    assert!(again.swapped.is_nothing(), "{again}");
    assert_eq!(a.network.store().await.log_entries(0, 256).await.unwrap().len(), entries.len());
}

#[tokio::test]
async fn a_third_gateway_combines_two_sources_and_nothing_goes_round() {
    let mut a = Site::sqlite(["XA", "XB"]).await;
    let mut b = Site::sqlite(["XC", "XD"]).await;
    let mut c = Site::sqlite(["FR", "DE"]).await;
    let (gate_a, gate_b, gate_c) = (a.start().await, b.start().await, c.start().await);
    upload(&gate_a, &a.network.a).await;
    upload(&gate_b, &b.network.a).await;
    // A pulls B, B pulls A, and C pulls both.
    a.federate("b", &b, &gate_b, |_| {}).await;
    b.federate("a", &a, &gate_a, |_| {}).await;
    c.federate("a", &a, &gate_a, |_| {}).await;
    c.federate("b", &b, &gate_b, |_| {}).await;
    for _ in 0..2 {
        a.pull("b").await.unwrap();
        b.pull("a").await.unwrap();
        for peer in ["a", "b"] {
            assert_eq!(c.pull(peer).await.unwrap().remark(), None);
        }
        let mut expected = of("a", &["XA", "XB"], &["UPLOAD", "CSCA"]);
        expected.extend(of("b", &["XC", "XD"], &["UPLOAD", "CSCA"]));
        expected.extend([entry("a", "XA", "DSC"), entry("b", "XC", "DSC")]);
        let pulled: BTreeSet<_> = seen(&gate_c, &c.network.a.tls)
            .await
            .into_iter()
            .filter(|(source, _, _)| source != "own")
            .collect();
        assert_eq!(pulled, expected);
    }
    // Its own seven, and the clients of the two that pull from it.
    assert_eq!(get(&gate_a, &a.network.a.tls, "/trustList").await.len(), 9);

    // What a peer withdraws is withdrawn here with the next pull.
    let store = a.network.store().await;
    let content = store.trust_content().await.unwrap();
    let dsc = content.signer_information.iter().find(|row| row.source_gateway_id.is_none());
    let der = BASE64_STANDARD.decode(&dsc.unwrap().raw_data).unwrap();
    // The last of a peer is held; another one is there before.
    upload(&gate_a, &a.network.b).await;
    let withdrawn = gate_a.delete(&a.network.a.tls, a.network.a.message(&der)).await;
    assert_eq!(withdrawn.status, 204);
    let taken = c.pull("a").await.unwrap();
    assert_eq!((taken.swapped.added, taken.swapped.removed), (1, 1), "{taken}");
    assert!(!seen(&gate_c, &c.network.a.tls).await.contains(&entry("a", "XA", "DSC")));

    // A peer that is removed takes with it what came from it, and nothing else.
    gdhcn_server::gateway::remove_peer(&c.network.store().await, "a", "ann", now()).await.unwrap();
    let sources: BTreeSet<_> =
        seen(&gate_c, &c.network.a.tls).await.into_iter().map(|(source, _, _)| source).collect();
    assert_eq!(sources, BTreeSet::from(["own".to_owned(), "b".to_owned()]));
}

#[tokio::test]
async fn what_a_peer_forges_or_spoils_is_refused_by_name_and_costs_only_itself() {
    let (mut a, b) = (Site::sqlite(["XA", "XB"]).await, Site::sqlite(["XC", "XD"]).await);
    let (gate_a, gate_b) = (a.start().await, b.start().await);
    let good = upload(&gate_b, &b.network.a).await;
    let spoiled = upload(&gate_b, &b.network.a).await;
    a.federate("b", &b, &gate_b, |_| {}).await;
    assert_eq!(a.pull("b").await.unwrap().swapped.added, 6);

    // It drops one signature, takes another for one certificate, and lists a signer of nobody.
    let other = b.network.a.message(b.network.b.dsc().der());
    let stranger = Country::new("XC");
    let forged = stranger.dsc();
    b.network.database.by_hand(&format!(
        "UPDATE signer_information SET signature = '{other}' WHERE thumbprint = '{spoiled}'"
    ));
    b.network.database.by_hand(&format!(
        "INSERT INTO signer_information (id, uuid, created_at, country, thumbprint, raw_data,
            signature, certificate_type, kid, domain, version)
         VALUES ('forged', NULL, 0, 'XC', '{}', '{}', '{}', 'DSC', 'forged', 'DCC', 1)",
        forged.thumbprint(),
        BASE64_STANDARD.encode(forged.der()),
        b.network.a.message(forged.der()),
    ));
    gate_b.running.refresh().await.unwrap();
    let taken = a.pull("b").await.unwrap();
    assert_eq!((taken.swapped.added, taken.swapped.removed, taken.refused.len()), (0, 1, 2));
    let said = a.peer("b").await.status_message.unwrap();
    assert!(said.contains("2 refused") && said.contains("forged"), "{said}");
    let list = gate_a.ask(&a.network.a.tls, Ask::new("GET", ALL)).await;
    assert_eq!(list.status, 200);
    let content = a.network.store().await.trust_content().await.unwrap();
    let thumbprints: Vec<_> =
        content.signer_information.iter().map(|row| row.thumbprint.as_str()).collect();
    assert_eq!(thumbprints, [good.as_str()]);

    b.network.database.by_hand("UPDATE signer_information SET signature = ''");
    gate_b.running.refresh().await.unwrap();
    let taken = a.pull("b").await.unwrap();
    // All at once is no wish of the participants.
    assert_eq!((taken.swapped.removed, taken.held.len()), (0, 1), "{taken}");
}

/// What is not taken over carries nothing: the log would have no signer for what stands on it.
#[tokio::test]
async fn nothing_stands_on_an_upload_certificate_that_is_not_taken_over() {
    let (mut a, b) = (Site::sqlite(["XA", "XB"]).await, Site::sqlite(["XC", "XD"]).await);
    let gate_b = b.start().await;
    upload(&gate_b, &b.network.a).await;
    let good = upload(&gate_b, &b.network.b).await;
    reference(&gate_b, &b.network.a).await;
    b.network.database.by_hand(
        "UPDATE trusted_party SET kid = 'longer than any column for it'
          WHERE country = 'XC' AND certificate_type = 'UPLOAD'",
    );
    gate_b.running.refresh().await.unwrap();
    a.federate("b", &b, &gate_b, |_| {}).await;
    let taken = a.pull("b").await.unwrap();
    assert!(taken.refused.iter().any(|why| why.contains("trusted_party.kid")), "{taken}");
    let content = a.network.store().await.trust_content().await.unwrap();
    let signers: Vec<_> =
        content.signer_information.iter().map(|row| row.thumbprint.as_str()).collect();
    assert_eq!(signers, [good.as_str()]);
}

/// G6: an empty group never takes the place of one that is not, without a person's word.
#[tokio::test]
async fn g6_a_peer_that_is_suddenly_empty_empties_nothing() {
    let (mut a, b) = (Site::sqlite(["XA", "XB"]).await, Site::sqlite(["XC", "XD"]).await);
    let (gate_a, gate_b) = (a.start().await, b.start().await);
    upload(&gate_b, &b.network.a).await;
    upload(&gate_b, &b.network.b).await;
    issuer(&b, "XC").await;
    a.federate("b", &b, &gate_b, |_| {}).await;
    a.pull("b").await.unwrap();
    let before = seen(&gate_a, &a.network.a.tls).await;

    b.network.database.by_hand(
        "DELETE FROM trusted_party WHERE country = 'XC' AND certificate_type IN ('CSCA', 'UPLOAD')",
    );
    b.network.database.by_hand("DELETE FROM trusted_issuer");
    gate_b.running.refresh().await.unwrap();
    let taken = a.pull("b").await.unwrap();
    let held: Vec<_> = taken.held.iter().map(|held| (held.country.as_str(), held.group)).collect();
    assert_eq!(held, [("XC", HeldGroup::Csca), ("XC", HeldGroup::Upload)]);
    assert_eq!(taken.emptied, ["issuers"]);
    assert_eq!(taken.swapped.removed, 0, "{taken}");
    assert_eq!(seen(&gate_a, &a.network.a.tls).await, before);
    assert_eq!(
        get(&gate_a, &a.network.a.tls, "/trustList/issuers?withFederation=1").await.len(),
        1
    );
    // It is marked where people look.
    let said = a.peer("b").await.status_message.unwrap();
    assert!(said.contains("held back") && said.contains("XC CSCA"), "{said}");

    // Everything at once, as a new database would be.
    b.network
        .database
        .by_hand("DELETE FROM trusted_party WHERE certificate_type IN ('CSCA', 'UPLOAD')");
    b.network.database.by_hand("DELETE FROM signer_information");
    gate_b.running.refresh().await.unwrap();
    let taken = a.pull("b").await.unwrap();
    assert_eq!((taken.swapped.removed, taken.held.len()), (0, 6), "{taken}");
    assert_eq!(seen(&gate_a, &a.network.a.tls).await, before);

    // At a person's word, for one participant and for all.
    let order = |word| Order { word, override_by: None };
    let word = Word::For(BTreeSet::from(["XC".to_owned()]));
    let taken = a.pull_as("b", &order(word)).await.unwrap();
    assert_eq!(taken.swapped.removed, 3, "{taken}");
    let left = seen(&gate_a, &a.network.a.tls).await;
    assert!(left.contains(&entry("b", "XD", "CSCA")) && !left.contains(&entry("b", "XC", "CSCA")));
    let taken = a.pull_as("b", &order(Word::All)).await.unwrap();
    assert_eq!((taken.swapped.removed, taken.remark()), (4, None), "{taken}");
    let sources: BTreeSet<_> =
        seen(&gate_a, &a.network.a.tls).await.into_iter().map(|(source, ..)| source).collect();
    assert_eq!(sources, BTreeSet::from(["own".to_owned()]));
}

#[tokio::test]
async fn a_peer_that_is_down_stops_no_other_and_costs_nothing() {
    let mut c = Site::sqlite(["FR", "DE"]).await;
    let (a, b) = (Site::sqlite(["XA", "XB"]).await, Site::sqlite(["XC", "XD"]).await);
    let (gate_a, gate_b) = (a.start().await, b.start().await);
    c.federate("a", &a, &gate_a, |_| {}).await;
    c.federate("b", &b, &gate_b, |_| {}).await;
    let gate_c = c.start().await;
    let report = gate_c.running.run_job(Job::Federation).await.unwrap();
    assert!(matches!(report.outcome, JobOutcome::Done { .. }), "{report:?}");
    let before = seen(&gate_c, &c.network.a.tls).await;
    let report = gate_c.running.run_job(Job::Federation).await.unwrap();
    assert_eq!(report.outcome, JobOutcome::Done { message: "no peer is due".to_owned() });
    gate_c.running.shutdown().await;

    gate_b.running.shutdown().await;
    upload(&gate_a, &a.network.a).await;
    let later = |seconds| now().checked_add(SignedDuration::from_secs(seconds)).unwrap();
    let run = async |at: Timestamp| {
        let gate = c.network.start_at(c.config.clone(), at).await;
        let report = gate.running.run_job(Job::Federation).await.unwrap();
        let now_seen = seen(&gate, &c.network.a.tls).await;
        gate.running.shutdown().await;
        (report.outcome, now_seen)
    };
    let (outcome, now_seen) = run(later(300)).await;
    assert!(
        matches!(&outcome, JobOutcome::Marked { message } if message.contains("b: failed")),
        "{outcome:?}"
    );
    let mut expected = before.clone();
    expected.insert(entry("a", "XA", "DSC"));
    assert_eq!(now_seen, expected);
    let told = c.peer("b").await;
    assert_eq!((told.retry_count, told.last_successful_download), (1, Some(now())));
    assert_eq!(told.last_download, Some(later(300)));
    assert!(told.status_message.unwrap().contains("/trustList/certificate"));
    // It waits before it tries again, and no longer than the interval.
    let (outcome, _) = run(later(320)).await;
    assert_eq!(outcome, JobOutcome::Done { message: "no peer is due".to_owned() });
    run(later(361)).await;
    assert_eq!(c.peer("b").await.retry_count, 2);
    assert_eq!(c.peer("a").await.last_download, Some(later(300)), "not due");
}

#[tokio::test]
async fn whom_we_speak_to_and_whom_we_believe_is_what_our_anchor_signed() {
    let (mut a, b) = (Site::sqlite(["XA", "XB"]).await, Site::sqlite(["XC", "XD"]).await);
    let gate_b = b.start().await;
    a.federate("b", &b, &gate_b, |_| {}).await;
    let peer = a.peer("b").await.configured.peer;
    let theirs = &b.network;
    let anchor = || (PeerUse::TrustAnchor, theirs.anchor.certificate.clone());
    let server = || (PeerUse::Server, theirs.server.certificate.clone());

    // D-12: without a server certificate nobody is spoken to.
    a.keep(peer.clone(), vec![anchor()]).await.unwrap();
    assert!(matches!(a.pull("b").await, Err(PullError::NoServer)));
    // Another server than the one that is known.
    let other = Holder::new(Role::GatewayServer, None, days_ago(3650), 36_500);
    a.keep(peer.clone(), vec![anchor(), (PeerUse::Server, other.certificate)]).await.unwrap();
    let error = a.pull("b").await.unwrap_err();
    assert!(matches!(error, PullError::Download { .. }), "{error}");
    // D-13: a row that our anchor did not sign is none.
    a.keep(peer.clone(), vec![anchor(), server()]).await.unwrap();
    a.pull("b").await.unwrap();
    let spoil = |group: &str| {
        a.network.database.by_hand(&format!(
            "UPDATE trusted_party SET signature = (SELECT signature FROM trusted_party
                WHERE certificate_type = 'CSCA' AND source_gateway_id IS NULL LIMIT 1)
              WHERE certificate_type = '{group}'"
        ));
    };
    spoil("AUTHENTICATION_FEDERATION");
    assert!(matches!(a.pull("b").await, Err(PullError::NoServer)));
    a.keep(peer.clone(), vec![anchor(), server()]).await.unwrap();
    spoil("TRUSTANCHOR");
    assert!(matches!(a.pull("b").await, Err(PullError::NoAnchor)));
    // What it vouched for is not served any more.
    let gate_a = a.start().await;
    let sources: BTreeSet<_> =
        seen(&gate_a, &a.network.a.tls).await.into_iter().map(|(source, ..)| source).collect();
    assert_eq!(sources, BTreeSet::from(["own".to_owned()]));
    // The anchor of somebody else vouches for nothing.
    let stranger = (PeerUse::TrustAnchor, a.network.b.sca.certificate.clone());
    let refused = a.keep(peer.clone(), vec![stranger, server()]).await;
    assert!(refused.is_err(), "it is onboarded for something else");
    a.keep(peer.clone(), vec![anchor(), server()]).await.unwrap();
    assert_eq!(a.pull("b").await.unwrap().remark(), None);
    // The configuration is what was signed.
    a.network.database.by_hand("UPDATE federation_gateway SET mode = 'OVERRIDE'");
    assert!(matches!(a.pull("b").await, Err(PullError::Peer(_))));
    a.keep(peer.clone(), vec![anchor(), server()]).await.unwrap();
    // Our own certificate.
    let mut stranger = a.config.clone();
    stranger.federation.clients.clear();
    let config = std::mem::replace(&mut a.config, stranger);
    assert!(matches!(a.pull("b").await, Err(PullError::NoClient(name)) if name == "to-b"));
    a.config = config;
    theirs.database.by_hand("DELETE FROM trusted_party WHERE certificate_type = 'AUTHENTICATION'");
    gate_b.running.refresh().await.unwrap();
    let error = a.pull("b").await.unwrap_err().to_string();
    assert!(error.contains("401"), "{error}");
    assert!(matches!(a.pull("nobody").await, Err(PullError::NoPeer(_))));
}

#[tokio::test]
async fn what_is_for_this_gateway_alone_is_not_passed_on() {
    let (mut a, b) = (Site::sqlite(["XA", "XB"]).await, Site::sqlite(["XC", "XD"]).await);
    let (gate_a, gate_b) = (a.start().await, b.start().await);
    issuer(&b, "XC").await;
    reference(&gate_b, &b.network.a).await;
    a.federate("b", &b, &gate_b, |peer| peer.target = DownloadTarget::GatewayOnly).await;
    let taken = a.pull("b").await.unwrap();
    assert_eq!(taken.swapped.added, 6, "{taken}");
    let sources = async |tls: &Holder| -> BTreeSet<_> {
        seen(&gate_a, tls).await.into_iter().map(|(source, ..)| source).collect()
    };
    assert_eq!(sources(&a.network.a.tls).await, BTreeSet::from(["own".to_owned()]));
    for list in ["issuers", "references"] {
        let path = format!("/trustList/{list}?withFederation=true");
        assert_eq!(get(&gate_a, &a.network.a.tls, &path).await.len(), 0, "{list}");
    }
    let references = a.network.store().await.trusted_references().await.unwrap();
    let path = format!("/trust/reference/{}", references[0].uuid);
    gate_a.ask(&a.network.a.tls, Ask::new("GET", &path)).await.is_problem(404, "0x000");
    // As soon as the anchor says otherwise it is.
    a.federate("b", &b, &gate_b, |_| {}).await;
    assert!(sources(&a.network.a.tls).await.contains("b"));
    assert_eq!(gate_a.ask(&a.network.a.tls, Ask::new("GET", &path)).await.status, 200);
}

#[tokio::test]
async fn a_peer_overrides_at_an_operators_word_and_not_by_itself() {
    let (mut a, b) = (Site::sqlite(["XA", "XB"]).await, Site::sqlite(["XC", "XD"]).await);
    let (gate_a, gate_b) = (a.start().await, b.start().await);
    upload(&gate_a, &a.network.a).await;
    a.federate("b", &b, &gate_b, |_| {}).await;
    let order = Order { word: Word::None, override_by: Some("Ada".to_owned()) };
    assert!(matches!(a.pull_as("b", &order).await, Err(PullError::NotOverriding)));
    a.federate("b", &b, &gate_b, |peer| peer.mode = Mode::Override).await;
    assert_eq!(a.pull("b").await.unwrap().swapped.removed, 0);
    assert!(seen(&gate_a, &a.network.a.tls).await.contains(&entry("own", "XA", "CSCA")));

    let taken = a.pull_as("b", &order).await.unwrap();
    assert_eq!(taken.swapped.removed, 5, "{taken}");
    let left: BTreeSet<_> = seen(&gate_a, &a.network.a.tls)
        .await
        .into_iter()
        .filter(|(source, ..)| source == "own")
        .map(|(_, _, group)| group)
        .collect();
    let expected = ["AUTHENTICATION", "TRUSTANCHOR", "AUTHENTICATION_FEDERATION"];
    assert_eq!(left, expected.map(str::to_owned).into());
    let entries = a.network.store().await.log_entries(0, 256).await.unwrap();
    let anchors = [a.network.anchor.certificate.clone()];
    let mut replay = Replay::new(State::default(), Some(&anchors), Backend::default());
    for entry in &entries {
        replay.apply(entry).unwrap();
    }
    // Five that went, and the anchor and server that were signed anew with the other mode.
    assert_eq!(replay.state().unproven().get(&Unproven::Operator), Some(&7));
}

#[tokio::test]
async fn a_gateway_of_the_eu_is_pulled_from_too() {
    let (mut a, mut b) = (Site::sqlite(["XA", "XB"]).await, Site::sqlite(["XC", "XD"]).await);
    b.config.profile = Profile::Eu;
    let (gate_a, gate_b) = (a.start().await, b.start().await);
    upload(&gate_b, &b.network.a).await;
    issuer(&b, "XC").await;
    a.federate("b", &b, &gate_b, |peer| peer.downloader = Some(Downloader::Legacy)).await;
    let taken = a.pull("b").await.unwrap();
    assert_eq!((taken.swapped.added, taken.remark()), (5, None), "{taken}");
    let mut expected = of("b", &["XC", "XD"], &["UPLOAD", "CSCA"]);
    expected.insert(entry("b", "XC", "DSC"));
    let pulled: BTreeSet<_> = seen(&gate_a, &a.network.a.tls)
        .await
        .into_iter()
        .filter(|(source, ..)| source == "b")
        .collect();
    assert_eq!(pulled, expected);
    a.federate("b", &b, &gate_b, |peer| peer.downloader = Some(Downloader::Dummy)).await;
    assert_eq!(a.pull("b").await.unwrap(), Taken::default());
    a.federate("b", &b, &gate_b, |peer| peer.downloader = None).await;
    assert!(matches!(a.pull("b").await, Err(PullError::NoDownloader)));
    assert!(a.peer("b").await.status_message.is_some());
}

#[tokio::test]
async fn a_reference_without_the_participants_message_is_told_as_unproven() {
    let (mut a, b) = (Site::sqlite(["XA", "XB"]).await, Site::sqlite(["XC", "XD"]).await);
    let (gate_a, gate_b) = (a.start().await, b.start().await);
    reference(&gate_b, &b.network.a).await;
    a.federate("b", &b, &gate_b, |_| {}).await;
    // As a gateway of another make serves it.
    let cms = b.network.database.by_hand("SELECT cms FROM trusted_reference");
    b.network.database.by_hand("UPDATE trusted_reference SET cms = NULL");
    let taken = a.pull("b").await.unwrap();
    assert_eq!((taken.unproven, taken.refused.len()), (1, 0));
    assert!(taken.to_string().contains("1 references without proof"), "{taken}");
    let path = "/trustList/references?withFederation=true";
    let served = get(&gate_a, &a.network.a.tls, path).await;
    assert_eq!((served.len(), served[0].get("cms")), (1, None));
    // One that says something else than the participant signed is refused.
    let change = format!("UPDATE trusted_reference SET cms = '{}', name = 'Another'", cms.trim());
    b.network.database.by_hand(&change);
    let taken = a.pull("b").await.unwrap();
    assert_eq!((taken.refused.len(), &*taken.emptied), (1, &["references"][..]), "{taken}");
    assert!(taken.refused[0].contains("something else than"), "{taken}");
}

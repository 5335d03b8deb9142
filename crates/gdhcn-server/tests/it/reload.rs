//! Other certificates and limits while the gateway serves.

use std::fs;
use std::path::PathBuf;

use gdhcn_server::gateway::ConfigWatch;
use gdhcn_trust::profile::Role;

use crate::network::{Gate, Holder, Network, days_ago};
use crate::wire::Ask;

/// A gateway whose configuration stands in a file.
struct Watched {
    network: Network,
    gate: Gate,
    file: PathBuf,
    watch: ConfigWatch,
}

impl Watched {
    async fn start() -> Self {
        let network = Network::onboarded().await;
        let file = network.folder.path().join("gateway.toml");
        fs::write(&file, network.config().to_toml().unwrap()).unwrap();
        let (watch, config) = ConfigWatch::load(&file).unwrap();
        let gate = network.start_with(config).await;
        Self { network, gate, file, watch }
    }

    async fn looks(&mut self) -> bool {
        self.gate.running.look_again(&mut self.watch, false).await.is_some()
    }

    fn change(&self, from: &str, to: &str) {
        let text = fs::read_to_string(&self.file).unwrap();
        assert!(text.contains(from), "{from}: {text}");
        fs::write(&self.file, text.replace(from, to)).unwrap();
    }

    /// Whether a participant is served by a gateway with this certificate.
    async fn serves_as(&self, server: &Holder) -> bool {
        let identity = self.network.a.tls.identity();
        let ask = Ask::new("GET", "/countrylist");
        let answer = ask.send(self.gate.address, Some(server.certificate.der()), Some(&identity));
        answer.await.is_ok_and(|answer| answer.status == 200)
    }
}

fn server() -> Holder {
    Holder::new(Role::GatewayServer, None, days_ago(3650), 36_500)
}

#[tokio::test]
async fn another_server_certificate_is_used_without_a_restart() {
    let mut watched = Watched::start().await;
    assert!(!watched.looks().await, "nothing has changed");
    let next = server();
    assert!(!watched.serves_as(&next).await);
    next.save(watched.network.folder.path(), "server");
    assert!(watched.looks().await);
    assert!(watched.serves_as(&next).await);
    assert!(!watched.serves_as(&watched.network.server).await);
}

#[tokio::test]
async fn a_broken_file_leaves_everything_as_it_was() {
    let mut watched = Watched::start().await;
    let folder = watched.network.folder.path().to_owned();
    // The certificate is there, its key not yet.
    let next = server();
    let key = fs::read(folder.join("server.key")).unwrap();
    next.save(&folder, "server");
    let new_key = fs::read(folder.join("server.key")).unwrap();
    fs::write(folder.join("server.key"), key).unwrap();
    assert!(!watched.looks().await);
    assert!(watched.serves_as(&watched.network.server).await);
    fs::write(folder.join("server.key"), new_key).unwrap();
    assert!(watched.looks().await);
    assert!(watched.serves_as(&next).await);
    for (from, to) in [("reads_per_minute = 6000", "reads_per_minute = 0"), ("[limits]", "[limit")]
    {
        watched.change(from, to);
        assert!(!watched.looks().await);
        watched.change(to, from);
        assert!(watched.looks().await);
    }
    fs::write(folder.join("ta.pem"), "rubbish").unwrap();
    assert!(!watched.looks().await);
    assert!(watched.serves_as(&next).await);
}

#[tokio::test]
async fn files_that_could_not_be_taken_over_are_taken_at_a_later_look() {
    let mut watched = Watched::start().await;
    let by_hand = |statement: &str| watched.network.database.by_hand(statement);
    by_hand("ALTER TABLE trusted_party RENAME TO away");
    server().save(watched.network.folder.path(), "ta");
    assert!(!watched.looks().await, "the database is away");
    assert!(!watched.looks().await);
    watched.network.database.by_hand("ALTER TABLE away RENAME TO trusted_party");
    assert!(watched.looks().await, "the same files");
    assert!(!watched.looks().await, "once is enough");
    assert!(!watched.serves_as(&watched.network.server).await, "the new anchor vouches for nobody");
}

/// What participants may say of a certificate is asked anew for each upload.
#[tokio::test]
async fn other_rules_of_uploads_are_followed() {
    let mut watched = Watched::start().await;
    let a = &watched.network.a;
    let upload = |domain: &str| {
        let cms = a.message(a.dsc().der());
        Ask::new("POST", "/trustedCertificate")
            .json(serde_json::json!({ "cms": cms, "domain": domain }).to_string())
    };
    let (before, after) = (upload("NEXT"), upload("NEXT"));
    assert_eq!(watched.gate.ask(&a.tls, before).await.status, 400);
    watched.change("allowed_domains = [", "allowed_domains = [\"NEXT\", ");
    assert!(watched.looks().await);
    assert_eq!(watched.gate.ask(&watched.network.a.tls, after).await.status, 201);
}

#[tokio::test]
async fn other_limits_and_anchors_are_followed() {
    let mut watched = Watched::start().await;
    watched.change("reads_per_minute = 6000", "reads_per_minute = 1");
    watched.change("body_bytes = 4194304", "body_bytes = 10");
    assert!(watched.looks().await);
    let tls = &watched.network.a.tls;
    watched.gate.upload(tls, "A".repeat(11)).await.is_problem(413, "n/a");
    assert!(watched.serves_as(&watched.network.server).await);
    let answer = watched.gate.ask(tls, Ask::new("GET", "/countrylist")).await;
    answer.is_problem(429, "n/a");
    watched.change("reads_per_minute = 1", "reads_per_minute = 6000");
    assert!(watched.looks().await);
    // Another anchor has vouched for nobody.
    server().save(watched.network.folder.path(), "ta");
    assert!(watched.looks().await);
    assert!(!watched.serves_as(&watched.network.server).await);
    let always = watched.gate.running.look_again(&mut watched.watch, true).await;
    assert!(always.is_some(), "a signal reads in any case");
}

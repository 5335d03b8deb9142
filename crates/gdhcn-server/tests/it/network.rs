//! A trust anchor, two onboarded countries and a gateway on loopback.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_codes::Participant;
use gdhcn_crypto::{
    Curve, DigestAlgorithm, KeyKind, PublicKey, SignatureScheme, Signer, SoftwareKey,
};
use gdhcn_envelope::cms::{self, Form};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::{Certificate, CertificateTemplate, Name, NameBuilder};
use gdhcn_server::config::{GatewayConfig, TlsFiles};
use gdhcn_server::gateway::Onboarding;
use gdhcn_server::{Clock, Gateway, RunningGateway};
use gdhcn_store::audit_event::AuditEvent;
use gdhcn_store::trusted_party::{NewTrustedParty, PartyType};
use gdhcn_store::{Location, Store};
use gdhcn_testkit::TestDatabase;
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::participant::TrustedParty;
use gdhcn_trust::profile::Role;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::wire::{Answer, Ask, Identity};

/// The gateway's clock in these tests.
pub(crate) fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// Days before the gateway's present.
pub(crate) fn days_ago(days: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_hours(24 * days)).unwrap()
}

/// A certificate and its key.
pub(crate) struct Holder {
    pub(crate) certificate: Certificate,
    pub(crate) key: SoftwareKey,
}

impl Holder {
    pub(crate) fn new(role: Role, owner: Option<Participant>, at: Timestamp, days: i64) -> Self {
        let key = key();
        let mut request = Request::new(role, owner, "Test", key.public_key(), serial(), at);
        request.days = Some(days);
        let addresses = ["127.0.0.1".parse().unwrap()];
        if role == Role::GatewayServer {
            request.addresses = &addresses;
        }
        Self { certificate: request.self_signed(&key).unwrap(), key }
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity {
            certificate: self.certificate.der().to_vec(),
            key: self.key.to_pkcs8_der().to_vec(),
        }
    }

    /// Writes certificate and key as PEM files `<name>.pem` and `<name>.key`.
    pub(crate) fn save(&self, folder: &Path, name: &str) -> TlsFiles {
        let certificate = folder.join(format!("{name}.pem"));
        let key = folder.join(format!("{name}.key"));
        std::fs::write(&certificate, pem::encode("CERTIFICATE", self.certificate.der())).unwrap();
        std::fs::write(&key, self.key.to_pem().as_bytes()).unwrap();
        TlsFiles { certificate, key }
    }
}

/// The key material of one participant.
pub(crate) struct Country {
    pub(crate) code: Participant,
    pub(crate) sca: Holder,
    pub(crate) upload: Holder,
    pub(crate) tls: Holder,
}

impl Country {
    pub(crate) fn new(alpha2: &str) -> Self {
        let code = Participant::from_alpha2(alpha2).unwrap();
        let of = |role, days| Holder::new(role, Some(code), days_ago(30), days);
        Self {
            code,
            sca: of(Role::Sca, 1461),
            upload: of(Role::Upload, 730),
            tls: of(Role::Tls, 365),
        }
    }

    /// A new document signer.
    pub(crate) fn dsc(&self) -> Certificate {
        let key = key();
        Request::new(Role::Dsc, Some(self.code), "Test", key.public_key(), serial(), days_ago(1))
            .issued_by(&self.sca.certificate, &self.sca.key)
            .unwrap()
    }

    /// A document signer with a subject of choice.
    pub(crate) fn dsc_named(&self, subject: Name) -> Certificate {
        issue(subject, key().public_key(), &self.sca)
    }

    /// The message that uploads or withdraws a certificate.
    pub(crate) fn message(&self, content: &[u8]) -> String {
        message(content, &self.upload)
    }
}

/// `C` for each country, then a common name.
pub(crate) fn subject(countries: &[&str]) -> Name {
    let name = countries.iter().fold(NameBuilder::new(), |name, country| name.country(country));
    name.common_name("DSC").build().unwrap()
}

/// A certificate without any extension.
pub(crate) fn issue(subject: Name, public_key: &PublicKey, issuer: &Holder) -> Certificate {
    let template = CertificateTemplate::new(subject, serial(), days_ago(1), days_ago(-100));
    let scheme = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256);
    template.sign(public_key, issuer.certificate.subject(), &issuer.key, scheme).unwrap()
}

/// A message in Base64, signed by `signer`.
pub(crate) fn message(content: &[u8], signer: &Holder) -> String {
    let message =
        cms::sign(content, &signer.certificate, &signer.key, days_ago(0), Form::Attached).unwrap();
    BASE64_STANDARD.encode(message)
}

/// A new key on P-256.
pub(crate) fn key() -> SoftwareKey {
    SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap()
}

/// A serial number that no other certificate of the run has.
pub(crate) fn serial() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut serial = [0x55; 16];
    serial[8..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    serial
}

/// Trust anchor, countries XA and XB, and the folder of the gateway.
pub(crate) struct Network {
    pub(crate) folder: TempDir,
    pub(crate) database: TestDatabase,
    pub(crate) anchor: Holder,
    pub(crate) server: Holder,
    pub(crate) a: Country,
    pub(crate) b: Country,
}

impl Network {
    /// Nobody is onboarded yet.
    pub(crate) fn empty() -> Self {
        Self::empty_on(TestDatabase::sqlite())
    }

    /// Nobody is onboarded yet in this database.
    pub(crate) fn empty_on(database: TestDatabase) -> Self {
        let owner = Participant::from_alpha2("XX");
        // Peers check the server's certificate by the real clock, so it is valid for decades.
        Self {
            folder: tempfile::tempdir().unwrap(),
            database,
            anchor: Holder::new(Role::TrustAnchor, owner, days_ago(60), 3650),
            server: Holder::new(Role::GatewayServer, None, days_ago(3650), 36_500),
            a: Country::new("XA"),
            b: Country::new("XB"),
        }
    }

    /// Both countries are onboarded.
    pub(crate) async fn onboarded() -> Self {
        Self::onboarded_on(TestDatabase::sqlite()).await
    }

    /// Both countries are onboarded in this database.
    pub(crate) async fn onboarded_on(database: TestDatabase) -> Self {
        let network = Self::empty_on(database);
        let store = network.store().await;
        for country in [&network.a, &network.b] {
            network.onboard(&store, &country.tls, PartyType::Authentication).await;
            network.onboard(&store, &country.upload, PartyType::Upload).await;
            network.onboard(&store, &country.sca, PartyType::Csca).await;
        }
        store.close().await;
        network
    }

    /// The database, beside a gateway that may be running.
    pub(crate) async fn store(&self) -> Store {
        Store::open(self.location()).await.unwrap()
    }

    /// Where the database is.
    pub(crate) fn location(&self) -> Location {
        self.database.location().into()
    }

    /// The trust anchor signs, the operator stores.
    pub(crate) async fn onboard(&self, store: &Store, holder: &Holder, use_: PartyType) {
        let party = TrustedParty::onboard(
            &holder.certificate,
            &self.anchor.certificate,
            &self.anchor.key,
            days_ago(20),
        )
        .unwrap();
        let onboarding =
            Onboarding { party, certificate_type: use_, domain: None, roles: Vec::new() };
        let anchors = [self.anchor.certificate.clone()];
        onboarding.store(store, &anchors, days_ago(10)).await.unwrap();
    }

    /// A row as an operator might write it by hand, unchecked.
    pub(crate) async fn insert(
        &self,
        store: &Store,
        holder: &Holder,
        change: impl FnOnce(&mut NewTrustedParty),
    ) {
        let signature = cms::sign(
            holder.certificate.der(),
            &self.anchor.certificate,
            &self.anchor.key,
            days_ago(20),
            Form::Detached,
        );
        let mut row = NewTrustedParty {
            created_at: days_ago(10),
            country: holder.certificate.subject().country().unwrap_or("XA").to_owned(),
            thumbprint: holder.certificate.thumbprint().to_string(),
            raw_data: BASE64_STANDARD.encode(holder.certificate.der()),
            signature: BASE64_STANDARD.encode(signature.unwrap()),
            certificate_type: PartyType::Authentication,
            kid: holder.certificate.kid().to_base64(),
            domain: Some("DCC".into()),
            source_gateway_id: None,
            assigned_gateway: None,
            roles: Vec::new(),
        };
        change(&mut row);
        let event = AuditEvent {
            occurred_at: now(),
            request_id: "by hand".into(),
            country: None,
            uploader_fingerprint: None,
            authentication_fingerprint: None,
            event: "ONBOARDED".into(),
            description: "by hand".into(),
            code: None,
            payload_sha256: None,
        };
        store.insert_trusted_party(row, &event).await.unwrap();
    }

    /// A configuration that listens on a free port.
    pub(crate) fn config(&self) -> GatewayConfig {
        let folder = self.folder.path();
        let anchor = self.anchor.save(folder, "ta").certificate;
        GatewayConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            tls: Some(self.server.save(folder, "server")),
            ..GatewayConfig::new(self.location(), vec![anchor])
        }
    }

    /// Both countries are onboarded, their client certificates with all roles, and batches can be
    /// uploaded.
    pub(crate) async fn revoking() -> (Self, GatewayConfig) {
        let network = Self::onboarded().await;
        for role in ["REVOCATION_LIST_READER", "REVOCATION_UPLOADER", "REVOCATION_DELETER"] {
            network.database.by_hand(&format!(
                "INSERT INTO trusted_party_roles SELECT id, '{role}' FROM trusted_party
                  WHERE certificate_type = 'AUTHENTICATION'"
            ));
        }
        let mut config = network.config();
        config.revocation.uploads = true;
        (network, config)
    }

    /// Starts the gateway.
    pub(crate) async fn start(&self) -> Gate {
        self.start_with(self.config()).await
    }

    /// Starts the gateway with another configuration.
    pub(crate) async fn start_with(&self, config: GatewayConfig) -> Gate {
        self.start_at(config, now()).await
    }

    /// Starts the gateway at another present.
    pub(crate) async fn start_at(&self, config: GatewayConfig, at: Timestamp) -> Gate {
        let tls = config.tls.is_some();
        let running = Gateway::start(config, Clock::Fixed(at)).await.unwrap();
        Gate {
            server: tls.then(|| self.server.certificate.der().to_vec()),
            address: running.address(),
            running,
        }
    }
}

/// A running gateway and how to reach it.
pub(crate) struct Gate {
    pub(crate) running: RunningGateway,
    pub(crate) address: SocketAddr,
    /// The server certificate that peers expect; none without TLS.
    pub(crate) server: Option<Vec<u8>>,
}

impl Gate {
    /// Sends a request with a client certificate.
    pub(crate) async fn ask(&self, peer: &Holder, ask: Ask) -> Answer {
        ask.send(self.address, self.server.as_deref(), Some(&peer.identity())).await.unwrap()
    }

    /// Sends a message to `POST /signerCertificate`.
    pub(crate) async fn upload(&self, peer: &Holder, message: impl Into<Vec<u8>>) -> Answer {
        self.ask(peer, Ask::new("POST", "/signerCertificate").cms(message)).await
    }

    /// Sends a message to `DELETE /signerCertificate`.
    pub(crate) async fn delete(&self, peer: &Holder, message: impl Into<Vec<u8>>) -> Answer {
        self.ask(peer, Ask::new("DELETE", "/signerCertificate").cms(message)).await
    }

    /// Thumbprints of the entries of a list.
    pub(crate) async fn thumbprints(&self, peer: &Holder, path: &str) -> Vec<String> {
        let answer = self.ask(peer, Ask::new("GET", path)).await;
        assert_eq!(answer.status, 200, "{path}");
        let list = answer.json();
        let entries = list.as_array().unwrap();
        entries.iter().map(|entry| entry["thumbprint"].as_str().unwrap().to_owned()).collect()
    }

    /// The audit trail's events and codes, without those of onboarding.
    pub(crate) async fn trail(&self) -> Vec<(String, Option<String>)> {
        let events = self.running.store().audit_events(None, 1000).await.unwrap();
        events
            .into_iter()
            .map(|recorded| (recorded.event.event, recorded.event.code))
            .filter(|(event, _)| event != "ONBOARDED")
            .collect()
    }
}

//! The operator, the countries and the gateway of the demo.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_client::gateway::{
    ClientIdentity, Deletion, DeletionForm, Download, Gateway as Client, GatewayOptions,
    ProxyChoice, Selection, ServerTrust, Upload,
};
use gdhcn_codes::{KeyUsage, Participant, StatementKind};
use gdhcn_crypto::{Backend, Curve, KeyKind, Signer, SoftwareKey};
use gdhcn_envelope::cms;
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;
use gdhcn_server::config::{LogConfig, TlsFiles};
use gdhcn_server::gateway::Onboarding;
use gdhcn_server::{Clock, Gateway, GatewayConfig, RunningGateway};
use gdhcn_store::trusted_party::PartyType;
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::participant::TrustedParty;
use gdhcn_trust::profile::Role;
use gdhcn_trust::{TrustStore, TrustStoreBuilder};
use jiff::Timestamp;

use super::certificates::Paper;
use crate::command::gateway::AuditArguments;
use crate::exit::{Fault, OrInput, OrInternal};
use crate::file::write_secret;
use crate::output::now;

/// A certificate with its private key, saved as `NAME.pem` and `NAME.key`.
pub(super) struct Identity {
    pub(super) certificate: Certificate,
    pub(super) key: SoftwareKey,
}

impl Identity {
    /// Makes key and self-signed certificate of a role.
    fn self_signed(
        role: Role,
        owner: Option<Participant>,
        organization: &str,
        at: Timestamp,
    ) -> Result<Self, Fault> {
        let key = new_key()?;
        let mut request = Request::new(role, owner, organization, key.public_key(), serial(), at);
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        if role == Role::GatewayServer {
            request.dns_names = &["localhost"];
            request.addresses = &loopback;
        }
        let certificate = request.self_signed(&key).or_internal("making a certificate")?;
        Ok(Self { certificate, key })
    }

    fn save(&self, folder: &Path, name: &str) -> Result<(), Fault> {
        let certificate = pem::encode("CERTIFICATE", self.certificate.der());
        write(&folder.join(format!("{name}.pem")), certificate.as_bytes())?;
        write_secret(&folder.join(format!("{name}.key")), self.key.to_pem().as_bytes())
    }

    /// Whether its own signature holds and it may sign certificates.
    pub(super) fn is_sound(&self) -> bool {
        is_signed_by(&self.certificate, &self.certificate)
            && self.certificate.extensions().basic_constraints.is_some_and(|basic| basic.ca)
    }
}

fn is_signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let Ok(key) = issuer.public_key() else { return false };
    Backend::default()
        .verifier(key)
        .is_ok_and(|verifier| certificate.verify_signature(verifier.as_ref()).is_ok())
}

fn new_key() -> Result<SoftwareKey, Fault> {
    SoftwareKey::generate(KeyKind::Ec(Curve::P256)).or_internal("making a key")
}

/// Sixteen random bytes; the ceremony sees to their sign.
fn serial() -> [u8; 16] {
    uuid::Uuid::new_v4().into_bytes()
}

/// WHO or a region: the trust anchor and the gateway's own certificate.
pub(super) struct Operator {
    folder: PathBuf,
    pub(super) trust_anchor: Identity,
}

impl Operator {
    pub(super) fn create(folder: &Path) -> Result<Self, Fault> {
        fs::create_dir_all(folder).or_input(folder.display())?;
        let switzerland = Participant::from_alpha2("CH");
        let trust_anchor =
            Identity::self_signed(Role::TrustAnchor, switzerland, "Demo operator", now())?;
        trust_anchor.save(folder, "trust-anchor")?;
        Identity::self_signed(Role::GatewayServer, None, "Demo operator", now())?
            .save(folder, "gateway")?;
        Ok(Self { folder: folder.to_owned(), trust_anchor })
    }
}

/// A participant with the keys of all its roles.
pub(super) struct Country {
    pub(super) participant: Participant,
    pub(super) folder: PathBuf,
    pub(super) sca: Identity,
    pub(super) dsc: Identity,
    upload: Identity,
    tls: Identity,
}

impl Country {
    pub(super) fn create(participant: Participant, folder: &Path) -> Result<Self, Fault> {
        fs::create_dir_all(folder).or_input(folder.display())?;
        let organization = format!("Ministry of Health of {}", participant.alpha3());
        let own = |role| Identity::self_signed(role, Some(participant), &organization, now());
        let sca = own(Role::Sca)?;
        let dsc = document_signer(participant, &organization, &sca)?;
        let country = Self {
            participant,
            folder: folder.to_owned(),
            sca,
            dsc,
            upload: own(Role::Upload)?,
            tls: own(Role::Tls)?,
        };
        country.sca.save(folder, "sca")?;
        country.dsc.save(folder, "dsc")?;
        country.upload.save(folder, "upload")?;
        country.tls.save(folder, "tls")?;
        Ok(country)
    }

    pub(super) fn dsc_is_from_sca(&self) -> bool {
        is_signed_by(&self.dsc.certificate, &self.sca.certificate)
    }

    /// The DSC's certificate as a message signed by the upload key, in base64.
    fn signed_dsc(&self) -> Result<String, Fault> {
        let message = cms::sign(
            self.dsc.certificate.der(),
            &self.upload.certificate,
            &self.upload.key,
            now(),
            cms::Form::Attached,
        )
        .or_internal("signing the upload")?;
        Ok(STANDARD.encode(message))
    }
}

fn document_signer(
    participant: Participant,
    organization: &str,
    sca: &Identity,
) -> Result<Identity, Fault> {
    let key = new_key()?;
    let mut request = Request::new(
        Role::Dsc,
        Some(participant),
        organization,
        key.public_key(),
        serial(),
        // Inside the SCA's validity, which began a moment ago.
        now(),
    );
    request.purposes = &[StatementKind::Vaccination];
    let certificate =
        request.issued_by(&sca.certificate, &sca.key).or_internal("making the DSC")?;
    Ok(Identity { certificate, key })
}

/// What a verifier got from the gateway.
pub(super) struct Received {
    pub(super) trust: TrustStore,
    pub(super) file: PathBuf,
    pub(super) entries: usize,
    pub(super) signers: usize,
    pub(super) refused: usize,
}

/// What is on the gateway's disk.
pub(super) struct Known {
    pub(super) keys: usize,
    pub(super) events: usize,
    pub(super) names_a_person: bool,
}

/// The running gateway and its operator.
pub(super) struct Network {
    operator: Operator,
    running: RunningGateway,
    server: ServerTrust,
}

impl Network {
    pub(super) async fn start(operator: Operator, port: u16) -> Result<Self, Fault> {
        let mut config = GatewayConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            log: Some(LogConfig { origin: "demo.example/log".into(), key: "log.key".into() }),
            tls: Some(TlsFiles { certificate: "gateway.pem".into(), key: "gateway.key".into() }),
            ..GatewayConfig::new(Path::new("database"), vec!["trust-anchor.pem".into()])
        };
        let file = operator.folder.join("gateway.toml");
        write_config(&file, &config)?;
        let loaded = GatewayConfig::load(&file).or_internal("the gateway's configuration")?;
        let running =
            Gateway::start(loaded, Clock::System).await.or_internal("starting the gateway")?;
        // With the port that the system chose, so that it can be started again by hand.
        config.listen = running.address();
        write_config(&file, &config)?;
        let server = ServerTrust::from_pem(&read(&operator.folder.join("gateway.pem"))?)
            .or_internal("the gateway's certificate")?;
        Ok(Self { operator, running, server })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.running.address()
    }

    pub(super) fn url(&self) -> String {
        format!("https://{}", self.address())
    }

    pub(super) fn database(&self) -> PathBuf {
        self.running.store().file().unwrap_or_default()
    }

    pub(super) async fn shutdown(self) {
        self.running.shutdown().await;
    }

    /// Has the trust anchor sign a country's SCA, upload and TLS certificate, and stores them.
    pub(super) async fn onboard(&self, country: &Country) -> Result<usize, Fault> {
        let anchor = &self.operator.trust_anchor;
        let mut stored = 0;
        for (certificate_type, identity) in [
            (PartyType::Csca, &country.sca),
            (PartyType::Upload, &country.upload),
            (PartyType::Authentication, &country.tls),
        ] {
            let party = TrustedParty::onboard(
                &identity.certificate,
                &anchor.certificate,
                &anchor.key,
                now(),
            )
            .or_internal("signing with the trust anchor")?;
            Onboarding { party, certificate_type, domain: None, roles: Vec::new() }
                .store(self.running.store(), std::slice::from_ref(&anchor.certificate), now())
                .await
                .or_internal("onboarding")?;
            stored += 1;
        }
        self.running.refresh().await.or_internal("onboarding")?;
        Ok(stored)
    }

    fn client(&self, country: &Country) -> Result<Client, Fault> {
        let certificate = pem::encode("CERTIFICATE", country.tls.certificate.der());
        let identity =
            ClientIdentity::from_pem(certificate.as_bytes(), country.tls.key.to_pem().as_bytes())
                .or_internal("the client certificate")?;
        let mut options = GatewayOptions::new(self.url(), identity, self.server.clone());
        options.proxy = ProxyChoice::Direct;
        Client::new(options).or_internal("the gateway's address")
    }

    /// Whether the gateway takes connections.
    pub(super) async fn is_listening(&self) -> bool {
        tokio::net::TcpStream::connect(self.address()).await.is_ok()
    }

    /// What the gateway says to a country's request for the list.
    pub(super) async fn ask_as(&self, country: &Country) -> Result<String, Fault> {
        Ok(match self.client(country)?.trust_list(&Selection::All, None).await {
            Ok(_) => "it got the list".to_owned(),
            Err(error) => error.to_string(),
        })
    }

    pub(super) async fn upload_dsc(&self, country: &Country) -> Result<Upload, Fault> {
        self.client(country)?
            .upload_signer_certificate(&country.signed_dsc()?)
            .await
            .or_internal("uploading the DSC")
    }

    pub(super) async fn delete_dsc(&self, country: &Country) -> Result<Deletion, Fault> {
        self.client(country)?
            .delete_signer_certificate(&country.signed_dsc()?, DeletionForm::Delete)
            .await
            .or_internal("deleting the DSC")
    }

    /// Fetches the trust list as `country`, saves it and checks every signature in it.
    pub(super) async fn fetch_list(
        &self,
        country: &Country,
        name: &str,
    ) -> Result<Received, Fault> {
        let download = self
            .client(country)?
            .trust_list(&Selection::All, None)
            .await
            .or_internal("fetching the trust list")?;
        let Download::List(list) = download else {
            return Err(Fault::Internal(anyhow!("an answer to no question")));
        };
        let file = country.folder.join(name);
        let json = serde_json::to_vec_pretty(list.items()).or_internal("saving the list")?;
        write(&file, &json)?;
        let items = list.to_gateway_items();
        let mut builder = TrustStoreBuilder::new(Backend::default());
        let anchors = std::slice::from_ref(&self.operator.trust_anchor.certificate);
        builder.add_gateway_list(&file.display().to_string(), &items, anchors);
        let trust = builder.build();
        Ok(Received {
            file,
            entries: items.len(),
            signers: trust.keys().iter().filter(|key| key.usage == KeyUsage::Dsc).count(),
            refused: trust.refused().len() + list.unreadable().len(),
            trust,
        })
    }

    /// The trust list that a country fetched last.
    pub(super) async fn list(&self, country: &Country) -> Result<Vec<u8>, Fault> {
        read(&self.fetch_list(country, "trust-list-3.json").await?.file)
    }

    /// How a country audits the gateway.
    pub(super) fn audit_arguments(&self, country: &Country) -> AuditArguments {
        let operator = &self.operator.folder;
        AuditArguments {
            log: format!("{}/log", self.url()),
            key: operator.join("log.key.pub").display().to_string(),
            gateway: Some(self.url()),
            list: None,
            trust_anchor: Some(operator.join("trust-anchor.pem")),
            state: None,
            client_cert: Some(country.folder.join("tls.pem")),
            client_key: Some(country.folder.join("tls.key")),
            gateway_ca: Some(operator.join("gateway.pem")),
            json: false,
        }
    }

    /// Looks for the traveller in everything that the gateway keeps.
    pub(super) async fn what_the_gateway_knows(&self, papers: &[Paper]) -> Result<Known, Fault> {
        let store = self.running.store();
        let content = store.trust_content().await.or_internal("reading the database")?;
        let events = store.audit_events(None, 1_000).await.or_internal("reading the database")?;
        // The file itself is not to be opened while the gateway works with it.
        let copy = self.database().with_file_name("copy.sqlite3");
        store.copy_to(&copy).await.or_internal("copying the database")?;
        let bytes = read(&copy)?;
        fs::remove_file(&copy).or_input(copy.display())?;
        let names_a_person = papers
            .iter()
            .flat_map(Paper::personal)
            .any(|text| bytes.windows(text.len()).any(|window| window == text.as_bytes()));
        Ok(Known {
            keys: content.trusted_parties.len() + content.signer_information.len(),
            events: events.len(),
            names_a_person,
        })
    }
}

fn write_config(file: &Path, config: &GatewayConfig) -> Result<(), Fault> {
    write(file, config.to_toml().or_internal("the gateway's configuration")?.as_bytes())
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    fs::read(path).or_input(path.display())
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    fs::write(path, bytes).or_input(path.display())
}

//! The shipped proxy configurations, run in front of a gateway (G7).

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gdhcn_envelope::pem;

use crate::network::{Country, Gate, Holder, Network};
use crate::wire::{Answer, Ask};

/// Ended when dropped.
struct Proxy {
    child: Child,
    address: SocketAddr,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Proxy {
    /// Starts a proxy from its shipped configuration, with the test's places in it.
    async fn start(
        network: &Network,
        file: &str,
        change: impl FnOnce(String, SocketAddr) -> String,
        program: impl FnOnce(&Path) -> Command,
    ) -> Self {
        let folder = network.folder.path();
        network.server.save(folder, "gateway");
        let certificate = fs::read_to_string(folder.join("gateway.pem")).unwrap();
        let key = fs::read_to_string(folder.join("gateway.key")).unwrap();
        fs::write(folder.join("haproxy.pem"), certificate + &key).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/proxy").join(file);
        let text = fs::read_to_string(shipped).unwrap();
        let text = text.replace("/etc/gdhcn/", &format!("{}/", folder.display()));
        let configuration = folder.join(file);
        fs::write(&configuration, change(text, address)).unwrap();
        let child = program(&configuration)
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("proxy.log")).unwrap())
            .spawn()
            .expect("the proxy is installed (cargo xtask test does it)");
        let proxy = Self { child, address };
        for attempt in 0.. {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return proxy;
            }
            let said = fs::read_to_string(folder.join("proxy.log")).unwrap();
            assert!(attempt < 200, "the proxy does not listen: {said}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        unreachable!("the loop ends by an answer or a failure")
    }

    async fn ask(&self, network: &Network, peer: Option<&Holder>, ask: Ask) -> Answer {
        let identity = peer.map(Holder::identity);
        let server = Some(network.server.certificate.der());
        ask.send(self.address, server, identity.as_ref()).await.unwrap()
    }
}

/// A gateway without TLS that believes proxies on this machine.
async fn behind_a_proxy(network: &Network) -> Gate {
    let mut config = network.config();
    config.tls = None;
    config.proxy_headers.enabled = true;
    config.proxy_headers.allowed_addresses = vec!["127.0.0.1".parse().unwrap()];
    network.start_with(config).await
}

/// What must hold of every proxy.
async fn hands_on_who_it_is(network: &Network, proxy: &Proxy) {
    let list = || Ask::new("GET", "/trustList");
    let answer = proxy.ask(network, Some(&network.a.tls), list()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json().as_array().unwrap().len(), 6);
    // Uploads pass as they are.
    let message = network.a.message(network.a.dsc().der());
    let upload = Ask::new("POST", "/signerCertificate").cms(message);
    assert_eq!(proxy.ask(network, Some(&network.a.tls), upload).await.status, 201);

    let stranger = Country::new("XA").tls;
    proxy.ask(network, Some(&stranger), list()).await.is_problem(401, "0x402");
    proxy.ask(network, None, list()).await.is_problem(401, "0x400");
    // Nobody speaks for another by headers.
    let certificate = &network.a.tls.certificate;
    let escaped: String = pem::encode("CERTIFICATE", certificate.der())
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect();
    let forged = || {
        list()
            .header("X-SSL-Client-SHA256", &certificate.thumbprint().to_string())
            .header("X-SSL-Client-DN", "C=XA")
            .header("X-SSL-Client-Cert", &escaped)
    };
    proxy.ask(network, Some(&stranger), forged()).await.is_problem(401, "0x402");
    proxy.ask(network, None, forged()).await.is_problem(401, "0x400");
}

#[tokio::test]
async fn g7_nginx_hands_on_the_client_certificate_and_nothing_that_a_client_says() {
    let network = Network::onboarded().await;
    let gate = behind_a_proxy(&network).await;
    let folder = network.folder.path().to_owned();
    let proxy = Proxy::start(
        &network,
        "nginx.conf",
        |text, address| {
            let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .iter()
                .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.display()))
                .collect();
            text.replace("listen 443 ssl", &format!("listen {address} ssl"))
                .replace("127.0.0.1:8090", &gate.address.to_string())
                .replace("http {", &format!("http {{\naccess_log off;\n{temporary}"))
        },
        |configuration| {
            let mut command = Command::new("nginx");
            let directives = format!("daemon off; pid {}/nginx.pid;", folder.display());
            command.args(["-e", "stderr", "-g", &directives, "-c"]).arg(configuration);
            command
        },
    )
    .await;
    hands_on_who_it_is(&network, &proxy).await;
}

#[tokio::test]
async fn g7_haproxy_hands_on_the_client_certificate_and_nothing_that_a_client_says() {
    let network = Network::onboarded().await;
    let gate = behind_a_proxy(&network).await;
    let proxy = Proxy::start(
        &network,
        "haproxy.cfg",
        |text, address| {
            text.replace("bind *:443", &format!("bind {address}"))
                .replace("127.0.0.1:8090", &gate.address.to_string())
        },
        |configuration| {
            let mut command = Command::new("haproxy");
            command.arg("-db").arg("-f").arg(configuration);
            command
        },
    )
    .await;
    hands_on_who_it_is(&network, &proxy).await;
}

/// Envoy is in no distribution's packages: `cargo xtask test` installs it where it can.
#[tokio::test]
async fn g7_envoy_hands_on_the_client_certificate_and_nothing_that_a_client_says() {
    let Some(envoy) = gdhcn_testkit::optional_program("envoy") else { return };
    let network = Network::onboarded().await;
    let gate = behind_a_proxy(&network).await;
    let proxy = Proxy::start(
        &network,
        "envoy.yaml",
        |text, address| {
            let (listen, own) = (address.port(), gate.address.port());
            text.replace(
                "{ address: 0.0.0.0, port_value: 443 }",
                &format!("{{ address: 127.0.0.1, port_value: {listen} }}"),
            )
            .replace("port_value: 8090", &format!("port_value: {own}"))
        },
        |configuration| {
            let mut command = Command::new(envoy);
            command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warn"]);
            command.arg("--config-path").arg(configuration);
            command
        },
    )
    .await;
    hands_on_who_it_is(&network, &proxy).await;
}

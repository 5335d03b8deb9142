//! The gateway as a process of its own: how soon it answers, and what it takes at rest.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_client::gateway::{
    ClientIdentity, Download, Gateway, GatewayOptions, ProxyChoice, Selection, ServerTrust,
};
use gdhcn_codes::Participant;
use gdhcn_crypto::{Curve, KeyKind, Signer, SoftwareKey};
use gdhcn_envelope::x509::Certificate;
use gdhcn_envelope::{cms, pem};
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::profile::Role;
use jiff::Timestamp;

use crate::{Row, median};

const CERTIFICATES: usize = 500;
const STARTS: usize = 7;

/// `folder` is that of a demo that has ended.
pub(crate) fn rows(folder: &Path) -> Vec<Row> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let upload = runtime.block_on(fill(folder));
    let mut starts = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..STARTS {
        let begin = Instant::now();
        let server = Server::start(folder);
        let entries = runtime.block_on(first_answer(folder));
        starts.push(begin.elapsed().as_secs_f64() * 1e3);
        assert!(entries >= CERTIFICATES, "{entries} entries");
        std::thread::sleep(Duration::from_millis(500));
        memory.push(server.resident_mebibytes());
    }
    vec![
        Row::plain("gateway_start_to_answer", median(starts), "ms", 300.0),
        Row::plain("gateway_memory_500", median(memory), "MiB", 40.0),
        Row::plain("gateway_upload", upload, "ms", 50.0),
    ]
}

struct Server(Child);

impl Server {
    fn start(folder: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_gdhcn"))
            .args(["gateway", "serve", "--config"])
            .arg(folder.join("operator/gateway.toml"))
            .env("RUST_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn resident_mebibytes(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn client(folder: &Path, country: &str) -> Gateway {
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let identity = ClientIdentity::from_pem(
        &read(&format!("{country}/tls.pem")),
        &read(&format!("{country}/tls.key")),
    )
    .unwrap();
    let server = ServerTrust::from_pem(&read("operator/gateway.pem")).unwrap();
    let config = std::fs::read_to_string(folder.join("operator/gateway.toml")).unwrap();
    let address = config.lines().find_map(|line| line.strip_prefix("listen = ")).unwrap();
    let mut options =
        GatewayOptions::new(format!("https://{}", address.trim_matches('"')), identity, server);
    options.proxy = ProxyChoice::Direct;
    Gateway::new(options).unwrap()
}

/// Asks until there is an answer.
async fn first_answer(folder: &Path) -> usize {
    let client = client(folder, "xxb");
    loop {
        match client.trust_list(&Selection::All, None).await {
            Ok(Download::List(list)) => return list.items().len(),
            Ok(Download::NotModified) => unreachable!(),
            Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
}

/// Uploads document signers as XXA and gives the median time of one upload.
#[allow(clippy::disallowed_methods, reason = "a benchmark is run now")]
async fn fill(folder: &Path) -> f64 {
    let _server = Server::start(folder);
    first_answer(folder).await;
    let client = client(folder, "xxa");
    let identity = |name: &str| {
        let file =
            |ending: &str| std::fs::read(folder.join(format!("xxa/{name}.{ending}"))).unwrap();
        let certificate: Certificate = pem::certificates(&file("pem")).remove(0).unwrap();
        let key = SoftwareKey::from_pem(&String::from_utf8(file("key")).unwrap()).unwrap();
        (certificate, key)
    };
    let ((sca, sca_key), (uploader, upload_key)) = (identity("sca"), identity("upload"));
    let participant = Participant::parse("XXA").unwrap();
    let at = Timestamp::now();
    let mut times = Vec::new();
    for number in 0..CERTIFICATES {
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let mut serial = [7; 16];
        serial[8..].copy_from_slice(&(number as u64).to_be_bytes());
        let dsc = Request::new(Role::Dsc, Some(participant), "Bench", key.public_key(), serial, at)
            .issued_by(&sca, &sca_key)
            .unwrap();
        let message =
            cms::sign(dsc.der(), &uploader, &upload_key, at, cms::Form::Attached).unwrap();
        let body = STANDARD.encode(message);
        let begin = Instant::now();
        client.upload_signer_certificate(&body).await.unwrap();
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    median(times)
}

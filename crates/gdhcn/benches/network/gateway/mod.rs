//! The gateway as a process of its own: how soon it answers, what it takes at rest, and how much it
//! gives to participants that ask as fast as they can.
//!
//! The clients run on the same processors; what they take is in the figures. The baseline is a bare
//! server of hyper and rustls that sends the same bytes, asked by the same client in turn.

mod bare;
mod fill;
mod load;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gdhcn_client::gateway::{ClientIdentity, Gateway, GatewayOptions, ProxyChoice, ServerTrust};
use gdhcn_server::GatewayConfig;

use self::bare::Bare;
use self::fill::Maker;
use self::load::{Load, client_config};
use crate::{Row, Target, median};

/// Document signers at which everything is measured, beside one alone.
const SOME: usize = 500;
const MANY: usize = 50_000;
/// Rounds of each measurement under load, in turn with the baseline's.
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);

/// `folder` is that of a demo that has ended.
pub(crate) fn rows(folder: &Path) -> Vec<Row> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    raise_limits(folder);
    let maker = Maker::new(folder);
    upload(&runtime, folder, &maker, 0..1);
    let mut rows = at_rest(folder, [START[0], MEMORY[0]], 7);
    let one_upload = upload(&runtime, folder, &maker, 1..SOME);
    rows.extend(at_rest(folder, [START[1], MEMORY[1]], 7));
    rows.push(Row::plain("gateway_upload", one_upload, "ms", 50.0));
    rows.extend(under_load(folder, &DOWNLOADS[0]));

    let begin = Instant::now();
    runtime.block_on(maker.insert(&folder.join("operator/database"), SOME..MANY));
    println!("{MANY} document signers made in {:.0} s", begin.elapsed().as_secs_f64());
    rows.extend(at_rest(folder, [START[2], MEMORY[2]], 3));
    let one_upload = upload(&runtime, folder, &maker, MANY..MANY + 50);
    rows.push(Row::plain("gateway_upload_50000", one_upload, "ms", 50.0));
    rows.extend(under_load(folder, &DOWNLOADS[1]));
    rows
}

/// Uploads document signers; the median time of one in milliseconds.
fn upload(
    runtime: &tokio::runtime::Runtime,
    folder: &Path,
    maker: &Maker,
    numbers: std::ops::Range<usize>,
) -> f64 {
    let _server = Server::start(folder);
    asking(folder).first();
    runtime.block_on(maker.upload(&client(folder, "xxa"), numbers))
}

const START: [(&str, f64); 3] = [
    ("gateway_start_to_answer_1", 300.0),
    ("gateway_start_to_answer_500", 300.0),
    ("gateway_start_to_answer_50000", 10_000.0),
];
const MEMORY: [(&str, f64); 3] =
    [("gateway_memory_1", 40.0), ("gateway_memory_500", 40.0), ("gateway_memory_50000", 600.0)];

/// Starts the gateway some times: until the first full trust list, and its memory half a second
/// later.
fn at_rest(folder: &Path, [start, memory]: [(&'static str, f64); 2], times: usize) -> Vec<Row> {
    let (mut starts, mut memories, mut bytes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..times {
        let begin = Instant::now();
        let server = Server::start(folder);
        bytes = asking(folder).first().length;
        starts.push(begin.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(Duration::from_millis(500));
        memories.push(server.resident_mebibytes());
    }
    println!("{}: a list of {bytes} bytes, {starts:.0?} ms, {memories:.0?} MiB", start.0);
    vec![
        Row::plain(start.0, median(starts), "ms", start.1),
        Row::plain(memory.0, median(memories), "MiB", memory.1),
    ]
}

/// Names of the measurements under load.
struct Names {
    conditional: &'static str,
    downloads: &'static str,
    bytes: &'static str,
    handshakes: &'static str,
}

const DOWNLOADS: [Names; 2] = [
    Names {
        conditional: "not_modified_500",
        downloads: "trust_list_500",
        bytes: "trust_list_500_bytes",
        handshakes: "trust_list_500_handshakes",
    },
    Names {
        conditional: "not_modified_50000",
        downloads: "trust_list_50000",
        bytes: "trust_list_50000_bytes",
        handshakes: "trust_list_50000_handshakes",
    },
];

/// A participant that asks for the whole list over and over.
fn asking(folder: &Path) -> Load {
    let address = config(folder).listen;
    Load {
        address,
        tls: client_config(folder, "xxb"),
        request: format!("GET /trustList HTTP/1.1\r\nHost: {address}\r\n\r\n"),
        threads: 2,
        connections: Some(1),
        time: ROUND,
    }
}

fn under_load(folder: &Path, names: &Names) -> Vec<Row> {
    let server = Server::start(folder);
    let base = asking(folder);
    base.first();
    let (answer, body) = base.once();
    let tag = answer.header("etag").unwrap().to_owned();
    println!("{}: {} bytes each", names.downloads, body.len());
    let bare_304 = Bare::start(folder, 304, &tag, Vec::new());
    let bare_200 = Bare::start(folder, 200, &tag, body);

    let conditional = Load {
        request: base.request.replace("\r\n\r\n", &format!("\r\nIf-None-Match: {tag}\r\n\r\n")),
        connections: Some(8),
        ..base.clone()
    };
    let handshakes = Load { threads: 4, connections: None, ..base.clone() };
    let conditional = in_turn(&conditional, &bare_304, 304);
    let downloads = in_turn(&base, &bare_200, 200);
    let handshakes = in_turn(&handshakes, &bare_200, 200);
    println!("{}: {:.0} MiB afterwards", names.downloads, server.resident_mebibytes());
    vec![
        conditional.row(names.conditional, "/s", Target::AtLeast(20_000.0)),
        downloads.row(names.downloads, "/s", Target::Nothing),
        downloads.bytes(names.bytes),
        handshakes.row(names.handshakes, "/s", Target::Nothing),
    ]
}

/// The best of the rounds, since others use the machine too, and the median of the ratios.
struct Measured {
    answers: f64,
    baseline: f64,
    ratio: f64,
    bytes_each: f64,
}

impl Measured {
    fn row(&self, name: &'static str, unit: &'static str, target: Target) -> Row {
        Row {
            name,
            value: self.answers,
            unit,
            baseline: Some(self.baseline),
            ratio: Some(self.ratio),
            target,
        }
    }

    /// The same in bytes.
    fn bytes(&self, name: &'static str) -> Row {
        let scale = self.bytes_each / 1e6;
        let (value, baseline) = (self.answers * scale, Some(self.baseline * scale));
        Row { value, baseline, ..self.row(name, "MB/s", Target::Nothing) }
    }
}

fn in_turn(load: &Load, bare: &Bare, status: u16) -> Measured {
    let other = Load { address: bare.address, ..load.clone() };
    let (mut answers, mut baseline, mut ratios) = (0.0_f64, 0.0_f64, Vec::new());
    let mut bytes_each = 0.0;
    for _ in 0..ROUNDS {
        let (ours, theirs) = (load.run(status), other.run(status));
        answers = answers.max(ours.answers);
        baseline = baseline.max(theirs.answers);
        ratios.push(ours.answers / theirs.answers);
        bytes_each = ours.bytes / ours.answers;
    }
    println!("    {answers:.0} /s, baseline {baseline:.0} /s, ratios {ratios:.2?}");
    Measured { answers, baseline, ratio: median(ratios), bytes_each }
}

fn config(folder: &Path) -> GatewayConfig {
    GatewayConfig::load(&folder.join("operator/gateway.toml")).unwrap()
}

/// One participant asks as fast as it can here.
fn raise_limits(folder: &Path) {
    let mut config = config(folder);
    config.limits.reads_per_minute = u32::MAX;
    config.limits.writes_per_minute = u32::MAX;
    config.limits.handshakes_per_minute = u32::MAX;
    std::fs::write(folder.join("operator/gateway.toml"), config.to_toml().unwrap()).unwrap();
}

struct Server(Child);

impl Server {
    fn start(folder: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_gdhcn"))
            .args(["gateway", "serve", "--config"])
            .arg(folder.join("operator/gateway.toml"))
            .env_remove("RUST_LOG")
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
    let url = format!("https://{}", config(folder).listen);
    let mut options = GatewayOptions::new(url, identity, server);
    options.proxy = ProxyChoice::Direct;
    Gateway::new(options).unwrap()
}

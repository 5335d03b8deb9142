//! The shipped dashboard, asked of a Prometheus that watches a running gateway.

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::metrics::{everything, shipped};
use crate::network::Network;
use crate::wire::Ask;

/// The panels that an operator was promised, and what each must tell apart.
const PROMISED: [(&str, &[&str]); 4] = [
    ("Certificate expiry by participant", &["group", "participant"]),
    ("Onboarding state", &["group", "participant"]),
    ("Requests by participant", &["participant"]),
    ("Availability", &[]),
];

/// Ended when dropped.
struct Prometheus {
    child: Child,
    address: SocketAddr,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    async fn watching(gateway: SocketAddr, folder: &Path) -> Self {
        let config = json!({
            "global": { "scrape_interval": "1s", "scrape_timeout": "1s" },
            "scrape_configs": [{
                "job_name": "gdhcn",
                "static_configs": [{ "targets": [gateway.to_string()] }],
            }],
        });
        let file = folder.join("prometheus.yml");
        fs::write(&file, config.to_string()).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("prometheus").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("prometheus.log")).unwrap())
            .spawn()
            .expect("prometheus is installed (cargo xtask test does it)");
        let prometheus = Self { child, address };
        let until = Instant::now() + Duration::from_secs(30);
        let ready = Ask::new("GET", "/-/ready");
        while !ready.send(address, None, None).await.is_ok_and(|answer| answer.status == 200) {
            let said = fs::read_to_string(folder.join("prometheus.log")).unwrap();
            assert!(Instant::now() < until, "prometheus is not ready: {said}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        prometheus
    }

    /// The series that an expression gives now.
    async fn query(&self, expression: &str) -> Vec<Value> {
        let escaped: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/api/v1/query?query={escaped}");
        let answer = Ask::new("GET", &path).send(self.address, None, None).await.unwrap();
        let report = answer.json();
        assert_eq!(report["status"], "success", "{expression}: {report}");
        report["data"]["result"].as_array().unwrap().clone()
    }
}

/// Titles and expressions, as Grafana asks them with every gateway chosen.
fn panels() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(shipped("grafana/gdhcn-gateway.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let expressions = |panel: &Value| {
        let targets = panel["targets"].as_array().unwrap().iter();
        targets.map(|target| target["expr"].as_str().unwrap().replace("$instance", ".*")).collect()
    };
    panels
        .iter()
        .map(|panel| (panel["title"].as_str().unwrap().to_owned(), expressions(panel)))
        .collect()
}

#[tokio::test]
async fn each_panel_of_the_dashboard_shows_something_of_a_running_gateway() {
    let network = Network::onboarded().await;
    let (gate, _) = everything(&network).await;
    let management = gate.running.management_address().unwrap();
    let prometheus = Prometheus::watching(management, network.folder.path()).await;
    let until = Instant::now() + Duration::from_secs(180);
    for (title, expressions) in panels() {
        for expression in expressions {
            let labels: BTreeSet<String> = loop {
                // Rates need something that happens between two looks.
                gate.ask(&network.a.tls, Ask::new("GET", "/trustList")).await;
                gate.upload(&network.a.tls, "rubbish").await;
                let found = prometheus.query(&expression).await;
                // No quotient of nothing by nothing.
                let first = found.iter().find(|series| series["value"][1] != "NaN");
                if let Some(series) = first {
                    break series["metric"].as_object().unwrap().keys().cloned().collect();
                }
                assert!(Instant::now() < until, "{title} shows nothing: {expression}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            };
            let promised = PROMISED.iter().find(|(name, _)| *name == title);
            if let Some((_, wanted)) = promised {
                assert!(labels.iter().eq(wanted.iter()), "{title}: {labels:?}");
            }
        }
    }
    let titles: Vec<_> = panels().into_iter().map(|(title, _)| title).collect();
    for (title, _) in PROMISED {
        assert_eq!(titles.iter().filter(|known| *known == title).count(), 1, "{title}");
    }
}

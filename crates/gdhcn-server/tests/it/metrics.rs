//! What the operator sees: metrics, health, warnings, and the shipped rules and dashboard.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use gdhcn_server::jobs::Job;
use gdhcn_store::trusted_party::PartyType;
use gdhcn_trust::profile::Role;

use crate::network::{Gate, Holder, Network, days_ago};
use crate::wire::{Answer, Ask, connect};

/// A gateway with the operator's interface.
async fn observed(network: &Network) -> Gate {
    observed_with(network, |_| {}).await
}

async fn observed_with(
    network: &Network,
    change: impl FnOnce(&mut gdhcn_server::GatewayConfig),
) -> Gate {
    let mut config = network.config();
    config.management_listen = Some("127.0.0.1:0".parse().unwrap());
    change(&mut config);
    network.start_with(config).await
}

async fn operator(gate: &Gate, path: &str) -> Answer {
    let address = gate.running.management_address().unwrap();
    Ask::new("GET", path).send(address, None, None).await.unwrap()
}

async fn scrape(gate: &Gate) -> String {
    let answer = operator(gate, "/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    String::from_utf8(answer.body).unwrap()
}

fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

/// Makes everything happen that a metric counts.
pub(crate) async fn everything(network: &Network) -> (Gate, String) {
    let statement = "UPDATE trusted_party SET signature = 'none' WHERE country = 'XB'";
    network.database.by_hand(statement);
    let gate = observed(network).await;
    let tls = &network.a.tls;
    assert_eq!(gate.ask(tls, Ask::new("GET", "/trustList")).await.status, 200);
    assert_eq!(gate.upload(tls, network.a.message(network.a.dsc().der())).await.status, 201);
    gate.upload(tls, "rubbish").await.is_problem(400, "0x402");
    gate.ask(&network.b.tls, Ask::new("GET", "/trustList")).await.is_problem(401, "0x402");
    let handshake = connect(gate.address, gate.server.as_deref(), None).await;
    // With TLS 1.3 the client learns of the refusal when it reads.
    if let Ok(mut stream) = handshake {
        assert!(Answer::read(&mut stream).await.is_err());
    }
    gate.running.run_job(Job::TombstoneCleanUp).await.unwrap();
    network.database.by_hand(
        "INSERT INTO federation_gateway (gateway_id, created_at, gateway_endpoint, gateway_kid,
            downloader_implementation, download_target, mode, signature, download_interval_seconds,
            last_download, last_successful_download, retry_count, status_message)
         VALUES ('other', 0, 'https://other.example', 'to-other', 'DdccDownloader_V1',
            'FEDERATION', 'APPEND', 'none', 300, 5000, 4000, 2, 'down')",
    );
    gate.running.refresh().await.unwrap();
    let text = scrape(&gate).await;
    (gate, text)
}

#[tokio::test]
async fn g14_counts_what_the_operator_must_know() {
    let network = Network::onboarded().await;
    let (_gate, text) = everything(&network).await;
    for (series, expected) in [
        (
            "gdhcn_requests_total{route=\"/trustList\",method=\"GET\",status=\"200\",participant=\"XA\"}",
            1.0,
        ),
        (
            "gdhcn_requests_total{route=\"/trustList\",method=\"GET\",status=\"401\",participant=\"none\"}",
            1.0,
        ),
        (
            "gdhcn_uploads_refused_total{route=\"/signerCertificate\",code=\"0x402\",participant=\"XA\"}",
            1.0,
        ),
        ("gdhcn_handshakes_failed_total{reason=\"tls\"}", 1.0),
        ("gdhcn_certificates{participant=\"XA\",group=\"DSC\"}", 1.0),
        ("gdhcn_certificates_valid{participant=\"XA\",group=\"AUTHENTICATION\"}", 1.0),
        ("gdhcn_database_up", 1.0),
        // Six certificates were onboarded and one uploaded.
        ("gdhcn_log_entries", 7.0),
        ("gdhcn_job_runs_total{task=\"tombstone-clean-up\",outcome=\"success\"}", 1.0),
        ("gdhcn_federation_last_success_timestamp_seconds{gateway=\"other\"}", 4.0),
        ("gdhcn_federation_failures{gateway=\"other\"}", 2.0),
        ("gdhcn_federation_marked{gateway=\"other\"}", 0.0),
        ("gdhcn_job_failures{task=\"tombstone-clean-up\"}", 0.0),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series}\n{text}");
    }
    #[allow(clippy::cast_precision_loss, reason = "whole seconds")]
    let end = network.a.tls.certificate.not_after().as_second() as f64;
    let series = "gdhcn_certificate_not_after_timestamp_seconds{participant=\"XA\",group=\"AUTHENTICATION\"}";
    assert_eq!(value(&text, series), Some(end));
    #[allow(clippy::cast_precision_loss, reason = "whole seconds")]
    let now = days_ago(0).as_second() as f64;
    let series = "gdhcn_participant_last_download_timestamp_seconds{participant=\"XA\"}";
    assert_eq!(value(&text, series), Some(now));
    // Never a kid, a thumbprint, an address.
    assert!(!text.contains(&network.a.tls.certificate.thumbprint().to_string()));
    assert!(!text.contains(&network.a.tls.certificate.kid().to_base64()));
    assert!(!text.contains("127.0.0.1"));
}

#[tokio::test]
async fn g13_odd_rows_are_counted_and_the_answer_is_200() {
    let network = Network::onboarded().await;
    network.database.by_hand(
        "UPDATE trusted_party SET signature = 'none'
          WHERE country = 'XB' AND certificate_type = 'CSCA'",
    );
    network.database.by_hand(
        "UPDATE trusted_party SET created_at = 9223372036854775807
          WHERE country = 'XB' AND certificate_type = 'UPLOAD'",
    );
    let gate = observed(&network).await;
    for _ in 0..2 {
        let text = scrape(&gate).await;
        for fault in ["column", "message"] {
            let labels = format!("{{table=\"trusted_party\",fault=\"{fault}\"}}");
            for name in ["gdhcn_rows_unreadable", "gdhcn_rows_unreadable_total"] {
                let series = format!("{name}{labels}");
                assert_eq!(value(&text, &series), Some(1.0), "{series}\n{text}");
            }
        }
        assert!(value(&text, "gdhcn_certificates{participant=\"XA\",group=\"CSCA\"}").is_some());
    }
}

#[tokio::test]
async fn the_paths_of_the_reference_answer() {
    let network = Network::onboarded().await;
    let gate = observed(&network).await;
    for path in [
        "/health",
        "/actuator/health",
        "/ready",
        "/actuator/health/readiness",
        "/live",
        "/actuator/health/liveness",
    ] {
        let answer = operator(&gate, path).await;
        assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("UP")), "{path}");
    }
    let answer = operator(&gate, "/actuator/prometheus").await;
    assert!(String::from_utf8(answer.body).unwrap().contains("\ngdhcn_database_up 1\n"));
    assert_eq!(operator(&gate, "/actuator/info").await.json()["build"]["name"], "gdhcn");
    let names = operator(&gate, "/actuator/metrics").await.json();
    assert!(names["names"].as_array().unwrap().iter().any(|name| name == "gdhcn_database_up"));
    let described = operator(&gate, "/openapi.json").await.json();
    let asked = gate.ask(&network.a.tls, Ask::new("GET", "/openapi.json")).await.json();
    assert_eq!(described, asked);
}

#[tokio::test]
async fn g10_each_of_two_client_certificates_warns_of_its_own_end() {
    let network = Network::onboarded().await;
    let store = network.store().await;
    // Valid from 30 days ago: 20 days are left.
    let old = Holder::new(Role::Tls, Some(network.a.code), days_ago(30), 50);
    network.onboard(&store, &old, PartyType::Authentication).await;
    let gate = observed(&network).await;
    let ask = || Ask::new("GET", "/countrylist");
    let answer = gate.ask(&old, ask()).await;
    assert_eq!(answer.status, 200);
    let warning = answer.header("x-certificate-expires").unwrap();
    let end = old.certificate.not_after();
    assert_eq!(warning, format!("{end}; days=19; warning=30"));
    let answer = gate.ask(&network.a.tls, ask()).await;
    assert_eq!((answer.status, answer.header("x-certificate-expires")), (200, None));
    let text = scrape(&gate).await;
    let series = |name| format!("{name}{{participant=\"XA\",group=\"AUTHENTICATION\"}}");
    #[allow(clippy::cast_precision_loss, reason = "whole seconds")]
    let (next, last) =
        (end.as_second() as f64, network.a.tls.certificate.not_after().as_second() as f64);
    let found = |name| value(&text, &series(name));
    assert_eq!(found("gdhcn_certificate_not_after_timestamp_seconds"), Some(next));
    assert_eq!(found("gdhcn_participant_valid_until_timestamp_seconds"), Some(last));
    assert_eq!(found("gdhcn_certificates_valid"), Some(2.0));
}

pub(crate) fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

/// Names of our metrics in a text, as exported: a histogram's parts are its own.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("gdhcn_"))
        .map(|word| {
            let stem = ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end));
            stem.unwrap_or(word).to_owned()
        })
        .collect()
}

#[tokio::test]
async fn alerts_and_dashboard_name_only_what_a_running_gateway_exports() {
    let network = Network::onboarded().await;
    let (gate, text) = everything(&network).await;
    let exported = names(&text);
    for file in ["prometheus/gdhcn-alerts.yml", "grafana/gdhcn-gateway.json"] {
        let used = names(&std::fs::read_to_string(shipped(file)).unwrap());
        assert!(used.len() > 10, "{file}: {used:?}");
        let missing: Vec<_> = used.difference(&exported).collect();
        assert!(missing.is_empty(), "{file}: {missing:?}");
    }
    // And each metric that is promised can come about.
    let listed = operator(&gate, "/actuator/metrics").await.json();
    let listed: BTreeSet<_> = listed["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .filter(|name| name != "gdhcn_reload_last_success_timestamp_seconds")
        .collect();
    let missing: Vec<_> = listed.difference(&exported).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn promtool(arguments: &[&str], input: &[u8]) -> (bool, String) {
    use std::io::Write as _;
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(shipped("prometheus"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("promtool is installed (cargo xtask test does it)");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn g14_the_alert_rules_pass_their_tests() {
    const TESTS: [&str; 2] = ["gdhcn-alerts_test.yml", "gdhcn-alerts-over-days_test.yml"];
    let (passed, said) = promtool(&["check", "rules", "gdhcn-alerts.yml"], b"");
    assert!(passed && said.contains("SUCCESS"), "{said}");
    let (passed, said) = promtool(&[&["test", "rules"], &TESTS[..]].concat(), b"");
    assert!(passed && said.matches("SUCCESS").count() == TESTS.len(), "{said}");
    // Each rule is named in the tests.
    let read = |name: &str| std::fs::read_to_string(shipped("prometheus").join(name)).unwrap();
    let rules = read("gdhcn-alerts.yml");
    let tests: String = TESTS.map(read).concat();
    for line in rules.lines() {
        let Some(alert) = line.trim().strip_prefix("- alert: ") else { continue };
        let counted = alert.starts_with("ParticipantCertificateEnds");
        assert!(counted || tests.contains(alert), "{alert} has no test");
    }
}

#[tokio::test]
async fn promtool_has_no_complaint_about_the_live_metrics() {
    let network = Network::onboarded().await;
    let (_gate, text) = everything(&network).await;
    let (passed, said) = promtool(&["check", "metrics"], text.as_bytes());
    assert!(passed, "{said}");
    assert_eq!(said, "", "{said}");
}

#[tokio::test]
async fn who_asks_too_often_gets_429_and_changes_nothing() {
    let network = Network::onboarded().await;
    let gate = observed_with(&network, |config| {
        config.limits.writes_per_minute = 1;
        config.limits.reads_per_minute = 3;
    })
    .await;
    let tls = &network.a.tls;
    assert_eq!(gate.upload(tls, network.a.message(network.a.dsc().der())).await.status, 201);
    let refused = gate.upload(tls, network.a.message(network.a.dsc().der())).await;
    refused.is_problem(429, "n/a");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    // Reads are counted apart, and by certificate.
    assert_eq!(gate.thumbprints(tls, "/trustList/DSC").await.len(), 1);
    assert_eq!(gate.trail().await.len(), 1);
    let other = network.b.message(network.b.dsc().der());
    assert_eq!(gate.upload(&network.b.tls, other).await.status, 201);
    for _ in 0..2 {
        assert_eq!(gate.ask(tls, Ask::new("GET", "/countrylist")).await.status, 200);
    }
    gate.ask(tls, Ask::new("GET", "/countrylist")).await.is_problem(429, "n/a");
    let text = scrape(&gate).await;
    assert_eq!(value(&text, "gdhcn_requests_limited_total{kind=\"write\"}"), Some(1.0));
    assert_eq!(value(&text, "gdhcn_requests_limited_total{kind=\"read\"}"), Some(1.0));
}

#[tokio::test]
async fn an_address_that_begins_too_many_handshakes_is_turned_away() {
    let network = Network::onboarded().await;
    let gate = observed_with(&network, |config| config.limits.handshakes_per_minute = 2).await;
    let ask = || Ask::new("GET", "/countrylist");
    let identity = network.a.tls.identity();
    for _ in 0..2 {
        assert_eq!(gate.ask(&network.a.tls, ask()).await.status, 200);
    }
    assert!(ask().send(gate.address, gate.server.as_deref(), Some(&identity)).await.is_err());
    let text = scrape(&gate).await;
    let series = "gdhcn_connections_refused_total{reason=\"handshake_rate\"}";
    assert_eq!(value(&text, series), Some(1.0));
}

#[tokio::test]
async fn g7_tells_what_a_proxy_sent_and_what_is_missing() {
    let network = Network::onboarded().await;
    let gate = observed_with(&network, |config| {
        config.tls = None;
        config.proxy_headers.enabled = true;
        config.proxy_headers.allowed_addresses = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let report = operator(&gate, "/proxy-check").await.json();
    assert!(report["proxies"]["127.0.0.1"].is_null(), "{report}");
    let certificate = &network.a.tls.certificate;
    let ask = || Ask::new("GET", "/countrylist").header("X-SSL-Client-DN", "C=XA");
    ask().send(gate.address, None, None).await.unwrap().is_problem(401, "0x400");
    let report = operator(&gate, "/proxy-check").await.json();
    let seen = &report["proxies"]["127.0.0.1"];
    assert_eq!((&seen["thumbprint"], &seen["complete"]), (&"missing".into(), &false.into()));
    assert!(seen["advice"].as_str().unwrap().contains("SHA-256"), "{report}");
    let complete = ask().header("X-SSL-Client-SHA256", &certificate.thumbprint().to_string());
    assert_eq!(complete.send(gate.address, None, None).await.unwrap().status, 200);
    let report = operator(&gate, "/proxy-check").await.json();
    assert_eq!(report["proxies"]["127.0.0.1"]["complete"], true, "{report}");
}

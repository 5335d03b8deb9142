//! The shipped Helm chart, rendered by Helm: what it gives a gateway is what a gateway takes.

use std::path::Path;
use std::process::{Command, Output};

use gdhcn_server::GatewayConfig;

/// Renders the chart with these values. None without Helm, which is in no distribution's packages:
/// `cargo xtask test` builds it where it can, and says loudly where it cannot.
fn rendered(values: &[&str]) -> Option<Output> {
    let Some(helm) = std::env::var_os("GDHCN_HELM") else {
        println!("GDHCN_HELM names no helm: the chart was not rendered");
        return None;
    };
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/helm/gdhcn-gateway");
    let mut command = Command::new(helm);
    command.args(["template", "tng"]).arg(chart);
    for value in values {
        command.args(["--set", value]);
    }
    Some(command.output().unwrap())
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The configuration in the rendered chart.
fn config(text: &str) -> GatewayConfig {
    let (_, rest) = text.split_once("gateway.toml: |\n").unwrap();
    let lines: Vec<_> = rest.lines().map_while(|line| line.strip_prefix("    ")).collect();
    let toml = lines.join("\n").replace("env:GDHCN_DATABASE", "postgresql://gdhcn@db/gdhcn");
    GatewayConfig::from_toml(&toml).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

#[test]
fn the_chart_gives_a_configuration_that_a_gateway_takes() {
    let Some(output) = rendered(&[]) else { return };
    let text = text(&output);
    let config = config(&text);
    config.check().unwrap();
    for (port, address) in
        [("participants", Some(config.listen)), ("management", config.management_listen)]
    {
        let line = format!("name: {port}, containerPort: {}", address.unwrap().port());
        assert!(text.contains(&line), "{line}\n{text}");
    }
    // What the configuration names is mounted.
    let tls = config.tls.as_ref().unwrap();
    for file in [&tls.certificate, &tls.key, &config.trust_anchors[0]] {
        let folder = file.parent().unwrap().display().to_string();
        assert!(text.contains(&format!("mountPath: {folder} }}")), "{folder}\n{text}");
    }
    assert!(text.contains("mountPath: /var/lib/gdhcn }") && text.contains("volumeClaimTemplates"));
    assert!(!text.contains("kind: PodMonitor"));
}

#[test]
fn the_chart_takes_limits_a_database_and_a_monitor() {
    let values = [
        "replicas=3",
        "database.urlSecret=db",
        "config.limits.reads_per_minute=100",
        "config.log_level=warn",
        "podMonitor.enabled=true",
    ];
    let Some(output) = rendered(&values) else { return };
    let text = text(&output);
    assert_eq!(config(&text).limits.reads_per_minute, 100);
    for part in ["replicas: 3", "key: url", "kind: PodMonitor", "path: /metrics"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    // A pod without a disk of its own.
    assert!(!text.contains("volumeClaimTemplates") && !text.contains("name: data"), "{text}");
}

#[test]
fn the_chart_refuses_several_processes_on_sqlite() {
    let Some(output) = rendered(&["replicas=2"]) else { return };
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("database.urlSecret"), "{said}");
}

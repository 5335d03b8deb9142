//! The shipped Helm chart, rendered by Helm: what it gives a gateway is what a gateway takes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gdhcn_server::GatewayConfig;
use gdhcn_testkit::optional_program;
use serde_json::{Value, json};

fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/helm/gdhcn-gateway")
}

/// Renders the chart with a file of values and these. None without Helm, which is in no
/// distribution's packages: `cargo xtask test` builds it where it can.
fn rendered_with(file: &Value, values: &[&str]) -> Option<Output> {
    let helm = optional_program("helm")?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.json");
    std::fs::write(&path, file.to_string()).unwrap();
    let mut command = Command::new(helm);
    command.args(["template", "tng"]).arg(chart()).arg("--values").arg(path);
    for value in values {
        command.args(["--set", value]);
    }
    Some(command.output().unwrap())
}

fn rendered(values: &[&str]) -> Option<Output> {
    rendered_with(&json!({}), values)
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

/// A configuration with every default, as JSON.
fn printed(config: &GatewayConfig) -> Value {
    let table: toml::Table = config.to_toml().unwrap().parse().unwrap();
    serde_json::to_value(table).unwrap()
}

/// What the chart decides.
const OF_THE_CHART: [&str; 5] = ["listen", "management_listen", "database", "trust_anchors", "tls"];

/// A value for every other key of the configuration, none of them the default.
fn everything() -> Value {
    json!({
        "worker_threads": 3,
        "log_level": "warn",
        "profile": "eu",
        "proxy_headers": {
            "enabled": true, "allowed_addresses": ["10.0.0.1", "::1"], "thumbprint": "X-A",
            "distinguished_name": "X-B", "pem": "X-C",
        },
        "trusted_certificates": {
            "allowed_domains": ["DCC", "ICVP"], "allowed_properties": ["a \"quoted\" <name> & a \\"],
            "default_domain": "ICVP", "shared_kids": true, "valid_uploaders_only": true,
        },
        "revocation": { "enabled": false, "uploads": true },
        "compatibility": { "swapped_reference_query": true },
        "limits": {
            "body_bytes": 8_388_608, "header_bytes": 16_384, "handshake_seconds": 11,
            "header_seconds": 12, "request_seconds": 31, "connection_seconds": 601,
            "drain_seconds": 40, "connections": 4097, "connections_per_certificate": 257,
            "strangers_per_address": 65, "handshakes_per_minute": 1201, "reads_per_minute": 100,
            "log_reads_per_minute": 101, "writes_per_minute": 1_000_000,
        },
        "jobs": {
            "enabled": false, "lease_seconds": 31, "federation_seconds": 61,
            "revocation_clean_up_seconds": 601, "deleted_batch_days": 15,
            "tombstone_clean_up_seconds": 3601, "tombstone_days": 16, "expiry_warning_seconds": 3602,
        },
        "did": {
            "base": "did:web:lists.example", "signing_key": "did/key.pem",
            "verification_method": "did:web:lists.example:key", "version_1": false,
            "target": { "kind": "git", "path": "/srv/lists/a", "url": "https://git.example", "branch": "b" },
            "trees": [{ "name": "v2", "environment": "uat", "members": "texts" }],
            "compatibility": true, "include_federated": true, "expired_days": 5,
            "interval_seconds": 301, "refresh_seconds": 86_401, "countries": { "XA": "XXA" },
        },
        "log": { "origin": "tng.example/log", "key": "log/log.key" },
        "onboarding": {
            "approvals": 2,
            "operators": [
                { "name": "Ada", "key": "operators/ada.pem" },
                { "name": "Bob", "key": "/etc/gdhcn/operators/bob.pem" },
            ],
        },
        "federation": { "clients": { "to-b": {
            "certificate": "federation/b.pem", "key": "federation/b.key", "system_roots": true,
        } } },
    })
}

/// The values that go with it.
fn with_files(config: &Value) -> Value {
    json!({
        "config": config,
        "files": { "log": "s-log", "operators": "s-op", "federation": "s-fed", "did": "s-did" },
        "listsClaim": "lists",
    })
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
fn every_key_of_the_configuration_arrives() {
    let wanted = everything();
    let Some(output) = rendered_with(&with_files(&wanted), &[]) else { return };
    let text = text(&output);
    let config = config(&text);
    let arrived = printed(&config);
    let plain = printed(&GatewayConfig::new(Path::new("data"), vec!["ta.pem".into()]));
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&arrived[key], value, "{key}");
        // What is the default would not be missed.
        match value.as_object() {
            Some(members) => {
                for (name, value) in members {
                    assert_ne!(&plain[key][name], value, "{key}.{name}");
                }
            }
            None => assert_ne!(&plain[key], value, "{key}"),
        }
    }
    // Every key is among those that were wanted, a new one too.
    let keys = |value: &Value| keys(value).collect::<BTreeSet<_>>();
    assert_eq!(keys(&arrived), keys(&wanted));

    for (folder, secret) in
        [("log", "s-log"), ("operators", "s-op"), ("federation", "s-fed"), ("did", "s-did")]
    {
        let mount = format!("{{ name: files-{folder}, mountPath: /etc/gdhcn/{folder} }}");
        let volume =
            format!("- name: files-{folder}\n          secret: {{ secretName: \"{secret}\"");
        assert!(text.contains(&mount) && text.contains(&volume), "{folder}\n{text}");
    }
    assert!(text.contains("mountPath: /srv/lists }") && text.contains("claimName: \"lists\""));
    assert!(text.contains("terminationGracePeriodSeconds: 60"), "{text}");
}

/// `key` and `section.key`, of what is not the chart's.
fn keys(config: &Value) -> impl Iterator<Item = String> + '_ {
    let others = |key: &&String| !OF_THE_CHART.contains(&key.as_str());
    config.as_object().unwrap().keys().filter(others).flat_map(|key| {
        match config[key].as_object() {
            Some(members) => members.keys().map(|name| format!("{key}.{name}")).collect(),
            None => vec![key.clone()],
        }
    })
}

/// Needs no Helm: a key that is new in the configuration is missed here.
#[test]
fn the_chart_knows_the_keys_that_a_gateway_knows() {
    let schema = std::fs::read_to_string(chart().join("values.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let wanted = everything();
    let sections = schema["properties"]["config"]["properties"].as_object().unwrap();
    let described: BTreeSet<String> = sections
        .iter()
        .flat_map(|(key, section)| match section["properties"].as_object() {
            Some(members) => members.keys().map(|name| format!("{key}.{name}")).collect(),
            None => vec![key.clone()],
        })
        .collect();
    assert_eq!(described, keys(&wanted).collect());
    let whole = "database = 'd'\ntrust_anchors = ['a']\n[tls]\ncertificate = 'c'\nkey = 'k'\n";
    let mut table: toml::Table = whole.parse().unwrap();
    let toml::Value::Table(more) = toml::Value::try_from(&wanted).unwrap() else { panic!() };
    table.extend(more);
    let config = GatewayConfig::from_toml(&table.to_string()).unwrap();
    assert_eq!(keys(&printed(&config)).collect::<BTreeSet<_>>(), keys(&wanted).collect());
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
fn the_chart_refuses_what_it_would_not_render_and_what_a_pod_would_not_have() {
    let full = with_files(&everything());
    let without = |what: &str, value: Value| {
        let mut values = full.clone();
        *values.pointer_mut(what).unwrap() = value;
        values
    };
    let nothing = json!({});
    for (file, value, word) in [
        (&nothing, "replicas=2", "database.urlSecret"),
        (&nothing, "limits.connections=2", "limits"),
        (&nothing, "config.limit.connections=2", "limit"),
        (&nothing, "config.limits.conections=2", "conections"),
        (&nothing, "config.limits.connections=many", "connections"),
        (&nothing, "config.listen=0.0.0.0:1", "listen"),
        (&nothing, "config.tls.key=a", "tls"),
        (&nothing, "config.log.origin=a", "key"),
        (&nothing, "files.tls=other", "tls"),
        (&without("/config/log/key", json!("log.key")), "replicas=1", "config.log.key"),
        (&without("/files", json!({ "log": "s" })), "replicas=1", "files"),
        (&without("/listsClaim", json!("")), "replicas=1", "listsClaim"),
        (&without("/config/did/target/path", json!("/srv/www")), "replicas=1", "/srv/lists"),
    ] {
        let Some(output) = rendered_with(file, &[value]) else { return };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(word), "{value}: {said}");
    }
}

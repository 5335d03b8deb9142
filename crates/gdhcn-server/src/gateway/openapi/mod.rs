//! `GET /openapi.json`: the participants' interface in words for programs, as far as this gateway's
//! configuration switches it on.
//!
//! A test holds paths and methods against the router, in both directions and for each
//! configuration; the conformance suite holds every answer that it sees against the document. A new
//! route is one line in `paths`.

mod operation;
mod paths;
mod schemas;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::authentication::Authenticated;
use super::{Gateway, Served};

/// The document, for those who may ask.
pub(super) async fn for_participants(
    gateway: State<Arc<Gateway>>,
    _peer: Authenticated,
) -> Response {
    document(gateway).await
}

/// The document.
pub(super) async fn document(State(gateway): State<Arc<Gateway>>) -> Response {
    ([(CONTENT_TYPE, operation::JSON)], openapi(gateway.served()).to_string()).into_response()
}

fn openapi(served: Served) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Trust Network Gateway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Exchanges the public keys of the network's participants. Every request \
                            needs the TLS client certificate of an onboarded participant.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "security": [{ "clientCertificate": [] }],
        "paths": paths::paths(served),
        "components": {
            "securitySchemes": { "clientCertificate": { "type": "mutualTLS" } },
            "schemas": schemas::schemas(served.profile),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use axum::body::Body;
    use gdhcn_store::Store;
    use http::Request;
    use tower::ServiceExt as _;

    use super::super::log::PublishedLog;
    use super::super::trust::Trust;
    use super::*;
    use crate::clock::Clock;
    use crate::config::{GatewayConfig, LogConfig, Profile, Revocation};
    use crate::jobs::Scheduler;

    type Operations = BTreeMap<String, BTreeSet<String>>;

    fn documented(served: Served) -> Operations {
        let document = openapi(served);
        let paths = document["paths"].as_object().unwrap().clone();
        paths
            .into_iter()
            .map(|(path, operations)| {
                let methods = operations.as_object().unwrap().keys();
                (path, methods.map(|method| method.to_uppercase()).collect())
            })
            .collect()
    }

    async fn configured(folder: &std::path::Path, served: Served) -> Arc<Gateway> {
        let store = Store::open(folder).await.unwrap();
        let mut config = GatewayConfig::new(folder.to_owned(), Vec::new());
        config.revocation = served.revocation;
        config.profile = served.profile;
        let trust = Trust::load(store, Vec::new()).await.unwrap();
        let log = LogConfig { origin: "gateway.example/log".to_owned(), key: folder.join("key") };
        let gateway = Gateway::with(
            trust,
            &config,
            Clock::System,
            None,
            served.log.then(|| PublishedLog::load(&log, 0).unwrap()),
            gdhcn_store::Overview::default(),
            Scheduler::new(Vec::new(), &config.jobs),
        );
        Arc::new(gateway)
    }

    /// Asks each path of the router which methods it takes.
    async fn routed(gateway: &Arc<Gateway>) -> Operations {
        let mut operations = Operations::new();
        for path in Gateway::routes(gateway.served()).paths() {
            let request = Request::builder().method("NONE").uri(path.replace(['{', '}', '*'], "x"));
            let answer = Gateway::router(gateway)
                .oneshot(request.body(Body::empty()).unwrap())
                .await
                .unwrap();
            let allowed = answer.headers()[http::header::ALLOW].to_str().unwrap().to_owned();
            let methods = allowed.split(',').map(str::to_owned).filter(|method| method != "HEAD");
            operations.insert((*path).to_owned(), methods.collect());
        }
        operations
    }

    fn configurations() -> impl Iterator<Item = Served> {
        let revocation = [(false, false), (true, false), (true, true)];
        [Profile::Who, Profile::Eu].into_iter().flat_map(move |profile| {
            revocation.into_iter().flat_map(move |(enabled, uploads)| {
                let revocation = Revocation { enabled, uploads };
                [false, true].map(|log| Served { profile, revocation, log })
            })
        })
    }

    #[tokio::test]
    async fn describes_each_route_and_nothing_else_as_it_is_configured() {
        let mut seen = BTreeSet::new();
        for served in configurations() {
            let folder = tempfile::tempdir().unwrap();
            let gateway = configured(folder.path(), served).await;
            assert_eq!(gateway.served(), served);
            let routed = routed(&gateway).await;
            assert!(routed.len() > 5, "{routed:?}");
            assert_eq!(
                documented(served),
                routed,
                "paths.rs and Gateway::routes differ: {served:?}"
            );
            seen.insert(format!("{routed:?}"));
        }
        assert_eq!(seen.len(), configurations().count(), "a configuration changes nothing");
    }

    #[test]
    fn every_reference_and_every_parameter_is_defined() {
        let everything = configurations().last().unwrap();
        let document = openapi(everything);
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let text = document.to_string();
        for used in text.split("\"#/components/schemas/").skip(1) {
            let name = used.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
        let mut ids = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} twice");
                let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
                let in_path: Vec<_> = parameters
                    .iter()
                    .filter(|parameter| parameter["in"] == "path")
                    .map(|parameter| parameter["name"].as_str().unwrap())
                    .collect();
                let wanted: Vec<_> = path
                    .split('{')
                    .skip(1)
                    .map(|rest| rest.split('}').next().unwrap().trim_start_matches('*'))
                    .collect();
                assert_eq!(in_path, wanted, "{method} {path}");
            }
        }
    }
}

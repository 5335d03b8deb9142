use gdhcn_client::did_web::{DidWeb, DidWebOptions, FetchError, Fetched};
use gdhcn_client::gateway::{ProxyChoice, ServerTrust};

use crate::pki;
use crate::server::{Fake, answer, serve_by};

async fn host(
    documents: impl Fn(&str) -> String + Send + Sync + 'static,
) -> (Fake, DidWeb, String) {
    let pair = pki::self_signed("localhost");
    let fake = serve_by(&pair, None, documents).await;
    let root = format!("did:web:localhost%3A{}", fake.address.port());
    let client = DidWeb::new(&root, options(&pair.certificate)).unwrap();
    (fake, client, root)
}

fn options(trusted: &str) -> DidWebOptions {
    let mut options = DidWebOptions::default();
    options.server_trust = ServerTrust::from_pem(trusted.as_bytes()).unwrap();
    options.proxy = ProxyChoice::Direct;
    options.limits.document = 10_000;
    options.limits.documents = 4;
    options
}

#[tokio::test]
async fn a_document_is_fetched_once_and_then_only_if_it_changed() {
    let (fake, client, root) = host(|request| {
        if request.contains("if-none-match: \"7\"") {
            return "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_owned();
        }
        answer("200 OK\r\nETag: \"7\"", "{}")
    })
    .await;
    let did = format!("{root}:v2:trustlist");
    let Ok(Fetched::Document(document)) = client.fetch(&did, None).await else { panic!("fetched") };
    assert_eq!((document.text.as_slice(), document.etag.as_deref()), (&b"{}"[..], Some("\"7\"")));
    assert_eq!(client.fetch(&did, document.etag.as_deref()).await, Ok(Fetched::NotModified));
    let requests = fake.requests();
    assert!(requests[0].starts_with("GET /v2/trustlist/did.json HTTP/1.1\n"), "{}", requests[0]);
}

#[tokio::test]
async fn references_are_followed_on_this_host_and_missing_documents_left_out() {
    let (fake, client, root) = host(|request| {
        let port = request.split_once("host: localhost:").unwrap().1.split('\n').next().unwrap();
        let root = format!("did:web:localhost%3A{}", port.trim());
        let list = |methods: &str| {
            answer("200 OK", &format!(r#"{{"id":"x","verificationMethod":[{methods}]}}"#))
        };
        match request.split(' ').nth(1).unwrap() {
            "/a/did.json" => list(&format!(r#""{root}:b","{root}:ref","{root}:absent""#)),
            "/b/did.json" => list(r#"{"id":"key"}"#),
            "/many/did.json" => list(r#"7"#),
            _ => answer("404 Not Found", ""),
        }
    })
    .await;
    let start = format!(
        r#"{{"id":"x","verificationMethod":["{root}:a","{root}:a#k","did:web:other.example:a"]}}"#
    );
    let found = client.fetch_references(start.as_bytes()).await.unwrap();
    let mut names: Vec<&String> = found.keys().collect();
    names.sort();
    assert_eq!(names, [&format!("{root}:a"), &format!("{root}:b")]);
    assert_eq!(fake.requests().len(), 4);

    let many: Vec<String> = (0..9).map(|n| format!(r#""{root}:{n}""#)).collect();
    let many = format!(r#"{{"id":"x","verificationMethod":[{}]}}"#, many.join(","));
    let error = client.fetch_references(many.as_bytes()).await.unwrap_err();
    assert_eq!(error, FetchError::TooMany { limit: 4 });
}

#[tokio::test]
async fn redirects_long_answers_and_other_hosts_are_refused() {
    let (_fake, client, root) = host(|request| {
        let long = "x".repeat(10_001);
        match request.split(' ').nth(1).unwrap() {
            "/long/did.json" => answer("200 OK", &long),
            "/moved/did.json" => answer("302 Found\r\nLocation: https://evil.example/", ""),
            "/gone/did.json" => answer("410 Gone", ""),
            _ => answer("304 Not Modified", ""),
        }
    })
    .await;
    let fetch = async |path: &str| client.fetch(&format!("{root}:{path}"), None).await.unwrap_err();
    assert!(matches!(fetch("long").await, FetchError::TooLarge { limit: 10_000, .. }));
    assert!(matches!(fetch("moved").await, FetchError::Status { status: 302, .. }));
    assert!(matches!(fetch("gone").await, FetchError::NotFound { .. }));
    // Nobody asked for it, so it is no answer.
    assert!(matches!(fetch("same").await, FetchError::Status { status: 304, .. }));
    let error = client.fetch("did:web:other.example:a", None).await.unwrap_err();
    assert!(matches!(error, FetchError::OtherHost { .. }));
    let error = client.fetch("did:key:z6Mk", None).await.unwrap_err();
    assert!(matches!(error, FetchError::Did(_)));
}

#[tokio::test]
async fn a_host_that_nobody_trusts_is_not_believed() {
    let (fake, _, root) = host(|_| answer("200 OK", "{}")).await;
    let other = pki::self_signed("localhost");
    let client = DidWeb::new(&root, options(&other.certificate)).unwrap();
    let error = client.fetch(&format!("{root}:a"), None).await.unwrap_err();
    assert!(matches!(error, FetchError::Connection(_)), "{error}");
    assert!(fake.requests().is_empty());
}

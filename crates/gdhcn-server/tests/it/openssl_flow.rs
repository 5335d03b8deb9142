//! The whole path with a foreign implementation on the other end: keys, certificates, messages
//! and connections are OpenSSL's.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gdhcn_envelope::x509::Certificate;
use gdhcn_server::config::{GatewayConfig, TlsFiles};
use gdhcn_server::gateway::Onboarding;
use gdhcn_server::{Clock, Gateway};
use gdhcn_store::Store;
use gdhcn_store::trusted_party::PartyType;
use gdhcn_testkit::{Openssl, openssl};
use gdhcn_trust::participant::TrustedParty;

/// Makes a self-signed certificate `<name>.pem` with its key `<name>.key`.
fn certify(openssl: &Openssl, name: &str, key: &str, more: &str) {
    openssl.run(&format!(
        "req -x509 -nodes -newkey {key} -keyout {name}.key -out {name}.pem -days 30 {more}"
    ));
    openssl.run(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
}

/// The same of version 1, which the readers of TLS stacks refuse in the web.
fn certify_version_1(openssl: &Openssl, name: &str, key: &str, more: &str) {
    openssl
        .run(&format!("req -new -nodes -newkey {key} -keyout {name}.key -out {name}.csr {more}"));
    openssl.run(&format!("x509 -req -in {name}.csr -signkey {name}.key -days 30 -out {name}.pem"));
    openssl.run(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
    let certificate = Certificate::from_der(&openssl.read(&format!("{name}.der"))).unwrap();
    if certificate.version() != 1 {
        eprintln!("this OpenSSL makes version {} of {name}.pem", certificate.version());
    }
}

const P256: &str = "ec -pkeyopt ec_paramgen_curve:P-256";
const RSA: &str = "rsa:3072";

fn party(openssl: &Openssl, name: &str) -> TrustedParty {
    let signature = openssl.run(&format!(
        "cms -sign -binary -in {name}.der -signer ta.pem -inkey ta.key -md sha256 -outform DER"
    ));
    let der = openssl.read(&format!("{name}.der"));
    TrustedParty {
        trust_anchor_signature: BASE64_STANDARD.encode(signature),
        certificate_thumbprint: Certificate::from_der(&der).unwrap().thumbprint().to_string(),
        certificate_raw_data: BASE64_STANDARD.encode(der),
        country: "XA".to_owned(),
    }
}

/// Issues the document signer `<name>.der` under the SCA.
fn dsc(openssl: &Openssl, name: &str) {
    openssl.run(&format!(
        "req -new -nodes -newkey {P256} -keyout {name}.key -out {name}.csr -subj /C=XA/CN={name}"
    ));
    openssl.run(&format!(
        "x509 -req -in {name}.csr -CA sca.pem -CAkey sca.key -CAcreateserial -days 20 \
         -outform DER -out {name}.der"
    ));
}

/// A request over `openssl s_client`; gives status and body.
fn s_client(openssl: &Openssl, address: SocketAddr, version: &str, request: &str) -> (u16, String) {
    use std::io::Write as _;
    let mut child = Command::new("openssl")
        .args(["s_client", "-connect", &address.to_string(), "-quiet", "-no_ign_eof", version])
        .args(["-cert", "tls.pem", "-key", "tls.key"])
        .args(["-CAfile", "server.pem", "-verify_return_error"])
        .current_dir(openssl.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The end of the input would end the connection, so it stays open until the answer is read.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(request.as_bytes()).unwrap();
    stdin.flush().unwrap();
    let output = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    let (head, body) = output.split_once("\r\n\r\n").unwrap_or_else(|| {
        panic!("no answer: {output} {}", String::from_utf8_lossy(&ended.stderr))
    });
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

fn request(method: &str, path: &str, body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n");
    if !body.is_empty() {
        text.push_str("Content-Type: application/cms\r\nContent-Transfer-Encoding: base64\r\n");
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text + "\r\n" + body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_uploads_downloads_and_withdraws() {
    let openssl = openssl();
    certify(&openssl, "ta", RSA, "-subj /C=XX/CN=TA");
    certify(&openssl, "server", P256, "-subj /CN=gateway -addext subjectAltName=IP:127.0.0.1");
    certify_version_1(&openssl, "tls", RSA, "-subj /C=XA/O=Test/CN=TLS");
    certify(&openssl, "up", RSA, "-subj /C=XA/O=Test/CN=UP");
    certify(&openssl, "sca", P256, "-subj /C=XA/O=Test/CN=SCA");
    let at = |name: &str| openssl.path(name);
    let anchor = Certificate::from_der(&openssl.read("ta.der")).unwrap();
    let store = Store::open(at("data").as_path()).await.unwrap();
    for (name, certificate_type) in
        [("tls", PartyType::Authentication), ("up", PartyType::Upload), ("sca", PartyType::Csca)]
    {
        let onboarding = Onboarding {
            party: party(&openssl, name),
            certificate_type,
            domain: None,
            roles: Vec::new(),
        };
        onboarding.store(&store, std::slice::from_ref(&anchor), Clock::System.now()).await.unwrap();
    }
    store.close().await;
    let gateway = Gateway::start(
        GatewayConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            tls: Some(TlsFiles { certificate: at("server.pem"), key: at("server.key") }),
            ..GatewayConfig::new(at("data"), vec![at("ta.pem")])
        },
        Clock::System,
    )
    .await
    .unwrap();

    let address = gateway.address();
    tokio::task::spawn_blocking(move || talk(&openssl, address)).await.unwrap();
    gateway.shutdown().await;
}

fn talk(openssl: &Openssl, address: SocketAddr) {
    let ask = |method: &str, path: &str, body: &str| {
        let version = if method == "GET" { "-tls1_3" } else { "-tls1_2" };
        s_client(openssl, address, version, &request(method, path, body))
    };
    let list = |path: &str| -> Vec<serde_json::Value> {
        let (status, body) = ask("GET", path, "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    };
    // DER; BER as it is streamed; by key identifier; without signed attributes; RSA-PSS.
    for (name, form) in [
        ("one", ""),
        ("two", "-stream"),
        ("three", "-keyid"),
        ("four", "-noattr"),
        ("five", "-keyopt rsa_padding_mode:pss"),
    ] {
        dsc(openssl, name);
        let message = openssl.run(&format!(
            "cms -sign -binary -nodetach -in {name}.der -signer up.pem -inkey up.key -md sha256 \
             -outform DER {form}"
        ));
        if form == "-stream" {
            assert_eq!(message[..2], [0x30, 0x80], "shows nothing unless it is BER");
        }
        let message = BASE64_STANDARD.encode(message);
        let (status, body) = ask("POST", "/signerCertificate", &message);
        assert_eq!(status, 201, "{name}: {body}");

        let entries = list("/trustList/DSC/XA");
        let raw = BASE64_STANDARD.encode(openssl.read(&format!("{name}.der")));
        let entry = entries.iter().find(|entry| entry["rawData"] == raw).unwrap();
        let signature = BASE64_STANDARD.decode(entry["signature"].as_str().unwrap()).unwrap();
        openssl.write("signature.der", &signature);
        // OpenSSL verifies what the gateway has made of its message, over the certificate.
        let verified = openssl.run(&format!(
            "cms -verify -binary -inform DER -in signature.der -content {name}.der -noverify"
        ));
        assert_eq!(verified, openssl.read(&format!("{name}.der")), "{name}");

        let (status, _) = ask("POST", "/signerCertificate", &message);
        assert_eq!(status, 409);
    }
    assert_eq!(list("/trustList/DSC").len(), 5);
    assert_eq!(list("/trustList").len(), 8);
    // The trust anchor's signatures hold for OpenSSL as well.
    for entry in list("/trustList/CSCA") {
        let decoded = |name: &str| BASE64_STANDARD.decode(entry[name].as_str().unwrap()).unwrap();
        openssl.write("signature.der", decoded("signature"));
        openssl.write("raw.der", decoded("rawData"));
        openssl.run(
            "cms -verify -binary -inform DER -in signature.der -content raw.der -CAfile ta.pem \
             -purpose any -out verified",
        );
    }
    let message = openssl.run(
        "cms -sign -binary -nodetach -stream -in one.der -signer up.pem -inkey up.key -outform DER",
    );
    let message = BASE64_STANDARD.encode(message);
    assert_eq!(ask("DELETE", "/signerCertificate", &message).0, 204);
    assert_eq!(ask("POST", "/signerCertificate/delete", &message).0, 404);
    assert_eq!(list("/trustList/DSC").len(), 4);
}

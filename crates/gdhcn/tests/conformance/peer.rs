//! A gateway with the EU's interface that is none of ours: OpenSSL signs what it lists, and OpenSSL's
//! own web server hands it out, to the one client certificate that it knows.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::guard;
use crate::pki::{CA, Certificate, DETACHED, Material, P256, UP, encode, unique};

/// A running peer.
#[derive(Debug)]
pub(crate) struct Peer {
    /// `anchor`, `server`, `SCA` and `UP`.
    pub(crate) material: Material,
    /// `https://HOST:PORT`.
    pub(crate) url: String,
    web: PathBuf,
    server: Child,
}

impl Peer {
    /// Starts one that lists nothing, for the client certificate in this file.
    pub(crate) fn start(client: &Path) -> Self {
        let folder = guard::folder("peer");
        let material = Material::of(folder.clone());
        let names = ["-addext", "subjectAltName=IP:127.0.0.1"];
        material.self_signed("anchor", P256, "/C=EU/O=Test/CN=TA of the peer", CA);
        material.self_signed("server", P256, "/CN=peer", &names);
        material.self_signed("SCA", P256, "/C=XP/O=Test/CN=SCA XXP", CA);
        material.self_signed("UP", P256, "/C=XP/O=Test/CN=UP XXP", UP);
        let web = folder.join("web");
        std::fs::create_dir_all(web.join("trustList")).unwrap();
        let said = folder.join("said");
        let file = |path: &Path| path.to_str().unwrap().to_owned();
        let server = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-HTTP", "-no_ticket"])
            .args(["-cert", &file(&material.path("server.pem"))])
            .args(["-key", &file(&material.path("server.key"))])
            .args(["-Verify", "1", "-verify_return_error", "-CAfile", &file(client)])
            .current_dir(&web)
            .stdin(Stdio::null())
            .stdout(File::create(&said).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut peer = Self { material, url: String::new(), web, server };
        let until = Instant::now() + Duration::from_secs(30);
        let port = loop {
            let text = std::fs::read_to_string(&said).unwrap();
            let accepts = text.lines().find_map(|line| line.strip_prefix("ACCEPT "));
            if let Some((_, port)) = accepts.and_then(|place| place.rsplit_once(':')) {
                break port.to_owned();
            }
            assert!(Instant::now() < until, "{text}");
            std::thread::sleep(Duration::from_millis(10));
        };
        peer.url = format!("https://127.0.0.1:{port}");
        for group in ["CSCA", "UPLOAD", "DSC"] {
            peer.list(group, &[]);
        }
        peer
    }

    /// A new document signer of the country XP.
    pub(crate) fn dsc(&self) -> Certificate {
        self.material.dsc("SCA", &format!("/C=XP/O=Test/CN=DSC {}", unique()))
    }

    /// An entry as the EU's gateways write it, its message by a holder and with options of OpenSSL.
    pub(crate) fn entry(
        &self,
        group: &str,
        certificate: &Certificate,
        signer: &str,
        options: &[&str],
    ) -> Value {
        let message = self.material.sign(&certificate.der, signer, options);
        json!({
            "kid": certificate.kid(),
            "timestamp": "2021-05-05T12:54:49+02:00",
            "country": "XP",
            "certificateType": group,
            "thumbprint": certificate.thumbprint(),
            "signature": encode(&message),
            "rawData": certificate.base64(),
        })
    }

    /// Lists the authority and the upload certificate, vouched for by the anchor.
    pub(crate) fn list_onboarded(&self) -> [Certificate; 2] {
        [("CSCA", "SCA"), ("UPLOAD", "UP")].map(|(group, name)| {
            let certificate = self.material.certificate(name);
            self.list(group, &[self.entry(group, &certificate, "anchor", &[DETACHED])]);
            certificate
        })
    }

    /// What a list is from now on.
    pub(crate) fn list(&self, group: &str, entries: &[Value]) {
        self.answer(group, "application/json", &json!(entries).to_string());
    }

    /// What is answered for a list from now on.
    pub(crate) fn answer(&self, group: &str, media_type: &str, body: &str) {
        let text = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        // The old one or the new one, for whoever asks meanwhile.
        let new = self.web.join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.web.join("trustList").join(group)).unwrap();
    }

    /// Lets it answer nobody, and answer again.
    pub(crate) fn hold(&self, held: bool) {
        let signal = if held { "-STOP" } else { "-CONT" };
        let process = self.server.id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It fails only when the server has ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

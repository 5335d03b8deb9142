//! Keys, certificates and messages by the OpenSSL program.
//!
//! The material of a network is a folder: `ta`, `server` and, for each participant, `XXA/TLS`,
//! `XXA/UP`, `XXA/SCA` and so on, each a certificate `.pem` with its key `.key`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::{SignedDuration, Timestamp};

use crate::guard;

/// A key on the curve that most of the network uses.
pub(crate) const P256: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
pub(crate) const P384: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"];

/// A certificate in DER.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    pub(crate) der: Vec<u8>,
}

impl Certificate {
    pub(crate) fn base64(&self) -> String {
        encode(&self.der)
    }

    /// SHA-256 in hexadecimal.
    pub(crate) fn thumbprint(&self) -> String {
        hex::encode(sha256(&self.der))
    }

    /// The first eight bytes of the SHA-256, in Base64.
    pub(crate) fn kid(&self) -> String {
        encode(&sha256(&self.der)[..8])
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A name that nothing else of the process has.
pub(crate) fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A folder with the material of a network.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    folder: PathBuf,
}

impl Material {
    /// What another gateway's operator has prepared.
    pub(crate) fn of(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The network that this process makes once.
    pub(crate) fn own() -> &'static Self {
        static OWN: OnceLock<Material> = OnceLock::new();
        OWN.get_or_init(|| {
            let material = Self { folder: guard::folder("pki") };
            material.make();
            material
        })
    }

    /// The path of a holder, without an ending.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).with_extension("pem").exists()
    }

    /// The certificate of a holder.
    pub(crate) fn certificate(&self, name: &str) -> Certificate {
        let file = self.path(name).with_extension("pem");
        Certificate { der: self.openssl(&["x509", "-outform", "DER", "-in", &text(&file)], b"") }
    }

    /// Anchor, server and four participants. A and B are onboarded; C is not; D is, without an
    /// authority.
    fn make(&self) {
        for participant in ["XXA", "XXB", "XXC", "XXD"] {
            std::fs::create_dir(self.path(participant)).unwrap();
        }
        self.self_signed("ta", P256, "/C=XX/O=Test/CN=TA", CA);
        let names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
        self.self_signed("server", P256, "/CN=gateway", &names);
        for (name, country) in [("XXA", "XA"), ("XXB", "XB"), ("XXC", "XC"), ("XXD", "XD")] {
            let subject = |use_: &str| format!("/C={country}/O=Test/CN={use_} {name}");
            let of = |use_: &str| format!("{name}/{use_}");
            self.self_signed(&of("TLS"), P256, &subject("TLS"), TLS);
            self.self_signed(&of("UP"), P256, &subject("UP"), UP);
            self.self_signed(&of("SCA"), P256, &subject("SCA"), CA);
        }
        self.self_signed("XXA/TLS2", P384, "/C=XA/O=Test/CN=TLS 2", TLS_CA);
        self.version_1("XXA/TLSV1", "/C=XA/O=Test/CN=TLS of version 1");
        self.self_signed("XXA/UP2", P384, "/C=XA/O=Test/CN=UP 2", UP);
        self.self_signed("XXA/UPRSA", &["rsa:3072"], "/C=XA/O=Test/CN=UP RSA", UP);
        self.self_signed("XXA/DECA", P256, "/C=XA/O=Test/CN=DECA", CA);
        self.self_signed("XXC/NOWHERE", P256, "/O=Test/CN=Nowhere", TLS);
        // A participant whose backend is Java's: only its client certificate has a key here.
        std::fs::create_dir(self.path("XXE")).unwrap();
        self.self_signed("XXE/TLS", P256, "/C=XE/O=Test/CN=TLS XXE", TLS);
        for (name, file) in [("SCA", "sca"), ("UP", "up"), ("UPRSA", "up-rsa")] {
            let pem = bouncy_castle(&format!("{file}.pem"));
            std::fs::write(self.path(&format!("XXE/{name}.pem")), pem).unwrap();
        }
        let now = Timestamp::now();
        let at = |seconds: i64| now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        let year = 365 * 24 * 3600;
        self.dated("XXA/TLSOLD", "/C=XA/O=Test/CN=TLS old", at(-2 * year), at(-year));
        self.dated("XXA/UPOLD", "/C=XA/O=Test/CN=UP old", at(-2 * year), at(-year));
        // It ends in a moment; what it signs now was signed in its time.
        self.dated("XXA/UPENDING", "/C=XA/O=Test/CN=UP ending", at(-60), at(4));
        let dsc = self.dsc("XXA/SCA", "/C=XA/CN=Signed in time");
        std::fs::write(self.path("in-time.der"), &dsc.der).unwrap();
        std::fs::write(self.path("in-time.cms"), self.message(&dsc.der, "XXA/UPENDING", &[]))
            .unwrap();
    }

    /// A certificate whose key signs it.
    pub(crate) fn self_signed(&self, name: &str, key: &[&str], subject: &str, more: &[&str]) {
        let path = self.path(name);
        let (certificate, key_file) = (text(&path.with_extension("pem")), keyed(&path));
        let begin = ["req", "-x509", "-nodes", "-days", "400", "-subj", subject, "-newkey"];
        let files = ["-keyout", &key_file, "-out", &certificate];
        self.openssl(&[&begin, key, &files, more].concat(), b"");
    }

    /// A self-signed certificate without extensions.
    fn version_1(&self, name: &str, subject: &str) {
        let (key, path) = (keyed(&self.path(name)), self.path(name));
        let (request, certificate) =
            (text(&path.with_extension("csr")), text(&path.with_extension("pem")));
        let begin = ["req", "-new", "-nodes", "-newkey", "rsa:3072", "-keyout", &key];
        self.openssl(&[&begin[..], &["-out", &request, "-subj", subject]].concat(), b"");
        let sign = ["x509", "-req", "-days", "30", "-in", &request, "-signkey", &key];
        self.openssl(&[&sign[..], &["-out", &certificate]].concat(), b"");
        let words = self.openssl(&["x509", "-noout", "-text", "-in", &certificate], b"");
        if !String::from_utf8_lossy(&words).contains("Version: 1") {
            eprintln!("this OpenSSL makes no certificates of version 1");
        }
    }

    /// A self-signed certificate for a certain time.
    pub(crate) fn dated(&self, name: &str, subject: &str, from: Timestamp, to: Timestamp) {
        let key = keyed(&self.path(name));
        let request = text(&self.path(name).with_extension("csr"));
        let certificate = text(&self.path(name).with_extension("pem"));
        let begin = ["req", "-new", "-nodes", "-newkey"];
        let files = ["-keyout", &key, "-out", &request, "-subj", subject];
        self.openssl(&[&begin, P256, &files].concat(), b"");
        let ca = ["-selfsign", "-keyfile", &key, "-in", &request, "-out", &certificate];
        self.ca(&ca, from, to);
    }

    /// `openssl ca`, the one command that takes instants.
    fn ca(&self, more: &[&str], from: Timestamp, to: Timestamp) {
        let number = unique();
        let (config, index) = (self.path(&format!("{number}.cnf")), format!("{number}.txt"));
        std::fs::write(self.path(&index), "").unwrap();
        let folder = self.folder.display();
        let words = format!(
            "[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/{index}\nnew_certs_dir={folder}\n\
             rand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncountryName=optional\n\
             organizationName=optional\ncommonName=supplied\n"
        );
        std::fs::write(&config, words).unwrap();
        let of = |at: Timestamp| at.strftime("%Y%m%d%H%M%SZ").to_string();
        let (from, to, config) = (of(from), of(to), text(&config));
        let begin = ["ca", "-batch", "-notext", "-preserveDN", "-config", &config];
        let dates = ["-startdate", &from, "-enddate", &to];
        self.openssl(&[&begin, &dates[..], more].concat(), b"");
    }

    /// A document signer on P-256.
    pub(crate) fn dsc(&self, issuer: &str, subject: &str) -> Certificate {
        self.dsc_with(issuer, subject, P256)
    }

    /// A document signer with another kind of key.
    pub(crate) fn dsc_with(&self, issuer: &str, subject: &str, key: &[&str]) -> Certificate {
        let (certificate, key_file) = (keyed(&self.path(issuer)), self.path(issuer));
        let authority = text(&key_file.with_extension("pem"));
        let begin = ["req", "-x509", "-nodes", "-days", "100", "-subj", subject, "-newkey"];
        let files = ["-keyout", "/dev/null", "-outform", "DER"];
        let by = ["-CA", &authority, "-CAkey", &certificate];
        Certificate { der: self.openssl(&[&begin, key, &files, &by].concat(), b"") }
    }

    /// A document signer for a certain time.
    pub(crate) fn dsc_dated(
        &self,
        issuer: &str,
        subject: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Certificate {
        let name = format!("dated-{}", unique());
        let request = text(&self.path(&name).with_extension("csr"));
        let certificate = text(&self.path(&name).with_extension("pem"));
        let begin = ["req", "-new", "-nodes", "-keyout", "/dev/null", "-newkey"];
        self.openssl(&[&begin, P256, &["-out", &request, "-subj", subject]].concat(), b"");
        let (authority, key) =
            (text(&self.path(issuer).with_extension("pem")), keyed(&self.path(issuer)));
        let ca = ["-cert", &authority, "-keyfile", &key, "-in", &request, "-out", &certificate];
        self.ca(&ca, from, to);
        self.certificate(&name)
    }

    /// A message in DER: the content is inside unless `options` say otherwise.
    pub(crate) fn sign(&self, content: &[u8], signer: &str, options: &[&str]) -> Vec<u8> {
        let path = self.path(signer);
        let (certificate, key) = (text(&path.with_extension("pem")), keyed(&path));
        let begin = ["cms", "-sign", "-binary", "-outform", "DER"];
        let by = ["-signer", &certificate, "-inkey", &key, "-md", "sha256"];
        let form: &[&str] = if options.contains(&DETACHED) { &[] } else { &["-nodetach"] };
        let options: Vec<_> =
            options.iter().copied().filter(|option| *option != DETACHED).collect();
        self.openssl(&[&begin, &by[..], form, &options].concat(), content)
    }

    /// A message in Base64.
    pub(crate) fn message(&self, content: &[u8], signer: &str, options: &[&str]) -> String {
        encode(&self.sign(content, signer, options))
    }

    /// Whether OpenSSL finds that a detached message is `signer`'s over `content`.
    pub(crate) fn verifies(&self, message: &[u8], content: &[u8], signer: &Path) -> bool {
        let file = self.path(&format!("verify-{}", unique()));
        std::fs::write(&file, content).unwrap();
        let begin = ["cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-out"];
        // The one certificate that may have signed, whatever the message brings.
        let (file, signer) = (text(&file), text(signer));
        let by = ["/dev/null", "-content", &file, "-noverify", "-nointern", "-certfile", &signer];
        let output = self.try_openssl(&[&begin[..], &by].concat(), message);
        output.status.success()
    }

    /// Runs `openssl` and gives what it writes.
    #[track_caller]
    pub(crate) fn openssl(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let output = self.try_openssl(arguments, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments:?}: {said}");
        output.stdout
    }

    fn try_openssl(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("openssl is installed (cargo xtask test does it)");
        // Inputs are short: they fit into the pipe, read or not.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }
}

/// A file of those that Bouncy Castle has made.
pub(crate) fn bouncy_castle(name: &str) -> Vec<u8> {
    let path = gdhcn_testkit::fixture_dir("gdhcn", "bouncycastle").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// For [`Material::sign`]: without the content.
pub(crate) const DETACHED: &str = "detached";

pub(crate) const CA: &[&str] = &["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
pub(crate) const UP: &[&str] = &["-addext", "keyUsage=critical,digitalSignature"];
const TLS: &[&str] =
    &["-addext", "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=clientAuth"];

/// With the usage that some proxies ask of a certificate that signs itself.
const TLS_CA: &[&str] = &[
    "-addext",
    "keyUsage=critical,digitalSignature,keyCertSign",
    "-addext",
    "extendedKeyUsage=clientAuth",
];

fn keyed(path: &Path) -> String {
    text(&path.with_extension("key"))
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

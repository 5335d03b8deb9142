//! `gdhcn gateway init`: a folder from which a gateway can be served.

use std::fs;
use std::io::IsTerminal as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use anyhow::{anyhow, bail};
use gdhcn_crypto::{KeyKind, Signer as _, SoftwareKey};
use gdhcn_envelope::pem;
use gdhcn_envelope::x509::Certificate;
use gdhcn_log::{KeyName, NoteKey};
use gdhcn_server::GatewayConfig;
use gdhcn_server::gateway::ConfigFiles;
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::profile::Role;
use serde::Serialize;

use super::arguments::InitArguments;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::file::{write_new, write_secret};
use crate::key_source::{KeySource, SecretArguments};
use crate::output::{self, FAINT, GOOD, OPEN, PLAIN, STRONG, day, now, println, spoken};

const CONFIG: &str = "gateway.toml";
const SERVER: &str = "gateway";
const ANCHOR: &str = "trust-anchor";
const LOG_KEY: &str = "log.key";

/// What came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    config: String,
    server_certificate: Shown,
    trust_anchor: Shown,
    /// Whether the private key of the trust anchor lies there under a passphrase; none when it
    /// does not lie there at all.
    trust_anchor_key_encrypted: Option<bool>,
    /// The log's public key, as auditors need it.
    log_key: String,
    next: String,
}

/// A certificate with its fingerprint.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    subject: String,
    sha256: String,
    not_after: String,
    made_here: bool,
}

pub(super) fn run(arguments: &InitArguments) -> Result<Exit, Fault> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder).or_input(folder.display())?;
    let mut inside = fs::read_dir(folder).or_input(folder.display())?;
    if inside.next().is_some() {
        return Err(Fault::Input(anyhow!(
            "{} is not empty; name a new folder, so that no key is written over",
            folder.display()
        )));
    }
    if holds_password(&arguments.database) {
        return Err(Fault::Usage(
            "--database holds a password, which every account of the machine can read in an \
             argument; put it into the file that PGPASSFILE names, or give --database env:NAME"
                .to_owned(),
        ));
    }
    let origin = log_origin(arguments)?;
    // First, because it may ask: nothing is left over when there is no answer.
    let encrypted = is_encrypted(arguments);
    let anchor = anchor(arguments, encrypted)?;
    let server = server(arguments)?;
    let log_key = log_key(arguments, &origin)?;
    let config = folder.join(CONFIG);
    write_secret(&config, config_text(arguments, &origin)?.as_bytes())?;
    let loaded = GatewayConfig::load(&config).or_internal("the configuration that was made")?;
    ConfigFiles::read(&loaded).or_internal("the files that were made")?;
    let made = Made {
        next: format!("gdhcn gateway serve --config {}", output::argument(&config)),
        config: config.display().to_string(),
        server_certificate: Shown::of(&server, arguments.tls_cert.is_none()),
        trust_anchor: Shown::of(&anchor, arguments.trust_anchor.is_none()),
        trust_anchor_key_encrypted: arguments.trust_anchor.is_none().then_some(encrypted),
        log_key,
    };
    if arguments.json {
        output::json(&made)?;
    } else {
        tell(arguments, &made);
    }
    Ok(Exit::SUCCESS)
}

/// Whether the URL of a database has a password in it.
fn holds_password(database: &str) -> bool {
    let Some((_, rest)) = database.split_once("://") else { return false };
    let user = rest.split('?').next().and_then(|place| place.rsplit_once('@'));
    user.is_some_and(|(user, _)| user.contains(':')) || rest.contains("password=")
}

fn tell(arguments: &InitArguments, made: &Made) {
    println!("{GOOD}made{PLAIN}  {}", made.config);
    for (what, shown) in
        [("server certificate", &made.server_certificate), ("trust anchor", &made.trust_anchor)]
    {
        let origin = if shown.made_here { "new" } else { "given" };
        println!("{STRONG}{what}{PLAIN} ({origin}): {}, until {}", shown.subject, shown.not_after);
        println!("  {FAINT}SHA-256{PLAIN} {}", spoken(&shown.sha256));
    }
    println!("{STRONG}transparency log{PLAIN} (new): {}", made.log_key);
    if let Some(encrypted) = made.trust_anchor_key_encrypted {
        let key = arguments.folder.join(format!("{ANCHOR}.key"));
        let state = if encrypted { "" } else { " and is not encrypted" };
        println!(
            "{OPEN}hint:{PLAIN} {} onboards participants{state}: move it to a machine without a \
             network",
            key.display()
        );
    }
    println!("next: {STRONG}{}{PLAIN}", made.next);
}

impl Shown {
    fn of(certificate: &Certificate, made_here: bool) -> Self {
        Self {
            subject: certificate.subject().to_string(),
            sha256: certificate.thumbprint().to_string(),
            not_after: day(certificate.not_after()),
            made_here,
        }
    }
}

fn server(arguments: &InitArguments) -> Result<Certificate, Fault> {
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        let text = fs::read(certificate).or_input(certificate.display())?;
        write_new(&arguments.folder.join(format!("{SERVER}.pem")), &text)?;
        let secret = fs::read(key).or_input(key.display())?;
        write_secret(&arguments.folder.join(format!("{SERVER}.key")), &secret)?;
        return first(&text, certificate);
    }
    let names: Vec<&str> = arguments.names.iter().map(String::as_str).collect();
    let names = if names.is_empty() { vec!["localhost"] } else { names };
    let addresses = if arguments.addresses.is_empty() {
        vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]
    } else {
        arguments.addresses.clone()
    };
    make(arguments, Role::GatewayServer, false, SERVER, &names, &addresses)
}

/// Whether the trust anchor's key is put under a passphrase: where one is given or a person can be
/// asked for it.
fn is_encrypted(arguments: &InitArguments) -> bool {
    let can_be_asked = std::io::stdin().is_terminal();
    !arguments.plain && (arguments.passphrase_file.is_some() || can_be_asked)
}

fn anchor(arguments: &InitArguments, encrypted: bool) -> Result<Certificate, Fault> {
    let Some(file) = &arguments.trust_anchor else {
        return make(arguments, Role::TrustAnchor, encrypted, ANCHOR, &[], &[]);
    };
    let bytes = fs::read(file).or_input(file.display())?;
    let certificate = first(&bytes, file)?;
    let text = pem::encode("CERTIFICATE", certificate.der());
    write_new(&arguments.folder.join(format!("{ANCHOR}.pem")), text.as_bytes())?;
    Ok(certificate)
}

fn first(bytes: &[u8], file: &Path) -> Result<Certificate, Fault> {
    let found = pem::certificates(bytes).into_iter().next();
    found
        .ok_or_else(|| anyhow!("it holds no certificate"))
        .or_input(file.display())?
        .or_input(file.display())
}

/// The name of the log, which stays for ever: the host's, unless another one is given.
fn log_origin(arguments: &InitArguments) -> Result<KeyName, Fault> {
    let host = arguments.names.first().map_or("localhost", String::as_str);
    let origin = arguments.log_origin.clone().unwrap_or_else(|| format!("{host}/log"));
    origin.parse().map_err(|error| Fault::Usage(format!("the log's name {origin:?}: {error}")))
}

/// Makes the log's key and gives its public form.
fn log_key(arguments: &InitArguments, origin: &KeyName) -> Result<String, Fault> {
    let what = "making the log's key";
    let key = SoftwareKey::generate(KeyKind::Ed25519).or_internal(what)?;
    write_secret(&arguments.folder.join(LOG_KEY), key.to_pem().as_bytes())?;
    let public = NoteKey::new(origin.clone(), key.public_key().clone()).or_internal(what)?;
    let text = public.to_string();
    // Here and not by the gateway, which may not write where its configuration lies.
    write_new(&arguments.folder.join(format!("{LOG_KEY}.pub")), format!("{text}\n").as_bytes())?;
    Ok(text)
}

/// Makes a key on P-256 and its certificate, as `NAME.pem` and `NAME.key`.
fn make(
    arguments: &InitArguments,
    role: Role,
    encrypted: bool,
    name: &str,
    dns_names: &[&str],
    addresses: &[IpAddr],
) -> Result<Certificate, Fault> {
    let secret = SecretArguments {
        passphrase_file: arguments.passphrase_file.clone(),
        ..SecretArguments::default()
    };
    let file = KeySource::File(arguments.folder.join(format!("{name}.key")));
    let key = file.generate(&secret, !encrypted)?;
    let serial = uuid::Uuid::new_v4().into_bytes();
    // The gateway's own certificate names hosts; only the anchor's names a country.
    let owner = (role == Role::TrustAnchor).then_some(arguments.country);
    let organization = &arguments.organization;
    let mut request = Request::new(role, owner, organization, key.public_key(), serial, now());
    request.dns_names = dns_names;
    request.addresses = addresses;
    let certificate = request.self_signed(key.as_ref()).or_internal("making a certificate")?;
    let text = pem::encode("CERTIFICATE", certificate.der());
    write_new(&arguments.folder.join(format!("{name}.pem")), text.as_bytes())?;
    Ok(certificate)
}

/// The template, with what was said on the command line.
fn config_text(arguments: &InitArguments, origin: &KeyName) -> Result<String, Fault> {
    let mut text = GatewayConfig::TEMPLATE.to_owned();
    let quoted = |value: &str| toml_text(value);
    let mut set = |section: &str, key: &str, value: String| {
        text = replaced(&text, section, key, &value).or_internal("the template")?;
        Ok::<_, Fault>(())
    };
    set("", "listen", quoted(&arguments.listen.to_string()))?;
    set("", "management_listen", quoted(&arguments.management_listen.to_string()))?;
    set("", "database", quoted(&arguments.database))?;
    if !arguments.proxies.is_empty() {
        let addresses: Vec<_> =
            arguments.proxies.iter().map(|address| quoted(&address.to_string())).collect();
        set("proxy_headers", "enabled", "true".to_owned())?;
        set("proxy_headers", "allowed_addresses", format!("[{}]", addresses.join(", ")))?;
    }
    let log = format!(
        "\n# The transparency log is served under this name, for ever.\n[log]\norigin = {}\nkey = \
         {}\n",
        quoted(origin.as_str()),
        quoted(LOG_KEY)
    );
    Ok(text + &log)
}

/// A TOML string: JSON's escapes are among TOML's.
fn toml_text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// The text with another value for a key that stands in it, commented out or not.
fn replaced(text: &str, section: &str, key: &str, value: &str) -> anyhow::Result<String> {
    let mut current = "";
    let mut done = false;
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                current = name;
            }
            let assigned = line.trim_start_matches('#').strip_prefix(key);
            let is_it = assigned.is_some_and(|rest| rest.starts_with(" = "));
            if is_it && current == section && !done {
                done = true;
                format!("{key} = {value}")
            } else {
                line.to_owned()
            }
        })
        .collect();
    if !done {
        bail!("there is no `{key}` in [{section}]");
    }
    Ok(lines.join("\n") + "\n")
}

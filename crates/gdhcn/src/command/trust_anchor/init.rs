use std::path::Path;

use gdhcn_codes::Participant;
use gdhcn_envelope::pem;
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::profile::Role;
use serde_json::json;

use super::arguments::InitArguments;
use crate::exit::{Exit, Fault, OrInternal};
use crate::file;
use crate::output::{self, PLAIN, STRONG, day, now, println};

pub(super) fn run(arguments: &InitArguments) -> Result<Exit, Fault> {
    let country =
        Participant::parse(&arguments.country).map_err(|error| Fault::Usage(error.to_string()))?;
    // Before a key is made that would be left over.
    if arguments.certificate.exists() {
        let path = arguments.certificate.display();
        return Err(Fault::Usage(format!("{path} exists; a certificate is never written over")));
    }
    let key = arguments.key.generate(&arguments.secret, arguments.unencrypted)?;
    let serial = uuid::Uuid::new_v4().into_bytes();
    let mut request = Request::new(
        Role::TrustAnchor,
        Some(country),
        &arguments.organization,
        key.public_key(),
        serial,
        now(),
    );
    request.common_name = arguments.common_name.as_deref();
    let certificate = request.self_signed(key.as_ref()).or_internal("making the certificate")?;
    let text = pem::encode("CERTIFICATE", certificate.der());
    file::write_new(&arguments.certificate, text.as_bytes())?;

    if arguments.json {
        output::json(&json!({
            "key": arguments.key.describe(),
            "certificate": path_text(&arguments.certificate),
            "subject": certificate.subject().to_string(),
            "sha256": certificate.thumbprint().to_string(),
            "notAfter": certificate.not_after().to_string(),
        }))?;
        return Ok(Exit::SUCCESS);
    }
    println!("{STRONG}key{PLAIN}          {}", arguments.key.describe());
    println!("{STRONG}certificate{PLAIN}  {}", path_text(&arguments.certificate));
    println!("{STRONG}subject{PLAIN}      {}", certificate.subject());
    println!("{STRONG}fingerprint{PLAIN}  {}", output::spoken(certificate.thumbprint()));
    println!("{STRONG}valid until{PLAIN}  {}", day(certificate.not_after()));
    println!();
    println!(
        "Next: name the certificate in the gateway's configuration and tell its fingerprint to"
    );
    println!("those who rely on it:");
    println!("  trust_anchors = [\"{}\"]", path_text(&arguments.certificate));
    Ok(Exit::SUCCESS)
}

fn path_text(path: &Path) -> String {
    path.display().to_string()
}

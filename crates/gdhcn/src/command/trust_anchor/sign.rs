use std::path::{Path, PathBuf};

use anyhow::anyhow;
use gdhcn_envelope::x509::Certificate;
use gdhcn_trust::federation::PeerRequest;
use gdhcn_trust::onboarding_request::OnboardingRequest;
use gdhcn_trust::participant::TrustedParty;
use serde_json::json;

use super::arguments::SignArguments;
use crate::ask;
use crate::exit::{Exit, Fault, OrInput, OrInternal};
use crate::file;
use crate::output::{self, PLAIN, STRONG, argument, eprintln, now, println};

pub(super) fn run(arguments: &SignArguments) -> Result<Exit, Fault> {
    let anchor = super::certificate(&arguments.certificate)?;
    let mut requests = Vec::new();
    let mut certificates = Vec::new();
    if let [path] = &arguments.inputs[..] {
        let bytes = std::fs::read(path).or_input(path.display())?;
        if PeerRequest::is_one(&bytes) {
            let request = PeerRequest::from_json(&bytes).or_input(path.display())?;
            return sign_peer(arguments, &anchor, path, request);
        }
    }
    for path in &arguments.inputs {
        let bytes = std::fs::read(path).or_input(path.display())?;
        if bytes.trim_ascii_start().first() == Some(&b'{') {
            let request = OnboardingRequest::from_json(&bytes).or_input(path.display())?;
            requests.push((path.as_path(), request));
        } else {
            certificates.push((path.as_path(), one_certificate(path, &bytes)?));
        }
    }
    match (&requests[..], certificates.is_empty()) {
        ([(path, request)], true) => sign_request(arguments, &anchor, path, request),
        ([], false) => sign_certificates(arguments, &anchor, &certificates),
        _ => Err(Fault::Usage("give one request, or certificates, not both".to_owned())),
    }
}

fn one_certificate(path: &Path, bytes: &[u8]) -> Result<Certificate, Fault> {
    let mut found = gdhcn_envelope::pem::certificates(bytes);
    match found.pop() {
        Some(certificate) if found.is_empty() => certificate.or_input(path.display()),
        _ => Err(Fault::Input(anyhow!("{}: not exactly one certificate", path.display()))),
    }
}

fn sign_request(
    arguments: &SignArguments,
    anchor: &Certificate,
    path: &Path,
    request: &OnboardingRequest,
) -> Result<Exit, Fault> {
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => path.with_file_name("response.json"),
    };
    crate::onboarding::show_request(request);
    show_anchor(anchor);
    if arguments.dry_run {
        eprintln!("dry run: nothing was signed");
        return Ok(Exit::SUCCESS);
    }
    refuse_existing(&out)?;
    let question = format!("Sign these {} items?", request.items().len());
    if !ask::confirm(&question, arguments.yes)? {
        eprintln!("nothing was signed");
        return Ok(Exit::NEGATIVE);
    }
    let key = arguments.key.open(&arguments.secret)?;
    let response = request.sign(anchor, key.as_ref(), now()).or_input(path.display())?;
    file::write_new(&out, response.to_json().as_bytes())?;
    if arguments.json {
        output::json(&json!({
            "response": out.display().to_string(),
            "request": request.digest().to_string(),
            "anchor": response.anchor,
            "signed": response.items.iter().map(|item| &item.sha256).collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::SUCCESS);
    }
    println!("signed: {}", out.display());
    say_next(&out);
    Ok(Exit::SUCCESS)
}

fn sign_peer(
    arguments: &SignArguments,
    anchor: &Certificate,
    path: &Path,
    request: PeerRequest,
) -> Result<Exit, Fault> {
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => path.with_file_name("peer-response.json"),
    };
    crate::onboarding::show_peer_request(&request);
    show_anchor(anchor);
    if arguments.dry_run {
        eprintln!("dry run: nothing was signed");
        return Ok(Exit::SUCCESS);
    }
    refuse_existing(&out)?;
    if !ask::confirm("Sign this gateway?", arguments.yes)? {
        eprintln!("nothing was signed");
        return Ok(Exit::NEGATIVE);
    }
    let key = arguments.key.open(&arguments.secret)?;
    let digest = request.digest().to_string();
    let signed = request.sign(anchor, key.as_ref(), now()).or_input(path.display())?;
    file::write_new(&out, signed.to_json().as_bytes())?;
    if arguments.json {
        output::json(&json!({
            "response": out.display().to_string(),
            "request": digest,
            "anchor": anchor.thumbprint().to_string(),
        }))?;
        return Ok(Exit::SUCCESS);
    }
    println!("signed: {}", out.display());
    say_next(&out);
    Ok(Exit::SUCCESS)
}

/// Where the request was made the paths are other ones, and known.
fn say_next(out: &Path) {
    println!("Next, at the gateway: the command that made the request, with");
    println!("  --import {}", argument(out));
    println!("instead of --export");
}

fn sign_certificates(
    arguments: &SignArguments,
    anchor: &Certificate,
    certificates: &[(&Path, Certificate)],
) -> Result<Exit, Fault> {
    let mut plan: Vec<(PathBuf, &Certificate)> = Vec::new();
    for (path, certificate) in certificates {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let folder = match &arguments.out {
            Some(out) => out.clone(),
            None => path.with_file_name("signed"),
        };
        let result = folder.join(format!("TNG_TA.signed.{name}.json"));
        println!("{STRONG}{}{PLAIN}", path.display());
        crate::onboarding::show_certificate(certificate, "  ");
        plan.push((result, certificate));
    }
    show_anchor(anchor);
    if arguments.dry_run {
        eprintln!("dry run: nothing was signed");
        return Ok(Exit::SUCCESS);
    }
    for (result, _) in &plan {
        refuse_existing(result)?;
    }
    if !ask::confirm(&format!("Sign these {} certificates?", plan.len()), arguments.yes)? {
        eprintln!("nothing was signed");
        return Ok(Exit::NEGATIVE);
    }
    let key = arguments.key.open(&arguments.secret)?;
    let mut written = Vec::new();
    for (result, certificate) in plan {
        let party = TrustedParty::onboard(certificate, anchor, key.as_ref(), now())
            .or_input(result.display())?;
        let folder = result.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder).or_input(folder.display())?;
        let text = serde_json::to_string_pretty(&party).or_internal("writing the result")?;
        file::write_new(&result, text.as_bytes())?;
        written.push(json!({
            "result": result.display().to_string(),
            "sha256": party.certificate_thumbprint,
        }));
        if !arguments.json {
            println!("signed: {}", result.display());
        }
    }
    if arguments.json {
        output::json(&written)?;
    }
    Ok(Exit::SUCCESS)
}

fn show_anchor(anchor: &Certificate) {
    println!("{STRONG}signer{PLAIN}");
    crate::onboarding::show_certificate(anchor, "  ");
}

fn refuse_existing(path: &Path) -> Result<(), Fault> {
    if path.exists() {
        return Err(Fault::Usage(format!("{} exists; name another with --out", path.display())));
    }
    Ok(())
}

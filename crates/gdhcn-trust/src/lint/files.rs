//! Files and folders: L001, L002, L064 (files), L070 to L074.

use gdhcn_codes::{Domain, KeyUsage};

use super::Severity::{Error, Information, Warning};
use super::{CHECK, Context, Environment, Findings, GUIDE, Rule, accepted, refused};
use crate::participant_folder::{Oddity, ParticipantFolder, Remark};

pub(super) fn check(folder: &ParticipantFolder, context: &Context<'_>, findings: &mut Findings) {
    for remark in &folder.remarks {
        odd(remark, context, findings);
    }
    for domain in &folder.domains {
        check_domain(domain, context, findings);
    }
    check_completeness(folder, context, findings);
}

fn odd(remark: &Remark, context: &Context<'_>, findings: &mut Findings) {
    let strict = match context.environment {
        Environment::Development => Warning,
        _ => Error,
    };
    let in_tls = remark.path.to_ascii_uppercase().contains("/TLS/");
    let (rule, severity) = match &remark.oddity {
        Oddity::PrivateKey(_)
        | Oddity::Unreadable(_)
        | Oddity::TooLong { .. }
        | Oddity::TooManyFiles { .. } => (Rule::L001, Error),
        Oddity::SeveralCertificates { .. } if in_tls => (Rule::L002, Error),
        Oddity::SeveralCertificates { .. } | Oddity::Der => (Rule::L001, Error),
        Oddity::Placeholder | Oddity::TextAround => (Rule::L064, Warning),
        Oddity::Domain { .. } => (Rule::L070, strict),
        Oddity::Usage { .. } => (Rule::L071, Error),
        Oddity::Issuer(_) => (Rule::L074, Error),
        Oddity::SignedResult { .. } | Oddity::Bundle => (Rule::L073, Warning),
        Oddity::OldName { .. }
        | Oddity::OddName
        | Oddity::PassedOver
        | Oddity::FailureMark
        | Oddity::EmptyTemplate
        | Oddity::Reference => (Rule::L073, Information),
    };
    findings.add(rule, severity, &remark.path, format!("the file {}", remark.oddity));
}

/// Domains of the network, and whether the productive network's own check knows them.
const DOMAINS: [(&str, bool); 10] = [
    ("DCC", true),
    ("DDCC", true),
    ("DICVP", false),
    ("DIVOC", true),
    ("ICAO", true),
    ("ICVP", false),
    ("IPS-PILGRIMAGE", true),
    ("PH4H", false),
    ("RACSEL-DDVC", false),
    ("SHC", true),
];

fn check_domain(domain: &Domain, context: &Context<'_>, findings: &mut Findings) {
    let path = domain.as_str();
    match DOMAINS.iter().find(|(known, _)| *known == path) {
        None => {
            let severity = match context.environment {
                Environment::Development => Warning,
                _ => Error,
            };
            findings.add(Rule::L070, severity, path, format!("the folder of the domain {path}"));
        }
        Some((_, false)) if context.environment == Environment::Production => findings.add_with(
            Rule::L070,
            Warning,
            path,
            format!("the folder of the domain {path}"),
            "ask the secretariat whether its check knows the domain by now".to_owned(),
            &[accepted(GUIDE), refused(CHECK)],
        ),
        Some(_) => {}
    }
}

/// How to mend a folder in which nothing was found.
const LAYOUT: &str = "the place says what a certificate is for: onboarding/DOMAIN/USAGE/NAME.pem, \
                      such as onboarding/DCC/SCA/SCA.pem, onboarding/DCC/UP/UP.pem, \
                      onboarding/DCC/TLS/TLS.pem and onboarding/DCC/TLS/CA.pem";

fn check_completeness(folder: &ParticipantFolder, context: &Context<'_>, findings: &mut Findings) {
    // Elsewhere the check prints what is missing and passes.
    let severity = if context.environment == Environment::Template { Error } else { Warning };
    if folder.certificates.is_empty() && folder.issuers.is_empty() {
        findings.add_with(
            Rule::L072,
            Error,
            "",
            "no certificate and no issuer at a place of the layout".to_owned(),
            LAYOUT.to_owned(),
            &[],
        );
    }
    let has = |usage| folder.certificates.iter().any(|one| one.usage == usage);
    if !context.onboarded && !folder.certificates.is_empty() {
        for (there, name) in [
            (has(KeyUsage::Tls), "TLS/TLS.pem"),
            (!folder.tls_issuers.is_empty(), "TLS/CA.pem"),
            (has(KeyUsage::Up), "UP/UP.pem"),
        ] {
            if !there {
                findings.add(Rule::L072, severity, "", format!("no domain has {name}"));
            }
        }
    }
    for domain in &folder.domains {
        let in_domain = folder.certificates.iter().any(|one| one.domain == *domain);
        if in_domain && folder.of(domain, KeyUsage::Sca).next().is_none() {
            let found = format!("the domain {domain} has no SCA/SCA.pem");
            findings.add(Rule::L072, severity, domain.as_str(), found);
        }
    }
}

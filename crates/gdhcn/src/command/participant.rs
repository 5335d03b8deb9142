//! `gdhcn participant`: what a participant hands in, checked before it is sent.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use gdhcn_codes::Participant;
use gdhcn_envelope::pem;
use gdhcn_trust::lint::{Context, Environment, Finding, KnownCertificate, Report, Severity, lint};
use jiff::Timestamp;
use serde_json::json;

use crate::exit::{Exit, Fault, OrInput};
use crate::output::{self, BAD, FAINT, GOOD, OPEN, PLAIN, STRONG, now, println, tame_line};
use crate::participant_files;

#[derive(Debug, Subcommand)]
pub(crate) enum ParticipantCommand {
    /// Say what is wrong with an onboarding folder, before it is sent.
    Lint(LintArguments),
}

const LINT_EXAMPLES: &str = "\
Examples:
  gdhcn participant lint XXA/
  gdhcn participant lint XXA/ --environment uat --json | jq '.findings[] | .rule'
  gdhcn participant lint XXA/ --known ../uat/XXA/     is a key of acceptance among them?
  gdhcn participant lint XXA/ --tag v3                the files of a signed tag, as git checks it

The folder, for each trust domain (DCC, DDCC, IPS-PILGRIMAGE, PH4H, DICVP):
  XXA/onboarding/DCC/SCA/SCA.pem      signs document signers
  XXA/onboarding/DCC/UP/UP.pem        signs what is uploaded
  XXA/onboarding/DCC/TLS/TLS.pem      the client certificate, without its chain
  XXA/onboarding/DCC/TLS/CA.pem       who issued it; the same certificate when it is self-signed
  further ones of a kind: SCA_1.pem, SCA_2.pem; also DECA/DECA.pem, ISSUER/Trusted_Issuer.json
docs/onboarding.md tells more, and docs/participants.md makes the keys with openssl.

Each finding names its rule (L001 to L074), what was found and how to mend it. Where two texts of
the network disagree, it says who accepts and who refuses.

Exit codes: 0 no error (there may be warnings), 1 errors, also when no certificate is found, 64
wrong usage, 66 the folder cannot be read.";

#[derive(Args, Debug)]
#[command(after_help = LINT_EXAMPLES)]
pub(crate) struct LintArguments {
    /// The participant's folder, with `onboarding/` in it
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Whose onboarding checks are applied
    #[arg(long, value_enum, default_value = "prod")]
    pub(crate) environment: EnvironmentName,
    /// Whose folder it is, two or three letters [default: the folder's name]
    #[arg(long, value_name = "CODE")]
    pub(crate) participant: Option<String>,
    /// Certificates of another environment: files or folders; a key that is found there is an error
    #[arg(long, value_name = "PATH")]
    pub(crate) known: Vec<PathBuf>,
    /// Read the files of this signed tag of the git repository FOLDER
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<String>,
    /// Judge at this instant instead of now (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = crate::cli::instant)]
    pub(crate) at: Option<Timestamp>,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// An environment, as it is written in an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvironmentName {
    /// The checks of the template of participants' repositories
    Template,
    /// The development network
    Dev,
    /// The acceptance network
    Uat,
    /// The productive network
    Prod,
}

impl From<EnvironmentName> for Environment {
    fn from(name: EnvironmentName) -> Self {
        match name {
            EnvironmentName::Template => Self::Template,
            EnvironmentName::Dev => Self::Development,
            EnvironmentName::Uat => Self::Acceptance,
            EnvironmentName::Prod => Self::Production,
        }
    }
}

impl EnvironmentName {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Dev => "dev",
            Self::Uat => "uat",
            Self::Prod => "prod",
        }
    }
}

pub(crate) fn run(command: &ParticipantCommand) -> Result<Exit, Fault> {
    let ParticipantCommand::Lint(arguments) = command;
    let folder = participant_files::read(&arguments.folder, arguments.tag.as_deref())?;
    let participant = match &arguments.participant {
        Some(code) => {
            Some(Participant::parse(code).map_err(|error| Fault::Usage(error.to_string()))?)
        }
        None => folder.participant,
    };
    let mut known = Vec::new();
    for path in &arguments.known {
        known.extend(known_certificates(path)?);
    }
    let at = arguments.at.unwrap_or_else(now);
    let mut context = Context::new(arguments.environment.into(), at);
    context.participant = participant;
    context.known = &known;
    let report = lint(&folder, &context);
    if arguments.json {
        let environment = arguments.environment.as_str();
        output::json(&as_json(&report, participant, environment, at))?;
    } else {
        let whose = participant.map_or_else(
            || "nobody's folder (say --participant)".to_owned(),
            |one| format!("{one} {}", one.name()),
        );
        println!(
            "{STRONG}{whose}{PLAIN}: {} certificates, judged as {} does",
            report.certificates,
            arguments.environment.as_str()
        );
        show(&report);
    }
    Ok(if report.is_acceptable() { Exit::SUCCESS } else { Exit::NEGATIVE })
}

/// Shows every finding under its file, then how many there are.
pub(crate) fn show(report: &Report) {
    let mut path = None;
    for finding in &report.findings {
        if path != Some(&finding.path) {
            println!("{STRONG}{}{PLAIN}", tame_line(&finding.path));
            path = Some(&finding.path);
        }
        show_finding(finding);
    }
    let [errors, warnings, rest] = [Severity::Error, Severity::Warning, Severity::Information]
        .map(|severity| report.count(severity));
    if errors > 0 {
        println!("{BAD}{errors} errors{PLAIN}, {warnings} warnings, {rest} remarks");
    } else {
        println!("{GOOD}no errors{PLAIN}, {warnings} warnings, {rest} remarks");
    }
}

fn show_finding(finding: &Finding) {
    let colour = match finding.severity {
        Severity::Error => BAD,
        Severity::Warning => OPEN,
        Severity::Information => FAINT,
    };
    let rule = finding.rule;
    println!("  {colour}{:11}{PLAIN} {rule} {}", finding.severity, tame_line(&finding.found));
    println!("              {FAINT}rule:{PLAIN} {}", rule.title());
    for opinion in &finding.opinions {
        println!("              {opinion}");
    }
    println!("              {FAINT}hint:{PLAIN} {}", finding.mend);
}

/// A report for programs.
pub(crate) fn as_json(
    report: &Report,
    participant: Option<Participant>,
    environment: &str,
    at: Timestamp,
) -> serde_json::Value {
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            let opinions: Vec<_> = finding
                .opinions
                .iter()
                .map(|one| json!({ "by": one.by, "accepts": one.accepts }))
                .collect();
            json!({
                "rule": finding.rule.id(),
                "title": finding.rule.title(),
                "severity": finding.severity.as_str(),
                "path": finding.path,
                "found": finding.found,
                "mend": finding.mend,
                "opinions": opinions,
            })
        })
        .collect();
    json!({
        "participant": participant.map(Participant::alpha3),
        "environment": environment,
        "at": at.to_string(),
        "certificates": report.certificates,
        "errors": report.count(Severity::Error),
        "warnings": report.count(Severity::Warning),
        "findings": findings,
    })
}

/// The certificates of a file, or of a participant's folder.
fn known_certificates(path: &std::path::Path) -> Result<Vec<KnownCertificate>, Fault> {
    let place = format!("in {}", path.display());
    let found: Vec<_> = if path.is_dir() {
        let folder = participant_files::read(path, None)?;
        folder.certificates.into_iter().map(|one| (one.certificate, Some(one.usage))).collect()
    } else {
        let bytes = std::fs::read(path).or_input(path.display())?;
        pem::certificates(&bytes)
            .into_iter()
            .map(|certificate| Ok((certificate.or_input(path.display())?, None)))
            .collect::<Result<_, Fault>>()?
    };
    Ok(found
        .into_iter()
        .map(|(certificate, usage)| KnownCertificate {
            other_environment: true,
            ..KnownCertificate::new(&certificate, usage, place.clone())
        })
        .collect())
}

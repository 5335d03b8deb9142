//! What is wrong with a participant's folder, before anybody signs it.
//!
//! [`lint`] applies every rule of the network's governance, of its automated onboarding checks and
//! of the gateways' own needs. Each [`Finding`] names the rule, the value that was found and how
//! to mend it; where two texts of the network disagree, it says who accepts and who refuses.

mod files;
mod identity;
mod issuing;
mod key;
mod rule;
mod usage;
mod validity;

use std::collections::BTreeMap;
use std::fmt;

use gdhcn_codes::{KeyUsage, Participant};
use gdhcn_crypto::{Backend, Thumbprint, sha256};
use gdhcn_envelope::x509::Certificate;
use jiff::Timestamp;

use crate::participant_folder::{FolderCertificate, ParticipantFolder};

pub use key::{KNOWN_TEST_KEYS, is_custom_kid};
pub use rule::Rule;

/// Whose set of onboarding checks is applied: they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// The checks of the template for participants' repositories.
    Template,
    /// The development network.
    Development,
    /// The acceptance network.
    Acceptance,
    /// The productive network.
    Production,
}

/// What the folder is judged against.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Context<'a> {
    /// Whose checks.
    pub environment: Environment,
    /// The instant.
    pub now: Timestamp,
    /// Whose folder it is; without it what the folder's own path says.
    pub participant: Option<Participant>,
    /// Certificates that are in use elsewhere: at the gateway, in other environments.
    pub known: &'a [KnownCertificate],
    /// SHA-256 of the `SubjectPublicKeyInfo` of keys that are known to be weak or public.
    pub weak_keys: &'a [[u8; 32]],
    /// The participant is onboarded in another domain already, so that its TLS and upload
    /// certificates are there.
    pub onboarded: bool,
    /// What does the arithmetic.
    pub backend: Backend,
}

impl Context<'_> {
    /// A context in which nothing else is known.
    pub fn new(environment: Environment, now: Timestamp) -> Self {
        Self {
            environment,
            now,
            participant: None,
            known: &[],
            weak_keys: &[],
            onboarded: false,
            backend: Backend::default(),
        }
    }
}

/// A certificate that is in use somewhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCertificate {
    /// Where, in words that end a sentence: `at this gateway as DSC of DEU`.
    pub place: String,
    /// Its participant's alpha-2 code.
    pub country: String,
    /// What it is used for.
    pub usage: Option<KeyUsage>,
    /// It is of another environment than the folder.
    pub other_environment: bool,
    /// SHA-256 of its `SubjectPublicKeyInfo`.
    pub key: [u8; 32],
    /// The certificate.
    pub thumbprint: Thumbprint,
}

impl KnownCertificate {
    /// A certificate of this environment.
    pub fn new(certificate: &Certificate, usage: Option<KeyUsage>, place: String) -> Self {
        Self {
            place,
            country: certificate.subject().country().unwrap_or_default().to_owned(),
            usage,
            other_environment: false,
            key: sha256(certificate.public_key_info()),
            thumbprint: certificate.thumbprint(),
        }
    }
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Information,
    /// The governance says "should", or other gateways refuse.
    Warning,
    /// An onboarding check fails, or readers of the list would break.
    Error,
}

impl Severity {
    /// `error`, `warning` or `information`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How much it weighs in this environment.
    pub severity: Severity,
    /// The file, or the folder of a domain.
    pub path: String,
    /// The value that was found.
    pub found: String,
    /// How to mend it; where a date is wrong, the first that would pass.
    pub mend: String,
    /// Who accepts and who refuses, where texts disagree.
    pub opinions: Vec<Opinion>,
}

/// What one text of the network says about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The text, such as `the onboarding check`.
    pub by: &'static str,
    /// Whether the value passes there.
    pub accepts: bool,
}

impl fmt::Display for Opinion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", if self.accepts { "accepted" } else { "refused" }, self.by)
    }
}

/// Everything that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order of the files, for each file in that of the rules.
    pub findings: Vec<Finding>,
    /// How many certificates were looked at.
    pub certificates: usize,
}

impl Report {
    /// How many findings weigh so much.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether nothing weighs as an error.
    pub fn is_acceptable(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    /// How often each rule was broken.
    pub fn by_rule(&self) -> BTreeMap<Rule, usize> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.rule).or_default() += 1;
        }
        counts
    }
}

/// Applies every rule to a folder.
pub fn lint(folder: &ParticipantFolder, context: &Context<'_>) -> Report {
    let participant = context.participant.or(folder.participant);
    let context = &Context { participant, ..*context };
    let mut findings = Findings::default();
    files::check(folder, context, &mut findings);
    for one in &folder.certificates {
        identity::check(one, context, &mut findings);
        key::check(one, context, &mut findings);
        usage::check(one, context, &mut findings);
        validity::check(one, context, &mut findings);
    }
    issuing::check(folder, context, &mut findings);
    identity::check_names(folder, &mut findings);
    key::check_reuse(folder, context, &mut findings);
    let mut findings = findings.0;
    findings.sort_by(|a, b| (&a.path, a.rule).cmp(&(&b.path, b.rule)));
    Report { findings, certificates: folder.certificates.len() + folder.tls_issuers.len() }
}

/// The findings while they are gathered.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, rule: Rule, severity: Severity, path: &str, found: String) {
        self.add_with(rule, severity, path, found, rule.mend().to_owned(), &[]);
    }

    fn add_with(
        &mut self,
        rule: Rule,
        severity: Severity,
        path: &str,
        found: String,
        mend: String,
        opinions: &[Opinion],
    ) {
        let opinions = opinions.to_vec();
        self.0.push(Finding { rule, severity, path: path.to_owned(), found, mend, opinions });
    }
}

/// Whether the certificate is signed under its own name.
fn is_self_signed(one: &FolderCertificate) -> bool {
    one.certificate.is_self_issued()
}

const GUIDE: &str = "the guide's governance";
const CHECKLIST: &str = "the guide's onboarding checklist";
const CHECK: &str = "the onboarding check";

const fn accepted(by: &'static str) -> Opinion {
    Opinion { by, accepts: true }
}

const fn refused(by: &'static str) -> Opinion {
    Opinion { by, accepts: false }
}

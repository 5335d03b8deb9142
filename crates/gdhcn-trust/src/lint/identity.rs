//! Subjects: L004 to L008.

use gdhcn_codes::{CodeError, Participant};
use gdhcn_envelope::x509::oid;

use super::Severity::{Error, Warning};
use super::{Context, Findings, Rule};
use crate::participant_folder::{FolderCertificate, ParticipantFolder};

pub(super) fn check(one: &FolderCertificate, context: &Context<'_>, findings: &mut Findings) {
    let subject = one.certificate.subject();
    match subject.countries()[..] {
        [country] => check_country(one, country, context, findings),
        ref several => {
            let found = match several.len() {
                0 => "the subject has no C".to_owned(),
                _ => format!("the subject has C {}", several.join(" and C ")),
            };
            findings.add(Rule::L004, Error, &one.path, found);
        }
    }
    let names: Vec<_> = subject.values(oid::COMMON_NAME).collect();
    if !matches!(names[..], [name] if !name.trim().is_empty()) {
        let found = match names.len() {
            0 => "the subject has no CN".to_owned(),
            1 => "the CN is empty".to_owned(),
            count => format!("the subject has {count} CN"),
        };
        findings.add(Rule::L007, Warning, &one.path, found);
    }
}

fn check_country(
    one: &FolderCertificate,
    country: &str,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let Some(found) = Participant::from_alpha2(country) else {
        // Says who was meant by UK, EL and EN.
        let meant = match Participant::parse(country) {
            Err(error @ CodeError::UnknownParticipant { .. }) => error.to_string(),
            _ => "it has not two letters".to_owned(),
        };
        findings.add(Rule::L005, Error, &one.path, format!("C is {country:?}: {meant}"));
        return;
    };
    if let Some(owner) = context.participant.filter(|owner| *owner != found) {
        let found = format!(
            "C is {country:?} ({}), the folder is of {owner} ({}), whose C is {}",
            found.name(),
            owner.name(),
            owner.alpha2()
        );
        findings.add(Rule::L005, Error, &one.path, found);
    } else if country != found.alpha2() {
        findings.add(Rule::L006, Error, &one.path, format!("C is {country:?}"));
    }
}

/// Subjects and common names of all certificates together.
pub(super) fn check_names(folder: &ParticipantFolder, findings: &mut Findings) {
    for (index, one) in folder.certificates.iter().enumerate() {
        // The same certificate in two domains is one.
        let others = || {
            folder
                .certificates
                .iter()
                .take(index)
                .filter(|other| other.certificate != one.certificate)
        };
        let subject = one.certificate.subject();
        if let Some(other) = others().find(|other| other.certificate.subject() == subject) {
            let found = format!("the subject ({subject}) is also that of {}", other.path);
            findings.add(Rule::L008, Warning, &one.path, found);
            continue;
        }
        let Some(name) = subject.common_name().filter(|name| !name.trim().is_empty()) else {
            continue;
        };
        let same = |other: &&FolderCertificate| {
            other.certificate.subject().common_name().is_some_and(|its| its == name)
        };
        if let Some(other) = others().find(same) {
            let found = format!("the CN {name:?} is also that of {}", other.path);
            findings.add(Rule::L007, Warning, &one.path, found);
        }
    }
}

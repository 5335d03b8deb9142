//! Times: L043 and L050 to L053. Each finding says the first date that would pass.

use gdhcn_codes::KeyUsage;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::Severity::{Error, Warning};
use super::{Context, Environment, Findings, Rule};
use crate::participant_folder::FolderCertificate;

pub(super) fn check(one: &FolderCertificate, context: &Context<'_>, findings: &mut Findings) {
    check_rest(one, context, findings);
    check_length(one, context, findings);
    check_key_period(one, context, findings);
}

/// Days that must be left (governance and onboarding check).
const LEFT: i64 = 30;

fn check_rest(one: &FolderCertificate, context: &Context<'_>, findings: &mut Findings) {
    let end = one.certificate.not_after();
    let left = end.duration_since(context.now);
    if left >= days(LEFT) {
        return;
    }
    let found = if end < context.now {
        format!("expired on {}", day(end))
    } else {
        format!("ends on {}, in {} days", day(end), left.as_hours() / 24)
    };
    let first = after(context.now, days(LEFT));
    let mend = format!("renew it; the first end that passes today is {first}");
    findings.add_with(Rule::L050, Error, &one.path, found, mend, &[]);
}

fn check_length(one: &FolderCertificate, context: &Context<'_>, findings: &mut Findings) {
    let certificate = &one.certificate;
    let length = certificate.not_after().duration_since(certificate.not_before());
    // The official test: more than so many years of 365 days less one day, less than so many of
    // 366 days.
    let (rule, shortest, longest) = match one.usage {
        KeyUsage::Sca => (Rule::L051, Some(days(2 * 365 - 1)), days(4 * 366)),
        KeyUsage::Deca if context.environment != Environment::Template => {
            (Rule::L051, Some(days(2 * 365 - 1)), days(4 * 366))
        }
        KeyUsage::Up | KeyUsage::Tls => (Rule::L052, Some(days(364)), days(2 * 366)),
        KeyUsage::Dsc => (Rule::L053, None, days(2 * 366)),
        _ => return,
    };
    let too_short = shortest.is_some_and(|shortest| length <= shortest);
    let too_long = length >= longest;
    if !too_short && !too_long {
        return;
    }
    let upper_is_mild = context.environment == Environment::Development
        && matches!(one.usage, KeyUsage::Sca | KeyUsage::Deca);
    let severity = match one.usage {
        KeyUsage::Dsc => Warning,
        _ if too_long && upper_is_mild => Warning,
        _ => Error,
    };
    let begin = certificate.not_before();
    let found = format!(
        "lives {} days ({} to {})",
        length.as_hours() / 24,
        day(begin),
        day(certificate.not_after())
    );
    let day_long = days(1);
    let from = shortest.map(|shortest| format!("from {} ", after(begin, shortest + day_long)));
    let mend = format!(
        "{}; beginning on {} an end {}to {} passes",
        rule.mend(),
        day(begin),
        from.unwrap_or_default(),
        after(begin, longest - day_long),
    );
    findings.add_with(rule, severity, &one.path, found, mend, &[]);
}

fn check_key_period(one: &FolderCertificate, context: &Context<'_>, findings: &mut Findings) {
    if !matches!(one.usage, KeyUsage::Sca | KeyUsage::Dsc) {
        return;
    }
    let certificate = &one.certificate;
    let Some(period) = certificate.extensions().private_key_usage_period else { return };
    let begins_early = period.not_before.is_some_and(|at| at < certificate.not_before());
    let ends_late = period.not_after.is_some_and(|at| at > certificate.not_after());
    if begins_early || ends_late {
        let found = "the key usage period reaches beyond the validity".to_owned();
        let mend = "let the key usage period lie inside the validity".to_owned();
        findings.add_with(Rule::L043, Warning, &one.path, found, mend, &[]);
    } else if let Some(end) = period.not_after.filter(|end| *end < context.now) {
        let found = format!("the key was to sign until {}", day(end));
        findings.add(Rule::L043, Warning, &one.path, found);
    }
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

pub(super) fn day(at: Timestamp) -> String {
    Offset::UTC.to_datetime(at).date().to_string()
}

fn after(at: Timestamp, duration: SignedDuration) -> String {
    at.checked_add(duration).map_or_else(|_| "the end of time".to_owned(), day)
}

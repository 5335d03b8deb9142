//! What a gateway asks of a rule before it stores it.
//!
//! The steps and their order are those that clients of the reference gateway see: after the
//! signature and its signer, and after the JSON ([`Rule::from_json`]), the checks of
//! [`check`]. Instants are compared exactly, without tolerance.

use jiff::{SignedDuration, Timestamp};

use crate::rule::{CertificateType, Rule, RuleKind, RulePrefix, Version};

/// How long ahead a rule may be announced.
const ANNOUNCED_AT_MOST: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long ahead an acceptance rule must be announced, so that verifiers have it in time.
const ANNOUNCED_AT_LEAST: SignedDuration = SignedDuration::from_hours(48);
/// How long a rule is valid at least.
const VALID_AT_LEAST: SignedDuration = SignedDuration::from_hours(72);

/// The newest stored version of a rule: the one that was stored last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// Its version.
    pub version: Version,
    /// Its first instant.
    pub valid_from: Timestamp,
}

/// Judges a rule that a participant wants to store. The first failing step decides.
///
/// # Errors
///
/// See [`UploadRefusal`].
pub fn check(
    rule: &Rule,
    country: &str,
    latest: Option<&Latest>,
    now: Timestamp,
) -> Result<(), UploadRefusal> {
    check_text(rule, country)?;
    if let Some(latest) = latest.filter(|latest| rule.version <= latest.version) {
        return Err(UploadRefusal::Version {
            found: rule.version.clone(),
            latest: latest.version.clone(),
        });
    }
    check_instants(rule, latest, now).map_err(UploadRefusal::Instants)
}

/// The checks of [`check`] that need the rule and its sender alone, so that they can be made of a
/// stored rule at any time.
///
/// # Errors
///
/// See [`UploadRefusal`]: the type, the kind or the country.
pub fn check_text(rule: &Rule, country: &str) -> Result<(), UploadRefusal> {
    check_identifier(rule)?;
    for found in [rule.country.as_str(), rule.identifier.country()] {
        if found != country {
            return Err(UploadRefusal::Country {
                found: found.to_owned(),
                country: country.to_owned(),
            });
        }
    }
    Ok(())
}

fn check_identifier(rule: &Rule) -> Result<(), UploadRefusal> {
    let prefix = rule.identifier.prefix();
    let wanted = match prefix {
        RulePrefix::General => Some(CertificateType::General),
        RulePrefix::Vaccination => Some(CertificateType::Vaccination),
        RulePrefix::Test => Some(CertificateType::Test),
        RulePrefix::Recovery => Some(CertificateType::Recovery),
        RulePrefix::Invalidation => None,
    };
    if wanted.is_some_and(|wanted| wanted != rule.certificate_type) {
        return Err(UploadRefusal::CertificateType { prefix, found: rule.certificate_type });
    }
    if (prefix == RulePrefix::Invalidation) != (rule.kind == RuleKind::Invalidation) {
        return Err(UploadRefusal::Kind { prefix, found: rule.kind });
    }
    Ok(())
}

fn check_instants(rule: &Rule, latest: Option<&Latest>, now: Timestamp) -> Result<(), BadInstants> {
    if rule.valid_to <= rule.valid_from {
        return Err(BadInstants::EndsBeforeItBegins);
    }
    let ahead = rule.valid_from.duration_since(now);
    if ahead > ANNOUNCED_AT_MOST {
        return Err(BadInstants::TooFarAhead);
    }
    match rule.kind {
        RuleKind::Acceptance if ahead < ANNOUNCED_AT_LEAST => {
            return Err(BadInstants::AcceptanceTooSoon);
        }
        RuleKind::Invalidation if ahead.is_negative() => {
            return Err(BadInstants::InvalidationInThePast);
        }
        _ => {}
    }
    if rule.valid_to.duration_since(rule.valid_from) < VALID_AT_LEAST {
        return Err(BadInstants::TooShort);
    }
    if latest.is_some_and(|latest| rule.valid_from < latest.valid_from) {
        return Err(BadInstants::BeforeTheLatest);
    }
    Ok(())
}

/// Why a rule is not stored, in the order of the steps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UploadRefusal {
    /// The identifier's prefix is for another type of certificate.
    #[error("a rule {} cannot have the CertificateType {}", .prefix.as_str(), .found.as_str())]
    CertificateType {
        /// Prefix of the identifier.
        prefix: RulePrefix,
        /// The type in the rule.
        found: CertificateType,
    },
    /// Rules `IR` and no others are invalidations.
    #[error("a rule {} cannot have the Type {}", .prefix.as_str(), .found.as_str())]
    Kind {
        /// Prefix of the identifier.
        prefix: RulePrefix,
        /// The kind in the rule.
        found: RuleKind,
    },
    /// The rule, or its identifier, is of another country than the sender.
    #[error("the rule is of {found}, the client is of {country}")]
    Country {
        /// The country in the rule.
        found: String,
        /// The participant.
        country: String,
    },
    /// The version is not above the newest stored one.
    #[error("version {found} is not above the stored version {latest}")]
    Version {
        /// The version in the rule.
        found: Version,
        /// The newest stored version.
        latest: Version,
    },
    /// The instants do not fit.
    #[error(transparent)]
    Instants(BadInstants),
}

/// What is wrong with the instants of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadInstants {
    /// The end is not after the beginning.
    #[error("ValidTo must be after ValidFrom")]
    EndsBeforeItBegins,
    /// It begins in more than 14 days.
    #[error("ValidFrom must be within 14 days from now")]
    TooFarAhead,
    /// An acceptance rule begins in less than 48 hours.
    #[error("ValidFrom of an acceptance rule must be at least 48 hours from now")]
    AcceptanceTooSoon,
    /// An invalidation rule begins before now.
    #[error("ValidFrom of an invalidation rule must not be in the past")]
    InvalidationInThePast,
    /// It is valid for less than 72 hours.
    #[error("a rule must be valid for at least 72 hours")]
    TooShort,
    /// It begins before the newest stored version does.
    #[error("ValidFrom must not be before that of the version before")]
    BeforeTheLatest,
}

/// The country in an identifier that a withdrawal names: three parts with hyphens between, the
/// second of two characters. More is not asked, for stored identifiers of old may have other
/// numbers.
pub fn owner(identifier: &str) -> Option<&str> {
    let mut parts = identifier.split('-');
    let (_, country, _) = (parts.next()?, parts.next()?, parts.next()?);
    (parts.next().is_none() && country.chars().count() == 2).then_some(country)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const NOW: &str = "2021-06-01T12:00:00Z";

    struct Case<'c> {
        identifier: &'c str,
        kind: &'c str,
        certificate_type: &'c str,
        country: &'c str,
        version: &'c str,
        from: &'c str,
        to: &'c str,
    }

    const GOOD: Case<'static> = Case {
        identifier: "GR-DE-0001",
        kind: "Acceptance",
        certificate_type: "General",
        country: "DE",
        version: "1.0.1",
        from: "2021-06-04T00:00:00Z",
        to: "2021-07-04T00:00:00Z",
    };

    fn judge(case: &Case<'_>, latest: Option<(&str, &str)>) -> Result<(), UploadRefusal> {
        let document = serde_json::json!({
            "Identifier": case.identifier,
            "Type": case.kind,
            "Country": case.country,
            "Version": case.version,
            "SchemaVersion": "1.0.0",
            "Engine": "CERTLOGIC",
            "EngineVersion": "0.7.5",
            "CertificateType": case.certificate_type,
            "Description": [{"lang": "en", "desc": "A description of the rule."}],
            "ValidFrom": case.from,
            "ValidTo": case.to,
            "AffectedFields": ["v.0"],
            "Logic": {"var": "payload.v.0"}
        });
        let rule = Rule::from_json(document.to_string().as_bytes(), &Rule::LIMITS).unwrap();
        let latest = latest.map(|(version, from)| Latest {
            version: Version::from_text(version).unwrap(),
            valid_from: instant(from),
        });
        check(&rule, "DE", latest.as_ref(), instant(NOW))
    }

    fn instants(case: &Case<'_>, latest: Option<(&str, &str)>) -> Option<BadInstants> {
        match judge(case, latest) {
            Ok(()) => None,
            Err(UploadRefusal::Instants(bad)) => Some(bad),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_prefix_decides_the_certificates_and_the_kind() {
        for (prefix, own) in
            [("GR", "General"), ("VR", "Vaccination"), ("TR", "Test"), ("RR", "Recovery")]
        {
            let identifier = format!("{prefix}-DE-0001");
            for other in ["General", "Vaccination", "Test", "Recovery"] {
                let case = Case { identifier: &identifier, certificate_type: other, ..GOOD };
                let outcome = judge(&case, None);
                if own == other {
                    assert_eq!(outcome, Ok(()));
                } else {
                    assert!(matches!(outcome, Err(UploadRefusal::CertificateType { .. })));
                }
            }
            let case = Case {
                identifier: &identifier,
                certificate_type: own,
                kind: "Invalidation",
                ..GOOD
            };
            assert!(matches!(judge(&case, None), Err(UploadRefusal::Kind { .. })));
        }
        let invalidation = Case { identifier: "IR-DE-0001", kind: "Invalidation", ..GOOD };
        assert_eq!(judge(&invalidation, None), Ok(()));
        let case = Case { kind: "Acceptance", ..invalidation };
        assert!(matches!(judge(&case, None), Err(UploadRefusal::Kind { .. })));
    }

    #[test]
    fn both_countries_must_be_the_senders() {
        for case in [Case { country: "FR", ..GOOD }, Case { identifier: "GR-FR-0001", ..GOOD }] {
            let refused = judge(&case, None).unwrap_err();
            assert_eq!(
                refused,
                UploadRefusal::Country { found: "FR".to_owned(), country: "DE".to_owned() }
            );
        }
    }

    #[test]
    fn the_version_must_rise() {
        let before = "2021-06-01T00:00:00Z";
        assert_eq!(judge(&GOOD, Some(("1.0.0", before))), Ok(()));
        for latest in ["1.0.1", "1.0.2", "1.1.0", "2.0.0"] {
            let refused = judge(&GOOD, Some((latest, before))).unwrap_err();
            assert!(matches!(refused, UploadRefusal::Version { .. }), "{latest}");
        }
    }

    #[test]
    fn instants_are_compared_exactly() {
        use BadInstants::{
            AcceptanceTooSoon, BeforeTheLatest, EndsBeforeItBegins, InvalidationInThePast,
            TooFarAhead, TooShort,
        };
        let from_to = |from, to| instants(&Case { from, to, ..GOOD }, None);
        let far = "2031-06-01T12:00:00Z";
        assert_eq!(from_to("2021-06-03T12:00:00Z", far), None);
        assert_eq!(from_to("2021-06-03T11:59:59Z", far), Some(AcceptanceTooSoon));
        assert_eq!(from_to("2021-06-15T12:00:00Z", far), None);
        assert_eq!(from_to("2021-06-15T12:00:01Z", far), Some(TooFarAhead));
        let from = "2021-06-04T00:00:00Z";
        assert_eq!(from_to(from, "2021-06-07T00:00:00Z"), None);
        assert_eq!(from_to(from, "2021-06-06T23:59:59Z"), Some(TooShort));
        assert_eq!(from_to(from, "2021-06-06T23:00:00Z"), Some(TooShort));
        assert_eq!(from_to(from, from), Some(EndsBeforeItBegins));
        assert_eq!(from_to(from, "2021-06-03T00:00:00Z"), Some(EndsBeforeItBegins));

        let invalidation = |from| {
            instants(&Case { identifier: "IR-DE-0001", kind: "Invalidation", from, ..GOOD }, None)
        };
        assert_eq!(invalidation("2021-06-01T12:00:00Z"), None);
        assert_eq!(invalidation("2021-06-01T11:59:59Z"), Some(InvalidationInThePast));

        assert_eq!(instants(&GOOD, Some(("1.0.0", GOOD.from))), None);
        assert_eq!(instants(&GOOD, Some(("1.0.0", "2021-06-04T00:00:01Z"))), Some(BeforeTheLatest));
    }

    #[test]
    fn a_withdrawal_names_the_owner() {
        assert_eq!(owner("GR-EU-0001"), Some("EU"));
        assert_eq!(owner("any-DE-"), Some("DE"));
        for text in ["", "GR", "GR-EU", "GR-EUR-0001", "GR-EU-0001-2", "XX-X-1"] {
            assert_eq!(owner(text), None, "{text}");
        }
    }
}

//! The checks of the time claims, whatever the format.

use gdhcn_credential::TimeClaim;
use jiff::Timestamp;

use crate::policy::Concern;
use crate::reason::Fact;
use crate::verdict::Findings;
use crate::{CheckId, Context, Reason};

/// The time claims of a document, and how its format reads them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times<'a> {
    pub(crate) issued_at: &'a TimeClaim,
    pub(crate) expires_at: &'a TimeClaim,
    pub(crate) not_before: &'a TimeClaim,
    pub(crate) rules: TimeRules,
}

/// How a format reads its time claims.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeRules {
    /// What the format calls them: issued at, expires at, not before.
    pub(crate) names: [&'static str; 3],
    /// Whether the instant of expiry itself is still valid.
    pub(crate) last_instant_counts: bool,
    /// Whether a document without time of issue is flawed.
    pub(crate) issue_is_required: bool,
    /// Whether a document without end is flawed.
    pub(crate) end_is_required: bool,
    /// Whether a document without first instant of validity is flawed.
    pub(crate) start_is_required: bool,
}

impl TimeRules {
    /// CWT claims in an HC1 code.
    ///
    /// The last second still counts: HCERT says "until", and readers in the field agree.
    pub(crate) const HCERT: Self = Self {
        names: ["iat", "exp", "nbf"],
        last_instant_counts: true,
        issue_is_required: true,
        end_is_required: true,
        start_is_required: false,
    };

    /// Dates of a verifiable credential (W3C Verifiable Credentials 1.1, 4.6).
    pub(crate) const CREDENTIAL: Self = Self {
        names: ["issuanceDate", "expirationDate", ""],
        last_instant_counts: true,
        issue_is_required: true,
        end_is_required: false,
        start_is_required: false,
    };

    /// Claims of a JSON Web Token in a SMART Health Card: `nbf` is the time of issue, and at `exp`
    /// it is over (RFC 7519, 4.1.4).
    pub(crate) const CARD: Self = Self {
        names: ["iat", "exp", "nbf"],
        last_instant_counts: false,
        issue_is_required: false,
        end_is_required: false,
        start_is_required: true,
    };
}

/// Issued in the past, not run out, valid already?
pub(crate) fn check(times: &Times<'_>, context: &Context<'_>, findings: &mut Findings) {
    let latest = context.at.checked_add(context.policy.clock_skew).unwrap_or(Timestamp::MAX);
    let TimeRules { names: [iat, exp, nbf], last_instant_counts, .. } = times.rules;
    if times.rules.issue_is_required || !matches!(times.issued_at, TimeClaim::Absent) {
        claim(CheckId::IssuedAt, iat, times.issued_at, context, findings, |at| {
            if at > latest { Err(Reason::NotYetIssued(at)) } else { Ok(Fact::Since(at)) }
        });
    }
    if times.rules.end_is_required || !matches!(times.expires_at, TimeClaim::Absent) {
        claim(CheckId::ExpiresAt, exp, times.expires_at, context, findings, |at| {
            let over = context.at > at || !last_instant_counts && context.at == at;
            if over { Err(Reason::Expired(at)) } else { Ok(Fact::Until(at)) }
        });
    }
    if times.rules.start_is_required || !matches!(times.not_before, TimeClaim::Absent) {
        claim(CheckId::NotBefore, nbf, times.not_before, context, findings, |at| {
            if at > latest { Err(Reason::NotYetValid(at)) } else { Ok(Fact::Since(at)) }
        });
    }
}

fn claim(
    id: CheckId,
    name: &'static str,
    value: &TimeClaim,
    context: &Context<'_>,
    findings: &mut Findings,
    judge: impl FnOnce(Timestamp) -> Result<Fact, Reason>,
) {
    match value {
        TimeClaim::Absent => {
            findings.concern(id, Concern::Flaw, Reason::TimeAbsent(name), context);
        }
        TimeClaim::Unreadable { why } => {
            findings.fail(id, Reason::TimeUnreadable { claim: name, why: *why });
        }
        TimeClaim::At(at) => match judge(*at) {
            Ok(fact) => findings.pass(id, Reason::Holds(fact)),
            Err(reason) => findings.fail(id, reason),
        },
    }
}

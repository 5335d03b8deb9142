use std::fmt;

use gdhcn_codes::{Domain, Participant};
use gdhcn_credential::{HealthDocument, TextKind};
use gdhcn_envelope::x509::Certificate;
use jiff::Timestamp;

use crate::policy::{Concern, Severity};
use crate::{Check, CheckId, Context, PolicyName, Reason, Status};

/// What was found out about one text: an outcome, and every check that led to it.
///
/// A verdict is a result, never an error: a forged certificate is a verdict like any other. The
/// person's data is reached through [`Verdict::content`] only, whose type says whether the
/// signature holds.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The three-valued answer.
    pub outcome: Outcome,
    /// The policy that was applied.
    pub policy: PolicyName,
    /// The instant at which validity was judged.
    pub at: Timestamp,
    /// What kind of text it is.
    pub kind: TextKind,
    /// Every check in the order of [`CheckId`], with its reason.
    pub checks: Vec<Check>,
    /// What the envelope says, true only as far as the signature check passed.
    pub envelope: Option<Envelope>,
    /// Whose key it is. `None` unless the signature holds: anybody can name a kid.
    pub signer: Option<Signer>,
    pub(crate) content: Content,
}

/// D7: what is inside cannot be had without looking at whether the signature holds.
///
/// ```compile_fail
/// # fn show(_: &[gdhcn_credential::HealthDocument]) {}
/// fn officer(verdict: &gdhcn_verify::Verdict) {
///     show(&verdict.content);
/// }
/// ```
///
/// ```
/// # fn show(_: &[gdhcn_credential::HealthDocument]) {}
/// fn officer(verdict: &gdhcn_verify::Verdict) {
///     match verdict.authentic() {
///         Some(documents) => show(documents),
///         None => println!("nobody vouches for this"),
///     }
/// }
/// ```
impl Verdict {
    /// The health documents, with what is known of their genuineness.
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// The health documents if the signature holds.
    ///
    /// Whether they are *accepted* is [`Verdict::outcome`]: a genuine document may have run out.
    pub fn authentic(&self) -> Option<&[HealthDocument]> {
        match &self.content {
            Content::Authentic(documents) => Some(documents),
            Content::Unproven(_) | Content::Unreadable => None,
        }
    }

    /// The check of that name, if it was come to.
    pub fn check(&self, id: CheckId) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// The check that decided the outcome: the first failed one of the weight of the outcome.
    pub fn deciding(&self) -> Option<&Check> {
        self.checks.iter().find(|check| {
            check.status == Status::Fail
                && check.reason.is_undecidable() == (self.outcome == Outcome::CannotTell)
        })
    }
}

/// The health documents inside, by what is known of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Nothing could be read.
    Unreadable,
    /// The signature holds: the key's owner vouched for exactly this.
    Authentic(Vec<HealthDocument>),
    /// Readable, but nobody is known to vouch for it. Not to be shown as a person's data.
    Unproven(Vec<HealthDocument>),
}

impl Content {
    pub(crate) fn of(documents: Vec<HealthDocument>, signature_holds: bool) -> Self {
        match (documents.is_empty(), signature_holds) {
            (true, _) => Self::Unreadable,
            (false, true) => Self::Authentic(documents),
            (false, false) => Self::Unproven(documents),
        }
    }
}

/// The three-valued answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// No check failed under the policy.
    Accepted,
    /// A check failed.
    NotAccepted,
    /// It could not be decided: the key is unknown, or trust data is missing or too old.
    CannotTell,
}

impl Outcome {
    /// From the checks: a failure that refuses outweighs one that leaves the matter open, and
    /// nothing is accepted whose signature was not found to hold.
    pub(crate) fn of(checks: &[Check]) -> Self {
        let mut outcome = Self::Accepted;
        for check in checks.iter().filter(|check| check.status == Status::Fail) {
            if !check.reason.is_undecidable() {
                return Self::NotAccepted;
            }
            outcome = Self::CannotTell;
        }
        // Whatever a format forgets to check, nothing is accepted that nobody has signed.
        let holds = |check: &Check| check.id == CheckId::Signature && check.status == Status::Pass;
        if checks.iter().any(holds) { outcome } else { outcome.at_best(Self::CannotTell) }
    }

    const fn at_best(self, best: Self) -> Self {
        match self {
            Self::Accepted => best,
            other => other,
        }
    }

    /// The outcome of several inputs: refused if any was refused, else open if any is open.
    pub fn of_all(outcomes: impl IntoIterator<Item = Self>) -> Self {
        outcomes.into_iter().fold(Self::Accepted, |all, one| match (all, one) {
            (Self::NotAccepted, _) | (_, Self::NotAccepted) => Self::NotAccepted,
            (Self::CannotTell, _) | (_, Self::CannotTell) => Self::CannotTell,
            (Self::Accepted, Self::Accepted) => Self::Accepted,
        })
    }

    /// The exit code of the program: 0 accepted, 1 not accepted, 2 cannot tell.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::NotAccepted => 1,
            Self::CannotTell => 2,
        }
    }

    /// The words in JSON and on the screen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NotAccepted => "not accepted",
            Self::CannotTell => "cannot tell",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the envelope says, whatever its format.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope {
    /// How the code names the key: the kid in base64 (HC1), the kid (SMART Health Card), the
    /// verification method (DIVOC), the thumbprint of the certificate inside (VDS-NC).
    pub key_name: Option<String>,
    /// The signature algorithm by its JOSE name, such as `ES256`; a COSE number without such a
    /// name as it is.
    pub algorithm: Option<String>,
    /// Who claims to have issued it: the claim `iss` or its like.
    pub issuer: Option<String>,
    /// When it was issued: the claim `iat` or its like.
    pub issued_at: Option<Timestamp>,
    /// When it runs out: the claim `exp` or its like.
    pub expires_at: Option<Timestamp>,
    /// From when it is valid: the claim `nbf` or its like.
    pub not_before: Option<Timestamp>,
}

/// Whose key it is, from the trust data and never from the code itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Signer {
    /// The participant, if the trust data names a known one.
    pub participant: Option<Participant>,
    /// The participant as the trust data writes it.
    pub participant_code: String,
    /// The trust domain, if the trust data names one.
    pub domain: Option<Domain>,
    /// The document signer certificate, unless the trust data gives a bare key.
    pub certificate: Option<Certificate>,
    /// The name of the trust source.
    pub source: String,
    /// Whether the caller handed the certificate over, so that it is trusted as it is.
    pub given_by_caller: bool,
}

/// Collects the checks of one verification.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    checks: Vec<Check>,
}

impl Findings {
    pub(crate) fn new() -> Self {
        Self { checks: Vec::with_capacity(CheckId::ALL.len()) }
    }

    pub(crate) fn add(&mut self, id: CheckId, status: Status, reason: Reason) {
        self.checks.push(Check { id, status, reason });
    }

    pub(crate) fn pass(&mut self, id: CheckId, reason: Reason) {
        self.add(id, Status::Pass, reason);
    }

    pub(crate) fn fail(&mut self, id: CheckId, reason: Reason) {
        self.add(id, Status::Fail, reason);
    }

    pub(crate) fn not_done(&mut self, id: CheckId, reason: Reason) {
        self.add(id, Status::NotDone, reason);
    }

    /// Adds a flaw with the weight that the policy gives it.
    pub(crate) fn concern(
        &mut self,
        id: CheckId,
        concern: Concern,
        reason: Reason,
        context: &Context<'_>,
    ) {
        let status = match context.policy.severity(concern) {
            Severity::NotDone => Status::NotDone,
            Severity::Warn => Status::Warn,
            Severity::Fail => Status::Fail,
        };
        self.add(id, status, reason);
    }

    /// How much there is against it: failures, then warnings.
    pub(crate) fn weight(&self) -> (usize, usize) {
        let count = |status| self.checks.iter().filter(|check| check.status == status).count();
        (count(Status::Fail), count(Status::Warn))
    }

    /// All checks in the order of [`CheckId`], also those that were not come to.
    pub(crate) fn into_checks(self) -> Vec<Check> {
        let mut checks = self.checks;
        let mut seen = 0_u32;
        let mut cut_short = false;
        for check in &checks {
            seen |= 1 << check.id as u32;
            cut_short |= check.status == Status::Fail
                && matches!(check.id, CheckId::Container | CheckId::Claims);
        }
        for id in CheckId::ALL.into_iter().filter(|id| seen & (1 << *id as u32) == 0) {
            let reason = if cut_short { Reason::Earlier } else { Reason::NotApplicable };
            checks.push(Check { id, status: Status::NotDone, reason });
        }
        // No two have the same name, and a stable sort would need memory of its own.
        checks.sort_unstable_by_key(|check| check.id);
        checks
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome::{Accepted, CannotTell, NotAccepted};
    use super::*;

    #[test]
    fn one_refused_input_outweighs_any_number_of_open_ones() {
        assert_eq!(Outcome::of_all([]), Accepted);
        assert_eq!(Outcome::of_all([Accepted, CannotTell]), CannotTell);
        assert_eq!(Outcome::of_all([CannotTell, NotAccepted, Accepted]), NotAccepted);
    }
}

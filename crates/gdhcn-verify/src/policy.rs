use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;

/// How much a verifier tolerates. There is no hidden default: every verdict names its policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The policy's name.
    pub name: PolicyName,
    /// How far in the future `iat` and `nbf` may lie, for clocks that differ.
    pub clock_skew: SignedDuration,
    /// The greatest age of a trust source in days; beyond it the outcome is "cannot tell".
    pub last_age_days: u16,
}

impl Policy {
    /// The clock skew for live use: a certificate may be scanned a moment after it was issued.
    pub const LIVE_CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

    /// The policy of that name with its defaults: no clock skew, trust sources up to 14 days old.
    pub const fn new(name: PolicyName) -> Self {
        Self { name, clock_skew: SignedDuration::ZERO, last_age_days: 14 }
    }

    /// The age in days up to which trust data counts as fresh: half of the greatest. Older data
    /// counts with a note until then.
    pub const fn fresh_days(&self) -> u16 {
        self.last_age_days.div_ceil(2)
    }

    /// What the policy makes of a flaw that real documents often have.
    pub(crate) const fn severity(&self, concern: Concern) -> Severity {
        use Concern::{
            BrokenChain, EventInFuture, Flaw, KeyOutsideValidity, MissingChain, ScaOutsideValidity,
            Unfit,
        };
        match (concern, self.name) {
            (Flaw | ScaOutsideValidity, PolicyName::Strict) => Severity::Fail,
            (Flaw | ScaOutsideValidity, _) => Severity::Warn,
            (KeyOutsideValidity | BrokenChain | EventInFuture | Unfit, PolicyName::Lenient) => {
                Severity::Warn
            }
            (KeyOutsideValidity | BrokenChain | EventInFuture | Unfit, _) => Severity::Fail,
            (MissingChain, PolicyName::Strict) => Severity::Fail,
            (MissingChain, _) => Severity::NotDone,
        }
    }
}

/// The three policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyName {
    /// For looking into a fault: what is genuine is accepted, what is odd is noted.
    Lenient,
    /// For a border post: what real issuers get wrong is noted, what could harm is refused.
    #[default]
    Border,
    /// For conformance: every deviation from the specifications is refused.
    Strict,
}

impl PolicyName {
    /// All policies, most tolerant first.
    pub const ALL: [Self; 3] = [Self::Lenient, Self::Border, Self::Strict];

    /// The name on the command line and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lenient => "lenient",
            Self::Border => "border",
            Self::Strict => "strict",
        }
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is none of the policies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no policy; choose lenient, border or strict")]
pub struct UnknownPolicy(String);

impl FromStr for PolicyName {
    type Err = UnknownPolicy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.as_str() == text)
            .ok_or_else(|| UnknownPolicy(text.chars().take(40).collect()))
    }
}

/// A flaw whose weight the policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Concern {
    /// A deviation that real issuers show and that harms nobody.
    Flaw,
    /// The document signer's certificate has run out or is not yet valid.
    KeyOutsideValidity,
    /// The SCA's certificate has run out or is not yet valid.
    ScaOutsideValidity,
    /// No SCA is at hand.
    MissingChain,
    /// An SCA of that name is at hand and did not sign the certificate.
    BrokenChain,
    /// A dose, test or recovery in the future, or a validity that has ended.
    EventInFuture,
    /// What the specifications rule out though it can be read: a product that an ICVP may not be
    /// made for, the first layout of WHO, a link without a sound address or key.
    Unfit,
}

/// What becomes of a concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    NotDone,
    Warn,
    Fail,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for policy in PolicyName::ALL {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        assert!("Border".parse::<PolicyName>().is_err());
        assert_eq!(PolicyName::default(), PolicyName::Border);
    }

    #[test]
    fn a_stricter_policy_never_tolerates_more() {
        let weight = |severity| match severity {
            Severity::NotDone => 0,
            Severity::Warn => 1,
            Severity::Fail => 2,
        };
        for concern in [
            Concern::Flaw,
            Concern::KeyOutsideValidity,
            Concern::ScaOutsideValidity,
            Concern::MissingChain,
            Concern::BrokenChain,
            Concern::EventInFuture,
            Concern::Unfit,
        ] {
            let weights = PolicyName::ALL.map(|name| weight(Policy::new(name).severity(concern)));
            assert!(weights.is_sorted(), "{concern:?}: {weights:?}");
        }
    }
}

//! The checks of the trust data itself, and of what vouches for a key.

use gdhcn_envelope::linked_data::Coverage;
use gdhcn_envelope::x509::Validity;
use gdhcn_trust::trust_list::Chain;
use gdhcn_trust::{ProofStatus, Source, TrustedKey};
use jiff::{SignedDuration, Timestamp};

use crate::policy::Concern;
use crate::reason::Fact;
use crate::verdict::Findings;
use crate::{CheckId, Context, Reason, Status};

/// Clocks differ: only a gap greater than this is held against a clock.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Is there trust data, is it recent, and does the clock agree with it?
///
/// What counts is the age of the source that the key comes from; where no key was found, that of
/// the newest source, since a key that is not in it may be withdrawn or never have been.
pub(crate) fn check(key: Option<&TrustedKey>, context: &Context<'_>, findings: &mut Findings) {
    let id = CheckId::TrustData;
    let sources = context.trust.sources();
    if sources.is_empty() {
        findings.fail(id, Reason::NoTrustSource);
        return findings.not_done(CheckId::Clock, Reason::NoTrustSource);
    }
    let newest = || sources.iter().max_by_key(|source| source.dated());
    let source = key.map_or_else(newest, |key| context.trust.source_of(key));
    // Certificates carry no date.
    let Some((source, age)) =
        source.and_then(|source| Some((source, source.age_in_days(context.at)?)))
    else {
        findings.not_done(id, Reason::Undated);
        return clock(context, findings);
    };
    let is_dated_in_future = is_dated_in_future(source, context);
    // When it was fetched is our own knowledge.
    let fetched = source.fetched_days_ago(context.at).unwrap_or(age);
    let days = if is_dated_in_future { fetched } else { age };
    let limit = context.policy.last_age_days;
    let name = || source.name.clone();
    if days > i64::from(limit) {
        findings.fail(id, Reason::TrustTooOld { source: name(), days, limit });
    } else if is_dated_in_future {
        findings.concern(id, Concern::Flaw, Reason::DatedInFuture { source: name() }, context);
    } else if days > i64::from(context.policy.fresh_days()) {
        findings.add(id, Status::Warn, Reason::TrustAging { source: name(), days, limit });
    } else {
        findings.pass(id, Reason::Holds(Fact::Age(days)));
    }
    clock(context, findings);
}

/// Whether a source whose date nobody vouches for names one that has not come. With a date that is
/// vouched for, it is the clock that is wrong.
fn is_dated_in_future(source: &Source, context: &Context<'_>) -> bool {
    let is_vouched_for = matches!(source.proof, ProofStatus::Verified { .. });
    !is_vouched_for && source.created.is_some_and(|created| is_before(context.at, created))
}

/// The age in days of the newest source that has a date.
pub(crate) fn age(context: &Context<'_>) -> Option<i64> {
    let ages = context.trust.sources().iter().filter_map(|source| source.age_in_days(context.at));
    ages.min()
}

fn clock(context: &Context<'_>, findings: &mut Findings) {
    match context.trust.time_floor() {
        None => findings.not_done(CheckId::Clock, Reason::Undated),
        Some(newest) if is_before(context.at, newest) => {
            findings.fail(CheckId::Clock, Reason::ClockBehind { newest });
        }
        Some(newest) => findings.pass(CheckId::Clock, Reason::Holds(Fact::Since(newest))),
    }
}

fn is_before(at: Timestamp, newest: Timestamp) -> bool {
    at.checked_add(CLOCK_TOLERANCE).unwrap_or(Timestamp::MAX) < newest
}

/// Does the list that the key comes from prove where it comes from?
pub(crate) fn list_proof(key: &TrustedKey, context: &Context<'_>, findings: &mut Findings) {
    let id = CheckId::ListProof;
    match context.trust.source_of(key).map(|source| &source.proof) {
        Some(ProofStatus::Verified { coverage: Coverage::KeysOnly, .. }) => {
            findings.concern(id, Concern::Flaw, Reason::ListProofPartial, context);
        }
        Some(proof @ (ProofStatus::Verified { .. } | ProofStatus::EntryByEntry { .. })) => {
            findings.pass(id, Reason::Holds(Fact::ListProof(proof.to_string())));
        }
        Some(ProofStatus::GivenByCaller) => findings.not_done(id, Reason::GivenByCaller),
        Some(proof) => {
            let reason = Reason::ListProof(proof.to_string());
            findings.concern(id, Concern::Flaw, reason, context);
        }
        None => findings.not_done(id, Reason::NoKey),
    }
}

/// Did an SCA of the participant issue the key's certificate?
pub(crate) fn chain(key: &TrustedKey, context: &Context<'_>, findings: &mut Findings) {
    let id = CheckId::Chain;
    match key.chain() {
        Chain::VerifiedBy(_) => {
            let Some(sca) = key.issuer() else { return findings.not_done(id, Reason::NoSca) };
            if sca.validity_at(context.at) == Validity::Valid {
                findings.pass(id, Reason::Holds(Fact::Sca(sca.clone())));
            } else {
                let reason =
                    Reason::ScaOutsideValidity { from: sca.not_before(), until: sca.not_after() };
                findings.concern(id, Concern::ScaOutsideValidity, reason, context);
            }
        }
        // A certificate authority that the caller handed over as a signer.
        Chain::SelfIsSca => findings.not_done(id, Reason::GivenByCaller),
        Chain::NotDone { .. } => {
            findings.concern(id, Concern::MissingChain, Reason::NoSca, context);
        }
        Chain::Broken { reason } => {
            let reason = Reason::ChainBroken(reason.to_string());
            findings.concern(id, Concern::BrokenChain, reason, context);
        }
    }
}

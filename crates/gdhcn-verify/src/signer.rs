//! The checks of the key that signed, whatever the format.

use gdhcn_codes::Participant;
use gdhcn_envelope::x509::Validity;
use gdhcn_trust::{ProofStatus, TrustedKey};

use crate::policy::Concern;
use crate::reason::Fact;
use crate::time::Times;
use crate::verdict::{Findings, Signer};
use crate::{CheckId, Context, Reason, source};

/// Where the key comes from, who issued its certificate, and whether that is in time.
pub(crate) fn check(key: Option<&TrustedKey>, context: &Context<'_>, findings: &mut Findings) {
    let Some(key) = key else {
        for id in [CheckId::ListProof, CheckId::Chain, CheckId::KeyValidity] {
            findings.not_done(id, Reason::NoKey);
        }
        return;
    };
    source::list_proof(key, context, findings);
    source::chain(key, context, findings);
    let id = CheckId::KeyValidity;
    let Some(certificate) = key.certificate() else {
        return findings.not_done(id, Reason::NoCertificate);
    };
    let reason = match certificate.validity_at(context.at) {
        Validity::Valid => {
            return findings.pass(id, Reason::Holds(Fact::Until(certificate.not_after())));
        }
        Validity::NotYetValid => Reason::KeyNotYetValid(certificate.not_before()),
        Validity::Expired => Reason::KeyExpired(certificate.not_after()),
    };
    findings.concern(id, Concern::KeyOutsideValidity, reason, context);
}

/// Does the document's time lie inside that of the key's certificate?
pub(crate) fn window(
    times: &Times<'_>,
    key: Option<&TrustedKey>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let id = CheckId::KeyWindow;
    let Some(key) = key else { return findings.not_done(id, Reason::NoKey) };
    let Some(certificate) = key.certificate() else {
        return findings.not_done(id, Reason::NoCertificate);
    };
    let early = times.issued_at.at().is_some_and(|at| at < certificate.not_before());
    let late = times.expires_at.at().is_some_and(|at| at > certificate.not_after());
    if early || late {
        findings.concern(id, Concern::Flaw, Reason::KeyWindow { early, late }, context);
    } else {
        findings.pass(id, Reason::Fine);
    }
}

/// Does the key belong to the participant that the document names as its issuer?
pub(crate) fn issuer(
    claimed: Option<&str>,
    key: Option<&TrustedKey>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let owner = key.and_then(|key| key.participant);
    let (Some(claimed), Some(owner)) = (claimed, owner) else {
        return findings.not_done(CheckId::Issuer, Reason::IssuerUnknown);
    };
    if Participant::parse(claimed) == Ok(owner) {
        findings.pass(CheckId::Issuer, Reason::Fine);
    } else {
        let reason =
            Reason::IssuerMismatch { claimed: claimed.to_owned(), owner: owner.name().to_owned() };
        findings.concern(CheckId::Issuer, Concern::Flaw, reason, context);
    }
}

impl Signer {
    pub(crate) fn of(key: &TrustedKey, context: &Context<'_>) -> Self {
        let source = context.trust.source_of(key);
        Self {
            participant: key.participant,
            participant_code: key.participant_code.clone(),
            domain: key.domain.clone(),
            certificate: key.certificate().cloned(),
            source: source.map(|source| source.name.clone()).unwrap_or_default(),
            given_by_caller: source
                .is_some_and(|source| source.proof == ProofStatus::GivenByCaller),
        }
    }
}

//! The signature check, whatever the format.

use gdhcn_crypto::{PublicKey, SignatureScheme, VerifyError};
use gdhcn_trust::TrustedKey;

use crate::policy::Concern;
use crate::reason::Fact;
use crate::verdict::Findings;
use crate::{CheckId, Context, Reason};

/// What is signed, and what the format says of its algorithm.
pub(crate) struct Signed<'s> {
    /// The algorithm by its name.
    pub(crate) algorithm: &'s str,
    pub(crate) message: &'s [u8],
    pub(crate) signature: &'s [u8],
    /// What the algorithm means for a key; `None` if they do not belong together.
    pub(crate) scheme: &'s dyn Fn(&PublicKey) -> Option<SignatureScheme>,
    /// Whether the key is of the kind that the algorithm calls for, where others are tolerated.
    pub(crate) is_usual: &'s dyn Fn(&PublicKey) -> bool,
}

/// Tries every candidate; of those that verify, gives the one about which there is least to say.
/// The same key may be listed twice, and by one entry be fit and by the other not.
///
/// `faults` judges a key apart from the signature.
pub(crate) fn check<'a>(
    signed: &Signed<'_>,
    candidates: &[&'a TrustedKey],
    faults: &dyn Fn(&TrustedKey, &mut Findings),
    context: &Context<'_>,
    findings: &mut Findings,
) -> Option<&'a TrustedKey> {
    let Some(first) = candidates.first() else {
        findings.pass(CheckId::Algorithm, Reason::Fine);
        findings.not_done(CheckId::Signature, Reason::NoKey);
        return None;
    };
    let mut tried = 0;
    let mut unusable = None;
    let mut proven = Vec::new();
    let mut malformed = None;
    for key in candidates {
        let verifier = match key.verifier() {
            Ok(verifier) => verifier,
            Err(error) => {
                unusable = Some(error.to_string());
                continue;
            }
        };
        let public_key = verifier.public_key();
        let Some(scheme) = (signed.scheme)(public_key) else { continue };
        tried += 1;
        match verifier.verify(scheme, signed.message, signed.signature) {
            Ok(()) => proven.push(*key),
            Err(VerifyError::MalformedSignature { found, .. }) => malformed = Some(found),
            Err(error @ VerifyError::Unsupported { .. }) => unusable = Some(error.to_string()),
            Err(_) => {}
        }
    }
    if let Some(key) = least_faulty(&proven, faults) {
        holds(signed, key, context, findings);
        return Some(key);
    }
    if let (0, Some(why)) = (tried, &unusable) {
        findings.fail(CheckId::Algorithm, Reason::KeyUnusable(why.clone()));
        findings.not_done(CheckId::Signature, Reason::Earlier);
    } else if tried == 0 {
        let algorithm = signed.algorithm.to_owned();
        let key = first.public_key().map(ToString::to_string).unwrap_or_default();
        findings.fail(CheckId::Algorithm, Reason::AlgorithmForKey { algorithm, key });
        findings.not_done(CheckId::Signature, Reason::Earlier);
    } else {
        findings.pass(CheckId::Algorithm, Reason::Fine);
        findings.fail(CheckId::Signature, Reason::Signature { tried, malformed });
    }
    None
}

fn least_faulty<'a>(
    proven: &[&'a TrustedKey],
    faults: &dyn Fn(&TrustedKey, &mut Findings),
) -> Option<&'a TrustedKey> {
    let weight = |key: &&&TrustedKey| {
        let mut scratch = Findings::new();
        faults(key, &mut scratch);
        scratch.weight()
    };
    match proven {
        [one] => Some(one),
        several => several.iter().min_by_key(weight).copied(),
    }
}

fn holds(signed: &Signed<'_>, key: &TrustedKey, context: &Context<'_>, findings: &mut Findings) {
    match key.public_key() {
        Ok(public_key) if !(signed.is_usual)(public_key) => {
            let reason = Reason::CurveOfKey(public_key.to_string());
            findings.concern(CheckId::Algorithm, Concern::Flaw, reason, context);
        }
        _ => findings.pass(CheckId::Algorithm, Reason::Fine),
    }
    let fact = Fact::Key { participant: key.participant, code: key.participant_code.clone() };
    findings.pass(CheckId::Signature, Reason::Holds(fact));
}

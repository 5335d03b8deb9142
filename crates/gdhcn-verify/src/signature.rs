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

/// Tries every candidate; gives the key that verifies.
pub(crate) fn check<'a>(
    signed: &Signed<'_>,
    candidates: &[&'a TrustedKey],
    context: &Context<'_>,
    findings: &mut Findings,
) -> Option<&'a TrustedKey> {
    let Some(first) = candidates.first() else {
        findings.pass(CheckId::Algorithm, Reason::Fine);
        findings.not_done(CheckId::Signature, Reason::NoKey);
        return None;
    };
    let mut tried = 0;
    let mut malformed = None;
    for key in candidates {
        let Ok(verifier) = key.verifier() else { continue };
        let public_key = verifier.public_key();
        let Some(scheme) = (signed.scheme)(public_key) else { continue };
        tried += 1;
        match verifier.verify(scheme, signed.message, signed.signature) {
            Ok(()) => {
                if (signed.is_usual)(public_key) {
                    findings.pass(CheckId::Algorithm, Reason::Fine);
                } else {
                    let reason = Reason::CurveOfKey(public_key.to_string());
                    findings.concern(CheckId::Algorithm, Concern::Flaw, reason, context);
                }
                let fact =
                    Fact::Key { participant: key.participant, code: key.participant_code.clone() };
                findings.pass(CheckId::Signature, Reason::Holds(fact));
                return Some(key);
            }
            Err(VerifyError::MalformedSignature { found, .. }) => malformed = Some(found),
            Err(_) => {}
        }
    }
    if tried == 0 {
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

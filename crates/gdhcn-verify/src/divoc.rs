//! The checks of a DIVOC certificate (W3C Verifiable Credentials 1.1; Linked Data Signatures of
//! 2018; RFC 7797).

use gdhcn_credential::divoc::Certificate;
use gdhcn_credential::{HealthDocument, TextKind, TimeClaim};
use gdhcn_crypto::{DigestAlgorithm, PublicKey, SignatureScheme};
use gdhcn_trust::TrustedKey;

use crate::policy::Concern;
use crate::reason::Fact;
use crate::signature::{self, Signed};
use crate::time::{TimeRules, Times};
use crate::verdict::{Content, Envelope, Findings, Outcome, Signer};
use crate::{CheckId, Context, Reason, Verdict, content, signer, source, time};

pub(crate) fn verify(text: &str, kind: TextKind, context: &Context<'_>) -> Verdict {
    let mut findings = Findings::new();
    let certificate = match Certificate::read(text, &context.limits.credential) {
        Ok(certificate) => certificate,
        Err(error) => {
            findings.fail(CheckId::Container, Reason::Divoc(error));
            return Verdict::without_content(kind, findings, context);
        }
    };
    findings.pass(CheckId::Container, Reason::Fine);
    let proof = &certificate.proof;
    let candidates = candidates(&proof.verification_method, context, &mut findings);
    let proven = signature(&certificate, &candidates, context, &mut findings);
    let key = proven.or(candidates.first().copied());
    source::check(key, context, &mut findings);
    let times = Times {
        issued_at: &certificate.issued_at,
        expires_at: &certificate.expires_at,
        not_before: &TimeClaim::Absent,
        rules: TimeRules::CREDENTIAL,
    };
    time::check(&times, context, &mut findings);
    signer::check(key, context, &mut findings);
    signer::window(&times, key, context, &mut findings);
    if certificate.unsigned.is_empty() {
        findings.pass(CheckId::Claims, Reason::Fine);
    } else {
        let reason = Reason::NotSigned(certificate.unsigned.clone());
        findings.concern(CheckId::Claims, Concern::Flaw, reason, context);
    }
    findings.pass(CheckId::Content, Reason::Holds(Fact::Title("DIVOC certificate")));
    let envelope = Envelope {
        key_name: Some(proof.verification_method.clone()),
        algorithm: Some(proof.algorithm.clone()),
        issuer: Some(certificate.issuer.clone()).filter(|issuer| !issuer.is_empty()),
        issued_at: certificate.issued_at.at(),
        expires_at: certificate.expires_at.at(),
        not_before: None,
    };
    let issued_at = certificate.issued_at.at();
    let documents = vec![HealthDocument::Divoc(Box::new(certificate))];
    content::check(&documents, issued_at, key, context, &mut findings);
    findings.not_done(CheckId::Revocation, Reason::NotLoaded("revocation data"));
    findings.not_done(CheckId::Rules, Reason::NotLoaded("rules"));

    let checks = findings.into_checks();
    Verdict {
        outcome: Outcome::of(&checks),
        policy: context.policy.name,
        at: context.at,
        kind,
        checks,
        envelope: Some(envelope),
        signer: proven.map(|key| Signer::of(key, context)),
        content: Content::of(documents, proven.is_some()),
    }
}

fn candidates<'a>(
    method: &str,
    context: &Context<'a>,
    findings: &mut Findings,
) -> Vec<&'a TrustedKey> {
    let candidates: Vec<_> = context.trust.called(method).collect();
    if !candidates.is_empty() {
        findings.pass(CheckId::KeyKnown, Reason::Fine);
    } else if context.trust.sources().is_empty() {
        findings.not_done(CheckId::KeyKnown, Reason::NoTrustSource);
    } else {
        let method = method.chars().take(200).collect();
        findings.fail(CheckId::KeyKnown, Reason::MethodNotFound { method });
    }
    candidates
}

fn signature<'a>(
    certificate: &Certificate,
    candidates: &[&'a TrustedKey],
    context: &Context<'_>,
    findings: &mut Findings,
) -> Option<&'a TrustedKey> {
    let proof = &certificate.proof;
    let is_known = matches!(
        (&*proof.kind, &*proof.algorithm),
        ("RsaSignature2018", "PS256") | ("Ed25519Signature2018", "EdDSA")
    );
    if !is_known {
        let found = format!("{} by {}", proof.algorithm, proof.kind).chars().take(60).collect();
        let allowed = "PS256 by RsaSignature2018 and EdDSA by Ed25519Signature2018";
        findings.fail(CheckId::Algorithm, Reason::Algorithm { found: Some(found), allowed });
        findings.not_done(CheckId::Signature, Reason::Earlier);
        return None;
    }
    let is_rsa = proof.algorithm == "PS256";
    let signed = Signed {
        algorithm: &proof.algorithm,
        message: &certificate.to_be_signed,
        signature: &proof.signature,
        scheme: &|key| match key {
            PublicKey::Rsa(_) if is_rsa => Some(SignatureScheme::pss(DigestAlgorithm::Sha256)),
            PublicKey::Ed25519(_) if !is_rsa => Some(SignatureScheme::Ed25519),
            _ => None,
        },
        is_usual: &|_| true,
    };
    let faults = |key: &TrustedKey, findings: &mut Findings| {
        signer::check(Some(key), context, findings);
    };
    signature::check(&signed, candidates, &faults, context, findings)
}

//! The checks of an HC1 code, in the order of the specification.

use gdhcn_codes::Participant;
use gdhcn_credential::hcert::{self, Opened};
use gdhcn_credential::{Cwt, CwtWarning, HealthDocument, SubclaimKey, TextKind};
use gdhcn_crypto::{Curve, DigestAlgorithm, Kid, PublicKey, SignatureScheme};
use gdhcn_envelope::cose::{CoseSign1, ES256, PS256};
use gdhcn_trust::TrustedKey;

use crate::policy::Concern;
use crate::reason::Fact;
use crate::signature::{self, Signed};
use crate::time::{TimeRules, Times};
use crate::verdict::{Content, Envelope, Findings, Outcome, Signer};
use crate::{CheckId, Context, Reason, Status, Verdict, content, signer, source, time};

pub(crate) fn verify(text: &str, kind: TextKind, context: &Context<'_>) -> Verdict {
    let mut findings = Findings::new();
    let opened = match hcert::open(text, &context.limits.credential) {
        Ok(opened) => opened,
        Err(error) => {
            findings.fail(CheckId::Container, Reason::Layer(error));
            return Verdict::without_content(kind, findings, context);
        }
    };
    container(&opened, context, &mut findings);

    let cose = &opened.cose;
    let mut claims = Cwt::parse(cose.payload(), &context.limits.credential);
    let (keys, documents): (Vec<_>, Vec<_>) = claims
        .as_mut()
        .map(|claims| std::mem::take(&mut claims.subclaims))
        .unwrap_or_default()
        .into_iter()
        .map(|subclaim| (subclaim.key, subclaim.document))
        .unzip();
    let envelope = Envelope::of(cose, claims.as_ref().ok());
    let algorithm = algorithm(cose, &mut findings);
    let claimed = envelope.issuer.as_deref();
    let candidates = candidates(cose, context, claimed, &mut findings);
    let about_key = |key: Option<&TrustedKey>, findings: &mut Findings| {
        signer::check(key, context, findings);
        if let Ok(claims) = &claims {
            signer::window(&times(claims), key, context, findings);
            signer::issuer(claimed, key, context, findings);
        }
    };
    let faults = |key: &TrustedKey, findings: &mut Findings| {
        about_key(Some(key), findings);
        content::key(&documents, Some(key), context, findings);
    };
    let proven = signature(cose, algorithm, &candidates, &faults, context, &mut findings);
    let key = proven.or(candidates.first().copied());
    source::check(key, context, &mut findings);
    about_key(key, &mut findings);
    match &claims {
        Ok(claims) => {
            oddities(claims, context, &mut findings);
            time::check(&times(claims), context, &mut findings);
            kinds(&keys, &documents, &mut findings);
            content::check(&documents, claims.issued_at.at(), key, context, &mut findings);
        }
        Err(error) => findings.fail(CheckId::Claims, Reason::Cwt(*error)),
    }
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

fn container(opened: &Opened, context: &Context<'_>, findings: &mut Findings) {
    if opened.trailing_after_zlib > 0 {
        let reason = Reason::TrailingBytes(opened.trailing_after_zlib);
        findings.concern(CheckId::Container, Concern::Flaw, reason, context);
    } else {
        findings.pass(CheckId::Container, Reason::Fine);
    }
}

fn algorithm(cose: &CoseSign1, findings: &mut Findings) -> Option<i64> {
    match cose.alg() {
        Some(algorithm @ (ES256 | PS256)) => Some(algorithm),
        other => {
            let found = other.map(algorithm_name);
            let allowed = "ES256 and PS256";
            findings.fail(CheckId::Algorithm, Reason::Algorithm { found, allowed });
            None
        }
    }
}

fn candidates<'a>(
    cose: &CoseSign1,
    context: &Context<'a>,
    claimed: Option<&str>,
    findings: &mut Findings,
) -> Vec<&'a TrustedKey> {
    let Some(kid) = cose.kid() else {
        findings.fail(CheckId::KeyKnown, Reason::KidMissing);
        return Vec::new();
    };
    let candidates: Vec<_> = context.trust.candidates(kid).collect();
    match candidates.first() {
        None if context.trust.sources().is_empty() => {
            findings.not_done(CheckId::KeyKnown, Reason::NoTrustSource);
        }
        None => findings.fail(
            CheckId::KeyKnown,
            Reason::KeyNotFound {
                kid: kid.clone(),
                claimed: claimed.map(str::to_owned),
                listed: claimed.is_some_and(|claimed| is_listed(claimed, context)),
                days: source::age(context),
            },
        ),
        Some(_) if cose.kid_is_text() => {
            findings.add(CheckId::KeyKnown, Status::Warn, Reason::KidIsText);
        }
        Some(_) => findings.pass(CheckId::KeyKnown, Reason::Fine),
    }
    candidates
}

/// Checks the signature; gives the key that verifies.
fn signature<'a>(
    cose: &CoseSign1,
    algorithm: Option<i64>,
    candidates: &[&'a TrustedKey],
    faults: &dyn Fn(&TrustedKey, &mut Findings),
    context: &Context<'_>,
    findings: &mut Findings,
) -> Option<&'a TrustedKey> {
    let Some(algorithm) = algorithm else {
        findings.not_done(CheckId::Signature, Reason::Earlier);
        return None;
    };
    let signed = Signed {
        algorithm: &algorithm_name(algorithm),
        message: &cose.to_be_signed(),
        signature: cose.signature(),
        scheme: &|key| scheme(algorithm, key),
        is_usual: &is_on_the_curve_of_es256,
    };
    signature::check(&signed, candidates, faults, context, findings)
}

/// The scheme that a COSE algorithm means for a key, or `None` if they do not belong together.
///
/// The curve comes from the key (RFC 9053, 2.1): P-384 keys under ES256 occur.
fn scheme(algorithm: i64, key: &PublicKey) -> Option<SignatureScheme> {
    match (algorithm, key) {
        (ES256, PublicKey::Ec(_)) => Some(SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256)),
        (PS256, PublicKey::Rsa(_)) => Some(SignatureScheme::pss(DigestAlgorithm::Sha256)),
        _ => None,
    }
}

/// The name that JOSE and COSE share (RFC 7518, 3.1; RFC 9053, 2.1).
fn algorithm_name(algorithm: i64) -> String {
    match algorithm {
        ES256 => "ES256".to_owned(),
        PS256 => "PS256".to_owned(),
        other => other.to_string(),
    }
}

fn is_on_the_curve_of_es256(key: &PublicKey) -> bool {
    !matches!(key, PublicKey::Ec(key) if key.curve() != Curve::P256)
}

fn times(claims: &Cwt) -> Times<'_> {
    Times {
        issued_at: &claims.issued_at,
        expires_at: &claims.expires_at,
        not_before: &claims.not_before,
        rules: TimeRules::HCERT,
    }
}

fn oddities(claims: &Cwt, context: &Context<'_>, findings: &mut Findings) {
    if claims.warnings.is_empty() {
        findings.pass(CheckId::Claims, Reason::Fine);
    } else if claims.warnings.contains(&CwtWarning::LegacyLayout) {
        findings.concern(CheckId::Claims, Concern::Unfit, Reason::LegacyLayout, context);
    } else {
        let oddities = claims.warnings.iter().map(ToString::to_string).collect();
        findings.concern(CheckId::Claims, Concern::Flaw, Reason::Odd(oddities), context);
    }
}

fn kinds(keys: &[SubclaimKey], documents: &[HealthDocument], findings: &mut Findings) {
    let known = |document: &HealthDocument| !matches!(document, HealthDocument::Unsupported(_));
    if documents.is_empty() {
        findings.fail(CheckId::Content, Reason::HcertMissing);
    } else if documents.iter().any(known) {
        findings.pass(CheckId::Content, Reason::Holds(Fact::Documents(keys.to_vec())));
    } else {
        let keys = keys.iter().map(|key| key.0).collect();
        findings.fail(CheckId::Content, Reason::HcertUnknown(keys));
    }
}

impl Envelope {
    fn of(cose: &CoseSign1, claims: Option<&Cwt>) -> Self {
        Self {
            key_name: cose.kid().map(Kid::to_base64),
            algorithm: cose.alg().map(algorithm_name),
            issuer: claims.and_then(|claims| claims.issuer.clone()),
            issued_at: claims.and_then(|claims| claims.issued_at.at()),
            expires_at: claims.and_then(|claims| claims.expires_at.at()),
            not_before: claims.and_then(|claims| claims.not_before.at()),
        }
    }
}

/// Whether the trust data has a key of this participant.
fn is_listed(claimed: &str, context: &Context<'_>) -> bool {
    let participant = Participant::parse(claimed).ok();
    participant.is_some() && context.trust.keys().iter().any(|key| key.participant == participant)
}

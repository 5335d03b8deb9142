//! The checks of an HC1 code, in the order of the specification.

use gdhcn_credential::hcert::{self, Opened};
use gdhcn_credential::{Cwt, TextKind, TimeClaim};
use gdhcn_crypto::{Curve, DigestAlgorithm, PublicKey, SignatureScheme, VerifyError};
use gdhcn_envelope::cose::{CoseSign1, ES256, PS256};
use gdhcn_envelope::x509::Validity;
use gdhcn_trust::TrustedKey;
use jiff::Timestamp;

use crate::policy::{Concern, Severity};
use crate::reason::Fact;
use crate::verdict::{Content, Envelope, Findings, Outcome, Signer};
use crate::{CheckId, Context, Reason, Status, Verdict, content, source};

pub(crate) fn verify(text: &str, context: &Context<'_>) -> Verdict {
    let mut findings = Findings::new();
    let opened = match hcert::open(text, &context.limits.credential) {
        Ok(opened) => opened,
        Err(error) => {
            findings.fail(CheckId::Container, Reason::Layer(error));
            return Verdict::without_content(TextKind::Hcert, findings, context);
        }
    };
    container(&opened, context, &mut findings);

    let cose = &opened.cose;
    let claims = Cwt::parse(cose.payload(), &context.limits.credential);
    let envelope = Envelope::of(cose, claims.as_ref().ok());
    let algorithm = algorithm(cose, &mut findings);
    source::check(context, &mut findings);
    let claimed = envelope.issuer.as_deref();
    let candidates = candidates(cose, context, claimed, &mut findings);
    let signature = signature(cose, algorithm, &candidates, context, &mut findings);
    let key = signature.key.or(candidates.first().copied());
    if let Ok(claims) = &claims {
        // Before the key's own time: "it has run out" is what a person needs to hear first.
        times(claims, context, &mut findings);
    }
    key_facts(key, context, &mut findings);

    let content = match claims {
        Ok(claims) => {
            window(&claims, key, context, &mut findings);
            issuer(&claims, key, context, &mut findings);
            content::check(&claims, key, context, &mut findings);
            Content::of(claims, signature.holds)
        }
        Err(error) => {
            findings.fail(CheckId::Claims, Reason::Cwt(error));
            Content::Unreadable
        }
    };
    findings.not_done(CheckId::Revocation, Reason::NotLoaded("revocation data"));
    findings.not_done(CheckId::Rules, Reason::NotLoaded("rules"));

    let checks = findings.into_checks();
    Verdict {
        outcome: Outcome::of(&checks),
        policy: context.policy.name,
        at: context.at,
        kind: TextKind::Hcert,
        checks,
        envelope: Some(envelope),
        signer: key.map(|key| Signer::of(key, context)),
        content,
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
            findings.fail(CheckId::Algorithm, Reason::Algorithm(other));
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
            Reason::KeyNotFound { kid: kid.clone(), claimed: claimed.map(str::to_owned) },
        ),
        Some(_) if cose.kid_is_text() => {
            findings.add(CheckId::KeyKnown, Status::Warn, Reason::KidIsText);
        }
        Some(_) => findings.pass(CheckId::KeyKnown, Reason::Fine),
    }
    candidates
}

/// What the signature check found.
#[derive(Default)]
struct SignatureResult<'a> {
    key: Option<&'a TrustedKey>,
    holds: bool,
}

fn signature<'a>(
    cose: &CoseSign1,
    algorithm: Option<i64>,
    candidates: &[&'a TrustedKey],
    context: &Context<'_>,
    findings: &mut Findings,
) -> SignatureResult<'a> {
    let Some(algorithm) = algorithm else {
        findings.not_done(CheckId::Signature, Reason::Earlier);
        return SignatureResult::default();
    };
    if candidates.is_empty() {
        findings.pass(CheckId::Algorithm, Reason::Fine);
        findings.not_done(CheckId::Signature, Reason::NoKey);
        return SignatureResult::default();
    }
    let message = cose.to_be_signed();
    let mut fitting = 0;
    let mut malformed = None;
    for key in candidates {
        let (Some(scheme), Ok(verifier)) = (scheme(algorithm, &key.public_key), key.verifier())
        else {
            continue;
        };
        fitting += 1;
        match verifier.verify(scheme, &message, cose.signature()) {
            Ok(()) => {
                if is_on_the_curve_of_es256(&key.public_key) {
                    findings.pass(CheckId::Algorithm, Reason::Fine);
                } else {
                    let reason = Reason::CurveOfKey(key.public_key.to_string());
                    findings.concern(CheckId::Algorithm, Concern::Flaw, reason, context);
                }
                findings.pass(
                    CheckId::Signature,
                    Reason::Holds(Fact::Key {
                        participant: key.participant,
                        code: key.participant_code.clone(),
                    }),
                );
                return SignatureResult { key: Some(key), holds: true };
            }
            Err(VerifyError::MalformedSignature { found, .. }) => malformed = Some(found),
            Err(_) => {}
        }
    }
    match candidates.first() {
        Some(first) if fitting == 0 => {
            let key = first.public_key.to_string();
            findings.fail(CheckId::Algorithm, Reason::AlgorithmForKey { algorithm, key });
            findings.not_done(CheckId::Signature, Reason::Earlier);
        }
        _ => {
            findings.pass(CheckId::Algorithm, Reason::Fine);
            findings.fail(CheckId::Signature, Reason::Signature { tried: fitting, malformed });
        }
    }
    SignatureResult::default()
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

fn is_on_the_curve_of_es256(key: &PublicKey) -> bool {
    !matches!(key, PublicKey::Ec(key) if key.curve() != Curve::P256)
}

fn key_facts(key: Option<&TrustedKey>, context: &Context<'_>, findings: &mut Findings) {
    let Some(key) = key else {
        for id in [CheckId::ListProof, CheckId::Chain, CheckId::KeyValidity] {
            findings.not_done(id, Reason::NoKey);
        }
        return;
    };
    source::list_proof(key, context, findings);
    source::chain(key, context, findings);
    let id = CheckId::KeyValidity;
    let Some(certificate) = &key.certificate else {
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

fn times(claims: &Cwt, context: &Context<'_>, findings: &mut Findings) {
    let latest = context.at.checked_add(context.policy.clock_skew).unwrap_or(Timestamp::MAX);
    time(CheckId::IssuedAt, "iat", &claims.issued_at, context, findings, |at| {
        if at > latest { Err(Reason::NotYetIssued(at)) } else { Ok(Fact::Since(at)) }
    });
    // The last second still counts: HCERT says "until", and readers in the field agree.
    time(CheckId::ExpiresAt, "exp", &claims.expires_at, context, findings, |at| {
        if context.at > at { Err(Reason::Expired(at)) } else { Ok(Fact::Until(at)) }
    });
    if !matches!(claims.not_before, TimeClaim::Absent) {
        time(CheckId::NotBefore, "nbf", &claims.not_before, context, findings, |at| {
            if at > latest { Err(Reason::NotYetValid(at)) } else { Ok(Fact::Since(at)) }
        });
    }
}

fn time(
    id: CheckId,
    claim: &'static str,
    value: &TimeClaim,
    context: &Context<'_>,
    findings: &mut Findings,
    judge: impl FnOnce(Timestamp) -> Result<Fact, Reason>,
) {
    match value {
        TimeClaim::Absent => {
            findings.concern(id, Concern::Flaw, Reason::TimeAbsent(claim), context);
        }
        TimeClaim::Unreadable { why } => {
            findings.fail(id, Reason::TimeUnreadable { claim, why: *why });
        }
        TimeClaim::At(at) => match judge(*at) {
            Ok(fact) => findings.pass(id, Reason::Holds(fact)),
            Err(reason) => findings.fail(id, reason),
        },
    }
}

fn window(claims: &Cwt, key: Option<&TrustedKey>, context: &Context<'_>, findings: &mut Findings) {
    let Some(key) = key else { return findings.not_done(CheckId::KeyWindow, Reason::NoKey) };
    let Some(certificate) = &key.certificate else {
        return findings.not_done(CheckId::KeyWindow, Reason::NoCertificate);
    };
    let early = claims.issued_at.at().is_some_and(|at| at < certificate.not_before());
    let late = claims.expires_at.at().is_some_and(|at| at > certificate.not_after());
    if early || late {
        let reason = Reason::KeyWindow { early, late };
        findings.concern(CheckId::KeyWindow, Concern::Flaw, reason, context);
    } else {
        findings.pass(CheckId::KeyWindow, Reason::Fine);
    }
}

fn issuer(claims: &Cwt, key: Option<&TrustedKey>, context: &Context<'_>, findings: &mut Findings) {
    let owner = key.and_then(|key| key.participant);
    let (Some(claimed), Some(owner)) = (&claims.issuer, owner) else {
        return findings.not_done(CheckId::Issuer, Reason::IssuerUnknown);
    };
    if gdhcn_codes::Participant::parse(claimed) == Ok(owner) {
        findings.pass(CheckId::Issuer, Reason::Fine);
    } else {
        let reason =
            Reason::IssuerMismatch { claimed: claimed.clone(), owner: owner.name().to_owned() };
        findings.concern(CheckId::Issuer, Concern::Flaw, reason, context);
    }
}

impl Envelope {
    fn of(cose: &CoseSign1, claims: Option<&Cwt>) -> Self {
        Self {
            kid: cose.kid().cloned(),
            algorithm: cose.alg(),
            issuer: claims.and_then(|claims| claims.issuer.clone()),
            issued_at: claims.and_then(|claims| claims.issued_at.at()),
            expires_at: claims.and_then(|claims| claims.expires_at.at()),
            not_before: claims.and_then(|claims| claims.not_before.at()),
        }
    }
}

impl Content {
    fn of(claims: Cwt, signature_holds: bool) -> Self {
        let documents: Vec<_> =
            claims.subclaims.into_iter().map(|subclaim| subclaim.document).collect();
        match (documents.is_empty(), signature_holds) {
            (true, _) => Self::Unreadable,
            (false, true) => Self::Authentic(documents),
            (false, false) => Self::Unproven(documents),
        }
    }
}

impl Findings {
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
}

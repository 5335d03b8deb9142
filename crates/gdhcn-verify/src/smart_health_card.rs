//! The checks of a SMART Health Card (SMART Health Cards Framework 1.4.0).

use std::borrow::Cow;

use gdhcn_credential::shc::{self, Card, CardError, Opened, numeric};
use gdhcn_credential::{HealthDocument, TextKind, TimeClaim};
use gdhcn_crypto::{Curve, DigestAlgorithm, Kid, PublicKey, SignatureScheme};
use gdhcn_trust::{TrustedKey, jwk_thumbprint};

use crate::policy::Concern;
use crate::reason::Fact;
use crate::signature::{self, Signed};
use crate::time::{TimeRules, Times};
use crate::verdict::{Content, Envelope, Findings, Outcome, Signer};
use crate::{CheckId, Context, Reason, Verdict, content, signer, source, time};

/// Judges a card given as a code, a bare signature, or a file of one card.
pub(crate) fn verify(text: &str, kind: TextKind, context: &Context<'_>) -> Verdict {
    let mut findings = Findings::new();
    match open(text, context) {
        Ok((opened, card)) => of_card(&opened, card, kind, context, findings),
        Err(reason) => {
            findings.fail(CheckId::Container, reason);
            Verdict::without_content(kind, findings, context)
        }
    }
}

fn open(text: &str, context: &Context<'_>) -> Result<(Opened, Card), Reason> {
    let limits = &context.limits.credential;
    // A card in digits is the longest form.
    let longest = limits.card.saturating_mul(2).max(limits.json.bytes);
    if text.len() > longest {
        return Err(Reason::Card(CardError::TooLong { limit: longest }));
    }
    if let Ok(numeric::Scanned::Part(chunk)) = numeric::read(text) {
        return Err(Reason::ChunkOfSeveral { index: chunk.index, count: chunk.count });
    }
    let text = if numeric::is_card(text) || text.trim_start().starts_with("eyJ") {
        Cow::Borrowed(text)
    } else {
        let cards = shc::files::cards(text, limits).map_err(Reason::Card)?;
        match <[String; 1]>::try_from(cards) {
            Ok([card]) => Cow::Owned(card),
            Err(cards) => return Err(Reason::SeveralCards(cards.len())),
        }
    };
    let read = |text: &str| {
        let opened = Opened::read(text, limits)?;
        let card = Card::read(&opened.payload, limits)?;
        Ok((opened, card))
    };
    read(&text).map_err(|error: CardError| Reason::Card(error))
}

fn of_card(
    opened: &Opened,
    card: Card,
    kind: TextKind,
    context: &Context<'_>,
    mut findings: Findings,
) -> Verdict {
    if opened.oddities.is_empty() {
        findings.pass(CheckId::Container, Reason::Fine);
    } else {
        let oddities = opened.oddities.iter().map(ToString::to_string).collect();
        let reason = Reason::ContainerOdd(oddities);
        findings.concern(CheckId::Container, Concern::Flaw, reason, context);
    }
    let candidates = candidates(opened, &card, context, &mut findings);
    let proven = signature(opened, &candidates, context, &mut findings);
    let key = proven.or(candidates.first().copied());
    source::check(key, context, &mut findings);
    let times = Times {
        issued_at: &TimeClaim::Absent,
        expires_at: &card.expires_at,
        not_before: &card.not_before,
        rules: TimeRules::CARD,
    };
    time::check(&times, context, &mut findings);
    signer::check(key, context, &mut findings);
    signer::window(&times, key, context, &mut findings);
    if card.issuer_is_well_formed() && key.is_none() {
        findings.not_done(CheckId::Issuer, Reason::NoKey);
    } else if card.issuer_is_well_formed() {
        // The key was looked up by the issuer's address, so it is the issuer's.
        findings.pass(CheckId::Issuer, Reason::Fine);
    } else {
        let reason = Reason::IssuerAddress(card.issuer.chars().take(200).collect());
        findings.concern(CheckId::Issuer, Concern::Flaw, reason, context);
    }
    findings.pass(CheckId::Content, Reason::Holds(Fact::Title("SMART Health Card")));
    let envelope = Envelope {
        key_name: opened.kid.clone(),
        algorithm: Some(opened.algorithm.clone()),
        issuer: Some(card.issuer.clone()),
        issued_at: None,
        expires_at: card.expires_at.at(),
        not_before: card.not_before.at(),
    };
    let issued_at = card.not_before.at();
    let documents = vec![HealthDocument::Card(Box::new(card))];
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

/// The issuer's keys under this kid. A key of another issuer does not count, whatever its kid.
fn candidates<'a>(
    opened: &Opened,
    card: &Card,
    context: &Context<'a>,
    findings: &mut Findings,
) -> Vec<&'a TrustedKey> {
    let id = CheckId::KeyKnown;
    let Some(kid) = &opened.kid else {
        findings.fail(id, Reason::KidMissing);
        return Vec::new();
    };
    let named = Kid::from(kid.as_bytes());
    let candidates: Vec<_> =
        context.trust.called(&card.issuer).filter(|key| key.kid == named).collect();
    let is_thumbprint =
        |key: &&TrustedKey| key.public_key().is_ok_and(|key| jwk_thumbprint(key) == *kid);
    if candidates.is_empty() && context.trust.sources().is_empty() {
        findings.not_done(id, Reason::NoTrustSource);
    } else if candidates.is_empty() {
        let similar = context.trust.similar_issuer(&card.issuer).map(str::to_owned);
        let (issuer, kid) = (card.issuer.chars().take(200).collect(), kid.clone());
        findings.fail(id, Reason::IssuerKeyNotFound { issuer, kid, similar });
    } else if candidates.iter().any(is_thumbprint) {
        findings.pass(id, Reason::Fine);
    } else {
        findings.concern(id, Concern::Flaw, Reason::KidIsNoThumbprint, context);
    }
    candidates
}

fn signature<'a>(
    opened: &Opened,
    candidates: &[&'a TrustedKey],
    context: &Context<'_>,
    findings: &mut Findings,
) -> Option<&'a TrustedKey> {
    if opened.algorithm != "ES256" {
        let found = Some(opened.algorithm.chars().take(20).collect());
        findings.fail(CheckId::Algorithm, Reason::Algorithm { found, allowed: "ES256" });
        findings.not_done(CheckId::Signature, Reason::Earlier);
        return None;
    }
    let signed = Signed {
        algorithm: &opened.algorithm,
        message: &opened.to_be_signed,
        signature: &opened.signature,
        scheme: &|key| match key {
            PublicKey::Ec(key) if key.curve() == Curve::P256 => {
                Some(SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256))
            }
            _ => None,
        },
        is_usual: &|_| true,
    };
    let faults = |key: &TrustedKey, findings: &mut Findings| {
        signer::check(Some(key), context, findings);
    };
    signature::check(&signed, candidates, &faults, context, findings)
}

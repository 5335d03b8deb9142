//! The checks of an ICAO VDS-NC seal (ICAO Technical Report VDS-NC 1.1).
//!
//! The signer's certificate comes with the code, so it proves nothing by itself: it counts when an
//! authority (CSCA) of the trust data issued it, or when the caller handed it over.

use gdhcn_codes::{KeyUsage, Participant};
use gdhcn_credential::vds_nc::Seal;
use gdhcn_credential::{HealthDocument, TextKind};
use gdhcn_crypto::{Backend, Curve, DigestAlgorithm, PublicKey, SignatureScheme, VerifyError};
use gdhcn_envelope::x509::{Certificate, Validity};
use gdhcn_trust::path;
use gdhcn_trust::{ProofStatus, SignerMisfit, TrustedKey};

use crate::policy::Concern;
use crate::reason::Fact;
use crate::verdict::{Content, Envelope, Findings, Outcome, Signer};
use crate::{CheckId, Context, Reason, Status, Verdict, content, source};

/// Extended key usage of a seal signer.
const SEAL_SIGNER: &str = "2.23.136.1.1.14.2";
/// The kind of document that such a signer may sign (ICAO Technical Report VDS-NC, 3.5).
const PROOF: &str = "NV";

pub(crate) fn verify(text: &str, context: &Context<'_>) -> Verdict {
    let mut findings = Findings::new();
    let seal = match Seal::read(text, &context.limits.credential) {
        Ok(seal) => seal,
        Err(error) => {
            findings.fail(CheckId::Container, Reason::Seal(error));
            return Verdict::without_content(TextKind::VdsNc, findings, context);
        }
    };
    let certificate = seal.certificates.first().map(|der| Certificate::from_der(der));
    let certificate = match certificate {
        Some(Ok(certificate)) => certificate,
        Some(Err(error)) => {
            findings.fail(CheckId::Container, Reason::SealCertificate(error.to_string()));
            return Verdict::without_content(TextKind::VdsNc, findings, context);
        }
        None => {
            findings.fail(CheckId::Container, Reason::SealCertificate("none is inside".into()));
            return Verdict::without_content(TextKind::VdsNc, findings, context);
        }
    };
    findings.pass(CheckId::Container, Reason::Fine);
    let vouching = vouching(&certificate, context, &mut findings);
    let holds = signature(&seal, &certificate, context, &mut findings);
    let key = match &vouching {
        Vouching::Authority(key) | Vouching::Given(key) => Some(*key),
        Vouching::Broken | Vouching::Nobody => None,
    };
    source::check(key, context, &mut findings);
    chain(&vouching, &certificate, context, &mut findings);
    validity(&certificate, context, &mut findings);
    issuer(&seal, &certificate, key, context, &mut findings);
    let title = "ICAO visible digital seal";
    findings.pass(CheckId::Content, Reason::Holds(Fact::Title(title)));
    let envelope = Envelope {
        key_name: Some(certificate.thumbprint().to_string()),
        algorithm: Some(seal.algorithm.clone()),
        issuer: Some(seal.issuer.clone()),
        ..Envelope::default()
    };
    let documents = vec![HealthDocument::Seal(Box::new(seal))];
    content::inside(&documents, None, context, &mut findings);
    usage(&certificate, &vouching, context, &mut findings);
    findings.not_done(CheckId::Revocation, Reason::NotLoaded("revocation data"));
    findings.not_done(CheckId::Rules, Reason::NotLoaded("rules"));

    let checks = findings.into_checks();
    Verdict {
        outcome: Outcome::of(&checks),
        policy: context.policy.name,
        at: context.at,
        kind: TextKind::VdsNc,
        checks,
        envelope: Some(envelope),
        signer: key.filter(|_| holds).map(|key| Signer {
            certificate: Some(certificate.clone()),
            ..Signer::of(key, context)
        }),
        content: Content::of(documents, holds && key.is_some()),
    }
}

/// Who vouches for the certificate inside.
enum Vouching<'a> {
    /// An authority issued it.
    Authority(&'a TrustedKey),
    /// The caller handed it over.
    Given(&'a TrustedKey),
    /// An authority of that name is known and did not sign it.
    Broken,
    Nobody,
}

fn vouching<'a>(
    certificate: &Certificate,
    context: &Context<'a>,
    findings: &mut Findings,
) -> Vouching<'a> {
    let id = CheckId::KeyKnown;
    let kid = certificate.kid();
    // A document signer of a list is for HC1 codes; what the caller hands over is for what it says.
    let is_given = |key: &&TrustedKey| {
        let source = context.trust.source_of(key);
        key.certificate() == Some(certificate)
            && source.is_some_and(|source| source.proof == ProofStatus::GivenByCaller)
    };
    if let Some(key) = context.trust.candidates(&kid).find(is_given) {
        findings.pass(id, Reason::Fine);
        return Vouching::Given(key);
    }
    let country = certificate.issuer().country().unwrap_or_default().to_owned();
    let participant = Participant::parse(&country).ok();
    let namesakes: Vec<_> = participant
        .into_iter()
        .flat_map(|participant| context.trust.authorities(participant))
        .filter(|key| key.usage == KeyUsage::Sca)
        .filter(|key| key.certificate().is_some_and(|sca| sca.subject() == certificate.issuer()))
        .collect();
    let mut is_broken = false;
    for authority in namesakes {
        let (Some(sca), Ok(verifier)) = (authority.certificate(), authority.verifier()) else {
            continue;
        };
        match path::issued_by(certificate, sca, &**verifier) {
            Ok(()) => {
                findings.pass(id, Reason::Fine);
                return Vouching::Authority(authority);
            }
            // Another generation of that name, or an algorithm that is not known: it may be sound.
            Err(error) if error.is_undecided() => {}
            Err(_) => is_broken = true,
        }
    }
    if is_broken {
        findings.pass(id, Reason::Fine);
        return Vouching::Broken;
    }
    if context.trust.sources().is_empty() {
        findings.not_done(id, Reason::NoTrustSource);
    } else {
        let issuer = certificate.issuer().to_string();
        findings.fail(id, Reason::AuthorityNotFound { issuer });
    }
    Vouching::Nobody
}

/// The digest and curve of an algorithm (RFC 7518, 3.4).
fn algorithm(name: &str) -> Option<(DigestAlgorithm, Curve)> {
    match name {
        "ES256" => Some((DigestAlgorithm::Sha256, Curve::P256)),
        "ES384" => Some((DigestAlgorithm::Sha384, Curve::P384)),
        "ES512" => Some((DigestAlgorithm::Sha512, Curve::P521)),
        _ => None,
    }
}

fn signature(
    seal: &Seal,
    certificate: &Certificate,
    context: &Context<'_>,
    findings: &mut Findings,
) -> bool {
    let Some((digest, curve)) = algorithm(&seal.algorithm) else {
        let found = Some(seal.algorithm.chars().take(20).collect());
        let allowed = "ES256, ES384 and ES512";
        findings.fail(CheckId::Algorithm, Reason::Algorithm { found, allowed });
        findings.not_done(CheckId::Signature, Reason::Earlier);
        return false;
    };
    let key = certificate.public_key().ok().filter(|key| matches!(key, PublicKey::Ec(_)));
    let verifier = key.and_then(|key| Backend::default().verifier(key).ok());
    let Some(verifier) = verifier else {
        let key = certificate.public_key().map(ToString::to_string).unwrap_or_default();
        let algorithm = seal.algorithm.clone();
        findings.fail(CheckId::Algorithm, Reason::AlgorithmForKey { algorithm, key });
        findings.not_done(CheckId::Signature, Reason::Earlier);
        return false;
    };
    let public_key = verifier.public_key();
    if matches!(public_key, PublicKey::Ec(key) if key.curve() == curve) {
        findings.pass(CheckId::Algorithm, Reason::Fine);
    } else {
        let reason = Reason::CurveOfKey(public_key.to_string());
        findings.concern(CheckId::Algorithm, Concern::Flaw, reason, context);
    }
    let scheme = SignatureScheme::EcdsaFixed(digest);
    match verifier.verify(scheme, seal.to_be_signed.as_bytes(), &seal.signature) {
        Ok(()) => {
            let owner = certificate.subject().country().unwrap_or_default().to_owned();
            let participant = Participant::parse(&owner).ok();
            let fact = Fact::Key { participant, code: owner };
            findings.pass(CheckId::Signature, Reason::Holds(fact));
            true
        }
        Err(error) => {
            let malformed = match error {
                VerifyError::MalformedSignature { found, .. } => Some(found),
                _ => None,
            };
            findings.fail(CheckId::Signature, Reason::Signature { tried: 1, malformed });
            false
        }
    }
}

fn chain(
    vouching: &Vouching<'_>,
    certificate: &Certificate,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    match vouching {
        Vouching::Authority(key) => {
            source::list_proof(key, context, findings);
            let Some(sca) = key.certificate() else { return };
            if sca.validity_at(context.at) == Validity::Valid {
                findings.pass(CheckId::Chain, Reason::Holds(Fact::Sca(sca.clone())));
            } else {
                let reason =
                    Reason::ScaOutsideValidity { from: sca.not_before(), until: sca.not_after() };
                findings.concern(CheckId::Chain, Concern::ScaOutsideValidity, reason, context);
            }
        }
        Vouching::Given(key) => {
            source::list_proof(key, context, findings);
            source::chain(key, context, findings);
        }
        Vouching::Broken => {
            findings.not_done(CheckId::ListProof, Reason::NoKey);
            let reason = Reason::ChainBroken(format!(
                "{} is known and did not sign it",
                certificate.issuer()
            ));
            findings.fail(CheckId::Chain, reason);
        }
        Vouching::Nobody => {
            findings.not_done(CheckId::ListProof, Reason::NoKey);
            findings.not_done(CheckId::Chain, Reason::NoSca);
        }
    }
}

fn validity(certificate: &Certificate, context: &Context<'_>, findings: &mut Findings) {
    let id = CheckId::KeyValidity;
    let reason = match certificate.validity_at(context.at) {
        Validity::Valid => {
            return findings.pass(id, Reason::Holds(Fact::Until(certificate.not_after())));
        }
        Validity::NotYetValid => Reason::KeyNotYetValid(certificate.not_before()),
        Validity::Expired => Reason::KeyExpired(certificate.not_after()),
    };
    findings.concern(id, Concern::KeyOutsideValidity, reason, context);
}

/// The issuing state is that of the certificate, and that of the authority which issued it: no state
/// can certify signers of another one.
fn issuer(
    seal: &Seal,
    certificate: &Certificate,
    key: Option<&TrustedKey>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let country = certificate.subject().country().unwrap_or_default();
    let owner = Participant::parse(country);
    let vouching = key.and_then(|key| key.participant);
    if let Some(vouching) = vouching.filter(|vouching| owner.as_ref() != Ok(vouching)) {
        let (claimed, owner) = (country.to_owned(), vouching.name().to_owned());
        return findings.fail(CheckId::Issuer, Reason::IssuerMismatch { claimed, owner });
    }
    if owner.is_ok() && owner == Participant::parse(&seal.issuer) {
        findings.pass(CheckId::Issuer, Reason::Fine);
    } else {
        let owner = owner.map_or_else(|_| country.to_owned(), |owner| owner.name().to_owned());
        let reason = Reason::IssuerMismatch { claimed: seal.issuer.clone(), owner };
        findings.concern(CheckId::Issuer, Concern::Flaw, reason, context);
    }
}

/// The certificate is one for seals, and no authority's.
fn usage(
    certificate: &Certificate,
    vouching: &Vouching<'_>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let id = CheckId::KeyUsage;
    let extensions = certificate.extensions();
    if extensions.is_ca() {
        return findings.fail(id, Reason::SignerIsAuthority);
    }
    // What the caller handed over is trusted as it is.
    let is_given = matches!(vouching, Vouching::Given(_));
    if let Some(misfit) = SignerMisfit::of(certificate).filter(|_| !is_given) {
        return findings.fail(id, Reason::NoSigner(misfit));
    }
    let purposes = extensions.extended_key_usage.as_deref().unwrap_or_default();
    let is_signer = purposes.iter().any(|purpose| purpose.to_string() == SEAL_SIGNER);
    let signs_proofs = extensions.document_types.iter().any(|kind| kind == PROOF);
    if is_signer && signs_proofs {
        findings.add(id, Status::Pass, Reason::Fine);
    } else {
        findings.concern(id, Concern::Flaw, Reason::NoSealSigner, context);
    }
}

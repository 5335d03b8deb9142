//! Who signed: L003, L041, L044.

use gdhcn_codes::KeyUsage;
use gdhcn_crypto::SignatureScheme;
use gdhcn_envelope::x509::Certificate;

use super::Severity::Error;
use super::validity::day;
use super::{CHECK, Context, Findings, Rule, accepted, refused};
use crate::participant_folder::{FolderCertificate, ParticipantFolder};
use crate::path::validity_is_nested;

pub(super) fn check(folder: &ParticipantFolder, context: &Context<'_>, findings: &mut Findings) {
    for one in &folder.certificates {
        match one.usage {
            KeyUsage::Tls => check_tls(one, folder, context, findings),
            KeyUsage::Dsc => check_signer(one, folder, context, findings),
            _ => {}
        }
    }
}

fn check_tls(
    one: &FolderCertificate,
    folder: &ParticipantFolder,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let issuers = folder.tls_issuers.iter().filter(|issuer| issuer.domain == one.domain);
    let mut count = 0;
    for issuer in issuers {
        count += 1;
        if !signed(&one.certificate, &issuer.certificate, context) {
            continue;
        }
        // The official test knows RSA signatures of the old padding only.
        if matches!(one.certificate.signature_scheme(), Ok(SignatureScheme::RsaPss { .. })) {
            findings.add_with(
                Rule::L003,
                Error,
                &one.path,
                format!("signed with RSA-PSS by {}", issuer.path),
                "have it signed with RSA PKCS#1 v1.5 or ECDSA".to_owned(),
                &[accepted("this gateway"), refused(CHECK)],
            );
        }
        return;
    }
    let found = match count {
        0 => format!("the domain {} has no TLS/CA.pem", one.domain),
        _ => format!(
            "none of the {count} certificates in CA.pem signed it; its issuer is {}",
            one.certificate.issuer()
        ),
    };
    findings.add(Rule::L003, Error, &one.path, found);
}

fn check_signer(
    one: &FolderCertificate,
    folder: &ParticipantFolder,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let signer = folder
        .of(&one.domain, KeyUsage::Sca)
        .find(|sca| signed(&one.certificate, &sca.certificate, context));
    let Some(sca) = signer else {
        let issuer = one.certificate.issuer();
        let found =
            format!("no SCA of the domain {} signed it; its issuer is {issuer}", one.domain);
        findings.add(Rule::L041, Error, &one.path, found);
        return;
    };
    let named = one.certificate.extensions().authority_key_id.as_ref();
    let wanted = sca.certificate.extensions().subject_key_id.as_ref();
    // An SCA without identifier is at fault itself (L040).
    if wanted.is_some() && named != wanted {
        let found = match named {
            None => "no authority key identifier".to_owned(),
            Some(id) => {
                format!("its authority key identifier is {}, not the SCA's", hex::encode(id))
            }
        };
        findings.add(Rule::L041, Error, &one.path, found);
    }
    if !validity_is_nested(&one.certificate, &sca.certificate) {
        let (begin, end) = (sca.certificate.not_before(), sca.certificate.not_after());
        let found = format!(
            "valid from {} to {}, its SCA from {} to {}",
            day(one.certificate.not_before()),
            day(one.certificate.not_after()),
            day(begin),
            day(end)
        );
        let mend = format!("let it end by {}, or renew the SCA", day(end));
        findings.add_with(Rule::L044, Error, &one.path, found, mend, &[]);
    }
}

fn signed(certificate: &Certificate, issuer: &Certificate, context: &Context<'_>) -> bool {
    let key = issuer.public_key().map_err(Clone::clone);
    let verifier = key.and_then(|key| context.backend.verifier(key));
    verifier.is_ok_and(|verifier| certificate.verify_signature(verifier.as_ref()).is_ok())
}

//! What the key may be used for: L020 to L040 and L042.

use gdhcn_codes::{KeyUsage, StatementKind};
use gdhcn_envelope::x509::{KeyUsageBits, oid};

use super::Severity::{Error, Information, Warning};
use super::{Context, Findings, GUIDE, Rule, accepted, is_self_signed, refused};
use crate::participant_folder::FolderCertificate;

pub(super) fn check(one: &FolderCertificate, _context: &Context<'_>, findings: &mut Findings) {
    check_authority(one, findings);
    check_key_usage(one, findings);
    check_purposes(one, findings);
    let extensions = one.certificate.extensions();
    let no_key_id = extensions.subject_key_id.is_none();
    if one.usage == KeyUsage::Sca && no_key_id {
        let found = "no subject key identifier".to_owned();
        findings.add(Rule::L040, Error, &one.path, found);
    }
    if one.usage == KeyUsage::Dsc {
        let missing: Vec<_> = [
            (no_key_id, "no subject key identifier"),
            (!extensions.contains(oid::CRL_DISTRIBUTION_POINTS), "no revocation list address"),
        ]
        .into_iter()
        .filter_map(|(missing, what)| missing.then_some(what))
        .collect();
        if !missing.is_empty() {
            findings.add(Rule::L042, Warning, &one.path, missing.join(", "));
        }
    }
}

fn check_authority(one: &FolderCertificate, findings: &mut Findings) {
    let extensions = one.certificate.extensions();
    let constraints = extensions.basic_constraints;
    let critical = extensions.is_critical(oid::BASIC_CONSTRAINTS);
    let found = match constraints {
        None => "no basicConstraints".to_owned(),
        Some(basic) => {
            let length = basic.path_len.map_or_else(
                || "no path length".to_owned(),
                |length| format!("path length {length}"),
            );
            let ca = if basic.ca { "CA:TRUE" } else { "CA:FALSE" };
            format!("{ca}, {length}, {}critical", if critical { "" } else { "not " })
        }
    };
    let path_len = constraints.and_then(|basic| basic.path_len);
    match one.usage {
        KeyUsage::Sca if !extensions.is_ca() || path_len.is_some_and(|length| length > 0) => {
            findings.add(Rule::L020, Error, &one.path, found);
        }
        KeyUsage::Sca if path_len != Some(0) || !critical => {
            findings.add(Rule::L021, Warning, &one.path, found);
        }
        KeyUsage::Up | KeyUsage::Tls | KeyUsage::Dsc if extensions.is_ca() => {
            findings.add(Rule::L022, Warning, &one.path, found);
        }
        KeyUsage::Deca if !extensions.is_ca() => {
            findings.add(Rule::L023, Warning, &one.path, found);
        }
        _ => {}
    }
}

fn check_key_usage(one: &FolderCertificate, findings: &mut Findings) {
    let Some(bits) = one.certificate.extensions().key_usage else {
        findings.add(Rule::L030, Error, &one.path, "no keyUsage".to_owned());
        return;
    };
    let names: Vec<_> = bits.names().collect();
    let found = match names[..] {
        [] => "keyUsage without a bit".to_owned(),
        _ => format!("keyUsage {}", names.join(", ")),
    };
    let signs_data = bits.contains(KeyUsageBits::DIGITAL_SIGNATURE);
    let signs_certificates = bits.contains(KeyUsageBits::KEY_CERT_SIGN);
    let signs_lists = bits.contains(KeyUsageBits::CRL_SIGN);
    match one.usage {
        KeyUsage::Tls | KeyUsage::Up if !signs_data || signs_lists => {
            findings.add(Rule::L031, Error, &one.path, found);
        }
        KeyUsage::Tls if is_self_signed(one) && !signs_certificates => findings.add_with(
            Rule::L033,
            Warning,
            &one.path,
            found,
            Rule::L033.mend().to_owned(),
            // This gateway pins the registered certificate itself.
            &[accepted("this gateway"), refused("gateways behind an OpenSSL proxy")],
        ),
        KeyUsage::Sca if !signs_certificates => findings.add(Rule::L032, Error, &one.path, found),
        KeyUsage::Sca if !signs_lists => findings.add(Rule::L032, Warning, &one.path, found),
        KeyUsage::Dsc if bits != KeyUsageBits::DIGITAL_SIGNATURE => {
            findings.add(Rule::L034, Warning, &one.path, found);
        }
        _ => {}
    }
}

fn check_purposes(one: &FolderCertificate, findings: &mut Findings) {
    let extensions = one.certificate.extensions();
    let purposes = extensions.extended_key_usage.as_deref();
    let listed = |purposes: &[oid::ObjectIdentifier]| {
        let names: Vec<_> = purposes.iter().map(ToString::to_string).collect();
        format!("purposes {}", names.join(", "))
    };
    match (one.usage, purposes) {
        (KeyUsage::Tls, None) => {
            findings.add(Rule::L035, Error, &one.path, "no extendedKeyUsage".to_owned());
        }
        (KeyUsage::Tls, Some(purposes)) if !purposes.contains(&oid::CLIENT_AUTH) => {
            findings.add(Rule::L035, Error, &one.path, listed(purposes));
        }
        (KeyUsage::Sca | KeyUsage::Up, Some(purposes)) => {
            let opinions = [accepted(super::CHECK), refused(GUIDE)];
            let mend = Rule::L036.mend().to_owned();
            let found = listed(purposes);
            findings.add_with(Rule::L036, Information, &one.path, found, mend, &opinions);
        }
        (KeyUsage::Dsc, Some(purposes)) => {
            let mut faults: Vec<_> = purposes.iter().filter_map(purpose_fault).collect();
            if extensions.is_critical(oid::EXTENDED_KEY_USAGE) {
                faults.push("extendedKeyUsage is critical".to_owned());
            }
            if !faults.is_empty() {
                findings.add(Rule::L037, Warning, &one.path, faults.join("; "));
            }
        }
        _ => {}
    }
}

/// What is wrong with a purpose of a document signer.
fn purpose_fault(purpose: &oid::ObjectIdentifier) -> Option<String> {
    let purpose = purpose.to_string();
    for kind in StatementKind::ALL {
        let [registered, misprint] = kind.extended_key_usages();
        if purpose == registered {
            return None;
        }
        if purpose == misprint {
            return Some(format!(
                "{misprint} is a misprint of {registered} ({kind}), with a surplus .0"
            ));
        }
    }
    Some(format!("{purpose} is no purpose of document signers"))
}

//! Keys and signature algorithms: L010 to L015, L060 to L063.

use gdhcn_codes::KeyUsage;
use gdhcn_crypto::{Curve, DigestAlgorithm, KeyError, PublicKey, SignatureScheme, sha256};
use gdhcn_envelope::algorithm::AlgorithmError;
use gdhcn_envelope::x509::{Certificate, ExtensionRemark};

use super::Severity::{Error, Warning};
use super::{
    CHECK, CHECKLIST, Context, Environment, Findings, GUIDE, Opinion, Rule, accepted, refused,
};
use crate::kid_text;
use crate::participant_folder::{FolderCertificate, ParticipantFolder};

pub(super) fn check(one: &FolderCertificate, context: &Context<'_>, findings: &mut Findings) {
    check_key(one, context, findings);
    check_algorithm(one, context, findings);
    check_encoding(one, findings);
    let key = sha256(one.certificate.public_key_info());
    if context.weak_keys.contains(&key) || KNOWN_TEST_KEYS.contains(&hex::encode(key).as_str()) {
        let found = format!("the key {} is a published test key or weak", hex::encode(key));
        findings.add(Rule::L061, Warning, &one.path, found);
    }
}

/// SHA-256 of the `SubjectPublicKeyInfo` of keys whose private half is printed in standards:
/// RFC 7515, A.3; RFC 7517, A.1; and the point of the private key 1 on P-256.
pub const KNOWN_TEST_KEYS: [&str; 3] = [
    "2bd1bb0c44a897c30a7aa0991cde38d8062fe441de50da0f46825344f602e827",
    "51b944cdfa544d4c3273aa6bf350625a7dd53bbb6a71723274f538b19a207760",
    "5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3",
];

/// Bits of curves that are named in certificates and not used here.
const OTHER_CURVES: [(&str, &str, usize); 8] = [
    ("1.2.840.10045.3.1.1", "P-192", 192),
    ("1.3.132.0.33", "P-224", 224),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.36.3.3.2.8.1.1.5", "brainpoolP224r1", 224),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1", 320),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
];

const DSA: &str = "1.2.840.10040.4.1";
const DSA_WITH_SHA256: &str = "2.16.840.1.101.3.4.3.2";
const NOT_USED: &str = "gateways and verifiers of this kind";

fn check_key(one: &FolderCertificate, context: &Context<'_>, findings: &mut Findings) {
    let is_dsc = one.usage == KeyUsage::Dsc;
    let path = &one.path;
    match one.certificate.public_key() {
        Ok(PublicKey::Ec(key)) => {
            if is_dsc && key.curve() != Curve::P256 {
                findings.add(Rule::L011, Error, path, format!("the key is on {}", key.curve()));
            }
        }
        Ok(PublicKey::Rsa(key)) => {
            rsa_length(one, key.bits(), context, findings);
            // A number of three bytes is above 65 536, unless it is just that.
            let small = key.exponent().len() < 3;
            if small {
                let found = format!("the RSA exponent is 0x{}", hex::encode(key.exponent()));
                findings.add(Rule::L010, Error, path, found);
            }
            if is_dsc {
                findings.add(Rule::L011, Warning, path, format!("the key is RSA {}", key.bits()));
            }
        }
        Ok(_) => {
            let found = "the key is Ed25519".to_owned();
            findings.add(Rule::L015, Error, path, found);
        }
        Err(KeyError::ExplicitCurveParameters) => {
            let found = "the key spells out its curve parameters".to_owned();
            findings.add(Rule::L012, Error, path, found);
        }
        Err(KeyError::RsaLength { bits }) => rsa_length(one, *bits, context, findings),
        Err(KeyError::UnsupportedCurve { oid }) => {
            let known = OTHER_CURVES.iter().find(|(known, ..)| known == oid);
            let (name, bits) = known.map_or((oid.as_str(), 0), |(_, name, bits)| (*name, *bits));
            let shortest = if context.environment == Environment::Development { 250 } else { 256 };
            let found = format!("the key is on {name}");
            if bits != 0 && bits < shortest {
                findings.add(Rule::L010, Error, path, format!("{found}, of {bits} bits"));
            } else if is_dsc {
                findings.add(Rule::L011, Error, path, found);
            } else {
                let opinions = [accepted(CHECK), refused(NOT_USED)];
                unused(path, found, &opinions, findings);
            }
        }
        Err(KeyError::UnsupportedAlgorithm { oid }) if oid == DSA => {
            let opinions = [accepted(GUIDE), accepted(CHECK), refused(NOT_USED)];
            unused(path, "the key is DSA".to_owned(), &opinions, findings);
        }
        Err(error) => findings.add(Rule::L015, Error, path, error.to_string()),
    }
}

fn unused(path: &str, found: String, opinions: &[Opinion], findings: &mut Findings) {
    let mend = Rule::L015.mend().to_owned();
    findings.add_with(Rule::L015, Error, path, found, mend, opinions);
}

fn rsa_length(
    one: &FolderCertificate,
    bits: usize,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let shortest = match (one.usage, context.environment) {
        (KeyUsage::Dsc, _) => 2048,
        (_, Environment::Development) => 3000,
        _ => 3072,
    };
    if bits >= shortest {
        return;
    }
    let found = format!("the key is RSA {bits}, {shortest} bits are asked for");
    if bits >= 3000 {
        let mend = Rule::L010.mend().to_owned();
        let opinions = [accepted(GUIDE), refused(CHECK)];
        findings.add_with(Rule::L010, Error, &one.path, found, mend, &opinions);
    } else {
        findings.add(Rule::L010, Error, &one.path, found);
    }
}

fn check_algorithm(one: &FolderCertificate, context: &Context<'_>, findings: &mut Findings) {
    let path = &one.path;
    let scheme = match one.certificate.signature_scheme() {
        Ok(scheme) => scheme,
        Err(error @ AlgorithmError::Weak { .. }) => {
            findings.add(Rule::L014, Error, path, error.to_string());
            return;
        }
        // Named by the check; the key says what is wrong with it (L015).
        Err(AlgorithmError::Unsupported { oid }) if oid == DSA_WITH_SHA256 => return,
        Err(error) => {
            findings.add(Rule::L013, Error, path, error.to_string());
            return;
        }
    };
    let of_guide: &[Opinion] = match scheme {
        SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256)
        | SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha256)
        | SignatureScheme::RsaPss { .. } => return,
        SignatureScheme::EcdsaDer(DigestAlgorithm::Sha384) => {
            if context.environment == Environment::Development {
                return;
            }
            &[accepted(CHECKLIST), accepted(GUIDE), refused(CHECK)]
        }
        SignatureScheme::EcdsaDer(_) | SignatureScheme::RsaPkcs1(_) => {
            &[accepted(GUIDE), refused(CHECK)]
        }
        _ => &[],
    };
    let found = format!("signed by {scheme}");
    findings.add_with(Rule::L013, Error, path, found, Rule::L013.mend().to_owned(), of_guide);
}

fn check_encoding(one: &FolderCertificate, findings: &mut Findings) {
    let version = one.certificate.version();
    if version != 3 {
        findings.add(Rule::L064, Warning, &one.path, format!("X.509 version {version}"));
    }
    // An empty purpose list is told by the rules of purposes.
    let strict =
        |remark: &&ExtensionRemark| !matches!(remark, ExtensionRemark::EmptyExtendedKeyUsage);
    let remarks = one.certificate.extensions().remarks.iter().filter(strict);
    let remarks: Vec<_> = remarks.map(ToString::to_string).collect();
    if !remarks.is_empty() {
        findings.add(Rule::L064, Warning, &one.path, remarks.join("; "));
    }
}

/// Keys and key identifiers that are used elsewhere, in the folder or beyond.
pub(super) fn check_reuse(
    folder: &ParticipantFolder,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    for (index, one) in folder.certificates.iter().enumerate() {
        let key = sha256(one.certificate.public_key_info());
        let before = folder.certificates.iter().take(index);
        let in_folder = before
            .filter(|other| other.usage != one.usage)
            .find(|other| other.certificate.public_key_info() == one.certificate.public_key_info());
        let thumbprint = one.certificate.thumbprint();
        let country = one.certificate.subject().country();
        let elsewhere = context.known.iter().find(|known| {
            let other_role = known.usage.is_some_and(|usage| usage != one.usage);
            let other_owner = Some(known.country.as_str()) != country;
            known.key == key && (known.other_environment || other_role || other_owner)
        });
        let where_else = in_folder
            .map(|other| format!("in {}", other.path))
            .or_else(|| elsewhere.map(|known| known.place.clone()));
        if let Some(place) = where_else {
            let found = format!("the key is also used {place}");
            findings.add(Rule::L060, Error, &one.path, found);
        }
        let taken = context.known.iter().find(|known| {
            !known.other_environment
                && known.thumbprint != thumbprint
                && known.thumbprint.kid() == thumbprint.kid()
        });
        if let Some(known) = taken {
            let kid = one.certificate.kid().to_base64();
            let found = format!("the kid {kid} is taken by another certificate {}", known.place);
            findings.add(Rule::L062, Error, &one.path, found);
        }
    }
}

/// Whether a list names a certificate by another key identifier than the one that readers compute
/// (L063).
pub fn is_custom_kid(certificate: &Certificate, kid: &str) -> bool {
    kid_text::parse(kid) != certificate.kid()
}

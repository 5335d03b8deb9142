//! `AlgorithmIdentifier` (RFC 5280, 4.1.1.2) in X.509 certificates and CMS messages.
//!
//! An identifier is turned into a [`SignatureScheme`] or a [`DigestAlgorithm`] and back. Read are
//! RSA PKCS#1 v1.5 and RSASSA-PSS (RFC 4055), ECDSA (RFC 5758) with SHA-256, SHA-384 and SHA-512,
//! and Ed25519 (RFC 8410). All others are refused by name. Absent parameters and an explicit NULL
//! mean the same, also for ECDSA, where RFC 5758 forbids the NULL that some certificates carry.

use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{Decode, Sequence};
use gdhcn_crypto::{DigestAlgorithm, SignatureScheme};
use spki::AlgorithmIdentifierRef;

use crate::x509::encode;

/// Reads the signature algorithm of an X.509 certificate.
///
/// # Errors
///
/// See [`AlgorithmError`].
pub fn signature_scheme(
    algorithm: AlgorithmIdentifierRef<'_>,
) -> Result<SignatureScheme, AlgorithmError> {
    if algorithm.oid == RSASSA_PSS {
        return pss_scheme(&algorithm);
    }
    let Some((_, known)) = SIGNATURES.iter().find(|(oid, _)| *oid == algorithm.oid) else {
        return Err(unknown(algorithm.oid));
    };
    no_parameters(&algorithm)?;
    Ok(*known)
}

/// Reads the signature algorithm of a CMS `SignerInfo` (RFC 5652, 5.3), whose digest stands beside
/// it in `digestAlgorithm`.
///
/// `rsaEncryption` takes its digest from there; all other algorithms must agree with it.
///
/// # Errors
///
/// See [`AlgorithmError`]. Ed25519 is refused: the network's gateways do not take it.
pub fn cms_signature_scheme(
    algorithm: AlgorithmIdentifierRef<'_>,
    digest: DigestAlgorithm,
) -> Result<SignatureScheme, AlgorithmError> {
    if algorithm.oid == RSA_ENCRYPTION {
        no_parameters(&algorithm)?;
        return Ok(SignatureScheme::RsaPkcs1(digest));
    }
    let scheme = signature_scheme(algorithm)?;
    match digest_of(scheme) {
        Some(signed) if signed == digest => Ok(scheme),
        Some(signed) => Err(AlgorithmError::DigestMismatch { signed, announced: digest }),
        None => Err(unknown(algorithm.oid)),
    }
}

/// Reads a digest algorithm, such as the `digestAlgorithm` of a `SignerInfo`.
///
/// # Errors
///
/// [`AlgorithmError::Weak`] for SHA-1 and its like, [`AlgorithmError::Unsupported`] for others.
pub fn digest_algorithm(
    algorithm: AlgorithmIdentifierRef<'_>,
) -> Result<DigestAlgorithm, AlgorithmError> {
    let Some((_, known)) = DIGESTS.iter().find(|(oid, _)| *oid == algorithm.oid) else {
        return Err(unknown(algorithm.oid));
    };
    no_parameters(&algorithm)?;
    Ok(*known)
}

/// Writes the `AlgorithmIdentifier` of a signature as DER.
///
/// # Errors
///
/// [`AlgorithmError::NotInCertificates`] for [`SignatureScheme::EcdsaFixed`].
pub fn encode_signature_algorithm(scheme: SignatureScheme) -> Result<Vec<u8>, AlgorithmError> {
    if let SignatureScheme::RsaPss { digest, salt_len } = scheme {
        return Ok(encode_pss(digest, salt_len));
    }
    let (oid, _) = SIGNATURES
        .iter()
        .find(|(_, known)| *known == scheme)
        .ok_or(AlgorithmError::NotInCertificates { scheme })?;
    // RFC 4055, 5 demands a NULL for RSA; RFC 5758, 3.2 and RFC 8410, 3 forbid it for the others.
    let parameters: &[u8] =
        if matches!(scheme, SignatureScheme::RsaPkcs1(_)) { &encode::NULL } else { &[] };
    Ok(encode::nested(encode::SEQUENCE, &[&encode::oid(*oid), parameters]))
}

/// Writes the `AlgorithmIdentifier` of a digest as DER, with NULL as the network's clients do.
pub fn encode_digest_algorithm(digest: DigestAlgorithm) -> Vec<u8> {
    encode::nested(encode::SEQUENCE, &[&encode::oid(digest_oid(digest)), &encode::NULL])
}

/// Whether two identifiers mean the same: absent parameters and NULL are equivalent.
pub fn equivalent(a: &AlgorithmIdentifierRef<'_>, b: &AlgorithmIdentifierRef<'_>) -> bool {
    a.oid == b.oid && parameters(a) == parameters(b)
}

/// Why an algorithm is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlgorithmError {
    /// The algorithm rests on a broken or too short digest.
    #[error("{name} ({oid}) is too weak to prove anything; sign again with SHA-256")]
    Weak {
        /// The object identifier in dotted form.
        oid: String,
        /// The usual name, such as `ecdsa-with-SHA1`.
        name: &'static str,
    },
    /// The algorithm is not one of the network's.
    #[error("the algorithm {oid} is not supported; use ECDSA or RSA with SHA-256")]
    Unsupported {
        /// The object identifier in dotted form.
        oid: String,
    },
    /// The parameters do not belong to the algorithm, or cannot be read.
    #[error("the parameters of the algorithm {oid} are not valid: {what}")]
    Parameters {
        /// The object identifier in dotted form.
        oid: String,
        /// What is wrong with them.
        what: &'static str,
    },
    /// The signature algorithm of a `SignerInfo` uses another digest than the one announced.
    #[error("the signature algorithm uses {signed}, but digestAlgorithm says {announced}")]
    DigestMismatch {
        /// Digest of the signature algorithm.
        signed: DigestAlgorithm,
        /// Digest in `digestAlgorithm`.
        announced: DigestAlgorithm,
    },
    /// The scheme has no identifier in X.509 and CMS.
    #[error("{scheme} in the form of COSE and JOSE does not occur in certificates")]
    NotInCertificates {
        /// The scheme that was asked for.
        scheme: SignatureScheme,
    },
}

/// The digest inside a scheme; none for Ed25519, which hashes by itself.
pub(crate) fn digest_of(scheme: SignatureScheme) -> Option<DigestAlgorithm> {
    match scheme {
        SignatureScheme::EcdsaDer(digest)
        | SignatureScheme::EcdsaFixed(digest)
        | SignatureScheme::RsaPkcs1(digest)
        | SignatureScheme::RsaPss { digest, .. } => Some(digest),
        _ => None,
    }
}

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

const SIGNATURES: [(ObjectIdentifier, SignatureScheme); 7] = [
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
        SignatureScheme::EcdsaDer(DigestAlgorithm::Sha256),
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
        SignatureScheme::EcdsaDer(DigestAlgorithm::Sha384),
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
        SignatureScheme::EcdsaDer(DigestAlgorithm::Sha512),
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
        SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha256),
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"),
        SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha384),
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"),
        SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha512),
    ),
    (ObjectIdentifier::new_unwrap("1.3.101.112"), SignatureScheme::Ed25519),
];

const DIGESTS: [(ObjectIdentifier, DigestAlgorithm); 3] = [
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"), DigestAlgorithm::Sha256),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"), DigestAlgorithm::Sha384),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"), DigestAlgorithm::Sha512),
];

/// Identifiers that deserve a plainer word than "not supported".
const WEAK: [(ObjectIdentifier, &str); 13] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2"), "md2WithRSAEncryption"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"), "md5WithRSAEncryption"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"), "sha1WithRSAEncryption"),
    (ObjectIdentifier::new_unwrap("1.3.14.3.2.29"), "sha1WithRSASignature"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.14"), "sha224WithRSAEncryption"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"), "ecdsa-with-SHA1"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.1"), "ecdsa-with-SHA224"),
    (ObjectIdentifier::new_unwrap("1.2.840.10040.4.3"), "dsa-with-SHA1"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.2.2"), "MD2"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.2.5"), "MD5"),
    (SHA1, "SHA-1"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4"), "SHA-224"),
    (ObjectIdentifier::new_unwrap("1.3.36.3.2.1"), "RIPEMD-160"),
];

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");

/// Longest salt that is read: no RSA key of the network has room for more.
const MAX_SALT_LEN: u32 = 1024;

/// `RSASSA-PSS-params` (RFC 4055, 3.1). A missing hash means SHA-1, a missing salt length 20.
#[derive(Sequence)]
struct PssParameters<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask_generation: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt_len: Option<u32>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u32>,
}

fn pss_scheme(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<SignatureScheme, AlgorithmError> {
    let wrong = |what| AlgorithmError::Parameters { oid: RSASSA_PSS.to_string(), what };
    let sha1 = || AlgorithmError::Weak { oid: SHA1.to_string(), name: "SHA-1 (default of PSS)" };
    let parameters = parameters(algorithm).ok_or_else(sha1)?;
    let parameters: PssParameters<'_> =
        parameters.decode_as().map_err(|_| wrong("not RSASSA-PSS-params"))?;
    let digest = digest_algorithm(parameters.hash.ok_or_else(sha1)?)?;
    let mask_generation = parameters.mask_generation.ok_or_else(sha1)?;
    if mask_generation.oid != MGF1 {
        return Err(wrong("the mask generation function is not MGF1"));
    }
    let mask_digest = mask_generation
        .parameters
        .and_then(|any| any.decode_as::<AlgorithmIdentifierRef<'_>>().ok())
        .ok_or_else(|| wrong("MGF1 does not name its digest"))?;
    if digest_algorithm(mask_digest)? != digest {
        return Err(wrong("MGF1 uses another digest than the signature"));
    }
    if parameters.trailer.is_some_and(|trailer| trailer != 1) {
        return Err(wrong("the trailer field is not 1"));
    }
    let salt_len = parameters.salt_len.unwrap_or(20);
    if salt_len > MAX_SALT_LEN {
        return Err(wrong("the salt is longer than any key"));
    }
    Ok(SignatureScheme::RsaPss { digest, salt_len: salt_len as usize })
}

fn encode_pss(digest: DigestAlgorithm, salt_len: usize) -> Vec<u8> {
    let digest = encode_digest_algorithm(digest);
    let mask_generation = encode::nested(encode::SEQUENCE, &[&encode::oid(MGF1), &digest]);
    let parameters = encode::nested(
        encode::SEQUENCE,
        &[
            &encode::tlv(0xa0, &digest),
            &encode::tlv(0xa1, &mask_generation),
            &encode::tlv(0xa2, &encode::unsigned(&salt_len.to_be_bytes())),
        ],
    );
    encode::nested(encode::SEQUENCE, &[&encode::oid(RSASSA_PSS), &parameters])
}

fn digest_oid(digest: DigestAlgorithm) -> ObjectIdentifier {
    let [(sha256, _), (sha384, _), (sha512, _)] = DIGESTS;
    match digest {
        DigestAlgorithm::Sha256 => sha256,
        DigestAlgorithm::Sha384 => sha384,
        DigestAlgorithm::Sha512 => sha512,
    }
}

/// The parameters, NULL taken as none.
fn parameters<'a>(algorithm: &AlgorithmIdentifierRef<'a>) -> Option<AnyRef<'a>> {
    algorithm.parameters.filter(|parameters| !parameters.is_null())
}

fn no_parameters(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<(), AlgorithmError> {
    match parameters(algorithm) {
        None => Ok(()),
        Some(_) => Err(AlgorithmError::Parameters {
            oid: algorithm.oid.to_string(),
            what: "the algorithm has none, yet there are some",
        }),
    }
}

fn unknown(oid: ObjectIdentifier) -> AlgorithmError {
    match WEAK.iter().find(|(weak, _)| *weak == oid) {
        Some((_, name)) => AlgorithmError::Weak { oid: oid.to_string(), name },
        None => AlgorithmError::Unsupported { oid: oid.to_string() },
    }
}

/// Reads a DER `AlgorithmIdentifier`.
pub(crate) fn decode(der: &[u8]) -> der::Result<AlgorithmIdentifierRef<'_>> {
    AlgorithmIdentifierRef::from_der(der)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [DigestAlgorithm; 3] =
        [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512];

    fn identifier(oid: &str, parameters: &[u8]) -> Vec<u8> {
        let oid = encode::oid(ObjectIdentifier::new_unwrap(oid));
        encode::nested(encode::SEQUENCE, &[&oid, parameters])
    }

    fn read(der: &[u8]) -> Result<SignatureScheme, AlgorithmError> {
        signature_scheme(decode(der).unwrap())
    }

    #[test]
    fn reads_what_it_writes() {
        let mut schemes = vec![SignatureScheme::Ed25519];
        for digest in ALL {
            schemes.push(SignatureScheme::EcdsaDer(digest));
            schemes.push(SignatureScheme::RsaPkcs1(digest));
            schemes.push(SignatureScheme::pss(digest));
            schemes.push(SignatureScheme::RsaPss { digest, salt_len: 190 });
            let der = encode_digest_algorithm(digest);
            assert_eq!(digest_algorithm(decode(&der).unwrap()), Ok(digest));
        }
        for scheme in schemes {
            let der = encode_signature_algorithm(scheme).unwrap();
            assert_eq!(read(&der), Ok(scheme), "{scheme}");
        }
        let fixed = SignatureScheme::EcdsaFixed(DigestAlgorithm::Sha256);
        assert!(encode_signature_algorithm(fixed).is_err());
    }

    #[test]
    fn takes_null_and_absent_parameters_alike() {
        let sha384 = SignatureScheme::EcdsaDer(DigestAlgorithm::Sha384);
        let absent = identifier("1.2.840.10045.4.3.3", &[]);
        let null = identifier("1.2.840.10045.4.3.3", &encode::NULL);
        assert_eq!(read(&absent), Ok(sha384));
        assert_eq!(read(&null), Ok(sha384));
        assert!(equivalent(&decode(&absent).unwrap(), &decode(&null).unwrap()));
        let other = identifier("1.2.840.10045.4.3.3", &[2, 1, 5]);
        assert!(matches!(read(&other), Err(AlgorithmError::Parameters { .. })));
        assert!(!equivalent(&decode(&absent).unwrap(), &decode(&other).unwrap()));
    }

    #[test]
    fn refuses_weak_and_foreign_algorithms_by_name() {
        let error = read(&identifier("1.2.840.10045.4.1", &[])).unwrap_err();
        assert!(matches!(&error, AlgorithmError::Weak { name: "ecdsa-with-SHA1", .. }), "{error}");
        let error = read(&identifier("2.16.840.1.101.3.4.3.2", &[])).unwrap_err();
        assert_eq!(error, AlgorithmError::Unsupported { oid: "2.16.840.1.101.3.4.3.2".into() });
        let sha1 = identifier("1.3.14.3.2.26", &encode::NULL);
        let error = digest_algorithm(decode(&sha1).unwrap()).unwrap_err();
        assert!(error.to_string().contains("SHA-1"), "{error}");
    }

    #[test]
    fn refuses_pss_that_rests_on_its_sha1_defaults() {
        for parameters in [&[][..], &encode::NULL, &[0x30, 0], &[0x30, 5, 0xa2, 3, 2, 1, 32]] {
            let der = identifier("1.2.840.113549.1.1.10", parameters);
            assert!(matches!(read(&der), Err(AlgorithmError::Weak { .. })), "{parameters:x?}");
        }
    }

    #[test]
    fn refuses_pss_with_two_digests_or_another_trailer() {
        let sha256 = encode_digest_algorithm(DigestAlgorithm::Sha256);
        let sha512 = encode_digest_algorithm(DigestAlgorithm::Sha512);
        let mixed = encode::nested(
            encode::SEQUENCE,
            &[
                &encode::tlv(0xa0, &sha256),
                &encode::tlv(
                    0xa1,
                    &encode::nested(encode::SEQUENCE, &[&encode::oid(MGF1), &sha512]),
                ),
            ],
        );
        let error = read(&identifier("1.2.840.113549.1.1.10", &mixed)).unwrap_err();
        assert!(error.to_string().contains("another digest"), "{error}");
        let trailer = encode::nested(
            encode::SEQUENCE,
            &[
                &encode::tlv(0xa0, &sha256),
                &encode::tlv(
                    0xa1,
                    &encode::nested(encode::SEQUENCE, &[&encode::oid(MGF1), &sha256]),
                ),
                &[0xa3, 3, 2, 1, 2],
            ],
        );
        let error = read(&identifier("1.2.840.113549.1.1.10", &trailer)).unwrap_err();
        assert!(error.to_string().contains("trailer"), "{error}");
    }

    #[test]
    fn takes_the_digest_of_plain_rsa_from_the_signer_info() {
        let rsa = identifier("1.2.840.113549.1.1.1", &encode::NULL);
        for digest in ALL {
            assert_eq!(
                cms_signature_scheme(decode(&rsa).unwrap(), digest),
                Ok(SignatureScheme::RsaPkcs1(digest))
            );
        }
        assert!(matches!(read(&rsa), Err(AlgorithmError::Unsupported { .. })));
        let ecdsa = identifier("1.2.840.10045.4.3.2", &[]);
        assert!(matches!(
            cms_signature_scheme(decode(&ecdsa).unwrap(), DigestAlgorithm::Sha384),
            Err(AlgorithmError::DigestMismatch { .. })
        ));
        let ed25519 = identifier("1.3.101.112", &[]);
        assert!(cms_signature_scheme(decode(&ed25519).unwrap(), DigestAlgorithm::Sha512).is_err());
    }
}

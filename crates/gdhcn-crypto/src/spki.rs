//! `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7; RFC 5480; RFC 4055; RFC 8410).

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, BitStringRef, UintRef};
use der::{Decode, Encode, Sequence, Tag, Tagged};
use spki::{
    AlgorithmIdentifier, AlgorithmIdentifierRef, SubjectPublicKeyInfo, SubjectPublicKeyInfoRef,
};

use crate::{Curve, KeyError, PublicKey};

pub(crate) const EC_PUBLIC_KEY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(crate) const RSA_ENCRYPTION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
pub(crate) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// `RSAPublicKey` of RFC 8017, A.1.1.
#[derive(Sequence)]
pub(crate) struct RsaPublicKeyDer<'a> {
    pub(crate) modulus: UintRef<'a>,
    pub(crate) exponent: UintRef<'a>,
}

pub(crate) fn read(der: &[u8]) -> Result<PublicKey, KeyError> {
    let info = SubjectPublicKeyInfoRef::from_der(der)
        .map_err(|_| KeyError::Malformed { what: "not a SubjectPublicKeyInfo" })?;
    let bits = info
        .subject_public_key
        .as_bytes()
        .ok_or(KeyError::Malformed { what: "the key is not a whole number of bytes" })?;
    match info.algorithm.oid {
        EC_PUBLIC_KEY => PublicKey::ec_from_sec1(named_curve(&info.algorithm)?, bits),
        RSA_ENCRYPTION | RSASSA_PSS => {
            let key = RsaPublicKeyDer::from_der(bits)
                .map_err(|_| KeyError::Malformed { what: "not an RSAPublicKey" })?;
            PublicKey::rsa_from_components(key.modulus.as_bytes(), key.exponent.as_bytes())
        }
        ED25519 => PublicKey::ed25519_from_bytes(bits),
        oid => Err(KeyError::UnsupportedAlgorithm { oid: oid.to_string() }),
    }
}

fn named_curve(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<Curve, KeyError> {
    let parameters = algorithm
        .parameters
        .ok_or(KeyError::Malformed { what: "the key does not say its curve" })?;
    if parameters.tag() == Tag::Sequence {
        return Err(KeyError::ExplicitCurveParameters);
    }
    let oid = parameters
        .decode_as::<ObjectIdentifier>()
        .map_err(|_| KeyError::Malformed { what: "the key does not say its curve" })?;
    curve_of(&oid).ok_or_else(|| KeyError::UnsupportedCurve { oid: oid.to_string() })
}

/// The curve of that name.
pub(crate) fn curve_of(oid: &ObjectIdentifier) -> Option<Curve> {
    match *oid {
        SECP256R1 => Some(Curve::P256),
        SECP384R1 => Some(Curve::P384),
        SECP521R1 => Some(Curve::P521),
        _ => None,
    }
}

pub(crate) fn write(key: &PublicKey) -> Vec<u8> {
    let written = match key {
        PublicKey::Ec(key) => {
            let curve = match key.curve() {
                Curve::P256 => SECP256R1,
                Curve::P384 => SECP384R1,
                Curve::P521 => SECP521R1,
            };
            encode(EC_PUBLIC_KEY, Some(AnyRef::from(&curve)), key.sec1())
        }
        PublicKey::Rsa(key) => {
            rsa_public_key_der(key).and_then(|der| encode(RSA_ENCRYPTION, Some(AnyRef::NULL), &der))
        }
        PublicKey::Ed25519(key) => encode(ED25519, None, key.as_bytes()),
    };
    // Every key in memory is far below the length that DER can express.
    written.unwrap_or_default()
}

/// The key as `RSAPublicKey` (RFC 8017, A.1.1).
pub(crate) fn rsa_public_key_der(key: &crate::RsaPublicKey) -> der::Result<Vec<u8>> {
    RsaPublicKeyDer {
        modulus: UintRef::new(key.modulus())?,
        exponent: UintRef::new(key.exponent())?,
    }
    .to_der()
}

fn encode(
    oid: ObjectIdentifier,
    parameters: Option<AnyRef<'_>>,
    key: &[u8],
) -> der::Result<Vec<u8>> {
    SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifier { oid, parameters },
        subject_public_key: BitStringRef::from_bytes(key)?,
    }
    .to_der()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A point of each curve: the base point of SEC 2.
    fn base_points() -> Vec<PublicKey> {
        let points = [
            (Curve::P256, "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
            (
                Curve::P384,
                "03aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
            ),
            (
                Curve::P521,
                "0200c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
            ),
        ];
        points
            .into_iter()
            .map(|(curve, hex)| PublicKey::ec_from_sec1(curve, &hex::decode(hex).unwrap()).unwrap())
            .collect()
    }

    #[test]
    fn writes_what_it_reads() {
        for key in base_points() {
            assert_eq!(PublicKey::from_spki_der(&key.to_spki_der()), Ok(key));
        }
        let rsa = PublicKey::rsa_from_components(&[0xc1; 257], &[1, 0, 1]).unwrap();
        assert_eq!(PublicKey::from_spki_der(&rsa.to_spki_der()), Ok(rsa.clone()));
        assert_eq!(rsa.to_string(), "RSA 2056");
    }

    #[test]
    fn takes_coordinates_with_missing_and_surplus_zeros() {
        for key in base_points() {
            let PublicKey::Ec(ec) = &key else { unreachable!() };
            let mut x = vec![0, 0];
            x.extend_from_slice(ec.x());
            let again = PublicKey::ec_from_coordinates(ec.curve(), &x, ec.y()).unwrap();
            assert_eq!(again, key);
            assert!(PublicKey::ec_from_coordinates(ec.curve(), ec.y(), ec.x()).is_err());
        }
    }

    #[test]
    fn refuses_short_and_long_rsa_keys_and_bad_exponents() {
        let refused = PublicKey::rsa_from_components(&[0xc1; 128], &[1, 0, 1]);
        assert_eq!(refused, Err(KeyError::RsaLength { bits: 1024 }));
        assert!(PublicKey::rsa_from_components(&[0xc1; 1025], &[1, 0, 1]).is_err());
        for exponent in [&[][..], &[1], &[2], &[4], &[1, 0, 0, 0, 0, 1]] {
            assert_eq!(
                PublicKey::rsa_from_components(&[0xc1; 256], exponent),
                Err(KeyError::RsaExponent)
            );
        }
    }

    #[test]
    fn refuses_explicit_parameters_and_foreign_curves_by_name() {
        let PublicKey::Ec(key) = &base_points()[0] else { unreachable!() };
        let brainpool = ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.7");
        let der = encode(EC_PUBLIC_KEY, Some(AnyRef::from(&brainpool)), key.sec1()).unwrap();
        assert_eq!(
            PublicKey::from_spki_der(&der),
            Err(KeyError::UnsupportedCurve { oid: "1.3.36.3.3.2.8.1.1.7".into() })
        );
        let explicit = AnyRef::new(Tag::Sequence, &[2, 1, 1]).unwrap();
        let der = encode(EC_PUBLIC_KEY, Some(explicit), key.sec1()).unwrap();
        assert_eq!(PublicKey::from_spki_der(&der), Err(KeyError::ExplicitCurveParameters));
    }
}

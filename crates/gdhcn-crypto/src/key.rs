use std::fmt;

use crate::{DigestAlgorithm, SignatureScheme};
use p256::elliptic_curve::sec1::ToSec1Point;

/// The curves of FIPS 186-4 that occur in the network.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Curve {
    /// secp256r1, the curve of nearly every document signer.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
}

impl Curve {
    /// The JWK name (RFC 7518, 6.2.1.1), such as `P-256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// Length of a coordinate in bytes.
    pub const fn field_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The digest that is usual with the curve (RFC 7518, 3.4).
    pub const fn usual_digest(self) -> DigestAlgorithm {
        match self {
            Self::P256 => DigestAlgorithm::Sha256,
            Self::P384 => DigestAlgorithm::Sha384,
            Self::P521 => DigestAlgorithm::Sha512,
        }
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A public key that was found fit for use: on its curve, or of an allowed length.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey {
    /// A point on a named curve.
    Ec(EcPublicKey),
    /// An RSA modulus and exponent.
    Rsa(RsaPublicKey),
    /// An Ed25519 point.
    Ed25519(Ed25519PublicKey),
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7).
    ///
    /// Curves must be named; RSA keys may stand under `rsaEncryption` or `id-RSASSA-PSS`.
    ///
    /// # Errors
    ///
    /// See [`KeyError`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        crate::spki::read(der)
    }

    /// Like [`Self::from_spki_der`], but also takes curve parameters that are spelled out, if they
    /// are those of P-256, P-384 or P-521 in every number. ICAO Doc 9303-12 prescribes that form.
    ///
    /// # Errors
    ///
    /// See [`KeyError`].
    pub fn from_spki_der_with_explicit_curve(der: &[u8]) -> Result<Self, KeyError> {
        match crate::spki::read(der) {
            Err(KeyError::ExplicitCurveParameters) => crate::explicit_curve::read(der),
            other => other,
        }
    }

    /// The key as DER `SubjectPublicKeyInfo`.
    pub fn to_spki_der(&self) -> Vec<u8> {
        crate::spki::write(self)
    }

    /// An EC key from its affine coordinates, big-endian.
    ///
    /// Leading zeros may be missing or surplus: published lists hold the bytes of Java big
    /// integers.
    ///
    /// # Errors
    ///
    /// When a coordinate is too long or the point is not on the curve.
    pub fn ec_from_coordinates(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        let mut point = Vec::with_capacity(1 + 2 * curve.field_len());
        point.push(0x04);
        for coordinate in [x, y] {
            let significant = strip_zeros(coordinate);
            let padding = curve
                .field_len()
                .checked_sub(significant.len())
                .ok_or(KeyError::NotOnCurve { curve })?;
            point.resize(point.len() + padding, 0);
            point.extend_from_slice(significant);
        }
        Self::ec_from_sec1(curve, &point)
    }

    /// An EC key from a point in SEC 1 form, compressed or not.
    ///
    /// # Errors
    ///
    /// When the point is not on the curve.
    pub fn ec_from_sec1(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let uncompressed = match curve {
            Curve::P256 => p256::PublicKey::from_sec1_bytes(point)
                .map(|key| key.to_sec1_point(false).as_bytes().into()),
            Curve::P384 => p384::PublicKey::from_sec1_bytes(point)
                .map(|key| key.to_sec1_point(false).as_bytes().into()),
            Curve::P521 => p521::PublicKey::from_sec1_bytes(point)
                .map(|key| key.to_sec1_point(false).as_bytes().into()),
        };
        match uncompressed {
            Ok(point) => Ok(Self::Ec(EcPublicKey { curve, point })),
            Err(_) => Err(KeyError::NotOnCurve { curve }),
        }
    }

    /// An RSA key from modulus and exponent, big-endian, leading zeros ignored.
    ///
    /// # Errors
    ///
    /// When the modulus has not 2048 to 8192 bits, or the exponent is even or out of range.
    pub fn rsa_from_components(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let key = RsaPublicKey {
            modulus: strip_zeros(modulus).into(),
            exponent: strip_zeros(exponent).into(),
        };
        if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&key.bits()) {
            return Err(KeyError::RsaLength { bits: key.bits() });
        }
        // Up to 33 bits: what both back ends take.
        let fits = key.exponent.len() <= 4 && !matches!(*key.exponent, [] | [0..=2]);
        if !fits || key.exponent.last().is_none_or(|byte| byte % 2 == 0) {
            return Err(KeyError::RsaExponent);
        }
        if key.modulus.last().is_none_or(|byte| byte % 2 == 0) {
            return Err(KeyError::Malformed { what: "the RSA modulus is even" });
        }
        Ok(Self::Rsa(key))
    }

    /// An Ed25519 key from its 32 bytes (RFC 8032, 5.1.5).
    ///
    /// # Errors
    ///
    /// When the bytes are no point of the curve.
    pub fn ed25519_from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed { what: "not an Ed25519 point" };
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| malformed.clone())?;
        ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| malformed)?;
        Ok(Self::Ed25519(Ed25519PublicKey(bytes)))
    }

    /// The scheme that X.509 and CMS signatures by this key have by default.
    pub fn default_scheme(&self) -> SignatureScheme {
        match self {
            Self::Ec(key) => SignatureScheme::EcdsaDer(key.curve.usual_digest()),
            Self::Rsa(_) => SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha256),
            Self::Ed25519(_) => SignatureScheme::Ed25519,
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ec(key) => write!(f, "EC {}", key.curve),
            Self::Rsa(key) => write!(f, "RSA {}", key.bits()),
            Self::Ed25519(_) => f.write_str("Ed25519"),
        }
    }
}

/// A point on a named curve.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct EcPublicKey {
    curve: Curve,
    point: Box<[u8]>,
}

impl EcPublicKey {
    /// The curve.
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// The point in uncompressed SEC 1 form: `04 || x || y`.
    pub fn sec1(&self) -> &[u8] {
        &self.point
    }

    /// The first coordinate, as long as the field.
    pub fn x(&self) -> &[u8] {
        self.point.get(1..1 + self.curve.field_len()).unwrap_or_default()
    }

    /// The second coordinate, as long as the field.
    pub fn y(&self) -> &[u8] {
        self.point.get(1 + self.curve.field_len()..).unwrap_or_default()
    }
}

/// An RSA key of 2048 to 8192 bits.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
}

impl RsaPublicKey {
    /// The modulus, big-endian without leading zeros.
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The public exponent, big-endian without leading zeros.
    pub fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// Length of the modulus in bits.
    pub fn bits(&self) -> usize {
        let unused = self.modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        8 * self.modulus.len() - unused
    }
}

/// An Ed25519 key.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Ed25519PublicKey([u8; 32]);

impl Ed25519PublicKey {
    /// The 32 bytes of RFC 8032, 5.1.5.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 8192;

/// Why a public or private key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The bytes are not a key of the expected form.
    #[error("the key cannot be read: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// The algorithm of the key is not one of the network's.
    #[error("keys of algorithm {oid} are not supported; use EC P-256 or RSA of at least 2048 bits")]
    UnsupportedAlgorithm {
        /// The object identifier in dotted form.
        oid: String,
    },
    /// The curve is named, but is none of P-256, P-384 and P-521.
    #[error("the curve {oid} is not supported; use P-256")]
    UnsupportedCurve {
        /// The object identifier in dotted form.
        oid: String,
    },
    /// The curve is spelled out instead of named (RFC 5480, 2.1.1 forbids it).
    #[error("the key spells out its curve parameters; make it again with a named curve")]
    ExplicitCurveParameters,
    /// The point is not on its curve.
    #[error("the point is not on the curve {curve}")]
    NotOnCurve {
        /// The curve.
        curve: Curve,
    },
    /// The RSA modulus is too short or too long.
    #[error("an RSA key of {bits} bits is refused; 2048 to 8192 are allowed")]
    RsaLength {
        /// Length of the modulus in bits.
        bits: usize,
    },
    /// The passphrase is not that of the encrypted key, or the key is damaged.
    #[error("the passphrase does not open the key")]
    Passphrase,
    /// The RSA exponent is even, too small or too large.
    #[error("the RSA public exponent is not an odd number from 3 to 2^32")]
    RsaExponent,
}

fn strip_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

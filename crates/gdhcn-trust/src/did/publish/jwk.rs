use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use gdhcn_crypto::{Curve, KeyError, PublicKey};
use gdhcn_envelope::x509::Certificate;
use serde::Serialize;

/// How numbers, curves and algorithms are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Form {
    /// As the standards have it (RFC 7518).
    #[default]
    Standard,
    /// As the reference writes it: integers with a sign byte and without leading zeros, every
    /// curve but P-256 as `UNKNOWN CURVE`.
    Reference,
}

/// What the curves other than P-256 are called by the reference, which compares with names that
/// its library never returns.
const UNKNOWN_CURVE: &str = "UNKNOWN CURVE";

/// A JWK, members in the order of published lists.
#[derive(Debug, Serialize)]
pub(super) struct Jwk {
    kty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    x5c: Vec<String>,
    #[serde(flatten)]
    numbers: Numbers,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Numbers {
    Ec { crv: &'static str, x: String, y: String },
    Rsa { e: String, n: String },
}

/// Base64url with padding, as version 1 has it in the reference's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    Version1,
    Never,
}

impl Jwk {
    pub(super) fn of_certificate(
        certificate: &Certificate,
        issuers: &[Certificate],
        kid: Option<&str>,
        form: Form,
        padding: Padding,
    ) -> Result<Self, KeyError> {
        let key = certificate.public_key().map_err(Clone::clone)?;
        let mut jwk = Self::of_key(key, form, padding)?;
        jwk.kid = kid.map(str::to_owned);
        jwk.x5c = std::iter::once(certificate)
            .chain(issuers)
            .map(|one| STANDARD.encode(one.der()))
            .collect();
        Ok(jwk)
    }

    pub(super) fn of_key(key: &PublicKey, form: Form, padding: Padding) -> Result<Self, KeyError> {
        let engine = match (form, padding) {
            (Form::Reference, Padding::Version1) => &URL_SAFE,
            _ => &URL_SAFE_NO_PAD,
        };
        let text = |bytes: &[u8]| match form {
            Form::Standard => engine.encode(bytes),
            Form::Reference => engine.encode(twos_complement(bytes)),
        };
        let numbers = match key {
            PublicKey::Ec(key) => Numbers::Ec {
                crv: match (form, key.curve()) {
                    (Form::Reference, curve) if curve != Curve::P256 => UNKNOWN_CURVE,
                    (_, curve) => curve.name(),
                },
                x: text(key.x()),
                y: text(key.y()),
            },
            PublicKey::Rsa(key) => Numbers::Rsa { e: text(key.exponent()), n: text(key.modulus()) },
            other => return Err(KeyError::UnsupportedAlgorithm { oid: other.to_string() }),
        };
        let kty = match &numbers {
            Numbers::Ec { .. } => "EC",
            Numbers::Rsa { .. } => "RSA",
        };
        Ok(Self { kty, kid: None, x5c: Vec::new(), numbers })
    }
}

/// The shortest two's complement of a positive number: what Java's `BigInteger` gives.
fn twos_complement(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let significant = number.get(zeros..).unwrap_or_default();
    let sign = significant.first().is_none_or(|first| *first >= 0x80);
    sign.then_some(0).into_iter().chain(significant.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_the_reference_have_a_sign_and_no_leading_zeros() {
        assert_eq!(twos_complement(&[0, 0, 0x7f, 1]), [0x7f, 1]);
        assert_eq!(twos_complement(&[0x80, 1]), [0, 0x80, 1]);
        assert_eq!(twos_complement(&[0, 0]), [0]);
    }
}

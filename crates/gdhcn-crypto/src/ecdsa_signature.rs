//! The two forms of an ECDSA signature, and the way between them.

use der::asn1::UintRef;
use der::{Decode, Encode, Sequence};

use crate::Curve;

/// A signature that is not of the form expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ECDSA signature of the expected form")]
pub struct MalformedSignature;

#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// `r || s` (RFC 9053, 2.1) to DER `SEQUENCE { r, s }` (RFC 3279, 2.2.3).
///
/// # Errors
///
/// When the length is not twice that of the curve's field.
pub fn fixed_to_der(curve: Curve, fixed: &[u8]) -> Result<Vec<u8>, MalformedSignature> {
    if fixed.len() != 2 * curve.field_len() {
        return Err(MalformedSignature);
    }
    let (r, s) = fixed.split_at_checked(curve.field_len()).ok_or(MalformedSignature)?;
    let value = EcdsaSigValue {
        r: UintRef::new(r).map_err(|_| MalformedSignature)?,
        s: UintRef::new(s).map_err(|_| MalformedSignature)?,
    };
    value.to_der().map_err(|_| MalformedSignature)
}

/// DER `SEQUENCE { r, s }` to `r || s`.
///
/// # Errors
///
/// When the bytes are not strict DER or a number is longer than the curve's field.
pub fn der_to_fixed(curve: Curve, der: &[u8]) -> Result<Vec<u8>, MalformedSignature> {
    let value = EcdsaSigValue::from_der(der).map_err(|_| MalformedSignature)?;
    let mut fixed = Vec::with_capacity(2 * curve.field_len());
    for number in [value.r.as_bytes(), value.s.as_bytes()] {
        let padding = curve.field_len().checked_sub(number.len()).ok_or(MalformedSignature)?;
        fixed.resize(fixed.len() + padding, 0);
        fixed.extend_from_slice(number);
    }
    Ok(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_round_trip_with_leading_zeros_and_high_bits() {
        let mut fixed = vec![0; 64];
        fixed[31] = 1;
        fixed[32] = 0xff;
        let der = fixed_to_der(Curve::P256, &fixed).unwrap();
        // r = 1, s has its top bit set and needs a sign byte
        assert_eq!(&der[..7], &[0x30, 0x26, 0x02, 0x01, 0x01, 0x02, 0x21]);
        assert_eq!(der_to_fixed(Curve::P256, &der).unwrap(), fixed);
    }

    #[test]
    fn refuses_other_lengths_trailing_bytes_and_long_numbers() {
        assert!(fixed_to_der(Curve::P256, &[1; 63]).is_err());
        assert!(fixed_to_der(Curve::P256, &[1; 96]).is_err());
        let mut der = fixed_to_der(Curve::P384, &[0x7f; 96]).unwrap();
        assert!(der_to_fixed(Curve::P256, &der).is_err());
        der.push(0);
        assert!(der_to_fixed(Curve::P384, &der).is_err());
        assert!(der_to_fixed(Curve::P256, &[]).is_err());
    }
}

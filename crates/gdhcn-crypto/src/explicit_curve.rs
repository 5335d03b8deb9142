//! Keys whose curve is spelled out (SEC 1, C.2: `SpecifiedECDomain`) instead of named.
//!
//! Every number is compared with that of the named curve. A key under parameters of the sender's
//! own choice would let anybody make signatures for somebody else's point (CVE-2020-0601).

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, BitStringRef, OctetStringRef, UintRef};
use der::{Decode, Reader, SliceReader};
use spki::SubjectPublicKeyInfoRef;

use crate::{Curve, KeyError, PublicKey};

const PRIME_FIELD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.1.1");

/// The numbers of a curve (FIPS 186-4, D.1.2), big-endian; `a` is `p - 3` for all of them.
struct Numbers {
    curve: Curve,
    prime: &'static str,
    b: &'static str,
    generator: &'static str,
    order: &'static str,
}

const CURVES: [Numbers; 3] = [
    Numbers {
        curve: Curve::P256,
        prime: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        b: "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
        generator: "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        order: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    },
    Numbers {
        curve: Curve::P384,
        prime: "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
        b: "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
        generator: "03aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        order: "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    },
    Numbers {
        curve: Curve::P521,
        prime: "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        b: "51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
        generator: "0200c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
        order: "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    },
];

/// Reads a `SubjectPublicKeyInfo` with explicit curve parameters.
pub(crate) fn read(der: &[u8]) -> Result<PublicKey, KeyError> {
    let malformed = |_| KeyError::Malformed { what: "not a SubjectPublicKeyInfo" };
    let info = SubjectPublicKeyInfoRef::from_der(der).map_err(malformed)?;
    let point = info
        .subject_public_key
        .as_bytes()
        .ok_or(KeyError::Malformed { what: "the key is not a whole number of bytes" })?;
    let parameters = info.algorithm.parameters.ok_or(KeyError::ExplicitCurveParameters)?;
    let written =
        Written::read(parameters.value()).map_err(|_| KeyError::ExplicitCurveParameters)?;
    let found = CURVES.iter().find(|numbers| written.is(numbers));
    let numbers = found.ok_or(KeyError::ExplicitCurveParameters)?;
    PublicKey::ec_from_sec1(numbers.curve, point)
}

/// The numbers as a key spells them out.
struct Written<'a> {
    prime: &'a [u8],
    a: &'a [u8],
    b: &'a [u8],
    generator: &'a [u8],
    order: &'a [u8],
    cofactor: Option<&'a [u8]>,
}

impl<'a> Written<'a> {
    fn read(parameters: &'a [u8]) -> der::Result<Self> {
        let mut fields = SliceReader::new(parameters)?;
        u8::decode(&mut fields)?; // version
        let mut field = SliceReader::new(AnyRef::decode(&mut fields)?.value())?;
        if ObjectIdentifier::decode(&mut field)? != PRIME_FIELD {
            return Err(der::Tag::ObjectIdentifier.value_error().into());
        }
        let prime = UintRef::decode(&mut field)?.as_bytes();
        field.finish()?;
        let mut curve = SliceReader::new(AnyRef::decode(&mut fields)?.value())?;
        let a = <&OctetStringRef>::decode(&mut curve)?.as_bytes();
        let b = <&OctetStringRef>::decode(&mut curve)?.as_bytes();
        // The seed says where the numbers come from and changes nothing.
        Option::<BitStringRef<'_>>::decode(&mut curve)?;
        curve.finish()?;
        let generator = <&OctetStringRef>::decode(&mut fields)?.as_bytes();
        let order = UintRef::decode(&mut fields)?.as_bytes();
        let cofactor = Option::<UintRef<'_>>::decode(&mut fields)?.map(|one| one.as_bytes());
        fields.finish()?;
        Ok(Self { prime, a, b, generator, order, cofactor })
    }

    fn is(&self, numbers: &Numbers) -> bool {
        let number = |hex: &str| hex::decode(hex).unwrap_or_default();
        let mut a = number(numbers.prime);
        if let Some(last) = a.last_mut() {
            *last -= 3;
        }
        let point = |bytes: &[u8]| PublicKey::ec_from_sec1(numbers.curve, bytes).ok();
        significant(self.prime) == significant(&number(numbers.prime))
            && significant(self.a) == significant(&a)
            && significant(self.b) == significant(&number(numbers.b))
            && significant(self.order) == significant(&number(numbers.order))
            && self.cofactor.is_none_or(|cofactor| cofactor == [1])
            && point(self.generator)
                .is_some_and(|own| Some(own) == point(&number(numbers.generator)))
    }
}

fn significant(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = match u8::try_from(content.len()) {
            Ok(length @ 0..0x80) => vec![length],
            Ok(length) => vec![0x81, length],
            Err(_) => {
                let length = u16::try_from(content.len()).unwrap().to_be_bytes();
                vec![0x82, length[0], length[1]]
            }
        };
        [&[tag][..], &length, content].concat()
    }

    fn number(bytes: &[u8]) -> Vec<u8> {
        let sign: &[u8] = if bytes[0] & 0x80 == 0 { &[] } else { &[0] };
        element(2, &[sign, bytes].concat())
    }

    fn octets(bytes: &[u8]) -> Vec<u8> {
        element(4, bytes)
    }

    fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
        element(0x30, &parts.concat())
    }

    /// A key at the generator, its curve spelled out; `fields` are p, a, b, G, n.
    fn key(curve: Curve, fields: &[Vec<u8>; 5], cofactor: &[u8]) -> Vec<u8> {
        let [prime, a, b, generator, order] = fields;
        let prime_field = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 1, 1].to_vec();
        let parameters = sequence(&[
            vec![2, 1, 1],
            sequence(&[prime_field, number(prime)]),
            sequence(&[octets(a), octets(b)]),
            octets(generator),
            number(order),
            number(cofactor),
        ]);
        let ec = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1].to_vec();
        let numbers = CURVES.iter().find(|numbers| numbers.curve == curve).unwrap();
        let point = [&[0], &hex::decode(numbers.generator).unwrap()[..]].concat();
        sequence(&[sequence(&[ec, parameters]), element(3, &point)])
    }

    fn fields(numbers: &Numbers) -> [Vec<u8>; 5] {
        let decode = |hex| hex::decode(hex).unwrap();
        let mut a = decode(numbers.prime);
        *a.last_mut().unwrap() -= 3;
        let prime = decode(numbers.prime);
        [prime, a, decode(numbers.b), decode(numbers.generator), decode(numbers.order)]
    }

    #[test]
    fn a_curve_that_is_spelled_out_in_full_is_the_named_one() {
        for numbers in &CURVES {
            let der = key(numbers.curve, &fields(numbers), &[1]);
            assert_eq!(PublicKey::from_spki_der(&der), Err(KeyError::ExplicitCurveParameters));
            let expected =
                PublicKey::ec_from_sec1(numbers.curve, &hex::decode(numbers.generator).unwrap());
            assert_eq!(PublicKey::from_spki_der_with_explicit_curve(&der), expected);
        }
    }

    #[test]
    fn one_number_of_the_senders_own_makes_it_another_curve() {
        let numbers = &CURVES[0];
        let good = fields(numbers);
        for (index, field) in good.iter().enumerate() {
            let mut changed = good.clone();
            // The generator stays a point: its negative.
            if index == 3 {
                changed[index][0] ^= 1;
            } else {
                *changed[index].last_mut().unwrap() ^= 2;
            }
            assert_ne!(&changed[index], field);
            let der = key(numbers.curve, &changed, &[1]);
            let read = PublicKey::from_spki_der_with_explicit_curve(&der);
            assert_eq!(read, Err(KeyError::ExplicitCurveParameters), "number {index}");
        }
        let der = key(numbers.curve, &good, &[2]);
        let read = PublicKey::from_spki_der_with_explicit_curve(&der);
        assert_eq!(read, Err(KeyError::ExplicitCurveParameters));
    }
}

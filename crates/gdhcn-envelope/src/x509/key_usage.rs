use std::fmt;
use std::ops::BitOr;

use crate::x509::encode;

/// The bits of the keyUsage extension (RFC 5280, 4.2.1.3).
#[derive(Clone, Copy, Default, Hash, PartialEq, Eq)]
pub struct KeyUsageBits(u16);

impl KeyUsageBits {
    /// No use at all.
    pub const NONE: Self = Self(0);
    /// Verify signatures over other things than certificates and CRLs.
    pub const DIGITAL_SIGNATURE: Self = Self(1);
    /// contentCommitment, once called nonRepudiation.
    pub const NON_REPUDIATION: Self = Self(1 << 1);
    /// Encrypt keys.
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 2);
    /// Encrypt data.
    pub const DATA_ENCIPHERMENT: Self = Self(1 << 3);
    /// Agree on keys.
    pub const KEY_AGREEMENT: Self = Self(1 << 4);
    /// Verify signatures over certificates.
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// Verify signatures over certificate revocation lists.
    pub const CRL_SIGN: Self = Self(1 << 6);
    /// Restricts keyAgreement to encryption.
    pub const ENCIPHER_ONLY: Self = Self(1 << 7);
    /// Restricts keyAgreement to decryption.
    pub const DECIPHER_ONLY: Self = Self(1 << 8);

    /// Whether all of `bits` are set.
    pub const fn contains(self, bits: Self) -> bool {
        self.0 & bits.0 == bits.0
    }

    /// Whether no bit is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names of the set bits in the order of RFC 5280, such as `keyCertSign`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES
            .iter()
            .enumerate()
            .filter(move |(bit, _)| self.0 & (1 << bit) != 0)
            .map(|(_, name)| *name)
    }

    /// Reads the content of the BIT STRING. Bits past the ninth have no meaning and are dropped.
    pub(crate) fn from_bit_string(bytes: &[u8]) -> Self {
        let bit = |position: usize| {
            bytes.get(position / 8).is_some_and(|byte| byte & (0x80 >> (position % 8)) != 0)
        };
        Self((0..NAMES.len()).filter(|position| bit(*position)).fold(0, |all, bit| all | 1 << bit))
    }

    /// The extension value. Trailing zero bits are dropped (X.690, 11.2.2).
    pub(crate) fn to_der(self) -> Vec<u8> {
        let bits = self.0.reverse_bits();
        let bytes = bits.to_be_bytes();
        let len = usize::from(16 - bits.trailing_zeros() as u16);
        let bytes = bytes.get(..len.div_ceil(8)).unwrap_or_default();
        // Below eight, so it fits.
        encode::partial_bit_string((bytes.len() * 8 - len) as u8, bytes)
    }
}

impl BitOr for KeyUsageBits {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for KeyUsageBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Debug for KeyUsageBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyUsageBits({self})")
    }
}

const NAMES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_shortest_bit_string_and_reads_it_back() {
        let ca = KeyUsageBits::KEY_CERT_SIGN | KeyUsageBits::CRL_SIGN;
        assert_eq!(ca.to_der(), [3, 2, 1, 0x06]);
        assert_eq!(KeyUsageBits::DIGITAL_SIGNATURE.to_der(), [3, 2, 7, 0x80]);
        assert_eq!(KeyUsageBits::DECIPHER_ONLY.to_der(), [3, 3, 7, 0, 0x80]);
        assert_eq!(KeyUsageBits::NONE.to_der(), [3, 1, 0]);
        for bits in 0..1 << 9 {
            let usage = KeyUsageBits(bits);
            assert_eq!(KeyUsageBits::from_bit_string(&usage.to_der()[3..]), usage);
        }
    }

    #[test]
    fn names_the_bits_in_order() {
        let usage = KeyUsageBits::CRL_SIGN | KeyUsageBits::DIGITAL_SIGNATURE;
        assert_eq!(usage.to_string(), "digitalSignature, cRLSign");
        assert!(usage.contains(KeyUsageBits::CRL_SIGN));
        assert!(!usage.contains(KeyUsageBits::KEY_CERT_SIGN | KeyUsageBits::CRL_SIGN));
    }
}

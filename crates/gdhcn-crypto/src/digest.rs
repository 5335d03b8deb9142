use std::fmt;

use sha2::{Digest, Sha256, Sha384, Sha512};

/// The SHA-2 functions of FIPS 180-4 that the network uses. SHA-1 and MD5 are not among them.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl DigestAlgorithm {
    /// The digest of `data`, [`Self::output_len`] bytes.
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha384 => Sha384::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    /// Length of the digest in bytes.
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The name in FIPS 180-4, such as `SHA-256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// SHA-256 of `data`.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// SHA-256 of what comes piece by piece.
#[derive(Clone, Debug, Default)]
pub struct RunningSha256(Sha256);

impl RunningSha256 {
    /// Of nothing so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-2, appendix: the message "abc".
    #[test]
    fn digests_the_published_message() {
        assert_eq!(
            hex::encode(sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512]
        {
            assert_eq!(algorithm.digest(b"abc").len(), algorithm.output_len());
        }
        assert!(
            hex::encode(DigestAlgorithm::Sha384.digest(b"abc")).starts_with("cb00753f45a35e8b")
        );
        assert!(
            hex::encode(DigestAlgorithm::Sha512.digest(b"abc")).starts_with("ddaf35a193617aba")
        );
    }

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        let mut running = RunningSha256::new();
        running.update(b"a");
        running.update(b"bc");
        assert_eq!(running.finish(), sha256(b"abc"));
    }
}

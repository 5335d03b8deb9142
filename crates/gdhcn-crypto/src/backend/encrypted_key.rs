//! Private keys that rest encrypted: PKCS#8 with PBES2 (RFC 5958, 3; RFC 8018, 6.2).

use aws_lc_rs::rand;
use der::{Decode, Encode};
use pem_rfc7468::LineEnding;
use pkcs8::pkcs5::pbes2::{self, Kdf};
use pkcs8::{EncryptedPrivateKeyInfoRef, pkcs5};
use zeroize::Zeroizing;

use crate::{KeyError, SignError, SoftwareKey};

/// The label of an encrypted key in PEM (RFC 7468, 11).
const PEM_LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// Rounds of PBKDF2 for keys that are written here: what OWASP asks for with HMAC-SHA-256.
const ROUNDS: u32 = 600_000;

/// Bounds on what a file may ask for: some seconds, some hundred megabytes.
const MAX_ROUNDS: u32 = 10_000_000;
const MAX_SCRYPT_BYTES: u64 = 512 << 20;
const MAX_SCRYPT_PARALLEL: u16 = 16;

impl SoftwareKey {
    /// Whether a text is a PEM block with an encrypted key.
    pub fn is_encrypted_pem(text: &str) -> bool {
        text.trim_start().starts_with(&format!("-----BEGIN {PEM_LABEL}-----"))
    }

    /// Reads a PEM block `ENCRYPTED PRIVATE KEY`: PBES2 with PBKDF2 (SHA-2) or scrypt, and AES.
    ///
    /// # Errors
    ///
    /// [`KeyError::Passphrase`] when the passphrase does not open it; [`KeyError::Malformed`] when
    /// it is encrypted another way, or asks for more rounds or memory than any honest file.
    pub fn from_encrypted_pem(text: &str, passphrase: &[u8]) -> Result<Self, KeyError> {
        let malformed = |what| KeyError::Malformed { what };
        let (label, der) = pem_rfc7468::decode_vec(text.trim().as_bytes())
            .map_err(|_| malformed("not one PEM block"))?;
        if label != PEM_LABEL {
            return Err(malformed("the PEM block is not labelled ENCRYPTED PRIVATE KEY"));
        }
        let info = EncryptedPrivateKeyInfoRef::from_der(&der).map_err(|_| {
            malformed(
                "not encrypted with PBES2 (convert with `openssl pkcs8 -topk8 -v2 aes-256-cbc`)",
            )
        })?;
        check_cost(&info.encryption_algorithm)?;
        let opened = info.encryption_algorithm.decrypt(passphrase, info.encrypted_data.as_bytes());
        match opened.map(Zeroizing::new) {
            // Padding may come out right by chance; a key does not.
            Ok(der) => Self::from_pkcs8_der(&der).map_err(|_| KeyError::Passphrase),
            Err(pkcs5::Error::DecryptFailed) => Err(KeyError::Passphrase),
            Err(_) => Err(malformed("its encryption is not supported; use AES-256-CBC, SHA-256")),
        }
    }

    /// The key as a PEM block `ENCRYPTED PRIVATE KEY`: PBES2 with PBKDF2-HMAC-SHA-256 and
    /// AES-256-CBC, which OpenSSL and Java read.
    ///
    /// # Errors
    ///
    /// When the library has no randomness or does not encrypt.
    pub fn to_encrypted_pem(&self, passphrase: &[u8]) -> Result<String, SignError> {
        let mut salt = [0; 16];
        let mut iv = [0; 16];
        rand::fill(&mut salt).map_err(|_| SignError::Refused)?;
        rand::fill(&mut iv).map_err(|_| SignError::Refused)?;
        let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &salt, iv)
            .map_err(|_| SignError::Refused)?;
        let encrypted =
            parameters.encrypt(passphrase, &self.to_pkcs8_der()).map_err(|_| SignError::Refused)?;
        let data = der::asn1::OctetString::new(encrypted).map_err(|_| SignError::Refused)?;
        let info = pkcs8::EncryptedPrivateKeyInfoOwned {
            encryption_algorithm: parameters.into(),
            encrypted_data: data,
        };
        let der = info.to_der().map_err(|_| SignError::Refused)?;
        pem_rfc7468::encode_string(PEM_LABEL, LineEnding::LF, &der).map_err(|_| SignError::Refused)
    }
}

/// The file decides how much work opening it is, so the work is bounded.
fn check_cost(scheme: &pkcs5::EncryptionScheme) -> Result<(), KeyError> {
    let costly = KeyError::Malformed { what: "opening it would take unreasonable time or memory" };
    let pkcs5::EncryptionScheme::Pbes2(parameters) = scheme else {
        return Err(KeyError::Malformed {
            what: "encrypted with PBES1 (convert with `openssl pkcs8 -topk8 -v2 aes-256-cbc`)",
        });
    };
    match &parameters.kdf {
        Kdf::Pbkdf2(pbkdf2) if pbkdf2.iteration_count > MAX_ROUNDS => Err(costly),
        Kdf::Scrypt(scrypt) => {
            let bytes = scrypt
                .cost_parameter
                .saturating_mul(u64::from(scrypt.block_size))
                .saturating_mul(128);
            let fits = bytes <= MAX_SCRYPT_BYTES && scrypt.parallelization <= MAX_SCRYPT_PARALLEL;
            if fits { Ok(()) } else { Err(costly) }
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Curve, KeyKind, Signer as _};
    use gdhcn_testkit::openssl;

    fn key() -> SoftwareKey {
        SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap()
    }

    #[test]
    fn openssl_reads_what_is_written_and_only_with_the_passphrase() {
        let (key, openssl) = (key(), openssl());
        openssl.write("key.pem", key.to_encrypted_pem(b"correct horse").unwrap());
        openssl.write("right", "correct horse");
        openssl.write("wrong", "battery staple");
        let public = openssl.run("pkey -in key.pem -passin file:right -pubout -outform DER");
        assert_eq!(public, key.public_key().to_spki_der());
        assert!(!openssl.try_run("pkey -in key.pem -passin file:wrong -noout").status.success());
    }

    #[test]
    fn reads_what_openssl_writes_with_each_derivation() {
        let (key, openssl) = (key(), openssl());
        openssl.write("plain.pem", key.to_pem().as_bytes());
        for options in [
            "-v2 aes-256-cbc",
            "-v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 20000",
            "-scrypt",
            "-v2 aes-256-cbc -scrypt -scrypt_N 8192",
        ] {
            openssl.run(&format!(
                "pkcs8 -topk8 -in plain.pem -out key.pem -passout pass:secret {options}"
            ));
            let text = String::from_utf8(openssl.read("key.pem")).unwrap();
            assert!(SoftwareKey::is_encrypted_pem(&text));
            let opened = SoftwareKey::from_encrypted_pem(&text, b"secret").unwrap();
            assert_eq!(opened.public_key(), key.public_key(), "{options}");
            let wrong = SoftwareKey::from_encrypted_pem(&text, b"Secret").unwrap_err();
            assert_eq!(wrong, KeyError::Passphrase, "{options}");
        }
    }

    #[test]
    fn a_file_that_asks_for_unreasonable_work_or_an_old_scheme_is_refused() {
        let (key, openssl) = (key(), openssl());
        openssl.write("plain.pem", key.to_pem().as_bytes());
        let written = |options: &str| {
            openssl.run(&format!(
                "pkcs8 -topk8 -in plain.pem -out key.pem -passout pass:secret {options}"
            ));
            String::from_utf8(openssl.read("key.pem")).unwrap()
        };
        let refused = |text: &str| match SoftwareKey::from_encrypted_pem(text, b"secret") {
            Err(KeyError::Malformed { what }) => what,
            other => panic!("{other:?}"),
        };
        // The count of rounds, 9 000 000, made 26 000 000.
        let text = written("-v2 aes-256-cbc -iter 9000000");
        let (_, mut der) = pem_rfc7468::decode_vec(text.as_bytes()).unwrap();
        let at = der.windows(6).position(|w| w == [2, 4, 0, 0x89, 0x54, 0x40]).unwrap();
        der[at + 2] = 1;
        let costly = pem_rfc7468::encode_string(PEM_LABEL, LineEnding::LF, &der).unwrap();
        assert!(refused(&costly).contains("unreasonable"));
        assert!(refused(&written("-v1 PBE-SHA1-3DES")).contains("PBE"));
        assert!(refused(&key.to_pem()).contains("labelled"));
        assert!(refused("no key").contains("PEM"));
        let again = key.to_encrypted_pem(b"x").unwrap();
        assert_ne!(again, key.to_encrypted_pem(b"x").unwrap(), "salt and IV are drawn");
    }
}

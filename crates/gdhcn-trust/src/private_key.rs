//! Finding private keys where none may be.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How a private key lies in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrivateKeyForm {
    /// A PEM block whose label says `PRIVATE KEY`, encrypted or not.
    Pem,
    /// PKCS#8, PKCS#1 or SEC 1 in DER.
    Der,
    /// A PKCS#12 store, in DER or base64.
    Pkcs12,
    /// A Java key store.
    JavaKeyStore,
    /// A JSON Web Key with its private member.
    Jwk,
    /// A key of SSH, PuTTY or OpenPGP.
    OtherTool,
}

impl fmt::Display for PrivateKeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pem => "a private key (PEM)",
            Self::Der => "a private key (DER)",
            Self::Pkcs12 => "a PKCS#12 store",
            Self::JavaKeyStore => "a Java key store",
            Self::Jwk => "a private JSON Web Key",
            Self::OtherTool => "a private key of SSH or OpenPGP",
        })
    }
}

/// Looks for a private key in a file, whatever its name.
///
/// Found are PEM blocks anywhere in the file, also those that are cut off; keys and stores in DER,
/// raw or as base64; Java key stores; JSON Web Keys.
pub fn find(bytes: &[u8]) -> Option<PrivateKeyForm> {
    if let Some(form) = binary(bytes) {
        return Some(form);
    }
    let pem = |marker: &[u8]| contains(bytes, marker);
    // Headers of PEM: PRIVATE KEY, EC PRIVATE KEY, ENCRYPTED PRIVATE KEY, OPENSSH PRIVATE KEY, ...
    if pem(b"PRIVATE KEY BLOCK-----") || pem(b"PuTTY-User-Key-File") {
        return Some(PrivateKeyForm::OtherTool);
    }
    if pem(b"PRIVATE KEY-----") {
        return Some(PrivateKeyForm::Pem);
    }
    if is_private_jwk(bytes) {
        return Some(PrivateKeyForm::Jwk);
    }
    decoded(bytes).and_then(|der| binary(&der))
}

fn contains(bytes: &[u8], marker: &[u8]) -> bool {
    // Also UTF-16, which some editors of Windows write.
    let wide = marker.iter().flat_map(|byte| [*byte, 0]).collect::<Vec<_>>();
    bytes.windows(marker.len()).any(|window| window == marker)
        || bytes.windows(wide.len()).any(|window| window == wide)
}

/// A file that is base64 throughout, as stores often travel.
fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    // Four characters at least, so that a word is no key.
    (text.len() >= 32).then(|| STANDARD.decode(text).ok()).flatten()
}

fn binary(bytes: &[u8]) -> Option<PrivateKeyForm> {
    if bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) || bytes.starts_with(&[0xce; 4]) {
        return Some(PrivateKeyForm::JavaKeyStore);
    }
    let content = content_of_sequence(bytes)?;
    match content {
        // PFX ::= SEQUENCE { INTEGER 3, ContentInfo }
        [2, 1, 3, 0x30, ..] => Some(PrivateKeyForm::Pkcs12),
        // PrivateKeyInfo ::= SEQUENCE { INTEGER 0 or 1, AlgorithmIdentifier, OCTET STRING }
        [2, 1, 0 | 1, 0x30, rest @ ..] => {
            let after = skip(rest)?;
            (after.first() == Some(&4)).then_some(PrivateKeyForm::Der)
        }
        // ECPrivateKey ::= SEQUENCE { INTEGER 1, OCTET STRING, ... }
        [2, 1, 1, 4, ..] => Some(PrivateKeyForm::Der),
        // RSAPrivateKey ::= SEQUENCE { INTEGER 0, INTEGER n, INTEGER e, INTEGER d, ... }
        [2, 1, 0, 2, ..] => Some(PrivateKeyForm::Der),
        // EncryptedPrivateKeyInfo: an algorithm of PKCS#5 or PKCS#12, then an OCTET STRING.
        [0x30, rest @ ..] => {
            let after = skip(rest)?;
            let password_based = [
                &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5][..],
                &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1],
            ];
            let head = rest.get(..24.min(rest.len()))?;
            let named = password_based
                .iter()
                .any(|oid| head.windows(oid.len()).any(|window| window == *oid));
            (named && after.first() == Some(&4)).then_some(PrivateKeyForm::Der)
        }
        _ => None,
    }
}

/// The content of the one SEQUENCE that the bytes are.
fn content_of_sequence(bytes: &[u8]) -> Option<&[u8]> {
    let [0x30, rest @ ..] = bytes else { return None };
    let (length, header) = length(rest)?;
    let content = rest.get(header..)?;
    (content.len() == length).then_some(content)
}

/// What follows an element, given from its length on.
fn skip(from_length: &[u8]) -> Option<&[u8]> {
    let (length, header) = length(from_length)?;
    from_length.get(header.checked_add(length)?..)
}

/// A length of DER and the number of bytes it takes.
fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    match bytes {
        [short @ ..=0x7f, ..] => Some((usize::from(*short), 1)),
        [0x81, a, ..] => Some((usize::from(*a), 2)),
        [0x82, a, b, ..] => Some((usize::from(*a) << 8 | usize::from(*b), 3)),
        [0x83, a, b, c, ..] => {
            Some((usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c), 4))
        }
        _ => None,
    }
}

fn is_private_jwk(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_start();
    let json = matches!(text.first(), Some(b'{' | b'['));
    json && serde_json::from_slice(text).is_ok_and(|value| holds_private_jwk(&value))
}

fn holds_private_jwk(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Object(members) => {
            let private = ["d", "p", "q", "k"].iter().any(|name| members.contains_key(*name));
            (members.contains_key("kty") && private) || members.values().any(holds_private_jwk)
        }
        serde_json::Value::Array(items) => items.iter().any(holds_private_jwk),
        _ => false,
    }
}

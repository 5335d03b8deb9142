//! Signed notes (C2SP signed-note) with Ed25519.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_crypto::{Backend, PublicKey, SignError, SignatureScheme, Signer, VerifyError, sha256};

/// Longest note that is read, in bytes; the signatures of many witnesses fit.
pub const MAX_NOTE_LEN: usize = 64 << 10;
/// Signature lines that are looked at. Readers must take 16.
const MAX_SIGNATURES: usize = 64;
const MAX_NAME_LEN: usize = 256;
/// The type of plain Ed25519 keys.
const ED25519: u8 = 1;
const MARK: &str = "\u{2014} ";

/// The name of a key, which for a log is its origin: neither blanks nor `+`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let refused = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if text.is_empty() || text.len() > MAX_NAME_LEN || text.contains(refused) {
            return Err(NoteError::Name { found: text.chars().take(80).collect() });
        }
        Ok(Self(text.to_owned()))
    }
}

/// The public key of a log with its name.
///
/// Its text is the one that log tools exchange: `name+key id+base64 of type and key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    name: KeyName,
    key: PublicKey,
    id: [u8; 4],
}

impl NoteKey {
    /// The key of this name.
    ///
    /// # Errors
    ///
    /// When it is not an Ed25519 key.
    pub fn new(name: KeyName, key: PublicKey) -> Result<Self, NoteError> {
        let PublicKey::Ed25519(ed25519) = &key else {
            return Err(NoteError::KeyType { found: key.to_string() });
        };
        let input = [name.0.as_bytes(), &[b'\n', ED25519], ed25519.as_bytes()].concat();
        let [a, b, c, d, ..] = sha256(&input);
        Ok(Self { name, key, id: [a, b, c, d] })
    }

    /// The name.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PublicKey::Ed25519(key) = &self.key else { return Err(fmt::Error) };
        let encoded = STANDARD.encode([&[ED25519], key.as_bytes().as_slice()].concat());
        write!(f, "{}+{}+{encoded}", self.name, hex::encode(self.id))
    }
}

impl FromStr for NoteKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let malformed = |what| NoteError::KeyText { what };
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed("there are not three parts joined with +"));
        };
        let key = STANDARD.decode(key).map_err(|_| malformed("the key is not base64"))?;
        let Some((&ED25519, key)) = key.split_first() else {
            return Err(malformed("the key is not of type Ed25519"));
        };
        let key = PublicKey::ed25519_from_bytes(key)
            .map_err(|_| malformed("the key is no Ed25519 key"))?;
        let key = Self::new(name.parse()?, key)?;
        if hex::encode(key.id) == id.to_ascii_lowercase() {
            Ok(key)
        } else {
            Err(malformed("the key id is that of another name or key"))
        }
    }
}

/// Signs `text` (whole lines) and gives the note.
///
/// # Errors
///
/// When the text is none that can be signed, or the key does not sign or is not `key`.
pub fn sign_note(text: &str, key: &NoteKey, signer: &dyn Signer) -> Result<String, NoteError> {
    if !text.ends_with('\n') || text.contains(is_refused) {
        return Err(NoteError::Text);
    }
    if signer.public_key() != key.public_key() {
        return Err(NoteError::OtherKey);
    }
    let signature = signer.sign(SignatureScheme::Ed25519, text.as_bytes())?;
    let encoded = STANDARD.encode([key.id.as_slice(), &signature].concat());
    Ok(format!("{text}\n{MARK}{} {encoded}\n", key.name))
}

/// Checks that a note is signed with `key`, and gives its text.
///
/// Signatures of other keys are ignored, as the format demands.
///
/// # Errors
///
/// When the bytes are no note, the key has not signed it, or one of its signatures is wrong.
pub fn verify_note<'n>(
    note: &'n [u8],
    key: &NoteKey,
    backend: Backend,
) -> Result<&'n str, NoteError> {
    if note.len() > MAX_NOTE_LEN {
        return Err(NoteError::TooLong { found: note.len() });
    }
    let malformed = |what| NoteError::Malformed { what };
    let note = str::from_utf8(note).map_err(|_| malformed("it is not UTF-8"))?;
    if note.contains(is_refused) {
        return Err(malformed("it holds control characters"));
    }
    let gap = note.rfind("\n\n").ok_or(malformed("no empty line stands before signatures"))?;
    let (text, signatures) = note.split_at(gap + 1);
    let signatures = signatures.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
    let signatures = signatures.ok_or(malformed("the last line does not end"))?;
    let verifier = backend.verifier(&key.key).map_err(|_| NoteError::OtherKey)?;
    let mut signed = false;
    for (count, line) in signatures.split('\n').enumerate() {
        if count >= MAX_SIGNATURES {
            return Err(malformed("it has too many signatures"));
        }
        let (name, encoded) = line
            .strip_prefix(MARK)
            .and_then(|line| line.split_once(' '))
            .ok_or(malformed("a signature line is not `\u{2014} name base64`"))?;
        name.parse::<KeyName>()?;
        let bytes = STANDARD.decode(encoded).map_err(|_| malformed("a signature is not base64"))?;
        let (id, signature) =
            bytes.split_first_chunk().ok_or(malformed("a signature has no key id"))?;
        if name == key.name.0 && *id == key.id {
            verifier
                .verify(SignatureScheme::Ed25519, text.as_bytes(), signature)
                .map_err(NoteError::Signature)?;
            signed = true;
        }
    }
    if signed { Ok(text) } else { Err(NoteError::NotSigned { key: key.to_string() }) }
}

fn is_refused(c: char) -> bool {
    c < ' ' && c != '\n'
}

/// Why a note does not count, or could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// The bytes are too many.
    #[error("a note of {found} bytes is too long; {MAX_NOTE_LEN} are allowed")]
    TooLong {
        /// Length in bytes.
        found: usize,
    },
    /// The bytes are no signed note.
    #[error("not a signed note: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// The text cannot be signed.
    #[error("the text of a note must be whole lines without control characters")]
    Text,
    /// The name of a key has blanks or `+` in it, or is empty or too long.
    #[error("{found:?} cannot name a log: use an address without scheme, like gateway.example/log")]
    Name {
        /// The text.
        found: String,
    },
    /// The text is no log key.
    #[error("not the key of a log (name+id+base64): {what}")]
    KeyText {
        /// What is wrong.
        what: &'static str,
    },
    /// The key is not Ed25519.
    #[error("a log signs with an Ed25519 key, not with {found}")]
    KeyType {
        /// The key, such as `EC P-256`.
        found: String,
    },
    /// The signer has another key than the one named.
    #[error("the signing key is not the one that the log is known by")]
    OtherKey,
    /// The key did not sign.
    #[error(transparent)]
    Signing(#[from] SignError),
    /// The key's signature is not over this text.
    #[error("the log's signature does not hold: {0}")]
    Signature(VerifyError),
    /// None of the signatures is by the key.
    #[error("not signed by {key}")]
    NotSigned {
        /// The key as text.
        key: String,
    },
}

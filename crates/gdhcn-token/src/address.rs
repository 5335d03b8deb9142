use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Which key of which token: a `pkcs11:` URI (RFC 7512), such as
/// `pkcs11:token=WHO%20TA;object=trust-anchor?module-path=/usr/lib/softhsm/libsofthsm2.so`.
///
/// Read are `token`, `serial`, `object` and `id`, and of the query `module-path` and `pin-source`
/// (a `file:` URI or a path). Everything else is refused: a part that is passed over could have
/// been the one that tells two keys apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenAddress {
    /// Label of the token.
    pub token: Option<String>,
    /// Serial number of the token.
    pub serial: Option<String>,
    /// Label of the key.
    pub object: Option<String>,
    /// Identifier of the key (`CKA_ID`).
    pub id: Option<Vec<u8>>,
    /// The library of the token's maker.
    pub module: Option<PathBuf>,
    /// The file that holds the PIN.
    pub pin_file: Option<PathBuf>,
}

impl TokenAddress {
    /// How such an address begins.
    pub const SCHEME: &str = "pkcs11:";
}

impl FromStr for TokenAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let rest = text.strip_prefix(Self::SCHEME).ok_or(AddressError::Scheme)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut address = Self::default();
        let parts = path.split(';').map(|part| (part, false));
        for (part, of_query) in parts.chain(query.split('&').map(|part| (part, true))) {
            if part.is_empty() {
                continue;
            }
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| AddressError::NoValue { part: shortened(part) })?;
            let bytes =
                decoded(value).ok_or_else(|| AddressError::Percent { name: shortened(name) })?;
            address.take(name, bytes, of_query)?;
        }
        if address.object.is_none() && address.id.is_none() {
            return Err(AddressError::NoKey);
        }
        Ok(address)
    }
}

impl TokenAddress {
    fn take(&mut self, name: &str, value: Vec<u8>, of_query: bool) -> Result<(), AddressError> {
        let twice = match (name, of_query) {
            ("id", false) => self.id.replace(value).is_some(),
            (_, _) => {
                let text = String::from_utf8(value)
                    .map_err(|_| AddressError::Percent { name: shortened(name) })?;
                match (name, of_query) {
                    ("token", false) => self.token.replace(text).is_some(),
                    ("serial", false) => self.serial.replace(text).is_some(),
                    ("object", false) => self.object.replace(text).is_some(),
                    ("type", false) if text == "private" => false,
                    ("module-path", true) => self.module.replace(text.into()).is_some(),
                    ("pin-source", true) => {
                        let file = text.strip_prefix("file:").unwrap_or(&text);
                        let file = file.strip_prefix("//").unwrap_or(file);
                        self.pin_file.replace(file.into()).is_some()
                    }
                    ("pin-value", true) => return Err(AddressError::PinValue),
                    _ => return Err(AddressError::Unknown { name: shortened(name) }),
                }
            }
        };
        if twice { Err(AddressError::Twice { name: shortened(name) }) } else { Ok(()) }
    }
}

impl fmt::Display for TokenAddress {
    /// The key without module and PIN, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self
            .id
            .as_ref()
            .map(|id| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        let named =
            [("key", &self.object), ("id", &id), ("token", &self.token), ("serial", &self.serial)];
        let parts: Vec<_> = named
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {:?}", value.as_ref()?)))
            .collect();
        f.write_str(&parts.join(", "))
    }
}

/// Why a text is no address of a key in a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The text does not begin with `pkcs11:`.
    #[error("a key in a token is written pkcs11:token=LABEL;object=KEY?module-path=FILE")]
    Scheme,
    /// A part has no `=`.
    #[error("{part:?} has no value; write NAME=VALUE")]
    NoValue {
        /// The part.
        part: String,
    },
    /// A value is wrongly percent-encoded, or no UTF-8 where it must be.
    #[error("the value of {name:?} is not percent-encoded UTF-8")]
    Percent {
        /// Name of the part.
        name: String,
    },
    /// The part is not one of those that are read.
    #[error(
        "{name:?} is not read here; token, serial, object and id are, and module-path and \
         pin-source after a question mark"
    )]
    Unknown {
        /// Name of the part.
        name: String,
    },
    /// A part stands twice.
    #[error("{name:?} stands twice")]
    Twice {
        /// Name of the part.
        name: String,
    },
    /// The key is not named.
    #[error("the key is not named; add object=LABEL or id=%01")]
    NoKey,
    /// A PIN in an argument is seen by everybody on the machine.
    #[error("a PIN does not belong into an argument; write it into a file: pin-source=FILE")]
    PinValue,
}

fn shortened(text: &str) -> String {
    text.chars().take(32).collect()
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        // Two digits are at most 255.
        bytes.push((digit()? * 16 + digit()?) as u8);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_part_that_tells_a_key_from_another() {
        let address: TokenAddress = "pkcs11:token=WHO%20TA;serial=12ab;object=trust%3Banchor;\
             id=%01%ff;type=private?module-path=/usr/lib/hsm.so&pin-source=file:/run/pin"
            .parse()
            .unwrap();
        assert_eq!(
            address,
            TokenAddress {
                token: Some("WHO TA".to_owned()),
                serial: Some("12ab".to_owned()),
                object: Some("trust;anchor".to_owned()),
                id: Some(vec![1, 255]),
                module: Some("/usr/lib/hsm.so".into()),
                pin_file: Some("/run/pin".into()),
            }
        );
        assert_eq!(
            address.to_string(),
            "key \"trust;anchor\", id \"01ff\", token \"WHO TA\", serial \"12ab\""
        );
        let of = |text: &str| text.parse::<TokenAddress>().unwrap();
        assert_eq!(of("pkcs11:object=a?pin-source=file:///p").pin_file, Some("/p".into()));
        assert_eq!(of("pkcs11:object=a?pin-source=p").pin_file, Some("p".into()));
    }

    #[test]
    fn refuses_what_it_would_have_to_pass_over() {
        for (text, word) in [
            ("softhsm", "pkcs11:"),
            ("pkcs11:", "not named"),
            ("pkcs11:token=a", "not named"),
            ("pkcs11:object", "no value"),
            ("pkcs11:object=%4", "percent"),
            ("pkcs11:object=%zz", "percent"),
            ("pkcs11:object=%ff", "UTF-8"),
            ("pkcs11:object=a;object=b", "twice"),
            ("pkcs11:object=a;slot-id=3", "slot-id"),
            ("pkcs11:object=a;type=cert", "type"),
            ("pkcs11:object=a?pin-value=1234", "pin-source"),
            ("pkcs11:object=a;module-path=x", "question mark"),
        ] {
            let error = text.parse::<TokenAddress>().unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
